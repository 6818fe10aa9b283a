"""Close a day: fold the manifest, fold the scans, reconcile, judge on time, choose the miles.

Takes the books of one market and day and says what should stand in manifest, stops, attempts, recon and mileage.
Running it again over unchanged facts wants exactly what already stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.context import Context, Market
from workbooks.pipeline.wanted import Wanted
from workbooks.rules.manifest.fold import ManifestState, fold
from workbooks.rules.mileage.choose import choose
from workbooks.rules.recon import reconcile as rule
from workbooks.rules.recon.scans import Attempt, attempts
from workbooks.rules.sla.on_time import verdict
from workbooks.schema import Row


@dataclass
class _Facts:
    """One market's day as the books tell it."""

    market: Market
    date: date
    manifest: dict[str, Row]
    state: ManifestState
    stops: dict[str, Row]
    scans: dict[str, list[Row]]
    earlier: dict[str, list[Row]]


def close_day(books: Books, market_id: str, day: date, now: datetime) -> Wanted:
    """Everything that follows from the facts of `day` in one market, looked at `now` (aware)."""
    context = Context(books)
    market = context.market(market_id)
    facts = _gather(context, market, day)
    wanted = Wanted()
    drivers = {
        scan["attempt_id"]: scan.get("driver_id")
        or context.driver_of(scan.get("platform"), scan.get("raw_driver"), day)
        for scans in (*facts.scans.values(), *facts.earlier.values())
        for scan in scans
    }
    minutes = context.policy("duplicate_scan_minutes", day)
    real = {
        stop_id: attempts(
            [*facts.earlier.get(stop_id, ()), *scans], drivers, facts.stops.get(stop_id, {}).get("pkgs"), minutes
        )
        for stop_id, scans in facts.scans.items()
    }
    outcomes, still_out = _reconcile(context, facts, real, now)
    decided = {(row["route_id"], row["stop_id"]) for row in (o.row for o in outcomes)}
    wanted.rows["recon"] = [outcome.row for outcome in outcomes]
    wanted.gone["recon"] = [
        key
        for key, record in books.by_key("recon", market_id=market_id, service_date=day).items()
        if key not in decided
    ]
    _want_attempts(wanted, outcomes, drivers)
    _want_stops(wanted, facts, real, {outcome.row["stop_id"]: outcome.row["final"] for outcome in outcomes})
    _want_manifest(wanted, context, facts, outcomes, still_out, now)
    _want_mileage(wanted, context, facts, outcomes)
    if still_out:
        wanted.notes.append(
            f"{still_out:,} stops of {market_id} are still out on routes that have not ended; they are left for later."
        )
    return wanted


def _gather(context: Context, market: Market, day: date) -> _Facts:
    books, scope = context.books, {"market_id": market.id, "service_date": day}
    manifest = {row["route_id"]: row for row in books.rows("manifest", **scope)}
    events = books.rows("manifest_events", **scope)
    state = fold(events, {route_id: row.get("dispatched_at") for route_id, row in manifest.items()})
    stops = {row["stop_id"]: row for row in books.rows("stops", **scope)}
    scans: dict[str, list[Row]] = {}
    for scan in books.rows("attempts", **scope):
        scans.setdefault(scan["stop_id"], []).append(scan)
    for stop_id in sorted((set(state.stops) | set(scans)) - set(stops)):
        elsewhere = books.row("stops", stop_id)
        if elsewhere is not None:
            stops[stop_id] = elsewhere
    earlier = {}
    for stop_id, todays in scans.items():
        last = stops.get(stop_id, {}).get("last_attempt_id")
        known_before = last is not None and last not in {scan["attempt_id"] for scan in todays}
        if known_before or min((scan.get("n") or 1) for scan in todays) > 1:
            rows = books.rows("attempts", stop_id=stop_id)
            earlier[stop_id] = [r for r in rows if r["service_date"] is not None and r["service_date"] < day]
    return _Facts(market, day, manifest, state, stops, scans, earlier)


def _reconcile(
    context: Context, facts: _Facts, real: Mapping[str, list[Attempt]], now: datetime
) -> tuple[list[rule.Outcome], int]:
    starts, ends = facts.market.bounds(facts.date)
    day = rule.Day(facts.market.id, facts.date, starts, ends, now)
    today = {scan["attempt_id"] for scans in facts.scans.values() for scan in scans}
    scanned = {stop_id: [a for a in found if a.row["attempt_id"] in today] for stop_id, found in real.items()}
    routes, planned = _plan(facts, scanned, ends)
    existing = {key: record.values for key, record in
                context.books.by_key("recon", market_id=facts.market.id, service_date=facts.date).items()}  # fmt: skip
    decided = {(key[0], key[1]): row for key, row in existing.items()}
    outcomes, still_out = rule.reconcile(day, routes, planned, scanned, context.flag_rules, decided)
    at_fault = frozenset(code for code, row in context.codes(facts.date).items() if row["family"] == "driver")
    for outcome in outcomes:
        stop = facts.stops.get(outcome.row["stop_id"], {})
        history = real.get(outcome.row["stop_id"], [])
        promise = context.promise(stop.get("account_id"), facts.date)
        outcome.row["on_time"] = verdict(stop, [a.row for a in history], promise, at_fault) if stop else None
        delivered = outcome.row["outcome"] in ("DELIVERED", "PARTIAL")
        outcome.row["first_attempt"] = (delivered and history[0].row["outcome"] != "FAILED") if history else None
    return outcomes, still_out


def _plan(
    facts: _Facts, scanned: Mapping[str, list[Attempt]], day_ends: datetime
) -> tuple[dict[str, rule.PlannedRoute], dict[str, rule.PlannedStop]]:
    planned: dict[str, rule.PlannedStop] = {}
    for stop_id, state in facts.state.stops.items():
        route_id = state.route_id
        if route_id is None and scanned.get(stop_id) and state.left:
            # it left the day after somebody had tried it: the try belongs to the route it left
            route_id = state.left[-1][1]
        if route_id is None:
            continue
        start = (facts.manifest.get(route_id) or {}).get("dispatched_at")
        if (
            state.cancelled_at is not None
            and (start is None or state.cancelled_at <= start)
            and not scanned.get(stop_id)
        ):
            continue
        planned[stop_id] = rule.PlannedStop(
            facts.stops.get(stop_id, {"stop_id": stop_id}),
            route_id,
            moved=route_id in state.moved_to,
            late_add=route_id in state.late_adds,
            cancelled_at=state.cancelled_at,
        )
    routes = {}
    for route_id in {*facts.manifest, *(p.route_id for p in planned.values())}:
        row = facts.manifest.get(route_id, {})
        known = facts.state.routes.get(route_id)
        drivers = tuple(driver for _, driver in known.drivers) if known else ()
        last_window = max(
            (e for p in planned.values() if p.route_id == route_id and (e := p.stop.get("window_end"))),
            default=day_ends,
        )
        routes[route_id] = rule.PlannedRoute(
            route_id, drivers, row.get("planned_end") or last_window, row.get("dispatched_at")
        )
    return routes, planned


def _want_attempts(wanted: Wanted, outcomes: list[rule.Outcome], drivers: Mapping[str, str | None]) -> None:
    for outcome in outcomes:
        confirmed = outcome.row["status"] == "CLOSED" and outcome.row["final"] != "REJECTED"
        status = "CONFIRMED" if confirmed else "MATCHED"
        for attempt in outcome.attempts:
            scans = [(attempt.row, False), *((scan, True) for scan in attempt.duplicates)]
            for scan, duplicate in scans:
                if scan.get("status") == "LOCKED":
                    continue
                wanted.add("attempts", {
                    "attempt_id": scan["attempt_id"],
                    "n": attempt.n,
                    "driver_id": drivers.get(scan["attempt_id"]),
                    "dup_scan": duplicate,
                    "scan_count": 1 + len(attempt.duplicates) if not duplicate else None,
                    "status": status,
                })  # fmt: skip


def _want_stops(wanted: Wanted, facts: _Facts, real: Mapping[str, list[Attempt]], final: Mapping[str, str]) -> None:
    for stop_id, stop in facts.stops.items():
        state = facts.state.stops.get(stop_id)
        history = real.get(stop_id, [])
        if not history and stop.get("service_date") != facts.date:
            continue
        status = _stop_status(stop, state.cancelled_at if state else None, history, final.get(stop_id), facts)
        row = {"stop_id": stop_id, "status": status}
        if history:
            row["last_attempt_id"] = history[-1].row["attempt_id"]
        wanted.add("stops", row)


def _stop_status(
    stop: Row, cancelled_at: datetime | None, history: list[Attempt], final: str | None, facts: _Facts
) -> str:
    came_to = [attempt.row["outcome"] for attempt in history]
    if final == "DELIVERED" or ("DELIVERED" in came_to and final != "REJECTED"):
        return "DELIVERED"
    if stop["status"] in ("RTS", "FAILED_FINAL"):
        return str(stop["status"])
    if not came_to and stop.get("last_attempt_id") and stop["status"] in ("PARTIAL", "DELIVERED"):
        return str(stop["status"])  # what an earlier day came to stands while it is out again
    if "PARTIAL" in came_to:
        return "PARTIAL"
    if cancelled_at is not None or "CANCELLED_ON_BOARD" in came_to:
        return "CANCELLED"
    if came_to or final == "FAILED" or (stop.get("last_attempt_id") and stop["status"] == "ATTEMPTED"):
        return "ATTEMPTED"
    route = facts.manifest.get(str(stop.get("route_id")))
    return "DISPATCHED" if route is not None and route.get("dispatched_at") is not None else "PLANNED"


def _want_manifest(
    wanted: Wanted, context: Context, facts: _Facts, outcomes: list[rule.Outcome], still_out: int, now: datetime
) -> None:
    by_route: dict[str, list[dict[str, Any]]] = {}
    for outcome in outcomes:
        by_route.setdefault(outcome.row["route_id"], []).append(outcome.row)
    for route_id, row in facts.manifest.items():
        known = facts.state.routes.get(route_id)
        driver = known.driver if known else row.get("driver_id")
        rows = by_route.get(route_id, [])
        on_it = facts.state.stops_of(route_id)
        waiting = sum(r["status"] == "OPEN" for r in rows)
        wanted.add("manifest", {
            "route_id": route_id,
            "driver_id": driver,
            "driver_name": context.drivers.get(str(driver), {}).get("display"),
            "planned_stops": len(on_it),
            "done_stops": sum(r["final"] in ("DELIVERED", "PARTIAL") for r in rows),
            "open_stops": waiting,
            "version": known.version if known else 0,
            "status": _route_status(row, rows, waiting, {s.stop_id for s in on_it}),
        })  # fmt: skip


def _route_status(row: Row, rows: list[dict[str, Any]], waiting: int, on_it: set[str]) -> str:
    if row["status"] == "LOCKED":
        return "LOCKED"
    seen = {r["stop_id"] for r in rows}
    if rows and not on_it - seen:
        return "RETURNED" if waiting else "RECONCILED"
    if rows:
        return "IN_PROGRESS"
    if row.get("dispatched_at") is not None:
        return "DISPATCHED"
    return "LOADED" if on_it else "DRAFT"


def _want_mileage(wanted: Wanted, context: Context, facts: _Facts, outcomes: list[rule.Outcome]) -> None:
    order, band = context.policy("mileage_sources", facts.date), context.policy("mileage_band", facts.date)
    existing = {key: record.values for key, record in
                context.books.by_key("mileage", market_id=facts.market.id, service_date=facts.date).items()}  # fmt: skip
    drove: dict[str, set[str]] = {route_id: set() for route_id in facts.manifest}
    for outcome in outcomes:
        if outcome.row["route_id"] in drove:
            drove[outcome.row["route_id"]] |= {a.driver_id for a in outcome.attempts if a.driver_id}
    for route_id, driver_id in existing:
        drove.setdefault(route_id, set()).add(driver_id)
    for route_id, drivers in drove.items():
        route = facts.manifest.get(route_id, {})
        for driver_id in sorted(drivers):
            before = existing.get((route_id, driver_id), {})
            vehicle_id = before.get("vehicle_id") or (route.get("vehicle_id") if len(drivers) == 1 else None)
            # a plan is for the whole route: with two drivers it is only the most that either can have driven
            whole = route.get("planned_miles")
            planned = whole if len(drivers) == 1 else None
            start = before.get("odo_start")
            if start is None and before.get("odo_end") is not None:
                start = context.go_live.odometer(vehicle_id, facts.date)
            choice = choose(
                {**before, "odo_start": start, "planned_miles": planned},
                context.vehicles.get(str(vehicle_id)),
                order,
                band,
                whole,
            )
            wanted.add("mileage", {
                "route_id": route_id,
                "driver_id": driver_id,
                "market_id": facts.market.id,
                "service_date": facts.date,
                "vehicle_id": vehicle_id,
                "planned_miles": planned,
                "chosen": choice.chosen,
                "source": choice.source,
                "rollover": choice.rollover,
                "band_flag": choice.band_flag,
                "remark": choice.remark or None,
                "status": "ACCEPTED" if choice.accepted or (before.get("accept") and choice.chosen is not None) else "OPEN",
            })  # fmt: skip
