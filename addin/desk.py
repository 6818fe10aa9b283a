"""One open workbook as the agent knows it: what was seen in it, what was asked about it, and what is still to be done."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from typing import Any

from addin import agent
from addin.agent import Action, Answer, Answered, Ask, Mood, Policy, Seen, Write
from addin.program import Book
from addin.view import RID, view

HELD_UP = "confirm that it is meant"
"""what the sentence of a tab says that was held up because too much of it differs"""


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
        self.asked: Future[Answer] | None = None
        """the question under way"""
        self.pressed = False
        """somebody pressed Sync now and it is not done yet"""
        self.due = False
        """the hub is to be asked for that, whether something is new here or not"""
        self.finished = False
        """somebody pressed a button, so what they typed is typed"""
        self.telling = False
        """the question under way says what somebody typed"""
        self.sure: tuple[str, ...] = ()
        self.turn = 0
        self.mark = str(who["mark"])
        self._found_notes = False

    def press(self, sure: Sequence[str] = ()) -> None:
        """Sync now. `sure`: tabs whose large change is meant."""
        self.pressed, self.due, self.sure = True, True, tuple(sure)

    @property
    def sentence(self) -> str:
        """How it stands, in one line."""
        return self.state.status.replace("\n", ". ") + "."

    @property
    def held(self) -> list[str]:
        """Tabs that are held up until somebody says that a large change is meant."""
        stopped = (self.state.todo or {}).get("stopped", {})
        return [title for title, why in stopped.items() if HELD_UP in why]

    @property
    def heard(self) -> bool:
        """True when an answer has come that was not looked at."""
        return self.asked is not None and self.asked.done()

    def hear(self) -> bool:
        """Take the answer in, when it has come."""
        if self.asked is None or not self.asked.done():
            return False
        self.answer, self.asked = self.asked.result(), None
        if isinstance(self.answer, Answered) and self.answer.said.get("taken"):
            self.due = self.pressed  # what follows from an edit is told in the next round
        return True

    def did(self, actions: Sequence[Action]) -> None:
        """What came of a step: whether Sync now is done with it."""
        asked = next((action for action in actions if isinstance(action, Ask)), None)
        if asked is not None:
            self.telling = bool(asked.said.get("tabs"))
            if "tabs" in asked.said:
                self.due, self.sure = False, ()
        more = asked is not None or any(isinstance(action, Write) for action in actions)
        if self.state.denied or self.state.lost_since or not (more or self.state.asking or self.due):
            self.pressed = self.due = False

    def look(self, book: Book, mood: Mood, at: float, clock: str) -> Seen:
        """What stands in the workbook now, as much of it as is needed."""
        if not mood.ready or mood.editing:
            return Seen({}, (), at, clock, mood, self.state.selected)
        self.turn += 1
        titles, selected = book.titles(), book.selected()
        wanted = agent.wants(self.state, selected[0] if selected else "", self.turn)
        if self.pressed or self.finished:
            wanted = frozenset(self.state.tabs)
        tabs = {title: book.read(title) for title in titles if title in wanted}
        mark = book.properties().get("stopbook_copy", "")
        if not self._found_notes and self.state.tabs and tabs.keys() >= set(self.state.tabs) & set(titles):
            self._find_notes(book, tabs)
        return Seen(tabs, titles, at, clock, mood, selected, mark, self.pressed, self.due, self.finished, self.sure,
                    book.read_only)  # fmt: skip

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


def _whole(text: str) -> int:
    with suppress(ValueError, OverflowError):
        return int(float(text))
    return 0
