"""Cells of a shared spreadsheet as they travel: text, number, TRUE/FALSE or nothing; moments are day numbers."""

from datetime import date, datetime, time, timedelta
from typing import Any

from workbooks import cells
from workbooks.schema import Column, Type

Plain = str | int | float | bool | None
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock
_DAY = timedelta(days=1)


def plain(raw: Any) -> Plain:
    """A cell form (`compare.forms`) or a raw cell as the spreadsheet keeps it."""
    if raw is None or isinstance(raw, (str, bool, int, float)):
        return raw
    if isinstance(raw, datetime):
        return (raw - DAY_ZERO) / _DAY
    if isinstance(raw, date):
        return (raw - DAY_ZERO.date()).days
    if isinstance(raw, time):
        return (raw.hour * 3600 + raw.minute * 60 + raw.second) / 86_400
    if isinstance(raw, timedelta):
        return raw / _DAY
    return cells.to_text(raw)


def lift(column: Column, cell: Plain) -> Any:
    """The reverse: what the number in a cell of `column` stands for; whatever is no such number stays as it is."""
    if cell == "":
        return None
    if isinstance(cell, (bool, str)) or cell is None:
        return cell
    try:
        if column.type is Type.TS:
            return DAY_ZERO + timedelta(seconds=round(cell * 86_400))
        if column.type is Type.DATE:
            moment = DAY_ZERO + timedelta(seconds=round(cell * 86_400))
            return moment.date() if moment.time() == time(0) else moment
        if column.type is Type.TIME and 0 <= cell < 1:
            seconds = min(round(cell * 86_400), 86_399)
            return time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    except (OverflowError, ValueError):
        return cell  # no such day: the check of the cell says so
    return cell


def identity(cell: Plain) -> str:
    """What a cell under `_rid` says, whatever has come to stand there; "" when nothing."""
    return cells.clean(cell) if isinstance(cell, str) else cells.to_text(cell)


def alike(one: Plain, other: Plain) -> bool:
    """True when two cells hold the same; what is empty is empty, and a tenth of a second is no difference."""
    if one is None or one == "":
        return other is None or other == ""
    if other is None or isinstance(one, (str, bool)) or isinstance(other, (str, bool)):
        return type(one) is type(other) and bool(one == other)
    return one == other or abs(one - other) < 1e-6 or f"{one:.15g}" == f"{other:.15g}"
