"""The table of cases, in the words of the people they happen to."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sheets_sync.compare import Formula
from sheets_sync.merge import merge
from sheets_sync.rows import COPIED, Merge, ReadRow
from tests.sheets_sync.world import (
    SECOND_PASS,
    TABLE,
    VA,
    D,
    S,
    change,
    copy_of,
    edit,
    known,
    overlay,
    records,
    rid,
    rows,
    values,
    wall,
)  # fmt: skip
from workbooks.schema import Record

BASE = rows(values("T1"), values("T2", note=None), values("T3", count=None))


def taken(merged: Merge, trip: str = "T1") -> dict[str, Any]:
    return {k: v for put in merged.puts if put.rid == rid(trip) for k, v in put.values.items() if k != "trip"}


def news(merged: Merge) -> list[tuple[str, str, Any, Any]]:
    return [(p.values["kind"], p.values["column_name"], p.values["ledger_value"], p.values["sheet_value"]) for p in merged.conflicts]  # fmt: skip


def run(copy: list[ReadRow], held: dict[str, Record] | None = None, **more: Any) -> Merge:
    return merge(TABLE, more.pop("source", VA), BASE, copy, records(BASE) if held is None else held, **more)


def test_nobody_touched_the_copy() -> None:
    merged = run(copy_of(BASE))
    assert merged.changes_nothing and not merged.notes and not merged.agreed and merged.unchanged == 3


def test_maria_types_into_her_own_column() -> None:
    merged = run(edit(copy_of(BASE), "T1", note=" left with neighbour ", count=5.0))
    assert taken(merged) == {"note": "left with neighbour", "count": 5}
    assert merged.puts[0].expect == 1 and not merged.conflicts
    assert merged.agreed[0].values == {**BASE[rid("T1")], "note": "left with neighbour", "count": 5}


def test_maria_changes_what_belongs_to_dispatch() -> None:
    merged = run(edit(copy_of(BASE), "T1", fee=99.0), letters={"fee": "H"})
    assert news(merged) == [("PUT_BACK", "fee", "12.50", "99.00")] and not merged.puts
    assert str(merged.notes[0]) == (
        "va-CHI.xlsx, tab Trips, cell H2 (Fee): “99.00” was not taken: “Fee” belongs to dispatch; the value before stands."
    )


def test_only_the_ledger_changed() -> None:
    merged = run(copy_of(BASE), change(records(BASE), "T1", note="from the hub"))
    assert merged.changes_nothing and not merged.notes


def test_both_typed_the_same() -> None:
    merged = run(edit(copy_of(BASE), "T1", count=9), change(records(BASE), "T1", count=9))
    assert merged.changes_nothing and merged.agreed[0].values["count"] == 9


def test_maria_and_ben_change_the_same_cell() -> None:
    held = change(records(BASE), "T1", count=4)
    merged = run(edit(copy_of(BASE), "T1", count=9, note="x"), held)
    assert taken(merged) == {"note": "x"} and news(merged) == [("CONFLICT", "count", "4", "9")]
    row = merged.conflicts[0].values
    assert (row["status"], row["base_value"], row["who"], row["market_id"]) == ("OPEN", "3", "maria@x.test", "CHI")
    assert "ben@x.test" in row["message"]


def test_the_owner_wins_over_a_change_by_somebody_who_is_none() -> None:
    held = change(records(BASE), "T1", note="from a job")
    merged = run(edit(copy_of(BASE), "T1", note="mine"), held, authors={(rid("T1"), "note"): S})
    assert taken(merged) == {"note": "mine"} and news(merged) == [("CONFLICT", "note", "from a job", "mine")]
    row = merged.conflicts[0].values
    assert (row["status"], row["choose"]) == ("RESOLVED", "SHEET")


def test_between_owners_the_ledger_stands() -> None:
    held = change(records(BASE), "T1", count=4)
    merged = run(edit(copy_of(BASE), "T1", count=9), held, authors={(rid("T1"), "count"): D})
    assert not merged.puts and news(merged)[0][0] == "CONFLICT"


@pytest.mark.parametrize(
    ("raws", "why"),
    [
        ({"count": "many"}, "not a number"),
        ({"count": "#REF!"}, "the error #REF!"),
        ({"count": Formula("B2+1", 4.0)}, "the formula “=B2+1”"),
        ({"named": None}, "cannot be empty"),
        ({"high": 90.0}, "the end is below the start"),
        ({"due": 46089.5}, "seconds or milliseconds"),
        ({"due": float("inf")}, "not a number"),
    ],
)
def test_a_value_that_cannot_stand(raws: dict[str, Any], why: str) -> None:
    merged = run(edit(copy_of(BASE), "T1", note="good", **raws))
    assert taken(merged) == {"note": "good"} and [n[0] for n in news(merged)] == ["INVALID"]
    assert why in merged.conflicts[0].values["message"]


def test_two_values_that_fail_only_together() -> None:
    merged = run(edit(copy_of(BASE), "T1", low=130.0, high=125.0, note="kept"))
    assert {n[1] for n in news(merged)} <= {"low", "high"} and taken(merged)["note"] == "kept"
    result = {**BASE[rid("T1")], **taken(merged)}
    assert result["low"] <= result["high"]


def test_a_row_that_was_wrong_before_takes_other_edits() -> None:
    base = rows(values("T1", low=Decimal("200.0")))
    merged = merge(TABLE, VA, base, edit(copy_of(base), "T1", note="seen"), records(base))
    assert taken(merged) == {"note": "seen"}


def test_formula_with_the_same_result_is_no_edit() -> None:
    assert run(edit(copy_of(BASE), "T1", count=Formula("1+2", 3.0))).changes_nothing


@pytest.mark.parametrize(
    "raws",
    [
        {"count": "3"}, {"count": 3.0}, {"fee": "12.50"}, {"fee": "$12.50"}, {"note": "call first\u00a0"},
        {"flags": "C;A"}, {"due": "2026-11-01 01:30"}, {"due": 46327.0625}, {"low": 100}, {"note": Formula("A1", "call first")},
        {"due": wall(1, 1, 30, month=11, micro=300)},
    ],
)  # fmt: skip
def test_reformatted_cells_are_no_edits(raws: dict[str, Any]) -> None:
    merged = run(edit(copy_of(BASE), "T1", **raws))
    assert merged.changes_nothing and not merged.notes


def test_a_clock_time_that_occurs_twice_stays_the_second() -> None:
    held = change(records(BASE), "T1", due=SECOND_PASS.replace(hour=6))
    merged = run(copy_of(BASE), held)
    assert merged.changes_nothing  # looks the same in the cell, so nobody meant anything


def test_an_impossible_clock_time_is_taken_with_a_warning() -> None:
    merged = run(edit(copy_of(BASE), "T1", due=wall(8, 2, 30)))
    assert taken(merged)["due"].isoformat() == "2026-03-08T08:30:00+00:00"
    assert "does not exist" in merged.notes[0].what


def test_the_key_never_changes() -> None:
    merged = run(edit(copy_of(BASE), "T1", trip="T9", note="n"))
    assert taken(merged) == {"note": "n"} and news(merged) == [("PUT_BACK", "trip", "T1", "T9")]


def test_the_row_was_taken_out_of_use_meanwhile() -> None:
    held = records(BASE)
    held[rid("T1")] = replace(held[rid("T1")], void=True, rev=2)
    merged = run(edit(copy_of(BASE), "T1", note="still working"), held)
    assert not merged.puts and news(merged) == [("CONFLICT", "note", "call first", "still working")]


def test_sorting_moves_nothing() -> None:
    copy = edit(copy_of(BASE), "T2", note="hers")
    turned = [replace(row, position=number) for number, row in enumerate(reversed(copy), 2)]
    assert run(turned).puts == run(copy).puts


def test_a_copied_row_with_a_new_key_is_a_new_row() -> None:
    copy = copy_of(BASE)
    copy.append(ReadRow(5, copy[0].rid, {**copy[0].cells, "trip": "T7", "note": "second run", "fee": 12.5}))
    merged = run(copy)
    assert taken(merged, "T7") == {"market_id": "CHI", "status": "OPEN", "note": "second run", "count": 3, "low": Decimal("100.0"),
        "high": Decimal("118.4"), "due": SECOND_PASS.replace(hour=6), "flags": ("A", "C"), "named": "Ann"}  # fmt: skip
    assert not merged.conflicts and merged.born == {5: rid("T7")} and "copied from another" in merged.notes[-1].what


def test_of_a_copied_row_the_one_equal_to_base_is_the_original() -> None:
    copy = edit(copy_of(BASE), "T1", note="upper, edited")
    copy.append(ReadRow(5, rid("T1"), copy_of(BASE)[0].cells))
    merged = run(copy)
    assert not merged.puts and merged.conflicts[0].values["kind"] == "INVALID"
    assert "upper, edited" in merged.conflicts[0].values["sheet_value"]


def test_two_equal_copies_are_one_row_and_said() -> None:
    copy = copy_of(BASE)
    merged = run([*copy, replace(copy[0], position=9)])
    assert merged.changes_nothing and "is a copy of T1" in merged.notes[0].what


def test_a_new_row_is_taken_and_gets_its_market() -> None:
    new = ReadRow(6, None, {"trip": "T8", "named": "Bo", "count": 2.0, "note": ""})
    merged = run([*copy_of(BASE), new])
    assert merged.puts[0].values == {"trip": "T8", "named": "Bo", "count": 2, "market_id": "CHI", "status": "OPEN"}
    assert merged.puts[0].expect == 0 and merged.born == {6: rid("T8")}


def test_a_new_row_with_a_cell_that_is_not_hers() -> None:
    merged = run([*copy_of(BASE), ReadRow(6, None, {"trip": "T8", "named": "Bo", "fee": 5})])
    assert "fee" not in merged.puts[0].values and news(merged) == [("PUT_BACK", "fee", None, "5.00")]


@pytest.mark.parametrize(
    ("raws", "why"),
    [
        ({"trip": "T1", "named": "Bo"}, "the tab has a row T1 already"),
        ({"trip": "T8"}, "“Named” is missing"),
        ({"named": "Bo"}, "no readable key"),
        ({"trip": "T8", "named": "Bo", "count": "x"}, "not a number"),
        ({"trip": "T8", "named": "Bo", "market_id": "LA"}, "is for CHI"),
        ({"trip": "T8", "named": "Bo", "low": 5, "high": 4}, "below the start"),
    ],
)
def test_a_new_row_that_cannot_be_taken_is_kept_on_conflicts(raws: dict[str, Any], why: str) -> None:
    merged = run([*copy_of(BASE), ReadRow(6, None, raws)])
    row = merged.conflicts[0].values
    assert not merged.puts and row["kind"] == "INVALID" and why in row["message"]
    for raw in raws.values():
        assert str(raw) in row["sheet_value"]


def test_a_row_typed_where_no_rows_are_taken() -> None:
    merged = run([*copy_of(BASE), ReadRow(6, None, {"trip": "T8", "named": "Bo"})], source=replace(VA, roles=(D,)))
    assert not merged.puts and "takes no new rows" in merged.conflicts[0].values["message"]
    assert merged.conflicts[0].values["sheet_value"] == "Trip: T8; Named: Bo"


def test_the_key_of_a_row_out_of_use_revives_it() -> None:
    held = records({**BASE, **rows(values("T8"))})
    held[rid("T8")] = replace(held[rid("T8")], void=True, rev=4)
    merged = run([*copy_of(BASE), ReadRow(6, None, {"trip": "T8", "named": "Bo"})], held)
    assert merged.puts[0].expect == 4


def test_a_row_pasted_from_another_workbook() -> None:
    merged = run([*copy_of(BASE), ReadRow(6, "feedfeedfeedfeed", {"trip": "T8", "named": "Bo"})])
    assert merged.puts[0].key == ("T8",) and "pasted from elsewhere" in merged.notes[0].what


def test_a_row_that_has_only_its_identity_in_common_with_what_was_written_is_another_one() -> None:
    """It bore a wrong one for a while, or is a copy whose original is gone; either way T1 is not what stands there."""
    other = ReadRow(2, rid("T1"), {**dict.fromkeys(TABLE.by_name), "trip": "T8", "named": "Bo", "count": 99})
    merged = run([other, *copy_of(BASE)[1:]])
    assert merged.born == {2: rid("T8")} and merged.puts[0].key == ("T8",)
    assert not merged.voids and rid("T1") not in merged.stands  # a row that bears its identity is there
    mistyped = run(edit(copy_of(BASE), "T1", trip="T8", count=99))
    assert taken(mistyped) == {"count": 99} and mistyped.conflicts[0].values["kind"] == "PUT_BACK"


def test_a_row_with_the_key_of_one_that_the_copy_lacks_is_that_one() -> None:
    """T2 was made by copying T1, which is gone, before it had an identity of its own."""
    merged = run(edit([row for row in copy_of(BASE) if row.rid != rid("T2")], "T1", trip="T2"))
    assert merged.stands[rid("T2")].position == 2 and rid("T1") not in merged.stands and not merged.voids


def test_what_was_typed_in_a_copy_did_not_come_along_with_it() -> None:
    """T2 was made by copying T1, which is gone; somebody typed in T2 and made T9 of it. T9 counts as T1 now, so T1 seems
    to show what was typed in T2.
    """
    first, typed = copy_of(BASE)[0], {"note": "typed", "count": 8}
    copies = [ReadRow(n, rid("T1"), {**first.cells, **typed, "trip": trip}) for n, trip in ((2, "T9"), (5, "T2"))]
    merged = run([*copies, copy_of(BASE)[2]])
    assert merged.stands[rid("T1")].position == 2 and taken(merged) == typed
    assert merged.born == {5: rid("T2")} and taken(merged, "T2") == typed
    assert news(merged) == [("PUT_BACK", "trip", "T1", "T9")]
    # a T8 that the ledger has and that never stood in this copy is not written over, and what was typed is on Conflicts
    copies[1] = replace(copies[1], cells={**copies[1].cells, "trip": "T8"})
    merged = run([*copies, *copy_of(BASE)[1:]], records({**BASE, **rows(values("T8"))}))
    (row,) = [put.values for put in merged.conflicts if put.values["kind"] == "INVALID"]
    assert "Note: typed" in row["sheet_value"] and not taken(merged, "T8")


def test_of_several_rows_with_one_new_key_only_one_is_another_row() -> None:
    empty = dict.fromkeys(TABLE.by_name)
    one, other = (ReadRow(n, rid(f"T{n}"), {**empty, "trip": "T8", "named": "Bo", "count": 90 + n}) for n in (1, 2))
    merged = run([one, other, *copy_of(BASE)[2:]])
    assert set(merged.born.values()) == {rid("T8")} and len({rid("T1"), rid("T2")} & merged.stands.keys()) == 1
    merged = run([one, *copy_of(BASE)[1:], ReadRow(9, None, {"trip": "T8", "named": "Bo"})])
    assert merged.born == {9: rid("T8")} and rid("T1") in merged.stands


def test_a_row_that_was_left_out_as_a_copy_stays_one_until_it_has_a_key_of_its_own() -> None:
    copied = dict(copy_of(BASE)[0].cells)
    left_out = ReadRow(9, rid("T1") + COPIED, {**copied, "note": "in the copy"})
    merged = run([*copy_of(BASE), left_out])
    assert not merged.puts and "T1 already" in merged.conflicts[0].values["message"]
    merged = run([*copy_of(BASE), replace(left_out, cells={**copied, "trip": "T8"})])
    # what is not theirs to fill came along with the copy, so there is nothing to say about it
    assert merged.puts[0].key == ("T8",) and merged.born == {9: rid("T8")} and not merged.conflicts
    merged = run([*copy_of(BASE)[1:], left_out])
    assert taken(merged) == {"note": "in the copy"} and not merged.voids


def test_a_row_typed_again_after_deleting_it_is_the_same_row() -> None:
    copy = [row for row in copy_of(BASE) if row.rid != rid("T1")]
    merged = run([*copy, ReadRow(9, None, {"trip": "T1", "note": "typed again"})])
    assert taken(merged) == {"note": "typed again"} and not merged.voids and not merged.conflicts


def test_deleting_a_row_takes_it_out_of_use() -> None:
    merged = run(copy_of(BASE)[1:])
    assert merged.voids[0].key == ("T1",) and merged.voids[0].expect == 1


def test_emptying_a_whole_row_is_deleting_it() -> None:
    merged = run(edit(copy_of(BASE), "T1", **dict.fromkeys(TABLE.by_name)))
    assert merged.voids[0].key == ("T1",) and not merged.puts and not merged.conflicts


def test_a_deleted_row_that_somebody_changed_comes_back() -> None:
    merged = run(copy_of(BASE)[1:], change(records(BASE), "T1", fee=Decimal("1.00")))
    assert not merged.voids and "T1 deleted: they were changed by somebody else" in merged.notes[0].what


def test_dispatch_may_not_delete_rows() -> None:
    merged = run(copy_of(BASE)[1:], source=replace(VA, roles=(D,)))
    assert merged.changes_nothing and "come back" in merged.notes[0].what


BIG = rows(*(values(f"T{n}") for n in range(100)))


def test_the_brake_on_deletions() -> None:
    held = records(BIG)
    assert len(merge(TABLE, VA, BIG, copy_of(BIG)[20:], held).voids) == 20
    merged = merge(TABLE, VA, BIG, edit(copy_of(BIG)[21:], "T50", note="x"), held)
    assert merged.changes_nothing and "21 of 100 rows are gone" in str(merged.stopped)
    assert len(merge(TABLE, VA, BIG, copy_of(BIG)[21:], held, sure=True).voids) == 21


def test_the_brake_on_a_tab_sorted_by_halves() -> None:
    copy = copy_of(BIG)
    ids = [row.cells["trip"] for row in copy]
    shifted = [
        replace(r, cells={**r.cells, "trip": ids[n - 1], "note": f"n{n}", "named": f"p{n}", "count": n + 10})
        for n, r in enumerate(copy)
    ]
    assert "cells differ" in str(merge(TABLE, VA, BIG, shifted, records(BIG)).stopped)


def test_the_same_news_twice_is_one_row() -> None:
    copy = edit(copy_of(BASE), "T1", fee=99.0)
    first = run(copy)
    again = run(copy, known=known(first))
    assert again.changes_nothing and not again.notes
    later = run(copy, source=replace(VA, generation=8))
    assert known(later) != known(first)


def test_reading_an_open_copy_again_brings_no_false_conflict() -> None:
    copy = edit(copy_of(BASE), "T1", count=9)
    first = run(copy)
    held = change(records(BASE), "T1", count=9)
    held = change(held, "T1", count=11)  # somebody who saw the 9 made it 11
    assert not merge(TABLE, VA, overlay(BASE, first), copy, held).conflicts


def test_another_value_is_other_news() -> None:
    first = run(edit(copy_of(BASE), "T1", fee=99.0))
    second = run(edit(copy_of(BASE), "T1", fee=98.0), known=known(first))
    assert [n[3] for n in news(second)] == ["98.00"]


def test_a_doubled_row_read_again_is_told_apart_the_same_way() -> None:
    copy = edit(copy_of(BASE), "T1", due=None, count="far")
    copy.append(ReadRow(9, rid("T1"), {**copy_of(BASE)[0].cells, "due": None}))
    first = run(copy)
    assert taken(first) == {"due": None} and len(first.conflicts) == 2
    after = change(records(BASE), "T1", due=None)
    assert merge(TABLE, VA, overlay(BASE, first), copy, after, known=known(first)).changes_nothing
