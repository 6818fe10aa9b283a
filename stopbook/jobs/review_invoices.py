"""Review invoices: drafts that somebody looked through may be posted; one below zero asks for a credit note."""

from stopbook import billing
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.posting import chosen
from workbooks.pipeline.bill.reviewing import review
from workbooks.plan import Plan
from workbooks.problems import Problem, Refused
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """DRAFT to REVIEWED for the drafts of cycles that have ended by the day, or those named; what cannot be says why."""
    named = billing.invoices(params)
    rows = chosen(books, "DRAFT", named, billing.account(params), "only a draft can be reviewed")
    rows = [row for row in rows if named or row["period_end"] <= params.need_day()]
    if not rows:
        raise Refused(f"No draft of a cycle that has ended by {params.need_day()} waits; draft invoices first.")
    wanted, blocked = [], []
    for row in rows:
        made, why = review(books, row)
        wanted.append(made)
        blocked += [Problem(f"{row['invoice_id']} was not reviewed: {why}")] if why else []
    return plan_of(books, JOB.name, JOB.scope(params), wanted, blocked, why="reviewed")


JOB = Job(
    name="review-invoices",
    title="Review invoices",
    group="Bill",
    icon="FileWorkflowTasks",
    about="Says that the drafts of cycles that have ended by a day were looked through, so that they can be posted. Of one below zero it makes a credit note, which a manager approves.",
    plan=plan,
    by_day=True,
    roles=(Role.BILLING,),
    options=billing.CHOSEN,
    order=61,
)
