"""What is done about one open workbook, decided step by step: what to ask the hub, what to write, what to say. Pure.

`step` is given what was seen in the workbook just now and what the hub answered, and gives actions. It keeps nothing
that can be lost: what people typed stands in the workbook until the hub has it, and what the hub told is told again
until the workbook shows it. A step may fall out, an answer may be lost, the whole may start anew at any point.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from addin.placing import Block, Mark, blocks_of, marks_of
from addin.view import Grid, Line, View, held_back, same, told, view

PAUSE, ASKED, ALWAYS = "pause", "asked", "always"
TRIES = 3
"""a cell that does not keep what is written into it is written so often and then left alone"""
READ_ONLY = (
    "This workbook is read-only: what you type is taken in, what is new is not written; open it so that it can be saved"
)
SLOW = 60.0
"""seconds until somebody who was refused asks again"""


@dataclass(frozen=True)
class Policy:
    """When the workbook is written: in a pause of so many seconds, only when asked by Sync now, or always.

    `patience`: seconds until a row is sent although the cursor is still in it. `poll`: seconds between two questions
    while nothing happens here.
    """

    write: str = PAUSE
    pause: float = 15.0
    patience: float = 20.0
    poll: float = 10.0


@dataclass(frozen=True)
class Mood:
    """What the program is about: whether it takes calls, a cell is being edited, something is being copied.

    `undo`: there is something the person could undo; None where the program does not say.
    """

    ready: bool = True
    editing: bool = False
    copying: bool = False
    undo: bool | None = None


@dataclass(frozen=True)
class Seen:
    """A workbook as it was seen just now. `tabs`: those that were read. `at`: seconds of any clock; `clock`: 14:05.

    `selected`: tab and row of the cursor. `pressed`: somebody has pressed Sync now and waits. `due`: the hub is asked
    for that, also where nothing is new here. `finished`: nobody is at work in a row, they have just pressed a button.
    `sure`: tabs whose large change somebody has confirmed.
    """

    tabs: Mapping[str, Grid]
    titles: tuple[str, ...]
    at: float
    clock: str = ""
    mood: Mood = Mood()
    selected: tuple[str, int, int] | None = None
    mark: str = ""
    pressed: bool = False
    due: bool = False
    finished: bool = False
    sure: tuple[str, ...] = ()
    read_only: bool = False


@dataclass(frozen=True)
class Answered:
    """The hub's answer."""

    said: Mapping[str, Any]


@dataclass(frozen=True)
class Lost:
    """No answer came; whether the question did is not known."""

    sentence: str


@dataclass(frozen=True)
class Denied:
    """The hub said no."""

    sentence: str
    again: bool = False
    """True where it wants to be told everything anew"""


@dataclass(frozen=True)
class Ask:
    """Ask the hub."""

    said: Mapping[str, Any]


@dataclass(frozen=True)
class Write:
    """Write cells, having kept what they held."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Show:
    """Put a note at cells whose edit was not taken, or take it away."""

    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Stamp:
    """Write into the workbook's properties how far it is in step."""

    mark: str


Action = Ask | Write | Show | Stamp
Answer = Answered | Lost | Denied | None


@dataclass(frozen=True)
class State:
    """What is known about one open workbook between two steps. `who`: what its stamp says; `sitting` since it was opened."""

    who: Mapping[str, Any]
    sitting: str
    policy: Policy = Policy()
    declared: str = ""
    tabs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    number: int = 0
    said: int = 0
    """the round whose tabs the hub knows: `views`"""
    views: Mapping[str, View] = field(default_factory=dict)
    sent: Mapping[str, View] = field(default_factory=dict)
    """the tabs as the question under way says them"""
    now: Mapping[str, View] = field(default_factory=dict)
    asking: bool = False
    todo: Mapping[str, Any] | None = None
    marked: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    tried: Mapping[tuple[str, str, str, str], int] = field(default_factory=dict)
    typing: Mapping[str, Mapping[str, tuple[Line, float]]] = field(default_factory=dict)
    asked_at: float = -1e9
    active_at: float = -1e9
    not_before: float = -1e9
    failures: int = 0
    selected: tuple[str, int, int] | None = None
    lost_since: str = ""
    denied: str = ""
    step_at: str = ""
    trouble: str = ""
    taken: int = 0
    sentences: tuple[str, ...] = ()
    wrote: int = 0

    @property
    def waiting(self) -> int:
        """Rows with news that are not written yet."""
        if self.todo is None:
            return 0
        return len(self.todo.get("writes", ())) + len(self.todo.get("appends", ()))

    @property
    def status(self) -> str:
        """How it stands, in one to three lines."""
        conflicts = int((self.todo or {}).get("conflicts", 0))
        counts = [f"{self.waiting:,} new"] if self.waiting else []
        counts += [f"{conflicts:,} conflict{'s' if conflicts > 1 else ''}"] if conflicts else []
        stopped = (self.todo or {}).get("stopped", {})
        if self.denied:
            lines = [self.denied]
        elif self.lost_since:
            lines = [f"No connection since {self.lost_since}; what you type stays here and is sent later"]
        elif not self.step_at:
            lines = ["Connecting …"]
        else:
            lines = [f"In step {self.step_at}" if not self.waiting else f"Connected {self.step_at}"]
        lines += [" · ".join(counts)] if counts else []
        more = [*stopped.values(), self.trouble, (self.todo or {}).get("notice", ""), *self.sentences]
        return "\n".join([*lines, *[text for text in more if text][:1]][:3])


def begin(who: Mapping[str, Any], sitting: str, policy: Policy = Policy()) -> State:
    """A workbook that was just opened. who: ledger_id, generation, mark, file."""
    return State(dict(who), sitting, policy)


def wants(state: State, active: str, turn: int) -> frozenset[str]:
    """Tabs to be read now: the one in front, one other in turn, and all of them before something is written or first said."""
    ours = tuple(state.tabs)
    if not ours or (state.todo is not None and _pending(state)) or not state.said or len(state.now) < len(ours):
        return frozenset(ours)
    return frozenset({ours[turn % len(ours)], active} & set(ours))


def step(state: State, seen: Seen, answer: Answer = None) -> tuple[State, tuple[Action, ...]]:
    """The next state, and what is to be done now, in this order."""
    state = _heard(state, seen, answer)
    state = _looked(state, seen)
    state, actions = _written(state, seen)
    if any(isinstance(action, Write) for action in actions):
        return state, actions  # the next look shows what came of it
    if (ask := _asked(state, seen)) is not None:
        sent = _to_say(state, seen)
        return replace(state, number=ask.said["round"], asking=True, asked_at=seen.at, sent=sent), (*actions, ask)
    return state, actions


def _heard(state: State, seen: Seen, answer: Answer) -> State:
    if answer is None or not state.asking:
        return state
    state = replace(state, asking=False)
    if isinstance(answer, Lost):
        wait = min(30.0, 2.0 ** min(state.failures + 1, 5))
        return replace(state, failures=state.failures + 1, not_before=seen.at + wait,
                       lost_since=state.lost_since or seen.clock or "just now")  # fmt: skip
    state = replace(state, failures=0, lost_since="")
    if isinstance(answer, Denied):
        if answer.again:
            return replace(state, said=0, views={}, denied="")
        return replace(state, denied=answer.sentence, said=0, views={}, not_before=seen.at + SLOW)
    said = answer.said
    if said.get("again"):
        return replace(state, declared=str(said["declared"]), tabs=said["tabs"], said=0, views={}, now={}, denied="",
                       asked_at=-1e9)  # fmt: skip
    if said.get("whole"):
        return replace(state, said=0, views={}, asked_at=-1e9)
    keep = {place: count for place, count in state.tried.items() if place in _cells(said)}
    sentences = tuple(said.get("sentences", ())) or (state.sentences if said.get("quiet") else ())
    return replace(
        state, said=state.number, views=state.sent, todo=said, denied="", step_at=seen.clock or "now", tried=keep,
        taken=state.taken + int(said.get("taken", 0)), sentences=sentences,
    )  # fmt: skip


def _cells(said: Mapping[str, Any]) -> set[tuple[str, str, str, str]]:
    return {
        (write["tab"], write["rid"] or write["key"], header, repr(value))
        for write in said.get("writes", ())
        for header, _, value in write["cells"]
    } | {(row["tab"], row["rid"], "", "") for row in said.get("appends", ())}


def _looked(state: State, seen: Seen) -> State:
    """What stands in the workbook now, and when somebody last did something in it."""
    if not seen.mood.ready or seen.mood.editing:
        return replace(state, active_at=seen.at)
    fresh = {
        title: view(grid, state.tabs[title]["headers"])
        for title, grid in seen.tabs.items()
        if title in state.tabs and title in seen.titles
    }
    moved = seen.selected != state.selected or seen.mood.copying
    changed = any(title in state.now and not same(one, state.now[title]) for title, one in fresh.items())
    now = {title: one for title, one in {**state.now, **fresh}.items() if title in seen.titles}
    active = seen.at if moved or changed else state.active_at
    state = replace(state, now=now, selected=seen.selected, active_at=active)
    return replace(state, typing=_typing(state, seen))


def _free(state: State, seen: Seen) -> bool:
    """True when the program takes calls and nothing of the person's is disturbed by one."""
    mood = seen.mood
    return mood.ready and not (mood.editing or mood.copying)


def _may_write(state: State, seen: Seen) -> bool:
    if not _free(state, seen):
        return False
    if seen.pressed or state.policy.write == ALWAYS:
        return True
    if state.policy.write == ASKED:
        return False
    # whatever a program writes empties the list of what can be undone, so that waits for a pause
    return seen.mood.undo is False or seen.at - state.active_at >= state.policy.pause


def _pending(state: State) -> bool:
    """True when the last answer asks for something that is not done yet."""
    todo = state.todo or {}
    wanted = {(one["tab"], one["rid"], one["header"]): one["text"] for one in todo.get("marks", ())}
    return bool(todo.get("writes") or todo.get("appends")) or wanted != dict(state.marked)


def _written(state: State, seen: Seen) -> tuple[State, tuple[Action, ...]]:
    """What of the last answer is written now."""
    todo = state.todo
    if todo is None or state.asking or not _free(state, seen):
        return state, ()  # the answer under way speaks of the cells as they stand
    actions: list[Action] = []
    mark = str(todo.get("mark", ""))
    if mark and seen.mark != mark and not seen.read_only:
        actions.append(Stamp(mark))
    if seen.read_only:
        trouble = READ_ONLY if _pending(state) else ""
        return replace(state, trouble=trouble or state.trouble.replace(READ_ONLY, "")), tuple(actions)
    if not _pending(state) or not _may_write(state, seen) or not set(state.tabs) & set(seen.titles) <= set(seen.tabs):
        return state, tuple(actions)
    tired = {place for place, count in state.tried.items() if count >= TRIES}
    placed = blocks_of(todo, seen.tabs, state.tabs, tired)
    if placed.blocks:
        actions.append(Write(placed.blocks))
    marks, marked = marks_of(todo.get("marks", ()), state.marked, seen.tabs)
    if marks:
        actions.append(Show(marks))
    tried = dict(state.tried)
    for place in placed.done:
        tried[place] = tried.get(place, 0) + 1
    trouble = placed.trouble
    if tired:
        tab, _, header, _ = sorted(tired)[0]
        trouble = f"Tab {tab}, column {header}: the cell does not keep what is written into it"
    left = {**todo, "writes": [], "appends": []}
    return replace(
        state, todo=left, tried=tried, marked=marked, trouble=trouble, wrote=state.wrote + placed.count
    ), tuple(actions)  # fmt: skip


def _to_say(state: State, seen: Seen) -> dict[str, View]:
    """Every tab as it is told: as it stands, but for the row in which somebody is still working."""
    found: dict[str, View] = {}
    for title, now in state.now.items():
        inside = seen.selected is not None and seen.selected[0] == title and not (seen.pressed or seen.finished)
        row = seen.selected[1] if seen.selected is not None and inside else None
        found[title], _ = held_back(
            now, state.views.get(title), row, state.typing.get(title, {}), seen.at, state.policy.patience
        )
    return found


def _typing(state: State, seen: Seen) -> Mapping[str, Mapping[str, tuple[Line, float]]]:
    if seen.selected is None or seen.selected[0] not in state.now:
        return {}
    title, row, _ = seen.selected
    since = state.typing.get(title, {})
    _, rows = held_back(state.now[title], state.views.get(title), row, since, seen.at, state.policy.patience)
    return {title: rows}


def _asked(state: State, seen: Seen) -> Ask | None:
    """The next question, when it is time for one."""
    if state.asking or not seen.mood.ready:
        return None
    if not seen.due and seen.at < state.not_before:
        return None
    ours = set(state.tabs) & set(seen.titles)
    head = {**state.who, "sitting": state.sitting, "round": state.number + 1, "declared": state.declared}
    if not state.declared:
        return Ask(head)
    if seen.mood.editing or not ours <= set(state.now):
        return None  # not everything was read yet
    say = _to_say(state, seen)
    changed = {title: one for title, one in say.items() if not same(one, state.views.get(title))}
    gone = bool(state.views.keys() - say.keys())
    due = seen.due or seen.at - state.asked_at >= state.policy.poll
    if not (changed or gone or due or seen.sure or not state.said):
        return None
    if not state.said:
        changed = say
    tabs = {title: told(one, state.views.get(title) if state.said else None) for title, one in changed.items()}
    body = {**head, "since": state.said, "tabs": tabs, "titles": sorted(say)}
    if seen.sure:
        body["sure"] = list(seen.sure)
    return Ask(body)
