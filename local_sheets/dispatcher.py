"""A scripted dispatcher: a person at the grid who acts between any two requests, by a list of acts or by a seed.

What a dispatcher does goes through the same grid operations as everything else, under their own name and rights, and
is written down, so that a test knows which values people left.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local_sheets import ranges_io
from local_sheets.a1 import Area
from local_sheets.batch import engine
from local_sheets.batch.context import Context
from local_sheets.errors import ApiError
from local_sheets.model import Sheet
from local_sheets.workspace import Workspace

Json = dict[str, Any]
ACTS = ("edit", "insert", "delete", "sort", "cut", "copy", "clear")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a dispatcher does on one tab; rows count from zero.

    ``edit`` types ``text`` at row, column; ``insert`` puts ``count`` empty rows before a row; ``delete`` takes them;
    ``sort`` sorts rows ``row`` to the last filled one by a column; ``cut`` and ``copy`` move or copy ``count`` whole
    rows to row ``to``; ``clear`` empties a cell.
    """

    what: str
    row: int = 0
    column: int = 0
    count: int = 1
    to: int = 0
    text: str = ""
    descending: bool = False


def request_of(sheet: Sheet, act: Act) -> Json | None:
    """The act as one request of a batchUpdate; ``None`` for those that go through values."""
    rows = {"sheetId": sheet.sheet_id, "startRowIndex": act.row, "endRowIndex": act.row + act.count}
    whole = {**rows, "startColumnIndex": 0, "endColumnIndex": sheet.width}
    span = {"sheetId": sheet.sheet_id, "dimension": "ROWS", "startIndex": act.row, "endIndex": act.row + act.count}
    if act.what == "insert":
        return {"insertDimension": {"range": span, "inheritFromBefore": act.row > 0}}
    if act.what == "delete":
        return {"deleteDimension": {"range": span}}
    if act.what == "sort":
        used = max((n for n, line in enumerate(sheet.rows) if line.cells), default=act.row)
        grid = {**whole, "endRowIndex": max(used, act.row) + 1}
        order = "DESCENDING" if act.descending else "ASCENDING"
        return {"sortRange": {"range": grid, "sortSpecs": [{"dimensionIndex": act.column, "sortOrder": order}]}}
    if act.what == "cut":
        to = {"sheetId": sheet.sheet_id, "rowIndex": act.to, "columnIndex": 0}
        return {"cutPaste": {"source": whole, "destination": to, "pasteType": "PASTE_NORMAL"}}
    if act.what == "copy":
        to = {**whole, "startRowIndex": act.to, "endRowIndex": act.to + act.count}
        return {"copyPaste": {"source": whole, "destination": to, "pasteType": "PASTE_NORMAL"}}
    return None


def perform(context: Context, title: str, act: Act) -> None:
    """Carries an act out on a fork; raises what the grid refuses."""
    sheet = context.book.by_title(title)
    if sheet is None:
        return
    request = request_of(sheet, act)
    if request is not None:
        engine.run(context, [request])
        return
    area = Area(sheet.sheet_id, act.row, act.row + 1, act.column, act.column + 1)
    if act.what == "clear":
        ranges_io.clear(context, sheet, area)
    elif act.what == "edit":
        ranges_io.write(context, sheet, area, [[act.text]], "USER_ENTERED")
    else:
        raise ValueError(f"no act {act.what}")


@dataclass
class Dispatcher:
    """A person with something to do on one tab. ``script`` is done in order; then, with a ``seed``, random acts follow.

    ``chance`` is how likely the person acts at a turn; ``columns`` are where they type; ``header`` rows are left alone.
    """

    book_id: str
    title: str
    email: str
    script: list[Act] = field(default_factory=list)
    seed: int | None = None
    chance: float = 1.0
    acts: tuple[str, ...] = ACTS
    columns: tuple[int, ...] = (0,)
    header: int = 1
    limit: int | None = None
    done: list[tuple[Act, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - a script, not a secret

    def turn(self, sheet: Sheet | None) -> Act | None:
        """What the person does now, if anything."""
        if self.limit is not None and len(self.done) >= self.limit:
            return None
        if self.script:
            return self.script.pop(0)
        if self.seed is None or sheet is None or self._random.random() >= self.chance:
            return None
        return self._random_act(sheet)

    def _random_act(self, sheet: Sheet) -> Act | None:
        used = [n for n, line in enumerate(sheet.rows) if line.cells and n >= self.header]
        if not used:
            return None
        what = self._random.choice(self.acts)
        row, to = self._random.choice(used), self._random.choice([*used, used[-1] + 1])
        column = self._random.choice(self.columns)
        text = f"d{self._random.randrange(10**9)}"
        if what == "sort":
            return Act("sort", self.header, column, descending=self._random.random() < 0.5)
        return Act(what, row, column, 1, min(to, sheet.height - 1), text)


def take_turns(workspace: Workspace, book_id: str) -> None:
    """Every dispatcher of a spreadsheet gets one turn; what the grid refuses is written down as refused."""
    for person in workspace.dispatchers:
        if person.book_id != book_id or book_id not in workspace.files:
            continue
        act = person.turn(workspace.current(book_id).by_title(person.title))
        if act is not None:
            person.done.append((act, _commit(workspace, person, act)))


def _commit(workspace: Workspace, person: Dispatcher, act: Act) -> str:
    try:
        with workspace.editing(person.book_id, person.email) as context:
            perform(context, person.title, act)
    except ApiError as error:
        return error.message
    return "done"


class Interleaved:
    """Dispatchers who act between the requests of one batch, where the switch allows it.

    They act on the fork in work; when the batch then fails, :meth:`redo` does the same on the spreadsheet as it was.
    """

    def __init__(self, workspace: Workspace, book_id: str) -> None:
        self._workspace, self._book_id = workspace, book_id
        self._acted: list[tuple[Dispatcher, Act]] = []

    def between(self, context: Context) -> Callable[[], None] | None:
        """What to call after each request of the batch; ``None`` when batches are isolated or nobody is there."""
        if not self._workspace.dispatchers or self._workspace.env.switches.batch_isolation != "interleaved":
            return None

        def act() -> None:
            for person, what in self._turns(context):
                other = Context(context.book, self._workspace.actor(self._book_id, person.email), context.env)
                try:
                    perform(other, person.title, what)
                    person.done.append((what, "done"))
                    self._acted.append((person, what))
                except ApiError as error:
                    person.done.append((what, error.message))

        return act

    def _turns(self, context: Context) -> Iterator[tuple[Dispatcher, Act]]:
        for person in self._workspace.dispatchers:
            if person.book_id == self._book_id:
                act = person.turn(context.book.by_title(person.title))
                if act is not None:
                    yield person, act

    def redo(self) -> None:
        """After a batch that failed: people's acts stand."""
        for person, act in self._acted:
            _commit(self._workspace, person, act)
