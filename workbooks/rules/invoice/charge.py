"""A charge is quantity times rate, rounded once per card version, charge code and rate, and shared over its stops.

HOUR is charged to the minute: the quantity is minutes. PCT is a part of what the base of its stops comes to before
rounding. Items of one line lie in one currency and on one invoice; the share of an item is a whole cent.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import made
from workbooks.money import rounded
from workbooks.rules.invoice.draft import Draft, Item, cents
from workbooks.rules.invoice.shares import by_group

_SCALE = 10**12


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Quantity times rate, to the cent."""
    exact = Decimal(facts["quantity"]) * Decimal(facts["rate"])
    return rounded(exact / 60 if facts["unit"] == "HOUR" else exact, facts["rounding"])


def add(draft: Draft) -> None:
    """One line for each card version, code, unit and rate."""
    groups: dict[tuple[str, str, str, Decimal], list[Item]] = {}
    for item in draft.items:
        groups.setdefault((item.card, item.code, item.unit, item.rate), []).append(item)
    for (card, code, unit, rate), items in sorted(groups.items()):
        quantity = sum((item.qty for item in items), Decimal(0))
        zones = sorted({item.zone for item in items if item.zone})
        facts = {
            "card": card, "code": code, "unit": unit, "quantity": _plain(quantity), "rate": _plain(rate),
            "zones": zones, "stops": len(items), "rounding": draft.terms.rounding,
        }  # fmt: skip
        text = draft.terms.texts.get(code, code)
        where = f", zone {', '.join(zones)}" if zones else ""
        says = f"{text}{where}: {_plain(quantity)} {_UNITS.get(unit, '')} at {_plain(rate)} (card {card})"
        key = f"CHARGE|{card}|{code}|{unit}|{_plain(rate)}"
        line = made(
            "invoice.charge", key, "CHARGE", card, facts, says, quantity=quantity, rate=rate,
            more={"charge_code": code, "zone": ", ".join(zones), "card": card, "text": f"{text}{where}"},
        )  # fmt: skip
        # every item of a line has the same rate, so quantities are the weights
        weights = {item.key: int(item.qty * _SCALE) for item in items}
        draft.add(line, by_group(cents(line.amount), weights, {item.key: item.week for item in items}))


_UNITS = {"STOP": "stops", "PKG": "packages", "LB": "lb", "MILE": "miles", "HOUR": "minutes by the hour", "BLOCK": "blocks",
          "PCT": "of base", "ROUTE": "routes", "DAY": "days", "FLAT": "times"}  # fmt: skip


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
