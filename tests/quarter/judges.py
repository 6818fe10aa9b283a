"""A second opinion on the whole quarter: pay and bills worked out again from the final rows, plainly and with fractions."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from tests.judge import judge
from tests.pay_reference import Rows, cents, f, fuel_rate, plan_on
from tests.quarter.company import CARRIER
from tests.quarter.desk import Desk
from tests.quarter.weeks import cycle_of

CLOSED = ("POSTED", "EXPORTED", "PAID")
DECIDED = ("APPROVED", "POSTED")
"""adjustments that are paid or billed, or will be with the next document"""
TABLES = ("attempts", "recon", "stops", "addresses", "mileage", "manifest", "driver_plans", "pay_plans", "pay_tiers", "fuel_index", "fuel_table",
          "accounts", "rate_cards", "rate_lines", "charge_codes", "zones", "volume_tiers", "tax_codes", "calendar", "drivers")  # fmt: skip
DAY = timedelta(days=1)


def everything(desk: Desk) -> Rows:
    """The rows of all tables that pay and bills follow from."""
    return {name: [dict(row) for row in desk.rows(name)] for name in TABLES}


class Work:
    """What was done, by the final rows: each scan as what it counts for."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.recon = {(r["stop_id"], r["service_date"]): r for r in rows["recon"]}
        self.miles = {(m["route_id"], m["driver_id"]): m for m in rows["mileage"] if m["status"] == "ACCEPTED"}
        self.history: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for scan in sorted(rows["attempts"], key=lambda a: (a["completed_at"], a["attempt_id"])):
            if not scan["dup_scan"]:
                self.history[scan["stop_id"]].append(scan)
        self.kind: dict[str, str] = {}
        for scans in self.history.values():
            before = ""
            for scan in scans:
                self.kind[scan["attempt_id"]], before = self._counts(scan, scans, before)
        route = {r["route_id"]: r for r in rows["manifest"]}
        scanned = {(s["stop_id"], s["service_date"]) for scans in self.history.values() for s in scans}
        self.unscanned = []
        for row in rows["recon"]:
            if (row["stop_id"], row["service_date"]) not in scanned and row["final"] == "DELIVERED":
                driver = row["va_driver"] or row["driver_id"] or route[row["route_id"]]["driver_id"]
                self.unscanned.append({
                    "attempt_id": f"recon:{row['route_id']}/{row['stop_id']}", "stop_id": row["stop_id"], "service_date": row["service_date"],
                    "driver_id": driver, "outcome": "DELIVERED", "pkgs_delivered": None, "pod_photo": None, "pod_sign": None,
                    "completed_at": datetime.combine(row["service_date"], time(23, 59, 59), UTC), "route": row["route_id"],
                })  # fmt: skip

    def _counts(self, scan: dict[str, Any], scans: Any, before: str) -> tuple[str, str]:
        row = self.recon[scan["stop_id"], scan["service_date"]]
        assert row["status"] != "OPEN", "at the end everything is decided"
        if row["final"] in ("REJECTED", "NOT_LOADED"):
            return "", before
        outcome = scan["outcome"]
        if outcome in ("DELIVERED", "PARTIAL"):
            if before == "DELIVERED":
                return "AGAIN", before
            kind = "REST" if before == "PARTIAL" else "STOP"
            return kind, "DELIVERED" if outcome == "DELIVERED" else "PARTIAL"
        if outcome == "CANCELLED_ON_BOARD":
            return "CANCEL", before
        return ("FAULT" if scan["reason_code"] == "DRIVER_DELAY" else "FAILED"), before

    def of(self, driver: str, start: date, end: date) -> list[dict[str, Any]]:
        scans = [s for scans in self.history.values() for s in scans] + self.unscanned
        mine = [s for s in scans if s["driver_id"] == driver and start <= s["service_date"] <= end]
        return sorted(mine, key=lambda s: (s["completed_at"], s["attempt_id"]))


def earnings(work: Work, driver: str, start: date, end: date) -> int:
    """What the work of one driver in one period comes to, in cents."""
    parts: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for scan in work.of(driver, start, end):
        kind = work.kind.get(scan["attempt_id"], "STOP")
        if kind not in ("", "AGAIN"):
            parts[plan_on(work.rows, driver, scan["service_date"])].append({**scan, "kind": kind})
    return sum(_under(work, driver, start, key, scans) for key, scans in parts.items())


def _under(work: Work, driver: str, start: date, key: Any, scans: list[dict[str, Any]]) -> int:
    rows = work.rows
    plan = next(p for p in rows["pay_plans"] if (p["plan_id"], p["version"]) == key)
    steps = sorted((t for t in rows["pay_tiers"] if (t["plan_id"], t["version"]) == key), key=lambda t: t["tier"])
    route = {s["attempt_id"]: s.get("route") or work.recon[s["stop_id"], s["service_date"]]["route_id"] for s in scans}
    stops = [s for s in scans if s["kind"] == "STOP"]
    tried = sum(s["kind"] in ("FAILED", "REST") for s in scans)
    cancelled = sum(s["kind"] == "CANCEL" for s in scans)
    days = {s["service_date"] for s in scans}
    routes = {(s["service_date"], route[s["attempt_id"]]) for s in scans}
    left: dict[Any, int] = defaultdict(lambda: plan["stops_included"] or 0)
    counted = []
    for scan in stops:
        place = (scan["service_date"], route[scan["attempt_id"]]) if plan["flat_per_route"] else scan["service_date"]
        if (plan["flat_per_route"] or plan["flat_per_day"]) and left[place]:
            left[place] -= 1
        else:
            counted.append(scan)
    scopes: dict[date, list[Any]] = defaultdict(list)
    for scan in counted:
        on = scan["service_date"]
        scopes[on if plan["tier_scope"] == "DAY" else start + 7 * DAY * ((on - start).days // 7)].append(scan)
    in_tier: dict[int, int] = defaultdict(int)
    by_day: dict[date, Fraction] = defaultdict(Fraction)
    for mine in scopes.values():
        for n, scan in enumerate(mine, 1):
            place = len(mine) if plan["tier_mode"] == "VOLUME" else n
            step = next(t for t in steps if t["up_to"] is None or place <= t["up_to"])
            in_tier[step["tier"]] += 1
            by_day[scan["service_date"]] += f(step["rate"])
    stop_pay = sum(cents(n * f(next(t["rate"] for t in steps if t["tier"] == tier))) for tier, n in in_tier.items())
    stop_pay += cents(tried * f(plan["fail_pay"])) + cents(cancelled * f(plan["cancel_loaded_pay"]))
    packages = sum(max(0, (s["pkgs_delivered"] or 1) - 1) for s in stops)
    stop_pay += cents(packages * f(plan["extra_package"]))
    flat = cents(len(days) * f(plan["flat_per_day"])) + cents(len(routes) * f(plan["flat_per_route"]))
    miles = fuel = 0
    for on, name in routes:
        driven = f(work.miles[name, driver]["chosen"])
        miles += (
            cents(max(Fraction(0), driven - f(plan["mile_free"])) * f(plan["mile_rate"])) if plan["mile_rate"] else 0
        )
        fuel += cents(driven * fuel_rate(_of_table(rows, plan["fuel_table_id"]), on)) if plan["fuel_table_id"] else 0
    whole = stop_pay + flat + miles
    if plan["combine"] == "MAX":
        paid_stops = (
            counted
            or (tried and plan["fail_pay"])
            or (cancelled and plan["cancel_loaded_pay"])
            or (packages and plan["extra_package"])
        )
        groups = (
            ([stop_pay] if paid_stops else [])
            + ([flat] if plan["flat_per_day"] and days else [])
            + ([miles] if plan["mile_rate"] and routes else [])
        )
        whole = max(groups, default=0)
    if plan["day_guarantee"]:
        short = Fraction(0)
        for on in days:
            earned = by_day[on] + f(plan["flat_per_day"]) + sum(d == on for d, _ in routes) * f(plan["flat_per_route"])
            for scan in scans:
                if scan["service_date"] == on:
                    earned += f(plan["fail_pay"]) if scan["kind"] in ("FAILED", "REST") else 0
                    earned += f(plan["cancel_loaded_pay"]) if scan["kind"] == "CANCEL" else 0
                    earned += (
                        f(plan["extra_package"]) * max(0, (scan["pkgs_delivered"] or 1) - 1)
                        if scan["kind"] == "STOP"
                        else 0
                    )
            short += max(Fraction(0), f(plan["day_guarantee"]) - earned)
        whole += cents(short)
    return whole + fuel + _bonus(work, plan, start, scans)


def _of_table(rows: Rows, table: str) -> Rows:
    return {**rows, "fuel_table": [r for r in rows["fuel_table"] if r["table_id"] == table]}


def _bonus(work: Work, plan: dict[str, Any], start: date, scans: list[dict[str, Any]]) -> int:
    if not plan["bonus_per_stop"]:
        return 0
    stops = [s for s in scans if s["kind"] == "STOP"]
    if not any(s["outcome"] == "DELIVERED" for s in stops):
        return 0
    gates: dict[str, list[bool]] = {"ontime_min": [], "first_attempt_min": [], "pod_min": []}
    for scan in scans:
        stop, missed = scan["kind"] == "STOP", scan["kind"] == "FAULT"
        if not (stop or missed):
            continue
        verdict = work.recon[scan["stop_id"], scan["service_date"]]["on_time"]
        if missed or verdict in ("ON_TIME", "EARLY", "LATE"):
            gates["ontime_min"].append(stop and verdict == "ON_TIME")
        if scan["attempt_id"].startswith("recon:"):
            gates["pod_min"].append(False)
            continue
        first = work.history[scan["stop_id"]][0]
        if first["service_date"] >= start:
            gates["first_attempt_min"].append(stop and first["attempt_id"] == scan["attempt_id"])
        if stop:
            gates["pod_min"].append(bool(scan["pod_photo"] or scan["pod_sign"]))
    for name, met in gates.items():
        if plan[name] is not None and (not met or Fraction(sum(met), len(met)) < f(plan[name])):
            return 0
    return cents(sum(s["outcome"] == "DELIVERED" for s in stops) * f(plan["bonus_per_stop"]))


def pay_differences(desk: Desk) -> dict[str, tuple[int, int]]:
    """By settlement (what was paid for its period, what it comes to), in cents, where they differ."""
    work = Work(everything(desk))
    lines, adjusted = defaultdict(int), defaultdict(int)
    for line in desk.rows("settlement_lines"):
        if not line["component"].startswith(("DED_", "REIMB", "ESCROW", "CARRY_OUT", "ADJ")):
            lines[line["settlement_id"]] += int(line["amount"] * 100)
    for row in desk.rows("adjustments"):
        if row["kind"] == "RECOMPUTED" and row["status"] in DECIDED:
            adjusted[row["ref_settlement"]] += int(row["delta"] * 100)
    found, settled = {}, set()
    for one in desk.rows("settlements"):
        if one["status"] in CLOSED:
            number, driver = one["settlement_id"], one["driver_id"]
            settled.add((driver, one["period_start"]))
            paid = lines[number] + adjusted[number]
            due = earnings(work, driver, one["period_start"], one["period_end"])
            if paid != due:
                found[number] = (paid, due)
    for scans in work.history.values():
        for scan in scans:
            if scan["driver_id"] != CARRIER and work.kind[scan["attempt_id"]]:
                starts = {
                    start
                    for driver, start in settled
                    if driver == scan["driver_id"] and start <= scan["service_date"] <= start + 13 * DAY
                }
                assert starts, f"nobody settled {scan['attempt_id']}"
    return found


def bill_differences(desk: Desk) -> dict[str, tuple[dict[Any, int], dict[Any, int]]]:
    """By invoice (what was billed for its cycle with its adjustments, what it comes to), line by line, where they differ."""
    rows = everything(desk)
    billed: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for line in desk.rows("invoice_lines"):
        if line["component"] != "ADJUSTMENT":
            billed[line["invoice_id"]][name_of(line["line_key"])] += int(line["amount"] * 100)
    for row in desk.rows("billing_adjustments", status=list(DECIDED)):
        billed[row["invoice_id"]][name_of(row["line_key"])] += int(row["delta"] * 100)
    found = {}
    for invoice in desk.rows("invoices"):
        if invoice["invoice_no"] and invoice["status"] != "VOID":
            account, start = invoice["account_id"], invoice["period_start"]
            assert (start, invoice["period_end"]) == cycle_of(account, start)
            due, _ = judge(rows, account, (start, invoice["period_end"]))
            was = {name: amount for name, amount in billed[invoice["invoice_id"]].items() if amount}
            due = {name: amount for name, amount in due.items() if amount}
            if was != due:
                found[invoice["invoice_id"]] = (was, due)
    return found


def name_of(line_key: str) -> Any:
    """The name the judge gives a line."""
    name, *rest = line_key.split("|")
    if name == "CHARGE":
        return (name, int(rest[0].rpartition("v")[2]), rest[1], rest[2], Fraction(rest[3]))
    return (name, int(rest[0].rpartition("v")[2])) if name == "DISCOUNT" else (name, *rest)
