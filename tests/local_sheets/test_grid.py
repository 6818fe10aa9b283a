"""Inserting, deleting, moving, sorting, cutting: contents move, and so does everything that points at them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_sheets.conftest import Bench

Json = dict[str, Any]


def span(start: int, end: int, dimension: str = "ROWS") -> Json:
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}


def grid(r0: int, r1: int, c0: int = 0, c1: int = 6) -> Json:
    return {"sheetId": 0, "startRowIndex": r0, "endRowIndex": r1, "startColumnIndex": c0, "endColumnIndex": c1}


def cut(found: Json) -> tuple[int, int, int, int]:
    return (found["startRowIndex"], found["endRowIndex"], found["startColumnIndex"], found["endColumnIndex"])


def dress(bench: Bench, book: str) -> None:
    """Everything that points at rows 3 to 5 (D: columns B and C)."""
    there = grid(2, 5, 1, 3)
    criteria = {"hiddenValues": ["zz"]}
    rule = {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}}
    bench.batch(
        book,
        {"addNamedRange": {"namedRange": {"name": "Block", "range": there}}},
        {"addProtectedRange": {"protectedRange": {"range": there}}},
        {"mergeCells": {"range": there, "mergeType": "MERGE_ALL"}},
        {
            "setBasicFilter": {
                "filter": {"range": there, "filterSpecs": [{"columnIndex": 2, "filterCriteria": criteria}]}
            }
        },
        {"addFilterView": {"filter": {"title": "v", "range": there, "sortSpecs": [{"dimensionIndex": 2}]}}},
        {"addConditionalFormatRule": {"rule": {"ranges": [there], "booleanRule": rule}, "index": 0}},
        {"addBanding": {"bandedRange": {"range": there, "rowProperties": {"firstBandColor": {"red": 1}}}}},
        {"addDimensionGroup": {"range": span(2, 5)}},
    )
    bench.put(book, "F10", [["=SUM(B3:C5)+B3+SUM(B:B)"]], "USER_ENTERED")


def spans_of(bench: Bench, book: str) -> set[tuple[int, int, int, int]]:
    whole = bench.whole(book)
    sheet = whole["sheets"][0]
    found = [n["range"] for n in whole.get("namedRanges", [])]
    found += [p["range"] for p in sheet.get("protectedRanges", [])]
    found += sheet.get("merges", [])
    found += [sheet["basicFilter"]["range"]] if "basicFilter" in sheet else []
    found += [v["range"] for v in sheet.get("filterViews", [])]
    found += [r for rule in sheet.get("conditionalFormats", []) for r in rule["ranges"]]
    found += [b["range"] for b in sheet.get("bandedRanges", [])]
    assert len(found) in (0, 7)
    return {cut(r) for r in found}


@pytest.mark.parametrize(
    ("request_", "want", "group", "formula"),
    [
        ({"insertDimension": {"range": span(0, 2)}}, (4, 7, 1, 3), (4, 7), "=SUM(B5:C7)+B5+SUM(B:B)"),
        ({"insertDimension": {"range": span(2, 3)}}, (3, 6, 1, 3), (3, 6), "=SUM(B4:C6)+B4+SUM(B:B)"),
        ({"insertDimension": {"range": span(4, 6)}}, (2, 7, 1, 3), (2, 7), "=SUM(B3:C7)+B3+SUM(B:B)"),
        ({"insertDimension": {"range": span(5, 6)}}, (2, 5, 1, 3), (2, 5), "=SUM(B3:C5)+B3+SUM(B:B)"),
        ({"deleteDimension": {"range": span(0, 1)}}, (1, 4, 1, 3), (1, 4), "=SUM(B2:C4)+B2+SUM(B:B)"),
        ({"deleteDimension": {"range": span(3, 5)}}, (2, 3, 1, 3), (2, 3), "=SUM(B3:C3)+B3+SUM(B:B)"),
        ({"deleteDimension": {"range": span(1, 3)}}, (1, 3, 1, 3), (1, 3), "=SUM(B2:C3)+#REF!+SUM(B:B)"),
        ({"insertDimension": {"range": span(0, 1, "COLUMNS")}}, (2, 5, 2, 4), (2, 5), "=SUM(C3:D5)+C3+SUM(C:C)"),
        ({"deleteDimension": {"range": span(0, 1, "COLUMNS")}}, (2, 5, 0, 2), (2, 5), "=SUM(A3:B5)+A3+SUM(A:A)"),
        (
            {"moveDimension": {"source": span(2, 5), "destinationIndex": 0}},
            (0, 3, 1, 3),
            (0, 3),
            "=SUM(B1:C3)+B1+SUM(B:B)",
        ),
        (
            {"moveDimension": {"source": span(2, 5), "destinationIndex": 8}},
            (5, 8, 1, 3),
            (5, 8),
            "=SUM(B6:C8)+B6+SUM(B:B)",
        ),
        (
            {"moveDimension": {"source": span(0, 1), "destinationIndex": 9}},
            (1, 4, 1, 3),
            (1, 4),
            "=SUM(B2:C4)+B2+SUM(B:B)",
        ),
    ],
)
def test_what_points_at_cells_moves_with_them(
    bench: Bench, book: str, request_: Json, want: tuple[int, ...], group: tuple[int, int], formula: str
) -> None:
    dress(bench, book)
    bench.batch(book, request_)
    assert spans_of(bench, book) == {want}
    sheet = bench.whole(book)["sheets"][0]
    assert sheet["basicFilter"]["filterSpecs"][0]["columnIndex"] == want[2] + 1
    assert sheet["filterViews"][0]["sortSpecs"][0]["dimensionIndex"] == want[2] + 1
    assert (sheet["rowGroups"][0]["range"]["startIndex"], sheet["rowGroups"][0]["range"]["endIndex"]) == group
    assert formula in [cell for row in bench.get(book, "Stops", "FORMULA") for cell in row]


def test_what_points_at_deleted_cells_is_gone(bench: Bench, book: str) -> None:
    dress(bench, book)
    bench.batch(book, {"deleteDimension": {"range": span(2, 5)}})
    assert spans_of(bench, book) == set()
    assert "=SUM(#REF!)+#REF!+SUM(B:B)" in [c for row in bench.get(book, "Stops", "FORMULA") for c in row]


def test_insert_and_delete_move_contents_and_change_the_size(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["a", 1], ["b", 2], ["c", 3]])
    bench.batch(book, {"insertDimension": {"range": span(1, 3)}})
    assert bench.get(book, "Stops") == [["a", 1], [], [], ["b", 2], ["c", 3]]
    bench.batch(book, {"deleteDimension": {"range": span(0, 2)}}, {"insertDimension": {"range": span(1, 2, "COLUMNS")}})
    assert bench.get(book, "Stops") == [[], ["b", "", 2], ["c", "", 3]]
    size = bench.whole(book)["sheets"][0]["properties"]["gridProperties"]
    assert (size["rowCount"], size["columnCount"]) == (10, 7)
    bench.batch(book, {"deleteDimension": {"range": span(0, 1, "COLUMNS")}})
    assert bench.get(book, "Stops") == [[], ["", 2], ["", 3]]


@pytest.mark.parametrize(("to", "want"), [(0, "bca"), (1, "abc"), (3, "abc")])
def test_move_rows(bench: Bench, book: str, to: int, want: str) -> None:
    bench.put(book, "A1", [["a"], ["b"], ["c"]])
    bench.batch(book, {"moveDimension": {"source": span(1, 3), "destinationIndex": to}})
    assert bench.get(book, "Stops") == [[c] for c in want]


def test_inserted_rows_inherit_the_look_and_not_the_contents(bench: Bench, book: str) -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "y"}]}}
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}, "userEnteredValue": {"stringValue": "v"}, "note": "n"}
    bench.batch(
        book,
        {"repeatCell": {"range": grid(1, 2, 0, 2), "cell": bold, "fields": "*"}},
        {"setDataValidation": {"range": grid(1, 2, 0, 2), "rule": rule}},
        {"insertDimension": {"range": span(2, 3), "inheritFromBefore": True}},
        {"insertDimension": {"range": span(1, 2), "inheritFromBefore": False}},
    )
    rows = bench.whole(book)["sheets"][0]["data"][0]["rowData"]
    for n in (1, 3):
        cell = rows[n]["values"][0]
        assert cell["userEnteredFormat"]["textFormat"]["bold"] is True
        assert cell["dataValidation"]["condition"]["type"] == "ONE_OF_LIST"
        assert "userEnteredValue" not in cell
        assert "note" not in cell
    assert rows[2]["values"][0]["note"] == "n"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"insertDimension": {"range": span(10, 11)}}, "must be less than the grid size (10)"),
        ({"insertDimension": {"range": span(0, 1), "inheritFromBefore": True}}, "greater than 0"),
        ({"insertDimension": {"range": span(3, 3)}}, "must be after"),
        ({"deleteDimension": {"range": span(9, 11)}}, "after last row in grid"),
        ({"deleteDimension": {"range": span(0, 10)}}, "can't delete all the rows"),
        ({"deleteDimension": {"range": {"sheetId": 9, "dimension": "ROWS"}}}, "No grid with id: 9"),
        ({"deleteDimension": {"range": {"sheetId": 0, "startIndex": 0, "endIndex": 1}}}, "dimension must be set"),
        ({"moveDimension": {"source": span(1, 4), "destinationIndex": 2}}, "must not be inside"),
        ({"updateDimensionProperties": {"range": span(0, 1), "properties": {}, "fields": ""}}, "At least one field"),
        ({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 0}}, "length"),
        ({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 9_999_999}}, "limit of 10000000 cells"),
    ],
)
def test_refused_structure(bench: Bench, book: str, request_: Json, message: str) -> None:
    said = bench.refused(book, request_)
    assert message in said
    assert said.startswith(f"Invalid requests[0].{next(iter(request_))}: ")


def test_sort_is_stable_types_in_order_blanks_last(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["b", 1], [3, 2], ["", 3], ["A", 4], [True, 5], [1, 6], ["a", 7]])
    request = {"range": grid(0, 8, 0, 2), "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}
    bench.batch(book, {"sortRange": request})
    assert [row[1] for row in bench.get(book, "Stops!A1:B7")] == [6, 2, 4, 7, 1, 5, 3]
    request["sortSpecs"] = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]  # type: ignore[assignment]
    bench.batch(book, {"sortRange": request})
    assert [row[1] for row in bench.get(book, "Stops!A1:B7")] == [5, 1, 4, 7, 2, 6, 3]


def test_sort_by_two_columns_moves_only_the_range_and_carries_notes_and_formulas(bench: Bench, book: str) -> None:
    bench.put(
        book, "A1", [[2, "x", "=A1*10", "stays1"], [1, "y", "=A2*10", "stays2"], [1, "a", "=A3*10"]], "USER_ENTERED"
    )
    note = {"start": {"sheetId": 0}, "rows": [{"values": [{"note": "two"}]}], "fields": "note"}
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}, {"dimensionIndex": 1, "sortOrder": "ASCENDING"}]
    bench.batch(book, {"updateCells": note}, {"sortRange": {"range": grid(0, 3, 0, 3), "sortSpecs": specs}})
    assert bench.get(book, "Stops!A1:D3", "FORMULA") == [
        [1, "a", "=A1*10", "stays1"],
        [1, "y", "=A2*10", "stays2"],
        [2, "x", "=A3*10"],
    ]
    assert bench.whole(book)["sheets"][0]["data"][0]["rowData"][2]["values"][0]["note"] == "two"


def test_cut_and_paste_takes_references_along_and_copy_does_not(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [[1, "=A1+1", "=$A$1"]], "USER_ENTERED")
    to = {"sheetId": 0, "rowIndex": 4, "columnIndex": 3}
    bench.batch(
        book,
        {"copyPaste": {"source": grid(0, 1, 1, 3), "destination": grid(2, 3, 2, 4), "pasteType": "PASTE_NORMAL"}},
        {"cutPaste": {"source": grid(0, 1, 0, 1), "destination": to, "pasteType": "PASTE_NORMAL"}},
    )
    assert bench.get(book, "Stops!A1:D5", "FORMULA") == [
        ["", "=D5+1", "=$D$5"],
        [],
        ["", "", "=B3+1", "=$D$5"],
        [],
        ["", "", "", 1],
    ]


def test_copy_of_values_copies_results_and_repeats(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["=1+1", "t"]], "USER_ENTERED")
    request = {"source": grid(0, 1, 0, 2), "destination": grid(2, 4, 0, 4), "pasteType": "PASTE_VALUES"}
    bench.batch(book, {"copyPaste": request})
    assert bench.get(book, "Stops!A3:D4", "FORMULA") == [[2, "t", 2, "t"], [2, "t", 2, "t"]]
    request = {"source": grid(0, 1, 0, 2), "destination": grid(5, 6, 0, 1), "pasteType": "PASTE_NORMAL"}
    bench.batch(book, {"copyPaste": {**request, "pasteOrientation": "TRANSPOSE"}})
    assert bench.get(book, "Stops!A6:A7") == [[2], ["t"]]


def test_copies_are_independent(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["a"]])
    bench.batch(book, {"copyPaste": {"source": grid(0, 1, 0, 1), "destination": grid(1, 2, 0, 1)}})
    bench.batch(book, {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 5, "newSheetName": "Two"}})
    bench.put(book, "Stops!A1", [["changed"]])
    assert bench.get(book, "Stops!A2") == [["a"]]
    assert bench.get(book, "Two!A1") == [["a"]]


def test_merge_keeps_only_the_first_value(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [[1, 2], [3, 4], [5, 6]])
    bench.batch(book, {"mergeCells": {"range": grid(0, 2, 0, 2), "mergeType": "MERGE_ROWS"}})
    assert bench.get(book, "Stops!A1:B3") == [[1], [3], [5, 6]]
    assert "must select all cells" in bench.refused(book, {"mergeCells": {"range": grid(0, 3, 1, 2)}})
    assert "must select all cells" in bench.refused(book, {"unmergeCells": {"range": grid(0, 1, 0, 1)}})
    bench.batch(book, {"unmergeCells": {"range": grid(0, 2, 0, 2)}})
    assert "merges" not in bench.whole(book)["sheets"][0]


def test_vertical_merges_cannot_be_sorted(bench: Bench, book: str) -> None:
    bench.batch(book, {"mergeCells": {"range": grid(0, 2, 0, 1), "mergeType": "MERGE_ALL"}})
    specs = [{"dimensionIndex": 1, "sortOrder": "ASCENDING"}]
    assert "vertical merges" in bench.refused(book, {"sortRange": {"range": grid(0, 4, 0, 2), "sortSpecs": specs}})


def test_insert_and_delete_range_shift_cells(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [[1, "x"], [2, "y"], [3, "=A2"]], "USER_ENTERED")
    bench.batch(book, {"insertRange": {"range": grid(1, 2, 0, 1), "shiftDimension": "ROWS"}})
    assert bench.get(book, "Stops!A1:B4", "FORMULA") == [[1, "x"], ["", "y"], [2, "=A3"], [3]]
    bench.batch(book, {"deleteRange": {"range": grid(1, 2, 0, 1), "shiftDimension": "ROWS"}})
    assert bench.get(book, "Stops!A1:B3", "FORMULA") == [[1, "x"], [2, "y"], [3, "=A2"]]
    bench.batch(book, {"deleteRange": {"range": grid(0, 1, 0, 1), "shiftDimension": "COLUMNS"}})
    assert bench.get(book, "Stops!A1:B1") == [["x"]]
    bench.put(book, "A10", [["edge"]])
    bench.batch(book, {"insertRange": {"range": grid(0, 1, 0, 1), "shiftDimension": "ROWS"}})
    assert bench.get(book, "Stops!A11") == [["edge"]]


def test_resize_drops_and_grows(bench: Bench, book: str) -> None:
    dress(bench, book)
    size = {"sheetId": 0, "gridProperties": {"rowCount": 4, "columnCount": 2}}
    fields = "gridProperties.rowCount,gridProperties.columnCount"
    bench.batch(book, {"updateSheetProperties": {"properties": size, "fields": fields}})
    assert spans_of(bench, book) == {(2, 4, 1, 2)}
    assert bench.ok("GET", f"/v4/spreadsheets/{book}/values/Stops")["range"] == "Stops!A1:B4"
    for bad in ({"rowCount": 0}, {"rowCount": 6_000_000}, {"columnCount": 18_279}):
        request = {"properties": {"sheetId": 0, "gridProperties": bad}, "fields": f"gridProperties.{next(iter(bad))}"}
        bench.refused(book, {"updateSheetProperties": request})


def test_cells_of_all_tabs_count_towards_the_limit(bench: Bench, book: str) -> None:
    half = {"gridProperties": {"rowCount": 300, "columnCount": 18_000}}
    bench.batch(book, {"addSheet": {"properties": half}})
    body = {"requests": [{"addSheet": {"properties": half}}]}
    assert "limit of 10000000 cells" in bench.bad("POST", f"/v4/spreadsheets/{book}:batchUpdate", body)["message"]


def test_deleting_frozen_rows_thaws_them(bench: Bench, book: str) -> None:
    props = {"sheetId": 0, "gridProperties": {"frozenRowCount": 2}}
    bench.batch(book, {"updateSheetProperties": {"properties": props, "fields": "gridProperties.frozenRowCount"}})
    assert "all non-frozen rows" in bench.refused(book, {"deleteDimension": {"range": span(2, 10)}})
    bench.batch(book, {"deleteDimension": {"range": span(0, 1)}})
    assert bench.whole(book)["sheets"][0]["properties"]["gridProperties"]["frozenRowCount"] == 1
    props["gridProperties"] = {"frozenRowCount": 9}  # type: ignore[assignment]
    request = {"properties": props, "fields": "gridProperties.frozenRowCount"}
    assert "freeze all visible rows" in bench.refused(book, {"updateSheetProperties": request})


def test_groups_nest_and_fold(bench: Bench, book: str) -> None:
    bench.batch(book, {"addDimensionGroup": {"range": span(1, 6)}}, {"addDimensionGroup": {"range": span(2, 4)}})
    fold = {"range": span(2, 4), "depth": 2, "collapsed": True}
    bench.batch(book, {"updateDimensionGroup": {"dimensionGroup": fold, "fields": "collapsed"}})
    sheet = bench.whole(book)["sheets"][0]
    groups = [
        (g["range"]["startIndex"], g["range"]["endIndex"], g["depth"], g.get("collapsed")) for g in sheet["rowGroups"]
    ]
    assert groups == [(1, 6, 1, None), (2, 4, 2, True)]
    assert [bool(r.get("hiddenByUser")) for r in sheet["data"][0]["rowMetadata"][:5]] == [
        False,
        False,
        True,
        True,
        False,
    ]
    bench.batch(book, {"deleteDimensionGroup": {"range": span(1, 6)}})
    groups_ = bench.whole(book)["sheets"][0]["rowGroups"]
    assert [(g["range"]["startIndex"], g["range"]["endIndex"], g["depth"]) for g in groups_] == [(2, 4, 1)]
    assert "no groups" in bench.refused(book, {"deleteDimensionGroup": {"range": span(8, 9)}})


def test_renamed_and_deleted_tabs_in_formulas(bench: Bench, book: str) -> None:
    bench.batch(book, {"addSheet": {"properties": {"sheetId": 7, "title": "Pay run"}}})
    bench.put(book, "'Pay run'!A1", [[5]])
    bench.put(book, "Stops!A1", [["='Pay run'!A1*2"]], "USER_ENTERED")
    assert bench.get(book, "Stops!A1") == [[10]]
    bench.batch(book, {"updateSheetProperties": {"properties": {"sheetId": 7, "title": "Pay"}, "fields": "title"}})
    assert bench.get(book, "Stops!A1", "FORMULA") == [["=Pay!A1*2"]]
    assert bench.get(book, "Stops!A1") == [[10]]
    bench.batch(book, {"deleteSheet": {"sheetId": 7}})
    assert bench.get(book, "Stops!A1", "FORMULA") == [["=#REF!*2"]]
