"""Kinds that move cells about: copy, cut, sort, merge, insert and delete ranges, remove duplicates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local_sheets import formats, protect, refs, resolve, shift
from local_sheets.a1 import Area, Box
from local_sheets.batch.cells import check_coordinate
from local_sheets.batch.context import Context, axis_of, strip_of
from local_sheets.batch.registry import kind
from local_sheets.errors import invalid
from local_sheets.model import EMPTY, Axis, Book, Cell, Meta, Scalar, Sheet
from local_sheets.store import shared

Json = dict[str, Any]
_PASTE_WHOLE = ("PASTE_NORMAL", "PASTE_NO_BORDERS", "PASTE_FORMULA")


def pasted(source: Cell, target: Cell, how: str, value: Scalar, rows: int, columns: int) -> Cell:
    """What a target cell becomes; ``value`` is the source's effective value, rows and columns the way it travelled."""
    formula = None if source.formula is None else refs.copied(source.formula, rows, columns)
    if how == "PASTE_VALUES":
        plain = str(value) if isinstance(value, str) else value
        return replace(target, value=plain, formula=None, runs=())
    if how == "PASTE_FORMULA":
        return replace(target, value=source.value, formula=formula, runs=())
    if how == "PASTE_FORMAT":
        return replace(target, format=source.format)
    if how == "PASTE_DATA_VALIDATION":
        return replace(target, validation=source.validation)
    if how == "PASTE_CONDITIONAL_FORMATTING":
        return target
    style = source.format
    if how == "PASTE_NO_BORDERS" and style and "borders" in style:
        style = shared({name: part for name, part in style.items() if name != "borders"})
    return replace(source, formula=formula, format=style)


@kind("copyPaste")
def copy_paste(context: Context, request: Json) -> Json:
    """Copies a range; the destination repeats it when it is a multiple of its size, and is never smaller."""
    source_sheet, source = context.cells(request.get("source", {}), "source")
    sheet, area = resolve.grid_area(context.book, request.get("destination", {}), "destination")
    how = request.get("pasteType", "PASTE_NORMAL")
    turned = request.get("pasteOrientation") == "TRANSPOSE"
    height, width = (source.width, source.height) if turned else (source.height, source.width)
    wanted = sheet.box(area)
    down = wanted.height // height if wanted.height % height == 0 else 1
    across = wanted.width // width if wanted.width % width == 0 else 1
    r0, c0 = area.r0 or 0, area.c0 or 0
    target = Box(sheet.sheet_id, r0, r0 + height * max(down, 1), c0, c0 + width * max(across, 1))
    check_coordinate(sheet, target)
    context.guard(sheet, target)
    if how == "PASTE_CONDITIONAL_FORMATTING":
        _copy_conditions(source_sheet, source, sheet, target)
        return {}
    read = context.read()
    block: list[list[tuple[Cell, Scalar, int, int]]] = []
    for row in range(height):
        line: list[tuple[Cell, Scalar, int, int]] = []
        for column in range(width):
            at = (source.r0 + column, source.c0 + row) if turned else (source.r0 + row, source.c0 + column)
            cell = source_sheet.cell(*at)
            line.append((cell, read(source_sheet.sheet_id, *at, cell), *at))
        block.append(line)
    for row in range(target.r0, target.r1):
        run = []
        for column in range(target.c0, target.c1):
            cell, value, from_row, from_column = block[(row - target.r0) % height][(column - target.c0) % width]
            run.append(pasted(cell, sheet.cell(row, column), how, value, row - from_row, column - from_column))
        sheet.put_run(row, target.c0, run)
    if how == "PASTE_NORMAL" and not turned:
        _copy_conditions(source_sheet, source, sheet, target)
    return {}


def _copy_conditions(source_sheet: Sheet, source: Box, sheet: Sheet, target: Box) -> None:
    """Conditional formats that lie over the whole source also hold for the target."""
    if source_sheet is not sheet:
        return
    for rule in sheet.doc.get("conditionalFormats", []):
        boxes = [sheet.box(Area.of(grid)) for grid in rule["ranges"]]
        if any(b.holds(source) for b in boxes) and not any(b.holds(target) for b in boxes):
            rule["ranges"].append(target.area().json())


@kind("cutPaste")
def cut_paste(context: Context, request: Json) -> Json:
    """Moves a range; formulas that point at it follow."""
    source_sheet, source = context.writable(request.get("source", {}), "source")
    to = request.get("destination", {})
    sheet = context.book.sheet(to.get("sheetId", 0))
    r0, c0 = to.get("rowIndex", 0), to.get("columnIndex", 0)
    target = Box(sheet.sheet_id, r0, r0 + source.height, c0, c0 + source.width)
    check_coordinate(sheet, target)
    context.guard(sheet, target)
    how = request.get("pasteType", "PASTE_NORMAL")
    read = context.read()
    block = [
        [
            (cell := source_sheet.cell(r, c), read(source_sheet.sheet_id, r, c, cell))
            for c in range(source.c0, source.c1)
        ]
        for r in range(source.r0, source.r1)
    ]
    for row in range(source.r0, source.r1):
        source_sheet.put_run(row, source.c0, [EMPTY] * source.width)
    for n, line in enumerate(block):
        run = [pasted(c, sheet.cell(target.r0 + n, target.c0 + m), how, v, 0, 0) for m, (c, v) in enumerate(line)]
        sheet.put_run(target.r0 + n, target.c0, run)
    _follow(context.book, source_sheet, source, sheet, target)
    whole_rows = source.c0 == 0 and source.c1 == source_sheet.width
    if whole_rows and context.env.switches.metadata_follows_cut:
        places = {source.r0 + n: target.r0 + n for n in range(source.height)}
        _carry_metadata(context.book, source_sheet, sheet, places)
    return {}


def _follow(book: Book, source_sheet: Sheet, source: Box, sheet: Sheet, target: Box) -> None:
    """Formulas that point wholly into the cut cells point at where they went."""
    rows, columns = target.r0 - source.r0, target.c0 - source.c0

    def moved(first: int | None, last: int | None, by: int) -> tuple[int | None, int | None]:
        return None if first is None else first + by, None if last is None else last + by

    def text(formula: str, own: Sheet) -> str:
        def one(ref: refs.Ref) -> refs.Ref | None:
            title = own.title if ref.title is None else ref.title
            bounds = ref.bounds()
            if title != source_sheet.title or None in bounds:
                return ref
            if not source.holds(Area(source.sheet_id, *bounds).box(source_sheet.height, source_sheet.width)):
                return ref
            new = refs.remapped(ref, lambda a, b: moved(a, b, rows), lambda a, b: moved(a, b, columns))
            if new is None or sheet is source_sheet:
                return new
            return replace(new, title=sheet.title)

        return refs.rewrite(formula, one)

    shift.formulas(book, text)


def _carry_metadata(book: Book, source: Sheet, target: Sheet, places: dict[int, int]) -> None:
    """Row metadata goes from each old place to its new one."""
    rids = {source.rows[old].rid: target.rows[new].rid for old, new in places.items()}
    moved: list[Meta] = [
        replace(meta, rid=rids[meta.rid], sheet_id=target.sheet_id)
        for meta in book.metadata.values()
        if meta.kind == "ROW" and meta.sheet_id == source.sheet_id and meta.rid in rids
    ]
    for meta in moved:
        book.put_meta(meta)


def sort_key(value: Scalar) -> tuple[int, Any]:
    """Numbers before texts before booleans; letter case does not count."""
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, (int, float)):
        return 0, value
    return 1, str(value).casefold()


@kind("sortRange")
def sort_range(context: Context, request: Json) -> Json:
    """Sorts the rows of a range; cells without a value come last in either order."""
    sheet, box = context.cells(request.get("range", {}))
    if not request.get("sortSpecs"):
        raise invalid("At least one sort specification must be given.")
    sort_box(context, sheet, box, request["sortSpecs"])
    return {}


def sort_box(context: Context, sheet: Sheet, box: Box, specs: list[Json]) -> None:
    """Sorts the rows of a box by columns of the sheet."""
    protect.guard_rows(context.book, sheet, box, context.actor, context.env.switches, "sort")
    for merge in sheet.doc.get("merges", []):
        there = sheet.box(Area.of(merge))
        if there.height > 1 and there.touches(box):
            raise invalid("You can't sort a range with vertical merges.")
    order = list(range(box.r0, box.r1))
    read = context.read()
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        if not box.c0 <= column < box.c1:
            raise invalid(f"sortSpecs.dimensionIndex[{column}] is not in the range.")
        found = {row: read(sheet.sheet_id, row, column, sheet.cell(row, column)) for row in order}
        blank = [row for row in order if found[row] is None or found[row] == ""]
        filled = [row for row in order if row not in set(blank)]
        filled.sort(key=lambda row: sort_key(found[row]), reverse=spec.get("sortOrder") == "DESCENDING")
        order = filled + blank
    _reorder(sheet, box, order)
    if context.env.switches.metadata_follows_sort:
        places = {old: box.r0 + n for n, old in enumerate(order)}
        _carry_metadata(context.book, sheet, sheet, places)


def _reorder(sheet: Sheet, box: Box, order: list[int]) -> None:
    runs = {row: [sheet.cell(row, column) for column in range(box.c0, box.c1)] for row in order}
    for n, old in enumerate(order):
        row = box.r0 + n
        if row == old:
            continue
        run = [
            cell if cell.formula is None else replace(cell, formula=refs.copied(cell.formula, row - old, 0))
            for cell in runs[old]
        ]
        sheet.put_run(row, box.c0, run)


@kind("mergeCells")
def merge_cells(context: Context, request: Json) -> Json:
    """Merges; only the first cell of each merge keeps its value."""
    sheet, box = context.writable(request.get("range", {}))
    how = request.get("mergeType", "MERGE_ALL")
    kept = _unmerged(sheet, box)
    if how == "MERGE_ROWS":
        parts = [Box(box.sheet_id, row, row + 1, box.c0, box.c1) for row in range(box.r0, box.r1)]
    elif how == "MERGE_COLUMNS":
        parts = [Box(box.sheet_id, box.r0, box.r1, column, column + 1) for column in range(box.c0, box.c1)]
    else:
        parts = [box]
    for part in parts:
        if part.height * part.width > 1:
            kept.append(part.area().json())
            _keep_first(sheet, part)
    sheet.doc["merges"] = kept
    return {}


def _keep_first(sheet: Sheet, box: Box) -> None:
    def change(cell: Cell, row: int, column: int) -> Cell:
        if (row, column) == (box.r0, box.c0) or cell.blank:
            return cell
        return replace(cell, value=None, formula=None, runs=())

    sheet.edit(box, change)


def _unmerged(sheet: Sheet, box: Box) -> list[Json]:
    """The merges that stay when everything inside the box comes apart; a merge cut by its edge is refused."""
    kept = []
    for merge in sheet.doc.get("merges", []):
        there = sheet.box(Area.of(merge))
        if not there.touches(box):
            kept.append(merge)
        elif not box.holds(there):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    return kept


@kind("unmergeCells")
def unmerge_cells(context: Context, request: Json) -> Json:
    """Takes merges inside a range apart."""
    sheet, box = context.writable(request.get("range", {}))
    sheet.doc["merges"] = _unmerged(sheet, box)
    return {}


def _band(sheet: Sheet, box: Box, axis: Axis) -> Box:
    """Everything from the range to the end of the grid in the direction of the shift."""
    if axis == "ROWS":
        return Box(box.sheet_id, box.r0, sheet.height, box.c0, box.c1)
    return Box(box.sheet_id, box.r0, box.r1, box.c0, sheet.width)


def _shift_refs(context: Context, sheet: Sheet, band: Box, rows: int, columns: int) -> None:
    """Formulas that point wholly into a band that moved follow it."""
    target = Box(band.sheet_id, band.r0 + rows, band.r1 + rows, band.c0 + columns, band.c1 + columns)
    _follow(context.book, sheet, band, sheet, target)


@kind("insertRange")
def insert_range(context: Context, request: Json) -> Json:
    """Makes room: cells at the range and behind it move down or to the right; the grid grows rather than lose data."""
    sheet, box = context.cells(request.get("range", {}))
    axis = axis_of(request.get("shiftDimension"), "shiftDimension")
    band = _band(sheet, box, axis)
    context.guard(sheet, band)
    count = box.height if axis == "ROWS" else box.width
    last = strip_of(sheet, axis, len(sheet.lines(axis)) - count, len(sheet.lines(axis)))
    if any(not cell.blank for r, c, cell in sheet.walk(last) if band.touches(Box(box.sheet_id, r, r + 1, c, c + 1))):
        sheet.resize(axis, len(sheet.lines(axis)) + count)
        band = _band(sheet, box, axis)
    rows, columns = (count, 0) if axis == "ROWS" else (0, count)
    cells = {
        (row, column): sheet.cell(row, column) for row in range(band.r0, band.r1) for column in range(band.c0, band.c1)
    }

    def change(_: Cell, row: int, column: int) -> Cell:
        return cells.get((row - rows, column - columns), EMPTY)

    sheet.edit(band, change)
    _shift_refs(context, sheet, band, rows, columns)
    return {}


@kind("deleteRange")
def delete_range(context: Context, request: Json) -> Json:
    """Takes cells out: what is behind them moves up or to the left."""
    sheet, box = context.cells(request.get("range", {}))
    axis = axis_of(request.get("shiftDimension"), "shiftDimension")
    band = _band(sheet, box, axis)
    context.guard(sheet, band)
    rows, columns = (box.height, 0) if axis == "ROWS" else (0, box.width)
    cells = {
        (row, column): sheet.cell(row, column) for row in range(band.r0, band.r1) for column in range(band.c0, band.c1)
    }

    def change(_: Cell, row: int, column: int) -> Cell:
        return cells.get((row + rows, column + columns), EMPTY)

    sheet.edit(band, change)
    behind = Box(band.sheet_id, band.r0 + rows, band.r1, band.c0 + columns, band.c1)
    _shift_refs(context, sheet, behind, -rows, -columns)
    return {}


@kind("deleteDuplicates")
def delete_duplicates(context: Context, request: Json) -> Json:
    """Rows whose compared cells equal those of a row above go; letter case and format do not count."""
    sheet, box = context.writable(request.get("range", {}))
    columns = sorted(
        {
            column
            for span in request.get("comparisonColumns", [])
            for column in range(span.get("startIndex", 0), span.get("endIndex", sheet.width))
        }
        or set(range(box.c0, box.c1))
    )
    if columns and not (box.c0 <= columns[0] and columns[-1] < box.c1):
        raise invalid("comparisonColumns must lie in the range.")
    read = context.read()
    seen: set[tuple[str, ...]] = set()
    kept: list[list[Cell]] = []
    for row in range(box.r0, box.r1):
        key = tuple(_comparable(read, sheet, row, column) for column in columns)
        if key in seen and any(key):
            continue
        seen.add(key)
        kept.append([sheet.cell(row, column) for column in range(box.c0, box.c1)])
    removed = box.height - len(kept)
    kept += [[EMPTY] * box.width for _ in range(removed)]
    for n, run in enumerate(kept):
        sheet.put_run(box.r0 + n, box.c0, run)
    return {"duplicatesRemovedCount": removed}


def _comparable(read: Callable[[int, int, int, Cell], Scalar], sheet: Sheet, row: int, column: int) -> str:
    value = read(sheet.sheet_id, row, column, sheet.cell(row, column))
    return formats.show(value, None).casefold()
