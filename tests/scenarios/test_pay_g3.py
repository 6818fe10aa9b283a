"""Golden example G3: stops taken back from a closed week cost what they had earned in their tier."""

import pytest

from tests.payroll import G1_TIERS, D, World, amounts, day, plan
from workbooks.pipeline.pay import adjust, life

DRIVER = "D-017"
NO_BONUS = {"mile_rate": None, "fuel_table_id": None, "fuel_mode": None, "bonus_per_stop": None}


def posted_week(stops: int, doubtful: int = 4) -> tuple[World, list[str]]:
    """W09 with so many stops, posted; the last ones were on no manifest and accepted, and are returned."""
    world = World(pay_plans=[plan(**NO_BONUS)], pay_tiers=G1_TIERS)
    world.on_plan(DRIVER)
    left, accepted = stops - doubtful, [f"X{n}" for n in range(doubtful)]
    for number in range(6):
        count = min(left, 110)
        if count or number == 5:
            route = world.route(DRIVER, day(number, 9))
            world.deliver(route, count)
        left -= count
    for stop_id in accepted:
        world.scan(route, stop_id)
    world.close()
    world.decide(accepted, "ACCEPT")
    world.post(day(0, 9))
    return world, accepted


def reject(world: World, stop_ids: list[str]) -> None:
    """The same stop had been scanned twice under two numbers: dispatch says the second does not count."""
    world.decide(stop_ids, "REJECT")


def work_again(world: World, week: int) -> None:
    world.deliver(world.route(DRIVER, day(0, week)), 10)
    world.close(day(0, week))


@pytest.mark.parametrize(("stops", "paid", "delta"), [(301, "557.05", "-5.75"), (547, "1061.35", "-6.15")])
def test_three_stops_taken_back(stops, paid, delta):
    world, last = posted_week(stops)
    w09 = f"2026-W09-{DRIVER}-1"
    before = dict(world.row("settlements", w09))
    lines = [dict(row) for row in world.table("settlement_lines", settlement_id=w09)]
    assert before["net"] == D(paid)
    reject(world, last[:3])
    [proposal] = world.adjust(day(0))
    assert (proposal["delta"], proposal["ref_settlement"]) == (D(delta), w09)
    work_again(world, 10)
    made = world.post(day(0))[DRIVER]
    assert amounts(made, "ADJ") == [D(delta)]
    assert made.row["gross"] == D("18.50") + D(delta)
    assert world.row("settlements", w09) == before
    assert [dict(row) for row in world.table("settlement_lines", settlement_id=w09)] == lines
    assert not world.adjust(day(0, 11))


def test_a_correction_of_a_correction():
    world, last = posted_week(301)
    reject(world, last[:3])
    world.adjust(day(0))
    work_again(world, 10)
    world.post(day(0))
    # one of the three turns out to be real
    world.decide(last[:1], "ACCEPT")
    [second] = world.adjust(day(0, 11))
    assert (second["adj_id"], second["delta"]) == (f"ADJ-2026-W09-{DRIVER}-1-2", D("1.85"))
    work_again(world, 11)
    assert amounts(world.post(day(0, 11))[DRIVER], "ADJ") == [D("1.85")]
    assert not world.adjust(day(0, 12))


def test_a_rejected_proposal_is_not_made_again():
    world, last = posted_week(301)
    reject(world, last[:3])
    [proposal] = world.adjust(day(0), approve=False)
    step = life.Step()
    adjust.decide(step, world.books(), proposal, "REJECT", "max", day(0))
    world.apply(step.wanted)
    assert not world.adjust(day(0))
    # but what changes after that is
    reject(world, last[3:4])
    [new] = world.adjust(day(0))
    assert new["delta"] == D("-1.85")


def test_a_waiting_proposal_follows_the_facts_and_goes_when_they_agree_again():
    world, last = posted_week(301)
    reject(world, last[:3])
    world.adjust(day(0), approve=False)
    world.decide(last[:3], "ACCEPT")
    world.adjust(day(0), approve=False)
    assert not world.table("adjustments")


def test_more_taken_back_than_earned_is_carried_not_paid_by_the_driver():
    world, last = posted_week(301, 60)
    reject(world, last)
    world.adjust(day(0))
    work_again(world, 10)
    made = world.post(day(0))[DRIVER]
    # 241 x 1.85 instead of 557.05
    assert amounts(made, "ADJ") == [D("-111.20")]
    assert (made.row["gross"], made.row["net"], made.row["carry_out"]) == (D("-92.70"), D("0.00"), D("92.70"))
    assert world.balance(DRIVER, "CARRY") == D("92.70")
