"""A Google spreadsheet as it was read, made into the copy that the merge takes: tabs by title, columns by header."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sheets_sync import compare, workbook
from sheets_sync.conflicts import Source
from sheets_sync.newrows import NewRows
from sheets_sync.outgoing import RID, Standing
from sheets_sync.plain import Plain, lift
from sheets_sync.rows import ReadRow
from sheets_sync.traces import Overlay, Trace, overlay
from sheets_sync.workbook import Tab
from workbooks import cells
from workbooks.intake.grid import Grid, Merge, letter
from workbooks.problems import Problem, Severity, Where
from workbooks.schema import Kind, Row, Table, Type
from workbooks.shelf import Stamp, Workbook

_CLOCKED = frozenset({Type.TS, Type.DATE, Type.TIME})


@dataclass(frozen=True)
class Sheet:
    """One tab as it came: `lines[0]` is row 1. formulas: (row from 1, column from 0) -> text."""

    title: str
    sheet_id: int
    lines: Sequence[Sequence[Plain]]
    formulas: Mapping[tuple[int, int], str] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """A spreadsheet as it was read. `sync`: the id of its tab `_sync`, None where it has none."""

    title: str
    sheets: Mapping[str, Sheet]
    sync: int | None = None


@dataclass(frozen=True)
class SharedTab:
    """One table as it stands in a spreadsheet: for the merge (`tab`), and as it is there (`sheet`, `header`)."""

    tab: Tab
    sheet: Sheet
    header: tuple[str, ...]
    header_row: int
    frozen: frozenset[tuple[int, str]]
    overlay: Overlay

    @property
    def places(self) -> dict[str, int]:
        """Header -> column from 0."""
        return {title: place for place, title in reversed(list(enumerate(self.header))) if title}

    def own(self, row: int, header: str) -> Plain:
        """What stands under a header in a row."""
        place = self.header.index(header)
        line = self.sheet.lines[row - 1]
        cell = line[place] if place < len(line) else None
        return None if cell == "" else cell

    def standing(self, stands: Mapping[str, ReadRow], born: Mapping[int, str], hold: frozenset[str]) -> Standing:
        """What the outgoing plan needs to know of this tab once it was merged."""
        positions = {rid: row.position for rid, row in stands.items()}
        positions |= {rid: position for position, rid in born.items()}
        # a row has one identity, and what it was born with is the newest
        mine = {position: rid for rid, position in positions.items()} | dict(born)
        positions = {rid: position for rid, position in positions.items() if mine[position] == rid}
        rows = {row.position: row for row in self.tab.rows}
        return Standing(rows, positions, self.own, self.places.keys(), self.frozen, self.overlay.placed, hold)


@dataclass(frozen=True)
class SharedCopy:
    """A spreadsheet as the merge takes it; `seen` holds the same tabs as they are there, nothing put back."""

    copy: workbook.Copy
    seen: Mapping[str, SharedTab]
    snapshot: Snapshot


@dataclass(frozen=True)
class GoogleCopy(workbook.Copy):
    """A copy that is one for ever: what was agreed with it is kept under its own name."""

    replica: str = ""

    @property
    def lineage(self) -> str:
        """The copy's own name."""
        return self.replica


ANEW = "Name it so again, or run “stopbook google adopt” to have it made anew"


def shared_copy(
    snapshot: Snapshot, book: Workbook, ledger_id: str, generation: int, traces: Sequence[Trace] = (), *,
    replica: str = "", remedy: str = ANEW, bases: Mapping[str, Collection[str]] | None = None,
    written: Mapping[str, Collection[str]] | None = None,
) -> SharedCopy:  # fmt: skip
    """What `snapshot` says. A tab that cannot be understood is left out with a sentence; the others go on.

    `replica`: under which name the ledger keeps what is agreed with it (default: the book's). `remedy`: what to do about
    a tab that is not there. `bases`: by table, rids of the rows that were agreed on with it. `written`: by table, the columns
    it was written with, where others may be missing; a tab that is not named there has to have all.
    """
    seen: dict[str, SharedTab] = {}
    problems: list[Problem] = []
    for table in book.tables:
        if table.kind is Kind.LOG:
            continue
        sheet = snapshot.sheets.get(table.title)
        if sheet is None:
            problems.append(Problem(f"the tab “{table.title}” is missing, so nothing of it was read", remedy,
                                    Where(snapshot.title, table.title)))  # fmt: skip
            continue
        left = [trace for trace in traces if trace.table == table.name]
        needs = (written or {}).get(table.name, table.by_name)
        found = _tab(snapshot.title, sheet, table, left, (bases or {}).get(table.name, ()), needs)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            seen[table.name] = found[0]
            problems += found[1]
    problems += _copied(snapshot, {table.title for table in book.tables})
    tabs = {name: replace(one.tab, rows=one.overlay.rows) for name, one in seen.items()}
    stamp = Stamp(ledger_id, book.name, generation, datetime.min.replace(tzinfo=UTC))
    copy = GoogleCopy(snapshot.title, stamp, "", book.zone.key, tabs, tuple(problems), replica=replica or book.name)
    return SharedCopy(copy, seen, snapshot)


def _copied(snapshot: Snapshot, ours: set[str]) -> list[Problem]:
    return [
        Problem("this looks like a copied tab and was not read", "Make changes on the tab it was copied from",
                Where(snapshot.title, title), severity=Severity.WARNING)
        for title, sheet in snapshot.sheets.items()
        if title not in ours and not title.startswith("_") and sheet.lines and RID in sheet.lines[0]
    ]  # fmt: skip


def _tab(
    file: str, sheet: Sheet, table: Table, traces: list[Trace], known: Collection[str], needs: Collection[str]
) -> tuple[SharedTab, list[Problem]] | Problem:
    lines = [list(line) for line in sheet.lines] or [[]]
    width = max(map(len, lines))
    for line in lines:
        line += [""] * (width - len(line))
    at = next((number for number, line in enumerate(lines[:20]) if RID in line), 0)
    header = tuple(cells.clean(raw) if isinstance(raw, str) else cells.to_text(raw) for raw in lines[at])
    _lift(lines, at, header, table)
    grid = Grid(file, table.title, lines, at + 1, sheet.merges)
    found = workbook.tab_of(grid, table, {})
    if isinstance(found, Problem):
        return found
    tab, _, remarks = found
    if lacking := [problem for column, problem in tab.lacks.items() if column in needs]:
        return lacking[0]
    names = {header.index(column.title): column.name for column in table.columns if column.title in header}
    frozen = {(row, names[place]) for row, place in sheet.formulas if place in names and row > at + 1}
    problems = [*remarks]
    if frozen:
        rows = tuple(_without(row, frozen) for row in tab.rows)
        tab = replace(tab, rows=rows)
        problems += _formulas(file, table, sheet, names, at)

    def own(row: int, title: str) -> Plain:
        return None if title not in header else lines[row - 1][header.index(title)] or None

    shown = overlay(table, tab.rows, traces, own, known)
    return SharedTab(tab, sheet, header, at + 1, frozenset(frozen), shown), problems


def _lift(lines: list[list[Any]], at: int, header: Sequence[str], table: Table) -> None:
    """Turns day numbers into days and moments, in place."""
    for place, title in enumerate(header):
        column = table.by_title.get(title)
        if column is None or column.type not in _CLOCKED:
            continue
        known: dict[Any, Any] = {}
        for line in lines[at + 1 :]:
            cell = line[place]
            if cell.__class__ is float or cell.__class__ is int:
                if cell not in known:
                    known[cell] = lift(column, cell)
                line[place] = known[cell]


def _without(row: ReadRow, frozen: set[tuple[int, str]]) -> ReadRow:
    if any(position == row.position for position, _ in frozen):
        kept = {name: raw for name, raw in row.cells.items() if (row.position, name) not in frozen}
        return replace(row, cells=kept)
    return row


def _formulas(file: str, table: Table, sheet: Sheet, names: Mapping[int, str], at: int) -> list[Problem]:
    """One sentence a column whose cells hold formulas: they are neither taken in nor written over."""
    by_place: dict[int, list[int]] = {}
    for row, place in sorted(sheet.formulas):
        if place in names and row > at + 1:
            by_place.setdefault(place, []).append(row)
    return [
        Problem(f"{len(rows):,} cell{'s hold formulas' if len(rows) > 1 else ' holds a formula'} and "
                f"{'are' if len(rows) > 1 else 'is'} neither taken in nor written over", "Type the values instead",
                Where(file, table.title, rows[0], letter(place), table.by_name[names[place]].title),
                severity=Severity.WARNING)
        for place, rows in by_place.items()
    ]  # fmt: skip


@dataclass(frozen=True)
class Absences:
    """Rows of one tab that are in base but not in the copy: what the merge may know, and what waits for a second look.

    base: for the merge. hold: rids that were not missing before, so they are neither deleted nor added again yet.
    left: rids that are not wanted here any more, so that nothing follows from their absence. missing: all others.
    """

    base: Mapping[str, Row]
    hold: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


def _as_before(table: Table, row: ReadRow, values: Row | None) -> bool:
    """True when the key columns of a row say what its `_rid` says."""
    return values is not None and all(compare.same(row.cells.get(name), values.get(name)) for name in table.key)


def _only_copies(
    rows: Sequence[ReadRow], own: Mapping[int, str | None], base: Mapping[str, Row], borne: set[str]
) -> set[str]:
    """Those of the rids that `rows` bear of which only copies are left: rows with the key of a row of their own, which
    stands nowhere else. The row they were made of is as missing as any other.
    """
    lacking = base.keys() - borne
    typed = Counter(own[row.position] for row in rows)
    named = {position for position, rid in own.items() if rid in lacking and typed[rid] == 1}
    return borne - {row.rid for row in rows if row.rid and row.position not in named}


def absences(
    tab: Tab, source: Source, base: Mapping[str, Row], wanted: Mapping[str, Row], before: frozenset[str]
) -> Absences:
    """Sorts out missing rows. `before`: rids that were missing in the last complete read."""
    # a row whose cells were all emptied is as good as gone
    rows = [row for row in tab.rows if not compare.all_blank(row.cells.values())]
    borne = {row.rid for row in rows if row.rid}
    if base.keys() <= borne:
        return Absences(base)
    new = NewRows(tab.table, source, {}, {}, {})
    # most rows have the key they were written with, and it need not be spelled
    own = {
        row.position: row.rid if _as_before(tab.table, row, base.get(row.rid or "")) else new.rid(row)
        for row in tab.rows
    }
    borne -= _only_copies(rows, own, base, borne)
    gone = [rid for rid in base if rid not in borne]
    # a row typed anew under the key of a missing one is that row
    typed = {*own.values()}
    left = frozenset(rid for rid in gone if rid not in wanted and rid not in typed)
    missing = frozenset(rid for rid in gone if rid not in left and rid not in typed)
    hold = missing - before
    out = hold | left
    return Absences({rid: row for rid, row in base.items() if rid not in out} if out else base, hold, left, missing)
