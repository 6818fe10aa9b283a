"""Examples that Google gives in the reference of the Sheets API, re-typed; each test names where it stands.

"reference" is the description of the message in the v4 discovery document, "guide" a page of the published guides.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_sheets.conftest import Bench

Json = dict[str, Any]


def columns(first: str, last: str) -> Json:
    """``B`` to ``E`` as a DimensionRange."""
    return {"sheetId": 0, "dimension": "COLUMNS", "startIndex": ord(first) - 65, "endIndex": ord(last) - 64}


def groups(bench: Bench, book: str) -> list[tuple[str, int]]:
    found = bench.whole(book)["sheets"][0].get("columnGroups", [])
    return [(f"{chr(65 + g['range']['startIndex'])}:{chr(64 + g['range']['endIndex'])}", g["depth"]) for g in found]


@pytest.mark.parametrize(
    ("first", "second", "want"),
    [
        (("C", "D"), ("B", "E"), [("B:E", 1), ("C:D", 2)]),
        (("B", "E"), ("C", "D"), [("B:E", 1), ("C:D", 2)]),
        (("B", "D"), ("C", "E"), [("B:E", 1), ("C:D", 2)]),
    ],
)
def test_add_dimension_group(
    bench: Bench, book: str, first: tuple[str, str], second: tuple[str, str], want: list[tuple[str, int]]
) -> None:
    """Reference, AddDimensionGroupRequest."""
    bench.batch(book, *[{"addDimensionGroup": {"range": columns(*pair)}} for pair in (first, second)])
    assert groups(bench, book) == want


def test_delete_dimension_group(bench: Bench, book: str) -> None:
    """Reference, DeleteDimensionGroupRequest."""
    for pair in (("B", "E"), ("C", "D")):
        bench.batch(book, {"addDimensionGroup": {"range": columns(*pair)}})
    bench.batch(book, {"deleteDimensionGroup": {"range": columns("D", "E")}})
    assert groups(bench, book) == [("B:D", 1), ("C:C", 2)]


def test_move_dimension(bench: Bench, book: str) -> None:
    """Reference, MoveDimensionRequest.destinationIndex."""
    bench.put(book, "A1", [[0], [1], [2], [3], [4]])
    source = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 3}
    bench.batch(book, {"moveDimension": {"source": source, "destinationIndex": 4}})
    assert bench.get(book, "A1:A5") == [[0], [3], [1], [2], [4]]


def test_sheet_index(bench: Bench) -> None:
    """Reference, SheetProperties.index: to move S1 ahead of S2's successor the index has to be 2."""
    book = bench.create(sheets=[{"properties": {"sheetId": n, "title": f"S{n}"}} for n in (1, 2, 3)])

    def move(index: int) -> list[str]:
        change = {"properties": {"sheetId": 1, "index": index}, "fields": "index"}
        bench.batch(book, {"updateSheetProperties": change})
        return [s["properties"]["title"] for s in bench.ok("GET", f"/v4/spreadsheets/{book}")["sheets"]]

    assert move(0) == ["S1", "S2", "S3"]
    assert move(1) == ["S1", "S2", "S3"]
    assert move(2) == ["S2", "S1", "S3"]


def test_find_replace_by_regex(bench: Bench, book: str) -> None:
    """Reference, FindReplaceRequest.searchByRegex."""
    bench.put(book, "A1", [["Google Sheets"], ["Google Docs"]])
    request = {"find": "o.* (.*)", "replacement": "$1 Rocks", "searchByRegex": True, "allSheets": True}
    bench.batch(book, {"findReplace": request})
    assert bench.get(book, "A1:A2") == [["GSheets Rocks"], ["GDocs Rocks"]]


def test_inherit_from_before(bench: Bench, book: str) -> None:
    """Reference, InsertDimensionRequest.inheritFromBefore: two rows at index 1 between a red and a green row."""
    for before in (True, False):
        paint = [
            {
                "repeatCell": {
                    "range": {"sheetId": 0, "startRowIndex": row, "endRowIndex": row + 1},
                    "cell": {"userEnteredFormat": {"backgroundColor": color}},
                    "fields": "userEnteredFormat.backgroundColor",
                }
            }
            for row, color in ((0, {"red": 1}), (1, {"green": 1}))
        ]
        span = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 3}
        bench.batch(book, *paint, {"insertDimension": {"range": span, "inheritFromBefore": before}})
        rows = bench.whole(book)["sheets"][0]["data"][0]["rowData"]
        want = {"red": 1} if before else {"green": 1}
        assert [rows[n]["values"][0]["userEnteredFormat"]["backgroundColor"] for n in (1, 2)] == [want, want]


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("Stops!A1:A1", (0, 1, 0, 1)),
        ("Stops!A3:B4", (2, 4, 0, 2)),
        ("Stops!A:B", (None, None, 0, 2)),
        ("Stops!A5:B", (4, None, 0, 2)),
        ("Stops", (None, None, None, None)),
    ],
)
def test_a1_notation_and_grid_range(bench: Bench, book: str, text: str, bounds: tuple[int | None, ...]) -> None:
    """Reference, GridRange: both ways of writing mean the same cells."""
    bench.put(book, "A1", [[f"{r}{c}" for c in range(6)] for r in range(10)])
    names = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    grid = {"sheetId": 0, **{name: value for name, value in zip(names, bounds, strict=True) if value is not None}}
    body = {"dataFilters": [{"gridRange": grid}], "valueRenderOption": "UNFORMATTED_VALUE"}
    by_grid = bench.ok("POST", f"/v4/spreadsheets/{book}/values:batchGetByDataFilter", body)["valueRanges"][0][
        "valueRange"
    ]
    by_text = bench.ok("GET", f"/v4/spreadsheets/{book}/values/{text}", query="valueRenderOption=UNFORMATTED_VALUE")
    assert by_grid == by_text


def test_major_dimension(bench: Bench, book: str) -> None:
    """Reference, ValueRange.majorDimension."""
    path = f"/v4/spreadsheets/{book}/values/A1:B2"
    for major, want in (("ROWS", [[1, 2], [3, 4]]), ("COLUMNS", [[1, 3], [2, 4]])):
        bench.ok("PUT", path, {"majorDimension": major, "values": [[1, 2], [3, 4]]}, "valueInputOption=RAW")
        assert bench.get(book, "A1:B2") == want
        found = bench.ok("GET", path, query=f"majorDimension={major}&valueRenderOption=UNFORMATTED_VALUE")
        assert found["values"] == [[1, 2], [3, 4]]


def test_render_options(bench: Bench, book: str) -> None:
    """Reference, valueRenderOption: A1 is 1.23 and A2 is =A1, formatted as currency."""
    bench.put(book, "A1", [[1.23], ["=A1"]], "USER_ENTERED")
    style = {"userEnteredFormat": {"numberFormat": {"type": "CURRENCY"}}}
    grid = {"sheetId": 0, "endRowIndex": 2, "endColumnIndex": 1}
    bench.batch(book, {"repeatCell": {"range": grid, "cell": style, "fields": "userEnteredFormat.numberFormat"}})
    for option, want in (("FORMATTED_VALUE", "$1.23"), ("UNFORMATTED_VALUE", 1.23), ("FORMULA", "=A1")):
        assert bench.get(book, "A2", option) == [[want]]


@pytest.mark.parametrize(("number", "want"), [(2.5, "1900-01-01 12:00:00"), (33.625, "1900-02-01 15:00:00")])
def test_serial_numbers(bench: Bench, book: str, number: float, want: str) -> None:
    """Reference, dateTimeRenderOption: days since December 30th 1899; 1900 is not a leap year."""
    style = {"numberFormat": {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm:ss"}}
    cell = {"userEnteredValue": {"numberValue": number}, "userEnteredFormat": style}
    bench.batch(book, {"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [cell]}], "fields": "*"}})
    assert bench.get(book, "A1", "FORMATTED_VALUE") == [[want]]
    bench.put(book, "A2", [[want.removesuffix(":00")]], "USER_ENTERED")
    assert bench.get(book, "A2") == [[number]]


@pytest.mark.parametrize(
    ("where", "table", "row"),
    [
        ("Stops", "Stops!B4:D6", "Stops!B7:D7"),
        ("B4", "Stops!B4:D6", "Stops!B7:D7"),
        ("C5:D5", "Stops!B4:D6", "Stops!B7:D7"),
        ("A2", "Stops!A1:C2", "Stops!A3:C3"),
        ("A3:F10", "Stops!B4:D6", "Stops!B7:D7"),
    ],
)
def test_append(bench: Bench, book: str, where: str, table: str, row: str) -> None:
    """Guide "Reading & writing cell values", append: two tables, A1:C2 and B4:D6."""
    bench.put(book, "A1", [["x", "y", "z"], ["x", "y", "z"]])
    bench.put(book, "B4", [["x", "y"], ["y", "z"], ["x", "y", "z"]])
    bench.put(book, "D4", [["z"], ["x"]])
    path = f"/v4/spreadsheets/{book}/values/{where}:append"
    found = bench.ok("POST", path, {"values": [[1, 2, 3]]}, "valueInputOption=RAW")
    assert (found["tableRange"], found["updates"]["updatedRange"]) == (table, row)


def test_write_by_developer_metadata(bench: Bench, book: str) -> None:
    """Guide "Read & write developer metadata": the row may have moved; the answer shows the range that was matched."""
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": 5, "endIndex": 6}
    meta = {
        "metadataKey": "Sales",
        "metadataValue": "2026",
        "location": {"dimensionRange": span},
        "visibility": "DOCUMENT",
    }
    reply = bench.batch(book, {"createDeveloperMetadata": {"developerMetadata": meta}})["replies"][0]
    number = reply["createDeveloperMetadata"]["developerMetadata"]["metadataId"]
    bench.batch(book, {"insertDimension": {"range": {**span, "startIndex": 0, "endIndex": 1}}})
    look = {"developerMetadataLookup": {"metadataKey": "Sales", "metadataValue": "2026"}}
    found = bench.ok("POST", f"/v4/spreadsheets/{book}/developerMetadata:search", {"dataFilters": [look]})
    match = found["matchedDeveloperMetadata"][0]
    assert match["dataFilters"] == [look]
    assert match["developerMetadata"]["metadataId"] == number
    assert match["developerMetadata"]["location"]["dimensionRange"]["startIndex"] == 6
    body = {"valueInputOption": "USER_ENTERED", "data": [{"dataFilter": look, "values": [["Q1", "100"]]}]}
    found = bench.ok(
        "POST", f"/v4/spreadsheets/{book}/values:batchUpdateByDataFilter", {**body, "includeValuesInResponse": True}
    )
    assert found["responses"][0]["updatedRange"] == "Stops!A7:B7"
    assert found["responses"][0]["updatedData"]["range"] == "Stops!A7:F7"
