"""Protected ranges: the owner and the editors may, others are refused, whatever way they try."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_sheets.conftest import Bench

Json = dict[str, Any]
TOM = "tom@example.com"


def grid(r0: int, r1: int, c0: int = 0, c1: int = 6) -> Json:
    return {"sheetId": 0, "startRowIndex": r0, "endRowIndex": r1, "startColumnIndex": c0, "endColumnIndex": c1}


def span(start: int, end: int, dimension: str = "ROWS") -> Json:
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}


@pytest.fixture
def tom(bench: Bench, book: str) -> str:
    """Tom may write the spreadsheet, but not column A behind the header, nor cell C3."""
    token = bench.person(TOM)
    bench.service.workspace.share(book, TOM, "writer")
    bench.put(book, "A1", [["key", "x"], ["k1", 1], ["k2", 2], ["k3", 3]])
    column = {"sheetId": 0, "startRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    bench.batch(
        book,
        {"addProtectedRange": {"protectedRange": {"range": column}}},
        {"addProtectedRange": {"protectedRange": {"range": grid(2, 3, 2, 3)}}},
    )
    return token


CELL = {"userEnteredValue": {"stringValue": "z"}}


@pytest.mark.parametrize(
    "request_",
    [
        {
            "updateCells": {
                "start": {"sheetId": 0, "rowIndex": 1},
                "rows": [{"values": [CELL]}],
                "fields": "userEnteredValue",
            }
        },
        {"updateCells": {"range": grid(1, 2), "fields": "note"}},
        {"repeatCell": {"range": grid(0, 3, 0, 2), "cell": CELL, "fields": "userEnteredValue"}},
        {"appendCells": {"sheetId": 0, "rows": [{"values": [CELL]}], "fields": "userEnteredValue"}},
        {"copyPaste": {"source": grid(0, 1, 1, 2), "destination": grid(2, 3, 2, 3)}},
        {"cutPaste": {"source": grid(1, 2, 0, 1), "destination": {"sheetId": 0, "rowIndex": 8, "columnIndex": 4}}},
        {"cutPaste": {"source": grid(1, 2, 1, 2), "destination": {"sheetId": 0, "rowIndex": 8, "columnIndex": 0}}},
        {"mergeCells": {"range": grid(1, 2), "mergeType": "MERGE_ALL"}},
        {"sortRange": {"range": grid(1, 4), "sortSpecs": [{"dimensionIndex": 1}]}},
        {"deleteDimension": {"range": span(2, 3)}},
        {"deleteDimension": {"range": span(0, 1, "COLUMNS")}},
        {"moveDimension": {"source": span(1, 2), "destinationIndex": 4}},
        {"insertRange": {"range": grid(1, 2, 0, 1), "shiftDimension": "ROWS"}},
        {"deleteRange": {"range": grid(0, 1, 0, 1), "shiftDimension": "ROWS"}},
        {"findReplace": {"find": "k1", "replacement": "q", "allSheets": True}},
        {"deleteDuplicates": {"range": grid(0, 4)}},
        {"trimWhitespace": {"range": grid(0, 4)}},
        {"setDataValidation": {"range": grid(1, 2)}},
        {"updateBorders": {"range": grid(1, 2), "top": {"style": "SOLID"}}},
    ],
)
def test_others_are_refused_and_the_owner_is_not(bench: Bench, book: str, tom: str, request_: Json) -> None:
    assert "protected cell or object" in bench.refused(book, request_, token=tom)
    bench.batch(book, request_)


def test_values_writes_are_refused_cell_by_cell(bench: Bench, book: str, tom: str) -> None:
    path = f"/v4/spreadsheets/{book}/values"
    query = "valueInputOption=RAW"
    assert "protected" in bench.bad("PUT", f"{path}/A2:B2", {"values": [["z", "z"]]}, query, tom)["message"]
    bench.put(book, "A2", [[None, "mine"]], token=tom)
    assert "protected" in bench.bad("POST", f"{path}/A1:B4:clear", token=tom)["message"]
    assert "protected" in bench.bad("POST", f"{path}/A1:append", {"values": [["z"]]}, query, tom)["message"]
    assert bench.get(book, "Stops") == [["key", "x"], ["k1", "mine"], ["k2", 2], ["k3", 3]]


def test_a_protection_moves_with_its_cells(bench: Bench, book: str, tom: str) -> None:
    bench.batch(book, {"insertDimension": {"range": span(0, 1, "COLUMNS")}}, {"insertDimension": {"range": span(0, 2)}})
    bench.put(book, "A4", [["free"]], token=tom)
    path = f"/v4/spreadsheets/{book}/values/D5"
    assert "protected" in bench.bad("PUT", path, {"values": [["z"]]}, "valueInputOption=RAW", tom)["message"]


@pytest.mark.parametrize("blocks", [True, False])
def test_sorting_and_deleting_through_a_protected_column_are_switches(
    bench: Bench, book: str, tom: str, blocks: bool
) -> None:
    bench.switch(protected_column_blocks_sort=blocks, protected_column_blocks_row_delete=blocks)
    sort = {"sortRange": {"range": grid(1, 4, 0, 2), "sortSpecs": [{"dimensionIndex": 1, "sortOrder": "DESCENDING"}]}}
    through_cell = {"sortRange": {"range": grid(1, 4), "sortSpecs": [{"dimensionIndex": 1}]}}
    delete = {"deleteDimension": {"range": span(3, 4)}}
    if blocks:
        bench.refused(book, sort, token=tom)
        bench.refused(book, delete, token=tom)
    else:
        bench.batch(book, sort, token=tom)
        assert bench.get(book, "A2:A4") == [["k3"], ["k2"], ["k1"]]
        bench.batch(book, delete, token=tom)
    assert "protected" in bench.refused(book, through_cell, token=tom)


def test_editors_unprotected_parts_and_warnings(bench: Bench, book: str, tom: str) -> None:
    whole: Json = {"range": {"sheetId": 0}, "unprotectedRanges": [grid(5, 7, 3, 5)]}
    reply = bench.batch(book, {"addProtectedRange": {"protectedRange": whole}})["replies"][0]
    number = reply["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    bench.put(book, "D6", [["ok"]], token=tom)
    assert "protected" in bench.refused(book, {"insertDimension": {"range": span(8, 9)}}, token=tom)
    rename = {"properties": {"sheetId": 0, "title": "Mine"}, "fields": "title"}
    assert "protected" in bench.refused(book, {"updateSheetProperties": rename}, token=tom)
    bench.batch(book, {"insertDimension": {"range": span(5, 6)}})
    assert "protected" in bench.refused(
        book, {"repeatCell": {"range": grid(5, 6, 3, 4), "cell": CELL, "fields": "note"}}, token=tom
    )
    bench.put(book, "D7", [["the hole moved along"]], token=tom)
    assert "permission" in bench.refused(book, {"deleteProtectedRange": {"protectedRangeId": number}}, token=tom)
    change: Json = {"protectedRangeId": number, "editors": {"users": [TOM]}}
    bench.batch(book, {"updateProtectedRange": {"protectedRange": change, "fields": "editors"}})
    bench.put(book, "F9", [["ok"]], token=tom)
    bench.batch(book, {"deleteProtectedRange": {"protectedRangeId": number}}, token=tom)
    warn = {"range": grid(8, 9), "warningOnly": True}
    bench.batch(book, {"addProtectedRange": {"protectedRange": warn}})
    bench.put(book, "E9", [["warned"]], token=tom)


def test_what_a_user_sees_of_a_protection(bench: Bench, book: str, tom: str) -> None:
    seen = bench.ok("GET", f"/v4/spreadsheets/{book}", token=tom)["sheets"][0]["protectedRanges"]
    assert [entry.get("requestingUserCanEdit", False) for entry in seen] == [False, False]
    assert not any("editors" in entry for entry in seen)
    mine = bench.ok("GET", f"/v4/spreadsheets/{book}")["sheets"][0]["protectedRanges"]
    assert [entry["editors"]["users"] for entry in mine] == [[bench.email]] * 2


def test_protection_by_name_and_by_table(bench: Bench, book: str, tom: str) -> None:
    named = bench.batch(book, {"addNamedRange": {"namedRange": {"name": "N", "range": grid(8, 9)}}})
    named_id = named["replies"][0]["addNamedRange"]["namedRange"]["namedRangeId"]
    bench.batch(book, {"addProtectedRange": {"protectedRange": {"namedRangeId": named_id}}})
    path = f"/v4/spreadsheets/{book}/values/F9"
    assert "protected" in bench.bad("PUT", path, {"values": [["z"]]}, "valueInputOption=RAW", tom)["message"]
    part = {"range": grid(1, 4), "unprotectedRanges": [grid(2, 3)]}
    assert "protected sheets" in bench.refused(book, {"addProtectedRange": {"protectedRange": part}})
    both = {"namedRangeId": named_id, "range": grid(1, 2)}
    assert "Exactly one" in bench.refused(book, {"addProtectedRange": {"protectedRange": both}})


def test_roles(bench: Bench, book: str) -> None:
    token = bench.person("eve@example.com")
    assert bench.bad("GET", f"/v4/spreadsheets/{book}", token=token)["status"] == "PERMISSION_DENIED"
    assert bench.bad("GET", "/v4/spreadsheets/nosuch", token=token)["status"] == "NOT_FOUND"
    bench.service.workspace.share(book, "eve@example.com", "reader")
    bench.ok("GET", f"/v4/spreadsheets/{book}", token=token)
    path = f"/v4/spreadsheets/{book}/values/A1"
    assert bench.bad("PUT", path, {"values": [["z"]]}, "valueInputOption=RAW", token)["code"] == 403
    assert "permission" in bench.refused(book, {"addSheet": {}}, token=token)
