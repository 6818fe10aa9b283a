"""Ranges of the engine, and the values that go through them, as xlwings' engine for Excel has them."""

# ruff: noqa: DTZ001 - the moments in cells are a wall clock's

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from xlwings import base_classes
from xlwings.utils import col_name, hex_to_rgb, int_to_rgb

from tests.benches.calc.com import ComRange
from tests.benches.calc.typed import ERRORS

if TYPE_CHECKING:
    from tests.benches.calc.books import Sheet

Box = tuple[int, int, int, int]
"""(row, column, rows, columns), counted from 1."""
ROWS, COLUMNS = 1_048_576, 16_384
_NAMES = {number: name for name, number in ERRORS.items()}


def to_com(value: Any, options: Any = None) -> Any:
    """What can be handed to Excel: text, bool, number or a moment without a zone; anything else is an error there too."""
    if value is None or (not isinstance(value, str) and pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime):
        return datetime(*value.timetuple()[:6], value.microsecond)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, (str, bool)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, (int, float, Decimal)):
        return float(value)
    raise TypeError(f"Objects of type {type(value).__name__!r} can not be converted to a COM VARIANT")


def from_com(rows: Any, moment: Callable[..., Any], empty: Any, number: Any, errors_as_text: bool) -> list[list[Any]]:
    """What xlwings' cleaning makes of values from Excel."""

    def one(value: Any) -> Any:
        if value is None or value == "":
            return empty
        if isinstance(value, datetime):
            parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
            return moment(**{part: getattr(value, part) for part in parts}, tzinfo=None)
        if isinstance(value, float) and number is not None:
            return number(value)
        if type(value) is int and value in _NAMES:
            return _NAMES[value] if errors_as_text else None
        return value

    return [[one(value) for value in row] for row in rows]


class Range(base_classes.Range):  # type: ignore[misc]
    """A box of cells on a sheet."""

    # the base class has read-only properties of these names
    sheet = row = column = shape = options = None
    max_cells_per_read = max_cells_per_write = None
    has_array = False

    def __init__(self, sheet: "Sheet", row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        self.sheet, self.row, self.column, self.shape = sheet, row, column, (rows, columns)
        self.options: dict[str, Any] = {}

    @property
    def box(self) -> Box:
        return (self.row, self.column, *self.shape)

    @property
    def coords(self) -> tuple[Any, ...]:
        return (self.sheet, *self.box)

    @property
    def api(self) -> ComRange:
        return ComRange(self)  # without one, xlwings silently drops what is written

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return int(self.shape[0] * self.shape[1])

    def __call__(self, row: int, column: int | None = None) -> "Range":
        if column is None:
            row, column = (row - 1) // self.shape[1] + 1, (row - 1) % self.shape[1] + 1
        return Range(self.sheet, self.row + row - 1, self.column + column - 1)

    def get_address(self, row_absolute: bool = True, col_absolute: bool = True, external: bool = False) -> str:
        row, column, rows, columns = self.box

        def one(i: int, j: int) -> str:
            return f"{'$' * col_absolute}{col_name(j)}{'$' * row_absolute}{i}"

        last = f":{one(row + rows - 1, column + columns - 1)}" if len(self) > 1 else ""
        place = f"[{self.sheet.book.name}]{self.sheet.name}!" if external else ""
        return place + one(row, column) + last

    @property
    def address(self) -> str:
        return self.get_address()

    def _ask(self, what: str, *arguments: Any) -> Any:
        return self.sheet.ask(what, self.box, *arguments)

    # values and formulas: one call each, however large the range

    @property
    def raw_value(self) -> Any:
        rows = self._ask("read")
        return rows[0][0] if len(self) == 1 else tuple(rows)

    @raw_value.setter
    def raw_value(self, given: Any) -> None:
        if not isinstance(given, (list, tuple)):
            given = [[given] * self.shape[1]] * self.shape[0]
        elif not isinstance(given[0], (list, tuple)):
            given = [given] * self.shape[0]
        self.sheet.write(self.row, self.column, [tuple(to_com(value) for value in line) for line in given])

    @property
    def formula(self) -> Any:
        rows = self._ask("read_formulas")
        return rows[0][0] if len(self) == 1 else tuple(rows)

    @formula.setter
    def formula(self, given: Any) -> None:
        self.raw_value = given

    formula2 = formula

    def clear_contents(self) -> None:
        self.sheet.change("clear", self.box, True, False)

    def clear_formats(self) -> None:
        self.sheet.change("clear", self.box, False, True)

    def clear(self) -> None:
        self.sheet.change("clear", self.box, True, True)

    # ways to other ranges

    def _line(self, box: Box) -> list[bool]:
        return [value is not None for row in self.sheet.ask("read", box) for value in row]

    def end(self, direction: str) -> "Range":
        """Where Ctrl and an arrow lead."""
        rows, columns = self.sheet.used()
        row, column = self.row, self.column
        down, back = direction in ("down", "d", "up", "u"), direction in ("up", "u", "left", "l")
        at, last, limit = (row, rows, ROWS) if down else (column, columns, COLUMNS)
        first, until = (1, at) if back else (at, max(last, at))
        count = until - first + 1
        full = self._line((first, column, count, 1) if down else (row, first, 1, count))
        if back:
            full.reverse()
        steps = 1
        if full[:2] == [True, True]:
            steps = next((n for n, filled in enumerate(full) if not filled), len(full)) - 1
        else:
            steps = next((n for n, filled in enumerate(full) if n and filled), (at - 1) if back else limit - at)
        steps = -steps if back else steps
        return Range(self.sheet, row + steps, column) if down else Range(self.sheet, row, column + steps)

    def expand(self, mode: str = "table") -> "Range":
        """To the first empty cell down, right or both."""
        rows, columns = self.sheet.used()
        row, column = self.row, self.column
        below, beside = max(rows - row + 1, 1), max(columns - column + 1, 1)
        down = next((n for n, full in enumerate(self._line((row, column, below, 1))) if n and not full), below)
        right = next((n for n, full in enumerate(self._line((row, column, 1, beside))) if n and not full), beside)
        high, wide = self.shape
        if mode in ("table", "down", "vertical", "d"):
            high = down
        if mode in ("table", "right", "horizontal", "r"):
            wide = right
        return Range(self.sheet, row, column, high, wide)

    @property
    def table(self) -> Any:
        for table in self.sheet.tables:
            row, column, rows, columns = table.range.box
            if row <= self.row < row + rows and column <= self.column < column + columns:
                return table
        return None

    @property
    def merge_cells(self) -> bool | None:
        """True when every cell is part of merged ones, False when none is, None when some are, as in Excel."""
        within = [_overlap(self.box, box) for box in self.sheet.ask("merges")]
        return sum(within) == len(self) or (None if any(within) else False)

    @property
    def merge_area(self) -> "Range":
        for box in self.sheet.ask("merges"):
            if _overlap((self.row, self.column, 1, 1), box):
                return Range(self.sheet, *box)
        return self

    def select(self) -> None:
        self.sheet.ask("select", self.box)

    # looks

    @property
    def number_format(self) -> str | None:
        found: str | None = self._ask("look", "number_format")
        return found

    @number_format.setter
    def number_format(self, code: str) -> None:
        self.sheet.change("set_look", self.box, "number_format", code)

    @property
    def color(self) -> tuple[int, int, int] | None:
        found: tuple[int, int, int] | None = self._ask("look", "color")
        return found

    @color.setter
    def color(self, said: Any) -> None:
        color = hex_to_rgb(said) if isinstance(said, str) else int_to_rgb(said) if isinstance(said, int) else said
        self.sheet.change("set_look", self.box, "color", color)

    @property
    def column_width(self) -> float:
        return float(self._ask("look", "column_width"))

    @column_width.setter
    def column_width(self, width: float) -> None:
        self.sheet.change("set_look", self.box, "column_width", width)

    @property
    def note(self) -> "Note | None":
        return Note(self) if (self.row, self.column) in self.sheet.ask("notes") else None

    def add_note(self, text: str) -> "Note":
        self.sheet.change("set_note", self.row, self.column, text)
        return Note(self)


class Note(base_classes.Note):  # type: ignore[misc]
    """A note at a cell."""

    def __init__(self, cell: Range) -> None:
        self.cell = cell

    @property
    def text(self) -> str:
        return str(self.cell.sheet.ask("notes")[self.cell.row, self.cell.column])

    @text.setter
    def text(self, said: str) -> None:
        self.cell.sheet.change("set_note", self.cell.row, self.cell.column, said)

    def delete(self) -> None:
        self.cell.sheet.change("set_note", self.cell.row, self.cell.column, None)


def _overlap(one: Box, other: Box) -> int:
    """How many cells two boxes have in common."""
    (row, column, rows, columns), (top, left, high, wide) = one, other
    down = min(row + rows, top + high) - max(row, top)
    across = min(column + columns, left + wide) - max(column, left)
    return max(down, 0) * max(across, 0)


def boxed(start: Sequence[int], end: Sequence[int]) -> Box:
    """The box from one cell to another, whichever comes first."""
    (top, bottom), (left, right) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    return top, left, bottom - top + 1, right - left + 1
