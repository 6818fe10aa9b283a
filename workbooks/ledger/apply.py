"""Writing: a plan goes in whole or not at all, and once."""

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from workbooks import tables
from workbooks.books import Books
from workbooks.cells import to_json
from workbooks.ledger.entries import Lease, Run
from workbooks.ledger.errors import Stale
from workbooks.ledger.leases import check_fence
from workbooks.ledger.log import find_run, scope_text
from workbooks.ledger.rows import Reading, batched, indexed, places, records_by_rid
from workbooks.ledger.tables import bases, changes, documents, rows, runs
from workbooks.plan import Base, Keep, Plan, Put, Void
from workbooks.problems import Refused
from workbooks.schema import Kind, Lifecycle, Table

PROBLEMS = 200
"""blocked rows a run keeps as text; its count is of all"""
_Row = sa.Row[*tuple[Any, ...]]


class Applying(Reading):
    """The one way rows change."""

    def apply(
        self,
        plan: Plan,
        *,
        run_key: str,
        inputs_hash: str,
        by: str,
        via: str,
        at: datetime,
        started: datetime | None = None,
        fence: Lease | None = None,
        read: Books | None = None,
    ) -> Run:
        """Apply `plan` in one transaction and return its run.

        When `run_key` was applied before, that run is returned with `replayed` True and nothing is written. `at`
        is the moment of every change, `started` when the job began (default: the same).

        Raises Stale when a row moved on since the plan saw it, or one that `read`, the books it was made from, had
        read or would read now; LeaseLost when `fence` was taken over, Refused for
        an illegal move of a life cycle, a row that is sealed, a key that changes, an undeclared column, a table the ledger keeps itself,
        a row named twice, and for what the database refuses. After each of them the ledger is as before.
        A put that leaves its row as it is neither raises the revision nor leaves a change.
        """
        if known := self.run_by_key(run_key):
            return replace(known, replayed=True)
        run = _run(plan, run_key, inputs_hash, by, via, started or at, at)
        kept = [_document(keep, run) for keep in plan.keeps]
        with self._write() as conn:
            if known := find_run(conn, run_key):  # a double click, and the other one was quicker
                return replace(known, replayed=True)
            check_fence(conn, fence)
            if read is not None:
                _check_read(conn, read)
            work = _Work(run, _current(conn, plan))
            for put in plan.puts:
                work.put(put)
            for void in plan.voids:
                work.void(void)
            work.refuse_stale()
            values = {name: value for name, value in asdict(run).items() if name != "replayed"}
            conn.execute(insert(runs), {**values, "scope": scope_text(run.scope)})
            _upsert(conn, rows, work.rows)
            if work.changes:
                conn.execute(insert(changes), work.changes)
            _upsert(conn, documents, kept, overwrite=False)
            keep(conn, plan.bases)
        return run

    def keep_bases(self, agreed: Sequence[Base], *, fence: Lease | None = None) -> None:
        """Note what a copy and the ledger agree on, all of it or nothing; no row changes, so there is no run.

        LeaseLost when `fence` was taken over.
        """
        with self._write() as conn:
            check_fence(conn, fence)
            keep(conn, agreed)


@dataclass
class _Work:
    """What a plan writes, worked out against the rows as they stand now."""

    run: Run
    now: dict[tuple[str, str], _Row]
    rows: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def put(self, put: Put) -> None:
        """Create or change a row; one that was out of use starts afresh, only its revisions go on."""
        table, rid, row = self._find(put)
        alive = row is not None and not row.void
        # 0 stands for "not in use": the row is missing or void
        if put.expect != (row.rev if row else 0) and (alive or put.expect):
            self.stale.append(_moved_on(table, put, row))
            return
        _check_columns(table, put, new=not alive)
        wanted = {name: to_json(value) for name, value in put.values.items()}
        cycle = table.lifecycle
        if row is None or row.void:
            if cycle:
                _check_move(table, put, cycle, None, wanted.get(cycle.column))
            born = {name: value for name, value in wanted.items() if value is not None}
            self._add(table, put, rid, row, born, None, born)
            return
        old: dict[str, Any] = row.data
        new = {name: value for name, value in wanted.items() if old.get(name) != value}
        if not new:
            return
        if sealed := table.seal(old, new):
            raise Refused(f"{_name(table, put)} {sealed[1]}; nothing was changed.")
        if cycle and cycle.column in new:
            _check_move(table, put, cycle, old.get(cycle.column), new[cycle.column])
        data = {name: value for name, value in {**old, **new}.items() if value is not None}
        self._add(table, put, rid, row, data, {name: old.get(name) for name in new}, new)

    def void(self, void: Void) -> None:
        """Take a row out of use; its values stay."""
        table, rid, row = self._find(void)
        if row is None or row.void or row.rev != void.expect:
            self.stale.append(_moved_on(table, void, row))
            return
        if sealed := table.seal(row.data, ("",)):
            raise Refused(f"{_name(table, void)} {sealed[1]}; nothing was changed.")
        self._add(table, void, rid, row, row.data, row.data, None)

    def refuse_stale(self) -> None:
        """Raise Stale when any row moved on."""
        if self.stale:
            more = f" ({len(self.stale) - 1:,} more rows moved on too)" if len(self.stale) > 1 else ""
            raise Stale(f"{self.stale[0]}{more}; nothing was changed. Preview again.")

    def _find(self, step: Put | Void) -> tuple[Table, str, _Row | None]:
        table = tables.TABLES.get(step.table)
        if table is None or table.kind is Kind.LOG:
            reason = "is kept by the ledger itself" if table else "is not declared"
            raise Refused(f"The table “{step.table}” {reason}, so no plan can write to it; nothing was changed.")
        place = (step.table, step.rid)
        if place in self.seen:
            raise Refused(f"The plan changes {_name(table, step)} twice; nothing was changed. Tell your administrator.")
        self.seen.add(place)
        return table, step.rid, self.now.get(place)

    def _add(
        self,
        table: Table,
        step: Put | Void,
        rid: str,
        row: _Row | None,
        data: dict[str, Any],
        old: dict[str, Any] | None,
        new: dict[str, Any] | None,
    ) -> None:
        rev = (row.rev if row else 0) + 1
        void = new is None
        common = {"table_name": table.name, "rid": rid, "rev": rev, "by": self.run.by, "at": self.run.ended_at}
        self.rows.append({
            **common, "key": list(step.key), "data": data, "void": void, "void_why": step.why if void else "",
            **{index: indexed(data.get(column)) for index, column in places(table).items()},
        })  # fmt: skip
        log = {"via": self.run.via, "run_id": self.run.run_id, "why": step.why}
        self.changes.append({**common, **log, "old": old, "new": new})


def _check_read(conn: Connection, read: Books) -> None:
    """Stale when something else was written meanwhile that the plan would have had to know."""
    query = select(changes.c.table_name, changes.c.rid).distinct()
    query = query.where(changes.c.seq > read.since, changes.c.table_name.in_(sorted(read.tables_read())))
    moved: dict[str, list[str]] = {}
    for name, rid in conn.execute(query):
        moved.setdefault(name, []).append(rid)
    for name, rids in moved.items():
        table = tables.TABLES[name]
        if found := read.overtaken(name, records_by_rid(conn, table, rids).values()):
            raise Stale(
                f"{table.title} {' / '.join(table.key_of(found.values))} was changed by {found.by} at "
                f"{found.at:%Y-%m-%d %H:%M} UTC, while this was being worked out; nothing was changed. Preview again."
            )


def _run(plan: Plan, run_key: str, inputs_hash: str, by: str, via: str, started: datetime, at: datetime) -> Run:
    result = {
        "created": plan.created,
        "changed": plan.changed,
        "unchanged": plan.unchanged,
        "blocked": len(plan.blocked),
        "tables": plan.counts(),
        "notes": list(plan.notes),
        "problems": [str(problem) for problem in plan.blocked[:PROBLEMS]],
    }
    return Run(
        run_id=sha256(run_key.encode()).hexdigest()[:16],
        run_key=run_key,
        job=plan.job,
        scope=dict(plan.scope),
        inputs_hash=inputs_hash,
        plan_hash=plan.digest,
        started_at=started,
        ended_at=at,
        by=by,
        via=via,
        sentence=plan.sentence(done=True),
        result=result,
    )


def _current(conn: Connection, plan: Plan) -> dict[tuple[str, str], _Row]:
    """The rows a plan names, by table and rid, as they stand now."""
    wanted: dict[str, list[str]] = {}
    steps: tuple[Put | Void, ...] = (*plan.puts, *plan.voids)
    for step in steps:
        wanted.setdefault(step.table, []).append(step.rid)
    found: dict[tuple[str, str], _Row] = {}
    for table, rids in wanted.items():
        query = select(rows.c.rid, rows.c.rev, rows.c.void, rows.c.data, rows.c.by, rows.c.at)
        query = query.where(rows.c.table_name == table)
        for some in batched(rids):
            chunk = conn.execute(query.where(rows.c.rid.in_(some)))
            found.update({(table, row.rid): row for row in chunk})
    return found


def _check_columns(table: Table, put: Put, new: bool) -> None:
    if not put.values.keys() <= table.by_name.keys():
        unknown = min(put.values.keys() - table.by_name.keys())
        raise Refused(f"{table.title} has no column {unknown}; nothing was changed.")
    for name, part in zip(table.key, put.key, strict=True):
        given = put.values.get(name)
        if (new or name in put.values) and ("" if given is None else str(given)) != part:
            raise Refused(
                f"{_name(table, put)} cannot take “{given}” as its {table.by_name[name].title}: "
                "what names a row never changes; nothing was changed. Add a new row instead."
            )


def _check_move(table: Table, put: Put, cycle: Lifecycle, old: str | None, new: str | None) -> None:
    if not cycle.allows(old, new):
        step = f"cannot go from {old} to {new}" if old else f"cannot start as {new} (but as {' or '.join(cycle.start)})"
        raise Refused(f"{_name(table, put)} {step}; nothing was changed.")


def _moved_on(table: Table, step: Put | Void, row: _Row | None) -> str:
    if row is None:
        return f"{_name(table, step)} does not exist, although the plan saw it"
    state = "was taken out of use" if row.void else "exists already" if step.expect == 0 else "was changed"
    return f"{_name(table, step)} {state} by {row.by} at {row.at:%Y-%m-%d %H:%M} UTC, after the plan was made"


def _name(table: Table, step: Put | Void) -> str:
    return f"{table.title} {' / '.join(step.key)}"


def keep(conn: Connection, agreed: Sequence[Base]) -> None:
    """What `keep_bases` does, within a transaction."""
    _upsert(conn, bases, [_base(base) for base in agreed])


def _document(keep: Keep, run: Run) -> dict[str, Any]:
    packed = zlib.compress(keep.content)
    size = len(keep.content)
    return {"sha256": keep.sha256, "kind": keep.kind, "name": keep.name, "size": size, "content": packed,
            "at": run.ended_at, "by": run.by, "run_id": run.run_id}  # fmt: skip


def _base(base: Base) -> dict[str, Any]:
    data = None if base.values is None else {name: to_json(value) for name, value in base.values.items()}
    return {"replica": base.replica, "table_name": base.table, "rid": base.rid, "generation": base.generation,
            "data": data}  # fmt: skip


def _upsert(conn: Connection, table: sa.Table, values: Sequence[dict[str, Any]], overwrite: bool = True) -> None:
    """Insert many; where the primary key is there already, overwrite the rest or leave it as it is."""
    if not values:
        return
    statement = (sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert)(table)
    if overwrite:
        rest = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
        conn.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest), values)
    else:
        conn.execute(statement.on_conflict_do_nothing(), values)
