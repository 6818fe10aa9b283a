"""A real hub on a loopback port, over a small office with people of every kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import pytest
import requests
import uvicorn

from stopbook import people
from stopbook.hub.core import Hub
from stopbook.hub.serve import Place, _config
from stopbook.hub.wire import Limits
from stopbook.hub.works import Works
from stopbook.schedule import Schedule
from tests.office import Office, manifest, office

DAY = "2026-03-10"
LIMITS = Limits(body=60_000, page=50, cells=200, a_minute=5_000, wrong_a_minute=15, wrong_delay=0.0, patience=10)
PEOPLE = {
    "boss": ("manager", "", "", True),
    "chi_boss": ("manager", "CHI", "", True),
    "va": ("va", "CHI", "", False),
    "phx_va": ("va", "PHX", "", False),
    "dispatch": ("dispatch", "", "", False),
    "bill": ("billing", "", "A1", False),
    "pay": ("payroll", "CHI", "", True),
}


@dataclass
class Caller:
    """Somebody with a token who asks the hub."""

    address: str
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, said: Any = None, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.session.request(
            method, f"{self.address}/api/v1{path}", json=said, headers=headers, timeout=20, **more
        )

    def get(self, path: str, **asked: Any) -> Any:
        answer = self.ask("GET", path, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def edit(self, table: str, row: Any, rev: Any, via: str = "hub", **cells: Any) -> Any:
        one = {"table": table, "row": row, "rev": rev, "cells": cells}
        answer = self.ask("PUT", "/edits", {"edits": [one]}, headers={"X-Stopbook-Via": via})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def row(self, table: str, **where: Any) -> Any:
        rows = self.get("/rows", tables=table, days=DAY)["tables"].get(table, [])
        return next(row for row in rows if all(row[name] == value for name, value in where.items()))


@dataclass
class House:
    """A hub that runs, its office, and everybody's token."""

    office: Office
    hub: Hub
    address: str
    tokens: dict[str, str]

    def caller(self, name: str) -> Caller:
        return Caller(self.address, self.tokens[name])


def fill(one: Office) -> None:
    """Two markets with a route each; one stop in Chicago failed."""
    one.take_in("phx.csv", "Market | Name | Time zone\nPHX | Phoenix | America/Phoenix", "markets", market=None)
    one.take_in("c2.csv", "Client | Name | Status\nBETA | Beta | ACTIVE", "clients")
    one.take_in("a2.csv", "Account | Client | Name\nB1 | BETA | Beta online", "accounts")
    one.take_in("m1.csv", manifest(DAY, "1041 Al Bo", "1042 Jo Park"), "orders", DAY)
    two = (
        manifest(DAY, "2041 Cy Orr", "2042 Di Lee", route="R90", driver="D-9")
        .replace("A1 |", "B1 |")
        .replace("Main St", "Oak Ave")
    )
    one.take_in("m2.csv", two, "orders", DAY, market="PHX")
    one.at(f"{DAY} 15:00")
    head = "Order | Account | Driver | Status | Reason | Completed\n"
    chicago = f"1041 | A1 | D-7 | Delivered | | {DAY}T13:40:00-05:00\n1042 | A1 | D-7 | Failed | nobody home | {DAY}T14:05:00-05:00"
    one.take_in("scans1.csv", head + chicago, "completions")
    one.take_in(
        "scans2.csv",
        f"{head}2041 | B1 | D-9 | Failed | nobody home | {DAY}T14:15:00-05:00",
        "completions",
        market="PHX",
    )
    one.run("reconcile-day", DAY)
    one.run("open-exceptions", DAY)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with office(tmp_path_factory.mktemp("hub") / "home") as one:
        fill(one)
        tokens = {}
        for name, (role, markets, accounts, may_post) in PEOPLE.items():
            email = f"{name}@example.com"
            given = {
                "email": email,
                "role": role,
                "markets": markets or None,
                "accounts": accounts or None,
                "can_post": may_post,
            }
            people.add_user(one.app.ledger, given, "test", one.now)
            tokens[name], _ = people.new_token(one.app.ledger, email, "", 30, "test", one.now)
        works = Works(one.app)
        schedule = Schedule(
            one.app, lambda job, params: works.start(job, params, "s", False).future.result(), lambda: one.now, "test"
        )
        hub = Hub(one.app, lambda: one.now, works, schedule, LIMITS, "k" * 32, one.now, one.now,
                  hosts=frozenset({"127.0.0.1", "localhost"}))  # fmt: skip
        with running(hub) as address:
            yield House(one, hub, address, tokens)
        works.close()


@contextmanager
def running(hub: Hub) -> Iterator[str]:
    """A server over the hub in a thread; its address."""
    config = _config(hub, Place())
    config.port = 0
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    waited = Event()
    while not server.started:
        waited.wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
