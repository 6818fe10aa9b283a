"""Review settlements: drafts of a period go to the manager."""

from stopbook import paying
from stopbook.job import Job, Params
from workbooks.books import Books
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """DRAFT to REVIEW."""
    return paying.acted(books, params, JOB.name, JOB.scope(params), paying.chosen(books, params, "DRAFT"), "SUBMIT")


JOB = Job(
    name="review-settlements",
    title="Submit settlements",
    group="Pay",
    icon="FileWorkflowTasks",
    about="Hands the drafts of the period of a day to the manager for approval.",
    plan=plan,
    by_day=True,
    roles=(Role.PAYROLL,),
    options=paying.CHOSEN,
    order=71,
)
