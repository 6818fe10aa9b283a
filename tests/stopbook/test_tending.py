"""Spreadsheets that keep themselves in step: each apart, trouble is one sentence with a remedy, everything else goes on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from local_sheets.faults import Fault
from sheets_sync.google import adopt
from stopbook import spreadsheets
from stopbook.people import Person, local
from stopbook.spreadsheets import Connection, Round
from stopbook.tending import LONGEST, Tended, Tending, unattended
from tests.sheets_sync.google.bench import Desk, case, desk
from workbooks.ledger import Ledger
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
        look = spreadsheets.look(one.app.ledger.books(), books[VA])
        adopt.adopt(one.client, number, books[VA], one.app.ledger.ledger_id, look)
        one.app.ledger.release(one.keeper.store.lease)
        Connection(str(key_file(one, tmp_path)), one.client.server, {DISPATCH: one.book, VA: number}).save(tmp_path)
        rounds: list[tuple[str, Round | None]] = []

        def told(kept: Tended, done: Round | None) -> None:
            rounds.append((kept.name, done))

        made = Room(one, Tending(one.app, lambda: one.now, told, budget=10_000), rounds)
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
    assert room.tending.quota(room.desk.now).endswith("requests in the last minute; 10000 of each kind are allowed")


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
