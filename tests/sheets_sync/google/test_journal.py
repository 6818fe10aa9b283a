"""Writes as they are noted, checked and remembered; whoever dies at any step leaves nothing that anybody did not do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from sheets_sync.google.journal import Journal
from sheets_sync.google.operation import Images, Operation, verify
from sheets_sync.google.read import Sheet, Snapshot
from sheets_sync.google.replica import Replica
from sheets_sync.outgoing import RID, CellWrite, Outgoing, RowAppend, RowWrite
from sheets_sync.plain import Plain
from sheets_sync.rows import Merge
from sheets_sync.simulator.grid import Grid, Line
from sheets_sync.simulator.store import MemoryStore
from sheets_sync.simulator.table import GOOGLE, TABLE
from sheets_sync.traces import Trace
from workbooks.plan import Base
from workbooks.schema import Record, rid_of

HEADER = [*(column.title for column in TABLE.columns), RID]
PLACES = {TABLE.name: {title: place for place, title in enumerate(HEADER)}}
TITLES = {TABLE.name: ["Key"]}
K1 = rid_of(TABLE.name, ("K1",))
EMPTY = dict.fromkeys(TABLE.by_name)


class Crash(Exception):  # noqa: N818 - it is what happens
    """The process ends."""


def line(**cells: Plain) -> list[Plain]:
    """A row as it stands, by header; `rid` for the last column."""
    named = {column.title: cells.get(column.name) for column in TABLE.columns} | {RID: cells.get("rid")}
    return [named[title] for title in HEADER]


def write(row: int, cells: Sequence[CellWrite], key: str = K1, known: str | None = "K1", **more: Any) -> RowWrite:
    return RowWrite(TABLE.name, row, key, K1, tuple(cells), (("Key", known),), **more)


def operation(*writes: RowWrite, appends: Sequence[RowAppend] = (), places: Mapping[str, Any] = PLACES) -> Operation:
    return Operation(1_001, 1_000, 1, 1, tuple(writes), tuple(appends), places)


def images(*rows: list[Plain], header: Sequence[str] = HEADER) -> Images:
    return Images(1_001, 1, "write", {TABLE.name: header}, rows)


def test_what_was_expected_stands() -> None:
    op = operation(write(5, [CellWrite("Both", "old", "new", "c", "new")]))
    found = verify(op, images(line(k="K1", c="old", rid=K1)), TITLES)
    assert found.cells == ((TABLE.name, K1, "c", "new"),) and not found.traces


def test_what_is_still_wrong_in_a_row_is_known_by_the_key_that_was_put_right() -> None:
    """The next column had been moved away meanwhile."""
    cells = [CellWrite("Key", "K9", "K1", closes=((900, 1),)), CellWrite("Both", "of K9", None, closes=((900, 2),))]
    moved = [{"Both": "VA", "VA": "Both"}.get(title, title) for title in HEADER]
    op = operation(write(5, cells, known="K9", traces=((900, 1), (900, 2))))
    found = verify(op, images([dict(zip(HEADER, line(k="K9", c="of K9", rid=K1), strict=True))[t] for t in moved], header=moved), TITLES)  # fmt: skip
    ((traces, rid, after),) = found.named
    assert found.closed == ((900, 1),) and (900, 2) in traces and rid == K1
    assert dict(after)["Key"] == "K1" and dict(after)["Both"] == "of K9"


@pytest.mark.parametrize(
    ("image", "displaced"), [(line(k="K2", c="x", rid="other"), 1), (line(k="K1", c="typed", rid=K1), 0)]
)
def test_another_row_or_another_value_leaves_a_trace(image: list[Plain], displaced: int) -> None:
    op = operation(write(5, [CellWrite("Both", "old", "new", "c", "new")]))
    found = verify(op, images(image), TITLES)
    (trace,) = found.traces
    assert (trace.original, trace.wrote, found.displaced) == (image[HEADER.index("Both")], "new", displaced)
    assert not found.cells and Trace.of(trace.json()) == trace


def test_a_number_that_fell_under_the_identity_is_still_the_row_that_was_read() -> None:
    op = operation(write(5, [CellWrite(RID, "60", K1), CellWrite("Count", None, 60, "n", 60)], key="60"))
    found = verify(op, images(line(k="K1", rid=60)), TITLES)
    assert not found.traces and found.cells == ((TABLE.name, K1, "n", 60),)


def test_a_wrong_identity_is_remembered_until_the_row_is_seen_without_it() -> None:
    """Somebody may have copied the row while it had it."""
    cells = [CellWrite(RID, "wrong", K1, closes=((1_000, 1),)), CellWrite("Both", "x", "c", "c", "c", ((1_000, 2),))]
    op = operation(write(5, cells, key="wrong", traces=((1_000, 1), (1_000, 2))))
    found = verify(op, images(line(k="K1", c="x", rid="wrong")), TITLES)
    assert found.closed == ((1_000, 2),)
    ((traces, rid, row),) = found.named
    assert (traces, rid, dict(row)[RID]) == (((1_000, 1), (1_000, 2)), K1, K1)


def added() -> RowAppend:
    cells = (("Key", "K1"), ("VA", "b1"), (RID, K1))
    return RowAppend(TABLE.name, K1, cells, (("k", "K1"), ("b", "b1")), (("k", "Key"), ("b", "VA")))


def test_a_row_added_while_columns_moved_is_ours_where_its_key_says_so() -> None:
    swapped = [{"Dispatch": RID, RID: "Dispatch"}.get(title, title) for title in HEADER]
    found = verify(operation(appends=[added()]), images(header=swapped), TITLES)
    assert found.rows == ((TABLE.name, K1, {"k": "K1", "b": "b1"}),)
    assert [(trace.header, trace.wrote, trace.key) for trace in found.traces] == [("Dispatch", K1, "")]
    swapped = [{"Key": RID, RID: "Key"}.get(title, title) for title in HEADER]
    found = verify(operation(appends=[added()]), images(header=swapped), TITLES)
    assert found.rows == () and {trace.header for trace in found.traces} == {"Key", RID}


class Paper:
    """A transport that only reads."""

    def __init__(self, lines: list[list[Plain]]) -> None:
        self.lines = lines

    def read(self) -> Snapshot:
        return Snapshot("Dispatch", {TABLE.title: Sheet(TABLE.title, 7, [list(HEADER), *map(list, self.lines)])}, 1_000)

    def send(self, op: Operation) -> Images:
        raise AssertionError("nothing is to be written")

    cancel = send


def store(step: Callable[[], None] = lambda: None) -> MemoryStore:
    """A ledger in memory in which row K1 has a 60 that the copy was not known to show."""
    made = MemoryStore(step)
    made.keep_bases([Base(GOOGLE.name, TABLE.name, K1, 1, {**EMPTY, "k": "K1"})])
    return made


def trace(number: int, **cells: Plain) -> Trace:
    after = tuple((title, raw) for title, raw in zip(HEADER, line(**cells), strict=True) if raw is not None)
    return Trace(TABLE.name, str(cells.get("rid") or ""), "Count", 60, None, after, 2, 1_001, number, 1)


def test_dying_while_a_trace_is_closed_makes_no_edit_that_nobody_made() -> None:
    """The ledger's 60 fell into the right cell, only not from the right row: it stands, so nothing more is to do."""
    left, steps = trace(1, k="K1", n=60, rid=K1), 0
    while True:
        done = 0

        def step(dies_at: int = steps) -> None:
            nonlocal done
            done += 1
            if done == dies_at + 2:  # keeping the base of the store is the first
                raise Crash

        made = store()
        made.intend(GOOGLE.name, 1, {"kind": "trace", **left.json()})
        made._step, done = step, 2 - 1
        paper = Paper([line(k="K1", n=60, rid=K1)])
        try:
            Journal(made, GOOGLE.name, [TABLE]).settle(Outgoing(TABLE.name, settled=(left,), bases=((K1, "n", 60),)))
            died = False
        except Crash:
            died = True
        made._step = lambda: None
        replica = Replica(GOOGLE, "L1", paper, Journal(made, GOOGLE.name, [TABLE]), 1)
        found = replica.read({TABLE.name: {K1: {**EMPTY, "k": "K1", "n": 60}}})
        (row,) = found.shared.copy.tabs[TABLE.name].rows
        # what the merge is shown and what it is compared with say the same: both before, or both after
        assert row.cells["n"] == found.bases[TABLE.name][K1]["n"], steps
        steps += 1
        if not died:
            break
    assert steps > 1


def test_a_row_that_is_nowhere_is_looked_for_twice_before_its_value_is_told() -> None:
    """Somebody had cut it; when it is back, the value that a write covered is still known."""
    made = store()
    left = trace(1, k="K9", n=60)
    made.intend(GOOGLE.name, 1, {"kind": "trace", **Trace.of({**left.json(), "original": 68}).json()})
    paper = Paper([line(k="K1", rid=K1)])
    replica = Replica(GOOGLE, "L1", paper, Journal(made, GOOGLE.name, [TABLE]), 1)

    def told() -> tuple[int, int]:
        found = replica.read({TABLE.name: {}})
        puts, closed = replica.told(found, {TABLE.name: {}}, (), replica.source(found.shared))
        return len(puts), len(closed)

    assert told() == (0, 0)
    paper.lines.append(line(k="K9", n=60))
    found = replica.read({TABLE.name: {}})
    assert [row.cells["n"] for row in found.shared.copy.tabs[TABLE.name].rows] == [None, 68] and not found.waits
    paper.lines.pop()
    assert told() == (0, 0) and told() == (1, 1)


def test_a_covered_value_is_told_for_the_row_that_it_stood_in_not_for_the_one_whose_identity_that_bore() -> None:
    """Chosen on Conflicts it must come back in its own row."""
    made, k2 = store(), rid_of(TABLE.name, ("K2",))
    left = trace(1, k="K2", n=60, rid=K1)
    made.intend(GOOGLE.name, 1, {"kind": "trace", **Trace.of({**left.json(), "original": 68}).json()})
    records = {rid: Record(TABLE.name, rid, 1, {**EMPTY, "k": key}) for rid, key in ((K1, "K1"), (k2, "K2"))}
    paper = Paper([line(k="K1", rid=K1), line(k="K2", rid=k2, n=70)])
    replica = Replica(GOOGLE, "L1", paper, Journal(made, GOOGLE.name, [TABLE]), 1)
    for _ in range(2):
        found = replica.read({TABLE.name: {}})
        puts, _ = replica.told(found, {TABLE.name: records}, (), replica.source(found.shared))
    (put,) = puts
    assert (put.values["row_key"], put.values["row_id"], put.values["sheet_value"]) == ("K2", k2, "68")


def test_what_a_write_left_in_a_row_is_remembered_until_it_is_decided_that_the_row_is_gone() -> None:
    """Somebody holds K1, which bears another identity by mistake; K2, a copy of it, or an empty row bears its own."""
    k2, wrong = rid_of(TABLE.name, ("K2",)), rid_of(TABLE.name, ("K3",))
    wanted = {TABLE.name: {K1: {**EMPTY, "k": "K1"}, k2: {**EMPTY, "k": "K2"}}}
    records = {TABLE.name: {rid: Record(TABLE.name, rid, 1, values) for rid, values in wanted[TABLE.name].items()}}
    for lines in ([line(k="K2", rid=K1)], [line(k="K2", rid=k2), line(rid=K1)]):
        made = store()
        made.keep_bases([Base(GOOGLE.name, TABLE.name, k2, 1, {**EMPTY, "k": "K2"})])
        left = {**trace(1, k="K1", rid=wrong).json(), "header": RID, "wrote": wrong, "original": K1}
        made.intend(GOOGLE.name, 1, {"kind": "trace", **left})
        replica = Replica(GOOGLE, "L1", Paper(lines), Journal(made, GOOGLE.name, [TABLE]), 1)

        def closed(replica: Replica = replica) -> int:
            found = replica.read(wanted)
            return len(replica.told(found, records, (), replica.source(found.shared))[1])

        assert [closed() for _ in range(3)] == [0, 0, 0]
        made.keep_bases([Base(GOOGLE.name, TABLE.name, K1, 1, None)])  # it counts as deleted from now on
        assert closed() == 1


def test_the_key_of_a_row_is_remembered_as_long_as_something_else_in_it_is_wrong() -> None:
    """Somebody typed K1 over the key that a write had put there; the same write covered a count, too."""
    made = store()
    left = trace(2, k="K2", n=60, rid=K1)
    for one in ({**left.json(), "header": "Key", "wrote": "K2", "original": "K1", "number": 1}, left.json()):
        made.intend(GOOGLE.name, 1, {"kind": "trace", **one})
    paper = Paper([line(k="K1", n=60, rid=K1)])
    replica = Replica(GOOGLE, "L1", paper, Journal(made, GOOGLE.name, [TABLE]), 1)
    wanted = {TABLE.name: {K1: {**EMPTY, "k": "K1"}}}

    def closed() -> list[int]:
        found = replica.read(wanted)
        return [one.number for one in replica.told(found, {TABLE.name: {}}, (), replica.source(found.shared))[1]]

    assert closed() == []
    paper.lines[0] = line(k="K1", rid=K1)  # it has none again
    assert sorted(closed()) == [1, 2]


class Sheetless:
    """The simulated spreadsheet as a transport that does what it is told."""

    def __init__(self) -> None:
        self.grid = Grid()
        self.read, self.send, self.cancel = self.grid.snapshot, self.grid.apply, self.grid.cancel


def test_a_row_that_was_added_just_now_has_not_been_missing_since() -> None:
    """It was missing before, came back, and somebody cut it to paste it elsewhere."""
    made, there = store(), Sheetless()
    replica = Replica(GOOGLE, "L1", there, Journal(made, GOOGLE.name, [TABLE]), 1)
    wanted = {TABLE.name: {K1: {**EMPTY, "k": "K1"}}}
    assert replica.read(wanted).absent[TABLE.name].hold == {K1}
    found = replica.read(wanted)
    assert not found.absent[TABLE.name].hold
    replica.push(found, replica.plan(found, {TABLE.name: Merge(TABLE.name)}, wanted))
    assert len(there.grid.lines) == 1
    there.grid.lines.clear()
    assert replica.read(wanted).absent[TABLE.name].hold == {K1}


def test_a_row_of_which_only_a_copy_is_left_is_missing_like_any_other() -> None:
    """Somebody cut K1 to paste it elsewhere; K2, made by copying it, still bears its identity."""
    made, there = store(), Sheetless()
    made.keep_bases([Base(GOOGLE.name, TABLE.name, rid_of(TABLE.name, ("K2",)), 1, {**EMPTY, "k": "K2"})])
    wanted = {TABLE.name: {K1: {**EMPTY, "k": "K1"}}}

    def hold(*lines: Line) -> frozenset[str]:
        there.grid.lines[:] = lines
        return Replica(GOOGLE, "L1", there, Journal(made, GOOGLE.name, [TABLE]), 1).read(wanted).absent[TABLE.name].hold

    copy, original = Line({"Key": "K2", RID: K1}), Line({"Key": "K1", RID: K1})
    assert hold(copy) == {K1} and not hold(copy, original)
    assert not hold(Line({"Key": "K7", RID: K1}))  # nothing says that K7 is a row: this is K1 with another key
    assert not hold(copy, Line({"Key": "K2"}))
    assert not hold(copy, Line({"Key": "K1"}))  # somebody typed it again


def test_an_emptied_row_is_missing_and_when_it_is_not_needed_here_nothing_follows() -> None:
    made, there = store(), Sheetless()
    there.grid.lines.append(Line({RID: K1}, "K1"))
    replica = Replica(GOOGLE, "L1", there, Journal(made, GOOGLE.name, [TABLE]), 1)
    wanted = {TABLE.name: {K1: {**EMPTY, "k": "K1"}}}
    assert replica.read(wanted).absent[TABLE.name].hold == {K1}
    found = replica.read(wanted).absent[TABLE.name]
    assert not found.hold and K1 in found.base
    found = replica.read({TABLE.name: {}}).absent[TABLE.name]
    assert found.left == {K1} and K1 not in found.base
