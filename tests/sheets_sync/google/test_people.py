"""People at the grid: what they move costs nothing, what they change comes in, what they spoil stops one tab only."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from local_sheets.dispatcher import Act, Dispatcher
from tests.sheets_sync.google.bench import MARIA, Desk, case, desk

CASES = [case(n) for n in range(1, 7)]


def moved(one: Desk) -> None:
    """Nothing was taken in and no cell written."""
    seq, writes = one.app.ledger.last_seq(), one.client.calls["write"]
    done = one.round()
    assert done.quiet and not done.sentences
    assert one.app.ledger.last_seq() == seq and one.client.calls["write"] == writes


def span(one: Desk, start: int, end: int, dimension: str = "COLUMNS") -> dict[str, Any]:
    return {"sheetId": one.sheet_id(), "dimension": dimension, "startIndex": start, "endIndex": end}


def test_sorting_inserting_and_swapping_columns_change_nothing(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        one.act(Act("sort", 1, 2, descending=True))
        moved(one)
        one.act(Act("insert", 3, count=2))
        moved(one)
        one.batch({"insertDimension": {"range": span(one, 3, 4), "inheritFromBefore": True}})
        moved(one)
        one.batch({"moveDimension": {"source": span(one, 2, 3), "destinationIndex": 9}})
        moved(one)
        width = len(one.lines()[0])
        one.act(Act("edit", 0, width, text="Mine"), Act("edit", 2, width, text="my note"))
        moved(one)
        one.act(Act("edit", 0, width, text="Ours"))
        moved(one)
        one.type(2, "Internal note", "after all that")
        one.settle()
        assert one.case(2).values["internal_note"] == "after all that"


def test_what_dispatch_owns_is_taken_and_the_rest_put_back(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        one.type(1, "Internal note", "left with neighbour")
        one.type(2, "Recipient", "somebody else")
        one.settle()
        assert one.case(1).values["internal_note"] == "left with neighbour"
        assert one.shown()["0002"]["Recipient"] == "Ann 2"
        (conflict,) = one.conflicts()
        assert conflict["kind"] == "PUT_BACK" and conflict["sheet_value"] == "somebody else"
        assert one.shown("Conflicts")[conflict["conflict_id"]]["The sheet said"] == "somebody else"


def test_both_change_a_cell_and_both_values_are_kept(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        one.type(1, "Internal note", "dispatch says")
        one.apply("exceptions", {"exc_id": "0001", "internal_note": "the job says"})
        one.settle()
        (conflict,) = one.conflicts()
        assert {conflict["sheet_value"], conflict["ledger_value"]} == {"dispatch says", "the job says"}
        header = one.lines("Conflicts")[0].index("Choose")
        one.act(Act("edit", 1, header, text="SHEET"), title="Conflicts")
        one.settle()
        assert one.case(1).values["internal_note"] == "dispatch says"


def test_a_deleted_row_waits_for_a_second_look(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        row, _ = one.place(3, "Case")
        one.act(Act("delete", row))
        one.round()
        assert not one.case(3).void and "0003" not in one.shown()
        one.settle()
        # dispatch may not delete cases, so it comes back
        assert not one.case(3).void and "0003" in one.shown()


def test_a_copied_row_is_reported_and_changes_nothing(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        row, _ = one.place(2, "Case")
        one.act(Act("copy", row, to=20))
        done = one.round()
        assert any("copy of 0002" in sentence for sentence in done.sentences)
        one.type(2, "Internal note", "in the upper one")
        one.settle()
        # the copy is marked as one, so that it can never be taken for the row, whatever happens to either
        assert one.case(2).values["internal_note"] == "in the upper one"
        one.act(Act("edit", 20, one.place(2, "Internal note")[1], text="in the copy"))
        one.settle()
        assert one.case(2).values["internal_note"] == "in the upper one"
        told = [(conflict["kind"], "in the copy" in conflict["sheet_value"]) for conflict in one.conflicts()]
        assert told == [("INVALID", False), ("INVALID", True)] or told == [("INVALID", True), ("INVALID", False)]
        one.act(Act("delete", row))
        one.settle()
        # the row is gone and its copy stands: now it is the row
        assert one.case(2).values["internal_note"] == "in the copy" and len(one.shown()) == len(CASES)


def test_people_s_own_columns_and_formulas_stay(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        width = len(one.lines()[0])
        one.act(
            Act("edit", 0, width, text="Mine"),
            Act("edit", 1, width, text="=1+1"),
            Act("edit", 2, width, text="my note"),
        )
        row, place = one.place(4, "Internal note")
        one.act(Act("edit", row, place, text='="formula"'))
        one.apply(
            "exceptions", {"exc_id": "0001", "recipient": "new"}, {"exc_id": "0004", "internal_note": "the job says"}
        )
        done = one.round()
        assert any("holds a formula" in sentence for sentence in done.sentences)
        one.settle()
        shown = one.shown()
        assert shown["0001"]["Recipient"] == "new" and shown["0004"]["Internal note"] == "formula"
        assert shown["0001"]["Mine"] == 2 and shown["0002"]["Mine"] == "my note"
        one.type(4, "Internal note", "a value")
        one.settle()
        assert any(row["sheet_value"] == "a value" or row["ledger_value"] == "a value" for row in one.conflicts())


@pytest.mark.parametrize("pasted", ["of another row", "from elsewhere", "a number"])
def test_pasted_identities_are_put_right(tmp_path: Path, pasted: str) -> None:
    with desk(tmp_path, CASES) as one:
        row, at = one.place(1, "_rid")
        before = {line[at] for line in one.lines()[1:]}
        text = {"of another row": one.case(2).rid, "from elsewhere": "feedfeedfeedfeed", "a number": "60"}[pasted]
        one.act(Act("edit", row, at, text=text))
        one.type(1, "Internal note", "typed below a wrong identity")
        one.type(2, "Internal note", "typed as ever")
        one.settle()
        assert {line[at] for line in one.lines()[1:]} == before and one.lines()[row][at] == one.case(1).rid
        notes = {number: one.case(number).values["internal_note"] for number in (1, 2, 3)}
        assert notes == {1: "typed below a wrong identity", 2: "typed as ever", 3: "note 3"}
        assert not one.conflicts()


def test_a_formula_over_a_column_of_stopbook_s_is_said_and_stays(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        row, place = one.place(4, "Recipient")
        one.act(Act("edit", row, place, text='="formula"'))
        one.apply("exceptions", {"exc_id": "0004", "recipient": "the job says"}, {"exc_id": "0005", "recipient": "new"})
        done = one.round()
        assert [sentence for sentence in done.sentences if "holds a formula" in sentence and "Recipient" in sentence]
        assert one.shown()["0004"]["Recipient"] == "formula" and one.shown()["0005"]["Recipient"] == "new"
        one.type(4, "Recipient", "")
        one.settle()
        assert one.shown()["0004"]["Recipient"] == "the job says" and one.case(4).values["recipient"] == "the job says"


@pytest.mark.parametrize("spoil", ["renamed", "doubled", "removed", "merged", "no rid", "no tab"])
def test_a_spoilt_tab_stops_with_one_sentence_and_the_others_go_on(tmp_path: Path, spoil: str) -> None:
    with desk(tmp_path, CASES) as one:
        _, note = one.place(1, "Internal note")
        rid = len(one.lines()[0]) - 1
        if spoil == "renamed":
            one.act(Act("edit", 0, note, text="Remarks"))
        elif spoil == "doubled":
            one.act(Act("edit", 0, rid + 1, text="Internal note"))
        elif spoil == "removed":
            one.batch({"deleteDimension": {"range": span(one, note, note + 1)}})
        elif spoil == "no rid":
            one.batch({"deleteDimension": {"range": span(one, rid, rid + 1)}})
        elif spoil == "merged":
            area = {"sheetId": one.sheet_id(), "startRowIndex": 2, "endRowIndex": 4, "startColumnIndex": note, "endColumnIndex": note + 1}  # fmt: skip
            one.batch({"mergeCells": {"range": area, "mergeType": "MERGE_ALL"}})
        else:
            new = {"sheetId": one.sheet_id(), "title": "Cases"}
            one.batch({"updateSheetProperties": {"properties": new, "fields": "title"}})
        before = one.lines("Cases" if spoil == "no tab" else "Exceptions")
        one.apply("exceptions", {"exc_id": "0001", "recipient": "not written"})
        done = one.round()
        stops = [sentence for sentence in done.sentences if "Exceptions" in sentence]
        assert len(stops) == 1 and stops[0].count(". ") >= 1
        assert one.lines("Cases" if spoil == "no tab" else "Exceptions") == before


def test_more_rows_gone_than_can_be_meant(tmp_path: Path) -> None:
    with desk(tmp_path, [case(n) for n in range(1, 61)]) as one:
        one.act(Act("delete", 1, count=30))
        one.round()
        done = one.round()
        assert any("30 of 60 rows are gone" in sentence for sentence in done.sentences)
        assert not any(one.case(n).void for n in range(1, 61))


@pytest.mark.parametrize("seed", range(3))
def test_a_dispatcher_acts_between_any_two_requests(tmp_path: Path, seed: int) -> None:
    """Insert, sort, delete, cut, paste and type while rounds go on; nothing lands on another row."""
    cases = [case(n, internal_note=f"note {n}", recipient=f"Ann {n}") for n in range(1, 13)]
    with desk(tmp_path, cases) as one:
        note = one.place(1, "Internal note")[1]
        acts = ("edit", "edit", "insert", "sort", "cut", "delete")
        person = Dispatcher(one.book, "Exceptions", MARIA, seed=seed, chance=0.4, acts=acts, columns=(note,), limit=25)
        one.service.workspace.dispatchers.append(person)
        for turn in range(6):
            one.apply("exceptions", *({"exc_id": f"{n:04}", "recipient": f"Ann {n}, {turn}"} for n in range(1, 13, 2)))
            one.round()
        one.service.workspace.dispatchers.clear()
        one.settle(12)
        shown = one.shown()
        assert len(shown) == 12 and len(one.lines()) >= 13
        for number in range(1, 13):
            held, line = one.case(number).values, shown[f"{number:04}"]
            assert line["Recipient"] == held["recipient"], number
            assert (line["Internal note"] or None) == held["internal_note"], number
        typed = {act.text for act, result in person.done if act.what == "edit" and result == "done"}
        said = " ".join(f"{row['sheet_value']} {row['ledger_value']}" for row in one.conflicts())
        history = {
            str(c.new.get("internal_note"))
            for n in range(1, 13)
            for c in one.app.ledger.history("exceptions", one.case(n).rid)
            if c.new
        }
        replaced = 0
        for text in typed:
            replaced += text not in history and text not in said
        # a person who types over a value that was typed a moment before has seen it; all others are somewhere
        assert replaced <= len(typed) // 2


def test_what_is_new_to_choose_from_comes_into_the_drop_downs(tmp_path: Path) -> None:
    with desk(tmp_path, CASES, tabs=("exceptions", "conflicts", "redeliveries")) as one:
        one.settle()
        writes = one.client.calls["write"]
        one.apply(
            "manifest", {"route_id": "R99", "market_id": "CHI", "service_date": date(2026, 3, 10), "status": "DRAFT"}
        )
        one.now += timedelta(minutes=6)
        one.round()
        assert one.client.calls["write"] == writes + 1
        place = one.lines("Redeliveries")[0].index("New route")
        found = one.client.get(one.keeper.sheet.url, {
            "ranges": "Redeliveries", "fields": "sheets(data(rowData(values(dataValidation))))"})  # fmt: skip
        rule = found["sheets"][0]["data"][0]["rowData"][1]["values"][place]["dataValidation"]
        assert {"userEnteredValue": "R99"} in rule["condition"]["values"]
        one.now += timedelta(minutes=6)
        one.round()
        assert one.client.calls["write"] == writes + 1, "once"
