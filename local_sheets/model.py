"""The spreadsheet in memory: cells, rows, columns, sheets, the book, and the few operations that change a grid.

A request works on :meth:`Book.fork` and the fork replaces the original only when the whole request succeeded; that is
the rollback. Cells, rows, columns and metadata are frozen and replaced, never changed, so forks share them.
Rows and columns carry an identity (``rid``) that stays with the line when others are inserted, deleted or moved:
developer metadata hangs on it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from local_sheets.a1 import Area, Box
from local_sheets.errors import invalid

Json = dict[str, Any]
Scalar = str | float | bool | None
Axis = Literal["ROWS", "COLUMNS"]

MAX_CELLS = 10_000_000
MAX_COLUMNS = 18_278
MAX_SHEETS = 200
MAX_TEXT = 50_000
ROW_HEIGHT, COLUMN_WIDTH = 21, 100


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell holds; ``value`` is a constant, ``formula`` the text with its ``=``; at most one is set."""

    value: Scalar = None
    formula: str | None = None
    format: Json | None = None
    note: str | None = None
    validation: Json | None = None
    runs: tuple[Json, ...] = ()

    @property
    def blank(self) -> bool:
        """No value and no formula (format, note or validation may still be there)."""
        return (self.value is None or self.value == "") and self.formula is None

    @property
    def nothing(self) -> bool:
        """Nothing at all: the cell need not be stored."""
        return self == EMPTY


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Line:
    """A row or a column: identity, size in pixels (``None``: default), hidden by a person; rows hold the cells."""

    rid: int
    size: int | None = None
    hidden: bool = False
    cells: tuple[Cell | None, ...] = ()

    def at(self, column: int) -> Cell:
        """The cell in a column; :data:`EMPTY` where nothing is stored."""
        if column < len(self.cells):
            return self.cells[column] or EMPTY
        return EMPTY

    def with_cells(self, cells: Iterable[Cell | None]) -> Line:
        """The same row with other cells; trailing nothings dropped."""
        kept = [None if cell is None or cell is EMPTY or cell == EMPTY else cell for cell in cells]
        while kept and kept[-1] is None:
            kept.pop()
        return replace(self, cells=tuple(kept))


@dataclass(frozen=True, slots=True)
class Meta:
    """Developer metadata; on a row or column it hangs on the line's identity ``rid``, not on its place."""

    metadata_id: int
    key: str
    value: str | None
    visibility: str
    kind: Literal["SPREADSHEET", "SHEET", "ROW", "COLUMN"]
    sheet_id: int = 0
    rid: int = 0

    @property
    def scope(self) -> int | None:
        """The tab whose limit it counts towards; ``None`` for the spreadsheet's own."""
        return None if self.kind == "SPREADSHEET" else self.sheet_id

    @property
    def size(self) -> int:
        """Characters that count: key and value."""
        return len(self.key) + len(self.value or "")


@dataclass
class Sheet:
    """One tab. ``doc`` holds what is small: properties, merges, protections, filters, rules, groups, tables."""

    sheet_id: int
    doc: Json
    rows: list[Line]
    columns: list[Line]
    next_rid: int = 1
    dirty: set[int] = field(default_factory=set)
    reordered: bool = False
    formula_rows: set[int] = field(default_factory=set)
    _index: dict[Axis, dict[int, int]] = field(default_factory=dict)

    def fork(self) -> Sheet:
        """A copy to work on."""
        other = Sheet(self.sheet_id, copy.deepcopy(self.doc), list(self.rows), list(self.columns), self.next_rid)
        other._index = dict(self._index)
        other.formula_rows = set(self.formula_rows)
        return other

    @property
    def title(self) -> str:
        """The tab's name."""
        return str(self.doc["properties"]["title"])

    @property
    def height(self) -> int:
        """Rows of the grid."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """Columns of the grid."""
        return len(self.columns)

    def whole(self) -> Box:
        """All cells."""
        return Box(self.sheet_id, 0, self.height, 0, self.width)

    def box(self, area: Area) -> Box:
        """An area closed and clamped to this grid."""
        return area.box(self.height, self.width)

    def lines(self, axis: Axis) -> list[Line]:
        """Rows or columns."""
        return self.rows if axis == "ROWS" else self.columns

    def place(self, axis: Axis, rid: int) -> int | None:
        """Where the line of this identity stands now."""
        if axis not in self._index:
            self._index[axis] = {line.rid: n for n, line in enumerate(self.lines(axis))}
        return self._index[axis].get(rid)

    def cell(self, row: int, column: int) -> Cell:
        """One cell; empty outside what is stored."""
        return self.rows[row].at(column) if row < len(self.rows) else EMPTY

    def put_row(self, row: int, cells: Iterable[Cell | None]) -> None:
        """Replaces the cells of one row."""
        self._keep(row, self.rows[row].with_cells(cells))

    def _keep(self, row: int, line: Line) -> None:
        self.rows[row] = line
        self.dirty.add(line.rid)
        self.note_formulas(line)

    def _share(self, rows: list[int], cells: tuple[Cell | None, ...]) -> None:
        """Gives the same cells to many rows."""
        lines = [Line(old.rid, old.size, old.hidden, cells) for old in (self.rows[row] for row in rows)]
        for row, line in zip(rows, lines, strict=True):
            self.rows[row] = line
        rids = {line.rid for line in lines}
        self.dirty |= rids
        if any(cell is not None and cell.formula is not None for cell in cells):
            self.formula_rows |= rids
        else:
            self.formula_rows -= rids

    def note_formulas(self, line: Line) -> None:
        """Keeps the set of rows that hold formulas, so that finding them needs no walk over the grid."""
        if any(cell is not None and cell.formula is not None for cell in line.cells):
            self.formula_rows.add(line.rid)
        else:
            self.formula_rows.discard(line.rid)

    def rows_with_formulas(self) -> list[int]:
        """Places of the rows that hold formulas, ascending."""
        places = [self.place("ROWS", rid) for rid in self.formula_rows]
        return sorted(place for place in places if place is not None)

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Replaces one cell."""
        self.put_run(row, column, [cell])

    def put_run(self, row: int, column: int, run: list[Cell]) -> None:
        """Replaces neighbouring cells of one row."""
        old = self.rows[row].cells
        padded = list(old) + [None] * (column + len(run) - len(old))
        padded[column : column + len(run)] = run
        self.put_row(row, padded)

    def edit(self, box: Box, change: Callable[[Cell, int, int], Cell], *, anywhere: bool = False) -> None:
        """Applies ``change(cell, row, column)`` to every cell of a box.

        ``anywhere``: it does the same wherever a cell stands, so rows that share their cells go on sharing them.
        """
        row = box.r0
        while row < box.r1:
            line, first = self.rows[row], row
            run = [change(line.at(column), row, column) for column in range(box.c0, box.c1)]
            changed = any(new is not line.at(box.c0 + n) for n, new in enumerate(run))
            if changed:
                self.put_run(row, box.c0, run)
            row += 1
            while anywhere and row < box.r1 and self.rows[row].cells is line.cells:
                row += 1
            if changed and row > first + 1:
                self._share(list(range(first + 1, row)), self.rows[first].cells)

    def walk(self, box: Box) -> Iterator[tuple[int, int, Cell]]:
        """Stored cells inside a box."""
        for row in range(box.r0, min(box.r1, self.height)):
            cells = self.rows[row].cells
            for column in range(box.c0, min(box.c1, len(cells))):
                cell = cells[column]
                if cell is not None:
                    yield row, column, cell

    def set_line(self, axis: Axis, place: int, line: Line) -> None:
        """Replaces one row or column by another version of itself."""
        self.lines(axis)[place] = line
        if axis == "ROWS":
            self.dirty.add(line.rid)
        else:
            self.reordered = True

    def new_line(self) -> Line:
        """A fresh, empty row or column."""
        line = Line(self.next_rid)
        self.next_rid += 1
        return line

    def _moved(self, axis: Axis) -> None:
        self._index.pop(axis, None)
        self.reordered = True
        grid = self.doc["properties"]["gridProperties"]
        grid["rowCount"], grid["columnCount"] = self.height, self.width

    def insert(self, axis: Axis, at: int, fresh: list[Line]) -> None:
        """Puts new rows or columns in; what refers to the grid is moved by :mod:`local_sheets.shift`."""
        lines = self.lines(axis)
        lines[at:at] = fresh
        if axis == "ROWS":
            self.dirty.update(line.rid for line in fresh)
            for line in fresh:
                self.note_formulas(line)
        else:
            count = len(fresh)
            for n, row in enumerate(self.rows):
                if len(row.cells) > at:
                    self.put_row(n, [*row.cells[:at], *[None] * count, *row.cells[at:]])
        self._moved(axis)

    def delete(self, axis: Axis, start: int, end: int) -> list[Line]:
        """Takes rows or columns out and returns them."""
        lines = self.lines(axis)
        gone = lines[start:end]
        del lines[start:end]
        if axis == "COLUMNS":
            for n, row in enumerate(self.rows):
                if len(row.cells) > start:
                    self.put_row(n, [*row.cells[:start], *row.cells[end:]])
        else:
            self.dirty.update(line.rid for line in gone)
            self.formula_rows.difference_update(line.rid for line in gone)
        self._moved(axis)
        return gone

    def move(self, axis: Axis, start: int, end: int, to: int) -> None:
        """Moves lines so that they stand before what was at ``to``; counts as before the move."""
        order = list(range(len(self.lines(axis))))
        taken = order[start:end]
        del order[start:end]
        at = to if to <= start else to - len(taken)
        order[at:at] = taken
        lines = self.lines(axis)
        lines[:] = [lines[n] for n in order]
        if axis == "COLUMNS":
            for n, row in enumerate(self.rows):
                if len(row.cells) > min(start, at):
                    self.put_row(n, [row.at(c) for c in order])
        self._moved(axis)

    def resize(self, axis: Axis, size: int) -> list[Line]:
        """Grows at the end or cuts off the end; returns what was cut."""
        now = len(self.lines(axis))
        if size < now:
            return self.delete(axis, size, now)
        if size > now:
            self.insert(axis, now, [self.new_line() for _ in range(size - now)])
        return []


@dataclass
class Book:
    """A spreadsheet: its small document, its tabs in order, its developer metadata."""

    book_id: str
    doc: Json
    sheets: list[Sheet]
    metadata: dict[int, Meta] = field(default_factory=dict)
    revision: int = 0
    touched_meta: set[int] = field(default_factory=set)
    computed: Any = None
    _meta_size: dict[int | None, int] | None = None

    def fork(self) -> Book:
        """A copy to work on; the original stays as it is."""
        return Book(
            self.book_id,
            copy.deepcopy(self.doc),
            [sheet.fork() for sheet in self.sheets],
            dict(self.metadata),
            self.revision,
        )

    def sheet(self, sheet_id: int) -> Sheet:
        """A tab by id."""
        for sheet in self.sheets:
            if sheet.sheet_id == sheet_id:
                return sheet
        raise invalid(f"No grid with id: {sheet_id}")

    def by_title(self, title: str) -> Sheet | None:
        """A tab by name; Google's look-up ignores case."""
        for sheet in self.sheets:
            if sheet.title == title:
                return sheet
        for sheet in self.sheets:
            if sheet.title.casefold() == title.casefold():
                return sheet
        return None

    def first_visible(self) -> Sheet:
        """The tab that a range without a tab's name means."""
        for sheet in self.sheets:
            if not sheet.doc["properties"].get("hidden"):
                return sheet
        return self.sheets[0]

    def renumber(self) -> None:
        """Writes each tab's position into its properties."""
        for n, sheet in enumerate(self.sheets):
            sheet.doc["properties"]["index"] = n

    def count_cells(self) -> int:
        """Cells of all grids, used or not: what Google's limit counts."""
        return sum(sheet.height * sheet.width for sheet in self.sheets)

    def check_limits(self) -> None:
        """Google's size limits; raises a 400."""
        if self.count_cells() > MAX_CELLS:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {MAX_CELLS} cells."
            )
        if any(sheet.width > MAX_COLUMNS for sheet in self.sheets):
            raise invalid(f"This action would increase the number of columns above the limit of {MAX_COLUMNS}.")
        if len(self.sheets) > MAX_SHEETS:
            raise invalid(f"This action would increase the number of sheets above the limit of {MAX_SHEETS}.")

    def meta_size(self, scope: int | None) -> int:
        """Characters of metadata that Google counts, on one tab or (``None``) on the spreadsheet itself."""
        if self._meta_size is None:
            self._meta_size = {}
            for meta in self.metadata.values():
                self._meta_size[meta.scope] = self._meta_size.get(meta.scope, 0) + meta.size
        return self._meta_size.get(scope, 0)

    def put_meta(self, meta: Meta) -> None:
        """Adds or replaces one piece of metadata."""
        self.drop_meta([meta.metadata_id])
        size = self.meta_size(meta.scope) + meta.size
        self.metadata[meta.metadata_id] = meta
        assert self._meta_size is not None
        self._meta_size[meta.scope] = size

    def drop_meta(self, ids: Iterable[int]) -> None:
        """Removes metadata."""
        for metadata_id in ids:
            gone = self.metadata.pop(metadata_id, None)
            self.touched_meta.add(metadata_id)
            if gone is not None and self._meta_size is not None:
                self._meta_size[gone.scope] -= gone.size
