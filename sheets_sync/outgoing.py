"""The outgoing half: what has to be written so that a shared copy shows what the ledger holds.

Pure, like the merge: given the rows that should stand in a tab and the tab as it was read, the cells to set (each
with the key and the value that were seen there), the rows to append and the rows to mark as no longer in use. Only
what differs is written; formula cells and columns that are not declared never are.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from sheets_sync import compare
from sheets_sync.plain import Plain, alike, identity, plain
from sheets_sync.rows import COPIED, ReadRow
from sheets_sync.traces import Trace
from workbooks import cells
from workbooks.cells import Reading
from workbooks.plan import Base
from workbooks.schema import Column, Row, Table
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT

RID = SYSTEM_RIGHT[0]
STATE, MESSAGE = SYSTEM_LEFT
VOID = ("VOID", "No longer in use here; the row may be deleted")
FINE = ("OK", "")


@dataclass(frozen=True, slots=True)
class CellWrite:
    """One cell to set. `expected`: what was read there. `column`: the column whose base becomes `value` by this.

    `closes`: traces that are put right by it, each as (write, number).
    """

    header: str
    expected: Plain
    cell: Plain
    column: str = ""
    value: Any = None
    closes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RowWrite:
    """Cells to set in one row: its number and key as read, and whose row it is (`rid`; "": nobody's).

    `known`: what else tells the row, by header: its key columns as read. `traces`: all that are in the row, each as
    (write, number).
    """

    table: str
    row: int
    key: str
    rid: str
    cells: tuple[CellWrite, ...]
    known: tuple[tuple[str, Plain], ...] = ()
    traces: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RowAppend:
    """A row to add behind the last one: its cells by header, the values its base becomes (as JSON) by column, and the
    header of each of these columns."""

    table: str
    rid: str
    cells: tuple[tuple[str, Plain], ...]
    values: tuple[tuple[str, Any], ...]
    titles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outgoing:
    """What is to be written into one tab. `settled`: traces that need nothing more, with the bases this gives."""

    table: str
    writes: tuple[RowWrite, ...] = ()
    appends: tuple[RowAppend, ...] = ()
    settled: tuple[Trace, ...] = ()
    bases: tuple[tuple[str, str, Any], ...] = ()
    """(rid, column, value as JSON)"""

    @property
    def changes_nothing(self) -> bool:
        """True when the tab shows everything already."""
        return not (self.writes or self.appends)


@dataclass(frozen=True)
class Standing:
    """One tab of a shared copy, as read and as merged.

    rows: what stands there, untouched by anything remembered. stands and born: of the merge. own: what stands under a
    header that is no declared column of ours, by row number. frozen: cells that hold formulas. traces: what earlier
    writes left behind here, newest first, each with the row it is in. headers: every header of the tab.
    """

    rows: Mapping[int, ReadRow]
    stands: Mapping[str, int]
    own: Callable[[int, str], Plain]
    headers: Collection[str]
    frozen: Collection[tuple[int, str]] = ()
    traces: Sequence[tuple[Trace, int]] = ()
    hold: Collection[str] = field(default_factory=frozenset)
    """rids that are missing from the copy and must not be added again yet"""


def outgoing(
    table: Table,
    zone: ZoneInfo,
    tab: Standing,
    wanted: Mapping[str, Row],
    base: Mapping[str, Row],
    marks: Mapping[str, tuple[str, str]] | None = None,
) -> Outgoing:
    """What brings `tab` to `wanted` (rid -> values, in the order rows are to be added).

    Rows of the tab that are in `base` but no longer wanted are marked VOID and keep the values they had. marks: state
    and message by rid, for rows that are not fine; None: the copy has no such columns.
    """
    work = _Work(table, zone, tab, Reading(zone), marks)
    return work.run(wanted, base)


class _Work:
    def __init__(
        self, table: Table, zone: ZoneInfo, tab: Standing, how: Reading, marks: Mapping[str, tuple[str, str]] | None
    ) -> None:
        self.table, self.zone, self.tab, self.how, self.marks = table, zone, tab, how, marks
        self.columns = [column for column in table.columns if column.title in tab.headers]
        self.bases: list[tuple[str, str, Any]] = []
        self.settled: list[Trace] = []
        self.left: dict[int, list[Trace]] = {}
        for trace, position in tab.traces:
            self.left.setdefault(position, []).append(trace)

    def run(self, wanted: Mapping[str, Row], base: Mapping[str, Row]) -> Outgoing:
        tab = self.tab
        untouched = compare.untouched(self.table, self.zone)
        writes: list[RowWrite] = []
        seen: set[int] = set()
        for rid, position in tab.stands.items():
            row = tab.rows[position]
            values, mark = wanted.get(rid), self._mark(rid)
            if values is None:
                values, mark = base.get(rid), VOID
            if values is None:
                continue
            seen.add(position)
            found: list[CellWrite] = []
            if row.rid != rid:
                found.append(CellWrite(RID, row.rid, rid))
            if not untouched(row.cells, values):
                found += self._differing(position, row, rid, values)
            if self.marks is not None:
                found += self._system(position, mark)
            if position in self.left:
                self._settle(position, rid, values, found)
            if found:
                writes.append(self._write(row, rid, found))
        writes += self._strangers(seen)
        missing = [rid for rid in wanted if rid not in tab.stands and rid not in tab.hold]
        appends = self._appends(missing, wanted) if RID in tab.headers else []
        writes.sort(key=lambda write: write.row)
        return Outgoing(self.table.name, tuple(writes), tuple(appends), tuple(self.settled), tuple(self.bases))

    def _write(self, row: ReadRow, rid: str, found: Sequence[CellWrite]) -> RowWrite:
        # two rows can bear one key while one of them is a fresh copy, so the key columns count as well
        named = (self.table.by_name[name] for name in self.table.key)
        known = tuple((column.title, plain(row.cells.get(column.name))) for column in named)
        return self._closing(RowWrite(self.table.name, row.position, row.rid or "", rid, tuple(found), known))

    def _closing(self, write: RowWrite) -> RowWrite:
        """The same write with the traces in its row, and with each cell those that it puts right."""
        if not (traces := self.left.get(write.row)):
            return write
        cells_ = tuple(
            replace(cell, closes=tuple((one.op, one.number) for one in traces if one.header == cell.header))
            for cell in write.cells
        )
        return replace(write, cells=cells_, traces=tuple((one.op, one.number) for one in traces))

    def _mark(self, rid: str) -> tuple[str, str]:
        return (self.marks or {}).get(rid, FINE)

    def _differing(self, position: int, row: ReadRow, rid: str, values: Row) -> list[CellWrite]:
        """Cells that do not show `values`; those that hold a formula stay."""
        form = compare.forms(self.table, {rid: values}, self.zone)[rid]
        found = []
        for edit in compare.edits(self.table, row.cells, values, form, self.zone, self.how):
            column = edit.column
            if (position, column.name) in self.tab.frozen:
                continue
            name = column.name
            value = cells.to_json(values.get(name))
            found.append(CellWrite(column.title, plain(edit.raw), plain(form.get(name)), name, value))
        return found

    def _system(self, position: int, mark: tuple[str, str]) -> list[CellWrite]:
        """State and message, where the copy shows them."""
        shown = []
        for header, text in zip((STATE, MESSAGE), mark, strict=True):
            if header in self.tab.headers and not alike(self.tab.own(position, header), text):
                shown.append(CellWrite(header, self.tab.own(position, header), text or None))
        return shown

    def _settle(self, position: int, rid: str, values: Row, found: list[CellWrite]) -> None:
        """Traces in a row of ours: done where the cell shows what it should; columns of people are set back."""
        headers = {write.header for write in found}
        back: dict[str, Plain] = {}
        done: list[Trace] = []
        for trace in self.left[position]:
            column = self.table.by_title.get(trace.header)
            if trace.header in headers:
                continue
            if column is None and trace.header not in (RID, STATE, MESSAGE):
                # a column of people's own gets back what the oldest of our writes found there
                back[trace.header] = trace.original
                continue
            done.append(trace)
            if column is not None and column.name in values:
                self.bases.append((rid, column.name, cells.to_json(values[column.name])))
        self._done(position, done)
        for header, original in back.items():
            if header in self.tab.headers:
                found.append(CellWrite(header, self.tab.own(position, header), original))

    def _done(self, position: int, traces: Sequence[Trace]) -> None:
        """Traces of one row that need nothing more; those of its identity and its key last, because they tell where the
        others are.
        """
        last = len(traces) < len(self.left[position])
        telling = {RID, *(self.table.by_name[name].title for name in self.table.key)}
        self.settled += [trace for trace in traces if trace.header not in telling or not last]

    def _strangers(self, seen: Collection[int]) -> list[RowWrite]:
        """Rows that are not ours, or not yet, into which an earlier write fell: they get back what they had.

        An empty row is nobody's, so no identity stays in it; one with the identity of a row that stands elsewhere is a
        copy that was left out.
        """
        writes = []
        for position, row in self.tab.rows.items():
            if position in seen:
                continue
            traces = self.left.get(position, ())
            # newest first: the cell shows what the newest wrote, and had what the oldest found
            originals: dict[str, Plain] = {}
            for trace in traces:
                shows = originals.get(RID, row.rid)
                if trace.header != RID or identity(trace.wrote) == identity(shows):
                    originals[trace.header] = trace.original
            done = [trace for trace in traces if trace.header not in originals]
            if self._empty(row, originals):
                originals[RID] = None
            elif row.rid and RID not in originals and row.rid in self.tab.stands:
                originals[RID] = row.rid + COPIED
            back = []
            for header, original in originals.items():
                column = self.table.by_title.get(header)
                if header == RID:
                    now: Plain = row.rid
                elif column is not None:
                    now = plain(row.cells.get(column.name))
                else:
                    now = self.tab.own(position, header)
                if not alike(now, original):
                    back.append(CellWrite(header, now, original))
                else:
                    done += [one for one in traces if one.header == header]
            if done:
                self._done(position, done)
            if back:
                named = [self.table.by_name[name] for name in self.table.key]
                known = tuple((column.title, plain(row.cells.get(column.name))) for column in named)
                write = RowWrite(self.table.name, position, row.rid or "", "", tuple(back), known)
                writes.append(self._closing(write))
        return writes

    def _empty(self, row: ReadRow, originals: Mapping[str, Plain]) -> bool:
        """True when nothing of ours stands in a row, or would when it has back what a write covered."""
        back = (raw for header, raw in originals.items() if header in self.table.by_title)
        if not (compare.all_blank(row.cells.values()) and compare.all_blank(back)):
            return False
        return not any(position == row.position for position, _ in self.tab.frozen)

    def _appends(self, rids: Sequence[str], wanted: Mapping[str, Row]) -> list[RowAppend]:
        forms = compare.forms(self.table, {rid: wanted[rid] for rid in rids}, self.zone)
        appends = []
        for rid in rids:
            shown = [(column.title, plain(forms[rid].get(column.name))) for column in self.columns]
            if self.marks is not None:
                marked = zip((STATE, MESSAGE), self._mark(rid), strict=True)
                shown += [(header, text) for header, text in marked if header in self.tab.headers]
            shown.append((RID, rid))
            row, known = wanted[rid], self.table.by_name
            values = tuple((name, cells.to_json(value)) for name, value in row.items() if name in known)
            titles = tuple((name, known[name].title) for name, _ in values)
            filled = tuple((header, cell) for header, cell in shown if cell not in (None, ""))
            appends.append(RowAppend(self.table.name, rid, filled, values, titles))
        return appends


def based(
    replica: str, generation: int, tables: Mapping[str, Table], now: Mapping[str, Mapping[str, Row]],
    cells_: Sequence[tuple[str, str, str, Any]], rows: Sequence[tuple[str, str, Mapping[str, Any]]],
) -> list[Base]:  # fmt: skip
    """Bases once single cells (table, rid, column, JSON) and whole rows (table, rid, JSON) stand in a copy."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for table, rid, values in rows:
        made[table, rid] = {name: _value(tables[table].by_name.get(name), value) for name, value in values.items()}
    for table, rid, name, value in cells_:
        row = made.get((table, rid))
        if row is None:
            held = now.get(table, {}).get(rid)
            if held is None:
                continue
            row = made[table, rid] = dict(held)
        row[name] = _value(tables[table].by_name.get(name), value)
    return [Base(replica, table, rid, generation, values) for (table, rid), values in made.items()]


def _value(column: Column | None, value: Any) -> Any:
    return value if column is None else cells.from_json(value, column)
