"""What was declared since a spreadsheet was shaped comes into it by itself: tabs, columns, and what can be chosen.

What people took away or named otherwise is not new, so it is noted what a spreadsheet was given (its shape). Columns
come as new ones behind the last that is used: whatever people type meanwhile, nothing of theirs can be written over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_sync.google import shape
from sheets_sync.google.adopt import best
from sheets_sync.google.read import Sheet, Snapshot
from sheets_sync.google.shape import Look
from sheets_sync.outgoing import RID
from workbooks.schema import Column, Row, Table, Type
from workbooks.shelf import Workbook

Json = dict[str, Any]
Shape = Mapping[str, Mapping[str, list[str]]]
"""table -> headers it was given -> what can be chosen there"""
FIRST_ID = 300
"""ids of tabs that come later"""


@dataclass
class Growth:
    """What one tab lacks: the requests that add it, and the sentence for people. `stopped`: why it cannot be added."""

    table: Table
    requests: list[Json] = field(default_factory=list)
    sentence: str = ""
    stopped: str = ""


def declared(book: Workbook) -> dict[str, dict[str, list[str]]]:
    """The shape that a spreadsheet has when it is as the declarations say."""
    return {table.name: {c.title: _fixed(c, book) for c in table.columns} for table in shape.tables(book)}


def below(snapshot: Snapshot, book: Workbook) -> dict[str, int]:
    """Title of each tab that is there -> number of the first row below its header."""
    there = [(table, snapshot.sheets.get(table.title)) for table in shape.tables(book)]
    return {table.title: _header(table, sheet)[0] + 2 for table, sheet in there if sheet is not None}


def known(
    snapshot: Snapshot,
    book: Workbook,
    bases: Mapping[str, Mapping[str, Row]],
    choices: Mapping[str, Sequence[list[str]]],
) -> Shape:
    """The same for a spreadsheet of which nothing was noted: what it shows, and what rows agreed on with it once had.

    choices: by title of a tab, what can be chosen in each column.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for table in shape.tables(book):
        sheet, rows = snapshot.sheets.get(table.title), bases.get(table.name, {})
        if sheet is None and not rows:
            continue
        header = _header(table, sheet)[1] if sheet else []
        lists = choices.get(table.title, ())
        given = {title: lists[at] for at, title in enumerate(header) if at < len(lists)}
        found[table.name] = {
            column.title: given.get(column.title, []) for column in table.columns
            if sheet is None or column.name in table.key or column.title in header
            or any(row.get(column.name) is not None for row in rows.values())
        }  # fmt: skip
    return found


def growth(snapshot: Snapshot, book: Workbook, look: Look, before: Shape) -> list[Growth]:
    """What has to be added, tab by tab."""
    taken = {sheet.sheet_id for sheet in snapshot.sheets.values()}
    number, found, count = FIRST_ID, [], len(snapshot.sheets)
    for place, table in enumerate(shape.tables(book), 1):
        sheet, had = snapshot.sheets.get(table.title), before.get(table.name)
        if sheet is not None:
            found.append(_columns(table, sheet, had, book, look))
        elif had is None:
            while number in taken:
                number += 1
            taken.add(number)
            found.append(_tab(table, number, min(place, count), book, look))
            count += 1
    return [one for one in found if one.requests or one.stopped]


def after(book: Workbook, before: Shape, stopped: Sequence[str]) -> Shape:
    """The shape to note once everything was added but what belongs to the `stopped` tables."""
    now = declared(book)
    return {**before, **{name: now[name] for name in now if name not in stopped}}


def _tab(table: Table, number: int, place: int, book: Workbook, look: Look) -> Growth:
    row = shape.headers(table)
    places = {title: at for at, title in enumerate(row)}
    requests = [shape.tab(table, number, place, len(row)), shape.header(row, number)]
    requests += shape.looks(table, number, places, book, look) + shape.guards(table, number, places, book)
    return Growth(table, requests, f"the tab “{table.title}” is new")


def _columns(table: Table, sheet: Sheet, had: Mapping[str, list[str]] | None, book: Workbook, look: Look) -> Growth:
    at, header = _header(table, sheet)
    if had is None and RID not in header:
        return Growth(table, stopped=(
            f"“{table.title}” is a tab of Stopbook's by now, and this spreadsheet has one of its own with that name. "
            "Rename yours, and Stopbook makes the other"))  # fmt: skip
    had = {title: [] for title in header} if had is None else had
    new = [c.title for c in table.columns if c.title not in header and c.title not in had and c.name not in table.key]
    grown = Growth(table)
    if new:
        wide = max(map(len, sheet.lines), default=0)
        span = {"sheetId": sheet.sheet_id, "dimension": "COLUMNS", "startIndex": wide, "endIndex": wide + len(new)}
        shown = {"range": span, "properties": {"hiddenByUser": False}, "fields": "hiddenByUser"}
        places = {title: wide + number for number, title in enumerate(new)}
        grown.requests += [
            {"insertDimension": {"range": span, "inheritFromBefore": True}}, {"updateDimensionProperties": shown},
            shape.header(new, sheet.sheet_id, wide, at), *shape.looks(table, sheet.sheet_id, places, book, look, at),
            *shape.guards(table, sheet.sheet_id, places, book, at),
        ]  # fmt: skip
        named = ", ".join(f"“{title}”" for title in new)
        grown.sentence = f"{table.title} has {'a new column' if len(new) == 1 else 'new columns'} {named}"
    changed = [
        column for column in table.columns
        if column.title in header and column.title in had and _fixed(column, book) not in ([], had[column.title])
    ]  # fmt: skip
    for column in changed:
        grown.requests += shape.choices(table, column, sheet.sheet_id, header.index(column.title), look, at)
    if changed and not grown.sentence:
        named = ", ".join(f"“{column.title}”" for column in changed)
        grown.sentence = f"on {table.title} there are new choices in {named}"
    return grown


def _header(table: Table, sheet: Sheet) -> tuple[int, list[str]]:
    """The line of the headers, from 0, and what stands in it."""
    lines = [list(line) for line in sheet.lines]
    at = next((number for number, line in enumerate(lines[:20]) if RID in line), None)
    at = best(table, lines) if at is None else at
    return at, [str(cell).strip() if cell is not None else "" for cell in (lines[at] if at < len(lines) else [])]


def _fixed(column: Column, book: Workbook) -> list[str]:
    """What the declaration itself lets people of this spreadsheet choose from; [] where they cannot or need not."""
    if not column.owned_by(book.roles):
        return []
    return list(column.enum) if column.enum and column.type is Type.ENUM else []
