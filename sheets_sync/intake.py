"""A whole workbook taken in: every tab merged, choices on Conflicts carried out, one plan's worth of changes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sheets_sync import conflicts, resolve
from sheets_sync.conflicts import Source
from sheets_sync.merge import Authors, merge
from sheets_sync.rows import Merge
from sheets_sync.workbook import Copy, zone_of
from workbooks.cells import Reading
from workbooks.plan import Base, Put, Void
from workbooks.problems import Problem
from workbooks.schema import Kind, Record, Row
from workbooks.shelf import Workbook
from workbooks.tables import TABLES


@dataclass(frozen=True)
class Intake:
    """What follows from one copy, by table name. `problems` are sentences for the whole, those of reading first.

    `safe`: everything in the copy was looked at, so it may be written over.
    """

    merges: Mapping[str, Merge]
    problems: tuple[Problem, ...] = ()
    extras: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    safe: bool = True

    @property
    def puts(self) -> tuple[Put, ...]:
        """For the ledger, conflict rows included; each row once."""
        joined: dict[tuple[str, str], Put] = {}
        for put in (put for one in self.merges.values() for put in (*one.puts, *one.conflicts)):
            place = (put.table, put.rid)
            before = joined.get(place)
            joined[place] = replace(before, values={**before.values, **put.values}) if before else put
        return tuple(joined.values())

    @property
    def voids(self) -> tuple[Void, ...]:
        """Rows to take out of use."""
        return tuple(void for one in self.merges.values() for void in one.voids)

    @property
    def bases(self) -> tuple[Base, ...]:
        """What copy and ledger agree on once puts and voids are applied; for the same transaction."""
        return tuple(base for one in self.merges.values() for base in one.agreed)

    @property
    def changes_nothing(self) -> bool:
        """True when the ledger stays as it is."""
        return all(one.changes_nothing for one in self.merges.values())

    def without(self, left: Collection[tuple[str, str]]) -> "Intake":
        """Without the new rows (table, rid), which cannot stand after all: they stay in the copy as people typed them."""
        if not left:
            return self
        merges = {
            name: replace(
                one,
                puts=tuple(put for put in one.puts if (name, put.rid) not in left),
                agreed=tuple(base for base in one.agreed if (name, base.rid) not in left),
                born={position: rid for position, rid in one.born.items() if (name, rid) not in left},
            )
            for name, one in self.merges.items()
        }
        return replace(self, merges=merges)


def take_in(
    copy: Copy,
    workbook: Workbook,
    bases: Mapping[str, Mapping[str, Row]],
    records: Mapping[str, Mapping[str, Record]],
    *,
    who: str = "",
    at: datetime | None = None,
    reading: Reading | None = None,
    limit: int = 20,
    authors: Mapping[str, Authors] | None = None,
    sure: Collection[str] = (),
) -> Intake:
    """Merge every tab of `copy`.

    bases: by table and rid, what was written at `copy.stamp.generation`, and over it what has been agreed since with
    this very file: {**ledger.bases(workbook.name, …), **ledger.bases(copy.lineage, …)}. records: by table and rid, the ledger's
    rows now, void ones included and of every market; needed for the workbook's tables, for `conflicts` and for the
    tables that conflicts in it name. authors: by table. sure: tables whose held-up change a person has confirmed.
    """
    source = Source(
        workbook.name, workbook.roles, copy.stamp.generation, zone_of(copy, workbook), workbook.market, who, at,
        reading or Reading(), limit, copy.file, copy.lineage,
    )  # fmt: skip
    known = [str(record.values["conflict_id"]) for record in records.get(conflicts.TABLE, {}).values()]
    merges: dict[str, Merge] = {}
    for name, tab in copy.tabs.items():
        if tab.table.kind is Kind.LOG:
            continue  # the ledger's own record of what happened; nothing typed there means anything
        base = bases.get(name, {})
        written = {column for values in base.values() for column in values}
        unknown = not base and tab.rows  # nothing was written here, so it is not known what people had to go by
        lacking = [problem for column, problem in tab.lacks.items() if unknown or column in written]
        if lacking:
            merges[name] = Merge(name, stopped=lacking[0])
            continue
        merges[name] = merge(
            tab.table, source, base, tab.rows, records.get(name, {}), known=known,
            authors=(authors or {}).get(name), letters=tab.letters, sure=name in sure,
        )  # fmt: skip
    if conflicts.TABLE in merges:
        merges[conflicts.TABLE] = resolve.settle(merges[conflicts.TABLE], source, records, _busy(merges))
    stopped = [one.stopped for one in merges.values() if one.stopped]
    notes = [note for one in merges.values() for note in one.notes]
    # a tab that is not there and held nothing, or was not renamed, comes back without anything being lost
    gone = {name for name in copy.missing if not (copy.strays and bases.get(name))}
    safe = not stopped and all(table.name in copy.tabs or table.name in gone for table in workbook.tables)
    return Intake(merges, (*copy.problems, *stopped, *notes), _extras(copy, merges), safe)


def _busy(merges: Mapping[str, Merge]) -> frozenset[resolve.Cell]:
    """Cells that edits of this very copy change; of a row that goes, all."""
    cells = {(put.table, put.rid, name) for one in merges.values() for put in one.puts for name in put.values}
    for void in (void for one in merges.values() for void in one.voids):
        cells |= {(void.table, void.rid, name) for name in TABLES[void.table].by_name}
    return frozenset(cells)


def _extras(copy: Copy, merges: Mapping[str, Merge]) -> dict[str, dict[str, dict[str, Any]]]:
    """People's own columns by rid, with what stands in rows that got their rid just now."""
    extras = {
        name: {header: dict(values) for header, values in headers.items()} for name, headers in copy.extras.items()
    }
    for name, one in merges.items():
        for position, rid in one.born.items():
            for header, raw in copy.tabs[name].loose.get(position, {}).items():
                extras.setdefault(name, {}).setdefault(header, {})[rid] = raw
    return extras
