"""MAX pays the largest of what stops, miles and flat pay come to, MIN the smallest; SUM pays them all.

A group with a line that is held takes no part, because nobody knows yet what it comes to.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.rules.settlement.work import Part

RULE = "settlement.combine"
GROUPS = {
    "FLAT": "flat",
    "STOP_TIER": "stops",
    "ATTEMPT": "stops",
    "CANCEL": "stops",
    "EXTRA": "stops",
    "MILES": "miles",
}


def amount(facts: Mapping[str, Any]) -> Decimal:
    """The chosen group less all of them: what takes the others off again."""
    sums = [Decimal(text.rsplit(" ", 1)[1]) for text in facts["groups"]]
    chosen = max(sums) if facts["combine"] == "MAX" else min(sums)
    return chosen - sum(sums)


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line, when the plan chooses between at least two groups."""
    how = part.plan.row.get("combine") or "SUM"
    waiting = {GROUPS.get(line.component) for line in before if line.more.get("state") == "HELD"}
    sums: dict[str, Decimal] = {}
    for line in before:
        group = GROUPS.get(line.component)
        if group and group not in waiting:
            sums[group] = sums.get(group, Decimal(0)) + line.amount
    if how == "SUM" or len(sums) < 2:
        return []
    facts = {"combine": how, "groups": [f"{name} {value:f}" for name, value in sorted(sums.items())]}
    listed = ", ".join(f"{name} {value}" for name, value in sorted(sums.items()))
    return [made(RULE, part.key("COMBINE"), "COMBINE", part.plan.name, facts, f"{how} of {listed}: the others come off",
                 sources=tuple(line.key for line in before if GROUPS.get(line.component) in sums))]  # fmt: skip
