"""Functions that answer with a table: a day reconciled, an account priced, a driver settled, from copies of our tabs.

The tabs are recognised by their headers and go through the very steps the jobs take. What nobody gave holds what a new
company begins with; nothing is written, and no clock is read: a day is looked at as if it were over.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from addin.functions.given import one_of
from addin.functions.ranges import Tabs, sheet
from addin.registry import function
from workbooks import localtime
from workbooks.pipeline.bill.drafting import charge_rows, cycle_of
from workbooks.pipeline.day import close_day
from workbooks.pipeline.pay.draft import drafts, line_rows
from workbooks.problems import Refused
from workbooks.rules.manifest import changes
from workbooks.schema import Type
from workbooks.tables import TABLES

_TABS = "Copies of our tabs, each with its header row, in any order"


def _asked(name: str, what: Any, kind: Type) -> Any:
    value = one_of(name, what, kind)
    if value is None:
        raise Refused(f"{name} is blank; fill it.")
    return value


def _zone(zone: Any) -> ZoneInfo:
    return localtime.zone(str(_asked("zone", zone, Type.ZONE)))


@function(
    "SB_RECONCILE", "a table: one row per stop, with its flags", ("recon.flags", "recon.final", "recon.on_time"),
    '=SB_RECONCILE("CHI", DATE(2026,3,10), "America/Chicago", tblStops[#All], tblAttempts[#All])',
    market="Market that is reconciled, such as CHI", day="Service date", zone="Time zone of the times in the tabs",
    tabs=f"{_TABS}: Stops and Attempts, and Manifest, Manifest events, Markets where you have them",
)  # fmt: skip
def reconcile(market: Any, day: Any, zone: Any, *tabs: Any) -> Any:
    """Plan against scans for one day: what agrees, what does not, and what Stopbook would do about it."""
    market_id, on, tz = str(_asked("market", market, Type.ID)), _asked("day", day, Type.DATE), _zone(zone)
    given = Tabs(tabs, tz, {"market_id": market_id, "service_date": on})
    given.need("stops", "attempts")
    given.rows.setdefault("markets", [{"market_id": market_id, "name": market_id, "tz": tz.key}])
    if "manifest_events" not in given.rows:
        given.rows["manifest_events"] = _as_planned(given, on, tz)
    found = close_day(given.books(), market_id, on, _over(on, tz))
    rows = sorted(found.rows["recon"], key=lambda row: (str(row["route_id"]), str(row["stop_id"])))
    return sheet(TABLES["recon"], rows, tz)


def _over(day: date, tz: ZoneInfo) -> datetime:
    """A moment by which every route of the day has ended."""
    return localtime.to_utc(datetime.combine(day + timedelta(days=2), time(0)), tz)[0]


def _as_planned(given: Tabs, day: date, tz: ZoneInfo) -> list[dict[str, Any]]:
    """Without events the plan is what the tabs say now: every stop on its route, every route with its driver."""
    start, _ = localtime.to_utc(datetime.combine(day, time(0)), tz)
    routes = {row["route_id"]: row for row in given.rows.get("manifest", ())}
    events: list[dict[str, Any]] = []
    for route in routes.values():
        events += changes.swap(route, None, route.get("driver_id"), start)
    for row in given.rows["stops"]:
        if row.get("route_id") and row.get("service_date") == day:
            events += changes.move(str(row["stop_id"]), None, routes.get(row["route_id"], row), start)
    return events


@function(
    "SB_PRICE", "a table: one row per charge, with card, zone, rate and amounts", ("charges.rate", "charges.exact", "charges.charge"),
    '=SB_PRICE("A-100", DATE(2026,3,10), "America/Chicago", tblAccounts[#All], tblRateCards[#All], tblRateLines[#All], tblZones[#All], tblStops[#All], tblAddresses[#All], tblAttempts[#All], tblRecon[#All])',
    account="Account that is billed", day="Any day of the billing cycle", zone="Time zone of the times in the tabs",
    tabs=f"{_TABS}: Accounts, Rate cards, Rate lines, Stops, Addresses, Attempts, Recon, Zones and what else prices",
)  # fmt: skip
def price(account: Any, day: Any, zone: Any, *tabs: Any) -> Any:
    """What an account's cycle comes to, charge by charge, or why a charge is held or has no price."""
    account_id, on, tz = str(_asked("account", account, Type.ID)), _asked("day", day, Type.DATE), _zone(zone)
    given = Tabs(tabs, tz)
    given.need("accounts", "rate_cards", "rate_lines", "stops", "attempts")
    cycle = cycle_of(given.books(), account_id, on)
    return sheet(TABLES["charges"], charge_rows(cycle, None), tz)


@function(
    "SB_SETTLE", "a table: one row per line of the settlement", ("settlement_lines.amount", "settlements.net"),
    '=SB_SETTLE("D-017", DATE(2026,3,8), "America/Chicago", tblAttempts[#All], tblRecon[#All], tblDriverPlans[#All], tblPayPlans[#All], tblPayTiers[#All])',
    driver="Driver who is paid", day="Any day of the pay period", zone="Time zone of the times in the tabs",
    tabs=f"{_TABS}: Attempts, Recon, Driver plans, Pay plans, Pay tiers, and Manifest, Mileage, agreements where they matter",
)  # fmt: skip
def settle(driver: Any, day: Any, zone: Any, *tabs: Any) -> Any:
    """What a driver's period comes to, line by line, each in plain words; the amounts add up to the net."""
    driver_id, on, tz = str(_asked("driver", driver, Type.ID)), _asked("day", day, Type.DATE), _zone(zone)
    given = Tabs(tabs, tz)
    given.need("attempts", "recon", "driver_plans", "pay_plans")
    given.rows.setdefault("drivers", [{"driver_id": driver_id}])
    made = drafts(given.books(), on, only=[driver_id])
    if not made:
        raise Refused(f"{driver_id} has nothing to settle in the period of {on}; give the attempts of that period.")
    return sheet(TABLES["settlement_lines"], [row for draft in made for row in line_rows(draft)], tz)
