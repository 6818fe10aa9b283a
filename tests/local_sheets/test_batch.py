"""batchUpdate: all or nothing, what comes back, and the kinds that write cells, tabs, rules and objects."""

from __future__ import annotations

from typing import Any

import pytest

from local_sheets.batch.registry import HANDLERS, KINDS
from local_sheets.errors import UNIMPLEMENTED
from local_sheets.schema_build import discovery
from tests.local_sheets.conftest import Bench

Json = dict[str, Any]


def grid(r0: int, r1: int, c0: int = 0, c1: int = 6, sheet: int = 0) -> Json:
    return {"sheetId": sheet, "startRowIndex": r0, "endRowIndex": r1, "startColumnIndex": c0, "endColumnIndex": c1}


def text(value: str) -> Json:
    return {"userEnteredValue": {"stringValue": value}}


def cells(*rows: list[str], at: int = 0) -> Json:
    data = [{"values": [text(value) for value in row]} for row in rows]
    return {"updateCells": {"start": {"sheetId": 0, "rowIndex": at}, "rows": data, "fields": "userEnteredValue"}}


def test_every_kind_that_google_has_is_served_or_refused_by_name(bench: Bench, book: str) -> None:
    known = set(discovery("sheets.v4")["schemas"]["Request"]["properties"])
    assert set(HANDLERS) == set(KINDS) <= known
    for name in sorted(known - set(KINDS)):
        before = bench.service.env.counters["unimplemented"]
        said = bench.refused(book, cells(["lost"]), {name: {}})
        assert UNIMPLEMENTED in said
        assert name in said
        assert bench.service.env.counters["unimplemented"] == before + 1


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_batch_that_fails_anywhere_changes_nothing(bench: Bench, book: str, place: int) -> None:
    bench.put(book, "A1", [["keep", "=A1"]], "USER_ENTERED")
    version = bench.ok("GET", f"/drive/v3/files/{book}", query="fields=version,modifiedTime")
    good: list[Json] = [
        cells(["a"], at=2),
        {"insertDimension": {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}}},
        {"addSheet": {"properties": {"title": "New"}}},
        {"updateSpreadsheetProperties": {"properties": {"title": "Other"}, "fields": "title"}},
    ]
    good.insert(place, {"deleteSheet": {"sheetId": 99}})
    assert bench.refused(book, *good).startswith(f"Invalid requests[{place}].deleteSheet: ")
    assert bench.ok("GET", f"/drive/v3/files/{book}", query="fields=version,modifiedTime") == version


def test_a_failing_request_leaves_no_half_done_work(bench: Bench, book: str) -> None:
    """The failing request itself had already written when it failed."""
    rows = [{"values": [text("a")]}, {"values": [text("x" * 50_001)]}]
    said = bench.refused(book, {"updateCells": {"start": {"sheetId": 0}, "rows": rows, "fields": "userEnteredValue"}})
    assert "50000 characters" in said


def test_the_answer_can_carry_the_spreadsheet_as_it_is_afterwards(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["old", "old"]])
    extra = {"includeSpreadsheetInResponse": True, "responseRanges": ["Stops!A1:A2"], "responseIncludeGridData": True}
    found = bench.batch(book, cells(["new"], ["=1"]), {"addSheet": {"properties": {"title": "T2"}}}, **extra)
    assert len(found["replies"]) == 2
    sheets = found["updatedSpreadsheet"]["sheets"]
    assert [s["properties"]["title"] for s in sheets] == ["Stops"]
    rows = sheets[0]["data"][0]["rowData"]
    assert [[c["formattedValue"] for c in row["values"]] for row in rows] == [["new"], ["=1"]]
    found = bench.batch(book, cells(["x"]), includeSpreadsheetInResponse=True)
    assert len(found["updatedSpreadsheet"]["sheets"]) == 2
    assert "data" not in found["updatedSpreadsheet"]["sheets"][0]
    bench.bad(
        "POST",
        f"/v4/spreadsheets/{book}:batchUpdate",
        {"requests": [cells(["lost"])], "includeSpreadsheetInResponse": True, "responseRanges": ["Nowhere!A1"]},
    )
    assert bench.get(book, "A1") == [["x"]]


def test_pre_image_and_write_in_one_batch(bench: Bench, book: str) -> None:
    """The pattern of a safe write: copy what is there, write, read both back in the same answer."""
    bench.put(book, "A1", [["key", "before"]])
    found = bench.batch(
        book,
        {"copyPaste": {"source": grid(0, 1, 0, 2), "destination": grid(9, 10, 0, 2), "pasteType": "PASTE_VALUES"}},
        cells(["key", "after"]),
        includeSpreadsheetInResponse=True,
        responseRanges=["A1:B1", "A10:B10"],
        responseIncludeGridData=True,
    )
    data = found["updatedSpreadsheet"]["sheets"][0]["data"]
    shown = [[c["formattedValue"] for c in part["rowData"][0]["values"]] for part in data]
    assert shown == [["key", "after"], ["key", "before"]]
    assert data[1]["startRow"] == 9


def test_update_cells_types_and_clearing(bench: Bench, book: str) -> None:
    values: list[Json] = [
        {"numberValue": 1.5},
        {"boolValue": False},
        {"stringValue": "=1+1"},
        {"stringValue": "00123"},
        {"formulaValue": "=1+1"},
        {"numberValue": 0},
    ]
    row = {"values": [{"userEnteredValue": value} for value in values]}
    bench.batch(book, {"updateCells": {"range": grid(0, 2), "rows": [row], "fields": "userEnteredValue"}})
    assert bench.get(book, "Stops") == [[1.5, False, "=1+1", "00123", 2, 0]]
    entered = [c["userEnteredValue"] for c in bench.whole(book)["sheets"][0]["data"][0]["rowData"][0]["values"]]
    assert entered == values
    bench.batch(book, {"updateCells": {"range": grid(0, 1, 0, 5), "fields": "userEnteredValue"}})
    assert bench.get(book, "Stops") == [["", "", "", "", "", 0]]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"updateCells": {"range": grid(0, 1, 0, 1), "rows": [{"values": [{}, {}]}], "fields": "note"}}, "Attempting to write column: 1"),
        ({"updateCells": {"range": grid(0, 1), "rows": [{}, {}], "fields": "note"}}, "Attempting to write row: 1"),
        ({"updateCells": {"start": {"sheetId": 0, "rowIndex": 10}, "rows": [{"values": [{}]}], "fields": "note"}}, "GridCoordinate.rowIndex[10] is after last row in grid[9]"),
        ({"updateCells": {"start": {"sheetId": 0, "columnIndex": 5}, "rows": [{"values": [{}, {}]}], "fields": "note"}}, "GridCoordinate.columnIndex[6]"),
        ({"updateCells": {"start": {"sheetId": 0}, "rows": [], "fields": "noSuch"}}, "Invalid field: noSuch"),
        ({"updateCells": {"start": {"sheetId": 0}, "rows": [], "fields": "effectiveValue"}}, "read-only"),
        ({"updateCells": {"start": {"sheetId": 0}, "rows": []}}, "At least one field"),
        ({"updateCells": {"rows": [], "fields": "note"}}, "range or start"),
        ({"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [{"userEnteredValue": {"numberValue": 1, "boolValue": True}}]}], "fields": "userEnteredValue"}}, "only one of"),
        ({"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [{"userEnteredValue": {"errorValue": {}}}]}], "fields": "userEnteredValue"}}, "errorValue"),
        ({"repeatCell": {"range": grid(0, 99), "cell": {}, "fields": "note"}}, "exceeds grid limits"),
        ({"repeatCell": {"range": grid(3, 2), "cell": {}, "fields": "note"}}, "must be after"),
        ({"repeatCell": {"range": grid(-1, 2), "cell": {}, "fields": "note"}}, "greater than or equal to zero"),
        ({"mergeCells": {"range": {"sheetId": 5}}}, "No grid with id: 5"),
        ({"copyPaste": {"source": grid(0, 2), "destination": grid(9, 10)}}, "GridCoordinate.rowIndex[10]"),
        ({"sortRange": {"range": grid(0, 2, 0, 2), "sortSpecs": [{"dimensionIndex": 4}]}}, "dimensionIndex[4]"),
        ({"addSheet": {"properties": {"title": "STOPS"}}}, "already exists"),
        ({"addSheet": {"properties": {"sheetId": 0}}}, "already exists"),
        ({"addSheet": {"properties": {"gridProperties": {"rowCount": 99_999_999, "columnCount": 26}}}}, "limit of 10000000 cells"),
        ({"deleteSheet": {"sheetId": 0}}, "can't remove all"),
        ({"updateSheetProperties": {"properties": {"sheetId": 0, "title": ""}, "fields": "title"}}, "cannot be empty"),
        ({"updateSheetProperties": {"properties": {"sheetId": 0, "sheetType": "GRID"}, "fields": "sheetType"}}, "Unable to update"),
        ({"updateSpreadsheetProperties": {"properties": {"timeZone": "Mars/Base"}, "fields": "timeZone"}}, "time zone"),
        ({"updateSpreadsheetProperties": {"properties": {}, "fields": "title"}}, "title"),
        ({"findReplace": {"find": "", "allSheets": True}}, "cannot be empty"),
        ({"findReplace": {"find": "(", "searchByRegex": True, "allSheets": True}}, "regular expression"),
        ({"findReplace": {"find": "x"}}, "range, sheetId or allSheets"),
        ({"setDataValidation": {"range": grid(0, 1), "rule": {"condition": {"type": "ONE_OF_LIST"}}}}, "number of values"),
        ({"addConditionalFormatRule": {"rule": {"ranges": []}}}, "at least one range"),
        ({"deleteConditionalFormatRule": {"sheetId": 0, "index": 3}}, "at index: 3"),
        ({"addNamedRange": {"namedRange": {"name": "A1", "range": grid(0, 1)}}}, "Invalid name"),
        ({"deleteNamedRange": {"namedRangeId": "nope"}}, "No named range with id: nope"),
        ({"deleteProtectedRange": {"protectedRangeId": 5}}, "No protected range with id: 5"),
        ({"addTable": {"table": {"range": grid(0, 1)}}}, "header row"),
        ({"deleteTable": {"tableId": "t"}}, "No table with id: t"),
        ({"deleteEmbeddedObject": {"objectId": 3}}, "No embedded object"),
        ({"deleteFilterView": {"filterId": 3}}, "No filter view"),
    ],
)  # fmt: skip
def test_refused(bench: Bench, book: str, request_: Json, message: str) -> None:
    assert message in bench.refused(book, cells(["lost"]), request_)


def test_formats_keep_what_the_mask_leaves_out(bench: Bench, book: str) -> None:
    def repeat(style: Json, fields: str) -> Json:
        return {"repeatCell": {"range": grid(0, 1, 0, 1), "cell": {"userEnteredFormat": style}, "fields": fields}}

    bold = {"textFormat": {"bold": True, "fontSize": 12}, "backgroundColor": {"red": 0.5}}
    bench.batch(book, repeat(bold, "userEnteredFormat(textFormat,backgroundColor)"))
    bench.batch(book, repeat({"textFormat": {"italic": True}}, "userEnteredFormat.textFormat.italic"))
    cell = bench.whole(book)["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    style = cell["userEnteredFormat"]
    assert style["textFormat"] == {"bold": True, "fontSize": 12, "italic": True}
    assert style["backgroundColor"] == {"red": 0.49803922}
    assert style["backgroundColorStyle"] == {"rgbColor": {"red": 0.49803922}}
    assert cell["effectiveFormat"]["textFormat"]["fontFamily"] == "arial,sans,sans-serif"
    bench.batch(book, repeat({}, "userEnteredFormat.backgroundColor"))
    style = bench.whole(book)["sheets"][0]["data"][0]["rowData"][0]["values"][0]["userEnteredFormat"]
    assert "backgroundColor" not in style
    assert "backgroundColorStyle" not in style


def test_repeat_cell_moves_formulas_along(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [[1], [2], [3]])
    cell = {"userEnteredValue": {"formulaValue": "=A1*$A$1"}}
    bench.batch(book, {"repeatCell": {"range": grid(0, 3, 1, 2), "cell": cell, "fields": "userEnteredValue"}})
    assert [row[1] for row in bench.get(book, "A1:B3", "FORMULA")] == ["=A1*$A$1", "=A2*$A$1", "=A3*$A$1"]


def test_append_cells_lands_behind_the_last_data(bench: Bench, book: str) -> None:
    bench.put(book, "C9", [["x"]])
    rows = [{"values": [text("a")]}, {"values": [text("b")]}]
    bench.batch(book, {"appendCells": {"sheetId": 0, "rows": rows, "fields": "userEnteredValue"}})
    assert bench.get(book, "A9:C11") == [["", "", "x"], ["a"], ["b"]]
    assert bench.whole(book)["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 11


def test_tables(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["Stop", "Driver"], ["S1", "Ana"]])
    bench.put(book, "A3", [["below", "below"]])
    new = {"name": "Stops", "range": grid(0, 2, 0, 3), "columnProperties": [{"columnIndex": 1, "columnType": "TEXT"}]}
    table = bench.batch(book, {"addTable": {"table": new}})["replies"][0]["addTable"]["table"]
    assert [c["columnName"] for c in table["columnProperties"]] == ["Stop", "Driver", "Column 3"]
    append = {"tableId": table["tableId"], "rows": [{"values": [text("S2")]}], "fields": "userEnteredValue"}
    bench.batch(book, {"appendCells": append})
    assert bench.get(book, "A1:C4") == [["Stop", "Driver", "Column 3"], ["S1", "Ana"], ["S2"], ["below", "below"]]
    assert bench.whole(book)["sheets"][0]["tables"][0]["range"]["endRowIndex"] == 3
    assert "overlap" in bench.refused(book, {"addTable": {"table": {"range": grid(1, 4)}}})
    change = {"tableId": table["tableId"], "name": "Runs"}
    bench.batch(book, {"updateTable": {"table": change, "fields": "name"}})
    assert bench.whole(book)["sheets"][0]["tables"][0]["name"] == "Runs"
    bench.batch(book, {"deleteTable": {"tableId": table["tableId"]}})
    assert "tables" not in bench.whole(book)["sheets"][0]


def test_find_replace_counts_and_can_claim_a_cell(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["lease-free"], ["LEASE-FREE x"], ['="lease-free"']], "USER_ENTERED")
    claim = {"find": "lease-free", "replacement": "mine", "matchEntireCell": True, "matchCase": True, "allSheets": True}
    reply = bench.batch(book, {"findReplace": claim})["replies"][0]["findReplace"]
    assert reply == {"valuesChanged": 1, "occurrencesChanged": 1, "rowsChanged": 1, "sheetsChanged": 1}
    assert bench.batch(book, {"findReplace": claim})["replies"][0]["findReplace"] == {}
    regex = {"find": "(l)ease", "replacement": "$1-", "searchByRegex": True, "sheetId": 0, "includeFormulas": True}
    reply = bench.batch(book, {"findReplace": regex})["replies"][0]["findReplace"]
    assert (reply["valuesChanged"], reply["formulasChanged"]) == (1, 1)
    assert bench.get(book, "A1:A3", "FORMULA") == [["mine"], ["L--FREE x"], ['="l--free"']]


def test_delete_duplicates_keeps_the_first(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["k1", 1], ["K1", 2], ["k2", 3], ["k1", 4]])
    columns = [{"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}]
    request = {"deleteDuplicates": {"range": grid(0, 4, 0, 2), "comparisonColumns": columns}}
    assert bench.batch(book, request)["replies"][0]["deleteDuplicates"]["duplicatesRemovedCount"] == 2
    assert bench.get(book, "Stops") == [["k1", 1], ["k2", 3]]


def test_trim_borders_validation_conditional_format(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["  a  b "], ["c"]])
    solid = {"style": "SOLID"}
    rule = {"ranges": [grid(0, 2, 0, 1)], "booleanRule": {"condition": {"type": "TEXT_EQ", "values": [{"userEnteredValue": "c"}]}, "format": {"textFormat": {"bold": True}}}}  # fmt: skip
    bench.batch(
        book,
        {"trimWhitespace": {"range": grid(0, 2, 0, 1)}},
        {"updateBorders": {"range": grid(0, 2, 0, 1), "top": solid, "innerHorizontal": {"style": "DASHED"}}},
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
    )
    rows = bench.whole(book)["sheets"][0]["data"][0]["rowData"]
    first, second = rows[0]["values"][0], rows[1]["values"][0]
    assert first["formattedValue"] == "a b"
    assert {k: v["style"] for k, v in first["userEnteredFormat"]["borders"].items()} == {
        "top": "SOLID",
        "bottom": "DASHED",
    }
    assert first["effectiveFormat"]["textFormat"]["bold"] is False
    assert second["effectiveFormat"]["textFormat"]["bold"] is True
    reply = bench.batch(book, {"updateConditionalFormatRule": {"index": 0, "rule": {**rule, "ranges": [grid(5, 6)]}}})
    assert reply["replies"][0]["updateConditionalFormatRule"]["oldRule"]["ranges"] == [
        {k: v for k, v in grid(0, 2, 0, 1).items() if k != "sheetId"}
    ]
    reply = bench.batch(book, {"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}})
    assert "rule" in reply["replies"][0]["deleteConditionalFormatRule"]


def test_strict_validation_binds_the_api_only_by_switch(bench: Bench, book: str) -> None:
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "open"}, {"userEnteredValue": "done"}]}
    rule = {"condition": condition, "strict": True}
    bench.batch(book, {"setDataValidation": {"range": grid(0, 1, 0, 1), "rule": rule}})
    bench.put(book, "A1", [["other"]])
    bench.switch(validation_binds_api=True)
    bench.put(book, "A1", [["done"]])
    path = f"/v4/spreadsheets/{book}/values/A1"
    assert "data validation" in bench.bad("PUT", path, {"values": [["x"]]}, "valueInputOption=RAW")["message"]
    assert "data validation" in bench.refused(book, cells(["x"]))
    assert bench.get(book, "A1") == [["done"]]


def test_filters_hide_rows(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["status"], ["open"], ["done"]])
    spec = {"columnIndex": 0, "filterCriteria": {"hiddenValues": ["done"]}}
    bench.batch(book, {"setBasicFilter": {"filter": {"range": grid(0, 3, 0, 1), "filterSpecs": [spec]}}})
    rows = bench.whole(book)["sheets"][0]["data"][0]["rowMetadata"]
    assert [bool(r.get("hiddenByFilter")) for r in rows[:3]] == [False, False, True]
    assert bench.whole(book)["sheets"][0]["basicFilter"]["filterSpecs"][0]["columnIndex"] == 0
    assert bench.whole(book)["sheets"][0]["basicFilter"]["criteria"] == {"0": {"hiddenValues": ["done"]}}
    older = {"range": grid(0, 3, 0, 1), "criteria": {"0": {"hiddenValues": ["open"]}}}
    bench.batch(book, {"setBasicFilter": {"filter": older}})
    rows = bench.whole(book)["sheets"][0]["data"][0]["rowMetadata"]
    assert [bool(r.get("hiddenByFilter")) for r in rows[:3]] == [False, True, False]
    assert "column indexes" in bench.refused(book, {"setBasicFilter": {"filter": {**older, "criteria": {"x": {}}}}})
    by_first = {"range": grid(0, 3, 0, 1), "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}
    bench.batch(book, {"setBasicFilter": {"filter": by_first}})
    assert bench.get(book, "A1:A3") == [["status"], ["done"], ["open"]]
    bench.batch(book, {"clearBasicFilter": {"sheetId": 0}})
    assert "basicFilter" not in bench.whole(book)["sheets"][0]


def test_filter_views_banding_charts(bench: Bench, book: str) -> None:
    view = bench.batch(book, {"addFilterView": {"filter": {"title": "v", "range": grid(0, 3)}}})
    view_id = view["replies"][0]["addFilterView"]["filter"]["filterViewId"]
    bench.batch(book, {"updateFilterView": {"filter": {"filterViewId": view_id, "title": "w"}, "fields": "title"}})
    twin = bench.batch(book, {"duplicateFilterView": {"filterId": view_id}})["replies"][0]["duplicateFilterView"][
        "filter"
    ]
    assert twin["title"] == "Copy of w"
    bench.batch(book, {"deleteFilterView": {"filterId": view_id}})
    band = bench.batch(book, {"addBanding": {"bandedRange": {"range": grid(0, 3), "rowProperties": {}}}})
    band_id = band["replies"][0]["addBanding"]["bandedRange"]["bandedRangeId"]
    change = {"bandedRangeId": band_id, "range": grid(1, 4)}
    bench.batch(book, {"updateBanding": {"bandedRange": change, "fields": "range"}})
    assert bench.whole(book)["sheets"][0]["bandedRanges"][0]["range"]["startRowIndex"] == 1
    anchor = {"overlayPosition": {"anchorCell": {"sheetId": 0, "rowIndex": 2}}}
    chart = bench.batch(book, {"addChart": {"chart": {"spec": {"title": "c"}, "position": anchor}}})
    chart_id = chart["replies"][0]["addChart"]["chart"]["chartId"]
    bench.batch(
        book,
        {"updateChartSpec": {"chartId": chart_id, "spec": {"title": "d"}}},
        {"updateEmbeddedObjectPosition": {"objectId": chart_id, "newPosition": {"newSheet": True}, "fields": "*"}},
    )
    assert bench.whole(book)["sheets"][1]["charts"][0]["spec"]["title"] == "d"
    assert chart["replies"][0]["addChart"]["chart"]["spec"]["titleTextFormat"]["fontFamily"] == "Roboto"
    bench.batch(book, {"deleteEmbeddedObject": {"objectId": chart_id}}, {"deleteBanding": {"bandedRangeId": band_id}})


def test_named_ranges_are_read_by_name_and_updated(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [[1, 2], [3, 4]])
    named = bench.batch(book, {"addNamedRange": {"namedRange": {"name": "Pay", "range": grid(0, 1, 0, 2)}}})
    named_id = named["replies"][0]["addNamedRange"]["namedRange"]["namedRangeId"]
    assert bench.get(book, "Pay") == [[1, 2]]
    change = {"namedRangeId": named_id, "range": grid(1, 2, 0, 2)}
    bench.batch(book, {"updateNamedRange": {"namedRange": change, "fields": "range"}})
    assert bench.get(book, "pay") == [[3, 4]]
    bench.put(book, "C1", [["=SUM(Pay)"]], "USER_ENTERED")
    assert bench.get(book, "C1") == [[7]]
    assert "already exists" in bench.refused(
        book, {"addNamedRange": {"namedRange": {"name": "PAY", "range": grid(0, 1)}}}
    )
    bench.batch(book, {"deleteNamedRange": {"namedRangeId": named_id}})
    assert "Unable to parse range" in bench.bad("GET", f"/v4/spreadsheets/{book}/values/Pay")["message"]
    bench.switch(missing_named_range="ignore")
    bench.batch(book, {"deleteNamedRange": {"namedRangeId": named_id}})


def test_tabs_move_and_copy(bench: Bench, book: str) -> None:
    bench.batch(book, *[{"addSheet": {"properties": {"sheetId": n, "title": f"T{n}"}}} for n in (1, 2, 3)])

    def titles() -> list[str]:
        return [s["properties"]["title"] for s in bench.ok("GET", f"/v4/spreadsheets/{book}")["sheets"]]

    move = {"properties": {"sheetId": 0, "index": 3}, "fields": "index"}
    bench.batch(book, {"updateSheetProperties": move})
    assert titles() == ["T1", "T2", "Stops", "T3"]
    bench.batch(book, {"updateSheetProperties": {"properties": {"sheetId": 3, "index": 0}, "fields": "index"}})
    assert titles() == ["T3", "T1", "T2", "Stops"]
    bench.put(book, "T1!A1", [["x"]])
    other = bench.create("Other")
    path = f"/v4/spreadsheets/{book}/sheets/1:copyTo"
    found = bench.ok("POST", path, {"destinationSpreadsheetId": other})
    assert found["title"] == "Copy of T1"
    assert bench.get(other, "'Copy of T1'!A1") == [["x"]]


def test_create_with_cells(bench: Bench) -> None:
    rows = [{"values": [text("a"), {"userEnteredValue": {"numberValue": 1}}]}]
    sheets = [
        {"properties": {"title": "One", "gridProperties": {"rowCount": 2, "columnCount": 1}}, "data": [{"startRow": 4, "rowData": rows}]},
        {"properties": {"title": "Two", "sheetId": 9}, "merges": [{"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 1}]},
    ]  # fmt: skip
    book = bench.create("Made", sheets)
    assert bench.get(book, "One!A5:B5") == [["a", 1]]
    whole = bench.whole(book)
    assert whole["sheets"][0]["properties"]["gridProperties"] == {"rowCount": 5, "columnCount": 2}
    assert whole["sheets"][1]["merges"][0]["endRowIndex"] == 2
    assert whole["properties"]["title"] == "Made"


def test_limits(bench: Bench, book: str) -> None:
    tabs = [{"addSheet": {"properties": {"gridProperties": {"rowCount": 1, "columnCount": 1}}}} for _ in range(199)]
    bench.batch(book, *tabs)
    assert "200" in bench.refused(book, tabs[0])
    assert "10000000" in bench.refused(
        book, {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 1_700_000}}
    )
