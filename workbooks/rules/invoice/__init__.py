"""Rules of the invoice: what is charged, less discount, plus fuel, up to the minimum, with adjustments, and tax on it."""

from collections.abc import Callable, Iterable

from workbooks.rules.invoice import adjustment, charge, discount, fuel, minimum, tax
from workbooks.rules.invoice.draft import Draft, Item, Terms

ORDER: tuple[Callable[[Draft], None], ...] = (
    charge.add, discount.add, fuel.add, minimum.add, adjustment.add, tax.add,
)  # fmt: skip
"""the order in which money rules make their lines; each sees the lines before it"""


def invoice(items: Iterable[Item], terms: Terms) -> Draft:
    """Every line of the invoice over `items`; their order does not matter."""
    draft = Draft(tuple(sorted(items, key=lambda item: item.key)), terms)
    for rule in ORDER:
        rule(draft)
    return draft
