"""Review: somebody looked a draft through. One below zero is given back: its review makes the credit note a manager approves."""

from typing import Any

from workbooks.books import Books
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import counted
from workbooks.schema import Row

ADJUSTMENT = "ADJUSTMENT"
"""the reason of a credit note that is a draft below zero"""
WAITING = ("DRAFT", "APPROVED")


def review(books: Books, invoice: Row) -> tuple[Wanted, str]:
    """What stands once a draft was looked through, or why it cannot be yet."""
    wanted, name = Wanted(), str(invoice["invoice_id"])
    if (invoice.get("unpriced") or 0) > 0:
        return (
            wanted,
            f"{name} has {counted(invoice['unpriced'], 'charge')} without a price; give each a rate and draft it again",
        )
    wanted.add("invoices", {"invoice_id": name, "status": "REVIEWED"})
    if invoice["total"] < 0:
        wanted.add("credit_notes", _credit(books, invoice))
    return wanted, ""


def withdraw(books: Books, invoice_id: str) -> Wanted:
    """The draft is looked at again, so what its review asked for is off."""
    wanted, standing = Wanted(), credit_of(books, invoice_id)
    if standing is not None:
        wanted.add("credit_notes", {"cn_id": standing["cn_id"], "status": "REJECTED"})
    return wanted


def credit_of(books: Books, invoice_id: str) -> Row | None:
    """The credit note that a reviewed draft below zero waits with, if there is one."""
    rows = books.rows("credit_notes", invoice_id=invoice_id)
    return next((row for row in rows if row["reason"] == ADJUSTMENT and row["status"] in WAITING), None)


def _credit(books: Books, invoice: Row) -> dict[str, Any]:
    name = str(invoice["invoice_id"])
    turn = len([row for row in books.rows("credit_notes", invoice_id=name) if row["reason"] == ADJUSTMENT]) + 1
    return {
        "cn_id": f"CN-{name}" + (f"-{turn}" if turn > 1 else ""), "account_id": invoice["account_id"], "invoice_id": name,
        "status": "DRAFT", "reason": ADJUSTMENT, "amount": -invoice["total"],
        "note": f"{name} comes to {invoice['total']}; posting it gives this back",
    }  # fmt: skip
