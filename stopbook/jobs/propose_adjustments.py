"""Propose adjustments: closed periods worked out again with today's facts, and the exact difference proposed."""

from stopbook import paying
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.pay.adjust import propose
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of adjustments that wait for the manager; a proposal that no longer follows goes."""
    wanted = propose(books, params.need_day(), params.by, paying.only(params))
    wanted.notes += [
        f"{row['adj_id']}: {row['delta']:+} for {row['driver_id']}, {row['reason']}."
        for row in wanted.rows.get("adjustments", ())
    ]
    return plan_of(books, JOB.name, JOB.scope(params), [wanted], why="late facts")


JOB = Job(
    name="propose-adjustments",
    title="Propose adjustments",
    group="Pay",
    icon="ReviewTrackChanges",
    about="Works posted settlements of the last weeks out again with what is known now and proposes the difference, for the manager to approve.",
    plan=plan,
    by_day=True,
    roles=(Role.PAYROLL,),
    options=paying.CHOSEN,
    order=69,
)
