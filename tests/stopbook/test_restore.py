"""Restoring rows and cells, and a ledger made anew from the workbooks that are left."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from stopbook import rebuild as anew
from stopbook import settings
from stopbook.app import opened
from stopbook.restore import Target, planned, restore
from tests.office import Office, manifest, office
from tests.sheets_sync.programs import Sheets
from tests.sheets_sync.programs import put as put_cell
from workbooks.ledger import Ledger
from workbooks.plan import Plan, Put, Void
from workbooks.problems import Refused
from workbooks.schema import Kind
from workbooks.tables import TABLES

DAY = "2026-03-10"


@pytest.fixture
def one(tmp_path):
    with office(tmp_path / "home") as made:
        made.take_in("m.csv", manifest(DAY, "1041 Al Bo", "1042 Jo Park"), "orders", DAY)
        made.take_in("m2.csv", manifest(DAY, "1051 Cy Orr", route="R13", driver="D-9"), "orders", DAY)
        yield made


def put(office_: Office, table: str, key: tuple[str, ...], **values: object) -> None:
    record = office_.app.ledger.books().record(table, *key)
    plan = Plan("t", {}, (Put(table, key, values, record.rev if record else 0),))
    office_.app.ledger.apply(
        plan, run_key=f"{table}{key}{values}{record and record.rev}", inputs_hash="", by="eve", via="t", at=office_.now
    )


def target(office_: Office, table: str, *key: str, **more: object) -> Target:
    found = office_.app.ledger.load(table, dict(zip(TABLES[table].key, key, strict=True)), include_void=True)
    return Target(TABLES[table], found[0], **more)  # type: ignore[arg-type]


def seqs(office_: Office, table: str, *key: str) -> list[int]:
    one_ = target(office_, table, *key)
    return [change.seq for change in office_.app.ledger.history(table, one_.record.rid)]


def test_a_row_goes_back_and_that_is_a_change_of_its_own(one):
    put(one, "drivers", ("D-7",), display="Anna", status="INACTIVE")
    put(one, "drivers", ("D-7",), display="Hanna")
    first, second, third = seqs(one, "drivers", "D-7")
    plan = planned(one.app.ledger, target(one, "drivers", "D-7", seq=second), one.now, "ana")
    assert plan.notes == ("Name: “Hanna” becomes “Anna”.",)
    assert one.row("drivers", "D-7")["display"] == "Hanna", "a look changes nothing"
    restore(one.app, target(one, "drivers", "D-7", seq=first), one.now, "ana")
    assert (one.row("drivers", "D-7")["display"], one.row("drivers", "D-7")["status"]) == ("Ana", "ACTIVE")
    last = one.app.ledger.history("drivers", target(one, "drivers", "D-7").record.rid)[-1]
    assert (last.by, last.why, last.new) == ("ana", f"restored to no. {first}", {"display": "Ana", "status": "ACTIVE"})
    assert last.seq > third


def test_one_cell_and_a_moment(one):
    before = one.now
    one.now += timedelta(hours=1)
    put(one, "drivers", ("D-7",), display="Anna", status="INACTIVE")
    restore(one.app, target(one, "drivers", "D-7", at=before, column="display"), one.now, "ana")
    assert (one.row("drivers", "D-7")["display"], one.row("drivers", "D-7")["status"]) == ("Ana", "INACTIVE")


def test_a_row_that_went_out_of_use_comes_back(one):
    record = target(one, "drivers", "D-7").record
    gone = Plan("t", {}, (), (Void("drivers", ("D-7",), record.rev, "left"),))
    one.app.ledger.apply(gone, run_key="gone", inputs_hash="", by="eve", via="t", at=one.now)
    first, last = seqs(one, "drivers", "D-7")
    restore(one.app, target(one, "drivers", "D-7", seq=first), one.now, "ana")
    assert one.row("drivers", "D-7")["display"] == "Ana"
    with pytest.raises(Refused, match=r"was out of use then\. Choose a moment before no\."):
        planned(one.app.ledger, target(one, "drivers", "D-7", seq=last), one.now, "ana")


def test_a_stop_put_back_on_its_route_is_an_event_as_when_somebody_moves_it(one):
    stop = one.rows("stops")[0]
    put(
        one,
        "stops",
        (stop["stop_id"],),
        route_id=next(r["route_id"] for r in one.rows("manifest") if r["route_id"] != stop["route_id"]),
    )
    before = len(one.rows("manifest_events"))
    restore(one.app, target(one, "stops", stop["stop_id"], seq=seqs(one, "stops", stop["stop_id"])[0]), one.now, "ana")
    assert one.row("stops", stop["stop_id"])["route_id"] == stop["route_id"]
    assert len(one.rows("manifest_events")) > before


def test_what_is_posted_stays(one):
    key = ("2026-W10-D-7-1",)
    for values in ({"settlement_id": key[0], "driver_id": "D-7", "status": "DRAFT", "driver_name": "Ana"},
                   {"driver_name": "Anna"}, {"status": "REVIEW"}, {"status": "POSTED"}):  # fmt: skip
        put(one, "settlements", key, **values)
    first = seqs(one, "settlements", *key)[0]
    for column in ("", "driver_name"):
        with pytest.raises(Refused, match="is posted and does not change; propose an adjustment"):
            planned(one.app.ledger, target(one, "settlements", *key, seq=first, column=column), one.now, "ana")
    assert one.row("settlements", *key)["driver_name"] == "Anna"


def test_a_life_cycle_is_not_turned_back(one):
    filled(one, write=False)
    [case] = one.rows("exceptions")
    put(one, "exceptions", (case["exc_id"],), status="CONTACTING", internal_note="rang")
    first = seqs(one, "exceptions", case["exc_id"])[0]
    with pytest.raises(Refused, match=r"cannot go back from CONTACTING to NEW\..*restore single cells with --column"):
        planned(one.app.ledger, target(one, "exceptions", case["exc_id"], seq=first), one.now, "ana")
    restore(one.app, target(one, "exceptions", case["exc_id"], seq=first, column="internal_note"), one.now, "ana")
    after = one.row("exceptions", case["exc_id"])
    assert (after["status"], after["internal_note"]) == ("CONTACTING", None)
    with pytest.raises(Refused, match="an action is not done again"):
        planned(one.app.ledger, target(one, "exceptions", case["exc_id"], seq=first, column="action"), one.now, "ana")


@pytest.mark.parametrize(("more", "sentence"), [
    ({"seq": 999_999}, "has no change 999999. Its changes are"),
    ({"seq": 1}, "has no change 1."),
    ({"seq": 0, "column": "colour"}, "has no column colour"),
    ({"seq": 0, "column": "driver_id"}, "the key of a row never changes"),
    ({"seq": 0}, "stands so already"),
])  # fmt: skip
def test_what_cannot_be_restored_is_said(one, more, sentence):
    if more["seq"] == 0:
        more = {**more, "seq": seqs(one, "drivers", "D-7")[-1]}
    with pytest.raises(Refused, match=re.escape(sentence)):
        planned(one.app.ledger, target(one, "drivers", "D-7", **more), one.now, "ana")
    with pytest.raises(Refused, match="did not exist then; it began at"):
        planned(one.app.ledger, target(one, "drivers", "D-7", at=one.now - timedelta(days=9)), one.now, "ana")


def test_a_value_that_no_longer_stands_is_refused(one):
    stop = one.rows("stops")[0]
    first = seqs(one, "stops", stop["stop_id"])[0]
    put(one, "stops", (stop["stop_id"],), route_id=None)
    record = target(one, "manifest", stop["route_id"]).record
    gone = Plan("t", {}, (), (Void("manifest", (stop["route_id"],), record.rev, "cancelled"),))
    one.app.ledger.apply(gone, run_key="gone", inputs_hash="", by="eve", via="t", at=one.now)
    with pytest.raises(Refused, match="is not on tab Manifest"):
        planned(one.app.ledger, target(one, "stops", stop["stop_id"], seq=first, column="route_id"), one.now, "ana")


def filled(one_: Office, write: bool = True) -> None:
    """A day with a failed stop, an edit and a conflict, and all workbooks written."""
    one_.at(f"{DAY} 15:00")
    one_.take_in("s.csv", "Order | Account | Driver | Status | Reason | Completed\n"
                 f"1041 | A1 | D-7 | Delivered | | {DAY}T13:40:00-05:00\n1042 | A1 | D-7 | Failed | nobody home | {DAY}T14:05:00-05:00", "completions")  # fmt: skip
    one_.run("reconcile-day", DAY)
    one_.run("open-exceptions", DAY)
    if write:
        one_.run("write-workbooks")


def rows(ledger: Ledger) -> dict[str, dict[str, dict[str, object]]]:
    return {
        name: {r.rid: dict(r.values) for r in ledger.load(name, {})}
        for name, table in TABLES.items()
        if table.kind is not Kind.LOG
    }


@pytest.mark.filterwarnings("ignore:Duplicate header name")
def test_a_ledger_comes_back_from_the_workbooks(one, tmp_path):
    filled(one)
    was, ledger_id, home = rows(one.app.ledger), one.app.ledger.ledger_id, one.app.settings
    generations = {name: one.app.ledger.generation(name) for name in ("va-CHI", "dispatch-CHI", "setup")}
    one.app.ledger.close()
    for path in home.home.glob("ledger.sqlite*"):
        path.unlink()
    made = anew.joined(anew.from_folder(home.workbooks))
    assert not list(home.home.glob("ledger.sqlite*")), "a look makes nothing"
    anew.rebuild(home, made, one.now, "ana")
    assert not list(home.home.glob("*rebuilding*"))
    with opened(home, one.now) as app:
        assert app.ledger.ledger_id == ledger_id
        assert {name: app.ledger.generation(name) for name in generations} == generations
        now = rows(app.ledger)
        held = {name for copy in made.copies for name in copy.rows}
        for name in held:
            assert now[name] == was[name], name
        missing = [name for name in was if was[name] and name not in held and now[name] != was[name]]
        for name in missing:
            assert TABLES[name].title in " ".join(made.lost)
        assert "Every token" in " ".join(made.lost)
        back = Office(app)
        back.now = one.now
        back.run("write-workbooks")
        assert rows(app.ledger)["conflicts"] == was["conflicts"], "nothing in the workbooks looks like an edit"
        assert rows(app.ledger)["exceptions"] == was["exceptions"]
        assert back.run("write-workbooks").again


@pytest.mark.filterwarnings("ignore:Duplicate header name")
def test_an_edit_nobody_took_in_yet_is_not_lost(one):
    filled(one)
    [case] = one.rows("exceptions")

    def change(sheets: Sheets) -> None:
        put_cell(
            sheets, "Exceptions", case["exc_id"], TABLES["exceptions"].by_name["internal_note"].title, "she called back"
        )
        put_cell(sheets, "Exceptions", case["exc_id"], "Action", "CONTACTED")

    one.edit("va-CHI", change)
    home = one.app.settings
    one.app.ledger.close()
    (home.home / "ledger.sqlite").unlink()
    anew.rebuild(home, anew.joined(anew.from_folder(home.workbooks)), one.now, "ana")
    with opened(home, one.now) as app:
        [row] = app.ledger.load("exceptions", {})
        assert (row.values["internal_note"], row.values["status"]) == ("she called back", "NEW")
        back = Office(app)
        back.now = one.now
        back.run("write-workbooks")
        assert back.row("exceptions", case["exc_id"])["status"] == "CONTACTING", "what was chosen is then done"


@pytest.mark.filterwarnings("ignore:Duplicate header name")
def test_rebuilding_over_a_ledger_in_use_or_from_nothing_is_refused(one, tmp_path):
    filled(one)
    made = anew.joined(anew.from_folder(one.app.settings.workbooks))
    with pytest.raises(Refused, match="is a ledger in use; its last run was on 2026-03-10"):
        anew.rebuild(one.app.settings, made, one.now, "ana")
    with pytest.raises(Refused, match="There is no folder"):
        anew.from_folder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="holds no workbook of Stopbook"):
        anew.from_folder(tmp_path / "empty")


@pytest.mark.filterwarnings("ignore:Duplicate header name")
def test_two_companies_workbooks_are_not_mixed(one, tmp_path):
    filled(one)
    with office(tmp_path / "other") as other:
        other.run("write-workbooks")
        path = other.app.settings.workbooks / "manager.xlsx"
        Path(one.app.settings.workbooks / "manager.xlsx").write_bytes(path.read_bytes())
    with pytest.raises(Refused, match="belong to different ledgers"):
        anew.joined(anew.from_folder(one.app.settings.workbooks))


@pytest.mark.filterwarnings("ignore:Duplicate header name")
def test_without_the_setup_workbook_the_rest_comes_back(one, tmp_path):
    filled(one)
    folder = one.app.settings.workbooks
    (folder / "setup.xlsx").unlink()
    made = anew.joined(anew.from_folder(folder))
    assert len(made.rows["exceptions"]) == 1
    assert "Markets" in " ".join(made.lost)
    home = settings.load(tmp_path / "second")
    anew.rebuild(home, made, one.now, "ana")
    with opened(home, one.now) as app:
        assert len(app.ledger.load("stops", {})) == 3
