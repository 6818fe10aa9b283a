"""What counts as an edit: cells of a copy against what was written there.

Everything is compared the way it looks in a cell. A copy that was sorted, reformatted or saved by another program
looks the same, so nothing is seen in it; a wall-clock time that occurs twice looks the same in both passes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from workbooks import cells
from workbooks.cells import Bad, Notes, Reading
from workbooks.schema import Column, Row, Table, Type

_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock
_NUMBERS = frozenset({Type.DEC, Type.MONEY, Type.PCT})


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula: its text without the equals sign, and the value it last showed."""

    text: str
    value: Any


@dataclass(frozen=True)
class Edit:
    """A cell that differs from base: what it holds, and either its value or what is wrong with it."""

    column: Column
    raw: Any
    value: Any = None
    bad: Bad | None = None
    warnings: tuple[str, ...] = field(default=())


def _converter(column: Column, zone: ZoneInfo) -> Callable[[Any], Any] | None:
    """What turns a value of the column into its cell; None where it is the cell already."""
    if column.type is Type.TS:
        known: dict[datetime, datetime] = {}  # a tab repeats most of its moments

        def wall(moment: datetime) -> Any:
            cell = known.get(moment)
            if cell is None:
                cell = known[moment] = cells.to_cell(moment, zone)
            return cell

        return wall
    if column.type in _NUMBERS:
        return float
    return ", ".join if column.type is Type.SET else None


def forms(table: Table, rows: Mapping[str, Row], zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    """Rows by rid as they look in cells of a copy kept in `zone`."""
    result = dict(zip(rows, map(dict, rows.values()), strict=True))
    for column in table.columns:
        if (convert := _converter(column, zone)) is None:
            continue
        for form in result.values():
            if (value := form.get(column.name)) is not None:
                form[column.name] = convert(value)
    return result


def untouched(table: Table, zone: ZoneInfo) -> Callable[[Row, Row], bool]:
    """A quick test: True when the raw cells of a row are exactly what its values were written as.

    Nearly all rows of a copy pass it, so it looks at whole rows at once and converts only what has to be; a row that
    fails may still be the same under `edits`.
    """
    converters = {column.name: _converter(column, zone) for column in table.columns}
    plain = itemgetter(*(name for name, convert in converters.items() if convert is None), *table.key)
    others = [(name, convert) for name, convert in converters.items() if convert is not None]

    def test(raws: Row, values: Row) -> bool:
        try:
            if plain(raws) != plain(values):
                return False
            for name, convert in others:
                value = values[name]
                if raws[name] != (value if value is None else convert(value)):
                    return False
        except KeyError:  # a column that one of them does not know
            return False
        return True

    return test


def is_blank(raw: Any) -> bool:
    """True when a person sees nothing in the cell."""
    return raw is None or (isinstance(raw, str) and not cells.clean(raw))


def all_blank(raws: Iterable[Any]) -> bool:
    """True when a person sees nothing in any of them."""
    return all(map(is_blank, raws))


def same(raw: Any, form: Any) -> bool:
    """True when `raw`, read from a copy, is the cell that `form` was written as, whatever its number format."""
    if isinstance(raw, Formula):
        raw = raw.value
    if raw == form:
        return True
    if form is None:
        return is_blank(raw)
    if raw is None or isinstance(raw, str) or isinstance(form, str):
        return False
    one, other = _number(raw), _number(form)
    if one is None or other is None:
        return False
    # fifteen digits is what a spreadsheet keeps; a moment is whole seconds, and a day has 86,400 of them
    clocked = isinstance(form, (datetime, time))
    return abs(one - other) < 0.5 / 86_400 if clocked else f"{one:.15g}" == f"{other:.15g}"


def _number(value: Any) -> float | None:
    """A cell as the number a spreadsheet keeps for it."""
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, datetime):
        return (value - _DAY_ZERO) / timedelta(days=1) if value.tzinfo is None else None
    if isinstance(value, date):
        return float((value - _DAY_ZERO.date()).days)
    if isinstance(value, time):
        return (value.hour * 3600 + value.minute * 60 + value.second) / 86_400
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    return None


def edits(
    table: Table, raws: Mapping[str, Any], base: Row, form: Mapping[str, Any], zone: ZoneInfo, how: Reading
) -> list[Edit]:
    """The cells of one row that differ from base, in the order of the columns.

    Columns that neither the copy nor the base knows are left out: the base was kept before they were declared.
    """
    found = []
    for column in table.columns:
        name = column.name
        if name not in raws or (raw := raws[name]) is (was := form.get(name)) or same(raw, was):
            continue
        edit = read(raw, column, how)
        if edit.bad is None and same_value(edit.value, base.get(name), zone):
            continue  # typed anew as what it was: “ 5 ” for 5, “yes” for TRUE
        found.append(edit)
    return found


def read(raw: Any, column: Column, how: Reading) -> Edit:
    """One cell as its value, or with what is wrong with it."""
    if isinstance(raw, Formula):
        bad = Bad(f"the cell holds the formula “={cells.shown(raw.text)}”", "Type the value instead")
        return Edit(column, raw, bad=bad)
    notes = Notes()
    try:
        value = cells.read(raw, column, how, notes)
    except Bad as bad:
        return Edit(column, raw, bad=bad)
    except (ArithmeticError, OSError) as error:  # numbers and dates beyond what Python holds
        return Edit(column, raw, bad=Bad(f"“{cells.shown(raw)}” cannot be read ({error})", "Type the value again"))
    return Edit(column, raw, value, warnings=tuple(notes.warnings))


def same_value(one: Any, other: Any, zone: ZoneInfo) -> bool:
    """True when both values look the same in a cell; an empty text is no text."""
    return cells.same_cell(one, other, zone) or (one in (None, "", ()) and other in (None, "", ()))


def said(value: Any, zone: ZoneInfo) -> str | None:
    """A value, or a raw cell, as text that people and `cells.read` understand in any zone; None when empty.

    A moment is the wall clock with its distance from UTC, because the second 01:30 of an autumn night is another
    than the first.
    """
    if isinstance(value, Formula):
        return f"={value.text} (shows {said(value.value, zone) or 'nothing'})"
    if isinstance(value, datetime) and value.tzinfo is not None:
        local = value.astimezone(UTC).astimezone(zone)
        offset = local.strftime("%z")[:5]
        return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}"
    if isinstance(value, float):
        return f"{value:.15g}"
    return cells.to_text(value) or None
