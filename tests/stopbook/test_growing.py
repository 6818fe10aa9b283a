"""A spreadsheet shaped by an older declaration: what is new comes by itself, and what people have stays as it is."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from local_sheets.batch import engine
from local_sheets.dispatcher import Act
from sheets_sync.google.replica import Ambiguous
from stopbook import growing, spreadsheets
from stopbook.spreadsheets import Connection, Keeper
from stopbook.tending import Tending
from tests.sheets_sync.google.bench import MARIA, Desk, case, desk
from tests.stopbook.test_tending import key_file
from workbooks.ledger import Ledger
from workbooks.schema import Table
from workbooks.shelf import Workbook
from workbooks.tables import TABLES

CASES = [case(n) for n in range(1, 4)]
NEWER = {name: TABLES[name] for name in ("exceptions", "conflicts", "commands")}
LATER = ("internal_note", "dispatch_note")
"""columns of Exceptions that were declared later"""


def older(table: Table) -> Table:
    columns = [column for column in table.columns if column.name not in LATER]
    return replace(table, columns=tuple(
        replace(column, enum=column.enum[:2]) if column.name == "action" else column for column in columns))  # fmt: skip


def book(app_ledger: Ledger, *tables: Table) -> Workbook:
    return replace(spreadsheets.books_of(app_ledger)["dispatch-CHI"], tables=tables)


@contextmanager
def shaped_before(folder: Path) -> Iterator[Desk]:
    """Adopted and kept when Exceptions had fewer columns and choices, and there was no tab Commands."""
    real = spreadsheets.books_of

    def then(ledger: Ledger) -> dict[str, Workbook]:
        found = real(ledger)["dispatch-CHI"]
        return {"dispatch-CHI": replace(found, tables=(older(NEWER["exceptions"]), NEWER["conflicts"]))}

    with ExitStack() as stack:
        with patch.object(spreadsheets, "books_of", then):
            one = stack.enter_context(desk(folder, CASES))
        yield one


def upgrade(one: Desk) -> None:
    """Another Stopbook goes on, with all that was declared since."""
    newer = book(one.app.ledger, *NEWER.values())
    one.keeper = Keeper(one.app, newer, one.book, one.client, one.now, "first")


def choices(one: Desk, title: str, header: str) -> list[str]:
    place = one.lines(title)[0].index(header)
    fields = "sheets(data(rowData(values(dataValidation))))"
    found = one.client.get(one.keeper.sheet.url, {"ranges": f"{title}!2:2", "fields": fields})
    rule = found["sheets"][0]["data"][0]["rowData"][0]["values"][place].get("dataValidation", {})
    return [value["userEnteredValue"] for value in rule.get("condition", {}).get("values", [])]


def hidden(one: Desk, title: str) -> dict[str, bool]:
    fields = "sheets(properties.title,data(columnMetadata(hiddenByUser)))"
    found = one.client.get(one.keeper.sheet.url, {"ranges": title, "fields": fields})
    columns = found["sheets"][0]["data"][0]["columnMetadata"]
    return {str(h): bool(columns[at].get("hiddenByUser")) for at, h in enumerate(one.lines(title)[0]) if h}


def test_tabs_columns_and_choices_that_are_new_come_by_themselves(tmp_path: Path) -> None:
    with shaped_before(tmp_path) as one:
        width = len(one.lines()[0])
        one.act(Act("edit", 0, width, text="Mine"), Act("edit", 1, width, text="my own"), Act("sort", 1, 2))
        one.type(2, "Action", "TRIAGE")
        header = one.lines()[0]
        assert "Internal note" not in header and len(choices(one, "Exceptions", "Action")) == 2
        upgrade(one)
        done = one.round()
        assert str(done.sentence).startswith(
            "Exceptions has new columns “Internal note”, “Dispatch note”, the tab “Commands” is new, "
        )
        assert not done.stopped and done.taken
        assert one.lines()[0] == [*header, "Internal note", "Dispatch note"], "nothing of theirs was moved"
        assert one.lines()[1][width] == "my own"
        assert hidden(one, "Exceptions")["_rid"] and not hidden(one, "Exceptions")["Internal note"]
        assert choices(one, "Exceptions", "Action") == list(TABLES["exceptions"].by_name["action"].enum)
        assert "Open exceptions" in choices(one, "Commands", "Job")
        one.settle()
        assert [one.shown()[f"{n:04}"]["Internal note"] for n in (1, 2, 3)] == ["note 1", "note 2", "note 3"]
        one.type(1, "Internal note", "typed in the new column")
        one.settle()
        assert (
            one.case(1).values["internal_note"] == "typed in the new column"
            and one.case(2).values["status"] == "TRIAGED"
        )
        calls = dict(one.client.calls)
        upgrade(one)
        assert one.round().quiet and one.client.calls["write"] == calls["write"], "once"


def test_the_status_says_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shaped_before(tmp_path) as one:
        one.app.ledger.release(one.keeper.store.lease)
        Connection(str(key_file(one, tmp_path)), one.client.server, {"dispatch-CHI": one.book}).save(tmp_path)
        newer = {"dispatch-CHI": book(one.app.ledger, *NEWER.values())}
        monkeypatch.setattr(spreadsheets, "books_of", lambda ledger: newer)
        tending = Tending(one.app, lambda: one.now)
        try:
            tending.look()
            tending.finish(60)
            (state,) = tending.states(one.now)
        finally:
            tending.close()
        assert (state["waits"], state["sentence"]) == (False, "In step.")
        assert state["result"].startswith(
            "Exceptions has new columns “Internal note”, “Dispatch note”, the tab “Commands” is new"
        )


def test_one_of_which_nothing_was_noted_grows_too(tmp_path: Path) -> None:
    with shaped_before(tmp_path) as one:
        growing.note(one.app.ledger, one.keeper.book.name, {}, one.now)
        upgrade(one)
        done = one.round()
        assert "new columns “Internal note”, “Dispatch note”" in done.sentence and "“Commands” is new" in done.sentence
        assert choices(one, "Exceptions", "Action") == list(TABLES["exceptions"].by_name["action"].enum)
        one.settle()
        assert one.shown()["0001"]["Internal note"] == "note 1" and not one.conflicts()


@pytest.mark.parametrize("noted", [True, False])
def test_what_people_took_away_or_renamed_is_not_new(tmp_path: Path, noted: bool) -> None:
    with desk(tmp_path, CASES) as one:
        if not noted:
            growing.note(one.app.ledger, one.keeper.book.name, {}, one.now)
        at = one.lines()[0].index("Internal note")
        one.act(Act("edit", 0, at, text="Remarks"))
        one.restart()
        done = one.round()
        assert not done.new and ["“Internal note” is missing" in sentence for sentence in done.stopped] == [True]
        assert one.lines()[0].count("Internal note") == 0 and one.lines()[0][at] == "Remarks"
        new = {"sheetId": one.sheet_id(), "title": "Cases"}
        one.batch({"updateSheetProperties": {"properties": new, "fields": "title"}})
        one.restart()
        done = one.round()
        assert not done.new and ["the tab “Exceptions” is missing" in sentence for sentence in done.stopped] == [True]


def test_a_tab_of_their_own_with_that_name_is_left_alone(tmp_path: Path) -> None:
    with shaped_before(tmp_path) as one:
        one.batch({"addSheet": {"properties": {"title": "Commands", "sheetId": 77}}})
        one.act(Act("edit", 0, 0, text="our radio commands"), title="Commands")
        upgrade(one)
        done = one.round()
        (sentence,) = [s for s in done.stopped if "Rename yours" in s]
        assert "tab Commands: “Commands” is a tab of Stopbook's by now" in sentence
        assert one.lines("Commands") == [["our radio commands"]]
        assert "Internal note" in one.lines()[0], "the rest goes on"
        new = {"sheetId": 77, "title": "Radio"}
        one.batch({"updateSheetProperties": {"properties": new, "fields": "title"}})
        one.now += timedelta(minutes=6)
        assert "The tab “Commands” is new" in one.round().sentence
        assert one.lines("Radio") == [["our radio commands"]] and one.lines("Commands")[0][2] == "No."


def test_a_late_or_doubled_request_adds_nothing_twice(tmp_path: Path) -> None:
    """The answer is lost, somebody types beside the table, and the first request comes through after all."""
    with shaped_before(tmp_path) as one:
        header = one.lines()[0]
        upgrade(one)
        one.fault("late", delay=50)
        with pytest.raises(Ambiguous):
            one.round()
        upgrade(one)
        one.act(Act("edit", 0, len(header), text="Mine"), Act("edit", 1, len(header), text="my own"))
        one.round()
        one.service.faults.release(one.service.handle, everything=True)
        one.settle()
        assert one.lines()[0] == [*header, "Mine", "Internal note", "Dispatch note"]
        assert one.lines()[1][len(header)] == "my own"


def test_a_tab_that_refuses_us_is_said_and_the_others_grow(tmp_path: Path) -> None:
    with shaped_before(tmp_path) as one:
        workspace = one.service.workspace
        for entry in workspace.files[one.book]["permissions"]:
            entry["role"] = "owner" if entry.get("emailAddress") == MARIA else "writer"
        theirs: dict[str, Any] = {"range": {"sheetId": one.sheet_id()}, "editors": {"users": [MARIA]}}
        with workspace.env.lock, workspace.editing(one.book, MARIA) as context:
            engine.run(context, [{"addProtectedRange": {"protectedRange": theirs}}])
        upgrade(one)
        done = one.round()
        (sentence,) = [s for s in done.stopped if "has new columns" in s]
        assert sentence.endswith("Allow it to edit there, or lift the protection.") and "could not be added" in sentence
        assert "The tab “Commands” is new" in done.sentence and one.lines("Commands")
