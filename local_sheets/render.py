"""The spreadsheet as the Sheets API shows it: the Spreadsheet resource, grid data, protected ranges as seen by a user."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from local_sheets import conditions, formats, formulas, masks, protect, resolve, schema, styles, values
from local_sheets.a1 import Area, Box
from local_sheets.masks import Tree
from local_sheets.model import COLUMN_WIDTH, ROW_HEIGHT, Axis, Book, Cell, Line, Meta, Scalar, Sheet
from local_sheets.protect import Actor

Json = dict[str, Any]
Reader = Callable[[int, int, int, Cell], Scalar]
_LINK = re.compile(r'=\s*HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
_RANGED = ("merges", "protectedRanges", "filterViews", "tables", "bandedRanges")


def spreadsheet(
    book: Book,
    read: Reader,
    actor: Actor,
    mask: Tree | None = None,
    areas: list[tuple[Sheet, Area]] | None = None,
    *,
    grid: bool = False,
) -> Json:
    """The Spreadsheet resource; ``areas`` limits it to what meets them, ``mask`` saves work on what is not wanted."""
    if mask is not None:
        grid = masks.wants(mask, "sheets", "data")
    out: Json = {
        "spreadsheetId": book.book_id,
        "properties": book.doc["properties"],
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{book.book_id}/edit",
        "namedRanges": book.doc.get("namedRanges", []),
        "developerMetadata": [resolve.meta_json(book, m) for m in _metas(book, "SPREADSHEET", 0)],
    }
    chosen: dict[int, list[Area]] = {}
    for sheet, area in areas if areas is not None else [(s, Area(s.sheet_id)) for s in book.sheets]:
        chosen.setdefault(sheet.sheet_id, []).append(area)
    out["sheets"] = [
        _sheet(book, sheet, read, actor, chosen[sheet.sheet_id], mask, limited=areas is not None, grid=grid)
        for sheet in book.sheets
        if sheet.sheet_id in chosen
    ]
    return out


def _metas(book: Book, kind: str, sheet_id: int) -> list[Meta]:
    found = (m for m in book.metadata.values() if m.kind == kind and (kind == "SPREADSHEET" or m.sheet_id == sheet_id))
    return sorted(found, key=lambda m: m.metadata_id)


def _sheet(
    book: Book,
    sheet: Sheet,
    read: Reader,
    actor: Actor,
    areas: list[Area],
    mask: Tree | None,
    *,
    limited: bool,
    grid: bool,
) -> Json:
    out: Json = {name: value for name, value in sheet.doc.items() if not name.startswith("_")}
    if limited:
        boxes = [sheet.box(area) for area in areas]
        for name in _RANGED:
            if name in out:
                out[name] = [entry for entry in out[name] if _meets(sheet, entry, boxes)]
        if "conditionalFormats" in out:
            out["conditionalFormats"] = [
                rule
                for rule in out["conditionalFormats"]
                if any(_meets(sheet, grid_, boxes) for grid_ in rule["ranges"])
            ]
    if "protectedRanges" in out:
        out["protectedRanges"] = [protected(entry, actor) for entry in out["protectedRanges"]]
    if "basicFilter" in out:
        out["basicFilter"] = _with_criteria(out["basicFilter"])
    if "filterViews" in out:
        out["filterViews"] = [_with_criteria(view) for view in out["filterViews"]]
    metas = _metas(book, "SHEET", sheet.sheet_id)
    if metas:
        out["developerMetadata"] = [resolve.meta_json(book, m) for m in metas]
    if grid:
        wanted = mask
        for name in ("sheets", "data"):
            wanted = None if not wanted else wanted.get(name, wanted.get("*"))
        out["data"] = [_grid(book, sheet, resolve.readable(sheet, area), read, wanted) for area in areas]
    return out


def _with_criteria(spec: Json) -> Json:
    """A filter with the older map of criteria beside its specifications, as live tests of pygsheets expect."""
    criteria = {str(s.get("columnIndex", 0)): s.get("filterCriteria", {}) for s in spec.get("filterSpecs", [])}
    return {**spec, "criteria": criteria} if criteria else spec


def _meets(sheet: Sheet, entry: Json, boxes: list[Box]) -> bool:
    area = Area.of(entry.get("range", entry))
    return any(sheet.box(area).touches(box) for box in boxes)


def protected(entry: Json, actor: Actor) -> Json:
    """A protected range as one user sees it: the editors are shown to those who may edit."""
    out = dict(entry)
    if out.get("requestingUserCanEdit") != (able := protect.may_edit(entry, actor)):
        out["requestingUserCanEdit"] = able
    if not able:
        out.pop("editors", None)
    return out


def _grid(book: Book, sheet: Sheet, box: Box, read: Reader, mask: Tree | None) -> Json:
    out: Json = {"startRow": box.r0, "startColumn": box.c0}
    if masks.wants(mask, "rowData"):
        wanted = None if not mask else mask.get("rowData", mask.get("*"))
        wanted = None if not wanted else wanted.get("values", wanted.get("*"))
        painter = _Painter(book, sheet, read, wanted)
        rows: list[Json] = []
        before: tuple[Cell | None, ...] | None = None
        for row in range(box.r0, box.r1):
            if sheet.rows[row].cells is before:
                rows.append(rows[-1])
                continue
            cells = sheet.rows[row].cells[box.c0 : box.c1]
            before = sheet.rows[row].cells if painter.anywhere(cells) else None
            shown = [painter.cell(row, box.c0 + n, cell) if cell is not None else {} for n, cell in enumerate(cells)]
            while shown and not shown[-1]:
                shown.pop()
            rows.append({"values": shown} if shown else {})
        while rows and not rows[-1]:
            rows.pop()
        out["rowData"] = rows
    for axis, name in (("ROWS", "rowMetadata"), ("COLUMNS", "columnMetadata")):
        if masks.wants(mask, name):
            out[name] = lines(book, sheet, "ROWS" if axis == "ROWS" else "COLUMNS", box)
    return out


def hidden_by_filter(sheet: Sheet, read: Reader) -> set[int]:
    """Rows that the tab's filter hides."""
    spec = sheet.doc.get("basicFilter")
    if not spec:
        return set()
    box = sheet.box(Area.of(spec["range"]))
    rules = [(s.get("columnIndex", 0), s.get("filterCriteria", {})) for s in spec.get("filterSpecs", [])]
    gone = set()
    for row in range(box.r0 + 1, box.r1):
        for column, criteria in rules:
            cell = sheet.cell(row, column)
            value = read(sheet.sheet_id, row, column, cell)
            listed = formats.show(value, cell.format) in criteria.get("hiddenValues", [])
            refused = "condition" in criteria and conditions.holds(criteria["condition"], value) is False
            if listed or refused:
                gone.add(row)
    return gone


def lines(book: Book, sheet: Sheet, axis: Axis, box: Box) -> list[Json]:
    """Sizes, visibility and metadata of the rows or columns of a box."""
    start, end = (box.r0, box.r1) if axis == "ROWS" else (box.c0, box.c1)
    kind = "ROW" if axis == "ROWS" else "COLUMN"
    tagged: dict[int, list[Meta]] = {}
    for meta in _metas(book, kind, sheet.sheet_id):
        tagged.setdefault(meta.rid, []).append(meta)
    default = ROW_HEIGHT if axis == "ROWS" else COLUMN_WIDTH
    filtered = hidden_by_filter(sheet, lambda _s, _r, _c, cell: cell.value) if axis == "ROWS" else set()
    return [
        _line(book, line, default, tagged.get(line.rid, []), filtered=start + n in filtered)
        for n, line in enumerate(sheet.lines(axis)[start:end])
    ]


def _line(book: Book, line: Line, default: int, metas: list[Meta], *, filtered: bool) -> Json:
    out: Json = {"pixelSize": line.size or default}
    if line.hidden:
        out["hiddenByUser"] = True
    if filtered:
        out["hiddenByFilter"] = True
    if metas:
        out["developerMetadata"] = [resolve.meta_json(book, m) for m in metas]
    return out


def extended(value: Scalar) -> Json:
    """A value as ExtendedValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, float):
        return {"numberValue": values.number_out(value)}
    if isinstance(value, formulas.FormulaError):
        kind = formulas.ERROR_TYPES.get(value, "ERROR")
        return {"errorValue": {"type": kind, "message": f"The formula gives {value}."}}
    return {"stringValue": value or ""}


class _Painter:
    """Builds CellData; formats are laid over the default once for each distinct format."""

    def __init__(self, book: Book, sheet: Sheet, read: Reader, mask: Tree | None) -> None:
        self._base = styles.merged(styles.default_format(), book.doc["properties"].get("defaultFormat", {}))
        self._sheet, self._read = sheet, read
        self._formats: dict[int, Json] = {}
        self._rules = [
            ([sheet.box(Area.of(grid)) for grid in rule["ranges"]], rule["booleanRule"])
            for rule in sheet.doc.get("conditionalFormats", [])
            if "booleanRule" in rule
        ]
        everything = mask is None or not mask or "*" in mask
        names = schema.fields_of("CellData")
        self._wants = {name: everything or name in (mask or {}) for name in names}

    def anywhere(self, cells: Sequence[Cell | None]) -> bool:
        """Whether these cells would look the same in any row: no values, which formulas and conditions depend on."""
        return not self._wants["effectiveFormat"] and all(cell is None or cell.blank for cell in cells)

    def cell(self, row: int, column: int, cell: Cell) -> Json:
        """One cell as CellData, with what the mask asks for."""
        wants = self._wants
        out: Json = {}
        if not cell.blank:
            value = self._read(self._sheet.sheet_id, row, column, cell)
            if wants["userEnteredValue"]:
                out["userEnteredValue"] = (
                    extended(cell.value) if cell.formula is None else {"formulaValue": cell.formula}
                )
            if value is not None and wants["effectiveValue"]:
                out["effectiveValue"] = extended(value)
            if value is not None and wants["formattedValue"]:
                out["formattedValue"] = formats.show(value, formulas.implied_format(cell))
        if wants["userEnteredFormat"] and cell.format:
            out["userEnteredFormat"] = cell.format
        if wants["effectiveFormat"]:
            out["effectiveFormat"] = self._effective(row, column, cell)
        if wants["note"] and cell.note:
            out["note"] = cell.note
        if wants["dataValidation"] and cell.validation:
            out["dataValidation"] = cell.validation
        if wants["textFormatRuns"] and cell.runs:
            out["textFormatRuns"] = list(cell.runs)
        link = _LINK.match(cell.formula) if wants["hyperlink"] and cell.formula else None
        if link:
            out["hyperlink"] = link[1].replace('""', '"')
        return out

    def _effective(self, row: int, column: int, cell: Cell) -> Json:
        over = formulas.implied_format(cell) or {}
        found = self._formats.get(id(cell.format)) if over is cell.format else None
        if found is None:
            found = styles.merged(self._base, over)
            if over is cell.format:
                self._formats[id(cell.format)] = found
        for boxes, rule in self._rules:
            if any(b.r0 <= row < b.r1 and b.c0 <= column < b.c1 for b in boxes):
                value = self._read(self._sheet.sheet_id, row, column, cell)
                if conditions.holds(rule.get("condition", {}), value):
                    return styles.merged(found, rule.get("format", {}))
        return found
