"""Simulate plans: posted periods priced again under plans that do not pay yet, and the difference per driver."""

from decimal import Decimal

from stopbook import paying
from stopbook.job import Job, Params
from stopbook.options import Option
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.documents import Document, Field, Party, Section, Total, render_workbook
from workbooks.pipeline.pay.testing import simulate
from workbooks.plan import Effect, Plan
from workbooks.problems import Refused
from workbooks.schema import Role, Type

WEEKS = 8
"""how far back a plan is tried, unless said otherwise"""
_FIELDS = (Field("Plan", "text", 14), Field("Driver", "text", 12), Field("Settlements", "int", 11), Field("As it is", "money", 13),
           Field("With the plan", "money", 13), Field("Difference", "money", 13))  # fmt: skip


def plan(books: Books, params: Params) -> Plan:
    """A workbook with the difference per driver; nothing in the books changes."""
    day, named, found, notes = params.need_day(), paying.only(params), [], []
    weeks = params.extra.get("weeks") or WEEKS
    waiting = [
        r
        for r in books.rows("pay_plans")
        if r["status"] in ("DRAFT", "TESTED") and (not named or r["plan_id"] in named)
    ]
    if not waiting:
        raise Refused("No plan waits: enter one on tab Pay plans with its tiers, then simulate it.")
    for row in sorted(waiting, key=lambda r: (r["plan_id"], r["version"])):
        name = f"{row['plan_id']} v{row['version']}"
        differences = simulate(books, row["plan_id"], row["version"], day, weeks)
        more = sum((each.delta for each in differences), Decimal("0.00"))
        less = sum(each.delta < 0 for each in differences)
        notes.append(f"{name}: {more:+,.2f} for {len(differences)} drivers over {weeks} weeks; {less} would earn less.")
        found += [(name, d.driver_id, d.settlements, d.earned, d.would_earn, d.delta) for d in differences]
    total = sum((row[-1] for row in found), Decimal("0.00"))
    doc = Document("Simulation", str(day), "Posted periods under plans that do not pay yet", Party("Internal"), None,
                   (Section("Drivers", _FIELDS, tuple(found), total),), (Total("Difference over all", total, ("Drivers",), strong=True),),
                   control_total=total)  # fmt: skip
    effect = Effect(
        "write_file", f"simulations/plans-{day}.xlsx", {"content": render_workbook(doc), "says": "The comparison is in"}
    )
    return plan_of(books, JOB.name, JOB.scope(params), [], notes=notes, effects=(effect,))


JOB = Job(
    name="simulate-plans",
    title="Simulate plans",
    group="Pay",
    icon="WhatIfAnalysisMenu",
    about="Prices the posted settlements of the last eight weeks with plans that do not pay yet and writes what each driver would have earned more or less.",
    plan=plan,
    by_day=True,
    roles=(Role.MANAGER, Role.PAYROLL),
    options=(*paying.PLANS, Option("weeks", f"How many weeks back, {WEEKS} unless said", Type.INT)),
    order=76,
)
