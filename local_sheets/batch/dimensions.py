"""Kinds that insert, delete, move, size, hide and group rows and columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from local_sheets import formats, masks, protect, shift
from local_sheets.batch.context import Context, strip_of
from local_sheets.batch.registry import kind
from local_sheets.errors import invalid
from local_sheets.model import Axis, Cell, Line, Sheet

Json = dict[str, Any]


@kind("insertDimension")
def insert_dimension(context: Context, request: Json) -> Json:
    """New rows or columns; they inherit size, formats and validation from the neighbour."""
    sheet, axis, start, end = context.span(request.get("range", {}))
    size, before = len(sheet.lines(axis)), bool(request.get("inheritFromBefore"))
    if before and start == 0:
        raise invalid("range.startIndex[0] must be greater than 0 if inheritFromBefore is true.")
    if start > size or (start == size and not before):
        raise invalid(
            f"range.startIndex[{start}] must be less than the grid size ({size}) if inheritFromBefore is false."
        )
    protect.guard_sheet(context.book, sheet, context.actor)
    _check_room(context, sheet, axis, end - start)
    model = sheet.lines(axis)[start - 1 if before else start]
    shift.insert(context.book, sheet, axis, start, [_like(sheet, model) for _ in range(end - start)])
    if axis == "COLUMNS":
        _dress_columns(sheet, start, end, start - 1 if before else end)
    return {}


def _check_room(context: Context, sheet: Sheet, axis: Axis, count: int) -> None:
    other = sheet.width if axis == "ROWS" else sheet.height
    if context.book.count_cells() + count * other > 10_000_000:
        raise invalid(
            "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
        )


def _bare(cell: Cell | None) -> Cell | None:
    if cell is None or not (cell.format or cell.validation):
        return None
    return Cell(format=cell.format, validation=cell.validation)


def _like(sheet: Sheet, model: Line) -> Line:
    """A new line with the look of another and none of its contents."""
    return replace(sheet.new_line(), size=model.size).with_cells([_bare(cell) for cell in model.cells])


def _dress_columns(sheet: Sheet, start: int, end: int, model: int) -> None:
    for row in range(sheet.height):
        dress = _bare(sheet.rows[row].at(model))
        if dress is not None:
            sheet.put_run(row, start, [dress] * (end - start))


@kind("deleteDimension")
def delete_dimension(context: Context, request: Json) -> Json:
    """Rows or columns go, with their contents and metadata."""
    sheet, axis, start, end = context.existing(request.get("range", {}))
    size = len(sheet.lines(axis))
    word = "rows" if axis == "ROWS" else "columns"
    if end - start >= size:
        raise invalid(f"You can't delete all the {word} on the sheet.")
    frozen = sheet.doc["properties"]["gridProperties"].get(
        "frozenRowCount" if axis == "ROWS" else "frozenColumnCount", 0
    )
    if start <= frozen and end >= size and frozen:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {word}.")
    strip = strip_of(sheet, axis, start, end)
    if axis == "ROWS":
        protect.guard_rows(context.book, sheet, strip, context.actor, context.env.switches, "delete")
    else:
        context.guard(sheet, strip)
    shift.delete(context.book, sheet, axis, start, end)
    if frozen > start:
        key = "frozenRowCount" if axis == "ROWS" else "frozenColumnCount"
        sheet.doc["properties"]["gridProperties"][key] = frozen - (min(end, frozen) - start)
    return {}


@kind("appendDimension")
def append_dimension(context: Context, request: Json) -> Json:
    """Empty rows or columns at the end."""
    if request.get("length", 0) < 1:
        raise invalid("length must be greater than zero.")
    dimension = {"dimension": request.get("dimension"), "sheetId": request.get("sheetId", 0)}
    sheet, axis, _, _ = context.span(dimension, "appendDimension")
    protect.guard_sheet(context.book, sheet, context.actor)
    _check_room(context, sheet, axis, request["length"])
    sheet.resize(axis, len(sheet.lines(axis)) + request["length"])
    return {}


@kind("moveDimension")
def move_dimension(context: Context, request: Json) -> Json:
    """Rows or columns move before another; metadata and ranges inside travel along."""
    sheet, axis, start, end = context.existing(request.get("source", {}), "source")
    to = request.get("destinationIndex", 0)
    if not 0 <= to <= len(sheet.lines(axis)):
        raise invalid(f"destinationIndex[{to}] is not in the grid.")
    if start < to < end:
        raise invalid("destinationIndex must not be inside the source.")
    touched = strip_of(sheet, axis, min(start, to), max(end, to))
    context.guard(sheet, touched)
    if to not in (start, end):
        shift.move(context.book, sheet, axis, start, end, to)
    return {}


@kind("updateDimensionProperties")
def update_dimension_properties(context: Context, request: Json) -> Json:
    """Sizes and hides rows or columns."""
    sheet, axis, start, end = context.existing(request.get("range", {}))
    mask = masks.update(request.get("fields"), "DimensionProperties", "properties")
    new = request.get("properties", {})
    names = {"pixelSize", "hiddenByUser"} if "*" in mask else set(mask)
    if names - {"pixelSize", "hiddenByUser"}:
        raise invalid(f"The field {sorted(names - {'pixelSize', 'hiddenByUser'})[0]} cannot be updated here.")
    if new.get("pixelSize", 1) < 0:
        raise invalid("pixelSize must not be negative.")
    protect.guard_sheet(context.book, sheet, context.actor)
    for place in range(start, end):
        line = sheet.lines(axis)[place]
        if "pixelSize" in names:
            line = replace(line, size=new.get("pixelSize") or None)
        if "hiddenByUser" in names:
            line = replace(line, hidden=bool(new.get("hiddenByUser")))
        sheet.set_line(axis, place, line)
    return {}


# Advance widths of Arial in thousandths of its size, from the published font metrics.
_WIDTHS = dict(zip(map(chr, range(32, 127)), (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
), strict=True))  # fmt: skip


def text_width(text: str) -> int:
    """Pixels that a text takes in the default font, with the cell's padding.

    An estimate: Google measures glyphs. The size of the letters is fitted to the one width that is recorded.
    """
    widest = max(sum(_WIDTHS.get(letter, 556) for letter in line) for line in text.split("\n"))
    return round(widest * 12.695 / 1000) + 20


@kind("autoResizeDimensions")
def auto_resize_dimensions(context: Context, request: Json) -> Json:
    """Columns as wide as their widest text; rows back to the default height."""
    sheet, axis, start, end = context.existing(request.get("dimensions", {}), "dimensions")
    read = context.read()
    for place in range(start, end):
        size = None
        if axis == "COLUMNS":
            shown = [
                formats.show(read(sheet.sheet_id, row, column, cell), cell.format)
                for row, column, cell in sheet.walk(strip_of(sheet, axis, place, place + 1))
                if not cell.blank
            ]
            size = max(map(text_width, shown), default=0) or None
        sheet.set_line(axis, place, replace(sheet.lines(axis)[place], size=size))
    return {}


def _depths(sheet: Sheet, axis: Axis) -> list[int]:
    depth = [0] * len(sheet.lines(axis))
    for group in sheet.doc.get(_groups(axis), []):
        for place in range(group["range"]["startIndex"], min(group["range"]["endIndex"], len(depth))):
            depth[place] = max(depth[place], group["depth"])
    return depth


def _groups(axis: Axis) -> str:
    return "rowGroups" if axis == "ROWS" else "columnGroups"


def _regroup(sheet: Sheet, axis: Axis, depth: list[int]) -> list[Json]:
    """Groups from depths: one for each run of lines at least so deep; folded ones stay folded."""
    name = _groups(axis)
    folded = {
        (g["range"]["startIndex"], g["range"]["endIndex"], g["depth"])
        for g in sheet.doc.get(name, [])
        if g.get("collapsed")
    }
    groups: list[Json] = []
    for level in range(1, max(depth, default=0) + 1):
        start = None
        for place, deep in enumerate([*depth, 0]):
            if deep >= level and start is None:
                start = place
            elif deep < level and start is not None:
                span = {"sheetId": sheet.sheet_id, "dimension": axis, "startIndex": start, "endIndex": place}
                group: Json = {"range": span, "depth": level}
                if (start, place, level) in folded:
                    group["collapsed"] = True
                groups.append(group)
                start = None
    sheet.doc[name] = groups
    return groups


@kind("addDimensionGroup")
def add_dimension_group(context: Context, request: Json) -> Json:
    """Groups rows or columns one level deeper; the tab then shows its controls behind them (recorded)."""
    sheet, axis, start, end = context.existing(request.get("range", {}))
    depth = _depths(sheet, axis)
    if max(depth[start:end]) >= 8:
        raise invalid("Groups cannot be nested deeper than 8.")
    depth[start:end] = [deep + 1 for deep in depth[start:end]]
    grid = sheet.doc["properties"]["gridProperties"]
    grid["rowGroupControlAfter" if axis == "ROWS" else "columnGroupControlAfter"] = True
    return {"dimensionGroups": _regroup(sheet, axis, depth)}


@kind("deleteDimensionGroup")
def delete_dimension_group(context: Context, request: Json) -> Json:
    """Takes one level of grouping off."""
    sheet, axis, start, end = context.existing(request.get("range", {}))
    depth = _depths(sheet, axis)
    if not any(depth[start:end]):
        raise invalid("There are no groups in the range.")
    depth[start:end] = [max(deep - 1, 0) for deep in depth[start:end]]
    return {"dimensionGroups": _regroup(sheet, axis, depth)}


@kind("updateDimensionGroup")
def update_dimension_group(context: Context, request: Json) -> Json:
    """Folds or unfolds a group."""
    new = request.get("dimensionGroup", {})
    sheet, axis, start, end = context.existing(new.get("range", {}), "dimensionGroup.range")
    mask = masks.update(request.get("fields"), "DimensionGroup", "dimensionGroup")
    if set(mask) - {"collapsed", "*"}:
        raise invalid("Only the field collapsed can be updated.")
    for group in sheet.doc.get(_groups(axis), []):
        here = group["range"]
        if (here["startIndex"], here["endIndex"], group["depth"]) == (start, end, new.get("depth", 1)):
            group["collapsed"] = bool(new.get("collapsed"))
            for place in range(start, end):
                sheet.set_line(axis, place, replace(sheet.lines(axis)[place], hidden=group["collapsed"]))
            return {}
    raise invalid("No group spans this range at this depth.")
