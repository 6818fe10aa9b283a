"""The agent: one process that stays, looks at the open workbooks of Stopbook every other second and keeps them in step.

It does what `addin.agent.step` says and nothing else. It can be stopped and started at any moment: what people typed
stands in the workbook, how far it was in step stands in the workbook's properties. While the hub is asked, a thread
waits for its answer and nobody else: neither Excel nor the agent's eye on the other workbooks.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from addin import agent, client, faults
from addin.agent import Answer, Answered, Ask, Denied, Lost, Mood, Policy, Show, Stamp, Write
from addin.bell import Bell, Submit, at_once
from addin.client import Told, Unreachable
from addin.desk import Desk
from addin.program import Book, Busy, Program
from addin.undo import remember
from workbooks.problems import Refused

if TYPE_CHECKING:
    from addin.errands import Errands

BEAT, QUICK = 2.0, 0.3
"""seconds between two looks; while a button waits for its answer"""
LONG = 1.0
"""seconds of waiting for the hub from which it is said"""
STEPS = 20
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


class Agent:
    """Keeps every open workbook in step. `at` counts seconds, `clock` says the time as people read it.

    `submit`: who asks the hub, and when; a question that is under way keeps nothing else waiting.
    """

    def __init__(
        self, program: Program, hub: Callable[[], Hub], at: Callable[[], float], clock: Callable[[], str],
        rules: Policy = Policy(), submit: Submit = at_once,  # noqa: B008 - it is frozen
    ) -> None:  # fmt: skip
        self.program, self.hub, self._at, self._clock, self._rules = program, hub, at, clock, rules
        self._submit = submit
        self.desks: dict[str, Desk] = {}
        self._marks: dict[str, str] = {}
        self._client: Hub | None = None
        self._shown = ""

    @property
    def asking(self) -> bool:
        """True while a question is under way, or Sync now is."""
        return any(desk.asked is not None or desk.pressed for desk in self.desks.values())

    @property
    def heard(self) -> bool:
        """True when an answer has come."""
        return any(desk.heard for desk in self.desks.values())

    def press(self) -> None:
        """Sync now, for every open workbook, with the looks to come."""
        for desk in self.desks.values():
            desk.press()

    def finish(self) -> None:
        """A button was pressed: what was typed is taken in, also in the row of the cursor."""
        for desk in self.desks.values():
            desk.finished = True

    @property
    def telling(self) -> bool:
        """True while the hub is told what was typed."""
        return any(desk.finished or (desk.asked is not None and desk.telling) for desk in self.desks.values())

    def beat(self) -> None:
        """Look at every open workbook once and do what is to be done."""
        try:
            books = self.program.books()
        except Busy:
            return
        stamped = []
        for book in books:
            try:
                if self._one(book):
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
        """Sync now, here: step until both sides have everything; one sentence about where it stands."""
        desk = self._desk(book, self.program.mood(book))
        if desk is None:
            raise Refused(f"{book.name} is not a workbook of Stopbook.")
        desk.press(sure)
        for _ in range(STEPS):
            self._one(book)
            if not desk.pressed:
                break
        desk.pressed = False
        self._show([book])
        return desk.sentence

    def _desk(self, book: Book, mood: Mood) -> Desk | None:
        """What is known about a workbook; None when it is none of Stopbook's, or cannot be asked now."""
        desk = self.desks.get(book.path)
        if desk is None and mood.ready and not mood.editing:
            properties = book.properties()
            if "stopbook_ledger_id" in properties:
                desk = self.desks[book.path] = Desk(book, properties, self._rules, self._unsaved(book, properties))
        return desk

    def _one(self, book: Book) -> bool:
        """One step for one workbook, and another for an answer that is there at once; False when it is none of Stopbook's."""
        mood = self.program.mood(book)
        desk = self._desk(book, mood)
        if desk is None:
            return False
        desk.hear()
        self._step(book, desk, mood)
        if desk.hear():
            # with a fresh look: people went on while the hub was asked
            self._step(book, desk, self.program.mood(book))
        return True

    def _step(self, book: Book, desk: Desk, mood: Mood) -> None:
        seen = desk.look(book, mood, self._at(), self._clock())
        desk.state, actions = agent.step(desk.state, seen, desk.answer)
        desk.answer, desk.finished = None, desk.finished and not seen.titles
        waited = desk.pressed
        desk.did(actions)
        for action in actions:
            if isinstance(action, Ask):
                desk.asked = self._submit(partial(self._ask, desk.workbook, action))
            else:
                self._do(book, desk, action)
        if (
            waited
            and not desk.pressed
            and (held := desk.held)
            and self.program.tell(f"{desk.sentence}\n\nIs it meant?", ask=True)
        ):
            desk.press(held)

    def _unsaved(self, book: Book, properties: Mapping[str, str]) -> str:
        before = self._marks.get(book.path, "")
        if before and before != properties.get("stopbook_copy", ""):
            return f"{book.name} was closed without saving; what had been typed was taken in and is shown again"
        return ""

    def _ask(self, workbook: str, ask: Ask) -> Answer:
        """The hub's answer; in whatever thread, so nothing of the program is touched here."""
        try:
            if self._client is None:
                self._client = self.hub()
            return Answered(self._client.post(f"/copies/{workbook}", ask.said))
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
        except Exception as error:
            self._client = None
            return Lost(faults.said(error))

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
        text = self._status(desk) if desk is not None else ""
        if text and text != self._shown:
            self.program.status(books[0], text)
            self._shown = text

    def _status(self, desk: Desk) -> str:
        """How it stands, and what is waited for."""
        took = self._at() - desk.state.asked_at
        if desk.asked is not None and took >= LONG:
            return f"Waiting for the hub, {took:.0f} s. You can go on working\n{desk.state.status}"
        return f"Sync now …\n{desk.state.status}" if desk.pressed else desk.state.status


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
    """Take the buttons that were pressed, look at every workbook, and go on with what is under way.

    What was typed before a click is taken in before its job begins.
    """
    from addin import buttons, errands

    fresh, late = errands.orders()
    if late:
        one.program.tell(
            f"Stopbook was not there when a button was pressed ({', '.join(late)}), and did nothing. Press it again."
        )
    for control in fresh:
        if control == "sync":
            one.press()
        elif buttons.is_errand(control):
            given.give(control)
            one.finish()
    one.beat()
    given.beat(hold=one.telling)


def stay(one: Agent, given: "Errands", bell: Bell, ended: Callable[[], bool] = lambda: False) -> None:
    """Turn after turn: every other second, and at once when a button was pressed or an answer came."""
    from addin import errands

    while not ended():
        turn(one, given)
        wait = QUICK if given.busy or one.asking else BEAT
        bell.wait(wait, lambda: errands.waiting() or one.heard or given.heard or ended())


def main() -> None:
    """Run until stopped."""
    from addin import buttons, errands
    from addin.excel import XlProgram

    try:
        with alone(), Bell() as bell:
            said = client.settings()
            one = Agent(XlProgram(), lambda: client.Client(client.find()), time.monotonic,
                        lambda: datetime.now().astimezone().strftime("%H:%M"), policy(said), bell.worker())  # fmt: skip
            given = errands.Errands(one.program, one.hub, buttons.errand, buttons.front, bell.worker())
            stay(one, given, bell)
    except Refused as refused:
        sys.exit(str(refused))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
