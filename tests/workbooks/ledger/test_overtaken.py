"""A plan goes in only while what it was made from still holds: what was read, and what would be read by now."""

from datetime import date

import pytest

from tests.workbooks.ledger.support import AT, claim, no_parcel, parcel, plan
from workbooks.ledger import Ledger, Run, Stale
from workbooks.plan import Plan, Put

DAY = date(2026, 3, 10)


def settled(ledger: Ledger, made: Plan, name: str, read: object = None) -> Run:
    return ledger.apply(made, run_key=name, inputs_hash="", by="ana", via="test", at=AT, read=read)  # type: ignore[arg-type]


def of_day(name: str, expect: int = 0, market: str = "CHI", **values: object) -> Put:
    return parcel(name, expect, **{"market_id": market, "service_date": DAY, **values})


@pytest.fixture
def two(ledger: Ledger) -> Ledger:
    settled(ledger, plan(of_day("P1", note="a"), of_day("P2", market="DAL"), claim("C1", status="OPEN")), "start")
    return ledger


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(of_day("P1", 1, note="b"), id="a row that was read changed"),
        pytest.param(no_parcel("P1", 1), id="a row that was read went out of use"),
        pytest.param(of_day("P3"), id="a row came that would have been read"),
        pytest.param(of_day("P1", 1, market="CHI", service_date=date(2026, 3, 11)), id="a row that was read left"),
    ],
)
def test_what_a_plan_was_made_from_changed_meanwhile(two: Ledger, meanwhile: Put) -> None:
    books = two.books()
    assert [row["parcel_id"] for row in books.rows("parcels", market_id="CHI", service_date=DAY)] == ["P1"]
    settled(two, plan(meanwhile), "somebody else")
    with pytest.raises(Stale, match=r"Parcels P\d / 1 was changed by ana at 2026-03-10 14:05 UTC, while this was"):
        settled(two, plan(claim("C1", 1, amount=7)), "late", books)
    assert two.by_rid("claims", [two.load("claims", {})[0].rid]).popitem()[1].rev == 1


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(of_day("P2", 1, market="DAL", note="b"), id="another market's row"),
        pytest.param(of_day("P4", market="DAL"), id="a new row of another market"),
        pytest.param(claim("C2", status="OPEN"), id="a table nobody asked"),
    ],
)
def test_what_the_plan_did_not_look_at_may_change(two: Ledger, meanwhile: Put) -> None:
    books = two.books()
    books.rows("parcels", market_id="CHI", service_date=DAY)
    settled(two, plan(meanwhile), "somebody else")
    assert settled(two, plan(claim("C1", 1, amount=7)), "late", books).result["changed"] == 1


def test_a_row_that_was_asked_for_and_missing_comes_meanwhile(two: Ledger) -> None:
    books = two.books()
    assert books.row("parcels", "P9", "1") is None
    settled(two, plan(of_day("P9")), "somebody else")
    with pytest.raises(Stale):
        settled(two, plan(claim("C1", 1, amount=7)), "late", books)


def test_what_if_books_count_as_read(two: Ledger) -> None:
    books = two.books()
    books.with_puts([of_day("P7")]).rows("parcels", market_id="CHI", service_date=DAY)
    settled(two, plan(of_day("P1", 1, note="b")), "somebody else")
    with pytest.raises(Stale):
        settled(two, plan(claim("C1", 1, amount=7)), "late", books)


def test_the_list_of_several_values(two: Ledger) -> None:
    books = two.books()
    books.rows("parcels", market_id=["CHI", "DAL"], service_date=DAY)
    settled(two, plan(of_day("P5", market="DAL")), "somebody else")
    with pytest.raises(Stale):
        settled(two, plan(claim("C1", 1, amount=7)), "late", books)
