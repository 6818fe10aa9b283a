"""What a job reads: rows by table, remembered, with a hash of everything that was read.

A job's plan is a pure function of these books and its parameters. The ledger fills them for real; tests fill
them from plain rows with `Books.of`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from workbooks import tables
from workbooks.plan import Put, combine
from workbooks.schema import Record, Row, rid_of

Loader = Callable[[str, Mapping[str, Any]], list[Record]]
"""(table name, {column: value, or a list of values}) -> records that are in use"""


def matches(value: Any, wanted: Any) -> bool:
    """True when a column's value is the wanted one, or one of a list."""
    return value in wanted if isinstance(wanted, (list, frozenset)) else bool(value == wanted)


@dataclass(frozen=True)
class _Read:
    table: str
    where: tuple[tuple[str, Any], ...]


class Books:
    """Read access to every table. Rows are never changed in place.

    `since` is the number of the ledger's latest change when these books were opened. Together with what was read
    since, it lets the ledger refuse a plan whose reasons no longer hold (`overtaken`).
    """

    def __init__(self, load: Loader, since: int = 0) -> None:
        self._load = load
        self.since = since
        self._seen: dict[_Read, list[Record]] = {}

    @classmethod
    def of(cls, rows: Mapping[str, Iterable[Row]]) -> "Books":
        """Books over plain rows, for tests and what-if questions."""
        records = {name: [_record(name, row) for row in given] for name, given in rows.items()}

        def load(table: str, where: Mapping[str, Any]) -> list[Record]:
            asked = {name: frozenset(v) if isinstance(v, list) else v for name, v in where.items()}
            return [r for r in records.get(table, []) if all(matches(r.values.get(k), v) for k, v in asked.items())]

        return cls(load)

    def with_puts(self, puts: Iterable[Put]) -> "Books":
        """These books as they would be after `puts`; what is read through them counts as read here too."""
        changed: dict[str, dict[str, Put]] = {}
        for put in combine(puts):
            changed.setdefault(put.table, {})[put.rid] = put

        def load(table: str, where: Mapping[str, Any]) -> list[Record]:
            base = self.records(table, **where)
            mine = changed.get(table)
            if not mine:
                return base
            # a changed row may enter or leave the filter, so those rows are looked at one by one
            kept = [record for record in base if record.rid not in mine]
            for put in mine.values():
                before = self.record(table, *put.key)
                after = _overlay(table, put, before)
                if all(matches(after.values.get(name), value) for name, value in where.items()):
                    kept.append(after)
            return sorted(kept, key=lambda record: tables.TABLES[table].key_of(record.values))

        return Books(load)

    def records(self, table: str, **where: Any) -> list[Record]:
        """Records of `table` whose columns equal `where`; [] when there are none."""
        read = _Read(table, tuple(sorted((name, _frozen(value)) for name, value in where.items())))
        if read not in self._seen:
            self._seen[read] = self._load(table, where)
        return self._seen[read]

    def rows(self, table: str, **where: Any) -> list[Row]:
        """The values of `records`."""
        return [record.values for record in self.records(table, **where)]

    def by_key(self, table: str, **where: Any) -> dict[tuple[str, ...], Record]:
        """The same records by key."""
        declared = tables.TABLES[table]
        return {declared.key_of(record.values): record for record in self.records(table, **where)}

    def prefetch(self, table: str, keys: Iterable[str]) -> dict[tuple[str, ...], Record]:
        """Records of a table with a one-part key, many at once; they are remembered, so `row` finds them."""
        column = tables.TABLES[table].key[0]
        wanted = [key for key in dict.fromkeys(keys) if _Read(table, ((column, key),)) not in self._seen]
        found = {record.values[column]: record for record in self._load(table, {column: wanted})} if wanted else {}
        for key in wanted:
            self._seen[_Read(table, ((column, key),))] = [found[key]] if key in found else []
        return {(key,): rows[0] for key in keys if (rows := self._seen[_Read(table, ((column, key),))])}

    def record(self, table: str, *key: str) -> Record | None:
        """The one record with that key, or None."""
        found = self.records(table, **dict(zip(tables.TABLES[table].key, key, strict=True)))
        return found[0] if found else None

    def row(self, table: str, *key: str) -> Row | None:
        """The one row with that key, or None."""
        record = self.record(table, *key)
        return record.values if record else None

    def tables_read(self) -> frozenset[str]:
        """Names of the tables that were asked for anything."""
        return frozenset(read.table for read in self._seen)

    def overtaken(self, table: str, changed: Iterable[Record]) -> Record | None:
        """The first of the `changed` records that was read here before, or would be read now; None: none was."""
        mine = [read for read in self._seen if read.table == table]
        known = {record.rid for read in mine for record in self._seen[read]}
        for record in changed:
            if record.rid in known or (not record.void and any(_fits(record.values, read) for read in mine)):
                return record
        return None

    def inputs_hash(self) -> str:
        """Hash of what was read so far: tables, filters, row ids and revisions."""
        seen = [
            [read.table, [[name, str(value)] for name, value in read.where], sorted((r.rid, r.rev) for r in records)]
            for read, records in self._seen.items()
        ]
        return sha256(json.dumps(sorted(seen, key=repr)).encode()).hexdigest()


def _fits(row: Row, read: _Read) -> bool:
    """True when the row answers what was asked; compared as text, since parts of keys may be asked for as text."""
    return all(
        str(row.get(name)) in (value[1:] if isinstance(value, tuple) else (str(value),)) for name, value in read.where
    )


def _frozen(value: Any) -> Any:
    return ("any of", *map(str, value)) if isinstance(value, list) else value


def _overlay(table: str, put: Put, before: Record | None) -> Record:
    declared = tables.TABLES[table]
    old = before.values if before else dict.fromkeys(column.name for column in declared.columns)
    return Record(table, put.rid, before.rev if before else 0, {**old, **put.values})


def _record(table: str, row: Row) -> Record:
    declared = tables.TABLES[table]
    full = {column.name: row.get(column.name) for column in declared.columns}
    return Record(table, rid_of(table, declared.key_of(full)), 1, full)
