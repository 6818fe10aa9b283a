"""A stop that is out again, or comes to something late, never keeps the rest of its day from being reconciled."""

import pytest

from tests.payroll import World, day
from workbooks.tables import TABLES

DRIVER = "D-017"


def closed_over(outcome: str, *, scanned: bool) -> World:
    """Tried on Monday, on a route again on Tuesday, beside a stop that is delivered then."""
    one = World()
    first = one.route(DRIVER, day(0))
    stop = one.stop(first, "S-1", pkgs=3)
    one.scan(first, stop, outcome, pkgs_delivered=1, reason_code="RECIP_ABSENT" if outcome == "FAILED" else None)
    one.close(day(0))
    second = one.route(DRIVER, day(1), "R13")
    one.stop(second, "S-1")
    one.deliver(second, 1)
    if scanned:
        one.scan(second, "S-1", pkgs_delivered=2)
    one.close(day(1))
    return one


@pytest.mark.parametrize(
    ("outcome", "stands"), [("PARTIAL", "PARTIAL"), ("DELIVERED", "DELIVERED"), ("FAILED", "ATTEMPTED")]
)
def test_what_an_earlier_day_came_to_stands_until_it_is_scanned_again(outcome, stands):
    one = closed_over(outcome, scanned=False)
    assert one.row("stops", "S-1")["status"] == stands
    assert len(one.table("recon", service_date=day(1))) == 2


@pytest.mark.parametrize("outcome", ["PARTIAL", "FAILED"])
def test_the_scan_of_the_second_day_delivers_it(outcome):
    assert closed_over(outcome, scanned=True).row("stops", "S-1")["status"] == "DELIVERED"


def test_a_late_scan_says_that_a_returned_stop_was_delivered_after_all():
    one = closed_over("FAILED", scanned=False)
    one.change("stops", ("S-1",), status="RTS")
    one.scan(one.rows["manifest"][1], "S-1", pkgs_delivered=3)
    one.close(day(1))
    assert one.row("stops", "S-1")["status"] == "DELIVERED"


@pytest.mark.parametrize(
    ("corrected", "stands"),
    [(None, "DISPATCHED"), ("NOT_LOADED", "DISPATCHED"), ("FAILED", "ATTEMPTED"), ("DELIVERED", "DELIVERED")],
)
def test_a_decision_taken_by_mistake_is_corrected_and_the_rest_of_the_day_goes_on(corrected, stands):
    one = World()
    route = one.route(DRIVER, day(0))
    one.stop(route, "S-1")
    one.deliver(route, 1)
    one.close(day(0))
    [missing] = one.table("recon", stop_id="S-1")
    key = TABLES["recon"].key_of(missing)
    one.change("recon", key, va_decision="DELIVERED")
    one.close(day(0))
    assert one.row("stops", "S-1")["status"] == "DELIVERED"
    one.change("recon", key, va_decision=corrected)
    one.close(day(0))
    assert one.row("stops", "S-1")["status"] == stands
