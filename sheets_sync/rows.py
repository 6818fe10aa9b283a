"""What goes into a merge and what comes out of it: rows as read, the `Merge`, addresses, checks over a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sheets_sync.conflicts import Source
from workbooks.plan import Base, Put, Void
from workbooks.problems import Problem, Where
from workbooks.schema import Column, Row, Table

COPIED = "~"
"""behind a `_rid`: of a row that is a copy of that one and was left out, so that it can never be taken for it"""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row of a copy: its row number there, its `_rid` (None: it has none) and raw cells by column name."""

    position: int
    rid: str | None
    cells: Mapping[str, Any]

    @property
    def origin(self) -> str:
        """The `_rid` it came with, also when that is another row's; "" when none."""
        return (self.rid or "").rstrip(COPIED)


@dataclass(frozen=True)
class Merge:
    """What follows from one tab of a copy.

    puts, voids: for the ledger. conflicts: rows for the table `conflicts`. notes: sentences with an address.
    agreed: what copy and ledger agree on once this is applied, where base said something else; kept under the same
    generation, so that the same copy read again brings no old news. born: position of a row without an identity of
    its own -> the rid it has from now on. stands: rid -> the row of the copy that counts as this one.
    stopped: why the tab was not taken in at all; then nothing else is set, and the copy must not be written over.
    """

    table: str
    puts: tuple[Put, ...] = ()
    voids: tuple[Void, ...] = ()
    conflicts: tuple[Put, ...] = ()
    notes: tuple[Problem, ...] = ()
    agreed: tuple[Base, ...] = ()
    born: Mapping[int, str] = field(default_factory=dict)
    stands: Mapping[str, ReadRow] = field(default_factory=dict)
    stopped: Problem | None = None
    unchanged: int = 0

    @property
    def changes_nothing(self) -> bool:
        """True when the ledger stays as it is."""
        return not (self.puts or self.voids or self.conflicts)


def where(
    table: Table,
    source: Source,
    row: ReadRow | None = None,
    column: Column | None = None,
    letters: Mapping[str, str] | None = None,
) -> Where:
    """The address of a tab, a row or a cell of a copy."""
    letter = (letters or {}).get(column.name, "") if column else ""
    return Where(source.file, table.title, row.position if row else None, letter, column.title if column else "")


def checked(table: Table, before: Row, taken: Row) -> tuple[dict[str, Any], dict[str, str]]:
    """Which of the `taken` values may stand together over the row `before`: the good ones, and a sentence for others.

    A check that failed before is no reason to refuse. Where one value alone breaks a check, only that one goes;
    the column the check names goes first.
    """
    empty = dict.fromkeys(table.by_name)
    good, wrong = dict(taken), {}
    for check in table.checks:
        if check.wrong({**empty, **before}) is not None:
            continue
        sentence = check.wrong({**empty, **before, **good})
        if sentence is None:
            continue
        suspects = sorted(good, key=lambda name: (name != check.column, name))
        alone = [
            name
            for name in suspects
            if check.wrong({**empty, **before, **{other: good[other] for other in good if other != name}}) is None
        ]
        for name in alone[:1] or suspects:
            wrong[name] = sentence
            del good[name]
    # leaving a value out may break a check that passed with it; then none of the rest can be trusted together
    for check in table.checks:
        if good and check.wrong({**empty, **before}) is None and (sentence := check.wrong({**empty, **before, **good})):
            wrong.update(dict.fromkeys(good, sentence))
            good = {}
    return good, wrong
