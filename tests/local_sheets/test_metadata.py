"""Developer metadata and DataFilters: they find their row wherever it went; the open questions are switches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_sheets.conftest import Bench

Json = dict[str, Any]


def span(start: int, end: int) -> Json:
    return {"sheetId": 0, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def tag(row: int, number: int | None = None, key: str = "r", value: str | None = None) -> Json:
    meta: Json = {"metadataKey": key, "visibility": "DOCUMENT", "location": {"dimensionRange": span(row, row + 1)}}
    if number is not None:
        meta["metadataId"] = number
    if value is not None:
        meta["metadataValue"] = value
    return {"createDeveloperMetadata": {"developerMetadata": meta}}


def by_id(number: int) -> Json:
    return {"developerMetadataLookup": {"metadataId": number}}


def row_of(bench: Bench, book: str, number: int) -> int:
    found = bench.ok("GET", f"/v4/spreadsheets/{book}/developerMetadata/{number}")
    return int(found["location"]["dimensionRange"]["startIndex"])


@pytest.fixture
def tagged(bench: Bench, book: str) -> str:
    """Rows a to e, each with the metadata id 100 + its number."""
    bench.put(book, "A1", [["a"], ["b"], ["c"], ["d"], ["e"]])
    bench.batch(book, *[tag(n, 100 + n) for n in range(5)])
    return book


@pytest.mark.parametrize(
    ("request_", "want"),
    [
        ({"insertDimension": {"range": span(0, 2)}}, {100: 2, 104: 6}),
        ({"insertDimension": {"range": span(2, 3)}}, {100: 0, 102: 3}),
        ({"deleteDimension": {"range": span(1, 2)}}, {100: 0, 102: 1, 104: 3}),
        ({"moveDimension": {"source": span(0, 1), "destinationIndex": 5}}, {100: 4, 101: 0, 104: 3}),
        ({"moveDimension": {"source": span(3, 5), "destinationIndex": 0}}, {103: 0, 104: 1, 100: 2}),
    ],
)
def test_metadata_moves_with_its_row(bench: Bench, tagged: str, request_: Json, want: dict[int, int]) -> None:
    bench.batch(tagged, request_)
    assert {number: row_of(bench, tagged, number) for number in want} == want
    for number in want:
        body = {"dataFilters": [by_id(number)], "valueRenderOption": "UNFORMATTED_VALUE"}
        found = bench.ok("POST", f"/v4/spreadsheets/{tagged}/values:batchGetByDataFilter", body)
        assert found["valueRanges"][0]["valueRange"]["values"] == [["abcde"[number - 100]]]


def test_metadata_goes_with_its_row_and_its_tab(bench: Bench, tagged: str) -> None:
    bench.batch(tagged, {"deleteDimension": {"range": span(1, 2)}})
    bench.bad("GET", f"/v4/spreadsheets/{tagged}/developerMetadata/101")
    bench.batch(tagged, {"addSheet": {"properties": {"sheetId": 5, "title": "T"}}}, {"deleteSheet": {"sheetId": 0}})
    found = bench.ok("POST", f"/v4/spreadsheets/{tagged}/developerMetadata:search", {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "r"}}]})  # fmt: skip
    assert found == {}


@pytest.mark.parametrize("follows", [False, True])
def test_whether_metadata_follows_a_sort_is_a_switch(bench: Bench, tagged: str, follows: bool) -> None:
    bench.switch(metadata_follows_sort=follows)
    grid = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 5, "startColumnIndex": 0, "endColumnIndex": 1}
    bench.batch(tagged, {"sortRange": {"range": grid, "sortSpecs": [{"sortOrder": "DESCENDING"}]}})
    assert bench.get(tagged, "Stops") == [[c] for c in "edcba"]
    assert row_of(bench, tagged, 100) == (4 if follows else 0)
    assert row_of(bench, tagged, 103) == (1 if follows else 3)


@pytest.mark.parametrize("follows", [False, True])
def test_whether_metadata_follows_cut_rows_is_a_switch(bench: Bench, tagged: str, follows: bool) -> None:
    bench.switch(metadata_follows_cut=follows)
    grid = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}
    to = {"sheetId": 0, "rowIndex": 7, "columnIndex": 0}
    bench.batch(tagged, {"cutPaste": {"source": grid, "destination": to, "pasteType": "PASTE_NORMAL"}})
    assert bench.get(tagged, "A8") == [["a"]]
    assert row_of(bench, tagged, 100) == (7 if follows else 0)


@pytest.mark.parametrize("policy", ["reject", "accept"])
def test_whether_a_taken_id_is_refused_is_a_switch(bench: Bench, tagged: str, policy: str) -> None:
    bench.switch(duplicate_metadata_id=policy)
    write = {"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [{"note": "n"}]}], "fields": "note"}}
    if policy == "reject":
        assert "already exists" in bench.refused(tagged, write, tag(3, 100))
        assert row_of(bench, tagged, 100) == 0
    else:
        bench.batch(tagged, write, tag(3, 100))
        assert row_of(bench, tagged, 100) == 3


@pytest.mark.parametrize("policy", ["empty", "error"])
def test_what_an_unmatched_filter_does_is_a_switch(bench: Bench, tagged: str, policy: str) -> None:
    bench.switch(unmatched_filter=policy)
    data = [{"dataFilter": by_id(999), "values": [["lost"]]}]
    path = f"/v4/spreadsheets/{tagged}/values:batchUpdateByDataFilter"
    body = {"valueInputOption": "RAW", "data": data}
    delete = {"deleteDeveloperMetadata": {"dataFilter": by_id(999)}}
    if policy == "error":
        assert "matches the data filter" in bench.bad("POST", path, body)["message"]
        bench.refused(tagged, delete)
    else:
        assert bench.ok("POST", path, body) == {"spreadsheetId": tagged}
        assert bench.batch(tagged, delete)["replies"] == [{"deleteDeveloperMetadata": {}}]
    assert bench.get(tagged, "Stops") == [[c] for c in "abcde"]


def test_write_by_filter_answers_with_the_whole_row(bench: Bench, tagged: str) -> None:
    bench.batch(tagged, {"insertDimension": {"range": span(0, 1)}})
    data = [{"dataFilter": by_id(102), "values": [["c", "new"]]}]
    body = {"valueInputOption": "RAW", "data": data, "includeValuesInResponse": True}
    found = bench.ok("POST", f"/v4/spreadsheets/{tagged}/values:batchUpdateByDataFilter", body)
    response = found["responses"][0]
    assert (response["updatedRange"], response["updatedCells"]) == ("Stops!A4:B4", 2)
    assert response["updatedData"] == {"range": "Stops!A4:F4", "majorDimension": "ROWS", "values": [["c", "new"]]}
    assert response["dataFilter"] == by_id(102)
    assert found["totalUpdatedRows"] == 1
    cleared = bench.ok(
        "POST", f"/v4/spreadsheets/{tagged}/values:batchClearByDataFilter", {"dataFilters": [by_id(102)]}
    )
    assert cleared["clearedRanges"] == ["Stops!A4:F4"]


def test_a_filter_writes_every_range_that_it_matches(bench: Bench, tagged: str) -> None:
    data = [{"dataFilter": {"developerMetadataLookup": {"metadataKey": "r"}}, "values": [[None, "all"]]}]
    body = {"valueInputOption": "RAW", "data": data}
    found = bench.ok("POST", f"/v4/spreadsheets/{tagged}/values:batchUpdateByDataFilter", body)
    assert found["totalUpdatedCells"] == 5
    assert bench.get(tagged, "B1:B5") == [["all"]] * 5


def test_lookups(bench: Bench, tagged: str) -> None:
    sheet = {"metadataKey": "s", "visibility": "PROJECT", "location": {"sheetId": 0}, "metadataId": 1}
    whole = {"metadataKey": "w", "visibility": "DOCUMENT", "location": {"spreadsheet": True}, "metadataId": 2}
    column = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    col = {"metadataKey": "c", "visibility": "DOCUMENT", "location": {"dimensionRange": column}, "metadataId": 3}
    bench.batch(tagged, *[{"createDeveloperMetadata": {"developerMetadata": m}} for m in (sheet, whole, col)])
    bench.batch(tagged, tag(4, 200, "r", "v"))

    def search(look: Json) -> list[int]:
        body = {"dataFilters": [{"developerMetadataLookup": look}]}
        found = bench.ok("POST", f"/v4/spreadsheets/{tagged}/developerMetadata:search", body)
        return [m["developerMetadata"]["metadataId"] for m in found.get("matchedDeveloperMetadata", [])]

    place = {"dimensionRange": span(2, 5)}
    assert search({"metadataKey": "r"}) == [100, 101, 102, 103, 104, 200]
    assert search({"metadataKey": "r", "metadataValue": "v"}) == [200]
    assert search({"visibility": "PROJECT"}) == [1]
    assert search({"locationType": "COLUMN"}) == [3]
    assert search({"locationType": "SPREADSHEET"}) == [2]
    exact = {"locationMatchingStrategy": "EXACT_LOCATION"}
    assert search({"metadataLocation": {"dimensionRange": span(2, 3)}, **exact}) == [102]
    assert search({"metadataLocation": {"dimensionRange": span(2, 3)}}) == [1, 3, 102]
    assert search({"metadataLocation": place, "locationMatchingStrategy": "INTERSECTING_LOCATION", "locationType": "ROW"}) == [102, 103, 104, 200]  # fmt: skip
    assert search({"metadataLocation": {"sheetId": 0}, **exact}) == [1]
    assert search({"metadataLocation": {"sheetId": 0}}) == [1, 3, 100, 101, 102, 103, 104, 200]
    assert search({"metadataLocation": {"spreadsheet": True}}) == [2]
    path = f"/v4/spreadsheets/{tagged}/developerMetadata:search"
    for wrong in (exact, {"metadataLocation": place, **exact, "locationType": "ROW"}, {"metadataLocation": place, "locationType": "SPREADSHEET"}):  # fmt: skip
        bench.bad("POST", path, {"dataFilters": [{"developerMetadataLookup": wrong}]})
    shown = bench.whole(tagged)
    assert [m["metadataId"] for m in shown["developerMetadata"]] == [2]
    assert [m["metadataId"] for m in shown["sheets"][0]["developerMetadata"]] == [1]
    data = shown["sheets"][0]["data"][0]
    assert [m["metadataId"] for m in data["rowMetadata"][4]["developerMetadata"]] == [104, 200]
    assert [m["metadataId"] for m in data["columnMetadata"][1]["developerMetadata"]] == [3]
    body = {"dataFilters": [{"gridRange": {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 2}}]}
    found = bench.ok("POST", f"/v4/spreadsheets/{tagged}/developerMetadata:search", body)
    assert [m["developerMetadata"]["metadataId"] for m in found["matchedDeveloperMetadata"]] == [1, 3, 101]


def test_update_and_delete(bench: Bench, tagged: str) -> None:
    change = {"metadataValue": "v2", "location": {"dimensionRange": span(8, 9)}}
    request = {"dataFilters": [by_id(100)], "developerMetadata": change, "fields": "metadataValue,location"}
    reply = bench.batch(tagged, {"updateDeveloperMetadata": request})["replies"][0]["updateDeveloperMetadata"]
    assert reply["developerMetadata"][0]["metadataValue"] == "v2"
    assert row_of(bench, tagged, 100) == 8
    reply = bench.batch(tagged, {"deleteDeveloperMetadata": {"dataFilter": by_id(100)}})["replies"][0]
    assert reply["deleteDeveloperMetadata"]["deletedDeveloperMetadata"][0]["metadataId"] == 100
    bench.bad("GET", f"/v4/spreadsheets/{tagged}/developerMetadata/100")


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"metadataKey": "k", "location": {"sheetId": 0}}, "visibility"),
        ({"metadataKey": "k", "visibility": "DOCUMENT", "location": {"sheetId": 0}, "metadataId": 0}, "positive"),
        ({"visibility": "DOCUMENT", "location": {"sheetId": 0}}, "metadataKey"),
        ({"metadataKey": "k", "visibility": "DOCUMENT"}, "Exactly one of"),
        ({"metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": span(0, 2)}}, "single row"),
        (
            {"metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": span(10, 11)}},
            "after last row",
        ),
        ({"metadataKey": "k" * 30_001, "visibility": "DOCUMENT", "location": {"sheetId": 0}}, "30000 characters"),
    ],
)
def test_refused_metadata(bench: Bench, book: str, meta: Json, message: str) -> None:
    assert message in bench.refused(book, {"createDeveloperMetadata": {"developerMetadata": meta}})


def test_get_by_data_filter_shows_only_what_is_meant(bench: Bench, tagged: str) -> None:
    bench.batch(tagged, {"addSheet": {"properties": {"title": "Other"}}})
    body = {"dataFilters": [by_id(103)], "includeGridData": True}
    found = bench.ok("POST", f"/v4/spreadsheets/{tagged}:getByDataFilter", body)
    assert [s["properties"]["title"] for s in found["sheets"]] == ["Stops"]
    data = found["sheets"][0]["data"]
    assert (len(data), data[0]["startRow"], data[0]["rowData"][0]["values"][0]["formattedValue"]) == (1, 3, "d")


def test_the_limit_counts_keys_and_values_by_tab(bench: Bench, book: str) -> None:
    bench.batch(book, {"addSheet": {"properties": {"sheetId": 5, "title": "T"}}})

    def make(number: int, sheet: int, value: str) -> Json:
        meta = {"metadataId": number, "metadataKey": "k", "metadataValue": value, "visibility": "DOCUMENT", "location": {"sheetId": sheet}}  # fmt: skip
        return {"createDeveloperMetadata": {"developerMetadata": meta}}

    bench.batch(book, make(1, 0, "x" * 20_000), make(2, 5, "x" * 29_999))
    assert "30000 characters" in bench.refused(book, make(3, 0, "x" * 10_000))
    bench.batch(book, make(3, 0, "x" * 9_998))
    change = {
        "dataFilters": [by_id(1)],
        "developerMetadata": {"metadataValue": "x" * 20_001},
        "fields": "metadataValue",
    }
    assert "30000 characters" in bench.refused(book, {"updateDeveloperMetadata": change})
    bench.batch(book, {"deleteDeveloperMetadata": {"dataFilter": by_id(3)}}, {"updateDeveloperMetadata": change})
    assert "30000 characters" in bench.refused(book, make(4, 5, ""))
