"""One write as one operation: what is sent, what comes back, and what follows from what was found. Pure.

An operation is either applied whole or not at all, and at most once: it carries a token of its own, and it replaces
the hidden tab `_sync`, whose id is the token of the operation before. A late or doubled request, or one from a hub that
lost its lease, names a `_sync` that is gone and is refused whole. `_sync` then holds the rows as they were just before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_sync.outgoing import RID, CellWrite, RowAppend, RowWrite
from sheets_sync.plain import Plain, alike, identity
from sheets_sync.traces import Cells, Trace

WRITE, CANCEL = "write", "cancel"
MOST_ROWS = 400
"""rows touched by one operation"""
MOST_CELLS = 20_000
"""cells added or set by one operation, which keeps a request below 2 MB"""


@dataclass(frozen=True)
class Operation:
    """A write. `token`: its own; `after`: the id `_sync` has before it. `places`: table -> header -> column from 0.

    `widths`: table -> columns of the tab; `header_rows`: table -> row number of the header.
    """

    token: int
    after: int
    epoch: int
    generation: int
    writes: tuple[RowWrite, ...] = ()
    appends: tuple[RowAppend, ...] = ()
    places: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    header_rows: Mapping[str, int] = field(default_factory=dict)
    front: tuple[tuple[Plain, ...], ...] | None = None
    """the tab *Today*, when it is written anew"""

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables whose tabs it touches, in the order in which `_sync` holds their headers."""
        return tuple(dict.fromkeys([write.table for write in self.writes] + [row.table for row in self.appends]))

    def json(self) -> dict[str, Any]:
        """For the journal; what is written on *Today* is not kept."""
        # spelled out, because it is done for every write and `dataclasses.asdict` copies every cell of it
        return {
            "kind": WRITE, "token": self.token, "after": self.after, "epoch": self.epoch, "generation": self.generation,
            "writes": [_written(write) for write in self.writes],
            "appends": [
                {"table": row.table, "rid": row.rid, "cells": row.cells, "values": row.values, "titles": row.titles}
                for row in self.appends
            ],
            "places": self.places, "widths": self.widths, "header_rows": self.header_rows,
        }  # fmt: skip

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Operation":
        """The reverse of `json`."""
        return cls(
            data["token"], data["after"], data["epoch"], data["generation"],
            tuple(_write(write) for write in data["writes"]), tuple(_append(row) for row in data["appends"]),
            data["places"], data["widths"], data["header_rows"],
        )  # fmt: skip


def _written(write: RowWrite) -> dict[str, Any]:
    cells = [
        {"header": c.header, "expected": c.expected, "cell": c.cell, "column": c.column, "value": c.value,
         "closes": c.closes}
        for c in write.cells
    ]  # fmt: skip
    return {"table": write.table, "row": write.row, "key": write.key, "rid": write.rid, "cells": cells,
            "known": write.known, "traces": write.traces}  # fmt: skip


def _write(data: Mapping[str, Any]) -> RowWrite:
    cells = tuple(
        CellWrite(c["header"], c["expected"], c["cell"], c["column"], c["value"], tuple((a, b) for a, b in c["closes"]))
        for c in data["cells"]
    )
    known = tuple((header, raw) for header, raw in data["known"])
    traces = tuple((a, b) for a, b in data["traces"])
    return RowWrite(data["table"], data["row"], data["key"], data["rid"], cells, known, traces)


def _append(data: Mapping[str, Any]) -> RowAppend:
    cells = tuple((header, cell) for header, cell in data["cells"])
    values, titles = (tuple((name, value) for name, value in data[part]) for part in ("values", "titles"))
    return RowAppend(data["table"], data["rid"], cells, values, titles)


@dataclass(frozen=True)
class Images:
    """What `_sync` holds after an operation: whose it is, header rows by table, and each written row as it was."""

    token: int
    epoch: int
    kind: str
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: Sequence[Sequence[Plain]] = ()


@dataclass(frozen=True)
class Verdict:
    """What an operation did: cells and rows that stand now, traces it left, and traces it put right."""

    cells: tuple[tuple[str, str, str, Any], ...] = ()
    rows: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()
    traces: tuple[Trace, ...] = ()
    closed: tuple[tuple[int, int], ...] = ()
    displaced: int = 0
    concurrent: int = 0
    named: tuple[tuple[tuple[tuple[int, int], ...], str, Cells], ...] = ()
    """rows that have another `_rid` or key now: the traces in them, their `_rid`, and the row as it is now"""


def verify(op: Operation, images: Images, titles: Mapping[str, Sequence[str]]) -> Verdict:
    """Compares what was found with what was expected. `titles`: table -> headers of its key columns."""
    good: list[tuple[str, str, str, Any]] = []
    closed: list[tuple[int, int]] = []
    traces: list[Trace] = []
    named: list[tuple[tuple[tuple[int, int], ...], str, Cells]] = []
    displaced = concurrent = number = 0
    for write, image in zip(op.writes, images.rows, strict=True):
        header, places = images.headers[write.table], op.places[write.table]
        before = dict(zip(header, image, strict=False))
        row_is_right = identity(before.get(RID)) == write.key and all(
            alike(before.get(h), raw) for h, raw in write.known
        )
        after = list(image) + [None] * (max(places.values()) + 1 - len(image))
        for cell in write.cells:
            after[places[cell.header]] = cell.cell
        then = dict(zip(header, after, strict=False))
        row = tuple((title, raw) for title, raw in then.items() if raw not in (None, ""))
        renamed = False
        for cell in write.cells:
            number += 1
            place = places[cell.header]
            title = header[place] if place < len(header) else ""
            found = image[place] if place < len(image) else None
            if row_is_right and title == cell.header and _as_seen(cell, found):
                renamed = renamed or cell.header == RID or cell.header in titles[write.table]
                if cell.header != RID or all(raw in (None, "") for _, raw in write.known):
                    # a trace of the identity stays until the row is seen with it: somebody may have copied the row
                    closed += cell.closes
                if cell.column and write.rid:
                    good.append((write.table, write.rid, cell.column, cell.value))
                continue
            here = row_is_right and title == cell.header
            concurrent, displaced = concurrent + here, displaced + (not here)
            if alike(found, cell.cell):
                continue  # it was overwritten with itself
            traces.append(Trace(write.table, identity(then.get(RID)), title, cell.cell, found, row, write.row, op.token,
                                number, op.generation))  # fmt: skip
        if renamed:
            named.append((write.traces, identity(then.get(RID)), row))
    rows: list[tuple[str, str, Mapping[str, Any]]] = []
    for count, added in enumerate(op.appends, 1):
        stands, strays = _added(op, added, images.headers[added.table], titles[added.table], number, -count)
        number += len(added.cells)
        traces += strays
        if stands is not None:
            rows.append((added.table, added.rid, stands))
    return Verdict(tuple(good), tuple(rows), tuple(traces), tuple(closed), displaced, concurrent, tuple(named))


def _as_seen(cell: CellWrite, found: Plain) -> bool:
    """True when a cell held what was read there, or what was to be written."""
    if cell.header == RID:
        return identity(found) in (cell.expected or "", cell.cell or "")
    return alike(found, cell.expected) or alike(found, cell.cell)


def _added(
    op: Operation, row: RowAppend, header: Sequence[str], keys: Sequence[str], number: int, place: int
) -> tuple[dict[str, Any] | None, list[Trace]]:
    """What stands of an added row, and traces of cells that came under another header: somebody moved columns."""
    places = op.places[row.table]
    came = [(name, header[places[name]] if places[name] < len(header) else "", cell) for name, cell in row.cells]
    stray = {name for name, title, _ in came if title != name}
    values = dict(row.values)
    if not stray:
        return values, []
    here = tuple((title, cell) for _, title, cell in came if cell not in (None, ""))
    key = "" if RID in stray else row.rid
    traces = [
        Trace(row.table, key, title, cell, None, here, place, op.token, count, op.generation)
        for count, (name, title, cell) in enumerate(came, number + 1)
        if name in stray
    ]
    if not key and stray.intersection(keys):
        return None, traces  # nothing in the row tells which one it is
    # a cell that went astray was never there, so nobody has changed it
    return {name: None if title in stray else values[name] for name, title in row.titles}, traces


def chunks(writes: Sequence[RowWrite], appends: Sequence[RowAppend]) -> list[tuple[list[RowWrite], list[RowAppend]]]:
    """The same in pieces that fit one operation each; a row is never split."""
    pieces: list[tuple[list[RowWrite], list[RowAppend]]] = [([], [])]
    rows = cells = 0
    everything: tuple[RowWrite | RowAppend, ...] = (*writes, *appends)
    for one in everything:
        size = len(one.cells)
        if rows and (rows + isinstance(one, RowWrite) > MOST_ROWS or cells + size > MOST_CELLS):
            pieces.append(([], []))
            rows = cells = 0
        if isinstance(one, RowWrite):
            pieces[-1][0].append(one)
        else:
            pieces[-1][1].append(one)
        rows, cells = rows + 1, cells + size
    return pieces if pieces[0][0] or pieces[0][1] else []
