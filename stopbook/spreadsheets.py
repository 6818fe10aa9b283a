"""Google spreadsheets as copies of the ledger: which there are, and one round of keeping one in step.

What is known of them stands in google.json in the home: where the key lies (never the key), which server answers as
Google, which spreadsheet shows which workbook, and what a probe found out. The environment goes before the file.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

from sheets_sync.google import adopt as adopting
from sheets_sync.google import grow
from sheets_sync.google.client import Client, account_of
from sheets_sync.google.journal import Journal, Note
from sheets_sync.google.pace import FILE as COUNT
from sheets_sync.google.pace import Pace
from sheets_sync.google.replica import Found as Read
from sheets_sync.google.replica import Pushed, Rejected, Replica
from sheets_sync.google.shape import Look
from sheets_sync.google.tidy import emptied
from sheets_sync.google.transport import Spreadsheet
from sheets_sync.intake import Intake
from stopbook import bookshelf, fronts, growing
from stopbook.app import App, now
from stopbook.growing import Growing
from stopbook.job import Params
from stopbook.jobs import write_workbooks
from stopbook.rounds import Round
from stopbook.settings import Settings
from workbooks.books import Books
from workbooks.layout.styles import INK, OWNER, SHADE, STATUS, WHITE
from workbooks.ledger import IntentState, Lease, Ledger, Stale
from workbooks.plan import Base, Plan
from workbooks.problems import Refused, Severity
from workbooks.schema import Kind, Record, Row
from workbooks.shelf import Workbook, shelf
from workbooks.tables import TABLES

FILE = "google.json"
KEY, SERVER = "STOPBOOK_GOOGLE_KEY", "STOPBOOK_GOOGLE_SERVER"
PREFIX = "google-"
"""of the name under which the ledger knows a spreadsheet"""
EVERY = timedelta(seconds=60)
"""a version that has not moved spares a read for so long at most: Drive may lag behind"""
RESTING = timedelta(minutes=5)
"""the same, once nobody has worked for an hour"""
HOUR = timedelta(hours=1)
TIDY = timedelta(hours=20)
"""between two times at which rows that are no longer in use leave a spreadsheet"""
LEASE = 300
STEPS = 997
"""ways in which tokens of installations differ"""
TRIES = 3
"""how often what people did is worked out anew when somebody else changed the books meanwhile"""


@dataclass(frozen=True)
class Connection:
    """What is known about Google in one home. `books`: workbook name -> spreadsheet id."""

    key: str = ""
    server: str = ""
    books: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, home: Path) -> "Connection":
        """From the home; empty where nothing was connected yet."""
        try:
            data = json.loads((home / FILE).read_text("utf-8"))
            return cls(**data)
        except FileNotFoundError:
            return cls()
        except (ValueError, TypeError) as error:
            raise Refused(f"{home / FILE} is damaged ({error}). Delete it and connect again.") from None

    def save(self, home: Path) -> None:
        """Into the home, in one step."""
        home.mkdir(parents=True, exist_ok=True)
        fresh = home / f".{FILE}.new"
        text = {"key": self.key, "server": self.server, "books": dict(self.books), "answers": dict(self.answers)}
        fresh.write_text(json.dumps(text, indent=2) + "\n", "utf-8")
        fresh.replace(home / FILE)

    @property
    def where(self) -> str:
        """Who answers."""
        server = os.environ.get(SERVER, self.server)
        return f"the server {server}" if server else "Google"

    def address(self, number: str) -> str:
        """Where people open a spreadsheet; "" where a server on this machine answers, whose page is its own."""
        return "" if os.environ.get(SERVER, self.server) else f"https://docs.google.com/spreadsheets/d/{number}"

    def client(self, pace: Pace | None = None, **options: Any) -> Client:
        """A client with the key that the environment or the home names; `pace` keeps it within what Google allows."""
        named = os.environ.get(KEY) or self.key
        if not named:
            raise Refused("Google is not connected yet. Run “stopbook google connect FILE” with a service-account key.")
        return Client(account_of(Path(named).expanduser()), os.environ.get(SERVER, self.server), pace=pace, **options)


def pace_of(settings: Settings) -> Pace:
    """What keeps every process of a home within what Google allows, all of them together."""
    return Pace(now, settings.google_requests, settings.home / COUNT)


def books_of(ledger: Ledger) -> dict[str, Workbook]:
    """Every workbook that can stand in a spreadsheet, under its name as a spreadsheet's copy."""
    return named([record.values for record in ledger.load("markets", {})])


def named(markets: Sequence[Row]) -> dict[str, Workbook]:
    """The same for given rows of the table `markets`: every workbook of the shelf, and Commands with it."""
    return {
        book.name: replace(book, name=PREFIX + book.name, tables=(*book.tables, TABLES["commands"]))
        for book in shelf(markets)
    }


def look(books: Books, book: Workbook) -> Look:
    """Colours and drop-downs."""
    from stopbook.hub import commands

    status = {name: (style["bg_color"], style["font_color"]) for name, style in STATUS.items()}
    choices = {name: [key for key, _ in found] for name, found in bookshelf.choices(books, book).items()}
    choices["commands.job"] = [job.title for job in commands.may(commands.someone(book))]
    return Look(OWNER, status, SHADE, WHITE, INK, choices)


def adopt(app: App, client: Client, number: str, book: Workbook, at: datetime) -> adopting.Adopted:
    """Take a spreadsheet in as a copy of the ledger, and note what it was given."""
    shown = look(app.ledger.books(), book)
    done = adopting.adopt(client, number, book, app.ledger.ledger_id, shown)
    given = {**app.ledger.last_written(book.name + growing.SHAPE)}
    if done.new:
        given |= {"tabs": grow.declared(book), "listed": growing.listed(shown)}
        growing.note(app.ledger, book.name, given, at)
        return done
    token = Spreadsheet(client, number, (), app.ledger.ledger_id).sync()
    if token is not None and not growing.ours(app.ledger, book.name, token):
        # somebody else wrote it till now, so nothing of what it shows was agreed on with this ledger
        growing.note(app.ledger, book.name, {**given, "token": token, "of": ""}, at)
    return done


class LedgerStore:
    """The ledger as the journal of a spreadsheet needs it; it writes only while the lease is in force."""

    def __init__(self, ledger: Ledger, lease: Lease, at: datetime) -> None:
        self.ledger, self.lease, self.at = ledger, lease, at

    def bases(self, replica: str, generation: int, table: str) -> Mapping[str, Row]:
        """What copy and ledger agreed on."""
        return self.ledger.bases(replica, generation, table)

    def generation(self, replica: str) -> int:
        """The latest generation of a copy."""
        return self.ledger.generation(replica)

    def keep_bases(self, agreed: Sequence[Base]) -> None:
        """Note what copy and ledger agree on."""
        self.ledger.keep_bases(agreed, fence=self.lease)

    def intend(self, replica: str, generation: int, intent: Mapping[str, Any]) -> int:
        """Open a note."""
        return self.ledger.intend(replica, generation, intent, self.at, fence=self.lease)

    def settle(self, numbers: Sequence[int], done: bool, agreed: Sequence[Base] = ()) -> None:
        """Close notes and, with them, note what copy and ledger agree on."""
        state = IntentState.DONE if done else IntentState.ABANDONED
        self.ledger.settle(numbers, state, self.at, agreed=agreed, fence=self.lease)

    def notes(self, replica: str) -> Sequence[Note]:
        """Open notes."""
        return [Note(found.id, found.generation, found.intent) for found in self.ledger.open_intents(replica)]

    def renew(self) -> None:
        """LeaseLost when somebody else has taken over."""
        self.lease = self.ledger.renew(self.lease, self.at, LEASE)


def holder_of(app: App) -> str:
    """This home on this machine, as leases name it."""
    return f"{platform.node() or 'this machine'} {app.settings.home}"


class Keeper:
    """Keeps one spreadsheet in step. There is one for each at a time; the lease says whose."""

    def __init__(
        self, app: App, book: Workbook, spreadsheet: str, client: Client, at: datetime, holder: str = ""
    ) -> None:
        self.app, self.book = app, book
        lease = app.ledger.lease(f"google:{spreadsheet}", holder or holder_of(app), at, LEASE)
        self.store = LedgerStore(app.ledger, lease, at)
        tables = [table for table in book.tables if table.kind is not Kind.LOG]
        self.sheet = Spreadsheet(client, spreadsheet, tables, app.ledger.ledger_id)
        self.journal = Journal(self.store, book.name, tables)
        step = 1 + crc32((holder or holder_of(app)).encode()) % STEPS
        self.replica = Replica(book, app.ledger.ledger_id, self.sheet, self.journal, lease.epoch, step)
        self._seq, self._version = 0, ""
        self._read_at: datetime | None = None
        self._worked = at
        self._stopped: tuple[str, ...] = ()
        self._remarks: tuple[str, ...] = ()
        self._tidied: datetime | None = None
        self.growing = Growing(
            self.store, book, self.sheet, self.replica, lambda: look(app.ledger.books(), book), self._fenced
        )
        self._busy, self._checked = True, False
        self._token: int | None = None

    def round(self, now: datetime, *, twice: bool = False) -> Round:
        """One round. `twice`: rows that are missing are looked for a second time at once, not in the next round."""
        self.store.at = now
        self.store.renew()
        self._own()
        if self._nothing_new(now):
            return Round(self.book.name, idle=True, stopped=self._stopped, remarks=self._remarks)
        recovered = self.replica.recover()
        new = self.growing.catch_up(now)
        self._seq = self.app.ledger.last_seq()
        books = self.app.ledger.books()
        found = self.replica.read(self._wanted(self._held(books, now)))
        self._fenced(found.shared.snapshot.sync)
        if twice and found.waits:
            found = self.replica.read(self._wanted(self._held(books, now)))
        changed, merges, sentences = self._taken_in(books, found, now)
        taken = len(changed)
        books = self.app.ledger.books()
        held = self._held(books, now)
        pushed = self._push(books, held, found, merges, now)
        if self._at_rest(now) and not (taken or pushed.calls or recovered or found.waits):
            pushed = self._tidy(found, held, merges, now)
        self.growing.freshen(look(books, self.book), found, now)
        self._read_at, self._version = now, ""
        if taken or pushed.calls:
            self._worked = now
        self._busy = bool(taken or pushed.calls or recovered or found.waits)
        standing = (str(one.stopped) for one in merges.merges.values() if one.stopped)
        missing = (str(one) for one in found.shared.copy.problems if one.severity is Severity.ERROR)
        self._remarks = tuple(str(one) for one in found.shared.copy.problems if one.severity is Severity.WARNING)
        self._stopped = tuple(dict.fromkeys((*self.growing.unable, *missing, *standing, *pushed.stopped)))
        return Round(
            self.book.name, taken, pushed, (*sentences, *self.growing.unable, *pushed.stopped), recovered=recovered,
            stopped=self._stopped, remarks=self._remarks, tables=frozenset(table for table, _ in changed), new=new,
        )  # fmt: skip

    def _at_rest(self, now: datetime) -> bool:
        """True once a day, when nobody has worked for an hour."""
        return now - self._worked > HOUR and (self._tidied is None or now - self._tidied > TIDY)

    def _tidy(self, found: Read, held: Mapping[str, Sequence[Record]], merges: Intake, now: datetime) -> Pushed:
        """Empty rows that are no longer in use here, and throw away the tokens of writes that are long past."""
        self._tidied = now
        bases, wanted = self.journal.bases(), self._wanted(held)
        planned = [
            emptied(seen, bases.get(name, {}), wanted.get(name, {}))
            for name, seen in found.shared.seen.items()
            if name in merges.merges and not merges.merges[name].stopped
        ]
        done = self.replica.push(found, planned)
        if not self.journal.open():
            with suppress(Rejected):  # where there is no token, there is nothing to throw away
                self.sheet.tidy()
        return done

    def _own(self) -> None:
        """Refuses a spreadsheet of another ledger, once."""
        if self._checked:
            return
        marker = self.sheet.marker()
        if marker is None:
            raise Refused(
                "The hidden tab “_sync” is missing: somebody removed it, or the spreadsheet was never adopted. Run “stopbook google adopt” on it."
            )
        if marker.copied or marker.ledger_id != self.app.ledger.ledger_id:
            raise Refused(
                "This spreadsheet was not adopted by this ledger, or is a copy of one that was. Run “stopbook google adopt” on the right one."
            )
        self._checked = True

    def _fenced(self, token: int | None) -> None:
        """Refuses where somebody wrote of whom this ledger knows nothing: it would take their writing for people's edits.

        token: that of the last write, as `_sync` bears it.
        """
        if token is None or token == self._token or growing.ours(self.app.ledger, self.book.name, token):
            self._token = token
            return
        marker = self.sheet.marker()
        if marker is not None and marker.epoch:
            raise Refused(
                "Another installation of Stopbook wrote into this spreadsheet, or this one did before its ledger was put back to "
                "an older state. Stop the other one; if this one is to go on, run “stopbook google adopt” on the spreadsheet."
            )

    def _nothing_new(self, now: datetime) -> bool:
        """The idle round: one light call, and only when nothing has happened on our side."""
        spared = RESTING if now - self._worked > HOUR else EVERY
        if self._busy or self._read_at is None or now - self._read_at >= spared:
            return False
        seq = self.app.ledger.last_seq()
        if self.app.ledger.changed_since([table.name for table in self.book.tables], self._seq, 1):
            return False
        self._seq = seq
        version = self.sheet.version()
        self._version = self._version or version  # the first look after a read only learns it; the next read is near
        return version == self._version

    def _held(self, books: Books, now: datetime) -> dict[str, list[Record]]:
        held = bookshelf.contents(books, self.book, bookshelf.last_day(self.app.ledger, self.book, now))
        return {name: records for name, records in held.items() if TABLES[name].kind is not Kind.LOG}

    def _wanted(self, held: Mapping[str, Sequence[Record]]) -> dict[str, dict[str, Row]]:
        return {name: {record.rid: record.values for record in records} for name, records in held.items()}

    def _taken_in(self, books: Books, found: Read, now: datetime) -> tuple[list[tuple[str, str]], Intake, list[str]]:
        """What people did goes into the ledger, worked out anew when somebody else changed the books meanwhile."""
        for _ in range(TRIES - 1):
            try:
                return self._take_in(books, found, now)
            except Stale:
                books = self.app.ledger.books()
        return self._take_in(books, found, now)

    def _take_in(self, books: Books, found: Read, now: datetime) -> tuple[list[tuple[str, str]], Intake, list[str]]:
        """The same, once; Stale when the books are no longer what it was worked out from."""
        ledger, book, copy = self.app.ledger, self.book, found.shared.copy
        by_rid = {name: ledger.by_rid(name, list(rows)) for name, rows in found.bases.items()}
        void = {name: {rid: one for rid, one in rows.items() if one.void} for name, rows in by_rid.items()}
        day = bookshelf.last_day(ledger, book, now)
        each = bookshelf.Found(book, Path(copy.file), copy, found.bases, day=day)
        params = Params(now, f"someone in {book.name}", "Google", extra={"found": [each], "void": void})
        made, intakes = write_workbooks.taken_in(books, params)
        merges = intakes[book.name]
        records = {name: ledger.by_rid(name, [trace.key for trace in found.traces]) for name in found.shared.seen}
        known = [str(row["conflict_id"]) for row in books.rows("conflicts")]
        told, closed = self.replica.told(found, records, known, self.replica.source(found.shared))
        plan = Plan("google-sync", {"spreadsheet": book.name}, (*made.puts, *told), made.voids, 0, made.blocked,
                    made.notes, made.bases)  # fmt: skip
        if plan.puts or plan.voids:
            key = sha256(f"google|{book.name}|{self.journal.generation}|{plan.digest}".encode()).hexdigest()
            inputs = books.inputs_hash()
            ledger.apply(
                plan, run_key=key, inputs_hash=inputs, by=params.by, via="Google", at=now, fence=self.store.lease,
                read=books,
            )  # fmt: skip
        elif plan.bases:
            self.store.keep_bases(plan.bases)
        self.journal.close(closed)
        changed = [(put.table, put.rid) for put in plan.puts] + [(void.table, void.rid) for void in plan.voids]
        return changed, merges, [str(problem) for problem in made.blocked] + list(plan.notes)

    def _push(
        self, books: Books, held: Mapping[str, Sequence[Record]], found: Read, merges: Intake, now: datetime
    ) -> Pushed:
        marks: dict[str, dict[str, tuple[str, str]]] = {}
        for (table, rid), mark in bookshelf.marks(books).items():
            marks.setdefault(table, {})[rid] = mark
        planned = self.replica.plan(found, merges.merges, self._wanted(held), marks)
        lines = fronts.lines(self.book, held, now)
        return self.replica.push(found, planned, None if fronts.shows(found, lines) else lines)
