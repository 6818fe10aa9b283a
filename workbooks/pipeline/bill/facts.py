"""What happened that may be billed: one event per attempt, cancellation, return or stop that nobody scanned.

The date of an event is the local calendar date at the stop. A scan that waits for a decision, or whose day nobody has
reconciled, is an event with a hold; what was decided not to count is none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from workbooks import localtime
from workbooks.pipeline.context import Context
from workbooks.schema import Row

DELIVERED = ("DELIVERED", "PARTIAL")


@dataclass(frozen=True)
class Event:
    """One billable thing. `source` is the attempt, else route and stop; `first` the delivery the stop is billed for.

    `hold` says why it cannot be billed yet (“”: it can). `try_no` numbers the failed tries of the stop that somebody
    pays for, from 1. `grouped`: another order at the same door is billed in its place.
    """

    source: str
    account_id: str
    on: date
    at: datetime
    outcome: str
    stop: Row
    address: Row
    attempt: Row
    route_id: str
    market_id: str
    hold: str = ""
    first: bool = False
    try_no: int = 0
    pays_failed: str = "N"
    grouped: bool = False
    begins: date | None = None
    """the date its route began on for the account, which may lie in the cycle before"""

    @property
    def delivers(self) -> bool:
        """It is the delivery that the stop is billed for."""
        return self.first and self.outcome in DELIVERED

    @property
    def ref(self) -> str:
        """Its name among those of all accounts; a route or a day may have carried several."""
        return f"{self.account_id}:{self.source}"

    def order(self) -> tuple[datetime, str]:
        """Order in which stops are counted."""
        return self.at, self.source


def gather(context: Context, accounts: Iterable[str], start: date, end: date) -> list[Event]:
    """Every event of those accounts whose local date lies in the cycle, in order of time."""
    wanted = set(accounts)
    # an operating day is not a calendar date, and a stop may lie in another zone than its market
    days = [start + timedelta(days=n) for n in range(-1, (end - start).days + 2)]
    books = context.books
    scans: dict[str, list[Row]] = {}
    for row in books.rows("attempts", service_date=days):
        if not row.get("dup_scan"):
            scans.setdefault(str(row["stop_id"]), []).append(row)
    recon: dict[str, list[Row]] = {}
    for row in books.rows("recon", service_date=days):
        recon.setdefault(str(row["stop_id"]), []).append(row)
    ids = sorted({*scans, *recon})
    stops = {key[0]: record.values for key, record in books.prefetch("stops", ids).items()}
    mine = {i: stops.get(i) or {"stop_id": i, "account_id": _prefix(i, wanted)} for i in ids}
    mine = {stop_id: stop for stop_id, stop in mine.items() if stop.get("account_id") in wanted}
    addresses = books.prefetch(
        "addresses", sorted({str(s["address_id"]) for s in mine.values() if s.get("address_id")})
    )
    found: list[Event] = []
    for stop_id, stop in mine.items():
        record = addresses.get((str(stop.get("address_id")),))
        found += _of_stop(
            context, stop, record.values if record else {}, scans.get(stop_id, []), recon.get(stop_id, [])
        )
    bills = context.go_live.bills
    begins: dict[tuple[str, str], date] = {}
    for event in found:
        route = (event.account_id, event.route_id)
        begins[route] = min(begins.get(route, event.on), event.on)
    found = [
        _but(event, begins=begins[event.account_id, event.route_id])
        for event in found if start <= event.on <= end and bills(event.account_id, event.on)
    ]  # fmt: skip
    return _grouped(sorted(found, key=Event.order))


def _prefix(stop_id: str, accounts: set[str]) -> str | None:
    """Account of a stop that nobody planned: the first part of its id."""
    return max((a for a in accounts if stop_id.startswith(f"{a}-")), key=len, default=None)


def _of_stop(context: Context, stop: Row, address: Row, scans: list[Row], recon: list[Row]) -> list[Event]:
    history = scans
    if scans and min((scan.get("n") or 1) for scan in scans) > 1:
        known = {scan["attempt_id"] for scan in scans}
        earlier = context.books.rows("attempts", stop_id=stop["stop_id"])
        history = [*scans, *(row for row in earlier if row["attempt_id"] not in known and not row.get("dup_scan"))]
    by_day = {row["service_date"]: row for row in recon}
    events: list[Event] = []
    delivered, tries = False, 0
    history = sorted(history, key=lambda row: (row["completed_at"], row["attempt_id"]))
    last_of = {scan["service_date"]: scan["attempt_id"] for scan in history}
    for scan in history:
        row = by_day.get(scan["service_date"])
        outcome, hold = _stands(context, scan, row, last_of[scan["service_date"]] == scan["attempt_id"])
        if outcome is None:
            continue
        event = _event(context, stop, address, scan, row, outcome, hold)
        if outcome in DELIVERED:
            event, delivered = _but(event, first=not delivered), True
        elif outcome == "FAILED":
            pays, why = _pays(context, event)
            tries += pays == "Y"
            event = _but(event, pays_failed=pays, try_no=tries if pays == "Y" else 0, hold=event.hold or why)
        events.append(event)
    for row in recon:
        events += _unscanned(
            context, stop, address, row, any(s["service_date"] == row["service_date"] for s in history)
        )
    if stop.get("status") == "RTS" and events:
        events.append(_but(max(events, key=Event.order), outcome="RETURNED", first=False, hold="", pays_failed="N"))
    return events


def _stands(context: Context, scan: Row, row: Row | None, last: bool) -> tuple[str | None, str]:
    """What a scan came to after the decisions (None: it does not count), and what it waits for."""
    outcome: str = scan["outcome"]
    if row is None:
        day = f"{scan['service_date']} of {scan.get('market_id')}"
        return outcome, f"{day} is not reconciled yet; run Reconcile day" if scan.get("status") == "RAW" else ""
    if row["status"] == "OPEN":
        return outcome, _waits(context, row)
    final = row.get("final") or row["outcome"]
    if final in ("REJECTED", "NOT_LOADED"):
        return None, ""
    return (final if last and final != row["outcome"] else outcome), ""


def _waits(context: Context, row: Row) -> str:
    flags = [flag for flag in row.get("flags") or () if context.flag_rules.get(flag, {}).get("holds_bill")]
    if not flags:
        return ""
    return f"{', '.join(flags)} on tab Recon waits for {' and '.join(row.get('waits_for') or ('a decision',))}"


def _event(context: Context, stop: Row, address: Row, scan: Row, row: Row | None, outcome: str, hold: str) -> Event:
    market = context.markets.get(str(scan.get("market_id") or stop.get("market_id")))
    zone = localtime.zone(str(address["tz"])) if address.get("tz") else market.zone if market else localtime.zone("UTC")
    route = row["route_id"] if row else scan.get("route_id") or stop.get("route_id") or ""
    on = scan["completed_at"].astimezone(zone).date()
    return Event(str(scan["attempt_id"]), str(stop["account_id"]), on, scan["completed_at"], outcome, stop, address, scan,
                 str(route), market.id if market else "", hold)  # fmt: skip


def _unscanned(context: Context, stop: Row, address: Row, row: Row, scanned: bool) -> list[Event]:
    """A stop without a scan: cancelled after dispatch, decided to have happened, or still missing."""
    if scanned:
        return []
    market = context.markets.get(str(row.get("market_id")))
    at = market.bounds(row["service_date"])[1] - timedelta(seconds=1) if market else None
    final, hold = str(row.get("final") or row["outcome"]), ""
    if final == "MISSING" and row["status"] == "OPEN":
        final, hold = "DELIVERED", _waits(context, row)
    if final not in ("DELIVERED", "FAILED", "CANCELLED"):
        return []
    assert at is not None
    event = Event(
        f"R:{row['route_id']}:{row['stop_id']}", str(stop["account_id"]), row["service_date"], at, final, stop, address, {},
        str(row["route_id"]), str(row["market_id"]), hold, first=final == "DELIVERED",
    )  # fmt: skip
    if final == "FAILED":
        pays, why = _pays(context, event)
        event = _but(event, pays_failed=pays, try_no=1 if pays == "Y" else 0, hold=hold or why)
    return [event]


def _pays(context: Context, event: Event) -> tuple[str, str]:
    """Whether the account pays for a failed try (Y, N, CANCEL), and what it waits for, by the fault matrix of its day."""
    code = event.attempt.get("reason_code") or "UNKNOWN"
    row = context.codes(event.on).get(code)
    answer = row["billable"] if row else "HOLD"
    over = [
        r for r in context.books.rows("reason_overrides")
        if r["code"] == code and r["account_id"] == event.account_id and r.get("billable") is not None
        and (r.get("eff_from") is None or r["eff_from"] <= event.on)
    ]  # fmt: skip
    if over:
        answer = "Y" if max(over, key=lambda r: r.get("eff_from") or date.min)["billable"] else "N"
    if answer == "HOLD":
        return "Y", f"the reason of {event.source} is {code}; name what happened on tab Attempts"
    return {"Y": "Y", "CANCEL_FEE": "CANCEL"}.get(answer, "N"), ""


def _grouped(events: list[Event]) -> list[Event]:
    """Of several orders delivered together at one door, the first stands for all."""
    leader: dict[tuple[str, str, date], str] = {}
    result = []
    for event in events:
        group = event.stop.get("group_id")
        if group and event.delivers:
            first = leader.setdefault((event.account_id, str(group), event.on), event.source)
            event = _but(event, grouped=first != event.source)
        result.append(event)
    return result


def _but(event: Event, **changed: Any) -> Event:
    values: Mapping[str, Any] = event.__dict__
    return Event(**{**values, **changed})
