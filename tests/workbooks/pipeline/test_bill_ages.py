"""How old open invoices are (golden example G9), night by night."""

from datetime import UTC, date, datetime
from typing import Any

from stopbook.job import Params
from stopbook.jobs.age_invoices import JOB, plan
from workbooks.books import Books

LAST_OF_MARCH = datetime(2026, 3, 31, 8, tzinfo=UTC)
MARKETS = [{"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}]


def invoice(number: str, due: str | None, status: str = "SENT", **more: Any) -> dict[str, Any]:
    return {
        "invoice_id": number,
        "account_id": "A1",
        "status": status,
        "due_date": date.fromisoformat(due) if due else None,
        **more,
    }


G9 = [invoice("INV-1001", "2026-02-09", "PARTIAL"), invoice("INV-1014", "2026-03-17"), invoice("INV-1020", "2026-03-31", "POSTED"),
      invoice("INV-0988", "2025-12-31"), invoice("INV-0975", "2025-12-28")]  # fmt: skip


def aged(*rows: dict[str, Any], now: datetime = LAST_OF_MARCH) -> dict[str, Any]:
    made = plan(Books.of({"markets": MARKETS, "invoices": rows}), Params(now, "t", "t"))
    return {put.key[0]: put.values["age"] for put in made.puts}


def test_g9():
    assert aged(*G9) == {
        "INV-1001": "31-60",
        "INV-1014": "1-30",
        "INV-1020": "CURRENT",
        "INV-0988": "61-90",
        "INV-0975": "90+",
    }


def test_the_next_night_only_what_has_grown_older_is_written():
    stand = [{**row, "age": age} for row, age in zip(G9, aged(*G9).values(), strict=True)]
    assert aged(*stand) == {}
    assert aged(*stand, now=datetime(2026, 4, 1, 8, tzinfo=UTC)) == {"INV-1020": "1-30", "INV-0988": "90+"}


def test_the_day_is_that_of_the_first_market_and_not_that_of_greenwich():
    assert aged(invoice("I", "2026-03-31"), now=datetime(2026, 4, 1, 2, tzinfo=UTC)) == {"I": "CURRENT"}


def test_what_is_paid_or_void_has_no_age_any_more():
    old = [invoice(status, "2026-01-01", status, age="61-90") for status in ("PAID", "CREDITED", "VOID")]
    assert aged(*old, invoice("D", None, "DRAFT")) == {"PAID": None, "CREDITED": None, "VOID": None}


def test_a_posted_invoice_lets_its_age_change_and_nothing_else():
    from workbooks.tables.invoices import TABLE

    posted = invoice("I", "2026-03-01", "POSTED")
    assert TABLE.seal(posted, ["age"]) is None
    assert TABLE.seal(posted, ["age", "total"]) is not None
    assert JOB.posts is False
