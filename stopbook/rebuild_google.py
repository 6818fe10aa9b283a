"""Google spreadsheets as a source of `stopbook.rebuild`: what stands in them, whose they are, and what had left them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sheets_sync.google.client import DRIVE, SHEETS, Client
from sheets_sync.google.read import SharedTab, shared_copy
from sheets_sync.google.transport import Spreadsheet
from sheets_sync.outgoing import STATE, VOID
from stopbook import spreadsheets
from stopbook.bookshelf import DAYS
from stopbook.rebuild import Held, rows_of
from stopbook.settings import Settings
from workbooks.cells import Reading
from workbooks.problems import Refused
from workbooks.schema import Kind, Row
from workbooks.shelf import Workbook


def from_spreadsheets(settings: Settings) -> list[Held]:
    """Every spreadsheet that the home knows; Refused where one cannot be read, because what it holds would be lost."""
    known = spreadsheets.Connection.load(settings.home)
    if not known.books:
        raise Refused(
            f"{settings.home / spreadsheets.FILE} names no spreadsheet. Connect Google, or rebuild from workbooks."
        )
    client = known.client(spreadsheets.pace_of(settings))
    return [_held(client, known.books[name], book) for name, book in _books(client, known.books).items()]


def _books(client: Client, numbers: Mapping[str, str]) -> dict[str, Workbook]:
    """What each spreadsheet shows: by its name and clock, then by the markets that one of them holds."""
    markets: dict[str, Row] = {}
    for name, number in numbers.items():
        code = name.partition("-")[2]
        if code:
            found = client.get(f"{SHEETS}/v4/spreadsheets/{number}", {"fields": "properties.timeZone"})
            markets[code] = {"market_id": code, "name": code, "tz": found["properties"]["timeZone"]}
    for name, book in spreadsheets.named(list(markets.values())).items():
        if name in numbers and any(table.name == "markets" for table in book.tables):
            rows = _held(client, numbers[name], book).rows.get("markets", {})
            markets |= {str(row["market_id"]): row for _, row in rows.values() if row.get("tz") and row.get("name")}
    books = spreadsheets.named(list(markets.values()))
    missing = sorted(numbers.keys() - books.keys())
    if missing:
        raise Refused(f"There is no workbook called {missing[0]}. Take it out of {spreadsheets.FILE} and try again.")
    return {name: books[name] for name in numbers}


def _held(client: Client, number: str, book: Workbook) -> Held:
    tables = [table for table in book.tables if table.kind is not Kind.LOG]
    sheet = Spreadsheet(client, number, tables, "")
    marker = sheet.marker()
    if marker is None or not marker.ledger_id:
        raise Refused(
            f"The spreadsheet for {book.title} ({number}) is none that Stopbook kept: its hidden tab “_sync” is missing."
        )
    shared = shared_copy(sheet.read(), book, marker.ledger_id, 0)
    rows: dict[str, dict[str, tuple[int, Row]]] = {}
    problems = [str(problem) for problem in shared.copy.problems]
    void: set[tuple[str, str]] = set()
    for name, seen in shared.seen.items():
        read, wrong = rows_of(seen.tab, shared.copy.file, Reading(zone=book.zone))
        rows[name] = {rid: (0, values) for rid, values in read.items()}
        void |= {(name, rid) for rid in _left(seen, read)}
        problems += wrong
    # the number of the last write is higher than how often it was written, so what comes is never taken for old news
    return Held(book.name, marker.ledger_id, shared.snapshot.sync or 1, _changed(client, number), book.roles, rows,
                tuple(problems), live=True, void=frozenset(void))  # fmt: skip


def _left(seen: SharedTab, rows: Mapping[str, Row]) -> set[str]:
    """Rows marked as gone; those that are only older than a copy shows are not."""
    day = seen.tab.table.day
    newest: Any = max((row[day] for row in rows.values() if row.get(day)), default=None) if day else None
    marked = {line.rid for line in seen.tab.rows if STATE in seen.header and seen.own(line.position, STATE) == VOID[0]}
    return {
        rid for rid, row in rows.items()
        if rid in marked and not (newest and row.get(day) and row[day] <= newest - timedelta(days=DAYS))
    }  # fmt: skip


def _changed(client: Client, number: str) -> datetime:
    found = client.get(f"{DRIVE}/drive/v3/files/{number}", {"fields": "modifiedTime", "supportsAllDrives": "true"})
    return datetime.fromisoformat(str(found["modifiedTime"]))
