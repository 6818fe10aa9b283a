"""What a write found when it happened, and what is remembered until it is put right.

Between reading a shared copy and writing into it people go on: rows move, cells change. A write therefore brings
back, for every row it touched, the row as it was just before. Where the row was another one, or the cell no longer
held what was read, a `Trace` keeps the value that was overwritten. The next read shows that value in its place, so
the merge decides about it as if nothing had been written; the plan then sets the cell right. Pure.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sheets_sync import compare
from sheets_sync.plain import Plain, alike, lift, plain
from sheets_sync.rows import ReadRow
from workbooks.cells import Reading, clean
from workbooks.schema import Table, rid_of
from workbooks.shelf import SYSTEM_RIGHT

RID = SYSTEM_RIGHT[0]


@dataclass(frozen=True, slots=True)
class Trace:
    """A cell in which a write put `wrote` over `original`. `key`: the `_rid` its row has now ("": none).

    `known`: what stood in the key columns of that row, by header. `op` and `number` name the write and the cell.
    """

    table: str
    key: str
    header: str
    wrote: Plain
    original: Plain
    known: tuple[tuple[str, Plain], ...]
    op: int
    number: int
    generation: int
    contents: str = ""
    """the row in which it was found, as text, for when the row is gone"""

    def json(self) -> dict[str, Any]:
        """For the journal."""
        return {**asdict(self), "known": [list(pair) for pair in self.known]}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Trace":
        """The reverse of `json`."""
        return cls(**{**data, "known": tuple((str(header), raw) for header, raw in data["known"])})


@dataclass(frozen=True)
class Overlay:
    """Rows of one tab as the merge should see them; each trace with the row it is in; traces whose row is nowhere;
    traces over whose cell people have typed since; and traces whose cell has its value again."""

    rows: tuple[ReadRow, ...]
    placed: tuple[tuple[Trace, int], ...] = ()
    lost: tuple[Trace, ...] = ()
    overwritten: tuple[Trace, ...] = ()
    restored: tuple[Trace, ...] = ()


def overlay(
    table: Table,
    rows: Sequence[ReadRow],
    traces: Sequence[Trace],
    own: Callable[[int, str], Plain] = lambda row, title: None,
) -> Overlay:
    """`rows` with every overwritten value back in its place. `own`: what stands under a header that is not ours.

    Traces are undone newest first, so that of two writes into one cell the older one's value comes out.
    """
    if not traces:
        return Overlay(tuple(rows))
    shown = {row.position: row for row in rows}
    placed: list[tuple[Trace, int]] = []
    lost: list[Trace] = []
    overwritten: list[Trace] = []
    restored: list[Trace] = []
    others: dict[tuple[int, str], Plain] = {}
    for trace, position in _newest_first(table, traces, shown):
        if position is None:
            lost.append(trace)
            continue
        row, column = shown[position], table.by_title.get(trace.header)
        if trace.header == RID:
            rid = str(trace.original) if trace.original else None
            # what was pasted along with a copied row is no identity to give back
            shown[position] = replace(row, rid=rid if _spelled(table, row) in (rid, None) else None)
        elif column is not None:
            now = plain(row.cells.get(column.name))
            if not _shows(now, trace.wrote):
                (restored if alike(now, trace.original) else overwritten).append(trace)
                continue
            shown[position] = replace(row, cells={**row.cells, column.name: lift(column, trace.original)})
        else:
            now = others.get((position, trace.header), own(position, trace.header))
            if not _shows(now, trace.wrote):
                (restored if alike(now, trace.original) else overwritten).append(trace)
                continue
            others[position, trace.header] = trace.original
        placed.append((trace, position))
    wrong = {str(trace.wrote) for trace in traces if trace.header == RID}
    wrong |= {str(trace.original) for trace in lost if trace.header == RID and trace.original}
    for position, row in shown.items():
        if row.rid in wrong and _spelled(table, row) not in (row.rid, None):
            shown[position] = replace(row, rid=None)  # a copy of a row that bore, or lost, an identity by mistake
    return Overlay(tuple(shown.values()), tuple(placed), tuple(lost), tuple(overwritten), tuple(restored))


def _shows(now: Plain, wrote: Plain) -> bool:
    """True when a cell still shows what was written; a space typed behind it changes nothing."""
    return alike(now, wrote) or (isinstance(now, str) and isinstance(wrote, str) and clean(now) == clean(wrote))


def _newest_first(
    table: Table, traces: Sequence[Trace], shown: Mapping[int, ReadRow]
) -> Iterator[tuple[Trace, int | None]]:
    """Each trace with its row, which is looked for in the state right after its write: newer ones are undone then."""
    by_op: dict[int, list[Trace]] = {}
    for trace in sorted(traces, key=lambda trace: (-trace.op, trace.number)):
        by_op.setdefault(trace.op, []).append(trace)
    for several in by_op.values():
        taken: set[int] = set()
        found: list[tuple[Trace, int | None]] = []
        for trace in several:
            rows = shown
            if trace.header == RID:  # two rows that got one identity have a trace each
                rows = {position: row for position, row in shown.items() if position not in taken}
            position = _find(table, trace, rows)
            if trace.header == RID and position is not None:
                taken.add(position)
            found.append((trace, position))
        yield from found


def _spelled(table: Table, row: ReadRow) -> str | None:
    """The identity that the key columns of a row spell; None where they do not read."""
    read = {name: compare.read(row.cells.get(name), table.by_name[name], Reading()) for name in table.key}
    if any(edit.bad or edit.value is None for edit in read.values()):
        return None
    return rid_of(table.name, table.key_of({name: edit.value for name, edit in read.items()}))


def _find(table: Table, trace: Trace, rows: Mapping[int, ReadRow]) -> int | None:
    """Where the row of a trace is now: the row with its key; of several, or without a key, the one that looks like it.

    A row that had no key of its own may have got one since.
    """
    positions = [position for position, row in rows.items() if (row.rid or "") == trace.key]
    keys = {header: raw for header, raw in trace.known if header in table.by_title}
    column = table.by_title.get(trace.header)
    known = keys if column is None else {**keys, trace.header: trace.wrote}
    if found := [position for position in positions if _looks(table, rows[position], known)]:
        return found[0]
    if trace.header == RID:
        return None
    named = {header: raw for header, raw in keys.items() if header != trace.header}
    if trace.key and len(positions) == 1 and (not named or _looks(table, rows[positions[0]], named)):
        return positions[0]
    if column is not None and (not trace.key or any(raw not in (None, "") for raw in keys.values())):
        found = [position for position, row in rows.items() if _looks(table, row, known)]
        if found:
            return found[0]
    return positions[0] if trace.key and positions else None


def _looks(table: Table, row: ReadRow, known: Mapping[str, Plain]) -> bool:
    return all(alike(plain(row.cells.get(table.by_title[header].name)), raw) for header, raw in known.items())
