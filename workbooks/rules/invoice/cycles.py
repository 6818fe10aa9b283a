"""Every account is billed in its own cycle: the day, week, two weeks, half month or month that its anchor begins."""

from calendar import monthrange
from datetime import date, timedelta

MONDAY = date(2001, 1, 1)
"""a Monday: where weeks and fortnights are counted from when an account names no anchor"""
_DAY = timedelta(days=1)


def period(cycle: str, anchor: date | None, day: date) -> tuple[date, date]:
    """First and last day of the cycle that `day` lies in.

    WEEKLY and BIWEEKLY count whole weeks from the anchor, in both directions. SEMIMONTHLY begins on the anchor's day
    (at most the 15th) and 15 days later, MONTHLY on the anchor's day; a day that a month does not have (31, or 29 to
    31 in February) is its last.
    """
    if cycle == "DAILY":
        return day, day
    if cycle in ("WEEKLY", "BIWEEKLY"):
        length = 7 if cycle == "WEEKLY" else 14
        start = day - timedelta(days=(day - (anchor or MONDAY)).days % length)
        return start, start + timedelta(days=length - 1)
    if cycle == "SEMIMONTHLY":
        first = min((anchor.day - 1) % 15 + 1 if anchor else 1, 15)
        return _between(sorted(_month_days(day, (first, first + 15))), day)
    begins = anchor.day if anchor else 1
    return _between(sorted(_month_days(day, (begins,))), day)


def _month_days(day: date, numbers: tuple[int, ...]) -> set[date]:
    """The days of those numbers in the months around `day`."""
    found = set()
    for months in (-1, 0, 1, 2):
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        last = monthrange(year, month + 1)[1]
        found |= {date(year, month + 1, min(number, last)) for number in numbers}
    return found


def _between(starts: list[date], day: date) -> tuple[date, date]:
    begins = max(start for start in starts if start <= day)
    return begins, min(start for start in starts if start > day) - _DAY
