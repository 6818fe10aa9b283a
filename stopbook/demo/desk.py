"""The desk of the demo: jobs that are run and rows that people change, each under somebody's name and by one clock."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from stopbook import options, runner
from stopbook.app import App
from stopbook.following import followed
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.jobs.import_file import Request
from stopbook.runner import Result
from workbooks.plan import Plan, Put, combine
from workbooks.problems import Refused
from workbooks.schema import Role, Row
from workbooks.tables import TABLES

VA, DISPATCH, MANAGER = "maya@depot.example", "rob@depot.example", "lena@depot.example"
PAYROLL, BILLING = "paula@depot.example", "bo@depot.example"
HANDS = {VA: Role.VA, DISPATCH: Role.DISPATCH, MANAGER: Role.MANAGER, PAYROLL: Role.PAYROLL, BILLING: Role.BILLING}


@dataclass
class Desk:
    """The books and what is done with them. `now` is what the clock shows; nothing here reads another."""

    app: App
    now: datetime
    results: list[tuple[str, Result]] = field(default_factory=list)
    _edits: int = 0

    def take(self, request: Request, day: date | None = None, market: str | None = None) -> Result:
        """A file comes in; rows that do not are given back."""
        return self._run("import-file", VA, market, day, {"request": request})

    def run(self, name: str, day: date | None = None, by: str = VA, **said: str) -> Result:
        """Run a job; Refused where it could not do all of it."""
        one = job(name)
        result = self._run(name, by, None, day, options.read(one.options, said, one.title))
        if result.plan.blocked:
            raise Refused(f"{one.title}: {result.plan.blocked[0]}")
        return result

    def _run(self, name: str, by: str, market: str | None, day: date | None, extra: dict[str, Any]) -> Result:
        result = runner.run(self.app, job(name), Params(self.now, by, "demo", market, day, extra))
        self.results.append((name, result))
        return result

    def edit(self, by: str, *edits: tuple[str, tuple[str, ...], dict[str, Any]]) -> None:
        """Somebody changes rows, or adds them: (tab, key, cells). What follows is carried out as from a workbook."""
        books, puts = self.app.ledger.books(), []
        for name, key, cells in edits:
            table, record = TABLES[name], books.record(name, *key)
            named = record.values if record else dict(zip(table.key, key, strict=True))
            born = {table.state: table.lifecycle.start[0]} if record is None and table.lifecycle is not None else {}
            values = {**{part: named[part] for part in table.key}, **born, **cells}
            puts.append(Put(name, key, values, record.rev if record else 0))
        if not puts:
            return
        done = followed(books, puts, self.now, by, "follows from an edit", (HANDS[by],))
        if done.refused:
            raise Refused(f"{by} may not do that: {done.refused[0].problem}")
        self._edits += 1
        plan = Plan("edit", {}, tuple(combine([*done.kept, *done.more])))
        self.app.ledger.apply(
            plan, run_key=f"demo-edit-{self._edits}", inputs_hash="", by=by, via="demo", at=self.now, read=books
        )

    def rows(self, table: str, **where: Any) -> list[Row]:
        """Rows as they stand."""
        return self.app.ledger.books().rows(table, **where)
