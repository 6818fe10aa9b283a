"""What a closed period should have come to, less what was paid for it so far, is paid or taken back in the open one.

The closed period is recomputed with today's facts under its own plan and tiers, so that taking back three stops costs
what those three had earned (golden example G3); former adjustments count as paid. An amount entered by hand is its own.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.schema import Row

RULE = "settlement.adjustment"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Sum of what it comes to now, less what was paid and adjusted before."""
    if "by_hand" in facts:
        return Decimal(facts["by_hand"])
    now, paid, former = (_sum(facts[name]) for name in ("comes_to_now", "was_paid", "adjusted_before"))
    return now - paid - former


def _sum(texts: Iterable[str]) -> Decimal:
    return sum((Decimal(text.rsplit(" ", 1)[1]) for text in texts), Decimal("0.00"))


def facts_of(
    settlement_id: str, now: Iterable[Line], paid: Iterable[Row], former: Mapping[str, Decimal]
) -> dict[str, Any]:
    """Facts of a recomputed adjustment; lines are named by what they are for, without their settlement."""
    return {
        "corrects": settlement_id,
        "comes_to_now": [f"{line.key.partition('/')[2]} {line.amount:f}" for line in now if line.amount],
        "was_paid": [f"{str(row['line_id']).partition('/')[2]} {row['amount']:f}" for row in paid if row["amount"]],
        "adjusted_before": [f"{name} {value:f}" for name, value in sorted(former.items())],
    }


def differences(facts: Mapping[str, Any]) -> str:
    """In words, what differs between now and then."""
    now, paid = ({t.rsplit(" ", 1)[0]: t.rsplit(" ", 1)[1] for t in facts[n]} for n in ("comes_to_now", "was_paid"))
    changed = [
        f"{name.replace('/', ' ')} {paid.get(name, '0.00')} → {now.get(name, '0.00')}"
        for name in sorted(now.keys() | paid.keys())
        if now.get(name) != paid.get(name)
    ]
    return "; ".join(changed[:6]) + (f"; and {len(changed) - 6} more" if len(changed) > 6 else "")


def line(settlement_id: str, adjustment: Row, facts: Mapping[str, Any]) -> Line:
    """The line that carries an approved adjustment."""
    says = f"Adjustment {adjustment['adj_id']}: {adjustment.get('reason') or adjustment.get('says') or ''}"
    return made(RULE, f"{settlement_id}/ADJ/{adjustment['adj_id']}", "ADJ", str(adjustment.get("ref_settlement") or "by hand"),
                facts, says, sources=(str(adjustment["adj_id"]),))  # fmt: skip
