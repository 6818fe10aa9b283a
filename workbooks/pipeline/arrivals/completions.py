"""A completions file: every scan becomes one attempt, under the number it has there or one made of what it says.

A scan of a stop nobody planned comes in too; reconciliation shows it. Words for a failure become our code through
the reason map; what is not there stays without a code and waits for the VA. A scan that is already settled or
billed is not changed any more.
"""

from hashlib import sha256
from typing import Any

from workbooks.books import Books
from workbooks.money import half_up
from workbooks.pipeline.arrivals.common import Arrival, Desk, Line, Sender, route_id, unplanned_stop_id
from workbooks.pipeline.context import Market
from workbooks.rules.mileage.straight import metres
from workbooks.schema import Row


def arrive(books: Books, lines: list[Line], sender: Sender) -> Arrival:
    """Rows for attempts from the lines of a completions file."""
    desk, arrival = Desk(books, sender), Arrival()
    seen: set[str] = set()
    for line in lines:
        market = desk.market(line, arrival)
        if market is None:
            continue
        row = _attempt(desk, line, market, arrival)
        if row is None or row["attempt_id"] in seen:
            continue
        seen.add(row["attempt_id"])
        arrival.wanted.add("attempts", row)
        arrival.lines_in += 1
    return arrival


OUTCOMES = {
    "DELIVERED": "DELIVERED", "PICKED_UP": "DELIVERED", "PARTIAL": "PARTIAL", "FAILED": "FAILED", "SKIPPED": "FAILED",
    "RETURNED": "FAILED", "CANCELLED_ON_BOARD": "CANCELLED_ON_BOARD",
}  # fmt: skip
"""which reported statuses are attempts; arriving, leaving without a word or being planned is none"""


def _attempt(desk: Desk, line: Line, market: Market, arrival: Arrival) -> dict[str, Any] | None:
    values = line.values
    outcome, completed = OUTCOMES.get(values["status"]), values.get("completed_at")
    if outcome is None:
        arrival.no_outcome += 1
        return None
    if completed is None:
        arrival.reject(line, "completed_at", f"{values['status'].lower()} without a time", "Fill when it was completed")
        return None
    day = values.get("service_date") or desk.sender.service_date or market.day_of(completed)
    stop, fine = desk.stop(line, market, day, arrival)
    if not fine:
        return None
    platform = desk.platform(line)
    stop_id = stop["stop_id"] if stop else unplanned_stop_id(values)
    attempt_id = _attempt_id(platform, stop_id, values)
    before = desk.books.row("attempts", attempt_id)
    row: dict[str, Any] = {
        "attempt_id": attempt_id,
        "market_id": market.id,
        "service_date": day,
        "stop_id": stop_id,
        "route_id": route_id(market.id, day, str(values["route_ref"])) if values.get("route_ref") else None,
        "outcome": outcome,
        "raw_reason": values.get("raw_reason"),
        "arrived_at": values.get("arrived_at"),
        "completed_at": completed,
        "pkgs_delivered": values.get("pkgs_delivered"),
        "pod_photo": values.get("pod_photo"),
        "pod_sign": values.get("pod_sign"),
        "note": values.get("notes"),
        "gps_lat": _round6(values.get("lat")),
        "gps_lon": _round6(values.get("lng")),
        "gps_dist_m": _metres_off(desk, stop, values),
        "wait_min": _minutes(values.get("arrived_at"), completed),
        "platform": platform,
        "raw_driver": values.get("driver_ref"),
        "source": "CSV",
        "source_ref": values.get("scan_id"),
    }
    if before is not None and before.get("status") == "LOCKED":
        if any(before.get(name) != value for name, value in row.items()):
            arrival.reject(line, "scan_id", f"scan {attempt_id} is already paid or billed and cannot change",
                           "Propose an adjustment instead")  # fmt: skip
        return None
    driver = desk.driver(line, day, platform)
    if driver is not None or before is None:
        row["driver_id"] = driver
    if values.get("driver_ref") and driver is None:
        arrival.warn(line, "driver_ref", f"“{values['driver_ref']}” ({platform}) is no driver of ours",
                     "The scan waits on tab Recon; choose the driver there")  # fmt: skip
    if before is None:
        row["status"] = "RAW"
    if outcome in ("FAILED", "PARTIAL") and (before is None or before.get("reason_code") is None):
        row["reason_code"] = _reason(desk, line, platform, day, outcome, arrival)
    return row


def _reason(desk: Desk, line: Line, platform: str, day: Any, outcome: str, arrival: Arrival) -> str | None:
    values = line.values
    codes = desk.context.codes(day)
    code = desk.context.reason_of(platform, values.get("raw_reason"), codes) or desk.context.reason_of(
        platform, values.get("notes"), codes
    )
    if code is None and outcome == "FAILED":
        said = f"“{values['raw_reason']}”" if values.get("raw_reason") else "no reason"
        arrival.warn(
            line, "reason", f"{said} is none of our reason codes", "Name it in the case, or add it on tab Reason map"
        )
    return code


def _attempt_id(platform: str, stop_id: str, values: Row) -> str:
    if values.get("scan_id"):
        return f"{platform}-{values['scan_id']}"
    said = (stop_id, values.get("driver_ref"), values["completed_at"].isoformat(), values["status"])
    return f"{platform}-{sha256('|'.join(map(str, said)).encode()).hexdigest()[:14]}"


def _minutes(arrived: Any, completed: Any) -> int | None:
    if arrived is None or completed < arrived:
        return None
    return int((completed - arrived).total_seconds() // 60)


def _round6(value: Any) -> Any:
    return None if value is None else half_up(value, 6)


def _metres_off(desk: Desk, stop: Row | None, values: Row) -> int | None:
    """Metres between scan and address, where both are known."""
    if stop is None or values.get("lat") is None or values.get("lng") is None:
        return None
    address = desk.books.row("addresses", str(stop.get("address_id"))) if stop.get("address_id") else None
    if address is None or address.get("lat") is None or address.get("lon") is None:
        return None
    here, there = (address["lat"], address["lon"]), (values["lat"], values["lng"])
    return metres(*map(float, (*here, *there)))
