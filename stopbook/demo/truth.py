"""What really happened on a day of the demo: routes, stops, changes of plan, scans. Messy as real days are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from random import Random
from zoneinfo import ZoneInfo

from stopbook.demo.company import CITIES, DAY, KINDS, STREETS, Company, name, phone

FAILURES = (("not home", 40), ("No answer at door", 14), ("needs gate code", 12), ("refused by customer", 8), ("wrong address", 8),
            ("business closed", 6), ("package damaged", 4), ("NOT_ATTEMPTED", 4), ("dog in yard", 4))  # fmt: skip


@dataclass
class Stop:
    """One planned stop and what is known of it."""

    account: str
    order: str
    seq: int
    recipient: str
    phone: str
    address: str
    unit: str
    zip5: str
    pkgs: int
    weight: float
    start: time
    end: time
    signature: bool
    route: str = ""


@dataclass
class Scan:
    """One scan as the driver's phone sent it. `driver` is our number, or an account nobody knows."""

    order: str
    account: str
    route: str
    driver: str
    arrived: datetime
    completed: datetime
    status: str
    reason: str = ""
    pkgs: int | None = None
    photo: str = ""
    signature: str = ""


@dataclass
class Route:
    """One route of the day."""

    market: str
    code: str
    driver: str
    vehicle: str
    dispatched: datetime
    ends: datetime
    miles: float
    stops: list[Stop] = field(default_factory=list)


@dataclass
class Change:
    """One change of plan after dispatch."""

    market: str
    at: datetime
    kind: str
    route: str
    account: str = ""
    order: str = ""
    to_route: str = ""
    to_driver: str = ""
    seq: int | None = None
    asked_by: str = "DISPATCH"
    note: str = ""


@dataclass
class Truth:
    """Everything of one day; `planted` counts what was put in on purpose."""

    on: date = DAY
    routes: list[Route] = field(default_factory=list)
    scans: dict[str, list[Scan]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    miles: dict[tuple[str, str], tuple[str, float, float]] = field(default_factory=dict)
    """(market, route) -> (driver, odometer start, end)"""
    again: dict[str, str] = field(default_factory=dict)
    """stop that goes out once more -> route that takes it along"""
    planted: Counter[str] = field(default_factory=Counter)

    def at(self, market: str, clock: time) -> datetime:
        """A wall-clock time of the day in a market, UTC."""
        return datetime.combine(self.on, clock, ZoneInfo(CITIES[market][2])).astimezone(UTC)


@dataclass(frozen=True)
class Again:
    """A stop that failed on an earlier day and goes out once more; on which route, is known once there are routes."""

    market: str
    stop: Stop
    stop_id: str


def truth(
    company: Company,
    stops: int,
    seed: int,
    on: date = DAY,
    first: int = 100_000,
    share: float = 1.0,
    again: Sequence[Again] = (),
) -> Truth:
    """The day of about `stops` stops, were everybody working; `share` of the drivers do. Order numbers begin
    after `first`; `again` goes out besides."""
    random = Random(seed + 1)  # noqa: S311
    day = Truth(on, scans={"CHI": [], "PHX": []})
    per_driver = max(1, round(stops / sum(map(len, company.drivers.values()))))
    order = first
    for market, drivers in company.drivers.items():
        for number, driver in enumerate(drivers[: ceil(len(drivers) * share)], start=1):
            route = Route(market, f"R{number:02d}", driver, f"V-{int(driver[2:]):02d}", day.at(market, time(7, random.randrange(0, 40))),
                          day.at(market, time(18, 30)), round(random.uniform(55, 95), 1))  # fmt: skip
            count = max(1, per_driver + random.randrange(-4, 5))
            for seq in range(1, count + 1):
                order += random.randrange(1, 9)
                route.stops.append(_stop(random, company, market, route.code, order, seq, count))
            day.routes.append(route)
    for route in day.routes:
        _drive(random, day, route)
    _surprises(random, day, company)
    _once_more(random, day, again)
    return day


def _stop(random: Random, company: Company, market: str, route: str, order: int, seq: int, per_route: int) -> Stop:
    opens = 8 + min(9, seq * 10 // (per_route + 2))
    stop = Stop(
        random.choices(company.accounts, (45, 15, 20, 20))[0], f"{order}", seq, name(random), phone(random, "312" if market == "CHI" else "602"),
        f"{random.randrange(10, 4200)} {random.choice(('N', 'S', 'E', 'W'))} {random.choice(STREETS)} {random.choice(KINDS)}",
        f"Apt {random.randrange(1, 40)}" if random.random() < 0.25 else "", random.choice(CITIES[market][3]),
        random.choices((1, 2, 3, 5), (70, 18, 8, 4))[0], round(random.uniform(0.5, 24), 1), time(opens), time(min(21, opens + 2)),
        random.random() < 0.15, route,
    )  # fmt: skip
    stop.signature |= stop.account == "LUMEN"  # a pharmacy has every delivery signed for
    return stop


def _drive(random: Random, day: Truth, route: Route) -> None:
    """The route as it was driven: one scan after the other, most of them fine."""
    clock = route.dispatched + timedelta(minutes=30)
    step = (route.ends - clock) / (len(route.stops) + 2)
    for stop in route.stops:
        clock += step * random.uniform(0.7, 1.25)
        wait = timedelta(seconds=random.randrange(60, 240))
        scan = Scan(stop.order, stop.account, route.code, route.driver, clock - wait, clock, "DELIVERED", pkgs=stop.pkgs,
                    photo=f"https://pod.example/{stop.order}.jpg", signature=stop.recipient if stop.signature else "")  # fmt: skip
        dice = random.random()
        if dice < 0.03:
            words, weights = zip(*FAILURES, strict=True)
            scan.status, scan.reason, scan.pkgs, scan.photo = "FAILED", random.choices(words, weights)[0], 0, ""
            scan.signature = ""
            day.planted["failed attempts"] += 1
            if random.random() < 0.3:
                day.scans[route.market].append(scan)
                later = min(route.ends, clock + timedelta(hours=random.uniform(1, 4)))
                scan = Scan(
                    stop.order, stop.account, route.code, route.driver, later - wait, later, "DELIVERED", pkgs=stop.pkgs,
                    photo=f"https://pod.example/{stop.order}-2.jpg", signature=stop.recipient if stop.signature else "",
                )  # fmt: skip
                day.planted["tried twice"] += 1
        elif dice < 0.034 and stop.pkgs > 1:
            scan.status, scan.pkgs = "PARTIAL", stop.pkgs - 1
            day.planted["partial"] += 1
        elif dice < 0.040:
            day.planted["never scanned"] += 1
            continue
        elif dice < 0.048:
            day.scans[route.market].append(scan)
            again = scan.completed + timedelta(seconds=random.randrange(5, 400))
            scan = Scan(**{**scan.__dict__, "completed": again})
            day.planted["scanned twice"] += 1
        elif dice < 0.050 and stop.pkgs > 1:
            scan.pkgs = stop.pkgs + 1
            day.planted["package count wrong"] += 1
        elif dice < 0.0515:
            scan.arrived = scan.completed + timedelta(minutes=9)
            day.planted["impossible times"] += 1
        day.scans[route.market].append(scan)
    start = float(random.randrange(20_000, 180_000)) + 0.4
    day.miles[route.market, route.code] = (
        route.driver,
        start,
        round(start + route.miles * random.uniform(0.93, 1.1), 1),
    )


def _once_more(random: Random, day: Truth, again: Sequence[Again]) -> None:
    """What was promised to recipients: most of it is brought, now and then nobody is home again."""
    for one in again:
        route = random.choice([route for route in day.routes if route.market == one.market])
        done = day.at(one.market, time(14, random.randrange(60)))
        home = random.random() < 0.9
        day.again[one.stop_id] = route.code
        day.scans[one.market].append(
            Scan(one.stop.order, one.stop.account, route.code, route.driver, done - timedelta(minutes=2), done,
                 "DELIVERED" if home else "FAILED", "" if home else "not home", one.stop.pkgs if home else 0,
                 f"https://pod.example/{one.stop.order}-2.jpg" if home else "", one.stop.recipient if home and one.stop.signature else "")
        )  # fmt: skip
        day.planted["brought again"] += 1


def _surprises(random: Random, day: Truth, company: Company) -> None:
    """Late adds, moves, cancellations, swaps, strangers: what makes a manifest a history."""
    shared: set[tuple[str, str]] = set()
    by_market = {
        market: [r for r in day.routes if r.market == market and len(r.stops) > 5] for market in company.drivers
    }
    for market, routes in by_market.items():
        if len(routes) < 2:
            continue  # too small a day for surprises
        for _ in range(max(1, len(routes) // 4)):
            one, other = random.sample(routes, 2)
            stop = random.choice(one.stops)
            moved = day.at(market, time(9, random.randrange(10, 55)))
            day.changes.append(
                Change(
                    market,
                    moved,
                    "MOVE",
                    one.code,
                    stop.account,
                    stop.order,
                    to_route=other.code,
                    note="balance the load",
                )
            )
            for scan in day.scans[market]:
                if scan.order == stop.order:
                    scan.driver, scan.route = other.driver, other.code
            day.planted["moved"] += 1
        for _ in range(max(1, len(routes) // 5)):
            route = random.choice(routes)
            stop = random.choice(route.stops)
            when = day.at(market, time(10, random.randrange(0, 50)))
            day.changes.append(
                Change(
                    market,
                    when,
                    "CANCEL",
                    route.code,
                    stop.account,
                    stop.order,
                    asked_by="CLIENT",
                    note="customer cancelled",
                )
            )
            day.scans[market] = [s for s in day.scans[market] if s.order != stop.order]
            if random.random() < 0.5:
                back = when + timedelta(minutes=20)
                day.scans[market].append(
                    Scan(
                        stop.order,
                        stop.account,
                        route.code,
                        route.driver,
                        back,
                        back,
                        "CANCELLED_ON_BOARD",
                        "CANCELLED_BY_CLIENT",
                        0,
                    )
                )
            day.planted["cancelled"] += 1
        swapped, silent = random.sample(routes, 2)
        shared |= {(market, swapped.code), (market, silent.code)}
        relief = random.choice([d for d in company.drivers[market] if d not in (swapped.driver, silent.driver)])
        noon = day.at(market, time(12))
        day.changes.append(
            Change(market, noon, "SWAP_DRIVER", swapped.code, to_driver=relief, note="driver went home ill")
        )
        for scan in day.scans[market]:
            if scan.route == swapped.code and scan.completed > noon:
                scan.driver = relief
        day.planted["driver swaps"] += 1
        for scan in [s for s in day.scans[market] if s.route == silent.code][-3:]:
            scan.driver = relief
            day.planted["scans by another driver, nobody said why"] += 1
        for number in range(2):
            route = random.choice(routes)
            when = day.at(market, time(15, 5 + number))
            day.scans[market].append(
                Scan(f"9{random.randrange(10_000, 99_999)}", "KITE", "", route.driver, when, when, "DELIVERED", pkgs=1)
            )
            day.planted["scanned, on no manifest"] += 1
    # of a route that two drivers shared nobody can say how long each part should be: what is far off would not show
    alone = [route for route in day.routes if (route.market, route.code) not in shared]
    far, round_zero, none = (alone[(n + 7 * (day.on - DAY).days) % len(alone)] for n in (3, 5, 8))
    odometers = day.miles
    driver, start, end = odometers[far.market, far.code]
    odometers[far.market, far.code] = (driver, start, round(end + 900, 1))
    driver, _, _ = odometers[round_zero.market, round_zero.code]
    odometers[round_zero.market, round_zero.code] = (driver, 999_962.3, round(round_zero.miles - 37.7, 1))
    del odometers[none.market, none.code]
    day.planted["odometer troubles"] += 3
