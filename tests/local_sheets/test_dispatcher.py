"""The scripted dispatcher: acts between requests, inside a batch, and before the answer; always under their own name."""

from __future__ import annotations

from typing import Any

import pytest

from local_sheets.dispatcher import ACTS, Act, Dispatcher
from tests.local_sheets.conftest import Bench

Json = dict[str, Any]
MARIA = "maria@example.com"


def hire(bench: Bench, book: str, *script: Act, **options: Any) -> Dispatcher:
    bench.service.workspace.share(book, MARIA)
    person = Dispatcher(book, "Stops", MARIA, list(script), **options)
    bench.service.workspace.dispatchers.append(person)
    return person


def note(row: int, text: str) -> Json:
    rows = [{"values": [{"userEnteredValue": {"stringValue": text}}]}]
    return {"updateCells": {"start": {"sheetId": 0, "rowIndex": row}, "rows": rows, "fields": "userEnteredValue"}}


def test_acts_between_any_two_requests(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["head"], ["b"], ["c"], ["a"]])
    sheet = bench.gspread().open_by_key(book).sheet1
    person = hire(
        bench,
        book,
        Act("insert", 1),
        Act("edit", 1, 0, text="z"),
        Act("sort", 1, 0),
        Act("cut", 1, to=7),
        Act("copy", 7, to=8),
        Act("delete", 1),
        Act("clear", 1, 0),
        Act("edit", 99, 0, text="off the grid"),
    )
    states = [sheet.get("A1:A10") for _ in range(9)]
    assert [[row[0] if row else "" for row in state] for state in states] == [
        ["head", "b", "c", "a"],
        ["head", "", "b", "c", "a"],
        ["head", "z", "b", "c", "a"],
        ["head", "a", "b", "c", "z"],
        ["head", "", "b", "c", "z", "", "", "a"],
        ["head", "", "b", "c", "z", "", "", "a", "a"],
        ["head", "b", "c", "z", "", "", "a", "a"],
        ["head", "", "c", "z", "", "", "a", "a"],
        ["head", "", "c", "z", "", "", "a", "a"],
    ]
    assert [result for _, result in person.done[:7]] == ["done"] * 7
    assert "exceeds grid limits" in person.done[7][1]
    assert (
        bench.ok("GET", f"/drive/v3/files/{book}", query="fields=lastModifyingUser")["lastModifyingUser"][
            "emailAddress"
        ]
        == MARIA
    )


def test_drive_requests_count_as_requests(bench: Bench, book: str) -> None:
    hire(bench, book, Act("edit", 0, 0, text="seen"))
    bench.gspread().open_by_key(book).get_lastUpdateTime()
    assert bench.get(book, "A1") == [["seen"]]


def test_seeded_dispatchers_repeat_themselves(bench: Bench) -> None:
    runs = []
    for _ in range(2):
        book = bench.create(sheets=[{"properties": {"sheetId": 0, "title": "Stops"}}])
        bench.put(book, "A1", [["head"], *[[f"r{n}", n] for n in range(20)]])
        person = hire(bench, book, seed=11, columns=(0, 1))
        sheet = bench.gspread().open_by_key(book).sheet1
        for _ in range(60):
            sheet.acell("A1")
        assert bench.get(book, "A1") == [["head"]]
        assert {act.what for act, _ in person.done} == set(ACTS)
        runs.append((bench.get(book, "Stops"), [act for act, _ in person.done]))
        bench.service.workspace.dispatchers.clear()
    assert runs[0] == runs[1]


def test_a_dispatcher_is_bound_by_protection(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["mine"]])
    bench.batch(book, {"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}}}})
    person = hire(bench, book, Act("edit", 0, 0, text="theirs"))
    bench.gspread().open_by_key(book).sheet1.acell("A1")
    assert "protected" in person.done[0][1]
    assert bench.get(book, "A1") == [["mine"]]


@pytest.mark.parametrize("reflects", ["batch", "collaborators"])
def test_whether_the_answer_shows_others_is_a_switch(bench: Bench, book: str, reflects: str) -> None:
    bench.switch(response_reflects=reflects)
    hire(bench, book, Act("edit", 0, 0, text="theirs"))
    body = {
        "requests": [note(0, "mine")],
        "includeSpreadsheetInResponse": True,
        "responseIncludeGridData": True,
        "responseRanges": ["Stops!A1"],
    }
    found = bench.ok("POST", f"/v4/spreadsheets/{book}:batchUpdate", body)
    cell = found["updatedSpreadsheet"]["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell["formattedValue"] == ("mine" if reflects == "batch" else "theirs")


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("isolation", ["isolated", "interleaved"])
def test_whether_others_act_inside_a_batch_is_a_switch(bench: Bench, book: str, isolation: str, fails: bool) -> None:
    bench.switch(batch_isolation=isolation)
    person = hire(bench, book, Act("insert", 0))
    requests = [note(0, "first"), note(0, "second")]
    if fails:
        requests.append({"deleteSheet": {"sheetId": 77}})
    response = bench.send("POST", f"/v4/spreadsheets/{book}:batchUpdate", {"requests": requests})
    assert response.status == (400 if fails else 200)
    rows = bench.whole(book)["sheets"][0]["properties"]["gridProperties"]["rowCount"]
    inside = isolation == "interleaved"
    assert rows == (11 if inside else 10)
    assert bool(person.done) == inside
    if fails:
        assert bench.get(book, "Stops") == []
    else:
        assert bench.get(book, "Stops") == ([["second"], ["first"]] if inside else [["second"]])
