"""One round of keeping an open workbook in step: what people did in it is taken in, what it should show is worked out.

The same merge, rights and consequences as for a closed one. What was agreed is kept under the name of the sitting, by
round, so that a workbook that is closed without saving is still compared with what it was when it was last saved.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sheets_sync import openbook
from sheets_sync.conflicts import Source
from sheets_sync.google.read import Absences, SharedCopy, Snapshot, absences, shared_copy
from sheets_sync.intake import Intake
from sheets_sync.outgoing import Outgoing, outgoing
from sheets_sync.workbook import Copy
from stopbook import bookshelf
from stopbook.app import App
from stopbook.job import Params
from stopbook.jobs import write_workbooks
from workbooks.books import Books
from workbooks.ledger import Ledger, Stale
from workbooks.plan import Base, Plan
from workbooks.problems import Problem, Refused
from workbooks.schema import Kind, Row
from workbooks.shelf import Workbook
from workbooks.tables import TABLES

JOB = "open-workbook"
TRIES = 3
_ANEW = "If it was renamed, give it its name again; else it comes back with the next writing"


@dataclass(frozen=True)
class Opened:
    """An open workbook: `generation` and `mark` as its stamp says them, `sitting` since it was opened, and its `file`."""

    book: Workbook
    generation: int
    mark: str
    sitting: str
    file: str

    @property
    def name(self) -> str:
        """Under which the ledger keeps what is agreed during this sitting."""
        return openbook.name_of(self.book.name, self.generation, self.sitting)


@dataclass(frozen=True)
class Round:
    """One round: its number, the workbook as it stands, who works in it, and rids that were missing for a while."""

    opened: Opened
    number: int
    snapshot: Snapshot
    who: str
    via: str
    at: datetime
    late: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sure: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    """tables whose tabs are there, when only some of them are looked through in this round"""


@dataclass(frozen=True)
class Done:
    """What came of a round. `kept`: the ledger knows more about the copy than before, so the mark in it moves on.

    `missing`: rids by table that are not there and wait for a second look. `stopped`: sentence by table.
    """

    taken: int
    kept: bool
    outgoing: Sequence[Outgoing]
    sentences: Sequence[str]
    marks: Sequence[tuple[str, str, str, str]]
    """(table, rid, column title, sentence) of cells whose edit was not taken"""
    conflicts: int
    missing: Mapping[str, frozenset[str]]
    stopped: Mapping[str, str]
    seq: int


def expect(ledger: Ledger, opened: Opened, ledger_id: str) -> None:
    """Refused, in one sentence, where the workbook is another company's or of a writing that cannot be compared."""
    file, generation = opened.file, opened.generation
    if ledger_id != ledger.ledger_id:
        raise Refused(
            f"{file} belongs to another ledger ({ledger_id[:40]}), not to this one. Nothing was read; close it."
        )
    bookshelf.expect(ledger, opened.book, generation, file)


def begin(ledger: Ledger, opened: Opened) -> None:
    """Start a sitting from what was agreed when the workbook was last saved; the same again changes nothing."""
    before = openbook.sitting_of(opened.mark)
    if before is None or before[0] == opened.sitting:
        return
    former = openbook.name_of(opened.book.name, opened.generation, before[0])
    made = [
        Base(name(opened.name), table.name, rid, 0, row)
        for name in (str, openbook.told_of)
        for table in _tables(opened.book)
        for rid, row in ledger.bases(name(former), before[1], table.name).items()
    ]
    if made:
        ledger.keep_bases(made)


def keep(app: App, asked: Round) -> Done:
    """Do one round. Refused when a later one was done already, or the ledger moved on too often."""
    ledger, opened = app.ledger, asked.opened
    if asked.number < ledger.generation(opened.name):
        raise Refused(f"A later state of {opened.file} was taken in already.")
    for attempt in range(TRIES):
        try:
            plan, intake, read = _take_in(ledger, asked)
            break
        except Stale:
            if attempt == TRIES - 1:
                raise
    seq, books = ledger.last_seq(), ledger.books()
    planned = _outgoing(ledger, books, asked, read, plan, intake)
    if told := _told(ledger, asked, read, planned):
        ledger.keep_bases(told)
    book, shared = opened.book, read.shared
    stopped = {name: str(one.stopped) for name, one in intake.merges.items() if one.stopped}
    for table in _tables(book):
        if table.name not in shared.seen:
            stopped[table.name] = _why(shared.copy.problems, table.title)
    waiting = books.rows("conflicts", status="OPEN")
    mine = [row for row in waiting if book.market is None or row.get("market_id") in (book.market, None)]
    return Done(
        len(plan.puts) + len(plan.voids), bool(plan.bases or told), planned,
        [str(problem) for problem in plan.blocked] + list(plan.notes), _marks(book, asked.known or shared.seen.keys(), mine), len(mine),
        {name: one.missing for name, one in read.absent.items() if one.missing}, stopped, seq,
    )  # fmt: skip


def _why(problems: Sequence[Problem], title: str) -> str:
    return next(
        (str(problem) for problem in problems if problem.where.tab == title), f"The tab “{title}” was not read."
    )


def _tables(book: Workbook) -> list[Any]:
    return [table for table in book.tables if table.kind is not Kind.LOG]


def _wanted(ledger: Ledger, books: Books, asked: Round) -> dict[str, dict[str, Row]]:
    book = asked.opened.book
    held = bookshelf.contents(books, book, bookshelf.last_day(ledger, book, asked.at))
    return {
        name: {record.rid: record.values for record in records}
        for name, records in held.items()
        if TABLES[name].kind is not Kind.LOG
    }


@dataclass(frozen=True)
class _Read:
    """The copy and, by table: what is agreed on (`full`), the same for the merge without rows that wait for a second look
    (`bases`), the rows that were told, and what is missing. `fresh`: what the copy has come to show since."""

    shared: SharedCopy
    full: Mapping[str, Mapping[str, Row]]
    bases: Mapping[str, Mapping[str, Row]]
    told: Mapping[str, Mapping[str, Row]]
    absent: Mapping[str, Absences]
    fresh: Sequence[Base]


def _read(ledger: Ledger, books: Books, asked: Round) -> _Read:
    opened = asked.opened
    book, name = opened.book, opened.name
    full = {
        table.name: {
            **ledger.bases(book.name, opened.generation, table.name),
            **ledger.bases(name, asked.number, table.name),
        }
        for table in _tables(book)
    }
    # a column that was declared since is nobody's to put back; where nothing was written it is not known which that are
    written = {name: {column for row in rows.values() for column in row} for name, rows in full.items() if rows}
    shared = shared_copy(
        asked.snapshot, book, ledger.ledger_id, opened.generation, replica=name, remedy=_ANEW, written=written
    )
    told: dict[str, dict[str, Row]] = {}
    fresh: list[Base] = []
    for table in _tables(book):
        told[table.name] = ledger.bases(openbook.told_of(name), asked.number, table.name)
        if table.name in shared.seen and told[table.name]:
            tab = shared.seen[table.name].tab
            caught = openbook.caught_up(tab, full[table.name], told[table.name], book.zone)
            full[table.name] |= caught
            fresh += [Base(name, table.name, rid, asked.number, row) for rid, row in caught.items()]
    absent = _absent(ledger, books, asked, shared, full)
    bases = {name: absent[name].base if name in absent else rows for name, rows in full.items()}
    return _Read(shared, full, bases, told, absent, fresh)


def _absent(
    ledger: Ledger, books: Books, asked: Round, shared: SharedCopy, full: Mapping[str, Mapping[str, Row]]
) -> dict[str, Absences]:
    """What is missing from each tab; usually nothing, and then nothing has to be worked out."""
    book = asked.opened.book
    source = Source(book.name, book.roles, asked.opened.generation, book.zone, book.market, lineage=asked.opened.name)
    found: dict[str, Absences] = {}
    wanted: dict[str, dict[str, Row]] | None = None
    for name, seen in shared.seen.items():
        if full[name].keys() <= {row.rid for row in seen.tab.rows}:
            found[name] = Absences(full[name])
            continue
        wanted = wanted if wanted is not None else _wanted(ledger, books, asked)
        late = asked.late.get(name, frozenset())
        found[name] = absences(seen.tab, source, full[name], wanted.get(name, {}), late)
    return found


def _take_in(ledger: Ledger, asked: Round) -> tuple[Plan, Intake, _Read]:
    """What people did goes into the ledger, with everything that follows from it."""
    opened, at = asked.opened, asked.at
    books = ledger.books()
    read = _read(ledger, books, asked)
    copy: Copy = read.shared.copy
    by_rid = {name: ledger.by_rid(name, list(rows)) for name, rows in read.bases.items()}
    void = {name: {rid: one for rid, one in rows.items() if one.void} for name, rows in by_rid.items()}
    day = bookshelf.last_day(ledger, opened.book, at)
    each = bookshelf.Found(opened.book, Path(opened.file), copy, read.bases, day=day, who=asked.who, sure=asked.sure)
    made, intakes = write_workbooks.taken_in(
        books, Params(at, asked.who, asked.via, extra={"found": [each], "void": void})
    )
    intake = intakes[opened.book.name]
    agreed = {(base.table, base.rid): base for base in read.fresh}
    agreed |= {(base.table, base.rid): replace(base, generation=asked.number) for base in made.bases}
    plan = Plan(JOB, {"workbook": opened.book.name}, made.puts, made.voids, 0, made.blocked, made.notes,
                tuple(agreed.values()))  # fmt: skip
    if plan.puts or plan.voids:
        key = sha256("|".join((opened.name, str(asked.number), plan.digest)).encode()).hexdigest()
        ledger.apply(plan, run_key=key, inputs_hash="", by=asked.who, via=asked.via, at=at, read=books)
    elif plan.bases:
        ledger.keep_bases(plan.bases)
    return plan, intake, read


def _outgoing(ledger: Ledger, books: Books, asked: Round, read: _Read, plan: Plan, intake: Intake) -> list[Outgoing]:
    """What is to be written, by tab; a tab that was not taken in is not written either."""
    book, shared = asked.opened.book, read.shared
    wanted = _wanted(ledger, books, asked)
    marks: dict[str, dict[str, tuple[str, str]]] = {}
    for (table, rid), mark in bookshelf.marks(books).items():
        marks.setdefault(table, {})[rid] = mark
    agreed: dict[str, dict[str, Row | None]] = {name: dict(rows) for name, rows in read.full.items()}
    for known in plan.bases:
        agreed[known.table][known.rid] = known.values
    planned = []
    for table in _tables(book):
        name, merge = table.name, intake.merges.get(table.name)
        if name not in shared.seen or merge is None or merge.stopped:
            continue
        base = {rid: row for rid, row in agreed[name].items() if row is not None}
        standing = shared.seen[name].standing(merge.stands, merge.born, read.absent[name].hold)
        planned.append(outgoing(table, book.zone, standing, wanted.get(name, {}), base, marks.get(name, {})))
    return [one for one in planned if not one.changes_nothing]


def _told(ledger: Ledger, asked: Round, read: _Read, planned: Sequence[Outgoing]) -> list[Base]:
    """The rows that the add-in is about to write, as the ledger holds them, where it was told something else before."""
    name = openbook.told_of(asked.opened.name)
    made = []
    for one in planned:
        rids = dict.fromkeys([write.rid for write in one.writes if write.rid] + [row.rid for row in one.appends])
        before = read.told.get(one.table, {})
        made += [
            Base(name, one.table, rid, asked.number, record.values)
            for rid, record in ledger.by_rid(one.table, list(rids)).items()
            if before.get(rid) != record.values
        ]
    return made


def _marks(book: Workbook, known: Collection[str], conflicts: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    """Cells of this copy whose edit was not taken, each with its sentence; of several, the newest."""
    found: dict[tuple[str, str, str], str] = {}
    for row in sorted(conflicts, key=lambda row: str(row.get("at"))):
        table, rid, column = str(row.get("table_name")), row.get("row_id"), row.get("column_title")
        if row.get("replica") == book.name and rid and row.get("column_name") and table in known:
            text = f"“{row.get('sheet_value') or ''}” was not taken. {row.get('message') or ''}".rstrip(". ")
            found[table, str(rid), str(column)] = f"{text}."
    return [(*place, text) for place, text in found.items()]
