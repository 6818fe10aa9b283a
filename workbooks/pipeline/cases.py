"""Open, repeat and close the cases of a day, and see which of the open ones broke the two-hour promise."""

from datetime import date, datetime
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.context import Context, Market
from workbooks.pipeline.wanted import Wanted
from workbooks.rules.exceptions import clock
from workbooks.rules.exceptions.open import Healed, faults_of, heal, open_cases
from workbooks.schema import Row
from workbooks.tables.exceptions import DONE


def due_at(context: Context, market: Market, start: datetime, paused_min: int = 0) -> datetime:
    """End of the contact clock that starts at `start`, under the policies of its day."""
    day = market.day_of(start)
    minutes = context.policy("contact_clock_minutes", day)
    quiet = market.quiet if context.policy("contact_clock", day) == "QUIET_PAUSE" else None
    return clock.due(start, minutes, paused_min, quiet, market.zone)


def open_exceptions(books: Books, market_id: str, day: date, now: datetime) -> Wanted:
    """What should stand in exceptions (and redeliveries) of one market after the facts of `day`, looked at `now`."""
    context = Context(books)
    market = context.market(market_id)
    codes = context.codes(day)
    scans = [r for r in books.rows("attempts", market_id=market_id, service_date=day) if not r.get("dup_scan")]
    recon = books.rows("recon", market_id=market_id, service_date=day)
    existing = {str(row["exc_id"]): row for row in books.rows("exceptions", market_id=market_id)}
    routes = {str(row["route_id"]): row for row in books.rows("manifest", market_id=market_id, service_date=day)}
    faults = faults_of(scans, _flag_faults(recon, scans, routes, market.bounds(day)[1]), codes)
    due = {fault: due_at(context, market, fault.at) for fault in faults}
    cases = open_cases(faults, codes, existing, due)
    for exc_id, case in cases.items():
        if exc_id not in existing:
            case |= _described(books, market_id, case)
    wanted = Wanted()
    delivered = _deliveries(scans)
    # a missing scan that turned out to be a failed try is no longer about the scan, but the recipient still waits
    waits = [row for row in recon if row.get("status") == "OPEN" or row.get("final") == "FAILED"]
    flags = {row["stop_id"]: frozenset(row.get("flags") or ()) for row in waits}
    for exc_id in sorted({*existing, *cases}):
        merged = {**existing.get(exc_id, {}), **cases.get(exc_id, {})}
        changed = cases.get(exc_id, {})
        ends_at = None
        if merged["status"] not in DONE and (merged["stop_id"] in delivered or _of_day(merged, market, day)):
            ends_at = delivered.get(merged["stop_id"])
            changed = {**changed, **heal(merged, Healed(ends_at, flags.get(merged["stop_id"], frozenset())), codes)}
        merged |= changed
        if not merged.get("breached"):
            waiting = merged.get("waiting_since") is not None
            met = merged.get("first_contact_at") or (ends_at if merged["status"] in DONE else None)
            over = merged["status"] in DONE and met is None
            changed = {
                **changed,
                "breached": not over and clock.breached(merged.get("due_2h"), met, now, waiting, False),
            }
        if changed:
            wanted.add("exceptions", {"exc_id": exc_id, **changed})
    _settle_redeliveries(wanted, books, market_id, scans)
    return wanted


def _of_day(case: Row, market: Market, day: date) -> bool:
    return market.day_of(case["failed_at"]) == day


def _flag_faults(
    recon: list[Row], scans: list[Row], routes: dict[str, Row], ends: datetime
) -> list[tuple[str, str, datetime, str | None]]:
    """Flags that wait for a decision, with the moment they are about: the scan, else the planned end of the route."""
    by_stop: dict[str, Row] = {scan["stop_id"]: scan for scan in sorted(scans, key=lambda s: s["completed_at"])}
    found = []
    for row in recon:
        if row.get("status") != "OPEN":
            continue
        scan = by_stop.get(row["stop_id"])
        moment = scan["completed_at"] if scan else routes.get(row["route_id"], {}).get("planned_end") or ends
        for flag in row.get("flags") or ():
            found.append((row["stop_id"], flag, moment, scan["attempt_id"] if scan else None))
    return found


def _described(books: Books, market_id: str, case: dict[str, Any]) -> dict[str, Any]:
    """What the VA needs beside the case itself: who, where, whose."""
    stop = books.row("stops", case["stop_id"]) or {}
    address = books.row("addresses", str(stop["address_id"])) if stop.get("address_id") else None
    place = [address.get(part) for part in ("raw", "city", "zip5")] if address else []
    market = Context(books).market(market_id)
    return {
        "market_id": market_id,
        "service_date": market.day_of(case["failed_at"]),
        "account_id": stop.get("account_id"),
        "recipient": stop.get("recipient"),
        "phone": stop.get("phone"),
        "address": ", ".join(str(part) for part in place if part) or None,
    }


def _deliveries(scans: list[Row]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for scan in scans:
        if scan["outcome"] == "DELIVERED":
            found[scan["stop_id"]] = max(scan["completed_at"], found.get(scan["stop_id"], scan["completed_at"]))
    return found


def _settle_redeliveries(wanted: Wanted, books: Books, market_id: str, scans: list[Row]) -> None:
    """A routed redelivery is done or failed once its stop was tried again after it was agreed."""
    latest = {scan["stop_id"]: scan for scan in sorted(scans, key=lambda s: s["completed_at"])}
    for row in books.rows("redeliveries", market_id=market_id):
        scan = latest.get(row["stop_id"])
        agreed = row.get("confirmed_at")
        if row["status"] in ("DONE", "FAILED") or scan is None or (agreed and scan["completed_at"] <= agreed):
            continue
        status = "DONE" if scan["outcome"] in ("DELIVERED", "PARTIAL") else "FAILED"
        wanted.add("redeliveries", {"redelivery_id": row["redelivery_id"], "status": status})
