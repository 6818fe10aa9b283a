"""Open workbooks over HTTP: what is asked and answered, said twice, said late, and said by the wrong people."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from addin.view import Grid, told, view
from stopbook import openbooks
from tests.addin.program import FakeProgram
from tests.sheets_sync.google.bench import case
from tests.stopbook.hub.conftest import Caller, House
from workbooks.plan import Plan, Put

EXC = "Exceptions"


class Opened:
    """A workbook and the questions about it, put by hand."""

    def __init__(self, house: House, caller: Caller, sitting: str) -> None:
        path = house.office.app.settings.workbooks / "va-CHI.xlsx"
        self.book = FakeProgram().opens(path.read_bytes(), path.name)
        self.caller, self.round = caller, 0
        self.head = {
            "ledger_id": self.book.props["stopbook_ledger_id"], "generation": int(float(self.book.props["stopbook_generation"])),
            "mark": "", "file": path.name, "sitting": sitting, "declared": "",
        }  # fmt: skip
        known = self.ask(tabs={}, since=0)
        assert known["again"] is True
        self.head["declared"] = known["declared"]
        self.tabs = known["tabs"]

    def views(self) -> dict[str, Any]:
        return {
            title: view(Grid(self.book.sheets[title].lines), self.tabs[title]["headers"])
            for title in self.tabs if title in self.book.sheets
        }  # fmt: skip

    def whole(self, **more: Any) -> dict[str, Any]:
        return self.ask(since=0, tabs={title: told(one, None) for title, one in self.views().items()}, **more)

    def ask(self, **said: Any) -> dict[str, Any]:
        answer = self.raw(**said)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def raw(self, **said: Any) -> Any:
        self.round = said.pop("round", self.round + 1)
        return self.caller.ask("POST", "/copies/va-CHI", {**self.head, "round": self.round, **said})


@pytest.fixture(scope="module")
def written(house: House) -> House:
    house.office.run("write-workbooks")
    return house


@pytest.fixture
def opened(written: House, request: pytest.FixtureRequest) -> Opened:
    written.office.now += timedelta(minutes=1)
    written.office.run("write-workbooks")
    number = abs(hash(request.node.name)) % 16**12
    return Opened(written, written.caller("va"), f"{number:012x}")


def test_the_same_question_twice_gets_the_same_answer(opened, written):
    opened.book.type(EXC, opened.book.rows(EXC)[0]["Case"], "Internal note", "said twice")
    first = opened.whole()
    seq = written.office.app.ledger.last_seq()
    second = opened.whole(round=opened.round)
    assert first == second
    assert first["taken"] == 1
    assert written.office.app.ledger.last_seq() == seq


def test_what_was_typed_is_judged_by_the_books_as_they_are_when_it_goes_in(opened, written, monkeypatch):
    """A job opens another case between the moment the edit was worked out and the moment it is written."""
    first = opened.book.rows(EXC)[0]["Case"]
    real, since = openbooks.write_workbooks.taken_in, []

    def overtaken(books, params):
        made = real(books, params)
        since.append(books.since)
        if len(since) == 1:
            plan = Plan("test", {}, (Put("exceptions", ("0077",), case(77, market_id="PHX"), 0),))
            written.office.app.ledger.apply(
                plan, run_key="meanwhile", inputs_hash="", by="a job", via="test", at=params.now
            )
        return made

    monkeypatch.setattr(openbooks.write_workbooks, "taken_in", overtaken)
    opened.book.type(EXC, first, "Internal note", "typed meanwhile")
    assert opened.whole()["taken"] == 1
    assert len(since) == 2
    assert since[0] < since[1]
    assert written.office.row("exceptions", first)["internal_note"] == "typed meanwhile"


def test_a_question_that_comes_late_is_not_taken_in(opened, written):
    case = opened.book.rows(EXC)[0]["Case"]
    old = {title: told(one, None) for title, one in opened.views().items()}
    late = {**opened.head, "round": 2, "since": 0, "tabs": old}
    opened.book.type(EXC, case, "Internal note", "the newer state")
    opened.whole(round=3)
    answer = opened.caller.ask("POST", "/copies/va-CHI", late)
    assert answer.status_code == 409
    assert "A later state of va-CHI.xlsx was taken in already." in answer.text
    assert written.office.row("exceptions", case)["internal_note"] == "the newer state"


def test_a_hub_that_was_started_anew_asks_for_everything_and_goes_on(opened, written):
    case = opened.book.rows(EXC)[0]["Case"]
    opened.book.type(EXC, case, "Internal note", "before the hub was started anew")
    opened.whole()
    written.hub.sittings._known.clear()
    before = opened.views()
    opened.book.type(EXC, case, "Internal note", "after it")
    now = opened.views()
    answer = opened.ask(since=opened.round, tabs={EXC: told(now[EXC], before[EXC])})
    assert answer["whole"] is True
    assert opened.whole()["taken"] == 1
    assert written.office.row("exceptions", case)["internal_note"] == "after it"
    assert not [row for row in written.office.rows("conflicts", status="OPEN") if row["sheet_value"] == "after it"]


def test_a_late_question_is_refused_by_a_hub_that_was_started_anew(opened, written):
    case = opened.book.rows(EXC)[0]["Case"]
    old = {title: told(one, None) for title, one in opened.views().items()}
    opened.book.type(EXC, case, "Root cause", "ACCESS")
    opened.whole(round=7)
    written.hub.sittings._known.clear()
    answer = opened.raw(round=5, since=0, tabs=old)
    assert answer.status_code == 422
    assert "A later state" in answer.text
    assert written.office.row("exceptions", case)["root_cause"] == "ACCESS"


def test_nothing_new_is_answered_without_looking(opened, written):
    opened.whole()
    opened.whole()
    quiet = opened.ask(since=opened.round, tabs={})
    assert quiet["quiet"] is True
    assert quiet["writes"] == []


@pytest.mark.parametrize(
    "tabs",
    [
        {EXC: {"header": 0, "headers": [], "places": [], "rows": []}},
        {EXC: {"header": 1, "headers": ["_rid"], "places": [5], "rows": []}},
        {EXC: {"header": 1, "headers": ["_rid"], "places": [0], "rows": [[0, 10]]}},
        {EXC: {"header": 1, "headers": ["_rid"], "places": [0], "rows": [[-1, ["a", "b"]]]}},
        {EXC: {"header": 1, "headers": ["_rid"], "places": [0], "rows": [[-1, [{"a": 1}]]]}},
        {EXC: {"header": 1, "headers": ["_rid"], "places": [0], "rows": [[True, 1]]}},
        {EXC: {"header": 1, "headers": [1], "places": [0], "rows": []}},
        {EXC: {"header": 1, "headers": ["_rid"], "places": [0], "rows": [[-1, ["x" * 40_000]]]}},
        {EXC: {"header": True, "headers": ["_rid"], "places": [0], "rows": 5}},
        {EXC: {"header": 1, "headers": None, "places": 7, "rows": []}},
        {EXC: []},
        [],
    ],
)
def test_what_is_no_tab_is_answered_in_a_sentence(opened, tabs):
    answer = opened.raw(since=0, tabs=tabs)
    assert answer.status_code == 400, answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "said",
    [
        {"generation": "7"},
        {"generation": True},
        {"round": 0},
        {"round": "1"},
        {"sitting": "../../etc"},
        {"sitting": ""},
        {"mark": "x"},
    ],
)
def test_what_does_not_say_which_workbook_it_is_is_refused(opened, said):
    answer = opened.raw(since=0, tabs={}, **said)
    assert answer.status_code == 400


def test_packed_questions_are_read_and_bombs_are_not(opened, written):
    body = json.dumps({**opened.head, "round": 90, "since": 0, "tabs": {}}).encode()
    address = f"{written.address}/api/v1/copies/va-CHI"

    def send(content: bytes, how: str = "gzip") -> Any:
        headers = {"Authorization": f"Bearer {opened.caller.token}", "Content-Encoding": how}
        return opened.caller.session.post(address, data=content, headers=headers, timeout=20)

    assert send(gzip.compress(body)).status_code == 200
    assert send(gzip.compress(b" " * 40_000_000)).status_code == 413
    assert send(gzip.compress(body)[:-9]).status_code == 400
    assert send(b"nonsense").status_code == 400
    assert send(body, "br").status_code == 415


def test_who_may_open_which_workbook(written):
    def names(who: str) -> set[str]:
        return {one["name"] for one in written.caller(who).get("/copies")["copies"]}

    assert names("va") == {"va-CHI"}
    assert names("phx_va") == {"va-PHX"}
    assert names("dispatch") == {"dispatch-CHI", "dispatch-PHX"}
    assert "manager" in names("boss")
    assert names("chi_boss") == set(), "its manager's workbooks hold every market"
    assert names("bill") == set(), "limited to one account, and the workbooks hold all"
    caller = written.caller("dispatch")
    assert caller.ask("GET", "/copies/va-CHI").status_code == 403
    assert caller.ask("GET", "/copies/nothing").status_code == 404
    assert written.caller("va").get("/copies/va-CHI")["market"] == "CHI"


def test_pay_never_reaches_dispatch_through_an_open_workbook(written):
    for who in ("dispatch", "va"):
        for book in ("payroll", "approvals", "payrules", "billing", "rates", "setup"):
            answer = written.caller(who).ask("POST", f"/copies/{book}", {"round": 1})
            assert answer.status_code == 403, (who, book)
