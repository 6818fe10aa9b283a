"""The worksheet functions on ranges of a live workbook, through xlwings' own conversion, and as formulas in cells."""

from collections.abc import Iterator
from typing import Any

import pytest
import xlwings

from addin.registry import functions
from tests.benches.calc.person import Person
from tests.benches.calc.udf import MISSING, called, library

ZONES = [["Zone", "Match type", "Match value"], ["Z1", "ZIP3", "606"], ["Z2", "ZIP5", "60611"], ["Z9", "DEFAULT", ""]]


@pytest.fixture
def sheet(book: xlwings.Book) -> Iterator[xlwings.Sheet]:
    tab = book.sheets[0]
    tab["A:A"].number_format = "@"
    tab["J:L"].number_format = "@"
    tab["A1"].value = [["60601"], ["60611"], ["97201"], [None]]
    tab["J1"].value = ZONES
    yield tab


def test_every_function_can_be_called(sheet: xlwings.Sheet) -> None:
    assert set(library()) == {function.name for function in functions()}
    for function in functions():
        needed = [argument for argument in function.args if not argument.optional]
        for row in called(function.name, *(sheet["A1:A4"] for _ in needed)):
            for value in row:
                assert value is None or isinstance(value, (str, float, int, bool)) or hasattr(value, "year"), (
                    function.name,
                    value,
                )


def test_a_range_in_a_range_out(sheet: xlwings.Sheet) -> None:
    assert called("SB_ZONE", sheet["A1:A3"], sheet["J1:L4"]) == [["Z1"], ["Z2"], ["Z9"]]


def test_a_single_cell_and_a_value_typed_into_the_formula(sheet: xlwings.Sheet) -> None:
    assert called("SB_ZONE", sheet["A2"], sheet["J1:L4"], MISSING, MISSING) == [["Z2"]]
    assert called("SB_ZONE", "60699", sheet["J1:L4"]) == [["Z1"]]
    assert called("SB_ZONE", 60611.0, sheet["J1:L4"]) == [["Z2"]]


def test_a_blank_cell_stays_blank_and_an_error_is_passed_on(sheet: xlwings.Sheet) -> None:
    sheet["B1"].formula = [["=1/0"], ["=NA()"]]
    answers = called("SB_ZONE", sheet["A4"], sheet["J1:L4"])
    assert answers[0][0] in (None, "")
    (first,), (second,) = called("SB_PHONE", sheet["B1:B2"])
    assert "#DIV/0!" in first and "#N/A" in second


def test_days_and_moments_come_as_excel_hands_them_over(sheet: xlwings.Sheet) -> None:
    sheet["C1"].value = [
        ["3/10/2026 14:05", "3/10/2026 13:00", "3/10/2026 15:00"],
        ["3/10/2026 15:31", "3/10/2026 13:00", "3/10/2026 15:00"],
    ]
    answers = called("SB_ONTIME", sheet["C1:C2"], sheet["D1:D2"], sheet["E1:E2"], "America/Chicago", MISSING, 30.0)
    assert answers == [["ON_TIME"], ["LATE"]]


def test_phone_numbers_keep_every_digit(sheet: xlwings.Sheet) -> None:
    sheet["G:G"].number_format = "@"
    sheet["G1"].value = [["(312) 555-0101"], ["0031 20 123 4567"]]
    answers = called("SB_PHONE", sheet["G1:G1"])
    assert answers == [["+13125550101"]]
    sheet["H1"].value = [[f"'{answers[0][0]}"]]
    assert sheet["H1"].value == "+13125550101"


def test_as_a_formula_in_a_cell_it_is_computed_anew_when_a_cell_it_reads_changes(
    book: xlwings.Book, sheet: xlwings.Sheet
) -> None:
    # a Basic function of that name stands for the wrapper in the add-in, which only Excel compiles
    text = """Function SB_ZONE(zip, zones)
    SB_ZONE = createUnoService("stopbook.bench.Python").SB_ZONE(zip, zones)
End Function"""
    book.impl.ask("add_module", "Standard", "Functions", text)

    def zone(zip: Any, zones: Any) -> Any:
        return called("SB_ZONE", zip, zones)[0][0]

    book.app.impl.office.functions["SB_ZONE"] = zone
    sheet["B1"].formula = "=SB_ZONE(A1,J1:L4)"
    person = Person(book)
    assert person.sees(sheet.name, "B1") == "Z1"
    person.types(sheet.name, "A1", "60611")
    assert person.sees(sheet.name, "B1") == "Z2"
