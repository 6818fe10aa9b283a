"""Pay periods: which days a driver's settlement covers, and what it is called."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from workbooks.schema import Row

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
FIRST_WEEK = date(2026, 1, 5)
"""where two-week periods are counted from without an anchor"""


@dataclass(frozen=True, order=True)
class Period:
    """Route days from `start` to `end`, both included."""

    start: date
    end: date

    @property
    def days(self) -> list[date]:
        """Every day of it."""
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1)]

    def week_of(self, day: date) -> date:
        """First day of the week of `day` within the period, where weekly tiers begin anew."""
        return self.start + timedelta(days=(day - self.start).days // 7 * 7)

    def base(self, driver_id: str) -> str:
        """Name of a driver's settlement without its number: 2026-W10-D-017."""
        year, week, _ = self.end.isocalendar()
        return f"{year}-W{week:02}-{driver_id}"

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d} to {self.end:%Y-%m-%d}"


def period_of(day: date, week_start: str | None, pay: Row | None) -> Period:
    """The period of a driver that `day` lies in. `week_start`: first weekday of the market; `pay`: row of driver_pay."""
    begins = DAYS.index(str(week_start or "MON")[:3].upper())
    start = day - timedelta(days=(day.weekday() - begins) % 7)
    if pay is None or pay.get("settlement_cycle") != "BIWEEKLY":
        return Period(start, start + timedelta(days=6))
    anchor = pay.get("cycle_anchor") or FIRST_WEEK
    first = anchor - timedelta(days=(anchor.weekday() - begins) % 7)
    start -= timedelta(days=(start - first).days // 7 % 2 * 7)
    return Period(start, start + timedelta(days=13))


def number(base: str, settlements: Iterable[Row]) -> str:
    """The settlement's full name: that of the one in use, else the next number."""
    mine = [row for row in settlements if str(row["settlement_id"]).rpartition("-")[0] == base]
    live = next((row for row in mine if row["status"] != "VOID"), None)
    return str(live["settlement_id"]) if live else f"{base}-{len(mine) + 1}"
