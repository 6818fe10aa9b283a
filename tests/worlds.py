"""Small companies to test with: rows as people would type them, in a few words."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from workbooks.books import Books
from workbooks.tables import TABLES

DAY = date(2026, 3, 10)
CHICAGO = ZoneInfo("America/Chicago")


def utc(text: str) -> datetime:
    """ "2026-03-10 14:05" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(clock: str, day: date = DAY, zone: ZoneInfo = CHICAGO) -> datetime:
    """ "14:05" or "14:05:40" of the day in Chicago, as UTC."""
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def masters(**more: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Master tables of a company with one market, one account and three drivers; `more` adds or replaces tables."""
    rows: dict[str, list[dict[str, Any]]] = {
        "markets": [
            {
                "market_id": "CHI",
                "name": "Chicago",
                "tz": "America/Chicago",
                "op_day_cutover": time(4),
                "quiet_start": time(21),
                "quiet_end": time(8),
            }
        ],
        "clients": [{"client_id": "ACME", "name": "Acme", "status": "ACTIVE"}],
        "accounts": [{"account_id": "A1", "client_id": "ACME", "name": "Acme online"}],
        "drivers": [
            {"driver_id": d, "display": n, "status": "ACTIVE"}
            for d, n in (("D-017", "Ana"), ("D-022", "Ben"), ("D-030", "Cy"))
        ],
        **{name: [dict(row) for row in table.defaults] for name, table in TABLES.items() if table.defaults},
    }
    rows.update({name: list(given) for name, given in more.items()})
    return rows


def stop(stop_id: str, route: str | None = "CHI-2026-03-10-R12", **more: Any) -> dict[str, Any]:
    return {
        "stop_id": stop_id, "market_id": "CHI", "service_date": DAY, "account_id": "A1", "order_ref": stop_id, "route_id": route,
        "status": "DISPATCHED", "pkgs": 1, **more,
    }  # fmt: skip


def route(code: str, **more: Any) -> dict[str, Any]:
    return {
        "route_id": f"CHI-{DAY}-{code}", "market_id": "CHI", "service_date": DAY, "route_code": code, "status": "DISPATCHED",
        "dispatched_at": local("07:05"), "planned_end": local("18:00"), **more,
    }  # fmt: skip


def event(
    number: int,
    kind: str,
    code: str,
    at: str,
    stop_id: str | None = None,
    before: str | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    return {
        "event_id": f"E-{number}", "market_id": "CHI", "service_date": DAY, "route_id": f"CHI-{DAY}-{code}", "stop_id": stop_id,
        "kind": kind, "at": local(at), "from_value": before, "to_value": after,
    }  # fmt: skip


def scan(stop_id: str, driver: str, at: str, outcome: str = "DELIVERED", **more: Any) -> dict[str, Any]:
    return {
        "attempt_id": f"S-{stop_id}-{at}", "market_id": "CHI", "service_date": DAY, "stop_id": stop_id, "driver_id": driver,
        "outcome": outcome, "completed_at": local(at), "status": "RAW", "source": "CSV", "platform": "GENERIC", **more,
    }  # fmt: skip


def books(rows: dict[str, list[dict[str, Any]]]) -> Books:
    return Books.of(rows)


def g10() -> dict[str, list[dict[str, Any]]]:
    """The mini-day of golden example G10, as rows."""
    events = [
        event(1, "SWAP_DRIVER", "R12", "06:30", after="D-017"),
        event(2, "SWAP_DRIVER", "R14", "06:30", after="D-022"),
    ]
    events += [event(10 + n, "ADD", "R12", "06:40", f"S{n}", after=str(n)) for n in range(1, 11)]
    events += [
        event(30, "ADD", "R12", "09:40", "S11", after="11"),
        event(31, "MOVE_OUT", "R12", "09:55", "S9", f"CHI-{DAY}-R12", f"CHI-{DAY}-R14"),
        event(32, "MOVE_IN", "R14", "09:55", "S9", f"CHI-{DAY}-R12", f"CHI-{DAY}-R14"),
        event(33, "CANCEL", "R12", "10:30", "S8"),
        event(34, "SWAP_DRIVER", "R12", "11:00", before="D-017", after="D-030"),
    ]
    scans = [scan(s, "D-017", t) for s, t in (("S1", "08:00"), ("S2", "08:10"), ("S4", "08:50"), ("S5", "09:05"))]
    scans += [
        scan("S2", "D-017", "08:10:40"),
        scan("S3", "D-017", "08:40", "FAILED", reason_code="RECIP_ABSENT"),
        scan("S8", "D-017", "10:35", "CANCELLED_ON_BOARD", reason_code="CANCELLED_BY_CLIENT"),
        scan("S3", "D-030", "15:10"),
        scan("S6", "D-030", "12:00"),
        scan("S11", "D-030", "12:20"),
        scan("S10", "D-030", "13:00", "PARTIAL", pkgs_delivered=3),
        scan("S9", "D-022", "12:30"),
        scan("S99", "D-030", "13:30"),
    ]
    stops = [stop(f"S{n}", pkgs=5 if n == 10 else 1) for n in range(1, 12)]
    stops[8]["route_id"] = f"CHI-{DAY}-R14"
    return masters(
        manifest=[route("R12", driver_id="D-030"), route("R14", driver_id="D-022")],
        manifest_events=events, stops=stops, attempts=scans,
    )  # fmt: skip
