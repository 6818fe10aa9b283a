"""Running a job: gather, plan, preview or apply, then what has to happen outside the ledger.

Run key = job, scope, what was read and what would be written. The same thing twice (a double click, a second try
after a crash) returns the first result and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from stopbook import effects
from stopbook.app import App
from stopbook.job import Job, Params
from workbooks.books import Books
from workbooks.ledger import Run, Stale
from workbooks.plan import Plan
from workbooks.problems import Refused

TRIES = 5
"""how often a plan is made anew when somebody else changed the books meanwhile"""


@dataclass(frozen=True)
class Result:
    """What came of a run or a preview. `run` is None for a preview and when there was nothing to do yet.

    `again` is True when the same had been done before. `said` are sentences about files that were written, `waiting`
    about those that could not be yet.
    """

    plan: Plan
    run: Run | None = None
    again: bool = False
    said: Sequence[str] = field(default_factory=list)
    waiting: Sequence[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """One sentence for the person."""
        if self.run is None:
            return self.plan.sentence() if not self.again else "Nothing to do: everything stands as it should."
        if self.again:
            return f"Nothing new since {self.run.ended_at:%Y-%m-%d %H:%M} UTC, when {self.run.by} ran it: {self.run.sentence}"
        return self.run.sentence


def preview(app: App, job: Job, params: Params) -> Result:
    """What `job` would do; nothing is written."""
    plan, _ = _planned(app, job, params)
    return Result(plan)


def run(app: App, job: Job, params: Params) -> Result:
    """Do `job`: apply its plan in one transaction, then its effects."""
    for attempt in range(TRIES):
        plan, books = _planned(app, job, params)
        try:
            return _applied(app, plan, books, params)
        except Stale:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("the loop returns or raises")


def _planned(app: App, job: Job, params: Params) -> tuple[Plan, Books]:
    if job.gather is not None:
        params = replace(params, extra={**params.extra, **job.gather(app.settings, app.ledger, params)})
    books = app.ledger.books()
    return job.plan(books, params), books


def _applied(app: App, plan: Plan, books: Books, params: Params) -> Result:
    pending = [effect for effect in plan.effects if not effects.is_done(app, effect)]
    before = app.ledger.last_run(plan.job, plan.scope)
    if not (plan.puts or plan.voids or plan.bases or pending) and (before is not None or not plan.keeps):
        return Result(plan, before, again=True)
    inputs = books.inputs_hash()
    key = sha256("|".join((plan.job, repr(sorted(plan.scope.items())), inputs, plan.digest)).encode()).hexdigest()
    done = app.ledger.apply(
        plan, run_key=key, inputs_hash=inputs, by=params.by, via=params.via, at=params.now, read=books
    )
    said, waiting = [], []
    for effect in pending:
        try:
            said += effects.carry_out(app, effect, params)
        except Refused as refused:
            # one workbook that is open elsewhere does not keep the others waiting; the next run writes it
            waiting.append(str(refused))
    return Result(plan, done, again=done.replayed, said=said, waiting=waiting)
