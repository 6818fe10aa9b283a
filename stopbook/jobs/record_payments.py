"""Record payments: what came in is applied to invoices, approved credit notes come off theirs."""

from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.receipts import receive
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of applications, credit notes, invoices and payments."""
    return plan_of(books, JOB.name, JOB.scope(params), [receive(books, params.now)], why="payments and credits applied")


JOB = Job(
    name="record-payments",
    title="Record payments",
    group="Bill",
    icon="DollarSign",
    about="Applies what stands on Applied to its invoices and approved credit notes to theirs. Nothing is applied beyond what is open.",
    plan=plan,
    roles=(Role.BILLING,),
    posts=True,
    order=64,
)
