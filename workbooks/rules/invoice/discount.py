"""The volume discount is a part of the discountable charges, rounded once per card version.

What a card version spans is shared between its fuel weeks by what they are discounted on, then over the stops.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import made
from workbooks.money import rounded
from workbooks.rules.invoice.draft import Draft, Item, cents, money
from workbooks.rules.invoice.shares import by_group

_SCALE = 10**6


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Less the sum of base times fraction, to the cent."""
    exact = sum((Decimal(base) * Decimal(pct) for pct, base in facts["parts"]), Decimal(0))
    return -rounded(exact, facts["rounding"])


def add(draft: Draft) -> None:
    """One line for each card version that has something to discount."""
    shares = draft.by_item("CHARGE")
    cards: dict[str, list[Item]] = {}
    for item in draft.items:
        if item.discount:
            cards.setdefault(item.card, []).append(item)
    for card, items in sorted(cards.items()):
        bases: dict[Decimal, int] = {}
        for item in items:
            assert item.discount is not None
            bases[item.discount] = bases.get(item.discount, 0) + shares[item.key]
        parts = [[str(pct), str(money(base))] for pct, base in sorted(bases.items())]
        facts = {"card": card, "parts": parts, "counted": draft.terms.counted, "rounding": draft.terms.rounding}
        told = " and ".join(f"{Decimal(pct) * 100:f}".rstrip("0").rstrip(".") + f" % of {base}" for pct, base in parts)
        says = f"Volume discount at {draft.terms.counted:,} stops: {told} (card {card})"
        line = made("invoice.discount", f"DISCOUNT|{card}", "DISCOUNT", card, facts, says,
                    more={"card": card, "text": f"Volume discount, {draft.terms.counted:,} stops"})  # fmt: skip
        if not line.amount:
            continue
        weights = {item.key: int(shares[item.key] * (item.discount or 0) * _SCALE) for item in items}
        draft.add(line, by_group(cents(line.amount), weights, {item.key: item.week for item in items}))
