"""The fuel surcharge is a part of the fuel-eligible charges less their discount, rounded once per fuel week.

The price is that of the index `lag_weeks` before the fuel week of the service date; where it is not out yet, the
latest earlier one counts and the line says so. Of several revisions the latest known counts. Brackets hold from
<= price < to; above the table its highest bracket counts, below it there is no surcharge, and the line says so.
"""

import itertools
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from workbooks.lines import made
from workbooks.money import rounded
from workbooks.problems import Refused
from workbooks.rules.invoice.draft import Draft, Fuel, cents, money
from workbooks.rules.invoice.shares import shares
from workbooks.schema import Row

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Base times fraction, or miles times the amount per mile, to the cent."""
    if facts.get("per_mile") is not None:
        return rounded(Decimal(facts["miles"]) * Decimal(facts["per_mile"]), facts["rounding"])
    return rounded(Decimal(facts["base"]) * Decimal(facts["pct"]), facts["rounding"])


def standing(rows: Iterable[Row], table_id: str, on: date) -> list[Row]:
    """The brackets of a table that hold on a day, lowest first; Refused when there are none or they do not follow each other."""
    begun = [row for row in rows if row["table_id"] == table_id and row["eff_from"] <= on]
    if not begun:
        raise Refused(f"Fuel table {table_id} holds no bracket on {on}; add it on tab Fuel tables, nothing was billed.")
    first = max(row["eff_from"] for row in begun)
    found = sorted((row for row in begun if row["eff_from"] == first), key=lambda row: row["from"])
    for before, row in itertools.pairwise(found):
        if before.get("to") != row["from"]:
            kind = "leaves a gap before" if before.get("to") is not None and before["to"] < row["from"] else "overlaps"
            raise Refused(f"Fuel table {table_id} of {first}: the bracket from {before['from']} {kind} the one from {row['from']}; "
                          "let each begin where the one before ends.")  # fmt: skip
    return found


def week_of(brackets: list[Row], on: date) -> date:
    """First day of the fuel week of a service date."""
    begins = DAYS.index(brackets[0].get("effective_dow") or "MON")
    return on - timedelta(days=(on.weekday() - begins) % 7)


def surcharge(brackets: list[Row], index: Iterable[Row], week: date) -> Fuel:
    """What the fuel week costs; Refused when no price at all is known by then."""
    head = brackets[0]
    wanted = week - timedelta(weeks=head.get("lag_weeks") or 0)
    known = [row for row in index if row["index_id"] == head["index_id"] and row["week"] <= wanted]
    if not known:
        raise Refused(
            f"No price of fuel index {head['index_id']} is known for {wanted} or before; enter it on tab Fuel index."
        )
    used = max(known, key=lambda row: (row["week"], row["revision"]))
    remark = ""
    if (wanted - used["week"]).days >= 7:
        remark = f"the price of {wanted} is not out yet, that of {used['week']} is used"
    price: Decimal = used["price"]
    bracket = next((r for r in brackets if r["from"] <= price and (r.get("to") is None or price < r["to"])), None)
    if bracket is None and price >= brackets[-1]["from"]:
        bracket = brackets[-1]
        remark = "; ".join(
            part for part in (remark, f"{price} is above the table, its highest bracket is used") if part
        )
    if bracket is None:
        remark = "; ".join(part for part in (remark, f"{price} is below the table, no surcharge") if part)
    pct, per_mile = (bracket.get("pct"), bracket.get("permile")) if bracket else (Decimal(0), None)
    return Fuel(week.isoformat(), head["table_id"], head["index_id"], used["week"].isoformat(), used["revision"], price,
                pct, per_mile, remark)  # fmt: skip


def add(draft: Draft) -> None:
    """One line for each fuel week that has something to take it of."""
    net = draft.by_item("CHARGE", "DISCOUNT")
    for week, fuel in sorted(draft.terms.fuel.items()):
        items = [item for item in draft.items if item.week == week]
        facts: dict[str, Any] = {
            "week": week, "table": fuel.table, "index": fuel.index, "index_week": fuel.index_week, "revision": fuel.revision,
            "price": str(fuel.price), "rounding": draft.terms.rounding,
        }  # fmt: skip
        if fuel.per_mile is not None:
            weights = {item.key: int(item.qty * 10**6) for item in items if item.unit == "MILE"}
            miles = sum((item.qty for item in items if item.unit == "MILE"), Decimal(0))
            facts |= {"miles": f"{miles:f}", "per_mile": f"{fuel.per_mile:f}"}
            told = f"{miles:f} miles at {fuel.per_mile:f}"
        else:
            weights = {item.key: net[item.key] for item in items}
            base = money(sum(weights.values()))
            facts |= {"base": str(base), "pct": f"{fuel.pct or 0:f}"}
            told = f"{(fuel.pct or Decimal(0)) * 100:f}".rstrip("0").rstrip(".") + f" % of {base}"
        says = f"Fuel, week of {week}: {told} ({fuel.index} {fuel.price} of {fuel.index_week})"
        says += f"; {fuel.remark}" if fuel.remark else ""
        line = made("invoice.fuel", f"FUEL|{week}", "FUEL", fuel.table, facts, says,
                    more={"text": f"Fuel surcharge, week of {week}"})  # fmt: skip
        if weights and (line.amount or fuel.remark):
            draft.add(line, shares(cents(line.amount), weights))
