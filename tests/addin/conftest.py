"""A real hub on a loopback port, workbooks written by it, and a program that has them open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from addin.agent import Policy
from addin.client import Client, Where
from addin.resident import Agent
from stopbook import people
from stopbook.hub.core import Hub
from stopbook.hub.works import Works
from stopbook.job import Job, Params
from stopbook.runner import Result
from stopbook.schedule import Schedule
from tests.addin.program import FakeBook, FakeProgram
from tests.office import Office, office
from tests.stopbook.hub.conftest import LIMITS, PEOPLE, fill, running
from workbooks.plan import Plan, Put


@dataclass
class Place:
    """An office with a hub, everybody's token, and the program of one PC. `now` moves with every look."""

    office: Office
    address: str
    tokens: dict[str, str]
    program: FakeProgram = field(default_factory=FakeProgram)
    seconds: float = 0.0
    clients: list[Client] = field(default_factory=list)

    def client(self, name: str = "va") -> Client:
        made = Client(Where(self.address, self.tokens[name]))
        self.clients.append(made)
        return made

    def agent(self, name: str = "va", policy: Policy = Policy(), program: FakeProgram | None = None) -> Agent:  # noqa: B008
        return Agent(program or self.program, lambda: self.client(name), lambda: self.seconds, lambda: "14:05", policy)

    def open(self, name: str = "va-CHI", **more: Any) -> FakeBook:
        path = self.office.app.settings.workbooks / f"{name}.xlsx"
        return self.program.opens(path.read_bytes(), path.name, **more)

    def beats(self, agent: Agent, count: int = 1, seconds: float = 20.0) -> None:
        """Time passes, and the agent looks each time."""
        for _ in range(count):
            self.wait(seconds)
            agent.beat()

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.office.now += timedelta(seconds=seconds)

    def row(self, table: str, *key: str) -> Any:
        return self.office.row(table, *key)


def settle(place: Place, agent: Agent) -> None:
    """Until both sides have everything."""
    place.beats(agent, 6)


def settled(one: Office) -> None:
    """Conflicts that a test before left open are over."""
    ledger, at = one.app.ledger, one.now
    open_ = [record for record in ledger.load("conflicts", {}) if record.values["status"] == "OPEN"]
    puts = tuple(Put("conflicts", (str(r.values["conflict_id"]),), {"status": "RESOLVED"}, r.rev) for r in open_)
    if puts:
        ledger.apply(Plan("test", {}, puts), run_key=f"settled {at}", inputs_hash="", by="test", via="test", at=at)


@contextmanager
def served(one: Office, *names: str) -> Iterator[Place]:
    """A hub over an office, with somebody of every kind, or with those of `names` alone."""
    tokens = {}
    for name in names or tuple(PEOPLE):
        role, markets, accounts, may_post = PEOPLE[name]
        email = f"{name}@example.com"
        given = {
            "email": email, "role": role, "markets": markets or None, "accounts": accounts or None, "can_post": may_post,
        }  # fmt: skip
        people.add_user(one.app.ledger, given, "test", one.now)
        tokens[name], _ = people.new_token(one.app.ledger, email, "", 30, "test", one.now)
    works = Works(one.app)

    def run(job: Job, params: Params) -> Result:
        return works.start(job, params, "s", False).future.result()

    schedule = Schedule(one.app, run, lambda: one.now, "test")
    hub = Hub(one.app, lambda: one.now, works, schedule, LIMITS, "k" * 32, one.now, one.now,
              hosts=frozenset({"127.0.0.1"}))  # fmt: skip
    with running(hub) as address:
        yield Place(one, address, tokens)
    works.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with office(tmp_path_factory.mktemp("addin") / "home") as one:
        fill(one)
        one.run("write-workbooks")
        with served(one) as place:
            yield place


@pytest.fixture
def place(house: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The house with nothing open, a folder of settings of its own, and workbooks written anew."""
    monkeypatch.setenv("STOPBOOK_ADDIN", str(tmp_path / "addin"))
    house.program = FakeProgram()
    house.wait(60)
    settled(house.office)
    house.office.run("write-workbooks")
    yield house
    for client in house.clients:
        client.close()
    house.clients.clear()
