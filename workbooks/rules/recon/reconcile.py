"""Every stop of a day gets one row on its final route: what was planned, what was scanned, what does not agree.

Flags say what does not agree; a stop may carry several, MATCH stands alone. A row stays OPEN until every flag
that does not close itself has been decided by the one whose decision it is (table flag_rules). A scan is never
lost: what is on no manifest gets a row too (golden example G10).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workbooks.rules.recon.scans import Attempt
from workbooks.rules.recon.suggest import Seen, suggest
from workbooks.schema import Row
from workbooks.tables.flag_rules import FLAGS

FAR = timedelta(hours=12)
"""a scan this far outside its operating day cannot be true"""


@dataclass(frozen=True)
class PlannedRoute:
    """A route of the day: every driver it had (first: as dispatched), and when it is over."""

    route_id: str
    drivers: tuple[str, ...]
    ends_at: datetime
    dispatched_at: datetime | None = None


@dataclass(frozen=True)
class PlannedStop:
    """A stop on a route of the day, as the manifest ended."""

    stop: Row
    route_id: str
    moved: bool = False
    late_add: bool = False
    cancelled_at: datetime | None = None


@dataclass(frozen=True)
class Day:
    """The day to reconcile: market, date, its first and last moment (UTC), and the moment it is looked at."""

    market_id: str
    service_date: Any
    starts: datetime
    ends: datetime
    now: datetime


@dataclass
class Outcome:
    """The result for one stop: the row's values and the attempts behind it."""

    row: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)


def reconcile(
    day: Day,
    routes: Mapping[str, PlannedRoute],
    planned: Mapping[str, PlannedStop],
    scanned: Mapping[str, Sequence[Attempt]],
    flag_rules: Mapping[str, Row],
    decided: Mapping[tuple[str, str], Row],
) -> tuple[list[Outcome], int]:
    """Rows of recon for `day`, and how many stops are still out on routes that are not over.

    `planned` and `scanned` by stop id; `scanned` holds the real attempts of this day. `decided` are the rows that
    stand now, by (route, stop), whose decisions are kept.
    """
    results: list[Outcome] = []
    still_out = 0
    for stop_id in sorted(set(planned) | set(scanned)):
        plan, attempts = planned.get(stop_id), list(scanned.get(stop_id, ()))
        if plan is not None and not attempts and plan.cancelled_at is None and day.now < routes[plan.route_id].ends_at:
            still_out += 1
            continue
        expected = plan is not None and not _cancelled_before(plan, attempts)
        route_id = plan.route_id if plan is not None else _route_of(attempts, routes, day)
        route = routes.get(route_id)
        flags = _flags(plan, expected, route, attempts, day)
        outcome = _outcome(plan, attempts)
        last = next((a for a in reversed(attempts) if a.driver_id), None)
        row: dict[str, Any] = {
            "route_id": route_id,
            "stop_id": stop_id,
            "market_id": day.market_id,
            "service_date": day.service_date,
            "account_id": plan.stop.get("account_id") if plan else None,
            "flags": flags,
            "outcome": outcome,
            "expected": expected,
            "attempts": len(attempts),
            "driver_id": last.driver_id if last else None,
            "suggested": suggest(
                flags,
                Seen(
                    attempts,
                    outcome,
                    plan.stop.get("pkgs") if plan else None,
                    route.drivers[-1] if route and route.drivers else None,
                    plan is not None,
                ),
            ),
        }
        before = decided.get((route_id, stop_id), {})
        row["final"] = comes_to(outcome, flags, before, flag_rules)
        row.update(standing(flags, before, flag_rules))
        results.append(Outcome(row, attempts))
    return results, still_out


def comes_to(outcome: str, flags: Iterable[str], decisions: Row, flag_rules: Mapping[str, Row]) -> str:
    """What the day counts for a row after what was decided about it; what was scanned where nothing had to be."""
    if all(flag_rules[f]["self_closes"] for f in flags if f in flag_rules):
        return outcome
    made = {decisions.get("dispatch_decision"), decisions.get("va_decision")}
    return next((final for decision, final in _DECIDED if decision in made), outcome)


_DECIDED = (("REJECT", "REJECTED"), ("NOT_LOADED", "NOT_LOADED"), ("FAILED", "FAILED"), ("DELIVERED", "DELIVERED"))
"""decisions that change the outcome, the more careful one first; ACCEPT lets stand what was scanned"""


def standing(flags: Iterable[str], decisions: Row, flag_rules: Mapping[str, Row]) -> dict[str, Any]:
    """status and waits_for of a row with these flags and the decisions made so far."""
    asked = {flag_rules[f]["decided_by"] for f in flags if f in flag_rules and not flag_rules[f]["self_closes"]}
    made = {who for who, column in (("DISPATCH", "dispatch_decision"), ("VA", "va_decision")) if decisions.get(column)}
    waits = tuple(who for who in ("DISPATCH", "VA") if who in asked - made)
    return {"status": "OPEN" if waits else "CLOSED", "waits_for": waits or None}


def _cancelled_before(plan: PlannedStop, attempts: Sequence[Attempt]) -> bool:
    """Cancelled, and yet somebody delivered it afterwards: by then it was on no manifest."""
    cancelled = plan.cancelled_at
    return cancelled is not None and any(
        a.row["completed_at"] > cancelled and a.row["outcome"] in ("DELIVERED", "PARTIAL") for a in attempts
    )


def _route_of(attempts: Sequence[Attempt], routes: Mapping[str, PlannedRoute], day: Day) -> str:
    """Route for a scan on no manifest: the one the platform names, else the only one its driver drove."""
    for attempt in attempts:
        if attempt.row.get("route_id") in routes:
            return str(attempt.row["route_id"])
        driven = [r.route_id for r in routes.values() if attempt.driver_id in r.drivers]
        if attempt.driver_id and len(driven) == 1:
            return driven[0]
    return f"{day.market_id}-{day.service_date:%Y-%m-%d}-NONE"


def _outcome(plan: PlannedStop | None, attempts: Sequence[Attempt]) -> str:
    came_to = {attempt.row["outcome"] for attempt in attempts}
    for outcome in ("DELIVERED", "PARTIAL"):
        if outcome in came_to:
            return outcome
    if "CANCELLED_ON_BOARD" in came_to or (plan is not None and plan.cancelled_at is not None and not came_to):
        return "CANCELLED"
    return "FAILED" if came_to else "MISSING"


def _flags(
    plan: PlannedStop | None, expected: bool, route: PlannedRoute | None, attempts: Sequence[Attempt], day: Day
) -> tuple[str, ...]:
    found = set()
    outcome = _outcome(plan, attempts)
    if plan is not None and not attempts and plan.cancelled_at is None:
        found.add("MISSING_SCAN")
    if attempts and not expected:
        found.add("UNMANIFESTED")
    if any(attempt.duplicates for attempt in attempts):
        found.add("DUPLICATE_SCAN")
    if plan is not None and plan.moved:
        found.add("MOVED")
    if plan is not None and plan.late_add:
        found.add("LATE_ADD")
    if any(attempt.row["outcome"] == "CANCELLED_ON_BOARD" for attempt in attempts):
        found.add("CANCELLED_LOADED")
    if outcome == "PARTIAL":
        found.add("PARTIAL")
    if expected and route is not None and route.drivers:
        others = {a.driver_id for a in attempts if a.driver_id} - {route.drivers[0]}
        if others:
            found.add("DRIVER_SWAP")
        if others - set(route.drivers):
            found.add("SWAP_NO_EVENT")
    if any(_count_differs(attempt, plan) for attempt in attempts):
        found.add("COUNT_MISMATCH")
    if any(attempt.driver_id is None for attempt in attempts):
        found.add("NO_DRIVER_MAP")
    if any(_impossible(attempt.row, day) for attempt in attempts):
        found.add("TIME_IMPOSSIBLE")
    return ordered(found) or ("MATCH",)


def ordered(flags: Iterable[str]) -> tuple[str, ...]:
    """Flags in the order a row shows them."""
    return tuple(sorted(flags, key=FLAGS.index))


def _count_differs(attempt: Attempt, plan: PlannedStop | None) -> bool:
    held = plan.stop.get("pkgs") if plan is not None else None
    if held is None or attempt.pkgs is None:
        return False
    if attempt.row["outcome"] == "DELIVERED":
        return bool(attempt.pkgs != held) and attempt.n == 1
    if attempt.row["outcome"] == "PARTIAL":
        return not 0 < attempt.pkgs < held
    return bool(attempt.row["outcome"] == "FAILED" and attempt.pkgs > 0)


def _impossible(scan: Row, day: Day) -> bool:
    arrived, completed = scan.get("arrived_at"), scan["completed_at"]
    return bool(arrived is not None and arrived > completed) or not day.starts - FAR <= completed <= day.ends + FAR
