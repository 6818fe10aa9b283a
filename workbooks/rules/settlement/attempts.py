"""A failed attempt is paid when its reason says so; the attempt that brings the rest of a partial stop is paid like one.

Rounded once per settlement.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.problems import counted
from workbooks.rules.settlement.work import ATTEMPT, Part, listed

RULE = "settlement.attempts"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Attempts times rate."""
    return half_up(Decimal(facts["attempts"]) * Decimal(facts["rate"]))


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line, when the plan pays attempts and there were any."""
    items, rate = part.of(ATTEMPT), part.plan.amount("fail_pay")
    if not items or rate is None:
        return []
    facts = {"attempts": len(items), "rate": f"{rate:f}", "rounded": "once per settlement"}
    says = f"{counted(len(items), 'failed attempt')} × {rate.normalize():f}"
    return [made(RULE, part.key("ATTEMPT"), "ATTEMPT", part.plan.name, facts, says,
                 quantity=Decimal(len(items)), rate=rate, sources=listed(items))]  # fmt: skip
