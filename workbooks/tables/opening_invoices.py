"""Opening invoices: what clients still owed on invoices of before go-live; payments are applied to them as to any other."""

from workbooks.schema import B, Book, Check, Column, Kind, M, Row, Table, Type
from workbooks.tables.go_live import LIFE, SIGN_OFF, sealed


def _open_is_part_of_the_total(row: Row) -> str | None:
    total, left = row.get("total"), row.get("open_amount")
    if total is None or left is None:
        return None
    return "what is open is above zero and at most the total" if not 0 < left <= total else None


def _due_after_it_was_made(row: Row) -> str | None:
    made, due = row.get("invoice_date"), row.get("due_date")
    return "it is due before it was made" if made and due and due < made else None


TABLE = Table(
    name="opening_invoices",
    title="Opening invoices",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("invoice_no",),
    about="One row per invoice of before go-live that is still open. “Sign cut-over” puts it on Invoices as SENT, with what is open.",
    order=126,
    readers=(M, B),
    new_rows=(M,),
    sealed=sealed,
    checks=(Check("open_amount", _open_is_part_of_the_total), Check("due_date", _due_after_it_was_made)),
    columns=(
        Column("invoice_no", "Invoice", Type.ID, (M,), "Its number in the old books", required=True, width=14),
        Column("account_id", "Account", Type.ID, (M,), "Who owes it", ref="accounts", required=True, width=12),
        Column("invoice_date", "Invoice date", Type.DATE, (M,), "When it was made", required=True, width=11),
        Column("due_date", "Due", Type.DATE, (M,), "When it is or was due", required=True, width=11),
        Column("total", "Total", Type.MONEY, (M,), "What it came to", required=True, width=12),
        Column("open_amount", "Open", Type.MONEY, (M,), "What is not paid yet", required=True, width=12),
        Column("po_number", "PO number", Type.ID, (M,), "The client's purchase order", width=14),
        Column("note", "Note", Type.TEXT, (M,), "Anything to say", width=28),
        *SIGN_OFF,
    ),
    lifecycle=LIFE,
)
