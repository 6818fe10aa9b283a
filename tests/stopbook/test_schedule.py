"""The schedule on a clock one sets: markets' own time, nights that lack or repeat an hour, sleep, and two hubs."""

from datetime import UTC, datetime, time, timedelta
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest

from stopbook import runner
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.runner import Result
from stopbook.schedule import Schedule, missed, next_after, ticking, timing
from tests.office import manifest, office
from workbooks.plan import Plan, Put
from workbooks.problems import Refused

CHICAGO, PHOENIX = ZoneInfo("America/Chicago"), ZoneInfo("America/Phoenix")


def at(text: str, zone: ZoneInfo = CHICAGO, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def row(**values: object) -> dict[str, object]:
    return {"at": None, "every": None, "begin": None, "until": None, "days": None, "enabled": True, **values}


def slots(given: dict[str, object], begin: datetime, end: datetime, *zones: ZoneInfo) -> list[datetime]:
    found, moment = [], next_after(given, zones or (CHICAGO,), begin)
    while moment is not None and moment <= end:
        found.append(moment)
        moment = next_after(given, zones or (CHICAGO,), moment)
    return found


def test_half_past_eight_in_each_market():
    evening = row(at=time(20, 30))
    assert next_after(evening, [CHICAGO], at("2026-03-10 20:29")) == at("2026-03-10 20:30")
    assert next_after(evening, [CHICAGO], at("2026-03-10 20:30")) == at("2026-03-11 20:30")
    assert next_after(evening, [PHOENIX], at("2026-03-10 20:29")) == at("2026-03-10 20:30", PHOENIX)
    assert next_after(row(at=time(20, 30), enabled=False), [CHICAGO], at("2026-03-10 20:29")) is None
    assert next_after(evening, [], at("2026-03-10 20:29")) is None


def test_a_time_that_does_not_exist_runs_once_when_the_clock_has_jumped():
    nightly = row(at=time(2, 30))  # 8 March 2026: 02:00 becomes 03:00
    found = slots(nightly, at("2026-03-07 12:00"), at("2026-03-10 12:00"))
    assert found == [at("2026-03-08 03:30"), at("2026-03-09 02:30"), at("2026-03-10 02:30")]


def test_a_time_that_occurs_twice_runs_once():
    nightly = row(at=time(1, 30))  # 1 November 2026: 02:00 becomes 01:00
    found = slots(nightly, at("2026-10-31 12:00"), at("2026-11-02 12:00"))
    assert found == [at("2026-11-01 01:30", fold=0), at("2026-11-02 01:30")]
    assert next_after(nightly, [CHICAGO], at("2026-11-01 01:30", fold=1)) == at("2026-11-02 01:30")


def test_every_five_minutes_while_somebody_works():
    busy = row(every=5, begin=time(5), until=time(23))
    assert next_after(busy, [CHICAGO], at("2026-03-10 12:01")) == at("2026-03-10 12:05")
    assert next_after(busy, [CHICAGO], at("2026-03-10 22:57")) == at("2026-03-11 05:00")
    assert next_after(busy, [CHICAGO, PHOENIX], at("2026-03-10 22:57")) == at("2026-03-10 23:00")
    assert next_after(busy, [CHICAGO, PHOENIX], at("2026-03-10 22:58", PHOENIX)) == at("2026-03-11 05:00")
    assert len(slots(busy, at("2026-03-10 04:00"), at("2026-03-11 04:00"))) == 18 * 12


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-03-09", 24), ("2026-11-01", 25)])
def test_every_hour_of_a_day_whatever_its_length(day, hours):
    begin = at(f"{day} 00:00")
    end = at((datetime.fromisoformat(day) + timedelta(days=1)).strftime("%Y-%m-%d 00:00"))
    assert len(slots(row(every=60), begin, end)) == hours


def test_working_hours_past_midnight_belong_to_the_day_they_began_on():
    late = row(every=30, begin=time(16), until=time(2), days=("MON",))  # 9 March 2026 is a Monday
    found = slots(late, at("2026-03-09 00:00"), at("2026-03-13 00:00"))
    assert (found[0], found[-1], len(found)) == (at("2026-03-09 16:00"), at("2026-03-10 01:30"), 20)


def test_days_of_the_week():
    weekly = row(at=time(9), days=("FRI", "MON"))
    assert slots(weekly, at("2026-03-09 12:00"), at("2026-03-16 12:00")) == [
        at("2026-03-13 09:00"),
        at("2026-03-16 09:00"),
    ]
    assert next_after(row(at=time(9), days=("SUN",)), [CHICAGO], at("2026-03-09 12:00")) == at("2026-03-15 09:00")


def test_what_was_missed():
    daily = {**row(at=time(20, 30)), "next_run": at("2026-03-10 20:30")}
    found = missed(daily, [CHICAGO], at("2026-03-13 10:00"))
    assert found == tuple(at(f"2026-03-{day} 20:30") for day in (10, 11, 12))
    often = {**row(every=5, begin=time(5), until=time(23)), "next_run": at("2026-03-10 20:30")}
    assert missed(often, [CHICAGO], at("2026-03-13 10:03")) == (at("2026-03-13 10:00"),)
    assert missed(often, [CHICAGO], at("2026-03-13 03:00")) == (at("2026-03-10 20:30"),)
    assert missed(often, [CHICAGO], at("2026-03-10 20:29")) == ()


class Desk:
    """A schedule over an office, with what it ran."""

    def __init__(self, one, holder: str = "hub") -> None:
        self.office = one
        self.ran: list[tuple[str, str | None, str | None]] = []
        self.broken: Exception | None = None
        self.real = False
        self.schedule = Schedule(one.app, self.run, lambda: one.now, holder)

    def run(self, job, params: Params):
        self.ran.append((job.name, params.market, params.day.isoformat() if params.day else None))
        if self.broken:
            raise self.broken
        if self.real:
            return runner.run(self.office.app, job, params)
        return Result(Plan(job.name, {}), None, again=True)

    def at(self, text: str) -> list[tuple[str, str | None, str | None]]:
        """The clock shows this; what the schedule ran."""
        self.office.at(text)
        before = len(self.ran)
        self.schedule.look()
        return self.ran[before:]

    def row(self, name: str):
        return next(r.values for r in self.office.app.ledger.load("schedule", {}) if r.values["job"] == name)


@pytest.fixture
def desk(tmp_path):
    with office(tmp_path / "home") as one:
        yield Desk(one)


def test_a_day_and_a_night(desk):
    assert desk.at("2026-03-10 04:00") == []
    assert desk.at("2026-03-10 05:00") == [("write-workbooks", None, None)]
    assert desk.at("2026-03-10 05:01") == []
    assert desk.at("2026-03-10 05:05") == [("write-workbooks", None, None)]
    assert desk.at("2026-03-10 20:29")[1:] == []
    ran = desk.at("2026-03-10 20:30")
    assert ran == [
        ("reconcile-day", "CHI", "2026-03-10"),
        ("open-exceptions", "CHI", "2026-03-10"),
        ("write-workbooks", None, None),
    ]
    assert desk.at("2026-03-10 20:31") == []
    assert desk.at("2026-03-10 22:55") == [("write-workbooks", None, None)]
    assert desk.at("2026-03-10 23:00") == []
    assert desk.at("2026-03-10 23:30") == []
    assert desk.at("2026-03-11 02:30") == [("health-check", None, None)]
    held = desk.row("reconcile-day")
    assert held["next_run"] == at("2026-03-11 20:30")
    assert held["last_run"] == at("2026-03-10 20:30")
    assert held["failed"] is False


def test_the_real_jobs_run_on_the_day_of_the_market(desk):
    desk.office.take_in("m.csv", manifest("2026-03-10", "1041 Al Bo"), "orders", "2026-03-10")
    desk.at("2026-03-10 12:00")
    desk.real = True
    desk.office.at("2026-03-10 20:30")
    [owed] = [one for one in desk.schedule.owed() if one.job.name == "reconcile-day"]
    desk.schedule._do(owed)
    [run] = [run for run in desk.office.rows("runs") if run["job"] == "reconcile-day"]
    assert (run["scope"], run["by"], run["via"]) == ("date=2026-03-10, market=CHI", "Stopbook", "schedule")
    assert desk.row("reconcile-day")["last_result"] == run["sentence"]


def test_asleep_for_three_days_each_job_once(desk):
    desk.at("2026-03-10 12:00")
    ran = desk.at("2026-03-13 12:03")
    assert sorted(name for name, _, _ in ran) == [
        "age-invoices", "health-check", "open-exceptions", "reconcile-day", "write-workbooks",
    ]  # fmt: skip
    assert ("reconcile-day", "CHI", "2026-03-12") in ran
    assert desk.at("2026-03-13 12:04") == []
    said = desk.row("reconcile-day")["last_result"]
    assert "Nobody was here for 2026-03-10, 2026-03-11: run reconcile-day for those days." in said


def test_what_goes_wrong_stops_nothing_and_is_said(desk):
    desk.at("2026-03-10 12:00")
    desk.broken = RuntimeError("wires crossed")
    assert len(desk.at("2026-03-10 20:30")) == 3
    held = desk.row("reconcile-day")
    assert held["failed"] is True
    assert "the log has it under F-" in held["last_result"]
    desk.broken = Refused("va-CHI.xlsx is open at Ana: close it and run again.")
    desk.at("2026-03-10 20:35")
    assert desk.row("write-workbooks")["last_result"] == "va-CHI.xlsx is open at Ana: close it and run again."
    desk.broken = None
    assert len(desk.at("2026-03-11 20:30")) == 5
    assert desk.row("reconcile-day")["failed"] is False


def test_two_hubs_do_it_once(desk):
    desk.at("2026-03-10 12:00")
    other = Desk(desk.office, "other hub")
    desk.office.at("2026-03-10 20:30")
    seen = other.schedule.owed()
    first = desk.at("2026-03-10 20:30")
    assert len(first) == 3
    assert other.at("2026-03-10 20:30") == []
    lease = desk.office.app.ledger.lease(f"schedule {seen[0].record.rid}", "third hub", desk.office.now, 900)
    assert other.schedule._do(seen[0]) is None
    desk.office.app.ledger.release(lease)
    assert other.ran == []


def test_a_hub_that_lost_its_lease_says_nothing_over_its_successor(desk):
    desk.at("2026-03-10 12:00")

    def taken_over(job, params):
        rid = next(o.record.rid for o in desk.schedule.owed() if o.job.name == job.name)
        desk.office.app.ledger.lease(f"schedule {rid}", "hub", desk.office.now, 900)
        return Desk.run(desk, job, params)

    desk.schedule._run = taken_over
    desk.at("2026-03-10 20:30")
    assert desk.row("reconcile-day")["last_run"] is None


def test_the_managers_change_counts_at_once(desk):
    desk.at("2026-03-10 12:00")
    ledger = desk.office.app.ledger
    record = next(r for r in ledger.load("schedule", {}) if r.values["job"] == "reconcile-day")
    change = Put("schedule", ("reconcile-day", "CHI"), {"at": time(13)}, record.rev)
    ledger.apply(Plan("t", {}, (change,)), run_key="t", inputs_hash="", by="ana", via="t", at=desk.office.now)
    desk.at("2026-03-10 12:01")
    assert desk.row("reconcile-day")["next_run"] == at("2026-03-10 13:00")
    assert ("reconcile-day", "CHI", "2026-03-10") in desk.at("2026-03-10 13:00")


def test_a_row_taken_out_stays_out(desk):
    from workbooks.plan import Void

    desk.at("2026-03-10 12:00")
    ledger = desk.office.app.ledger
    record = next(r for r in ledger.load("schedule", {}) if r.values["job"] == "open-exceptions")
    gone = Void("schedule", ("open-exceptions", "CHI"), record.rev, "not wanted")
    ledger.apply(Plan("t", {}, (), (gone,)), run_key="t", inputs_hash="", by="ana", via="t", at=desk.office.now)
    assert ("open-exceptions", "CHI", "2026-03-10") not in desk.at("2026-03-10 20:30")


def test_quiet_runs_are_noted_once_an_hour(desk):
    for minute in range(0, 60, 5):
        desk.at(f"2026-03-10 12:{minute:02}")
    noted = [run for run in desk.office.rows("runs") if run["job"] == "schedule"]
    assert len(noted) < 12
    assert sum(name == "write-workbooks" for name, _, _ in desk.ran) == 11


def test_timing_tells_what_the_next_run_follows_from():
    assert timing(row(at=time(20, 30))) != timing(row(at=time(20, 31)))
    assert job("reconcile-day").by_market


def test_ticking_goes_on_through_trouble(tmp_path):
    stop, told, count = Event(), [], []

    def trouble() -> None:
        count.append(1)
        if len(count) == 1:
            raise Refused("Not now.")
        stop.set()
        raise RuntimeError("wires crossed")

    thread = Thread(target=ticking, args=(stop, 1, trouble, tmp_path, told.append))
    thread.start()
    thread.join(timeout=10)
    assert told[0] == "Not now."
    assert "F-" in told[1]


def test_a_daily_job_that_failed_is_tried_again_three_times(desk):
    desk.at("2026-03-10 12:00")
    desk.broken = Refused("The disk is full.")
    mine = ("reconcile-day", "CHI", "2026-03-10")
    assert mine in desk.at("2026-03-10 20:30")
    assert desk.row("reconcile-day")["last_result"] == "The disk is full. It is tried again at 01:45 UTC."
    assert mine not in desk.at("2026-03-10 20:40")
    for time_ in ("20:45", "21:00", "21:15"):
        assert mine in desk.at(f"2026-03-10 {time_}"), time_
    assert desk.row("reconcile-day")["last_result"] == "The disk is full."
    assert desk.row("reconcile-day")["next_run"] == at("2026-03-11 20:30")
    desk.broken = None
    assert ("reconcile-day", "CHI", "2026-03-11") in desk.at("2026-03-11 20:30")
    assert desk.row("reconcile-day")["failed"] is False


def test_what_something_new_calls_for_runs_at_once_and_at_most_once_a_minute(desk):
    desk.at("2026-03-10 12:00")
    written = ("write-workbooks", None, None)
    assert written not in desk.at("2026-03-10 12:02")
    desk.schedule.call_for("write-workbooks")
    assert written in desk.at("2026-03-10 12:02")
    assert written not in desk.at("2026-03-10 12:02")
    desk.schedule.call_for("write-workbooks")
    assert written not in desk.at("2026-03-10 12:02"), "a minute has not passed"
    assert written in desk.at("2026-03-10 12:03")
    assert written not in desk.at("2026-03-10 12:04")
