"""The tab *Today* of a spreadsheet: what needs a decision here, by when, and on which tab."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sheets_sync.google.replica import Found
from sheets_sync.google.wire import TODAY
from sheets_sync.plain import Plain, alike, plain
from workbooks import cells, today
from workbooks.schema import Record
from workbooks.shelf import Workbook
from workbooks.tables import TABLES

LINES = 300
"""lines on *Today*"""


def shows(found: Found, lines: Sequence[Sequence[Plain]]) -> bool:
    """True when *Today* shows these lines, whatever moment it says it is of, or when there is no such tab."""
    sheet = found.shared.snapshot.sheets.get(TODAY)
    if sheet is None:
        return True
    wide = [[*line, *[None] * 3][:3] for line in sheet.lines]
    wanted = [[*line, *[None] * 3][:3] for line in lines]
    wide += [[None] * 3] * (len(wanted) - len(wide))
    same = (all(map(alike, one, other)) for one, other in zip(wide[2:], wanted[2:], strict=False))
    return len(wide) == len(wanted) and all(same)


def lines(book: Workbook, held: Mapping[str, Sequence[Record]], now: datetime) -> tuple[tuple[Plain, ...], ...]:
    """The cells of *Today*: what needs a decision here, by when, and on which tab."""
    shown = today.lines(book, held)
    wall = cells.to_cell(now, book.zone)
    head: list[tuple[Plain, ...]] = [
        (f"{TODAY} – {book.title}",),
        (f"As of {wall:%Y-%m-%d %H:%M}, {book.zone.key} time",) if shown else ("Nothing waits for you.",),
        ("Due", "Tab", "What"),
    ]
    for line in shown[:LINES]:
        due = plain(cells.to_cell(line.due, book.zone)) if line.due else None
        head.append((due, TABLES[line.table].title, line.what))
    if len(shown) > LINES:
        head.append((None, "", f"{len(shown) - LINES:,} more"))
    return tuple(head)
