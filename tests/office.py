"""A small office for scenarios: a home on disk, files that come in, people who edit workbooks, a clock one sets."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stopbook import runner, settings
from stopbook.app import App, opened
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.jobs.import_file import Request
from stopbook.runner import Result
from tests.sheets_sync.programs import Sheets, saved
from workbooks.cells import Reading

CHICAGO = ZoneInfo("America/Chicago")


class Office:
    """Everything one company has; `now` is what its clock shows."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.now = datetime(2026, 3, 10, 12, tzinfo=CHICAGO)

    def at(self, text: str) -> None:
        """Sets the clock: "2026-03-10 14:20", Chicago time."""
        self.now = datetime.fromisoformat(text).replace(tzinfo=CHICAGO)

    def params(self, market: str | None = None, day: date | None = None, **extra: Any) -> Params:
        return Params(self.now, "ana", "test", market, day, extra)

    def run(self, name: str, day: str | None = None, market: str | None = None) -> Result:
        return runner.run(self.app, job(name), self.params(market, date.fromisoformat(day) if day else None))

    def preview(self, name: str, day: str | None = None, market: str | None = None) -> Result:
        return runner.preview(self.app, job(name), self.params(market, date.fromisoformat(day) if day else None))

    def take_in(self, name: str, text: str, table: str = "", day: str | None = None, **said: Any) -> Result:
        """A CSV file comes in; `text` as somebody would type it, cells parted by |."""
        path = self.app.settings.home / "inbox" / name
        path.parent.mkdir(exist_ok=True)
        out = io.StringIO()
        rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
        csv.writer(out).writerows(rows)
        path.write_text(out.getvalue(), encoding="utf-8")
        return self.take_in_file(path, table, day, **said)

    def take_in_file(self, path: Path, table: str = "", day: str | None = None, **said: Any) -> Result:
        market = said.pop("market", "CHI")
        request = Request(path, table, how=said.pop("how", Reading(CHICAGO)), **said)
        params = self.params(market, date.fromisoformat(day) if day else None, request=request)
        return runner.run(self.app, job("import-file"), params)

    def edit(self, workbook: str, change: Callable[[Sheets], None]) -> None:
        """Somebody opens a workbook, changes it and saves it."""
        path = self.app.settings.workbooks / f"{workbook}.xlsx"
        path.write_bytes(saved(path.read_bytes(), change))

    def row(self, table: str, *key: str) -> Any:
        found = self.app.ledger.books().row(table, *key)
        assert found is not None, f"{table} has no row {key}"
        return found

    def rows(self, table: str, **where: Any) -> list[Any]:
        return self.app.ledger.books().rows(table, **where)


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """An office with one market, one account, three drivers; routes of two days come in with `manifest`."""
    folder.mkdir(parents=True, exist_ok=True)
    begun = datetime(2026, 3, 9, 12, tzinfo=CHICAGO)
    with opened(settings.load(folder), begun) as app:
        one = Office(app)
        one.now = begun
        one.take_in(
            "markets.csv",
            "Market | Name | Time zone | Quiet from | Quiet until\nCHI | Chicago | America/Chicago | 21:00 | 08:00",
            market=None,
        )
        one.take_in("clients.csv", "Client | Name | Status\nACME | Acme | ACTIVE", "clients")
        one.take_in("accounts.csv", "Account | Client | Name\nA1 | ACME | Acme online", "accounts")
        one.take_in(
            "drivers.csv",
            "Driver | Name | Status\nD-7 | Ana | ACTIVE\nD-9 | Ben | ACTIVE\nD-11 | Cy | ACTIVE",
            "drivers",
        )
        yield one


def manifest(day: str, *stops: str, route: str = "R12", driver: str = "D-7") -> str:
    """A manifest file for orders such as "1042 Jo Park"."""
    head = "Account | Order | Route | Seq | Driver | Recipient | Phone | Address | City | State | ZIP | Deliver from | Deliver until | Pkgs | Dispatched | Planned end"
    lines = [
        f"A1 | {order} | {route} | {seq} | {driver} | {who} | (312) 555-01{seq:02} | {seq} Main St | Chicago | IL | 60601 | 13:00 | 15:00 | 1 | {day} 07:00 | {day} 18:00"
        for seq, (order, _, who) in enumerate((stop.partition(" ") for stop in stops), start=1)
    ]
    return "\n".join([head, *lines])
