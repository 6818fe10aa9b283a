"""Approve settlements: the manager's word for exactly these lines."""

from stopbook import paying
from stopbook.job import Job, Params
from workbooks.books import Books
from workbooks.plan import Plan
from workbooks.problems import Refused
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Stamps who approved; who made the lines may not, unless the setting allows it."""
    rows = [row for row in paying.chosen(books, params, "REVIEW") if not row.get("approved_by")]
    if not rows:
        raise Refused("Every settlement in review of that period is approved already; post them next.")
    return paying.acted(books, params, JOB.name, JOB.scope(params), rows, "APPROVE")


JOB = Job(
    name="approve-settlements",
    title="Approve settlements",
    group="Pay",
    icon="ReviewAcceptChange",
    about="Approves the settlements in review of the period of a day. Who made their lines may not, unless a setting says so.",
    plan=plan,
    by_day=True,
    roles=(Role.MANAGER,),
    posts=True,
    options=paying.CHOSEN,
    order=72,
)
