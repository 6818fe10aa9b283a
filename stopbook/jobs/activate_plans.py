"""Activate plans: versions that come out to the cent on every example pay from their first day on."""

from stopbook import paying
from stopbook.job import Job, Params
from stopbook.planning import after
from workbooks.books import Books
from workbooks.pipeline.pay import testing
from workbooks.pipeline.pay.life import Step
from workbooks.plan import Plan
from workbooks.problems import Refused
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Drafts are tested, tested ones become active; one that does not come out stays what it is."""
    named = paying.only(params)
    rows = [
        r
        for r in books.rows("pay_plans")
        if r["status"] in ("DRAFT", "TESTED") and (not named or r["plan_id"] in named)
    ]
    if not rows:
        raise Refused("No plan waits: enter one on tab Pay plans with its tiers and examples.")
    step = Step()
    for row in sorted(rows, key=lambda r: (r["plan_id"], r["version"])):
        # each sees those before it as they then stand, so that an earlier version ends where the next begins
        testing.act(step, after(books, [step.wanted]), row, "TEST" if row["status"] == "DRAFT" else "ACTIVATE")
    return paying.planned(books, JOB.name, JOB.scope(params), step, "tested")


JOB = Job(
    name="activate-plans",
    title="Activate plans",
    group="Pay",
    icon="AcceptTask",
    about="Tests draft plans against their examples, to the cent; those that were tested before and did not change become active.",
    plan=plan,
    roles=(Role.MANAGER,),
    options=paying.PLANS,
    order=77,
)
