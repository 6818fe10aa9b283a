"""Rows of the tab Conflicts: every edit that was not simply taken, with both values, so that nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sheets_sync.compare import said
from workbooks.cells import Reading
from workbooks.plan import Put
from workbooks.schema import Column, Role, Row, Table

TABLE = "conflicts"


@dataclass(frozen=True)
class Source:
    """The copy that is merged: its name in the ledger, whose edits it carries, and which writing of it this is.

    `zone` is the clock of its cells; `market` the only market it holds (None: all). `who` edited, where known;
    `at` is the moment it is taken in. `limit` is how many deletions are honoured without asking. `file` is what
    people call it in an address. `lineage` names the very file, where several of one generation can live side by
    side (a conflicted copy): what was agreed with one of them is not what another one says.
    """

    replica: str
    roles: tuple[Role, ...]
    generation: int
    zone: ZoneInfo
    market: str | None = None
    who: str = ""
    at: datetime | None = None
    reading: Reading = field(default_factory=Reading)
    limit: int = 20
    file: str = ""
    lineage: str = ""

    @cached_property
    def how(self) -> Reading:
        """`reading`, with the clock of its cells for times without a zone."""
        return replace(self.reading, zone=self.zone)

    @property
    def person(self) -> str:
        """Who edited, as far as it is known."""
        return self.who or f"someone in {self.replica}"


@dataclass(frozen=True)
class News:
    """One edit that was not simply taken. `column` None: a whole row; values are values or raw cells."""

    kind: str
    rid: str
    key: tuple[str, ...]
    column: Column | None
    ledger: Any
    sheet: Any
    base: Any
    message: str
    market: str | None = None
    sheet_stands: bool = False
    """the owner's value was taken over the ledger's; it is kept here to be looked at"""


def conflict_id(source: Source, table: str, rid: str, column: str, sheet: str | None) -> str:
    """12 hex characters: the same news from the same writing of the same copy is one row, however often it comes.

    A row that is left out of a shared copy stays where it is, so it is the same news after every writing.
    """
    stays = not column and source.lineage == source.replica
    parts = (source.replica, "" if stays else str(source.generation), table, rid, column, sheet or "")
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def put(table: Table, source: Source, news: News) -> Put:
    """The row on Conflicts for `news`."""
    sheet = said(news.sheet, source.zone)
    name = news.column.name if news.column else ""
    number = conflict_id(source, table.name, news.rid, name, sheet)
    values: Mapping[str, Any] = {
        "conflict_id": number,
        "market_id": news.market or source.market,
        "status": "RESOLVED" if news.sheet_stands else "OPEN",
        "kind": news.kind,
        "tab": table.title,
        "row_key": " / ".join(news.key) or None,
        "column_title": news.column.title if news.column else "(whole row)",
        "ledger_value": said(news.ledger, source.zone),
        "sheet_value": sheet,
        "base_value": said(news.base, source.zone),
        "choose": "SHEET" if news.sheet_stands else None,
        "replica": source.replica,
        "who": source.person,
        "at": source.at,
        "message": news.message,
        "table_name": table.name,
        "row_id": news.rid or None,
        "column_name": name or None,
    }
    return Put(TABLE, (number,), values, 0, f"edit in {source.replica}")


def contents(table: Table, raws: Row, zone: ZoneInfo) -> str:
    """A whole row as text, “Route: R12; Odo end: 118.4”, for a row that is not taken in."""
    parts = ((column.title, said(raws.get(column.name), zone)) for column in table.columns)
    return "; ".join(f"{title}: {text}" for title, text in parts if text)
