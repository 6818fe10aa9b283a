"""Edits and what follows from them, wherever they come from: which can stand, and what else they change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stopbook.planning import puts_of
from workbooks.books import Books
from workbooks.pipeline.edits import Refusal, follow, sealed_cells, unknown_references
from workbooks.plan import Put
from workbooks.schema import Role
from workbooks.tables import TABLES


@dataclass(frozen=True)
class Followed:
    """`kept`: the edits that can stand. `more`: what follows. `refused`: cells that cannot stand, each with its reason."""

    kept: tuple[Put, ...]
    more: tuple[Put, ...]
    refused: tuple[Refusal, ...]
    left: tuple[Put, ...] = ()
    """new rows that cannot stand at all; why is in `refused`"""


def followed(
    books: Books, edits: Sequence[Put], at: datetime, actor: str, why: str, roles: tuple[Role, ...] = ()
) -> Followed:
    """What becomes of `edits` by `actor` under `roles`; `books` are those without them."""
    unknown = unknown_references(books, books.with_puts(edits), edits) + sealed_cells(books, edits)
    cells = {(r.table, r.key, r.column) for r in unknown}
    kept, left = [], []
    for edit in edits:
        values = {name: value for name, value in edit.values.items() if (edit.table, edit.key, name) not in cells}
        key = set(TABLES[edit.table].key)
        if books.row(edit.table, *edit.key) is None and key & (edit.values.keys() - values.keys()):
            left.append(edit)  # a new row whose very key names what is not there
        elif edit.expect == 0 or values.keys() - key:
            kept.append(Put(edit.table, edit.key, values, edit.expect, edit.why))
    after = books.with_puts(kept)
    meant = follow(books, after, kept, at, actor, roles)
    more, _, _ = puts_of(after, meant.wanted, why)
    return Followed(tuple(kept), tuple(more), (*unknown, *meant.refused), tuple(left))
