"""Reading one cell or a whole column under a declaration."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from workbooks.cells.common import PLAINLY, Bad, Notes, Reading, shown
from workbooks.cells.moments import as_date, as_moment, as_time
from workbooks.cells.numbers import as_decimal, as_int, as_share
from workbooks.cells.words import (
    MAX_ID,
    as_bool,
    as_choice,
    as_choices,
    as_email,
    as_id,
    as_phone,
    as_text,
    as_url,
    as_zip,
    as_zone,
)
from workbooks.problems import Problem, Severity
from workbooks.schema import Column, Type

ERRORS = frozenset({"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!",
                    "#GETTING_DATA", "#ERROR!"})  # fmt: skip
Reader = Callable[[Any, Column, Reading, Notes], Any]
_READERS: dict[Type, Reader] = {
    Type.ID: as_id, Type.TEXT: as_text, Type.ENUM: as_choice, Type.SET: as_choices, Type.INT: as_int, Type.DEC: as_decimal,
    Type.MONEY: as_decimal, Type.PCT: as_share, Type.DATE: as_date, Type.TIME: as_time, Type.TS: as_moment, Type.BOOL: as_bool,
    Type.ZIP: as_zip, Type.PHONE: as_phone, Type.EMAIL: as_email, Type.ZONE: as_zone, Type.URL: as_url,
}  # fmt: skip
TEXT_TYPES = frozenset({Type.ID, Type.TEXT, Type.ENUM, Type.SET, Type.ZIP, Type.PHONE, Type.EMAIL, Type.ZONE, Type.URL})
"""types that stand as text in a cell, so that 00123, 1-2 and 1E5 stay what they are"""


def read(raw: Any, column: Column, how: Reading = PLAINLY, notes: Notes | None = None) -> Any:
    """The value of one raw cell under `column`; None for an empty one; raises `Bad`."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, str) and raw in ERRORS:
        raise Bad(f"the cell holds the error {raw}", "Repair the formula or type the value")
    if isinstance(raw, float) and not isfinite(raw):
        raise Bad("this is not a number", "Type the value")
    return _READERS[column.type](raw, column, how, notes or Notes())


def read_column(
    raws: Sequence[Any], column: Column, how: Reading = PLAINLY
) -> tuple[list[Any], dict[int, list[Problem]]]:
    """A whole column: the values (None where bad) and, by position, the problems of single cells.

    Equal raw cells are read once: a day's file repeats most of what it holds. A column of plain text is taken as
    it is.
    """
    if column.type in (Type.ID, Type.TEXT) and _is_plain(raws):
        return [raw or None for raw in raws], {}
    keys: Sequence[Any] = raws
    if len(_NUMBERS.intersection(map(type, raws))) > 1:  # 1, 1.0 and TRUE are equal, but not the same cell
        keys = [(raw.__class__, raw) for raw in raws]
    values: dict[Any, Any] = {}
    wrong: dict[Any, list[Problem]] = {}
    notes = Notes()
    for key, raw in dict(zip(keys, raws, strict=True)).items():
        try:
            values[key] = read(raw, column, how, notes)
        except Bad as bad:
            values[key], notes = None, Notes()
            wrong[key] = [Problem(bad.what, bad.remedy, value=shown(raw), column=column.name)]
        if notes.warnings:
            wrong[key] = [
                Problem(text, value=shown(raw), column=column.name, severity=Severity.WARNING)
                for text in notes.warnings
            ]
            notes = Notes()
    found = list(map(values.__getitem__, keys))
    return found, {position: wrong[key] for position, key in enumerate(keys) if key in wrong} if wrong else {}


_NUMBERS = frozenset({bool, int, float, Decimal})


def _is_plain(raws: Sequence[Any]) -> bool:
    """True when all cells are short visible ASCII text without blanks at the ends: nothing to clean, nothing wrong."""
    try:
        lines = "\n".join(raws)
    except TypeError:
        return False
    return (
        lines.isascii()
        and lines.count("\n") == max(0, len(raws) - 1)
        and not any(odd in lines for odd in ("#", "\n ", " \n"))
        and lines.strip(" ") == lines
        and lines.replace("\n", "").isprintable()
        and max(map(len, raws), default=0) <= MAX_ID
    )
