"""How old every open invoice is today; what is paid, credited or void has no age."""

from datetime import datetime

from workbooks.books import Books
from workbooks.pipeline.bill.posting import today
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.rules.receivables.aging import bucket
from workbooks.tables.invoices import OPEN


def ages(books: Books, now: datetime) -> Wanted:
    """Rows of invoices whose age is another than it was."""
    on, wanted = today(Context(books), now), Wanted()
    for row in books.rows("invoices"):
        due = row.get("due_date")
        age = bucket(due, on) if row["status"] in OPEN and due is not None else None
        if age != row.get("age"):
            wanted.add("invoices", {"invoice_id": row["invoice_id"], "age": age})
    return wanted
