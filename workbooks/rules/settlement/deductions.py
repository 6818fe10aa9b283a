"""Deductions are taken by priority, what was carried in first, and only from gross and released escrow down to the least net.

charge: what cannot be taken is carried over. balance: it stays in its own balance and never in the carry-over as well.
one_time: taken once. Disputed, unsigned or forbidden ones are shown and not taken; an attestation that the agreement
is on paper stands in for the signature until its end date (golden examples G1, G2; edge cases 25, 29).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.money import half_up
from workbooks.schema import Row

RULE = "settlement.deductions"
NONE = Decimal("0.00")


@dataclass(frozen=True)
class Setting:
    """What deductions are measured against: the settlement, its days and stops worked, the balances, and the room for them.

    `room`: gross and released escrow less the least net, and at most the share that may be deducted.
    """

    settlement_id: str
    start: date
    end: date
    days: int
    stops: int
    balances: Mapping[str, Decimal]
    room: Decimal
    final: bool = False


@dataclass(frozen=True)
class Taken:
    """Lines in order; `carry_out` is what charges and the old carry-over still lack; `moves` by ledger account."""

    lines: tuple[Line, ...]
    carry_out: Decimal
    moves: Mapping[str, Decimal]
    used: tuple[str, ...]
    """one_time agreements that were due and are used up now"""


def amount(facts: Mapping[str, Any]) -> Decimal:
    """The smaller of what is due and the room left, taken off."""
    if facts.get("held"):
        return NONE
    return -min(due(facts), max(NONE, Decimal(facts["room_left"])))


def due(facts: Mapping[str, Any]) -> Decimal:
    """Amount times units, within cap, balance and target; the last settlement knows no cap on a balance owed."""
    wanted = half_up(Decimal(facts["amount"]) * Decimal(facts["units"]))
    limits = [Decimal(facts[name]) for name in ("cap", "owed", "below_target") if facts.get(name) is not None]
    return max(NONE, min([wanted, *limits]))


def take(carry_in: Decimal, agreements: list[Row], at: Setting) -> Taken:
    """Every agreement in force, in order."""
    room, carry, found = at.room, NONE, []
    moves: dict[str, Decimal] = {}
    used: list[str] = []
    if carry_in > 0:
        facts = {"amount": f"{carry_in:f}", "units": "1", "kind": "carry_in", "room_left": f"{room:f}"}
        line = made(
            RULE, f"{at.settlement_id}/DED_CARRY", "DED_CARRY", "", facts, f"Carried over from before: {carry_in}"
        )
        room, carry = room + line.amount, carry_in + line.amount
        found.append(line)
    for row in sorted(agreements, key=_order):
        if not _in_force(row, at):
            continue
        facts = _facts(row, at, room)
        if not facts.get("held") and due(facts) == 0:
            continue
        line = made(RULE, f"{at.settlement_id}/DED_{row['code']}/{row['agr_id']}", f"DED_{row['code']}", str(row["agr_id"]), facts,
                    _says(row, facts), sources=(str(row["agr_id"]),), more=_more(facts))  # fmt: skip
        found.append(line)
        if facts.get("held"):
            continue
        room += line.amount
        if row["kind"] == "balance":
            sign = 1 if row["code"] == "ESCROW" else -1
            moves[row["code"]] = moves.get(row["code"], NONE) - sign * line.amount
        else:
            carry += due(facts) + line.amount
        if row["kind"] == "one_time":
            used.append(str(row["agr_id"]))
    return Taken(tuple(found), carry, moves, tuple(used))


def _order(row: Row) -> tuple[int, str]:
    return (row["priority"] if row.get("priority") is not None else 1_000, str(row["agr_id"]))


def _in_force(row: Row, at: Setting) -> bool:
    begun = row.get("eff_from") is None or row["eff_from"] <= at.end
    ended = row.get("eff_to") is not None and row["eff_to"] < at.start
    return (
        begun and not ended and not (row["kind"] == "one_time" and row.get("used_in") not in (None, at.settlement_id))
    )


def _facts(row: Row, at: Setting, room: Decimal) -> dict[str, Any]:
    basis = row.get("basis") or "PER_SETTLEMENT"
    units = {"PER_DAY_WORKED": at.days, "PER_STOP": at.stops}.get(basis, 1)
    facts: dict[str, Any] = {
        "amount": None,
        "units": str(units),
        "basis": basis,
        "kind": row["kind"],
        "room_left": f"{room:f}",
    }
    cap = row.get("cap_per_settlement")
    balance = at.balances.get(row["code"], NONE)
    if row["kind"] == "balance" and row["code"] == "ESCROW":
        target = row.get("target_balance")
        facts["below_target"] = NONE if at.final else None if target is None else max(NONE, target - balance)
    elif row["kind"] == "balance":
        facts["owed"] = balance
        cap = None if at.final else cap
    wanted = row.get("amount")
    if wanted is None or (at.final and row["kind"] == "balance" and row["code"] != "ESCROW"):
        # a balance without an amount is taken as far as cap and balance allow
        wanted, facts["units"] = (balance if row["kind"] == "balance" else cap or NONE), "1"
    facts |= {
        "amount": wanted,
        "cap": cap,
        "signed_on": row.get("signed_on"),
        "attested": _attested(row, at),
        "held": _held(row, at),
    }
    return {name: f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else value
            for name, value in facts.items() if value not in (None, "")}  # fmt: skip


def _attested(row: Row, at: Setting) -> str:
    until = row.get("attested_until")
    if row.get("signed_on") or not row.get("attested_by") or until is None or until < at.end:
        return ""
    return f"agreement on paper, says {row['attested_by']}, until {until:%Y-%m-%d}"


def _held(row: Row, at: Setting) -> str:
    if row.get("disputed"):
        return "disputed by the driver"
    if row.get("state_ok") is False:
        return "the driver's state does not allow it"
    signed = row.get("signed_on")
    if (signed is None or signed > at.end) and not _attested(row, at):
        return "no signed agreement; enter the day it was signed, or let the manager attest that it is on paper"
    return ""


def _says(row: Row, facts: Mapping[str, Any]) -> str:
    name = row.get("about") or str(row["code"]).lower()
    if facts.get("held"):
        return f"{name} ({row['agr_id']}): held, {facts['held']}"
    parts = [f"{name}: {due(facts)} due"]
    if facts.get("owed"):
        parts.append(f"of {facts['owed']} owed")
    return " ".join(parts) + (f" ({facts['attested']})" if facts.get("attested") else "")


def _more(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": "HELD", "held_amount": due(facts)} if facts.get("held") else {"state": "OK"}
