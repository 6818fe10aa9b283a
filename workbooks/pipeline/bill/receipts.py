"""Money in: payments are applied to invoices, credit notes take their number and come off theirs; nothing goes below zero."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.bill.posting import number, today
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.schema import Row
from workbooks.tables.invoices import OPEN

NOTHING = Decimal("0.00")


def receive(books: Books, now: datetime) -> Wanted:
    """Apply what is new on Applied, then approved credit notes, in the order of their names."""
    ledger = _Ledger(books)
    for row in sorted(
        books.rows("applications", status=["NEW", "REFUSED", None]),
        key=lambda r: (str(r["pay_id"]), str(r["invoice_no"])),
    ):
        ledger.apply(row)
    series = books.row("number_series", "CN")
    first = last = int(series["last_number"]) if series else 0
    on = today(Context(books), now)
    for row in sorted(books.rows("credit_notes", status=["APPROVED", "POSTED"]), key=lambda r: str(r["cn_id"])):
        last = ledger.credit(row, last, on)
    wanted = ledger.wanted()
    if last != first:
        wanted.add("number_series", {"series": "CN", "last_number": last})
    return wanted


class _Ledger:
    """Invoices and payments as they stand while one thing after the other is applied."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.invoices = {str(r["invoice_no"]): dict(r) for r in books.rows("invoices") if r.get("invoice_no")}
        self.by_id = {str(r["invoice_id"]): r for r in self.invoices.values()}
        self.payments = {str(r["pay_id"]): dict(r) for r in books.rows("payments")}
        self.touched: set[str] = set()
        self.rows = Wanted()
        for payment in self.payments.values():
            payment["applied"] = payment.get("applied") or NOTHING

    def apply(self, row: Row) -> None:
        why = self._refuse(row)
        key = {"pay_id": row["pay_id"], "invoice_no": row["invoice_no"]}
        if why:
            self.rows.add("applications", {**key, "status": "REFUSED", "said": why})
            self.rows.notes.append(why)
            return
        invoice, payment = self.invoices[str(row["invoice_no"])], self.payments[str(row["pay_id"])]
        invoice["paid"] = (invoice.get("paid") or NOTHING) + row["amount"]
        payment["applied"] += row["amount"]
        if row.get("short_pay_code"):
            invoice["short_pay_code"] = row["short_pay_code"]
        self.touched.add(str(row["invoice_no"]))
        self.rows.add("applications", {**key, "status": "APPLIED", "said": None})

    def _refuse(self, row: Row) -> str:
        payment, invoice = self.payments.get(str(row["pay_id"])), self.invoices.get(str(row["invoice_no"]))
        what = f"Payment {row['pay_id']} for {row['invoice_no']}"
        amount = row["amount"]
        if payment is None:
            return f"{what}: there is no payment {row['pay_id']}; enter it on tab Payments first."
        if invoice is None:
            return f"{what}: there is no invoice {row['invoice_no']}; correct the number."
        if invoice["client_id"] != payment["client_id"]:
            return f"{what}: the invoice is {invoice['client_id']}'s, the payment {payment['client_id']}'s; correct one of them."
        if invoice["status"] not in OPEN or invoice["status"] == "POSTED":
            way = "mark it SENT first" if invoice["status"] == "POSTED" else "leave the payment unapplied"
            return f"{what}: the invoice is {invoice['status']}; {way}."
        if amount <= 0:
            return f"{what}: {amount} is not above zero; correct the amount."
        if amount > self._open(invoice):
            return f"{what}: {amount} is more than the {self._open(invoice)} that is open; apply that much, the rest stays unapplied."
        left = payment["amount"] - payment["applied"]
        if amount > left:
            return f"{what}: {amount} is more than the {left} that is left of the payment; correct the amount."
        return ""

    def credit(self, row: Row, last: int, on: Any) -> int:
        """Number and apply one credit note; returns the last number of the series."""
        invoice = self.by_id.get(str(row["invoice_id"]))
        changed: dict[str, Any] = {"cn_id": row["cn_id"]}
        if invoice is None or invoice["account_id"] != row["account_id"] or invoice["status"] in ("POSTED", "VOID"):
            state = f"is {invoice['status']}" if invoice else "is not posted"
            if invoice is not None and invoice["account_id"] != row["account_id"]:
                state = f"belongs to {invoice['account_id']}"
            changed["said"] = (
                f"invoice {row['invoice_id']} {state}; a credit note needs an invoice of {row['account_id']} that was sent"
            )
            self.rows.notes.append(f"Credit {row['cn_id']} was not applied: {changed['said']}.")
            self.rows.add("credit_notes", changed)
            return last
        if row["status"] == "APPROVED":
            last += 1
            changed |= {"cn_no": number("CN", last), "posted_on": on}
        applied = row.get("applied") or NOTHING
        take = min(row["amount"] - applied, self._open(invoice))
        invoice["credited"] = (invoice.get("credited") or NOTHING) + take
        if take:
            self.touched.add(str(invoice["invoice_no"]))
        left = row["amount"] - applied - take
        # a credit above the open balance keeps the rest for later, visibly
        changed |= {"applied": applied + take, "unapplied": left, "status": "APPLIED" if not left else "POSTED",
                    "said": f"{left} is left over; the invoice had less open" if left else None}  # fmt: skip
        self.rows.add("credit_notes", changed)
        return last

    def _open(self, invoice: Row) -> Decimal:
        made: Decimal = invoice["total"] - (invoice.get("paid") or NOTHING) - (invoice.get("credited") or NOTHING)
        return made

    def wanted(self) -> Wanted:
        for invoice_no in sorted(self.touched):
            invoice = self.invoices[invoice_no]
            left = self._open(invoice)
            status = "PARTIAL" if left else "PAID" if invoice.get("paid") else "CREDITED"
            if left == invoice["total"]:
                status = str(invoice["status"])
            self.rows.add("invoices", {
                "invoice_id": invoice["invoice_id"], "paid": invoice.get("paid") or NOTHING, "credited": invoice.get("credited") or NOTHING,
                "open_amount": left, "status": status, "short_pay_code": invoice.get("short_pay_code") if left else None,
            })  # fmt: skip
        for payment in self.payments.values():
            self.rows.add(
                "payments",
                {
                    "pay_id": payment["pay_id"],
                    "applied": payment["applied"],
                    "unapplied": payment["amount"] - payment["applied"],
                },
            )
        return self.rows
