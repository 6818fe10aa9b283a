"""Two small tables made for these tests, plans over them, and the proof that a ledger is whole."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from workbooks import tables
from workbooks.ledger import Ledger, Run
from workbooks.ledger.tables import bases, changes, documents, rows, runs
from workbooks.plan import Base, Keep, Plan, Put, Void
from workbooks.schema import Book, Column, Kind, Lifecycle, S, Table, Type, rid_of, steps

AT = datetime(2026, 3, 10, 14, 5, tzinfo=UTC)

PARCELS = Table(
    name="parcels",
    title="Parcels",
    book=Book.OPS,
    kind=Kind.INPUT,
    key=("parcel_id", "leg"),
    about="",
    readers=(),
    market="market_id",
    day="service_date",
    parent="batch",
    columns=(
        Column("parcel_id", "Parcel", Type.ID, (S,), ""),
        Column("leg", "Leg", Type.INT, (S,), ""),
        Column("market_id", "Market", Type.ID, (S,), ""),
        Column("service_date", "Day", Type.DATE, (S,), ""),
        Column("batch", "Batch", Type.ID, (S,), ""),
        Column("note", "Note", Type.TEXT, (S,), ""),
        Column("price", "Price", Type.MONEY, (S,), "", places=2),
        Column("weight", "Weight", Type.DEC, (S,), "", places=6),
        Column("share", "Share", Type.PCT, (S,), ""),
        Column("due", "Due", Type.TS, (S,), ""),
        Column("opens", "Opens", Type.TIME, (S,), ""),
        Column("tags", "Tags", Type.SET, (S,), "", enum=("A", "B", "C")),
        Column("count", "Count", Type.INT, (S,), ""),
        Column("signed", "Signed", Type.BOOL, (S,), ""),
    ),
)
CLAIMS = Table(
    name="claims",
    title="Claims",
    book=Book.CONTROL,
    kind=Kind.INPUT,
    key=("claim_id",),
    about="",
    readers=(),
    columns=(
        Column("claim_id", "Claim", Type.ID, (S,), ""),
        Column("status", "Status", Type.ENUM, (S,), "", enum=("OPEN", "PAID", "CLOSED")),
        Column("amount", "Amount", Type.MONEY, (S,), "", places=2),
    ),
    lifecycle=Lifecycle("status", ("OPEN",), steps({"OPEN": "PAID CLOSED", "PAID": "CLOSED"})),
)


def declare() -> None:
    """Make the tables known in this process."""
    tables.TABLES.update(parcels=PARCELS, claims=CLAIMS)


def parcel(name: str, expect: int = 0, leg: int = 1, why: str = "", **values: Any) -> Put:
    """A put of one parcel."""
    return Put("parcels", (name, str(leg)), {"parcel_id": name, "leg": leg, **values}, expect, why)


def no_parcel(name: str, expect: int, why: str = "gone") -> Void:
    """A void of one parcel."""
    return Void("parcels", (name, "1"), expect, why)


def claim(name: str, expect: int = 0, **values: Any) -> Put:
    """A put of one claim."""
    return Put("claims", (name,), {"claim_id": name, **values}, expect)


def plan(*changed: Put | Void, job: str = "test", bases: Iterable[Base] = (), keeps: Iterable[Keep] = (),
         scope: Mapping[str, str] | None = None) -> Plan:  # fmt: skip
    """A plan of those puts and voids."""
    puts = tuple(step for step in changed if isinstance(step, Put))
    voids = tuple(step for step in changed if isinstance(step, Void))
    return Plan(job, scope or {}, puts, voids, bases=tuple(bases), keeps=tuple(keeps))


def apply(ledger: Ledger, *changed: Put | Void, key: str = "", at: datetime = AT, **more: Any) -> Run:
    """Apply those puts and voids under a key of their own."""
    planned = plan(*changed, **more)
    return ledger.apply(planned, run_key=key or planned.digest, inputs_hash="", by="ana", via="test", at=at)


def rid(name: str, leg: int = 1) -> str:
    """The rid of a parcel."""
    return rid_of("parcels", (name, str(leg)))


def prove_whole(ledger: Ledger) -> int:
    """Assert that every run is there with all it wrote, that nothing else is there, and that changes give the rows.

    Only for runs of `worker.busy_plan`. Returns how many runs there are.
    """
    with ledger._read() as conn:
        found_runs = conn.execute(select(runs).order_by(runs.c.seq)).all()
        found_changes = conn.execute(select(changes).order_by(changes.c.seq)).all()
        found_rows = conn.execute(select(rows)).all()
        kept = [row.run_id for row in conn.execute(select(documents.c.run_id))]
        agreed = [row.generation for row in conn.execute(select(bases.c.generation))]
    by_run: dict[str, int] = {}
    for change in found_changes:
        by_run[change.run_id] = by_run.get(change.run_id, 0) + 1
    for number, run in enumerate(found_runs):
        written = run.result["created"] + run.result["changed"]
        assert run.run_key == f"busy-{number}"
        assert by_run.pop(run.run_id) == written
        assert kept.count(run.run_id) == 1
        assert agreed.count(number + 1) == written
    assert not by_run
    assert len(kept) == len(found_runs)
    assert max(agreed, default=0) == len(found_runs)
    state: dict[tuple[str, str], tuple[int, bool, dict[str, Any]]] = {}
    for change in found_changes:
        place = (change.table_name, change.rid)
        rev, void, data = state.get(place, (0, True, {}))
        assert change.rev == rev + 1
        assert (change.old is None) == void
        if change.new is None:
            assert change.old == data
            state[place] = (change.rev, True, data)
        else:
            assert change.old is None or change.old == {name: data.get(name) for name in change.new}
            merged = {**({} if void else data), **change.new}
            state[place] = (change.rev, False, {name: value for name, value in merged.items() if value is not None})
    assert state == {(row.table_name, row.rid): (row.rev, row.void, row.data) for row in found_rows}
    assert all(row.key == [row.data["parcel_id"], json.dumps(row.data["leg"])] for row in found_rows)
    return len(found_runs)
