"""The simulated spreadsheet server: one tab, the hidden `_sync`, atomic operations, and a network in between."""

import contextlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sheets_sync.google.operation import CANCEL, WRITE, Images, Operation
from sheets_sync.google.read import Sheet, Snapshot
from sheets_sync.google.replica import Ambiguous, Overtaken
from sheets_sync.outgoing import RID
from sheets_sync.plain import Plain
from sheets_sync.simulator.table import KEY, MEMO, TABLE

TITLES = tuple(column.title for column in TABLE.columns)


@dataclass(frozen=True)
class Formula:
    """What a person typed with an equals sign, and what it shows."""

    text: str
    shows: str


Cell = Plain | Formula


class Line(dict[str, Cell]):
    """A row: header -> cell. What else it holds no program sees, only the judge: which row it is (`origin`: its key as
    people or Stopbook made it, "" for an empty one), whatever is written into it, and what people left in it as theirs.
    """

    def __init__(self, cells: Mapping[str, Cell] | None = None, origin: str = "") -> None:
        super().__init__(cells or {})
        self.origin = origin
        self.late = False
        """it was put back after it had counted as deleted, so that another may stand in its place"""
        self.memo: str | None = None
        self.formula: tuple[str, str] | None = None
        """title of its column and its text"""


@dataclass(frozen=True)
class Switches:
    """Behaviours of Google that nothing public settles."""

    token_reused: bool = False
    """creating metadata under an id that exists is accepted"""
    answer_later: bool = False
    """the response shows people's edits after the operation as well"""


@dataclass
class Grid:
    """The spreadsheet itself."""

    header: list[str] = field(default_factory=lambda: [*TITLES, MEMO, RID])
    lines: list[Line] = field(default_factory=list)
    sync: int = 1_000
    images: Images = field(default_factory=lambda: Images(1_000, 0, CANCEL))
    tokens: set[int] = field(default_factory=set)
    applied: int = 0
    switches: Switches = Switches()

    def snapshot(self) -> Snapshot:
        """What a read returns."""
        rows: list[list[Plain]] = [list(self.header)]
        formulas: dict[tuple[int, int], str] = {}
        for number, line in enumerate(self.lines, 2):
            row: list[Any] = ["" if (cell := line.get(title)) is None else cell for title in self.header]
            for place, cell in enumerate(row):
                if cell.__class__ is Formula:
                    formulas[number, place], row[place] = cell.text, cell.shows
            rows.append(row)
        return Snapshot("Dispatch", {TABLE.title: Sheet(TABLE.title, 7, rows, formulas)}, self.sync)

    def apply(self, op: Operation, guarded: bool = True) -> Images:
        """An operation, atomically. Overtaken: refused whole."""
        if guarded:
            self._take(op)
        places = op.places.get(TABLE.name, {})
        images = [self._image(write.row) for write in op.writes]
        for write in op.writes:
            while len(self.lines) < write.row - 1:
                self.lines.append(Line())
            for cell in write.cells:
                self.lines[write.row - 2][self._title(places[cell.header])] = cell.cell
        while self.lines and not any(self.lines[-1].values()):
            self.lines.pop()
        for row in op.appends:
            cells = {self._title(places[title]): cell for title, cell in row.cells}
            self.lines.append(Line(cells, str(dict(row.cells)[KEY])))
        self.applied += 1
        self.images = Images(op.token, op.epoch, WRITE, {TABLE.name: tuple(self.header)}, images)
        return self.images

    def cancel(self, op: Operation) -> Images:
        """The same token and the same `_sync`, and nothing else."""
        self._take(op)
        self.images = Images(op.token, op.epoch, CANCEL)
        return self.images

    def _take(self, op: Operation) -> None:
        if op.token in self.tokens and not self.switches.token_reused:
            raise Overtaken("the token was used")
        if op.after != self.sync:
            raise Overtaken("no such tab")
        self.tokens.add(op.token)
        self.sync = op.token

    def _title(self, place: int) -> str:
        return self.header[place] if place < len(self.header) else ""

    def _image(self, row: int) -> list[Plain]:
        line: Mapping[str, Cell] = self.lines[row - 2] if row - 2 < len(self.lines) else {}
        shown = (line.get(title) for title in self.header)
        return [cell.shows if isinstance(cell, Formula) else cell for cell in shown]


@dataclass
class Network:
    """The way to the spreadsheet: requests are lost, doubled, late, or their answers are."""

    grid: Grid
    dice: random.Random
    people: Callable[[], None]
    """somebody does something"""
    step: Callable[[], None]
    """the hub may die here"""
    seen: Callable[[], None]
    """a complete read has happened"""
    faulty: bool = True
    late: list[Operation] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"ambiguous": 0, "late": 0, "doubled": 0})

    def read(self) -> Snapshot:
        """One complete read."""
        self.step()
        found = self.grid.snapshot()
        self.seen()
        self._somebody()
        return found

    def send(self, op: Operation) -> Images:
        """One operation on its way."""
        self.step()
        self._somebody()
        chance = self.dice.random() if self.faulty else 1.0
        if chance < 0.06:
            raise self._ambiguous()  # lost before it arrived
        if chance < 0.12:
            self._quietly(op)
            raise self._ambiguous()  # applied, the answer is lost
        if chance < 0.18:
            self._postpone(op, "late")
            raise self._ambiguous()
        images = self.grid.apply(op)
        if chance < 0.22:
            self._postpone(op, "doubled")
        if self.grid.switches.answer_later:
            self._somebody()
        self.step()
        return images

    def cancel(self, op: Operation) -> Images:
        """The cancel fence; it can be lost, too, before or after."""
        self.step()
        chance = self.dice.random() if self.faulty else 1.0
        if chance < 0.06:
            raise self._ambiguous()
        with contextlib.suppress(Overtaken):
            self.grid.cancel(op)
        if chance < 0.12:
            raise self._ambiguous()
        found = self.grid.images
        self.step()
        if (found.token, found.epoch) != (op.token, op.epoch):
            raise Overtaken("“_sync” is another one")
        return found

    def tick(self, everything: bool = False) -> None:
        """Time passes: what was on its way arrives."""
        while self.late and (everything or self.dice.random() < 0.4):
            self._quietly(self.late.pop(0))

    def _quietly(self, op: Operation) -> None:
        with contextlib.suppress(Overtaken):
            self.grid.apply(op)

    def _postpone(self, op: Operation, what: str) -> None:
        self.counts[what] += 1
        self.late.append(replace(op))

    def _ambiguous(self) -> Ambiguous:
        self.counts["ambiguous"] += 1
        return Ambiguous("no answer")

    def _somebody(self) -> None:
        if self.faulty and self.dice.random() < 0.3:
            self.people()
