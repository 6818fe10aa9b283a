"""The next writing of a workbook in which people keep things of their own: single cells are set, the rest stays.

Rows are found by their `_rid`, new ones go below the last, and rows that no longer belong here are marked VOID instead of
taken away, because people's charts, notes and formulas point at rows. The list on *Today* is written anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from sheets_sync import compare, parts, patch
from sheets_sync import workbook as replica
from sheets_sync.google.read import SharedTab, Sheet, Snapshot, shared_copy
from sheets_sync.intake import Intake
from sheets_sync.outgoing import outgoing
from sheets_sync.patch import Cell
from sheets_sync.plain import plain
from workbooks import cells
from workbooks.intake import reader
from workbooks.intake.grid import Grid
from workbooks.layout import front
from workbooks.plan import Base
from workbooks.schema import Kind, Record, Row, Table
from workbooks.shelf import Stamp, Workbook
from workbooks.today import Line

Marks = Mapping[tuple[str, str], tuple[str, str]]


def patched(
    content: bytes, wb: Workbook, stamp: Stamp, held: Mapping[str, Sequence[Record]], marks: Marks,
    lines: Sequence[Line], intake: Intake, agreed: Mapping[str, Mapping[str, Row]],
) -> tuple[bytes, list[Base]]:  # fmt: skip
    """The file with everything the ledger holds, and what copy and ledger agree on with it.

    intake: what was taken in from these very bytes. agreed: by table, what they agreed on before.
    """
    grids = {grid.tab: grid for grid in reader.read_bytes(content, wb.file)}
    formulas = parts.formulas(content)
    book = replace(wb, zone=replica.zone_of(replica.read(content, wb), wb))  # the file keeps the clock it has
    sheets = {title: _sheet(grid) for title, grid in grids.items()}
    shared = shared_copy(Snapshot(wb.file, sheets), book, stamp.ledger_id, stamp.generation)
    known: dict[str, dict[str, Row | None]] = {name: dict(rows) for name, rows in agreed.items()}
    for base in intake.bases:
        known.setdefault(base.table, {})[base.rid] = base.values
    changes: dict[str, list[Cell]] = {}
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
        changes[seen.tab.table.title] = found
        bases += [Base(wb.name, name, rid, stamp.generation, row) for rid, row in kept.items()]
    if "Today" in grids:
        changes["Today"] = _today(grids["Today"], book, stamp, lines)
    written = stamp.written_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"stopbook_generation": str(stamp.generation), "stopbook_written_at": written}
    return patch.patched(content, changes, said), bases


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


def _today(grid: Grid, book: Workbook, stamp: Stamp, lines: Sequence[Line]) -> list[Cell]:
    """The list on *Today*, without its links: due, how long, what, and on which tab."""
    titles = {table.name: table.title for table in book.tables}
    wall = cells.to_cell(stamp.written_at, book.zone)
    said = "Nothing waits for you." if not lines else f"{len(lines):,} lines"
    head = f"As of {wall:%Y-%m-%d %H:%M}, {book.zone.key} time. Things of yours in this workbook stay as they are."
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
            due = plain(cells.to_cell(line.due, book.zone)) if line.due else None
            left = front.left(line.due, stamp.written_at) if line.due else None
            shown = [due, left, line.what[: front.LONGEST], titles.get(line.table, line.table), None]
        found += [Cell(number, front.LEFT + n, value, over=True) for n, value in enumerate(shown)]
    return found


def tables(wb: Workbook) -> list[str]:
    """Titles of the tabs that are kept in step."""
    return [table.title for table in wb.tables if table.kind is not Kind.LOG]
