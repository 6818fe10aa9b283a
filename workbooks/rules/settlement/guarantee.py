"""A worked day earns at least its guarantee: what stops, attempts and flat pay fall short is added, rounded once.

A route that never started earns none unless the plan says so. A day with a held stop waits, because what it earns is
not known yet. Miles, fuel and bonus do not count towards it.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.rules.settlement.work import ATTEMPT, CANCEL, HELD, INCLUDED, STOP, Part

RULE = "settlement.guarantee"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """The sum of what each day falls short of the guarantee."""
    earned = [Decimal(text.rsplit(" ", 1)[1]) for text in facts["days_earned"]]
    return half_up(sum((max(Decimal(0), Decimal(facts["guarantee"]) - each) for each in earned), Decimal(0)))


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line, when the plan guarantees a day."""
    guarantee = part.plan.amount("day_guarantee")
    if guarantee is None:
        return []
    waiting = {item.day for item in part.items if item.kind == HELD}
    days = {day: _earned(part, day) for day in part.worked_days}
    if part.plan.row.get("guarantee_unstarted"):
        days |= {day: Decimal(0) for day, _ in part.idle if day not in days}
    counted = {day: value for day, value in sorted(days.items()) if day not in waiting}
    if not counted and not waiting:
        return []
    facts = {"guarantee": f"{guarantee:f}", "days_earned": [f"{day} {value:f}" for day, value in counted.items()],
             "days_that_wait": [day.isoformat() for day in sorted(waiting)], "rounded": "once per settlement"}  # fmt: skip
    short = sum(value < guarantee for value in counted.values())
    says = f"{short} of {len(counted)} days below the guarantee of {guarantee}"
    if waiting:
        says += f"; {len(waiting)} wait for held stops"
    return [made(RULE, part.key("GUARANTEE"), "GUARANTEE", part.plan.name, facts, says, quantity=Decimal(short), rate=guarantee,
                 sources=tuple(day.isoformat() for day in counted))]  # fmt: skip


def _earned(part: Part, day: date) -> Decimal:
    """What a day earned before rounding."""
    plan, earned = part.plan, plan_flat(part, day)
    rates = {ATTEMPT: plan.amount("fail_pay") or Decimal(0), CANCEL: plan.amount("cancel_loaded_pay") or Decimal(0)}
    extra = plan.amount("extra_package") or Decimal(0)
    for item in part.items:
        if item.day == day:
            earned += part.placed[item.id][1] if item.kind == STOP else rates.get(item.kind, Decimal(0))
            if item.kind in (STOP, INCLUDED):
                earned += extra * max(0, item.packages - 1)
    return earned


def plan_flat(part: Part, day: date) -> Decimal:
    """Flat pay of a worked day and its routes."""
    routes = sum(each == day for each, _ in part.worked_routes)
    return (part.plan.amount("flat_per_day") or Decimal(0)) + routes * (
        part.plan.amount("flat_per_route") or Decimal(0)
    )
