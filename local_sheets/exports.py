"""A spreadsheet as a file: CSV of one tab, XLSX of all; and CSV read in as a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import xlsxwriter

from local_sheets import formats, values
from local_sheets.a1 import Area
from local_sheets.batch.tabs import new_sheet
from local_sheets.errors import invalid
from local_sheets.model import MAX_COLUMNS, Book, Cell, Scalar, Sheet

Json = dict[str, Any]
Reader = Callable[[int, int, int, Cell], Scalar]


def to_csv(sheet: Sheet, read: Reader, delimiter: str = ",") -> bytes:
    """The tab's formatted values; no line end behind the last row (recorded)."""
    rows: list[list[str]] = []
    width = 0
    for row, line in enumerate(sheet.rows):
        shown = [
            formats.show(read(sheet.sheet_id, row, n, cell), cell.format) if cell is not None else ""
            for n, cell in enumerate(line.cells)
        ]
        while shown and not shown[-1]:
            shown.pop()
        rows.append(shown)
        width = max(width, len(shown))
    while rows and not rows[-1]:
        rows.pop()
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(
        row + [""] * (width - len(row)) for row in rows
    )
    return out.getvalue().removesuffix("\r\n").encode()


def from_csv(body: bytes, title: str, sheet_id: int) -> Sheet:
    """A new tab from CSV; texts are read as if typed (recorded: the tab takes the file's name)."""
    try:
        text = body.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error):
        raise invalid("The CSV data could not be read.") from None
    width = max((len(row) for row in rows), default=0)
    if width > MAX_COLUMNS:
        raise invalid(f"This action would increase the number of columns above the limit of {MAX_COLUMNS}.")
    grid = {"rowCount": max(1000, len(rows)), "columnCount": max(26, width)}
    sheet = new_sheet(sheet_id, {"title": title[:100] or "Sheet1", "index": 0, "gridProperties": grid})
    for n, row in enumerate(rows):
        if row:
            for value in row:
                values.check_text(value)
            sheet.put_run(n, 0, [values.entered(Cell(), values.typed(value)) for value in row])
    return sheet


def to_xlsx(book: Book, read: Reader) -> bytes:
    """All tabs with values, formulas and their results, number formats, bold, fills, merges, widths, validation."""
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    known: dict[int, Any] = {}
    for sheet in book.sheets:
        target = workbook.add_worksheet(_title(sheet.title, {s.name.lower() for s in workbook.worksheets()}))
        for row, column, cell in sheet.walk(sheet.whole()):
            style = _style(workbook, known, cell.format)
            _write(target, row, column, cell, read(sheet.sheet_id, row, column, cell), style)
        for merge in sheet.doc.get("merges", []):
            box = sheet.box(Area.of(merge))
            cell = sheet.cell(box.r0, box.c0)
            value = read(sheet.sheet_id, box.r0, box.c0, cell)
            target.merge_range(box.r0, box.c0, box.r1 - 1, box.c1 - 1, "", _style(workbook, known, cell.format))
            _write(target, box.r0, box.c0, cell, value, _style(workbook, known, cell.format))
        for n, line in enumerate(sheet.columns):
            if line.size is not None or line.hidden:
                target.set_column_pixels(n, n, line.size or 100, None, {"hidden": line.hidden})
        for n, line in enumerate(sheet.rows):
            if line.hidden or line.size is not None:
                target.set_row_pixels(n, line.size or 21, None, {"hidden": line.hidden})
        grid = sheet.doc["properties"]["gridProperties"]
        target.freeze_panes(grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0))
        if sheet.doc["properties"].get("hidden"):
            target.hide()
    workbook.close()
    return out.getvalue()


def _title(title: str, taken: set[str]) -> str:
    """Excel allows 31 characters and not all of them."""
    clean = "".join("_" if c in "[]:*?/\\" else c for c in title).strip("'")[:31] or "Sheet"
    number, name = 1, clean
    while name.lower() in taken:
        number += 1
        name = f"{clean[:27]} {number}"
    return name


def _write(target: Any, row: int, column: int, cell: Cell, value: Scalar, style: Any) -> None:
    if cell.formula is not None:
        shown = "" if value is None else value
        target.write_formula(row, column, cell.formula, style, str(shown) if isinstance(shown, str) else shown)
    elif cell.value is None or cell.value == "":
        if style is not None:
            target.write_blank(row, column, None, style)
    elif isinstance(cell.value, bool):
        target.write_boolean(row, column, cell.value, style)
    elif isinstance(cell.value, float):
        target.write_number(row, column, cell.value, style)
    else:
        target.write_string(row, column, cell.value[:32_767], style)
    if cell.note:
        target.write_comment(row, column, cell.note)


def _style(workbook: Any, known: dict[int, Any], style: Json | None) -> Any:
    if not style:
        return None
    if id(style) in known:
        return known[id(style)]
    text = style.get("textFormat", {})
    out: Json = {name: True for name in ("bold", "italic", "underline") if text.get(name)}
    spec = formats.number_format(style)
    if spec:
        pattern = spec.get("pattern") or formats.DEFAULT_PATTERNS.get(spec.get("type", ""), "")
        if pattern:
            out["num_format"] = pattern
    fill = _hex(style.get("backgroundColor"))
    if fill:
        out["bg_color"] = fill
    known[id(style)] = workbook.add_format(out)
    return known[id(style)]


def _hex(color: Json | None) -> str | None:
    if not color:
        return None
    return "#" + "".join(f"{round(float(color.get(name, 0)) * 255):02X}" for name in ("red", "green", "blue"))
