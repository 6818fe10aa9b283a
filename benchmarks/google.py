"""A spreadsheet of given size on the local server, and counters: what P1 and P2 have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import gspread

from benchmarks.peers import World
from local_sheets.server import Running
from local_sheets.service import Service
from sheets_sync.google import adopt, shape
from sheets_sync.google.client import Client
from sheets_sync.google.transport import Spreadsheet
from workbooks.schema import Book, Column, Kind, Role, Table, Type
from workbooks.tables import TABLES


@dataclass(frozen=True)
class Counted:
    """Calls, and bytes of bodies."""

    calls: int
    up: int
    down: int


def table(number: int, columns: int = 25) -> Table:
    """A tab with `columns` columns, of text and numbers."""
    shown = [Column("k", "Key", Type.ID, (Role.SYSTEM,), "", required=True)]
    shown += [
        Column(f"c{n}", f"Column {n}", Type.TEXT if n % 3 else Type.INT, (Role.DISPATCH,), "")
        for n in range(1, columns)
    ]
    return Table(f"t{number}", f"Tab {number}", Book.OPS, Kind.INPUT, ("k",), "", tuple(shown), (Role.DISPATCH,))


class Bench:
    """The server, a client, a spreadsheet with tabs full of rows."""

    def __init__(self, tabs: int, rows: int) -> None:
        assert TABLES
        self.tables = [table(number) for number in range(tabs)]
        self._rows = rows

    def __enter__(self) -> Self:
        self.service = Service(quota=False)
        self._running = Running(self.service)
        address = self._running.__enter__().address
        key = self.service.workspace.accounts.create_service_account(f"{address}/token")
        self.client = Client(key, address)
        self.book = adopt.create(self.client, "Bench")
        self.world = World(address, key, self.book)
        self.sheet = Spreadsheet(self.client, self.book, self.tables, "L1")
        requests: list[Any] = shape.sync(1_000, self.sheet.whose)
        for number, one in enumerate(self.tables, 1):
            header = [*(column.title for column in one.columns), "_rid"]
            grid = {"rowCount": self._rows + 10, "columnCount": len(header)}
            requests.append(
                {"addSheet": {"properties": {"sheetId": number, "title": one.title, "gridProperties": grid}}}
            )
            lines = [shape.value(title) for title in header]
            body = [{"values": lines}] + [
                {"values": [shape.value(f"K{row}")] + [shape.value(f"{row}.{n}" if n % 3 else row * n) for n in range(1, len(header) - 1)]
                           + [shape.value(f"{row:016x}")]}
                for row in range(self._rows)
            ]  # fmt: skip
            start = {"sheetId": number, "rowIndex": 0, "columnIndex": 0}
            requests.append({"updateCells": {"start": start, "rows": body, "fields": "userEnteredValue"}})
        self.sheet.update(requests)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)
        self.service.close()

    def reset(self) -> None:
        """Counts from here."""
        self.client.calls = dict.fromkeys(self.client.calls, 0)
        self.client.sent = self.client.received = 0

    def counted(self) -> Counted:
        """What was counted since."""
        return Counted(sum(self.client.calls.values()), self.client.sent, self.client.received)

    def gspread(self, work: Callable[[gspread.Spreadsheet], Any]) -> Counted:
        """The same work by an unmodified gspread, opening the spreadsheet included."""
        plain = gspread.Client(auth=self.client.session.credentials, session=self.client.session)
        count = [0, 0, 0]

        def note(response: Any, *args: Any, **kwargs: Any) -> None:
            count[0] += 1
            count[1] += len(response.request.body or b"")
            count[2] += len(response.content)

        self.client.session.hooks["response"].append(note)
        work(plain.open_by_key(self.book))
        self.client.session.hooks["response"].remove(note)
        return Counted(*count)
