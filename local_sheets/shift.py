"""What happens to everything that points at the grid when rows or columns are inserted, deleted or moved.

Named ranges, merges, protections, filters, conditional formats, tables, groups, charts' anchors and formulas all follow
by one rule for intervals; developer metadata follows by itself because it hangs on the line's identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local_sheets import refs
from local_sheets.model import Axis, Book, Cell, Line, Sheet

Json = dict[str, Any]
Span = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Insert:
    """``count`` lines put in before ``at``."""

    axis: Axis
    at: int
    count: int

    def span(self, start: int | None, end: int | None) -> Span | None:
        """An interval afterwards: shifted when at or behind the place, grown when the place is strictly inside."""
        s = start if start is None or start < self.at else start + self.count
        e = end if end is None or end <= self.at else end + self.count
        return s, e


@dataclass(frozen=True, slots=True)
class Delete:
    """Lines ``start`` to ``end`` taken out."""

    axis: Axis
    start: int
    end: int

    def span(self, start: int | None, end: int | None) -> Span | None:
        """An interval afterwards; ``None`` when nothing of it is left."""
        s = None if start is None else self._point(start)
        e = None if end is None else self._point(end)
        if start is not None and end is not None and s == e:
            return None
        if start is not None and end is None and self.start <= start < self.end and s == 0:
            return 0, None
        return s, e

    def _point(self, at: int) -> int:
        if at <= self.start:
            return at
        return self.start if at <= self.end else at - (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Move:
    """Lines ``start`` to ``end`` moved before ``to`` (counted before the move)."""

    axis: Axis
    start: int
    end: int
    to: int

    def span(self, start: int | None, end: int | None) -> Span | None:
        """An interval afterwards: one inside the block travels with it, others close the gap and make room."""
        count = self.end - self.start
        landing = self.to if self.to <= self.start else self.to - count
        if start is not None and end is not None and self.start <= start and end <= self.end:
            return start - self.start + landing, end - self.start + landing
        left = Delete(self.axis, self.start, self.end).span(start, end)
        return None if left is None else Insert(self.axis, landing, count).span(*left)


Change = Insert | Delete | Move


def grid_range(grid: Json, change: Change) -> Json | None:
    """A GridRange after a change of its sheet; ``None`` when it is gone."""
    first, last = ("startRowIndex", "endRowIndex") if change.axis == "ROWS" else ("startColumnIndex", "endColumnIndex")
    span = change.span(grid.get(first), grid.get(last))
    if span is None:
        return None
    out = {key: value for key, value in grid.items() if key not in (first, last)}
    if span[0] is not None:
        out[first] = span[0]
    if span[1] is not None:
        out[last] = span[1]
    return out


def _named(book: Book, sheet_id: int, change: Change) -> None:
    kept = []
    for named in book.doc.get("namedRanges", []):
        if named["range"].get("sheetId", 0) == sheet_id:
            new = grid_range(named["range"], change)
            if new is None:
                continue
            named["range"] = new
        kept.append(named)
    book.doc["namedRanges"] = kept


def _holders(sheet: Sheet) -> Iterator[tuple[list[Json], str]]:
    """The lists of a sheet's document whose entries carry one range under a name."""
    for name in ("protectedRanges", "filterViews", "tables", "bandedRanges"):
        if name in sheet.doc:
            yield sheet.doc[name], "range"


def _ranges(sheet: Sheet, change: Change) -> None:
    doc = sheet.doc
    for entries, name in _holders(sheet):
        for entry in list(entries):
            if name not in entry:
                continue
            new = grid_range(entry[name], change)
            if new is None:
                entries.remove(entry)
            else:
                entry[name] = new
            if "unprotectedRanges" in entry:
                entry["unprotectedRanges"] = _each(entry["unprotectedRanges"], change)
    if "merges" in doc:
        doc["merges"] = [m for m in _each(doc["merges"], change) if _cells_of(m) > 1]
    for rule in list(doc.get("conditionalFormats", [])):
        rule["ranges"] = _each(rule["ranges"], change)
        if not rule["ranges"]:
            doc["conditionalFormats"].remove(rule)
    if "basicFilter" in doc:
        new = grid_range(doc["basicFilter"]["range"], change)
        if new is None:
            del doc["basicFilter"]
        else:
            doc["basicFilter"]["range"] = new
    if change.axis == "COLUMNS":
        for holder in [*([doc["basicFilter"]] if "basicFilter" in doc else []), *doc.get("filterViews", [])]:
            _columns(holder, change)
    groups = "rowGroups" if change.axis == "ROWS" else "columnGroups"
    kept = []
    for group in doc.get(groups, []):
        span = change.span(group["range"]["startIndex"], group["range"]["endIndex"])
        if span is not None:
            group["range"]["startIndex"], group["range"]["endIndex"] = span
            kept.append(group)
    if groups in doc:
        doc[groups] = kept


def _each(ranges: list[Json], change: Change) -> list[Json]:
    return [new for grid in ranges if (new := grid_range(grid, change)) is not None]


def _cells_of(merge: Json) -> int:
    rows = merge["endRowIndex"] - merge["startRowIndex"]
    return int(rows * (merge["endColumnIndex"] - merge["startColumnIndex"]))


def _columns(holder: Json, change: Change) -> None:
    """Filter and sort specifications name columns of the sheet by number."""
    for name, key in (("filterSpecs", "columnIndex"), ("sortSpecs", "dimensionIndex")):
        kept = []
        for spec in holder.get(name, []):
            at = spec.get(key, 0)
            span = change.span(at, at + 1)
            if span is not None:
                spec[key] = span[0]
                kept.append(spec)
        if name in holder:
            holder[name] = kept


def formulas(book: Book, change: Callable[[str, Sheet], str]) -> None:
    """Rewrites every formula of the book."""
    for sheet in book.sheets:
        for row in sheet.rows_with_formulas():
            cells = sheet.rows[row].cells
            new: list[Cell | None] = []
            for cell in cells:
                if cell is not None and cell.formula is not None:
                    text = change(cell.formula, sheet)
                    if text != cell.formula:
                        cell = Cell(None, text, cell.format, cell.note, cell.validation, cell.runs)
                new.append(cell)
            if any(a is not b for a, b in zip(new, cells, strict=True)):
                sheet.put_row(row, new)


def _formulas(book: Book, target: Sheet, change: Change) -> None:
    def same(start: int | None, end: int | None) -> Span:
        return start, end

    rows = change.span if change.axis == "ROWS" else same
    columns = change.span if change.axis == "COLUMNS" else same

    def text(formula: str, own: Sheet) -> str:
        def one(ref: refs.Ref) -> refs.Ref | None:
            title = own.title if ref.title is None else ref.title
            return refs.remapped(ref, rows, columns) if title == target.title else ref

        return refs.rewrite(formula, one)

    formulas(book, text)


def insert(book: Book, sheet: Sheet, axis: Axis, at: int, fresh: list[Line]) -> None:
    """Inserts lines and moves everything that points at the sheet."""
    change = Insert(axis, at, len(fresh))
    sheet.insert(axis, at, fresh)
    _follow(book, sheet, change)


def delete(book: Book, sheet: Sheet, axis: Axis, start: int, end: int) -> None:
    """Deletes lines, their metadata, and moves everything that points at the sheet."""
    gone = {line.rid for line in sheet.delete(axis, start, end)}
    drop_line_metadata(book, sheet, axis, gone)
    _follow(book, sheet, Delete(axis, start, end))


def drop_line_metadata(book: Book, sheet: Sheet, axis: Axis, gone: set[int]) -> None:
    """Metadata goes with its row or column."""
    kind = "ROW" if axis == "ROWS" else "COLUMN"
    book.drop_meta(
        [
            m.metadata_id
            for m in book.metadata.values()
            if (m.kind, m.sheet_id) == (kind, sheet.sheet_id) and m.rid in gone
        ]
    )


def move(book: Book, sheet: Sheet, axis: Axis, start: int, end: int, to: int) -> None:
    """Moves lines and everything that points at them."""
    change = Move(axis, start, end, to)
    sheet.move(axis, start, end, to)
    _follow(book, sheet, change)


def _follow(book: Book, sheet: Sheet, change: Change) -> None:
    _named(book, sheet.sheet_id, change)
    _ranges(sheet, change)
    _formulas(book, sheet, change)
