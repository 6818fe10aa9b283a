"""Golden example G10, the pay of the mini-day: who is paid for what, and what is held."""

import pytest

from tests.payroll import D, World, day, stops_only, tiers
from tests.worlds import DAY, g10, local
from workbooks.pipeline.day import close_day

PLAN = {"pay_plans": [stops_only()], "pay_tiers": tiers((None, "1.85"), plan_id="PP-S", version=1)}


@pytest.fixture
def world():
    world = World(**PLAN)
    rows = g10()
    for name in ("manifest", "manifest_events", "stops", "attempts"):
        world.rows[name] = rows[name]
    for driver_id in ("D-017", "D-022", "D-030"):
        world.on_plan(driver_id, "PP-S")
    world.apply(close_day(world.books(), "CHI", DAY, local("20:00")))
    return world


def test_pay_of_the_day_and_what_is_held(world):
    made = world.draft(DAY)
    assert {driver: draft.row["net"] for driver, draft in made.items()} == {
        "D-017": D("8.65"), "D-022": D("1.85"), "D-030": D("7.40"),
    }  # fmt: skip
    held = [line for draft in made.values() for line in draft.lines if line.more.get("state") == "HELD"]
    assert sorted((line.component, line.more["held_amount"], line.says.partition(":")[2].split(":")[0].strip()) for line in held) == [
        ("HELD", D("1.85"), "S7"), ("HELD", D("1.85"), "S99"),
    ]  # fmt: skip
    assert {line.component: line.quantity for line in made["D-017"].lines} == {
        "STOP_TIER": 4,
        "ATTEMPT": 1,
        "CANCEL": 1,
    }


@pytest.mark.parametrize(("decision", "pay"), [("ACCEPT", "9.25"), ("REJECT", "7.40")])
def test_the_unmanifested_delivery_once_decided(world, decision, pay):
    world.decide(["S99"], decision)
    assert world.draft(DAY)["D-030"].row["net"] == D(pay)


@pytest.mark.parametrize(
    ("decision", "pay", "held"), [("DELIVERED", "9.25", 1), ("NOT_LOADED", "7.40", 1), ("FAILED", "7.40", 2)]
)
def test_the_missing_scan_once_decided(world, decision, pay, held):
    world.decide(["S7"], "", va_decision=decision)
    made = world.draft(DAY)["D-030"]
    assert made.row["net"] == D(pay)
    assert made.row["held_lines"] == held


def test_what_was_held_is_paid_later_through_an_adjustment(world):
    world.post(DAY)
    world.decide(["S99"], "ACCEPT")
    world.decide(["S7"], "", va_decision="DELIVERED")
    [proposal] = world.adjust(day(0, 12))
    assert (proposal["driver_id"], proposal["delta"]) == ("D-030", D("3.70"))


def test_a_swap_nobody_entered_holds_the_pay(world):
    world.rows["manifest_events"] = [e for e in world.rows["manifest_events"] if e["event_id"] != "E-34"]
    world.apply(close_day(world.books(), "CHI", DAY, local("21:00")))
    made = world.draft(DAY)
    assert made["D-030"].row["net"] == D("0.00")
    assert "SWAP_NO_EVENT waits for DISPATCH" in " ".join(line.says for line in made["D-030"].lines)
