"""Which plan version pays a driver on a day, and why one cannot."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import sha256

from workbooks import cells
from workbooks.books import Books
from workbooks.rules.settlement import tiers as ladder_rules
from workbooks.rules.settlement.work import Plan
from workbooks.schema import Row
from workbooks.tables import TABLES

UNPRICED = ("status", "action", "test_result", "tested_hash", "eff_to", "about")
"""columns of a plan that no amount follows from"""


class Plans:
    """The plans of the books. `instead` pays every driver by one version, whatever its status (simulation)."""

    def __init__(self, books: Books, instead: Plan | None = None) -> None:
        self._books, self._instead = books, instead

    @cached_property
    def versions(self) -> dict[str, list[Plan]]:
        """Every version by plan id, in order."""
        tiers: dict[tuple[str, int], list[Row]] = {}
        for row in self._books.rows("pay_tiers"):
            tiers.setdefault((row["plan_id"], row["version"]), []).append(row)
        found: dict[str, list[Plan]] = {}
        for row in sorted(self._books.rows("pay_plans"), key=lambda r: (r["plan_id"], r["version"])):
            found.setdefault(row["plan_id"], []).append(Plan.of(row, tiers.get((row["plan_id"], row["version"]), [])))
        return found

    @cached_property
    def _of_driver(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self._books.rows("driver_plans"):
            found.setdefault(row["driver_id"], []).append(row)
        return found

    def of(self, driver_id: str, day: date) -> tuple[Plan | None, str]:
        """(the version that pays, "") or (None, why none does, with the way out)."""
        if self._instead is not None:
            return self._instead, ""
        rows = [r for r in self._of_driver.get(driver_id, ()) if _holds(r, day)]
        if not rows:
            return None, f"no pay plan on {day:%Y-%m-%d}; add a row for {driver_id} on tab Driver plans"
        plan_id = max(rows, key=lambda r: r["eff_from"])["plan_id"]
        known = [
            p
            for p in self.versions.get(plan_id, ())
            if p.row.get("status") in ("ACTIVE", "RETIRED") and _holds(p.row, day)
        ]
        if not known:
            return None, f"plan {plan_id} has no active version on {day:%Y-%m-%d}; activate one on tab Pay plans"
        plan = max(known, key=lambda p: (p.row["eff_from"], p.row["version"]))
        same = [p for p in known if p.row["eff_from"] == plan.row["eff_from"]]
        if len(same) > 1:
            names = " and ".join(p.name for p in same)
            return None, f"plans {names} both hold from {plan.row['eff_from']}; retire one of them on tab Pay plans"
        wrong = faults(plan)
        if wrong:
            return None, f"plan {plan.name}: {wrong[0]}"
        if plan.row.get("tested_hash") and plan.row["tested_hash"] != fingerprint(plan):
            return (
                None,
                f"the tiers of plan {plan.name} were changed after it was tested; enter a new version, or put them back",
            )
        return plan, ""

    def has(self, driver_id: str) -> bool:
        """True when the driver is on any plan at any time."""
        return driver_id in self._of_driver

    def version(self, plan_id: str, version: int) -> Plan | None:
        """One version, whatever its status."""
        return next((p for p in self.versions.get(plan_id, ()) if p.row["version"] == version), None)


def _holds(row: Row, day: date) -> bool:
    return bool(row["eff_from"] <= day and (row.get("eff_to") is None or day <= row["eff_to"]))


def faults(plan: Plan) -> list[str]:
    """What is wrong with a plan in itself, each with its way out; [] when it can pay."""
    wrong = [f"{what}; mend it on tab Pay tiers" for _, what in ladder_rules.problems(plan.tiers)]
    flat = any(plan.amount(name) for name in ("flat_per_day", "flat_per_route"))
    if not plan.tiers and not flat and not plan.amount("mile_rate"):
        wrong.append("it has no tiers, no flat pay and no mile rate; add its tiers on tab Pay tiers")
    if plan.amount("mile_rate") and plan.row.get("fuel_mode") and not plan.row.get("fuel_table_id"):
        wrong.append("it names a fuel mode and no fuel table; fill Fuel table")
    if plan.row.get("fuel_mode") == "PCT" and not plan.amount("mile_rate"):
        wrong.append(
            "its fuel is a part of the mileage line and it pays no miles; fill Mile rate, or take fuel PER_MILE"
        )
    for column in (
        "fail_pay",
        "cancel_loaded_pay",
        "mile_rate",
        "bonus_per_stop",
        "day_guarantee",
        "flat_per_day",
        "flat_per_route",
    ):
        value = plan.row.get(column)
        if value is not None and value < 0:
            wrong.append(f"{TABLES['pay_plans'].by_name[column].title} is negative; enter what is paid")
    return wrong


def cliffs(plan: Plan) -> list[str]:
    """Warnings where VOLUME pays less for one stop more."""
    return [text for tiers in plan.tiers.values() if (text := ladder_rules.cliff(tiers, plan.mode))]


def fingerprint(plan: Plan) -> str:
    """Hash of everything of a plan that amounts follow from."""
    row = {name: _text(value) for name, value in plan.row.items() if name not in UNPRICED and value is not None}
    tiers: Mapping[str, list[list[str]]] = {
        "|".join(key): [[str(t.number), str(t.upper), _text(t.rate)] for t in found]
        for key, found in sorted(plan.tiers.items())
    }
    return sha256(json.dumps([sorted(row.items()), tiers], sort_keys=True).encode()).hexdigest()[:16]


def _text(value: object) -> str:
    # 1.8500 and 1.85 are one rate
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(cells.to_json(value))


def several(plans: Iterable[Plan]) -> str:
    """Names of the versions that priced a settlement."""
    return ", ".join(dict.fromkeys(plan.name for plan in plans))
