"""The bonus is paid per DELIVERED stop when every gate is met; while reconciliation is open it is pending, not lost.

Gates: on time, first attempt, proof of delivery; a share exactly at its threshold counts. Excused failures and
cancellations are left out of the denominators, a failure that is the driver's own counts as missed; stops first tried
in an earlier period are left out of the first-attempt share. A gate nothing can be measured for does not pass by
itself: the bonus is held (golden example G1; edge case 28). Rounded once per settlement.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.problems import counted
from workbooks.rules.settlement.work import GROUPED, INCLUDED, STOP, Item, Part, listed

RULE = "settlement.bonus"
GATES = (("on time", "ontime_min"), ("first attempt", "first_attempt_min"), ("proof of delivery", "pod_min"))


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Delivered stops times rate when nothing is open and every gate is met; else nothing."""
    if facts["open_reconciliation"] or not all(_met(gate) for gate in facts["gates"]):
        return Decimal("0.00")
    return half_up(Decimal(facts["delivered"]) * Decimal(facts["rate"]))


def _met(gate: str) -> bool:
    """A gate such as "on time: 535 of 548, at least 0.97"."""
    met, _, rest = gate.rsplit(": ", 1)[1].partition(" of ")
    measured, _, least = rest.partition(", at least ")
    # compared as products, so that exactly at the threshold is met
    return int(measured) > 0 and Decimal(met) >= Decimal(least) * Decimal(measured)


def lines(part: Part, before: list[Line]) -> list[Line]:
    """One line, earned, missed, pending or held, when the plan has a bonus and stops were delivered."""
    rate = part.plan.amount("bonus_per_stop")
    delivered = [item for item in part.of(STOP, INCLUDED, GROUPED) if item.delivered]
    if rate is None or not delivered:
        return []
    gates = [f"{name}: {met} of {n}, at least {least.normalize():f}" for name, met, n, least in _measured(part)]
    waiting = list(part.open_recon) if part.plan.row.get("recon_closed") else []
    facts = {"delivered": len(delivered), "rate": f"{rate:f}", "gates": gates, "open_reconciliation": waiting,
             "rounded": "once per settlement"}  # fmt: skip
    blank = [name for name, _, n, _ in _measured(part) if n == 0]
    missed = [gate for gate in gates if not _met(gate)]
    state, about = "OK", None
    if waiting:
        state, says = (
            "PENDING",
            f"Bonus waits for {counted(len(waiting), 'decision')} on tab Recon, such as {waiting[0]}",
        )
    elif blank and len(missed) == len(blank):
        state, says = (
            "HELD",
            f"Bonus held: nothing to measure {' and '.join(blank)} by; the manager decides with an adjustment",
        )
    elif missed:
        says = f"Bonus missed: {'; '.join(missed)}"
    else:
        says = f"Bonus {len(delivered):,} delivered × {rate.normalize():f}; {'; '.join(gates) or 'no gates'}"
    if state != "OK":
        about = half_up(len(delivered) * rate)
    return [made(RULE, part.key("BONUS"), "BONUS", part.plan.name, facts, says, quantity=Decimal(len(delivered)), rate=rate,
                 sources=listed(delivered), more={"state": state, "held_amount": about})]  # fmt: skip


def _measured(part: Part) -> list[tuple[str, int, int, Decimal]]:
    """(gate, met, measured, least) for the gates the plan sets."""
    shares: dict[str, list[bool]] = {name: [] for name, _ in GATES}
    for item in part.items:
        if item.on_time is not None:
            shares["on time"].append(item.on_time)
        if item.first_attempt is not None:
            shares["first attempt"].append(item.first_attempt)
        if _is_stop(item):
            shares["proof of delivery"].append(item.pod)
    return [
        (name, sum(shares[name]), len(shares[name]), least)
        for name, column in GATES
        if (least := part.plan.row.get(column)) is not None
    ]


def _is_stop(item: Item) -> bool:
    return item.kind in (STOP, INCLUDED, GROUPED)
