"""Credited: which invoice each credit note came off, and how much of it."""

from workbooks.schema import B, Book, Column, Kind, M, Row, S, Table, Type


def _sealed(row: Row, column: str) -> str:
    return "was taken off its invoice and does not change; enter another credit note" if row.get("amount") else ""


TABLE = Table(
    name="credited",
    title="Credited",
    book=Book.BILLING,
    kind=Kind.DERIVED,
    key=("cn_no", "invoice_no"),
    about="One row per credit note and invoice it came off: its own first, then those of the account that are due first.",
    order=87,
    parent="account_id",
    readers=(B, M),
    sealed=_sealed,
    columns=(
        Column("cn_no", "Credit note", Type.ID, (S,), "Number of the credit note", required=True, width=13),
        Column("invoice_no", "Invoice", Type.ID, (S,), "Number of the invoice", required=True, width=13),
        Column("account_id", "Account", Type.ID, (S,), "Whose", required=True, ref="accounts", width=12),
        Column("on", "Date", Type.DATE, (S,), "Day it came off", required=True, width=11),
        Column("amount", "Amount", Type.MONEY, (S,), "Taken off the invoice", required=True, width=11),
    ),
)  # fmt: skip
