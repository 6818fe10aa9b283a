"""The hub of a simulation: the product's merge, plan and journal, over a simulated ledger, network and file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheets_sync import compare
from sheets_sync.conflicts import Source
from sheets_sync.google.journal import Journal
from sheets_sync.google.replica import Replica
from sheets_sync.merge import merge
from sheets_sync.rows import Merge, ReadRow
from sheets_sync.simulator.grid import Network
from sheets_sync.simulator.people import Assistants, Session
from sheets_sync.simulator.store import Leased
from sheets_sync.simulator.table import EXCEL, GOOGLE, TABLE, ZONE
from workbooks.plan import Base, Put
from workbooks.schema import Row

NAME = TABLE.name
LIMIT = 3
"""deletions that are honoured without asking; small, as the tables are"""


class Hub:
    """One hub; a crash ends it, and another begins with what the ledger remembers."""

    def __init__(self, store: Leased, network: Network, assistants: Assistants) -> None:
        self.store, self.network, self.assistants = store, network, assistants
        self.replica = Replica(GOOGLE, "L1", network, Journal(store, GOOGLE.name, (TABLE,)), store.epoch)
        self.writes = 0
        self.stopped = False
        self.waits = False
        """something is missing that a second look has to confirm"""

    def wanted(self) -> dict[str, Row]:
        """Rows in use, by rid."""
        return {rid: record.values for rid, record in self.store.store.records.items() if not record.void}

    def cycle(self, sure: bool = False) -> None:
        """One round: both copies are taken in, then both are written. Any step may be the last."""
        replica, journal = self.replica, self.replica.journal
        self.stopped = False
        replica.recover()
        found = replica.read({NAME: self.wanted()})
        self.waits = found.waits
        source = replace(replica.source(found.shared), limit=LIMIT)
        merged: dict[str, Merge] = {}
        tab = found.shared.copy.tabs.get(NAME)
        if tab is not None:
            merged[NAME] = self._merge(source, found.bases[NAME], tab.rows, sure)
        records = {NAME: self.store.store.records}
        told, closed = replica.told(found, records, tuple(self.store.store.conflicts), source)
        self._apply(merged.get(NAME), told)
        journal.close(closed)
        seen, file = self._workbook(sure)
        wanted = self.wanted()
        planned = replica.plan(found, merged, {NAME: wanted})
        self.writes = sum(not one.changes_nothing for one in planned)
        replica.push(found, planned)
        if file is not None and not file.stopped:
            self._write_workbook(seen, file)

    def _merge(self, source: Source, base: Mapping[str, Row], rows: tuple[ReadRow, ...], sure: bool) -> Merge:
        store = self.store.store
        found = merge(TABLE, source, base, rows, store.records, known=store.conflicts, sure=sure)
        self.stopped = self.stopped or found.stopped is not None
        return found

    def _apply(self, merged: Merge | None, told: Sequence[Put]) -> None:
        puts = [*(merged.puts if merged else ()), *(merged.conflicts if merged else ()), *told]
        voids = list(merged.voids) if merged else []
        agreed = list(merged.agreed) if merged else []
        if puts or voids or agreed:
            self.store.apply(puts, voids, agreed, NAME)

    def _bases(self, generation: int) -> dict[str, Row]:
        return {
            **self.store.bases(EXCEL.name, generation, NAME),
            **self.store.bases(f"{EXCEL.file}@{generation}", generation, NAME),
        }

    def _workbook(self, sure: bool) -> tuple[Session, Merge | None]:
        """The file as it lies there now, merged against what its own generation was written with."""
        seen = self.assistants.file
        rows = tuple(ReadRow(number, rid, dict(cells)) for number, (rid, cells) in enumerate(seen.rows, 2))
        lineage = f"{EXCEL.file}@{seen.generation}"
        source = Source(EXCEL.name, EXCEL.roles, seen.generation, ZONE, limit=LIMIT, file=EXCEL.file, lineage=lineage)
        merged = self._merge(source, self._bases(seen.generation), rows, sure)
        self._apply(merged, [])
        return seen, merged

    def _write_workbook(self, seen: Session, merged: Merge) -> None:
        """A new generation, unless somebody has the file open or has saved it since; base first, then the file."""
        wanted = self.wanted()
        forms = compare.forms(TABLE, wanted, ZONE)
        shown: list[tuple[str | None, dict[str, Any]]] = [(rid, dict(form)) for rid, form in forms.items()]
        if len(shown) == len(seen.rows) and dict(shown) == dict(seen.rows):
            return
        people = self.assistants
        if people.open is not None and people.dice.random() < 0.8:
            return  # open elsewhere; a share does not always say so
        generation = self.store.generation(EXCEL.name) + 1
        before = self.store.bases(EXCEL.name, generation - 1, NAME)
        bases = [Base(EXCEL.name, NAME, rid, generation, row) for rid, row in wanted.items()]
        bases += [Base(EXCEL.name, NAME, rid, generation, None) for rid in before.keys() - wanted.keys()]
        self.store.keep_bases(bases)
        self.network.step()
        if people.file is seen:
            people.file = Session(generation, shown)
        self.network.step()
