"""Miles above the free ones of a route-day are paid per mile, rounded per route-day; miles nobody accepted are held.

Free miles are per driver and route-day. Missing miles, or miles outside the band around the plan, hold the lines made
of them and nothing else (golden example G1).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.rules.settlement import held
from workbooks.rules.settlement.work import Part

RULE = "settlement.miles"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Miles less free miles, never below none, times rate."""
    return half_up(max(Decimal(0), Decimal(facts["miles"]) - Decimal(facts["free_miles"])) * Decimal(facts["rate"]))


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line per route-day."""
    rate = part.plan.amount("mile_rate")
    if rate is None:
        return []
    free = part.plan.amount("mile_free") or Decimal(0)
    found = []
    for drive in sorted(part.miles, key=lambda m: (m.day, m.route_id)):
        key = part.key("MILES", drive.route_id)
        if drive.miles is None:
            found.append(
                held.line(
                    key, part.plan.name, "MILES", drive.reason, (f"{drive.route_id}/{part.driver_id}",), drive.route_id
                )
            )
            continue
        facts = {"route": drive.route_id, "miles": f"{drive.miles:f}", "free_miles": f"{free:f}", "rate": f"{rate:f}",
                 "rounded": "per route-day"}  # fmt: skip
        paid = max(Decimal(0), drive.miles - free)
        says = f"{drive.route_id}: {drive.miles} miles less {free} free = {paid} × {rate.normalize():f}"
        found.append(made(RULE, key, "MILES", part.plan.name, facts, says, quantity=paid, rate=rate,
                          sources=(f"{drive.route_id}/{part.driver_id}",), more={"route_id": drive.route_id}))  # fmt: skip
    return found
