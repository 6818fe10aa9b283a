"""The buttons: what a click does against a real hub, and the one sentence that comes of it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from addin import buttons, errands
from addin.build.ribbon import ACTIONS
from addin.buttons import press
from addin.errands import Errands
from tests.addin.conftest import served, settle
from tests.addin.program import FakeProgram
from tests.addin.test_agent import EXC, dispatch, opened  # noqa: F401 - a fixture
from tests.scenarios.test_pay_office import SETTLEMENT, as_, friday  # noqa: F401 - a fixture
from tests.stopbook.hub.conftest import DAY
from workbooks.problems import Refused
from workbooks.schema import rid_of


def test_every_action_of_the_ribbon_is_known():
    here = {button.name for button in ACTIONS if not buttons.is_errand(button.name)}
    assert here == set(buttons._ACTIONS)


def test_a_job_runs_for_the_market_of_the_workbook_and_the_day_of_the_selected_row(opened):  # noqa: F811
    place, book, number = opened
    book.cursor = (EXC, book.row_of(EXC, number) + 1, 5)
    said = press("job.reconcile-day", place.program, place.client())
    assert said.startswith("Reconcile day: ")
    (run,) = [run for run in place.office.rows("runs") if run["via"] == "Excel" and run["job"] == "reconcile-day"] or [
        None
    ]
    assert run is None or "CHI" in str(run["scope"])
    assert place.program.told == [said]
    assert place.program.says[0] == "Reconcile day …", "something is said at once, also where it takes long"
    assert book.cursor == (EXC, book.row_of(EXC, number) + 1, 5)


def test_a_preview_writes_nothing(opened):  # noqa: F811
    place, book, number = opened
    before = place.office.app.ledger.last_seq()
    book.cursor = (EXC, book.row_of(EXC, number) + 1, 5)
    said = press("preview.open-exceptions", place.program, place.client())
    assert said.startswith("Open exceptions, preview: ")
    assert place.office.app.ledger.last_seq() == before


def test_the_day_is_asked_for_where_no_row_says_it(opened):  # noqa: F811
    place, book, _ = opened
    book.cursor = ("Addresses", 1, 0)
    place.program.types = ""
    with pytest.raises(Refused, match="needs a day"):
        press("job.reconcile-day", place.program, place.client())
    place.program.types = "tomorrow"
    with pytest.raises(Refused, match="tomorrow is not a date"):
        press("job.reconcile-day", place.program, place.client())
    place.program.types = None  # what is offered: the latest day the workbook shows
    assert press("job.reconcile-day", place.program, place.client()).startswith("Reconcile day: ")
    assert any(DAY in str(text) or "which day" in text for text in place.program.told)


@pytest.fixture
def payday(friday, tmp_path, monkeypatch):  # noqa: F811
    """A week of pay, approved and ready to be posted, with a hub over it."""
    monkeypatch.setenv("STOPBOOK_ADDIN", str(tmp_path / "addin"))
    for name, by in (("draft", "pat"), ("review", "pat"), ("approve", "max")):
        as_(friday, f"{name}-settlements", by)
    with served(friday, "boss") as place:
        place.program.types = "2026-03-10"
        yield place


def test_what_posts_is_previewed_and_agreed_to_before_it_is_done(payday):
    asked: list[str] = []
    payday.program.agrees = lambda text: bool(asked.append(text))
    said = press("run.post-settlements", payday.program, payday.client("boss"))
    assert said == "Post settlements: nothing was done."
    assert asked[0].startswith("Post settlements: ")
    assert asked[0].endswith("Do it?")
    assert payday.row("settlements", SETTLEMENT)["status"] == "REVIEW"
    payday.program.agrees = lambda text: True
    press("run.post-settlements", payday.program, payday.client("boss"))
    assert payday.row("settlements", SETTLEMENT)["status"] == "POSTED"


def test_two_press_post_at_once_and_it_is_done_once(payday):
    both_agreed = Barrier(2, timeout=20)

    def one(_: int) -> str:
        program = FakeProgram(types="2026-03-10", agrees=lambda text: bool(both_agreed.wait() + 1))
        try:
            return press("run.post-settlements", program, payday.client("boss"))
        except Refused as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(one, range(2)))
    assert all(text.startswith(("Post settlements: ", "Post settlements would")) for text in said), said
    assert payday.row("settlements", SETTLEMENT)["status"] == "POSTED"
    posted = [c for c in payday.office.app.ledger.history("settlements", rid_of("settlements", (SETTLEMENT,)))
              if c.new and c.new.get("status") == "POSTED"]  # fmt: skip
    assert len(posted) == 1


def test_what_changed_since_the_preview_is_not_posted(payday):
    def agrees(text: str) -> bool:
        as_(payday.office, "post-settlements", "pat")  # somebody else, while the question is open
        return True

    payday.program.agrees = agrees
    with pytest.raises(Refused, match=r"would do something else by now than was shown|No settlement of 2026-03-10 is"):
        press("run.post-settlements", payday.program, payday.client("boss"))


def test_who_may_not_post_is_told_so_in_one_sentence(place):
    with pytest.raises(Refused, match="There is no job post-settlements that you may run"):
        press("run.post-settlements", place.program, place.client("va"))


def test_explain_needs_one_row_and_says_what_it_can(opened):  # noqa: F811
    place, book, number = opened
    book.cursor, book.selected_cells = (EXC, book.row_of(EXC, number) + 1, 3), 7
    with pytest.raises(Refused, match="Select one cell"):
        press("explain", place.program, place.client())
    book.selected_cells = 1
    with pytest.raises(Refused, match="hold no amount that can be explained"):
        press("explain", place.program, place.client())
    book.cursor = ("Today", 3, 1)
    with pytest.raises(Refused, match="“Today” is not a tab that Stopbook keeps"):
        press("explain", place.program, place.client())
    book.cursor = (EXC, 200, 3)
    with pytest.raises(Refused, match="not known to Stopbook yet"):
        press("explain", place.program, place.client())


def test_conflicts_and_today_go_there(opened):  # noqa: F811
    place, book, _ = opened
    press("conflicts", place.program)
    assert book.cursor[0] == "Conflicts"
    press("today", place.program)
    assert book.cursor[0] == "Today"


def test_sync_now_without_an_agent(opened):  # noqa: F811
    place, book, number = opened
    dispatch(place, number, dispatch_note="by the button")
    book.type(EXC, number, "Internal note", "sent by the button")
    said = press("sync", place.program, place.client())
    assert said.startswith("In step ")
    assert book.shows(EXC, number, "Dispatch note") == "by the button"
    assert place.row("exceptions", number)["internal_note"] == "sent by the button"


def test_a_large_deletion_is_asked_about(opened):  # noqa: F811
    place, book, _ = opened
    agent = place.agent()
    settle(place, agent)
    held = len(book.rows(EXC))
    asked: list[str] = []
    place.program.agrees = lambda text: bool(asked.append(text)) or True
    kept = book.sheets[EXC].lines
    for line in kept[1:]:
        for column in (19, 20, 21):
            line[column] = "x" * 3
    assert press("sync", place.program, place.client()).startswith("In step")
    assert held
    assert len(asked) <= 1


def test_no_workbook_of_stopbook_is_open(place):
    for control in ("sync", "explain", "undo", "conflicts", "today"):
        with pytest.raises(Refused, match="Open a workbook of Stopbook"):
            press(control, place.program, place.client())


def test_an_unknown_button_comes_from_another_version(place):
    with pytest.raises(Refused, match="does not know the button claims"):
        press("claims", place.program, place.client())


def test_the_hub_is_gone(opened, monkeypatch):  # noqa: F811
    place, _, _ = opened

    def fails(*_: object, **__: object) -> None:
        raise requests.ConnectionError("token sb_secret")

    client = place.client()
    monkeypatch.setattr(requests.Session, "request", fails)
    monkeypatch.setattr(errands, "_KNOWN", {})
    for control in ("job.reconcile-day", "explain", "sync"):
        if control == "sync":
            assert press(control, place.program, client).startswith("No connection")
            continue
        with pytest.raises(Refused, match="does not answer") as caught:
            press(control, place.program, client)
        assert "sb_" not in str(caught.value)


def test_something_unexpected_is_a_sentence_with_a_number(opened, tmp_path, monkeypatch):  # noqa: F811
    place, book, _ = opened
    monkeypatch.setenv("STOPBOOK_ADDIN", str(tmp_path))
    monkeypatch.setattr(book, "titles", lambda: 1 / 0)
    with pytest.raises(Refused, match=r"Tell your administrator the number A-[0-9a-f]{8}\.") as caught:
        press("today", place.program)
    log = (tmp_path / "addin.log").read_text()
    assert str(caught.value).split()[-1].rstrip(".") in log
    assert "ZeroDivisionError" in log


def test_the_agent_does_a_job_while_the_workbooks_stay_in_step(opened, tmp_path, monkeypatch):  # noqa: F811
    place, book, number = opened
    monkeypatch.setenv("STOPBOOK_ADDIN", str(tmp_path))
    errands.order("job.reconcile-day")
    errands.order("job.reconcile-day")  # a second click while the first one waits
    given, late = errands.orders()
    assert (given, late) == (["job.reconcile-day"], [])
    assert errands.orders() == ([], [])
    book.cursor = (EXC, book.row_of(EXC, number) + 1, 5)
    one = Errands(place.program, place.client, buttons.errand, buttons.front)
    one.give(given[0])
    one.beat()
    assert place.program.told[-1].startswith("Reconcile day: ")
    one.give("job.nonsense")
    one.beat()
    assert place.program.told[-1] == "There is no job nonsense that you may run."


def test_a_second_click_asks_the_hub_one_thing(opened):  # noqa: F811
    place, book, number = opened
    book.cursor = (EXC, book.row_of(EXC, number) + 1, 5)
    client = place.client()
    press("job.reconcile-day", place.program, client)
    before = client.calls
    press("job.reconcile-day", place.program, client)
    assert client.calls - before == 1, (
        "what seldom changes is not asked for again: on a slow line each question is felt"
    )
