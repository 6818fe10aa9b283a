"""Propose billing adjustments: posted cycles are made again from the facts as they are now; differences wait for approval."""

from datetime import timedelta

from stopbook import billing
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.late import propose
from workbooks.pipeline.bill.posting import today
from workbooks.pipeline.context import Context
from workbooks.plan import Plan
from workbooks.schema import Role
from workbooks.tables.invoices import FIXED


def plan(books: Books, params: Params) -> Plan:
    """Rows of billing_adjustments for every posted invoice that ends within the weeks a setting names."""
    context = Context(books)
    on = today(context, params.now)
    since = on - timedelta(weeks=context.policy("adjustment_weeks", on))
    rows = [r for r in books.rows("invoices", status=list(FIXED)) if r["status"] != "VOID" and r["period_end"] >= since]
    rows = [r for r in rows if r["account_id"] == (billing.account(params) or r["account_id"])]
    wanted, blocked = propose(books, sorted(rows, key=lambda row: str(row["invoice_id"])))
    return plan_of(books, JOB.name, JOB.scope(params), [wanted], blocked, why="what changed since posting")


JOB = Job(
    name="propose-billing-adjustments",
    title="Propose billing adjustments",
    group="Bill",
    icon="ReviewTrackChanges",
    about="Makes posted cycles again with late facts and rates, subtracts what was billed and proposes the difference line by line for the next invoice.",
    plan=plan,
    roles=(Role.BILLING,),
    options=billing.ACCOUNT,
    order=63,
)
