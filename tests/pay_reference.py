"""What a week should come to, worked out a second time and in another way: exact fractions, one stop after the other.

Shares nothing with the product but the rows. Written from the policy: grains of rounding, tiers, gates, order of deductions.
"""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Rows = dict[str, list[dict[str, Any]]]


def cents(x: Fraction) -> int:
    """Half away from zero, to whole cents."""
    sign = -1 if x < 0 else 1
    return sign * int((abs(x) * 100 + Fraction(1, 2)).__floor__())


def f(x: Any) -> Fraction:
    return Fraction(x) if x is not None else Fraction(0)


def earnings(rows: Rows, driver: str, start: Any) -> int:
    """Earnings of the work of one driver in the week from `start`, in cents."""
    days = [start + timedelta(days=n) for n in range(7)]
    scans = sorted(
        (a for a in rows["attempts"] if a["driver_id"] == driver and a["service_date"] in days),
        key=lambda a: (a["completed_at"], a["attempt_id"]),
    )
    by_plan: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for scan in scans:
        by_plan[plan_on(rows, driver, scan["service_date"])].append(scan)
    waits = {(r["stop_id"], r["service_date"]) for r in rows["recon"] if r["status"] == "OPEN"}
    anything_open = any((scan["stop_id"], scan["service_date"]) in waits for scan in scans)
    return sum(under(rows, driver, start, key, mine, anything_open) for key, mine in by_plan.items())


def plan_on(rows: Rows, driver: str, day: Any) -> tuple[str, int]:
    mine = [p for p in rows["driver_plans"] if p["driver_id"] == driver and p["eff_from"] <= day]
    latest = max(mine, key=lambda p: p["eff_from"])["plan_id"]
    version = max(
        (p for p in rows["pay_plans"] if p["plan_id"] == latest and p["eff_from"] <= day), key=lambda p: p["eff_from"]
    )
    return latest, version["version"]


def under(
    rows: Rows, driver: str, start: Any, key: tuple[str, int], scans: list[dict[str, Any]], anything_open: bool
) -> int:
    plan = next(p for p in rows["pay_plans"] if (p["plan_id"], p["version"]) == key)
    steps = sorted((t for t in rows["pay_tiers"] if (t["plan_id"], t["version"]) == key), key=lambda t: t["tier"])
    recon = {(r["stop_id"], r["service_date"]): r for r in rows["recon"]}
    fault = {c["code"] for c in rows["reason_codes"] if c["family"] == "driver"}
    paid_reason = {c["code"] for c in rows["reason_codes"] if c["driver_pay"] == "Y"}

    stops: list[dict[str, Any]] = []
    failed = cancelled = faults = 0
    day_extra: dict[Any, Fraction] = defaultdict(Fraction)
    waiting_days = set()
    for scan in scans:
        row = recon[scan["stop_id"], scan["service_date"]]
        if row["status"] == "OPEN":
            waiting_days.add(scan["service_date"])
            continue
        if scan["outcome"] in ("DELIVERED", "PARTIAL"):
            stops.append(scan)
        elif scan["outcome"] == "CANCELLED_ON_BOARD":
            cancelled += 1
            day_extra[scan["service_date"]] += f(plan["cancel_loaded_pay"])
        elif scan["reason_code"] in paid_reason:
            failed += 1
            day_extra[scan["service_date"]] += f(plan["fail_pay"])
        elif scan["reason_code"] in fault:
            faults += 1

    worked = {a["service_date"] for a in scans}
    routes = {(a["service_date"], recon[a["stop_id"], a["service_date"]]["route_id"]) for a in scans}
    # what the flat pay covers
    left: dict[Any, int] = defaultdict(lambda: plan["stops_included"] or 0)
    counted: list[dict[str, Any]] = []
    for scan in stops:
        place = (
            (scan["service_date"], recon[scan["stop_id"], scan["service_date"]]["route_id"])
            if plan["flat_per_route"]
            else scan["service_date"]
        )
        if (plan["flat_per_route"] or plan["flat_per_day"]) and left[place] > 0:
            left[place] -= 1
        else:
            counted.append(scan)

    # stop after stop through the tiers
    in_tier: dict[int, int] = defaultdict(int)
    day_stops: dict[Any, Fraction] = defaultdict(Fraction)
    scopes: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for scan in counted:
        scopes[scan["service_date"] if plan["tier_scope"] == "DAY" else start].append(scan)
    for mine in scopes.values():
        for n, scan in enumerate(mine, start=1):
            place = len(mine) if plan["tier_mode"] == "VOLUME" else n
            step = next(t for t in steps if t["up_to"] is None or place <= t["up_to"])
            in_tier[step["tier"]] += 1
            day_stops[scan["service_date"]] += f(step["rate"])
    stop_pay = sum(cents(n * f(next(t["rate"] for t in steps if t["tier"] == tier))) for tier, n in in_tier.items())
    attempts = cents(failed * f(plan["fail_pay"])) + cents(cancelled * f(plan["cancel_loaded_pay"]))
    extra = sum(max(0, (a["pkgs_delivered"] or 1) - 1) for a in stops)
    packages = cents(extra * f(plan["extra_package"]))
    flat = cents(len(worked) * f(plan["flat_per_day"])) + cents(len(routes) * f(plan["flat_per_route"]))

    miles = fuel = 0
    miles_known = True
    for route_day, route in sorted(routes):
        row = next((m for m in rows["mileage"] if (m["route_id"], m["driver_id"]) == (route, driver)), None)
        if row is None or row["status"] != "ACCEPTED":
            miles_known = False
            continue
        miles += (
            cents(max(Fraction(0), f(row["chosen"]) - f(plan["mile_free"])) * f(plan["mile_rate"]))
            if plan["mile_rate"]
            else 0
        )
        if plan["fuel_table_id"]:
            fuel += cents(f(row["chosen"]) * fuel_rate(rows, route_day))

    total = 0
    if plan["combine"] == "SUM":
        total = stop_pay + attempts + packages + flat + miles
    else:
        groups = []
        if any(
            (
                counted,
                failed and plan["fail_pay"],
                cancelled and plan["cancel_loaded_pay"],
                extra and plan["extra_package"],
            )
        ):
            groups.append(stop_pay + attempts + packages)
        if plan["flat_per_day"] or plan["flat_per_route"]:
            groups.append(flat)
        if plan["mile_rate"] and miles_known:
            groups.append(miles)
        waiting = miles if plan["mile_rate"] and not miles_known else 0
        chosen = (max(groups) if plan["combine"] == "MAX" else min(groups)) if groups else 0
        total = (chosen if len(groups) > 1 else sum(groups)) + waiting

    if plan["day_guarantee"]:
        short = Fraction(0)
        for day in worked - waiting_days:
            earned = day_stops[day] + day_extra[day] + f(plan["flat_per_day"])
            earned += sum(1 for d, _ in routes if d == day) * f(plan["flat_per_route"])
            earned += f(plan["extra_package"]) * sum(
                max(0, (a["pkgs_delivered"] or 1) - 1) for a in stops if a["service_date"] == day
            )
            short += max(Fraction(0), f(plan["day_guarantee"]) - earned)
        total += cents(short)
    return total + fuel + bonus(plan, stops, faults, recon, anything_open)


def bonus(
    plan: dict[str, Any],
    stops: list[dict[str, Any]],
    faults: int,
    recon: dict[Any, dict[str, Any]],
    anything_open: bool,
) -> int:
    if not plan["bonus_per_stop"] or (plan["recon_closed"] and anything_open):
        return 0
    judged = [recon[a["stop_id"], a["service_date"]]["on_time"] for a in stops]
    on_time = (judged.count("ON_TIME"), sum(v in ("ON_TIME", "LATE", "EARLY") for v in judged) + faults)
    first = (len(stops), len(stops) + faults)
    pod = (sum(bool(a["pod_photo"]) for a in stops), len(stops))
    for (met, of), least in zip(
        (on_time, first, pod), (plan["ontime_min"], plan["first_attempt_min"], plan["pod_min"]), strict=True
    ):
        if least is not None and (of == 0 or Fraction(met, of) < f(least)):
            return 0
    return cents(sum(a["outcome"] == "DELIVERED" for a in stops) * f(plan["bonus_per_stop"]))


def fuel_rate(rows: Rows, day: Any) -> Fraction:
    monday = day - timedelta(days=day.weekday())
    known = [i for i in rows["fuel_index"] if i["week"] <= monday]
    price = max(known, key=lambda i: (i["week"], i["revision"]))["price"]
    for bracket in rows["fuel_table"]:
        if bracket["from"] <= price and (bracket["to"] is None or price < bracket["to"]):
            return f(bracket["permile"])
    return Fraction(0)


def deducted(
    gross: int, carry_in: int, agreements: list[dict[str, Any]], balances: dict[str, int]
) -> tuple[int, int, dict[str, int]]:
    """(taken, carried out, balances after) for agreements in order of priority."""
    room, carry, taken = max(0, gross), max(0, -gross), 0
    due = min(room, carry_in)
    room, taken, carry = room - due, taken + due, carry + carry_in - due
    after = dict(balances)
    for a in sorted(agreements, key=lambda a: (a["priority"], a["agr_id"])):
        if a.get("disputed") or a.get("signed_on") is None:
            continue
        wanted = int((a["amount"] or Decimal(0)) * 100)
        if a["kind"] == "balance":
            wanted = min(wanted, after[a["code"]])
        got = min(room, wanted)
        room, taken = room - got, taken + got
        if a["kind"] == "balance":
            after[a["code"]] -= got
        else:
            carry += wanted - got
    return taken, carry, after
