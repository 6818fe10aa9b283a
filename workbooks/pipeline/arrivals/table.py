"""Rows for one table, as they stand in a file: master data, readings, whatever people keep in their own sheets.

A row with a known key changes that row, only in the columns the file has; an unknown key is a new row. What a cell
names must exist, in the books or in the same file.
"""

from collections.abc import Iterable
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.arrivals.common import Arrival, Line, Sender
from workbooks.schema import Row, Table
from workbooks.tables import TABLES


def arrive(books: Books, table: Table, lines: list[Line], sender: Sender) -> Arrival:
    """Rows for `table` from lines whose columns are its own."""
    arrival = Arrival()
    own = {str(line.values.get(table.key[0])) for line in lines}
    for line in lines:
        row: dict[str, Any] = {name: value for name, value in line.values.items() if name in table.by_name}
        for name in (table.market, "market_id"):
            if name in table.by_name and row.get(name) is None and sender.market_id and name not in table.key:
                row[name] = sender.market_id
        if table.day and row.get(table.day) is None and sender.service_date:
            row[table.day] = sender.service_date
        if table.name == "mileage":
            row = _of_route(books, row)
        if table.name == "driver_ledger":
            row = _with_balance(books, row, arrival.wanted.rows.get(table.name, ()))
        if _is_sealed(books, table, line, row, arrival):
            continue
        if _references_hold(books, table, line, row, own, arrival):
            arrival.wanted.add(table.name, {**dict.fromkeys(table.key), **row})
            arrival.lines_in += 1
    return arrival


def _is_sealed(books: Books, table: Table, line: Line, row: dict[str, Any], arrival: Arrival) -> bool:
    """True when the line would change what no longer changes; the line stays out with the reason."""
    if table.sealed is None:
        return False
    old = books.row(table.name, *table.key_of(row))
    sealed = table.seal(old, [n for n, v in row.items() if old.get(n) != v]) if old is not None else None
    if sealed is not None:
        arrival.reject(
            line, sealed[0], f"{table.title} {' / '.join(table.key_of(row))} {sealed[1]}", "Leave the line out"
        )
    return sealed is not None


def _of_route(books: Books, row: dict[str, Any]) -> dict[str, Any]:
    """A mileage row belongs to its route's market and day."""
    route = books.row("manifest", str(row.get("route_id"))) or {}
    return {**row, "market_id": route.get("market_id"), "service_date": route.get("service_date")}


def _with_balance(books: Books, row: dict[str, Any], before: Iterable[Row]) -> dict[str, Any]:
    """A new entry of a driver's ledger shows the balance after it; `before` are those of the same file."""
    entries = books.rows("driver_ledger", driver_id=row.get("driver_id"))
    if row.get("amount") is None or any(entry["entry_id"] == row.get("entry_id") for entry in entries):
        return row
    mine = [
        e["amount"]
        for e in (*entries, *before)
        if (e["driver_id"], e["account"]) == (row["driver_id"], row.get("account"))
    ]
    return {**row, "balance_after": sum(mine, row["amount"])}


def _references_hold(
    books: Books, table: Table, line: Line, row: dict[str, Any], own: set[str], arrival: Arrival
) -> bool:
    for name, value in row.items():
        column = table.by_name[name]
        if not column.ref or value is None:
            continue
        other = TABLES[column.ref]
        if column.ref == table.name and str(value) in own:
            continue
        if len(other.key) == 1:
            known = books.row(column.ref, str(value)) is not None
        else:
            known = any(found[other.key[0]] == value for found in books.rows(column.ref))
        if not known:
            arrival.reject(
                line,
                name,
                f"“{value}” is not on tab {other.title}",
                f"Correct it, or add it on tab {other.title} first",
            )
            return False
    return True
