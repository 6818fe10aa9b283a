"""Golden example G1: a week of one driver, stop by stop, with an adjustment of the week before and every kind of deduction."""

from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest

from tests.payroll import D, World, agreement, amounts, day
from tests.worlds import local
from workbooks.books import Books
from workbooks.pipeline.pay.adjust import propose

DRIVER = "D-017"
# day, route, delivered, partial, failed (not his fault), failed (his fault), cancelled on board, miles
WEEK = (
    (0, "R12", 112, 1, 4, 0, 1, "86.4"),
    (1, "R12", 117, 0, 3, 1, 0, "91.2"),
    (2, "R14", 104, 0, 5, 0, 0, "78.9"),
    (4, "R12", 119, 1, 3, 0, 1, "88.7"),
    (5, "R18", 93, 0, 4, 0, 0, "64.1"),
)
LATE, WITHOUT_PROOF, FAILED_BY_ANOTHER, TRIED_LAST_WEEK = 12, 3, 6, 5
CENT = Decimal("0.01")


def last_week(world: World) -> list[str]:
    """W09: forty stops, none with proof of delivery, so no bonus; five more tried in vain."""
    route = world.route(DRIVER, day(0, 9), "R12", "20.0")
    world.deliver(route, 40, pod_photo=None)
    failed = world.fail(route, TRIED_LAST_WEEK)
    world.close(day(0, 9))
    world.post(day(0, 9))
    # eight more scans come in after W09 was posted
    world.deliver(route, 8, pod_photo=None)
    world.close(day(0, 9))
    return failed


def this_week(world: World, tried_before: list[str]) -> None:
    again: list[str] = []
    late, unproved = LATE, WITHOUT_PROOF
    for number, code, delivered, partial, failed, own_fault, cancelled, miles in WEEK:
        on = day(number)
        route = world.route(DRIVER, on, code, miles)
        if number == 0:
            other = world.route("D-022", on, "R77", "30.0")
            by_another = world.fail(other, FAILED_BY_ANOTHER)
        redelivered = again + (tried_before if number == 2 else []) + (by_another if number == 1 else [])
        for stop_id in redelivered:
            world.scan(route, world.stop(route, stop_id))
        again = []
        for n in range(delivered - len(redelivered)):
            hurt = n == 0 and late
            stop_id = world.stop(route)
            if hurt or (number == 0 and n < 8):
                window = {"window_end": local("06:30", on)}
                world.rows["stops"][-1].update(window)
                late -= 1
            proof = {"pod_photo": None} if n == 5 and unproved else {}
            unproved -= bool(proof)
            world.scan(route, stop_id, **proof)
        for _ in range(partial):
            world.scan(route, world.stop(route), "PARTIAL")
        again = world.fail(route, failed)
        world.fail(route, own_fault, "DRIVER_DELAY")
        for _ in range(cancelled):
            world.scan(route, world.stop(route), "CANCELLED_ON_BOARD", reason_code="CANCELLED_BY_CLIENT")
    assert (late, unproved) == (0, 0)
    world.close(*(day(number) for number, *_ in WEEK))


@pytest.fixture(scope="module")
def world():
    world = World(
        deduction_agreements=[
            agreement("AG-VAN", DRIVER, "EQUIP", "charge", "45.00", priority=1, about="van rental"),
            agreement("AG-ADV", DRIVER, "ADVANCE", "balance", cap_per_settlement=D("75.00"), priority=2),
            agreement("AG-UNI", DRIVER, "UNIFORM", "balance", "30.00", priority=3),
            agreement(
                "AG-DMG", DRIVER, "DAMAGE", "one_time", "85.50", priority=4, disputed=True, about="device damage"
            ),
        ]
    )
    for agr in world.rows["deduction_agreements"]:
        agr["eff_from"] = day(0)
    world.on_plan(DRIVER)
    failed = last_week(world)
    this_week(world, failed)
    world.enter(DRIVER, "CARRY", "38.45")
    world.enter(DRIVER, "ADVANCE", "125.00")
    world.enter(DRIVER, "UNIFORM", "60.00")
    world.add(
        "reimbursements",
        {
            "reimb_id": "T-1",
            "driver_id": DRIVER,
            "date": day(2),
            "kind": "TOLL",
            "amount": D("6.75"),
            "substantiated": True,
        },
    )
    world.adjust(day(0))
    return world


@pytest.fixture(scope="module")
def settlement(world):
    return world.post(day(0))[DRIVER]


def test_the_rows_behind_it_are_those_of_the_example(world):
    mine = [a for a in world.rows["attempts"] if a["driver_id"] == DRIVER and a["service_date"] >= day(0)]
    counts = {
        name: sum(a["outcome"] == name for a in mine)
        for name in ("DELIVERED", "PARTIAL", "FAILED", "CANCELLED_ON_BOARD")
    }
    assert counts == {"DELIVERED": 545, "PARTIAL": 2, "FAILED": 20, "CANCELLED_ON_BOARD": 2}
    assert len(mine) == 569


def test_stops_fill_two_tiers(settlement):
    assert [(line.quantity, line.rate, line.amount) for line in settlement.lines if line.component == "STOP_TIER"] == [
        (300, D("1.85"), D("555.00")),
        (247, D("2.05"), D("506.35")),
    ]


def test_attempts_and_cancellations(settlement):
    assert amounts(settlement, "ATTEMPT") == [D("14.25")]
    assert amounts(settlement, "CANCEL") == [D("1.00")]


def test_miles_and_fuel_are_rounded_per_route_day(settlement):
    assert amounts(settlement, "MILES") == [D(a) for a in ("23.33", "25.16", "20.48", "24.21", "14.86")]
    assert sum(amounts(settlement, "MILES")) == D("108.04")
    assert amounts(settlement, "FUEL") == [D(a) for a in ("4.32", "4.56", "3.95", "4.44", "3.21")]
    assert sum(amounts(settlement, "FUEL")) == D("20.48")


def test_the_traps_of_rounding_elsewhere_would_show(settlement):
    """What half-even, or rounding once a week, would have made of the same facts: other cents."""
    fuel = [
        Decimal(line.facts["base"]) * Decimal(line.facts["rate"])
        for line in settlement.lines
        if line.component == "FUEL"
    ]
    miles = [
        max(Decimal(0), Decimal(line.facts["miles"]) - 25) * Decimal("0.38")
        for line in settlement.lines
        if line.component == "MILES"
    ]
    assert sum(x.quantize(CENT, ROUND_HALF_EVEN) for x in fuel) == D("20.46")
    assert sum(fuel).quantize(CENT, ROUND_HALF_UP) == D("20.47")
    assert sum(fuel).quantize(CENT, ROUND_HALF_EVEN) == D("20.46")
    assert sum(miles).quantize(CENT, ROUND_HALF_UP) == D("108.03")


def test_the_bonus_with_its_three_gates(settlement):
    [bonus] = [line for line in settlement.lines if line.component == "BONUS"]
    assert bonus.amount == D("54.50")
    assert bonus.facts["gates"] == [
        "on time: 535 of 548, at least 0.97",
        "first attempt: 521 of 543, at least 0.95",
        "proof of delivery: 544 of 547, at least 0.98",
    ]


def test_last_weeks_eight_stops_come_as_an_adjustment(world, settlement):
    assert amounts(settlement, "ADJ") == [D("14.80")]
    late = [
        a
        for a in world.rows["attempts"]
        if a["service_date"] == day(0, 9) and a.get("settled_in") == settlement.settlement_id
    ]
    assert len(late) == 8


def test_totals(settlement):
    row = settlement.row
    assert (row["gross"], row["reimb"], row["deductions"], row["net"], row["carry_out"]) == tuple(
        map(D, ("1274.42", "6.75", "188.45", "1092.72", "0.00"))
    )
    assert sum(line.amount for line in settlement.lines) == row["net"]


def test_deductions_in_order_and_the_disputed_one_held(settlement):
    assert [(line.component, line.amount) for line in settlement.lines if line.component.startswith("DED")] == [
        ("DED_CARRY", D("-38.45")), ("DED_EQUIP", D("-45.00")), ("DED_ADVANCE", D("-75.00")), ("DED_UNIFORM", D("-30.00")),
        ("DED_DAMAGE", D("0.00")),
    ]  # fmt: skip
    held = next(line for line in settlement.lines if line.component == "DED_DAMAGE")
    assert (held.more["state"], held.more["held_amount"], "disputed" in held.says) == ("HELD", D("85.50"), True)


def test_balances_after_posting(world, settlement):
    assert {name: world.balance(DRIVER, name) for name in ("CARRY", "ADVANCE", "UNIFORM")} == {
        "CARRY": D("0.00"), "ADVANCE": D("50.00"), "UNIFORM": D("30.00"),
    }  # fmt: skip


def test_every_attempt_is_stamped_once_and_locked(world, settlement):
    stamped = [
        a
        for a in world.rows["attempts"]
        if a.get("settled_in") == settlement.settlement_id and a["service_date"] >= day(0)
    ]
    assert len(stamped) == 547 + 19 + 2
    assert {a["status"] for a in stamped} == {"LOCKED"}


def test_nothing_is_left_to_adjust(world, settlement):
    assert not propose(Books.of(world.rows), date(2026, 3, 16), "pat").rows.get("adjustments")
