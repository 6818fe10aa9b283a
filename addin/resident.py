"""The agent: one process that stays, looks at the open workbooks of Stopbook every other second and keeps them in step.

It does what `addin.agent.step` says and nothing else. It can be stopped and started at any moment: what people typed
stands in the workbook, how far it was in step stands in the workbook's properties.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Protocol

from addin import agent, client, faults
from addin.agent import Answer, Answered, Ask, Denied, Lost, Mood, Policy, Seen, Show, Stamp, Write
from addin.client import Told, Unreachable
from addin.excel import Book, Busy, Program
from addin.placing import Block, undone
from addin.view import RID, view
from workbooks.problems import Refused

if TYPE_CHECKING:
    from addin.errands import Errands

BEAT, QUICK = 2.0, 0.3
"""seconds between two looks; while a button waits for its answer"""
ROUNDS = 8
"""steps that Sync now takes at most"""
LOCK = "agent.lock"
_LATER = 409


class Hub(Protocol):
    """What is needed of the hub."""

    def get(self, path: str, **asked: Any) -> Mapping[str, Any]:
        """A question that changes nothing."""

    def post(self, path: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """A question that may change something."""


def policy(said: Mapping[str, Any]) -> Policy:
    """What addin.json says about writing: {"write": "pause" or "asked" or "always", "pause": 15}."""
    write = said.get("write", agent.PAUSE)
    if write not in (agent.PAUSE, agent.ASKED, agent.ALWAYS):
        raise Refused(f"“write” in {client.folder() / client.FILE} is “{write}”; it can be pause, asked or always.")
    pause = said.get("pause", Policy.pause)
    return Policy(write, float(pause) if isinstance(pause, (int, float)) and 0 <= pause <= 3600 else Policy.pause)


class Desk:
    """One open workbook and what is known about it."""

    def __init__(self, book: Book, properties: Mapping[str, str], rules: Policy, note: str = "") -> None:
        who = {
            "ledger_id": properties["stopbook_ledger_id"],
            "generation": _whole(properties.get("stopbook_generation", "")),
            "mark": properties.get("stopbook_copy", ""),
            "file": book.name,
        }
        self.workbook = properties.get("stopbook_workbook", "")
        self.state = replace(agent.begin(who, token_hex(8), rules), trouble=note)
        self.answer: Answer = None
        self.turn = 0
        self.mark = str(who["mark"])
        self._found_notes = False

    def look(self, book: Book, mood: Mood, at: float, clock: str, pressed: bool, sure: Sequence[str]) -> Seen:
        """What stands in the workbook now, as much of it as is needed."""
        if not mood.ready or mood.editing:
            return Seen({}, (), at, clock, mood, self.state.selected)
        self.turn += 1
        titles, selected = book.titles(), book.selected()
        wanted = agent.wants(self.state, selected[0] if selected else "", self.turn)
        if pressed:
            wanted = frozenset(self.state.tabs)
        tabs = {title: book.read(title) for title in titles if title in wanted}
        mark = book.properties().get("stopbook_copy", "")
        if not self._found_notes and self.state.tabs and tabs.keys() >= set(self.state.tabs) & set(titles):
            self._find_notes(book, tabs)
        return Seen(tabs, titles, at, clock, mood, selected, mark, pressed, tuple(sure), book.read_only)

    def _find_notes(self, book: Book, tabs: Mapping[str, Any]) -> None:
        """Notes that an agent before this one left, so that they go when they are no longer true."""
        self._found_notes = True
        marked = dict(self.state.marked)
        for title, grid in tabs.items():
            seen = view(grid, self.state.tabs[title]["headers"])
            for row, column, text in book.notes(title):
                number = row - seen.header - 1
                if 0 <= number < len(seen.lines) and column < len(seen.headers):
                    rid = seen.cell(seen.lines[number], RID)
                    marked[title, str(rid or ""), seen.headers[column]] = text
        self.state = replace(self.state, marked=marked)


class Agent:
    """Keeps every open workbook in step. `at` counts seconds, `clock` says the time as people read it."""

    def __init__(
        self, program: Program, hub: Callable[[], Hub], at: Callable[[], float], clock: Callable[[], str],
        rules: Policy = Policy(),  # noqa: B008 - it is frozen
    ) -> None:  # fmt: skip
        self.program, self.hub, self._at, self._clock, self._rules = program, hub, at, clock, rules
        self.desks: dict[str, Desk] = {}
        self._marks: dict[str, str] = {}
        self._client: Hub | None = None
        self._shown = ""

    def beat(self, pressed: bool = False, sure: Sequence[str] = ()) -> None:
        """Look at every open workbook once and do what is to be done."""
        try:
            books = self.program.books()
        except Busy:
            return
        stamped = []
        for book in books:
            try:
                if self._one(book, pressed, sure):
                    stamped.append(book)
            except Busy:
                stamped.append(book)
            except Exception as error:
                if (desk := self.desks.get(book.path)) is not None:
                    desk.state = replace(desk.state, trouble=faults.said(error))
        paths = {book.path for book in books}
        for path in [path for path in self.desks if path not in paths]:
            self._marks[path] = self.desks.pop(path).mark
        self._show(stamped)

    def sync(self, book: Book, sure: Sequence[str] = ()) -> str:
        """Sync now: step until both sides have everything; one sentence about where it stands."""
        for number in range(ROUNDS):
            self._one(book, True, sure if number < 2 else ())
            desk = self.desks.get(book.path)
            if desk is None:
                raise Refused(f"{book.name} is not a workbook of Stopbook.")
            state = desk.state
            if state.denied or state.lost_since:
                break
            if state.said and not state.asking and desk.answer is None and not state.waiting and number > 1:
                break
        self._show([book])
        return state.status.replace("\n", ". ") + "."

    def _one(self, book: Book, pressed: bool, sure: Sequence[str]) -> bool:
        """One step for one workbook, and another for the answer; False when it is none of Stopbook's."""
        desk = self.desks.get(book.path)
        mood = self.program.mood(book)
        if desk is None:
            if not mood.ready or mood.editing:
                return False
            properties = book.properties()
            if "stopbook_ledger_id" not in properties:
                return False
            desk = self.desks[book.path] = Desk(book, properties, self._rules, self._unsaved(book, properties))
        self._step(book, desk, mood, pressed, sure)
        if desk.answer is not None:
            # taken in at once, with a fresh look: people went on while the hub was asked
            self._step(book, desk, self.program.mood(book), pressed, ())
        return True

    def _step(self, book: Book, desk: Desk, mood: Mood, pressed: bool, sure: Sequence[str]) -> None:
        seen = desk.look(book, mood, self._at(), self._clock(), pressed, sure)
        desk.state, actions = agent.step(desk.state, seen, desk.answer)
        desk.answer = None
        for action in actions:
            if isinstance(action, Ask):
                desk.answer = self._ask(desk, action)
            else:
                self._do(book, desk, action)

    def _unsaved(self, book: Book, properties: Mapping[str, str]) -> str:
        before = self._marks.get(book.path, "")
        if before and before != properties.get("stopbook_copy", ""):
            return f"{book.name} was closed without saving; what had been typed was taken in and is shown again"
        return ""

    def _ask(self, desk: Desk, ask: Ask) -> Answer:
        try:
            if self._client is None:
                self._client = self.hub()
            return Answered(self._client.post(f"/copies/{desk.workbook}", ask.said))
        except Unreachable as gone:
            self._client = None
            return Lost(str(gone))
        except Told as told:
            if told.status in (429, 500):
                return Lost(str(told))
            return Denied(faults.said(told), told.status == _LATER and "later state" in str(told))
        except Refused as refused:
            self._client = None
            return Denied(str(refused))

    def _do(self, book: Book, desk: Desk, action: Write | Show | Stamp) -> None:
        if isinstance(action, Stamp):
            book.stamp(action.mark)
            desk.mark = action.mark
            return
        with self.program.undisturbed(book):
            if isinstance(action, Write):
                remember(book, action.blocks)
                for block in action.blocks:
                    book.write(block)
            else:
                for mark in action.marks:
                    book.note(mark.tab, mark.row, mark.column, mark.text)

    def _show(self, books: Sequence[Book]) -> None:
        """The status of the workbook in front, when it says something else than before."""
        if not books:
            return
        desk = self.desks.get(books[0].path)
        text = desk.state.status if desk is not None else ""
        if text and text != self._shown:
            self.program.status(books[0], text)
            self._shown = text


def _whole(text: str) -> int:
    with suppress(ValueError, OverflowError):
        return int(float(text))
    return 0


def _memory(book: Book) -> Path:
    return client.folder() / f"undo-{sha256(book.path.encode('utf-8', 'replace')).hexdigest()[:16]}.json"


def remember(book: Book, blocks: Sequence[Block]) -> None:
    """Keep what a write is about to write over, for Undo; for this user alone."""
    with suppress(OSError):
        path = _memory(book)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump([asdict(block) for block in blocks], file)
        fresh.replace(path)


def undo(program: Program, book: Book) -> str:
    """Put back what the last write wrote over, where the cell still shows it; one sentence about it."""
    try:
        kept = json.loads(_memory(book).read_text("utf-8"))
        blocks = [
            Block(one["tab"], one["row"], one["column"], tuple(map(tuple, one["rows"])),
                  tuple(map(tuple, one["before"])), tuple(one["texts"]))
            for one in kept
        ]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused(f"Stopbook has written nothing into {book.name} that could be undone.") from None
    tabs = {title: book.read(title) for title in {block.tab for block in blocks} & set(book.titles())}
    back = undone(blocks, tabs)
    with program.undisturbed(book):
        for block in back:
            book.write(block)
    _memory(book).unlink(missing_ok=True)
    if not back:
        return "Nothing was undone: the cells hold other values by now."
    return f"{len(back):,} cell{'s show' if len(back) > 1 else ' shows'} again what stood there before. Cells that are not yours come back with the next writing."


@contextmanager
def alone() -> Iterator[None]:
    """Makes sure that one agent runs for this user; Refused when there is one already."""
    client.folder().mkdir(parents=True, exist_ok=True)
    with (client.folder() / LOCK).open("a+", encoding="utf-8") as file:
        try:
            _locked(file.fileno())
        except OSError:
            raise Refused("The agent of Stopbook runs already.") from None
        yield


def _locked(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def runs() -> bool:
    """True when an agent of this user runs."""
    try:
        with alone():
            return False
    except Refused:
        return True


def turn(one: Agent, given: "Errands") -> None:
    """Take the buttons that were pressed, look at every workbook, and go on with what is under way."""
    from addin import buttons, errands

    orders = errands.orders()
    for control in orders:
        if buttons.is_job(control):
            given.give(control)
    one.beat("sync" in orders)
    given.beat()


def main() -> None:
    """Run until stopped."""
    from addin import buttons, errands
    from addin.excel import XlProgram

    try:
        with alone():
            said = client.settings()
            one = Agent(XlProgram(), lambda: client.Client(client.find()), time.monotonic,
                        lambda: datetime.now().astimezone().strftime("%H:%M"), policy(said))  # fmt: skip
            given = errands.Errands(one.program, one.hub, buttons.job, buttons.front)
            while True:
                turn(one, given)
                errands.wait(QUICK if given.busy else BEAT)
    except Refused as refused:
        sys.exit(str(refused))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
