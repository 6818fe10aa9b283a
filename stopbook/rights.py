"""What one person may see: which tables, which of their columns, which of their rows.

Everything follows from the declarations: `Table.readers` opens a table, market and account columns narrow it to the
person's own. A table without such a column is narrowed through the rows it names (a line by its invoice, a dispute by
its line). Amounts stay with those who settle and bill. A row about another row is seen by whoever sees that one.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

from stopbook.people import Person
from workbooks.books import Books
from workbooks.schema import Column, D, Kind, Record, Row, Table, Type, V
from workbooks.tables import TABLES

DEPTH = 6
"""how far a row is followed to the row that says whose it is"""
_WHOLE = ("users", "commands", "go_live", "openings")
"""tables that only somebody who sees every market and account may open"""
_OWN = {"market": ("markets", "market_id"), "account": ("accounts", "account_id"), "client": ("clients", "client_id")}


class Rights:
    """The rights of `person` over `books`; what was looked up is remembered, so make one per request."""

    def __init__(self, person: Person, books: Books) -> None:
        self.person, self.books = person, books
        self._allowed: dict[str, frozenset[str]] = {}
        if person.markets is not None:
            self._allowed["market"] = person.markets
        if person.accounts is not None:
            self._allowed["account"] = person.accounts
            mine = [books.row("accounts", code) for code in sorted(person.accounts)]
            self._allowed["client"] = frozenset(str(row["client_id"]) for row in mine if row and row.get("client_id"))
        self._seen: dict[tuple[str, str, str], bool] = {}

    def reads(self, table: Table) -> bool:
        """True when the person may open the table at all.

        Logs, Commands and what is brought over are not split by market, and who may change Users may give themselves
        anything: all of them need somebody who sees everything already.
        """
        whole = table.kind is Kind.LOG or table.name in _WHOLE
        return self.person.has(*table.readers) and (self.person.unlimited or not whole)

    def columns(self, table: Table) -> list[Column]:
        """The columns the person may see."""
        return [column for column in table.columns if self._shows(column)]

    def _shows(self, column: Column) -> bool:
        if column.type is not Type.MONEY or column.owned_by(self.person.roles):
            return True
        return not set(self.person.roles) <= {D, V}

    def sees(self, table: Table, row: Row) -> bool:
        """True when the row is one of the person's own."""
        if not self.reads(table):
            return False
        if not self._about(table, row):
            return False
        return all(self._within(table, row, kind, DEPTH) for kind in self._allowed)

    def shown(self, table: Table, record: Record) -> dict[str, Any] | None:
        """The values the person may see of a record; None when it is not theirs."""
        if not self.sees(table, record.values):
            return None
        return {column.name: record.values.get(column.name) for column in self.columns(table)}

    def market(self, code: str) -> bool:
        """True when the person works in the market."""
        return self.person.markets is None or code in self.person.markets

    def _within(self, table: Table, row: Row, kind: str, depth: int) -> bool:
        own = _own_column(table.name, kind)
        if own:
            value = row.get(own)
            return value is None or str(value) in self._allowed[kind]
        if table.only_referenced and kind == "account":
            return self._named_by_mine(table, row)
        named = [(other, str(row[n])) for n, other in _references(table.name).items() if row.get(n) is not None]
        return depth > 0 and all(self._named_within(other, value, kind, depth - 1) for other, value in named)

    def _named_within(self, name: str, value: str, kind: str, depth: int) -> bool:
        place = (kind, name, value)
        if place not in self._seen:
            self._seen[place] = True  # a row that names itself in the end says nothing against itself
            table = TABLES[name]
            rows = self.books.rows(name, **{table.key[0]: value})
            self._seen[place] = all(self._within(table, row, kind, depth) for row in rows if row)
        return self._seen[place]

    def _named_by_mine(self, table: Table, row: Row) -> bool:
        """True when a stop of the person's accounts names the row, as stops name addresses."""
        key, place = str(row[table.key[0]]), ("named", table.name, "")
        if place not in self._seen:
            self._seen[place] = True
            column = next((c.name for c in TABLES["stops"].columns if c.ref == table.name), "")
            wanted = sorted(self._allowed["account"])
            for stop in self.books.rows("stops", account_id=wanted) if column else ():
                self._seen["named", table.name, str(stop[column])] = True
        return self._seen.get(("named", table.name, key), False)

    def _about(self, table: Table, row: Row) -> bool:
        """For a row about another row (a conflict, a change, a finding): whether the person may see that one."""
        if table.name in ("conflicts", "changes"):
            other = TABLES.get(str(row.get("table_name")))
            column = other.by_name.get(str(row.get("column_name"))) if other else None
        elif table.name == "health":
            other = next((t for t in TABLES.values() if t.title == row.get("tab")), None)
            column = other.by_title.get(str(row.get("column_title"))) if other else None
        else:
            return True
        if other is None or not self.reads(other) or (column is not None and not self._shows(column)):
            return False
        if self.person.unlimited or (self.person.accounts is None and row.get("market_id") is not None):
            return True  # the market stands in the row itself
        found = self._spoken_of(other, row)
        return found is not None and all(self._within(other, found, kind, DEPTH) for kind in self._allowed)

    def _spoken_of(self, other: Table, row: Row) -> Row | None:
        parts = str(row.get("row_key") or "").split(" · " if "tab" in row and "row_id" not in row else " / ")
        return self.books.row(other.name, *parts) if len(parts) == len(other.key) else None


@cache
def _own_column(name: str, kind: str) -> str:
    """The column of a table that says which market, account or client a row belongs to; "" without one."""
    table, (target, key) = TABLES[name], _OWN[kind]
    if name == target:
        return key
    if kind == "market" and table.market:
        return table.market
    found = next((c.name for c in table.columns if c.ref == target and not c.name.startswith("parent")), "")
    return found or (key if key in table.by_name else "")


@cache
def _references(name: str) -> Mapping[str, str]:
    """The columns through which a row of the table belongs to another row, and that row's table."""
    own = TABLES[name].key[0] if len(TABLES[name].key) == 1 else ""
    named = {c.name: c.ref or _keyed().get(c.name, "") for c in TABLES[name].columns if c.name != own}
    return {column: other for column, other in named.items() if other and other != name}


@cache
def _keyed() -> Mapping[str, str]:
    """Key column -> the one table it is the key of; such a column names a row also where no `ref` says so."""
    single = [(table.key[0], table.name) for table in TABLES.values() if len(table.key) == 1]
    counts = Counter(key for key, _ in single)
    return {key: name for key, name in single if counts[key] == 1}
