"""Faults seeded into the engine: what each defence is for. With any one of them in, histories must violate something."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from sheets_sync import compare, merge, outgoing, traces
from sheets_sync.google import operation, read
from sheets_sync.google.journal import Journal
from sheets_sync.google.operation import Images, Operation, Verdict
from sheets_sync.google.replica import Overtaken, Replica
from sheets_sync.outgoing import RID
from sheets_sync.simulator import hub
from sheets_sync.simulator.grid import Grid, Network
from sheets_sync.simulator.store import Leased
from sheets_sync.simulator.table import EXCEL, TABLE
from workbooks.schema import Column

Fault = Callable[[], AbstractContextManager[Any]]


@contextmanager
def _token() -> Iterator[None]:
    """Operations carry no token and name no `_sync`; what is open is sent again."""

    def apply(self: Grid, op: Operation, guarded: bool = True) -> Images:
        found = real(self, op, False)
        self.sync = op.token
        return found

    real = Grid.apply
    with patch.object(Grid, "apply", apply), patch.object(Network, "cancel", lambda self, op: self.send(op)):
        yield


@contextmanager
def _fence() -> Iterator[None]:
    """What is open is looked up, and nothing keeps it from happening afterwards."""

    def cancel(self: Network, op: Operation) -> Images:
        found = self.grid.images
        return found if found.token == op.token else Images(op.token, op.epoch, operation.CANCEL)

    def apply(self: Grid, op: Operation, guarded: bool = True) -> Images:
        if op.token in self.tokens:
            raise Overtaken("the token was used")
        self.tokens.add(op.token)
        found = real(self, op, False)
        self.sync = op.token
        return found

    real = Grid.apply
    with patch.object(Network, "cancel", cancel), patch.object(Grid, "apply", apply):
        yield


def _believing(op: Operation, images: Images, titles: Any) -> Verdict:
    cells = [(w.table, w.rid, c.column, c.value) for w in op.writes for c in w.cells if c.column and w.rid]
    closed = [place for write in op.writes for cell in write.cells for place in cell.closes]
    rows = [(row.table, row.rid, dict(row.values)) for row in op.appends]
    return Verdict(tuple(cells), tuple(rows), (), tuple(closed))


@contextmanager
def _order() -> Iterator[None]:
    """An operation is called done before what it left is noted."""
    real = Journal.finish

    def finish(self: Journal, number: int, op: Operation, images: Images) -> Verdict:
        self._store.settle([number], True)
        return real(self, number, op, images)

    with patch.object(Journal, "finish", finish):
        yield


@contextmanager
def _unwritten() -> Iterator[None]:
    """An operation is noted only after it was sent."""

    def send(self: Replica, op: Operation) -> Verdict:
        images = self.transport.send(op)
        return self.journal.finish(self.journal.begin(op), op, images)

    with patch.object(Replica, "send", send):
        yield


@contextmanager
def _normaliser() -> Iterator[None]:
    """Values are compared as they are typed."""

    def read_raw(raw: Any, column: Column, how: Any) -> compare.Edit:
        return compare.Edit(column, raw, raw)

    with patch.object(compare, "read", read_raw), patch.object(compare, "same_value", lambda a, b, z: a == b):
        yield


@contextmanager
def _conflict() -> Iterator[None]:
    """Of two changes to one cell the later simply wins."""
    real = merge._Work._refusal

    def refusal(self: Any, edit: Any, record: Any) -> Any:
        found = real(self, edit, record)
        return None if found and found[0] == "CONFLICT" and record is not None and not record.void else found

    def silent(self: Any, rid: str, row: Any, edit: Any, held: Any) -> None:
        return None

    with patch.object(merge._Work, "_refusal", refusal), patch.object(merge._Work, "_take", silent):
        yield


@contextmanager
def _by_position() -> Iterator[None]:
    """Columns are written where they were declared."""
    header = [*(column.title for column in TABLE.columns), "Memo", RID]
    with patch.object(read.SharedTab, "places", property(lambda self: {t: n for n, t in enumerate(header)})):
        yield


@contextmanager
def _stamp() -> Iterator[None]:
    """A workbook is compared with the latest writing, whatever its own generation is."""

    def bases(self: hub.Hub, generation: int) -> Mapping[str, Any]:
        return dict(self.store.bases(EXCEL.name, self.store.generation(EXCEL.name), hub.NAME))

    with patch.object(hub.Hub, "_bases", bases):
        yield


@contextmanager
def _brake() -> Iterator[None]:
    """However much is gone, it is meant."""
    with patch.object(merge._Work, "brake", lambda self, missing, changed: None):
        yield


@contextmanager
def _owner() -> Iterator[None]:
    """Everybody owns every column."""
    with patch.object(Column, "owned_by", lambda self, roles: True):
        yield


@contextmanager
def _epoch() -> Iterator[None]:
    """A hub whose lease is gone goes on writing, and the spreadsheet does not tell whose operation it carried out."""

    def apply(self: Grid, op: Operation, guarded: bool = True) -> Images:
        found = real(self, op, False)
        self.sync = op.token
        return found

    real = Grid.apply
    with patch.object(Leased, "check", lambda self: None), patch.object(Grid, "apply", apply):
        yield


@contextmanager
def _second_look() -> Iterator[None]:
    """A row that is missing once was deleted."""
    real = read.absences

    def once(tab: Any, source: Any, base: Any, wanted: Any, before: Any) -> read.Absences:
        found = real(tab, source, base, wanted, frozenset(base))
        return replace(found, hold=frozenset())

    from sheets_sync.google import replica

    with patch.object(replica, "absences", once):
        yield


@contextmanager
def _formulas() -> Iterator[None]:
    """Cells with formulas are cells like any other."""
    with (
        patch.object(read, "_without", lambda row, frozen: row),
        patch.object(outgoing._Work, "_differing", _differing(outgoing._Work._differing)),
    ):
        yield


def _differing(real: Callable[..., Any]) -> Callable[..., Any]:
    def differing(self: Any, *given: Any) -> Any:
        self.tab = replace(self.tab, frozen=())
        return real(self, *given)

    return differing


@contextmanager
def _unborn() -> Iterator[None]:
    """New rows get no identity in the spreadsheet."""
    real = outgoing._Work._write

    def write(self: Any, row: Any, rid: str, found: Any) -> Any:
        made = real(self, row, rid, found)
        return replace(made, cells=tuple(cell for cell in made.cells if cell.header != RID))

    with patch.object(outgoing._Work, "_write", write):
        yield


@contextmanager
def _strokes() -> Iterator[None]:
    """What is agreed on is one transaction; what goes with it, rows of the ledger or notes, are others."""
    real_apply, real_settle = Leased.apply, Leased.settle

    def apply(self: Leased, puts: Any, voids: Any, bases: Any, table: str) -> None:
        self.keep_bases(bases)
        real_apply(self, puts, voids, (), table)

    def settle(self: Leased, numbers: Any, done: bool, agreed: Any = ()) -> None:
        self.keep_bases(agreed)
        for number in numbers:
            real_settle(self, [number], done)

    with patch.object(Leased, "apply", apply), patch.object(Leased, "settle", settle):
        yield


@contextmanager
def _likeness() -> Iterator[None]:
    """The row of an overwritten value is the first one with its identity."""

    def first(self: Any, groups: Any) -> dict[int, int]:
        by_rid: dict[str, int] = {}
        for position, row in self.shown.items():
            by_rid.setdefault(row.rid or "", position)
        return {place: by_rid[group[0].key] for place, group in groups.items() if group[0].key in by_rid}

    with patch.object(traces._Undoing, "_find", first):
        yield


def _patched(owner: Any, name: str, value: Any) -> Fault:
    return lambda: patch.object(owner, name, value)


FAULTS: Mapping[str, Fault] = {
    "token": _token,
    "fence": _fence,
    "pre-image": lambda: patch("sheets_sync.google.journal.verify", _believing),
    "traces": _patched(Journal, "traces", lambda self: {}),
    "order of the journal": _order,
    "journal before sending": _unwritten,
    "base version": _stamp,
    "ownership": _owner,
    "brake": _brake,
    "epoch": _epoch,
    "normaliser": _normaliser,
    "conflict": _conflict,
    "columns by header": _by_position,
    "second look": _second_look,
    "formulas": _formulas,
    "identity of new rows": _unborn,
    "copies that were left out": _patched(outgoing, "COPIED", ""),
    "one stroke": _strokes,
    "likeness of rows": _likeness,
}
"""name -> what puts the fault in, as a context manager"""


@contextlib.contextmanager
def seeded(name: str) -> Iterator[None]:
    """The engine with one fault."""
    with FAULTS[name]():
        yield
