"""SB_RECONCILE, SB_PRICE and SB_SETTLE over copies of tabs: the very rows that the jobs write, and sentences for what is missing."""

from datetime import date, datetime, timedelta

import pytest

from tests import billing, worlds
from tests.addin.ranges import CALL, tab, table
from tests.payroll import World, agreement, day, stops_only, tiers
from tests.worlds import CHICAGO, DAY
from workbooks.books import Books
from workbooks.pipeline.bill.drafting import charge_rows, cycle_of
from workbooks.pipeline.day import close_day
from workbooks.pipeline.pay.draft import drafts, line_rows

MARCH_10 = datetime(2026, 3, 10)  # noqa: DTZ001 - a date cell as Excel hands it over
EVENTS = ("markets", "manifest", "manifest_events", "stops", "attempts")


def tabs(rows, names, zone=CHICAGO):
    return [tab(name, rows[name], zone) for name in names if rows.get(name)]


# -- reconcile -----------------------------------------------------------------------------------------------------


def test_g10_from_its_tabs_is_what_the_job_writes():
    rows = worlds.g10()
    answer = table(CALL["SB_RECONCILE"]("CHI", MARCH_10, CHICAGO.key, *tabs(rows, EVENTS)))
    wanted = close_day(Books.of(rows), "CHI", DAY, worlds.local("20:00")).rows["recon"]
    assert [
        (r["Route"], r["Stop"], r["Flags"], r["Status"], r["Comes to"], r["Attempts"], r["Driver"]) for r in answer
    ] == [
        (
            r["route_id"],
            r["stop_id"],
            ", ".join(r["flags"]),
            r["status"],
            r["final"],
            r["attempts"],
            r["driver_id"] or "",
        )
        for r in sorted(wanted, key=lambda r: (r["route_id"], r["stop_id"]))
    ]
    flags = {row["Stop"]: row["Flags"] for row in answer}
    assert flags["S10"] == "DRIVER_SWAP, PARTIAL"
    assert (flags["S7"], flags["S9"], flags["S99"]) == ("MISSING_SCAN", "MOVED", "UNMANIFESTED")


def test_the_order_of_tabs_and_rows_does_not_matter():
    rows = worlds.g10()
    given = tabs(rows, EVENTS)
    turned = [[each[0], *reversed(each[1:])] for each in reversed(given)]
    assert CALL["SB_RECONCILE"]("CHI", MARCH_10, CHICAGO.key, *turned) == CALL["SB_RECONCILE"](
        "CHI", MARCH_10, CHICAGO.key, *given
    )


def test_stops_and_scans_alone_are_reconciled_as_planned():
    stops = [["Stop", "Account", "Route", "Pkgs"], ["S1", "A1", "R1", 1], ["S2", "A1", "R1", 2], ["S3", "A1", "R2", 1]]
    scans = [["Attempt", "Stop", "Outcome", "Completed", "Driver", "Pkgs"],
             ["T1", "S1", "DELIVERED", datetime(2026, 3, 10, 9), "D-1", 1],  # noqa: DTZ001
             ["T2", "S2", "PARTIAL", datetime(2026, 3, 10, 9, 5), "D-1", 1],  # noqa: DTZ001
             ["T3", "S9", "DELIVERED", datetime(2026, 3, 10, 9, 9), "D-1", 1]]  # noqa: DTZ001  # fmt: skip
    answer = table(CALL["SB_RECONCILE"]("CHI", MARCH_10, CHICAGO.key, stops, scans))
    assert {row["Stop"]: (row["Flags"], row["Scanned as"]) for row in answer} == {
        "S1": ("MATCH", "DELIVERED"), "S2": ("PARTIAL", "PARTIAL"), "S3": ("MISSING_SCAN", "MISSING"), "S9": ("UNMANIFESTED", "DELIVERED"),
    }  # fmt: skip


# -- price -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def g4():
    return billing.g4()


def test_g4_from_its_tabs_comes_to_the_golden_cents(g4):
    answer = table(CALL["SB_PRICE"]("A-100", billing.CHANGE, billing.INDY.key, *tabs(g4, g4, billing.INDY)))
    direct = charge_rows(cycle_of(billing.books(g4), "A-100", billing.CHANGE), None)
    assert [(r["No."], r["Code"], r["Zone"], r["Rate"], r["Charged"]) for r in answer] == [
        (r["charge_key"], r["charge_code"], r["zone"] or "", float(r["rate"]), float(r["charge"])) for r in direct
    ]
    sums = {name: round(sum(row[name] for row in answer), 2) for name in ("Charged", "Discount", "Fuel")}
    assert sums == {"Charged": 11_700.70, "Discount": -405.22, "Fuel": 1_309.83}
    assert round(sum(sums.values()), 2) == 12_605.31


def test_what_has_no_price_says_so_and_is_not_zero(g4):
    few = {**g4, "stops": g4["stops"][:3], "attempts": g4["attempts"][:3], "zones": g4["zones"][:1]}
    some = {**few, "addresses": [{**row, "zip5": "99999"} for row in g4["addresses"]]}
    answer = table(CALL["SB_PRICE"]("A-100", billing.CHANGE, billing.INDY.key, *tabs(some, some, billing.INDY)))
    base = [row for row in answer if row["Code"] == "BASE"]
    assert {(row["Status"], row["Rate"]) for row in base} == {("UNPRICED", "")}
    assert "add the ZIP on tab Zones" in base[0]["Why"]


# -- settle ----------------------------------------------------------------------------------------------------------


def world() -> World:
    made = World(pay_plans=[stops_only()], pay_tiers=tiers((3, "2.00"), (None, "2.50"), plan_id="PP-S", version=1))
    made.on_plan("D-017", "PP-S")
    made.add("deduction_agreements", agreement("AG-1", "D-017", "EQUIP", "charge", "4.00"))
    route = made.route("D-017", day(0), "R12")
    for _ in range(5):
        made.scan(route, made.stop(route))
    made.close(day(0))
    return made


PAID = (
    "attempts",
    "recon",
    "driver_plans",
    "pay_plans",
    "pay_tiers",
    "manifest",
    "deduction_agreements",
    "drivers",
    "markets",
)


def test_a_settlement_from_its_tabs_is_what_the_job_drafts():
    made = world()
    answer = table(CALL["SB_SETTLE"]("D-017", date(2026, 3, 4), CHICAGO.key, *tabs(made.rows, PAID)))
    (draft,) = drafts(made.books(), day(2), only=["D-017"])
    assert [(r["Component"], r["Amount"], r["In words"]) for r in answer] == [
        (r["component"], float(r["amount"]), r["says"]) for r in line_rows(draft)
    ]
    assert round(sum(row["Amount"] for row in answer), 2) == float(draft.row["net"]) == 7.00


def test_g2_from_its_tabs_a_week_that_cannot_bear_its_deductions():
    made = World(
        pay_plans=[stops_only()], pay_tiers=tiers((None, "1.00"), plan_id="PP-S", version=1),
        deduction_agreements=[
            agreement("A1-INS", "D-022", "INSURANCE", "charge", "38.75", priority=1),
            agreement("A2-VAN", "D-022", "EQUIP", "charge", "45.00", priority=2),
            agreement("A3-ADV", "D-022", "ADVANCE", "balance", cap_per_settlement=100, priority=3),
            agreement("A4-UNI", "D-022", "UNIFORM", "balance", "30.00", priority=4),
        ],
    )  # fmt: skip
    made.on_plan("D-022", "PP-S")
    for account, amount in (("CARRY", "61.20"), ("ADVANCE", "150.00"), ("UNIFORM", "60.00")):
        made.enter("D-022", account, amount)
    made.deliver(made.route("D-022", day(0)), 96)
    made.close(day(0))
    answer = table(
        CALL["SB_SETTLE"]("D-022", date(2026, 3, 4), CHICAGO.key, *tabs(made.rows, (*PAID, "driver_ledger")))
    )
    assert [(row["Component"], row["Amount"]) for row in answer] == [
        ("STOP_TIER", 96.0), ("DED_CARRY", -61.2), ("DED_INSURANCE", -34.8), ("DED_EQUIP", 0.0), ("DED_ADVANCE", 0.0), ("DED_UNIFORM", 0.0),
    ]  # fmt: skip
    assert round(sum(row["Amount"] for row in answer), 2) == 0


def test_nothing_to_settle_is_said():
    made = world()
    answer = CALL["SB_SETTLE"]("D-017", date(2026, 6, 1), CHICAGO.key, *tabs(made.rows, PAID))
    assert answer == "#SB: D-017 has nothing to settle in the period of 2026-06-01; give the attempts of that period."


# -- what is missing or wrong -------------------------------------------------------------------------------------------


def test_each_missing_tab_is_named():
    stops = tab("stops", [worlds.stop("S1")], CHICAGO)
    assert (
        CALL["SB_RECONCILE"]("CHI", MARCH_10, CHICAGO.key, stops)
        == "#SB: Give tab Attempts as a range too, with the header row."
    )
    assert CALL["SB_SETTLE"]("D-1", MARCH_10, CHICAGO.key, stops).startswith(
        "#SB: Give tab Attempts and tab Recon and tab Driver plans"
    )
    assert CALL["SB_PRICE"]("A1", MARCH_10, CHICAGO.key).startswith("#SB: Give tab Accounts and tab Rate cards")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([["Colour", "Taste"], ["red", "sweet"]],
         "Range 1 is none of our tabs: give it with its header row and the columns that name its rows."),
        ([["Stop", "Account", "Pkgs"], ["S1", "A1", "many"]], "Stops, row 2, Pkgs: “many” is not a number. Type a plain number."),
        ([["Stop", "Account", "Window start"], ["S1", "A1", "03/04/2026 09:00"]],
         "Stops, row 2, Window start: “03/04/2026” can be read month first or day first."),
        ("CHI", "Range 1 is a range with its header row and at least one row below it."),
    ],
)  # fmt: skip
def test_a_range_that_cannot_be_read_says_where(given, why):
    assert CALL["SB_RECONCILE"]("CHI", MARCH_10, CHICAGO.key, given) == f"#SB: {why}"


def test_market_day_and_zone_are_one_cell_each():
    stops = tab("stops", [worlds.stop("S1")], CHICAGO)
    call = CALL["SB_RECONCILE"]
    assert call("CHI", None, CHICAGO.key, stops) == "#SB: day is blank; fill it."
    assert call([["CHI"], ["IND"]], MARCH_10, CHICAGO.key, stops) == "#SB: market is one cell, not a range."
    assert (
        call("CHI", MARCH_10, "Chicago", stops)
        == "#SB: zone: “Chicago” is not a time zone. Write one such as America/Chicago."
    )
    assert call("#N/A", MARCH_10, CHICAGO.key, stops).startswith("#SB: market: the cell holds the error #N/A.")


def test_a_whole_workbook_tab_with_its_own_columns_is_taken():
    """State, message, ids and what people added beside our columns do not disturb."""
    stops = tab("stops", [worlds.stop("S1")], CHICAGO)
    dressed = [
        [*("_state", "_msg"), *stops[0], "My note", "_rid"],
        ["OK", None, *stops[1], "call first", "0123456789abcdef"],
    ]
    dressed += [[None] * len(dressed[0])] * 3
    scans = tab("attempts", [worlds.scan("S1", "D-017", "09:00")], CHICAGO)
    (row,) = table(CALL["SB_RECONCILE"]("CHI", MARCH_10, CHICAGO.key, dressed, scans))
    assert (row["Stop"], row["Flags"]) == ("S1", "MATCH")


def test_the_day_is_looked_at_as_if_it_were_over():
    late = worlds.route("R12", driver_id="D-017", planned_end=worlds.local("23:30") + timedelta(hours=3))
    stops, routes = tab("stops", [worlds.stop("S1")], CHICAGO), tab("manifest", [late], CHICAGO)
    scans = tab("attempts", [worlds.scan("S2", "D-017", "09:00")], CHICAGO)
    answer = table(CALL["SB_RECONCILE"]("CHI", MARCH_10, CHICAGO.key, stops, routes, scans))
    assert {row["Stop"]: row["Flags"] for row in answer} == {"S1": "MISSING_SCAN", "S2": "UNMANIFESTED"}
