"""Reading: rows as records, their history, and the kept documents."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from itertools import product
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from workbooks import tables
from workbooks.books import Books, matches
from workbooks.cells import from_json, to_json
from workbooks.ledger.database import Database
from workbooks.ledger.entries import Change, Document, Run
from workbooks.ledger.log import find_run, log_records, run_of, scope_text
from workbooks.ledger.tables import changes, documents, rows, runs
from workbooks.problems import Refused
from workbooks.schema import Kind, Record, Row, Table, rid_of

LOG_LIMIT = 5_000
"""records of `runs` and `changes` when nobody asks for more"""


class Reading(Database):
    """What can be asked of a ledger."""

    def books(self) -> Books:
        """Read access for a job; what it reads is remembered and hashed."""
        return Books(self.load, self.last_seq())

    def load(
        self, table: str, where: Mapping[str, Any], *, include_void: bool = False, limit: int = LOG_LIMIT
    ) -> list[Record]:
        """Records of `table` whose columns equal `where`, in the order of their keys.

        Market, day, parent and a whole key (whose parts may be given as text) are looked up in the database, other
        columns are compared after decoding. Rows out of use are left out unless `include_void`. Columns the
        declaration does not know stay in the ledger unseen; columns a row lacks come as None. The ledger's own
        tables, `runs` and `changes`, come newest first, at most `limit`. ValueError for a column that is not
        declared, KeyError for such a table.
        """
        declared = tables.TABLES[table]
        for name in where:
            if name not in declared.by_name:
                raise ValueError(f"{table} has no column {name}")
        with self._read() as conn:
            if declared.kind is Kind.LOG:
                return log_records(conn, declared, where, limit)
            return _records(conn, declared, where, include_void)

    def by_rid(self, table: str, rids: Sequence[str]) -> dict[str, Record]:
        """Records by row id, those out of use included; ids nobody knows are missing."""
        with self._read() as conn:
            return records_by_rid(conn, tables.TABLES[table], rids)

    def latest_day(self, table: str, upto: date, market: str | None = None) -> date | None:
        """The latest day up to `upto` for which `table` has a row (of one market, or of any); None without one."""
        query = select(func.max(rows.c.day)).where(
            rows.c.table_name == table, rows.c.day <= upto.isoformat(), rows.c.day > ""
        )
        query = query.where(~rows.c.void)
        if market is not None:
            query = query.where(rows.c.market == market)
        with self._read() as conn:
            found = conn.execute(query).scalar()
        return date.fromisoformat(found) if found else None

    def history(self, table: str, rid: str) -> list[Change]:
        """Every change of one row, oldest first; [] when there is no such row."""
        declared = tables.TABLES[table]
        query = select(changes).where(changes.c.table_name == table, changes.c.rid == rid).order_by(changes.c.seq)
        with self._read() as conn:
            return [_change(declared, found) for found in conn.execute(query).mappings()]

    def last_seq(self) -> int:
        """Number of the latest change; 0 before the first. What came later has a higher one."""
        with self._read() as conn:
            return conn.execute(select(func.max(changes.c.seq))).scalar() or 0

    def changed_since(self, names: Sequence[str], seq: int, limit: int) -> list[tuple[int, str, str]]:
        """(number of its latest change, table, rid) of rows that changed after `seq`, oldest first, at most `limit`.

        With 0 it is every row there ever was. A row that changes again while somebody pages through moves to the end.
        """
        latest = func.max(changes.c.seq).label("latest")
        query = select(latest, changes.c.table_name, changes.c.rid).where(changes.c.seq > seq)
        query = query.where(changes.c.table_name.in_(list(names))).group_by(changes.c.table_name, changes.c.rid)
        with self._read() as conn:
            return [(int(n), str(name), str(rid)) for n, name, rid in conn.execute(query.order_by(latest).limit(limit))]

    def run_by_key(self, run_key: str) -> Run | None:
        """The run that was applied under `run_key`, or None."""
        with self._read() as conn:
            return find_run(conn, run_key)

    def last_run(self, job: str, scope: Mapping[str, str]) -> Run | None:
        """The latest run of `job` for exactly this `scope`, or None."""
        query = select(runs).where(runs.c.job == job, runs.c.scope == scope_text(scope)).order_by(runs.c.seq.desc())
        with self._read() as conn:
            found = conn.execute(query.limit(1)).mappings().first()
        return run_of(found) if found else None

    def documents(self, kind: str | None = None) -> list[Document]:
        """Kept documents without their content, oldest first; of one `kind` or all."""
        query = select(*(c for c in documents.c if c.name != "content")).order_by(documents.c.at, documents.c.name)
        if kind is not None:
            query = query.where(documents.c.kind == kind)
        with self._read() as conn:
            return [Document(**found) for found in conn.execute(query).mappings()]

    def document(self, sha256_: str) -> bytes:
        """The content with that hash, checked; Refused when it is not kept or no longer what it was."""
        with self._read() as conn:
            packed = conn.execute(select(documents.c.content).where(documents.c.sha256 == sha256_)).scalar()
        if packed is None:
            raise Refused(f"No document with the hash {sha256_} is kept; list the documents to find its hash.")
        try:
            content = zlib.decompress(packed)
        except zlib.error:
            content = b""
        if sha256(content).hexdigest() != sha256_:
            raise Refused(f"The document {sha256_} is damaged in {self._place}; restore the ledger from a backup.")
        return content


def records_by_rid(conn: Connection, table: Table, rids: Sequence[str]) -> dict[str, Record]:
    """What `by_rid` answers, within a transaction."""
    query = select(rows.c.rid, rows.c.key, rows.c.rev, rows.c.data, rows.c.by, rows.c.at, rows.c.void)
    query = query.where(rows.c.table_name == table.name)
    found = [record for some in batched(rids) for record in _found(conn, table, query.where(rows.c.rid.in_(some)), {})]
    return {record.rid: record for record in found}


def decode(table: Table, data: Mapping[str, Any]) -> Row:
    """The columns `data` holds, as far as the declaration knows them."""
    known = table.by_name
    return {name: from_json(value, known[name]) for name, value in data.items() if name in known}


def _records(conn: Connection, table: Table, where: Mapping[str, Any], include_void: bool) -> list[Record]:
    query = select(rows.c.rid, rows.c.key, rows.c.rev, rows.c.data, rows.c.by, rows.c.at, rows.c.void)
    query = query.where(rows.c.table_name == table.name)
    if not include_void:
        query = query.where(~rows.c.void)
    for index, column in places(table).items():
        if column in where:
            # "" too: the row was written before its table was declared to be looked up by this column
            query = query.where(
                rows.c[index].in_({"", *(indexed(to_json(value)) for value in _several(where[column]))})
            )
    if table.key and where.keys() >= set(table.key):
        parts = product(*(_several(where[name]) for name in table.key))
        rids = [rid_of(table.name, table.key_of(dict(zip(table.key, part, strict=True)))) for part in parts]
        where = {name: value for name, value in where.items() if name not in table.key}
        return [
            record for some in batched(rids) for record in _found(conn, table, query.where(rows.c.rid.in_(some)), where)
        ]
    return _found(conn, table, query, where)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def batched(rids: Sequence[str], size: int = 5_000) -> list[Sequence[str]]:
    """Row ids in pieces that fit one query; databases limit the number of parameters."""
    return [rids[start : start + size] for start in range(0, len(rids), size)]


def _found(conn: Connection, table: Table, query: Any, where: Mapping[str, Any]) -> list[Record]:
    wanted = [(table.by_name[name], value) for name, value in where.items()]
    empty = dict.fromkeys(column.name for column in table.columns)
    found = []
    for rid, key, rev, data, by, at, void in conn.execute(query):
        if all(matches(from_json(data.get(column.name), column), value) for column, value in wanted):
            found.append((key, Record(table.name, rid, rev, {**empty, **decode(table, data)}, by, at, void)))
    # by key, in code: databases disagree on collation, and a rebuilt ledger must give the same order
    found.sort(key=lambda pair: pair[0])
    return [record for _, record in found]


def places(table: Table) -> dict[str, str]:
    """The indexed columns of `rows`, each with the column of `table` it repeats ("" for none)."""
    return {"market": table.market, "day": table.day, "parent": table.parent, "state": table.state}


def indexed(value: Any) -> str:
    """A JSON value as it stands in the columns `market`, `day`, `parent` and `state`."""
    return "" if value is None else str(value)


def _change(table: Table, found: RowMapping) -> Change:
    old, new = (None if side is None else decode(table, side) for side in (found["old"], found["new"]))
    plain = {name: found[name] for name in ("seq", "rid", "rev", "at", "by", "via", "run_id", "why")}
    return Change(**plain, table=table.name, old=old, new=new)
