"""Protected ranges: who may change which cells.

The spreadsheet's owner and the editors of a range may; ``warningOnly`` ranges stop nobody here, the page at the grid
asks first. Groups are kept and shown, and their members are not known to this server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local_sheets.a1 import Area, Box
from local_sheets.environment import Switches
from local_sheets.errors import protected_cell
from local_sheets.model import Book, Sheet

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is at work on a spreadsheet: the mail address, and whether the spreadsheet is theirs."""

    email: str
    owner: bool = False


def may_edit(entry: Json, actor: Actor) -> bool:
    """Whether this person may change what the protected range covers."""
    editors = entry.get("editors", {})
    return (
        bool(entry.get("warningOnly"))
        or actor.owner
        or actor.email in editors.get("users", [])
        or bool(editors.get("domainUsersCanEdit"))
    )


def area_of(book: Book, sheet: Sheet, entry: Json) -> Area | None:
    """The cells of a protected range, by its own range, its named range or its table."""
    if "range" in entry:
        return Area.of(entry["range"])
    if "namedRangeId" in entry:
        for named in book.doc.get("namedRanges", []):
            if named["namedRangeId"] == entry["namedRangeId"]:
                return Area.of(named["range"])
    if "tableId" in entry:
        for table in sheet.doc.get("tables", []):
            if table["tableId"] == entry["tableId"]:
                return Area.of(table["range"])
    return None


def _against(book: Book, sheet: Sheet, actor: Actor) -> Iterator[tuple[Json, Area]]:
    for entry in sheet.doc.get("protectedRanges", []):
        area = area_of(book, sheet, entry)
        if area is not None and area.sheet_id == sheet.sheet_id and not may_edit(entry, actor):
            yield entry, area


def covers(sheet: Sheet, entry: Json, area: Area, box: Box) -> bool:
    """Whether a protected range covers a cell of the box; unprotected parts let through what lies inside one."""
    if not sheet.box(area).touches(box):
        return False
    free = [sheet.box(Area.of(grid)) for grid in entry.get("unprotectedRanges", [])]
    return not any(hole.holds(box) for hole in free)


def guard(book: Book, sheet: Sheet, box: Box, actor: Actor) -> None:
    """Refuses a change of cells that somebody else protected."""
    for entry, area in _against(book, sheet, actor):
        if covers(sheet, entry, area, box):
            raise protected_cell()


def guard_rows(book: Book, sheet: Sheet, box: Box, actor: Actor, switches: Switches, action: str) -> None:
    """Refuses sorting or deleting rows through protected cells; for protected whole columns a switch decides."""
    for entry, area in _against(book, sheet, actor):
        column_only = area.r0 in (None, 0, 1) and area.r1 is None and (area.c0 is not None or area.c1 is not None)
        if column_only and not (
            switches.protected_column_blocks_sort if action == "sort" else switches.protected_column_blocks_row_delete
        ):
            continue
        if covers(sheet, entry, area, box):
            raise protected_cell()


def guard_sheet(book: Book, sheet: Sheet, actor: Actor) -> None:
    """Refuses a change of the tab itself when the whole tab is protected."""
    for _, area in _against(book, sheet, actor):
        if sheet.box(area) == sheet.whole():
            raise protected_cell()


def warned(book: Book, sheet: Sheet, box: Box) -> bool:
    """Whether a person should be asked before changing these cells."""
    for entry in sheet.doc.get("protectedRanges", []):
        area = area_of(book, sheet, entry)
        if entry.get("warningOnly") and area is not None and covers(sheet, entry, area, box):
            return True
    return False
