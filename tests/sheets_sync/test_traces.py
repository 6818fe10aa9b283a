"""What a write found is shown again in its own row, however people moved, copied or changed rows since."""

from collections.abc import Sequence
from typing import Any

from sheets_sync import compare
from sheets_sync.outgoing import RID, Standing, outgoing
from sheets_sync.rows import COPIED, ReadRow
from sheets_sync.simulator.table import TABLE, ZONE
from sheets_sync.traces import Overlay, Trace, overlay
from workbooks.schema import rid_of

TITLE = {column.name: column.title for column in TABLE.columns}
HEADERS = [*TITLE.values(), RID]


def rid(key: str) -> str:
    return rid_of(TABLE.name, (key,))


def row(position: int, identity: str | None, **cells: Any) -> ReadRow:
    """A row with the identity of the key `identity`."""
    return ReadRow(position, identity and rid(identity), dict.fromkeys(TITLE) | cells)


def trace(header: str, wrote: Any, original: Any, after: ReadRow, *, op: int = 1_001, number: int = 1) -> Trace:
    """Of a write that left the row `after` behind."""
    cells = {TITLE[name]: raw for name, raw in after.cells.items()} | {RID: after.rid}
    kept = tuple((title, raw) for title, raw in cells.items() if raw is not None)
    return Trace(TABLE.name, after.rid or "", header, wrote, original, kept, after.position, op, number, 1)


def shown(found: Overlay) -> dict[int, tuple[str | None, dict[str, Any]]]:
    """By position: identity and filled cells."""
    return {one.position: (one.rid, {k: v for k, v in one.cells.items() if v is not None}) for one in found.rows}


def undone(rows: Sequence[ReadRow], *traces: Trace) -> Overlay:
    return overlay(TABLE, rows, traces)


def test_the_value_comes_back_in_its_row_wherever_that_is_now() -> None:
    after = row(5, "K1", k="K1", a="of K2")
    found = undone([row(2, "K2", k="K2"), row(9, "K1", k="K1", a="of K2")], trace("Dispatch", "of K2", "mine", after))
    assert shown(found)[9] == (rid("K1"), {"k": "K1", "a": "mine"}) and len(found.placed) == 1


def test_what_people_typed_over_it_stays_and_is_told() -> None:
    after = row(5, "K1", k="K1", a="of K2")
    found = undone([row(9, "K1", k="K1", a="newer")], trace("Dispatch", "of K2", "mine", after))
    assert shown(found)[9][1]["a"] == "newer" and len(found.overwritten) == 1
    found = undone([row(9, "K1", k="K1", a="mine")], trace("Dispatch", "of K2", "mine", after))
    assert shown(found)[9][1]["a"] == "mine" and len(found.restored) == 1


def test_of_rows_with_one_identity_each_gets_its_own_back() -> None:
    """Columns were moved under the write, so that it emptied the key of an original and of a copy of it."""
    original, copy = row(7, "K8", a="x", s="v28"), row(9, "K8", a="x", s="v37")
    traces = [trace("Key", None, "K8", original), trace("Key", None, "K13", copy, number=2)]
    for rows in ([original, copy], [ReadRow(3, copy.rid, copy.cells), original]):
        keys = {one.cells["s"]: one.cells["k"] for one in undone(rows, *traces).rows}
        assert keys == {"v28": "K8", "v37": "K13"}
    alike = [row(7, "K8", a="x"), row(9, "K8", a="x")]  # nothing tells them apart: each still gets one
    traces = [
        trace("Key", None, key, one, number=n) for n, (key, one) in enumerate(zip(("K8", "K13"), alike, strict=True))
    ]
    assert sorted(one.cells["k"] for one in undone(alike, *traces).rows) == ["K13", "K8"]


def test_an_older_write_finds_its_row_although_a_newer_one_renamed_it() -> None:
    """A copied row, still under the identity of its original, was written to by mistake twice."""
    first = row(8, "K1", k="<K17>", a="v6")
    second = row(8, "K20", k="K20", a="v6")
    found = undone(
        [row(3, "K1", k="K1", a="v6"), second],
        trace("Key", "<K17>", "K17", first),
        trace(RID, rid("K20"), rid("K1"), second, op=1_002),
        trace("Key", "K20", "<K17>", second, op=1_002, number=2),
    )
    assert shown(found)[8] == (None, {"k": "K17", "a": "v6"})  # the identity came along with the copy
    assert shown(found)[3] == (rid("K1"), {"k": "K1", "a": "v6"}) and not found.overwritten


def test_a_copy_made_while_a_row_bore_a_wrong_identity_is_nobody_else() -> None:
    """K17's identity fell on K12; somebody copied that row to make K18 of it, and K12 has its own again."""
    after = row(9, "K17", k="K12", a="v26")
    found = undone([row(9, "K12", k="K12", a="v26"), row(11, "K17", k="K18", a="v26")], trace(RID, rid("K17"), rid("K12"), after))  # fmt: skip
    assert shown(found)[11] == (None, {"k": "K18", "a": "v26"}) and shown(found)[9][0] == rid("K12")


def test_a_copied_row_that_is_known_has_nothing_of_its_original_that_is_gone() -> None:
    """Somebody made K14 of K10 while a value of ours stood there by mistake; K14 was taken in, and K10 was deleted."""
    covered = trace("Both", "of K3", "mine", row(6, "K10", k="K10", c="of K3", n=24))
    copy = row(10, "K10", k="K14", c="of K3", n=24)
    for rows in ([copy], [copy, row(4, "K14")]):  # an empty row with its identity is not K14 either
        found = overlay(TABLE, rows, [covered], known={rid("K10"), rid("K14")})
        assert shown(found)[10] == (rid("K10"), {"k": "K14", "c": "of K3", "n": 24}) and found.lost == (covered,)
    wrong = trace(RID, rid("K14"), None, row(5, "K14", k="K16"))  # nor is one that has it by mistake
    found = overlay(TABLE, [copy, row(5, "K14", k="K16")], [covered, wrong], known={rid("K10"), rid("K14")})
    assert shown(found)[10][1]["c"] == "of K3" and found.lost == (covered,)
    # nothing says that K14 is a row, or another is it: then this is K10 with a key typed over its own
    both = {rid("K10"), rid("K14")}
    for other, known in (((), {rid("K10")}), ((row(4, "K14", k="K14"),), both), ((row(4, None, k="K14"),), both)):
        found = overlay(TABLE, [copy, *other], [covered], known=known)
        assert shown(found)[10] == (rid("K10"), {"k": "K14", "c": "mine", "n": 24})


def test_a_row_copied_while_it_bore_a_wrong_identity_has_nothing_of_its_original_that_is_gone() -> None:
    """K20's identity fell on K14, then values of K11; somebody made K28 of it and deleted it before that was seen."""
    first = trace(RID, rid("K20"), rid("K14"), row(5, "K20", k="K14", c="mine"))
    second = trace("Both", "of K11", "mine", row(8, "K20", k="K14", c="of K11"), op=1_002)
    found = undone([row(15, "K20", k="K28", c="of K11")], first, second)
    assert shown(found)[15] == (None, {"k": "K28", "c": "of K11"}) and set(found.lost) == {first, second}


def test_a_row_whose_key_somebody_typed_back_is_itself() -> None:
    """A write made K20 of K14, key and all; somebody saw the key and put it right."""
    after = row(5, "K20", k="K20", c="of K20")
    traces = [trace(RID, rid("K20"), rid("K14"), after), trace("Key", "K20", "K14", after, number=2),
              trace("Both", "of K20", "mine", after, number=3)]  # fmt: skip
    found = undone([row(7, "K20", k="K14", c="of K20")], *traces)
    assert shown(found)[7] == (rid("K14"), {"k": "K14", "c": "mine"}) and not found.lost


def test_a_row_that_is_nowhere_is_lost_and_no_other_is_taken_for_it() -> None:
    after = row(5, None, k="K19", n=66)
    found = undone([row(2, "K3", k="K3", n=66), row(4, None, k="K20", n=66)], trace("Count", 66, 68, after))
    assert len(found.lost) == 1 and not found.placed
    blank = trace("Dispatch", None, "mine", row(5, None, s="s1"))
    assert undone([row(6, None)], blank).lost == (blank,)


def standing(rows: Sequence[ReadRow], *, stands: dict[str, int], traces: Any = ()) -> Standing:
    return Standing({one.position: one for one in rows}, stands, lambda row, title: None, HEADERS, traces=traces)


def test_no_identity_stays_in_an_empty_row() -> None:
    rows = [row(4, "K17", k="K17", a="v9"), row(5, "K17")]
    values = {**dict.fromkeys(TITLE), "k": "K17", "a": "v9"}
    made = outgoing(TABLE, ZONE, standing(rows, stands={rid("K17"): 4}), {rid("K17"): values}, {rid("K17"): values})
    (write,) = made.writes
    assert (write.row, [(cell.header, cell.cell) for cell in write.cells]) == (5, [(RID, None)])
    assert compare.all_blank(rows[1].cells.values())


def test_a_copy_that_was_left_out_is_marked_as_one() -> None:
    rows = [row(4, "K17", k="K17", a="v9"), row(5, "K17", k="K17", a="newer")]
    values = {rid("K17"): {**dict.fromkeys(TITLE), "k": "K17", "a": "v9"}}
    made = outgoing(TABLE, ZONE, standing(rows, stands={rid("K17"): 4}), values, values)
    assert [(write.row, write.key, write.cells[0].cell) for write in made.writes] == [
        (5, rid("K17"), rid("K17") + COPIED)
    ]
    marked = [rows[0], ReadRow(5, rid("K17") + COPIED, rows[1].cells)]
    assert outgoing(TABLE, ZONE, standing(marked, stands={rid("K17"): 4}), values, values).changes_nothing


def test_a_row_that_a_write_emptied_by_mistake_keeps_its_identity() -> None:
    after = row(5, "K17")
    traces = [(trace("Key", None, "K17", after), 5)]
    values = {**dict.fromkeys(TITLE), "k": "K9"}
    made = outgoing(TABLE, ZONE, standing([after], stands={}, traces=traces), {}, {rid("K9"): values})
    (write,) = made.writes
    assert [(cell.header, cell.cell) for cell in write.cells] == [("Key", "K17")]
