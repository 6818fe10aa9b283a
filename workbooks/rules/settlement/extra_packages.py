"""Packages of a delivered stop beyond its first are paid each, where the plan says so; rounded once per settlement."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.rules.settlement.work import INCLUDED, STOP, Part, listed

RULE = "settlement.extra_packages"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Extra packages times rate."""
    return half_up(Decimal(facts["extra_packages"]) * Decimal(facts["rate"]))


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line, when the plan pays them and there were any."""
    rate = part.plan.amount("extra_package")
    items = [item for item in part.of(STOP, INCLUDED) if item.packages > 1]
    if not items or rate is None:
        return []
    extra = sum(item.packages - 1 for item in items)
    facts = {
        "extra_packages": extra,
        "stops_with_more_than_one": len(items),
        "rate": f"{rate:f}",
        "rounded": "once per settlement",
    }
    return [made(RULE, part.key("EXTRA"), "EXTRA", part.plan.name, facts, f"{extra:,} extra packages × {rate.normalize():f}",
                 quantity=Decimal(extra), rate=rate, sources=listed(items))]  # fmt: skip
