"""What is put into a live workbook through xlwings comes back as Excel would give it."""

# ruff: noqa: DTZ001 - the moments in cells are a wall clock's

import time
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
import xlwings

from tests.benches.calc.engine import ExcelBusyError
from tests.benches.calc.office import CalcError
from tests.benches.calc.person import Person
from tests.benches.calc.typed import Formula, as_typed


def test_values_keep_their_kind(book: xlwings.Book) -> None:
    sheet = book.sheets[0]
    moment = datetime(2026, 3, 10, 14, 5)
    sheet["A1"].value = [["Jo Park", 7, 2.5, True, False, moment, date(2026, 3, 10), None]]
    assert sheet["A1:H1"].value == ["Jo Park", 7.0, 2.5, True, False, moment, datetime(2026, 3, 10), None]
    assert [type(value) for value in sheet["B1:E1"].value] == [float, float, bool, bool]
    assert sheet["F1"].number_format == "M/D/YYYY H:MM"


def test_decimals_stamps_and_numpys_own_go_in(book: xlwings.Book) -> None:
    sheet = book.sheets[0]
    given = [
        Decimal("12.5"),
        np.int64(3),
        np.float64("nan"),
        pd.Timestamp("2026-03-10 14:05", tz="America/Chicago"),
        pd.NaT,
    ]
    sheet["A1"].value = given
    assert sheet["A1:E1"].value == [12.5, 3.0, None, datetime(2026, 3, 10, 14, 5), None]


def test_what_excel_cannot_take_is_refused(book: xlwings.Book) -> None:
    with pytest.raises(TypeError, match="COM VARIANT"):
        book.sheets[0]["A1"].value = {1, 2}


def test_money_comes_as_decimal_as_it_does_from_excel(book: xlwings.Book) -> None:
    cell = book.sheets[0]["A1"]
    cell.number_format = "$#,##0.00"
    cell.value = 12.5
    assert cell.value == Decimal("12.5") and isinstance(cell.value, Decimal)


def test_errors_are_nothing_or_their_text(book: xlwings.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].formula = [["=1/0", "=NA()", "=NOSUCH()", '="a"+1']]
    assert sheet["A1:D1"].value == [None] * 4
    assert sheet["A1:D1"].options(err_to_str=True).value == ["#DIV/0!", "#N/A", "#NAME?", "#VALUE!"]
    assert sheet["A1"].raw_value == -2146826281


def test_formulas_are_written_and_read_in_excels_words(book: xlwings.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].value = [[1, 2], [3, 4]]
    sheet["C1"].formula = "=SUM(A1:B2,10)"
    assert (sheet["C1"].formula, sheet["C1"].value) == ("=SUM(A1:B2,10)", 20.0)
    sheet["A1"].value = 100
    assert sheet["C1"].value == 119.0
    assert sheet["A1:C1"].api.HasFormula is None and sheet["A1:B2"].api.HasFormula is False


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("00123", 123.0), ("1,234.50", 1234.5), ("$5", 5.0), ("(12)", -12.0), ("5%", 0.05), ("1E5", 100_000.0), ("-3", -3.0),
        ("TRUE", True), ("3/4/2026", datetime(2026, 3, 4)), ("2026-03-10", datetime(2026, 3, 10)),
        ("10-Mar-26", datetime(2026, 3, 10)), ("Mar 10, 2026", datetime(2026, 3, 10)), ("3/10/2026 2:05 PM", datetime(2026, 3, 10, 14, 5)),
        ("14:05", datetime(1899, 12, 30, 14, 5)), ("=1+1", Formula("=1+1")), ("#N/A", Formula("=#N/A")), ("'00123", "00123"),
        ("", None), ("60601-1234", "60601-1234"), ("2026-03-10T14:05:00", "2026-03-10T14:05:00"), ("13/45/2026", "13/45/2026"),
        ("R12", "R12"), ("1,23,4", "1,23,4"), ("5 kg", "5 kg"), ("Main St 5", "Main St 5"), ("(5", "(5"), ("-", "-"), (".", "."),
    ],
)  # fmt: skip
def test_a_text_becomes_what_excel_makes_of_it(text: str, kept: object) -> None:
    assert as_typed(text) == kept and type(as_typed(text)) is type(kept)


def test_a_zip_code_survives_only_in_a_text_column_or_behind_an_apostrophe(book: xlwings.Book) -> None:
    sheet = book.sheets[0]
    sheet["B1"].number_format = "@"
    sheet["A1"].value = ["02134", "02134", "'02134"]
    assert sheet["A1:C1"].value == [2134.0, "02134", "02134"]
    sheet["B1"].value = 5
    assert sheet["B1"].value == "5"


def test_five_thousand_rows_of_twenty_columns_travel_in_one_piece(book: xlwings.Book) -> None:
    sheet = book.sheets[0]
    at = datetime(2026, 3, 10, 6)
    line = ["S-1042", 7.0, "Jo Park", 2.5, None, True, at, "Main St"]
    rows = [[f"S-{n}", float(n), *(line * 3)[:18]] for n in range(5_000)]
    begun = time.monotonic()
    sheet["A1"].value = rows
    back = sheet["A1:T5000"].value
    assert back == rows
    assert time.monotonic() - begun < 20


def test_a_frame_goes_in_and_comes_back(book: xlwings.Book) -> None:
    frame = pd.DataFrame({"Stop": ["1041", "x"], "Pay": [1.5, 2.0]})
    sheet = book.sheets[0]
    sheet["A:A"].number_format = "@"
    sheet["A1"].options(index=False).value = frame
    back = sheet["A1"].expand().options(pd.DataFrame, index=False).value
    assert back.to_dict("list") == frame.to_dict("list")


def test_ways_through_a_sheet(book: xlwings.Book) -> None:
    sheet = book.sheets[0]
    sheet["B2"].value = [["a", "b", "c"], ["d", "e", None], ["f", None, None]]
    assert sheet["B2"].expand().address == "$B$2:$D$4"
    assert sheet["B2"].end("down").address == "$B$4"
    assert sheet["B2"].end("right").address == "$D$2"
    assert sheet["A2"].end("right").address == "$B$2"
    assert sheet["B9"].end("up").address == "$B$4"
    assert sheet["B4"].end("down").row == 1_048_576
    assert sheet.used_range.last_cell.address == "$D$4"
    assert sheet[1, 1:3].value == ["a", "b"]
    sheet["A6"].value = None
    assert sheet.range((2, 2), (3, 3)).value == [["a", "b"], ["d", "e"]]


def test_looks_notes_merges_and_tabs(book: xlwings.Book) -> None:
    sheet = book.sheets[0]
    sheet["A1"].color = (251, 222, 220)
    assert sheet["A1"].color == (251, 222, 220) and sheet["A2"].color is None
    sheet["A1"].api.AddComment("put back")
    assert sheet["A1"].note is not None and sheet["A1"].note.text == "put back"
    assert [(note.Parent.Row, note.Parent.Column, note.Text()) for note in sheet.api.Comments] == [(1, 1, "put back")]
    sheet["A1"].note.delete()
    assert sheet["A1"].note is None
    sheet.impl.ask("merge", (3, 2, 1, 3))
    assert [sheet[cells].merge_cells for cells in ("A3:E3", "B3:D3", "A1:B2")] == [None, True, False]
    assert sheet["C3"].merge_area.address == "$B$3:$D$3"
    book.sheets.add("Extra", after=sheet)
    assert [tab.name for tab in book.sheets] == [sheet.name, "Extra"]
    assert book.selection is not None and book.app.selection.address == "$A$1"


def test_a_workbook_from_a_file(excel: xlwings.App, tmp_path: Path) -> None:
    path = tmp_path / "day.xlsx"
    with xlsxwriter.Workbook(path) as made:
        tab = made.add_worksheet("Stops")
        tab.write_boolean("A5", True)
        tab.write_formula("A6", "=1+1", None, 99)
        tab.add_table(
            "A1:B3",
            {"name": "Day", "columns": [{"header": "Stop"}, {"header": "Pay"}], "data": [["1041", 5], ["1042", 6]]},
        )
        made.define_name("Rate", "=Stops!$B$2")
        made.set_custom_property("stopbook_ledger_id", "L1")
        locked = made.add_worksheet("Locked")
        locked.protect()
    book = excel.books.open(path)
    sheet = book.sheets["Stops"]
    assert sheet.tables["Day"].data_body_range.value == [["1041", 5.0], ["1042", 6.0]]
    assert book.names["Rate"].refers_to_range.value == 5.0
    assert sheet["A5:A6"].value == [True, 2.0]  # calculated anew, not believed
    assert sheet["A5"].formula == "TRUE" and sheet["A5"].api.HasFormula is False
    book.api.CustomDocumentProperties.Add("stopbook_copy", False, 4, "m1")
    properties = {p.Name: p.Value for p in book.api.CustomDocumentProperties}
    assert (properties["stopbook_ledger_id"], properties["stopbook_copy"]) == ("L1", "m1")
    assert not book.api.ReadOnly
    assert book.sheets["Locked"].api.ProtectContents and not sheet.api.ProtectContents
    with pytest.raises(CalcError):
        book.sheets["Locked"]["A1"].value = "x"
    book.save(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").stat().st_size > 3_000


def test_what_a_person_types_is_what_a_person_sees(book: xlwings.Book) -> None:
    tab, person = book.sheets[0].name, Person(book)
    person.types(tab, "B2", "3/4/2026")
    assert book.sheets[0]["B2"].value == datetime(2026, 3, 4)
    person.types(tab, "B3", "Jo Park")
    assert book.app.api.CommandBars.FindControl(Id=128).Enabled
    person.undoes()
    assert person.sees(tab, "B3") == ""


def test_a_program_that_writes_takes_the_undo_away_as_excel_does(book: xlwings.Book) -> None:
    tab, person = book.sheets[0].name, Person(book)
    person.types(tab, "B2", "typed")
    book.sheets[0]["C2"].value = "written"
    assert not book.app.api.CommandBars.FindControl(Id=128).Enabled


def test_no_call_comes_through_while_a_cell_is_edited(book: xlwings.Book) -> None:
    tab, person = book.sheets[0].name, Person(book)
    assert book.app.api.Ready
    person.begins_to_edit(tab, "B2")
    assert not book.app.api.Ready
    with pytest.raises(ExcelBusyError):
        book.sheets[0]["A1"].value = "x"
    with pytest.raises(ExcelBusyError):
        _ = book.sheets[0]["A1"].value
    person.gives_up_editing()
    book.sheets[0]["A1"].value = "x"
    assert person.sees(tab, "A1") == "x"


def test_copying_lasts_until_something_is_written(book: xlwings.Book) -> None:
    tab, person = book.sheets[0].name, Person(book)
    book.sheets[0]["A1"].value = "here"
    person.copies(tab, "A1")
    assert book.app.cut_copy_mode
    person.pastes(tab, "A3")
    assert person.sees(tab, "A3") == "here"
    book.sheets[0]["B1"].value = 1
    assert not book.app.cut_copy_mode


def test_a_filter_hides_rows_and_a_program_writes_into_them_all_the_same(book: xlwings.Book) -> None:
    sheet, person = book.sheets[0], Person(book)
    sheet["A1"].value = [["Status"], ["open"], ["closed"], ["open"]]
    person.filters(sheet.name, "Status", "open")
    assert sheet.impl.ask("hidden_rows") == [3]
    sheet["B2"].value = [[1], [2], [3]]
    assert sheet["B2:B4"].value == [1.0, 2.0, 3.0] and sheet.impl.ask("hidden_rows") == [3]


def test_a_real_click_on_a_button_runs_its_macro(book: xlwings.Book) -> None:
    sheet, person = book.sheets[0], Person(book)
    text = 'Sub Pressed\ncreateUnoService("stopbook.bench.Python").RunPython("import this_job")\nEnd Sub'
    book.impl.ask("add_module", "Standard", "Buttons", text)
    sheet.impl.ask("add_button", "Close the day", "Standard.Buttons.Pressed")
    assert person.clicks(sheet.name, "Close the day") == "import this_job"


def test_macros_are_run_by_name_and_may_ask_python(book: xlwings.Book) -> None:
    text = 'Function Twice(n)\nTwice = createUnoService("stopbook.bench.Python").double(n)\nEnd Function'
    book.impl.ask("add_module", "Standard", "Sums", text)
    book.app.impl.office.functions["DOUBLE"] = lambda n: n * 2
    assert book.app.macro("Twice")(21) == 42
