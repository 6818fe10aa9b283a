"""Find leakage: what was delivered, billed and paid, and where they do not agree."""

from stopbook.job import Job, Params
from stopbook.planning import markets_of, plan_of
from workbooks.books import Books
from workbooks.pipeline.pay.draft import Pay
from workbooks.pipeline.pay.leaks import leaks
from workbooks.pipeline.pay.periods import period_of
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of leakage for the week of a day."""
    day, starts = params.need_day(), Pay.of(books).week_start
    wanted = [leaks(books, market, period_of(day, starts.get(market), None)) for market in markets_of(books, params)]
    return plan_of(books, JOB.name, JOB.scope(params), wanted, why="pay and bill compared")


JOB = Job(
    name="find-leakage",
    title="Find leakage",
    group="Pay",
    icon="FileFind",
    about="Lists every attempt of the week that was delivered and not billed, billed and not paid, paid and not billed, or held.",
    plan=plan,
    by_day=True,
    by_market=True,
    roles=(Role.MANAGER,),
    order=79,
)
