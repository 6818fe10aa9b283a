"""A stop cancelled when it was already on board is paid the plan's cancel pay; cancelled before loading pays nothing.

Rounded once per settlement.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.rules.settlement.work import CANCEL, Part, listed

RULE = "settlement.cancelled"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Cancelled stops times rate."""
    return half_up(Decimal(facts["cancelled"]) * Decimal(facts["rate"]))


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line, when the plan pays them and there were any."""
    items, rate = part.of(CANCEL), part.plan.amount("cancel_loaded_pay")
    if not items or rate is None:
        return []
    facts = {"cancelled": len(items), "rate": f"{rate:f}", "rounded": "once per settlement"}
    says = f"{len(items):,} cancelled on board × {rate.normalize():f}"
    return [made(RULE, part.key("CANCEL"), "CANCEL", part.plan.name, facts, says,
                 quantity=Decimal(len(items)), rate=rate, sources=listed(items))]  # fmt: skip
