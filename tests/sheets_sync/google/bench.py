"""A ledger with cases in it, a spreadsheet that shows them, and people at the grid, over real HTTP on loopback."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from local_sheets import auth, wire
from local_sheets.dispatcher import Act, perform
from local_sheets.faults import Fault
from local_sheets.server import Running
from local_sheets.service import Service
from sheets_sync.google import adopt
from sheets_sync.google.client import DRIVE, SHEETS, Client
from sheets_sync.plain import Plain
from stopbook import settings, spreadsheets
from stopbook.app import App, begin
from stopbook.rounds import Round
from workbooks.ledger import Ledger
from workbooks.plan import Plan, Put
from workbooks.schema import Record
from workbooks.tables import TABLES

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
NASTY = (
    "00123", "1-2", "1E5", "=1+1", "+44 20", "-0", "123456789012345678", "3/4", "TRUE", "0.10", "'quoted", "NA", "1_000",
    "Ünïcødé 🚚", "two\nlines", "#REF!", '{"a": 1}', "x" * 32_000, "a,b;c", "@you", "12:30", "1,5",
)  # fmt: skip
MARIA = "maria@example.com"


@cache
def _one_key(**options: int) -> Any:
    """Making a key takes a while, and any will do."""
    return _REAL(**options)


_REAL = auth.rsa.generate_private_key


def case(number: int, **values: Any) -> dict[str, Any]:
    row = {
        "exc_id": f"{number:04}", "market_id": "CHI", "service_date": date(2026, 3, 10), "stop_id": f"S{number}", "status": "NEW",
        "severity": "HIGH", "opened_at": NOW, "tier": 1, "breached": False, "reopen_count": 0, "recipient": f"Ann {number}",
        "internal_note": f"note {number}",
    }  # fmt: skip
    return {**row, **values}


@dataclass
class Desk:
    """Everything there is: application, keeper, server, spreadsheet."""

    app: App
    service: Service
    client: Client
    book: str
    keeper: spreadsheets.Keeper
    now: datetime = NOW
    rounds: list[Round] = field(default_factory=list)

    def round(self) -> Round:
        """One round; a minute passes."""
        self.now += timedelta(seconds=61)
        self.rounds.append(self.keeper.round(self.now))
        return self.rounds[-1]

    def settle(self, most: int = 8) -> int:
        """Rounds until nothing is left to do; how many it took."""
        for number in range(most):
            if self.round().quiet:
                return number
        raise AssertionError("never quiet")

    def restart(self) -> None:
        """Another process goes on."""
        self.keeper = spreadsheets.Keeper(self.app, self.keeper.book, self.book, self.client, self.now, "first")

    # the ledger
    def apply(self, table: str, *rows: Mapping[str, Any]) -> None:
        """A job puts rows."""
        puts = []
        for row in rows:
            key = TABLES[table].key_of(row)
            known = self.app.ledger.load(table, dict(zip(TABLES[table].key, key, strict=True)), include_void=True)
            puts.append(Put(table, key, row, known[0].rev if known else 0, "a job"))
        plan = Plan("test", {}, tuple(puts))
        run_key = f"{plan.digest}{self.now}{self.app.ledger.last_seq()}"
        self.app.ledger.apply(plan, run_key=run_key, inputs_hash="", by="job", via="test", at=self.now)

    def case(self, number: int) -> Record:
        """A case as the ledger has it."""
        (found,) = self.app.ledger.load("exceptions", {"exc_id": f"{number:04}"}, include_void=True)
        return found

    def conflicts(self) -> list[Any]:
        """Rows on Conflicts."""
        return [record.values for record in self.app.ledger.load("conflicts", {})]

    # the spreadsheet, as people see it
    def lines(self, title: str = "Exceptions") -> list[list[Plain]]:
        """A tab as it stands."""
        return self.keeper.sheet.values([title])[title]

    def shown(self, title: str = "Exceptions", key: str = "Exc no.") -> dict[str, dict[str, Plain]]:
        """Rows by the cell in their first declared column."""
        header, *rows = self.lines(title)
        at = header.index(TABLES_BY_TITLE[title].columns[0].title)
        return {
            str(row[at]): {str(h): cell for h, cell in zip(header, [*row, *[""] * len(header)], strict=False)}
            for row in rows if len(row) > at and row[at]
        }  # fmt: skip

    def place(self, number: int, header: str, title: str = "Exceptions") -> tuple[int, int]:
        """Row and column, from 0, of a cell of a case."""
        lines = self.lines(title)
        keys = lines[0].index(TABLES_BY_TITLE[title].columns[0].title)
        row = next(n for n, line in enumerate(lines) if len(line) > keys and line[keys] == f"{number:04}")
        return row, lines[0].index(header)

    def act(self, *acts: Act, title: str = "Exceptions") -> None:
        """What a dispatcher does, in Maria's name."""
        workspace = self.service.workspace
        for one in acts:
            with workspace.env.lock, workspace.editing(self.book, MARIA) as context:
                perform(context, title, one)

    def type(self, number: int, header: str, text: str, title: str = "Exceptions") -> None:
        """Somebody types into a cell of a case."""
        row, column = self.place(number, header, title)
        self.act(Act("clear", row, column) if text == "" else Act("edit", row, column, text=text), title=title)

    def batch(self, *requests: dict[str, Any]) -> dict[str, Any]:
        """What somebody with the API does."""
        return self.keeper.sheet.update(list(requests))

    def sheet_id(self, title: str = "Exceptions") -> int:
        """Id of a tab."""
        found = self.keeper.sheet.inspect()
        return next(int(s["properties"]["sheetId"]) for s in found["sheets"] if s["properties"]["title"] == title)

    def fault(self, kind: Any, **more: Any) -> None:
        """Something goes wrong with the next write."""
        self.service.faults.add(Fault(kind, **{"method": "batchUpdate", **more}))

    def switch(self, **values: Any) -> None:
        """An open question is answered the other way."""
        self.service.env.switches = self.service.env.switches.changed(values)


class Wireless(BaseAdapter):
    """The way to the same server without a socket in between, where thousands of stories are to be told."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Answers at once; silence and a cut line are what they would be after a while."""
        parts, headers = urlsplit(str(request.url)), {str(k).lower(): str(v) for k, v in request.headers.items()}
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        sent = wire.Request(str(request.method), parts.path, parts.query, headers, bytes(body))
        outcome = self._service.exchange(sent)
        if outcome.response is None or outcome.cut:
            raise requests.ReadTimeout() if outcome.cut == "hang" else requests.ConnectionError()
        answer = requests.Response()
        answer.status_code, answer._content = outcome.response.status, outcome.response.body
        answer.request, answer.url = request, str(request.url)
        return answer

    def close(self) -> None:
        """Nothing is open."""


TABLES_BY_TITLE = {table.title: table for table in TABLES.values()}


@contextmanager
def desk(
    folder: Path, cases: Sequence[Mapping[str, Any]] = (), workbook: str = "dispatch-CHI", *,
    tabs: Sequence[str] = ("exceptions", "conflicts"), timeout: float = 30.0, sockets: bool = True,
) -> Iterator[Desk]:  # fmt: skip
    """A desk whose spreadsheet was adopted and written once."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / settings.FILE).write_text("google_requests = 10000\n")
    service = Service(check=True, quota=False)
    with Running(service) as running, Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", NOW) as ledger:
        begin(ledger, NOW)
        app = App(settings.load(folder), ledger)
        with patch.object(auth.rsa, "generate_private_key", _one_key):
            key = service.workspace.accounts.create_service_account(f"{running.address}/token")
        service.workspace.accounts.add_person(MARIA)
        client = Client(key, running.address, attempts=2, pause=0.01, timeout=(5.0, 60.0))
        if not sockets:
            for host in (SHEETS, DRIVE):
                client.session.mount(host, Wireless(service))
        market = {"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}
        plan = Plan("test", {}, (Put("markets", ("CHI",), market, 0),))
        ledger.apply(plan, run_key="begin", inputs_hash="", by="test", via="test", at=NOW)
        book = spreadsheets.books_of(ledger)[workbook]
        book = replace(book, tables=tuple(table for table in book.tables if table.name in tabs))
        number = adopt.create(client, book.title)
        service.workspace.share(number, MARIA, "writer")
        spreadsheets.adopt(app, client, number, book, NOW)
        one = Desk(app, service, client, number, spreadsheets.Keeper(app, book, number, client, NOW, "first"))
        if cases:
            one.apply("exceptions", *cases)
        one.settle()
        client.timeout = (5.0, timeout)
        yield one
    assert service.env.counters["internal_errors"] == 0 and service.problems == []
    service.close()
