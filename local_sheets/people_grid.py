"""A tab made ready for the page's grid: columns, frozen rows, rows, drop-downs, and what is protected."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local_sheets import conditions, formats, formulas, protect, render
from local_sheets.a1 import Box, column_name
from local_sheets.batch.dimensions import text_width
from local_sheets.model import Book, Cell, Line, Scalar, Sheet
from local_sheets.workspace import Workspace

Json = dict[str, Any]
ROW = "_row"


@dataclass
class Shown:
    """What a grid shows: columns, frozen rows on top, the other rows."""

    columns: list[Json]
    top: list[Json] = field(default_factory=list)
    rows: list[Json] = field(default_factory=list)


@dataclass
class Kept:
    """A row as it was last made ready; good as long as the very same line stands at the same place."""

    line: Line
    row: Json
    widths: dict[int, int]
    choices: dict[int, list[str]]


def snapshot(workspace: Workspace, book: Book, sheet: Sheet, email: str, kept: dict[int, Kept] | None = None) -> Shown:
    """A tab for the grid: formatted values, drop-downs, what is protected. ``kept`` spares rows that did not change."""
    read, actor = workspace.reader(book), workspace.actor(book.book_id, email)
    hidden = render.hidden_by_filter(sheet, read)
    used = max((n for n, line in enumerate(sheet.rows) if line.cells), default=0)
    shown = Shown([_number_column()])
    frozen = sheet.doc["properties"]["gridProperties"].get("frozenRowCount", 0)
    kept = {} if kept is None else kept
    choices: dict[int, list[str]] = {}
    widths: dict[int, int] = {}
    for n in range(min(sheet.height, max(used + 21, 30))):
        line = sheet.rows[n]
        if n in hidden or line.hidden:
            continue
        old = kept.get(n)
        if old is None or old.line is not line or line.rid in sheet.formula_rows:
            old = kept[n] = _row(book, sheet, n, read)
        choices.update(old.choices)
        for column, width in old.widths.items():
            widths[column] = max(widths.get(column, 0), width)
        (shown.top if n < frozen else shown.rows).append(old.row)
    boxes = _protected_boxes(book, sheet, actor)
    for column, line in enumerate(sheet.columns):
        if line.hidden:
            continue
        width = line.size or min(max(widths.get(column, 0) + 36, 112), 360)
        shown.columns.append(_column(column, width, choices.get(column), boxes))
    return shown


def _row(book: Book, sheet: Sheet, n: int, read: Callable[[int, int, int, Cell], Scalar]) -> Kept:
    """One row: what a person would edit under each column's name, and what is shown instead under ``_shown``."""
    line = sheet.rows[n]
    out = Kept(line, {ROW: n + 1}, {}, {})
    for column, cell in enumerate(line.cells):
        if cell is None:
            continue
        value = read(sheet.sheet_id, n, column, cell)
        text = formats.show(value, formulas.implied_format(cell))
        out.row[f"c{column}"] = text if cell.formula is None else cell.formula
        if cell.formula is not None:
            out.row.setdefault("_shown", {})[f"c{column}"] = text
        out.widths[column] = text_width(text) if len(text) < 60 else 400
        if isinstance(value, float):
            out.row.setdefault("_numbers", []).append(column)
        if cell.validation is not None:
            found = conditions.options(cell.validation.get("condition", {}), book, read)
            if found:
                out.choices[column] = found
                out.row.setdefault("_choices", []).append(column)
    return out


def _protected_boxes(book: Book, sheet: Sheet, actor: protect.Actor) -> list[tuple[Box, bool]]:
    found = []
    for entry in sheet.doc.get("protectedRanges", []):
        area = protect.area_of(book, sheet, entry)
        if area is not None and (entry.get("warningOnly") or not protect.may_edit(entry, actor)):
            found.append((sheet.box(area), bool(entry.get("warningOnly"))))
    return found


def _number_column() -> Json:
    return {
        "field": ROW,
        "headerName": "",
        "width": 58,
        "pinned": "left",
        "editable": False,
        "sortable": False,
        "cellClass": "row-number",
        "lockPosition": True,
        "suppressMovable": True,
    }


def _column(column: int, width: int, choices: list[str] | None, boxes: list[tuple[Box, bool]]) -> Json:
    out: Json = {
        "field": f"c{column}",
        "headerName": column_name(column),
        "width": width,
        ":valueFormatter": f"p => p.data?._shown?.c{column} ?? p.value",
        "cellDataType": False,  # texts as they are; the grid would guess dates and drop what is none
        "editable": True,
        "sortable": False,
        "suppressMovable": True,
        "resizable": True,
        "cellClassRules": {
            "cell-number": f"(data._numbers || []).includes({column})",
            "cell-choice": f"(data._choices || []).includes({column})",
        },
    }
    spans = {False: [], True: []}  # type: dict[bool, list[str]]
    for box, warns in boxes:
        if box.c0 <= column < box.c1:
            spans[warns].append(f"(data.{ROW} > {box.r0} && data.{ROW} <= {box.r1})")
    for warns, name in ((False, "cell-protected"), (True, "cell-warning")):
        if spans[warns]:
            out["cellClassRules"][name] = " || ".join(spans[warns])
    if choices:
        out["singleClickEdit"] = True
        out[":cellEditorSelector"] = (
            f"p => (p.data._choices || []).includes({column}) "
            f"? {{component: 'agSelectCellEditor', params: {{values: {json.dumps([*choices, ''])}}}}} : null"
        )
    return out
