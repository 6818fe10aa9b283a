"""The worksheet functions against the golden figures, the rules called directly, and what people really have in cells."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin.functions.given import from_serial
from tests import billing
from tests.addin.ranges import CALL, column, tab
from tests.payroll import FUEL
from workbooks import localtime
from workbooks.pipeline.arrivals.manifest import normalised
from workbooks.pipeline.bill.drafting import charge_rows, cycle_of
from workbooks.rules.exceptions.clock import due
from workbooks.rules.receivables.aging import bucket
from workbooks.rules.settlement.tiers import ladders
from workbooks.rules.sla.on_time import Promise, judge
from workbooks.tables.invoices import AGES

NY, CHI, PHX, LA = "America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles"
ZONES = [["Account", "Zone", "Match", "Value", "From", "Until"],
         ["A-100", "A", "ZIP5", "46201", date(2026, 1, 1), None],
         ["A-100", "B", "ZIP3", "463", date(2026, 1, 1), None],
         ["A-100", "C", "RANGE", "46900-46999", date(2026, 1, 1), None],
         ["A-100", "D", "DEFAULT", None, date(2026, 3, 9), None]]  # fmt: skip
RATES = [["Card", "Version", "Code", "Zone", "Unit", "From", "To (below)", "Rate"],
         ["RC-1", 1, "BASE", "A", "STOP", None, None, 6.25], ["RC-1", 1, "BASE", "B", "STOP", None, None, 7.4],
         ["RC-1", 1, "PACKAGE", None, "PKG", 0, 5, 0.5], ["RC-1", 1, "PACKAGE", None, "PKG", 5, None, 0.4],
         ["RC-1", 2, "BASE", "A", "STOP", None, None, 6.45], ["RC-1", 1, "LATE", None, "PCT", None, None, 0.4]]  # fmt: skip
G12 = [["Up to", "Rate"], [500, 2.0], [1000, 1.8], [None, 1.6]]


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


# -- golden figures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "closes", "done", "zone", "expected"),
    [
        ("2026-03-08 14:00", "2026-03-08 16:00", "2026-03-08T21:15:00Z", CHI, "ON_TIME"),  # a, the edge
        ("2026-03-08 14:00", "2026-03-08 16:00", "2026-03-08T21:15:01Z", CHI, "LATE"),  # b
        ("2026-03-07 23:30", "2026-03-08 03:30", "2026-03-08T07:40:00Z", NY, "ON_TIME"),  # c
        ("2026-11-01 01:15", "2026-11-01 01:45", "2026-11-01T05:30:00Z", NY, "ON_TIME"),  # d
        ("2026-11-01 01:15", "2026-11-01 01:45", "2026-11-01T06:30:00Z", NY, "LATE"),  # e, the second pass
        ("2026-03-10 10:00", "2026-03-10 12:00", "2026-03-10T17:10:00Z", CHI, "ON_TIME"),  # f
        ("2026-03-10 14:00", "2026-03-10 16:00", "2026-03-10T17:29:00Z", NY, "EARLY"),  # g
        ("2026-03-10 14:00", "2026-03-10 16:00", "2026-03-10T17:30:00Z", NY, "ON_TIME"),  # h
        ("2026-03-08 14:00", "2026-03-08 16:00", "2026-03-08T23:14:00Z", PHX, "ON_TIME"),  # i
        (
            "2026-03-08 02:30",
            "2026-03-08 04:00",
            "2026-03-08T07:05:00Z",
            NY,
            "ON_TIME",
        ),  # j, a start that does not exist
    ],
)
def test_g6_on_time(opens, closes, done, zone, expected):
    assert CALL["SB_ONTIME"](done, wall(opens), wall(closes), zone, 30, 15) == expected
    local = datetime.fromisoformat(done).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if (done, zone) != ("2026-11-01T06:30:00Z", NY):  # the wall clock alone cannot say the second pass
        assert CALL["SB_ONTIME"](column(local), column(wall(opens)), wall(closes), zone, 30, 15) == [[expected]]


def test_g12_graduated_and_volume():
    stops = (0, 500, 501, 555, 556, 1000, 1001, 1240)
    graduated = (0, 1000, 1001.80, 1099, 1100.80, 1900, 1901.60, 2284)
    volume = (0, 1000, 901.80, 999, 1000.80, 1800, 1601.60, 1984)
    assert CALL["SB_TIERPAY"](column(*stops), G12) == column(*graduated)
    assert CALL["SB_TIERPAY"](column(*stops), G12, "volume") == column(*volume)


def test_g1_and_g3_stops_of_a_week():
    tiers = [["Tier", "Up to", "Rate"], [1, 300, 1.85], [2, 600, 2.05], [3, "", 2.3]]
    assert CALL["SB_TIERPAY"](column(547, 301, 298, 544), tiers) == column(1061.35, 557.05, 551.30, 1055.20)


def test_g1_fuel_by_the_mile():
    brackets, index = (
        tab("fuel_table", FUEL["fuel_table"], ZoneInfo(CHI)),
        tab("fuel_index", FUEL["fuel_index"], ZoneInfo(CHI)),
    )
    assert CALL["SB_FUEL"](column(date(2026, 3, 2), date(2026, 2, 27)), brackets, index) == column(0.05, 0.04)


def test_g4_zones_rates_and_fuel_weeks():
    rows = billing.g4()
    named = {name: tab(name, rows[name], billing.INDY) for name in ("zones", "rate_lines", "fuel_table", "fuel_index")}
    zips = column(*billing.ZIPS.values())
    zones = CALL["SB_ZONE"](zips, named["zones"], date(2026, 3, 3))
    assert zones == column("A", "B", "C")
    assert CALL["SB_RATE"]("BASE", zones, None, named["rate_lines"], "RC-1 v1") == column(6.25, 7.40, 9.10)
    assert CALL["SB_RATE"]("BASE", zones, None, named["rate_lines"], "RC-1 v2") == column(6.45, 7.65, 9.40)
    assert CALL["SB_FUEL"](
        column(date(2026, 3, 8), date(2026, 3, 9)), named["fuel_table"], named["fuel_index"]
    ) == column(0.115, 0.12)


def test_g9_buckets():
    dues = [date(2026, 2, 9), date(2026, 3, 17), date(2026, 3, 31), date(2025, 12, 31), date(2025, 12, 28)]
    assert CALL["SB_AGING"](column(*dues), date(2026, 3, 31)) == column("31-60", "1-30", "CURRENT", "61-90", "90+")


def test_g13_two_hour_clock():
    left = CALL["SB_TIMELEFT"]
    failed = wall("2026-03-06 20:50")
    assert left(failed, failed, LA) == 120
    assert left(failed, wall("2026-03-06 22:50"), LA) == 0
    assert left(failed, wall("2026-03-06 23:00"), LA) == -10
    quiet = {"quiet_from": time(21), "quiet_until": time(8)}
    assert left(failed, wall("2026-03-07 09:50"), LA, 120, 0, *quiet.values()) == 0
    assert left(wall("2026-03-06 10:05"), wall("2026-03-06 12:52"), LA, 120, 47) == 0
    assert left(wall("2026-03-08 01:10"), wall("2026-03-08 04:10"), LA) == 0, "the night in which clocks go forward"
    assert left(wall("2026-03-06 22:50"), wall("2026-03-06 22:20"), LA, 0) == 30, "the moment due itself"


# -- the same as the rule called directly ------------------------------------------------------------------------------


def test_zone_and_rate_are_those_of_every_charge_of_g4():
    rows = billing.g4()
    charges = charge_rows(cycle_of(billing.books(rows), "A-100", billing.CHANGE), None)
    base = [row for row in charges if row["charge_code"] == "BASE"]
    stops, addresses = (
        {row[key]: row for row in rows[name]} for name, key in (("stops", "stop_id"), ("addresses", "address_id"))
    )
    zips = column(*(addresses[stops[row["stop_id"]]["address_id"]]["zip5"] for row in base))
    days = column(*(row["service_date"] for row in base))
    cards = column(*(f"{row['card_id']} v{row['card_version']}" for row in base))
    zones = CALL["SB_ZONE"](zips, tab("zones", rows["zones"], billing.INDY), days)
    rates = CALL["SB_RATE"]("BASE", zones, "", tab("rate_lines", rows["rate_lines"], billing.INDY), cards)
    assert zones == column(*(row["zone"] for row in base))
    assert rates == column(*(float(row["rate"]) for row in base))


walls = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001


@settings(deadline=None)
@given(st.lists(st.tuples(walls, walls, walls), min_size=1, max_size=20), st.sampled_from((NY, CHI, PHX, LA)),
       st.integers(0, 90), st.integers(0, 90))  # fmt: skip
def test_on_time_is_what_the_rule_says(rows, zone, early, late):
    tz, promise = ZoneInfo(zone), Promise("POD", early, late)
    expected = []
    for each in rows:
        done, opens, closes = (localtime.to_utc(at, tz)[0] for at in each)
        expected.append(judge(opens, closes, done, promise))
    done, opens, closes = zip(*rows, strict=True)
    assert CALL["SB_ONTIME"](column(*done), column(*opens), column(*closes), zone, early, late) == column(*expected)


@settings(deadline=None)
@given(st.lists(walls, min_size=1, max_size=30), st.sampled_from((NY, CHI, PHX, LA, "Asia/Kolkata")))
def test_many_wall_clock_times_are_each_what_one_is(times, zone):
    tz = ZoneInfo(zone)
    assert localtime.each_to_utc(times, tz) == [at.replace(tzinfo=tz, fold=0).astimezone(UTC) for at in times]


@given(walls, walls, st.integers(0, 300), st.integers(0, 100), st.sampled_from((NY, LA)))
def test_time_left_is_the_clocks_due_less_the_moment(since, moment, minutes, paused, zone):
    tz = ZoneInfo(zone)
    start, now = localtime.to_utc(since, tz)[0], localtime.to_utc(moment, tz)[0]
    expected = (due(start, minutes, paused, (time(21), time(8)), tz) - now) // timedelta(minutes=1)
    assert CALL["SB_TIMELEFT"](since, moment, zone, minutes, paused, time(21), time(8)) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 2000), min_size=1, max_size=15), st.booleans())
def test_tier_pay_by_hand(counts, volume):
    tiers = ladders([{"tier": n, "up_to": up, "rate": Decimal(rate)} for n, (up, rate) in
                     enumerate(((500, "2"), (1000, "1.8"), (None, "1.6")), 1)])[("", "", "")]  # fmt: skip

    def by_hand(count: int) -> float:
        reached = [tier for tier in tiers if tier.lower < count]
        if volume:
            return float(count * reached[-1].rate) if reached else 0.0
        return float(sum((min(count, tier.upper or count) - tier.lower) * tier.rate for tier in reached))

    assert CALL["SB_TIERPAY"](column(*counts), G12, "VOLUME" if volume else None) == column(*map(by_hand, counts))


@given(st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.integers(-40, 200))
def test_aging_of_any_day(due_on, late):
    on = due_on + timedelta(days=late)
    answer = CALL["SB_AGING"](due_on, on)
    assert answer == bucket(due_on, on)
    assert answer == AGES[0 if late <= 0 else 4 if late > 90 else 1 if late <= 30 else 2 if late <= 60 else 3]


@given(st.text(st.characters(codec="ascii", min_codepoint=32, exclude_characters="#"), min_size=1).filter(str.strip))
def test_address_is_the_intakes(street):
    assert CALL["SB_ADDRESS"](street, "Chicago", "60601") == normalised(street.strip(), "Chicago", "60601")


# -- one cell, a column, a block, in any order ------------------------------------------------------------------------


COLUMNS = {
    "SB_PHONE": (["312-555-0123", "(317) 555 0100", "+44 20 7946 0958", "12", None],),
    "SB_ZONE": (["46201", 46301, "46950", "60699", "4620x"], ZONES, date(2026, 3, 3)),
    "SB_RATE": (["BASE", "PACKAGE", "PACKAGE", "LATE", "NONE"], "A", 5, RATES, "RC-1 v1"),
    "SB_AGING": ([date(2026, 1, 1), date(2026, 3, 1), "soon", 46_000, None], date(2026, 3, 31)),
    "SB_TIERPAY": ([0, 600, -1, 1.5, "many"], G12),
    "SB_ONTIME": ([wall("2026-03-10 10:00"), "2026-03-10T15:00:00Z", 46_091.5, "noon", None], wall("2026-03-10 09:00"),
                  wall("2026-03-10 10:30"), CHI),
    "SB_DISTANCE": ([41.88, 41.9, 91, "north", None], -87.63, 41.88, -87.63),
    "SB_ADDRESS": (["1 North Main Street", "Suite 5, 12 Elm Avenue", None, 7, "x"], "Chicago"),
    "SB_TIMELEFT": ([wall("2026-03-10 10:00"), wall("2026-03-08 01:30"), None, "x", 46_091.5], wall("2026-03-10 11:00"), CHI),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_its_cells_one_by_one_in_any_order(name):
    first, *others = COLUMNS[name]
    alone = [CALL[name](value, *others) for value in first]
    for order in ((0, 1, 2, 3, 4), (4, 2, 0, 3, 1)):
        assert CALL[name](column(*(first[n] for n in order)), *others) == column(*(alone[n] for n in order))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_row_and_a_block_keep_their_shape(name):
    first, *others = COLUMNS[name]
    alone = [CALL[name](value, *others) for value in first]
    assert CALL[name]([first], *others) == [alone]
    assert CALL[name]([first[:2], first[2:4]], *others) == [alone[:2], alone[2:4]]


def test_ranges_of_different_sizes_are_refused():
    answer = CALL["SB_AGING"](column(date(2026, 1, 1), date(2026, 2, 1)), column(*[date(2026, 3, 1)] * 3))
    assert answer == "#SB: day has 3 rows and 1 columns, due has 2 and 1; give ranges of one size, or a single cell."


# -- what people really have in cells ----------------------------------------------------------------------------------


def test_a_reason_is_read_and_passed_on():
    zones = CALL["SB_ZONE"](column("46201", "60699"), ZONES, date(2026, 3, 3))
    assert zones == column("A", "#SB: ZIP 60699 is in no zone of A-100; add it on tab Zones.")
    rates = CALL["SB_RATE"]("BASE", zones, "", RATES, "RC-1 v1")
    assert rates == column(6.25, zones[1][0]), "the first reason is the one that is read"
    assert CALL["SB_WHY"](rates) == column("", "ZIP 60699 is in no zone of A-100; add it on tab Zones.")
    assert CALL["SB_WHY"](rates[1][0]) == "ZIP 60699 is in no zone of A-100; add it on tab Zones."


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!"])
def test_an_error_in_a_cell_is_not_taken_for_a_blank(error):
    assert (
        CALL["SB_PHONE"](error)
        == f"#SB: phone: the cell holds the error {error}. Repair the formula or type the value."
    )


def test_an_error_that_comes_as_its_code_is_no_number():
    spill = -2_146_826_243
    assert CALL["SB_TIERPAY"](column(5.0, spill), G12)[1][0].startswith("#SB: stops: the cell holds the error #ERROR!.")
    assert CALL["SB_DISTANCE"](spill, 0.0, 0.0, 0.0).startswith("#SB: lat: the cell holds the error")


def test_of_two_things_wrong_in_a_row_the_first_argument_is_named():
    assert CALL["SB_AGING"]("soon", "later") == "#SB: due: “soon” is not a date. Write it as 2026-03-31."
    assert CALL["SB_RATE"]("#SB: no code", "#SB: no zone", 1, RATES, "RC-1 v1") == "#SB: no code"


def test_a_number_is_the_date_it_stands_for():
    assert from_serial(46091) == datetime(2026, 3, 10)  # noqa: DTZ001
    assert from_serial(46091.75) == datetime(2026, 3, 10, 18)  # noqa: DTZ001
    assert CALL["SB_AGING"](46021, 46091) == "61-90"
    assert CALL["SB_ONTIME"](46091.75, 46091.5, 46091.8, CHI) == "ON_TIME"


def test_a_zip_that_lost_its_zero_and_one_stored_as_a_number():
    zones = [["Zone", "Match", "Value"], ["BOS", "ZIP5", 2116]]
    assert CALL["SB_ZONE"](column(2116, "02116", "02116-1234", 2116.0), zones) == column(*["BOS"] * 4)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (("SB_ZONE", "46201", ZONES), "day is blank; fill it."),
        (("SB_ZONE", "46201", [["Zone", "Match", "Value"]]), "zones is a range with its header row and at least one row below it."),
        (("SB_ZONE", "46201", [["Zone", "Value"], ["A", "46201"]]), "zones has no column Match; give the range with its header row."),
        (("SB_ZONE", "46201", [["Zone", "Match"], ["A", "ZIP9"]]),
         "zones, row 2, Match: “ZIP9” is not one of the choices. Did you mean ZIP5?"),
        (("SB_ZONE", "46201", [["Zone", "Match", "Value"], ["A", "ZIP5", "46201"], ["B", "ZIP5", "46201"]]),
         "ZIP 46201 lies in zone A and in zone B; end one of them on tab Zones."),
        (("SB_RATE", "BASE", "A", 1, RATES), "card is blank; fill it."),
        (("SB_RATE", "BASE", "A", None, [["Code", "Zone", "Unit", "Rate"], *[["BASE", "A", "STOP", 6.25]] * 2]),
         "two rates fit BASE in zone A; let their breaks follow each other on tab Rate lines."),
        (("SB_RATE", "BASE", "Z", None, RATES, "RC-1 v1"), "no rate of card RC-1 v1 fits BASE in zone Z; add it on tab Rate lines."),
        (("SB_TIERPAY", 5, [["Up to", "Rate"], [500, 2]]), "In tiers the last tier ends at 500: leave its end blank; mend it on tab Pay tiers."),
        (("SB_TIERPAY", 5, G12, "HALF"), "mode is GRADUATED or VOLUME, not “HALF”."),
        (("SB_TIERPAY", -3, G12), "-3 stops cannot be; type how many there were."),
        (("SB_ONTIME", 46091.5, None, 46091.8, "Chicago"),
         "zone: “Chicago” is not a time zone. Write one such as America/Chicago."),
        (("SB_ONTIME", "noon", None, 46091.8, CHI), "done: “noon” is not a date and time. Write it as 2026-03-31 14:30."),
        (("SB_DISTANCE", 91, 0, 0, 0), "91 degrees are no place on earth; latitude comes before longitude."),
        (("SB_PHONE", "12"), "phone: “12” is not a phone number that can be called."),
        (("SB_AGING", "03/04/2026", date(2026, 3, 1)), "due: “03/04/2026” can be read month first or day first."),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_says_why_and_what_to_do(call, why):
    name, *given_ = call
    assert CALL[name](*given_) == f"#SB: {why}"


def test_a_fault_of_our_own_is_a_sentence_with_a_number_and_not_a_traceback(monkeypatch, tmp_path):
    monkeypatch.setenv("STOPBOOK_ADDIN", str(tmp_path))
    monkeypatch.setattr("addin.functions.stops.normalised", lambda *given: 1 / 0)
    answer = CALL["SB_ADDRESS"]("1 Main St")
    assert answer.startswith(
        "#SB: Something went wrong in Stopbook on this computer. Tell your administrator the number A-"
    )
    number = answer.rpartition(" ")[2].rstrip(".")
    assert f"{number} ZeroDivisionError" in (tmp_path / "addin.log").read_text("utf-8")


def test_fuel_below_and_above_the_table():
    brackets = [["Table", "From day", "From", "To", "Index", "Percent"], ["F", date(2026, 1, 1), 3.5, 4, "DOE", 0.1],
                ["F", date(2026, 1, 1), 4, None, "DOE", 0.12]]  # fmt: skip
    for price, expected in ((3.0, 0.0), (3.5, 0.1), (3.999, 0.1), (4.0, 0.12), (9.0, 0.12)):
        assert (
            CALL["SB_FUEL"](
                date(2026, 3, 3), brackets, [["Index", "Week of", "Price"], ["DOE", date(2026, 3, 2), price]]
            )
            == expected
        )
    early = CALL["SB_FUEL"](date(2026, 1, 6), brackets, [["Index", "Week of", "Price"], ["DOE", date(2026, 3, 2), 4]])
    assert early == "#SB: No price of fuel index DOE is known for 2026-01-05 or before; enter it on tab Fuel index."


def test_distance_is_in_metres():
    assert CALL["SB_DISTANCE"](41.8781, -87.6298, 41.8781, -87.6298) == 0
    # a quarter of the way round
    assert CALL["SB_DISTANCE"](0, 0, 90, 0) == round(6_371_000 * 3.141592653589793 / 2)


def test_no_clock_is_read():
    """The moment is an argument: the same call gives the same answer whenever it is made."""
    assert CALL["SB_TIMELEFT"]("2026-03-10T10:00:00Z", datetime(2026, 3, 10, 11, tzinfo=UTC), "UTC") == 60
