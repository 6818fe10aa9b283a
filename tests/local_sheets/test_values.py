"""The values methods: what is stored, what is read back, where a write may land."""

from __future__ import annotations

import pytest

from local_sheets import formats, values
from tests.local_sheets.conftest import Bench


@pytest.mark.parametrize("text", ["=1+1", "0042", "TRUE", "2020-01-01", "12%", "'x", "1E5", "  ", "$5", "2,000"])
def test_raw_stores_text_as_it_is(bench: Bench, book: str, text: str) -> None:
    bench.put(book, "Stops!A1", [[text]])
    for render in ("UNFORMATTED_VALUE", "FORMATTED_VALUE", "FORMULA"):
        assert bench.get(book, "Stops!A1", render) == [[text]]
    cell = bench.whole(book)["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell["userEnteredValue"] == {"stringValue": text}


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("0042", 42, "42"),
        ("-7", -7, "-7"),
        ("1.450", 1.45, "1.45"),
        ("2,000,000.01", 2000000.01, "2,000,000.01"),
        ("1,234", 1234, "1,234"),
        ("12%", 0.12, "12%"),
        ("12.5%", 0.125, "12.50%"),
        ("$1,234.50", 1234.5, "$1,234.50"),
        ("1.5E+10", 15000000000, "1.50E+10"),
        ("TRUE", True, "TRUE"),
        ("false", False, "FALSE"),
        ("2020-01-01", 43831, "2020-01-01"),
        ("1/31/2026", 46053, "1/31/2026"),
        ("2026-01-31 14:05", 46053.586805555555, "2026-01-31 14:05:00"),
        ("14:05", 14.083333333333334 / 24, "14:05:00"),
        ("2:05 PM", 14.083333333333334 / 24, "2:05:00 PM"),
        ("'0042", "0042", "0042"),
        ("S-1042", "S-1042", "S-1042"),
        ("=3/2", 1.5, "1.5"),
        ("= 1 / 1024", 1 / 1024, "0.0009765625"),
        ("", None, None),
    ],
)
def test_user_entered(bench: Bench, book: str, text: str, value: object, shown: str | None) -> None:
    bench.put(book, "Stops!A1", [[text]], "USER_ENTERED")
    if value is None:
        assert bench.get(book, "Stops!A1") == []
        return
    got = bench.get(book, "Stops!A1")[0][0]
    assert type(got) is type(value) or isinstance(value, float)
    assert got == (pytest.approx(value, abs=1e-9) if isinstance(value, float) else value)
    assert bench.get(book, "Stops!A1", "FORMATTED_VALUE") == [[shown]]
    assert bench.service.env.counters["ambiguous_parse"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "1-2",
        "3/4",
        "1E5",
        "+49 30 1234",
        "-x",
        "+A1",
        "(5)",
        "1.234,56",
        "5 €",
        "Jan 5",
        "2020-13-45",
        "2020-01-01T10:00",
        " 5",
    ],
)
def test_ambiguous_text_stays_text_and_is_counted(bench: Bench, book: str, text: str) -> None:
    bench.put(book, "Stops!A1", [[text]], "USER_ENTERED")
    assert bench.get(book, "Stops!A1") == [[text]]
    assert bench.service.env.counters["ambiguous_parse"] == 1
    bench.switch(ambiguous_input="refuse")
    error = bench.bad(
        "PUT", f"/v4/spreadsheets/{book}/values/A2", {"values": [[text]]}, "valueInputOption=USER_ENTERED"
    )
    assert "values[0][0]" in error["message"]
    assert bench.get(book, "Stops!A2") == []


def test_a_tab_that_is_named_like_a_cell(bench: Bench, book: str) -> None:
    bench.batch(book, *[{"addSheet": {"properties": {"title": title}}} for title in ("Tab1", "B2")])
    bench.put(book, "'B2'!A1", [["on B2"]])
    bench.put(book, "Tab1!A1", [["on Tab1"]])
    bench.put(book, "Stops!B2", [["in cell B2"]])
    assert bench.get(book, "Tab1") == [["on Tab1"]]
    assert bench.get(book, "B2") == [["in cell B2"]]
    found = bench.ok("GET", f"/v4/spreadsheets/{book}/values/%27B2%27")
    assert (found["range"], found["values"]) == ("'B2'!A1:Z1000", [["on B2"]])


def test_every_rule_has_a_source_and_an_example_that_it_reads() -> None:
    for rule in values.RULES:
        assert rule.source in ("recorded", "documented", "unverified")
        assert values.typed(rule.example).rule == rule.name
        assert not values.typed(rule.example).ambiguous


def test_json_numbers_and_booleans_keep_their_type(bench: Bench, book: str) -> None:
    for option in ("RAW", "USER_ENTERED"):
        bench.put(book, "Stops!A1", [[1, 2.5, True, "x", 1e20]], option)
        assert bench.get(book, "Stops!A1:E1") == [[1, 2.5, True, "x", 1e20]]


def test_plain_text_format_keeps_typed_text(bench: Bench, book: str) -> None:
    text = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    grid = {"sheetId": 0, "endRowIndex": 1}
    bench.batch(book, {"repeatCell": {"range": grid, "cell": text, "fields": "userEnteredFormat.numberFormat"}})
    bench.put(book, "Stops!A1", [["0042"]], "USER_ENTERED")
    assert bench.get(book, "Stops!A1") == [["0042"]]


def test_null_is_skipped_and_empty_text_clears(bench: Bench, book: str) -> None:
    bench.put(book, "Stops!A1", [["a", "b", "c"]])
    done = bench.put(book, "Stops!A1", [[None, "", "z"]])
    assert (done["updatedCells"], done["updatedColumns"], done["updatedRange"]) == (2, 2, "Stops!A1:C1")
    assert bench.get(book, "Stops!A1:C1") == [["a", "", "z"]]


def test_empty_rows_inside_are_kept_and_at_the_end_are_not(bench: Bench, book: str) -> None:
    bench.put(book, "Stops!B2", [["x"], [""], ["y"]])
    assert bench.get(book, "Stops") == [[], ["", "x"], [], ["", "y"]]
    found = bench.ok("GET", f"/v4/spreadsheets/{book}/values/Stops", query="majorDimension=COLUMNS")
    assert found["values"] == [[], ["", "x", "", "y"]]
    assert found["range"] == "Stops!A1:F10"


def test_columns_first(bench: Bench, book: str) -> None:
    path = f"/v4/spreadsheets/{book}/values/A1:B3"
    bench.ok("PUT", path, {"majorDimension": "COLUMNS", "values": [[1, 2, 3], [4]]}, "valueInputOption=RAW")
    assert bench.get(book, "Stops!A1:B3") == [[1, 4], [2], [3]]


@pytest.mark.parametrize(
    ("where", "rows", "message"),
    [
        ("A1:B2", [[1, 2, 3]], "tried writing to column [C]"),
        ("A1:B2", [[1], [2], [3]], "tried writing to row [3]"),
        ("A11", [[1]], "exceeds grid limits. Max rows: 10, max columns: 6"),
        ("G1", [[1]], "exceeds grid limits"),
        ("A10", [[1], [2]], "exceeds grid limits"),
        ("Nowhere!A1", [[1]], "Unable to parse range: Nowhere!A1"),
        ("A1", [["x" * 50_001]], "50000 characters"),
        ("A1", [[{"a": 1}]], "struct_value"),
        ("A1", [[[1]]], "list_value"),
    ],
)
def test_a_write_that_does_not_fit_changes_nothing(
    bench: Bench, book: str, where: str, rows: list[list[object]], message: str
) -> None:
    bench.put(book, "Stops!A1", [["keep"]])
    path = f"/v4/spreadsheets/{book}/values/{where}"
    assert message in bench.bad("PUT", path, {"values": rows}, "valueInputOption=RAW")["message"]
    assert bench.get(book, "Stops") == [["keep"]]


def test_reading_past_the_grid_clamps_or_fails_by_switch(bench: Bench, book: str) -> None:
    assert bench.ok("GET", f"/v4/spreadsheets/{book}/values/A1:Z500")["range"] == "Stops!A1:F10"
    assert bench.put(book, "A9:Z500", [["fits"], ["too"]])["updatedRange"] == "Stops!A9:A10"
    path = f"/v4/spreadsheets/{book}/values/A9:Z500"
    query = "valueInputOption=RAW"
    assert "exceeds grid limits" in bench.bad("PUT", path, {"values": [["a"], ["b"], ["c"]]}, query)["message"]
    assert bench.get(book, "A9:A10") == [["fits"], ["too"]]
    bench.switch(read_past_grid="error")
    assert "exceeds grid limits" in bench.bad("PUT", path, {"values": [["fits"]]}, query)["message"]
    assert "exceeds grid limits" in bench.bad("GET", f"/v4/spreadsheets/{book}/values/A1:Z500")["message"]
    assert "exceeds grid limits" in bench.bad("GET", f"/v4/spreadsheets/{book}/values/A11")["message"]


def test_value_input_option_is_required(bench: Bench, book: str) -> None:
    error = bench.bad("PUT", f"/v4/spreadsheets/{book}/values/A1", {"values": [[1]]})
    assert "valueInputOption" in error["message"]


def test_batch_update_is_all_or_nothing(bench: Bench, book: str) -> None:
    data = [{"range": "A1:B1", "values": [[1, 2]]}, {"range": "A99", "values": [[3]]}]
    path = f"/v4/spreadsheets/{book}/values:batchUpdate"
    error = bench.bad("POST", path, {"valueInputOption": "RAW", "data": data})
    assert error["message"].startswith("Invalid data[1]: ")
    assert bench.get(book, "Stops") == []
    data[1]["range"] = "B2"
    done = bench.ok("POST", path, {"valueInputOption": "RAW", "data": data, "includeValuesInResponse": True})
    assert (done["totalUpdatedRows"], done["totalUpdatedColumns"], done["totalUpdatedCells"]) == (2, 2, 3)
    assert done["responses"][0]["updatedData"]["values"] == [["1", "2"]]


def test_clear_keeps_formats_and_notes(bench: Bench, book: str) -> None:
    bench.put(book, "Stops!A1", [["12%"]], "USER_ENTERED")
    bench.batch(
        book,
        {"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [{"note": "n"}]}], "fields": "note"}},
    )
    assert bench.ok("POST", f"/v4/spreadsheets/{book}/values/A1:B2:clear")["clearedRange"] == "Stops!A1:B2"
    cell = bench.whole(book)["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell["note"] == "n"
    assert cell["userEnteredFormat"]["numberFormat"]["type"] == "PERCENT"
    assert "userEnteredValue" not in cell


def test_formatted_cells_without_a_value_are_empty(bench: Bench, book: str) -> None:
    style = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    grid = {"sheetId": 0, "endRowIndex": 4, "endColumnIndex": 4}
    bench.batch(book, {"repeatCell": {"range": grid, "cell": style, "fields": "userEnteredFormat"}})
    assert bench.get(book, "Stops") == []
    bench.put(book, "B2", [["x"]])
    assert bench.get(book, "Stops") == [[], ["", "x"]]


def append(
    bench: Bench, book: str, where: str, rows: list[list[object]], insert: str = "OVERWRITE"
) -> dict[str, object]:
    path = f"/v4/spreadsheets/{book}/values/{where}:append"
    query = f"valueInputOption=RAW&insertDataOption={insert}"
    return bench.ok("POST", path, {"values": rows}, query)


def test_append_finds_the_last_table_of_a_range(bench: Bench, book: str) -> None:
    bench.put(book, "Stops!A1", [["a", "b"], [1, 2]])
    bench.put(book, "Stops!B5", [["x", "y"], [3, 4]])
    done = append(bench, book, "Stops", [[5, 6]])
    assert done["tableRange"] == "Stops!B5:C6"
    assert bench.get(book, "Stops!B7:C7") == [[5, 6]]
    assert append(bench, book, "A1", [[7]])["tableRange"] == "Stops!A1:B2"
    assert bench.get(book, "Stops!A3") == [[7]]


def test_append_overwrites_what_is_below_and_insert_rows_does_not(bench: Bench, book: str) -> None:
    bench.put(book, "Stops!A1", [["a"], [1]])
    bench.put(book, "Stops!C3", [["total"]])
    append(bench, book, "A1:A2", [["n", "o", "p"]])
    assert bench.get(book, "Stops!A3:C3") == [["n", "o", "p"]]
    bench.put(book, "Stops!E5", [["far below"]])
    append(bench, book, "A1:A2", [["q"], ["r"]], "INSERT_ROWS")
    assert bench.get(book, "Stops!A1:E7") == [
        ["a"],
        [1],
        ["n", "o", "p"],
        ["q"],
        ["r"],
        [],
        ["", "", "", "", "far below"],
    ]


def test_append_grows_the_grid(bench: Bench, book: str) -> None:
    bench.put(book, "Stops!A10", [["last"]])
    append(bench, book, "Stops", [["more"] * 8])
    grid = bench.whole(book)["sheets"][0]["properties"]["gridProperties"]
    assert (grid["rowCount"], grid["columnCount"]) == (11, 8)


def test_dates_are_serial_or_text_but_serial_in_formula_mode(bench: Bench, book: str) -> None:
    bench.put(book, "Stops!A1", [["2020-01-01", "=A1+1"]], "USER_ENTERED")
    path = f"/v4/spreadsheets/{book}/values/A1:B1"
    for render, dates, want in [
        ("UNFORMATTED_VALUE", "SERIAL_NUMBER", [43831, 43832]),
        ("UNFORMATTED_VALUE", "FORMATTED_STRING", ["2020-01-01", 43832]),
        ("FORMATTED_VALUE", "SERIAL_NUMBER", ["2020-01-01", "43832"]),
        ("FORMULA", "FORMATTED_STRING", [43831, "=A1+1"]),
    ]:
        found = bench.ok("GET", path, query=f"valueRenderOption={render}&dateTimeRenderOption={dates}")
        assert found["values"] == [want]


@pytest.mark.parametrize(
    ("number", "pattern", "shown"),
    [
        (1234.5, "#,##0.00", "1,234.50"),
        (-5, "0.00;(0.00)", "(5.00)"),
        (0, "0;-0;zero", "zero"),
        (0.5, "[h]:mm", "12:00"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (43831.25, "ddd mmm d, yyyy h:mm am/pm", "Wed Jan 1, 2020 6:00 AM"),
        (43831.503, "hh:mm:ss", "12:04:19"),
        (1234567, "#,##0,", "1,235"),
        (7, "000", "007"),
        (2.5, "0.##", "2.5"),
        (3, '0 "kg"', "3 kg"),
        (-1234.567, '"$"#,##0.00', "-$1,234.57"),
        (12345, "0.00E+00", "1.23E+04"),
        (0.005, "0.00", "0.01"),
        (-0.001, "0.00", "0.00"),
    ],
)
def test_number_patterns(number: float, pattern: str, shown: str) -> None:
    assert formats.show(float(number), {"numberFormat": {"type": "NUMBER", "pattern": pattern}}) == shown


def test_formulas_read_their_cells_and_follow_changes(bench: Bench, book: str) -> None:
    bench.put(book, "Stops!A1", [[1, "=SUM(A1:A3)"], [2, '=IF(A2>1,"big","small")'], [3, "=1/0"]], "USER_ENTERED")
    assert bench.get(book, "Stops!B1:B3") == [[6], ["big"], ["#DIV/0!"]]
    bench.put(book, "Stops!A3", [[10]])
    assert bench.get(book, "Stops!B1") == [[13]]
    cell = bench.whole(book)["sheets"][0]["data"][0]["rowData"][2]["values"][1]
    assert cell["effectiveValue"]["errorValue"]["type"] == "DIVIDE_BY_ZERO"
    bench.put(book, "Stops!C1", [["=NOSUCH(1)"]], "USER_ENTERED")
    assert bench.get(book, "Stops!C1") == [["#NAME?"]]


def test_three_ways_of_reading_agree(bench: Bench, book: str) -> None:
    bench.put(
        book,
        "Stops!A1",
        [["Stop", "Pay", "Due"], ["00123", 12.5, "2026-01-31"], ["x,y", True, "=B2*2"]],
        "USER_ENTERED",
    )
    shown = bench.get(book, "Stops", "FORMATTED_VALUE")
    grid = bench.whole(book)["sheets"][0]["data"][0]["rowData"]
    assert [[cell.get("formattedValue", "") for cell in row["values"]] for row in grid] == shown
    csv = bench.send("GET", f"/drive/v3/files/{book}/export", query="mimeType=text/csv").body.decode()
    assert csv == 'Stop,Pay,Due\r\n123,12.5,2026-01-31\r\n"x,y",TRUE,25'
