"""A plan is tested before it pays, and tried on old periods before anybody is moved to it.

An example is a week's work in counts; the same rules that pay drivers price it. A version becomes ACTIVE only when
every example comes out to the cent and nothing of it changed since.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from workbooks.books import Books
from workbooks.lines import Line
from workbooks.pipeline.pay.draft import CLOSED, Pay
from workbooks.pipeline.pay.earnings import earn, included, place
from workbooks.pipeline.pay.life import Step
from workbooks.pipeline.pay.periods import Period
from workbooks.pipeline.pay.plans import Plans, cliffs, faults, fingerprint
from workbooks.pipeline.pay.work import Days, done
from workbooks.problems import Refused, counted
from workbooks.rules.settlement import earned
from workbooks.rules.settlement.work import ATTEMPT, CANCEL, STOP, FuelRate, Item, Part, Plan, RouteMiles
from workbooks.schema import Row
from workbooks.tables.pay_plans import TABLE

FIRST = date(2026, 1, 5)
"""a Monday; an example's week begins there"""


def example_lines(plan: Plan, example: Row) -> list[Line]:
    """What the plan pays for an example."""
    days = max(1, example.get("days") or 1)
    part = Part("example", "example", plan, weeks={FIRST + timedelta(days=n): FIRST for n in range(days)})
    gates = example.get("gates_met") is True
    ladder = ("", "", "") if ("", "", "") in plan.tiers else next(iter(plan.tiers), ("", "", ""))
    counts = [
        (example.get("delivered") or 0) // days + (n < (example.get("delivered") or 0) % days) for n in range(days)
    ]
    for n, count in enumerate(counts):
        _add(part, count, n, STOP, ladder, example.get("packages") or 1, True, gates)
        part.miles.append(
            RouteMiles(f"route-{n + 1}", FIRST + timedelta(days=n), example.get("miles_per_day") or Decimal(0))
        )
    _add(part, example.get("partial") or 0, days - 1, STOP, ladder, 1, False, gates)
    _add(part, example.get("failed") or 0, days - 1, ATTEMPT, ladder, 1, False, gates)
    _add(part, example.get("cancelled") or 0, days - 1, CANCEL, ladder, 1, False, gates)
    part.fuel = {
        drive.day: FuelRate(example.get("fuel_rate") or Decimal(0), Decimal(0), "example") for drive in part.miles
    }
    return priced(part)


def _add(
    part: Part,
    count: int,
    day: int,
    kind: str,
    ladder: tuple[str, str, str],
    packages: int,
    delivered: bool,
    gates: bool,
) -> None:
    on, measured = FIRST + timedelta(days=day), gates if kind == STOP else None
    for _ in range(count):
        number = len(part.items)
        at = datetime.combine(on, time(8), UTC) + timedelta(seconds=number)
        part.items.append(Item(f"{number:06}", kind, on, f"route-{day + 1}", f"S{number}", at, ladder, packages, delivered, measured,
                               measured, gates))  # fmt: skip


def priced(part: Part) -> list[Line]:
    """Every line of one part."""
    part.items = included(part)
    place([part])
    return earned(part)


@dataclass(frozen=True)
class Tested:
    """A plan against its examples: rows for pay_examples, and what is wrong ("" when it may be activated)."""

    examples: list[dict[str, object]]
    wrong: str


def test(books: Books, plan: Plan) -> Tested:
    """Prices every example of a version."""
    wrong = faults(plan)
    if wrong:
        return Tested([], wrong[0])
    rows = [
        r
        for r in books.rows("pay_examples")
        if (r["plan_id"], r["version"]) == (plan.row["plan_id"], plan.row["version"])
    ]
    found, failed = [], []
    for row in sorted(rows, key=lambda r: r["n"]):
        result = sum((line.amount for line in example_lines(plan, row)), Decimal("0.00"))
        passes = result == row["expected"]
        found.append(
            {"plan_id": row["plan_id"], "version": row["version"], "n": row["n"], "result": result, "passes": passes}
        )
        if not passes:
            failed.append(f"example {row['n']} comes to {result} and should be {row['expected']}")
    if not rows:
        return Tested([], "it has no examples; enter at least one on tab Pay examples")
    return Tested(found, "; ".join(failed))


def act(step: Step, books: Books, row: Row, action: str) -> None:
    """TEST, ACTIVATE or RETIRE a version."""
    plans = Plans(books)
    plan = plans.version(str(row["plan_id"]), int(row["version"]))
    assert plan is not None and TABLE.lifecycle is not None
    key = {"plan_id": row["plan_id"], "version": row["version"]}
    found = TABLE.lifecycle.by_action(str(row["status"]), action)
    if found is None:
        possible = ", ".join(TABLE.lifecycle.actions_from(str(row["status"]))) or "nothing"
        return step.refuse(
            f"plan {plan.name}", f"{action} is not possible while it is {row['status']}", f"Possible now: {possible}"
        )
    if action == "RETIRE":
        step.wanted.add("pay_plans", {**key, "status": "RETIRED"})
        return None
    result = test(books, plan)
    for each in result.examples:
        step.wanted.add("pay_examples", each)
    if action == "TEST":
        said = result.wrong or f"{counted(len(result.examples), 'example comes', 'examples come')} out to the cent"
        said = "; ".join([said, *cliffs(plan)])
        # a test that fails leaves a draft a draft, and makes a tested one a draft again
        status = "TESTED" if not result.wrong else "DRAFT"
        step.wanted.add("pay_plans", {**key, "status": status, "test_result": said, "tested_hash": fingerprint(plan)})
        if result.wrong:
            step.refuse(f"plan {plan.name}", result.wrong, "Correct the plan or the example and test again")
        return None
    if result.wrong or row.get("tested_hash") != fingerprint(plan):
        why = result.wrong or "it was changed since it was tested"
        return step.refuse(f"plan {plan.name}", f"{why}; it was not activated", "Choose TEST again")
    step.wanted.add("pay_plans", {**key, "status": "ACTIVE"})
    step.wanted.notes += [f"Plan {plan.name}: {text}." for text in cliffs(plan)]
    for other in plans.versions[str(row["plan_id"])]:
        ends = other.row.get("eff_to")
        if (
            other.row["status"] == "ACTIVE"
            and other.row["eff_from"] < row["eff_from"]
            and (ends is None or ends >= row["eff_from"])
        ):
            step.wanted.add("pay_plans", {"plan_id": other.row["plan_id"], "version": other.row["version"],
                                          "eff_to": row["eff_from"] - timedelta(days=1)})  # fmt: skip
    return None


@dataclass(frozen=True)
class Difference:
    """One driver over the simulated periods: what the work earned, and what it would earn under the other plan."""

    driver_id: str
    earned: Decimal
    would_earn: Decimal
    settlements: int

    @property
    def delta(self) -> Decimal:
        """More is positive."""
        return self.would_earn - self.earned


def simulate(
    books: Books, plan_id: str, version: int, day: date, weeks: int, only: Iterable[str] = ()
) -> list[Difference]:
    """Old posted periods of the last `weeks` before `day`, priced again under one version; by driver."""
    plan = Plans(books).version(plan_id, version)
    if plan is None:
        raise Refused(f"There is no plan {plan_id} version {version}; its versions stand on tab Pay plans.")
    if wrong := faults(plan):
        raise Refused(f"Plan {plan.name} cannot pay: {wrong[0]}.")
    pay, chosen = Pay.of(books), set(only)
    closed: dict[Period, dict[str, str]] = {}
    for driver_id, rows in pay.settlements.items():
        for row in rows:
            if (
                row["status"] in CLOSED
                and day - timedelta(weeks=weeks) <= row["period_end"]
                and (not chosen or driver_id in chosen)
            ):
                closed.setdefault(Period(row["period_start"], row["period_end"]), {})[driver_id] = str(
                    row["settlement_id"]
                )
    totals: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for period, names in sorted(closed.items()):
        days = Days(books, period.days)
        work = done(days, dict.fromkeys(names, period))
        now = earn(days, work, Plans(books), names)
        then = earn(days, work, Plans(books, plan), names)
        for driver_id in names:
            totals.setdefault(driver_id, []).append((now[driver_id].total, then[driver_id].total))
    return [
        Difference(
            d, sum((a for a, _ in pairs), Decimal("0.00")), sum((b for _, b in pairs), Decimal("0.00")), len(pairs)
        )
        for d, pairs in sorted(totals.items())
    ]
