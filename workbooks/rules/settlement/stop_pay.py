"""Every delivered or partly delivered stop is paid at the rate of the tier it fell in, rounded once per tier.

A PARTIAL stop counts once; the attempt that later brings the rest is paid as an attempt (golden examples G1, G12).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.problems import counted
from workbooks.rules.settlement.work import STOP, Item, Part, listed

RULE = "settlement.stop_pay"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Stops times rate."""
    return half_up(Decimal(facts["stops"]) * Decimal(facts["rate"]))


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line per ladder and tier."""
    groups: dict[tuple[tuple[str, str, str], int], list[Item]] = {}
    for item in part.of(STOP):
        groups.setdefault((item.ladder, part.placed[item.id][0]), []).append(item)
    return [_line(part, ladder, number, items) for (ladder, number), items in sorted(groups.items())]


def _line(part: Part, ladder: tuple[str, str, str], number: int, items: list[Item]) -> Line:
    tier = next(t for t in part.plan.tiers[ladder] if t.number == number)
    whose = " ".join(name for name in ladder if name)
    facts = {
        "stops": len(items), "rate": f"{tier.rate:f}", "tier": number, "stops_of_tier": tier.text, "for": whose or "all stops",
        "counted_per": part.plan.scope.lower(), "mode": part.plan.mode, "rounded": "once per settlement and tier",
    }  # fmt: skip
    says = f"{counted(len(items), 'stop')}{' for ' + whose if whose else ''} × {tier.rate.normalize():f} (tier {number}: {tier.text})"
    key = part.key("STOP_TIER", number, *([whose.replace(" ", "-")] if whose else []))
    return made(RULE, key, "STOP_TIER", part.plan.name, facts, says, quantity=Decimal(len(items)), rate=tier.rate,
                sources=listed(items))  # fmt: skip
