"""Leakage: each kind of disagreement between work, pay and bill is named once, with the amount that it is about."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.payroll import D, World, day, stops_only, tiers
from workbooks.pipeline.pay.leaks import leaks
from workbooks.pipeline.pay.periods import Period
from workbooks.tables.leakage import KINDS

DRIVER, WEEK = "D-017", Period(day(0), day(6))


@pytest.fixture
def world() -> World:
    """One delivered and reconciled stop at 2.00 of pay."""
    one = World(pay_plans=[stops_only()], pay_tiers=tiers((None, "2.00"), plan_id="PP-S", version=1))
    one.on_plan(DRIVER, "PP-S")
    one.rows["charges"] = []
    one.deliver(one.route(DRIVER, day(0)), 1)
    one.close()
    return one


def charge(world: World, status: str = "RATED", scan: int = 0, **more) -> None:
    """The client's side of it: 7.25, with 0.85 of fuel once it stands on a draft."""
    attempt = world.rows["attempts"][scan]
    world.rows["charges"].append({
        "charge_key": f"A1:{attempt['attempt_id']}:BASE", "account_id": "A1", "service_date": attempt["service_date"], "status": status,
        "attempt_id": attempt["attempt_id"], "stop_id": attempt["stop_id"], "charge_code": "BASE", "exact": D("7.250000"), **more,
    })  # fmt: skip


def found(world: World) -> dict[str, Decimal | None]:
    """Kind -> amount; each kind stands once."""
    rows = leaks(world.books(), "CHI", WEEK).rows["leakage"]
    named = [row["kind"] for row in rows if row["status"] == "OPEN"]
    assert len(named) == len(set(named)), named
    return {row["kind"]: row["amount"] for row in rows if row["status"] == "OPEN"}


def test_delivered_not_billed_and_not_paid(world):
    assert found(world) == {"DELIVERED_NOT_PAID": D("2.00"), "DELIVERED_NOT_BILLED": None}
    charge(world)
    assert found(world) == {"DELIVERED_NOT_PAID": D("2.00"), "DELIVERED_NOT_BILLED": D("7.25")}
    world.rows["charges"][0] |= {"charge": D("7.25"), "discount": D("-0.10"), "fuel": D("0.85")}
    assert found(world)["DELIVERED_NOT_BILLED"] == D("8.00")


def test_paid_not_billed(world):
    charge(world)
    world.post(day(0))
    assert found(world) == {"PAID_NOT_BILLED": D("7.25")}


def test_billed_not_paid(world):
    charge(world, "INVOICED")
    world.rows["attempts"][0]["billed_in"] = "INV-000001"
    assert found(world) == {"BILLED_NOT_PAID": D("2.00")}


def test_a_held_charge_is_named_with_what_it_waits_for_and_not_as_unbilled_too(world):
    world.post(day(0))
    charge(world, "HELD", reason="proof of delivery lacks its photo")
    assert found(world) == {"HELD_BILL": D("7.25")}
    [row] = leaks(world.books(), "CHI", WEEK).rows["leakage"]
    assert row["what"] == "proof of delivery lacks its photo"


def test_held_pay(world):
    world.scan(world.route(DRIVER, day(1)), "X1")
    world.close(day(1))
    world.post(day(0))
    world.rows["attempts"][0]["billed_in"] = "INV-000001"
    assert found(world) == {"HELD_PAY": D("2.00")}


def test_no_driver_and_no_plan(world):
    world.rows["attempts"][0].update(driver_id=None, billed_in="INV-000001")
    assert found(world) == {"NO_DRIVER": None}
    world.rows["attempts"][0].update(driver_id="D-030")
    assert found(world) == {"NO_PLAN": None}


def delivered_again(world: World) -> None:
    """The same stop is scanned as delivered on the next day too."""
    stop = world.rows["attempts"][0]["stop_id"]
    route = world.route(DRIVER, day(1), "R13")
    world.scan(route, world.stop(route, stop), n=2)
    world.close(day(1))
    for number, scan in enumerate(world.rows["attempts"]):
        scan["n"] = number + 1


def test_billed_twice_until_one_scan_is_rejected(world):
    delivered_again(world)
    for number in (0, 1):
        charge(world, "INVOICED", number, charge=D("7.25"), discount=D("0.00"), fuel=D("0.85"))
        world.rows["attempts"][number].update(billed_in=f"INV-00000{number + 1}", settled_in="S-1")
    assert found(world) == {"BILLED_TWICE": D("8.10")}
    row = next(r for r in leaks(world.books(), "CHI", WEEK).rows["leakage"])
    assert "with INV-000001 and with INV-000002: reject one of the scans" in row["what"]
    first = next(r for r in world.rows["recon"] if r["service_date"] == day(0))
    first["final"] = "REJECTED"
    assert "BILLED_TWICE" not in found(world)


def test_paid_twice_until_an_adjustment_takes_it_back(world):
    world.post(day(0))
    line = next(r for r in world.rows["settlement_lines"] if r["component"] == "STOP_TIER")
    other = {**world.rows["settlements"][0], "settlement_id": "2026-W10-D-022-1", "driver_id": "D-022"}
    world.rows["settlements"].append(other)
    world.rows["settlement_lines"].append(
        {**line, "line_id": "2026-W10-D-022-1/STOP_TIER/1", "settlement_id": other["settlement_id"]}
    )
    world.rows["attempts"][0]["billed_in"] = "INV-000001"
    assert found(world) == {"PAID_TWICE": D("2.00")}
    back = {"adj_id": "ADJ-1", "driver_id": DRIVER, "status": "POSTED", "ref_settlement": line["settlement_id"],
            "sources": f"-{world.rows['attempts'][0]['attempt_id']}", "delta": D("-2.00")}  # fmt: skip
    world.add("adjustments", back)
    assert found(world) == {}


def test_a_charge_of_the_night_stands_under_the_next_date(world):
    charge(world, service_date=WEEK.days[0] + timedelta(days=1))
    assert found(world)["DELIVERED_NOT_BILLED"] == D("7.25")


def test_every_kind_is_tried_here():
    here = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f'"{kind}"' not in here] == []
