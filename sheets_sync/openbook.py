"""A workbook that is open in Excel, as a copy of the ledger's tables: what the add-in says of it, and what it was told.

The add-in sends each tab once and then only what differs from what it sent last: a list of rows that stand as they
stood and rows that are new. `View` is a tab as it is known from that. What the hub has told the add-in to write
counts as agreed as soon as the cell shows it (`caught_up`): no answer has to arrive for that. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sheets_sync import compare
from sheets_sync.google.read import Sheet, Snapshot
from sheets_sync.plain import Plain
from sheets_sync.workbook import Tab
from workbooks.intake.grid import Merge
from workbooks.schema import Row

MOST_ROWS, MOST_COLUMNS, LONGEST = 200_000, 1_000, 32_767
_NUMBER = re.compile(r"(\d{1,9})(?:#|$)")
_MARK = re.compile(r"([0-9a-f]{8,32})\.(\d{1,9})")


class Unclear(ValueError):  # noqa: N818 - it is said to whoever asked, not a programming error
    """What was said of a tab does not follow from what was said before, or is no tab at all."""


@dataclass(frozen=True)
class View:
    """One tab as the add-in last said it: row number and texts of the header, and the cells of each row below it.

    `places` are the columns (from 0) whose cells were said, in the order they stand in each line. A cell that holds a
    formula is a list of one: what it shows.
    """

    header: int
    headers: tuple[str, ...]
    places: tuple[int, ...]
    lines: tuple[Sequence[Any], ...]
    merges: tuple[Merge, ...] = ()


def following(before: View | None, said: Mapping[str, Any]) -> View:
    """The tab that `said` describes. Its rows are pairs: [from, count] of rows before, or [-1, cells] of a new one."""
    header = said.get("header")
    if not all(isinstance(said.get(name), list) for name in ("headers", "places", "rows")):
        raise Unclear("the header is no row of texts")
    headers, places = tuple(said["headers"]), tuple(said["places"])
    if not _count(header, 1_000) or not header or len(headers) > MOST_COLUMNS:
        raise Unclear("the header is no row of texts")
    if not all(isinstance(text, str) for text in headers) or not all(_count(n, len(headers) - 1) for n in places):
        raise Unclear("the header is no row of texts")
    lines: list[Sequence[Any]] = []
    old = before.lines if before is not None and before.places == places else ()
    for one in said["rows"]:
        if not isinstance(one, list) or len(one) != 2 or type(one[0]) is not int:
            raise Unclear("a row is neither new nor one from before")
        start, what = one
        if start == -1:
            lines.append(_line(what, len(places)))
        elif _count(what, len(old)) and 0 <= start <= len(old) - what:
            lines += old[start : start + what]
        else:
            raise Unclear("a row from before is not known")
        if len(lines) > MOST_ROWS:
            raise Unclear(f"a tab of more than {MOST_ROWS:,} rows is not kept in step")
    return View(header, headers, places, tuple(lines), _merges(said.get("merges", ())))


def _count(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _line(cells: Any, width: int) -> Sequence[Any]:
    if not isinstance(cells, list) or len(cells) > width:
        raise Unclear("a row has more cells than columns")
    for cell in cells:
        shown = cell[0] if isinstance(cell, list) and len(cell) == 1 else cell
        if not isinstance(shown, (str, int, float, bool, type(None))):
            raise Unclear("a cell holds neither text nor number")
        if isinstance(shown, str) and len(shown) > LONGEST:
            raise Unclear("a cell holds more than a cell can hold")
    return cells


def _merges(said: Any) -> tuple[Merge, ...]:
    found = []
    for one in said if isinstance(said, list) else ():
        if not isinstance(one, list) or len(one) != 4 or not all(_count(n, 2_000_000) for n in one):
            raise Unclear("merged cells are four numbers")
        found.append(Merge(*one))
    return tuple(found)


def snapshot(file: str, views: Mapping[str, View]) -> Snapshot:
    """The whole workbook as the merge reads a shared one."""
    return Snapshot(file, {title: _sheet(title, view) for title, view in views.items()})


def _sheet(title: str, view: View) -> Sheet:
    width = len(view.headers)
    lines: list[list[Plain]] = [[] for _ in range(view.header - 1)]
    lines.append(list(view.headers))
    formulas: dict[tuple[int, int], str] = {}
    for number, cells in enumerate(view.lines, view.header + 1):
        line: list[Plain] = [""] * width
        for place, cell in zip(view.places, cells, strict=False):
            if cell.__class__ is list:
                formulas[number, place], cell = "", cell[0]
            line[place] = "" if cell is None else cell
        lines.append(line)
    return Sheet(title, 0, lines, formulas, view.merges)


def sitting_of(mark: str) -> tuple[str, int] | None:
    """Sitting and round that the mark in a workbook names; None where there is none."""
    found = _MARK.fullmatch(mark)
    return (found[1], int(found[2])) if found else None


def name_of(book: str, generation: int, sitting: str) -> str:
    """Under which name the ledger keeps what was agreed while a workbook was open."""
    return f"{book}@{generation}#{sitting}"


def generation_of(name: str, book: str) -> int | None:
    """The writing of `book` (its name or its file's) that such a name speaks of; None where it speaks of another."""
    found = _NUMBER.match(name.removeprefix(f"{book}@")) if name.startswith(f"{book}@") else None
    return int(found[1]) if found else None


def told_of(name: str) -> str:
    """Under which name the ledger keeps the rows that were given to the add-in to be written."""
    return f"{name}~"


def caught_up(tab: Tab, base: Mapping[str, Row], told: Mapping[str, Row], zone: ZoneInfo) -> dict[str, Row]:
    """Rows of `base` that change because the tab shows what it was told: by rid, the row as it is agreed now."""
    forms = compare.forms(tab.table, told, zone)
    found: dict[str, Row] = {}
    for row in tab.rows:
        if row.rid is None or row.rid not in told or row.rid in found:
            continue
        new, form, known = told[row.rid], forms[row.rid], base.get(row.rid)
        if known is None:
            # a row we added counts as ours only while it says by its key that it is
            if all(compare.same(row.cells.get(name), form.get(name)) for name in tab.table.key):
                found[row.rid] = {name: value for name, value in new.items() if name in row.cells}
            continue
        shown = {
            name: value for name, value in new.items()
            if known.get(name) != value and name in row.cells and compare.same(row.cells[name], form.get(name))
        }  # fmt: skip
        if shown:
            found[row.rid] = {**known, **shown}
    return found
