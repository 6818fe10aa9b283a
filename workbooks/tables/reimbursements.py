"""Reimbursements: what a driver laid out for the company; paid whole, never reduced by deductions."""

from workbooks.schema import Book, Check, Column, Kind, M, P, Row, S, Table, Type

KINDS = ("TOLL", "FUEL", "PARKING", "REPAIR", "SUPPLIES", "OTHER")


def _positive(row: Row) -> str | None:
    amount = row.get("amount")
    return "a reimbursement is a positive amount" if amount is not None and amount <= 0 else None


def _sealed(row: Row, column: str) -> str:
    if row.get("settled_in") and column not in ("settled_in", "doc"):
        return f"was paid with {row['settled_in']} and does not change; enter another one"
    return ""


TABLE = Table(
    name="reimbursements",
    title="Reimbursements",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("reimb_id",),
    about="One row per receipt. One that is not substantiated is shown and waits.",
    parent="driver_id",
    order=56,
    readers=(P, M),
    shown=(P,),
    new_rows=(P,),
    sealed=_sealed,
    checks=(Check("amount", _positive),),
    columns=(
        Column("reimb_id", "Receipt", Type.ID, (P,), "Any number not used yet", required=True, width=14),
        Column("driver_id", "Driver", Type.ID, (P,), "Who paid", ref="drivers", required=True, width=10),
        Column("date", "Date", Type.DATE, (P,), "Of the receipt", required=True, width=11),
        Column("kind", "Kind", Type.ENUM, (P,), "For what", enum=KINDS, width=11),
        Column("amount", "Amount", Type.MONEY, (P,), "Paid", required=True, width=10),
        Column("substantiated", "Substantiated", Type.BOOL, (P,), "The receipt was seen", width=12),
        Column("doc", "Receipt link", Type.URL, (P,), "Where it is kept", width=18),
        Column("note", "Note", Type.TEXT, (P,), "Anything to say", width=24),
        Column("settled_in", "Paid in", Type.ID, (S,), "Settlement that pays it", width=22),
    ),
)  # fmt: skip
