"""Kinds that write into cells: values, formats, notes, borders, find and replace."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from local_sheets import conditions, formats, masks, refs, shift, styles, values
from local_sheets.a1 import Area, Box
from local_sheets.batch.context import Context
from local_sheets.batch.registry import kind
from local_sheets.errors import invalid
from local_sheets.masks import Tree
from local_sheets.model import EMPTY, Cell, Scalar, Sheet
from local_sheets.store import shared

Json = dict[str, Any]
_WRITABLE = ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns")


def cell_mask(text: str | None) -> Tree:
    """The ``fields`` of a request that writes CellData; ``*`` is everything a client may write."""
    mask = masks.update(text, "CellData")
    if "*" in mask:
        return {name: {} for name in _WRITABLE}
    for name in mask:
        if name not in _WRITABLE:
            raise invalid(f"The field {name} of a cell is read-only, or not served here.")
    return styles.with_twins(mask, "CellData")


def entered_value(data: Json) -> tuple[Scalar, str | None]:
    """An ExtendedValue as (constant, formula); text is taken as it is, never read as a number."""
    if len(data) > 1:
        raise invalid("A value can be only one of number, text, boolean or formula.")
    if "errorValue" in data:
        raise invalid("An errorValue cannot be set.")
    if "formulaValue" in data:
        formula = data["formulaValue"]
        if not formula.startswith("="):
            raise invalid(f"A formula must start with '=': {formula}"[:200])
        values.check_text(formula)
        return None, formula
    if "numberValue" in data:
        return float(data["numberValue"]), None
    if "boolValue" in data:
        return bool(data["boolValue"]), None
    text = data.get("stringValue")
    values.check_text(text)
    return (text or None), None


def with_data(cell: Cell, data: Json, mask: Tree) -> Cell:
    """A cell after CellData was laid on it, as far as the mask goes."""
    if "userEnteredValue" in mask:
        value, formula = entered_value(data.get("userEnteredValue", {}))
        cell = replace(cell, value=value, formula=formula, runs=())
    if "userEnteredFormat" in mask:
        new = styles.normal("CellFormat", data.get("userEnteredFormat", {}))
        inner = mask["userEnteredFormat"] or {"*": {}}
        style = masks.merge(cell.format or {}, new, inner, "CellFormat")
        cell = replace(cell, format=shared(style) if style else None)
    if "note" in mask:
        cell = replace(cell, note=data.get("note") or None)
    if "dataValidation" in mask:
        cell = replace(cell, validation=shared(data.get("dataValidation")))
    if "textFormatRuns" in mask:
        cell = replace(cell, runs=tuple(data.get("textFormatRuns", ())))
    return cell


def check_validation(context: Context, cell: Cell) -> None:
    """Strict data validation, where the switch makes it bind the API too."""
    rule = cell.validation
    if not rule or not rule.get("strict") or cell.blank or not context.env.switches.validation_binds_api:
        return
    if conditions.holds(rule.get("condition", {}), cell.value, context.book) is False:
        raise invalid("The data you entered violates the data validation rules set on this cell.")


def _target(context: Context, request: Json) -> tuple[Sheet, Box, bool]:
    if "range" in request:
        sheet, box = context.cells(request["range"])
        return sheet, box, True
    start = request.get("start")
    if start is None:
        raise invalid("One of range or start must be set.")
    sheet = context.book.sheet(start.get("sheetId", 0))
    row, column = start.get("rowIndex", 0), start.get("columnIndex", 0)
    rows = request.get("rows", [])
    end = Box(
        sheet.sheet_id,
        row,
        row + len(rows),
        column,
        column + max((len(r.get("values", [])) for r in rows), default=0),
    )
    check_coordinate(sheet, end)
    return sheet, end, False


def check_coordinate(sheet: Sheet, box: Box) -> None:
    """A rectangle that starts somewhere must fit on the grid."""
    if box.r0 < 0 or box.c0 < 0:
        raise invalid("GridCoordinate: an index must be greater than or equal to zero.")
    if box.r0 >= sheet.height or box.r1 > sheet.height:
        last = max(box.r0, box.r1 - 1)
        raise invalid(f"GridCoordinate.rowIndex[{last}] is after last row in grid[{sheet.height - 1}]")
    if box.c0 >= sheet.width or box.c1 > sheet.width:
        last = max(box.c0, box.c1 - 1)
        raise invalid(f"GridCoordinate.columnIndex[{last}] is after last column in grid[{sheet.width - 1}]")


@kind("updateCells")
def update_cells(context: Context, request: Json) -> Json:
    """Writes rows of CellData; with a range, what the rows do not cover is cleared."""
    mask = cell_mask(request.get("fields"))
    sheet, box, clears = _target(context, request)
    context.guard(sheet, box)
    rows = request.get("rows", [])
    if clears and len(rows) > box.height:
        raise invalid(f"Attempting to write row: {box.r0 + box.height}, beyond the last requested row of: {box.r1 - 1}")
    for n in range(box.height):
        data = rows[n].get("values", []) if n < len(rows) else []
        if len(data) > box.width:
            at = box.c0 + box.width
            raise invalid(f"Attempting to write column: {at}, beyond the last requested column of: {box.c1 - 1}")
        width = box.width if clears else len(data)
        line = sheet.rows[box.r0 + n]
        run = [with_data(line.at(box.c0 + c), data[c] if c < len(data) else {}, mask) for c in range(width)]
        if run:
            for cell in run:
                check_validation(context, cell)
            sheet.put_run(box.r0 + n, box.c0, run)
    return {}


@kind("appendCells")
def append_cells(context: Context, request: Json) -> Json:
    """Writes rows behind the last row that holds data, or at the end of a table's body."""
    mask, rows = cell_mask(request.get("fields")), request.get("rows", [])
    if "tableId" in request:
        return _append_table(context, request["tableId"], rows, mask)
    sheet = context.book.sheet(request.get("sheetId", 0))
    at = 1 + max((row for row, _, cell in sheet.walk(sheet.whole()) if not cell.blank), default=-1)
    width = max((len(row.get("values", [])) for row in rows), default=0)
    if at + len(rows) > sheet.height:
        sheet.resize("ROWS", at + len(rows))
    if width > sheet.width:
        sheet.resize("COLUMNS", width)
    _put_rows(context, sheet, at, 0, rows, mask)
    return {}


def _append_table(context: Context, table_id: str, rows: list[Json], mask: Tree) -> Json:
    for sheet in context.book.sheets:
        for table in sheet.doc.get("tables", []):
            if table["tableId"] == table_id:
                box = sheet.box(Area.of(table["range"]))
                if any(len(row.get("values", [])) > box.width for row in rows):
                    raise invalid("The rows are wider than the table.")
                below = Box(sheet.sheet_id, box.r1, box.r1 + len(rows), box.c0, box.c1)
                if box.r1 + len(rows) > sheet.height:
                    sheet.resize("ROWS", box.r1 + len(rows))
                elif any(not cell.blank for _, _, cell in sheet.walk(below)):
                    shift.insert(context.book, sheet, "ROWS", box.r1, [sheet.new_line() for _ in rows])
                _put_rows(context, sheet, box.r1, box.c0, rows, mask)
                table["range"]["endRowIndex"] = box.r1 + len(rows)
                return {}
    raise invalid(f"No table with id: {table_id}"[:200])


def _put_rows(context: Context, sheet: Sheet, at: int, column: int, rows: list[Json], mask: Tree) -> None:
    width = max((len(row.get("values", [])) for row in rows), default=0)
    context.guard(sheet, Box(sheet.sheet_id, at, at + len(rows), column, column + width))
    for n, row in enumerate(rows):
        line = sheet.rows[at + n]
        run = [with_data(line.at(column + c), data, mask) for c, data in enumerate(row.get("values", []))]
        if run:
            sheet.put_run(at + n, column, run)


@kind("repeatCell")
def repeat_cell(context: Context, request: Json) -> Json:
    """Lays one CellData on every cell of a range; a formula moves along as when copied."""
    mask = cell_mask(request.get("fields"))
    sheet, box = context.writable(request.get("range", {}))
    data = request.get("cell", {})
    formula = data.get("userEnteredValue", {}).get("formulaValue")

    last = (EMPTY, with_data(EMPTY, data, mask))  # neighbours are mostly alike: what was made of one serves the next

    def change(cell: Cell, row: int, column: int) -> Cell:
        nonlocal last
        if cell is not last[0] and cell != last[0]:
            last = cell, with_data(cell, data, mask)
        new = last[1]
        if formula is not None and "userEnteredValue" in mask:
            new = replace(new, formula=refs.copied(formula, row - box.r0, column - box.c0))
        return cell if new == cell else new

    sheet.edit(box, change, anywhere=formula is None)
    return {}


@kind("updateBorders")
def update_borders(context: Context, request: Json) -> Json:
    """Sets the borders around and inside a range."""
    sheet, box = context.writable(request.get("range", {}))
    sides = {name: styles.normal("Border", request[name]) for name in _SIDES if name in request}

    def change(cell: Cell, row: int, column: int) -> Cell:
        edges = {
            "top": sides.get("top" if row == box.r0 else "innerHorizontal"),
            "bottom": sides.get("bottom" if row == box.r1 - 1 else "innerHorizontal"),
            "left": sides.get("left" if column == box.c0 else "innerVertical"),
            "right": sides.get("right" if column == box.c1 - 1 else "innerVertical"),
        }
        borders = dict((cell.format or {}).get("borders", {}))
        for name, border in edges.items():
            if border is not None:
                borders[name] = border
        borders = {name: border for name, border in borders.items() if border.get("style", "NONE") != "NONE"}
        style = {**(cell.format or {}), "borders": borders}
        if not borders:
            style.pop("borders")
        return replace(cell, format=shared(style) if style else None)

    sheet.edit(box, change)
    return {}


_SIDES = ("top", "bottom", "left", "right", "innerHorizontal", "innerVertical")


@kind("findReplace")
def find_replace(context: Context, request: Json) -> Json:
    """Replaces text in values, and in formulas when asked to; the reply counts."""
    if not request.get("find"):
        raise invalid("Find text cannot be empty.")
    pattern = _pattern(request)
    new = request.get("replacement", "").replace("\\", r"\\")
    if request.get("searchByRegex"):
        new = re.sub(r"\$(\d)", r"\\\1", new)
    counts = dict.fromkeys(("valuesChanged", "formulasChanged", "occurrencesChanged"), 0)
    rows: set[tuple[int, int]] = set()
    for sheet, box in _scope(context, request):
        for row, column, cell in list(sheet.walk(box)):
            text = cell.formula if cell.formula is not None else cell.value
            if cell.formula is not None and not request.get("includeFormulas"):
                continue
            if not isinstance(text, str):
                text = formats.show(text, cell.format)
            try:
                changed, hits = pattern.subn(new, text)
            except (re.error, IndexError):
                raise invalid("Invalid replacement for a regular expression.") from None
            if not hits:
                continue
            context.guard(sheet, Box(sheet.sheet_id, row, row + 1, column, column + 1))
            if cell.formula is not None and changed.startswith("="):
                sheet.put(row, column, replace(cell, formula=changed))
                counts["formulasChanged"] += 1
            else:
                values.check_text(changed)
                sheet.put(row, column, values.entered(cell, values.typed(changed)))
                counts["valuesChanged"] += 1
            counts["occurrencesChanged"] += hits
            rows.add((sheet.sheet_id, row))
    return {**counts, "rowsChanged": len(rows), "sheetsChanged": len({sheet_id for sheet_id, _ in rows})}


def _pattern(request: Json) -> re.Pattern[str]:
    text = request["find"] if request.get("searchByRegex") else re.escape(request["find"])
    if request.get("matchEntireCell"):
        text = rf"\A(?:{text})\Z"
    try:
        return re.compile(text, 0 if request.get("matchCase") else re.IGNORECASE)
    except re.error:
        raise invalid(f"Invalid regular expression: {request['find']}"[:200]) from None


def _scope(context: Context, request: Json) -> list[tuple[Sheet, Box]]:
    if "range" in request:
        return [context.cells(request["range"])]
    if request.get("allSheets"):
        return [(sheet, sheet.whole()) for sheet in context.book.sheets]
    if "sheetId" in request:
        sheet = context.book.sheet(request["sheetId"])
        return [(sheet, sheet.whole())]
    raise invalid("One of range, sheetId or allSheets must be set.")


@kind("trimWhitespace")
def trim_whitespace(context: Context, request: Json) -> Json:
    """Takes spaces off the ends of texts and doubles out of their middle."""
    sheet, box = context.writable(request.get("range", {}))
    changed = 0
    for row, column, cell in list(sheet.walk(box)):
        if isinstance(cell.value, str):
            text = re.sub(r"\s+", " ", cell.value).strip()
            if text != cell.value:
                sheet.put(row, column, replace(cell, value=text or None))
                changed += 1
    return {"cellsChangedCount": changed}
