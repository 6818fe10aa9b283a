"""Cells: what each type reads, what it refuses and in which words, and that values survive every way out and back."""
# ruff: noqa: DTZ001 - cells hold wall-clock times without a zone

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbooks import cells
from workbooks.cells import Bad, Notes, Reading, read, read_column
from workbooks.problems import Severity
from workbooks.schema import Column, Role, Type

CHICAGO = ZoneInfo("America/Chicago")
PLAIN = Reading()
MONEY_LIKE = {Type.DEC: 4, Type.MONEY: 2, Type.PCT: 6}
COLUMNS = {
    kind: Column(
        "c", "C", kind, (Role.SYSTEM,), "", enum=("OPEN", "IN_PROGRESS", "CLOSED"), places=MONEY_LIKE.get(kind, 0)
    )
    for kind in Type
}


def value(kind: Type, raw: Any, how: Reading = PLAIN) -> Any:
    return read(raw, COLUMNS[kind], how)


def warned(kind: Type, raw: Any, how: Reading = PLAIN) -> tuple[Any, list[str]]:
    notes = Notes()
    return read(raw, COLUMNS[kind], how, notes), notes.warnings


GOOD: list[tuple[Type, Any, Any]] = [
    (Type.ID, " 00123\u00a0", "00123"), (Type.ID, 123.0, "123"), (Type.ID, "1E5", "1E5"), (Type.ID, "MAR-1", "MAR-1"), (Type.ID, 7, "7"),
    (Type.TEXT, "“Ann”\u200b\u00a0Lee ", "“Ann” Lee"), (Type.TEXT, True, "TRUE"), (Type.TEXT, 1.5, "1.5"), (Type.TEXT, "=1+1", "=1+1"),
    (Type.TEXT, "a\nb", "a\nb"), (Type.TEXT, "  ", None), (Type.TEXT, date(2026, 3, 1), "2026-03-01"), (Type.TEXT, timedelta(hours=1), "1:00:00"),
    (Type.ENUM, "in progress", "IN_PROGRESS"), (Type.ENUM, "In-Progress ", "IN_PROGRESS"), (Type.ENUM, "OPEN", "OPEN"), (Type.ENUM, " ", None),
    (Type.SET, "closed; OPEN", ("OPEN", "CLOSED")), (Type.SET, ",", None),
    (Type.INT, "1,234", 1234), (Type.INT, 12.0, 12), (Type.INT, "-7", -7), (Type.INT, "(7)", -7), (Type.INT, "\u22127", -7), (Type.INT, "", None),
    (Type.DEC, "12.5", Decimal("12.5000")), (Type.DEC, 0.1, Decimal("0.1000")), (Type.MONEY, "$1,234.50", Decimal("1234.50")), (Type.MONEY, 19.99, Decimal("19.99")),
    (Type.PCT, "97%", Decimal("0.970000")), (Type.PCT, 0.97, Decimal("0.970000")), (Type.PCT, "1", Decimal("1.000000")),
    (Type.DATE, "2026-03-31", date(2026, 3, 31)), (Type.DATE, '"2026-03-31"', date(2026, 3, 31)), (Type.DATE, datetime(2026, 3, 31), date(2026, 3, 31)),
    (Type.DATE, "2026-03-31 00:00:00", date(2026, 3, 31)), (Type.DATE, "2026-03-31T00:00:00.000Z", date(2026, 3, 31)), (Type.DATE, "31 March 2026", date(2026, 3, 31)),
    (Type.DATE, "Mar 31, 2026", date(2026, 3, 31)), (Type.TIME, "2:30 pm", time(14, 30)), (Type.TIME, "12:00 AM", time(0)), (Type.TIME, 0.5, time(12)),
    (Type.TIME, timedelta(hours=9), time(9)), (Type.TIME, datetime(1899, 12, 31, 9, 30), time(9, 30)), (Type.TIME, "07:00:30.5", time(7, 0, 30)),
    (Type.TS, "2026-03-31T14:30:00Z", datetime(2026, 3, 31, 14, 30, tzinfo=UTC)), (Type.TS, "2026-03-31 14:30:00.123+02:00", datetime(2026, 3, 31, 12, 30, tzinfo=UTC)),
    (Type.TS, datetime(2026, 3, 31, 9, tzinfo=timezone(timedelta(hours=-5))), datetime(2026, 3, 31, 14, tzinfo=UTC)),
    (Type.BOOL, "Yes", True), (Type.BOOL, 0.0, False), (Type.BOOL, "not_required", False), (Type.BOOL, " ", None),
    (Type.ZIP, "60601", "60601"), (Type.ZIP, "60601-1234", "60601"), (Type.ZIP, "606011234", "60601"), (Type.ZIP, 60601.0, "60601"),
    (Type.PHONE, "(312) 555-0142", "+13125550142"), (Type.PHONE, 13125550142.0, "+13125550142"), (Type.PHONE, "312.555.0142 x5", "+13125550142 ext. 5"),
    (Type.PHONE, "+44 20 7946 0958", "+442079460958"), (Type.EMAIL, " a@b.co ", "a@b.co"), (Type.ZONE, "America/Chicago", "America/Chicago"),
    (Type.URL, "https://a.example/x?y=1", "https://a.example/x?y=1"), (Type.URL, "photos/a 1.jpg", "photos/a 1.jpg"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "expected"), GOOD)
def test_what_is_read(kind: Type, raw: Any, expected: Any) -> None:
    got = value(kind, raw)
    assert got == expected
    assert type(got) is type(expected)
    if isinstance(expected, Decimal):
        assert got.as_tuple() == expected.as_tuple()


BAD: list[tuple[Type, Any, str]] = [
    (Type.ID, date(2026, 3, 1), "is a date, but an id belongs here"), (Type.ID, 123456789012345678.0, "the number has lost digits"),
    (Type.ID, "x" * 256, "at most 255 characters"), (Type.TEXT, "x" * 32_768, "32,768 characters are more than a cell holds"),
    (Type.TEXT, "Jos\ufffd", "has lost letters"), (Type.TEXT, float("nan"), "not a number"), (Type.INT, float("inf"), "not a number"),
    (Type.ENUM, "opne", "“opne” is not one of the choices"), (Type.SET, "OPEN, x", "“x” is not one of the choices"),
    (Type.INT, "2.5", "not a whole number"), (Type.INT, True, "TRUE/FALSE is not a number"), (Type.INT, date(2026, 1, 1), "is a date or a time"),
    (Type.INT, "9" * 40, "more than 18 digits"), (Type.MONEY, "9" * 40 + ".5", "more than 18 digits"), (Type.INT, "1e5", "is not a number"), (Type.MONEY, 1e23, "more than 18 digits"), (Type.INT, 10**30, "more than 18 digits"), (Type.MONEY, "1.005", "more than 2 decimals"),
    (Type.MONEY, "12,50", "is not a number"), (Type.MONEY, "1,2", "is not a number"), (Type.PCT, "97", "would mean 9700 %"),
    (Type.DATE, 46091.0, "the bare number 46091 is not a date"), (Type.DATE, "03/04/2026", "month first or day first"), (Type.DATE, "2026-02-30", "not a date that exists"),
    (Type.DATE, datetime(2026, 3, 1, 5), "carries a time"), (Type.DATE, "soon", "is not a date"), (Type.DATE, time(5), "is not a date"),
    (Type.TIME, "25:00", "is not a time of day"), (Type.TIME, "13:00 pm", "is not a time of day"), (Type.TIME, 1.5, "is not a time of day"), (Type.TIME, "noon", "is not a time of day"),
    (Type.TS, "2026-03-31 14:30", "does not say in which time zone"), (Type.TS, datetime(2026, 3, 31), "does not say"), (Type.TS, date(2026, 3, 31), "does not say"),
    (Type.TS, 1773129600.0, "the bare number 1773129600 can be seconds or milliseconds"), (Type.TS, "later", "is not a date and time"), (Type.TS, time(5), "is not a date and time"),
    (Type.BOOL, "maybe", "neither yes nor no"), (Type.ZIP, "AB1 2CD", "is not a ZIP code"), (Type.ZIP, "12", "is not a ZIP code"),
    (Type.EMAIL, "a@b", "is not an e-mail address"), (Type.ZONE, "Chicago", "is not a time zone"), (Type.URL, "javascript:alert(1)", "neither a web address nor a file name"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "what"), BAD)
def test_what_is_refused_and_in_which_words(kind: Type, raw: Any, what: str) -> None:
    with pytest.raises(Bad) as caught:
        value(kind, raw)
    assert what in caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize("kind", list(Type))
@pytest.mark.parametrize("error", sorted(cells.ERRORS))
def test_an_error_is_never_a_value(kind: Type, error: str) -> None:
    with pytest.raises(Bad, match=re.escape(f"the cell holds the error {error}")):
        value(kind, error)


@pytest.mark.parametrize(
    ("raw", "zip5"),
    [
        ("2134", "02134"),
        (2134.0, "02134"),
        (501.0, "00501"),
        ("2134-1234", "02134"),
        ("21341234", "02134"),
        ("5011234", "00501"),
    ],
)
def test_zips_that_lost_their_zeros(raw: Any, zip5: str) -> None:
    assert warned(Type.ZIP, raw) == (zip5, [f"“{cells.shown(raw)}” has lost its leading zero; read as {zip5}"])


def test_orders_of_dates() -> None:
    assert value(Type.DATE, "03/04/2026", Reading(dates="MDY")) == date(2026, 3, 4)
    assert value(Type.DATE, "03/04/26", Reading(dates="DMY")) == date(2026, 4, 3)
    with pytest.raises(Bad, match="dates are read month first here"):
        value(Type.DATE, "31/12/2026", Reading(dates="MDY"))
    assert cells.date_parts("31/12/2026 10:00") == (31, 12, 2026)
    assert cells.date_parts("2026-12-31") is None


def test_units_of_moments() -> None:
    assert value(Type.TS, 1773129600.0, Reading(epoch="s")) == value(Type.TS, "1773129600000", Reading(epoch="ms"))
    with pytest.raises(Bad) as caught:
        value(Type.TS, 1773129600, Reading(epoch="ms"))
    assert caught.value.remedy == "It looks like seconds: import again with --epoch s"
    with pytest.raises(Bad, match="no plausible moment"):
        value(Type.TS, 5, Reading(epoch="s"))


def test_clocks_that_go_back_and_forward() -> None:
    how = Reading(zone=CHICAGO)
    assert warned(Type.TS, datetime(2026, 3, 8, 2, 30), how)[1] == [
        "2026-03-08 02:30 does not exist in America/Chicago (clocks go forward); read as 03:30"
    ]
    assert warned(Type.TS, "2026-11-01 01:30", how)[1] == [
        "2026-11-01 01:30 occurs twice in America/Chicago (clocks go back); read as the first"
    ]
    assert warned(Type.TS, "2026-11-01 01:30-05:00", how)[1] == []


def test_naive_moments_are_told_from_those_with_a_zone() -> None:
    assert cells.is_naive("2026-03-31 14:30")
    assert not cells.is_naive("2026-03-31T14:30Z")
    assert not cells.is_naive("2026-03-31")


def test_a_number_nobody_can_call_is_kept_with_a_remark() -> None:
    assert warned(Type.PHONE, "call Ann") == ("call Ann", ["“call Ann” is not a phone number that can be called"])


@settings(deadline=None)
@given(st.from_regex(r"(\+?1[-. ]?)?\(?[0-9]{3}\)?[-. ]?[0-9]{3}[-. ]?[0-9]{4}", fullmatch=True))
def test_the_short_way_to_a_phone_number_agrees_with_the_library(text: str) -> None:
    number = phonenumbers.parse(text, "US")
    assume(phonenumbers.is_possible_number(number) and number.country_code == 1)
    assert value(Type.PHONE, text) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def test_a_column_tells_equal_numbers_apart_and_keeps_positions() -> None:
    values, problems = read_column([1.0, True, 1, "", None, "x", float("nan"), "x"], COLUMNS[Type.INT])
    assert values == [1, None, 1, None, None, None, None, None]
    assert sorted(problems) == [1, 5, 6, 7]
    assert read_column([True, 1.0, "1"], COLUMNS[Type.TEXT])[0] == ["TRUE", "1", "1"]
    values, problems = read_column(["2134", "60601"], COLUMNS[Type.ZIP])
    assert values == ["02134", "60601"]
    assert [problem.severity for problem in problems[0]] == [Severity.WARNING]
    assert read_column([], COLUMNS[Type.ID]) == ([], {})


raws = st.one_of(st.none(), st.text(max_size=8), st.booleans(), st.integers(-(10**18), 10**18), st.floats(), st.dates(), st.times(), st.datetimes(),
                 st.sampled_from(["", " a", "a ", "#REF!", "a\nb", "a\n", "\n", "x" * 300, "1", "00123", "é"]), st.timedeltas())  # fmt: skip


@settings(deadline=None)
@given(
    st.sampled_from(list(Type)), st.lists(raws, max_size=12), st.sampled_from([Reading(), Reading(CHICAGO, "MDY", "s")])
)
def test_a_column_is_what_its_cells_are(kind: Type, column: list[Any], how: Reading) -> None:
    values, problems = read_column(column, COLUMNS[kind], how)
    for position, raw in enumerate(column):
        try:
            notes = Notes()
            assert values[position] == read(raw, COLUMNS[kind], how, notes)
            assert len(problems.get(position, [])) == len(notes.warnings)
        except Bad as bad:
            assert values[position] is None
            assert [(problem.what, problem.remedy) for problem in problems[position]] == [(bad.what, bad.remedy)]


visible = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Cf"]), min_size=1, max_size=30)
clean_text = visible.map(cells.clean).filter(lambda text: text and text not in cells.ERRORS and "\ufffd" not in text)
VALUES: dict[Type, st.SearchStrategy[Any]] = {
    Type.ID: clean_text,
    Type.TEXT: clean_text,
    Type.ENUM: st.sampled_from(COLUMNS[Type.ENUM].enum),
    Type.SET: st.sets(st.sampled_from(COLUMNS[Type.SET].enum), min_size=1).map(lambda chosen: tuple(c for c in COLUMNS[Type.SET].enum if c in chosen)),
    Type.INT: st.integers(-(10**14), 10**14),
    Type.DEC: st.decimals(-(10**9), 10**9, places=4),
    Type.MONEY: st.decimals(-(10**9), 10**9, places=2),
    Type.PCT: st.decimals(-2, 2, places=6),
    Type.DATE: st.dates(date(1970, 1, 1), date(2150, 1, 1)),
    Type.TIME: st.times().map(lambda t: t.replace(microsecond=0)),
    Type.TS: st.datetimes(datetime(2015, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)).map(lambda m: m.replace(microsecond=0)),
    Type.BOOL: st.booleans(),
    Type.ZIP: st.from_regex(r"[0-9]{5}", fullmatch=True),
    Type.PHONE: st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True),
    Type.EMAIL: st.from_regex(r"[a-z]{1,5}@[a-z]{1,5}\.com", fullmatch=True),
    Type.ZONE: st.sampled_from(["America/Chicago", "UTC", "Europe/Zurich"]),
    Type.URL: st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9]{0,8}", fullmatch=True),
}  # fmt: skip


def test_every_type_has_values() -> None:
    assert set(VALUES) == set(Type)


@pytest.mark.parametrize("kind", list(Type))
def test_values_come_back_from_cells_from_json_and_from_text(kind: Type) -> None:
    column = COLUMNS[kind]

    @settings(deadline=None)
    @given(VALUES[kind])
    def round_trips(original: Any) -> None:
        assert cells.from_json(cells.to_json(original), column) == original
        assert read(cells.to_text(original), column) == original
        if kind is Type.TS:
            wall = cells.to_cell(original, CHICAGO)
            assume(wall.replace(tzinfo=CHICAGO, fold=0).utcoffset() == wall.replace(tzinfo=CHICAGO, fold=1).utcoffset())
            assert read(wall, column, Reading(CHICAGO)) == original
            assert read(cells.to_text(original, CHICAGO), column, Reading(CHICAGO)) == original
        else:
            assert read(cells.to_cell(original), column) == original
        assert cells.same_cell(original, original, CHICAGO)

    round_trips()


def test_none_is_nothing_everywhere() -> None:
    for column in COLUMNS.values():
        assert read(None, column) is None
        assert read("", column) is None
        assert cells.from_json(cells.to_json(None), column) is None
    assert cells.to_cell(None) is None
    assert cells.to_text(None) == ""


def test_how_raw_cells_are_quoted() -> None:
    assert cells.shown(2134.0) == "2134"
    assert cells.shown(0.1) == "0.1"
    assert cells.shown("x" * 100) == "x" * 57 + "…"
    assert cells.shown(datetime(2026, 3, 1, 5)) == "2026-03-01 05:00:00"
