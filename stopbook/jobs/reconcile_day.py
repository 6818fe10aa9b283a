"""Reconcile a day: plan against scans, in every market or in one."""

from stopbook.job import Job, Params
from stopbook.planning import markets_of, plan_of
from workbooks.books import Books
from workbooks.pipeline.day import close_day
from workbooks.plan import Plan


def plan(books: Books, params: Params) -> Plan:
    """Rows of recon, attempts, stops, manifest and mileage for the day."""
    day = params.need_day()
    wanted = [close_day(books, market, day, params.now) for market in markets_of(books, params)]
    return plan_of(books, JOB.name, JOB.scope(params), wanted, why="reconciled")


JOB = Job(
    name="reconcile-day",
    title="Reconcile day",
    group="Close",
    icon="WorkflowComplete",
    about="Sets what was planned beside what was scanned, flags what does not agree, judges on time and chooses the miles.",
    plan=plan,
    by_day=True,
    by_market=True,
    order=20,
)
