"""What Excel and VBA are told about the functions, and what would keep the add-in from compiling."""

import re

import pytest

from addin import registry
from addin.registry import Argument, Function, functions, problems
from workbooks.shelf import shelf
from workbooks.tables import TABLES


def made(name="SB_TRY", about="Tries.", *args: Argument) -> Function:
    return Function(name, about, args, "text", lambda *given: given)


def test_every_function_is_fit_for_excel_and_sorted_by_name():
    names = [function.name for function in functions()]
    assert names == sorted(names)
    assert {"SB_ZONE", "SB_RATE", "SB_FUEL", "SB_ONTIME", "SB_TIERPAY", "SB_AGING", "SB_TIMELEFT", "SB_DISTANCE", "SB_PHONE",
            "SB_ADDRESS", "SB_RECONCILE", "SB_PRICE", "SB_SETTLE", "SB_WHY"} <= set(names)  # fmt: skip
    assert [problems(function) for function in functions()] == [[] for _ in names]


@pytest.mark.parametrize("word", ["stop", "next", "date", "end", "type", "string", "decimal", "loop", "mid"])
def test_an_argument_named_like_a_word_of_vba_is_refused(word):
    assert problems(made("SB_TRY", "Tries.", Argument(word, "What"))) == [
        f"argument {word} is a word of VBA; choose another"
    ]


@pytest.mark.parametrize("name", ["LM2024", "SB2024", "sb_zone", "SB_", "SB_ZÖNE", "SB_A B", "R1C1"])
def test_a_name_that_is_a_cell_or_no_name_is_refused(name):
    assert problems(made(name))


@pytest.mark.parametrize("about", ["", "x" * 256, "two\nlines", "“quoted”"])
def test_a_description_is_one_short_line_of_plain_letters(about):
    assert problems(made("SB_TRY", about))


def test_optional_and_many_stand_where_excel_can_pass_them():
    optional, needed, many = Argument("a", "A", optional=True), Argument("b", "B"), Argument("c", "C", many=True)
    assert not problems(made("SB_TRY", "Tries.", needed, optional))
    assert not problems(made("SB_TRY", "Tries.", needed, many))
    assert problems(made("SB_TRY", "Tries.", optional, needed))
    assert problems(made("SB_TRY", "Tries.", many, needed))
    assert problems(made("SB_TRY", "Tries.", optional, many))
    assert problems(made("SB_TRY", "Tries.", needed, needed))


def test_declaring_refuses_what_excel_cannot_call(monkeypatch):
    monkeypatch.setattr(registry, "_FUNCTIONS", {})

    def by_name(*, only):
        """Tries."""

    def plain(cell):
        """Tries."""

    with pytest.raises(ValueError, match="by position"):
        registry.function("SB_TRY", "text", (), "", only="Which")(by_name)
    with pytest.raises(ValueError, match="does not take"):
        registry.function("SB_TRY", "text", (), "", cell="What", other="Nothing")(plain)
    registry.function("SB_TRY", "text", (), "", cell="What")(plain)
    with pytest.raises(ValueError, match="twice"):
        registry.function("SB_TRY", "text", (), "", cell="What")(plain)


def test_what_is_typed_is_shown_with_its_optional_arguments():
    usage = {function.name: function.usage for function in functions()}
    assert usage["SB_ZONE"] == "=SB_ZONE(zip, zones, [day], [account], [city])"
    assert usage["SB_SETTLE"] == "=SB_SETTLE(driver, day, zone, tabs, …)"


def test_every_function_has_an_example_with_as_many_arguments_as_it_takes():
    for function in functions():
        assert function.example.startswith(f"={function.name}(")
        inside = re.sub(r"\([^()]*\)", "", function.example.partition("(")[2].removesuffix(")"))
        given = len(inside.split(", "))
        needed = sum(not argument.optional for argument in function.args)
        assert given >= needed
        assert given <= len(function.args) or function.args[-1].many
    elsewhere = Function("SB_TRY", "Tries.", (), "text", lambda: "", example="=SB_OTHER()")
    assert problems(elsewhere) == ["the example shows another function"]


def test_every_number_also_stands_in_a_workbook():
    """For macOS and Google Sheets, where the functions are not: each names columns that exist and that somebody sees."""
    books = shelf([{"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}])
    for function in functions():
        assert function.columns or function.name == "SB_WHY"
        for place in function.columns:
            table, _, column = place.partition(".")
            assert column in TABLES[table].by_name, place
            assert any(TABLES[table] in workbook.tables for workbook in books), f"nobody sees {place}"
