"""Everything that can happen to a request, over real HTTP: nothing is sent twice, nothing is lost, nothing doubled."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from local_sheets.dispatcher import Act
from sheets_sync.google.replica import Ambiguous, NotApplied, Overtaken, Rejected
from stopbook import spreadsheets
from tests.sheets_sync.google.bench import Desk, case, desk
from workbooks.ledger import LeaseLost
from workbooks.problems import Refused

CASES = [case(n) for n in range(1, 4)]
OPEN = ("server_error", "bad_gateway", "unavailable_before", "unavailable_after", "drop_before", "drop_after",
        "hang_before", "hang_after", "late", "truncated")  # fmt: skip


def everything_stands(one: Desk) -> None:
    """Copy and ledger say the same, each case once, and another look changes nothing."""
    one.settle()
    lines = one.lines()
    at = lines[0].index("_rid")
    rids = [line[at] for line in lines[1:] if len(line) > at and line[at]]
    held = one.app.ledger.load("exceptions", {})
    assert sorted(rids) == sorted(record.rid for record in held)
    shown = one.shown()
    for record in held:
        line = shown[str(record.values["exc_id"])]
        assert (line["Recipient"] or None, line["Internal note"] or None) == (
            record.values["recipient"], record.values["internal_note"],
        )  # fmt: skip


def work(one: Desk) -> None:
    """New rows, changed cells and an edit of a dispatcher, all to be written at once."""
    one.type(1, "Internal note", "typed")
    one.apply("exceptions", case(8), case(9), {"exc_id": "0002", "recipient": "changed"})


@pytest.mark.parametrize("kind", OPEN)
def test_nobody_knows_whether_a_write_was_done(tmp_path: Path, kind: str) -> None:
    with desk(tmp_path, CASES, timeout=0.7) as one:
        work(one)
        one.fault(kind, delay=3)
        with pytest.raises(Ambiguous):
            one.round()
        writes = one.client.calls["write"]
        assert one.app.ledger.open_intents(one.keeper.book.name)
        one.restart()
        one.round()
        assert one.rounds[-1].recovered == 1 and one.client.calls["write"] > writes
        one.service.faults.release(one.service.handle, everything=True)
        everything_stands(one)
        assert one.case(1).values["internal_note"] == "typed"


@pytest.mark.parametrize("token", ["reject", "accept"])
@pytest.mark.parametrize("reflects", ["batch", "collaborators"])
def test_under_every_answer_to_the_open_questions(tmp_path: Path, token: str, reflects: str) -> None:
    with desk(tmp_path, CASES, timeout=0.7) as one:
        one.switch(duplicate_metadata_id=token, response_reflects=reflects, validation_binds_api=True,
                   drive_version_lag=600.0, protected_column_blocks_sort=False)  # fmt: skip
        work(one)
        one.fault("late", delay=30)
        with pytest.raises(Ambiguous):
            one.round()
        one.fault("drop_after")  # the fence itself is applied, and its answer is lost
        with pytest.raises(Ambiguous):
            one.round()
        one.round()
        one.service.faults.release(one.service.handle, everything=True)
        everything_stands(one)


@pytest.mark.parametrize("kind", ["rate_limit", "revoked"])
def test_a_write_that_was_refused_was_not_done(tmp_path: Path, kind: str) -> None:
    with desk(tmp_path, CASES) as one:
        work(one)
        one.fault(kind)
        if kind == "rate_limit":
            with pytest.raises(NotApplied, match="no more requests this minute"):
                one.round()
            assert not one.app.ledger.open_intents(one.keeper.book.name)
        everything_stands(one)


@pytest.mark.parametrize("kind", ["rate_limit", "server_error", "bad_gateway", "drop_before", "truncated"])
def test_a_read_is_tried_again(tmp_path: Path, kind: str) -> None:
    with desk(tmp_path, CASES, timeout=0.7) as one:
        one.type(1, "Internal note", "typed")
        one.fault(kind, method="batchGet")
        one.round()
        assert one.case(1).values["internal_note"] == "typed"


@pytest.mark.parametrize("seed", range(2))
def test_an_hour_in_which_everything_goes_wrong(tmp_path: Path, seed: int) -> None:
    """Storms of 429, 5xx before and after, pages of HTML, silence, cut lines, late requests, revoked keys, wrong clocks."""
    dice = random.Random(seed)
    kinds = (*OPEN, "rate_limit", "rate_limit", "revoked", "clock_skew")
    with desk(tmp_path, CASES, timeout=0.4) as one:
        said: set[str] = set()
        for turn in range(8):
            for _ in range(dice.randint(0, 2)):
                kind = dice.choice(kinds)
                method = dice.choice(("batchUpdate", "batchUpdate", "batchGet", "spreadsheets.get"))
                skew = dice.choice((-120.0, 120.0))
                one.fault(kind, method=method, delay=dice.randint(1, 6), skip=dice.randint(0, 2), seconds=skew)
            one.type(1 + turn % 3, "Internal note", f"typed {turn}")
            one.apply("exceptions", {"exc_id": "0002", "recipient": f"turn {turn}"}, case(10 + turn))
            try:
                one.round()
            except Refused as refused:
                said.add(str(refused))
                if dice.random() < 0.3:
                    one.restart()
        assert all(sentence.endswith(".") and "Traceback" not in sentence for sentence in said)
        one.service.faults.clear()
        one.service.faults.release(one.service.handle, everything=True)
        one.client.timeout = (5.0, 30.0)
        everything_stands(one)
        assert [one.case(n).values["internal_note"] for n in (1, 2, 3)] == ["typed 6", "typed 7", "typed 5"]
        assert len(one.shown()) == 3 + 8 and not one.app.ledger.open_intents(one.keeper.book.name)


def test_a_row_is_inserted_and_a_cell_typed_between_reading_and_writing(tmp_path: Path) -> None:
    with desk(tmp_path, [case(n) for n in range(1, 9)]) as one:
        one.apply("exceptions", *({"exc_id": f"{n:04}", "internal_note": f"job {n}"} for n in range(1, 9)))
        found = one.keeper.sheet.read
        row, note = one.place(5, "Internal note")

        def then_people() -> object:
            seen = found()
            one.act(Act("edit", row, note, text="typed in between"), Act("insert", 3))
            one.keeper.sheet.read = found  # type: ignore[method-assign]
            return seen

        one.keeper.sheet.read = then_people  # type: ignore[assignment, method-assign]
        done = one.round()
        assert done.pushed.displaced
        everything_stands(one)
        said = " ".join(f"{row['sheet_value']} {row['ledger_value']}" for row in one.conflicts())
        assert "typed in between" in said
        assert {one.case(n).values["internal_note"] for n in (1, 2, 3)} == {"job 1", "job 2", "job 3"}


def test_two_hubs_on_one_spreadsheet(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        old = one.keeper
        one.apply("exceptions", {"exc_id": "0001", "recipient": "one"})
        one.restart()
        one.round()
        with pytest.raises(LeaseLost):
            old.round(one.now)
        # with a ledger of its own, the spreadsheet itself refuses it
        op_after = one.keeper.sheet.sync()
        found = old.sheet.read()
        assert found.sync == op_after
        everything_stands(one)


def test_a_stale_operation_is_refused_by_the_spreadsheet(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        sent = []
        real = one.keeper.sheet.send
        one.keeper.sheet.send = lambda op: (sent.append(op), real(op))[1]  # type: ignore[method-assign, assignment, func-returns-value]
        one.apply("exceptions", {"exc_id": "0001", "recipient": "one"})
        one.round()
        one.apply("exceptions", {"exc_id": "0001", "recipient": "two"})
        one.round()
        for op in sent:
            with pytest.raises(Overtaken):
                real(op)
        assert one.shown()["0001"]["Recipient"] == "two"


def test_a_range_that_refuses_us_stops_one_tab_and_the_others_go_on(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        one.type(2, "Recipient", "not theirs")
        real = one.keeper.sheet.client.post

        def refusing(url: str, body: dict[str, Any], *more: Any, **named: Any) -> Any:
            if f'"sheetId": {sheet},' in json.dumps(body) and "copyPaste" in json.dumps(body):
                raise Rejected("A protected range refuses us. Lift the protection.")
            return real(url, body, *more, **named)

        sheet = one.sheet_id()
        one.keeper.sheet.client.post = refusing  # type: ignore[method-assign]
        done = one.round()
        assert ["tab Exceptions" in sentence for sentence in done.pushed.stopped] == [True]
        assert one.shown("Conflicts") and one.shown()["0002"]["Recipient"] == "not theirs"
        one.keeper.sheet.client.post = real  # type: ignore[method-assign]
        everything_stands(one)


def test_shared_for_reading_only(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        one.apply("exceptions", {"exc_id": "0001", "recipient": "one"})
        for entry in one.service.workspace.files[one.book]["permissions"]:
            if entry.get("emailAddress") == one.client.email:
                entry["role"] = "reader"
        with pytest.raises(Refused, match="Share it with that address as an editor"):
            one.round()
        assert not one.app.ledger.open_intents(one.keeper.book.name)


def test_a_key_that_was_withdrawn(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        work(one)
        accounts = one.service.workspace.accounts
        account = accounts.known.pop(one.client.email)
        accounts.revoke_all()
        with pytest.raises(Refused, match=r"no longer accepts the key of .* run “stopbook google connect FILE”"):
            one.round()
        accounts.known[one.client.email] = account
        everything_stands(one)
        assert one.case(1).values["internal_note"] == "typed"


def test_a_copied_spreadsheet_is_refused(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one, desk(tmp_path / "other", CASES) as other:
        one.keeper = spreadsheets.Keeper(one.app, one.keeper.book, other.book, other.client, one.now)
        with pytest.raises(Refused, match="not adopted by this ledger"):
            one.round()
