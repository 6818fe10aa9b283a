"""Golden example G2: a week that cannot bear its deductions, and the week after it; nothing is counted twice."""

from datetime import date

import pytest

from tests.payroll import D, World, agreement, day, stops_only, tiers

DRIVER = "D-022"


@pytest.fixture
def world():
    world = World(
        pay_plans=[stops_only()],
        pay_tiers=tiers((None, "1.00"), plan_id="PP-S", version=1),
        deduction_agreements=[
            agreement("A1-INS", DRIVER, "INSURANCE", "charge", "38.75", priority=1),
            agreement("A2-VAN", DRIVER, "EQUIP", "charge", "45.00", priority=2),
            agreement("A3-ADV", DRIVER, "ADVANCE", "balance", cap_per_settlement=D("100.00"), priority=3),
            agreement("A4-UNI", DRIVER, "UNIFORM", "balance", "30.00", priority=4),
        ],
    )
    world.on_plan(DRIVER, "PP-S")
    for account, amount in (("CARRY", "61.20"), ("ADVANCE", "150.00"), ("UNIFORM", "60.00")):
        world.enter(DRIVER, account, amount)
    return world


def work(world: World, on: date, stops: int) -> None:
    world.deliver(world.route(DRIVER, on), stops)
    world.close(on)


def taken(draft):
    return [(line.component, line.amount) for line in draft.lines if line.component.startswith("DED")]


def test_the_negative_week_and_the_next(world):
    work(world, day(0), 96)
    first = world.post(day(0))[DRIVER]
    assert first.row["gross"] == D("96.00")
    assert taken(first) == [
        ("DED_CARRY", D("-61.20")), ("DED_INSURANCE", D("-34.80")), ("DED_EQUIP", D("0.00")), ("DED_ADVANCE", D("0.00")),
        ("DED_UNIFORM", D("0.00")),
    ]  # fmt: skip
    assert (first.row["net"], first.row["carry_in"], first.row["carry_out"]) == (D("0.00"), D("61.20"), D("48.95"))
    assert [world.balance(DRIVER, a) for a in ("CARRY", "ADVANCE", "UNIFORM")] == [D("48.95"), D("150.00"), D("60.00")]

    work(world, day(0, 11), 640)
    second = world.post(day(0, 11))[DRIVER]
    assert taken(second) == [
        ("DED_CARRY", D("-48.95")), ("DED_INSURANCE", D("-38.75")), ("DED_EQUIP", D("-45.00")), ("DED_ADVANCE", D("-100.00")),
        ("DED_UNIFORM", D("-30.00")),
    ]  # fmt: skip
    assert (second.row["net"], second.row["carry_out"]) == (D("377.30"), D("0.00"))
    assert [world.balance(DRIVER, a) for a in ("CARRY", "ADVANCE", "UNIFORM")] == [D("0.00"), D("50.00"), D("30.00")]


def test_voiding_puts_every_balance_back(world):
    work(world, day(0), 96)
    posted = world.post(day(0))[DRIVER]
    world.change("settlements", [posted.settlement_id], void_reason="wrong week")
    assert not world.act("VOID", posted.settlement_id)
    assert [world.balance(DRIVER, a) for a in ("CARRY", "ADVANCE", "UNIFORM")] == [D("61.20"), D("150.00"), D("60.00")]
    assert not any(a.get("settled_in") for a in world.rows["attempts"])
    again = world.post(day(0))[DRIVER]
    assert again.settlement_id == f"2026-W10-{DRIVER}-2"
    assert again.row["carry_out"] == D("48.95")


def test_a_later_week_waits_for_the_one_before(world):
    work(world, day(0), 96)
    world.draft(day(0))
    work(world, day(0, 11), 640)
    made = world.draft(day(0, 11))[DRIVER]
    assert not world.act("SUBMIT", made.settlement_id)
    assert not world.act("APPROVE", made.settlement_id, by="max")
    [problem] = world.act("POST", made.settlement_id)
    assert "2026-W10-D-022-1 of the same driver comes before it and is not posted" in problem.text


def test_the_ledger_shows_its_balance_after_each_entry(world):
    work(world, day(0), 96)
    work(world, day(0, 11), 640)
    world.post(day(0))
    world.post(day(0, 11))
    entries = {row["entry_id"]: row for row in world.table("driver_ledger", driver_id=DRIVER)}
    assert entries[f"2026-W10-{DRIVER}-1/CARRY"]["balance_after"] == D("48.95")
    assert entries[f"2026-W11-{DRIVER}-1/ADVANCE"]["balance_after"] == D("50.00")
