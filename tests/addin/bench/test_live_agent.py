"""The agent beside somebody who works in a live workbook, with a hub over HTTP: the same rules, on a real program."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import xlwings

from addin.agent import ALWAYS, Policy
from addin.excel import XlProgram
from tests.addin.bench.live import EXC, Desk, at_the_desk
from tests.addin.conftest import Place
from tests.addin.test_agent import case, dispatch

NOTE, OWN = "Dispatch note", "Internal note"


@pytest.fixture(scope="module")
def opened(calc: xlwings.App, house: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with at_the_desk(calc, house, tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture
def live(opened: Desk) -> Desk:
    """The desk with nothing under way; every test uses the same workbook, as people do all day."""
    opened.person.presses_escape()
    opened.person.goes_to(EXC, "A1")
    opened.settle()
    return opened


def test_what_is_typed_arrives_in_the_ledger(live: Desk) -> None:
    number = case(live.place)
    live.types(EXC, number, OWN, "rang twice")
    live.beats()
    assert live.place.row("exceptions", number)["internal_note"] == "rang twice"
    assert live.place.office.app.ledger.books().record("exceptions", number).by == "va@example.com"


def test_news_of_somebody_else_appears_in_the_sheet(live: Desk) -> None:
    number = case(live.place)
    for text in ("0123 is the gate code", "007", "=1+1"):
        dispatch(live.place, number, dispatch_note=text)
        live.settle()
        assert live.shows(EXC, number, NOTE) == text
        assert live.place.row("exceptions", number)["dispatch_note"] == text


def test_nothing_is_written_while_a_cell_is_edited(live: Desk) -> None:
    number = case(live.place)
    note = live.at(EXC, number, NOTE)
    live.person.begins_to_edit(EXC, live.at(EXC, number, OWN))
    dispatch(live.place, number, dispatch_note="while editing")
    live.beats(4)
    assert live.person.sees(EXC, note) != "while editing"
    assert not live.book.app.api.Ready, "the editor is still open"
    live.person.gives_up_editing()
    live.person.goes_to(EXC, "A1")
    live.settle()
    assert live.person.sees(EXC, note) == "while editing"


def test_nothing_is_written_while_something_is_copied(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = case(live.place)
    (one,) = live.agent.desks.values()
    monkeypatch.setattr(one, "state", replace(one.state, policy=Policy(ALWAYS)))
    live.person.copies(EXC, live.at(EXC, number, OWN))
    dispatch(live.place, number, dispatch_note="while copying")
    live.beats(3)
    assert live.shows(EXC, number, NOTE) != "while copying"
    assert live.book.app.cut_copy_mode
    live.person.presses_escape()
    live.beats(2)
    assert live.shows(EXC, number, NOTE) == "while copying"


def test_an_undo_that_may_be_wanted_is_kept_until_a_pause(live: Desk) -> None:
    number = case(live.place)
    before = live.shows(EXC, number, OWN)
    dispatch(live.place, number, dispatch_note="comes in a pause")
    live.types(EXC, number, OWN, "just typed")
    live.beats(2, seconds=2)
    assert live.book.app.api.CommandBars.FindControl(Id=128).Enabled
    assert "1 new" in live.state.status
    live.person.undoes()
    assert live.shows(EXC, number, OWN) == before
    live.settle()
    assert live.shows(EXC, number, NOTE) == "comes in a pause"


def test_an_edit_that_was_not_theirs_is_put_back_and_marked_at_the_cell(live: Desk) -> None:
    number = case(live.place)
    held = live.shows(EXC, number, NOTE)
    live.types(EXC, number, NOTE, "not mine to say")
    live.settle()
    assert live.shows(EXC, number, NOTE) == held
    cell = live.cell(EXC, number, NOTE)
    assert cell.note is not None and "belongs to dispatch" in cell.note.text
    assert cell.color == (251, 222, 220)
    conflict = next(
        row for row in live.place.office.rows("conflicts", status="OPEN") if row["sheet_value"] == "not mine to say"
    )
    live.types("Conflicts", conflict["conflict_id"], "Choose", "STOPBOOK")
    live.settle()
    assert cell.note is None and cell.color != (251, 222, 220)


def test_formulas_filters_widths_and_the_selection_stay_as_they_were(live: Desk) -> None:
    number, sheet = case(live.place), live.book.sheets[EXC]
    note, own = live.at(EXC, number, NOTE), live.at(EXC, number, OWN)
    beside = sheet.range((2, len(live.header(EXC)) + 2))
    beside.formula = f"=LEN({own})"
    sheet["D1"].column_width = 33
    live.person.filters(EXC, "Case", number)
    live.person.goes_to(EXC, own)
    hidden, width = sheet.impl.ask("hidden_rows"), sheet["D1"].column_width
    dispatch(live.place, number, dispatch_note="beside a formula")
    live.settle()
    assert live.person.sees(EXC, note) == "beside a formula"
    assert beside.formula == f"=LEN({own})"
    assert sheet.impl.ask("hidden_rows") == hidden
    assert sheet["D1"].column_width == width
    assert live.book.selection.get_address(False, False) == own
    live.person.filters(EXC, "Case", "")
    beside.clear_contents()


def test_a_formula_in_a_column_of_ours_is_left_alone(live: Desk) -> None:
    cell = live.cell(EXC, case(live.place), NOTE)
    cell.number_format = "General"  # in a cell formatted as text a formula is a text
    cell.formula = '="a"&"b"'
    dispatch(live.place, case(live.place), dispatch_note="would kill the formula")
    live.settle()
    assert cell.formula == '="a"&"b"'
    cell.clear_contents()
    cell.number_format = "@"
    live.settle()


def test_merged_cells_are_left_alone(live: Desk) -> None:
    number, sheet = case(live.place), live.book.sheets[EXC]
    cell = live.cell(EXC, number, NOTE)
    merged = (cell.row, cell.column, 1, 2)
    sheet.impl.ask("merge", merged)
    before = live.person.sees(EXC, cell.get_address(False, False))
    dispatch(live.place, number, dispatch_note="would go into merged cells")
    live.settle()
    assert live.person.sees(EXC, cell.get_address(False, False)) == before
    assert cell.merge_cells
    sheet.impl.ask("merge", merged, False)


def test_a_protected_sheet_gets_a_sentence_and_nothing_else(live: Desk) -> None:
    number, sheet = case(live.place), live.book.sheets[EXC]
    sheet.impl.ask("protect")
    dispatch(live.place, number, dispatch_note="behind glass")
    live.beats(2)
    assert live.shows(EXC, number, NOTE) != "behind glass"
    assert "is protected" in live.state.status
    sheet.impl.ask("unprotect")
    live.settle()
    assert live.shows(EXC, number, NOTE) == "behind glass"


def test_a_sorted_sheet_gets_each_value_in_its_row(live: Desk) -> None:
    cases = sorted(row["exc_id"] for row in live.place.office.rows("exceptions", market_id="CHI"))
    live.book.sheets["Stops"].impl.ask("sort", "Stop", True)
    live.book.sheets[EXC].impl.ask("sort", "Case", True)
    for number in cases:
        dispatch(live.place, number, dispatch_note=f"for {number}")
    live.settle()
    assert [live.shows(EXC, number, NOTE) for number in cases] == [f"for {number}" for number in cases]
    assert all(live.place.row("exceptions", number)["dispatch_note"] == f"for {number}" for number in cases)


def test_a_renamed_tab_gets_a_sentence_and_loses_nothing(live: Desk) -> None:
    number = case(live.place)
    live.types(EXC, number, OWN, "before the tab was renamed")
    live.book.sheets[EXC].name = "My cases"
    live.settle()
    assert "Exceptions" in live.state.status
    live.book.sheets["My cases"].name = EXC
    live.settle()
    assert live.place.row("exceptions", number)["internal_note"] == "before the tab was renamed"


def test_a_hub_that_is_away_costs_nothing_that_was_typed(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = case(live.place)
    address = live.place.address
    monkeypatch.setattr(live.place, "address", "http://127.0.0.1:9")
    monkeypatch.setattr(live.agent, "_client", None)
    live.types(EXC, number, OWN, "typed without a hub")
    live.beats(2)
    assert live.state.status.startswith("No connection since 14:05")
    assert live.shows(EXC, number, OWN) == "typed without a hub"
    monkeypatch.setattr(live.place, "address", address)
    live.beats(4, seconds=40)
    assert live.place.row("exceptions", number)["internal_note"] == "typed without a hub"


def test_a_merged_selection_is_one_cell_and_a_filtered_one_is_many(live: Desk) -> None:
    number, sheet = case(live.place), live.book.sheets[EXC]
    (book,) = XlProgram().books()
    cell = live.cell(EXC, number, OWN)
    live.person.filters(EXC, "Case", number)
    sheet.range((1, 3), (4, 3)).select()
    assert book.areas() > 1
    live.person.filters(EXC, "Case", "")
    merged = (cell.row, cell.column, 1, 2)
    sheet.impl.ask("merge", merged)
    sheet.range((cell.row, cell.column), (cell.row, cell.column + 1)).select()
    assert book.areas() == 1
    assert book.selected() == (EXC, cell.row, cell.column - 1)
    sheet.impl.ask("merge", merged, False)
    live.person.goes_to(EXC, "A1")
