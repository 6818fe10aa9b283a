"""Golden example G10: a mini-day reconciled from its stops, scans and events."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests import worlds
from tests.worlds import DAY, local
from workbooks.books import Books
from workbooks.pipeline.cases import open_exceptions
from workbooks.pipeline.day import close_day

EVENING = local("20:00")


@pytest.fixture(scope="module")
def rows():
    return worlds.g10()


@pytest.fixture(scope="module")
def wanted(rows):
    return close_day(Books.of(rows), "CHI", DAY, EVENING)


@pytest.fixture(scope="module")
def recon(wanted):
    return {row["stop_id"]: row for row in wanted.rows["recon"]}


def test_every_flag_of_the_day(recon):
    assert {stop: row["flags"] for stop, row in recon.items()} == {
        "S1": ("MATCH",),
        "S2": ("DUPLICATE_SCAN",),
        "S3": ("DRIVER_SWAP",),
        "S4": ("MATCH",),
        "S5": ("MATCH",),
        "S6": ("DRIVER_SWAP",),
        "S7": ("MISSING_SCAN",),
        "S8": ("CANCELLED_LOADED",),
        "S9": ("MOVED",),
        "S10": ("DRIVER_SWAP", "PARTIAL"),
        "S11": ("DRIVER_SWAP", "LATE_ADD"),
        "S99": ("UNMANIFESTED",),
    }


def test_r12_ends_as_ten_stops_eight_delivered_one_cancelled_one_missing(recon, wanted):
    on_r12 = [row for row in recon.values() if row["route_id"].endswith("R12") and row["expected"]]
    assert {row["stop_id"] for row in on_r12} == {"S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S10", "S11"}
    outcomes = [row["outcome"] for row in on_r12]
    assert (
        outcomes.count("DELIVERED") + outcomes.count("PARTIAL"),
        outcomes.count("CANCELLED"),
        outcomes.count("MISSING"),
    ) == (8, 1, 1)
    manifest = {row["route_id"]: row for row in wanted.rows["manifest"]}
    assert manifest[f"CHI-{DAY}-R12"]["version"] == 5  # dispatch, S11 added, S9 moved, S8 cancelled, driver swapped
    assert manifest[f"CHI-{DAY}-R12"]["driver_id"] == "D-030"
    assert manifest[f"CHI-{DAY}-R12"]["status"] == "RETURNED"
    assert manifest[f"CHI-{DAY}-R14"]["status"] == "RECONCILED"


def test_what_stays_open_and_for_whom(recon):
    assert {stop: row["waits_for"] for stop, row in recon.items() if row["status"] == "OPEN"} == {
        "S7": ("VA",),
        "S99": ("DISPATCH",),
    }


def test_s3_has_two_attempts_and_is_no_first_attempt_success(recon, wanted):
    assert recon["S3"]["attempts"] == 2
    assert recon["S3"]["first_attempt"] is False
    assert recon["S1"]["first_attempt"] is True
    numbers = {row["attempt_id"]: row["n"] for row in wanted.rows["attempts"]}
    assert (numbers["S-S3-08:40"], numbers["S-S3-15:10"]) == (1, 2)


def test_the_second_scan_of_s2_counts_nowhere(wanted):
    folded = {row["attempt_id"]: row["dup_scan"] for row in wanted.rows["attempts"]}
    assert folded["S-S2-08:10:40"] is True
    assert [name for name, duplicate in folded.items() if duplicate] == ["S-S2-08:10:40"]


def test_who_is_to_be_paid_for_what(rows, wanted, recon):
    """The counts behind the golden pay, from stop-level rows: stops, attempts and cancellations per driver."""
    scans = {row["attempt_id"]: row for row in rows["attempts"]}
    pay: dict[str, Decimal] = {}
    for row in wanted.rows["attempts"]:
        scan = scans[row["attempt_id"]]
        held = recon[scan["stop_id"]]["status"] == "OPEN"
        if row["dup_scan"] or held:
            continue
        rate = {"DELIVERED": "1.85", "PARTIAL": "1.85", "FAILED": "0.75", "CANCELLED_ON_BOARD": "0.50"}[scan["outcome"]]
        pay[scan["driver_id"]] = pay.get(scan["driver_id"], Decimal(0)) + Decimal(rate)
    assert pay == {"D-017": Decimal("8.65"), "D-030": Decimal("7.40"), "D-022": Decimal("1.85")}
    assert sum(row["status"] == "OPEN" for row in recon.values()) == 2


def test_cases_opened_by_the_day(rows, wanted):
    after = dict(rows)
    scans = {row["attempt_id"]: row for row in wanted.rows["attempts"]}
    after["attempts"] = [{**row, **scans.get(row["attempt_id"], {})} for row in rows["attempts"]]
    after["recon"] = wanted.rows["recon"]
    cases = {row["exc_id"]: row for row in open_exceptions(Books.of(after), "CHI", DAY, EVENING).rows["exceptions"]}
    assert {name: case["status"] for name, case in cases.items()} == {
        "X-S3-recipient": "RESOLVED",  # delivered at 15:10 by the other driver
        "X-S10-cargo": "NEW",
        "X-S7-data": "NEW",
        "X-S99-data": "NEW",
    }
    assert cases["X-S10-cargo"]["due_2h"] == local("13:00") + timedelta(hours=2)
    assert cases["X-S3-recipient"]["breached"] is True  # nobody called by 10:40
    assert cases["X-S10-cargo"]["breached"] is True
