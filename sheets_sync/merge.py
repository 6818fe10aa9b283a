"""The three-way merge: what a copy says, what was written into it, and what the ledger says now.

Pure: no I/O, no clock, the same inputs give the same merge. Per cell: nobody changed it: nothing happens. Only the
copy did: it is taken where the copy carries a role that owns the column, else put back. Only the ledger did: it
stands. Both alike: they agree. Both differently: the owner's value stands, between owners the ledger's, and the
other goes to Conflicts. Rows are known by `_rid` alone, columns by name; position decides nothing but ties.
Every value that people typed and that is not taken is in a conflict row or in a note.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_sync import compare, conflicts
from sheets_sync.compare import Edit
from sheets_sync.conflicts import News, Source
from sheets_sync.newrows import NewRows
from sheets_sync.rows import Merge, ReadRow, checked, where
from workbooks import cells
from workbooks.cells import Bad
from workbooks.plan import Base, Put, Void
from workbooks.problems import Problem, Severity
from workbooks.schema import Record, Role, Row, Table

MOST_DELETED = 0.05
"""share of rows that may be missing, above `Source.limit`, before a tab is not taken in"""
MOST_CHANGED = 0.30
"""share of cells that may differ, above `Source.limit`, before a tab is not taken in"""
Authors = Mapping[tuple[str, str], Role]
"""(rid, column) -> role that changed the cell in the ledger since base, where known"""


def merge(
    table: Table,
    source: Source,
    base: Mapping[str, Row],
    rows: Iterable[ReadRow],
    records: Mapping[str, Record],
    *,
    known: Iterable[str] = (),
    authors: Authors | None = None,
    letters: Mapping[str, str] | None = None,
    sure: bool = False,
) -> Merge:
    """What follows from one tab of one copy.

    base: by rid, the values written at `source.generation`. rows: the tab as read. records: by rid, the ledger's
    rows of the table now, void ones included, whatever market they are in. known: ids of conflict rows the ledger
    has already. authors: who changed cells in the ledger since base; a change by a role that does not own the
    column gives way to the owner's, any other (and an unknown one) stands. letters: column name -> letter in the
    copy, for addresses. sure: a person has confirmed a change that the brake held up.
    """
    work = _Work(table, source, base, records, frozenset(known), authors or {}, letters or {})
    placed, loose, unchanged, stands = _place(table, base, rows, source)
    borne = _renamed(table, source, base, placed, loose, stands)
    loose += [placed.pop(rid) for rid in borne]
    forms = compare.forms(table, base if loose else {rid: base[rid] for rid in placed}, source.zone)
    changed = {rid: (row, work.edits(row, forms[rid])) for rid, row in placed.items()}
    standing = {rid: forms[rid] for rid in unchanged} if loose else {}
    standing.update((rid, dict(row.cells)) for rid, row in placed.items())
    work.doubled = frozenset(row.rid for row in loose if row.rid in placed)
    new = NewRows(table, source, records, standing, work.letters, forms)
    adopted = work.adopt(loose, forms, new)
    changed.update(adopted)
    missing = sorted(base.keys() - unchanged - changed.keys() - borne)
    if not sure and (problem := work.brake(missing, sum(len(edits) for _, edits in changed.values()))):
        return Merge(table.name, stopped=problem)
    for rid in sorted(changed):
        work.row(rid, *changed[rid])
    work.missing(missing)
    taken = {row.position for row, _ in adopted.values()}
    for row in sorted(loose, key=lambda row: row.position):
        if row.position not in taken:
            new.take(row)
    born = {row.position: rid for rid, (row, _) in adopted.items()} | new.born
    stands.update({row.rid: row for row, _ in adopted.values() if row.rid})
    return work.result(new, len(unchanged), born, stands)


def _place(
    table: Table, base: Mapping[str, Row], rows: Iterable[ReadRow], source: Source
) -> tuple[dict[str, ReadRow], list[ReadRow], set[str], dict[str, ReadRow]]:
    """Rows that differ by rid; rows without a rid of their own; rids of rows that stand as they were written; all by rid.

    Rows whose cells were all emptied count as deleted: that is what pressing Delete on a selected row leaves.
    """
    first: dict[str, ReadRow] = {}
    doubled: dict[str, list[ReadRow]] = {}
    loose: list[ReadRow] = []
    for row in rows:
        rid = row.rid
        if rid is None or rid not in base:
            loose.append(row)
        elif first.setdefault(rid, row) is not row:
            doubled.setdefault(rid, [first[rid]]).append(row)
    placed: dict[str, ReadRow] = {}
    unchanged: set[str] = set()
    gone: list[str] = []
    untouched = compare.untouched(table, source.zone)
    for rid, row in first.items():
        if rid not in doubled and untouched(row.cells, base[rid]):
            unchanged.add(rid)
            continue
        found = doubled.get(rid, [row])
        real = [row for row in found if not compare.all_blank(row.cells.values())]
        if len(real) > 1:
            form = compare.forms(table, {rid: base[rid]}, source.zone)[rid]
            real.sort(
                key=lambda row: (_differs(row, form, table.by_name), _differs(row, form, table.key), row.position)
            )
            loose += real[1:]
        if real:
            placed[rid] = first[rid] = real[0]
        else:
            gone.append(rid)
    for rid in gone:
        del first[rid]
    return placed, loose, unchanged, first


def _renamed(
    table: Table, source: Source, base: Mapping[str, Row], placed: Mapping[str, ReadRow], loose: Sequence[ReadRow],
    stands: dict[str, ReadRow],
) -> set[str]:  # fmt: skip
    """Rids whose only row says that it is another one; they no longer stand.

    Its key is that of a row which the copy lacks, or a new one, and it has nothing else in common with what was
    written. So looks a copied row whose original was removed before the copy had a `_rid` of its own, or one that
    bore a wrong one for a while. The other is not taken for deleted, because a row that bears its `_rid` is there.
    """
    borne: set[str] = set()
    keyed = sorted((rid, row) for rid, row in placed.items() if _differs(row, base[rid], table.key))
    if not keyed:
        return borne
    new = NewRows(table, source, {}, {}, {})
    claimed = {None, *map(new.rid, loose)}
    for rid, row in keyed:
        other = new.rid(row)
        if other in claimed or other in stands:
            continue
        if other in base or _foreign(table, row, compare.forms(table, {rid: base[rid]}, source.zone)[rid]):
            borne.add(rid)
            claimed.add(other)
    for rid in borne:
        del stands[rid]
    return borne


def _foreign(table: Table, row: ReadRow, form: Mapping[str, Any]) -> bool:
    """True when a row and what was written have no cell in common, and one of them has any but its key."""
    names = [column.name for column in table.columns if column.name not in table.key]
    filled = [name for name in names if not compare.is_blank(row.cells.get(name))]
    alike = any(compare.same(row.cells[name], form.get(name)) for name in filled)
    return not alike and (bool(filled) or any(form.get(name) is not None for name in names))


def _differs(row: ReadRow, form: Mapping[str, Any], names: Iterable[str]) -> bool:
    return any(name in row.cells and not compare.same(row.cells[name], form.get(name)) for name in names)


@dataclass
class _Work:
    """One merge in the making."""

    table: Table
    source: Source
    base: Mapping[str, Row]
    records: Mapping[str, Record]
    known: frozenset[str]
    authors: Authors
    letters: Mapping[str, str]
    puts: list[Put] = field(default_factory=list)
    voids: list[Void] = field(default_factory=list)
    news: list[tuple[News, Problem]] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    agreed: dict[str, Row | None] = field(default_factory=dict)
    doubled: frozenset[str | None] = frozenset()

    def edits(self, row: ReadRow, form: Mapping[str, Any]) -> list[Edit]:
        """Cells of `row` that differ from base."""
        assert row.rid is not None
        return compare.edits(self.table, row.cells, self.base[row.rid], form, self.source.zone, self.source.how)

    def adopt(
        self, loose: Sequence[ReadRow], forms: Mapping[str, Mapping[str, Any]], new: NewRows
    ) -> dict[str, tuple[ReadRow, list[Edit]]]:
        """Rows without a rid of their own that have the key of a row missing from the copy are that row.

        It was deleted and typed again, or it became a row when this copy was read before. Its empty cells say
        nothing, nor do those that were copied along with it from another row.
        """
        found: dict[str, tuple[ReadRow, list[Edit]]] = {}
        for row in sorted(loose, key=lambda row: row.position):
            rid = new.rid(row)
            if rid is None or rid not in forms or rid in found or rid in new.standing:
                continue
            held, copied = self.records.get(rid), new.copied(row)
            if held is not None and not held.void:
                filled = {
                    name: raw for name, raw in row.cells.items() if not compare.is_blank(raw) and name not in copied
                }
                again = ReadRow(row.position, rid, filled)
                found[rid] = again, self.edits(again, forms[rid])
        for rid, (row, _) in found.items():
            new.standing[rid] = dict(row.cells)
        return found

    def brake(self, missing: Sequence[str], changed: int) -> Problem | None:
        """Why the tab is not taken in at all: too much of it is gone or different to be meant."""
        place, size = where(self.table, self.source), len(self.base)
        ask = "Nothing of this tab was taken in. Undo it, or confirm that it is meant"
        if len(missing) > max(self.source.limit, MOST_DELETED * size):
            return Problem(f"{len(missing):,} of {size:,} rows are gone", ask, place)
        total = size * len(self.table.columns)
        if changed > max(self.source.limit, MOST_CHANGED * total):
            return Problem(f"{changed:,} of {total:,} cells differ, as after sorting only some columns", ask, place)
        return None

    def row(self, rid: str, row: ReadRow, edits: Sequence[Edit]) -> None:
        """Decide every edited cell of a row that both sides know."""
        record, base = self.records.get(rid), self.base[rid]
        taken: dict[str, Edit] = {}
        agreed: dict[str, Any] = {}
        for edit in edits:
            name = edit.column.name
            held = record.values.get(name) if record else None
            if (
                record
                and not record.void
                and edit.bad is None
                and compare.same_value(edit.value, held, self.source.zone)
            ):
                agreed[name] = held
            elif (refusal := self._refusal(edit, record)) is not None:
                self._tell(*refusal, rid, row, edit, held)
            else:
                taken[name] = edit
        if record and taken:
            good, wrong = checked(self.table, record.values, {name: edit.value for name, edit in taken.items()})
            for name, sentence in wrong.items():
                self._tell(
                    "INVALID", f"{sentence}; the value before stands", rid, row, taken[name], record.values.get(name)
                )
            for name in good:
                self._take(rid, row, taken[name], record.values.get(name))
            agreed.update(good)
            if good:
                keyed = {name: record.values.get(name) for name in self.table.key}
                key = self.table.key_of(record.values)
                self.puts.append(
                    Put(self.table.name, key, {**keyed, **good}, record.rev, f"edit in {self.source.replica}")
                )
        # which of two rows with one rid is the original is told by base, so base has to stay what it was
        if agreed and rid not in self.doubled:
            self.agreed[rid] = {**base, **agreed}

    def _refusal(self, edit: Edit, record: Record | None) -> tuple[str, str] | None:
        """Why one edited cell is not taken: the kind and the sentence; None when it may be."""
        column, name = edit.column, edit.column.name
        if name in self.table.key:
            return "PUT_BACK", "the key of a row never changes; add a new row instead"
        if not column.owned_by(self.source.roles):
            owners = " or ".join(
                {Role.SYSTEM: "Stopbook", Role.VA: "the VA"}.get(role, role.value) for role in column.owners
            )
            return "PUT_BACK", f"“{column.title}” belongs to {owners}; the value before stands"
        if edit.bad is not None:
            return "INVALID", f"{_sentence(edit.bad)}; the value before stands"
        if column.required and edit.value is None:
            return "INVALID", f"“{column.title}” cannot be empty; the value before stands"
        if record is None or record.void:
            return "CONFLICT", "the row was taken out of use meanwhile"
        cycle, held = self.table.lifecycle, record.values.get(name)
        if cycle and name == cycle.column and not cycle.allows(held, edit.value):
            return "INVALID", f"a row cannot go from {held} to {edit.value}; the value before stands"
        before = self.base[record.rid].get(name)
        if not compare.same_value(before, held, self.source.zone) and not self._yields(record.rid, edit):
            return (
                "CONFLICT",
                f"{self.source.person} and {record.by or 'somebody else'} changed this cell at the same time; Stopbook's value stands until somebody chooses",
            )
        return None

    def _yields(self, rid: str, edit: Edit) -> bool:
        """True when the ledger's change gives way: who made it does not own the column, the copy does."""
        author = self.authors.get((rid, edit.column.name))
        return author is not None and author not in edit.column.owners

    def _take(self, rid: str, row: ReadRow, edit: Edit, held: Any) -> None:
        """Say what should be known about an edit that is taken."""
        before, place = (
            self.base[rid].get(edit.column.name),
            where(self.table, self.source, row, edit.column, self.letters),
        )
        self.notes += [Problem(text, "", place, cells.shown(edit.raw), Severity.WARNING) for text in edit.warnings]
        if not compare.same_value(before, held, self.source.zone):
            message = (
                f"{self.source.person} owns the column, so this value stands; Stopbook had put another one meanwhile"
            )
            self._tell("CONFLICT", message, rid, row, edit, held, stands=True)

    def _tell(
        self, kind: str, message: str, rid: str, row: ReadRow, edit: Edit, held: Any, stands: bool = False
    ) -> None:
        record, base = self.records.get(rid), self.base[rid]
        values = record.values if record else base
        market = values.get(self.table.market) if self.table.market else None
        sheet = edit.raw if edit.bad else edit.value
        news = News(kind, rid, self.table.key_of(values), edit.column, held, sheet, base.get(edit.column.name), message,
                    market, sheet_stands=stands)  # fmt: skip
        place = where(self.table, self.source, row, edit.column, self.letters)
        text = compare.said(sheet, self.source.zone)
        what = f"“{cells.shown(text)}” was not taken: {message}" if text else f"the cell was emptied, but {message}"
        if stands:
            what = f"“{cells.shown(text or '')}” was taken: {message}"
        self.news.append((news, Problem(what, "", place, text or "", Severity.WARNING, edit.column.name)))

    def missing(self, rids: Sequence[str]) -> None:
        """Rows that are gone from the copy: a deletion where that is the role's right, else they come back."""
        may = any(role in self.table.new_rows for role in self.source.roles)
        back: dict[str, list[str]] = {}
        for rid in rids:
            record, base = self.records.get(rid), self.base[rid]
            if record is None or record.void:
                self.agreed[rid] = None
            elif not may:
                reason = "rows of this tab are not deleted here; they come back with the next writing"
                back.setdefault(reason, []).append(" / ".join(self.table.key_of(base)))
            elif any(
                not compare.same_value(base.get(name), value, self.source.zone) for name, value in record.values.items()
            ):
                reason = "they were changed by somebody else since this copy was written, so they come back"
                back.setdefault(reason, []).append(" / ".join(self.table.key_of(base)))
            else:
                why = f"deleted by {self.source.person}"
                self.voids.append(Void(self.table.name, self.table.key_of(record.values), record.rev, why))
                self.agreed[rid] = None
        for reason, keys in back.items():
            named = ", ".join(keys[:10]) + (f" and {len(keys) - 10:,} more" if len(keys) > 10 else "")
            self.notes.append(
                Problem(f"{named} deleted: {reason}", "", where(self.table, self.source), severity=Severity.WARNING)
            )

    def result(self, new: NewRows, unchanged: int, born: Mapping[int, str], stands: Mapping[str, ReadRow]) -> Merge:
        """Everything decided, in an order that does not depend on the order of rows."""
        told: dict[str, Put] = {}
        notes = [*self.notes, *new.notes]
        for news, problem in (*self.news, *new.news):
            row = conflicts.put(self.table, self.source, news)
            if self.table.name == conflicts.TABLE:
                notes.append(problem)  # a conflict about a conflict is said, not stored
            elif row.key[0] not in self.known:
                told.setdefault(row.key[0], row)
                notes.append(problem)
        agreed = {**self.agreed, **new.agreed}
        name, source = self.table.name, self.source
        return Merge(
            name,
            puts=tuple(sorted((*self.puts, *new.puts), key=lambda put: put.key)),
            voids=tuple(sorted(self.voids, key=lambda void: void.key)),
            conflicts=tuple(told[number] for number in sorted(told)),
            notes=tuple(sorted(notes, key=lambda note: (note.where.row or 0, note.column, note.what))),
            agreed=tuple(
                Base(source.lineage or source.replica, name, rid, source.generation, agreed[rid])
                for rid in sorted(agreed)
            ),
            born=born,
            stands=stands,
            unchanged=unchanged,
        )


def _sentence(bad: Bad) -> str:
    return f"{bad.what} ({bad.remedy[:1].lower()}{bad.remedy[1:]})" if bad.remedy else bad.what
