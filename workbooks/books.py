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
from workbooks.schema import Record, Row, rid_of

Loader = Callable[[str, Mapping[str, Any]], list[Record]]
"""(table name, {column: value}) -> records that are in use"""


@dataclass(frozen=True)
class _Read:
    table: str
    where: tuple[tuple[str, Any], ...]


class Books:
    """Read access to every table. Rows are never changed in place."""

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._seen: dict[_Read, list[Record]] = {}

    @classmethod
    def of(cls, rows: Mapping[str, Iterable[Row]]) -> "Books":
        """Books over plain rows, for tests and what-if questions."""
        records = {name: [_record(name, row) for row in given] for name, given in rows.items()}

        def load(table: str, where: Mapping[str, Any]) -> list[Record]:
            return [r for r in records.get(table, []) if all(r.values.get(k) == v for k, v in where.items())]

        return cls(load)

    def records(self, table: str, **where: Any) -> list[Record]:
        """Records of `table` whose columns equal `where`; [] when there are none."""
        read = _Read(table, tuple(sorted(where.items())))
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

    def row(self, table: str, *key: str) -> Row | None:
        """The one row with that key, or None."""
        found = self.by_key(table).get(key)
        return found.values if found else None

    def inputs_hash(self) -> str:
        """Hash of what was read so far: tables, filters, row ids and revisions."""
        seen = [
            [read.table, [[name, str(value)] for name, value in read.where], sorted((r.rid, r.rev) for r in records)]
            for read, records in self._seen.items()
        ]
        return sha256(json.dumps(sorted(seen, key=repr)).encode()).hexdigest()


def _record(table: str, row: Row) -> Record:
    declared = tables.TABLES[table]
    full = {column.name: row.get(column.name) for column in declared.columns}
    return Record(table, rid_of(table, declared.key_of(full)), 1, full)
