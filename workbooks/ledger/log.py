"""The ledger's own two tables, runs and changes, and how they look as tabs."""

import json
from collections.abc import Generator, Mapping
from contextlib import closing
from itertools import islice
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, select

from workbooks import tables
from workbooks.cells import from_json, to_text
from workbooks.ledger.entries import Run
from workbooks.ledger.tables import changes, rows, runs
from workbooks.schema import Record, Table, rid_of

BATCH = 500
"""entries fetched at a time, so that the newest few cost little"""


def find_run(conn: Connection, run_key: str) -> Run | None:
    """The run under `run_key`, as `conn` sees it."""
    found = conn.execute(select(runs).where(runs.c.run_key == run_key)).mappings().first()
    return run_of(found) if found else None


def run_of(found: RowMapping) -> Run:
    """A row of `runs`."""
    values = {name: value for name, value in found.items() if name not in ("seq", "scope")}
    return Run(**values, scope=json.loads(found["scope"]))


def scope_text(scope: Mapping[str, str]) -> str:
    """A scope as text that is equal for equal scopes."""
    return json.dumps(dict(scope), sort_keys=True)


def log_records(conn: Connection, table: Table, where: Mapping[str, Any], limit: int) -> list[Record]:
    """`runs` or `changes` as records of the declared `table`, newest first, at most `limit` of them.

    Changes come cell by cell; a row that went out of use is one record with the column “(row)”.
    """
    with closing(_ENTRIES[table.name](conn, where)) as entries:
        wanted = (e for e in entries if all(e.get(name) == value for name, value in where.items()))
        return [_record(table, entry) for entry in islice(wanted, limit)]


def _record(table: Table, entry: Mapping[str, Any]) -> Record:
    values = {column.name: entry.get(column.name) for column in table.columns}
    moment = entry.get("at") or entry.get("ended_at")
    return Record(table.name, rid_of(table.name, table.key_of(values)), 1, values, entry["by"], moment)


def _stream(conn: Connection, query: Select[Any]) -> Generator[RowMapping]:
    """The rows of `query`, a batch at a time."""
    with conn.execution_options(yield_per=BATCH).execute(query) as result:
        yield from result.mappings()


def _run_entries(conn: Connection, where: Mapping[str, Any]) -> Generator[dict[str, Any]]:
    query = select(runs).order_by(runs.c.seq.desc())
    for name in where.keys() & {"run_id", "job"}:
        query = query.where(runs.c[name] == where[name])
    for found in _stream(conn, query):
        run = run_of(found)
        yield {
            **{name: found[name] for name in ("run_id", "job", "started_at", "ended_at", "by", "via", "sentence")},
            "scope": ", ".join(f"{name}={value}" for name, value in run.scope.items()),
            "created": run.created,
            "changed": run.changed,
            "blocked": run.blocked,
        }


def _cell_entries(conn: Connection, where: Mapping[str, Any]) -> Generator[dict[str, Any]]:
    same_row = and_(rows.c.table_name == changes.c.table_name, rows.c.rid == changes.c.rid)
    query = select(changes, rows.c.key).join(rows, same_row).order_by(changes.c.seq.desc())
    for name, column in (("table_name", changes.c.table_name), ("row_id", changes.c.rid), ("seq", changes.c.seq)):
        if name in where:
            query = query.where(column == where[name])
    for found in _stream(conn, query):
        entry = {
            **{name: found[name] for name in ("seq", "table_name", "at", "by", "via", "why")},
            "row_id": found["rid"],
            "row_key": " / ".join(found["key"]),
        }
        if found["new"] is None:
            yield {**entry, "column_name": "(row)", "old_value": "in use", "new_value": "out of use"}
            continue
        old = found["old"] or {}
        for name, value in sorted(found["new"].items()):
            before, after = (_shown(found["table_name"], name, side) for side in (old.get(name), value))
            yield {**entry, "column_name": name, "old_value": before, "new_value": after}


_ENTRIES = {"runs": _run_entries, "changes": _cell_entries}


def _shown(table: str, column: str, value: Any) -> str | None:
    """A JSON value as text for people; a column nobody declares any more as it stands."""
    declared = tables.TABLES.get(table)
    known = declared.by_name.get(column) if declared else None
    return to_text(from_json(value, known) if known else value) or None
