"""Working from the spreadsheet alone: choose a job, read what it would do, choose RUN, read what came of it."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from local_sheets.dispatcher import Act
from stopbook.hub.commands import Commands
from stopbook.hub.core import Hub
from stopbook.hub.works import Works
from stopbook.runner import Result
from stopbook.schedule import Schedule
from tests.sheets_sync.google.bench import NOW, Desk, case, desk

DAY = date(2026, 3, 10)
FIRST_ROW = 1


def run_now(job: Any, params: Any) -> Result:
    raise AssertionError("nothing runs by itself here")


@dataclass
class Room:
    """A desk with a hub's commands; rounds and looks at commands follow each other as in the hub."""

    desk: Desk
    works: Works
    commands: Commands
    woken: list[str] = field(default_factory=list)

    def go_on(self, rounds: int = 4) -> None:
        for _ in range(rounds):
            done = self.desk.round()
            for work in list(self.commands._going.values()):
                work.future.exception(timeout=20)
            self.commands.attend("dispatch-CHI", self.desk.keeper.book, read=not done.idle)

    def restart(self) -> None:
        """Another hub goes on; nothing is left of what the first had in mind."""
        self.commands = Commands(self.desk.app, self.works, lambda: self.desk.now, "http://127.0.0.1:8750")

    def type(self, row: int, header: str, text: str) -> None:
        place = self.desk.lines("Commands")[0].index(header)
        self.desk.act(Act("edit", row, place, text=text) if text else Act("clear", row, place), title="Commands")

    def row(self, row: int = FIRST_ROW) -> dict[str, Any]:
        header, *lines = self.desk.lines("Commands")
        line = lines[row - 1]
        return {str(h): cell for h, cell in zip(header, [*line, *[""] * len(header)], strict=False)}

    def runs(self, job: str) -> list[Any]:
        return [record.values for record in self.desk.app.ledger.load("runs", {}) if record.values["job"] == job]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with desk(tmp_path, [case(1)], tabs=("exceptions", "conflicts", "commands")) as one:
        works = Works(one.app)
        made = Room(one, works, Commands(one.app, works, lambda: one.now, "http://127.0.0.1:8750"))
        one.apply("drivers", {"driver_id": "D-1", "display": "Ana", "status": "ACTIVE", "home_market": "NYC"})
        made.go_on()
        yield made
        works.close()


def test_three_free_rows_and_a_list_of_what_may_be_run(room: Room) -> None:
    assert [room.row(number)["Status"] for number in (1, 2, 3)] == ["FREE"] * 3
    inspected = room.desk.client.get(room.desk.keeper.sheet.url, {
        "ranges": "Commands", "fields": "sheets(data(rowData(values(dataValidation))))"})  # fmt: skip
    place = room.desk.lines("Commands")[0].index("Job")
    rule = inspected["sheets"][0]["data"][0]["rowData"][1]["values"][place]["dataValidation"]
    listed = [value["userEnteredValue"] for value in rule["condition"]["values"]]
    assert "Reconcile day" in listed
    assert "Post invoices" not in listed and "Settle" not in " ".join(listed)


def test_chosen_looked_at_run_and_done_for_good(room: Room) -> None:
    room.type(1, "Job", "Health check")
    room.go_on()
    row = room.row()
    assert row["Status"] == "LOOK" and "created" in row["What it would do"] and row["Run"] == ""
    assert room.runs("health-check") == []
    room.type(1, "Run", "RUN")
    room.go_on()
    row = room.row()
    assert row["Status"] == "DONE" and "created" in row["Result"]
    [run] = room.runs("health-check")
    assert (run["by"], run["via"]) == ("someone in google-dispatch-CHI", "Google")
    assert room.row(4)["Status"] == "FREE", "there are always three free rows"
    room.type(1, "Job", "Reconcile day")
    room.type(1, "Run", "")
    room.go_on()
    row = room.row()
    assert (row["Job"], row["Run"], row["Status"]) == ("Health check", "RUN", "DONE"), "what is done stays as it was"
    assert len(room.runs("health-check")) == 1


def test_run_counts_only_after_the_preview_was_there_to_be_read(room: Room) -> None:
    room.type(1, "Job", "Health check")
    room.type(1, "Run", "RUN")
    room.go_on()
    row = room.row()
    assert (row["Status"], row["Run"]) == ("LOOK", "") and room.runs("health-check") == []
    room.type(1, "Run", "RUN")
    room.type(1, "Market", "CHI")  # another question before the answer
    room.go_on()
    row = room.row()
    assert (row["Status"], row["Run"]) == ("LOOK", "") and room.runs("health-check") == []
    room.type(1, "Run", "RUN")
    room.go_on()
    assert room.row()["Status"] == "DONE"


def test_the_books_changed_since_it_was_looked_at(room: Room) -> None:
    room.type(1, "Job", "Health check")
    room.go_on()
    room.desk.apply("drivers", {"driver_id": "D-2", "display": "Ben", "status": "ACTIVE", "home_market": "LAX"})
    before = room.row()["What it would do"]
    room.type(1, "Run", "RUN")
    room.go_on()
    row = room.row()
    assert row["Status"] == "LOOK" and row["Run"] == "", row
    assert row["What it would do"].startswith("The books have changed since.") and before not in row["What it would do"]
    assert room.runs("health-check") == []
    room.type(1, "Run", "RUN")
    room.go_on()
    assert room.row()["Status"] == "DONE" and len(room.runs("health-check")) == 1


@pytest.mark.parametrize(("cells", "sentence"), [
    ({"Job": "Post settlements"}, "There is no job “Post settlements” that can be run from here."),
    ({"Job": "Make coffee"}, "Choose one from the list."),
    ({"Job": "Reconcile day"}, "Say which day"),
    ({"Job": "Reconcile day", "Day": "2026-03-10", "Options": "just do it"}, "Write options as name=value"),
    ({"Job": "Reconcile day", "Day": "2026-03-10", "Options": "colour=red"}, "takes no option colour"),
])  # fmt: skip
def test_what_cannot_be_run_is_one_sentence(room: Room, cells: dict[str, str], sentence: str) -> None:
    for header, text in cells.items():
        room.type(1, header, text)
    room.go_on()
    row = room.row()
    assert row["Status"] == "CANNOT" and sentence in row["What it would do"], row
    room.type(1, "Run", "RUN")
    room.go_on()
    assert room.row()["Run"] == ""
    for header in cells:
        room.type(1, header, "")
    room.go_on()
    assert (room.row()["Status"], room.row()["What it would do"]) == ("FREE", "")


def test_another_market_is_not_theirs(room: Room) -> None:
    market = {"market_id": "PHX", "name": "Phoenix", "tz": "America/Phoenix"}
    room.desk.apply("markets", market)
    room.type(1, "Job", "Reconcile day")
    room.type(1, "Day", "2026-03-10")
    room.type(1, "Market", "PHX")
    room.go_on()
    assert "Say for which of your markets: CHI" in room.row()["What it would do"]


def test_what_posts_is_done_by_a_person_on_the_hubs_page(tmp_path: Path) -> None:
    with desk(tmp_path, workbook="payroll", tabs=("settlements", "commands")) as one:
        works = Works(one.app)
        room = Room(one, works, Commands(one.app, works, lambda: one.now, "https://stopbook.example"))
        room.go_on()
        room.type(1, "Job", "Post settlements")
        room.type(1, "Day", "2026-03-09")
        room.go_on()
        row = room.row()
        assert row["Status"] == "SIGN_IN" and "sign in" in row["What it would do"]
        assert row["Link"] == "https://stopbook.example/jobs/post-settlements?date=2026-03-09"
        room.type(1, "Run", "RUN")
        room.go_on()
        assert room.row()["Run"] == "" and not room.runs("post-settlements")
        works.close()


def test_a_hub_that_died_after_the_run_begins_nothing_twice(room: Room) -> None:
    room.type(1, "Job", "Health check")
    room.go_on()
    room.type(1, "Run", "RUN")
    started = room.commands._start
    done: list[int] = []

    def start(*what: Any) -> None:
        started(*what)
        [work] = room.commands._going.values()
        work.future.result(timeout=20)
        done.append(1)
        raise KeyboardInterrupt  # the hub dies here

    room.commands._start = start  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        room.go_on()
    assert len(room.runs("health-check")) == 1
    room.restart()
    room.go_on()
    assert room.row()["Status"] == "DONE" and "created" in room.row()["Result"]
    assert len(room.runs("health-check")) == 1


def test_a_hub_that_died_before_the_run_asks_again(room: Room) -> None:
    room.type(1, "Job", "Health check")
    room.go_on()
    room.type(1, "Run", "RUN")

    def start(*what: Any) -> None:
        raise KeyboardInterrupt

    room.commands._start = start  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        room.go_on()
    room.restart()
    room.go_on()
    assert (room.row()["Status"], room.row()["Run"]) == ("LOOK", "")
    room.type(1, "Run", "RUN")
    room.go_on()
    assert room.row()["Status"] == "CANNOT" and "begun once already" in room.row()["Result"]
    assert room.runs("health-check") == []


def test_a_run_that_takes_long_does_not_hold_up_the_spreadsheet(room: Room) -> None:
    room.type(1, "Job", "Health check")
    room.go_on()
    room.type(1, "Run", "RUN")
    held: Future[Result] = Future()
    start = room.works._pool.submit
    room.works._pool.submit = lambda *a, **k: held  # type: ignore[method-assign, assignment]
    room.desk.round()
    room.commands.attend("dispatch-CHI", room.desk.keeper.book, read=True)
    room.desk.round()
    assert room.row()["Status"] == "RUNNING"
    room.works._pool.submit = start  # type: ignore[method-assign]
    from stopbook import runner
    from stopbook.job import Params
    from stopbook.jobs import job

    params = Params(room.desk.now, "someone in google-dispatch-CHI", "Google", "CHI")
    held.set_result(runner.run(room.desk.app, job("health-check"), params))
    room.go_on()
    assert room.row()["Status"] == "DONE"


def test_rows_that_are_done_leave_after_two_days(room: Room) -> None:
    room.type(1, "Job", "Health check")
    room.go_on()
    room.type(1, "Run", "RUN")
    room.go_on()
    room.desk.now += timedelta(days=3)
    room.restart()
    room.go_on()
    assert room.row()["_state"] == "VOID"
    assert [room.row(number)["Status"] for number in (2, 3, 4)] == ["FREE"] * 3


def test_the_hub_passes_on_what_came_in(room: Room) -> None:
    """The hub's own wiring: what is typed calls for the workbooks to be written, a command alone does not."""
    schedule = Schedule(room.desk.app, run_now, lambda: room.desk.now, "test")
    hub = Hub(room.desk.app, lambda: room.desk.now, room.works, schedule)
    from stopbook.tending import Tended

    one = Tended("dispatch-CHI", room.desk.book, room.desk.keeper.book, NOW)
    room.type(1, "Job", "Health check")
    hub._told(one, room.desk.round())
    assert not schedule._called
    room.desk.type(1, "Internal note", "typed")
    hub._told(one, room.desk.round())
    assert schedule._called == {"write-workbooks"}
    hub.tending.close()
