"""Who a document is from, as tab Settings says it on a day: name, address, tax number, and how clients pay."""

from datetime import date

from workbooks.books import Books
from workbooks.documents import Party
from workbooks.pipeline.context import Context


def issuer(books: Books, on: date) -> Party:
    """The company as it stands at the head of invoices, settlements and sheets."""
    context = Context(books)
    return Party(context.policy("company_name", on), context.policy("company_lines", on))


def how_to_pay(books: Books, on: date) -> tuple[str, ...]:
    """The lines at the foot of an invoice: bank, account, address for checks; none where nobody has said."""
    lines: tuple[str, ...] = Context(books).policy("how_to_pay", on)
    return lines
