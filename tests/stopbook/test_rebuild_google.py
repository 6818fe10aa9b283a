"""The ledger is gone: it comes back from the spreadsheets, and the next round finds nothing to do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local_sheets.dispatcher import Act
from stopbook import cli, rebuild, settings, spreadsheets
from stopbook.app import App, opened
from stopbook.rebuild_google import from_spreadsheets
from stopbook.spreadsheets import Connection, Keeper
from tests.sheets_sync.google.bench import Desk, case, desk
from workbooks.plan import Plan, Void
from workbooks.problems import Refused

TABS = ("exceptions", "conflicts")


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, [case(n) for n in range(1, 6)], tabs=TABS) as made:
        key = made.service.workspace.accounts.create_service_account(f"{made.client.server}/token")
        (tmp_path / "key.json").write_text(json.dumps(key), "utf-8")
        Connection(str(tmp_path / "key.json"), made.client.server, {"dispatch-CHI": made.book}).save(tmp_path)
        yield made


def lose(one: Desk) -> None:
    """The disk with the ledger is gone."""
    one.app.ledger.close()
    for path in one.app.settings.home.glob("ledger.sqlite*"):
        path.unlink()


@contextmanager
def anew(one: Desk) -> Iterator[App]:
    made = rebuild.joined(from_spreadsheets(one.app.settings))
    rebuild.rebuild(one.app.settings, made, one.now, "ana")
    with opened(one.app.settings, one.now) as app:
        one.app = app
        one.keeper = Keeper(app, one.keeper.book, one.book, one.client, one.now, "second")
        yield app


def test_rows_ids_and_bases_come_back_and_the_next_round_writes_nothing(one: Desk) -> None:
    one.type(1, "Internal note", "left with neighbour")
    one.type(2, "Recipient", "not theirs")
    gone = one.case(4)
    plan = Plan("t", {}, (), (Void("exceptions", ("0004",), gone.rev, "a mistake"),))
    one.app.ledger.apply(plan, run_key="gone", inputs_hash="", by="ana", via="t", at=one.now)
    one.settle()
    before = {name: {r.rid: r.values for r in one.app.ledger.load(name, {})} for name in TABS}
    ledger_id, writes = one.app.ledger.ledger_id, one.client.calls["write"]
    lose(one)
    with anew(one) as app:
        assert app.ledger.ledger_id == ledger_id
        assert {name: {r.rid: r.values for r in app.ledger.load(name, {})} for name in TABS} == before
        assert one.case(4).void
        one.rounds.clear()
        assert one.settle() == 0, one.rounds
        assert one.client.calls["write"] == writes and not one.rounds[0].sentences
        one.type(3, "Internal note", "and on it goes")
        one.apply("exceptions", {"exc_id": "0005", "recipient": "new"})
        one.settle()
        assert one.case(3).values["internal_note"] == "and on it goes"
        assert one.shown()["0005"]["Recipient"] == "new"


def test_what_was_typed_after_the_ledger_was_lost_stands(one: Desk) -> None:
    one.settle()
    lose(one)
    one.type(2, "Internal note", "typed meanwhile")
    row, place = one.place(3, "Action")
    one.act(Act("edit", row, place, text="CONTACTED"), Act("sort", 1, 2, descending=True))
    with anew(one):
        assert one.case(2).values["internal_note"] == "typed meanwhile"
        assert one.case(3).values["status"] == "NEW"
        one.settle()
        assert one.case(3).values["status"] == "CONTACTING", "what was chosen is done with the first round"


def test_a_spreadsheet_and_a_workbook_together(one: Desk) -> None:
    """The workbook is older, and the VA has typed into it since."""
    from stopbook import runner
    from stopbook.job import Params
    from stopbook.jobs import job
    from tests.sheets_sync.programs import put, saved

    runner.run(one.app, job("write-workbooks"), Params(one.now, "ana", "test"))
    path = one.app.settings.workbooks / "va-CHI.xlsx"
    one.type(1, "Internal note", "newer, in the browser")
    one.settle()
    path.write_bytes(
        saved(path.read_bytes(), lambda sheets: put(sheets, "Exceptions", "0002", "Note for the client", "we rang"))
    )
    lose(one)
    copies = [*rebuild.from_folder(one.app.settings.workbooks), *from_spreadsheets(one.app.settings)]
    made = rebuild.joined(copies)
    rows = {str(row["exc_id"]): row for row in made.rows["exceptions"].values()}
    assert rows["0001"]["internal_note"] == "newer, in the browser"
    assert rows["0002"]["client_visible_note"] == "we rang", "the VA owns it, dispatch does not"
    assert made.rows["markets"], "what the spreadsheets do not hold comes from the workbooks"


def test_the_command_says_what_is_lost(one: Desk, tmp_path: Path) -> None:
    one.settle()
    lose(one)
    result = CliRunner().invoke(cli.app, ["--home", str(tmp_path), "rebuild", "--preview"])
    assert result.exception is None, result.exception
    assert "Rebuild (preview, nothing written)" in result.output and "Lost" in result.output
    assert "Exceptions 5" in result.output and "Who changed what, when and why" in result.output
    assert not list(tmp_path.glob("ledger.sqlite"))


def test_a_spreadsheet_that_is_not_ours_or_not_there_is_refused(one: Desk, tmp_path: Path) -> None:
    known = Connection.load(tmp_path)
    stranger = one.client.post("https://sheets.googleapis.com/v4/spreadsheets", {"properties": {"title": "x"}})
    for number, sentence in (
        (stranger["spreadsheetId"], "is none that Stopbook kept"),
        ("1nowhere", "no such spreadsheet"),
    ):
        Connection(known.key, known.server, {"dispatch-CHI": number}).save(tmp_path)
        with pytest.raises(Refused, match=sentence):
            from_spreadsheets(settings.load(tmp_path))
    Connection(known.key, known.server, {}).save(tmp_path)
    with pytest.raises(Refused, match="names no spreadsheet"):
        from_spreadsheets(settings.load(tmp_path))
    Connection(known.key, known.server, {"gone-CHI": one.book}).save(tmp_path)
    with pytest.raises(Refused, match="There is no workbook called gone-CHI"):
        from_spreadsheets(settings.load(tmp_path))
    assert spreadsheets.PREFIX
