"""Google spreadsheets as copies of the ledger: which there are, and one round of keeping one in step.

What is known of them stands in google.json in the home: where the key lies (never the key), which server answers as
Google, which spreadsheet shows which workbook, and what a probe found out. The environment goes before the file.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sheets_sync.google.client import Client, account_of
from sheets_sync.google.journal import Journal, Note
from sheets_sync.google.replica import Found as Read
from sheets_sync.google.replica import Pushed, Replica
from sheets_sync.google.shape import Look
from sheets_sync.google.transport import Spreadsheet
from sheets_sync.intake import Intake, take_in
from sheets_sync.plain import Plain, alike, plain
from stopbook import bookshelf
from stopbook.app import App
from stopbook.job import Params
from stopbook.jobs import write_workbooks
from workbooks import cells, today
from workbooks.books import Books
from workbooks.layout.styles import INK, OWNER, SHADE, STATUS, WHITE
from workbooks.ledger import IntentState, Lease, Ledger
from workbooks.pipeline.context import Context
from workbooks.plan import Base, Plan
from workbooks.problems import Refused
from workbooks.schema import Kind, Record, Row
from workbooks.shelf import Workbook, shelf
from workbooks.tables import TABLES

FILE = "google.json"
KEY, SERVER = "STOPBOOK_GOOGLE_KEY", "STOPBOOK_GOOGLE_SERVER"
PREFIX = "google-"
"""of the name under which the ledger knows a spreadsheet"""
EVERY = timedelta(seconds=60)
"""a version that has not moved spares a read for so long at most: Drive may lag behind"""
LEASE = 300
LINES = 300
"""lines on *Today*"""


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

    def client(self, **options: Any) -> Client:
        """A client with the key that the environment or the home names."""
        named = os.environ.get(KEY) or self.key
        if not named:
            raise Refused("Google is not connected yet. Run “stopbook google connect FILE” with a service-account key.")
        return Client(account_of(Path(named).expanduser()), os.environ.get(SERVER, self.server), **options)


def books_of(ledger: Ledger) -> dict[str, Workbook]:
    """Every workbook that can stand in a spreadsheet, under its name as a spreadsheet's copy."""
    markets = [record.values for record in ledger.load("markets", {})]
    return {book.name: replace(book, name=PREFIX + book.name) for book in shelf(markets)}


def look(books: Books, book: Workbook) -> Look:
    """Colours and drop-downs."""
    status = {name: (style["bg_color"], style["font_color"]) for name, style in STATUS.items()}
    choices = {name: [key for key, _ in found] for name, found in bookshelf.choices(books, book).items()}
    return Look(OWNER, status, SHADE, WHITE, INK, choices)


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
        self.renew()
        self.ledger.keep_bases(agreed)

    def intend(self, replica: str, generation: int, intent: Mapping[str, Any]) -> int:
        """Open a note."""
        return self.ledger.intend(replica, generation, intent, self.at, fence=self.lease)

    def settle(self, number: int, done: bool) -> None:
        """Close a note."""
        self.ledger.settle(number, IntentState.DONE if done else IntentState.ABANDONED, self.at)

    def notes(self, replica: str) -> Sequence[Note]:
        """Open notes."""
        return [Note(found.id, found.generation, found.intent) for found in self.ledger.open_intents(replica)]

    def renew(self) -> None:
        """LeaseLost when somebody else has taken over."""
        self.lease = self.ledger.renew(self.lease, self.at, LEASE)


@dataclass(frozen=True)
class Round:
    """What one round did: taken in, written, and sentences for people."""

    book: str
    taken: int = 0
    pushed: Pushed = field(default_factory=Pushed)
    sentences: Sequence[str] = ()
    idle: bool = False
    recovered: int = 0

    @property
    def quiet(self) -> bool:
        """True when nothing had to be done."""
        return not (self.taken or self.pushed.calls or self.recovered)

    def __str__(self) -> str:
        if self.quiet:
            return f"{self.book}: in step."
        parts = [f"{self.taken:,} edits were taken in"] if self.taken else []
        if self.pushed.calls:
            parts.append(f"{self.pushed.cells:,} cells and {self.pushed.rows:,} new rows were written")
        if self.recovered:
            parts.append(f"{self.recovered:,} writes whose outcome was open are settled")
        moved = self.pushed.displaced + self.pushed.concurrent
        if moved:
            parts.append(
                f"{moved:,} cells were changed or moved by people at that very moment and come right next round"
            )
        return f"{self.book}: {', '.join(parts)}."


class Keeper:
    """Keeps one spreadsheet in step. There is one for each at a time; the lease says whose."""

    def __init__(
        self, app: App, book: Workbook, spreadsheet: str, client: Client, at: datetime, holder: str = ""
    ) -> None:
        self.app, self.book = app, book
        lease = app.ledger.lease(f"google:{spreadsheet}", holder or platform.node() or "this machine", at, LEASE)
        self.store = LedgerStore(app.ledger, lease, at)
        tables = [table for table in book.tables if table.kind is not Kind.LOG]
        self.sheet = Spreadsheet(client, spreadsheet, tables, app.ledger.ledger_id)
        self.journal = Journal(self.store, book.name, tables)
        self.replica = Replica(book, app.ledger.ledger_id, self.sheet, self.journal, lease.epoch)
        self._seen: tuple[int, str] | None = None
        self._read_at: datetime | None = None
        self._busy, self._checked = True, False

    def round(self, now: datetime, *, twice: bool = False) -> Round:
        """One round. `twice`: rows that are missing are looked for a second time at once, not in the next round."""
        self.store.at = now
        self.store.renew()
        self._own()
        if self._nothing_new(now):
            return Round(self.book.name, idle=True)
        recovered = self.replica.recover()
        books = self.app.ledger.books()
        found = self.replica.read(self._wanted(self._held(books, now)))
        if twice and any(one.hold for one in found.absent.values()):
            found = self.replica.read(self._wanted(self._held(books, now)))
        taken, merges, sentences = self._take_in(books, found, now)
        books = self.app.ledger.books()
        held = self._held(books, now)
        pushed = self._push(books, held, found, merges, now)
        self._read_at = now
        self._busy = bool(taken or pushed.calls or recovered or any(one.hold for one in found.absent.values()))
        self._seen = None
        return Round(self.book.name, taken, pushed, (*sentences, *pushed.stopped), recovered=recovered)

    def _own(self) -> None:
        """Refuses a spreadsheet of another ledger, once."""
        if self._checked:
            return
        marker = self.sheet.marker()
        if marker is None or marker[1] != self.app.ledger.ledger_id:
            raise Refused(
                "This spreadsheet was not adopted by this ledger, or is a copy of one that was. Run “stopbook google adopt” on the right one."
            )
        self._checked = True

    def _nothing_new(self, now: datetime) -> bool:
        """The idle round: one light call, and only when nothing has happened on our side."""
        if self._busy or self._read_at is None or now - self._read_at >= EVERY:
            return False
        seq = self.app.ledger.last_seq()
        if self._seen is not None and self._seen[0] != seq:
            return False
        seen = (seq, self.sheet.version())
        if self._seen is None:
            self._seen = seen  # the first look after a read only learns the number; the next full read is near
        return seen == self._seen

    def _held(self, books: Books, now: datetime) -> dict[str, list[Record]]:
        held = bookshelf.contents(books, self.book, bookshelf.last_day(self.app.ledger, self.book, now))
        return {name: records for name, records in held.items() if TABLES[name].kind is not Kind.LOG}

    def _wanted(self, held: Mapping[str, Sequence[Record]]) -> dict[str, dict[str, Row]]:
        return {name: {record.rid: record.values for record in records} for name, records in held.items()}

    def _take_in(self, books: Books, found: Read, now: datetime) -> tuple[int, Intake, list[str]]:
        """What people did goes into the ledger, with everything that follows from it."""
        ledger, book, copy = self.app.ledger, self.book, found.shared.copy
        by_rid = {name: ledger.by_rid(name, list(rows)) for name, rows in found.bases.items()}
        void = {name: {rid: one for rid, one in rows.items() if one.void} for name, rows in by_rid.items()}
        day = bookshelf.last_day(ledger, book, now)
        each = bookshelf.Found(book, Path(copy.file), copy, found.bases, day=day)
        params = Params(now, f"someone in {book.name}", "Google", extra={"found": [each], "void": void})
        made = write_workbooks.plan(books, params)
        merges = take_in(
            copy, book, found.bases, write_workbooks.records_of(books, each, found.bases, void), at=now,
            limit=Context(books).policy("reject_deletes_over", now.date()),
        )  # fmt: skip
        records = {name: ledger.by_rid(name, [trace.key for trace in found.traces]) for name in found.shared.seen}
        known = [str(row["conflict_id"]) for row in books.rows("conflicts")]
        told, closed = self.replica.told(found, records, known, self.replica.source(found.shared))
        plan = Plan("google-sync", {"spreadsheet": book.name}, (*made.puts, *told), made.voids, 0, made.blocked,
                    made.notes, made.bases)  # fmt: skip
        if plan.puts or plan.voids:
            key = sha256(f"google|{book.name}|{self.journal.generation}|{plan.digest}".encode()).hexdigest()
            inputs = books.inputs_hash()
            ledger.apply(
                plan, run_key=key, inputs_hash=inputs, by=params.by, via="Google", at=now, fence=self.store.lease
            )
        elif plan.bases:
            self.store.keep_bases(plan.bases)
        self.journal.close(closed)
        return len(plan.puts) + len(plan.voids), merges, [str(problem) for problem in made.blocked] + list(plan.notes)

    def _push(
        self, books: Books, held: Mapping[str, Sequence[Record]], found: Read, merges: Intake, now: datetime
    ) -> Pushed:
        marks: dict[str, dict[str, tuple[str, str]]] = {}
        for (table, rid), mark in bookshelf.marks(books).items():
            marks.setdefault(table, {})[rid] = mark
        planned = self.replica.plan(found, merges.merges, self._wanted(held), marks)
        lines = front(self.book, held, now)
        return self.replica.push(found, planned, None if _shows(found, lines) else lines)


def _shows(found: Read, lines: Sequence[Sequence[Plain]]) -> bool:
    """True when *Today* shows these lines, whatever moment it says it is of, or when there is no such tab."""
    sheet = found.shared.snapshot.sheets.get("Today")
    if sheet is None:
        return True
    wide = [[*line, *[None] * 3][:3] for line in sheet.lines]
    wanted = [[*line, *[None] * 3][:3] for line in lines]
    wide += [[None] * 3] * (len(wanted) - len(wide))
    same = (all(map(alike, one, other)) for one, other in zip(wide[2:], wanted[2:], strict=False))
    return len(wide) == len(wanted) and all(same)


def front(book: Workbook, held: Mapping[str, Sequence[Record]], now: datetime) -> tuple[tuple[Plain, ...], ...]:
    """The cells of *Today*: what needs a decision here, by when, and on which tab."""
    shown = today.lines(book, held)
    wall = cells.to_cell(now, book.zone)
    head: list[tuple[Plain, ...]] = [
        (f"Today – {book.title}",),
        (f"As of {wall:%Y-%m-%d %H:%M}, {book.zone.key} time",) if shown else ("Nothing waits for you.",),
        ("Due", "Tab", "What"),
    ]
    for line in shown[:LINES]:
        due = plain(cells.to_cell(line.due, book.zone)) if line.due else None
        head.append((due, TABLES[line.table].title, line.what))
    if len(shown) > LINES:
        head.append((None, "", f"{len(shown) - LINES:,} more"))
    return tuple(head)
