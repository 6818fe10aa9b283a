"""Short stories under the open questions about Google: whatever the answers, nothing is lost, doubled or misplaced.

All answers together would be thousands of settings, but a story only meets the questions that the server really asks
itself while it is told. So each story is told once for every way in which these can be answered, which is the same as
under every setting there is. STOPBOOK_SWITCHES=all tells them under every setting in so many words.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

from local_sheets.batch import engine
from local_sheets.dispatcher import Act, Dispatcher
from local_sheets.environment import Switches
from local_sheets.errors import ApiError
from sheets_sync.google.replica import Ambiguous
from tests.sheets_sync.google.bench import MARIA, Desk, case, desk
from tests.sheets_sync.google.test_faults import everything_stands
from workbooks.plan import Plan, Void

CHOICES = Switches.choices()
LIKELY = Switches().json()
PAUL = "paul@example.com"
PARTS = 128
Setting = dict[str, Any]
Story = Callable[[Desk, int], None]


class Asked(Switches):
    """Switches that remember which of them were looked at, in this order."""

    seen: dict[str, Any]

    @classmethod
    def of(cls, setting: Mapping[str, Any]) -> "Asked":
        made = cls(**{**LIKELY, **setting})
        object.__setattr__(made, "seen", {})
        return made

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name in CHOICES:
            super().__getattribute__("seen").setdefault(name, found)
        return found


def told(one: Desk, story: Story, number: int, setting: Setting) -> Setting:
    """Tells a story under a setting; the questions that came up, with the answers they got."""
    one.service.env.switches = asked = Asked.of(setting)
    try:
        story(one, number)
    except Exception as error:
        raise AssertionError(f"under {short(asked.seen)}: {error}") from error
    finally:
        one.service.env.switches = Switches()
    return dict(asked.seen)


def every_answer(one: Desk, story: Story) -> tuple[int, set[str]]:
    """Tells a story under every answer to what comes up in it; how often, and what came up."""
    todo: list[Setting] = [{}]
    count, met = 0, set[str]()
    while todo:
        given = todo.pop()
        seen = told(one, story, count, given)
        met |= seen.keys()
        count += 1
        new = [name for name in seen if name not in given]
        for at, name in enumerate(new):
            before = {other: seen[other] for other in new[:at]}
            todo += [{**given, **before, name: value} for value in CHOICES[name] if value != seen[name]]
    return count, met


def every_setting() -> Iterator[Setting]:
    for values in product(*CHOICES.values()):
        yield dict(zip(CHOICES, values, strict=True))


def short(setting: Setting) -> str:
    parts = [f"{name}={value}" for name, value in setting.items() if LIKELY[name] != value]
    return ", ".join(parts) or "as it is likely"


def write_in_doubt(one: Desk, number: int) -> None:
    """Two writes whose outcome nobody knows, one of which comes late, while somebody sorts, inserts and types."""
    note = one.place(1, "Internal note")[1]
    person = Dispatcher(one.book, "Exceptions", MARIA, script=[
        Act("sort", 1, 2, descending=True), Act("insert", 2), Act("edit", 1, note, text=f"typed first {number}"),
        Act("sort", 1, 2), Act("edit", 2, note, text=f"typed second {number}"),
    ])  # fmt: skip
    one.service.workspace.dispatchers.append(person)
    one.apply("exceptions", {"exc_id": "0002", "recipient": f"changed {number}"}, case(100 + number))
    for kind in ("drop_after", "late"):
        one.fault(kind, delay=4)
        try:
            one.round()
        except Ambiguous:
            one.restart()
    one.round()
    one.service.workspace.dispatchers.clear()
    one.service.faults.clear()
    one.service.faults.release(one.service.handle, everything=True)
    everything_stands(one)
    rows = one.app.ledger.load("exceptions", {})
    held = {str(r.values["internal_note"]) for r in rows}
    said = " ".join(f"{row['sheet_value']} {row['ledger_value']}" for row in one.conflicts())
    history = {
        str(change.new.get("internal_note"))
        for r in rows for change in one.app.ledger.history("exceptions", r.rid) if change.new
    }  # fmt: skip
    for text in (f"typed first {number}", f"typed second {number}"):
        assert text in held or text in said or text in history, f"{text} is lost"
    assert one.case(2).values["recipient"] == one.shown()["0002"]["Recipient"] == f"changed {number}"


def rows_on_the_move(one: Desk, number: int) -> None:
    """Somebody cuts, sorts and deletes rows of which another add-on marked one and a colleague protected a column."""
    workspace, note = one.service.workspace, one.place(1, "Internal note")[1]
    marked = {"sheetId": one.sheet_id(), "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    place = {"sheetId": one.sheet_id(), "startColumnIndex": 40, "endColumnIndex": 41}
    wide = {"sheetId": one.sheet_id(), "gridProperties": {"columnCount": 41}}
    one.type(3, "Internal note", f"typed {number}")
    row, free = one.place(2, "Internal note")[0], len(one.lines()) + 2
    with workspace.env.lock, workspace.editing(one.book, PAUL) as context:
        engine.run(context, [{"createDeveloperMetadata": {"developerMetadata": {
            "metadataKey": "theirs", "visibility": "DOCUMENT", "location": {"dimensionRange": marked}}}}])  # fmt: skip
    one.act(Act("cut", row, to=free))
    with workspace.env.lock, workspace.editing(one.book, PAUL) as context:
        _, kept = engine.run(context, [
            {"updateSheetProperties": {"properties": wide, "fields": "gridProperties.columnCount"}},
            {"addProtectedRange": {"protectedRange": {"range": place, "editors": {"users": [PAUL]}}}},
        ])  # fmt: skip
    for act in (Act("edit", 1, 39, text="3/4"), Act("sort", 1, note, descending=True), Act("delete", row)):
        with suppress(ApiError):  # a choice of Google's, or the colleague's column, may refuse it
            one.act(act)
    everything_stands(one)
    assert one.case(3).values["internal_note"] == f"typed {number}"
    with workspace.env.lock, workspace.editing(one.book, PAUL) as context:
        number_ = kept["addProtectedRange"]["protectedRange"]["protectedRangeId"]
        engine.run(context, [{"deleteProtectedRange": {"protectedRangeId": number_}}])


def the_end_of_a_day(one: Desk, number: int) -> None:
    """Somebody chooses from a list, and somebody types while Drive may lag; at night rows out of use and old tokens leave."""
    one.apply("exceptions", case(9))
    one.settle()
    one.type(9, "Action", "TRIAGE")
    one.settle()
    assert one.case(9).values["status"] == "TRIAGED"
    one.keeper.round(one.now + timedelta(seconds=20))
    one.type(1, "Internal note", f"late {number}")
    one.keeper.round(one.now + timedelta(seconds=40))
    one.settle()
    assert one.case(1).values["internal_note"] == f"late {number}"
    gone = Plan("test", {}, (), (Void("exceptions", ("0009",), one.case(9).rev, "a mistake"),))
    one.app.ledger.apply(gone, run_key=f"gone {one.now}", inputs_hash="", by="t", via="t", at=one.now)
    one.settle()
    assert one.shown()["0009"]["_state"] == "VOID"
    for _ in range(3):
        one.now += timedelta(hours=21)
        one.settle()
    assert "0009" not in one.shown()
    assert all(one.case(n).values["recipient"] == one.shown()[f"{n:04}"]["Recipient"] for n in range(1, 5))


STORIES: Mapping[str, tuple[Story, set[str]]] = {
    "a write in doubt": (
        write_in_doubt, {"metadata_follows_sort", "batch_isolation", "response_reflects", "duplicate_metadata_id"},
    ),
    "rows on the move": (
        rows_on_the_move,
        {"metadata_follows_sort", "metadata_follows_cut", "protected_column_blocks_sort",
         "protected_column_blocks_row_delete", "ambiguous_input"},
    ),
    "the end of a day": (the_end_of_a_day, {"validation_binds_api", "unmatched_filter", "drive_version_lag"}),
}  # fmt: skip
"""each with what comes up in it"""
NEVER = {"missing_named_range", "read_past_grid"}
"""Stopbook names no ranges, and reads whole tabs"""


@contextmanager
def office(folder: Path) -> Iterator[Desk]:
    """A desk at which a colleague works too."""
    with desk(folder, [case(n) for n in range(1, 5)], sockets=False) as one:
        one.service.workspace.accounts.add_person(PAUL)
        one.service.workspace.share(one.book, PAUL, "writer")
        yield one


@pytest.mark.parametrize("name", STORIES)
def test_the_story_under_every_answer_to_what_comes_up_in_it(tmp_path: Path, name: str) -> None:
    story, asks = STORIES[name]
    with office(tmp_path) as one:
        count, met = every_answer(one, story)
    assert met == asks and count >= 2 ** min(len(asks), 4)


def test_there_is_a_story_for_every_open_question() -> None:
    asked = set[str]().union(*(asks for _, asks in STORIES.values()))
    assert asked | NEVER == set(CHOICES) and not asked & NEVER


@pytest.mark.parametrize("part", range(PARTS if os.environ.get("STOPBOOK_SWITCHES") == "all" else 0))
def test_the_story_under_every_setting(tmp_path: Path, part: int) -> None:
    with office(tmp_path) as one:
        for number, setting in enumerate(islice(every_setting(), part, None, PARTS)):
            told(one, write_in_doubt, number % 50, setting)
