"""Schedule: which jobs the hub runs by itself, when on the market's clock, and what came of it last."""

from datetime import time

from workbooks.schema import STAFF, Book, Check, Column, Kind, M, Row, S, Table, Type
from workbooks.tables.markets import DAYS

MOST_MINUTES = 1440


def _at_or_every(row: Row) -> str | None:
    if (row.get("at") is None) == (row.get("every") is None):
        return "Fill in either the time of day or the minutes between two runs"
    return None


def _minutes_of_a_day(row: Row) -> str | None:
    every = row.get("every")
    return f"Between 1 and {MOST_MINUTES} minutes" if every is not None and not 1 <= every <= MOST_MINUTES else None


def _both_ends(row: Row) -> str | None:
    one = (row.get("begin") is None) != (row.get("until") is None)
    return "Fill in both ends of the working hours, or none" if one else None


TABLE = Table(
    name="schedule",
    title="Schedule",
    book=Book.CONTROL,
    kind=Kind.INPUT,
    key=("job", "market_id"),
    about="One row per job that runs by itself. Times are the market's; without a market, the first market's.",
    market="market_id",
    order=96,
    readers=STAFF,
    new_rows=(M,),
    checks=(Check("at", _at_or_every), Check("every", _minutes_of_a_day), Check("until", _both_ends)),
    columns=(
        Column("job", "Job", Type.ID, (M,), "Name of the job", required=True, width=18),
        Column("market_id", "Market", Type.ID, (M,), "For which market; blank: all together", ref="markets", width=8),
        Column("at", "At", Type.TIME, (M,), "Once a day at this time", width=8),
        Column("every", "Every", Type.INT, (M,), "Or again after so many minutes", width=8),
        Column("begin", "From", Type.TIME, (M,), "Working hours begin, for “every”", width=8),
        Column("until", "Until", Type.TIME, (M,), "Working hours end", width=8),
        Column("days", "Days", Type.SET, (M,), "On these days; blank: every day", enum=DAYS, width=20),
        Column("enabled", "On", Type.BOOL, (M,), "FALSE: does not run by itself", required=True, width=7),
        Column("next_run", "Next", Type.TS, (S,), "When it runs next", width=16),
        Column("last_run", "Last", Type.TS, (S,), "When it ran last", width=16),
        Column("last_result", "Result", Type.TEXT, (S,), "What came of it", width=60),
        Column("failed", "Failed", Type.BOOL, (S,), "TRUE when the last run did not succeed", width=7),
        Column("timing", "Timing", Type.TEXT, (S,), "What the next run was worked out from", width=20, hidden=True),
    ),
    defaults=(
        {"job": "write-workbooks", "market_id": None, "every": 5, "begin": time(5), "until": time(23), "enabled": True},
        {"job": "health-check", "market_id": None, "at": time(2, 30), "enabled": True},
        {"job": "age-invoices", "market_id": None, "at": time(3), "enabled": True},
    ),
)

BY_MARKET = (
    {"job": "reconcile-day", "at": time(20, 30), "enabled": True},
    {"job": "open-exceptions", "at": time(20, 30), "enabled": True},
)
"""rows that every new market begins with"""
