"""Errands: what a button sets going in steps, and the agent as the one who runs them, so that Excel goes on at once."""

import json
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from addin import client, faults
from addin.excel import Book, Program
from addin.resident import Hub

LOOK = 0.05
"""seconds between two looks whether a button waits"""
MOST = 20
"""buttons that may wait for the agent"""


@dataclass(frozen=True)
class Question:
    """One question to the hub."""

    method: str
    path: str
    said: Mapping[str, Any]


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
    return hub.get(question.path) if question.method == "GET" else hub.post(question.path, question.said)


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


def _folder() -> Path:
    return client.folder() / "orders"


def _read(path: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads(path.read_text("utf-8"))["control"])
    return ""


def orders() -> list[str]:
    """Buttons that were given to the agent, oldest first; they are taken off the pile."""
    found = []
    for path in sorted(_folder().glob("*.json")):
        found.append(_read(path))
        with suppress(OSError):
            path.unlink()
    return [control for control in found if control]


def wait(seconds: float) -> None:
    """Let time pass, but no longer than until a button waits."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not any(_folder().glob("*.json")):
        time.sleep(LOOK)


Start = Callable[[str, Program, Book | None, Hub], Errand]
"""how a control becomes an errand"""


class Errands:
    """The agent's errands, one after the other. The hub is asked in a thread, so that the workbooks stay in step meanwhile."""

    def __init__(
        self, program: Program, hub: Callable[[], Hub], start: Start, front: Callable[[Program], Book | None]
    ) -> None:
        self._program, self._hub, self._start, self._front = program, hub, start, front
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="errand")
        self._waiting: list[str] = []
        self._now: Errand | None = None
        self._book: Book | None = None
        self._client: Hub | None = None
        self._answer: Future[Mapping[str, Any]] | None = None

    @property
    def busy(self) -> bool:
        """True while one is under way or waits."""
        return self._now is not None or bool(self._waiting)

    def give(self, control: str) -> None:
        """Take a button on."""
        if control not in self._waiting:
            self._waiting.append(control)

    def beat(self) -> None:
        """Go on with what is under way as far as it goes without waiting."""
        try:
            if self._now is None and self._waiting:
                self._client = self._client or self._hub()
                self._book = self._front(self._program)
                self._now = self._start(self._waiting.pop(0), self._program, self._book, self._client)
                self._go(None)
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
                self._program.status(self._book, str(end.value))
                self._program.tell(str(end.value))
                return
            answer = None
            if isinstance(step, Tell):
                self._program.status(self._book, step.text)
            elif isinstance(step, Agree):
                answer = self._program.tell(step.text, ask=True)
            else:
                assert self._client is not None
                self._answer = self._pool.submit(answered, self._client, step)
                return

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
