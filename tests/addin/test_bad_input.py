"""What people have open or do that Stopbook must not stumble over: one sentence each, and nothing half-written."""

from dataclasses import replace

import pytest

from addin.excel import NOTE
from tests.addin.conftest import Place, settle
from tests.addin.program import FakeBook
from tests.addin.test_agent import EXC, MILES, case, conflicts, dispatch, opened  # noqa: F401 - a fixture
from tests.stopbook.hub.conftest import Caller


def last(place: Place) -> str:
    return place.program.says[-1]


def lines(book: FakeBook) -> dict[str, list]:
    return {title: [list(line) for line in sheet.lines] for title, sheet in book.sheets.items()}


def test_a_protected_sheet_is_read_and_not_written(opened):  # noqa: F811
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    book.type(EXC, number, "Internal note", "typed before it was protected")
    dispatch(place, number, dispatch_note="cannot get in")
    book.sheets[EXC].locked = True
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "typed before it was protected"
    assert "The sheet “Exceptions” is protected" in last(place)
    book.sheets[EXC].locked = False
    settle(place, agent)
    assert book.shows(EXC, number, "Dispatch note") == "cannot get in"
    assert "protected" not in last(place)


def test_a_read_only_workbook_is_taken_in_and_not_written(opened):  # noqa: F811
    place, book, number = opened
    book.read_only = True
    agent = place.agent()
    settle(place, agent)
    dispatch(place, number, dispatch_note="not into a read-only one")
    book.type(EXC, number, "Internal note", "typed all the same")
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "typed all the same"
    assert book.writes == []
    assert book.stamps == []
    assert "This workbook is read-only: what you type is taken in" in last(place)
    book.read_only = False
    settle(place, agent)
    assert book.shows(EXC, number, "Dispatch note") == "not into a read-only one"
    assert "read-only:" not in last(place)


def test_a_filtered_tab_is_a_tab(opened):  # noqa: F811
    """A filter hides rows; what is hidden is read and written like the rest, and the filter stays as it is."""
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    dispatch(place, number, dispatch_note="into a hidden row")
    settle(place, agent)
    assert book.shows(EXC, number, "Dispatch note") == "into a hidden row"


def test_merged_cells_stop_their_tab_and_no_other(opened):  # noqa: F811
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    book.sheets[EXC].merges.append((2, 20, 3, 20))
    book.type(EXC, number, "Internal note", "under merged cells")
    settle(place, agent)
    assert "are merged" in last(place)
    assert place.row("exceptions", number)["internal_note"] != "under merged cells"
    book.sheets[EXC].merges.clear()
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "under merged cells"


def test_a_workbook_of_another_company(opened):  # noqa: F811
    place, book, number = opened
    book.props["stopbook_ledger_id"] = "somebody-else"
    before = lines(book)
    agent = place.agent()
    book.type(EXC, number, "Internal note", "another company's")
    before = lines(book)
    settle(place, agent)
    assert last(place) == (
        "va-CHI.xlsx belongs to another ledger (somebody-else), not to this one. Nothing was read; close it."
    )
    assert lines(book) == before
    assert place.row("exceptions", number)["internal_note"] != "another company's"


@pytest.mark.parametrize(("generation", "said"), [("9999", "this ledger has made"), ("0", "this ledger has made"), ("-3", "this ledger"), ("x", "this ledger")])  # fmt: skip
def test_a_generation_that_cannot_be(opened, generation, said):  # noqa: F811
    place, book, _ = opened
    book.props["stopbook_generation"] = generation
    before = lines(book)
    settle(place, place.agent())
    assert said in last(place)
    assert lines(book) == before


def test_an_older_writing_is_taken_in_and_said_to_be_old(opened):  # noqa: F811
    place, book, number = opened
    dispatch(place, number, dispatch_note="makes a new writing")
    place.wait(60)
    place.office.run("write-workbooks")
    agent = place.agent()
    book.type(EXC, number, "Internal note", "typed into the older one")
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "typed into the older one"
    assert book.shows(EXC, number, "Dispatch note") == "makes a new writing"
    assert "the latest is" in last(place)
    assert conflicts(place) == []


def test_a_workbook_too_old_to_be_compared_is_refused(opened, monkeypatch):  # noqa: F811
    place, book, _ = opened
    monkeypatch.setattr("stopbook.bookshelf.KEEP_GENERATIONS", 0)
    dispatch(place, case(place), dispatch_note="one more writing")
    place.wait(60)
    place.office.run("write-workbooks")
    before = lines(book)
    settle(place, place.agent())
    assert "no longer known. Nothing was read; put it aside" in last(place)
    assert lines(book) == before


def test_a_renamed_tab_stops_and_the_others_go_on(opened):  # noqa: F811
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    book.sheets = {("My miles" if title == MILES else title): sheet for title, sheet in book.sheets.items()}
    book.type(EXC, number, "Internal note", "the others go on")
    settle(place, agent)
    assert place.row("exceptions", number)["internal_note"] == "the others go on"
    assert "the tab “Mileage” is missing" in last(place)
    assert len(place.office.rows("mileage", market_id="CHI")) > 0, "its rows are not taken for deleted"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda head: head.__setitem__(head.index("Internal note"), "Notes"), "the column “Internal note” is missing"),
        (lambda head: head.__setitem__(head.index("_rid"), "id"), "the hidden column “_rid” is missing"),
        (lambda head: head.__setitem__(head.index("Dispatch note"), "Internal note"), "there are two columns “Internal note”"),
        (lambda head: head.clear(), "is missing"),
    ],
)  # fmt: skip
def test_a_header_that_is_not_as_it_was_stops_its_tab(opened, change, said):  # noqa: F811
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    change(book.sheets[EXC].lines[0])
    route = place.office.rows("manifest", market_id="CHI")[0]["route_id"]
    held = place.row("exceptions", number)
    before = lines(book)[EXC]
    book.add(MILES, Route=route, Driver="D-11", Photo="https://example.com/1.png")
    settle(place, agent)
    assert said in last(place)
    assert lines(book)[EXC] == before
    assert place.row("exceptions", number) == held
    assert any(row["driver_id"] == "D-11" for row in place.office.rows("mileage", market_id="CHI")), "the others go on"


def test_a_sheet_named_like_a_configuration_is_a_sheet(opened):  # noqa: F811
    place, book, number = opened
    from tests.addin.program import Sheet

    for title in ("stopbook.conf", "Stopbook.conf", "_stopbook", "addin.json"):
        book.sheets[title] = Sheet(
            [["INTERPRETER_WIN", "\\\\evil\\share\\pythonw.exe"], ["hub", "https://evil.example"], ["_rid", "x"]]
        )
    book.type(EXC, number, "Internal note", "still to the real hub")
    settle(place, place.agent())
    assert place.row("exceptions", number)["internal_note"] == "still to the real hub"
    assert {client.where.address for client in place.clients} == {place.address}


@pytest.mark.parametrize("name", ["dispatch", "bill", "phx_va", "chi_boss", "pay"])
def test_somebody_without_the_workbooks_role_is_refused(opened, name):  # noqa: F811
    place, book, number = opened
    book.type(EXC, number, "Internal note", f"typed by {name}")
    before = lines(book)
    settle(place, place.agent(name))
    assert "Nothing was read." in last(place)
    assert lines(book) == before
    assert place.row("exceptions", number)["internal_note"] != f"typed by {name}"


def test_a_token_that_was_taken_back(opened):  # noqa: F811
    place, book, _ = opened
    place = replace(place, tokens={"va": "sb_0000000000_" + "x" * 43})
    settle(place, place.agent())
    assert last(place) == "This token is not known. Ask your manager for a new one."
    assert book.writes == []


def test_a_workbook_that_is_none_of_stopbooks_is_left_alone(place):
    book = place.open()
    book.props.clear()
    reads = book.reads
    settle(place, place.agent())
    assert (book.reads, book.writes, place.program.says) == (reads, [], [])


def test_a_note_of_somebodys_own_stays(opened):  # noqa: F811
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    at = (book.row_of(EXC, number), book.header(EXC).index("Recipient"))
    book.sheets[EXC].notes[at] = "ask Jo first"
    book.type(EXC, number, "Recipient", "Somebody Else")
    settle(place, agent)
    assert book.sheets[EXC].notes[at] == "ask Jo first"
    assert not any(text.startswith(NOTE) for text in book.sheets[EXC].notes.values())
    assert book.shows(EXC, number, "_state") == "STALE", "the row says so as well"


def test_half_a_tab_cleared_is_held_up_until_somebody_confirms(place):
    """Twenty rows and more that vanish at once are asked about first; see MOST_DELETED in the merge."""
    book = place.open()
    agent = place.agent()
    settle(place, agent)
    head = book.header("Stops")
    wanted = [line for line in book.sheets["Stops"].lines[1:] if any(line)]
    at = head.index("Instructions") if "Instructions" in head else 5
    for line in wanted:
        line[at] = "pasted over everything"
    settle(place, agent)
    assert all("pasted over everything" not in str(row) for row in place.office.rows("stops", market_id="CHI"))


def test_a_cell_that_does_not_keep_what_is_written_is_left_alone_after_three_times(opened, monkeypatch):  # noqa: F811
    place, book, number = opened
    agent = place.agent()
    settle(place, agent)
    write = FakeBook.write

    def stubborn(self: FakeBook, block: object) -> None:
        row, column = self.row_of(EXC, number), self.header(EXC).index("Dispatch note")
        write(self, block)  # type: ignore[arg-type]
        self.sheets[EXC].put(row, column, None)

    monkeypatch.setattr(FakeBook, "write", stubborn)
    dispatch(place, number, dispatch_note="does not stick")
    book.writes.clear()
    place.beats(agent, 15)
    tries = [block for block in book.writes if block.tab == EXC and any("does not stick" in row for row in block.rows)]
    assert 1 <= len(tries) <= 3, "never for ever"


def test_the_token_is_nowhere_to_be_found(opened, tmp_path, monkeypatch):  # noqa: F811
    place, book, number = opened
    monkeypatch.setenv("STOPBOOK_ADDIN", str(tmp_path))
    agent = place.agent()
    book.type(EXC, number, "Internal note", "look for the token")
    dispatch(place, number, dispatch_note="and write something")
    settle(place, agent)
    secret = place.tokens["va"]
    assert secret not in repr(place.clients[0].where)
    files = [path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file()]
    assert files, "what was written over is kept for Undo"
    assert not any(secret in text for text in files)
    assert secret not in str(lines(book))
    assert secret not in str(book.props)


def test_the_hub_hears_that_it_is_somebody_elses_sitting(opened):  # noqa: F811
    place, book, _ = opened
    agent = place.agent()
    settle(place, agent)
    desk = next(iter(agent.desks.values()))
    said = {**desk.state.who, "sitting": desk.state.sitting, "round": 500, "declared": desk.state.declared, "since": 0,
            "tabs": {}}  # fmt: skip
    from stopbook import people

    ledger, now = place.office.app.ledger, place.office.now
    people.add_user(ledger, {"email": "va2@example.com", "role": "va", "markets": "CHI"}, "test", now)
    token, _ = people.new_token(ledger, "va2@example.com", "", 5, "test", now)
    answer = Caller(place.address, token).ask("POST", "/copies/va-CHI", said)
    assert answer.status_code == 409
    assert "Somebody else has this workbook open" in answer.json()["error"]["sentence"]
    assert book.writes is not None
