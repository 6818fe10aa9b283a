"""Errands: what a button sets going in steps, and the agent as the one who runs them, so that Excel goes on at once."""

import json
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from addin import bell, client, faults
from addin.bell import Submit, at_once
from addin.program import Book, Program
from addin.resident import Hub

MOST = 20
"""buttons that may wait for the agent"""
LATE = 120
"""seconds after which a button is not carried out any more: whoever pressed it went on without"""
KEPT = 60.0
"""seconds for which what seldom changes is not asked for again"""
_KNOWN: dict[tuple[Any, str], tuple[float, Mapping[str, Any] | None]] = {}


@dataclass(frozen=True)
class Question:
    """One question to the hub. `kept`: its answer seldom changes: on a slow line each question costs its way there and back."""

    method: str
    path: str
    said: Mapping[str, Any] = field(default_factory=dict)
    kept: bool = False


@dataclass(frozen=True)
class Agree:
    """A question to the person."""

    text: str


@dataclass(frozen=True)
class Tell:
    """Something that is said while the errand goes on."""

    text: str


Step = Question | Agree | Tell
Errand = Generator[Step, Any, str]


def answered(hub: Hub, question: Question) -> Mapping[str, Any]:
    """The hub's answer; what was asked for and not heard of is asked for once more: a job is done only once."""
    try:
        return _asked(hub, question)
    except client.Unreachable:
        time.sleep(1)
        return _asked(hub, question)


def _asked(hub: Hub, question: Question) -> Mapping[str, Any]:
    if question.method != "GET":
        return hub.post(question.path, question.said)
    answer = known(hub, question)
    if answer is None:
        answer = hub.get(question.path, **question.said)
        if question.kept:
            _KNOWN[getattr(hub, "where", hub), question.path] = (time.monotonic(), answer)
    return answer


def known(hub: Hub, question: Question) -> Mapping[str, Any] | None:
    """The answer, where it was given a short while ago and is still good."""
    at, answer = _KNOWN.get((getattr(hub, "where", hub), question.path), (-KEPT, None))
    return answer if question.kept and time.monotonic() - at < KEPT else None


def order(control: str) -> None:
    """Give a button to the agent; one that waits already is not given twice."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    waiting = sorted(folder.glob("*.json"))
    if len(waiting) < MOST and control not in [_read(path) for path in waiting]:
        path = folder / f"{time.time_ns():020}-{token_hex(4)}.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"control": control}), "utf-8")
        fresh.replace(path)
    bell.ring()


def _folder() -> Path:
    return client.folder() / "orders"


def _read(path: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads(path.read_text("utf-8"))["control"])
    return ""


def orders() -> tuple[list[str], list[str]]:
    """Buttons that were given to the agent, oldest first, and those that waited too long; they are taken off the pile."""
    found: tuple[list[str], list[str]] = ([], [])
    for path in sorted(_folder().glob("*.json")):
        at = path.name.partition("-")[0]
        late = not at.isdigit() or abs(time.time() - int(at) / 1e9) > LATE
        if control := _read(path):
            found[late].append(control)
        with suppress(OSError):
            path.unlink()
    return found


def waiting() -> bool:
    """True when a button was given to the agent."""
    return any(_folder().glob("*.json"))


Start = Callable[[str, Program, Book | None], Errand]
"""how a control becomes an errand"""


class Errands:
    """The agent's errands, one after the other. `submit` asks the hub, so that the workbooks stay in step meanwhile."""

    def __init__(
        self, program: Program, hub: Callable[[], Hub], start: Start, front: Callable[[Program], Book | None],
        submit: Submit = at_once,
    ) -> None:  # fmt: skip
        self._program, self._hub, self._start, self._front, self._submit = program, hub, start, front, submit
        self._waiting: list[str] = []
        self._now: Errand | None = None
        self._book: Book | None = None
        self._client: Hub | None = None
        self._answer: Future[Mapping[str, Any]] | None = None
        self._held = False

    @property
    def busy(self) -> bool:
        """True while one is under way or waits."""
        return self._now is not None or bool(self._waiting)

    @property
    def heard(self) -> bool:
        """True when an answer has come."""
        return self._answer is not None and self._answer.done()

    def give(self, control: str) -> None:
        """Take a button on."""
        if control not in self._waiting:
            self._waiting.append(control)

    def beat(self, hold: bool = False) -> None:
        """Go on with what is under way as far as it goes without waiting; with `hold` nothing is begun yet."""
        try:
            if self._now is None and self._waiting and not hold:
                self._book, self._held = self._front(self._program), False
                self._now = self._start(self._waiting.pop(0), self._program, self._book)
                self._go(None)
            elif self._now is None and self._waiting and not self._held:
                self._held = True
                self._program.status(None, "First what you typed …")
            elif self._answer is not None and self._answer.done():
                done, self._answer = self._answer, None
                self._go(done.result())
        except Exception as error:
            self._now = self._answer = self._client = None
            self._program.tell(faults.said(error))

    def _go(self, answer: Any) -> None:
        while self._now is not None:
            try:
                step = self._now.send(answer)
            except StopIteration as end:
                self._now = None
                self._program.status(self._book, str(end.value).partition("\n")[0])
                self._program.tell(str(end.value))
                return
            answer = None
            if isinstance(step, Tell):
                self._program.status(self._book, step.text)
            elif isinstance(step, Agree):
                answer = self._program.tell(step.text, ask=True)
            elif self._client is None or (answer := known(self._client, step)) is None:
                self._answer = self._submit(partial(self._asked, step))
                if not self._answer.done():
                    return
                done, self._answer = self._answer, None
                answer = done.result()

    def _asked(self, question: Question) -> Mapping[str, Any]:
        if self._client is None:
            self._client = self._hub()
        return answered(self._client, question)
