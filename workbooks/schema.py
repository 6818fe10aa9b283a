"""Declarations: a tab is one `Table`, and everything about it is read from there.

Excel layout, spreadsheet tab, check of every cell, rights of every role, merge policy, handbook page and test
generators read these declarations; none of them is told anything about a tab elsewhere.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any

Row = Mapping[str, Any]
"""One row's values by column name; an empty cell is None. Times are aware UTC, amounts are Decimal."""


class Role(StrEnum):
    """Who owns a column or opens a workbook. SYSTEM is Stopbook itself."""

    SYSTEM = "system"
    DISPATCH = "dispatch"
    VA = "va"
    PAYROLL = "payroll"
    BILLING = "billing"
    MANAGER = "manager"
    CLIENT = "client"
    DRIVER = "driver"


S, D, V, P, B, M, C, R = (
    Role.SYSTEM,
    Role.DISPATCH,
    Role.VA,
    Role.PAYROLL,
    Role.BILLING,
    Role.MANAGER,
    Role.CLIENT,
    Role.DRIVER,
)
STAFF = (D, V, P, B, M)


class Kind(StrEnum):
    """INPUT: people's own rows. FACT: append-only reports. DERIVED: computed. DOCUMENT: frozen when posted.
    LOG: kept by the ledger itself (runs, changes)."""

    INPUT = "input"
    FACT = "fact"
    DERIVED = "derived"
    DOCUMENT = "document"
    LOG = "log"


class Book(StrEnum):
    """The drawer a table belongs to."""

    MASTER = "master"
    OPS = "ops"
    SETTLE = "settle"
    BILLING = "billing"
    CONTROL = "control"


class Type(StrEnum):
    """What a cell holds; `workbooks.cells` reads and shows each."""

    ID = "id"
    TEXT = "text"
    ENUM = "enum"
    SET = "set"  # several of `enum`, in that order, a tuple in memory, "A, B" in a cell
    INT = "int"
    DEC = "dec"  # exact decimal with `places`
    MONEY = "money"  # exact decimal, 2 places
    PCT = "pct"  # a fraction: 0.97 is shown as 97.00 %; 6 places
    DATE = "date"
    TIME = "time"
    TS = "ts"  # a moment: aware UTC in memory, wall clock of the market in a cell
    BOOL = "bool"
    ZIP = "zip"
    PHONE = "phone"
    EMAIL = "email"
    ZONE = "zone"  # IANA time zone
    URL = "url"


@dataclass(frozen=True)
class Column:
    """One column. `owners` are the roles whose edits are taken; `ref` names the table whose key it holds."""

    name: str
    title: str
    type: Type
    owners: tuple[Role, ...]
    about: str
    enum: tuple[str, ...] = ()
    required: bool = False
    width: int = 12
    places: int = 0
    ref: str = ""
    hidden: bool = False
    colours: Mapping[str, str] = field(default_factory=dict)
    """enum value -> one of the named styles of `workbooks.layout` (good, warn, bad, muted)."""
    due: bool = False
    """a moment that turns amber and red as it comes near and passes"""

    def owned_by(self, roles: tuple[Role, ...]) -> bool:
        """True when an edit made under one of `roles` is taken."""
        return any(role in self.owners for role in roles)


@dataclass(frozen=True)
class Move:
    """One allowed step of a life cycle. With `action`, people of `by` may ask for it; without, only the system."""

    source: str
    target: str
    action: str = ""
    by: tuple[Role, ...] = ()
    needs: tuple[str, ...] = ()
    """columns that must be filled before the move"""


def steps(table: Mapping[str, str]) -> tuple[Move, ...]:
    """Moves the system makes, from {state: "NEXT OTHER"}."""
    return tuple(Move(source, target) for source, targets in table.items() for target in targets.split())


@dataclass(frozen=True)
class Lifecycle:
    """A table of allowed moves over the status column; `start` are the states a row may be born in."""

    column: str
    start: tuple[str, ...]
    moves: tuple[Move, ...]
    action_column: str = ""
    live: tuple[str, ...] = ()
    """states that keep a row in people's workbooks even when its day is past"""

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order the moves name them."""
        seen = dict.fromkeys(self.start)
        for move in self.moves:
            seen.setdefault(move.source)
            seen.setdefault(move.target)
        return tuple(seen)

    @cached_property
    def _pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset((move.source, move.target) for move in self.moves)

    def allows(self, old: str | None, new: str | None) -> bool:
        """True when a row may go from `old` to `new` (None = the row is new); staying is always allowed."""
        if old is None:
            return new in self.start
        return old == new or (old, new) in self._pairs

    def by_action(self, state: str, action: str) -> Move | None:
        """The move that `action` makes from `state`, or None."""
        return next((m for m in self.moves if m.source == state and m.action == action), None)

    def actions_from(self, state: str) -> tuple[str, ...]:
        """What people may ask for in `state`."""
        return tuple(dict.fromkeys(m.action for m in self.moves if m.source == state and m.action))


@dataclass(frozen=True)
class Check:
    """A rule over one row: `wrong(row)` returns a sentence for the cell in `column`, or None."""

    column: str
    wrong: Callable[[Row], str | None]


@dataclass(frozen=True)
class Need:
    """What in a table asks for a decision of `role`: rows where `when(row)`; `say(row)` is the line on *Today*.

    `due` names the column with the moment it is due (blank: none); `urgency` sorts lines without one. Rows for which
    `same(row)` is the same text are one line: deciding one decides them all.
    """

    role: Role
    when: Callable[[Row], bool]
    say: Callable[[Row], str]
    due: str = ""
    urgency: int = 5
    same: Callable[[Row], str] = lambda row: ""


@dataclass(frozen=True)
class Table:
    """One tab. `readers` may see its rows; `shown` are the roles whose workbook carries it as a visible tab."""

    name: str
    title: str
    book: Book
    kind: Kind
    key: tuple[str, ...]
    about: str
    columns: tuple[Column, ...]
    readers: tuple[Role, ...]
    shown: tuple[Role, ...] = ()
    order: int = 50
    market: str = ""
    """column that holds the market id, for tables that are split by market"""
    day: str = ""
    """column that holds the service date, for tables that are worked day by day"""
    parent: str = ""
    """column whose value rows are looked up by, such as the stop of an attempt"""
    copy: str = ""
    """column that names the one copy a row stands in, for tables of which each copy has its own rows"""
    lifecycle: Lifecycle | None = None
    checks: tuple[Check, ...] = ()
    needs: tuple[Need, ...] = ()
    new_rows: tuple[Role, ...] = ()
    """roles that may add a row in their workbook"""
    sealed: Callable[[Row, str], str] | None = None
    """(row as it stands, column) -> why that cell may no longer change, as in "Settlements S-1 is posted …"; "" while it
    may. Column "" asks whether the row may go out of use. Looks at texts alone; every way of writing asks it."""
    only_referenced: bool = False
    """a workbook carries only the rows that its other tabs name"""
    defaults: tuple[Row, ...] = ()
    """rows a new ledger begins with"""
    shared: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    """columns that a client or driver may be shown of their own rows; what is not named here never leaves the company"""

    def __post_init__(self) -> None:
        named = (
            *self.key,
            self.market,
            self.day,
            self.parent,
            *(name for names in self.shared.values() for name in names),
        )
        missing = [name for name in named if name and name not in self.by_name]
        if missing:
            raise ValueError(f"{self.name}: no column {missing}")

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def by_title(self) -> Mapping[str, Column]:
        """Columns by header text."""
        return {column.title: column for column in self.columns}

    @property
    def state(self) -> str:
        """Name of the life-cycle column; "" without one."""
        return self.lifecycle.column if self.lifecycle else ""

    def key_of(self, row: Row) -> tuple[str, ...]:
        """The row's key as text parts, e.g. ("CHI-2026-03-10-R12", "S1")."""
        return tuple("" if row.get(name) is None else str(row[name]) for name in self.key)

    def seal(self, row: Row, changed: Iterable[str]) -> tuple[str, str] | None:
        """The first of the `changed` columns that may no longer change in `row`, and why; None when all may."""
        if self.sealed is None:
            return None
        return next(((name, why) for name in changed if (why := self.sealed(row, name))), None)

    def shared_with(self, role: Role, row: Row) -> dict[str, Any]:
        """What of a row may leave the company for `role`: the columns it is declared to be shown, nothing else."""
        return {name: row.get(name) for name in self.shared.get(role, ())}

    def editable(self, roles: tuple[Role, ...]) -> tuple[str, ...]:
        """Names of the columns people with `roles` may change."""
        return tuple(column.name for column in self.columns if column.owned_by(roles))


def rid_of(table: str, key: tuple[str, ...]) -> str:
    """The row id: 16 hex characters made of table and key, so every copy and every rebuild agree on it.

    Key columns never change once a row exists, therefore neither does its id.
    """
    return sha256("\x1f".join((table, *key)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Record:
    """A row as the ledger keeps it: `values` plus its identity `rid`, revision and last writer."""

    table: str
    rid: str
    rev: int
    values: Row
    by: str = ""
    at: datetime | None = None
    void: bool = False
