"""What the ledger hands out besides rows: runs, changes, documents, intents and leases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from workbooks.schema import Row


@dataclass(frozen=True)
class Run:
    """One plan that was applied. `replayed` is True when it had been applied before and nothing was written now.

    `result` holds the counts as numbers, `tables` with counts by table, `notes` and the first `problems` as text.
    """

    run_id: str
    run_key: str
    job: str
    scope: Mapping[str, str]
    inputs_hash: str
    plan_hash: str
    started_at: datetime
    ended_at: datetime
    by: str
    via: str
    sentence: str
    result: Mapping[str, Any] = field(default_factory=dict)
    replayed: bool = False

    @property
    def created(self) -> int:
        """Rows that are new through this run."""
        return int(self.result.get("created", 0))

    @property
    def changed(self) -> int:
        """Rows that changed or went out of use."""
        return int(self.result.get("changed", 0))

    @property
    def blocked(self) -> int:
        """Rows that were left out."""
        return int(self.result.get("blocked", 0))


@dataclass(frozen=True)
class Change:
    """One row at one revision: `old` and `new` hold only the columns that changed.

    A row that came into use has `old` None, one that went out of use has `new` None and `old` whole.
    """

    seq: int
    table: str
    rid: str
    rev: int
    at: datetime
    by: str
    via: str
    run_id: str
    why: str
    old: Row | None
    new: Row | None


@dataclass(frozen=True)
class Document:
    """A kept file without its content; `size` in bytes."""

    sha256: str
    kind: str
    name: str
    size: int
    at: datetime
    by: str
    run_id: str


class IntentState(StrEnum):
    """INTENDED: may or may not have happened. DONE: it happened. ABANDONED: it never will."""

    INTENDED = "INTENDED"
    DONE = "DONE"
    ABANDONED = "ABANDONED"


@dataclass(frozen=True)
class Intent:
    """What was about to be written to a copy, noted before the write."""

    id: int
    replica: str
    generation: int
    intent: Mapping[str, Any]
    state: IntentState
    at: datetime


@dataclass(frozen=True)
class Lease:
    """The right to work as `name` until `until`; `epoch` grows with every holder and tells an old one from a new."""

    name: str
    holder: str
    epoch: int
    until: datetime
