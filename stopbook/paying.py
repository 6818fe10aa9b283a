"""What the jobs of pay share: which settlements a run is about, and how a step becomes a plan."""

from collections.abc import Iterable, Mapping
from typing import Any

from stopbook.job import Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.pay.life import Step, act
from workbooks.plan import Plan
from workbooks.problems import Refused
from workbooks.schema import Row


def only(params: Params) -> list[str]:
    """Settlements or drivers named by the extra `only`, comma between; [] for all."""
    return [part.strip() for part in str(params.extra.get("only") or "").split(",") if part.strip()]


def chosen(books: Books, params: Params, *states: str) -> list[Row]:
    """Settlements in these states whose period holds the day, or those named; Refused when there are none."""
    day, named = params.need_day(), only(params)
    rows = [
        row for row in books.rows("settlements", status=list(states))
        if (named and {row["settlement_id"], row["driver_id"]} & set(named)) or (not named and row["period_start"] <= day <= row["period_end"])
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
