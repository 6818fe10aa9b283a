"""What was done in a period: every attempt as what it counts for, route-days with their miles, and what waits.

Reads attempts, recon, manifest and mileage of the days; what a stop came to before the period is looked up where it
matters. Nothing is dropped: an attempt is paid, counts as nothing with its reason, or is held with its reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.context import Context
from workbooks.pipeline.pay.periods import Period
from workbooks.rules.settlement import payable
from workbooks.rules.settlement.work import ATTEMPT, CANCEL, HELD, NOTHING, STOP, Item, RouteMiles
from workbooks.schema import Row

WOULD = {"DELIVERED": STOP, "PARTIAL": STOP, "FAILED": ATTEMPT, "CANCELLED_ON_BOARD": CANCEL}


@dataclass
class Done:
    """The work of one driver in one period, before any plan. `kinds` holds raw verdicts that a plan still decides.

    `stops` are the stop rows behind the items, where a ladder or a group may ask for them.
    """

    driver_id: str
    period: Period
    items: list[Item] = field(default_factory=list)
    miles: dict[tuple[date, str], RouteMiles] = field(default_factory=dict)
    idle: list[tuple[date, str]] = field(default_factory=list)
    open_recon: list[str] = field(default_factory=list)
    settled: dict[str, str] = field(default_factory=dict)
    """item id -> settlement that has paid it"""
    accounts: dict[str, str] = field(default_factory=dict)
    """item id -> account"""


class Days:
    """Everything reported for some days, read once for all drivers; `first` is the earliest and `last` the latest day."""

    def __init__(self, books: Books, days: Iterable[date]) -> None:
        self.books, self.days = books, sorted(set(days))
        self.context = Context(books)

    def _read(self, table: str) -> list[Row]:
        return self.books.rows(table, service_date=list(self.days)) if self.days else []

    @cached_property
    def scans(self) -> list[Row]:
        """Attempts of the days that are real, in order."""
        rows = [row for row in self._read("attempts") if not row.get("dup_scan")]
        return sorted(rows, key=lambda row: (row["completed_at"], row["attempt_id"]))

    @cached_property
    def recon(self) -> dict[tuple[str, date], Row]:
        """Rows of Recon by stop and day."""
        return {(row["stop_id"], row["service_date"]): row for row in self._read("recon")}

    @cached_property
    def routes(self) -> dict[str, Row]:
        """Routes of the days."""
        return {row["route_id"]: row for row in self._read("manifest")}

    @cached_property
    def mileage(self) -> dict[tuple[str, str], Row]:
        """Rows of Mileage by route and driver."""
        return {(row["route_id"], row["driver_id"]): row for row in self._read("mileage")}

    @cached_property
    def histories(self) -> dict[str, list[Row]]:
        """Every real attempt, ever, of the stops that were tried more than once."""
        count: dict[str, int] = {}
        again: dict[str, None] = {}
        for scan in self.scans:
            count[scan["stop_id"]] = count.get(scan["stop_id"], 0) + 1
            if count[scan["stop_id"]] > 1 or (scan.get("n") or 1) > 1:
                again[scan["stop_id"]] = None
        found: dict[str, list[Row]] = {stop_id: [] for stop_id in again}
        rows = self.books.rows("attempts", stop_id=list(again)) if again else []
        for row in sorted(rows, key=lambda r: (r["completed_at"], r["attempt_id"])):
            if not row.get("dup_scan"):
                found[row["stop_id"]].append(row)
        return found

    @cached_property
    def _codes(self) -> dict[date, dict[str, Row]]:
        return {day: self.context.codes(day) for day in self.days}

    @cached_property
    def earlier_recon(self) -> dict[tuple[str, date], Row]:
        """Rows of Recon of days before these, for stops that were tried then."""
        days = {r["service_date"] for rows in self.histories.values() for r in rows} - set(self.days) - {None}
        rows = self.books.rows("recon", service_date=sorted(days)) if days else []
        return {(row["stop_id"], row["service_date"]): row for row in rows}

    def recon_of(self, scan: Row) -> Row | None:
        """The row of Recon an attempt belongs to."""
        key = (scan["stop_id"], scan["service_date"])
        return self.recon.get(key) or self.earlier_recon.get(key)

    def verdict(self, scan: Row) -> payable.Verdict:
        """What an attempt counts as, knowing what came of its stop before."""
        history = self.histories.get(scan["stop_id"], [scan])
        before = ""
        for each in history:
            if each["attempt_id"] == scan["attempt_id"]:
                break
            made = self._alone(each, history, before)
            before = "DELIVERED" if made.delivered else "PARTIAL" if made.kind == STOP and not before else before
            if made.kind == ATTEMPT and before == "PARTIAL" and each["outcome"] == "DELIVERED":
                before = "DELIVERED"
        return self._alone(scan, history, before)

    def _alone(self, scan: Row, history: list[Row], before: str) -> payable.Verdict:
        same_day = [r for r in history if r["service_date"] == scan["service_date"]]
        codes = self._codes.get(scan["service_date"]) or self.context.codes(scan["service_date"])
        last = same_day[-1]["attempt_id"] == scan["attempt_id"]
        return payable.verdict(scan, last, self.recon_of(scan), self.context.flag_rules, codes, before)


def done(days: Days, wanted: Mapping[str, Period]) -> dict[str, Done]:
    """The work of each driver of `wanted` within his period."""
    found = {driver_id: Done(driver_id, period) for driver_id, period in wanted.items()}
    tried: set[tuple[str, date]] = set()
    pays = days.context.go_live.pays
    for scan in days.scans:
        tried.add((scan["stop_id"], scan["service_date"]))
        mine = found.get(str(scan.get("driver_id")))
        if (
            mine is not None
            and mine.period.start <= scan["service_date"] <= mine.period.end
            and pays(mine.driver_id, scan["service_date"])
        ):
            _add_scan(days, mine, scan)
    for row in days.recon.values():
        _add_unscanned(days, found, row, (row["stop_id"], row["service_date"]) in tried)
    for mine in found.values():
        _add_routes(days, mine)
    return found


def _add_scan(days: Days, mine: Done, scan: Row) -> None:
    made = days.verdict(scan)
    if not made.kind:
        return
    recon = days.recon.get((scan["stop_id"], scan["service_date"])) or {}
    history = days.histories.get(scan["stop_id"], [scan])
    first = history[0]
    payable_stop = made.kind == STOP
    missed = made.kind == payable.MISSED
    on_time: bool | None = None
    if payable_stop and recon.get("on_time") in ("ON_TIME", "EARLY", "LATE"):
        on_time = recon["on_time"] == "ON_TIME"
    first_attempt: bool | None = None
    if (payable_stop or missed) and first["service_date"] >= mine.period.start:
        first_attempt = payable_stop and first["attempt_id"] == scan["attempt_id"]
    item_id = scan["attempt_id"]
    mine.items.append(Item(
        id=item_id, kind=NOTHING if missed else made.kind, day=scan["service_date"],
        route_id=str(recon.get("route_id") or scan.get("route_id") or "no route"), stop_id=scan["stop_id"],
        at=scan["completed_at"], packages=scan.get("pkgs_delivered") or 1, delivered=made.delivered,
        on_time=False if missed else on_time, first_attempt=first_attempt,
        pod=payable_stop and _proved(days, scan, recon.get("account_id")), reason=made.why,
        would=WOULD[scan["outcome"]],
    ))  # fmt: skip
    mine.accounts[item_id] = str(recon.get("account_id") or "")
    if scan.get("settled_in"):
        mine.settled[item_id] = str(scan["settled_in"])


def _proved(days: Days, scan: Row, account_id: Any) -> bool:
    """Proof of delivery as the account wants it; any proof where it does not say."""
    photo, sign = bool(scan.get("pod_photo")), bool(scan.get("pod_sign"))
    match (days.context.accounts.get(str(account_id)) or {}).get("pod_required"):
        case "PHOTO":
            return photo
        case "SIGN":
            return sign
        case "ALL":
            return photo and sign
        case _:
            return photo or sign


def _add_unscanned(days: Days, found: Mapping[str, Done], row: Row, tried: bool) -> None:
    """A row of Recon nobody scanned: held while it is open, paid when it was decided DELIVERED; and what is open at all."""
    route = days.routes.get(row["route_id"], {})
    whose = row.get("va_driver") or row.get("driver_id") or route.get("driver_id")
    drivers = {str(whose), str(route.get("driver_id"))} if row["status"] == "OPEN" else {str(whose)}
    for driver_id in sorted(drivers):
        mine = found.get(driver_id)
        if mine is None or not mine.period.start <= row["service_date"] <= mine.period.end:
            continue
        if not days.context.go_live.pays(driver_id, row["service_date"]):
            continue
        if row["status"] == "OPEN":
            mine.open_recon.append(f"{row['stop_id']} on {row['route_id']}")
        if tried or driver_id != str(whose) or row.get("outcome") != "MISSING":
            continue
        why, decided = payable.held_by(row, days.context.flag_rules), payable.came_to(row)
        item = Item(
            id=f"recon:{row['route_id']}/{row['stop_id']}", kind=STOP, day=row["service_date"], route_id=row["route_id"],
            stop_id=row["stop_id"], at=_end_of(row["service_date"]), delivered=True,
        )  # fmt: skip
        if why:
            item = replace(item, kind=HELD, delivered=False, reason=why, would=STOP)
        elif decided == "FAILED":
            item = replace(
                item,
                kind=HELD,
                delivered=False,
                reason="decided FAILED without a scan; enter the attempt by hand with its reason",
            )
        elif decided != "DELIVERED":
            continue
        mine.items.append(item)
        mine.accounts[item.id] = str(row.get("account_id") or "")


def _end_of(day: date) -> datetime:
    """After every scan of its day: what was decided without a scan fills the tiers last."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def _add_routes(days: Days, mine: Done) -> None:
    worked = {(item.day, item.route_id) for item in mine.items}
    for day, route_id in worked:
        row = days.mileage.get((route_id, mine.driver_id))
        miles, reason = None, f"no miles of {route_id} for {mine.driver_id}; enter them on tab Mileage"
        if row is not None and row["status"] == "ACCEPTED" and row.get("chosen") is not None:
            miles, reason = row["chosen"], ""
        elif row is not None:
            reason = f"miles of {route_id} wait on tab Mileage: {row.get('remark') or 'not accepted yet'}"
        mine.miles[day, route_id] = RouteMiles(route_id, day, miles, reason)
    for route_id, route in days.routes.items():
        day = route["service_date"]
        if (
            route.get("driver_id") == mine.driver_id
            and mine.period.start <= day <= mine.period.end
            and days.context.go_live.pays(mine.driver_id, day)
            and (day, route_id) not in worked
        ):
            mine.idle.append((day, route_id))


def paid_elsewhere(found: Mapping[str, Done], own: Mapping[str, set[str]]) -> None:
    """Holds what another settlement has paid; `own` are by driver the settlements that may have paid it themselves."""
    for driver_id, mine in found.items():
        known = own.get(driver_id, set())
        mine.items = [
            replace(item, kind=HELD, reason=f"was paid with {other}; propose the adjustment of that one first")
            if (other := mine.settled.get(item.id)) is not None and other not in known and item.kind != NOTHING
            else item
            for item in mine.items
        ]
