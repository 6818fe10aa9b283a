"""Open exceptions: one case per stop and family for everything that failed, with its two-hour clock."""

from stopbook.job import Job, Params
from stopbook.planning import markets_of, plan_of
from workbooks.books import Books
from workbooks.pipeline.cases import open_exceptions
from workbooks.plan import Plan


def plan(books: Books, params: Params) -> Plan:
    """Rows of exceptions and redeliveries after the facts of the day."""
    day = params.need_day()
    wanted = [open_exceptions(books, market, day, params.now) for market in markets_of(books, params)]
    return plan_of(books, JOB.name, JOB.scope(params), wanted, why="from the day's attempts and flags")


JOB = Job(
    name="open-exceptions",
    title="Open exceptions",
    group="Today",
    icon="FlagMessage",
    about="Opens a case for every failed or partial attempt and every open flag that is a reason code; closes what healed.",
    plan=plan,
    by_day=True,
    by_market=True,
    order=30,
)
