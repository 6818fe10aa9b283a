"""The fuel supplement of a route-day follows the index price of its week and its bracket, rounded per route-day.

PER_MILE pays every mile, free ones too; PCT pays a percentage of the route-day's mileage line. Without a price or a
bracket the line is held, never guessed (golden example G1).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.rules.settlement import held
from workbooks.rules.settlement.work import Part

RULE = "settlement.fuel"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """The base, miles or the mileage line, times the rate of the bracket."""
    return half_up(Decimal(facts["base"]) * Decimal(facts["rate"]))


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line per route-day, when the plan names a fuel table."""
    if not part.plan.row.get("fuel_table_id"):
        return []
    per_mile = (part.plan.row.get("fuel_mode") or "PER_MILE") == "PER_MILE"
    mileage = {line.more.get("route_id"): line.amount for line in before if line.component == "MILES"}
    found = []
    for drive in sorted(part.miles, key=lambda m: (m.day, m.route_id)):
        fuel, key = part.fuel[drive.day], part.key("FUEL", drive.route_id)
        source = (f"{drive.route_id}/{part.driver_id}",)
        if drive.miles is None or fuel.rate is None:
            why = drive.reason if drive.miles is None else fuel.reason
            found.append(held.line(key, part.plan.name, "FUEL", why, source, drive.route_id))
            continue
        base = drive.miles if per_mile else mileage.get(drive.route_id, Decimal(0))
        facts = {"route": drive.route_id, "base": f"{base:f}", "base_is": "miles" if per_mile else "mileage line",
                 "rate": f"{fuel.rate:f}", "price": f"{fuel.price}", "week": fuel.week,
                 "table": str(part.plan.row["fuel_table_id"]), "rounded": "per route-day"}  # fmt: skip
        says = f"{drive.route_id}: {f'{base} miles' if per_mile else f'{base} of mileage'} × {fuel.rate.normalize():f} (fuel at {fuel.price}, week of {fuel.week})"
        found.append(made(RULE, key, "FUEL", part.plan.name, facts, says, quantity=base, rate=fuel.rate, sources=source,
                          more={"route_id": drive.route_id}))  # fmt: skip
    return found
