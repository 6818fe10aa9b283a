"""Payments: money that came in, and what of it is not yet applied to an invoice."""

from workbooks.schema import B, Book, Check, Column, Kind, M, Need, Row, S, Table, Type

BY = (B,)


def _positive(row: Row) -> str | None:
    amount = row.get("amount")
    return "a payment is above zero" if amount is not None and amount <= 0 else None


def _sealed(row: Row, column: str) -> str:
    if str(row.get("applied") or "0.00") not in ("0", "0.00") and column in ("", "amount", "client_id", "received"):
        return "is applied to invoices already; enter a correction as a payment or credit note of its own"
    return ""


TABLE = Table(
    name="payments",
    title="Payments",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("pay_id",),
    about="One row per payment received. Say on Applied which invoices it is for; the rest stays unapplied.",
    order=84,
    readers=(B, M),
    shown=(B,),
    new_rows=BY,
    checks=(Check("amount", _positive),),
    sealed=_sealed,
    columns=(
        Column("pay_id", "Payment", Type.ID, BY, "Cheque or transfer number", required=True, width=16),
        Column("client_id", "Client", Type.ID, BY, "Who paid", required=True, ref="clients", width=12),
        Column("received", "Received", Type.DATE, BY, "Day it came in", required=True, width=11),
        Column("amount", "Amount", Type.MONEY, BY, "What came in", required=True, width=12),
        Column("method", "Method", Type.ENUM, BY, "How", enum=("ACH", "CHECK", "WIRE", "CARD", "OTHER"), width=9),
        Column("applied", "Applied", Type.MONEY, (S,), "To invoices", width=12),
        Column("unapplied", "Unapplied", Type.MONEY, (S,), "On account, still to be applied", width=12),
        Column("note", "Note", Type.TEXT, BY, "Anything", width=30),
    ),
    needs=(Need(B, lambda row: row.get("unapplied") is None or row["unapplied"] > 0,
                lambda row: f"Apply payment {row['pay_id']} of {row['client_id']}: {row.get('unapplied') or row.get('amount')} is not applied", urgency=6),),
)  # fmt: skip
