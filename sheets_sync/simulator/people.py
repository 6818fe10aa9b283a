"""The people of a simulation, and what each of them typed and saw.

A value that a person typed is lost when it is neither final, nor was replaced by somebody who saw it, nor stands on
Conflicts. So every typed value is unique, and whoever overwrites or deletes notes what they saw.
"""

import random
from dataclasses import dataclass, field
from typing import Any

from sheets_sync.outgoing import RID
from sheets_sync.simulator.grid import Cell, Formula, Grid, Line
from sheets_sync.simulator.table import MEMO, TABLE
from workbooks.schema import rid_of

TITLE = {column.name: column.title for column in TABLE.columns}
NAMES = {title: name for name, title in TITLE.items()}
KEY = TITLE["k"]
Typed = tuple[str, str, str]
"""(value, key of its row, column)"""


@dataclass
class Memory:
    """What was typed, what was seen and replaced, which rows were deleted by whom."""

    dice: random.Random
    typed: dict[Typed, str] = field(default_factory=dict)
    seen: set[Typed] = field(default_factory=set)
    copied: set[Typed] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    also: dict[Typed, str] = field(default_factory=dict)
    """the key of the row it was typed in, where that showed another one: something was written there by mistake"""
    under: dict[Typed, str] = field(default_factory=dict)
    """the key that the hidden identity of a row stood for when a value was typed there or came along with its copying; ""
    for a cell that was emptied"""
    rids: dict[str, str] = field(default_factory=dict)
    count: int = 0
    keys: int = 0

    def value(self, column: str) -> Any:
        """A new value, the like of which nobody has typed."""
        self.count += 1
        if column == "n":
            return self.count
        padding = self.dice.choice(("", "", "", " ", "\u00a0"))
        return f"v{self.count}{padding}"

    def key(self) -> str:
        """A new key."""
        self.keys += 1
        key = f"K{self.keys}"
        self.rids[rid_of(TABLE.name, (key,))] = key
        return key

    def type(self, who: str, value: Any, key: Any, column: str, before: Any) -> None:
        """Somebody put `value` where `before` was seen."""
        self.see(before, key, column)
        self.typed[text(value), str(key), column] = who

    def see(self, value: Any, key: Any, column: str) -> None:
        """Somebody saw a value and removed or replaced it."""
        if value in (None, ""):
            return
        here = (text(value), str(key), column)
        self.seen.add(here)
        if here not in self.typed and here not in self.copied:
            # the row showed another key for a moment; the person saw the value all the same
            self.seen |= {one for one in self.typed if one[0] == here[0] and one[2] == column}


def text(value: Any) -> str:
    """A value as it is compared: without the spaces that mean nothing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().strip("\u00a0").strip()


@dataclass
class Dispatchers:
    """People at the spreadsheet."""

    grid: Grid
    memory: Memory
    dice: random.Random
    clipboard: Line | None = None
    absent: tuple[object, str | None] = (None, None)
    """which hub read last, and the row that was in the clipboard then"""

    def read(self, hub: object) -> None:
        """`hub`, which leads, read everything. A row that it misses twice on end is deleted, whoever may be holding it;
        one that has just begun has missed none yet.
        """
        held = self.clipboard
        now = (hub, held.origin if held is not None else None)
        if held is not None and self.absent == now:
            held.late = True
            self.memory.deleted |= {held.origin, str(held[KEY])}
        self.absent = now

    def act(self, between: bool = False) -> None:
        """One thing that one of them does.

        `between` reading and writing nobody types a formula over a value: one that shows the very value it replaces
        cannot be told from it (docs/decisions/0015).
        """
        dice, lines = self.dice, self.grid.lines
        chance = dice.random()
        full = [line for line in lines if line.get(KEY)]
        if self.clipboard is not None and chance < 0.5:
            self._paste(dice.randint(0, len(lines)))
        elif chance < 0.36 and full:
            self._edit(dice.choice(full), dice.choice(("a", "a", "c", "c", "n")))
        elif chance < 0.40 and full:
            self._edit(dice.choice(full), dice.choice(("b", "s")))
        elif chance < 0.52:
            self._add(dice.randint(0, len(lines)))
        elif chance < 0.60:
            dice.shuffle(lines)
        elif chance < 0.64 and len(full) > 2:
            self._delete(dice.choice(full))
        elif chance < 0.68 and full:
            self._clear(dice.choice(full), dice.choice(("a", "c", "n")))
        elif chance < 0.73 and full:
            self._memo(dice.choice(full))
        elif chance < 0.77 and full and self.clipboard is None:
            line = dice.choice(full)
            self.clipboard = line
            lines[:] = [other for other in lines if other is not line]
        elif chance < 0.81 and full:
            self._copy(dice.choice(full))
        elif chance < 0.84:
            self._move_column()
        elif chance < 0.86 and full and not between:
            self._formula(dice.choice(full))
        elif chance < 0.87 and len(full) > 6:
            for line in full[:5]:
                self._delete(line)
        elif chance < 0.90:
            lines.insert(dice.randint(0, len(lines)), Line())
        elif chance < 0.93 and full:
            self._retype(dice.choice(full))

    def finish(self) -> None:
        """Whoever still holds rows in the clipboard pastes them."""
        if self.clipboard is not None:
            self._paste(len(self.grid.lines))

    def _paste(self, at: int) -> None:
        assert self.clipboard is not None
        if self.clipboard.late:
            # it counts as typed anew with all that it shows, also what a write had left in it
            for column, title in TITLE.items():
                shown = text(_shown(self.clipboard.get(title)) or "")
                self.memory.copied |= {
                    (shown, key, column) for key in (str(self.clipboard.get(KEY)), self.clipboard.origin)
                }
        self.grid.lines.insert(at, self.clipboard)
        self.clipboard = None

    def _edit(self, line: Line, column: str) -> None:
        value = self.memory.value(column)
        self._type(line, column, value)

    def _type(self, line: Line, column: str, value: Any) -> None:
        title, key = TITLE[column], str(line[KEY])
        self._overwrite_formula(line, title)
        self._see(line, column)
        self.memory.type("dispatch", value, key, column, None)
        self.memory.also[text(value), key, column] = line.origin or self.memory.rids.get(key, key)
        self._under(line, column, value)
        line[title] = value

    def _under(self, line: Line, column: str, value: Any) -> None:
        self.memory.under[text(value), str(line[KEY]), column] = self.memory.rids.get(str(line.get(RID)), "")

    def _overwrite_formula(self, line: Line, title: str) -> None:
        if isinstance(line.get(title), Formula):
            line.formula = None

    def _clear(self, line: Line, column: str) -> None:
        title = TITLE[column]
        self._overwrite_formula(line, title)
        self._see(line, column)
        self._under(line, column, "")
        line[title] = None

    def _see(self, line: Line, column: str) -> None:
        """What a cell shows is seen and goes; the row may show another key than its own for a moment."""
        for key in {str(line[KEY]), line.origin}:
            self.memory.see(_shown(line.get(TITLE[column])), key, column)

    def _retype(self, line: Line) -> None:
        """Types a cell again as it is, the way people do: with a space behind it."""
        cell = line.get(TITLE["a"])
        if isinstance(cell, str) and cell:
            line[TITLE["a"]] = text(cell) + " "

    def _add(self, at: int) -> None:
        key = self.memory.key()
        line = Line({KEY: key}, key)
        for column in self.dice.sample(("a", "c", "n"), 2):
            self._type(line, column, self.memory.value(column))
        self.grid.lines.insert(at, line)

    def _copy(self, source: Line) -> None:
        """Copies a row in place and makes it another one by typing a new key."""
        key = self.memory.key()
        line = Line({title: _shown(cell) for title, cell in source.items()} | {KEY: key}, key)
        for column, title in TITLE.items():
            if column != "k" and line.get(title) not in (None, ""):
                self.memory.copied.add((text(line[title]), key, column))
                self._under(line, column, line[title])
        line[MEMO] = None
        self.grid.lines.append(line)

    def _delete(self, line: Line) -> None:
        key = str(line[KEY])
        for column in TITLE:
            self._see(line, column)
        self.memory.deleted |= {key, line.origin}
        self.grid.lines[:] = [other for other in self.grid.lines if other is not line]

    def _memo(self, line: Line) -> None:
        self.memory.count += 1
        line[MEMO] = line.memo = f"m{self.memory.count}"

    def _move_column(self) -> None:
        header = self.grid.header
        title = header.pop(self.dice.randrange(len(header)))
        header.insert(self.dice.randint(0, len(header)), title)

    def _formula(self, line: Line) -> None:
        key, title = str(line[KEY]), TITLE["c"]
        if not line.get(RID) or isinstance(line.get(title), Formula) or line.get(title) in (None, ""):
            return
        shows = str(line[title])
        self.memory.see(shows, key, "c")
        line.formula = (title, f"A{self.memory.count}")
        line[title] = Formula(f"A{self.memory.count}", shows)


def _shown(cell: Cell) -> Any:
    return cell.shows if isinstance(cell, Formula) else cell


@dataclass
class Session:
    """The workbook as one VA has it open: generation, rows as (rid, cells)."""

    generation: int
    rows: list[tuple[str | None, dict[str, Any]]]


@dataclass
class Assistants:
    """People at the workbook: they open it, edit for hours, and save what may be stale by then."""

    file: Session
    memory: Memory
    dice: random.Random
    open: Session | None = None
    saves: int = 0

    def act(self) -> None:
        """One thing that one of them does."""
        chance = self.dice.random()
        if self.open is None:
            if chance < 0.5:
                self.open = Session(self.file.generation, [(rid, dict(cells)) for rid, cells in self.file.rows])
            return
        if chance < 0.6 and self.open.rows:
            _, cells = self.dice.choice(self.open.rows)
            column = self.dice.choice(("b", "b", "c", "n", "a"))
            value = self.memory.value(column)
            self.memory.type("va", value, cells["k"], column, cells.get(column))
            cells[column] = value
        elif chance < 0.7:
            key = self.memory.key()
            row: dict[str, Any] = dict.fromkeys(TABLE.by_name)
            row["k"] = key
            row["b"] = self.memory.value("b")
            self.memory.type("va", row["b"], key, "b", None)
            self.open.rows.append((None, row))
        elif chance < 0.74 and len(self.open.rows) > 3:
            _rid, cells = self.open.rows.pop(self.dice.randrange(len(self.open.rows)))
            for column, value in cells.items():
                self.memory.see(value, cells["k"], column)
            self.memory.deleted.add(str(cells["k"]))
        elif chance > 0.85:
            self.save()

    def save(self) -> None:
        """Saves, whatever has become of the file meanwhile."""
        if self.open is not None:
            self.file, self.open = self.open, None
            self.saves += 1
