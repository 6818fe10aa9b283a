"""Charges of a day and drafts of a cycle, as rows that should stand; what has no price becomes a case for somebody."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.bill.drafting import (
    Cycle,
    charge_row,
    charge_rows,
    cycles,
    draft_id,
    invoice_row,
    is_fixed,
    line_rows,
)
from workbooks.pipeline.bill.due import due
from workbooks.pipeline.bill.facts import gather
from workbooks.pipeline.bill.rating import Book, Charge, rate
from workbooks.pipeline.bill.reviewing import withdraw
from workbooks.pipeline.cases import due_at
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem, Refused
from workbooks.rules.exceptions.open import Fault, case_id, open_cases
from workbooks.tables.exceptions import DONE

UNPRICED = "UNPRICED"
_ON_DRAFT = ("invoice_id", "charge", "discount", "fuel", "fuel_week")


def rate_day(books: Books, day: date, accounts: Iterable[str] | None = None) -> Wanted:
    """Charges of everything that is billable on a local calendar date, of all accounts or of some."""
    context = Context(books)
    names = sorted(context.accounts) if accounts is None else sorted(accounts)
    book = Book(context, names)
    charges = rate(book, due(book, gather(context, names, day, day)))
    wanted = Wanted()
    rows = {}
    for charge in charges:
        row = charge_row(charge, None, "", {}, {})
        rows[charge.key] = {name: value for name, value in row.items() if name not in _ON_DRAFT}
    _stand(books, wanted, rows, names, [day])
    _cases(context, wanted, charges)
    unpriced = sum(charge.status == UNPRICED for charge in charges)
    if unpriced:
        wanted.notes.append(f"{unpriced:,} charges of {day} have no price; each is a case on tab Exceptions.")
    return wanted


def draft(books: Books, account_id: str, day: date) -> tuple[Wanted, Cycle | None, list[Problem]]:
    """Rows of the draft of the cycle that `day` lies in; nothing where it was posted already."""
    [found] = drafts(books, [account_id], day)
    return found


def drafts(books: Books, accounts: Sequence[str], day: date) -> list[tuple[Wanted, Cycle | None, list[Problem]]]:
    """The same for several accounts, priced in one go."""
    made = cycles(books, [(account_id, day) for account_id in accounts])
    return [_draft(books, account_id, cycle) for account_id, cycle in zip(accounts, made, strict=True)]


def _draft(books: Books, account_id: str, cycle: Cycle | Refused) -> tuple[Wanted, Cycle | None, list[Problem]]:
    wanted = Wanted()
    if isinstance(cycle, Refused):
        return wanted, None, [Problem(str(cycle).rstrip("."))]
    name, before = draft_id(books, account_id, cycle.start)
    if is_fixed(before):
        assert before is not None
        wanted.notes.append(
            f"{account_id} from {cycle.start} was posted as {before['invoice_no']}; what changed since is proposed as adjustments."
        )
        return wanted, None, []
    if not cycle.charges and not cycle.draft.lines and before is None:
        return wanted, None, []
    lines = line_rows(cycle, name)
    row = invoice_row(cycle, name)
    if before is not None and before["status"] == "REVIEWED":
        # what was reviewed stays reviewed only as long as it is what was reviewed
        row["status"] = "REVIEWED" if before.get("facts_hash") == row["facts_hash"] else "DRAFT"
        if row["status"] == "DRAFT":
            wanted = withdraw(books, name)
    wanted.add("invoices", row)
    wanted.rows["invoice_lines"] = lines
    keys = {line["line_key"] for line in lines}
    wanted.gone["invoice_lines"] = [
        (name, old["line_key"]) for old in books.rows("invoice_lines", invoice_id=name) if old["line_key"] not in keys
    ]
    days = [date.fromordinal(n) for n in range(cycle.start.toordinal(), cycle.end.toordinal() + 1)]
    _stand(books, wanted, {r["charge_key"]: r for r in charge_rows(cycle, name)}, [account_id], days)
    _cases(Context(books), wanted, cycle.charges)
    wanted.notes += cycle.notes
    return wanted, cycle, [Problem(what) for what in cycle.problems]


def _stand(
    books: Books, wanted: Wanted, rows: dict[str, dict[str, Any]], accounts: list[str], days: list[date]
) -> None:
    """Charges that should stand; what was invoiced is left alone, what no longer falls due goes out of use."""
    existing = {r["charge_key"]: r for r in books.rows("charges", account_id=accounts, service_date=days)}
    billed = {key for key, row in existing.items() if row["status"] == "INVOICED"}
    wanted.rows.setdefault("charges", []).extend(row for key, row in rows.items() if key not in billed)
    wanted.known += len(billed & rows.keys())
    wanted.gone["charges"] = [(key,) for key in existing if key not in rows and key not in billed]


def _cases(context: Context, wanted: Wanted, charges: list[Charge]) -> None:
    """A case of family data for each stop without a price; it closes itself once the price is there."""
    without = {str(c.event.stop["stop_id"]): c for c in charges if c.status == UNPRICED and c.event.stop.get("stop_id")}
    stops = sorted({str(c.event.stop["stop_id"]) for c in charges if c.event.stop.get("stop_id")})
    existing = {
        key[0]: r.values for key, r in context.books.prefetch("exceptions", [case_id(s, "data") for s in stops]).items()
    }
    for stop_id, charge in without.items():
        event = charge.event
        codes = context.codes(event.on)
        fault = Fault(stop_id, UNPRICED, event.at, event.attempt.get("attempt_id"))
        market = context.markets.get(event.market_id)
        clock: datetime = due_at(context, market, event.at) if market else event.at
        for exc_id, case in open_cases([fault], codes, existing, {fault: clock}).items():
            if exc_id not in existing:
                case |= {"market_id": event.market_id or None, "service_date": market.day_of(event.at) if market else event.on,
                         "account_id": event.account_id, "recipient": event.stop.get("recipient"), "internal_note": charge.reason}  # fmt: skip
            wanted.add("exceptions", {"exc_id": exc_id, **case})
    for exc_id, row in existing.items():
        if row["code"] == UNPRICED and row["status"] not in DONE and str(row["stop_id"]) not in without:
            wanted.add(
                "exceptions",
                {"exc_id": exc_id, "status": "RESOLVED", "disposition": row.get("disposition") or "RELEASED"},
            )
