"""What cannot be paid yet stays on the settlement as a line of nothing with its reason; it is never dropped silently."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made

RULE = "settlement.held"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Nothing until it is decided."""
    return Decimal("0.00")


def line(
    key: str,
    version: str,
    what: str,
    reason: str,
    sources: tuple[str, ...],
    route_id: str = "",
    about: Decimal | None = None,
) -> Line:
    """A held line for `what`, a component; `about` is what it may come to."""
    facts = {"held": what, "reason": reason, "may_come_to": None if about is None else f"{about:f}"}
    more = {"state": "HELD", "held_amount": about, "route_id": route_id or None}
    component = what if what != "STOP_TIER" else "HELD"
    return made(RULE, key, component, version, facts, f"Held: {reason}", sources=sources, more=more)
