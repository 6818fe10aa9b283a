"""Age invoices: how long each open invoice is past due, every night."""

from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.ages import ages
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Invoices that have grown older, or are open no more."""
    return plan_of(books, JOB.name, JOB.scope(params), [ages(books, params.now)], why="a day has passed")


JOB = Job(
    name="age-invoices",
    title="Age invoices",
    group="Bill",
    icon="DateAndTimeInsert",
    about="Writes on every open invoice how many days it is past due: current, 1-30, 31-60, 61-90 or over 90.",
    plan=plan,
    roles=(Role.BILLING,),
    order=66,
)
