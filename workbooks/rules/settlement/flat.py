"""A worked day or route earns its flat pay, which covers the first stops the plan includes; rounded once per settlement."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.problems import counted
from workbooks.rules.settlement.work import INCLUDED, Part

RULE = "settlement.flat"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Days or routes times the flat amount."""
    return half_up(Decimal(facts["worked"]) * Decimal(facts["rate"]))


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line per day rate and one per route rate."""
    found = []
    included = len(part.of(INCLUDED))
    days = [day.isoformat() for day in part.worked_days]
    routes = [route for _, route in part.worked_routes]
    for column, unit, worked in (("flat_per_day", "days", days), ("flat_per_route", "routes", routes)):
        rate = part.plan.amount(column)
        if rate is None or not worked:
            continue
        facts = {"worked": len(worked), "unit": unit, "which": worked, "rate": f"{rate:f}", "stops_it_covers": included,
                 "rounded": "once per settlement"}  # fmt: skip
        covered = f", {counted(included, 'stop')} included" if included else ""
        says = f"{counted(len(worked), unit.removesuffix('s'))} × {rate.normalize():f}{covered}"
        found.append(made(RULE, part.key("FLAT", unit), "FLAT", part.plan.name, facts, says,
                          quantity=Decimal(len(worked)), rate=rate, sources=tuple(worked)))  # fmt: skip
    return found
