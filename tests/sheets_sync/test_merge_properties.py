"""What holds for every history of a copy: nothing is lost, nobody writes where they do not own, order is nothing."""

import random
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheets_sync import compare
from sheets_sync.compare import Formula
from sheets_sync.merge import merge
from sheets_sync.rows import Merge, ReadRow
from tests.sheets_sync.world import (
    AT,
    CHICAGO,
    TABLE,
    VA,
    D,
    S,
    V,
    apply,
    copy_of,
    known,
    overlay,
    records,
    rows,
    values,
    wall,
)  # fmt: skip
from workbooks.schema import Record, Row

SETTINGS = settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
RAWS: dict[str, list[Any]] = {
    "trip": ["T1", "T77", "T78", None, 5.0],
    "market_id": ["CHI", "LA", None],
    "status": ["OPEN", "DONE", "sideways"],
    "note": ["a", "b", " a ", None, "=1+1", "00123", Formula("A1", "x"), "#N/A"],
    "count": [1.0, 2, "3", "three", None, True, 1.5, Formula("1+1", 2.0)],
    "fee": [1.0, "2.50", 0.005, None],
    "low": [90.0, 100, 119, None],
    "high": [95.0, 118.4, 130, "far", None],
    "due": [wall(8, 2, 30), wall(1, 1, 30, month=11), wall(10, 9).date(), "2026-03-10 14:00", 5, None],
    "flags": ["A", "B, A", "Z", None],
    "named": ["Ann", "Bo", None],
}
HELD: dict[str, list[Any]] = {
    "note": ["a", "b", None], "count": [1, 2, 3], "fee": [Decimal("1.00"), Decimal("2.50")], "status": ["OPEN", "DONE"],
    "low": [Decimal("90.0"), None], "due": [AT, None], "flags": [("A",), None], "named": ["Bo", "Cy"],
}  # fmt: skip


@dataclass(frozen=True)
class History:
    base: dict[str, Row]
    copy: list[ReadRow]
    held: dict[str, Record]
    authors: dict[tuple[str, str], Any]


def _rows(given: list[tuple[str | None, dict[str, Any]]]) -> list[ReadRow]:
    return [ReadRow(number, r, raws) for number, (r, raws) in enumerate(given, 2)]


@st.composite
def histories(draw: st.DrawFn, doubles: bool = True) -> History:
    """A base, what people did to the copy of it, and what happened in the ledger meanwhile."""
    size = draw(st.integers(0, 6))
    chance = random.Random(draw(st.integers(0, 2**32)))
    base = rows(
        *(values(f"T{n}", **{c: chance.choice(HELD[c]) for c in chance.sample(sorted(HELD), 3)}) for n in range(size))
    )
    copy = [(row.rid, dict(row.cells)) for row in copy_of(base)]
    for _ in range(draw(st.integers(0, 10))):
        act = chance.choice(["edit"] * 6 + ["delete", "insert", "paste", "blank", "wipe"] + ["double"] * doubles)
        at = chance.randrange(len(copy)) if copy else None
        column = chance.choice(sorted(RAWS))
        if act in ("insert", "paste"):
            filled = {name: chance.choice(RAWS[name]) for name in chance.sample(sorted(RAWS), 5)}
            new = {**dict.fromkeys(TABLE.by_name), "trip": f"T{chance.randrange(9)}", "named": "Di", **filled}
            copy.append((None if act == "insert" else "cafe", new))
        elif at is None:
            continue
        elif act == "edit":
            copy[at][1][column] = chance.choice(RAWS[column])
        elif act == "delete":
            del copy[at]
        elif act == "blank":
            copy.append((None, dict.fromkeys(TABLE.by_name)))
        elif act == "wipe":
            copy[at] = (copy[at][0], dict.fromkeys(TABLE.by_name))
        else:
            copy.append(
                (
                    copy[at][0],
                    {**copy[at][1], **({"trip": f"T{chance.randrange(20, 30)}"} if chance.random() < 0.6 else {})},
                )
            )
    if draw(st.booleans()):
        chance.shuffle(copy)
    held, authors = records(base), {}
    for r in list(held):
        if chance.random() < 0.4:
            column = chance.choice(sorted(HELD))
            held[r] = replace(held[r], rev=2, values={**held[r].values, column: chance.choice(HELD[column])}, by="ben")
            if chance.random() < 0.7:
                authors[r, column] = chance.choice([S, D, V])
        elif chance.random() < 0.15:
            held[r] = replace(held[r], rev=2, void=True)
    for n in (6, 7):
        if chance.random() < 0.2:
            held.update(records(rows(values(f"T{n}"))))
    return History(base, _rows(copy), held, authors)


def run(history: History, **more: Any) -> Merge:
    copy = more.pop("copy", history.copy)
    return merge(
        TABLE,
        more.pop("source", VA),
        more.pop("base", history.base),
        copy,
        more.pop("held", history.held),
        authors=history.authors,
        **more,
    )


@SETTINGS
@given(histories())
def test_no_value_that_somebody_typed_is_lost(history: History) -> None:
    """Every cell that differs from what was written is taken, held by the ledger, on Conflicts, or in a note."""
    merged = run(history, sure=True)
    after = apply(history.held, merged)
    forms = compare.forms(TABLE, history.base, CHICAGO)
    whole = [str(p.values["sheet_value"]) for p in merged.conflicts if p.values["column_name"] is None]
    whole += [note.value for note in merged.notes]
    single = {(p.values["row_id"], p.values["column_name"], p.values["sheet_value"]) for p in merged.conflicts}
    for row in history.copy:
        if compare.all_blank(row.cells.values()):
            continue  # deleted: see below
        form = forms.get(row.rid or "", {})
        changed = [name for name, raw in row.cells.items() if not compare.same(raw, form.get(name))]
        homes = {r for r in (row.rid, merged.born.get(row.position)) if r} | {
            r
            for r in after
            if after[r].values["trip"] == compare.read(row.cells["trip"], TABLE.by_name["trip"], VA.reading).value
        }
        for name in changed:
            raw = row.cells[name]
            if compare.is_blank(raw) and (not form or row.position in merged.born):
                continue
            read = compare.read(raw, TABLE.by_name[name], replace(VA.reading, zone=CHICAGO))
            text = compare.said(raw if read.bad else read.value, CHICAGO)
            stands = not read.bad and any(
                r in after and not after[r].void and compare.same_value(read.value, after[r].values.get(name), CHICAGO)
                for r in homes
            )
            unchanged = any(
                compare.same(raw, forms[r].get(name))
                or (not read.bad and compare.same_value(read.value, history.base[r].get(name), CHICAGO))
                for r in homes & forms.keys()
            )
            told = any((r, name, text) in single for r in homes) or any(
                (compare.said(raw, CHICAGO) or "") in held for held in whole if text
            )
            emptied_in_left_out = text is None and any(
                note.where.row == row.position and ("not taken in" in note.what or "left out" in note.what)
                for note in merged.notes
            )
            assert stands or unchanged or told or emptied_in_left_out, (name, raw, merged)


@SETTINGS
@given(histories())
def test_only_owned_columns_ever_reach_the_ledger(history: History) -> None:
    for source in (VA, replace(VA, roles=(D,)), replace(VA, roles=(S,))):
        merged = run(history, source=source, sure=True)
        after = apply(history.held, merged)
        for r, record in after.items():
            old = history.held.get(r)
            if old is None or old.void:
                assert record == old or any(role in TABLE.new_rows for role in source.roles)
                continue
            for name, value in record.values.items():
                if value != old.values.get(name):
                    assert TABLE.by_name[name].owned_by(source.roles) and name not in TABLE.key


@SETTINGS
@given(histories())
def test_merging_the_result_again_plans_nothing(history: History) -> None:
    first = run(history, sure=True)
    after = apply(history.held, first)
    for base in (history.base, overlay(history.base, first)):
        again = run(history, base=base, held=after, known=known(first), sure=True)
        assert again.changes_nothing, again


@SETTINGS
@given(histories())
def test_an_untouched_copy_plans_nothing_whatever_the_ledger_did(history: History) -> None:
    merged = run(history, copy=copy_of(history.base))
    assert merged.changes_nothing and not merged.notes and not merged.stopped


@SETTINGS
@given(histories(doubles=False), st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(history: History, chance: random.Random) -> None:
    """Sorting is no edit. (Two rows with one key are told apart by which is the upper one, so they are left out.)"""
    keys = [str(compare.read(row.cells["trip"], TABLE.by_name["trip"], VA.reading).value) for row in history.copy]
    distinct = [row for row, key in zip(history.copy, keys, strict=True) if keys.count(key) == 1]
    turned = chance.sample(distinct, len(distinct))
    turned = [replace(row, position=number) for number, row in enumerate(turned, 2)]
    one, other = run(history, copy=distinct, sure=True), run(history, copy=turned, sure=True)
    assert one.puts == other.puts and one.voids == other.voids and one.agreed == other.agreed
    assert known(one) == known(other) and set(one.born.values()) == set(other.born.values())


@SETTINGS
@given(histories())
def test_the_same_inputs_give_the_same_merge(history: History) -> None:
    assert run(history) == run(history) == run(history, copy=history.copy[::-1])


@SETTINGS
@given(histories())
def test_rows_only_go_where_somebody_deleted_them(history: History) -> None:
    merged = run(history, sure=True)
    there = {row.rid for row in history.copy if not compare.all_blank(row.cells.values())}
    for void in merged.voids:
        assert void.rid in history.base and void.rid not in there
        assert history.held[void.rid].values == history.base[void.rid]
