"""A real click on a button of an open workbook runs a job end to end, through the add-in's own VBA, against a hub over HTTP.

Three things stand in for what only Excel has, and for nothing else: a form button for the ribbon, which LibreOffice does
not draw (`Ribbon`); for xlwings' VBA module, which only Excel compiles, a module whose RunPython hands its command over
(`XLWINGS`); and this process for the Python that xlwings would start or attach to.
"""

from collections.abc import Iterator

import pytest
import xlwings

from tests.addin.bench.live import EXC, Desk, with_the_ribbon
from tests.addin.conftest import Place
from tests.addin.test_agent import case
from tests.stopbook.hub.conftest import DAY
from workbooks.problems import Refused


@pytest.fixture(scope="module")
def desk(calc: xlwings.App, house: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with with_the_ribbon(calc, house, tmp_path_factory.mktemp("click")) as one:
        yield one


def test_a_click_runs_a_job_on_the_hub(desk: Desk) -> None:
    office = desk.place.office
    scan = f"Order | Account | Driver | Status | Reason | Completed\n1041 | A1 | D-7 | Failed | nobody home | {DAY}T14:40:00-05:00"
    office.take_in("late.csv", scan, "completions")
    number = case(desk.place)
    desk.person.goes_to(EXC, desk.at(EXC, number, "Internal note"))
    before = {row["run_id"] for row in office.rows("runs")}
    said = desk.clicks("job.reconcile-day")
    assert said.startswith("Reconcile day: ")
    (run,) = [row for row in office.rows("runs") if row["run_id"] not in before]
    assert (run["job"], run["via"], run["by"]) == ("reconcile-day", "Excel", "va@example.com")
    assert desk.book.selection.get_address(False, False) == desk.at(EXC, number, "Internal note")


def test_a_click_on_preview_writes_nothing(desk: Desk) -> None:
    number = case(desk.place)
    desk.person.goes_to(EXC, desk.at(EXC, number, "Internal note"))
    before = desk.place.office.app.ledger.last_seq()
    assert desk.clicks("preview.open-exceptions").startswith("Open exceptions, preview: ")
    assert desk.place.office.app.ledger.last_seq() == before


def test_a_click_on_sync_now_takes_in_what_was_typed(desk: Desk) -> None:
    number = case(desk.place)
    desk.types(EXC, number, "Internal note", "typed, then Sync now")
    desk.clicks("sync")
    assert desk.place.row("exceptions", number)["internal_note"] == "typed, then Sync now"


def test_a_click_while_the_hub_is_away_is_one_sentence_back_to_vba(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOPBOOK_HUB", "http://127.0.0.1:9")
    with pytest.raises(Refused, match="does not answer"):
        desk.clicks("job.reconcile-day")


def test_the_status_of_the_agent_stands_in_the_ribbon_of_the_add_in(desk: Desk) -> None:
    number = case(desk.place)
    desk.types(EXC, number, "Internal note", "and the ribbon says it")
    desk.settle()
    shown = desk.book.app.macro("'stopbook.xlsm'!Pressed.StatusLine")(1)
    assert shown == desk.state.status.split("\n")[0]
    assert shown.startswith("In step 14:05")
