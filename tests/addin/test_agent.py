"""The agent with an open workbook and a real hub over HTTP: what people do there, and what they never lose."""

import pytest
import requests

from addin.agent import ALWAYS, ASKED, Policy
from addin.client import Unreachable
from addin.undo import undo
from tests.addin.conftest import Place, settle
from tests.addin.program import FakeBook, FakeProgram
from tests.office import manifest
from tests.sheets_sync.programs import put
from tests.stopbook.hub.conftest import Caller

EXC, MILES = "Exceptions", "Mileage"


def case(place: Place) -> str:
    return next(row["exc_id"] for row in place.office.rows("exceptions", market_id="CHI"))


def conflicts(place: Place) -> list[str]:
    return sorted(row["message"] for row in place.office.rows("conflicts", status="OPEN"))


def dispatch(place: Place, number: str, **cells: object) -> None:
    """Somebody in dispatch changes the case from their own PC."""
    caller = Caller(place.address, place.tokens["dispatch"])
    row = caller.row("exceptions", exc_id=number)
    answers = caller.edit("exceptions", row["_rid"], row["_rev"], **cells)["answers"]
    assert all(cell["outcome"] == "taken" for cell in answers[0]["cells"].values()), answers


@pytest.fixture
def opened(place: Place) -> tuple[Place, FakeBook, str]:
    book = place.open()
    book.cursor = (EXC, 1, 0)
    return place, book, case(place)


def test_an_edit_is_taken_in_and_signed_by_the_person(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    book.type(EXC, number, "Internal note", "rang twice")
    place.beats(agent, 1)
    assert place.row("exceptions", number)["internal_note"] == "rang twice"
    assert place.office.app.ledger.books().record("exceptions", number).by == "va@example.com"
    assert place.program.says[-1].startswith("In step 14:05")


def test_one_question_a_round_and_only_what_changed(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    (client,) = place.clients
    sent: list[dict] = []
    ask = client.post
    client.post = lambda path, said: sent.append(said) or ask(path, said)
    before = client.calls
    book.type(EXC, number, "Internal note", "one question")
    place.beats(agent, 1)
    assert client.calls - before <= 2, "the edit, and a look at what came of it"
    assert list(sent[0]["tabs"]) == [EXC]
    rows = sent[0]["tabs"][EXC]["rows"]
    assert sum(start == -1 for start, _ in rows) == 1, rows


def test_what_others_change_waits_for_a_pause_and_is_counted(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    dispatch(place, number, dispatch_note="driver says the gate was shut")
    book.cursor = (EXC, 2, 5)
    place.program.undo.append("something")
    place.beats(agent, 1, seconds=12)
    assert book.shows(EXC, number, "Dispatch note") is None, "the person has just moved, an undo may be wanted"
    assert "1 new" in place.program.says[-1]
    place.beats(agent, 2, seconds=12)
    assert book.shows(EXC, number, "Dispatch note") == "driver says the gate was shut"
    assert "new" not in place.program.says[-1]
    assert conflicts(place) == []


@pytest.mark.parametrize("busy", ["editing", "copying"])
def test_nothing_is_written_while_a_cell_is_edited_or_copied(opened, busy):
    place, book, number = opened
    agent = place.agent(policy=Policy(ALWAYS))
    settle(place, agent)
    dispatch(place, number, dispatch_note=f"while {busy}")
    setattr(place.program, busy, True)
    place.beats(agent, 5)
    place.program.editing = False
    shown = book.shows(EXC, number, "Dispatch note")
    setattr(place.program, busy, False)
    assert shown != f"while {busy}"
    place.beats(agent, 2)
    assert book.shows(EXC, number, "Dispatch note") == f"while {busy}"


def test_who_wants_it_so_is_written_to_only_when_asked(opened):
    place, book, number = opened
    agent = place.agent(policy=Policy(ASKED))
    settle(place, agent)
    dispatch(place, number, dispatch_note="only when asked")
    place.beats(agent, 5)
    assert book.shows(EXC, number, "Dispatch note") != "only when asked"
    said = agent.sync(book)
    assert book.shows(EXC, number, "Dispatch note") == "only when asked"
    assert said.startswith("In step 14:05")


def test_a_cell_of_somebody_elses_is_put_back_and_marked_until_it_is_settled(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    held = place.row("exceptions", number)["dispatch_note"]
    book.type(EXC, number, "Dispatch note", "not mine to say")
    settle(place, agent)
    assert book.shows(EXC, number, "Dispatch note") == held
    ((place_, text),) = book.sheets[EXC].notes.items()
    assert place_ == (book.row_of(EXC, number), book.header(EXC).index("Dispatch note"))
    assert "“not mine to say” was not taken" in text
    assert "belongs to dispatch" in text
    conflict = next(
        row for row in place.office.rows("conflicts", status="OPEN") if row["sheet_value"] == "not mine to say"
    )
    assert conflict["who"] == "va@example.com"
    book.type("Conflicts", conflict["conflict_id"], "Choose", "STOPBOOK")
    settle(place, agent)
    assert book.sheets[EXC].notes == {}
    assert book.sheets[EXC].colours == set()


def test_both_change_the_same_cell_and_both_values_are_shown(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    place.program.editing = True  # the person begins before the others' value arrives
    dispatch(place, number, internal_note="dispatch was quicker")
    place.program.editing = False
    book.type(EXC, number, "Internal note", "the VA's own words")
    settle(place, agent)
    row = next(row for row in place.office.rows("conflicts", status="OPEN") if row["kind"] == "CONFLICT")
    assert (row["ledger_value"], row["sheet_value"]) == ("dispatch was quicker", "the VA's own words")
    assert book.shows(EXC, number, "Internal note") == "dispatch was quicker"
    assert "1 conflict" in place.program.says[-1]
    book.type("Conflicts", row["conflict_id"], "Choose", "SHEET")
    settle(place, agent)
    assert book.shows(EXC, number, "Internal note") == "the VA's own words"
    assert place.row("exceptions", number)["internal_note"] == "the VA's own words"


def test_a_half_typed_row_is_not_sent_while_the_cursor_is_in_it(opened):
    place, book, _ = opened
    agent = place.agent()
    settle(place, agent)
    route = place.office.rows("manifest", market_id="CHI")[0]["route_id"]
    row = book.add(MILES, Route=route)
    book.cursor = (MILES, row, 3)
    place.beats(agent, 3, seconds=5)
    book.sheets[MILES].put(row - 1, book.header(MILES).index("Driver"), "D-11")
    place.beats(agent, 3, seconds=5)
    assert not [each for each in place.office.rows("mileage") if each["driver_id"] == "D-11"]
    book.cursor = (MILES, row + 1, 2)
    place.beats(agent, 2)
    (made,) = [each for each in place.office.rows("mileage") if each["driver_id"] == "D-11"]
    settle(place, agent)
    (shown,) = [each for each in book.rows(MILES) if each["Driver"] == "D-11"]
    assert shown["_rid"]
    assert shown["Status"] == made["status"] == "OPEN"
    assert conflicts(place) == []


def test_rows_are_found_after_sorting_and_inserting(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    dispatch(place, number, dispatch_note="after sorting")
    place.beats(agent, 1, seconds=1)
    book.sort(EXC, "Case", reverse=True)
    book.sheets[EXC].lines.insert(1, [])
    book.sheets["Stops"].lines.insert(2, [])
    settle(place, agent)
    assert book.shows(EXC, number, "Dispatch note") == "after sorting"
    assert conflicts(place) == []


def test_what_somebody_types_at_the_last_moment_is_not_written_over(opened):
    place, book, number = opened
    agent = place.agent(policy=Policy(ASKED))
    settle(place, agent)
    dispatch(place, number, internal_note="from dispatch")
    place.beats(agent, 2)  # the agent knows of it and may not write yet
    book.type(EXC, number, "Internal note", "typed just now")
    agent.sync(book)
    assert {row["sheet_value"] for row in place.office.rows("conflicts", status="OPEN")} >= {"typed just now"}


def test_formulas_are_neither_read_as_values_nor_written_over(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    row, column = book.row_of(EXC, number), book.header(EXC).index("Dispatch note")
    book.sheets[EXC].put(row, column, "looked up")
    book.sheets[EXC].formulas.add((row, column))
    dispatch(place, number, dispatch_note="a new note")
    settle(place, agent)
    assert book.shows(EXC, number, "Dispatch note") == "looked up"
    assert place.row("exceptions", number)["dispatch_note"] == "a new note"
    assert "formula" in place.program.says[-1]


def test_texts_stay_texts(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    for text in ("00123", "=1+1", "1-2", "TRUE", "'quoted", "Mar 1"):
        dispatch(place, number, dispatch_note=text)
        settle(place, agent)
        assert book.shows(EXC, number, "Dispatch note") == text
    assert conflicts(place) == []


def test_a_deleted_row_counts_only_after_a_while_and_undo_saves_it(opened):
    place, book, _ = opened
    agent = place.agent()
    route = place.office.rows("manifest", market_id="CHI")[0]["route_id"]
    settle(place, agent)
    book.add(MILES, Route=route, Driver="D-9")
    book.cursor = (MILES, 1, 0)
    settle(place, agent)
    line = book.sheets[MILES].lines.pop()
    place.beats(agent, 2, seconds=3)
    book.sheets[MILES].lines.append(line)  # undo
    settle(place, agent)
    assert any(row["driver_id"] == "D-9" for row in place.office.rows("mileage", market_id="CHI"))
    book.sheets[MILES].lines.pop()
    settle(place, agent)
    assert not any(row["driver_id"] == "D-9" for row in place.office.rows("mileage", market_id="CHI"))


def test_an_undo_brings_back_what_the_last_write_wrote_over(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    book.type(EXC, number, "Internal note", "mine")
    settle(place, agent)
    dispatch(place, number, internal_note="theirs")
    settle(place, agent)
    assert book.shows(EXC, number, "Internal note") == "theirs"
    assert "stood there before" in undo(place.program, book)
    assert book.shows(EXC, number, "Internal note") == "mine"
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "mine", "taken back on purpose, as an edit of one's own"
    with pytest.raises(Exception, match=r"nothing into va-CHI\.xlsx that could be undone"):
        undo(place.program, book)


def test_closed_without_saving_loses_nothing_and_reverts_nothing(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    book.type(EXC, number, "Internal note", "typed, then closed without saving")
    dispatch(place, number, dispatch_note="news in between")
    settle(place, agent)
    place.program.closes(book)
    place.beats(agent, 2)
    again = place.program.opens(book.file, book.name)
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "typed, then closed without saving"
    assert again.shows(EXC, number, "Internal note") == "typed, then closed without saving"
    assert again.shows(EXC, number, "Dispatch note") == "news in between"
    assert conflicts(place) == []
    assert any("closed without saving" in said for said in place.program.says)


def test_saved_and_closed_it_is_taken_in_by_the_hub_without_a_false_conflict(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    book.type(EXC, number, "Internal note", "saved")
    dispatch(place, number, dispatch_note="first")
    settle(place, agent)
    assert book.shows(EXC, number, "Dispatch note") == "first"
    path = place.office.app.settings.workbooks / book.name
    path.write_bytes(book.saved())
    place.program.closes(book)
    dispatch(place, number, dispatch_note="second, after it was closed")
    place.wait(60)
    place.office.run("write-workbooks")
    assert conflicts(place) == []
    assert place.row("exceptions", number)["internal_note"] == "saved"
    fresh = place.open()
    assert fresh.shows(EXC, number, "Dispatch note") == "second, after it was closed"


def test_what_was_typed_offline_in_a_saved_copy_is_still_an_edit(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    book.type(EXC, number, "Internal note", "A")
    settle(place, agent)
    book.type(EXC, number, "Internal note", "B")
    settle(place, agent)
    path = place.office.app.settings.workbooks / book.name
    place.program.closes(book)
    path.write_bytes(book.saved())
    place.office.edit("va-CHI", lambda sheets: put(sheets, EXC, number, "Internal note", "A"))
    place.wait(60)
    place.office.run("write-workbooks")
    assert place.row("exceptions", number)["internal_note"] == "A", "the same as before, but typed again"
    assert conflicts(place) == []


def test_a_new_agent_goes_on_where_the_old_one_stopped(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    dispatch(place, number, dispatch_note="one")
    book.type(EXC, number, "Recipient", "not mine")
    settle(place, agent)
    assert book.sheets[EXC].notes
    dispatch(place, number, dispatch_note="two")
    book.type(EXC, number, "Internal note", "typed while no agent ran")
    fresh = place.agent()
    settle(place, fresh)
    assert book.shows(EXC, number, "Dispatch note") == "two"
    assert place.row("exceptions", number)["internal_note"] == "typed while no agent ran"
    (row,) = [row for row in place.office.rows("conflicts", status="OPEN") if row["sheet_value"] == "not mine"]
    book.type("Conflicts", row["conflict_id"], "Choose", "STOPBOOK")
    settle(place, fresh)
    assert book.sheets[EXC].notes == {}, "the note of the agent before it is taken away"


def test_while_the_hub_is_gone_nothing_is_kept_anywhere_and_nothing_is_lost(opened, monkeypatch):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    send = requests.Session.request
    monkeypatch.setattr(requests.Session, "request", _fails)
    book.type(EXC, number, "Internal note", "typed in the tunnel")
    place.beats(agent, 3)
    assert place.program.says[-1].startswith("No connection since 14:05; what you type stays here")
    monkeypatch.setattr(requests.Session, "request", send)
    place.beats(agent, 3)
    assert place.row("exceptions", number)["internal_note"] == "typed in the tunnel"
    assert place.program.says[-1].startswith("In step")


def _fails(*_: object, **__: object) -> None:
    raise requests.ConnectionError("no route")


def test_answers_that_are_lost_change_nothing(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    (client,) = place.clients
    ask, lost = client.post, []

    def loses(path: str, said: dict) -> dict:
        found = ask(path, said)
        if len(lost) < 3:
            lost.append(found)
            raise Unreachable("lost on the way")
        return found

    client.post = loses
    agent.hub = lambda: client
    book.type(EXC, number, "Internal note", "said once, heard thrice")
    dispatch(place, number, dispatch_note="answer lost")
    settle(place, agent)
    settle(place, agent)
    assert len(lost) == 3
    assert place.row("exceptions", number)["internal_note"] == "said once, heard thrice"
    assert book.shows(EXC, number, "Dispatch note") == "answer lost"
    assert conflicts(place) == []


def test_two_people_with_a_copy_each(opened):
    place, book, number = opened
    other = FakeProgram()
    theirs = other.opens(book.file, "va-CHI (1).xlsx")
    theirs.cursor = (EXC, 1, 0)
    here, there = place.agent(), place.agent(program=other)
    settle(place, here)
    settle(place, there)
    book.type(EXC, number, "Internal note", "from the first")
    settle(place, here)
    settle(place, there)
    assert theirs.shows(EXC, number, "Internal note") == "from the first"
    theirs.type(EXC, number, "Root cause", "TRAFFIC")
    settle(place, there)
    settle(place, here)
    assert book.shows(EXC, number, "Root cause") == "TRAFFIC"
    assert conflicts(place) == []


def test_an_action_is_carried_out_and_its_cell_cleared(opened):
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    state = place.row("exceptions", number)["status"]
    book.type(EXC, number, "Action", "CONTACTED")
    settle(place, agent)
    assert place.row("exceptions", number)["status"] == "CONTACTING" != state
    assert book.shows(EXC, number, "Status") == "CONTACTING"
    assert book.shows(EXC, number, "Action") is None
    assert book.shows(EXC, number, "First contact") is not None
    assert conflicts(place) == []


def test_what_an_import_brings_appears_in_every_tab(opened):
    place, book, _ = opened
    agent = place.agent()
    settle(place, agent)
    stops = len(book.rows("Stops"))
    text = manifest("2026-03-10", "1077 Ed Fox", route="R77", driver="D-11").replace("1 Main St", "77 Elm St")
    place.office.take_in("late.csv", text, "orders", "2026-03-10")
    settle(place, agent)
    assert len(book.rows("Stops")) == stops + 1
    assert any("77 Elm St" in str(row) for row in book.rows("Addresses")), "a stop brings its address along"
    assert conflicts(place) == []
