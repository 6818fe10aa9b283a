"""Values shown: in workbooks, in the ledger, in terminals, CSV files and messages."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from workbooks import localtime
from workbooks.schema import Column, Type


def to_cell(value: Any, zone: ZoneInfo | None = None) -> Any:
    """A value as a workbook cell: text, int, float, bool, date, naive datetime in `zone`, time or None."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(zone or UTC).replace(tzinfo=None)
    if isinstance(value, tuple):
        return ", ".join(value)
    return value


def same_cell(one: Any, other: Any, zone: ZoneInfo | None) -> bool:
    """True when both values look the same in a cell, which is what a person can have meant."""
    return bool(one == other or to_cell(one, zone) == to_cell(other, zone))


def to_json(value: Any) -> Any:
    """A value as the ledger keeps it: text, int, bool, list or None; exact."""
    if value.__class__ in _AS_IT_IS:
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()[:19] + "Z"
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, (str, int)):
        return value
    return value.isoformat()


_AS_IT_IS = frozenset({type(None), str, bool, int})
_FROM_JSON: dict[Type, Callable[[Any], Any]] = {
    Type.DEC: Decimal, Type.MONEY: Decimal, Type.PCT: Decimal,
    Type.TS: lambda text: datetime.fromisoformat(text),
    Type.DATE: date.fromisoformat, Type.TIME: time.fromisoformat, Type.SET: tuple,
}  # fmt: skip


def from_json(value: Any, column: Column) -> Any:
    """The reverse of `to_json` under `column`."""
    convert = _FROM_JSON.get(column.type)
    return value if value is None or convert is None else convert(value)


def to_text(value: Any, zone: ZoneInfo | None = None) -> str:
    """A value for a terminal, a CSV file or a sentence; moments in `zone` (UTC with a Z when none is given)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.strftime("%Y-%m-%d %H:%M:%S")
        return (
            localtime.to_wall(value, zone).strftime("%Y-%m-%d %H:%M:%S")
            if zone
            else value.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
