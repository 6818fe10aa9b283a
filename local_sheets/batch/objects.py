"""Kinds for tables, banding and charts. Charts are kept and given back as sent; nothing draws them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from local_sheets import formats, masks, styles
from local_sheets.a1 import Area, Box
from local_sheets.batch.context import ID_FIELDS, Context
from local_sheets.batch.registry import kind
from local_sheets.batch.tabs import check_title, free_title, new_sheet
from local_sheets.errors import invalid
from local_sheets.model import Sheet

Json = dict[str, Any]


def _tables(context: Context) -> Iterator[tuple[Sheet, Json]]:
    for sheet in context.book.sheets:
        for table in sheet.doc.get("tables", []):
            yield sheet, table


def _check_table(context: Context, table: Json, but: Json | None = None) -> tuple[Sheet, Box]:
    sheet, box = context.cells(table.get("range", {}), "table.range")
    for other_sheet, other in _tables(context):
        if other is but:
            continue
        if other.get("name", "").casefold() == table.get("name", "").casefold():
            raise invalid(f"A table with the name {table['name']} already exists."[:300])
        if other_sheet is sheet and sheet.box(Area.of(other["range"])).touches(box):
            raise invalid("A table cannot overlap another table.")
    if box.height < 2:
        raise invalid("A table needs a header row and at least one more row.")
    return sheet, box


def _columns(sheet: Sheet, box: Box, given: list[Json]) -> list[Json]:
    """Every column of a table with index, name and type; names come from the header unless given."""
    known = {column.get("columnIndex", n): column for n, column in enumerate(given)}
    if any(not 0 <= index < box.width for index in known):
        raise invalid("columnProperties.columnIndex is not in the table.")
    out = []
    for n in range(box.width):
        header = sheet.cell(box.r0, box.c0 + n)
        shown = formats.show(header.value, header.format) or f"Column {n + 1}"
        out.append({"columnIndex": n, "columnName": shown, "columnType": "TEXT", **known.get(n, {})})
    return out


def _write_headers(context: Context, sheet: Sheet, box: Box, columns: list[Json]) -> None:
    context.guard(sheet, Box(sheet.sheet_id, box.r0, box.r0 + 1, box.c0, box.c1))
    for column in columns:
        at = box.c0 + column["columnIndex"]
        sheet.put(box.r0, at, replace(sheet.cell(box.r0, at), value=column["columnName"], formula=None))


@kind("addTable")
def add_table(context: Context, request: Json) -> Json:
    """Makes a range a table; the first row is its header."""
    new = styles.normal("Table", request.get("table", {}))
    count = sum(1 for _ in _tables(context))
    new = {"name": f"Table{count + 1}", **new}
    sheet, box = _check_table(context, new)
    table_id = new.get("tableId") or str(context.env.ids.number("table"))
    if any(table["tableId"] == table_id for _, table in _tables(context)):
        raise invalid(f"A table with id {table_id} already exists."[:200])
    columns = _columns(sheet, box, new.get("columnProperties", []))
    _write_headers(context, sheet, box, columns)
    table = {**new, "tableId": table_id, "range": box.area().json(), "columnProperties": columns}
    sheet.doc.setdefault("tables", []).append(table)
    return {"table": table}


def _table(context: Context, table_id: str) -> tuple[Sheet, Json]:
    for sheet, table in _tables(context):
        if table["tableId"] == table_id:
            return sheet, table
    raise invalid(f"No table with id: {table_id}"[:200])


@kind("updateTable")
def update_table(context: Context, request: Json) -> Json:
    """Changes a table's name, range, columns or colours."""
    new = styles.normal("Table", request.get("table", {}))
    mask = masks.update(request.get("fields"), "Table", "table")
    sheet, table = _table(context, new.get("tableId", ""))
    after = masks.merge(table, new, {k: v for k, v in mask.items() if k != "tableId"}, "Table")
    after["tableId"] = table["tableId"]
    home, box = _check_table(context, after, table)
    if home is not sheet:
        raise invalid("A table cannot move to another sheet.")
    if "columnProperties" in mask or "*" in mask:
        after["columnProperties"] = _columns(sheet, box, after.get("columnProperties", []))
        _write_headers(context, sheet, box, after["columnProperties"])
    else:
        after["columnProperties"] = _columns(sheet, box, after.get("columnProperties", [])[: box.width])
    after["range"] = box.area().json()
    sheet.doc["tables"][sheet.doc["tables"].index(table)] = after
    return {}


@kind("deleteTable")
def delete_table(context: Context, request: Json) -> Json:
    """Takes the table away; its cells stay (whether Google clears them is unverified)."""
    sheet, table = _table(context, request.get("tableId", ""))
    sheet.doc["tables"].remove(table)
    return {}


def _object(context: Context, name: str, object_id: int) -> tuple[Sheet, Json]:
    for sheet in context.book.sheets:
        for entry in sheet.doc.get(name, []):
            if entry[ID_FIELDS[name]] == object_id:
                return sheet, entry
    raise invalid(f"No {'banded range' if name == 'bandedRanges' else 'embedded object'} with id: {object_id}")


def _new_id(context: Context, name: str, given: int | None) -> int:
    taken = context.ids(name)
    if given is not None and given in taken:
        raise invalid(f"{ID_FIELDS[name]} {given} is already in use.")
    return given if given is not None else context.env.ids.number(name, taken)


@kind("addBanding")
def add_banding(context: Context, request: Json) -> Json:
    """Alternating colours on a range."""
    new = styles.normal("BandedRange", request.get("bandedRange", {}))
    sheet, box = context.cells(new.get("range", {}), "bandedRange.range")
    if any(sheet.box(Area.of(b["range"])).touches(box) for b in sheet.doc.get("bandedRanges", [])):
        raise invalid("You cannot add alternating background colors to a range that already has them.")
    new_id = _new_id(context, "bandedRanges", new.get("bandedRangeId"))
    entry = {**new, "bandedRangeId": new_id, "range": box.area().json()}
    sheet.doc.setdefault("bandedRanges", []).append(entry)
    return {"bandedRange": entry}


@kind("updateBanding")
def update_banding(context: Context, request: Json) -> Json:
    """Changes alternating colours."""
    new = styles.normal("BandedRange", request.get("bandedRange", {}))
    mask = masks.update(request.get("fields"), "BandedRange", "bandedRange")
    sheet, entry = _object(context, "bandedRanges", new.get("bandedRangeId", 0))
    after = masks.merge(entry, new, {k: v for k, v in mask.items() if k != "bandedRangeId"}, "BandedRange")
    after["bandedRangeId"] = entry["bandedRangeId"]
    context.cells(after.get("range", {}), "bandedRange.range")
    sheet.doc["bandedRanges"][sheet.doc["bandedRanges"].index(entry)] = after
    return {}


@kind("deleteBanding")
def delete_banding(context: Context, request: Json) -> Json:
    """Takes alternating colours away."""
    sheet, entry = _object(context, "bandedRanges", request.get("bandedRangeId", 0))
    sheet.doc["bandedRanges"].remove(entry)
    return {}


@kind("addChart")
def add_chart(context: Context, request: Json) -> Json:
    """Keeps a chart on a tab, or on a new one when its position says so."""
    new = styles.normal("EmbeddedChart", request.get("chart", {}))
    if "spec" not in new:
        raise invalid("A chart needs a spec.")
    new_id = _new_id(context, "charts", new.get("chartId"))
    sheet, position = _placed(context, new.get("position", {"newSheet": True}))
    family = {"fontFamily": "Roboto", **new["spec"].get("titleTextFormat", {})}
    spec = {"fontName": "Roboto", **new["spec"], "titleTextFormat": family}  # as live tests of pygsheets expect
    entry = {**new, "chartId": new_id, "position": position, "spec": spec}
    sheet.doc.setdefault("charts", []).append(entry)
    return {"chart": entry}


def _placed(context: Context, position: Json) -> tuple[Sheet, Json]:
    if position.get("newSheet"):
        title = free_title(context.book)
        check_title(context.book, title)
        sheet = new_sheet(context.env.ids.number("sheet", {s.sheet_id for s in context.book.sheets}), {"title": title})
        context.book.sheets.append(sheet)
        context.book.renumber()
        return sheet, {"sheetId": sheet.sheet_id}
    if "sheetId" in position:
        return context.book.sheet(position["sheetId"]), position
    anchor = position.get("overlayPosition", {}).get("anchorCell", {})
    sheet = context.book.sheet(anchor.get("sheetId", 0))
    if anchor.get("rowIndex", 0) >= sheet.height or anchor.get("columnIndex", 0) >= sheet.width:
        raise invalid("overlayPosition.anchorCell is not on the grid.")
    return sheet, position


@kind("updateChartSpec")
def update_chart_spec(context: Context, request: Json) -> Json:
    """Replaces what a chart shows."""
    _, entry = _object(context, "charts", request.get("chartId", 0))
    if "spec" not in request:
        raise invalid("A chart needs a spec.")
    entry["spec"] = styles.normal("ChartSpec", request["spec"])
    return {}


@kind("updateEmbeddedObjectPosition")
def update_embedded_object_position(context: Context, request: Json) -> Json:
    """Moves a chart."""
    sheet, entry = _object(context, "charts", request.get("objectId", 0))
    target, position = _placed(context, request.get("newPosition", {}))
    sheet.doc["charts"].remove(entry)
    entry["position"] = position
    target.doc.setdefault("charts", []).append(entry)
    return {"position": position}


@kind("deleteEmbeddedObject")
def delete_embedded_object(context: Context, request: Json) -> Json:
    """Takes a chart away."""
    sheet, entry = _object(context, "charts", request.get("objectId", 0))
    sheet.doc["charts"].remove(entry)
    return {}
