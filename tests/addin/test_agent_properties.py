"""Whatever people, programs and networks do, in any order: in the end both sides agree and nothing typed is lost."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addin.agent import ALWAYS, PAUSE, Policy
from addin.resident import Agent
from tests.addin.program import FakeBook, FakeProgram
from tests.addin.pure_hub import BOOK, TABLE, PureHub
from tests.sheets_sync.programs import book as workbook

TAB = TABLE.title
OWN, SHARED, THEIRS = "Note for the client", "Internal note", "Dispatch note"
NAMES = {column.title: column.name for column in TABLE.columns}
OPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["type"] * 4 + ["elsewhere"] * 3 + ["beat"] * 4 + ["edit", "copy", "gone", "lost", "hub", "agent", "save", "close", "sort", "insert", "calm"]
        ),
        st.integers(0, 3),
        st.sampled_from([OWN, OWN, SHARED, THEIRS]),
    ),
    max_size=30,
)  # fmt: skip


class Life:
    """One person, one workbook, one hub; every value anybody types is another."""

    def __init__(self, write: str) -> None:
        self.policy = Policy(write, pause=5, patience=5)
        self.hub, self.program = PureHub(), FakeProgram()
        content = workbook({TABLE.name: list(self.hub.records.values())}, generation=1, workbook=BOOK)
        self.book: FakeBook = self.program.opens(content, BOOK.file)
        self.seconds, self.count = 0.0, 0
        self.typed: dict[str, tuple[str, str]] = {}
        self.excused: set[str] = set()
        self.elsewhere: list[tuple[str, str, str]] = []
        self.thrown = False
        self.agent = self.fresh()

    def fresh(self) -> Agent:
        return Agent(self.program, lambda: self.hub, lambda: self.seconds, lambda: "now", self.policy)

    def key(self, number: int) -> str:
        return f"{number:04}"

    def do(self, op: str, number: int, header: str) -> None:
        self.count += 1
        self.seconds += 1
        getattr(self, f"_{op}")(number, header, f"{op} {self.count}")

    def _type(self, number: int, header: str, value: str) -> None:
        before = self.book.shows(TAB, self.key(number), header)
        if before in self.typed:
            self.excused.add(before)  # typed over by the very person
        self.book.type(TAB, self.key(number), header, value)
        self.typed[value] = (self.key(number), header)

    def _elsewhere(self, number: int, header: str, value: str) -> None:
        rid = next(rid for rid, record in self.hub.records.items() if record.values["exc_id"] == self.key(number))
        self.hub.set(rid, NAMES[header], value)
        self.elsewhere.append((rid, header, value))

    def _beat(self, *_: object) -> None:
        self.seconds += 6
        self.agent.beat()

    def _edit(self, *_: object) -> None:
        self.program.editing = not self.program.editing

    def _copy(self, *_: object) -> None:
        self.program.copying = not self.program.copying

    def _gone(self, *_: object) -> None:
        self.hub.gone = not self.hub.gone

    def _lost(self, *_: object) -> None:
        self.hub.loses = not self.hub.loses

    def _hub(self, *_: object) -> None:
        self.hub.forget()

    def _agent(self, *_: object) -> None:
        self.agent = self.fresh()

    def _save(self, *_: object) -> None:
        self.book.saved()

    def _close(self, number: int, *_: object) -> None:
        """Closed, at times without saving, and opened again."""
        self.program.editing = self.program.copying = False
        if number % 2:
            self.book.saved()
        else:
            known = {value for _, _, value in self.hub.taken} | set(self.hub.conflicts)
            self.excused |= set(self.typed) - known  # thrown away before anybody saw it, as the person wanted
            self.thrown = True
        self.program.closes(self.book)
        self.agent.beat()
        self.book = self.program.opens(self.book.file, self.book.name)

    def _sort(self, number: int, header: str, _: str) -> None:
        self.book.sort(TAB, header, bool(number % 2))

    def _insert(self, number: int, *_: object) -> None:
        self.book.sheets[TAB].lines.insert(1 + number, [])

    def _calm(self, *_: object) -> None:
        self.program.editing = self.program.copying = self.hub.gone = self.hub.loses = False
        for _ in range(12):
            self.seconds += 40
            self.agent.beat()


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOPBOOK_ADDIN", str(Path(name)))
        yield


def check(life: Life) -> None:
    taken = [value for _, _, value in life.hub.taken]
    told = " ".join(life.hub.conflicts)
    for value, (key, header) in life.typed.items():
        if value in life.excused:
            continue
        assert value in taken or value in told, f"{value} in {header} of {key} is lost"
    for rid, record in life.hub.records.items():
        for header in (OWN, SHARED, THEIRS):
            shown = life.book.shows(TAB, str(record.values["exc_id"]), header)
            assert shown == record.values[NAMES[header]], (rid, header)
    ours = [value for value in taken if value in life.typed]
    assert len(ours) == len(set(ours)), "an old value came back by itself"
    assert set(taken) <= set(life.typed), "the hub took in what nobody typed here"
    assert all(header != THEIRS for value in taken if value in life.typed for header in [life.typed[value][1]])
    # who closes without saving and types anew over what stood in the file disagrees with themselves
    if not life.thrown and not any(header in (SHARED, OWN) for _, header, _ in life.elsewhere):
        typed_theirs = {value for value, (_, header) in life.typed.items() if header == THEIRS}
        assert set(life.hub.conflicts) <= typed_theirs, "a conflict where nobody disagreed"
    assert [line for line in life.program.told if "went wrong" in line] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OPS, st.sampled_from([PAUSE, ALWAYS]))
def test_any_life_ends_in_step_with_nothing_lost(ops, write):
    life = Life(write)
    life._beat()
    for op, number, header in ops:
        life.do(op, number, header)
    life._calm()
    check(life)
