"""Draft settlements: every driver with something to settle in the period of a day; drafts that stand are replaced."""

from decimal import Decimal

from stopbook import paying
from stopbook.job import Job, Params
from workbooks.books import Books
from workbooks.pipeline.pay import life
from workbooks.plan import Plan
from workbooks.problems import counted
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of settlements and their lines; the preview says what each driver would get and what is held."""
    step, drafts = life.draft(books, params.need_day(), params.by, paying.only(params))
    held = sum(each.row["held_lines"] or 0 for each in drafts)
    net = sum((each.row["net"] or Decimal(0) for each in drafts), Decimal("0.00"))
    notes = (
        [f"{counted(len(drafts), 'driver')}, net {net:,.2f} together."]
        if drafts
        else ["Nobody has anything to settle in that period."]
    )
    if held:
        first = next(line for each in drafts for line in each.lines if line.more.get("state") in ("HELD", "PENDING"))
        notes.append(f"{held:,} lines wait, such as {first.key}: {first.says}")
    return paying.planned(books, JOB.name, JOB.scope(params), step, "drafted", notes=notes)


JOB = Job(
    name="draft-settlements",
    title="Draft settlements",
    group="Pay",
    icon="Calculator",
    about="Works out what every driver earns in the period of a day, line by line. Running it again replaces the drafts; what is in review stays.",
    plan=plan,
    by_day=True,
    roles=(Role.PAYROLL,),
    options=paying.DRIVERS,
    order=70,
)
