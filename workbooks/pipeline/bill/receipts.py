"""Money in: payments are applied to invoices, credit notes take their number and come off theirs; nothing goes below zero."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.bill.posting import CREDITS, number, today
from workbooks.pipeline.bill.reviewing import ADJUSTMENT
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.schema import Row
from workbooks.tables.invoices import OPEN

NOTHING = Decimal("0.00")


def receive(books: Books, now: datetime) -> Wanted:
    """Apply what is new on Applied, then approved credit notes, in the order of their names."""
    context = Context(books)
    on = today(context, now)
    ledger = _Ledger(books, on)
    new = books.rows("applications", status=["NEW", "REFUSED", None])
    for row in sorted(new, key=lambda r: (str(r["pay_id"]), str(r["invoice_no"]))):
        ledger.apply(row)
    series = books.row("number_series", CREDITS)
    first = last = int(series["last_number"]) if series else 0
    for row in sorted(books.rows("credit_notes", status=["APPROVED", "POSTED"]), key=lambda r: str(r["cn_id"])):
        last = ledger.credit(row, last)
    ledger.spread(context.policy("rest_of_credits", on) == "NEXT")
    wanted = ledger.wanted()
    if last != first:
        wanted.add("number_series", {"series": CREDITS, "last_number": last})
    return wanted


class _Ledger:
    """Invoices and payments as they stand while one thing after the other is applied."""

    def __init__(self, books: Books, on: date) -> None:
        self.on = on
        self.invoices = {str(r["invoice_no"]): dict(r) for r in books.rows("invoices") if r.get("invoice_no")}
        self.by_id = {str(r["invoice_id"]): r for r in self.invoices.values()}
        self.payments = {str(r["pay_id"]): dict(r) for r in books.rows("payments")}
        self.touched: set[str] = set()
        self.credits: list[dict[str, Any]] = []
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

    def credit(self, row: Row, last: int) -> int:
        """Number one credit note and take it off its own invoice; returns the last number of the series."""
        why = self._holds(row)
        if why:
            self.rows.notes.append(f"Credit {row['cn_id']} was not applied: {why}.")
            self.rows.add("credit_notes", {"cn_id": row["cn_id"], "said": why})
            return last
        made: dict[str, Any] = {**row, "applied": row.get("applied") or NOTHING}
        if row["status"] == "APPROVED":
            last += 1
            made |= {"cn_no": number(CREDITS, last), "posted_on": self.on}
        own = self.by_id[str(row["invoice_id"])]
        if own["status"] != "CREDIT" and (took := self._take(made, own)):
            self._allot(made, own, took)
        self.credits.append(made)
        return last

    def _holds(self, row: Row) -> str:
        """Why a credit note cannot count yet; “” when it can."""
        invoice = self.by_id.get(str(row["invoice_id"]))
        if row["reason"] == ADJUSTMENT:
            return "" if row["status"] == "POSTED" else f"post {row['invoice_id']} first, which gives it its number"
        if invoice is None or invoice["status"] in ("POSTED", "VOID", "CREDIT"):
            state = f"is {invoice['status']}" if invoice else "is not posted"
        elif invoice["account_id"] != row["account_id"]:
            state = f"belongs to {invoice['account_id']}"
        else:
            return ""
        return (
            f"invoice {row['invoice_id']} {state}; a credit note needs an invoice of {row['account_id']} that was sent"
        )

    def _take(self, note: dict[str, Any], invoice: dict[str, Any]) -> Decimal:
        """Take what can be taken of a credit note off an invoice."""
        take: Decimal = min(note["amount"] - note["applied"], self._open(invoice))
        if take > 0:
            note["applied"] += take
            invoice["credited"] = (invoice.get("credited") or NOTHING) + take
            self.touched.add(str(invoice["invoice_no"]))
        return max(take, NOTHING)

    def spread(self, oldest_first: bool) -> None:
        """What is left of credit notes comes off the other invoices of their account, those due first; rows say where."""
        open_ones = [r for r in self.invoices.values() if r["status"] in OPEN and r["status"] != "POSTED"]
        open_ones.sort(key=lambda r: (r.get("due_date") or date.max, str(r["invoice_no"])))
        for note in self.credits:
            for invoice in open_ones if oldest_first else ():
                if invoice["account_id"] == note["account_id"] and (took := self._take(note, invoice)):
                    self._allot(note, invoice, took)
            left = note["amount"] - note["applied"]
            said = (
                f"{left} is left over; it comes off the next invoice that is sent"
                if oldest_first
                else f"{left} is left over"
            )
            self.rows.add("credit_notes", {
                "cn_id": note["cn_id"], "cn_no": note["cn_no"], "posted_on": note["posted_on"], "applied": note["applied"],
                "unapplied": left, "status": "POSTED" if left else "APPLIED", "said": said if left else None,
            })  # fmt: skip

    def _allot(self, note: Row, invoice: Row, took: Decimal) -> None:
        self.rows.add("credited", {
            "cn_no": note["cn_no"], "invoice_no": invoice["invoice_no"], "account_id": note["account_id"], "on": self.on, "amount": took,
        })  # fmt: skip
        self.rows.notes.append(f"{took} of credit {note['cn_no']} came off {invoice['invoice_no']}.")

    def _open(self, invoice: Row) -> Decimal:
        made: Decimal = invoice["total"] - (invoice.get("paid") or NOTHING) - (invoice.get("credited") or NOTHING)
        return made

    def wanted(self) -> Wanted:
        # nothing is to be paid on an invoice that comes to nothing
        nothing = {n for n, r in self.invoices.items() if r["status"] == "SENT" and r["total"] == 0}
        for invoice_no in sorted(self.touched | nothing):
            invoice = self.invoices[invoice_no]
            left = self._open(invoice)
            status = (
                "PARTIAL" if left else "CREDITED" if invoice.get("credited") and not invoice.get("paid") else "PAID"
            )
            if left and left == invoice["total"]:
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
