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
    others = (row(4, "K14", k="K14"), row(4, None, k="K14"), row(4, "K14", k="K99"))
    for other, known in (((), {rid("K10")}), *(((one,), both) for one in others)):
        found = overlay(TABLE, [copy, *other], [covered], known=known)
        assert shown(found)[10] == (rid("K10"), {"k": "K14", "c": "mine", "n": 24})


def test_a_row_copied_while_it_bore_a_wrong_identity_has_nothing_of_its_original_that_is_gone() -> None:
    """K20's identity fell on K14, then values of K11; somebody made K28 of it and deleted it before that was seen."""
    first = trace(RID, rid("K20"), rid("K14"), row(5, "K20", k="K14", c="mine"))
    second = trace("Both", "of K11", "mine", row(8, "K20", k="K14", c="of K11"), op=1_002)
    found = undone([row(15, "K20", k="K28", c="of K11")], first, second)
    assert shown(found)[15] == (None, {"k": "K28", "c": "of K11"}) and set(found.lost) == {first, second}
    # the same where it was K20 itself that had a value covered, and where a K28 that is known stands beside it
    second = trace("Both", "of K11", "mine", row(8, "K20", k="K20", c="of K11"), op=1_002)
    for more in ((), (row(16, "K28", k="K28"),)):
        found = overlay(TABLE, [row(15, "K20", k="K28", c="of K11"), *more], [first, second], known={rid("K28")})
        assert shown(found)[15] == (None, {"k": "K28", "c": "of K11"}) and set(found.lost) == {first, second}


def test_a_copy_that_bears_the_identity_which_its_original_has_lost_is_nobody_yet() -> None:
    """Somebody made K28 of K14; then K20's identity fell on K14, which was deleted before that was seen."""
    lost = trace(RID, rid("K20"), rid("K14"), row(5, "K20", k="K14", a="x"))
    known_again = trace(RID, rid("K20"), rid("K14"), row(5, "K14", k="K14", a="x"))
    for left in (lost, known_again):
        found = undone([row(15, "K14", k="K28", a="x")], left)
        assert shown(found)[15] == (None, {"k": "K28", "a": "x"}) and found.lost == (left,)


def test_a_row_is_never_taken_for_one_that_only_bore_its_identity() -> None:
    """K3's identity and count fell on K9, which somebody cut; K3 itself stands. So does it where K9 was a copy of it."""
    after, itself = row(5, "K3", k="K9", c="x", n=20), row(12, "K3", k="K3", c="x", n=20)
    fell = (trace(RID, rid("K3"), rid("K6"), after), trace("Count", 20, None, after, number=2))
    copied = (trace("Dispatch", None, "mine", after),)
    for traces in (fell, copied):
        found = undone([itself], *traces)
        assert shown(found)[12] == (rid("K3"), {"k": "K3", "c": "x", "n": 20}) and set(found.lost) == set(traces)
        found = undone([itself, after], *traces)
        assert shown(found)[12][1]["n"] == 20 and {position for _, position in found.placed} == {5}


def test_a_row_is_never_taken_for_one_that_only_bore_its_key() -> None:
    """K2's key fell on K16, a copy of K6 that was not known yet, and somebody deleted K16; K2 itself stands."""
    fell = trace("Key", "K2", "K16", row(2, "K6", k="K2", b="v41", c="v49"))
    found = undone([row(5, "K2", k="K2", n=26)], fell)
    assert shown(found)[5] == (rid("K2"), {"k": "K2", "n": 26}) and found.lost == (fell,)
    # two writes made K2 of it, key and all: it is the one that looks like it
    whole = trace("Key", "K2", "K16", row(2, "K2", k="K2", b="v41", c="v49"))
    found = undone([row(5, "K2", k="K2", n=26), row(7, "K2", k="K2", b="v41", c="v49")], whole)
    assert shown(found)[7][1]["k"] == "K16" and shown(found)[5][1]["k"] == "K2"


def test_a_row_is_never_taken_for_one_that_had_become_it_key_and_all() -> None:
    """A write made K20 of K22, which somebody deleted then; K20 itself comes back with what it shows."""
    after = row(10, "K20", k="K20", a="v61", c="v53", n=60)
    traces = [trace(RID, rid("K20"), None, after), trace("Key", "K20", "K22", after, number=2)]
    found = undone([row(11, "K20", k="K20", a="v85", c="v76", n=59)], *traces)
    assert shown(found)[11][0] == rid("K20") and set(found.lost) == set(traces)
    found = undone([row(11, "K20", k="K20", a="v85", c="v53", n=60)], *traces)  # somebody typed in the other
    assert shown(found)[11] == (None, {"k": "K22", "a": "v85", "c": "v53", "n": 60})
    # a row that had nothing else, or only another's key, need not have anything in common with what it was
    for after, now, was in ((row(5, "K20", k="K20"), row(7, "K20", k="K20", c="new"), rid("K22")),
                            (row(5, "K22", k="K20", c="old"), row(7, "K22", k="K20", c="new"), rid("K22"))):  # fmt: skip
        made = [trace(RID, rid("K20"), was, after)] if after.rid == rid("K20") else []
        found = undone([now], *made, trace("Key", "K20", "K22", after, number=2))
        assert shown(found)[7] == (rid("K22"), {"k": "K22", "c": "new"})
    stray = trace(
        "Key", rid("K32"), "K32", row(23, None, k=rid("K32"), a="old")
    )  # it came under Key, columns had moved
    assert shown(undone([row(9, None, k=rid("K32"), a="new")], stray))[9] == (None, {"k": "K32", "a": "new"})


def test_a_row_that_has_its_own_identity_again_keeps_it() -> None:
    """It had none when K20's fell on it; it was given its own, and is looked for by that until it was seen with it."""
    mine = trace(RID, rid("K20"), None, row(5, "K14", k="K14"))
    found = undone([row(7, "K14", k="K14")], mine)
    assert shown(found)[7][0] == rid("K14") and found.placed == ((mine, 7),)
    undo = trace(RID, rid("K20"), rid("K14"), row(5, "K20", k="K14"))  # it has, because somebody undid the write
    assert undone([row(7, "K14", k="K14")], undo).placed == ((undo, 7),)


def test_a_row_without_a_key_is_known_by_its_identity() -> None:
    covered = trace("Dispatch", "of K2", "mine", row(5, "K5", a="of K2"))
    for now in (row(7, "K5", a="of K2"), row(7, "K5", k="K5", a="of K2")):  # somebody may have typed the key again
        assert shown(overlay(TABLE, [now], [covered], known={rid("K5")}))[7][1]["a"] == "mine"
    assert undone([row(7, "K5", a="newer")], covered).overwritten == (covered,)
    assert undone([row(9, None, a="of K2")], covered).lost == (covered,)
    fell = trace(RID, rid("K14"), rid("K9"), row(5, "K14", k="K9"))
    found = undone([row(5, "K14", k="K9"), row(7, "K14", a="x")], fell)  # somebody emptied the key of K14 itself
    assert (shown(found)[5][0], shown(found)[7][0]) == (rid("K9"), rid("K14"))


def test_a_row_that_has_nothing_but_its_key_is_known_by_that() -> None:
    covered = trace("Count", 66, 68, row(5, None, k="K19", n=66))
    for now in (row(7, None, k="K19", n=66), row(7, "K19", k="K19", n=66)):  # it may have got its identity since
        assert shown(undone([now], covered))[7][1]["n"] == 68
    assert undone([row(7, None, k="K19", n=70)], covered).overwritten == (covered,)
    nameless = trace("Count", 66, 68, row(5, None, a="x", n=66))
    assert shown(undone([row(7, None, a="x", n=66)], nameless))[7][1]["n"] == 68


def test_a_row_that_lost_its_key_and_its_identity_is_found_by_what_else_it_shows() -> None:
    """One write emptied the key of K15, the next took its identity, and neither was meant for it."""
    first = trace("Key", None, "K15", row(14, "K15", a="v73", c="v8"))
    second = trace(RID, None, rid("K15"), row(17, None, a="v73", c="v8"), op=1_002)
    found = undone([row(9, None, a="v1", c="v8"), row(20, None, a="v73", c="v8")], first, second)
    assert shown(found)[20] == (rid("K15"), {"k": "K15", "a": "v73", "c": "v8"}) and shown(found)[9][0] is None


def test_of_two_rows_that_became_the_same_each_is_told_by_what_it_shows_and_what_not() -> None:
    """Two writes made K44 of K30 and of an empty row."""
    rows = [row(9, "K44", k="K44", a="v172", b="v120"), row(13, "K44", k="K44")]
    full = [trace(RID, rid("K44"), rid("K30"), rows[0]), trace("Key", "K44", "K30", rows[0], number=2)]
    bare = [trace(header, wrote, None, rows[1], op=1_002, number=n)
            for n, (header, wrote) in enumerate(((RID, rid("K44")), ("Key", "K44")))]  # fmt: skip
    for now in (rows, [ReadRow(14, one.rid, one.cells) if one.position == 9 else one for one in rows]):
        found = undone(now, *full, *bare)
        assert {one.cells["k"]: one.cells["a"] for one in found.rows} == {"K30": "v172", None: None}


def test_a_row_that_was_added_under_other_headers_is_the_one_that_looks_so() -> None:
    """Somebody moved columns, so that K17 came under `_rid` and Stopbook's own value under Key."""
    came = ((RID, "K17"), ("Key", "s125"), ("System", 51))
    strays = [Trace(TABLE.name, "", title, cell, None, came, -1, 1_001, n, 1) for n, (title, cell) in enumerate(came)]
    found = undone([ReadRow(22, "K17", dict.fromkeys(TITLE) | {"k": "s125", "s": 51})], *strays)
    assert shown(found)[22] == (None, {}) and not found.lost


def test_of_a_row_and_its_copies_the_row_itself_has_the_value_back() -> None:
    covered = trace("Dispatch", "of K2", "mine", row(5, "K1", k="K1", a="of K2", c="x", n=1))
    copy = row(9, "K1", k="K7", a="of K2", c="x", n=1)
    found = undone([copy, row(3, "K1", k="K1", a="newer")], covered)  # somebody typed in it and emptied the others
    assert shown(found)[9][1]["a"] == "of K2" and found.overwritten == (covered,)
    twice = [row(3, "K1", k="K1", a="newer", c="x", n=1), row(9, "K1", k="K1", a="of K2")]
    assert shown(undone(twice, covered))[9][1]["a"] == "mine"  # of two that are the same, where it still shows


def test_a_row_whose_key_somebody_typed_back_is_itself() -> None:
    """A write made K20 of K14, key and all; somebody saw the key and put it right."""
    after = row(5, "K20", k="K20", c="of K20")
    traces = [trace(RID, rid("K20"), rid("K14"), after), trace("Key", "K20", "K14", after, number=2),
              trace("Both", "of K20", "mine", after, number=3)]  # fmt: skip
    found = undone([row(7, "K20", k="K14", c="of K20")], *traces)
    assert shown(found)[7] == (rid("K14"), {"k": "K14", "c": "mine"}) and not found.lost
    # only the key was wrong, and what was typed over it is neither: its identity is its own
    after = row(5, "K14", k="K20", c="of K20")
    traces = [trace("Key", "K20", "K14", after), trace("Both", "of K20", "mine", after, number=2)]
    assert shown(undone([row(7, "K14", k="K41", c="of K20")], *traces))[7] == (rid("K14"), {"k": "K41", "c": "mine"})


def test_a_row_that_is_nowhere_is_lost_and_no_other_is_taken_for_it() -> None:
    after = row(5, None, k="K19", n=66)
    found = undone([row(2, "K3", k="K3", n=66), row(4, None, k="K20", n=66)], trace("Count", 66, 68, after))
    assert len(found.lost) == 1 and not found.placed
    blank = trace("Dispatch", None, "mine", row(5, None, s="s1"))
    for other in (row(6, None), row(6, None, s="s1", a="newer")):
        assert undone([other], blank).lost == (blank,)


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


def test_what_tells_a_row_is_remembered_as_long_as_something_else_in_it_is_wrong() -> None:
    """Somebody has put K1's key right already; its covered value comes back with the next write, if that arrives."""
    after = row(5, "K1", k="K2", c="of K2")
    key = trace("Key", "K2", "K1", after)
    traces = [(key, 5), (trace("Both", "of K2", "mine", after, number=2), 5)]
    values = {rid("K1"): {**dict.fromkeys(TITLE), "k": "K1", "c": "mine"}}
    tab = standing([row(5, "K1", k="K1", c="of K2")], stands={rid("K1"): 5}, traces=traces)
    made = outgoing(TABLE, ZONE, tab, values, values)
    assert not made.settled and [cell.header for cell in made.writes[0].cells] == ["Both"]
    tab = standing([row(5, "K1", k="K1", c="mine")], stands={rid("K1"): 5}, traces=traces)
    assert key in outgoing(TABLE, ZONE, tab, values, values).settled


def test_a_row_that_a_write_emptied_by_mistake_keeps_its_identity() -> None:
    after = row(5, "K17")
    traces = [(trace("Key", None, "K17", after), 5)]
    values = {**dict.fromkeys(TITLE), "k": "K9"}
    made = outgoing(TABLE, ZONE, standing([after], stands={}, traces=traces), {}, {rid("K9"): values})
    (write,) = made.writes
    assert [(cell.header, cell.cell) for cell in write.cells] == [("Key", "K17")]
