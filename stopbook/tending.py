"""Adopted spreadsheets kept in step by themselves: each at its own pace, one round of it at a time.

What stops one of them is one sentence about it, tried again later and later; the others go on. What is adopted,
connected or taken out meanwhile is noticed by itself. `Tending.look` begins what is due and does not wait for it.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sheets_sync.google.client import Busy, Client, Spent, Unreachable
from sheets_sync.google.pace import Pace
from sheets_sync.google.replica import Ambiguous
from stopbook import spreadsheets
from stopbook.app import App
from stopbook.log import fault
from stopbook.rounds import Round
from stopbook.spreadsheets import Connection, Keeper
from workbooks.ledger import Held, LeaseLost, Stale
from workbooks.problems import Refused
from workbooks.shelf import Workbook

AT_ONCE = 4
WORKING = timedelta(minutes=10)
CALMER = 3
"""so much longer is the time between two looks once nobody has worked for ten minutes"""
MINUTE = timedelta(minutes=1)
LONGEST = timedelta(minutes=5)
"""after trouble a spreadsheet is tried again at least so often"""


@dataclass
class Tended:
    """One spreadsheet: what it shows, when it is due, and how it went."""

    name: str
    number: str
    book: Workbook
    due: datetime
    keeper: Keeper | None = None
    client: Client | None = None
    worked: datetime | None = None
    last: datetime | None = None
    result: str = ""
    problem: str = ""
    """why all of it stands still"""
    stopped: tuple[str, ...] = ()
    """tabs that stand still, each with the reason and what to do"""
    remarks: tuple[str, ...] = ()
    """what is good to know and stops nothing"""
    failures: int = 0
    rounds: int = 0
    flight: "Future[None] | None" = None
    address: str = ""
    """where people open it; "" for a server on this machine, whose page is its own"""

    @property
    def flying(self) -> bool:
        """True while a round is under way."""
        return self.flight is not None and not self.flight.done()

    @property
    def calls(self) -> int:
        """Requests so far."""
        return sum(self.client.calls.values()) if self.client else 0


Told = Callable[[Tended, Round | None], None]
"""is told of every round; None: it did not work, and `Tended.problem` says why"""


@dataclass
class Tending:
    """All spreadsheets of one home. `clock` says what time it is; `twice`: missing rows are looked for twice at once."""

    app: App
    clock: Callable[[], datetime]
    told: Told = lambda one, done: None
    twice: bool = False
    given: Pace | None = None
    """what to keep to instead of the home's own pace"""
    tended: dict[str, Tended] = field(default_factory=dict)
    problem: str = ""
    """why none of them can be looked at; "" while they can"""
    looked: datetime | None = None
    pace: Pace = field(init=False)
    """of the requests of them all"""
    _known: Connection = field(default_factory=Connection)
    _stamp: tuple[int, int] = (0, 0)
    _rest: datetime | None = None
    """until when nothing is asked, because too much was asked"""

    def __post_init__(self) -> None:
        self.pace = self.given or spreadsheets.pace_of(self.app.settings)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="spreadsheet")
        self._quick = timedelta(seconds=self.app.settings.spreadsheet_seconds)

    def look(self) -> None:
        """Begin a round of every spreadsheet that is due and not under way."""
        now = self.looked = self.clock()
        self._refresh(now)
        if self._rest is not None and now < self._rest:
            return
        for one in self.tended.values():
            if one.due <= now and not one.flying:
                one.flight = self._pool.submit(self._tend, one)

    def hasten(self, name: str) -> None:
        """The spreadsheet is looked at with the next look, because something for it is new."""
        if name in self.tended:
            self.tended[name].due = self.clock()

    def finish(self, seconds: float | None = None) -> None:
        """Wait until nothing is under way."""
        wait([one.flight for one in self.tended.values() if one.flight], timeout=seconds)

    def close(self) -> None:
        """Let rounds under way finish, and give the leases back."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for one in self.tended.values():
            self._leave(one)

    def quota(self) -> str:
        """How much of what Google allows was used, in words; "" without a spreadsheet."""
        if not self.tended:
            return ""
        sent = self.pace.spent()
        return f"{sent['read']} reads and {sent['write']} writes in the last minute; {self.pace.budget} of each are allowed"

    def states(self, now: datetime) -> list[dict[str, Any]]:
        """How each of them goes, as plain data."""
        return [state(one, self.app, now) for one in self.tended.values()]

    # what there is to do

    def _refresh(self, now: datetime) -> None:
        """Notice what was connected, adopted or taken out, and markets that changed."""
        path = self.app.settings.home / spreadsheets.FILE
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
        except FileNotFoundError:
            stamp = (0, 0)
        if stamp != self._stamp:
            try:
                known = Connection.load(self.app.settings.home)
            except Refused as refused:
                self.problem = str(refused)
                return
            if (known.key, known.server) != (self._known.key, self._known.server):
                for one in self.tended.values():
                    self._begin_anew(one, now)
            self._known, self._stamp = known, stamp
        self.problem = ""
        books = spreadsheets.books_of(self.app.ledger)
        for name, number in self._known.books.items():
            if name not in books:
                continue
            known_one = self.tended.get(name)
            if known_one is None or (known_one.number != number and not known_one.flying):
                if known_one is not None:
                    self._leave(known_one)
                self.tended[name] = Tended(name, number, books[name], now, address=self._known.address(number))
            elif known_one.book != books[name] and not known_one.flying:
                known_one.book = books[name]
                self._begin_anew(known_one, now)
        for gone in [name for name in self.tended if name not in self._known.books or name not in books]:
            if not self.tended[gone].flying:
                self._leave(self.tended.pop(gone))

    def _begin_anew(self, one: Tended, now: datetime) -> None:
        if not one.flying:
            self._leave(one)
            one.client, one.due, one.failures = None, now, 0

    def _leave(self, one: Tended) -> None:
        keeper, one.keeper = one.keeper, None
        if keeper is not None:
            with suppress(Refused):
                self.app.ledger.release(keeper.store.lease)

    def _tend(self, one: Tended) -> None:
        """One round, whatever comes of it."""
        now = self.clock()
        done: Round | None = None
        try:
            if one.client is None:
                one.client = self._known.client(self.pace, attempts=2)
            if one.keeper is None:
                one.keeper = Keeper(self.app, one.book, one.number, one.client, now)
            done = one.keeper.round(now, twice=self.twice)
        except (Held, LeaseLost) as lost:
            who = f" ({lost.holder})" if isinstance(lost, Held) else ""
            self._fails(one, f"Another hub keeps it in step{who}, so this one leaves it alone.", anew=True)
        except Stale:
            one.due, one.failures = self.clock(), one.failures + 1  # somebody was quicker; the next round sees it
        except (Busy, Spent) as refused:
            self._fails(one, str(refused))
            self._rest = one.due = self.clock() + MINUTE
        except (Unreachable, Ambiguous) as refused:
            self._fails(one, str(refused))
        except Refused as refused:
            self._fails(one, str(refused), anew=True)
        except Exception as error:
            number, _ = fault(error, self.app.settings.home)
            self._fails(one, f"Something went wrong inside; the log has it under {number}.", anew=True)
        one.rounds += 1
        if done is not None:
            self._went(one, done)
        try:
            self.told(one, done)
        except Refused as refused:
            one.problem = one.problem or str(refused)
        except Exception as error:
            fault(error, self.app.settings.home)

    def _went(self, one: Tended, done: Round) -> None:
        now = one.last = self.clock()
        one.failures, one.problem, one.stopped, one.remarks = 0, "", done.stopped, done.remarks
        if not done.quiet:
            one.worked, one.result = now, done.sentence
        busy = one.worked is not None and now - one.worked < WORKING
        share = timedelta(seconds=len(self.tended) * 60 / (self.pace.budget - 5))
        one.due = now + max(self._quick if busy else CALMER * self._quick, share)

    def _fails(self, one: Tended, sentence: str, anew: bool = False) -> None:
        now = self.clock()
        one.problem = sentence
        one.due = now + min(self._quick * 2 ** min(one.failures, 10), LONGEST)
        one.failures += 1
        if anew:
            self._leave(one)
            one.client = None


def state(one: Tended, app: App, now: datetime) -> dict[str, Any]:
    """How one spreadsheet goes, as plain data."""
    copy = one.book.name
    open_ = [r for r in app.ledger.load("conflicts", {"status": "OPEN"}) if r.values.get("replica") == copy]
    waits = bool(one.problem or one.stopped)
    said = [f"{one.problem} Looked at again {one.due:%H:%M} UTC."] if one.problem else list(one.stopped)
    return {
        "name": one.name, "title": one.book.title, "address": one.address, "market": one.book.market,
        "roles": list(one.book.roles),
        "waits": waits, "sentence": " ".join(said) or ("In step." if one.last else "Not looked at yet."),
        "problem": one.problem, "stopped": list(one.stopped), "remarks": list(one.remarks),
        "last": one.last, "next": one.due, "changed": one.worked, "result": one.result,
        "written": app.ledger.generation(copy), "open_writes": _open_writes(app, copy), "conflicts": len(open_),
    }  # fmt: skip


def _open_writes(app: App, copy: str) -> int:
    return sum(note.intent.get("kind") == "write" for note in app.ledger.open_intents(copy))


def unattended(app: App, now: datetime) -> list[dict[str, Any]]:
    """The same where no hub runs: what the ledger knows of them."""
    books, found, known = spreadsheets.books_of(app.ledger), [], Connection.load(app.settings.home)
    for name, number in known.books.items():
        if name in books:
            one = state(Tended(name, number, books[name], now, address=known.address(number)), app, now)
            found.append({**one, "next": None, "waits": True, "sentence": "Nobody keeps it in step while no hub runs."})
    return found
