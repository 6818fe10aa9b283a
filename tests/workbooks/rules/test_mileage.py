"""Which miles count: the first usable source, rollover, kilometres, the band around the plan."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbooks.rules.mileage.choose import choose, odometer

ORDER, BAND = ("ODOMETER", "GPS", "PLATFORM"), Decimal("0.15")
VAN = {"odo_digits": 6, "odo_unit": "MI"}


def d(text):
    return Decimal(text)


def row(**values):
    return {name: d(value) for name, value in values.items()}


def test_the_odometer_counts_when_it_is_near_the_plan():
    choice = choose(row(odo_start="1000.0", odo_end="1086.4", gps_miles="90", planned_miles="84"), VAN, ORDER, BAND)
    assert (choice.chosen, choice.source, choice.band_flag, choice.accepted) == (d("86.4"), "ODOMETER", "OK", True)


def test_without_odometer_the_phone_counts():
    choice = choose(row(gps_miles="84.04", planned_miles="84"), VAN, ORDER, BAND)
    assert (choice.chosen, choice.source) == (d("84.0"), "GPS")


def test_passing_zero_is_a_rollover_and_not_a_negative_day():
    choice = choose(row(odo_start="999962.3", odo_end="46.7", planned_miles="84"), VAN, ORDER, BAND)
    assert (choice.chosen, choice.rollover, choice.band_flag) == (d("84.4"), True, "OK")


def test_going_backwards_without_known_digits_is_not_usable():
    choice = choose(row(odo_start="5000", odo_end="4900", gps_miles="80", planned_miles="84"), None, ORDER, BAND)
    assert (choice.source, choice.chosen, choice.rollover) == ("GPS", d("80.0"), False)
    assert "odometer ends (4900) below its start (5000)" in choice.remark


def test_an_extra_digit_is_not_a_thousand_miles():
    choice = choose(row(odo_start="5000", odo_end="50840", planned_miles="84"), VAN, ORDER, BAND)
    assert (choice.chosen, choice.band_flag, choice.accepted) == (None, "MISSING", False)
    assert "a digit may be wrong" in choice.remark


def test_far_from_the_plan_is_held_and_says_what_another_source_says():
    choice = choose(row(odo_start="1000", odo_end="1200", gps_miles="83", planned_miles="84"), VAN, ORDER, BAND)
    assert (choice.chosen, choice.source, choice.band_flag, choice.accepted) == (
        d("200.0"),
        "ODOMETER",
        "OUT_OF_BAND",
        False,
    )
    assert choice.remark == "odometer says 200.0, plan says 84 (+138 %); gps says 83.0"


@pytest.mark.parametrize(
    ("end", "flag"), [("1115.0", "OK"), ("1115.1", "OUT_OF_BAND"), ("1085.0", "OK"), ("1084.9", "OUT_OF_BAND")]
)
def test_the_ends_of_the_band_are_inside(end, flag):
    assert choose(row(odo_start="1000", odo_end=end, planned_miles="100"), VAN, ORDER, BAND).band_flag == flag


@pytest.mark.parametrize(
    ("end", "flag"), [("1030", "NO_PLAN"), ("1096.6", "NO_PLAN"), ("1096.7", "OUT_OF_BAND"), ("1979", "OUT_OF_BAND")]
)
def test_of_a_route_that_two_drove_nobody_has_driven_more_than_the_whole(end, flag):
    choice = choose(row(odo_start="1000", odo_end=end), VAN, ORDER, BAND, whole=d("84"))
    assert (choice.band_flag, choice.accepted) == (flag, flag == "NO_PLAN")
    if flag == "OUT_OF_BAND":
        assert choice.remark == f"odometer says {d(end) - 1000:.1f}, the whole route's plan says 84"
    assert choose(row(odo_start="1000", odo_end=end), VAN, ORDER, BAND).band_flag == "NO_PLAN"


def test_kilometres_become_miles_with_one_decimal():
    miles, _, _ = odometer(d("100"), d("200"), 6, "KM")
    assert miles == d("62.1")


def test_nothing_at_all_asks_for_the_odometer():
    choice = choose(row(planned_miles="84"), VAN, ORDER, BAND)
    assert (choice.band_flag, choice.chosen) == ("MISSING", None)
    assert "enter the odometer" in choice.remark


def test_half_a_reading_and_negative_readings_say_so():
    assert odometer(d("5"), None, 6, "MI")[2] == "odometer end is missing"
    assert odometer(d("-5"), d("5"), 6, "MI")[2] == "odometer readings cannot be negative"
    assert "GPS miles are negative" in choose(row(gps_miles="-3"), VAN, ORDER, BAND).remark


@given(st.decimals(0, 999_999, places=1), st.decimals(0, 300, places=1))
def test_whatever_the_odometer_shows_the_distance_driven_comes_out(start, driven):
    miles, _, why = odometer(start, (start + driven) % 10**6, 6, "MI")
    assert (miles, why) == (driven, "")
