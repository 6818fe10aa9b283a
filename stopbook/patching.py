"""The next writing of a workbook in which people keep things of their own: single cells are set, the rest stays.

Rows are found by their `_rid`, new ones go below the last, and rows that no longer belong here are marked VOID instead of
taken away, because people's charts, notes and formulas point at rows. A column that is new comes at the right of its tab,
for the same reason, and drop-downs offer what they would offer in a new file. The lists on *Today* and *Runs* are
written anew. A tab that is new cannot come: *Today* says so, and what to do.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from sheets_sync import compare, parts, patch
from sheets_sync import workbook as replica
from sheets_sync.google.read import SharedTab, Sheet, Snapshot, shared_copy
from sheets_sync.intake import Intake
from sheets_sync.outgoing import outgoing
from sheets_sync.patch import Cell, Offer
from sheets_sync.plain import plain
from workbooks import cells
from workbooks.cells import TEXT_TYPES
from workbooks.intake import reader
from workbooks.intake.grid import Grid
from workbooks.layout import front, lists
from workbooks.plan import Base
from workbooks.schema import Column, Kind, Record, Row, Table, Type
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT, Stamp, Workbook
from workbooks.today import Line

RID = SYSTEM_RIGHT[0]
Marks = Mapping[tuple[str, str], tuple[str, str]]


def patched(
    content: bytes, wb: Workbook, stamp: Stamp, held: Mapping[str, Sequence[Record]], marks: Marks, lines: Sequence[Line],
    choices: Mapping[str, Sequence[tuple[str, str]]], intake: Intake, agreed: Mapping[str, Mapping[str, Row]],
) -> tuple[bytes, list[Base]]:  # fmt: skip
    """The file with everything the ledger holds, and what copy and ledger agree on with it.

    choices: what cells may name, by table. intake: what was taken in from these very bytes. agreed: by table, what they
    agreed on before.
    """
    grids = {grid.tab: grid for grid in reader.read_bytes(content, wb.file)}
    formulas = parts.formulas(content)
    book = replace(wb, zone=replica.zone_of(replica.read(content, wb), wb))  # the file keeps the clock it has
    sheets = {title: _sheet(grid) for title, grid in grids.items()}
    grafts: dict[str, list[Cell]] = {}
    for table in book.tables:
        if (merge := intake.merges.get(table.name)) is not None and not merge.stopped:
            sheets[table.title], grafts[table.title] = _grafted(sheets[table.title], table, book)
    shared = shared_copy(Snapshot(wb.file, sheets), book, stamp.ledger_id, stamp.generation)
    known: dict[str, dict[str, Row | None]] = {name: dict(rows) for name, rows in agreed.items()}
    for base in intake.bases:
        known.setdefault(base.table, {})[base.rid] = base.values
    changes: dict[str, list[Cell]] = {}
    offers: dict[str, Offer] = {}
    bases: list[Base] = []
    for name, seen in shared.seen.items():
        wanted = {record.rid: record.values for record in held[name]}
        shown = {rid: mark for (table, rid), mark in marks.items() if table == name}
        found, kept = _table(
            seen,
            book,
            intake,
            wanted,
            {rid: row for rid, row in known.get(name, {}).items() if row is not None},
            shown,
            formulas.get(seen.tab.table.title, {}),
        )
        new = grafts.get(seen.tab.table.title, [])
        kin = {cell.column: cell.like for cell in new}
        changes[seen.tab.table.title] = [*new, *(replace(cell, like=kin.get(cell.column)) for cell in found)]
        offers[seen.tab.table.title] = _offer(seen, book, choices, kin.keys())
        bases += [Base(wb.name, name, rid, stamp.generation, row) for rid, row in kept.items()]
    for table in book.tables:
        if table.kind is Kind.LOG and table.title in sheets:
            changes[table.title] = _log(sheets[table.title], table, book, held[table.name])
    if "Today" in grids:
        changes["Today"] = _today(
            grids["Today"], book, stamp, lines, [t.title for t in book.tables if t.title not in grids]
        )
    written = stamp.written_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"stopbook_generation": str(stamp.generation), "stopbook_written_at": written}
    return patch.patched(content, changes, said, offers, _lists(book, choices)), bases


def _grafted(sheet: Sheet, table: Table, book: Workbook) -> tuple[Sheet, list[Cell]]:
    """The tab with headers of columns that were declared since the file was made, right of everything that stands in it.

    Each looks like the column that is most like it.
    """
    at = next((number for number, line in enumerate(sheet.lines[:20]) if RID in line), None)
    if at is None:
        return sheet, []
    places = {cells.clean(cell): n for n, cell in enumerate(sheet.lines[at]) if isinstance(cell, str)}
    lacking = [column for column in table.columns if column.title not in places]
    width = max((n + 1 for line in sheet.lines for n, cell in enumerate(line) if cell not in ("", None)), default=0)
    header = [*sheet.lines[at], *[""] * width][:width]
    found = [
        Cell(at + 1, place, column.title, like=_kin(column, table, places, book))
        for place, column in enumerate(lacking, width)
    ]
    lines = [
        [*header, *(column.title for column in lacking)] if n == at else line for n, line in enumerate(sheet.lines)
    ]
    return replace(sheet, lines=lines), found


def _kin(column: Column, table: Table, places: Mapping[Any, int], book: Workbook) -> int | None:
    """Where the column stands that looks as this one should: of the same kind, and as much the reader's."""
    alike = [
        (other.owned_by(book.roles) == column.owned_by(book.roles), other.type is column.type, bool(other.enum) == bool(column.enum), places[other.title])
        for other in table.columns if other.title in places and (other.type in TEXT_TYPES) == (column.type in TEXT_TYPES)
    ]  # fmt: skip
    same = [one for one in alike if one[1]] or [one for one in alike if column.type in TEXT_TYPES]
    return max(same)[3] if same else None


def _offer(seen: SharedTab, book: Workbook, choices: Mapping[str, Any], new: Collection[int]) -> Offer:
    """What the drop-downs of a tab offer, where its reader may choose."""
    words: dict[int, Sequence[str]] = {}
    names: dict[int, str] = {}
    for column in seen.tab.table.columns:
        place = seen.places.get(column.title)
        if place is None or not column.owned_by(book.roles):
            continue
        if column.enum and column.type is not Type.SET and lists.inline(column.enum):
            words[place] = column.enum
        elif column.ref and choices.get(column.ref):
            names[place] = lists.named(column.ref)
    widths = {column.title: column.width for column in seen.tab.table.columns}
    return Offer(words, names, {place: max(float(widths[seen.header[place]]), 12.0) for place in new})


def _lists(book: Workbook, choices: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, Sequence[str]]:
    """Every list of choices by its name, the long ones of single columns too."""
    found: dict[str, Sequence[str]] = {lists.named(name): [key for key, _ in rows] for name, rows in choices.items()}
    for table in book.tables:
        for column in table.columns:
            if column.enum and not lists.inline(column.enum):
                found[lists.named(f"{table.name}.{column.name}")] = column.enum
    return found


def _log(sheet: Sheet, table: Table, book: Workbook, held: Sequence[Record]) -> list[Cell]:
    """A list of what happened, newest first, over the one that stands there."""
    at = next((number for number, line in enumerate(sheet.lines[:20]) if RID in line), None)
    if at is None:
        return []
    places = {cell: n for n, cell in enumerate(sheet.lines[at]) if isinstance(cell, str)}
    forms = compare.forms(table, {record.rid: record.values for record in held}, book.zone)
    rows = [{**{column.title: plain(forms[record.rid].get(column.name)) for column in table.columns}, RID: record.rid,
             SYSTEM_LEFT[0]: "OK"} for record in held]  # fmt: skip
    rows += [{}] * (len(sheet.lines) - at - 1 - len(rows))
    titles = [title for title in (*SYSTEM_LEFT, *table.by_title, RID) if title in places]
    return [
        Cell(number, places[title], row.get(title), over=True)
        for number, row in enumerate(rows, at + 2) for title in titles
    ]  # fmt: skip


def _sheet(grid: Grid) -> Sheet:
    return Sheet(grid.tab, 0, [[plain(cell) for cell in line] for line in grid.lines], {}, grid.merges)


def _table(
    seen: SharedTab, book: Workbook, intake: Intake, wanted: Mapping[str, Row], agreed: Mapping[str, Row],
    marks: Mapping[str, tuple[str, str]], formulas: Mapping[tuple[int, int], str],
) -> tuple[list[Cell], dict[str, Row]]:  # fmt: skip
    """The cells of one tab that change, and its rows as they are agreed on then."""
    table, places = seen.tab.table, seen.places
    merge = intake.merges[table.name]
    standing = seen.standing(merge.stands, merge.born, frozenset())
    made = outgoing(table, book.zone, standing, wanted, agreed, marks)
    cells_ = [Cell(write.row, places[cell.header], cell.cell) for write in made.writes for cell in write.cells]
    bottom = len(seen.sheet.lines)
    for number, row in enumerate(made.appends, bottom + 1):
        cells_ += [Cell(number, places[header], value) for header, value in row.cells if header in places]
    kept = {rid: wanted.get(rid, agreed.get(rid)) for rid in (*standing.stands, *(row.rid for row in made.appends))}
    cells_ += _values_for(formulas, table, book, standing.stands, {**agreed, **wanted}, places)
    return cells_, {rid: row for rid, row in kept.items() if row is not None}


def _values_for(
    formulas: Mapping[tuple[int, int], str], table: Table, book: Workbook, stands: Mapping[str, int],
    rows: Mapping[str, Row], places: Mapping[str, int],
) -> list[Cell]:  # fmt: skip
    """Values in place of formulas that somebody put into our columns: they were told on Conflicts, and would be again."""
    if not formulas:
        return []
    forms = compare.forms(table, {rid: rows[rid] for rid in stands if rid in rows}, book.zone)
    ours = {places[column.title]: column.name for column in table.columns if column.title in places}
    rid_of = {position: rid for rid, position in stands.items()}
    return [
        Cell(row, place, plain(forms[rid_of[row]].get(ours[place])), over=True)
        for row, place in formulas
        if place in ours and rid_of.get(row) in forms
    ]


def _today(grid: Grid, book: Workbook, stamp: Stamp, lines: Sequence[Line], lacks: Sequence[str]) -> list[Cell]:
    """The list on *Today*, without its links: due, how long, what, and on which tab."""
    titles = {table.name: table.title for table in book.tables}
    wall = cells.to_cell(stamp.written_at, book.zone)
    said = "Nothing waits for you." if not lines else f"{len(lines):,} lines"
    head = f"As of {wall:%Y-%m-%d %H:%M}, {book.zone.key} time. Things of yours in this workbook stay as they are."
    if lacks:
        head = f"{head} {without(lacks)}"
    found = [Cell(2, front.LEFT, head), Cell(3, front.LEFT, said)]
    first = front.HEAD + 2
    last = max(
        (
            n
            for n, line in enumerate(grid.lines, 1)
            if any(c not in ("", None) for c in line[front.LEFT : front.LEFT + 4])
        ),
        default=0,
    )
    blank: list[Any] = [None] * 5
    for number in range(first, max(last, first + min(len(lines), front.MOST) - 1) + 1):
        line = lines[number - first] if number - first < min(len(lines), front.MOST) else None
        shown = blank
        if line is not None:
            # as text: the cell may have been that of a line without a moment, and then shows no date
            due = f"{cells.to_cell(line.due, book.zone):%Y-%m-%d %H:%M}" if line.due else None
            left = front.left(line.due, stamp.written_at) if line.due else None
            shown = [due, left, line.what[: front.LONGEST], titles.get(line.table, line.table), None]
        found += [Cell(number, front.LEFT + n, value, over=True) for n, value in enumerate(shown)]
    return found


def without(lacks: Sequence[str]) -> str:
    """What to do about tabs that cannot come into a workbook in which people keep things of their own."""
    named = " and ".join(f"“{title}”" for title in lacks)
    return (
        f"The tab{'s' if len(lacks) > 1 else ''} {named} cannot come into it beside them: rename this file, let Stopbook write a "
        "whole new one, and move your own tabs over (right-click on the tab, Move or Copy)."
    )


def tables(wb: Workbook) -> list[str]:
    """Titles of the tabs that are kept in step."""
    return [table.title for table in wb.tables if table.kind is not Kind.LOG]
