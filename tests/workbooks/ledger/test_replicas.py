from datetime import timedelta
from decimal import Decimal

import pytest

from tests.workbooks.ledger.support import AT, apply, rid
from workbooks.ledger import IntentState, LeaseLost
from workbooks.plan import Base
from workbooks.problems import Refused

A, B = rid("A"), rid("B")


def base(name, generation, replica="sheet", **values):
    return Base(replica, "parcels", rid(name), generation, values or None)


def agree(ledger, *bases):
    apply(ledger, key=str([(b.rid, b.generation, b.values) for b in bases]), bases=bases)


def test_bases_answer_for_every_generation(ledger):
    agree(ledger, base("A", 1, price=Decimal("1.50"), note=None), base("B", 1, count=1), base("A", 1, "book", count=7))
    agree(ledger, base("A", 3, price=Decimal("2.00"), tags=("A", "B")))
    agree(ledger, base("B", 4))
    agree(ledger, base("B", 6, count=2))
    first = {A: {"price": Decimal("1.50"), "note": None}, B: {"count": 1}}
    second = {A: {"price": Decimal("2.00"), "tags": ("A", "B")}}
    for generation, expected in [(0, {}), (1, first), (2, first), (3, second | {B: {"count": 1}}), (4, second),
                                 (5, second), (6, second | {B: {"count": 2}}), (99, second | {B: {"count": 2}})]:  # fmt: skip
        assert ledger.bases("sheet", generation, "parcels") == expected
    assert ledger.bases("book", 9, "parcels") == {A: {"count": 7}}
    assert ledger.bases("sheet", 9, "claims") == {}
    assert [ledger.generation(name) for name in ("sheet", "book", "none")] == [6, 1, 0]


def test_a_base_may_be_agreed_on_again(ledger):
    agree(ledger, base("A", 1, count=1))
    agree(ledger, base("A", 1, count=2))
    assert ledger.bases("sheet", 1, "parcels") == {A: {"count": 2}}


def test_forgetting_changes_no_later_answer(ledger):
    for generation in range(1, 9):
        values = {} if generation % 3 == 0 else {"count": generation}
        agree(ledger, base("A", generation, **values), base("A", generation, "book", count=generation))
    agree(ledger, base("B", 2, count=5))
    before = {generation: ledger.bases("sheet", generation, "parcels") for generation in range(6, 10)}
    assert ledger.forget_bases("sheet", 6) == 5
    assert {generation: ledger.bases("sheet", generation, "parcels") for generation in range(6, 10)} == before
    assert ledger.forget_bases("sheet", 6) == 0
    assert ledger.generation("sheet") == 8
    assert ledger.bases("book", 1, "parcels") == {A: {"count": 1}}


def test_copies_are_found_by_how_they_begin_and_let_go_whole(ledger):
    for name in ("book@1#ab", "book@1#ab~", "book@12", "bo%k@1", "books@1", "book"):
        ledger.keep_bases([base("A", 3, name, count=1), base("B", 4, name, count=2)])
    assert sorted(ledger.copies("book@")) == ["book@1#ab", "book@1#ab~", "book@12"]
    assert ledger.copies("bo%k@") == ["bo%k@1"], "a name is no pattern"
    assert ledger.forget_copies(["book@1#ab", "book@1#ab~", "nobody"]) == 4
    assert ledger.copies("book@") == ["book@12"]
    assert ledger.bases("book", 9, "parcels") == ledger.bases("book@12", 9, "parcels") != {}


def test_what_was_intended_is_known_whatever_became_of_it(ledger):
    numbers = [ledger.intend("sheet", 1, {"token": token}, AT) for token in (77, 78, 79)]
    ledger.intend("book", 1, {"cells": 3, "text": "80"}, AT)
    ledger.settle(numbers[0], IntentState.DONE, AT)
    ledger.settle(numbers[1], IntentState.ABANDONED, AT)
    assert [ledger.intended("sheet", "token", token) for token in (76, 77, 78, 79)] == [False, True, True, True]
    assert not ledger.intended("book", "token", 77) and not ledger.intended("sheet", "cells", 3)


def test_a_write_is_noted_before_and_settled_after(ledger):
    first = ledger.intend("sheet", 1, {"token": 77, "cells": ["A1", None]}, AT)
    second = ledger.intend("sheet", 2, {}, AT)
    ledger.intend("book", 1, {}, AT)
    assert [(i.id, i.generation, i.intent, i.state, i.at) for i in ledger.open_intents("sheet")] == [
        (first, 1, {"token": 77, "cells": ["A1", None]}, IntentState.INTENDED, AT),
        (second, 2, {}, IntentState.INTENDED, AT),
    ]
    assert ledger.generation("sheet") == 0
    ledger.settle(first, IntentState.DONE, AT)
    ledger.settle(first, IntentState.DONE, AT + timedelta(seconds=5))
    assert ledger.generation("sheet") == 1
    ledger.settle(second, IntentState.ABANDONED, AT)
    assert ledger.generation("sheet") == 1
    assert ledger.open_intents("sheet") == []
    with pytest.raises(Refused, match=f"The write {first} is already DONE, so it cannot become ABANDONED"):
        ledger.settle(first, IntentState.ABANDONED, AT)
    with pytest.raises(Refused, match="The write 999 is not in the journal"):
        ledger.settle(999, IntentState.DONE, AT)


def test_a_lease_has_one_holder_and_a_growing_epoch(ledger):
    later = AT + timedelta(seconds=31)
    mine = ledger.lease("sync", "hub-1", AT, 30)
    assert (mine.epoch, mine.until) == (1, AT + timedelta(seconds=30))
    with pytest.raises(Refused, match="“sync” is held by hub-1 until 2026-03-10 14:05:30 UTC"):
        ledger.lease("sync", "hub-2", AT + timedelta(seconds=29), 30)
    assert ledger.lease("other", "hub-2", AT, 30).epoch == 1
    longer = ledger.renew(mine, AT + timedelta(seconds=20), 30)
    assert longer.epoch == 1
    with pytest.raises(Refused, match="held by hub-1"):
        ledger.lease("sync", "hub-2", later, 30)
    theirs = ledger.lease("sync", "hub-2", later + timedelta(seconds=30), 30)
    assert theirs.epoch == 2
    for lost in (mine, longer):
        with pytest.raises(LeaseLost, match="taken over by hub-2"):
            ledger.renew(lost, later, 30)
        with pytest.raises(LeaseLost):
            ledger.intend("sheet", 1, {}, AT, fence=lost)
    ledger.release(mine)
    assert ledger.intend("sheet", 1, {}, AT, fence=theirs)
    ledger.release(theirs)
    with pytest.raises(LeaseLost, match="was given back"):
        ledger.renew(theirs, later, 30)
    assert ledger.lease("sync", "hub-1", later, 30).epoch == 3


def test_a_holder_that_starts_again_locks_its_former_self_out(ledger):
    former = ledger.lease("sync", "hub-1", AT, 30)
    now = ledger.lease("sync", "hub-1", AT + timedelta(seconds=1), 30)
    assert now.epoch == former.epoch + 1
    with pytest.raises(LeaseLost):
        ledger.renew(former, AT, 30)
    assert ledger.renew(now, AT + timedelta(hours=1), 30).until == AT + timedelta(hours=1, seconds=30)


def test_notes_are_settled_together_with_what_is_agreed_on(ledger):
    first, second = (ledger.intend("sheet", number, {}, AT) for number in (1, 2))
    ledger.settle([first, second], IntentState.DONE, AT, agreed=[base("A", 2, count=3)])
    assert ledger.open_intents("sheet") == [] and ledger.bases("sheet", 2, "parcels") == {A: {"count": 3}}
    third = ledger.intend("sheet", 3, {}, AT)
    with pytest.raises(Refused, match="The write 999 is not in the journal"):
        ledger.settle([third, 999], IntentState.DONE, AT, agreed=[base("A", 3, count=4)])
    assert [note.id for note in ledger.open_intents("sheet")] == [third]
    assert ledger.bases("sheet", 3, "parcels") == {A: {"count": 3}}


def test_whoever_lost_the_lease_neither_settles_nor_agrees(ledger):
    lost = ledger.lease("sync", "hub-1", AT, 30)
    note = ledger.intend("sheet", 1, {}, AT, fence=lost)
    ledger.lease("sync", "hub-2", AT + timedelta(seconds=31), 30)
    with pytest.raises(LeaseLost, match="taken over by hub-2"):
        ledger.settle(note, IntentState.DONE, AT, agreed=[base("A", 1, count=1)], fence=lost)
    with pytest.raises(LeaseLost, match="taken over by hub-2"):
        ledger.keep_bases([base("A", 1, count=1)], fence=lost)
    assert [open_one.id for open_one in ledger.open_intents("sheet")] == [note]
    assert ledger.bases("sheet", 1, "parcels") == {}
