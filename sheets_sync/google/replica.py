"""One spreadsheet kept in step: recover, read, give to the merge, write what is to be written.

Whoever owns the ledger drives it: `recover` first, then `read`, then the merge goes into the ledger, then `push`. What
is sent and how is the business of a `Transport`; the simulator has its own.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sheets_sync import compare, conflicts
from sheets_sync.conflicts import News, Source
from sheets_sync.google.journal import Journal
from sheets_sync.google.operation import CANCEL, Images, Operation, Verdict, chunks
from sheets_sync.google.read import Absences, SharedCopy, Snapshot, absences, shared_copy
from sheets_sync.outgoing import RID, Outgoing, RowAppend, RowWrite, outgoing
from sheets_sync.plain import Plain, lift
from sheets_sync.rows import Merge
from sheets_sync.traces import Trace, spelled_under
from workbooks import cells
from workbooks.plan import Put
from workbooks.problems import Refused
from workbooks.schema import Record, Row, Table
from workbooks.shelf import Workbook


class Ambiguous(Refused):
    """Nobody knows yet whether a write happened; the next round finds out before it does anything else."""


class Overtaken(Refused):
    """`_sync` is not the one that was expected: another hub took over, or somebody removed it. Nothing was written."""


class NotApplied(Refused):
    """The spreadsheet refused a write for certain; the sentence says why."""


class Rejected(NotApplied):
    """Something is wrong with the request itself, such as a range that refuses us; nothing of it was done."""


class Transport(Protocol):
    """How a spreadsheet is reached."""

    def read(self) -> Snapshot:
        """The whole spreadsheet, as far as tabs of ours are concerned."""

    def send(self, op: Operation) -> Images:
        """Carry out an operation, once. Raises Ambiguous, Overtaken or NotApplied."""

    def cancel(self, op: Operation) -> Images:
        """Make sure that `op` cannot happen from now on, or learn that it has. Raises Ambiguous or Overtaken."""


@dataclass(frozen=True)
class Found:
    """A spreadsheet as it was read, ready for the merge: the copy, bases by table, and what is known of its rows."""

    shared: SharedCopy
    bases: Mapping[str, Mapping[str, Row]]
    absent: Mapping[str, Absences]
    traces: Sequence[Trace] = ()
    gone: frozenset[tuple[int, int]] = frozenset()
    """traces, as (write, number), whose row was nowhere in the read before either: somebody may have held it"""

    @property
    def waits(self) -> bool:
        """True when something is missing that a second look has to confirm."""
        lost = {(one.op, one.number) for tab in self.shared.seen.values() for one in tab.overlay.lost}
        return bool(lost - self.gone) or any(one.hold for one in self.absent.values())


@dataclass
class Pushed:
    """What a push did."""

    calls: int = 0
    cells: int = 0
    rows: int = 0
    displaced: int = 0
    concurrent: int = 0
    stopped: list[str] = field(default_factory=list)


class Replica:
    """One spreadsheet and its journal. `epoch` is that of the lease under which it is kept.

    `step`: how far its tokens lie apart; another one for each installation, so that a token says whose it is.
    """

    def __init__(
        self, book: Workbook, ledger_id: str, transport: Transport, journal: Journal, epoch: int, step: int = 1
    ) -> None:
        self.book, self.ledger_id, self.epoch, self._step = book, ledger_id, epoch, step
        self.transport, self.journal = transport, journal
        self._missing: dict[str, frozenset[str]] = {}
        self._lost: frozenset[tuple[int, int]] = frozenset()

    def recover(self) -> int:
        """Find out what became of writes whose outcome is open; returns how many. Nothing is ever sent again."""
        pending = self.journal.open()
        for number, op in pending:
            try:
                images = self.transport.cancel(op)
            except Overtaken:
                # it can no longer happen; if it has, the next read shows what it wrote
                self.journal.abandon(number)
                continue
            if images.kind == CANCEL:
                self.journal.abandon(number)
            else:
                self.journal.finish(number, op, images)
                self._added(op)
        return len(pending)

    def _added(self, op: Operation) -> None:
        """Rows that were added just now have not been missing since."""
        for row in op.appends:
            self._missing[row.table] = self._missing.get(row.table, frozenset()) - {row.rid}

    def read(self, wanted: Mapping[str, Mapping[str, Row]]) -> Found:
        """Read everything. `wanted`: by table and rid, what should stand in the copy as the ledger is now."""
        traces = [trace for _, trace in self.journal.traces().values()]
        snapshot = self.transport.read()
        bases = self.journal.bases()
        shared = shared_copy(snapshot, self.book, self.ledger_id, self.journal.generation, traces, bases=bases)
        source = self.source(shared)
        absent: dict[str, Absences] = {}
        for name, tab in shared.copy.tabs.items():
            before = self._missing.get(name, frozenset())
            absent[name] = absences(tab, source, bases.get(name, {}), wanted.get(name, {}), before)
        self._missing = {name: one.missing for name, one in absent.items()}
        lost = frozenset((one.op, one.number) for tab in shared.seen.values() for one in tab.overlay.lost)
        self._lost, gone = lost, lost & self._lost
        return Found(shared, {**bases, **{name: one.base for name, one in absent.items()}}, absent, traces, gone)

    def source(self, shared: SharedCopy) -> Source:
        """The copy as the merge names it."""
        book, copy = self.book, shared.copy
        return Source(book.name, book.roles, copy.stamp.generation, book.zone, book.market, file=copy.file,
                      lineage=copy.lineage)  # fmt: skip

    def told(
        self, found: Found, records: Mapping[str, Mapping[str, Record]], known: Sequence[str], source: Source
    ) -> tuple[list[Put], list[Trace]]:
        """Values that a write of ours overwrote and that cannot be put back: rows for Conflicts, and their traces.

        As long as the row in which one stood is missing and not yet taken for deleted, it may be put back with what it
        shows, and its traces stay; so does what tells a row, as long as something else in it is wrong. They are closed
        (`Journal.close`) once the rows are in the ledger.
        """
        puts: dict[str, Put] = {}
        done: list[Trace] = []
        for name, seen in found.shared.seen.items():
            missing = found.absent[name].missing
            table, there = seen.tab.table, records.get(name, {})
            homes = {
                (one.op, one.number): _home(table, one, found.traces, there)
                for one in (*seen.overlay.lost, *seen.overlay.overwritten)
            }
            titles = {table.by_name[key].title for key in table.key}
            wrong = {(one.op, one.place) for one, _ in seen.overlay.placed}
            overwritten, restored = (
                [one for one in several if one.header not in titles or (one.op, one.place) not in wrong]
                for several in (seen.overlay.overwritten, seen.overlay.restored)
            )
            gone = [
                one for one in seen.overlay.lost
                if (one.op, one.number) in found.gone and homes[one.op, one.number] not in missing
            ]  # fmt: skip
            for trace in (*overwritten, *gone):
                row = _news(table, trace, homes[trace.op, trace.number], self.book, there, source)
                if row is not None and str(row.key[0]) not in known:
                    puts.setdefault(str(row.key[0]), row)
            done += [*overwritten, *gone, *restored]
        return list(puts.values()), done

    def plan(
        self, found: Found, merges: Mapping[str, Merge], wanted: Mapping[str, Mapping[str, Row]],
        marks: Mapping[str, Mapping[str, tuple[str, str]]] | None = None,
    ) -> list[Outgoing]:  # fmt: skip
        """What is to be written, by tab; a tab that was not taken in is not written either."""
        planned = []
        bases = self.journal.bases()
        for name, seen in found.shared.seen.items():
            merge = merges.get(name)
            if merge is None or merge.stopped:
                continue
            standing = seen.standing(merge.stands, merge.born, found.absent[name].hold)
            mark = None if marks is None else marks.get(name, {})
            planned.append(
                outgoing(seen.tab.table, self.book.zone, standing, wanted.get(name, {}), bases.get(name, {}), mark)
            )
        return planned

    def push(
        self, found: Found, planned: Sequence[Outgoing], front: tuple[tuple[Plain, ...], ...] | None = None
    ) -> Pushed:
        """Write what is planned, in as few operations as fit; stops where the copy is not as it was read."""
        done = Pushed()
        for one in planned:
            self.journal.settle(one)
        self.journal.forget({name: one.left for name, one in found.absent.items()})
        pieces = chunks([w for one in planned for w in one.writes], [a for one in planned for a in one.appends])
        left = deque((writes, appends, None if number else front) for number, (writes, appends) in enumerate(pieces))
        if front is not None and not pieces:
            left.append(([], [], front))
        after = found.shared.snapshot.sync
        while left:
            writes, appends, shown = left.popleft()
            if after is None:
                raise Overtaken("The hidden tab “_sync” is missing; run “stopbook google adopt” to have it made anew.")
            op = self._operation(found, after, writes, appends, shown)
            try:
                verdict = self.send(op)
            except Rejected as refused:
                # whatever refuses us concerns one tab; the others go on
                if len(op.tables) + (shown is not None) > 1:
                    left.extendleft(
                        ([w for w in writes if w.table == name], [a for a in appends if a.table == name], None)
                        for name in op.tables
                    )
                    if shown is not None:
                        left.append(([], [], shown))
                else:
                    titles = [found.shared.seen[name].tab.table.title for name in op.tables]
                    done.stopped.append(f"{found.shared.copy.file}, tab {', '.join(titles) or 'Today'}: {refused}")
                continue
            after = op.token
            done.calls += 1
            done.cells += sum(len(write.cells) for write in writes)
            done.rows += len(appends)
            done.displaced += verdict.displaced
            done.concurrent += verdict.concurrent
            if verdict.displaced or verdict.concurrent:
                break  # the copy is no longer as it was read; the next round reads it again
        return done

    def _operation(
        self, found: Found, after: int, writes: Sequence[RowWrite], appends: Sequence[RowAppend],
        front: tuple[tuple[Plain, ...], ...] | None,
    ) -> Operation:  # fmt: skip
        seen = found.shared.seen
        names = {write.table for write in writes} | {row.table for row in appends}
        return Operation(
            self._token(found.shared.snapshot, after), after, self.epoch, self.journal.generation + 1, tuple(writes),
            tuple(appends), {name: seen[name].places for name in names},
            {name: len(seen[name].header) for name in names}, {name: seen[name].header_row for name in names}, front,
        )  # fmt: skip

    def bare(self, snapshot: Snapshot, after: int) -> Operation:
        """An operation that writes nothing, for what is to be done at most once."""
        return Operation(self._token(snapshot, after), after, self.epoch, self.journal.generation)

    def _token(self, snapshot: Snapshot, after: int) -> int:
        taken = {sheet.sheet_id for sheet in snapshot.sheets.values()}
        token = after + self._step
        while token in taken:
            token += 1
        return token

    def send(self, op: Operation) -> Verdict:
        """One operation: noted, sent, and settled by what came back."""
        number = self.journal.begin(op)
        try:
            images = self.transport.send(op)
        except (NotApplied, Overtaken):
            self.journal.abandon(number)
            raise
        verdict = self.journal.finish(number, op, images)
        self._added(op)
        return verdict


def _home(table: Table, trace: Trace, traces: Sequence[Trace], records: Mapping[str, Record]) -> str:
    """The `_rid` of the row whose cell a write covered: what its key was then, because it may have borne another's."""
    same = [one for one in traces if (one.table, one.op, one.place) == (trace.table, trace.op, trace.place)]
    stood = dict(trace.row) | {one.header: one.original for one in same}
    own = spelled_under(table, stood)
    if own in records:
        return str(own)
    return next((str(one.original or "") for one in same if one.header == RID), trace.key)


def _news(
    table: Table, trace: Trace, rid: str, book: Workbook, records: Mapping[str, Record], source: Source,
) -> Put | None:  # fmt: skip
    """The row on Conflicts for a value that was overwritten; None where nothing of a person's is lost."""
    column = table.by_title.get(trace.header)
    if trace.header.startswith("_") or trace.original in (None, "") or trace.header == RID:
        return None
    record = records.get(rid)
    held = record.values.get(column.name) if record and column else None
    original: object = f"{trace.header}: {trace.original}"
    if column is not None:
        read = compare.read(lift(column, trace.original), column, cells.Reading(book.zone))
        original = trace.original if read.bad else read.value
    values: Row = record.values if record else {}
    stood = dict(trace.row)
    key = table.key_of(values) if record else tuple(str(stood.get(table.by_name[n].title) or "") for n in table.key)
    market = values.get(table.market) if table.market else None
    message = (
        "Stopbook wrote into this cell at the very moment somebody typed here or moved rows, and the cell was changed "
        "or removed before this value could be put back"
    )
    news = News("CONFLICT", rid, key, column, held, original, None, message, market)
    return conflicts.put(table, replace(source, generation=trace.generation), news)
