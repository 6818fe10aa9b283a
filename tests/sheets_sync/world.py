"""A small table, people who edit a copy of it, and a ledger to apply merges to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sheets_sync import compare
from sheets_sync.conflicts import Source
from sheets_sync.rows import Merge, ReadRow
from workbooks.plan import Put
from workbooks.schema import Book, Check, Column, Kind, Lifecycle, Record, Role, Row, Table, Type, rid_of, steps

CHICAGO = ZoneInfo("America/Chicago")
S, V, D = Role.SYSTEM, Role.VA, Role.DISPATCH
AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def _odo(row: Row) -> str | None:
    low, high = row.get("low"), row.get("high")
    return "the end is below the start" if low is not None and high is not None and high < low else None


TABLE = Table(
    name="trips",
    title="Trips",
    book=Book.OPS,
    kind=Kind.INPUT,
    key=("trip",),
    about="For tests.",
    market="market_id",
    readers=(V, D),
    new_rows=(V,),
    columns=(
        Column("trip", "Trip", Type.ID, (V, S), "", required=True),
        Column("market_id", "Market", Type.ID, (S,), ""),
        Column("status", "Status", Type.ENUM, (S,), "", enum=("OPEN", "DONE")),
        Column("note", "Note", Type.TEXT, (V,), ""),
        Column("count", "Count", Type.INT, (V, D), ""),
        Column("fee", "Fee", Type.MONEY, (D,), ""),
        Column("low", "Low", Type.DEC, (V,), "", places=1),
        Column("high", "High", Type.DEC, (V,), "", places=1),
        Column("due", "Due", Type.TS, (V, S), ""),
        Column("flags", "Flags", Type.SET, (V,), "", enum=("A", "B", "C")),
        Column("named", "Named", Type.TEXT, (V,), "", required=True),
    ),
    checks=(Check("high", _odo),),
    lifecycle=Lifecycle("status", ("OPEN",), steps({"OPEN": "DONE"})),
)
VA = Source("va-CHI", (V,), 7, CHICAGO, market="CHI", who="maria@x.test", at=AT, file="va-CHI.xlsx")
SECOND_PASS = datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
"""01:30 for the second time in Chicago"""


def values(trip: str, **given: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "trip": trip, "market_id": "CHI", "status": "OPEN", "note": "call first", "count": 3, "fee": Decimal("12.50"),
        "low": Decimal("100.0"), "high": Decimal("118.4"), "due": SECOND_PASS, "flags": ("A", "C"), "named": "Ann",
    }  # fmt: skip
    return {**row, **given}


def rid(trip: str) -> str:
    return rid_of(TABLE.name, (trip,))


def rows(*given: Row, table: Table = TABLE) -> dict[str, Row]:
    return {rid_of(table.name, table.key_of(row)): row for row in given}


def records(base: Mapping[str, Row], table: Table = TABLE) -> dict[str, Record]:
    return {r: Record(table.name, r, 1, row, by="system") for r, row in base.items()}


def copy_of(base: Mapping[str, Row], zone: ZoneInfo = CHICAGO, table: Table = TABLE) -> list[ReadRow]:
    """The copy as it was written: nobody has touched it."""
    forms = compare.forms(table, base, zone)
    return [ReadRow(position, r, dict(form)) for position, (r, form) in enumerate(forms.items(), 2)]


def edit(rows: list[ReadRow], trip: str, /, **raws: Any) -> list[ReadRow]:
    """The copy after somebody typed `raws` into the row of `trip`."""
    return [replace(row, cells={**row.cells, **raws}) if row.rid == rid(trip) else row for row in rows]


def change(held: Mapping[str, Record], trip: str, /, **new: Any) -> dict[str, Record]:
    """The ledger after somebody else changed the row of `trip`."""
    old = held[rid(trip)]
    return {**held, old.rid: replace(old, rev=old.rev + 1, values={**old.values, **new}, by="ben@x.test")}


def apply(held: Mapping[str, Record], merge: Merge, table: Table = TABLE) -> dict[str, Record]:
    """The ledger once the merge is in; stale or doubled changes fail as they do in the real one."""
    result, seen = dict(held), set()
    for step in (*merge.puts, *merge.voids):
        old = result.get(step.rid)
        assert step.rid not in seen, "a row twice in one plan"
        seen.add(step.rid)
        assert step.expect == (old.rev if old else 0)
        if isinstance(step, Put):
            before = old.values if old and not old.void else dict.fromkeys(table.by_name)
            result[step.rid] = Record(
                table.name, step.rid, step.expect + 1, {**before, **step.values}, by="maria@x.test"
            )
        else:
            assert old and not old.void
            result[step.rid] = replace(old, rev=old.rev + 1, void=True)
    return result


def overlay(base: Mapping[str, Row], merge: Merge) -> dict[str, Row]:
    """Base once the merge is in."""
    result = dict(base)
    for agreed in merge.agreed:
        if agreed.values is None:
            result.pop(agreed.rid, None)
        else:
            result[agreed.rid] = agreed.values
    return result


def known(*merges: Merge) -> list[str]:
    return [str(put.key[0]) for merge in merges for put in merge.conflicts]


def wall(day: int, hour: int, minute: int = 0, month: int = 3, micro: int = 0) -> datetime:
    """A clock time as a cell holds it: without a zone."""
    return datetime(2026, month, day, hour, minute, 0, micro)  # noqa: DTZ001
