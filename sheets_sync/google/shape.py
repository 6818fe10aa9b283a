"""What a spreadsheet of ours looks like, as requests: tabs, headers, formats, drop-downs, shading, warnings.

Everything follows from the declarations. Shaping may be repeated: it adds what is missing and sets looks anew, and
never touches a cell below the header.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gspread.utils import rowcol_to_a1

from sheets_sync.google.wire import METADATA_KEY, SYNC, area, value
from sheets_sync.outgoing import MESSAGE, RID, STATE
from sheets_sync.plain import Plain
from workbooks.cells import TEXT_TYPES
from workbooks.schema import Column, Kind, Role, Table, Type
from workbooks.shelf import Workbook, speaks_of

Json = dict[str, Any]
SPARE = 500
"""empty rows of a new tab"""
PIXELS = 7.5
"""a character of column width"""
LONGEST_LIST = 500
WIDTHS = (26, 16, 90)
"""characters of the columns of *Today*: due, tab, what"""
NOTE = "Kept by Stopbook: what is typed here is put back."
_PATTERNS: dict[Type, tuple[str, str]] = {
    Type.INT: ("NUMBER", "0"), Type.MONEY: ("NUMBER", "0.00"), Type.PCT: ("PERCENT", "0.00%"),
    Type.DATE: ("DATE", "yyyy-mm-dd"), Type.TIME: ("TIME", "hh:mm"), Type.TS: ("DATE_TIME", "yyyy-mm-dd hh:mm"),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """Colours as #RRGGBB. owners: role -> (strong, pale); shade: cells that are not the reader's; status: named styles."""

    owners: Mapping[Role, tuple[str, str]]
    status: Mapping[str, tuple[str, str]]
    """name -> (background, text)"""
    shade: str = "#F5F6F8"
    white: str = "#FFFFFF"
    ink: str = "#1F2937"
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """table -> keys that a column referring to it may hold; “table.column” -> what that one column may hold"""


def headers(table: Table) -> list[str]:
    """Row 1 of a new tab."""
    return [STATE, MESSAGE, *(column.title for column in table.columns), RID]


def tables(book: Workbook) -> list[Table]:
    """The tables that stand in a spreadsheet."""
    return [table for table in book.tables if table.kind is not Kind.LOG]


def colour(text: str) -> Json:
    """#RRGGBB as Google's fractions."""
    return {name: int(text[at : at + 2], 16) / 255 for name, at in (("red", 1), ("green", 3), ("blue", 5))}


def tab(table: Table, sheet: int, index: int, width: int) -> Json:
    """A new, empty tab."""
    return {"addSheet": {"properties": {
        "sheetId": sheet, "title": table.title, "index": index,
        "gridProperties": {"rowCount": SPARE + 1, "columnCount": width + 6, "frozenRowCount": 1},
    }}}  # fmt: skip


def sync(token: int, whose: Sequence[str]) -> list[Json]:
    """The hidden tab `_sync`, as an operation that changed nothing would leave it. whose: see `wire.batch`."""
    cells: list[Plain] = [token, 0, "cancel", *whose]
    marker = [value(cell) for cell in cells]
    grid = {"rowCount": 1, "columnCount": 6}
    return [
        {"addSheet": {"properties": {"sheetId": token, "title": SYNC, "hidden": True, "gridProperties": grid}}},
        {"updateCells": {"start": {"sheetId": token, "rowIndex": 0, "columnIndex": 0}, "rows": [{"values": marker}],
                         "fields": "userEnteredValue"}},
        {"createDeveloperMetadata": {"developerMetadata": {
            "metadataKey": METADATA_KEY, "location": {"spreadsheet": True}, "visibility": "DOCUMENT"}}},
    ]  # fmt: skip


def header(titles: Sequence[str], sheet: int, at: int = 0, row: int = 0) -> Json:
    """Writes header cells, from column `at` on."""
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": at}
    return {"updateCells": {"start": start, "rows": [{"values": [value(title) for title in titles]}],
                            "fields": "userEnteredValue"}}  # fmt: skip


def looks(table: Table, sheet: int, places: Mapping[str, int], book: Workbook, look: Look, row: int = 0) -> list[Json]:
    """Formats, drop-downs, widths and colours of every column of ours, wherever people have moved it."""
    requests: list[Json] = [
        _state_column(title, sheet, places, look, row) for title in (STATE, MESSAGE) if title in places
    ]
    if STATE in places:
        state = _cell(places[STATE], row)
        requests += [
            _stands_out(sheet, places[title], row, f'=AND({state}<>"",{state}<>"OK")', look.status["warn"])
            for title in (STATE, MESSAGE) if title in places
        ]  # fmt: skip
    for column in table.columns:
        if column.title not in places:
            continue
        at, mine = places[column.title], column.owned_by(book.roles)
        body = {
            "numberFormat": _format(column), "backgroundColor": colour(look.white if mine else look.shade),
            "wrapStrategy": "WRAP" if column.type is Type.TEXT and column.width >= 20 else "CLIP",
            "verticalAlignment": "TOP",
        }  # fmt: skip
        requests.append(_repeat(sheet, row + 1, at, body))
        requests.append(_head(column, sheet, at, look, book, row))
        requests.append(_dimension(sheet, at, {"pixelSize": int(column.width * PIXELS) + 20}, "pixelSize"))
        if column.hidden:
            requests.append(_dimension(sheet, at, {"hiddenByUser": True}, "hiddenByUser"))
        if mine and (rule := _rule(table, column, look)):
            requests.append({"setDataValidation": {"range": _below(sheet, row + 1, at), "rule": rule}})
        requests += _colours(column, sheet, at, look, row)
        if MESSAGE in places:
            said = speaks_of(_cell(places[MESSAGE], row), column)
            requests.append(_stands_out(sheet, at, row, f"={said}", look.status["bad"]))
    if RID in places:
        requests.append(_repeat(sheet, row + 1, places[RID], {"numberFormat": {"type": "TEXT"}}))
        requests.append(_dimension(sheet, places[RID], {"hiddenByUser": True}, "hiddenByUser"))
    requests.append(
        {"updateSheetProperties": {
            "properties": {"sheetId": sheet, "gridProperties": {"frozenRowCount": row + 1}},
            "fields": "gridProperties.frozenRowCount"}}
    )  # fmt: skip
    return requests


def today(sheet: int, look: Look) -> list[Json]:
    """How *Today* looks: a title, what it is as of, the head in row 3, and below it moments that read as moments."""
    strong, (moment, pattern) = look.owners[Role.SYSTEM][0], _PATTERNS[Type.TS]
    head = {
        "backgroundColor": colour(strong), "textFormat": {"bold": True, "foregroundColor": colour(look.white)},
    }  # fmt: skip
    styles = (
        (area(sheet, 0, 1, 0, 1), {"textFormat": {"bold": True, "fontSize": 14}}),
        (area(sheet, 2, 1, 0, len(WIDTHS)), head),
        (_below(sheet, 3, 0), {"numberFormat": {"type": moment, "pattern": pattern}, "horizontalAlignment": "LEFT"}),
    )
    requests: list[Json] = [
        {"repeatCell": {"range": span, "cell": {"userEnteredFormat": style},
                        "fields": ",".join(f"userEnteredFormat.{name}" for name in style)}}
        for span, style in styles
    ]  # fmt: skip
    for at, characters in enumerate(WIDTHS):
        requests.append(_dimension(sheet, at, {"pixelSize": int(characters * PIXELS)}, "pixelSize"))
        requests.append(_repeat(sheet, 3, at, {"wrapStrategy": "WRAP", "verticalAlignment": "TOP"}))
    return requests


def guards(table: Table, sheet: int, places: Mapping[str, int], book: Workbook, row: int = 0) -> list[Json]:
    """Warnings on what Stopbook keeps: they ask before an edit, and never stand in the way of sorting."""
    kept = [column.title for column in table.columns if not column.owned_by(book.roles)]
    return [
        {"addProtectedRange": {"protectedRange": {
            "range": _below(sheet, row, places[title]), "description": NOTE, "warningOnly": True}}}
        for title in (STATE, MESSAGE, *kept, RID) if title in places
    ]  # fmt: skip


def lists(table: Table, sheet: int, places: Mapping[str, int], book: Workbook, look: Look, row: int = 0) -> list[Json]:
    """The drop-downs alone, for columns whose choices come and go, such as routes and drivers."""
    found = []
    for column in table.columns:
        changing = column.ref or f"{table.name}.{column.name}" in look.choices
        if column.title in places and changing and column.owned_by(book.roles) and (rule := _rule(table, column, look)):
            found.append({"setDataValidation": {"range": _below(sheet, row + 1, places[column.title]), "rule": rule}})
    return found


def choices(table: Table, column: Column, sheet: int, at: int, look: Look, row: int = 0) -> list[Json]:
    """The drop-down of one column."""
    rule = _rule(table, column, look)
    return [{"setDataValidation": {"range": _below(sheet, row + 1, at), "rule": rule}}] if rule else []


def _below(sheet: int, row: int, at: int) -> Json:
    return {"sheetId": sheet, "startRowIndex": row, "startColumnIndex": at, "endColumnIndex": at + 1}


def _repeat(sheet: int, row: int, at: int, body: Json) -> Json:
    fields = ",".join(f"userEnteredFormat.{name}" for name in body)
    return {"repeatCell": {"range": _below(sheet, row, at), "cell": {"userEnteredFormat": body}, "fields": fields}}


def _dimension(sheet: int, at: int, properties: Json, fields: str) -> Json:
    span = {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    return {"updateDimensionProperties": {"range": span, "properties": properties, "fields": fields}}


def _format(column: Column) -> Json:
    """Text columns are text, so that 00123, 1-2 and 1E5 stay what they are."""
    if column.type in TEXT_TYPES:
        return {"type": "TEXT"}
    if column.type is Type.DEC:
        return {"type": "NUMBER", "pattern": "0." + "0" * column.places if column.places else "0"}
    if column.type in _PATTERNS:
        kind, pattern = _PATTERNS[column.type]
        return {"type": kind, "pattern": pattern}
    return {"type": "TEXT"} if column.type is not Type.BOOL else {"type": "NUMBER", "pattern": "0"}


def _head(column: Column, sheet: int, at: int, look: Look, book: Workbook, row: int) -> Json:
    owner = next((role for role in book.roles if role in column.owners), None)
    strong, pale = look.owners[owner or next((r for r in column.owners if r is not Role.SYSTEM), Role.SYSTEM)]
    style = {
        "backgroundColor": colour(strong if owner else pale), "wrapStrategy": "WRAP",
        "textFormat": {"bold": True, "foregroundColor": colour(look.white if owner else strong)},
    }  # fmt: skip
    cell = {"userEnteredFormat": style, "note": column.about}
    fields = "note," + ",".join(f"userEnteredFormat.{name}" for name in style)
    return {"repeatCell": {"range": area(sheet, row, 1, at, 1), "cell": cell, "fields": fields}}


def _state_column(title: str, sheet: int, places: Mapping[str, int], look: Look, row: int) -> Json:
    return _repeat(sheet, row + 1, places[title], {"backgroundColor": colour(look.shade)})


def _rule(table: Table, column: Column, look: Look) -> Json | None:
    """A drop-down where there is something to choose from. A closed list refuses, all others only warn."""
    values: Sequence[str] = ()
    if column.enum and column.type is Type.ENUM:
        values = column.enum
    elif column.type is Type.BOOL:
        values = ("TRUE", "FALSE")
    else:
        values = look.choices.get(column.ref or f"{table.name}.{column.name}", ())[:LONGEST_LIST]
    if not values:
        return None
    listed = [{"userEnteredValue": text} for text in values]
    return {
        "condition": {"type": "ONE_OF_LIST", "values": listed}, "strict": bool(column.enum), "showCustomUi": True,
    }  # fmt: skip


def _cell(at: int, row: int) -> str:
    """A formula's name for the first cell below the header in a column, wherever the formula stands."""
    return "$" + rowcol_to_a1(row + 2, at + 1)


def _stands_out(sheet: int, at: int, row: int, formula: str, style: tuple[str, str]) -> Json:
    """Cells of a column in a style where a formula about the row of their first cell is true."""
    condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": formula}]}
    worn = {"backgroundColor": colour(style[0]), "textFormat": {"foregroundColor": colour(style[1])}}
    rule = {"ranges": [_below(sheet, row + 1, at)], "booleanRule": {"condition": condition, "format": worn}}
    return {"addConditionalFormatRule": {"rule": rule, "index": 0}}


def _colours(column: Column, sheet: int, at: int, look: Look, row: int) -> list[Json]:
    rules = []
    for text, name in column.colours.items():
        back, ink = look.status[name]
        condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]}
        style = {"backgroundColor": colour(back), "textFormat": {"foregroundColor": colour(ink)}}
        rule = {"ranges": [_below(sheet, row + 1, at)], "booleanRule": {"condition": condition, "format": style}}
        rules.append({"addConditionalFormatRule": {"rule": rule, "index": 0}})
    return rules
