"""The buttons of the ribbon: what a click does, said back in one sentence.

`press` is told the id of the control. What asks the hub is an errand in steps: questions to the hub, and to the person.
Where the agent runs it is given the errand, so that Excel goes on at once; else it is done here. The cursor stays
where it was, and nobody sees a traceback.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from addin import client, errands, faults, resident
from addin.agent import PAUSE, Policy
from addin.errands import Agree, Errand, Question, Step, Tell, answered
from addin.program import Book, Program
from addin.resident import Agent, Hub
from addin.undo import undo
from addin.view import RID, WITHIN, Grid, plain
from workbooks.problems import Refused

MOST_WAITS = 360
"""how often a job that runs is asked about: each time the hub waits some seconds before it answers"""
_DAY_ZERO = date(1899, 12, 30)


def press(control: str, program: Program | None = None, hub: Hub | None = None) -> str:
    """Do what the control stands for; returns the sentence that was said. Refused, in one sentence, when it cannot be."""
    try:
        if program is None:
            if _long(control) and resident.runs():
                errands.order(control)
                return "The agent does it."
            from addin.excel import XlProgram

            program = XlProgram()
        with _ready(hub) as asked:
            return _pressed(control, program, asked)
    except Exception as error:
        raise Refused(faults.said(error)) from None


class _ready:  # noqa: N801 - it is used as a word
    """A hub that is found only when it is needed, and let go at the end."""

    def __init__(self, hub: Hub | None) -> None:
        self._given, self._made = hub, None if hub is None else hub

    def __enter__(self) -> Callable[[], Hub]:
        return self._hub

    def __exit__(self, *_: object) -> None:
        if self._given is None and isinstance(self._made, client.Client):
            self._made.close()

    def _hub(self) -> Hub:
        if self._made is None:
            self._made = client.Client(client.find())
        return self._made


def _pressed(control: str, program: Program, hub: Callable[[], Hub]) -> str:
    book = front(program)
    where = book.selected() if book is not None else None
    try:
        if is_errand(control):
            said = carry_out(errand(control, program, book), program, book, hub)
            program.tell(said)
            return said.partition("\n")[0]
        if control not in _ACTIONS:
            raise Refused(f"This Stopbook does not know the button {control[:60]}. Run: stopbook addin install.")
        return _ACTIONS[control](program, book, hub)
    finally:
        # a dialog of ours takes the focus; whoever pressed the button goes on where they were
        if book is not None and where is not None and control not in _GOES:
            with suppress(Exception):
                if book.selected() != where:
                    book.go(*where)


def is_errand(control: str) -> bool:
    """True for a button that asks the hub: a job, or Explain."""
    kind, _, name = control.partition(".")
    return control == "explain" or (kind in ("job", "preview", "run") and bool(name))


def front(program: Program) -> Book | None:
    """The workbook of Stopbook that is in front, else the only one that is open."""
    books = list(program.books())
    ours = [book for book in books if "stopbook_ledger_id" in book.properties()]
    if not ours:
        return None
    return ours[0] if ours[0] is books[0] or len(ours) == 1 else None


def _need(book: Book | None) -> Book:
    if book is None:
        raise Refused("Open a workbook of Stopbook, or bring it to the front, and press again.")
    return book


# errands: what asks the hub, in steps


def errand(control: str, program: Program, book: Book | None) -> Errand:
    """What a control sets going: `job.x` runs it, `preview.x` says what it would do, `run.x` previews, asks and runs."""
    if control == "explain":
        return _explain(program, book)
    return _job(control, program, book)


def _job(control: str, program: Program, book: Book | None) -> Errand:
    kind, _, name = control.partition(".")
    known = yield Question("GET", "/jobs", kept=True)
    found = next((one for one in known["jobs"] if one["name"] == name), None)
    if found is None:
        raise Refused(f"There is no job {name[:60]} that you may run.")
    said = yield from _for(found, program, book)
    path, title = f"/jobs/{name}", found["title"]
    if kind == "preview" or kind == "run" or found["posts"]:
        shown = yield from _waited(title, Question("POST", f"{path}/preview", said))
        text = _result(shown)
        if kind == "preview":
            return f"{title}, preview: {text}"
        if shown.get("changes_nothing"):
            return f"{title}: {text}"
        if not (yield Agree(f"{title}: {text}\n\nDo it?")):
            return f"{title}: nothing was done."
        said = {**said, "plan": shown["plan"]}
    done = yield from _waited(title, Question("POST", f"{path}/run", said))
    return f"{title}: {_result(done)}"


def _waited(title: str, question: Question) -> Generator[Step, Any, Mapping[str, Any]]:
    """The answer about a job, asked for until it is done."""
    yield Tell(f"{title} …")
    found: Mapping[str, Any] = yield question
    for _ in range(MOST_WAITS):
        if found.get("state") != "RUNNING":
            return found
        yield Tell(str(found["sentence"]).rstrip("."))
        found = yield Question("GET", f"/works/{found['work']}")
    raise Refused(f"{title} is still running. Look at tab Runs later: it is not done twice.")


def _result(found: Mapping[str, Any]) -> str:
    """One sentence, with what waits for somebody."""
    waiting = list(found.get("waiting", ()))
    more = f" {waiting[0]}" + (f" ({len(waiting) - 1} more wait.)" if len(waiting) > 1 else "") if waiting else ""
    return f"{found['sentence']}{more}"


def _for(found: Mapping[str, Any], program: Program, book: Book | None) -> Generator[Step, Any, dict[str, Any]]:
    """Market and day of a job, from the workbook and the selected row; the day is asked for where it is not seen."""
    said: dict[str, Any] = {}
    declared: Mapping[str, Any] = {}
    if book is not None and (found["by_market"] or found["by_day"]):
        declared = yield _declared(book)
    if found["by_market"] and declared.get("market"):
        said["market"] = declared["market"]
    if found["by_day"]:
        day = _day(book, declared) if book is not None else None
        text = (
            day.isoformat()
            if day
            else program.ask(f"{found['title']}: for which day? (2026-03-10)", _latest(book, declared))
        )
        if not text:
            raise Refused(f"{found['title']} needs a day: select a row of that day, or type one as 2026-03-10.")
        said["date"] = text
    for option in found.get("options", ()):
        if option["required"]:
            text = program.ask(f"{found['title']}: {option['about']}", "")
            if not text:
                raise Refused(f"{found['title']} needs “{option['title']}”: {option['about']}.")
            said.setdefault("options", {})[option["name"]] = text
    return said


def _declared(book: Book) -> Question:
    return Question("GET", f"/copies/{book.properties().get('stopbook_workbook', '')}", kept=True)


def _explain(program: Program, book: Book | None) -> Errand:
    """Where the amount in the selected row comes from."""
    book = _need(book)
    where = book.selected()
    if where is None or book.areas() != 1:
        raise Refused("Select one cell of the row to be explained, and press again.")
    rid = plain(_row(book.read(where[0]), where[1]).get(RID))
    yield Tell("Explain …")
    tab = (yield _declared(book)).get("tabs", {}).get(where[0])
    if tab is None:
        raise Refused(f"“{where[0]}” is not a tab that Stopbook keeps, so it cannot explain what stands there.")
    if not rid:
        raise Refused("This row is not known to Stopbook yet. Press Sync now first, or select a row with values.")
    found = yield Question("GET", "/explain", {"table": tab["table"], "row": str(rid)})
    return str(found["text"])


def _day(book: Book, declared: Mapping[str, Any]) -> date | None:
    """The day of the selected row."""
    where = book.selected()
    if where is None:
        return None
    row = _row(book.read(where[0]), where[1])
    header = declared.get("tabs", {}).get(where[0], {}).get("day", "")
    return _as_day(row.get(header)) if header else None


def _latest(book: Book | None, declared: Mapping[str, Any]) -> str:
    """The latest day the workbook shows."""
    found: list[date] = []
    for title, tab in declared.get("tabs", {}).items() if book is not None else ():
        if tab.get("day") and book is not None and title in book.titles():
            grid = book.read(title)
            days = (_as_day(_row(grid, number).get(tab["day"])) for number in range(2, min(len(grid.lines), 500) + 1))
            found += [day for day in days if day is not None]
    return max(found).isoformat() if found else ""


def _as_day(raw: Any) -> date | None:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, (int, float)) and not isinstance(raw, bool) and 20_000 < raw < 100_000:
        return _DAY_ZERO + timedelta(days=int(raw))
    return None


def _row(grid: Grid, number: int) -> dict[str, Any]:
    """The cells of one row (from 1) by header."""
    at = next((n for n, line in enumerate(grid.lines[:WITHIN]) if RID in line), 0)
    if not at + 1 < number <= len(grid.lines):
        return {}
    headers, line = grid.lines[at], grid.lines[number - 1]
    return {str(header): line[n] for n, header in enumerate(headers) if header and n < len(line)}


def carry_out(errand: Errand, program: Program, book: Book | None, hub: Callable[[], Hub]) -> str:
    """Do an errand here and now; its sentence."""
    answer: Any = None
    while True:
        try:
            step = errand.send(answer)
        except StopIteration as end:
            return str(end.value)
        answer = None
        if isinstance(step, Tell):
            program.status(book, step.text)
        elif isinstance(step, Agree):
            answer = program.tell(step.text, ask=True)
        else:
            answer = answered(hub(), step)


# what the add-in does itself


def _sync(program: Program, book: Book | None, hub: Callable[[], Hub]) -> str:
    one = Agent(program, hub, time.monotonic, lambda: datetime.now().astimezone().strftime("%H:%M"), Policy(PAUSE))
    return one.sync(_need(book))


def _conflicts(program: Program, book: Book | None, hub: Callable[[], Hub]) -> str:
    return _opened(_need(book), "Conflicts")


def _today(program: Program, book: Book | None, hub: Callable[[], Hub]) -> str:
    book = _need(book)
    return _opened(book, next((title for title in ("Today", "Start") if title in book.titles()), "Today"))


def _opened(book: Book, title: str) -> str:
    if title not in book.titles():
        raise Refused(f"{book.name} has no tab “{title}”.")
    book.go(title, 2 if title == "Conflicts" else 5, 0 if title == "Conflicts" else 1)
    return f"{title}."


def _undo(program: Program, book: Book | None, hub: Callable[[], Hub]) -> str:
    return undo(program, _need(book))


def _check(program: Program, book: Book | None, hub: Callable[[], Hub]) -> str:
    """What the doctor finds, what is wrong first; when nothing is, that alone."""
    from addin import doctor

    wrong = [str(one) for one in doctor.findings() if one.state != doctor.State.GOOD]
    text = "\n".join(wrong) or "Everything is as it should be."
    program.tell(text)
    return text.partition("\n")[0]


_ACTIONS: Mapping[str, Callable[[Program, Book | None, Callable[[], Hub]], str]] = {
    "sync": _sync, "conflicts": _conflicts, "today": _today, "undo": _undo, "check": _check,
}  # fmt: skip
_GOES = frozenset({"conflicts", "today"})
"""buttons that go somewhere"""


def _long(control: str) -> bool:
    """True for what may take a while, which the agent does where it runs."""
    return control == "sync" or is_errand(control)
