"""What of an open workbook goes to the hub: our columns, as text, number, TRUE/FALSE or nothing, and what is new in them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

RID = "_rid"
WITHIN = 20
"""rows within which a header is looked for"""
_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock
Line = tuple[Any, ...]


@dataclass(frozen=True)
class Grid:
    """One tab as it was read: `lines[0]` is row 1. `formulas`: (row, column) from 0 of cells that hold one.

    `merges`: first row, first column, last row, last column; rows from 1, columns from 0. `locked`: cells cannot be
    written there.
    """

    lines: Sequence[Sequence[Any]]
    formulas: frozenset[tuple[int, int]] = frozenset()
    merges: tuple[tuple[int, int, int, int], ...] = ()
    locked: bool = False


@dataclass(frozen=True)
class View:
    """One tab as the hub is told: row of the header, its texts, which columns are ours, and their cells below."""

    header: int
    headers: tuple[str, ...]
    places: tuple[int, ...]
    lines: tuple[Line, ...]
    merges: tuple[tuple[int, int, int, int], ...] = field(default=())

    def place(self, title: str) -> int | None:
        """Where in each line the column `title` stands; None without one."""
        return next((n for n, place in enumerate(self.places) if self.headers[place] == title), None)

    def cell(self, line: Line, title: str) -> Any:
        """The cell of a line under `title`; None where it is empty or there is no such column."""
        place = self.place(title)
        return line[place] if place is not None and place < len(line) else None


def plain(raw: Any) -> Any:
    """A cell as it travels: moments and days as the number a spreadsheet keeps for them."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, (str, bool, int, float)):
        return raw if not isinstance(raw, float) or raw - raw == 0 else str(raw)
    if isinstance(raw, datetime):
        return (raw.replace(tzinfo=None) - _ZERO) / timedelta(days=1)
    if isinstance(raw, date):
        return (raw - _ZERO.date()).days
    if isinstance(raw, time):
        return (raw.hour * 3600 + raw.minute * 60 + raw.second) / 86_400
    if isinstance(raw, timedelta):
        return raw / timedelta(days=1)
    return str(raw)


def alike(one: Any, other: Any) -> bool:
    """True when two cells hold the same as a person sees it."""
    one, other = plain(one), plain(other)
    if one is None or other is None or isinstance(one, (str, bool)) or isinstance(other, (str, bool)):
        return type(one) is type(other) and bool(one == other)
    return bool(one == other or abs(one - other) < 1e-6 or f"{one:.15g}" == f"{other:.15g}")


def view(grid: Grid, ours: Sequence[str]) -> View:
    """A tab as the hub is told, with the columns headed by one of `ours`."""
    lines = grid.lines
    at = next((n for n, line in enumerate(lines[:WITHIN]) if RID in line), 0)
    headers = tuple(_text(raw) for raw in lines[at]) if lines else ()
    places = tuple(n for n, text in enumerate(headers) if text in ours)
    found: list[Line] = []
    for number, line in enumerate(lines[at + 1 :], at + 1):
        cells = [plain(line[place]) if place < len(line) else None for place in places]
        if grid.formulas:
            cells = [[cell] if (number, places[n]) in grid.formulas else cell for n, cell in enumerate(cells)]
        while cells and cells[-1] is None:
            cells.pop()
        found.append(tuple(cells))
    while found and not found[-1]:
        found.pop()
    return View(at + 1, headers, places, tuple(found), grid.merges)


def _text(raw: Any) -> str:
    return " ".join(raw.split()) if isinstance(raw, str) else "" if raw is None else str(raw)


def told(now: View, before: View | None) -> dict[str, Any]:
    """The view as it is sent: rows that stood before as [from, count], others as [-1, cells]."""
    rows: list[list[Any]] = []
    old = before.lines if before is not None and before.places == now.places else ()
    known: dict[str, int] = {}
    for number, line in enumerate(old):
        known.setdefault(repr(line), number)
    expected = 0
    for line in now.lines:
        if expected < len(old) and _same(old[expected], line):
            found: int | None = expected
        else:
            found = known.get(repr(line))
        if found is None:
            rows.append([-1, list(line)])
            expected += 1  # a changed row is followed by the one that followed it
            continue
        if rows and rows[-1][0] >= 0 and rows[-1][0] + rows[-1][1] == found:
            rows[-1][1] += 1
        else:
            rows.append([found, 1])
        expected = found + 1
    return {
        "header": now.header, "headers": list(now.headers), "places": list(now.places), "rows": rows,
        "merges": [list(one) for one in now.merges],
    }  # fmt: skip


def _same(one: Line, other: Line) -> bool:
    # 1 and TRUE are equal to Python and different in a cell
    return one == other and repr(one) == repr(other)


def same(one: View, other: View | None) -> bool:
    """True when nothing differs that the hub would be told."""
    return other is not None and one == other and all(map(_same, one.lines, other.lines))


def held_back(
    now: View, before: View | None, row: int | None, since: Mapping[str, tuple[Line, float]], at: float, patience: float
) -> tuple[View, dict[str, tuple[Line, float]]]:
    """The view with the row somebody is still working in as it was, and since when that row stands so.

    A row is half typed while the cursor is in it: it is said once the cursor has left, or after `patience` seconds
    without a change. A new row is left empty until then. `row`: its number in the tab, None for none.
    """
    number = row - now.header - 1 if row is not None else -1
    if not 0 <= number < len(now.lines):
        return now, {}
    line = now.lines[number]
    rid = now.cell(line, RID)
    if rid is None:
        was: Line = ()
        if before is not None and any(_same(line, one) for one in before.lines):
            return now, {}
    else:
        was = next((one for one in before.lines if before.cell(one, RID) == rid), line) if before is not None else line
    if _same(was, line):
        return now, {}
    key = str(rid or f"row {row}")
    began = since[key][1] if key in since and _same(since[key][0], line) else at
    if at - began >= patience:
        return now, {key: (line, began)}
    lines = (*now.lines[:number], was, *now.lines[number + 1 :])
    return View(now.header, now.headers, now.places, lines, now.merges), {key: (line, began)}
