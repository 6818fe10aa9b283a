"""What a write found when it happened, and what is remembered until it is put right.

Between reading a shared copy and writing into it people go on: rows move, cells change. A write therefore brings
back, for every row it touched, the row as it was just before. Where the row was another one, or the cell no longer
held what was read, a `Trace` keeps the value that was overwritten. The next read shows that value in its place, so
the merge decides about it as if nothing had been written; the plan then sets the cell right. Pure.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sheets_sync import compare
from sheets_sync.plain import Plain, alike, identity, lift, plain
from sheets_sync.rows import ReadRow
from workbooks.cells import Reading, clean
from workbooks.schema import Table, rid_of
from workbooks.shelf import SYSTEM_RIGHT

RID = SYSTEM_RIGHT[0]


Cells = tuple[tuple[str, Plain], ...]
"""the cells of a row that are not empty, by header"""


@dataclass(frozen=True, slots=True)
class Trace:
    """A cell in which a write put `wrote` over `original`. `key`: the `_rid` its row has now ("": none).

    `row`: the row as it was right after the write. `place`: which of the rows of that write it is. `op` and `number`
    name the write and the cell.
    """

    table: str
    key: str
    header: str
    wrote: Plain
    original: Plain
    row: Cells
    place: int
    op: int
    number: int
    generation: int

    def json(self) -> dict[str, Any]:
        """For the journal."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Trace":
        """The reverse of `json`."""
        return cls(**{**data, "row": tuple((str(header), raw) for header, raw in data["row"])})


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
    known: Collection[str] = (),
) -> Overlay:
    """`rows` with every overwritten value back in its place. `own`: what stands under a header that is not ours.
    `known`: rids of all rows that were agreed on with this copy.

    Traces are undone newest first, so that of two writes into one cell the older one's value comes out.
    """
    return _Undoing(table, rows, own, known).run(traces) if traces else Overlay(tuple(rows))


def spelled(table: Table, raws: Mapping[str, Any]) -> str | None:
    """The identity that the key columns of a row spell, by column name; None where they do not read."""
    read = {name: compare.read(raws.get(name), table.by_name[name], Reading()) for name in table.key}
    if any(edit.bad or edit.value is None for edit in read.values()):
        return None
    return rid_of(table.name, table.key_of({name: edit.value for name, edit in read.items()}))


def spelled_under(table: Table, line: Mapping[str, Plain]) -> str | None:
    """The same for the cells of a row by header."""
    keys = [table.by_name[name] for name in table.key]
    return spelled(table, {column.name: lift(column, line.get(column.title)) for column in keys})


class _Undoing:
    """Rows with one write after the other undone."""

    def __init__(
        self, table: Table, rows: Sequence[ReadRow], own: Callable[[int, str], Plain], known: Collection[str]
    ) -> None:
        self.table, self.own, self.known = table, own, known
        self.keys = [table.by_name[name].title for name in table.key]
        self.shown = {row.position: row for row in rows}
        self.others: dict[tuple[int, str], Plain] = {}
        self.wrong: set[str] = set()
        """identities that a row bore, or lost, by mistake; a row with another key that has one is a copy of that row"""

    def run(self, traces: Sequence[Trace]) -> Overlay:
        placed: list[tuple[Trace, int]] = []
        lost: list[Trace] = []
        overwritten: list[Trace] = []
        restored: list[Trace] = []
        given: set[int] = set()
        self.wrong = {str(trace.wrote) for trace in traces if trace.header == RID}
        for several in self._newest_first(traces):
            found = self._find(several)
            for trace in (trace for group in several.values() for trace in group):
                position = found.get(trace.place)
                if position is None:
                    lost.append(trace)
                    if trace.header == RID and trace.original:
                        self.wrong.add(str(trace.original))
                elif trace.header == RID:
                    row = self.shown[position]
                    if (row.rid or "") == identity(trace.wrote):
                        given.add(position)
                        self.shown[position] = replace(row, rid=str(trace.original) if trace.original else None)
                    placed.append((trace, position))
                elif _shows(now := self._cell(position, trace.header), trace.wrote):
                    self._put(position, trace.header, trace.original)
                    placed.append((trace, position))
                else:
                    (restored if alike(now, trace.original) else overwritten).append(trace)
        for position, row in self.shown.items():
            # a copy of a row that bore, or lost, an identity by mistake; what came along with a copy is not given back
            if (row.rid in self.wrong or position in given) and self._other(row):
                self.shown[position] = replace(row, rid=None)
        return Overlay(tuple(self.shown.values()), tuple(placed), tuple(lost), tuple(overwritten), tuple(restored))

    def _newest_first(self, traces: Sequence[Trace]) -> list[dict[int, list[Trace]]]:
        """Writes, the newest first; of each, traces by the row they are in."""
        by_op: dict[int, dict[int, list[Trace]]] = {}
        for trace in sorted(traces, key=lambda trace: (-trace.op, trace.number)):
            by_op.setdefault(trace.op, {}).setdefault(trace.place, []).append(trace)
        return list(by_op.values())

    def _cell(self, position: int, header: str) -> Plain:
        row = self.shown[position]
        if header == RID:
            return row.rid
        if column := self.table.by_title.get(header):
            return plain(row.cells.get(column.name))
        return self.others.get((position, header), self.own(position, header))

    def _put(self, position: int, header: str, raw: Plain) -> None:
        row = self.shown[position]
        if column := self.table.by_title.get(header):
            self.shown[position] = replace(row, cells={**row.cells, column.name: lift(column, raw)})
        else:
            self.others[position, header] = raw

    def _spelled(self, row: ReadRow) -> str | None:
        return spelled(self.table, row.cells)

    def _other(self, row: ReadRow) -> str | None:
        """The identity that the key of a row spells, where that is not the one it bears."""
        own = self._spelled(row)
        return None if own == row.rid else own

    def _copied(self, position: int) -> bool:
        """True when a row is not the one that its `_rid` says: that was there by mistake, or the row has the key of one
        that is known and stands nowhere else. What a write covered in the row it was copied from is not its own.
        """
        row = self.shown[position]
        own = self._other(row)
        if own is None or row.rid in self.wrong or own not in self.known:
            return own is not None and row.rid in self.wrong
        others = (other for other in self.shown.values() if other.position != position)
        return not any(self._spelled(other) == own or (other.rid == own and self._stands(other)) for other in others)

    def _stands(self, row: ReadRow) -> bool:
        """True when a row may be the one that its `_rid` says: that is no mistake of ours, and there is something in it."""
        return row.rid not in self.wrong and not compare.all_blank(row.cells.values())

    def _find(self, groups: Mapping[int, Sequence[Trace]]) -> dict[int, int]:
        """Where the rows of one write are now, each in a place of its own: the ones that look most like them."""
        by_rid: dict[str, list[int]] = {}
        by_key: dict[tuple[Any, ...], list[int]] = {}
        for position, row in self.shown.items():
            by_rid.setdefault(row.rid or "", []).append(position)
            by_key.setdefault(tuple(_same(self._cell(position, title)) for title in self.keys), []).append(position)
        likely: list[tuple[tuple[int, ...], int, int]] = []
        for place, group in groups.items():
            then = dict(group[0].row)
            before = then | {trace.header: trace.original for trace in group}
            same = by_key.get(tuple(_same(then.get(title)) for title in self.keys), [])
            for position in {*by_rid.get(group[0].key, []), *same}:
                if not self._may_be(before, then, position):
                    continue
                if rank := self._likeness(group, before, then, position):
                    likely.append((rank, -position, place))
        found: dict[int, int] = {}
        taken: set[int] = set()
        for _, position, place in sorted(likely, reverse=True):
            if place not in found and position not in taken:
                found[place] = -position
                taken.add(position)
        return found

    def _keyed(self, position: int, line: Mapping[str, Plain]) -> bool:
        return all(alike(self._cell(position, title), line.get(title)) for title in self.keys)

    def _may_be(self, before: Mapping[str, Plain], then: Mapping[str, Plain], position: int) -> bool:
        """False for a row that is surely not the one that was `before` a write and `then` after it.

        The key that it had before tells it. One that was written by mistake does so only together with its identity, and
        its identity alone only when it was its own: it may have come by mistake, or have been copied along with a row.
        Where both are another row's, something else that it shows has to tell it from that row.
        """
        if self._keyed(position, before):
            return True
        rid = identity(then.get(RID))
        if (self.shown[position].rid or "") != rid:
            return False
        own = not rid or spelled_under(self.table, before) in (rid, None)
        if not self._keyed(position, then):
            return own and not self._copied(position)
        others = [header for header in then if header != RID and header not in self.keys]
        return own or not others or any(alike(self._cell(position, header), then[header]) for header in others)

    def _likeness(
        self, group: Sequence[Trace], before: Mapping[str, Plain], then: Mapping[str, Plain], position: int
    ) -> tuple[int, ...] | None:
        """How much a row looks like the one that a write left behind; None: it is another one.

        It is the one that has its `_rid` and its key; else one of them and a cell that still shows what was written.
        """
        rid_is, key = self.shown[position].rid or "", group[0].key
        same = {
            header for header in (*self.table.by_title, *then) if alike(self._cell(position, header), then.get(header))
        }
        by_rid, by_key = rid_is == key, self._keyed(position, then) or self._keyed(position, before)
        if then and same.isdisjoint(then):
            return None
        known, named = by_rid and bool(key), any(then.get(title) not in (None, "") for title in self.keys)
        hits = sum(_shows(self._cell(position, trace.header), trace.wrote) for trace in group if trace.header != RID)
        if by_key:  # an identity alone says little, because it is copied along with a row
            hits += sum(rid_is in (key, trace.original or "") for trace in group if trace.header == RID)
        sure = by_rid and by_key and (known or named)
        if sure or (hits and (known or (by_key and (named or not key)))):
            return int(sure), hits, len(same)
        return None


def _same(raw: Plain) -> Any:
    """A cell as a key of a dictionary: what `alike` holds for the same is the same, as good as always."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return f"{raw:.15g}"
    return raw or ""


def _shows(now: Plain, wrote: Plain) -> bool:
    """True when a cell still shows what was written; a space typed behind it changes nothing."""
    return alike(now, wrote) or (isinstance(now, str) and isinstance(wrote, str) and clean(now) == clean(wrote))
