"""Requests a minute: whatever is asked for, by how many, and whatever goes wrong, Google's quota is never reached.

Google allows 60 reads and 60 writes a minute to a user, 300 of each to a project, over every minute there is. One home
has one service account, so what holds for it as a user holds for the project. Time is played, nobody waits.
"""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from local_sheets import auth
from local_sheets.faults import KINDS as FAULTS
from local_sheets.faults import Fault
from local_sheets.server import Running
from local_sheets.service import Service
from sheets_sync.google import adopt
from sheets_sync.google.client import DRIVE, SHEETS, Client
from sheets_sync.google.pace import Pace
from sheets_sync.google.transport import Spreadsheet
from tests.sheets_sync.google.bench import Wireless, _one_key
from workbooks.problems import Refused

USER, PROJECT = 60, 300
BEGIN = datetime(2026, 3, 10, 15, tzinfo=UTC)


@dataclass
class Played:
    """Time as it is played; `real` is what passes, `off` how wrong the clock is."""

    real: float = 0.0
    off: float = 0.0
    whole: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def clock(self) -> datetime:
        seconds = self.real + self.off
        return BEGIN + timedelta(seconds=int(seconds // 1) if self.whole else seconds)

    def wait(self, seconds: float) -> None:
        with self.lock:
            self.real += seconds


def most_in_a_minute(moments: list[float]) -> int:
    """The most that fall in any 60 seconds, both ends included."""
    return max((sum(at <= other <= at + 60 for other in moments) for at in moments), default=0)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 2), st.integers(1, 12)),
        st.tuples(st.just("pause"), st.floats(0, 40), st.none()),
        st.tuples(st.just("start again"), st.integers(0, 2), st.none()),
        st.tuples(st.just("clock set back"), st.floats(0, 7200), st.none()),
    ),
    max_size=25,
)


@given(steps=steps, whole=st.booleans())
def test_processes_of_a_home_keep_within_the_budget_together(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, Any]], whole: bool
) -> None:
    """A hub, a command beside it and a third, each started again whenever it likes, under a clock that is set back."""
    played, file = Played(whole=whole), tmp_path_factory.mktemp("home") / "count"
    made: Callable[[], Pace] = lambda: Pace(played.clock, 9, file, played.wait)  # noqa: E731
    processes, sent, waited = [made() for _ in range(3)], list[float](), 0.0
    for what, which, many in steps:
        if what == "ask":
            for _ in range(many):
                before = played.real
                processes[which].take("read")
                waited = max(waited, played.real - before)
                sent.append(played.real)
        elif what == "pause":
            played.real += which
        elif what == "start again":
            processes[which] = made()
        else:
            played.off -= which
    assert most_in_a_minute(sent) <= 9
    assert waited <= 62, "nobody waits longer than a minute, even when the clock was set back"


def test_kinds_are_counted_apart_and_said(tmp_path: Path) -> None:
    played = Played()
    pace = Pace(played.clock, 3, tmp_path / "count", played.wait)
    for kind in ("read", "read", "read", "write", "light"):
        pace.take(kind)
    assert played.real == 0 and pace.spent() == {"read": 3, "write": 1, "light": 1}
    pace.take("read")
    assert played.real > 60 and pace.spent()["read"] == 1


@pytest.mark.parametrize("spoil", ["damaged", "a folder", "no such place"])
def test_without_its_file_a_process_counts_for_itself(tmp_path: Path, spoil: str) -> None:
    played, file = Played(), tmp_path / "count"
    if spoil == "damaged":
        file.write_bytes(b"nothing that one could read" * 100)
    elif spoil == "a folder":
        file.mkdir()
    else:
        file = tmp_path / "gone" / "count"
    pace = Pace(played.clock, 3, file, played.wait)
    sent = []
    for _ in range(8):
        pace.take("write")
        sent.append(played.real)
    assert most_in_a_minute(sent) == 3
    if spoil == "damaged":
        again = Pace(played.clock, 3, file, played.wait)
        again.take("write")
        with sqlite3.connect(file) as conn:
            assert conn.execute("SELECT count(*) FROM sent").fetchone() == (1,), "it was made anew"


class Logged(Wireless):
    """The way to the server, with a note of what left, when and in whose name."""

    def __init__(self, service: Service, played: Played) -> None:
        super().__init__(service)
        self._played = played
        self.sent: list[tuple[str, float]] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kind = "write" if request.method != "GET" else "light" if "/drive/" in str(request.url) else "read"
        self.sent.append((kind, self._played.real))
        return super().send(request, *args, **kwargs)


@pytest.mark.parametrize("seed", range(2))
def test_many_spreadsheets_faults_back_off_and_people_who_press_sync_now(tmp_path: Path, seed: int) -> None:
    """Two processes of one home ask for a dozen spreadsheets as fast as they can while everything goes wrong."""
    played, service = Played(), Service(quota=False)
    log = Logged(service, played)
    with Running(service) as running, patch.object(auth.rsa, "generate_private_key", _one_key):
        key = service.workspace.accounts.create_service_account(f"{running.address}/token")
        clients = []
        for _ in range(2):
            pace = Pace(played.clock, 45, tmp_path / "count", played.wait)
            client = Client(key, running.address, pace=pace, pause=0.0)
            for host in (SHEETS, DRIVE):
                client.session.mount(host, log)
            clients.append(client)
        sheets = [Spreadsheet(clients[n % 2], adopt.create(clients[n % 2], f"{n}"), (), "L") for n in range(12)]
        service.faults.seed(seed)
        for kind in FAULTS:
            if kind != "clock_skew":  # the server's own clock has no part in this
                service.faults.add(Fault(kind, chance=0.03, times=None))  # type: ignore[arg-type]
        refused = set[str]()

        def pressing(one: Spreadsheet) -> None:
            for _ in range(8):
                for ask in (one.version, one.read, lambda: one.update([])):
                    try:
                        ask()
                    except Refused as said:
                        refused.add(type(said).__name__)

        threads = [threading.Thread(target=pressing, args=(one,)) for one in sheets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        service.close()
    assert len(log.sent) > 400 and played.real > 120 and {"Ambiguous", "Unreachable"} <= refused
    for kind in ("read", "write"):
        moments = [at for what, at in log.sent if what == kind]
        assert len(moments) > USER
        most = most_in_a_minute(moments)
        assert most <= USER < PROJECT, f"{most} {kind}s within a minute"
