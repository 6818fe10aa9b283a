"""A small payroll to test with: stops are planned, scanned and reconciled one by one, settlements drafted and posted.

`World` holds plain rows; what a step wants is written into them as the ledger would, so a test sees the next week start
from the last one. Nothing here knows what anybody earns.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tests import worlds
from tests.worlds import local
from workbooks.books import Books
from workbooks.pipeline.day import close_day
from workbooks.pipeline.edits import follow, sealed_cells
from workbooks.pipeline.pay import adjust, life, testing
from workbooks.pipeline.pay.draft import Draft
from workbooks.pipeline.wanted import Wanted
from workbooks.plan import Put
from workbooks.problems import Problem
from workbooks.rules.manifest import changes
from workbooks.schema import Role
from workbooks.tables import TABLES

D = Decimal
NOW = datetime(2026, 3, 30, 15, tzinfo=UTC)
MON = date(2026, 3, 2)


def day(number: int, week: int = 10) -> date:
    """Day 0 (Monday) to 6 of an ISO week of 2026."""
    return date.fromisocalendar(2026, week, number + 1)


def plan(plan_id: str = "PP-IC-01", version: int = 3, **more: Any) -> dict[str, Any]:
    """The plan of golden example G1, without its tiers."""
    row = {
        "plan_id": plan_id, "version": version, "status": "ACTIVE", "eff_from": date(2026, 1, 1), "combine": "SUM",
        "tier_scope": "WEEK", "tier_mode": "GRADUATED", "fail_pay": D("0.75"), "cancel_loaded_pay": D("0.50"),
        "mile_rate": D("0.38"), "mile_free": D("25.0"), "fuel_mode": "PER_MILE", "fuel_table_id": "FT-DRV",
        "bonus_per_stop": D("0.10"), "ontime_min": D("0.97"), "first_attempt_min": D("0.95"), "pod_min": D("0.98"),
        "recon_closed": True,
    }  # fmt: skip
    return {**row, **more}


def stops_only(plan_id: str = "PP-S", version: int = 1, **more: Any) -> dict[str, Any]:
    """A plan that pays stops, attempts and cancellations alone."""
    bare = {"mile_rate": None, "mile_free": None, "fuel_mode": None, "fuel_table_id": None, "bonus_per_stop": None,
            "ontime_min": None, "first_attempt_min": None, "pod_min": None, "recon_closed": None}  # fmt: skip
    return plan(plan_id, version, **{**bare, **more})


def tiers(
    *steps: tuple[int | None, str], plan_id: str = "PP-IC-01", version: int = 3, **more: Any
) -> list[dict[str, Any]]:
    """Rows of pay_tiers from (up to, rate)."""
    return [
        {"plan_id": plan_id, "version": version, "tier": n, "up_to": up_to, "rate": D(rate), **more}
        for n, (up_to, rate) in enumerate(steps, start=1)
    ]


G1_TIERS = tiers((300, "1.85"), (600, "2.05"), (None, "2.30"))
FUEL = {
    "fuel_index": [{"index_id": "DOE-US", "week": date(2026, 2, 23), "revision": 0, "price": D("3.700")},
                   {"index_id": "DOE-US", "week": date(2026, 3, 2), "revision": 0, "price": D("3.897")}],
    "fuel_table": [
        {"table_id": "FT-DRV", "eff_from": date(2026, 1, 1), "from": D(low), "to": D(high) if high else None, "index_id": "DOE-US",
         "permile": D(rate)}
        for low, high, rate in (("3.500", "3.750", "0.0400"), ("3.750", "4.000", "0.0500"), ("4.000", None, "0.0600"))
    ],
}  # fmt: skip


class World:
    """Plain rows of a company; `more` adds or replaces tables."""

    def __init__(self, **more: Iterable[dict[str, Any]]) -> None:
        self.rows = worlds.masters(
            **{"driver_plans": [], "pay_plans": [plan()], "pay_tiers": G1_TIERS, **FUEL, **more}
        )  # fmt: skip
        self.rows = {name: [dict(row) for row in given] for name, given in self.rows.items()}
        self._n = 0

    def books(self) -> Books:
        return Books.of(self.rows)

    def add(self, table: str, *rows: dict[str, Any]) -> None:
        self.rows.setdefault(table, []).extend(rows)

    def table(self, name: str, **where: Any) -> list[Any]:
        return self.books().rows(name, **where)

    def row(self, table: str, *key: str) -> Any:
        found = self.books().row(table, *key)
        assert found is not None, (table, key)
        return found

    def change(self, table: str, key: Sequence[str], **values: Any) -> None:
        for row in self.rows[table]:
            if TABLES[table].key_of(row) == tuple(key):
                row.update(values)
                return
        raise AssertionError((table, key))

    def on_plan(self, driver_id: str, plan_id: str = "PP-IC-01", since: date = date(2026, 1, 1), **more: Any) -> None:
        self.add("driver_plans", {"driver_id": driver_id, "eff_from": since, "plan_id": plan_id, **more})

    def route(
        self, driver_id: str, on: date, code: str = "R12", miles: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """A dispatched route, with its accepted miles where given."""
        row = {
            "route_id": f"CHI-{on}-{code}", "market_id": "CHI", "service_date": on, "route_code": code, "driver_id": driver_id,
            "status": "DISPATCHED", "dispatched_at": local("07:00", on), "planned_end": local("18:00", on),
            "planned_miles": D(miles) if miles else None, **more,
        }  # fmt: skip
        self.add("manifest", row)
        self.add("manifest_events", *changes.swap(row, None, driver_id, local("06:30", on)))
        if miles is not None:
            self.add("mileage", {"route_id": row["route_id"], "driver_id": driver_id, "market_id": "CHI", "service_date": on,
                                 "gps_miles": D(miles), "status": "OPEN"})  # fmt: skip
        return row

    def stop(self, route: dict[str, Any], stop_id: str | None = None, **more: Any) -> str:
        """A stop planned on a route (again, when it has been there before)."""
        self._n += 1
        stop_id = stop_id or f"S{self._n:05}"
        known = next((s for s in self.rows.get("stops", ()) if s["stop_id"] == stop_id), None)
        if known is None:
            on = route["service_date"]
            self.add("stops", {
                "stop_id": stop_id, "market_id": "CHI", "service_date": on, "account_id": "A1", "order_ref": stop_id,
                "route_id": route["route_id"], "status": "DISPATCHED", "pkgs": None,
                "window_start": local("06:00", on), "window_end": local("20:00", on), **more,
            })  # fmt: skip
        else:
            known.update(route_id=route["route_id"], service_date=route["service_date"], **more)
        self.add(
            "manifest_events",
            changes.event("ADD", route, local("06:40", route["service_date"]), stop_id=stop_id, after=self._n),
        )
        return stop_id

    def scan(
        self, route: dict[str, Any], stop_id: str, outcome: str = "DELIVERED", driver: str | None = None, **more: Any
    ) -> str:
        """An attempt; they follow each other by 30 seconds from 07:30."""
        self._n += 1
        on = route["service_date"]
        count = sum(a["service_date"] == on for a in self.rows.get("attempts", ())) if "completed_at" not in more else 0
        at = datetime.combine(on, time(7, 30), worlds.CHICAGO).astimezone(UTC) + timedelta(seconds=30 * count)
        attempt_id = f"T{self._n:05}"
        self.add("attempts", {
            "attempt_id": attempt_id, "market_id": "CHI", "service_date": on, "stop_id": stop_id, "driver_id": driver or route["driver_id"],
            "outcome": outcome, "completed_at": at, "status": "RAW", "source": "CSV", "platform": "GENERIC",
            "pod_photo": "https://pod.example/p.jpg" if outcome in ("DELIVERED", "PARTIAL") else None, **more,
        })  # fmt: skip
        return attempt_id

    def deliver(self, route: dict[str, Any], count: int, **more: Any) -> list[str]:
        """`count` stops planned and delivered; returns their ids."""
        found = []
        for _ in range(count):
            stop_id = self.stop(route)
            self.scan(route, stop_id, **more)
            found.append(stop_id)
        return found

    def fail(self, route: dict[str, Any], count: int, reason: str = "RECIP_ABSENT", **more: Any) -> list[str]:
        found = []
        for _ in range(count):
            stop_id = self.stop(route)
            self.scan(route, stop_id, "FAILED", reason_code=reason, **more)
            found.append(stop_id)
        return found

    def close(self, *days: date) -> None:
        """Reconcile days, as the job does."""
        for each in days or sorted({a["service_date"] for a in self.rows.get("attempts", ())}):
            self.apply(close_day(self.books(), "CHI", each, local("23:30", each)))

    def apply(self, wanted: Wanted) -> None:
        """Write what is wanted, as the ledger would."""
        for name, changed in wanted.rows.items():
            table = TABLES[name]
            known = {table.key_of(row): row for row in self.rows.setdefault(name, [])}
            for row in changed:
                key = table.key_of(row)
                if key in known:
                    sealed = table.seal(known[key], [c for c, v in row.items() if known[key].get(c) != v])
                    assert sealed is None, (name, key, sealed)
                    if table.lifecycle and table.state in row:
                        assert table.lifecycle.allows(known[key].get(table.state), row[table.state]), (name, key, row)
                    known[key].update(row)
                else:
                    known[key] = dict(row)
                    self.rows[name].append(known[key])
        for name, keys in wanted.gone.items():
            gone = set(keys)
            self.rows[name] = [row for row in self.rows[name] if TABLES[name].key_of(row) not in gone]

    def edit(
        self, table: str, key: Sequence[str], roles: tuple[Role, ...] = (), by: str = "someone", **values: Any
    ) -> list[Problem]:
        """Somebody changes cells of a row in a workbook; what follows is written, what cannot stand is returned."""
        before = self.books()
        record = before.record(table, *key)
        keyed = (
            dict(zip(TABLES[table].key, key, strict=True))
            if record is None
            else {n: record.values[n] for n in TABLES[table].key}
        )
        put = Put(table, tuple(key), {**keyed, **values}, record.rev if record else 0)
        refused = sealed_cells(before, [put])
        if not refused:
            meant = follow(before, before.with_puts([put]), [put], NOW, by, roles)
            refused = meant.refused
            self.apply(Wanted({table: [dict(put.values)]}))
            self.apply(meant.wanted)
        return [refusal.problem for refusal in refused]

    def plan_action(self, plan_id: str, version: int, action: str) -> list[Problem]:
        """TEST, ACTIVATE or RETIRE a version."""
        step = life.Step()
        testing.act(step, self.books(), self.version(plan_id, version), action)
        self.apply(step.wanted)
        return [problem for _, problem in step.problems]

    def version(self, plan_id: str, version: int) -> dict[str, Any]:
        return next(row for row in self.rows["pay_plans"] if (row["plan_id"], row["version"]) == (plan_id, version))

    def decide(self, stop_ids: Iterable[str], decision: str, **who: str) -> None:
        """Dispatch decides rows of Recon."""
        for row in list(self.rows["recon"]):
            if row["stop_id"] in set(stop_ids):
                values = who or {"dispatch_decision": decision}
                assert not self.edit("recon", (row["route_id"], row["stop_id"]), **values)

    def draft(self, on: date, *only: str, by: str = "pat") -> dict[str, Draft]:
        """Draft the period around a day; by driver."""
        step, made = life.draft(self.books(), on, by, only)
        self.apply(step.wanted)
        return {str(each.row["driver_id"]): each for each in made}

    def act(self, action: str, *ids: str, by: str = "pat", **also: Any) -> list[Problem]:
        """An action on settlements; returns the problems."""
        chosen = [row for row in self.table("settlements") if not ids or row["settlement_id"] in ids]
        step = life.act(self.books(), chosen, action, by, NOW, **also)
        self.apply(step.wanted)
        return [problem for _, problem in step.problems]

    def post(self, on: date, *only: str) -> dict[str, Draft]:
        """Draft, submit, approve and post a period."""
        made = self.draft(on, *only)
        ids = [each.settlement_id for each in made.values()]
        for action, by in (("SUBMIT", "pat"), ("APPROVE", "max"), ("POST", "pat")):
            problems = self.act(action, *ids, by=by)
            assert not problems, problems
        return made

    def adjust(self, on: date, approve: bool = True) -> list[Any]:
        """Propose adjustments, and approve them; returns the proposals."""
        self.apply(adjust.propose(self.books(), on, "pat"))
        proposed = self.table("adjustments", status="PROPOSED")
        if approve:
            for row in proposed:
                step = life.Step()
                adjust.decide(step, self.books(), row, "APPROVE", "max", on)
                assert not step.problems
                self.apply(step.wanted)
        return proposed

    def enter(self, driver_id: str, account: str, amount: str, on: date = MON) -> None:
        """An entry of the driver ledger, as payroll types it."""
        self._n += 1
        self.add("driver_ledger", {"entry_id": f"E{self._n}", "driver_id": driver_id, "account": account, "date": on,
                                   "amount": D(amount), "ref": "by hand"})  # fmt: skip

    def balance(self, driver_id: str, account: str) -> Decimal:
        rows = self.table("driver_ledger", driver_id=driver_id, account=account)
        return sum((row["amount"] for row in rows), D("0.00"))


def agreement(
    agr_id: str, driver_id: str, code: str, kind: str, amount: str | None = None, **more: Any
) -> dict[str, Any]:
    return {"agr_id": agr_id, "driver_id": driver_id, "code": code, "kind": kind, "amount": D(amount) if amount else None,
            "basis": "PER_SETTLEMENT", "signed_on": date(2026, 1, 5), **more}  # fmt: skip


def amounts(draft: Draft, component: str) -> list[Decimal]:
    """Amounts of the lines of one component."""
    return [line.amount for line in draft.lines if line.component == component]
