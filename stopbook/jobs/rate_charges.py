"""Rate charges: what everything that happened on a day costs its client, and what has no price yet."""

from stopbook import billing
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.drafts import rate_day
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of charges for the day, and a case for each stop without a price."""
    only = billing.account(params)
    rated = rate_day(books, params.need_day(), [only] if only else None)
    return plan_of(books, JOB.name, JOB.scope(params), [rated], why="rated")


JOB = Job(
    name="rate-charges",
    title="Rate charges",
    group="Bill",
    icon="CalculateNow",
    about="Prices every delivery, failed attempt and extra of a calendar day by the rate card of that day; what has no price becomes a case.",
    plan=plan,
    by_day=True,
    roles=(Role.BILLING,),
    options=billing.ACCOUNT,
    order=60,
)
