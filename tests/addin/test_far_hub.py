"""A hub a quarter of a second away: how often a click, a round and Sync now go there and back, and who waits for it.

The time of the first tests is played: a question that is asked in one look is answered a quarter of a second later,
by the real hub. `TRIPS` is what README and handbook may promise.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest

from addin import buttons, errands, resident
from addin.agent import Policy
from addin.bell import Bell
from addin.client import Client
from addin.errands import Errands
from addin.resident import Agent, turn
from tests.addin.conftest import Place
from tests.addin.program import FakeBook
from tests.addin.test_agent import EXC, case, dispatch

TRIP = 0.25
TRIPS = {
    "nothing new": 1,
    "an edit": 2,
    "Sync now": 3,
    "a job": 1,
    "a job after an edit": 2,
    "the first job": 3,
    "explain": 1,
}


@dataclass
class Line:
    """One thread's way to the hub: one question after the other, each answered `TRIP` seconds after it was asked."""

    place: Place
    under_way: list[tuple[float, Callable[[], Any], "Future[Any]"]] = field(default_factory=list)
    down: bool = False

    def submit(self, do: Callable[[], Any]) -> "Future[Any]":
        asked: Future[Any] = Future()
        self.under_way.append((self.place.seconds + TRIP, do, asked))
        return asked

    def answers(self) -> None:
        for at, do, asked in list(self.under_way):
            if at <= self.place.seconds and not self.down:
                self.under_way.remove((at, do, asked))
                try:
                    asked.set_result(do())
                except Exception as error:
                    asked.set_exception(error)


@dataclass
class Desk:
    """A PC with Excel and the agent, far from the hub."""

    place: Place
    book: FakeBook
    line: Line
    agent: Agent
    given: Errands
    number: str

    @property
    def calls(self) -> int:
        return sum(client.calls for client in self.place.clients)

    def looks(self) -> None:
        """The agent looks; whatever it asks, it does not stand still for it."""
        before = self.calls
        turn(self.agent, self.given)
        assert self.calls == before, "the hub was asked while the agent held everything up"

    def until_done(self) -> tuple[int, float]:
        """Trips to the hub and seconds until nothing is under way."""
        calls, begun = self.calls, self.place.seconds
        for _ in range(200):
            self.looks()
            if not (self.agent.asking or self.given.busy or self.line.under_way):
                return self.calls - calls, self.place.seconds - begun
            self.place.wait(0.05)
            self.line.answers()
        raise AssertionError("it does not end")

    def calm(self, seconds: float = 20.0) -> None:
        for _ in range(4):
            self.place.wait(seconds)
            self.until_done()


@pytest.fixture
def desk(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(errands, "_KNOWN", {})
    book = place.open()
    number = case(place)
    book.cursor = (EXC, 1, 0)
    line = Line(place)
    client = place.client()
    agent = Agent(place.program, lambda: client, lambda: place.seconds, lambda: "14:05", Policy(), line.submit)
    given = Errands(place.program, lambda: client, buttons.errand, buttons.front, line.submit)
    one = Desk(place, book, line, agent, given, number)
    one.calm()
    place.program.says.clear()
    place.program.told.clear()
    yield one


def test_a_round_in_which_nothing_happened_is_one_trip(desk):
    desk.place.wait(11)
    trips, seconds = desk.until_done()
    assert trips == TRIPS["nothing new"]
    assert seconds <= TRIP + 0.1


def test_an_edit_is_there_after_one_trip_and_a_look_at_what_came_of_it(desk):
    desk.book.type(EXC, desk.number, "Internal note", "from far away")
    desk.looks()
    desk.place.wait(TRIP)
    desk.line.answers()
    assert desk.place.row("exceptions", desk.number)["internal_note"] == "from far away"
    trips, _ = desk.until_done()
    assert 1 + trips <= TRIPS["an edit"] + 1


def test_sync_now_says_at_once_that_it_is_under_way_and_ends_after_three_trips(desk):
    dispatch(desk.place, desk.number, dispatch_note="news from dispatch")
    desk.book.type(EXC, desk.number, "Internal note", "and mine")
    errands.order("sync")
    desk.looks()
    assert desk.place.program.says[-1].startswith("Sync now …")
    trips, seconds = desk.until_done()
    assert trips <= TRIPS["Sync now"]
    assert seconds <= TRIPS["Sync now"] * TRIP + 0.3
    assert desk.book.shows(EXC, desk.number, "Dispatch note") == "news from dispatch"
    assert desk.place.row("exceptions", desk.number)["internal_note"] == "and mine"
    assert desk.place.program.says[-1].startswith("In step 14:05")


def test_sync_now_with_nothing_new_is_one_trip(desk):
    errands.order("sync")
    trips, _ = desk.until_done()
    assert trips == 1


def test_sync_now_in_a_workbook_that_was_only_just_opened(desk):
    desk.agent.desks.clear()
    desk.looks()  # it is seen for the first time
    errands.order("sync")
    trips, _ = desk.until_done()
    assert trips <= TRIPS["Sync now"] + 2, "what it consists of, and all of it once"


def test_a_click_is_one_trip_and_the_first_one_asks_what_there_is(desk):
    desk.book.cursor = (EXC, desk.book.row_of(EXC, desk.number) + 1, 5)
    errands.order("job.reconcile-day")
    assert desk.until_done()[0] == TRIPS["the first job"]
    desk.calm()
    errands.order("job.reconcile-day")
    desk.looks()
    assert desk.place.program.says[-1] == "Reconcile day …", "said before the hub has answered"
    trips, seconds = desk.until_done()
    assert trips == TRIPS["a job"]
    assert seconds <= TRIP + 0.1
    assert desk.place.program.told[-1].startswith("Reconcile day: ")


def test_what_was_typed_before_the_click_is_taken_in_before_the_job_begins(desk, monkeypatch):
    errands.order("job.reconcile-day")
    desk.until_done()  # what there is, is known now
    desk.calm()
    seen: list[Any] = []
    run = desk.place.clients[0].post

    def post(path: str, said: Any) -> Any:
        if path.startswith("/jobs/"):
            seen.append(desk.place.row("exceptions", desk.number)["internal_note"])
        return run(path, said)

    monkeypatch.setattr(desk.place.clients[0], "post", post)
    desk.book.type(EXC, desk.number, "Internal note", "typed, then clicked")
    desk.book.cursor = (EXC, desk.book.row_of(EXC, desk.number) + 1, 5)
    errands.order("job.reconcile-day")
    trips, _ = desk.until_done()
    assert seen == ["typed, then clicked"]
    assert trips == TRIPS["a job after an edit"]


def test_a_slow_hub_is_said_to_be_waited_for_and_everything_else_goes_on(desk):
    other = desk.place.program.opens(desk.book.file, "va-CHI (2).xlsx")
    desk.calm()
    desk.line.down = True
    desk.book.type(EXC, desk.number, "Internal note", "while the hub is slow")
    errands.order("sync")
    reads = other.reads
    for _ in range(12):
        desk.looks()
        desk.place.wait(0.3)
    assert any(said.startswith("Waiting for the hub, 3 s. You can go on working") for said in desk.place.program.says)
    assert other.reads > reads, "the other workbook is looked at meanwhile"
    desk.line.down = False
    desk.place.wait(TRIP)
    desk.line.answers()
    desk.until_done()
    assert desk.place.row("exceptions", desk.number)["internal_note"] == "while the hub is slow"


def test_nothing_is_written_while_a_question_is_under_way(desk):
    """The answer speaks of the cells as they stood; what the one before it told is told again."""
    dispatch(desk.place, desk.number, dispatch_note="waits for the answer under way")
    desk.book.cursor = (EXC, 3, 5)
    desk.place.program.undo.append("something")
    desk.place.wait(11)
    desk.until_done()
    assert "1 new" in desk.place.program.says[-1]
    desk.line.down = True
    desk.place.wait(11)
    desk.looks()
    assert desk.agent.asking
    desk.place.program.undo.clear()
    writes = len(desk.book.writes)
    desk.looks()
    assert len(desk.book.writes) == writes
    desk.line.down = False
    desk.calm()
    assert desk.book.shows(EXC, desk.number, "Dispatch note") == "waits for the answer under way"


def test_a_button_of_yesterday_is_not_carried_out_today(desk, monkeypatch):
    """The agent was killed between the click and its next look; it starts again when somebody signs in."""
    errands.order("job.reconcile-day")
    monkeypatch.setattr(errands, "LATE", -1)
    trips, _ = desk.until_done()
    assert trips <= 1, "the look that was due"
    assert desk.place.program.told == [
        "Stopbook was not there when a button was pressed (job.reconcile-day), and did nothing. Press it again."
    ]


class Far(Client):
    """Really a quarter of a second away."""

    def _ask(self, *given: Any) -> Any:
        time.sleep(TRIP)
        return super()._ask(*given)


def test_a_click_gives_excel_back_at_once_and_the_agent_wakes_for_it(place, monkeypatch):
    """In real time, with the process's own loop: Excel's part of the click asks no hub, and knows none."""
    monkeypatch.setattr(errands, "_KNOWN", {})
    for name in ("STOPBOOK_HUB", "STOPBOOK_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    book = place.open()
    book.cursor = (EXC, book.row_of(EXC, case(place)) + 1, 5)
    client = place.client()
    far = Far(client.where)
    ended = False
    with resident.alone(), Bell() as bell:
        agent = Agent(place.program, lambda: far, time.monotonic, lambda: "14:05", Policy(), bell.worker())
        given = Errands(place.program, lambda: far, buttons.errand, buttons.front, bell.worker())
        thread = Thread(target=resident.stay, args=(agent, given, bell, lambda: ended))
        thread.start()
        try:
            _until(lambda: bool(agent.desks) and not agent.asking and far.calls >= 2)
            calls, reads, begun = far.calls, book.reads, time.monotonic()
            assert buttons.press("job.reconcile-day") == "The agent does it."
            given_back = time.monotonic() - begun
            _until(lambda: bool(place.program.told))
            took = time.monotonic() - begun
        finally:
            ended = True
            errands.order("sync")
            thread.join(20)
    far.close()
    assert far.calls - calls >= TRIPS["the first job"]
    assert given_back < TRIP, "the click waited for the hub"
    assert took >= TRIP * TRIPS["the first job"]
    assert book.reads > reads, "the workbook was looked at meanwhile"
    assert place.program.told[0].startswith("Reconcile day: ")


def _until(true: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it does not happen")
