"""What the function of a batchUpdate kind is given: the forked book, the actor, and checked ways to name cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_sheets import formulas, protect, resolve
from local_sheets.a1 import Box
from local_sheets.environment import Environment
from local_sheets.errors import invalid
from local_sheets.model import Axis, Book, Cell, Scalar, Sheet
from local_sheets.protect import Actor

Json = dict[str, Any]

ID_FIELDS = {
    "protectedRanges": "protectedRangeId",
    "filterViews": "filterViewId",
    "bandedRanges": "bandedRangeId",
    "charts": "chartId",
}


@dataclass
class Context:
    """One batch at work on a fork of the book."""

    book: Book
    actor: Actor
    env: Environment

    def read(self) -> Callable[[int, int, int, Cell], Scalar]:
        """Effective values as of now, formulas computed anew."""
        self.book.computed = None
        return formulas.reader(self.book, self.env.clock.now())

    def cells(self, grid: Json, where: str = "range") -> tuple[Sheet, Box]:
        """A GridRange that must lie on its grid."""
        sheet, area = resolve.grid_area(self.book, grid, where)
        return sheet, resolve.inside(sheet, area)

    def writable(self, grid: Json, where: str = "range") -> tuple[Sheet, Box]:
        """The same, and the actor may change every cell of it."""
        sheet, box = self.cells(grid, where)
        self.guard(sheet, box)
        return sheet, box

    def guard(self, sheet: Sheet, box: Box) -> None:
        """Refuses a change of cells that somebody else protected."""
        protect.guard(self.book, sheet, box, self.actor)

    def span(self, dimension: Json, where: str = "range") -> tuple[Sheet, Axis, int, int]:
        """A DimensionRange as (sheet, axis, start, end); an open end is the grid's."""
        sheet = self.book.sheet(dimension.get("sheetId", 0))
        axis = axis_of(dimension.get("dimension"), f"{where}.dimension")
        start = dimension.get("startIndex", 0)
        end = dimension.get("endIndex", len(sheet.lines(axis)))
        if start < 0:
            raise invalid(f"{where}.startIndex[{start}] must be greater than or equal to zero.")
        if end <= start:
            raise invalid(f"{where}.endIndex[{end}] must be after {where}.startIndex[{start}]")
        return sheet, axis, start, end

    def existing(self, dimension: Json, where: str = "range") -> tuple[Sheet, Axis, int, int]:
        """A DimensionRange whose lines are all there."""
        sheet, axis, start, end = self.span(dimension, where)
        size = len(sheet.lines(axis))
        if end > size:
            word = "row" if axis == "ROWS" else "column"
            raise invalid(f"{where}.endIndex[{end}] is after last {word} in grid[{size}]")
        return sheet, axis, start, end

    def ids(self, name: str) -> set[int]:
        """Every identifier in use for one kind of object, so that a new one differs."""
        return {int(entry[ID_FIELDS[name]]) for sheet in self.book.sheets for entry in sheet.doc.get(name, [])}


def axis_of(name: str | None, where: str) -> Axis:
    """A Dimension that must be said."""
    if name == "ROWS":
        return "ROWS"
    if name == "COLUMNS":
        return "COLUMNS"
    raise invalid(f"{where}: a dimension must be set.")


def strip_of(sheet: Sheet, axis: Axis, start: int, end: int) -> Box:
    """The cells of some rows or columns."""
    if axis == "ROWS":
        return Box(sheet.sheet_id, start, end, 0, sheet.width)
    return Box(sheet.sheet_id, 0, sheet.height, start, end)
