"""The demo's living part: a Google Sheets server on this machine, a hub that keeps spreadsheets in step, and people."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import Any

import gspread
from gspread.utils import rowcol_to_a1

from local_sheets.client import Loopback
from local_sheets.client import client as signed_in
from local_sheets.server import CREDENTIALS
from sheets_sync.google import adopt
from sheets_sync.google.client import DRIVE, Client
from stopbook import people, spreadsheets
from stopbook.app import App, opened
from stopbook.hub.serve import Place, starting
from stopbook.settings import Settings
from stopbook.spreadsheets import Connection
from workbooks.ledger import Ledger
from workbooks.problems import Refused
from workbooks.schema import Record
from workbooks.tables import TABLES

PAT, YOU, VA = "pat@demo.example", "you@demo.example", "vera@demo.example"
SHOWN = ("dispatch-CHI", "dispatch-PHX")
PATIENCE = 120.0
"""seconds for something that takes two where nothing else runs"""
STARTING = 40.0
Step = Callable[[str], None]


@dataclass
class Town:
    """Everything that runs: where it is, and how people reach it."""

    home: Path
    day: date
    """the day people work on"""
    ledger: Ledger
    page: str
    """where people edit spreadsheets in a browser"""
    hub: str
    token: str
    """opens the hub's page and API to the newcomer"""
    va_token: str
    pat: gspread.Client
    books: dict[str, str]

    def tab(self, name: str, title: str) -> gspread.Worksheet:
        """A tab as Pat, the dispatcher, has it open."""
        return self.pat.open_by_key(self.books[name]).worksheet(title)

    def wait(self, until: Callable[[], Any], what: str) -> tuple[Any, float]:
        """What `until` gives once it gives something, and after how many seconds."""
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < PATIENCE:
            if found := until():
                return found, passed
            time.sleep(0.3)  # each look reads a whole tab
        raise Refused(f"The demo waited {PATIENCE:.0f} seconds for this in vain: {what}. See {self.home / 'logs'}.")


class Sheet:
    """A tab by headers and keys, as a person finds a cell."""

    def __init__(self, tab: gspread.Worksheet) -> None:
        self.tab = tab
        self.lines: list[list[str]] = tab.get_all_values()
        self.header = self.lines[0]

    def place(self, key: Sequence[str], titles: Sequence[str]) -> int:
        """The row, from 1, whose cells under `titles` are `key`."""
        at = [self.header.index(title) for title in titles]
        for number, line in enumerate(self.lines[1:], start=2):
            if [line[place] for place in at] == list(key):
                return number
        raise Refused(f"{self.tab.title} does not show {' / '.join(key)}.")

    def type(self, row: int, title: str, text: str) -> None:
        """Types into a cell."""
        cell = rowcol_to_a1(row, self.header.index(title) + 1)
        self.tab.update([[text]], cell, value_input_option=gspread.utils.ValueInputOption.user_entered)


@contextmanager
def living(settings: Settings, begun: datetime, day: date, step: Step) -> Iterator[Town]:
    """Start both servers, share the spreadsheets, and put everything away at the end. `begun`: what the clock shows."""
    zero = time.perf_counter()

    def clock() -> datetime:
        return begun + timedelta(seconds=int(time.perf_counter() - zero))

    with ExitStack() as stack:
        stack.enter_context(_told_to_end())
        step("Starting a Google Sheets server on this machine")
        address, page, info = stack.enter_context(_sheets(settings.home / "google"))
        key = settings.home / "google" / CREDENTIALS
        with opened(settings, clock()) as app:
            step("Sharing spreadsheets with the dispatcher")
            known = Connection(str(key), address)
            books = _shared(app, known.client(), clock(), step)
            Connection(str(key), address, books).save(settings.home)
            tokens = [_person(app, clock(), *who) for who in ((YOU, "manager", ""), (VA, "va", "CHI"))]
        step("Starting the hub")
        hub = stack.enter_context(_hub(settings, clock))
        ledger = stack.enter_context(Ledger.open(settings.ledger))
        pat = signed_in(info, Loopback(address), subject=PAT)
        yield Town(settings.home, day, ledger, page, hub, tokens[0], tokens[1], pat, books)


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Whoever is told to end by the system puts everything away first, too."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _sheets(data: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The server in a process of its own: address, page and the robot's account."""
    data.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "local_sheets", "serve", "--port", "0", "--page-port", "0", "--no-quota",
             "--data", str(data), "--person", PAT, "--person", YOU]  # fmt: skip
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",  # noqa: S603 - our own program
                               stdin=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        said = _said(process)
        info = json.loads((data / CREDENTIALS).read_text("utf-8"))
        yield said["Google Sheets and Drive"], said["People"], info
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _said(process: "subprocess.Popen[str]") -> dict[str, str]:
    """The addresses a server prints when it begins."""
    found: dict[str, str] = {}
    assert process.stdout is not None
    for line in process.stdout:
        name, _, value = re.sub(r"\s{2,}", "\t", line.strip()).partition("\t")
        found[name] = value
        if name == "Credentials":
            return found
    raise Refused("The Google Sheets server did not start. Try “stopbook sheets serve” to see why.")


def _shared(app: App, robot: Client, at: datetime, step: Step) -> dict[str, str]:
    """A spreadsheet for the dispatcher of each market, shaped, filled and shared."""
    found: dict[str, str] = {}
    books = spreadsheets.books_of(app.ledger)
    for name in SHOWN:
        book = books[name]
        step(f"Sharing “{book.title}”")
        number = found[name] = adopt.create(robot, book.title)
        spreadsheets.adopt(app, robot, number, book, at)
        for email in (PAT, YOU):
            body = {"role": "writer", "type": "user", "emailAddress": email}
            robot.post(f"{DRIVE}/drive/v3/files/{number}/permissions", body)
    return found


def _person(app: App, at: datetime, email: str, role: str, market: str) -> str:
    """Somebody on tab Users; their token."""
    given = {"email": email, "role": role, "markets": market or None, "can_post": role == "manager"}
    people.add_user(app.ledger, given, "demo", at)
    token, _ = people.new_token(app.ledger, email, "demo", 1, "demo", at)
    return token


@contextmanager
def _hub(settings: Settings, clock: Callable[[], datetime]) -> Iterator[str]:
    """The hub in a thread of this process, on the demo's clock."""
    with starting(settings, Place(), clock) as (server, address, sockets):
        thread = Thread(target=server.run, kwargs={"sockets": sockets}, daemon=True)
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join(timeout=30)


def changes(ledger: Ledger, since: int, most: int = 20) -> tuple[int, list[str]]:
    """What changed in the ledger after `since`, in words, oldest first; and the number to ask with next."""
    names = [
        name for name in TABLES if TABLES[name].kind.value != "log" and name not in ("schedule", "tokens", "commands")
    ]
    lines: list[tuple[int, str]] = []
    for _, name, rid in ledger.changed_since(names, since, most):
        table, record = TABLES[name], ledger.by_rid(name, [rid])[rid]
        for change in ledger.history(name, rid):
            if change.seq > since:
                lines.append((change.seq, f"{change.by}: {table.title} {' / '.join(table.key_of(record.values))}: "
                              + _words(record, change.old, change.new)))  # fmt: skip
    lines.sort()
    return max([since, *(seq for seq, _ in lines)]), [text for _, text in lines]


def _words(record: Record, old: Any, new: Any) -> str:
    from workbooks.cells import to_text

    if old is None or new is None:
        return "new row" if old is None else "out of use"
    titles = {column.name: column.title for column in TABLES[record.table].columns}
    return ", ".join(
        f"{titles[name]} “{to_text(old.get(name))}” → “{to_text(new[name])}”" for name in new if name in titles
    )
