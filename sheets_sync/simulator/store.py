"""The ledger of a simulation, in memory: transactions, revisions, bases by generation, journal and lease."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sheets_sync.google.journal import TRACE, Note
from sheets_sync.simulator.table import KEY, TABLE
from workbooks.plan import Base, Put, Void
from workbooks.problems import Refused
from workbooks.schema import Record, Row, rid_of

LOST = "the lease was taken over"


class Stale(Refused):
    """A row moved on."""


@dataclass
class Written:
    """One change of one row, for the audit."""

    rid: str
    rev: int
    values: Row
    void: bool


class MemoryStore:
    """What `Journal` and the hub need; `step` is called before and after every transaction and may end the world."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step
        self.records: dict[str, Record] = {}
        self.conflicts: dict[str, Mapping[str, Any]] = {}
        self.audit: list[Written] = []
        self.traced: set[tuple[str, str]] = set()
        self.epoch = 1
        self._bases: dict[tuple[str, str], dict[str, dict[int, Row | None]]] = {}
        self._newest: dict[tuple[str, str], tuple[int, dict[str, Row]]] = {}
        """the highest generation, and every row as it is then: nearly all questions are about that"""
        self._latest: dict[str, int] = {}
        self._notes: dict[int, tuple[str, Note]] = {}
        self._next = 0

    def apply(self, puts: Sequence[Put], voids: Sequence[Void], bases: Sequence[Base], table: str) -> None:
        """Rows, conflicts and bases, all or nothing."""
        self._step()
        after: dict[str, Record] = {}
        steps: tuple[Put | Void, ...] = (*puts, *voids)
        for step in steps:
            if step.table != table:
                continue
            old = self.records.get(step.rid)
            alive = old is not None and not old.void
            if step.expect != (old.rev if old else 0) and (alive or step.expect):
                raise Stale("a row moved on")
            rev = (old.rev if old else 0) + 1
            if isinstance(step, Void):
                assert old is not None
                after[step.rid] = replace(old, rev=rev, void=True)
            else:
                before = old.values if old is not None and alive else dict.fromkeys(TABLE.by_name)
                after[step.rid] = Record(table, step.rid, rev, {**before, **step.values})
        for put in puts:
            if put.table != table:
                self.conflicts.setdefault(str(put.key[0]), put.values)
        self.records.update(after)
        self.audit += [Written(r.rid, r.rev, r.values, r.void) for r in after.values()]
        self._keep(bases)
        self._step()

    def _keep(self, agreed: Sequence[Base]) -> None:
        for base in agreed:
            place = (base.replica, base.table)
            history = self._bases.setdefault(place, {}).setdefault(base.rid, {})
            history[base.generation] = base.values
            generation, now = self._newest.get(place, (0, {}))
            if base.generation >= max(history):
                now.pop(base.rid, None)
                if base.values is not None:
                    now[base.rid] = base.values
            self._newest[place] = max(generation, base.generation), now
            self._latest[base.replica] = max(self._latest.get(base.replica, 0), base.generation)

    def bases(self, replica: str, generation: int, table: str) -> Mapping[str, Row]:
        """What copy and ledger agreed on, by rid."""
        newest, now = self._newest.get((replica, table), (0, {}))
        if generation >= newest:
            return dict(now)
        found: dict[str, Row] = {}
        for rid, history in self._bases.get((replica, table), {}).items():
            reached = [number for number in history if number <= generation]
            values = history[max(reached)] if reached else None
            if values is not None:
                found[rid] = values
        return found

    def generation(self, replica: str) -> int:
        """The latest generation of a copy."""
        return self._latest.get(replica, 0)

    def keep_bases(self, agreed: Sequence[Base]) -> None:
        """Note what copy and ledger agree on."""
        self._step()
        self._keep(agreed)
        self._step()

    def intend(self, replica: str, generation: int, intent: Mapping[str, Any]) -> int:
        """Open a note."""
        self._step()
        self._next += 1
        if intent.get("kind") == TRACE:
            spelled = rid_of(TABLE.name, (str(dict(intent["row"]).get(KEY)),))
            self.traced |= {(rid, str(intent["header"])) for rid in (str(intent["key"]), spelled)}
        self._notes[self._next] = (replica, Note(self._next, generation, intent))
        self._step()
        return self._next

    def settle(self, numbers: Sequence[int], done: bool, agreed: Sequence[Base] = ()) -> None:
        """Close notes and, with them, note what copy and ledger agree on."""
        self._step()
        self._keep(agreed)
        for number in numbers:
            found = self._notes.pop(number, None)
            if found is not None and done:
                self._latest[found[0]] = max(self._latest.get(found[0], 0), found[1].generation)
        self._step()

    def notes(self, replica: str) -> Sequence[Note]:
        """Open notes, oldest first."""
        return [note for name, note in self._notes.values() if name == replica]


@dataclass
class Leased:
    """The store as one hub sees it: it writes only while its lease is in force."""

    store: MemoryStore
    epoch: int

    def check(self) -> None:
        """Refused for whoever lost the lease."""
        if self.store.epoch != self.epoch:
            raise Refused(LOST)

    def apply(self, puts: Sequence[Put], voids: Sequence[Void], bases: Sequence[Base], table: str) -> None:
        """As the store."""
        self.check()
        self.store.apply(puts, voids, bases, table)

    def bases(self, replica: str, generation: int, table: str) -> Mapping[str, Row]:
        """As the store."""
        return self.store.bases(replica, generation, table)

    def generation(self, replica: str) -> int:
        """As the store."""
        return self.store.generation(replica)

    def keep_bases(self, agreed: Sequence[Base]) -> None:
        """As the store."""
        self.check()
        self.store.keep_bases(agreed)

    def intend(self, replica: str, generation: int, intent: Mapping[str, Any]) -> int:
        """As the store."""
        self.check()
        return self.store.intend(replica, generation, intent)

    def settle(self, numbers: Sequence[int], done: bool, agreed: Sequence[Base] = ()) -> None:
        """As the store."""
        self.check()
        self.store.settle(numbers, done, agreed)

    def notes(self, replica: str) -> Sequence[Note]:
        """As the store."""
        return self.store.notes(replica)
