"""The journal of one spreadsheet: what is about to be written, whether it was, and what it left to put right.

Everything is noted before it is done, and every step may be repeated: whoever dies in between leaves an open note, and
the next one to come finds out what became of it and goes on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sheets_sync.google.operation import WRITE, Images, Operation, Verdict, verify
from sheets_sync.outgoing import Outgoing, based
from sheets_sync.traces import Trace
from workbooks.plan import Base
from workbooks.schema import Row, Table

TRACE = "trace"


@dataclass(frozen=True)
class Note:
    """An open note of the journal."""

    id: int
    generation: int
    intent: Mapping[str, Any]


class Store(Protocol):
    """The ledger, as far as a shared copy needs it. Each call is one transaction."""

    def bases(self, replica: str, generation: int, table: str) -> Mapping[str, Row]:
        """What copy and ledger agreed on, by rid."""

    def generation(self, replica: str) -> int:
        """The latest generation of a copy."""

    def keep_bases(self, agreed: Sequence[Base]) -> None:
        """Note what copy and ledger agree on."""

    def intend(self, replica: str, generation: int, intent: Mapping[str, Any]) -> int:
        """Open a note; refused to whoever lost the lease."""

    def settle(self, numbers: Sequence[int], done: bool, agreed: Sequence[Base] = ()) -> None:
        """Close notes and, with them, note what copy and ledger agree on."""

    def notes(self, replica: str) -> Sequence[Note]:
        """Open notes, oldest first."""


class Journal:
    """Reads and writes the notes of one copy."""

    def __init__(self, store: Store, replica: str, tables: Iterable[Table]) -> None:
        self._store, self._replica = store, replica
        self._tables = {table.name: table for table in tables}
        self._titles = {name: [table.by_name[key].title for key in table.key] for name, table in self._tables.items()}

    @property
    def generation(self) -> int:
        """How often the copy was written."""
        return self._store.generation(self._replica)

    def bases(self) -> dict[str, Mapping[str, Row]]:
        """By table and rid, what copy and ledger agreed on."""
        generation = self.generation
        return {name: self._store.bases(self._replica, generation, name) for name in self._tables}

    def begin(self, op: Operation) -> int:
        """Note an operation before it is sent."""
        return self._store.intend(self._replica, op.generation, op.json())

    def open(self) -> list[tuple[int, Operation]]:
        """Operations whose outcome is not known, oldest first."""
        return [
            (note.id, Operation.of({k: v for k, v in note.intent.items() if k != "kind"}))
            for note in self._store.notes(self._replica)
            if note.intent.get("kind") == WRITE
        ]

    def traces(self) -> dict[tuple[int, int], tuple[list[int], Trace]]:
        """What earlier writes left to put right: (operation, number) -> its notes and, by the latest of them, the trace."""
        found: dict[tuple[int, int], tuple[list[int], Trace]] = {}
        for note in self._store.notes(self._replica):
            if note.intent.get("kind") == TRACE:
                trace = Trace.of({k: v for k, v in note.intent.items() if k != "kind"})
                before = found.get((trace.op, trace.number), ([], trace))[0]
                found[trace.op, trace.number] = ([*before, note.id], trace)
        return found

    def abandon(self, number: int) -> None:
        """An operation that was not applied and never will be."""
        self._store.settle([number], False)

    def finish(self, number: int, op: Operation, images: Images) -> Verdict:
        """An operation that was applied: what it left is noted first, then, at one stroke, what stands and is done."""
        verdict = verify(op, images, self._titles)
        known = self.traces()
        for trace in verdict.traces:
            if (trace.op, trace.number) not in known:
                self._store.intend(self._replica, op.generation, {"kind": TRACE, **trace.json()})
        done = [note for place in verdict.closed if place in known for note in known[place][0]]
        for traces, rid, row in verdict.named:
            for place in traces:
                if place in known and place not in verdict.closed:
                    # the row is known by another identity or key from now on
                    notes, trace = known[place]
                    moved = replace(trace, key=rid, row=row)
                    self._store.intend(self._replica, trace.generation, {"kind": TRACE, **moved.json()})
                    done += notes
        agreed = self._based(op.generation, verdict.cells, verdict.rows)
        self._store.settle(list(dict.fromkeys([*done, number])), True, agreed)
        return verdict

    def settle(self, outgoing: Outgoing) -> None:
        """Close traces that need nothing more; what stands in their cells is agreed on at the same stroke.

        Were it agreed on first, and the hub died, the trace would show the cell as it was before: an edit nobody made.
        """
        if not outgoing.settled:
            return
        cells = [(outgoing.table, rid, column, value) for rid, column, value in outgoing.bases]
        self.close(outgoing.settled, self._based(self.generation, cells, ()))

    def close(self, traces: Iterable[Trace], agreed: Sequence[Base] = ()) -> None:
        """Close traces that were told or need nothing more."""
        traces = list(traces)
        known = self.traces() if traces else {}
        notes = [note for trace in traces for note in known.get((trace.op, trace.number), ([], trace))[0]]
        if notes:
            self._store.settle(list(dict.fromkeys(notes)), True, agreed)

    def forget(self, gone: Mapping[str, Iterable[str]]) -> None:
        """Rows, by table, that the copy no longer has and need not have."""
        generation = self.generation
        bases = [Base(self._replica, table, rid, generation, None) for table, rids in gone.items() for rid in rids]
        if bases:
            self._store.keep_bases(bases)

    def _based(
        self, generation: int, cells: Sequence[tuple[str, str, str, Any]],
        rows: Sequence[tuple[str, str, Mapping[str, Any]]],
    ) -> list[Base]:  # fmt: skip
        tables = {table for table, *_ in cells}
        now = {name: self._store.bases(self._replica, generation, name) for name in tables}
        return based(self._replica, generation, self._tables, now, cells, rows)
