"""Kinds that add, delete, copy and describe tabs, and the spreadsheet's own properties."""

from __future__ import annotations

import copy
import zoneinfo
from typing import Any

from local_sheets import masks, protect, refs, shift, styles
from local_sheets.a1 import Box
from local_sheets.batch.context import ID_FIELDS, Context
from local_sheets.batch.registry import kind
from local_sheets.errors import invalid, unimplemented
from local_sheets.model import Book, Line, Sheet

Json = dict[str, Any]


def new_sheet(sheet_id: int, properties: Json) -> Sheet:
    """An empty tab with these properties; 1,000 x 26 unless said."""
    grid = {"rowCount": 1000, "columnCount": 26, **properties.get("gridProperties", {})}
    doc = {"properties": {**properties, "sheetId": sheet_id, "sheetType": "GRID", "gridProperties": grid}}
    rows, columns = grid["rowCount"], grid["columnCount"]
    if rows < 1 or columns < 1:
        raise invalid("A sheet needs at least one row and one column.")
    if rows * columns > 10_000_000:
        raise invalid(
            "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
        )
    lines = [Line(n + 1) for n in range(max(rows, columns))]
    sheet = Sheet(sheet_id, doc, lines[:rows], lines[:columns], len(lines) + 1)
    sheet.reordered = True
    return sheet


def check_title(book: Book, title: str, but: Sheet | None = None) -> None:
    """Refuses a title that is empty, too long or taken (the comparison ignores case)."""
    if not title:
        raise invalid("The sheet name cannot be empty.")
    if len(title) > 100:
        raise invalid("The sheet name cannot be greater than 100 characters.")
    other = book.by_title(title)
    if other is not None and other is not but:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def free_title(book: Book) -> str:
    """``Sheet2`` or the next that is free."""
    number = len(book.sheets) + 1
    while book.by_title(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _place(book: Book, index: int | None) -> int:
    if index is None:
        return len(book.sheets)
    if not 0 <= index <= len(book.sheets):
        raise invalid(f"Invalid sheet index: {index}")
    return index


@kind("addSheet")
def add_sheet(context: Context, request: Json) -> Json:
    """A new tab; the reply carries its properties."""
    book, properties = context.book, styles.normal("SheetProperties", request.get("properties", {}))
    if properties.get("sheetType", "GRID") not in ("GRID", "SHEET_TYPE_UNSPECIFIED"):
        raise unimplemented(f"a sheet of type {properties['sheetType']}")
    title = properties.get("title") or free_title(book)
    check_title(book, title)
    taken = {sheet.sheet_id for sheet in book.sheets}
    sheet_id = properties.get("sheetId")
    if sheet_id is None:
        sheet_id = context.env.ids.number("sheet", taken)
    elif sheet_id in taken or sheet_id < 0:
        raise invalid(f"A sheet with id {sheet_id} already exists, or the id is negative.")
    place = _place(book, properties.get("index"))
    sheet = new_sheet(sheet_id, {**properties, "title": title})
    _check_frozen(sheet)
    book.sheets.insert(place, sheet)
    book.renumber()
    return {"properties": sheet.doc["properties"]}


@kind("deleteSheet")
def delete_sheet(context: Context, request: Json) -> Json:
    """A tab and all that hangs on it goes; the last visible one stays."""
    book = context.book
    sheet = book.sheet(request.get("sheetId", 0))
    protect.guard_sheet(book, sheet, context.actor)
    if not any(s is not sheet and not s.doc["properties"].get("hidden") for s in book.sheets):
        raise invalid("You can't remove all the visible sheets in a document.")
    book.sheets.remove(sheet)
    book.renumber()
    gone = sheet.sheet_id
    book.doc["namedRanges"] = [n for n in book.doc.get("namedRanges", []) if n["range"].get("sheetId", 0) != gone]
    book.drop_meta([m.metadata_id for m in book.metadata.values() if m.kind != "SPREADSHEET" and m.sheet_id == gone])

    def lost(formula: str, own: Sheet) -> str:
        return refs.rewrite(formula, lambda ref: None if ref.title == sheet.title else ref)

    shift.formulas(book, lost)
    return {}


def copy_of(context: Context, source: Sheet, sheet_id: int, title: str) -> Sheet:
    """A tab's contents under another id; what has an identifier of its own gets a new one."""
    sheet = Sheet(sheet_id, copy.deepcopy(source.doc), list(source.rows), list(source.columns), source.next_rid)
    sheet.formula_rows = set(source.formula_rows)
    sheet.dirty, sheet.reordered = {line.rid for line in sheet.rows}, True
    sheet.doc["properties"].update(sheetId=sheet_id, title=title)
    _repoint(sheet.doc, sheet_id)
    for name, key in ID_FIELDS.items():
        for entry in sheet.doc.get(name, []):
            entry[key] = context.env.ids.number(name, context.ids(name))
    for table in sheet.doc.get("tables", []):
        table["tableId"] = str(context.env.ids.number("table"))
    return sheet


def _repoint(doc: Any, sheet_id: int) -> None:
    """Every range inside a tab's document names its tab."""
    if isinstance(doc, list):
        for item in doc:
            _repoint(item, sheet_id)
    elif isinstance(doc, dict):
        if "startRowIndex" in doc or "endRowIndex" in doc or "startColumnIndex" in doc or "dimension" in doc:
            doc["sheetId"] = sheet_id
        for name, value in doc.items():
            if name in ("range", "dimensionRange") and isinstance(value, dict):
                value["sheetId"] = sheet_id
            _repoint(value, sheet_id)


@kind("duplicateSheet")
def duplicate_sheet(context: Context, request: Json) -> Json:
    """A copy of a tab in the same spreadsheet."""
    book = context.book
    source = book.sheet(request.get("sourceSheetId", 0))
    title = request.get("newSheetName") or f"Copy of {source.title}"
    check_title(book, title)
    taken = {sheet.sheet_id for sheet in book.sheets}
    sheet_id = request.get("newSheetId")
    if sheet_id is None:
        sheet_id = context.env.ids.number("sheet", taken)
    elif sheet_id in taken or sheet_id < 0:
        raise invalid(f"A sheet with id {sheet_id} already exists, or the id is negative.")
    book.sheets.insert(_place(book, request.get("insertSheetIndex", 0)), copy_of(context, source, sheet_id, title))
    book.renumber()
    return {"properties": book.sheet(sheet_id).doc["properties"]}


_FIXED = {"sheetId", "sheetType", "dataSourceSheetProperties"}


@kind("updateSheetProperties")
def update_sheet_properties(context: Context, request: Json) -> Json:
    """Title, place, size, frozen lines, visibility and colour of a tab."""
    book, new = context.book, styles.normal("SheetProperties", request.get("properties", {}))
    sheet = book.sheet(new.get("sheetId", 0))
    mask = masks.update(request.get("fields"), "SheetProperties", "properties")
    if "*" in mask:
        mask = {name: {} for name in new if name not in _FIXED}
    wrong = _FIXED & set(mask) - {"sheetId"}
    if wrong:
        raise invalid(f"Unable to update the field {wrong.pop()} of a sheet.")
    mask.pop("sheetId", None)
    protect.guard_sheet(book, sheet, context.actor)
    old = sheet.doc["properties"]
    after = masks.merge(old, new, styles.with_twins(mask, "SheetProperties"), "SheetProperties")
    if "title" in mask:
        check_title(book, after.get("title", ""), sheet)
        shift.formulas(book, lambda formula, own: refs.retitled(formula, old["title"], after["title"]))
    place = after.get("index", 0)
    after["index"] = old["index"]
    grid = after.setdefault("gridProperties", {})
    rows = grid.get("rowCount", 0) if "gridProperties" in mask else sheet.height
    columns = grid.get("columnCount", 0) if "gridProperties" in mask else sheet.width
    grid["rowCount"], grid["columnCount"] = sheet.height, sheet.width
    sheet.doc["properties"] = after
    _resize(context, sheet, rows, columns)
    _check_frozen(sheet)
    if all(s.doc["properties"].get("hidden") for s in book.sheets):
        raise invalid("You can't hide all the sheets in a document.")
    if "index" in mask:
        _move(book, sheet, place)
    return {}


def _move(book: Book, sheet: Sheet, place: int) -> None:
    """Moves a tab before the one at ``place``, counted before the move."""
    now = book.sheets.index(sheet)
    if not 0 <= place <= len(book.sheets):
        raise invalid(f"Invalid sheet index: {place}")
    book.sheets.remove(sheet)
    book.sheets.insert(place if place <= now else place - 1, sheet)
    book.renumber()


def _resize(context: Context, sheet: Sheet, rows: int, columns: int) -> None:
    if rows < 1 or columns < 1:
        raise invalid("You can't delete all the rows or columns on the sheet.")
    if rows * columns > 10_000_000:
        raise invalid(
            "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
        )
    if rows < sheet.height:
        context.guard(sheet, Box(sheet.sheet_id, rows, sheet.height, 0, sheet.width))
        shift.delete(context.book, sheet, "ROWS", rows, sheet.height)
    if columns < sheet.width:
        context.guard(sheet, Box(sheet.sheet_id, 0, sheet.height, columns, sheet.width))
        shift.delete(context.book, sheet, "COLUMNS", columns, sheet.width)
    sheet.resize("ROWS", rows)
    sheet.resize("COLUMNS", columns)


def _check_frozen(sheet: Sheet) -> None:
    grid = sheet.doc["properties"]["gridProperties"]
    if grid.get("frozenRowCount", 0) >= sheet.height:
        raise invalid("You can't freeze all visible rows on the sheet.")
    if grid.get("frozenColumnCount", 0) >= sheet.width:
        raise invalid("You can't freeze all visible columns on the sheet.")


@kind("updateSpreadsheetProperties")
def update_spreadsheet_properties(context: Context, request: Json) -> Json:
    """Title, locale, time zone and the like."""
    new = styles.normal("SpreadsheetProperties", request.get("properties", {}))
    mask = masks.update(request.get("fields"), "SpreadsheetProperties", "properties")
    if "*" in mask:
        mask = {name: {} for name in new}
    if "defaultFormat" in mask:
        raise invalid("The field defaultFormat is read-only.")
    after = masks.merge(context.book.doc["properties"], new, mask, "SpreadsheetProperties")
    check_properties(after)
    context.book.doc["properties"] = after
    return {}


def check_properties(properties: Json) -> None:
    """Refuses a spreadsheet without a title, or in a time zone that does not exist."""
    if not properties.get("title"):
        raise invalid("The title of a spreadsheet cannot be empty.")
    zone = properties.get("timeZone", "")
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f"Invalid time zone: {zone}"[:200]) from None
    if not properties.get("locale", "").replace("_", "").replace("-", "").isalnum():
        raise invalid(f"Invalid locale: {properties.get('locale')}"[:200])
