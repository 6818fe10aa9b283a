"""Bad input: a Google-shaped 4xx that names the field, never a 500, never a partial write."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_sheets import masks, methods, schema, wire
from local_sheets.schema_build import text
from tests.local_sheets import discovery
from tests.local_sheets.conftest import Bench

Json = dict[str, Any]


def test_the_condensed_schema_is_what_the_discovery_documents_say() -> None:
    packaged = json.dumps(schema.load(), sort_keys=True)
    assert json.dumps(json.loads(text()), sort_keys=True) == packaged, "run python -m local_sheets.schema_build"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Invalid JSON payload received. Unexpected token."),
        (b"[1,2", "Invalid JSON payload"),
        (b"\xff\xfe", "Invalid JSON payload"),
        (b'{"values": [[NaN]]}', "Invalid JSON payload"),
        (b'{"values": [["\\ud800"]]}', "Invalid JSON payload"),
        (b"[" * 100_000, "Invalid JSON payload"),
        (b'{"values": [[1' + b"0" * 5000 + b"]]}", "Invalid JSON payload"),
        (b'{"values": [[1e999]]}', "out of range"),
        (b"7", "Invalid value at 'data'"),
        (b'{"values": "X"}', "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"X\""),
        (b'{"values": ["X"]}', "Invalid value at 'data.values[0]'"),
        (b'{"value": []}', "Unknown name \"value\" at 'data': Cannot find field."),
        (b'{"majorDimension": "DIAGONAL"}', "Invalid value at 'data.major_dimension'"),
    ],
)
def test_bad_bodies(bench: Bench, book: str, body: bytes, message: str) -> None:
    before = bench.whole(book)
    error = bench.bad("PUT", f"/v4/spreadsheets/{book}/values/A1", body, "valueInputOption=RAW")
    assert message in error["message"]
    assert bench.whole(book) == before


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"requests": [{"addSheet": {"propertis": {}}}]}, "requests[0].add_sheet"),
        ({"requests": [{"addSheet": {"properties": {"index": "x"}}}]}, "requests[0].add_sheet.properties.index"),
        ({"requests": [{"addSheet": {"properties": {"index": 2**40}}}]}, "requests[0].add_sheet.properties.index"),
        ({"requests": [{"addSheet": {"properties": {"title": 5}}}]}, "requests[0].add_sheet.properties.title"),
        ({"requests": [{"addSheet": {"properties": {"hidden": "maybe"}}}]}, "requests[0].add_sheet.properties.hidden"),
        ({"requests": {"addSheet": {}}}, "requests"),
        ({"requests": [5]}, "requests[0]"),
        ({"requests": [{}]}, "requests[0]"),
        ({"requests": [{"addSheet": {}, "deleteSheet": {}}]}, "requests[0]"),
        ({"requests": []}, "requests"),
        ({}, "requests"),
    ],
)
def test_bad_fields_are_named(bench: Bench, book: str, request_: Json, field: str) -> None:
    error = bench.bad("POST", f"/v4/spreadsheets/{book}:batchUpdate", request_)
    assert error["details"][0]["fieldViolations"][0]["field"] == field
    assert error["status"] == "INVALID_ARGUMENT"


def test_lists_in_lists_are_flattened(bench: Bench, book: str) -> None:
    body = {"requests": [[{"addSheet": {}}, {"addSheet": {}}], {"addSheet": {}}]}
    assert len(bench.ok("POST", f"/v4/spreadsheets/{book}:batchUpdate", body)["replies"]) == 3


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("majorDimension=SIDEWAYS", "major_dimension"),
        ("nonsense=1", 'Unknown name "nonsense": Cannot bind query parameter'),
        ("fields=nonsense", "invalid argument"),
        ("fields=values(", "invalid argument"),
        ("alt=xml", "alt"),
    ],
)
def test_bad_queries(bench: Bench, book: str, query: str, message: str) -> None:
    assert message in bench.bad("GET", f"/v4/spreadsheets/{book}/values/A1", query=query)["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/v4/spreadsheets/..%2F..%2Fetc%2Fpasswd",
        "/v4/spreadsheets/%00",
        "/v4/spreadsheets/a%20b",
        "/v4/spreadsheets/" + "a" * 200,
        "/v4/spreadsheets/%FF",
        "/v4/spreadsheets/x'--",
        "/drive/v3/files/..%2Fx",
        "/drive/v3/files/%2e%2e/export",
        "/drive/v3/files/nosuch/permissions",
        "/drive/v3/files/nosuch/unknown",
        "/v4/spreadsheets",
    ],
)
def test_path_tricks(bench: Bench, book: str, path: str) -> None:
    assert bench.bad("GET", path)["code"] in (400, 404)


def test_unknown_addresses(bench: Bench) -> None:
    assert bench.send("GET", "/").status == 404
    assert bench.send("GET", "/favicon.ico").content_type.startswith("text/html")
    assert "EMULATOR_UNIMPLEMENTED" in bench.bad("POST", "/drive/v3/files/x/watch")["message"]


@pytest.mark.parametrize(
    "text_", ["Stops!", "!A1", "'Stops", "'Stops'A1", "A0", "A1:B2:C3", "Stops!A1:Fooo", "", "'", "A1:"]
)
def test_bad_ranges(bench: Bench, book: str, text_: str) -> None:
    error = bench.bad("GET", f"/v4/spreadsheets/{book}/values:batchGet", query=f"ranges={text_}")
    assert "Unable to parse range" in error["message"]


def test_oversized_bodies(bench: Bench, book: str) -> None:
    bench.service.max_body = 1000
    error = bench.bad("PUT", f"/v4/spreadsheets/{book}/values/A1", b" " * 1001, "valueInputOption=RAW")
    assert "exceeds the limit: 1000 bytes" in error["message"]


def test_misfits_are_counted_while_serving(bench: Bench, book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = methods.METHODS["spreadsheets.values.get"]
    monkeypatch.setitem(methods.METHODS, "spreadsheets.values.get", lambda call: {**real(call), "range": 5})
    bench.service.handle(wire.Request("GET", f"/v4/spreadsheets/{book}/values/A1", "", {"authorization": f"Bearer {bench.token}"}))  # fmt: skip
    assert bench.service.env.counters["invalid_responses"] == 1
    assert bench.service.problems == ["$.range: 5 is not s"]
    bench.service.problems.clear()


def test_masks_choose(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["x", 1]])
    path = f"/v4/spreadsheets/{book}"
    found = bench.ok("GET", path, query="fields=sheets(properties(title,sheetId),data/rowData/values/formattedValue)")
    rows = [{"values": [{"formattedValue": "x"}, {"formattedValue": "1"}]}]
    assert found == {"sheets": [{"properties": {"title": "Stops", "sheetId": 0}, "data": [{"rowData": rows}]}]}
    assert bench.ok("GET", path, query="fields=spreadsheet_id") == {"spreadsheetId": book}
    assert bench.ok("GET", path, query="fields=*") == bench.whole(book)
    assert bench.ok("GET", f"{path}/values/A1:B1", query="fields=values") == {"values": [["x", "1"]]}
    batch = {"requests": [{"addSheet": {}}], "includeSpreadsheetInResponse": True}
    found = bench.ok("POST", f"{path}:batchUpdate", batch, "fields=updatedSpreadsheet.sheets.properties.index")
    assert found == {"updatedSpreadsheet": {"sheets": [{"properties": {"index": n}} for n in (0, 1)]}}


@given(st.text(alphabet="ab.,/()*_ ", max_size=30))
def test_any_mask_is_a_tree_or_refused(text_: str) -> None:
    with contextlib.suppress(masks.MaskError):
        assert isinstance(masks.tree(text_), dict)


def test_long_reads_may_come_as_post(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["x"]])
    raw = b"ranges=A1&ranges=B1"
    found = bench.send(
        "POST", f"/v4/spreadsheets/{book}/values:batchGet", raw, headers={"x-http-method-override": "GET"}
    )
    assert [v.get("values") for v in found.json()["valueRanges"]] == [[["x"]], None]


_LIKELY: dict[str, list[Any]] = {
    "sheetId": [0], "startRowIndex": [0, 1, 4], "endRowIndex": [5, 9, 10], "startColumnIndex": [0, 1], "endColumnIndex": [2, 6],
    "startIndex": [0, 1], "endIndex": [2, 3], "dimension": ["ROWS", "COLUMNS"], "shiftDimension": ["ROWS", "COLUMNS"],
    "visibility": ["DOCUMENT"], "fields": ["*"], "sheetType": ["GRID"], "dimensionIndex": [0, 1], "length": [1],
    "rowCount": [5, 12], "columnCount": [4, 8], "destinationIndex": [0, 5], "formulaValue": ["=A1+1", "=SUM(A:A)", "=B1"],
    "title": ["T1", "T2", "Stops"], "name": ["N1", "N2"], "find": ["a", "b"], "index": [0, 1], "type": ["ONE_OF_LIST", "TEXT_EQ"],
    "timeZone": ["Etc/GMT"], "locale": ["en_US"], "rowIndex": [0, 3], "columnIndex": [0, 2], "depth": [1],
}  # fmt: skip
# Of messages where only one field may be set.
_ONE_OF = {"ExtendedValue", "DataFilter", "DeveloperMetadataLocation", "ConditionalFormatRule", "ProtectedRange"}


def _junk(dice: random.Random, kind: str, depth: int, name: str = "") -> Any:
    """A value that fits a field more often than not, and makes sense now and then."""
    if dice.random() < 0.012:
        return dice.choice([None, -1, 2**31, "", "x", [], {}, True, 1.5, "\u0000", "💥", -(2**40)])
    if name in _LIKELY and dice.random() < 0.95:
        return dice.choice(_LIKELY[name])
    if kind.startswith("["):
        return [_junk(dice, kind[1:], depth + 1, name) for _ in range(dice.randrange(3))]
    if kind.startswith("{"):
        return {"0": _junk(dice, kind[1:], depth + 1)}
    if kind.startswith("m:"):
        known = [(field, inner) for field, inner in schema.fields_of(kind[2:]).items() if inner != "!"]
        many = 1 if kind[2:] in _ONE_OF else len(known) if kind.endswith("Range") else dice.randrange(1, 6)
        chosen = dice.sample(known, min(len(known), many)) if depth < 6 else []
        return {field: _junk(dice, inner, depth + 1, field) for field, inner in chosen}
    if kind.startswith("e:"):
        return dice.choice(kind[2:].split("|"))
    simple = {"i": [0, 1, 2, 5, 9, 10, 11], "I": ["1"], "b": [True, False], "d": [0.0, 1.5, -2], "f": [0.0, 0.5, 1.0]}
    return dice.choice(simple.get(kind, ["", "A1", "=A1+1", "*", "title", "userEnteredValue", "Stops", "note", "0"]))


def test_random_requests_never_break_the_server(bench: Bench, book: str) -> None:
    """Seeded junk for every kind: a 200 or a 4xx, a valid answer, and a refused batch changes nothing."""
    dice = random.Random(20_26)
    kinds = [(n, k) for n, k in schema.fields_of("Request").items() if k != "!"]
    outcomes = {200: 0, 400: 0}
    small = {"rowCount": 10, "columnCount": 6}
    bench.put(book, "A1", [["a", 1], ["b", "=B1"], ["c", True]], "USER_ENTERED")
    for n in range(1000):
        name, kind = kinds[n % len(kinds)]
        known = schema.fields_of(kind[2:])
        body = {
            field: _junk(dice, inner, 1, field)
            for field, inner in known.items()
            if inner != "!" and dice.random() < 0.8
        }
        if "fields" in known and dice.random() < 0.7:
            body["fields"] = "*"
        response = bench.send("POST", f"/v4/spreadsheets/{book}:batchUpdate", {"requests": [{name: body}]})
        outcomes[response.status] += 1
        if n % 60 == 0:
            bench.whole(book)
            book = bench.create(sheets=[{"properties": {"sheetId": 0, "title": "Stops", "gridProperties": small}}])
            bench.put(book, "A1", [["a", 1], ["b", "=B1"], ["c", True]], "USER_ENTERED")
    assert outcomes[200] > 150
    assert outcomes[400] > 150


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)))  # fmt: skip
def test_random_json_is_refused_politely(bench: Bench, body: Any) -> None:
    for method, path in (("POST", "/v4/spreadsheets"), ("POST", "/drive/v3/files")):
        raw = json.dumps(body, allow_nan=False).encode("utf-8", "surrogatepass")
        assert bench.send(method, path, raw).status in (200, 400)


def test_every_method_was_judged_by_its_schema(bench: Bench, book: str) -> None:
    """Each Sheets method answers once here, and every answer fits the discovery document."""
    seen: set[str] = set()
    meta = {"metadataId": 5, "metadataKey": "k", "visibility": "DOCUMENT", "location": {"sheetId": 0}}
    base, look = f"/v4/spreadsheets/{book}", {"dataFilters": [{"developerMetadataLookup": {"metadataId": 5}}]}
    value, raw = {"values": [["x"]]}, "valueInputOption=RAW"
    data = [{"dataFilter": {"a1Range": "A1"}, "values": [["y"]]}]
    calls: list[tuple[str, str, Any, str]] = [
        ("POST", "/v4/spreadsheets", {}, ""),
        ("POST", f"{base}:batchUpdate", {"requests": [{"createDeveloperMetadata": {"developerMetadata": meta}}]}, ""),
        ("GET", base, None, "includeGridData=true"),
        ("POST", f"{base}:getByDataFilter", look, ""),
        ("GET", f"{base}/developerMetadata/5", None, ""),
        ("POST", f"{base}/developerMetadata:search", look, ""),
        ("POST", f"{base}/sheets/0:copyTo", {"destinationSpreadsheetId": book}, ""),
        ("PUT", f"{base}/values/A1", value, raw + "&includeValuesInResponse=true"),
        ("POST", f"{base}/values/A1:append", value, raw + "&includeValuesInResponse=true"),
        ("GET", f"{base}/values/A1", None, ""),
        ("GET", f"{base}/values:batchGet", None, "ranges=A1&ranges=Stops"),
        ("POST", f"{base}/values:batchGetByDataFilter", look, ""),
        ("POST", f"{base}/values:batchUpdate", {"valueInputOption": "RAW", "data": [{"range": "A1", **value}]}, ""),
        ("POST", f"{base}/values:batchUpdateByDataFilter", {"valueInputOption": "RAW", "data": data}, ""),
        ("POST", f"{base}/values:batchClearByDataFilter", look, ""),
        ("POST", f"{base}/values:batchClear", {"ranges": ["A1"]}, ""),
        ("POST", f"{base}/values/A1:clear", {}, ""),
    ]
    for method, path, body, query in calls:
        bench.ok(method, path, body, query)
        found = wire.route(wire.Request(method, path))
        assert found is not None
        seen.add(found.name)
    assert seen == {f"sheets.{name}" for name, _ in discovery.methods(discovery.discovery("sheets.v4"))}
