"""Golden example G6: on time with window, grace, zones and changing clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbooks import localtime
from workbooks.rules.sla.on_time import Promise, judge, verdict

PROMISE = Promise(early_grace_min=30, late_grace_min=15)


def wall(text: str, zone: str) -> datetime:
    return localtime.to_utc(datetime.fromisoformat(text), ZoneInfo(zone))[0]


CASES = [
    (
        "a Chicago, clocks change that day",
        "America/Chicago",
        "2026-03-08 14:00",
        "2026-03-08 16:00",
        "2026-03-08T21:15:00",
        "ON_TIME",
    ),
    ("b one second later", "America/Chicago", "2026-03-08 14:00", "2026-03-08 16:00", "2026-03-08T21:15:01", "LATE"),
    (
        "c over the night of spring-forward",
        "America/New_York",
        "2026-03-07 23:30",
        "2026-03-08 03:30",
        "2026-03-08T07:40:00",
        "ON_TIME",
    ),
    (
        "d fall-back, first pass",
        "America/New_York",
        "2026-11-01 01:15",
        "2026-11-01 01:45",
        "2026-11-01T05:30:00",
        "ON_TIME",
    ),
    (
        "e fall-back, second pass",
        "America/New_York",
        "2026-11-01 01:15",
        "2026-11-01 01:45",
        "2026-11-01T06:30:00",
        "LATE",
    ),
    (
        "f the stop's zone, not the depot's",
        "America/Chicago",
        "2026-03-10 10:00",
        "2026-03-10 12:00",
        "2026-03-10T17:10:00",
        "ON_TIME",
    ),
    ("g 31 minutes early", "America/New_York", "2026-03-10 14:00", "2026-03-10 16:00", "2026-03-10T17:29:00", "EARLY"),
    (
        "h exactly 30 minutes early",
        "America/New_York",
        "2026-03-10 14:00",
        "2026-03-10 16:00",
        "2026-03-10T17:30:00",
        "ON_TIME",
    ),
    (
        "i Phoenix knows no summer time",
        "America/Phoenix",
        "2026-03-08 14:00",
        "2026-03-08 16:00",
        "2026-03-08T23:14:00",
        "ON_TIME",
    ),
    (
        "j window start that does not exist",
        "America/New_York",
        "2026-03-08 02:30",
        "2026-03-08 04:30",
        "2026-03-08T07:05:00",
        "ON_TIME",
    ),
]


@pytest.mark.parametrize(("name", "zone", "start", "end", "pod", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name, zone, start, end, pod, expected):
    moment = datetime.fromisoformat(pod).replace(tzinfo=UTC)
    assert judge(wall(start, zone), wall(end, zone), moment, PROMISE) == expected


def test_seven_of_ten():
    verdicts = [
        judge(wall(s, z), wall(e, z), datetime.fromisoformat(p).replace(tzinfo=UTC), PROMISE)
        for _, z, s, e, p, _ in CASES
    ]
    assert verdicts.count("ON_TIME") == 7


def test_a_time_that_does_not_exist_or_occurs_twice_is_said():
    _, gap = localtime.to_utc(datetime(2026, 3, 8, 2, 30), ZoneInfo("America/New_York"))  # noqa: DTZ001
    _, twice = localtime.to_utc(datetime(2026, 11, 1, 1, 30), ZoneInfo("America/New_York"))  # noqa: DTZ001
    assert gap == "2026-03-08 02:30 does not exist in America/New_York (clocks go forward); read as 03:30"
    assert twice == "2026-11-01 01:30 occurs twice in America/New_York (clocks go back); read as the first"


STOP = {
    "window_start": wall("2026-03-10 10:00", "America/Chicago"),
    "window_end": wall("2026-03-10 12:00", "America/Chicago"),
}


def attempt(at: str, outcome: str, **more):
    return {"outcome": outcome, "completed_at": wall(f"2026-03-10 {at}", "America/Chicago"), **more}


def test_a_first_attempt_in_the_window_counts_under_that_contract_only():
    tries = [attempt("10:20", "FAILED", reason_code="RECIP_ABSENT"), attempt("18:00", "DELIVERED")]
    assert verdict(STOP, tries, PROMISE, frozenset()) == "ON_TIME"
    assert verdict(STOP, tries, Promise(attempt_rule="DELIVERED_ONLY"), frozenset()) == "LATE"


def test_a_first_attempt_that_failed_by_the_drivers_fault_is_not_on_time():
    tries = [attempt("10:20", "FAILED", reason_code="NOT_ATTEMPTED"), attempt("11:00", "DELIVERED")]
    assert verdict(STOP, tries, PROMISE, frozenset({"NOT_ATTEMPTED"})) == "LATE"


def test_times_an_office_set_prove_nothing():
    assert verdict(STOP, [attempt("10:20", "DELIVERED", source="OVERRIDE")], PROMISE, frozenset()) == "UNPROVEN"


def test_no_window_and_nothing_scanned():
    assert verdict({}, [attempt("10:20", "DELIVERED")], PROMISE, frozenset()) == "NO_WINDOW"
    assert verdict(STOP, [], PROMISE, frozenset()) is None


@given(st.integers(0, 240), st.integers(0, 60), st.integers(0, 60), st.integers(-400, 400))
def test_ends_are_included_to_the_second(length, early, late, minutes):
    start = datetime(2026, 3, 10, 15, tzinfo=UTC)
    end = start + timedelta(minutes=length)
    promise = Promise(early_grace_min=early, late_grace_min=late)
    moment = start + timedelta(minutes=minutes)
    inside = -early <= minutes <= length + late
    assert (judge(start, end, moment, promise) == "ON_TIME") == inside
    assert judge(start, end, end + timedelta(minutes=late, seconds=1), promise) == "LATE"
    assert judge(start, end, start - timedelta(minutes=early, seconds=1), promise) == "EARLY"
