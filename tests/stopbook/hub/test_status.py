"""The status: in step, waiting for whom, and what came last and comes next, as each person may know it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stopbook import runner
from stopbook.hub import status
from stopbook.hub.pages import ago
from stopbook.people import Person, local
from stopbook.schedule import Schedule
from tests.office import manifest, office
from workbooks.schema import D, M, V

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate header name")
DAY = "2026-03-10"


@pytest.fixture
def one(tmp_path):
    with office(tmp_path / "home") as made:
        made.take_in("m.csv", manifest(DAY, "1041 Al Bo", "1042 Jo Park"), "orders", DAY)
        yield made


def test_waiting_for_who_has_the_workbook_open(one):
    schedule = Schedule(one.app, lambda job, params: runner.run(one.app, job, params), lambda: one.now, "test")
    one.at(f"{DAY} 11:59")
    schedule.look()
    one.at(f"{DAY} 12:00")
    schedule.look()
    state = status.of(one.app, local("ana"), one.now, schedule)
    assert (state["in_step"], state["sentence"]) == (True, "Everything is in step.")
    folder = one.app.settings.workbooks
    (folder / "~$dispatch-CHI.xlsx").write_bytes(bytes([3]) + b"Eve")
    state = status.of(one.app, local("ana"), one.now, schedule)
    assert state["in_step"], "open, but there is nothing new to write"
    assert "Open at Eve; in step." in [book["sentence"] for book in state["workbooks"]]
    one.take_in("m2.csv", manifest(DAY, "1051 Cy Orr", route="R13"), "orders", DAY)
    one.at(f"{DAY} 12:05")
    schedule.look()
    state = status.of(one.app, local("ana"), one.now, schedule)
    assert not state["in_step"]
    assert state["sentence"] == "dispatch-CHI.xlsx is open at Eve; what is new is written when it is closed."
    (folder / "~$dispatch-CHI.xlsx").unlink()
    one.at(f"{DAY} 12:10")
    schedule.look()
    assert status.of(one.app, local("ana"), one.now, schedule)["in_step"]


def test_each_person_sees_what_is_theirs(one):
    one.run("reconcile-day", DAY)
    one.run("write-workbooks")
    va = status.of(one.app, Person("v", (V,), frozenset({"CHI"})), one.now)
    assert [book["name"] for book in va["workbooks"]] == ["va-CHI"]
    assert {run["job"] for run in va["runs"]} == {"write-workbooks", "reconcile-day", "import-file"} - {"import-file"}
    written = next(run for run in va["runs"] if run["job"] == "write-workbooks")
    assert written["sentence"].endswith("left out.")
    other = status.of(one.app, Person("d", (D,), frozenset({"PHX"})), one.now)
    assert other["workbooks"] == []
    boss = status.of(one.app, Person("m", (M,)), one.now)
    assert {"manager", "setup", "va-CHI"} <= {book["name"] for book in boss["workbooks"]}
    assert any(run["job"] == "import-file" for run in boss["runs"])


@pytest.mark.parametrize(("seconds", "text"), [
    (3, "just now"), (40, "a moment ago"), (-40, "in a moment"), (120, "2 minutes ago"), (-3_600, "in 60 minutes"),
    (7_200, "2 hours ago"), (200_000, "2 days ago"),
])  # fmt: skip
def test_how_long_ago(seconds, text):
    now = datetime(2026, 3, 10, 12, tzinfo=ZoneInfo("UTC"))
    assert ago(now - timedelta(seconds=seconds), now) == text
