"""Rate charges: what everything that happened on a day costs its client, and what has no price yet."""

from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.drafts import rate_day
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of charges for the day, and a case for each stop without a price."""
    return plan_of(books, JOB.name, JOB.scope(params), [rate_day(books, params.need_day())], why="rated")


JOB = Job(
    name="rate-charges",
    title="Rate charges",
    group="Bill",
    about="Prices every delivery, failed attempt and extra of a calendar day by the rate card of that day; what has no price becomes a case.",
    plan=plan,
    by_day=True,
    roles=(Role.BILLING,),
    order=60,
)
