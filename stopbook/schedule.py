"""The schedule: jobs that run by themselves, on the clock of the market.

What runs when stands in the ledger (tab Schedule), and so do the next run and the last result: a hub that slept or was
killed finds there what it owes, and does each job once, however often it was missed. `next_after` and `owed` decide
and are pure; `Schedule` runs what is owed, one of each at a time in the whole company, by a lease of the ledger.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

from schedule import Scheduler

from stopbook.app import App
from stopbook.job import Job, Params
from stopbook.jobs import jobs
from stopbook.log import fault
from stopbook.runner import Result
from workbooks import localtime
from workbooks.ledger import Lease, LeaseLost, Ledger, Stale
from workbooks.pipeline.context import Market
from workbooks.plan import Plan, Put
from workbooks.problems import Refused
from workbooks.schema import Record, Row, rid_of
from workbooks.tables import TABLES
from workbooks.tables.markets import DAYS
from workbooks.tables.schedule import BY_MARKET

TABLE = TABLES["schedule"]
LEASE = 900
"""seconds for which a run has its job to itself; a job that takes longer may be begun again, which harms nothing"""
QUIET = timedelta(hours=1)
"""runs that found nothing to do are noted in the ledger this often"""
LOOK = 5
"""seconds between two looks at what is owed"""
MOST_MISSED = 7
SOON = timedelta(minutes=1)
"""a job that something new calls for runs at once, but not again within this time"""
RETRY, RETRIES = timedelta(minutes=15), 3
"""a daily job that did not succeed is tried again after so long, so often"""

Run = Callable[[Job, Params], Result]


@dataclass(frozen=True)
class Owed:
    """A row of the schedule whose time has come. `slots` are the times it was due, the last of them is the one served."""

    record: Record
    job: Job
    slots: tuple[datetime, ...]


def next_after(row: Row, zones: Sequence[ZoneInfo], after: datetime) -> datetime | None:
    """The first time after `after` at which the row is due; None when it never is.

    A wall-clock time that does not exist on a day is due when the clock has jumped; one that occurs twice, at its
    first pass. A row without a market keeps the first zone's time of day, and the working hours of all of them.
    """
    if not row.get("enabled") or not zones:
        return None
    if row.get("at") is not None:
        return _daily(row, zones[0], after)
    if row.get("every"):
        found = [moment for zone in zones if (moment := _repeated(row, zone, after)) is not None]
        return min(found, default=None)
    return None


def _daily(row: Row, zone: ZoneInfo, after: datetime) -> datetime | None:
    first = localtime.to_wall(after, zone).date() - timedelta(days=1)
    for number in range(10):
        day = first + timedelta(days=number)
        moment, _ = localtime.to_utc(datetime.combine(day, row["at"]), zone)
        if moment > after and _works_on(row, day):
            return moment
    return None


def _repeated(row: Row, zone: ZoneInfo, after: datetime) -> datetime | None:
    step = timedelta(minutes=int(row["every"]))
    moment = _floor(after, step) + step
    if _open(row, localtime.to_wall(moment, zone)):
        return moment
    day = localtime.to_wall(after, zone).date() - timedelta(days=1)
    for number in range(10):
        begins, _ = localtime.to_utc(datetime.combine(day + timedelta(days=number), row.get("begin") or time(0)), zone)
        if begins > after and _open(row, localtime.to_wall(begins, zone)):
            return begins
    return None


def _floor(moment: datetime, step: timedelta) -> datetime:
    zero = datetime(2000, 1, 1, tzinfo=UTC)
    return zero + (moment - zero) // step * step


def _open(row: Row, wall: datetime) -> bool:
    """True within the working hours; hours past midnight belong to the day they began on."""
    begin, until, day = row.get("begin") or time(0), row.get("until") or time(0), wall.date()
    if begin < until:
        return begin <= wall.time() < until and _works_on(row, day)
    if wall.time() >= begin:
        return _works_on(row, day)
    return wall.time() < until and _works_on(row, day - timedelta(days=1))


def _works_on(row: Row, day: date) -> bool:
    days = row.get("days") or DAYS
    return DAYS[day.weekday()] in days


def missed(row: Row, zones: Sequence[ZoneInfo], now: datetime) -> tuple[datetime, ...]:
    """Every time the row was due from its next run until now; of a row that is due again and again, the last alone."""
    slot: datetime | None = row["next_run"]
    found: list[datetime] = []
    if slot is None or slot > now:
        return ()
    if row.get("every"):
        latest = _floor(now, timedelta(minutes=int(row["every"])))
        working = any(_open(row, localtime.to_wall(latest, zone)) for zone in zones)
        return (max(slot, latest) if working else slot,)
    while slot is not None and slot <= now and len(found) < 400:
        found.append(slot)
        slot = next_after(row, zones, slot)
    return tuple(found)


def next_run(row: Row, markets: Mapping[str, Row], now: datetime) -> datetime | None:
    """When a row is due next, given the rows of the markets by code."""
    return next_after(row, _zones(row, {code: Market(values) for code, values in markets.items()}), now)


def timing(row: Row) -> str:
    """What the next run follows from, as text: when it changes, the next run is worked out anew."""
    parts = (row.get(name) for name in ("at", "every", "begin", "until", "days", "enabled"))
    return " ".join("-" if part is None else str(part) for part in parts)


class Schedule:
    """Runs what is owed. `run` does a job, `clock` says what time it is, `holder` names this hub in leases."""

    def __init__(self, app: App, run: Run, clock: Callable[[], datetime], holder: str) -> None:
        self._app, self._ledger, self._run, self._clock, self._holder = app, app.ledger, run, clock, holder
        self.latest: dict[str, tuple[datetime, str, bool]] = {}
        """by row id: when it ran last, what came of it, whether it failed; also what the ledger was not bothered with"""
        self.problem = ""
        """why the schedule itself could not look; "" while it can"""
        self.looked: datetime | None = None
        self._called: set[str] = set()
        self._tried: dict[str, int] = {}

    def call_for(self, name: str) -> None:
        """Something new came in that the job has to pass on, so it does not wait for its time."""
        self._called.add(name)

    def plant(self) -> None:
        """Give every market the rows it begins with, and every row its next run; a row taken out stays out."""
        now, markets = self._clock(), _markets(self._ledger)
        known = {record.rid: record for record in self._ledger.load("schedule", {}, include_void=True)}
        puts = []
        for market in markets:
            for row in BY_MARKET:
                key = (str(row["job"]), market)
                if rid_of("schedule", key) not in known:
                    puts.append(Put("schedule", key, {**row, "market_id": market}, 0, "default"))
        if puts:
            _write(self._ledger, puts, now)
        for record in self._ledger.load("schedule", {}):
            if record.values.get("timing") != timing(record.values):
                following = next_after(record.values, _zones(record.values, markets), now)
                self._note(record, {"next_run": following, "timing": timing(record.values)}, now)

    def owed(self) -> list[Owed]:
        """Rows whose time has come, in the order of the day."""
        now, markets, known = self._clock(), _markets(self._ledger), jobs()
        found = []
        for record in self._ledger.load("schedule", {}):
            row = record.values
            name = str(row["job"])
            if not row["enabled"] or name not in known:
                continue
            at = self.latest.get(record.rid)
            slots = missed(row, _zones(row, markets), now)
            if name in self._called and (at is None or now - at[0] >= SOON):
                slots = (now,)
            if slots and not (at is not None and at[0] >= slots[-1]):
                found.append(Owed(record, known[name], slots))
        return sorted(found, key=lambda one: (one.job.order, one.record.values.get("market_id") or ""))

    def look(self) -> list[str]:
        """Do everything that is owed, each once; returns what was said. Nothing that goes wrong stops the rest."""
        try:
            self.plant()
            owed = self.owed()
            self._called -= {one.job.name for one in owed}
            self.problem, self.looked = "", self._clock()
        except Refused as refused:
            self.problem = str(refused)
            return []
        return [said for one in owed if (said := self._do(one)) is not None]

    def _do(self, owed: Owed) -> str | None:
        """Run one row, unless another hub is at it; the ledger is told what came of it only by who holds the lease."""
        now = self._clock()
        try:
            lease = self._ledger.lease(f"schedule {owed.record.rid}", self._holder, now, LEASE)
        except Refused:
            return None
        failed = False
        try:
            sentence, quiet = self._carry_out(owed, now)
        except Refused as refused:
            sentence, quiet, failed = str(refused), False, True
        except Exception as error:
            number, _ = fault(error, self._app.settings.home)
            sentence, quiet, failed = f"Something went wrong inside; the log has it under {number}.", False, True
        try:
            self._done(owed, lease, now, sentence, quiet, failed)
            self._ledger.release(lease)
        except (LeaseLost, Stale):
            return None
        return sentence

    def _carry_out(self, owed: Owed, now: datetime) -> tuple[str, bool]:
        """The sentence of the run, and whether there was nothing to do."""
        row, job, slot = owed.record.values, owed.job, owed.slots[-1]
        params = Params(now, "Stopbook", "schedule", row.get("market_id"))
        late: list[date] = []
        if job.by_day:
            markets = _markets(self._ledger)
            market = markets.get(str(row.get("market_id"))) or next(iter(markets.values()))
            params = replace(params, day=market.day_of(slot))
            late = [day for day in dict.fromkeys(market.day_of(s) for s in owed.slots[:-1]) if day != params.day]
        result = self._run(job, params)
        sentence = " ".join([result.sentence, *result.waiting])
        if late:
            named = ", ".join(day.isoformat() for day in late[-MOST_MISSED:])
            sentence += f" Nobody was here for {named}: run {job.name} for those days."
        return sentence, result.again and not late and not result.waiting

    def _done(self, owed: Owed, lease: Lease, now: datetime, sentence: str, quiet: bool, failed: bool) -> None:
        record, markets = owed.record, _markets(self._ledger)
        again = failed and record.values.get("at") is not None and self._tried.get(record.rid, 0) < RETRIES
        self._tried[record.rid] = self._tried.get(record.rid, 0) + 1 if again else 0
        if again:
            sentence = f"{sentence} It is tried again at {(now + RETRY).astimezone(UTC):%H:%M} UTC."
        self.latest[record.rid] = (now, sentence, failed)
        fresh = self._ledger.by_rid("schedule", [record.rid]).get(record.rid)
        if fresh is None or fresh.void:
            return
        before = fresh.values.get("last_run")
        if (
            quiet
            and fresh.values.get("every")
            and before is not None
            and now - before < QUIET
            and not fresh.values.get("failed")
        ):
            return
        following = next_after(fresh.values, _zones(fresh.values, markets), now)
        if again and following is not None:
            following = min(following, now + RETRY)
        values = {"last_run": now, "last_result": sentence[:500], "failed": failed, "next_run": following,
                  "timing": timing(fresh.values)}  # fmt: skip
        self._note(fresh, values, now, lease)

    def _note(self, record: Record, values: Mapping[str, Any], now: datetime, fence: Lease | None = None) -> None:
        _write(self._ledger, [Put("schedule", TABLE.key_of(record.values), values, record.rev, "schedule")], now, fence)


def ticking(stop: Event, seconds: int, do: Callable[[], Any], home: Path, troubled: Callable[[str], None]) -> None:
    """Do something at once and then every so many seconds, until `stop`; its trouble is told and ends nothing."""

    def safely() -> None:
        try:
            do()
        except Refused as refused:
            troubled(str(refused))
        except Exception as error:
            number, _ = fault(error, home)
            troubled(f"Something went wrong inside; the log has it under {number}.")

    ticks = Scheduler()
    ticks.every(seconds).seconds.do(safely)
    safely()
    while not stop.wait(0.5):
        ticks.run_pending()


def _zones(row: Row, markets: Mapping[str, Market]) -> list[ZoneInfo]:
    """The clocks a row goes by: its market's, or those of all."""
    if row.get("market_id") is not None:
        return [markets[str(row["market_id"])].zone] if str(row["market_id"]) in markets else []
    return list(dict.fromkeys(market.zone for market in markets.values()))


def _markets(ledger: Ledger) -> dict[str, Market]:
    return {str(r.values["market_id"]): Market(r.values) for r in ledger.load("markets", {})}


def _write(ledger: Ledger, puts: Sequence[Put], now: datetime, fence: Lease | None = None) -> None:
    plan = Plan("schedule", {}, tuple(puts))
    key = sha256(f"schedule|{plan.digest}|{now.isoformat()}".encode()).hexdigest()
    ledger.apply(plan, run_key=key, inputs_hash="", by="Stopbook", via="schedule", at=now, fence=fence)
