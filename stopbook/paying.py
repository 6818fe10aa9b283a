"""What the jobs of pay share: which settlements a run is about, and how a step becomes a plan."""

from collections.abc import Iterable, Mapping
from typing import Any

from stopbook.job import Params
from stopbook.options import Option
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.pay.life import Step, act
from workbooks.plan import Plan
from workbooks.problems import Refused
from workbooks.schema import Row

CHOSEN = (
    Option("driver", "Only these drivers", several=True, ref="drivers"),
    Option("settlement", "Only these settlements", several=True, ref="settlements"),
)
"""options of a job that is about some settlements or all"""
DRIVERS = CHOSEN[:1]
PLANS = (Option("plan", "Only these plans", several=True),)


def only(params: Params) -> list[str]:
    """Drivers, settlements or plans that were named; [] for all."""
    return [str(name) for option in (*CHOSEN, *PLANS) for name in params.extra.get(option.name) or ()]


def chosen(books: Books, params: Params, *states: str) -> list[Row]:
    """Settlements in these states whose period holds the day, or those named by number; Refused when there are none."""
    day, named = params.need_day(), only(params)
    numbers, drivers = (params.extra.get(option.name) for option in reversed(CHOSEN))
    rows = [row for row in books.rows("settlements", status=list(states)) if not drivers or row["driver_id"] in drivers]
    rows = [
        row for row in rows
        if (row["settlement_id"] in numbers if numbers else row["period_start"] <= day <= row["period_end"])
    ]  # fmt: skip
    if not rows:
        raise Refused(
            f"No settlement of {day} is {' or '.join(states)}{' among ' + ', '.join(named) if named else ''}."
        )
    return sorted(rows, key=lambda row: str(row["settlement_id"]))


def planned(books: Books, job: str, scope: Mapping[str, str], step: Step, why: str, **more: Any) -> Plan:
    """The plan of a step; what was refused stays out, each with its reason."""
    return plan_of(books, job, scope, [step.wanted], [problem for _, problem in step.problems], why=why, **more)


def acted(
    books: Books, params: Params, job: str, scope: Mapping[str, str], rows: Iterable[Row], action: str, **also: Any
) -> Plan:
    """The plan that carries out one action on these settlements."""
    step = act(books, rows, action, params.by, params.now, **also)
    return planned(books, job, scope, step, action.lower().replace("_", " "))
