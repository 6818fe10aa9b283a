"""Spreadsheets that keep themselves in step: each apart, trouble is one sentence with a remedy, everything else goes on."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from local_sheets.dispatcher import Act
from local_sheets.faults import Fault
from sheets_sync.google import adopt
from sheets_sync.google.client import DRIVE
from sheets_sync.google.pace import Pace
from sheets_sync.google.transport import Spreadsheet
from stopbook import settings, spreadsheets
from stopbook.app import App
from stopbook.people import Person, local
from stopbook.rounds import Round
from stopbook.spreadsheets import Connection
from stopbook.tending import LONGEST, Tended, Tending, unattended
from tests.sheets_sync.google.bench import Desk, case, desk
from workbooks.intake.grid import letter
from workbooks.ledger import Ledger
from workbooks.problems import Refused
from workbooks.schema import V
from workbooks.shelf import Workbook

CASES = [case(n) for n in range(1, 4)]
DISPATCH, VA = "dispatch-CHI", "va-CHI"


@dataclass
class Room:
    """Two spreadsheets of one home, kept by one tending over a clock one sets."""

    desk: Desk
    tending: Tending
    rounds: list[tuple[str, Round | None]]

    def pass_by(self, seconds: float = 300) -> None:
        """Time passes, and there is a look."""
        self.desk.now += timedelta(seconds=seconds)
        self.tending.look()
        self.tending.finish(60)

    def settle(self) -> None:
        for _ in range(6):
            self.pass_by()

    def state(self, name: str) -> dict[str, Any]:
        return next(one for one in self.tending.states(self.desk.now) if one["name"] == name)

    def lines(self, name: str, title: str = "Exceptions") -> list[list[Any]]:
        return self.desk.client.get(
            f"https://sheets.googleapis.com/v4/spreadsheets/{self.tending.tended[name].number}/values/{title}", {}
        ).get("values", [])


def replace_budget(home: Path, most: int) -> settings.Settings:
    (home / settings.FILE).write_text(f"google_requests = {most}\n")
    return settings.load(home)


def key_file(one: Desk, folder: Path) -> Path:
    path = folder / "key.json"
    key = one.service.workspace.accounts.create_service_account(f"{one.client.server}/token")
    path.write_text(json.dumps(key), "utf-8")
    return path


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """Two spreadsheets of two tabs each, which is quicker than all their tabs."""
    real = spreadsheets.books_of

    def few(ledger: Ledger) -> dict[str, Workbook]:
        return {
            name: replace(
                book, tables=tuple(table for table in book.tables if table.name in ("exceptions", "conflicts"))
            )
            for name, book in real(ledger).items()
        }

    monkeypatch.setattr(spreadsheets, "books_of", few)
    with desk(tmp_path, CASES) as one:
        books = spreadsheets.books_of(one.app.ledger)
        number = adopt.create(one.client, books[VA].title)
        spreadsheets.adopt(one.app, one.client, number, books[VA], one.now)
        one.app.ledger.release(one.keeper.store.lease)
        Connection(str(key_file(one, tmp_path)), one.client.server, {DISPATCH: one.book, VA: number}).save(tmp_path)
        rounds: list[tuple[str, Round | None]] = []

        def told(kept: Tended, done: Round | None) -> None:
            rounds.append((kept.name, done))

        made = Room(one, Tending(one.app, lambda: one.now, told, given=Pace(lambda: one.now, 10_000)), rounds)
        try:
            made.pass_by(0)
            yield made
        finally:
            made.tending.close()


def test_both_are_kept_and_an_edit_in_one_stands_in_the_other(room: Room) -> None:
    room.settle()
    assert [len(room.lines(name)) for name in (DISPATCH, VA)] == [4, 4]
    room.desk.type(1, "Recipient", "not theirs")
    room.desk.type(2, "Internal note", "left with neighbour")
    room.settle()
    assert room.desk.case(2).values["internal_note"] == "left with neighbour"
    assert "left with neighbour" in str(room.lines(VA))
    state = room.state(DISPATCH)
    assert (state["waits"], state["sentence"], state["conflicts"]) == (False, "In step.", 1)
    assert "taken in" in " ".join(str(done) for _, done in room.rounds)
    assert (state["address"], Connection().address("1x")) == ("", "https://docs.google.com/spreadsheets/d/1x")


def test_a_quiet_look_is_one_light_call_and_looks_become_rarer(room: Room) -> None:
    room.settle()
    one = room.tending.tended[DISPATCH]
    assert one.client is not None
    before = dict(one.client.calls)
    room.pass_by(29)
    assert one.client.calls == before, "nobody works, so it is looked at every half minute"
    room.pass_by(1)
    assert {kind: one.client.calls[kind] - before[kind] for kind in before} == {"read": 0, "write": 0, "light": 1}
    room.desk.type(1, "Internal note", "typed")
    room.pass_by(60)
    assert one.due - room.desk.now <= timedelta(seconds=10)
    assert room.tending.quota().endswith("in the last minute; 10000 of each are allowed")


def test_all_of_them_and_every_process_of_the_home_share_one_count(room: Room, tmp_path: Path) -> None:
    """From the very first look on, when all of them begin at once, and whatever key is connected later."""
    room.settle()
    known = Connection.load(tmp_path)
    Connection(str(key_file(room.desk, tmp_path)), known.server, known.books, {"new": True}).save(tmp_path)
    room.settle()
    clients = [one.client for one in room.tending.tended.values()]
    assert len(clients) == 2 and all(client is not None and client.pace is room.tending.pace for client in clients)
    app = App(replace_budget(tmp_path, 7), room.desk.app.ledger)
    first, again = Tending(app, lambda: room.desk.now), Tending(app, lambda: room.desk.now)
    first.pace.take("write")
    assert again.pace.spent()["write"] == 1 and again.pace.budget == 7
    for one in (first, again):
        one.close()


def test_a_key_that_google_no_longer_accepts(room: Room, tmp_path: Path) -> None:
    accounts = room.desk.service.workspace.accounts
    accounts.create_service_account("")
    accounts.revoke_all()
    room.pass_by()
    for name in (DISPATCH, VA):
        assert "no longer accepts the key of" in room.state(name)["problem"]
        assert "stopbook google connect FILE" in room.state(name)["sentence"]
    known = Connection.load(tmp_path)
    Connection(str(key_file(room.desk, tmp_path)), known.server, known.books, {"new": True}).save(tmp_path)
    room.settle()
    assert not room.state(DISPATCH)["waits"] and not room.state(VA)["waits"]


def test_shared_for_reading_only_stops_one(room: Room) -> None:
    room.settle()
    workspace = room.desk.service.workspace
    [entry] = [e for e in workspace.files[room.desk.book]["permissions"] if e["role"] == "owner"]
    entry["role"] = "reader"
    room.desk.apply("exceptions", {"exc_id": "0001", "recipient": "new"})
    room.pass_by()
    assert "may not edit this spreadsheet. Share it with that address as an editor" in room.state(DISPATCH)["problem"]
    room.settle()
    assert "new" in str(room.lines(VA)) and not room.state(VA)["waits"]
    first = room.tending.tended[DISPATCH]
    assert first.failures > 1 and first.due - room.desk.now <= LONGEST
    entry["role"] = "writer"
    room.settle()
    assert "new" in str(room.lines(DISPATCH)) and not room.state(DISPATCH)["waits"]


def test_a_copy_in_the_place_of_the_original_is_refused(room: Room, tmp_path: Path) -> None:
    room.settle()
    with desk(tmp_path / "other", CASES) as other:
        other.app.ledger.release(other.keeper.store.lease)
        ledger_id, room.desk.app.ledger.ledger_id = room.desk.app.ledger.ledger_id, other.app.ledger.ledger_id
        room.tending.tended[VA].keeper = None
        room.pass_by()
        room.desk.app.ledger.ledger_id = ledger_id
    assert "is a copy of one that was. Run “stopbook google adopt” on the right one." in room.state(VA)["problem"]


def test_a_range_that_refuses_us_stops_its_tab(room: Room) -> None:
    """A person protects a column and lets nobody else edit it."""
    room.settle()
    desk_, workspace = room.desk, room.desk.service.workspace
    # the spreadsheet belongs to the person, who shares it with us
    for entry in workspace.files[desk_.book]["permissions"]:
        entry["role"] = "owner" if entry.get("emailAddress") == "maria@example.com" else "writer"
    _, place = desk_.place(1, "Recipient")
    area = {"sheetId": desk_.sheet_id(), "startColumnIndex": place, "endColumnIndex": place + 1}
    with workspace.env.lock, workspace.editing(desk_.book, "maria@example.com") as context:
        from local_sheets.batch import engine

        protected = {"range": area, "editors": {"users": ["maria@example.com"]}}
        [reply] = engine.run(context, [{"addProtectedRange": {"protectedRange": protected}}])
    desk_.apply("exceptions", {"exc_id": "0001", "recipient": "new"}, {"exc_id": "0002", "internal_note": "new too"})
    desk_.type(3, "Internal note", "typed")
    desk_.type(2, "Internal note", "typed at the same time")
    room.pass_by()
    state = room.state(DISPATCH)
    [sentence] = state["stopped"]
    assert "tab Exceptions: A protected range refuses" in sentence
    assert sentence.endswith("Allow it to edit there, or lift the protection.")
    assert state["waits"] and not state["problem"]
    assert desk_.case(3).values["internal_note"] == "typed", "what people type still comes in"
    assert "typed at the same time" in str(room.lines(DISPATCH, "Conflicts")), "the other tabs go on"
    assert "new" in str(room.lines(VA))
    number = reply["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    with workspace.env.lock, workspace.editing(desk_.book, "maria@example.com") as context:
        engine.run(context, [{"deleteProtectedRange": {"protectedRangeId": number}}])
    room.settle()
    assert "new" in str(room.lines(DISPATCH)) and not room.state(DISPATCH)["waits"]


def test_each_way_to_spoil_a_tab_is_one_sentence_and_everything_else_goes_on(room: Room) -> None:
    """One after the other in the same spreadsheet: said with its remedy, nothing written there, and well again after it."""
    room.settle()
    one = room.desk
    sheet, head = one.sheet_id(), one.lines()[0]
    note, rid, free = head.index("Internal note"), head.index("_rid"), len(head)
    area = {
        "sheetId": sheet,
        "startRowIndex": 1,
        "endRowIndex": 3,
        "startColumnIndex": note,
        "endColumnIndex": note + 1,
    }

    def header(at: int, text: str) -> Callable[[], Any]:
        return lambda: one.act(Act("edit", 0, at, text=text) if text else Act("clear", 0, at))

    def titled(title: str) -> Callable[[], Any]:
        named = {"properties": {"sheetId": sheet, "title": title}, "fields": "title"}
        return lambda: one.batch({"updateSheetProperties": named})

    spoils: list[tuple[Callable[[], Any], str, Callable[[], Any]]] = [
        (header(note, "Remarks"), "row 1: the column “Internal note” is missing. Nothing of this tab was taken in. If "
         "“Remarks” is what it is called now, name it “Internal note” again.", header(note, "Internal note")),
        (header(note, ""), "row 1: the column “Internal note” is missing. Nothing of this tab was taken in. Put a column "
         "headed “Internal note” back.", header(note, "Internal note")),
        (header(free, "Internal note"), "cell AK1: there are two columns “Internal note”. Nothing of this tab was read. "
         "Rename or remove one of them.", header(free, "")),
        (header(rid, "id"), "row 1: the hidden column “_rid” is missing, and without it no row is known. Nothing of this tab "
         "was read. Undo its removal, or have it made anew: a workbook is when Stopbook writes it, a spreadsheet by "
         "“stopbook google adopt”.", header(rid, "_rid")),
        (lambda: one.batch({"mergeCells": {"range": area, "mergeType": "MERGE_ALL"}}), "row 2: the cells U2:U3 are merged, so "
         "all but one of them are lost to view. Nothing of this tab was read. Unmerge them and fill in the others.",
         lambda: (one.batch({"unmergeCells": {"range": area}}), one.act(Act("edit", 2, note, text="note 2")))),
        (titled("Cases"), "the tab “Exceptions” is missing, so nothing of it was read. Name it so again, or run “stopbook "
         "google adopt” to have it made anew.", titled("Exceptions")),
    ]  # fmt: skip
    for number, (spoil, sentence, mend) in enumerate(spoils):
        spoil()
        one.apply("exceptions", {"exc_id": "0001", "recipient": f"changed {number}"})
        room.pass_by()
        (said,) = room.state(DISPATCH)["stopped"]
        assert said.removeprefix("Dispatch Chicago, tab Exceptions").lstrip(",: ") == sentence
        title = "Cases" if "tab “Exceptions” is missing" in sentence else "Exceptions"
        assert f"changed {number}" not in str(one.lines(title)), "nothing was written there"
        assert f"changed {number}" in str(room.lines(VA)) and not room.state(VA)["waits"], "everything else goes on"
        mend()
        room.pass_by()
        assert not room.state(DISPATCH)["waits"] and f"changed {number}" in str(one.lines())
    assert [one.case(n).values["internal_note"] for n in (1, 2, 3)] == [
        "note 1",
        "note 2",
        "note 3",
    ] and not one.conflicts()


def test_what_is_pasted_over_what_stopbook_keeps_stops_nothing(room: Room) -> None:
    """An identity of another row is put right; a formula is left as it is, with a word about it."""
    room.settle()
    one = room.desk
    row, rid = one.place(1, "_rid")
    recipient = one.place(2, "Recipient")
    one.act(Act("edit", row, rid, text=one.case(2).rid), Act("edit", *recipient, text='="typed"'))
    room.settle()
    assert one.lines()[row][rid] == one.case(1).rid and one.lines()[recipient[0]][recipient[1]] == "typed"
    assert room.state(DISPATCH)["remarks"] == [f"Dispatch Chicago, tab Exceptions, cell {letter(recipient[1])}{recipient[0] + 1} (Recipient): 1 cell holds a "
                    "formula and is neither taken in nor written over. Type the values instead."]  # fmt: skip
    assert not room.state(DISPATCH)["waits"] and one.case(2).values["recipient"] == "Ann 2"


def test_the_hidden_tab_is_removed_and_made_anew(room: Room) -> None:
    room.settle()
    one = room.desk
    one.batch({"deleteSheet": {"sheetId": one.keeper.sheet.sync()}})
    one.apply("exceptions", {"exc_id": "0001", "recipient": "new"})
    one.type(2, "Internal note", "typed")
    room.pass_by()
    assert "The hidden tab “_sync” is missing" in room.state(DISPATCH)["problem"]
    room.settle()
    assert room.state(DISPATCH)["problem"].endswith("Run “stopbook google adopt” on it.") and "new" in str(
        room.lines(VA)
    )
    spreadsheets.adopt(one.app, one.client, one.book, room.tending.tended[DISPATCH].book, one.now)
    room.settle()
    assert room.state(DISPATCH)["sentence"] == "In step." and one.shown()["0001"]["Recipient"] == "new"
    assert one.case(2).values["internal_note"] == "typed" and not one.conflicts()


def test_a_copy_that_is_behind_does_not_take_the_place_of_its_original(room: Room, tmp_path: Path) -> None:
    """Somebody copies the spreadsheet, work goes on in the original, and later the copy is to be used instead."""
    room.settle()
    one, known = room.desk, Connection.load(tmp_path)
    copy = one.client.post(f"{DRIVE}/drive/v3/files/{one.book}/copy", {"name": "Copy"})["id"]
    one.type(1, "Internal note", "decided later")
    room.settle()
    book = room.tending.tended[DISPATCH].book
    with pytest.raises(
        Refused, match=r"is a copy of one that is kept in step, and may be behind it\. Adopt the other one"
    ):
        spreadsheets.adopt(one.app, one.client, copy, book, one.now)
    Connection(known.key, known.server, {**known.books, DISPATCH: copy}).save(tmp_path)
    room.settle()
    assert "or is a copy of one that was" in room.state(DISPATCH)["sentence"]
    sheet = Spreadsheet(one.client, copy, (), "")
    sheet.update([{"deleteSheet": {"sheetId": sheet.sync()}}])
    spreadsheets.adopt(one.app, one.client, copy, book, one.now)
    room.settle()
    assert room.state(DISPATCH)["sentence"] == "In step."
    assert one.case(1).values["internal_note"] == "decided later" and "decided later" in str(room.lines(DISPATCH))


def test_another_spreadsheet_in_the_place_of_one_deletes_nothing(room: Room, tmp_path: Path) -> None:
    """The first one was lost; a new, empty one is filled from the ledger."""
    room.settle()
    one, known = room.desk, Connection.load(tmp_path)
    number = adopt.create(one.client, "again")
    spreadsheets.adopt(one.app, one.client, number, room.tending.tended[DISPATCH].book, one.now)
    Connection(known.key, known.server, {**known.books, DISPATCH: number}).save(tmp_path)
    room.rounds.clear()
    room.settle()
    assert len(room.lines(DISPATCH)) == 1 + len(CASES) and not any(one.case(n).void for n in (1, 2, 3))
    assert not [sentence for _, done in room.rounds if done for sentence in done.sentences], "and nobody is bothered"


def test_a_full_disk_is_said_and_nothing_is_lost(room: Room) -> None:
    room.settle()
    ledger = room.desk.app.ledger
    with ledger._engine.connect() as conn:
        pages = conn.execute(text("PRAGMA page_count")).scalar_one()
    room.desk.type(1, "Internal note", "x" * 30_000)

    def limit(connection: Any, most: int) -> None:
        connection.execute(f"PRAGMA max_page_count = {most}")

    from sqlalchemy import event

    def checkout(connection: Any, *_: Any) -> None:
        limit(connection, most[0])

    most = [int(pages)]
    event.listen(ledger._engine, "checkout", checkout)
    try:
        room.pass_by()
        assert "The disk of the ledger" in room.state(DISPATCH)["problem"]
        assert "free some space" in room.state(DISPATCH)["sentence"]
        most[0] = 1_000_000
        room.settle()
    finally:
        event.remove(ledger._engine, "checkout", checkout)
    assert room.desk.case(1).values["internal_note"] == "x" * 30_000
    assert not room.state(DISPATCH)["waits"]


def test_no_more_requests_this_minute_waits_a_minute(room: Room) -> None:
    room.settle()
    room.desk.apply("exceptions", {"exc_id": "0001", "recipient": "new"})
    room.desk.service.faults.add(Fault("rate_limit", method="batchUpdate"))
    room.pass_by()
    said = [one for one in room.tending.states(room.desk.now) if "no more requests this minute" in one["problem"]]
    assert len(said) == 1
    calls = [one.calls for one in room.tending.tended.values()]
    room.pass_by(59)
    assert calls == [one.calls for one in room.tending.tended.values()]
    room.settle()
    assert "new" in str(room.lines(DISPATCH)) and not room.state(DISPATCH)["waits"]


def test_google_does_not_answer_and_is_asked_less_and_less_often(room: Room) -> None:
    room.settle()
    number = room.tending.tended[VA].number
    room.desk.service.faults.add(Fault("server_error", path=number, times=None))
    waits = []
    for _ in range(6):
        one = room.tending.tended[VA]
        room.pass_by(max(0.0, (one.due - room.desk.now).total_seconds()))
        if one.problem:
            waits.append((one.due - room.desk.now).total_seconds())
    assert waits[:3] == sorted(waits[:3]) and waits[0] < waits[1] < waits[2]
    assert "Google did not answer" in room.state(VA)["sentence"]
    assert not room.state(DISPATCH)["waits"]
    room.desk.service.faults.clear()
    room.settle()
    assert not room.state(VA)["waits"]


def test_a_second_hub_leaves_it_alone(room: Room) -> None:
    room.settle()
    ledger = room.desk.app.ledger
    one = room.tending.tended[DISPATCH]
    room.desk.now += timedelta(hours=1)  # the first slept, and another machine took over
    lease = ledger.lease(f"google:{one.number}", "elsewhere /srv/stopbook", room.desk.now, 600)
    room.pass_by(0)
    room.pass_by(60)
    assert room.state(DISPATCH)["problem"] == (
        "Another hub keeps it in step (elsewhere /srv/stopbook), so this one leaves it alone."
    )
    assert ledger.renew(lease, room.desk.now, 60), "what the other one holds is still its own"
    ledger.release(lease)
    room.settle()
    assert not room.state(DISPATCH)["waits"]


def test_a_hub_over_an_older_copy_of_the_ledger_is_fenced_off(room: Room, tmp_path: Path) -> None:
    """The folder was copied to another machine, or put back from a backup; the hub there knows nothing of the last days."""
    room.settle()
    one, known = room.desk, Connection.load(tmp_path)
    there = tmp_path / "there"
    there.mkdir()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as ledger, sqlite3.connect(there / "ledger.sqlite") as older:
        ledger.backup(older)
    one.type(1, "Internal note", "typed yesterday")
    one.apply("exceptions", {"exc_id": "0002", "recipient": "changed yesterday"})
    room.settle()
    known.save(there)
    with Ledger.open(f"sqlite:///{there / 'ledger.sqlite'}", one.now) as stale:
        later = one.now + timedelta(hours=1)  # what was leased then is free by now
        app = App(settings.load(there), stale)
        book, number = room.tending.tended[DISPATCH].book, known.books[DISPATCH]

        def elsewhere() -> Round:
            return spreadsheets.Keeper(app, book, number, one.client, later, "elsewhere").round(later)

        with pytest.raises(
            Refused, match="Another installation of Stopbook wrote into this spreadsheet, or this one did"
        ):
            elsewhere()
        room.settle()
        assert not room.state(DISPATCH)["waits"] and one.shown()["0002"]["Recipient"] == "changed yesterday"
        # whoever is sure that it is to go on all the same says so; what differs is shown, and nothing is written over
        spreadsheets.adopt(app, one.client, number, book, later)
        elsewhere()
        rows = {str(r.values["exc_id"]): r.values for r in stale.load("exceptions", {})}
        told = " ".join(f"{r.values['sheet_value']} {r.values['ledger_value']}" for r in stale.load("conflicts", {}))
        assert rows["0001"]["internal_note"] == "typed yesterday" or "typed yesterday" in told
        assert "changed yesterday" in told
    room.settle()
    assert "Another installation" in room.state(DISPATCH)["sentence"], "now it is the first that stands still"
    assert not room.state(VA)["waits"]


def test_what_is_adopted_or_taken_out_is_noticed(room: Room, tmp_path: Path) -> None:
    room.settle()
    known = Connection.load(tmp_path)
    Connection(known.key, known.server, {VA: known.books[VA], "gone-XYZ": "1"}).save(tmp_path)
    room.pass_by()
    assert list(room.tending.tended) == [VA]
    assert room.desk.app.ledger.lease(f"google:{room.desk.book}", "somebody else", room.desk.now, 5), (
        "it was given back"
    )
    (tmp_path / "google.json").write_text("{", "utf-8")
    room.pass_by()
    assert "google.json is damaged" in room.tending.problem
    known.save(tmp_path)
    room.pass_by()
    assert sorted(room.tending.tended) == [DISPATCH, VA] and room.tending.problem == ""


def test_the_status_shows_each_person_their_own(room: Room) -> None:
    from stopbook.hub import status

    room.settle()
    app, now = room.desk.app, room.desk.now
    boss = status.of(app, local("ana"), now, tending=room.tending)
    assert [one["title"] for one in boss["spreadsheets"]] == ["Dispatch Chicago", "VA Chicago"]
    va = status.of(app, Person("v", (V,), frozenset({"CHI"})), now, tending=room.tending)
    assert [one["name"] for one in va["spreadsheets"]] == [VA]
    assert status.of(app, Person("v", (V,), frozenset({"PHX"})), now, tending=room.tending)["spreadsheets"] == []
    room.tending.tended[VA].problem = "It stands still."
    assert "VA Chicago: It stands still." in status.of(app, local("ana"), now, tending=room.tending)["sentence"]
    assert {one["sentence"] for one in unattended(app, now)} == {"Nobody keeps it in step while no hub runs."}
    late = status.of(app, local("ana"), now + timedelta(hours=1), tending=room.tending)
    assert any("has not looked since" in sentence for sentence in late["waiting"])
