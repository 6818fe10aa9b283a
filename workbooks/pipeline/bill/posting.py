"""Posting: a reviewed draft becomes an invoice with a number, frozen; what it billed is marked as billed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from workbooks.books import Books
from workbooks.lines import printed
from workbooks.pipeline.bill.drafting import Cycle, charge_rows, cycles, invoice_row, line_rows
from workbooks.pipeline.bill.reviewing import credit_of
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem, Refused, counted
from workbooks.schema import Row

SERIES = "INV"
CREDITS = "CN"
NO_PO = "its purchase order number is missing; fill PO number"


@dataclass(frozen=True)
class Posted:
    """An invoice as it is posted: its row, lines and charges, for the documents."""

    invoice: dict[str, Any]
    lines: list[dict[str, Any]]
    charges: list[dict[str, Any]]
    cycle: Cycle


def number(series: str, last: int) -> str:
    """The number as it is printed."""
    return f"{series}-{last:06d}"


def today(context: Context, now: datetime) -> date:
    """The date on documents: that of the first market's clock."""
    markets = sorted(context.markets.values(), key=lambda market: market.id)
    return now.astimezone(markets[0].zone).date() if markets else now.date()


def post(
    books: Books, now: datetime, only: Sequence[str] = (), account: str | None = None
) -> tuple[Wanted, list[Posted], list[Problem]]:
    """Post every reviewed draft (or those named) whose facts are those that were reviewed and that nothing holds.

    One below zero becomes a credit note, once a manager approved it. Numbers follow each other in the order of the
    drafts' names. The series rows change in the same plan, so that two posts at once cannot give one number twice and
    a post that fails leaves no gap.
    """
    wanted, posted, problems = Wanted(), [], []
    context = Context(books)
    rows = chosen(books, "REVIEWED", only, account, "only a reviewed draft can be posted. Review it first")
    last = {series: _last(books, series) for series in (SERIES, CREDITS)}
    first = dict(last)
    made = cycles(books, [(str(row["account_id"]), row["period_start"]) for row in rows])
    for row, found in zip(rows, made, strict=True):
        cycle, why = _checked(books, context, found, row)
        if cycle is None or why:
            problems.append(Problem(f"{row['invoice_id']} was not posted: {why}"))
            continue
        series = SERIES if cycle.total >= 0 else CREDITS
        last[series] += 1
        one = _posted(context, cycle, row, number(series, last[series]), now)
        posted.append(one)
        wanted.add("invoices", one.invoice)
        wanted.rows.setdefault("invoice_lines", []).extend(one.lines)
        wanted.rows.setdefault("charges", []).extend(one.charges)
        _mark_attempts(wanted, one)
        _carry_adjustments(books, wanted, one)
        if series == CREDITS:
            _credit(books, wanted, one)
    for series, number_now in last.items():
        if number_now != first[series]:
            wanted.add("number_series", {"series": series, "last_number": number_now})
    return wanted, posted, problems


def chosen(books: Books, status: str, only: Sequence[str], account: str | None, need: str) -> list[Row]:
    """Invoices in that state, of all or those named; Refused when one that was named is not in it."""
    rows = sorted(books.rows("invoices", status=status), key=lambda row: str(row["invoice_id"]))
    rows = [row for row in rows if account is None or row["account_id"] == account]
    if not only:
        return rows
    for name in only:
        if all(row["invoice_id"] != name for row in rows):
            named = books.row("invoices", name)
            state = f"is {named['status']}" if named and named["status"] != status else "does not exist"
            raise Refused(f"Invoice {name} {state}; {need}.")
    return [row for row in rows if row["invoice_id"] in only]


def _last(books: Books, series: str) -> int:
    row = books.row("number_series", series)
    return int(row["last_number"]) if row else 0


def _credit(books: Books, wanted: Wanted, one: Posted) -> None:
    """The credit note of a draft below zero counts now; “Record payments” takes it off what is open."""
    note = credit_of(books, str(one.invoice["invoice_id"]))
    assert note is not None, "looked at before posting"
    wanted.add("credit_notes", {
        "cn_id": note["cn_id"], "cn_no": one.invoice["invoice_no"], "posted_on": one.invoice["posted_on"], "status": "POSTED",
        "applied": Decimal("0.00"), "unapplied": note["amount"], "said": None,
    })  # fmt: skip


def _checked(books: Books, context: Context, cycle: Cycle | Refused, row: Row) -> tuple[Cycle | None, str]:
    if isinstance(cycle, Refused):
        return None, str(cycle).rstrip(".")
    if waits := context.go_live.unsigned("ACCOUNT", str(row["account_id"])):
        return cycle, f"{waits}; the manager runs “Sign cut-over” first, or takes the rows out"
    if cycle.problems:
        return cycle, "; ".join(cycle.problems)
    if cycle.unpriced:
        return (
            cycle,
            f"{counted(len(cycle.unpriced), 'charge has', 'charges have')} no price: {cycle.unpriced[0].reason}",
        )
    if cycle.facts_hash != row.get("facts_hash"):
        return cycle, (f"its facts changed since it was reviewed ({row.get('total')} then, {cycle.total} now); "
                       "draft it again and review it")  # fmt: skip
    if cycle.account.get("po_required") and not row.get("po_number"):
        return cycle, NO_PO
    client = books.row("clients", str(cycle.account["client_id"])) or {}
    if client.get("status") == "HOLD":
        return cycle, f"client {cycle.account['client_id']} is on HOLD; change its status on tab Clients"
    if cycle.total < 0:
        return cycle, _not_approved(credit_of(books, str(row["invoice_id"])), cycle.total)
    return cycle, ""


def _not_approved(note: Row | None, total: Decimal) -> str:
    if note is None:
        return f"it comes to {total} and has no credit note; take it BACK and review it again, which makes one"
    if note["amount"] != -total:
        return f"it comes to {total} and its credit note {note['cn_id']} to {note['amount']}; take it BACK and review it again"
    if note["status"] != "APPROVED":
        return f"it comes to {total}; its credit note {note['cn_id']} waits for a manager's APPROVE on tab Credit notes"
    return ""


def _posted(context: Context, cycle: Cycle, row: Row, invoice_no: str, now: datetime) -> Posted:
    on = today(context, now)
    name = str(row["invoice_id"])
    lines = line_rows(cycle, name, "POSTED")
    terms, credit = cycle.account.get("terms_days"), cycle.total < 0
    invoice = {
        **invoice_row(cycle, name), "status": "CREDIT" if credit else "POSTED", "invoice_no": invoice_no, "said": None, "posted_on": on,
        "due_date": None if credit else on + timedelta(days=30 if terms is None else terms), "paid": Decimal("0.00"), "credited": Decimal("0.00"),
        "open_amount": Decimal("0.00") if credit else cycle.total, "lines_hash": lines_hash(lines), "po_number": row.get("po_number"),
    }  # fmt: skip
    charges = [c for c in charge_rows(cycle, name, "INVOICED") if c["status"] == "INVOICED"]
    return Posted(invoice, lines, charges, cycle)


def lines_hash(lines: list[dict[str, Any]]) -> str:
    """Hash of the lines of an invoice: what was posted, and still is."""
    kept = sorted([str(r["line_key"]), str(r["amount"]), str(r["facts"])] for r in lines)
    return sha256(printed({"lines": kept}).encode()).hexdigest()[:16]


def _mark_attempts(wanted: Wanted, one: Posted) -> None:
    for attempt_id in sorted({str(c["attempt_id"]) for c in one.charges if c.get("attempt_id")}):
        wanted.add("attempts", {"attempt_id": attempt_id, "billed_in": one.invoice["invoice_no"]})


def _carry_adjustments(books: Books, wanted: Wanted, one: Posted) -> None:
    """Mark the adjustments an invoice carries, and what their cycles now bill for the first time."""
    carried = {adjusted.adj_id for adjusted in one.cycle.draft.terms.adjustments}
    account_id, name = one.invoice["account_id"], one.invoice["invoice_id"]
    rows = books.rows("billing_adjustments", account_id=account_id) if carried else []
    for row in rows:
        if row["adj_id"] in carried:
            wanted.add("billing_adjustments", {"adj_id": row["adj_id"], "status": "POSTED", "target_id": name})
    corrected = {row["invoice_id"] for row in rows if row["adj_id"] in carried}
    undecided = {
        row["invoice_id"] for row in rows if row["adj_id"] not in carried and row["status"] in ("PROPOSED", "APPROVED")
    }
    attempts: set[str] = set()
    for invoice_id in sorted(corrected - undecided):
        ref = books.row("invoices", str(invoice_id)) or {}
        for charge in books.rows("charges", account_id=account_id, status="RATED"):
            if ref and ref["period_start"] <= charge["service_date"] <= ref["period_end"]:
                wanted.add("charges", {"charge_key": charge["charge_key"], "status": "INVOICED", "invoice_id": name})
                attempts |= {str(charge["attempt_id"])} if charge.get("attempt_id") else set()
    for attempt_id in sorted(attempts):
        wanted.add("attempts", {"attempt_id": attempt_id, "billed_in": one.invoice["invoice_no"]})


def void(books: Books, invoice_id: str, reason: str | None) -> tuple[Wanted, str]:
    """Take a posted invoice back before it was sent: it keeps its number, what it billed may be billed again."""
    wanted = Wanted()
    row = books.row("invoices", invoice_id)
    if row is None or row["status"] != "POSTED":
        state = f"is {row['status']}" if row else "does not exist"
        return (
            wanted,
            f"{invoice_id} {state}; only an invoice that was posted and not yet sent can be void. Give back what is wrong with a credit note",
        )
    if not reason:
        return wanted, f"say in Void reason why {row['invoice_no']} is void"
    wanted.add("invoices", {"invoice_id": invoice_id, "status": "VOID", "open_amount": Decimal("0.00")})
    attempts = set()
    for charge in books.rows("charges", account_id=row["account_id"]):
        if charge.get("invoice_id") == invoice_id and charge["status"] == "INVOICED":
            wanted.add("charges", {"charge_key": charge["charge_key"], "status": "RATED", "invoice_id": None})
            attempts.add(charge.get("attempt_id"))
    for attempt_id in sorted(a for a in attempts if a):
        wanted.add("attempts", {"attempt_id": attempt_id, "billed_in": None})
    for adjusted in books.rows("billing_adjustments", account_id=row["account_id"]):
        if adjusted.get("target_id") == invoice_id and adjusted["status"] == "POSTED":
            wanted.add("billing_adjustments", {"adj_id": adjusted["adj_id"], "status": "APPROVED", "target_id": None})
    return wanted, ""
