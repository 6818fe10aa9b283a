"""Applied: which invoice a payment is for, how much of it, and why it is less than the invoice."""

from workbooks.schema import B, Book, Check, Column, Kind, Lifecycle, M, Need, Row, S, Table, Type, steps

BY = (B,)


def _positive(row: Row) -> str | None:
    amount = row.get("amount")
    return "an applied amount is above zero" if amount is not None and amount <= 0 else None


def _sealed(row: Row, column: str) -> str:
    if row.get("status") == "APPLIED":
        return "was applied and does not change; enter what is to be given back as a credit note"
    return ""


TABLE = Table(
    name="applications",
    title="Applied",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("pay_id", "invoice_no"),
    about="One row per payment and invoice. “Record payments” applies what is NEW; what cannot be says why.",
    order=85,
    readers=(B, M),
    shown=(B,),
    new_rows=BY,
    checks=(Check("amount", _positive),),
    sealed=_sealed,
    columns=(
        Column("pay_id", "Payment", Type.ID, BY, "Which payment", required=True, ref="payments", width=16),
        Column("invoice_no", "Invoice", Type.ID, BY, "Number of the invoice", required=True, width=13),
        Column("amount", "Amount", Type.MONEY, BY, "Of the payment, for this invoice", required=True, width=12),
        Column("short_pay_code", "Short pay", Type.ENUM, BY, "Why less than the invoice was paid", width=14,
               enum=("DISPUTE", "RATE", "DAMAGE", "POD_MISSING", "PENALTY", "DEDUCTION", "OTHER")),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=("NEW", "APPLIED", "REFUSED"), width=10,
               colours={"NEW": "warn", "APPLIED": "good", "REFUSED": "bad"}),
        Column("said", "What Stopbook says", Type.TEXT, (S,), "Why it could not be applied", width=50),
    ),
    lifecycle=Lifecycle(
        "status", ("NEW",), steps({"NEW": "APPLIED REFUSED", "REFUSED": "APPLIED NEW"}),
        live=("NEW", "REFUSED"),
    ),
    needs=(Need(B, lambda row: row.get("status") == "REFUSED", lambda row: str(row.get("said")), urgency=3),),
)  # fmt: skip
