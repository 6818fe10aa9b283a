"""Where in the workbook, as it stands at this moment, what the hub told belongs. Pure.

Rows are found by their `_rid`, whatever was sorted or inserted meanwhile. A cell is written only while it holds what
the hub had seen in it: where somebody has typed since, their value goes to the hub first. Formulas, merged cells and
locked sheets are left alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from addin.view import RID, WITHIN, Grid, alike, plain

Place = tuple[str, str, str, str]
"""(tab, rid, header, value as text): what was written where"""


@dataclass(frozen=True)
class Block:
    """Cells to write in one go: tab, first row (from 1) and column (from 0), the rows, what they hold now.

    `texts`: for each column, whether it holds text and nothing else.
    """

    tab: str
    row: int
    column: int
    rows: tuple[tuple[Any, ...], ...]
    before: tuple[tuple[Any, ...], ...]
    texts: tuple[bool, ...]


@dataclass(frozen=True)
class Mark:
    """A note at a cell: row from 1, column from 0; text "" takes it away."""

    tab: str
    row: int
    column: int
    text: str


@dataclass(frozen=True)
class Placed:
    """What can be written now. `done`: each cell of it, for whoever counts. `trouble`: why something cannot be."""

    blocks: tuple[Block, ...] = ()
    done: tuple[Place, ...] = ()
    trouble: str = ""
    count: int = 0


@dataclass(frozen=True)
class _Cell:
    row: int
    column: int
    value: Any
    before: Any
    text: bool


class _Tab:
    """A tab with its header found and its rows by identity."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.at = next((n for n, line in enumerate(grid.lines[:WITHIN]) if RID in line), -1)
        header = grid.lines[self.at] if self.at >= 0 else ()
        self.columns: dict[str, int] = {}
        for number, raw in enumerate(header):
            if isinstance(raw, str):
                self.columns.setdefault(" ".join(raw.split()), number)
        self.rows: dict[str, list[int]] = {}
        place = self.columns.get(RID)
        for number in range(self.at + 1, len(grid.lines)):
            if place is not None and (rid := self.cell(number, place)) not in (None, ""):
                self.rows.setdefault(str(rid), []).append(number)

    def cell(self, row: int, column: int) -> Any:
        line = self.grid.lines[row] if 0 <= row < len(self.grid.lines) else ()
        return line[column] if column < len(line) else None

    def find(self, write: Mapping[str, Any]) -> int | None:
        """The row a write is meant for, counted from 0; None when it is not there or not certain."""
        key, wanted = str(write.get("key") or ""), int(write["row"]) - 1
        rows = self.rows.get(key, []) if key else [n for n in range(self.at + 1, len(self.grid.lines)) if self._bare(n)]
        known = [row for row in rows if self._known(row, write.get("known", {}))]
        if wanted in known:
            return wanted
        if len(known) == 1:
            return known[0]
        return rows[0] if key and len(rows) == 1 else None

    def _bare(self, row: int) -> bool:
        place = self.columns.get(RID)
        return place is not None and self.cell(row, place) in (None, "")

    def _known(self, row: int, known: Mapping[str, Any]) -> bool:
        return all(
            header in self.columns and alike(self.cell(row, self.columns[header]), value)
            for header, value in known.items()
        )

    def free(self, row: int, column: int) -> bool:
        """True for a cell that holds no formula and is not part of merged ones."""
        if (row, column) in self.grid.formulas:
            return False
        return not any(
            first <= row + 1 <= last and left <= column <= right for first, left, last, right in self.grid.merges
        )

    @property
    def bottom(self) -> int:
        """The first row, from 0, below which nothing stands."""
        lines = self.grid.lines
        return next(
            (n + 1 for n in range(len(lines) - 1, self.at, -1) if any(plain(c) is not None for c in lines[n])),
            self.at + 1,
        )


def blocks_of(
    todo: Mapping[str, Any], tabs: Mapping[str, Grid], declared: Mapping[str, Mapping[str, Any]], tired: Collection[Place]
) -> Placed:  # fmt: skip
    """What of an answer can be written into the tabs as they stand."""
    blocks: list[Block] = []
    done: list[Place] = []
    trouble = ""
    writes, appends = _by_tab(todo.get("writes", ())), _by_tab(todo.get("appends", ()))
    for title in dict.fromkeys([*writes, *appends]):
        if title not in tabs:
            continue
        if tabs[title].locked:
            trouble = (
                f"The sheet “{title}” is protected, so nothing is written there; unprotect it (Review, Unprotect Sheet)"
            )
            continue
        tab, texts = _Tab(tabs[title]), set(declared.get(title, {}).get("texts", ()))
        if tab.at < 0:
            continue
        found: list[_Cell] = []
        for write in writes.get(title, ()):
            _one(tab, title, write, texts, tired, found, done)
        bottom = tab.bottom
        for row in appends.get(title, ()):
            place = (title, str(row["rid"]), "", "")
            if row["rid"] in tab.rows or place in tired:
                continue
            found += [
                _Cell(bottom, tab.columns[header], value, None, header in texts)
                for header, value in row["cells"].items() if header in tab.columns
            ]  # fmt: skip
            done.append(place)
            bottom += 1
        blocks += _joined(title, found)
    count = len({(block.tab, block.row + n) for block in blocks for n in range(len(block.rows))})
    return Placed(tuple(blocks), tuple(done), trouble, count)


def _by_tab(items: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        found.setdefault(str(item["tab"]), []).append(item)
    return found


def _one(
    tab: _Tab, title: str, write: Mapping[str, Any], texts: Collection[str], tired: Collection[Place],
    found: list[_Cell], done: list[Place],
) -> None:  # fmt: skip
    row = tab.find(write)
    if row is None:
        return
    for header, expected, value in write["cells"]:
        column = tab.columns.get(header)
        if column is None or not tab.free(row, column):
            continue
        now = tab.cell(row, column)
        place = (title, str(write["rid"] or write["key"]), header, repr(value))
        if alike(now, value) or not alike(now, expected) or place in tired:
            continue
        found.append(_Cell(row, column, value, plain(now), header in texts))
        done.append(place)


def _joined(title: str, cells: Sequence[_Cell]) -> list[Block]:
    """Cells beside and below each other in one block each, so that few calls write many."""
    runs: list[list[_Cell]] = []
    for cell in sorted(cells, key=lambda cell: (cell.row, cell.column)):
        last = runs[-1][-1] if runs else None
        if last is not None and (last.row, last.column + 1) == (cell.row, cell.column):
            runs[-1].append(cell)
        else:
            runs.append([cell])
    stacks: dict[tuple[int, int], list[list[_Cell]]] = {}
    blocks: list[list[list[_Cell]]] = []
    for run in runs:
        span = (run[0].column, len(run))
        above = stacks.get(span)
        if above is not None and above[-1][0].row + 1 == run[0].row:
            above.append(run)
        else:
            stacks[span] = [run]
            blocks.append(stacks[span])
    return [
        Block(
            title, block[0][0].row + 1, block[0][0].column,
            tuple(tuple(cell.value for cell in run) for run in block),
            tuple(tuple(cell.before for cell in run) for run in block),
            tuple(cell.text for cell in block[0]),
        )
        for block in blocks
    ]  # fmt: skip


def marks_of(
    wanted: Sequence[Mapping[str, Any]], marked: Mapping[tuple[str, str, str], str], tabs: Mapping[str, Grid]
) -> tuple[tuple[Mark, ...], dict[tuple[str, str, str], str]]:
    """Notes to put and to take away, and which there are then."""
    want = {(str(one["tab"]), str(one["rid"]), str(one["header"])): str(one["text"]) for one in wanted}
    known = {title: _Tab(grid) for title, grid in tabs.items() if not grid.locked}
    marks: list[Mark] = []
    now = dict(want)
    for place, text in [
        *((p, "") for p in marked if p not in want),
        *((p, t) for p, t in want.items() if marked.get(p) != t),
    ]:
        title, rid, header = place
        tab = known.get(title)
        rows = tab.rows.get(rid, []) if tab is not None else []
        if tab is not None and header in tab.columns and rows:
            marks.append(Mark(title, rows[0] + 1, tab.columns[header], text))
    return tuple(marks), now


def undone(blocks: Sequence[Block], tabs: Mapping[str, Grid]) -> list[Block]:
    """Blocks that put back what earlier ones wrote over, cell by cell where the cell still shows what was written.

    Rows that were added stay.
    """
    found: list[Block] = []
    for block in blocks:
        if block.tab not in tabs or tabs[block.tab].locked:
            continue
        tab = _Tab(tabs[block.tab])
        for down, (row, before) in enumerate(zip(block.rows, block.before, strict=True)):
            if all(value is None for value in before) and tab.columns.get(RID) in range(
                block.column, block.column + len(row)
            ):
                continue
            for across, (value, old) in enumerate(zip(row, before, strict=True)):
                at, column = block.row - 1 + down, block.column + across
                if column == tab.columns.get(RID) or not tab.free(at, column) or not alike(tab.cell(at, column), value):
                    continue
                found.append(Block(block.tab, at + 1, column, ((old,),), ((value,),), (block.texts[across],)))
    return found
