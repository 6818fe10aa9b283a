"""Profiles: shipped ones read what they promise, own ones win, mistakes are said with file and key."""

import os
import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbooks.intake.make import CHICAGO, DROPS, csv_grid, said
from workbooks.cells import Reading
from workbooks.intake import toml
from workbooks.intake.grid import Grid
from workbooks.intake.kinds import KINDS, ORDERS, target_table
from workbooks.intake.match import match, spellings
from workbooks.intake.parse import Parsed, parse
from workbooks.intake.profiles import Join, Override, Profile, load, maps, save, shipped
from workbooks.intake.reader import read_bytes, read_file
from workbooks.problems import Refused
from workbooks.tables import TABLES

SAMPLES = os.environ.get("STOPBOOK_SAMPLES")
needs_samples = pytest.mark.skipif(not SAMPLES, reason="STOPBOOK_SAMPLES names no folder with platforms/")


def run(name: str, grid: Grid, how: Reading = CHICAGO, constants: dict[str, str] | None = None) -> Parsed:
    profile = load(name).with_answers(Reading(), constants)
    table = target_table(profile.target)
    assert table is not None
    return parse(grid, profile, table, how)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_profiles_say_where_their_headers_come_from(name: str) -> None:
    profile = load(name)
    assert re.search("vendor|our own titles", profile.about)
    assert profile.target == "" or target_table(profile.target) is not None


@pytest.mark.parametrize("table", [*TABLES.values(), *KINDS.values()], ids=lambda table: table.name)
def test_the_generic_profile_knows_every_title_and_name_of_every_table(table: object) -> None:
    assert hasattr(table, "columns")
    grid = Grid("f", "t", [[column.title for column in table.columns]])
    found = match(grid, load("generic"), table)  # type: ignore[arg-type]
    titles = [column.title for column in table.columns]
    assert found.unknown == ()
    assert [name for name in found.columns if titles.count(table.by_name[name].title) == 1] == [  # type: ignore[attr-defined]
        column.name for column in table.columns if titles.count(column.title) == 1
    ]


def test_route4me_orders_with_doubled_quotes_depots_and_a_given_day() -> None:
    text = (
        "order_id,Is Depot,Latitude,Longitude,Address Alias,Address,City,State,Zip Code,Phone,Schedule Date,"
        "Time window start,Time window end,Service time,First name,Last name\n"
        ',TRUE,40.7,-74.0,,"1 Depot St",,,,,,,,,,\n'
        'O1,,40.709637,-74.011912,Burgers,"106 Liberty St",New York,NY,10006,(212) 227-7535,"""2026-03-10""",'
        '"""07:00""","""07:05""","""00:05""",Ann,Lee\n'
    )
    parsed = run("route4me-orders", csv_grid(text))
    assert said(parsed) == []
    assert parsed.skipped == 1
    (row,) = parsed.rows
    assert row.number == 3
    assert row.values["recipient"] == "Ann Lee"
    assert row.values["service_min"] == 5
    assert row.values["service_date"] == date(2026, 3, 10)
    assert (row.values["window_from"], row.values["window_to"]) == (time(7), time(7, 5))


def test_droppath_says_arrived_and_asks_for_the_rest() -> None:
    text = (
        "address,address_line1,tracking_id,title,date_arrived_iso,status_code\n"
        "1 Main St,,T1,Stop 1,,0\n2 Main St,,T2,Stop 2,2026-03-10T14:05:22.123Z,1\n3 Main St,,T3,Stop 3,,2\n"
    )
    parsed = run("droppath-stops", csv_grid(text), Reading())
    assert [row.values["status"] for row in parsed.rows] == ["PLANNED", "ARRIVED"]
    (sentence,) = said(parsed)
    assert sentence.startswith("day.csv, cell F4 (status_code): “2” is not one of the choices")
    assert parsed.notes == ["day.csv, cell B1 (address_line1) also fits Address; column A was taken."]


def test_optimoroute_reads_day_first_and_allows_an_order_twice() -> None:
    text = "Order ID,Date,Address,Time window from,Time window to,Duration\n7,03/04/2026,1 Main St,08:00,10:00,5\n7,03/04/2026,2 Main St,,,\n"
    parsed = run("optimoroute-orders", csv_grid(text))
    assert said(parsed) == []
    assert [row.values["service_date"] for row in parsed.rows] == [date(2026, 4, 3)] * 2
    assert parsed.rows[0].values["window_to"] == time(10)
    assert parsed.rows[0].values["platform"] == "OPTIMOROUTE"


def test_spoke_has_clock_times_and_is_given_the_day() -> None:
    text = "Address Line 1,Address Line 2,Zip,Earliest Time,Latest Time,Proof of delivery\n1 Main St,Apt 2,60601,8:00 AM,10:00,required\n"
    parsed = run("spoke-stops", csv_grid(text), Reading(), {"service_date": "2026-03-10"})
    assert said(parsed) == []
    (row,) = parsed.rows
    assert (row.values["window_from"], row.values["window_to"]) == (time(8), time(10))
    assert row.values["service_date"] == date(2026, 3, 10)
    assert row.values["signature_req"] is True


CLOCKED = Profile("clocked", target="drops", joins={"window_start": Join(day="service_date", clock=("Start",))})


def test_a_clock_without_its_day_is_asked_once_for_the_file() -> None:
    grid = csv_grid("Order,Start\nA,8:00 AM\nB,\n")
    parsed = parse(grid, CLOCKED, DROPS, CHICAGO)
    assert said(parsed) == [
        "day.csv, column B (Start): the file has times of day, but no service date to go with them. "
        "Import again with --set service_date=2026-03-31 and the right day."
    ]
    answered = parse(grid, CLOCKED.with_answers(Reading(), {"service_date": "2026-03-10"}), DROPS, CHICAGO)
    assert said(answered) == []
    assert [str(row.values["window_start"]) for row in answered.rows] == ["2026-03-10 13:00:00+00:00", "None"]


def test_a_clock_beside_an_empty_day_keeps_that_row_out() -> None:
    parsed = parse(csv_grid("Order,Service date,Start\nA,2026-03-10,08:00\nB,,08:00\n"), CLOCKED, DROPS, CHICAGO)
    assert said(parsed) == [
        "day.csv, cell C3 (Start): there is a time of day, but Service date is empty. "
        "Fill it in, or give one for all with --set service_date=2026-03-31."
    ]
    assert [row.number for row in parsed.rows] == [2]


def test_a_wrong_value_for_all_rows_is_asked_again() -> None:
    parsed = parse(csv_grid("Order\nA\n"), Profile("x", target="drops", constants={"pkgs": "two"}), DROPS)
    assert said(parsed) == [
        "day.csv: the value given for the column pkgs, two, is not right: “two” is not a number. "
        "Import again with --set pkgs=… and the right value."
    ]


def test_detrack_repeats_a_number_for_further_items() -> None:
    text = "D.O. No.,Date,Deliver to,Address,SKU,Item Description,Quantity\nD1,2026-03-10,Ann,1 Main St,A,Box,1\nD1,2026-03-10,Ann,1 Main St,B,Bag,2\n"
    parsed = run("detrack-jobs", csv_grid(text))
    assert said(parsed) == []
    assert [row.values["sku"] for row in parsed.rows] == ["A", "B"]


@needs_samples
@pytest.mark.parametrize(("file", "profile", "rows"), [
    ("route4me/csv/orders_with_time_windows.csv", "route4me-orders", 1),
    ("route4me/csv/addresses_with_time_windows.csv", "route4me-addresses", 1),
    ("generic_csv/detrack_import_headers.csv", "detrack-jobs", 0),
    ("generic_csv/droppath_headers.csv", "droppath-stops", 0),
    ("onfleet/official_driver_import_template.csv", "onfleet-drivers", 0),
])  # fmt: skip
def test_the_vendors_own_files_are_read_whole(file: str, profile: str, rows: int) -> None:
    assert SAMPLES
    (grid,) = read_file(Path(SAMPLES) / "platforms" / file)
    parsed = run(profile, grid, constants={"service_date": "2026-03-10"} if "route4me" in profile else {})
    assert said(parsed) == []
    assert len(parsed.rows) >= rows
    assert len(parsed.rows) + parsed.skipped == len(grid.lines) - 1


def test_a_header_is_mapped_on_the_command_line() -> None:
    grid = csv_grid("Ordr nmber,Recipient,Order\nSO-1,Ann,9\n")
    pairs = maps(["Ordr nmber=order_ref"], DROPS)
    parsed = parse(grid, load("generic").with_map(pairs, DROPS), DROPS)
    assert parsed.rows[0].values == {"order_ref": "SO-1", "recipient": "Ann"}
    assert parsed.notes == ["day.csv, cell C1 (Order) also fits Order; column A was taken."]
    with pytest.raises(Refused, match="Did you mean order_ref"):
        maps(["a=order_rf"], DROPS)
    with pytest.raises(Refused, match="cannot be read"):
        maps(["order_ref"], DROPS)


def test_answers_are_remembered_and_win_over_the_shipped_profile(tmp_path: Path) -> None:
    profile = load("onfleet-tasks", tmp_path).with_answers(
        Reading(ZoneInfo("America/Denver"), "MDY", "ms"), {"account_id": "ACME"}
    )
    profile = profile.with_map({"Ref #": "order_ref"}, ORDERS)
    assert save(profile, tmp_path / "profiles") == tmp_path / "profiles" / "onfleet-tasks.toml"
    assert load("onfleet-tasks", tmp_path / "profiles") == profile
    grid = csv_grid("Ref #,Address_Line1,completeAfter\nA1,1 Main St,1773129600000\n")
    parsed = parse(grid, profile, ORDERS)
    assert parsed.rows[0].values == {"platform": "ONFLEET", "order_ref": "A1", "account_id": "ACME", "address": "1 Main St",
                                     "window_start": parsed.rows[0].values["window_start"]}  # fmt: skip


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_profile_survives_saving(name: str, tmp_path: Path) -> None:
    save(load(name), tmp_path)
    assert load(name, tmp_path) == load(name)


@pytest.mark.parametrize(("text", "sentence"), [
    ('headrs = 1', "there is no key “headrs”. Did you mean headers?"),
    ('dates = "DDMM"', "“dates” is one of YMD, MDY, DMY, not “DDMM”."),
    ('zone = "Chicago"', "“zone” names Chicago, which is no time zone. Write one such as America/Chicago."),
    ('repeats = "yes"', "“repeats” is true or false."),
    ('headers = "x"', "“headers” is a table; write [headers] and its entries below."),
    ('[headers]\norder_ref = 3', "“headers.order_ref” is a list of texts"),
    ('target = "order_file"\n[headers]\nordr_ref = "x"', "headers: Order file has no column “ordr_ref”. Did you mean order_ref?"),
    ('target = "order_file"\n[headers]\norder_ref = "x"\ncity = "X"', "the header “X” stands for both order_ref and city. Keep one."),
    ('[columns.a]\nepoch = "m"', "“columns.a.epoch” is one of s, ms, not “m”."),
    ('[columns]\na = 1', "“columns.a” is a table"),
    ('[joins.a]\nday = "x"', "“joins.a” needs either text, or day and clock."),
    ('[values.status]\nx = 1', "“values.status” is a table of their word = our word"),
    ('a = ', "cannot be read as a profile"),
])  # fmt: skip
def test_a_mistake_in_a_profile_is_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    with pytest.raises(Refused) as caught:
        load("mine", tmp_path)
    assert sentence in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_profiles_that_do_not_exist_or_cannot_be_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Did you mean generic"):
        load("genric", tmp_path)
    with pytest.raises(Refused, match="There is no profile"):
        load("../generic", tmp_path)
    with pytest.raises(Refused, match="cannot be a profile's name"):
        save(replace(load("generic"), name="../x"), tmp_path)
    save(Profile("mine"), tmp_path)
    with pytest.raises(Refused, match="Did you mean mine"):
        load("min", tmp_path)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(),
        st.one_of(
            st.text(),
            st.booleans(),
            st.integers(-9, 9),
            st.lists(st.text()),
            st.dictionaries(st.text(), st.text(), min_size=1),
        ),
    )
)
def test_what_is_written_as_toml_is_read_back(data: dict[str, object]) -> None:
    assert toml.loads(toml.dumps(data), "f") == data


def test_spellings_of_a_profile_with_a_target_prefer_its_own_order() -> None:
    found = spellings(Profile("x", target="drops", headers={"order_ref": ("Ref", "Order no")}), DROPS)
    assert found["ref"] < found["orderno"] < found["order"]


def test_seconds_and_minutes_from_midnight() -> None:
    profile = replace(CLOCKED, columns={"window_start": Override(clock="s")})
    (grid,) = read_bytes(
        b"Order,Service date,Start\nA,2026-03-10,28800\nB,2026-03-10,-1\nC,2026-03-10,99999\n", "w.csv"
    )
    parsed = parse(grid, profile, DROPS, CHICAGO)
    assert [str(row.values["window_start"]) for row in parsed.rows] == ["2026-03-10 13:00:00+00:00", "None"]
    assert said(parsed) == ["w.csv, cell C4 (Start): “99999” is not a time of day. Write it as 14:30."]
