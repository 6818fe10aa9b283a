"""A plan: everything a job would change, as data, before anything changes.

Preview prints it, run applies the very same one. Nothing here does I/O.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from workbooks import cells
from workbooks.problems import Problem
from workbooks.schema import Record, Row, Table, rid_of


@dataclass(frozen=True)
class Put:
    """Create or change one row. `values` holds the key columns and every column to set, others stay.

    `expect` is the revision the plan saw (0: the row must not exist yet); the ledger refuses when it moved on.
    `why` is one short phrase kept with the change.
    """

    table: str
    key: tuple[str, ...]
    values: Row
    expect: int
    why: str = ""

    @property
    def rid(self) -> str:
        """Identity of the row."""
        return rid_of(self.table, self.key)


@dataclass(frozen=True)
class Void:
    """Take one row out of use; it stays in the ledger with its reason."""

    table: str
    key: tuple[str, ...]
    expect: int
    why: str

    @property
    def rid(self) -> str:
        """Identity of the row."""
        return rid_of(self.table, self.key)


@dataclass(frozen=True)
class Base:
    """What one copy (`replica`) and the ledger last agreed on for one row; `values` None: the copy has no such row."""

    replica: str
    table: str
    rid: str
    generation: int
    values: Row | None


@dataclass(frozen=True)
class Keep:
    """A document to keep with its hash: an imported original, a posted sheet."""

    kind: str
    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Hex digest of the content."""
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Effect:
    """Something to do outside the ledger once the changes are in, such as writing a workbook; safe to do twice."""

    kind: str
    target: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What `job` would do for `scope`. `blocked` are rows left out, each with its reason; `notes` are sentences."""

    job: str
    scope: Mapping[str, str]
    puts: tuple[Put, ...] = ()
    voids: tuple[Void, ...] = ()
    unchanged: int = 0
    blocked: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    bases: tuple[Base, ...] = ()
    keeps: tuple[Keep, ...] = ()
    effects: tuple[Effect, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """True when running it would leave ledger and files as they are."""
        return not (self.puts or self.voids or self.effects or self.bases)

    @property
    def created(self) -> int:
        """Rows that would be new."""
        return sum(put.expect == 0 for put in self.puts)

    @property
    def changed(self) -> int:
        """Rows that would change or go out of use."""
        return len(self.puts) - self.created + len(self.voids)

    def counts(self) -> dict[str, dict[str, int]]:
        """By table: how many rows are created and changed."""
        result: dict[str, Counter[str]] = {}
        for put in self.puts:
            result.setdefault(put.table, Counter())["created" if put.expect == 0 else "changed"] += 1
        for void in self.voids:
            result.setdefault(void.table, Counter())["voided"] += 1
        return {table: dict(counter) for table, counter in result.items()}

    @cached_property
    def digest(self) -> str:
        """Hash of everything the plan would write: the same plan has the same digest on every machine."""
        content = {
            "job": self.job,
            "scope": dict(self.scope),
            "puts": [
                [p.table, p.key, p.expect, {k: cells.to_json(v) for k, v in sorted(p.values.items())}]
                for p in self.puts
            ],
            "voids": [[v.table, v.key, v.expect] for v in self.voids],
            "keeps": [[k.kind, k.name, k.sha256] for k in self.keeps],
            "effects": [[e.kind, e.target] for e in self.effects],
        }
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def sentence(self, done: bool = False) -> str:
        """“3 will be created, 1 will change, 2 unchanged, 1 blocked because …” (or “were” once it is done)."""
        written = len(self.effects)
        will = f"{_was(self.created)} created" if done else "will be created"
        change = "changed" if done else "will change"
        write = f"{_was(written)} written" if done else "will be written"
        rows = bool(self.puts or self.voids or self.unchanged or self.blocked) or not self.effects
        parts = [f"{self.created:,} {will}"] if rows else []
        if self.changed:
            parts.append(f"{self.changed:,} {change}")
        if rows:
            parts.append(f"{self.unchanged:,} unchanged")
        if self.blocked:
            first = str(self.blocked[0]).rstrip(".")
            more = f" (and {len(self.blocked) - 1:,} more)" if len(self.blocked) > 1 else ""
            parts.append(f"{len(self.blocked):,} blocked because {first}{more}")
        if self.effects:
            parts.append(f"{written:,} {'file' if written == 1 else 'files'} {write}")
        return ", ".join(parts) + "."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def combine(puts: Iterable[Put]) -> list[Put]:
    """One put per row: of several, later values win and the first one's expectation stays."""
    merged: dict[tuple[str, str], Put] = {}
    for put in puts:
        known = merged.get((put.table, put.rid))
        if known is None:
            merged[put.table, put.rid] = put
        else:
            why = known.why if known.why == put.why or not put.why else f"{known.why}; {put.why}".strip("; ")
            merged[put.table, put.rid] = replace(known, values={**known.values, **put.values}, why=why)
    return list(merged.values())


def upserts(
    table: Table, existing: Mapping[tuple[str, ...], Record], wanted: Iterable[Row], why: str = ""
) -> tuple[list[Put], int]:
    """Puts that bring `existing` rows to the `wanted` values, and how many rows already stand so.

    A wanted row names its key columns and whatever it wants set; only columns that differ are put.
    """
    puts: list[Put] = []
    unchanged = 0
    for row in wanted:
        key = table.key_of(row)
        record = existing.get(key)
        if record is None or record.void:
            puts.append(Put(table.name, key, dict(row), record.rev if record else 0, why))
            continue
        differing = {name: value for name, value in row.items() if record.values.get(name) != value}
        if differing:
            keyed = {name: record.values.get(name) for name in table.key}
            puts.append(Put(table.name, key, {**keyed, **differing}, record.rev, why))
        else:
            unchanged += 1
    return puts, unchanged
