"""Workbooks of earlier writings: how long they can still be compared, and what is kept for that and no longer."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from stopbook import bookshelf, runner, settings
from stopbook.app import opened
from stopbook.jobs import job
from tests.addin.conftest import Place, settle
from tests.addin.test_agent import EXC, case, conflicts, dispatch
from tests.office import manifest
from tests.sheets_sync.programs import put
from workbooks.plan import Base
from workbooks.tables import TABLES

KEPT = 1


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookshelf, "KEEP_GENERATIONS", KEPT)


def path(place: Place):
    return place.office.app.settings.workbooks / "va-CHI.xlsx"


def writings(place: Place, count: int) -> None:
    """So many new writings of the VA's workbook."""
    for number in range(count):
        place.wait(60)
        dispatch(place, case(place), dispatch_note=f"{place.seconds:.0f} makes writing {number}")
        before = path(place).read_bytes()
        place.office.run("write-workbooks")
        assert path(place).read_bytes() != before


def too_old(place: Place, said: str) -> bool:
    return said.startswith("va-CHI.xlsx is writing ") and said.endswith(
        "and what it began with is no longer known. Nothing was read; put it aside, take the latest and type the changes there."
    )


def test_open_or_closed_a_workbook_too_old_is_refused_with_the_same_sentence(place):
    old = path(place).read_bytes()
    writings(place, KEPT + 1)
    latest = path(place).read_bytes()
    path(place).write_bytes(old)
    place.office.edit("va-CHI", lambda sheets: put(sheets, EXC, case(place), "Internal note", "typed into a backup"))
    backup = path(place).read_bytes()
    done = place.office.run("write-workbooks")
    (closed,) = [f"{problem}" for problem in done.plan.blocked]
    assert too_old(place, closed)
    assert path(place).read_bytes() == backup, "it is not replaced either: somebody may want what stands there"
    book = place.open()
    settle(place, place.agent())
    assert place.program.says[-1] == closed
    assert book.writes == [] and book.stamps == []
    assert place.row("exceptions", case(place))["internal_note"] != "typed into a backup"
    path(place).write_bytes(latest)
    assert not place.office.run("write-workbooks").plan.blocked


def test_one_that_is_just_not_too_old_is_taken_in(place):
    old = path(place).read_bytes()
    writings(place, KEPT)
    path(place).write_bytes(old)
    place.office.edit("va-CHI", lambda sheets: put(sheets, EXC, case(place), "Internal note", "late, and in time"))
    assert not place.office.run("write-workbooks").plan.blocked
    assert place.row("exceptions", case(place))["internal_note"] == "late, and in time"
    assert conflicts(place) == []


def test_a_workbook_that_a_restored_ledger_never_wrote_is_left_alone(place):
    office = place.office
    home = office.app.settings.home
    restored = home.parent / "restored"
    shutil.copytree(home, restored, ignore=shutil.ignore_patterns("ledger.sqlite*"))
    with (
        closing(sqlite3.connect(home / "ledger.sqlite")) as now,
        closing(sqlite3.connect(restored / "ledger.sqlite")) as then,
    ):
        now.backup(then)
    writings(place, 1)
    office.edit("va-CHI", lambda sheets: put(sheets, EXC, case(place), "Internal note", "typed after the backup"))
    newer = restored / "workbooks" / "va-CHI.xlsx"
    newer.write_bytes(path(place).read_bytes())
    before = newer.read_bytes()
    with opened(settings.load(restored), office.now) as app:
        done = runner.run(app, job("write-workbooks"), office.params())
    (said,) = map(str, done.plan.blocked)
    assert said.startswith("va-CHI.xlsx says it is writing ")
    assert said.endswith("Nothing was read; ask your administrator whether the ledger was restored from a backup.")
    assert newer.read_bytes() == before


def test_a_second_copy_too_old_is_left_aside_and_the_workbook_goes_on(place):
    aside = path(place).with_name("va-CHI (1).xlsx")
    aside.write_bytes(path(place).read_bytes())
    writings(place, KEPT + 1)
    place.office.edit(
        "va-CHI", lambda sheets: put(sheets, EXC, case(place), "Internal note", "typed into the real one")
    )
    done = place.office.run("write-workbooks")
    aside.unlink()
    (said,) = map(str, done.plan.blocked)
    assert said.startswith("va-CHI (1).xlsx is writing ")
    assert place.row("exceptions", case(place))["internal_note"] == "typed into the real one"


def test_an_open_workbook_from_before_a_column_was_declared_goes_on(place):
    """The hub was brought up to date while somebody had the workbook open."""
    number, ledger = case(place), place.office.app.ledger
    at = ledger.generation("va-CHI")
    new = {"exceptions": "root_cause", "stops": "status"}
    ledger.keep_bases([
        Base("va-CHI", table, rid, at, {name: value for name, value in row.items() if name != column})
        for table, column in new.items() for rid, row in ledger.bases("va-CHI", at, table).items()
    ])  # fmt: skip
    book = place.open()
    for table, column in new.items():
        head = book.header(TABLES[table].title)
        head[head.index(TABLES[table].by_name[column].title)] = "What we call it"
    agent = place.agent()
    settle(place, agent)
    book.type(EXC, number, "Internal note", "typed beside the missing column")
    dispatch(place, number, dispatch_note="and news comes in")
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "typed beside the missing column"
    assert book.shows(EXC, number, "Dispatch note") == "and news comes in"
    stops = len(book.rows("Stops"))
    text = manifest("2026-03-10", "1078 Ed Fox", route="R78", driver="D-11").replace("1 Main St", "78 Elm St")
    place.office.take_in("later.csv", text, "orders", "2026-03-10")
    settle(place, agent)
    assert len(book.rows("Stops")) == stops + 1
    book.type(EXC, number, "Internal note", "and it goes on after that")
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "and it goes on after that"
    assert place.program.says[-1].startswith("In step 14:05") and "missing" not in place.program.says[-1]
    assert conflicts(place) == []


def kept(place: Place) -> set[int]:
    """Writings about whose sittings and files something is kept."""
    from sheets_sync import openbook

    names = [*place.office.app.ledger.copies("va-CHI@"), *place.office.app.ledger.copies("va-CHI.xlsx@")]
    return {number for name in names for book in ("va-CHI", "va-CHI.xlsx")
            if (number := openbook.generation_of(name, book)) is not None}  # fmt: skip


def test_what_was_agreed_in_a_sitting_is_let_go_when_nobody_can_ask_for_it_any_more(place):
    """Each day somebody opens the workbook of that day, works in it, and saves."""
    ledger = place.office.app.ledger
    for day in range(KEPT + 2):
        book = place.open()
        agent = place.agent()
        settle(place, agent)
        book.type(EXC, case(place), "Internal note", f"day {day}")
        settle(place, agent)
        path(place).write_bytes(book.saved())
        place.program.closes(book)
        writings(place, 1)
    latest = ledger.generation("va-CHI")
    assert kept(place) and min(kept(place)) >= latest - KEPT
    assert ledger.copies("dispatch-CHI@") == []
    assert ledger.bases("va-CHI", latest, "exceptions"), "what the writings themselves hold is still there"


def test_a_saved_sitting_of_the_oldest_writing_that_counts_is_still_compared_rightly(place):
    """Nothing that was not taken in is lost: the file says how far it was in step, and that is still known."""
    number = case(place)
    book = place.open()
    agent = place.agent()
    settle(place, agent)
    book.type(EXC, number, "Internal note", "taken in on Monday")
    settle(place, agent)
    monday = book.saved()
    place.program.closes(book)
    place.wait(60)
    dispatch(place, number, internal_note="changed by dispatch on Tuesday")
    writings(place, KEPT)
    path(place).write_bytes(monday)
    place.office.edit("va-CHI", lambda sheets: put(sheets, EXC, number, "Root cause", "TRAFFIC"))
    assert not place.office.run("write-workbooks").plan.blocked
    assert place.row("exceptions", number)["root_cause"] == "TRAFFIC", "typed after the sitting, into the file"
    assert place.row("exceptions", number)["internal_note"] == "changed by dispatch on Tuesday", "Monday's is not new"
    assert conflicts(place) == []


def test_names_that_only_look_alike_are_nobodys(place):
    from sheets_sync import openbook

    name = openbook.name_of("va-CHI", 7, "0123abcd")
    assert openbook.generation_of(name, "va-CHI") == openbook.generation_of(openbook.told_of(name), "va-CHI") == 7
    for other in ("va-CHI-2@7", "va-CHI@x", "va-CHI@7.5", "va-CHI", "sheet", "va-CHI@30.xlsx@1"):
        assert openbook.generation_of(other, "va-CHI") is None
