"""The desk of the quarter: files that come in, jobs that are run and rows that are edited, each under somebody's name."""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from stopbook import options, runner, settings
from stopbook.app import App, opened
from stopbook.following import followed
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.jobs.import_file import Request
from stopbook.runner import Result
from tests.office import CHICAGO
from workbooks.books import Books
from workbooks.cells import Reading
from workbooks.plan import Plan, Put, combine
from workbooks.schema import Role
from workbooks.tables import TABLES

HANDS = {
    "pat": (Role.PAYROLL,),
    "bo": (Role.BILLING,),
    "max": (Role.MANAGER,),
    "vic": (Role.VA,),
    "dee": (Role.DISPATCH,),
}


class Desk:
    """One company's ledger, and what people do with it. `now` is what the clock shows."""

    def __init__(self, app: App) -> None:
        self.app, self.now, self._edits = app, datetime(2026, 2, 1, 12, tzinfo=CHICAGO), 0

    def at(self, day: date, hour: int = 9) -> None:
        self.now = datetime(day.year, day.month, day.day, hour, tzinfo=CHICAGO)

    def run(self, name: str, day: date | None = None, by: str = "ana", **said: str) -> Result:
        one = job(name)
        read = options.read(one.options, said, one.title)
        return runner.run(self.app, one, Params(self.now, by, "test", None, day, read))

    def take(
        self, table: str, rows: Iterable[dict[str, Any]], market: str | None = None, day: date | None = None
    ) -> Result | None:
        """A CSV file of these rows comes in."""
        rows = list(rows)
        if not rows:
            return None
        heads = list(dict.fromkeys(name for row in rows for name in row))
        out = io.StringIO()
        writer = csv.DictWriter(out, heads, restval="")
        writer.writeheader()
        writer.writerows(rows)
        path = self.app.settings.home / f"{table}.csv"
        path.write_text(out.getvalue(), encoding="utf-8")
        request = Request(path, table, how=Reading(CHICAGO))
        result = runner.run(
            self.app, job("import-file"), Params(self.now, "ana", "test", market, day, {"request": request})
        )
        assert not result.plan.blocked, [str(problem) for problem in result.plan.blocked][:3]
        return result

    def edit(self, table: str, key: tuple[str, ...], by: str, **cells: Any) -> None:
        """Somebody types into a row, or adds one; what follows from it is carried out as everywhere."""
        books = self.books()
        record = books.record(table, *key)
        named = record.values if record else dict(zip(TABLES[table].key, key, strict=True))
        cycle = TABLES[table].lifecycle
        born = {cycle.column: cycle.start[0]} if record is None and cycle is not None else {}
        put = Put(
            table, key, {**{n: named[n] for n in TABLES[table].key}, **born, **cells}, record.rev if record else 0
        )
        done = followed(books, [put], self.now, by, "edit", HANDS[by])
        assert not done.refused, [str(refusal.problem) for refusal in done.refused]
        self._edits += 1
        self.app.ledger.apply(Plan("edit", {}, tuple(combine([*done.kept, *done.more]))), run_key=f"edit-{self._edits}",
                              inputs_hash="", by=by, via="test", at=self.now)  # fmt: skip

    def books(self) -> Books:
        return self.app.ledger.books()

    def rows(self, table: str, **where: Any) -> list[Any]:
        return self.books().rows(table, **where)


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    folder.mkdir(parents=True, exist_ok=True)
    with opened(settings.load(folder), datetime(2026, 2, 1, 12, tzinfo=CHICAGO)) as app:
        yield Desk(app)
