"""Orders of one group at one door are paid as one stop where the plan says so; the others are listed, with nothing to pay."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.rules.settlement.work import GROUPED, Part, listed

RULE = "settlement.grouped"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Nothing: the first order of the group was paid."""
    return Decimal("0.00")


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line that says how many."""
    items = part.of(GROUPED)
    if not items:
        return []
    facts = {"orders": len(items), "why": "delivered together with another order of their group"}
    return [made(RULE, part.key("GROUPED"), "GROUPED", part.plan.name, facts,
                 f"{len(items):,} orders delivered together with another of their group, paid with it",
                 quantity=Decimal(len(items)), sources=listed(items))]  # fmt: skip
