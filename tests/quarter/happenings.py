"""What happens on the days of the quarter: work, and facts that come late. Seeded, and apart from what anything costs."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.quarter.company import ACCOUNTS, LEAVES, MARKETS, Rows, drivers, home, market_of

FAULTS = (
    ("DELIVERED", "", 88),
    ("FAILED", "not home", 5),
    ("FAILED", "driver delay", 2),
    ("PARTIAL", "", 2),
    ("CANCELLED_ON_BOARD", "", 1),
    ("LOST", "", 5),
)
"""(outcome, words for the reason, how often of 100); LOST: on some days nobody scans it in time"""


@dataclass
class Happenings:
    """The files of each day, made as the quarter goes on. `late` are scans that come in on a later day."""

    pick: Random
    stops: int = 2
    again: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    late: dict[date, Rows] = field(default_factory=lambda: defaultdict(list))
    late_miles: dict[date, Rows] = field(default_factory=lambda: defaultdict(list))
    tomorrow: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    number: int = 1000

    def day(self, on: date) -> tuple[Rows, Rows, Rows]:
        """(orders, reports, mileage) of one day."""
        for market, order in self.tomorrow:
            self.again[market].append(order)
        self.tomorrow.clear()
        orders: Rows = []
        reports: Rows = []
        miles: Rows = []
        for driver in drivers():
            works = on.weekday() < 6 or on == date(2026, 3, 8)
            if not works or self.pick.random() > 0.3 or on > LEAVES.get(driver, on):
                continue
            route = self._route(driver, on)
            orders += route
            reports += self._reports(route, driver, on)
            miles += self._miles(route[0], driver, on)
        self.pick.shuffle(reports)
        return orders, reports + self.late.pop(on, []), miles + self.late_miles.pop(on, [])

    def after(self, on: date) -> tuple[Rows, Rows]:
        """(reports, mileage) that still come in when the work is over."""
        return self.late.pop(on, []), self.late_miles.pop(on, [])

    def forget(self, order_ref: str) -> None:
        """The order goes back to its sender and is not tried again."""
        self.tomorrow = [pair for pair in self.tomorrow if pair[1]["order_ref"] != order_ref]
        for market, waiting in self.again.items():
            self.again[market] = [order for order in waiting if order["order_ref"] != order_ref]

    def _route(self, driver: str, on: date) -> Rows:
        market = market_of(driver)
        zone, code = ZoneInfo(MARKETS[market]), f"R{driver[2:]}"
        waiting, found = self.again[market], []
        for seq in range(1, self.pick.randint(self.stops, self.stops + 2) + 1):
            ready = [order for order in waiting if serves(order["account_id"], on)]
            if ready and self.pick.random() < 0.7:
                order = ready[0]
                waiting.remove(order)
            else:
                self.number += 1
                account = self.pick.choice([a for a, m in ACCOUNTS.items() if m == market and serves(a, on)])
                order = {"order_ref": str(self.number), "account_id": account, "pkgs": self.pick.choice((1, 1, 1, 2, 3)),
                         "recipient": f"Person {self.number}", "signature_req": self.pick.choice(("TRUE", "FALSE", "FALSE")),
                         **home(self.pick, account)}  # fmt: skip
            found.append({**order, "market_id": market, "route_ref": code, "seq": seq, "driver_ref": driver, "service_date": on,
                          "window_from": "08:00", "window_to": "12:30" if seq % 2 else "20:00", "planned_miles": "40.0",
                          "dispatched_at": _utc(on, time(6, 30), zone), "planned_end": _utc(on, time(20), zone)})  # fmt: skip
        return found

    def _reports(self, route: Rows, driver: str, on: date) -> Rows:
        found = []
        zone = ZoneInfo(MARKETS[route[0]["market_id"]])
        minute = (
            self.pick.randint(90, 300) if on == date(2026, 3, 8) else self.pick.randint(420, 720)
        )  # 01:30 exists once that day
        for stop in route:
            minute += self.pick.randint(4, 45)
            outcome, reason, _ = self.pick.choices(FAULTS, [often for *_, often in FAULTS])[0]
            at = datetime.combine(on, time(0), zone).astimezone(UTC) + timedelta(
                minutes=minute, seconds=self.pick.randint(0, 59)
            )
            if outcome == "PARTIAL" and stop["pkgs"] == 1:
                outcome = "DELIVERED"
            lost = outcome == "LOST" and on.weekday() in (1, 3)
            outcome = "DELIVERED" if outcome == "LOST" else outcome
            report = {
                "market_id": stop["market_id"], "order_ref": stop["order_ref"], "account_id": stop["account_id"], "route_ref": stop["route_ref"],
                "service_date": on, "driver_ref": driver, "status": outcome, "raw_reason": reason,
                "arrived_at": _iso(at - timedelta(minutes=self.pick.choice((0, 2, 5, 16, 31)))), "completed_at": _iso(at),
                "pkgs_delivered": 1 if outcome == "PARTIAL" else stop["pkgs"], "scan_id": f"S{stop['order_ref']}-{on:%m%d}",
                "pod_photo": "https://pod.example/p.jpg" if outcome in ("DELIVERED", "PARTIAL") and self.pick.random() < 0.99 else "",
                "pod_sign": "https://pod.example/s.png" if stop["signature_req"] == "TRUE" and self.pick.random() < 0.95 else "",
            }  # fmt: skip
            if lost:
                self.late[on + timedelta(days=self.pick.choice((1, 8, 9, 15, 22)))].append(report)
            else:
                found.append(report)
                if self.pick.random() < 0.01:  # the phone sends it again
                    found.append(
                        {**report, "completed_at": _iso(at + timedelta(seconds=40)), "scan_id": report["scan_id"] + "b"}
                    )
            if outcome == "FAILED" or (outcome == "PARTIAL" and self.pick.random() < 0.5):
                self.tomorrow.append((stop["market_id"], {n: v for n, v in stop.items() if n not in _OF_ROUTE}))
        return found

    def _miles(self, stop: dict[str, Any], driver: str, on: date) -> Rows:
        row = {"route_id": f"{stop['market_id']}-{on}-{stop['route_ref']}", "driver_id": driver,
               "gps_miles": f"{self.pick.randint(345, 455) / 10:.1f}"}  # fmt: skip
        luck = self.pick.random() if on.weekday() in (1, 3) else 1
        if luck < 0.08:  # nobody wrote them down; somebody does later
            self.late_miles[on + timedelta(days=self.pick.choice((2, 9, 12)))].append(row)
            return []
        if luck < 0.16:  # the phone lost its way; the odometer is entered later
            start = self.pick.randint(10_000, 60_000)
            later = {**row, "odo_start": f"{start}.0", "odo_end": f"{start + self.pick.randint(36, 44)}.0"}
            self.late_miles[on + timedelta(days=self.pick.choice((1, 8, 10)))].append(later)
        return [row]


def serves(account: str, on: date) -> bool:
    """The account that is billed by the day has work on one day in two weeks."""
    return account != "E1" or (on.weekday() == 1 and on.isocalendar().week % 2 == 0)


_OF_ROUTE = (
    "route_ref",
    "seq",
    "driver_ref",
    "service_date",
    "dispatched_at",
    "planned_end",
    "market_id",
    "planned_miles",
)


def _utc(on: date, clock: time, zone: ZoneInfo) -> str:
    return _iso(datetime.combine(on, clock, zone).astimezone(UTC))


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
