"""Billing cycles: month ends, leap days, week 53, anchors before and after."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbooks.rules.invoice.cycles import period

CYCLES = ("DAILY", "WEEKLY", "BIWEEKLY", "SEMIMONTHLY", "MONTHLY")


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("cycle", "anchor", "day", "start", "end"),
    [
        ("DAILY", None, "2026-03-05", "2026-03-05", "2026-03-05"),
        ("WEEKLY", None, "2026-03-05", "2026-03-02", "2026-03-08"),  # a Monday begins it
        ("WEEKLY", "2026-01-03", "2026-03-06", "2026-02-28", "2026-03-06"),  # Saturday to Friday
        ("WEEKLY", None, "2027-01-01", "2026-12-28", "2027-01-03"),  # ISO week 53
        ("BIWEEKLY", "2026-03-02", "2026-03-15", "2026-03-02", "2026-03-15"),
        ("BIWEEKLY", "2026-03-02", "2026-03-16", "2026-03-16", "2026-03-29"),
        ("BIWEEKLY", "2026-03-16", "2026-03-15", "2026-03-02", "2026-03-15"),  # the anchor lies ahead
        ("SEMIMONTHLY", None, "2028-02-15", "2028-02-01", "2028-02-15"),
        ("SEMIMONTHLY", None, "2028-02-16", "2028-02-16", "2028-02-29"),  # leap day
        ("SEMIMONTHLY", "2026-01-05", "2026-03-03", "2026-02-20", "2026-03-04"),
        ("MONTHLY", None, "2026-02-28", "2026-02-01", "2026-02-28"),
        ("MONTHLY", "2026-01-31", "2026-02-27", "2026-01-31", "2026-02-27"),
        (
            "MONTHLY",
            "2026-01-31",
            "2026-02-28",
            "2026-02-28",
            "2026-03-30",
        ),  # February has no 31st: its last day begins
        ("MONTHLY", "2026-01-31", "2028-02-28", "2028-01-31", "2028-02-28"),
        ("MONTHLY", "2026-01-31", "2028-02-29", "2028-02-29", "2028-03-30"),
        ("MONTHLY", "2026-01-15", "2026-12-20", "2026-12-15", "2027-01-14"),
    ],
)
def test_examples(cycle, anchor, day, start, end):
    assert period(cycle, d(anchor) if anchor else None, d(day)) == (d(start), d(end))


@given(
    st.sampled_from(CYCLES),
    st.dates(d("2020-01-01"), d("2032-12-31")),
    st.none() | st.dates(d("2019-01-01"), d("2033-12-31")),
)
def test_every_day_lies_in_one_cycle_and_cycles_follow_each_other(cycle, day, anchor):
    start, end = period(cycle, anchor, day)
    assert start <= day <= end
    assert period(cycle, anchor, start) == period(cycle, anchor, end) == (start, end)
    assert period(cycle, anchor, end + timedelta(days=1))[0] == end + timedelta(days=1)
    assert period(cycle, anchor, start - timedelta(days=1))[1] == start - timedelta(days=1)
