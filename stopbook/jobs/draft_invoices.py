"""Draft invoices: the billing cycle of every account that a day lies in, rated and added up, ready to be reviewed."""

from stopbook import billing
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.drafts import drafts
from workbooks.plan import Plan
from workbooks.problems import Problem, counted
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of invoices, their lines and charges; where an account was named, of that one alone."""
    day, only = params.need_day(), billing.account(params)
    wanted, blocked, notes = [], [], []
    accounts = [only] if only else sorted(str(row["account_id"]) for row in books.rows("accounts"))
    for account_id, (rows, cycle, problems) in zip(accounts, drafts(books, accounts, day), strict=True):
        wanted.append(rows)
        blocked += [Problem(f"{account_id}: {problem.text.rstrip('.')}") for problem in problems]
        if cycle is not None:
            held = f", {counted(len(cycle.held), 'charge')} held" if cycle.held else ""
            unpriced = f", {len(cycle.unpriced):,} without a price" if cycle.unpriced else ""
            notes.append(
                f"{account_id}, {cycle.start} to {cycle.end}: {cycle.total:,.2f} {cycle.currency}{held}{unpriced}."
            )
    return plan_of(books, JOB.name, JOB.scope(params), wanted, blocked, why="drafted", notes=notes)


JOB = Job(
    name="draft-invoices",
    title="Draft invoices",
    group="Bill",
    icon="NewNote",
    about="Adds up the billing cycle that a day lies in for every account: charges, discount, fuel, minimum, tax. Drafts can be made again as often as needed.",
    plan=plan,
    by_day=True,
    roles=(Role.BILLING,),
    options=billing.ACCOUNT,
    order=61,
)
