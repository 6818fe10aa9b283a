"""Pay against a second, independent working-out on random plans and books: no cent differs, whatever the order or the split."""

import json
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from tests import pay_reference as judge
from tests import worlds
from tests.payroll import FUEL, D, World, agreement, day, plan, tiers
from workbooks.books import Books
from workbooks.lines import recompute
from workbooks.pipeline.pay.draft import drafts, lines_hash

START = day(0)
DRIVERS = tuple(f"D-{n}" for n in range(1, 7))
STOPS = 100_000
"""over all worlds; every one is compared"""
WORLDS = 25


def money(pick: random.Random, most: int, places: int = 4) -> Decimal:
    return Decimal(pick.randint(1, most * 10**places)) / 10**places


def random_plan(pick: random.Random, plan_id: str) -> tuple[dict, list[dict]]:
    maybe = lambda value: value if pick.random() < 0.5 else None  # noqa: E731
    bounds = sorted(pick.sample(range(5, 700), pick.randint(0, 3)))
    row = plan(
        plan_id, 1, tier_scope=pick.choice(("DAY", "WEEK")), tier_mode=pick.choice(("GRADUATED", "VOLUME")),
        combine=pick.choice(("SUM", "SUM", "MAX", "MIN")), fail_pay=maybe(money(pick, 2)), cancel_loaded_pay=maybe(money(pick, 1)),
        mile_rate=maybe(money(pick, 1)), mile_free=maybe(Decimal(pick.randint(0, 400)) / 10), fuel_table_id=maybe("FT-DRV"),
        bonus_per_stop=maybe(money(pick, 1)), ontime_min=maybe(D("0.97")), first_attempt_min=maybe(D("0.95")), pod_min=maybe(D("0.98")),
        recon_closed=pick.random() < 0.5, day_guarantee=maybe(money(pick, 300, 2)), flat_per_day=maybe(money(pick, 90, 2)),
        flat_per_route=maybe(money(pick, 90, 2)), stops_included=maybe(pick.randint(0, 60)), extra_package=maybe(money(pick, 1)),
    )  # fmt: skip
    for name in ("stops_included", "day_guarantee", "flat_per_day", "flat_per_route", "extra_package"):
        row.setdefault(name, None)
    row["fuel_mode"] = "PER_MILE" if row["fuel_table_id"] else None
    steps = [(bound, f"{money(pick, 3)}") for bound in bounds] + [(None, f"{money(pick, 3)}")]
    return row, tiers(*steps, plan_id=plan_id, version=1)


def random_world(seed: int, stops: int) -> dict[str, list[dict]]:
    """A reconciled week of six drivers: routes, attempts of every outcome, some rows open, miles that wait."""
    pick = random.Random(seed)
    plans = [random_plan(pick, name) for name in ("PP-A", "PP-B")]
    rows = worlds.masters(
        drivers=[{"driver_id": d, "display": d, "status": "ACTIVE"} for d in DRIVERS],
        pay_plans=[row for row, _ in plans], pay_tiers=[row for _, steps in plans for row in steps], **FUEL,
        driver_plans=[], attempts=[], recon=[], manifest=[], mileage=[], adjustments=[], deduction_agreements=[], driver_ledger=[],
    )  # fmt: skip
    for driver in DRIVERS:
        rows["driver_plans"].append(
            {"driver_id": driver, "eff_from": date(2026, 1, 1), "plan_id": pick.choice(("PP-A", "PP-B"))}
        )
        if pick.random() < 0.4:
            change = {
                "driver_id": driver,
                "eff_from": day(pick.randint(1, 5)),
                "plan_id": pick.choice(("PP-A", "PP-B")),
            }
            rows["driver_plans"].append(change)
    left, n = stops, 0
    days = [(driver, on) for driver in DRIVERS for on in range(6)]
    for place, (driver, on) in enumerate(days):
        count = left // (len(days) - place) if place < len(days) - 1 else left
        left -= count
        for part in range(2):
            route = {
                "route_id": f"CHI-{day(on)}-{driver}-{part}",
                "market_id": "CHI",
                "service_date": day(on),
                "driver_id": driver,
                "status": "RETURNED",
            }
            rows["manifest"].append(route)
            if pick.random() < 0.95:
                rows["mileage"].append({"route_id": route["route_id"], "driver_id": driver, "market_id": "CHI", "service_date": day(on),
                                        "chosen": Decimal(pick.randint(0, 1500)) / 10, "status": pick.choice(("ACCEPTED",) * 9 + ("OPEN",))})  # fmt: skip
            for _ in range(count // 2 + (count % 2 if part else 0)):
                n += 1
                scan(rows, pick, n, driver, route)
    hard(rows, pick)
    return rows


def scan(rows, pick, n, driver, route):
    outcome = pick.choices(("DELIVERED", "PARTIAL", "FAILED", "CANCELLED_ON_BOARD"), (90, 2, 6, 2))[0]
    on = route["service_date"]
    # many at the same second: then the attempt's own number decides
    at = datetime.combine(on, time(14), UTC) + timedelta(seconds=pick.randint(0, 4_000))
    held = pick.random() < 0.002
    rows["attempts"].append({
        "attempt_id": f"T{pick.randint(0, 10**9):010}-{n}", "market_id": "CHI", "service_date": on, "stop_id": f"S{n}", "driver_id": driver, "n": 1,
        "outcome": outcome, "completed_at": at, "status": "CONFIRMED", "dup_scan": False, "pkgs_delivered": pick.choice((None, 1, 1, 2, 3)),
        "reason_code": pick.choice(("RECIP_ABSENT", "DRIVER_DELAY", "CAPACITY_OVERRUN")) if outcome == "FAILED" else None,
        "pod_photo": "https://p.example" if pick.random() < 0.99 else None,
    })  # fmt: skip
    rows["recon"].append({
        "route_id": route["route_id"], "stop_id": f"S{n}", "market_id": "CHI", "service_date": on, "account_id": "A1", "driver_id": driver,
        "status": "OPEN" if held else "CLOSED", "flags": ("TIME_IMPOSSIBLE",) if held else ("MATCH",), "waits_for": ("VA",) if held else None,
        "outcome": outcome.replace("_ON_BOARD", ""), "on_time": pick.choices(("ON_TIME", "LATE", "NO_WINDOW"), (97, 2, 1))[0],
    })  # fmt: skip


def hard(rows, pick):
    """Negative adjustments, carry-over and deductions that a week may not bear."""
    for driver in DRIVERS:
        for kind, amount in (
            ("CARRY", pick.choice((0, 38.45, 900))),
            ("ADVANCE", pick.choice((0, 125, 5000))),
            ("UNIFORM", 60),
        ):
            if amount:
                rows["driver_ledger"].append(
                    {
                        "entry_id": f"{driver}-{kind}",
                        "driver_id": driver,
                        "account": kind,
                        "date": START,
                        "amount": D(str(amount)),
                    }
                )
        for n, (code, kind, amount) in enumerate((("INSURANCE", "charge", "38.75"), ("ADVANCE", "balance", "75.00"), ("EQUIP", "charge", "45.00"),
                                                  ("UNIFORM", "balance", "30.00"), ("DAMAGE", "charge", "85.50"))):  # fmt: skip
            row = agreement(
                f"{driver}-{n}", driver, code, kind, amount, priority=pick.randint(1, 5), disputed=pick.random() < 0.2
            )
            rows["deduction_agreements"].append(row | ({"signed_on": None} if pick.random() < 0.2 else {}))
        if pick.random() < 0.7:
            amount = D(pick.choice(("-6.15", "14.80", "-2500.00", "-0.01")))
            rows["adjustments"].append({"adj_id": f"ADJ-{driver}", "driver_id": driver, "status": "APPROVED", "kind": "MANUAL", "amount": amount,
                                        "delta": amount, "reason": "test", "facts": json.dumps({"by_hand": f"{amount}"})})  # fmt: skip


def expected(rows, driver):
    earned = judge.earnings(rows, driver, START)
    adjusted = sum(int(a["delta"] * 100) for a in rows["adjustments"] if a["driver_id"] == driver)
    balances = {
        name: sum(
            int(e["amount"] * 100) for e in rows["driver_ledger"] if (e["driver_id"], e["account"]) == (driver, name)
        )
        for name in ("CARRY", "ADVANCE", "UNIFORM")
    }
    gross = earned + adjusted
    taken, carry, _ = judge.deducted(
        gross, balances["CARRY"], [a for a in rows["deduction_agreements"] if a["driver_id"] == driver], balances
    )
    return {"earned": earned, "gross": gross, "deductions": taken, "carry_out": carry, "net": max(0, gross) - taken}


def got(draft):
    whole = {name: int(draft.row[name] * 100) for name in ("gross", "deductions", "carry_out", "net")}
    return {"earned": int(draft.earned.total * 100), **whole}


def made(rows):
    return {draft.row["driver_id"]: draft for draft in drafts(Books.of(rows), START)}


def compare(seed: int, stops: int) -> int:
    rows = random_world(seed, stops)
    found = made(rows)
    for driver in DRIVERS:
        assert got(found[driver]) == expected(rows, driver), (seed, driver)
        assert sum(line.amount for line in found[driver].lines) == found[driver].row["net"]
        for line in found[driver].lines:
            assert recompute(line.rule, line.facts) == line.amount
    return len(rows["attempts"])


def test_a_hundred_thousand_stops_on_random_plans_to_the_cent():
    assert sum(compare(seed, STOPS // WORLDS) for seed in range(WORLDS)) == STOPS


@pytest.mark.parametrize("seed", range(100, 130))
def test_small_weeks_where_every_edge_is_near(seed):
    compare(seed, random.Random(seed).choice((0, 1, 7, 40, 150)))


def test_the_judge_notices_a_single_cent():
    """The comparison has teeth: a rate changed by a ten-thousandth after the fact shows."""
    rows = random_world(3, 4_000)
    found = made(rows)
    for row in rows["pay_tiers"]:
        row["rate"] += D("0.0001")
    assert any(got(found[driver]) != expected(rows, driver) for driver in DRIVERS)


@pytest.mark.parametrize("seed", range(200, 206))
def test_shuffling_splitting_and_running_twice_change_nothing(seed):
    rows = random_world(seed, 600)
    first = {driver: lines_hash(draft.lines) for driver, draft in made(rows).items()}
    assert {driver: lines_hash(draft.lines) for driver, draft in made(rows).items()} == first
    shuffled = {name: random.Random(seed).sample(given, len(given)) for name, given in rows.items()}
    assert {driver: lines_hash(draft.lines) for driver, draft in made(shuffled).items()} == first
    alone = {d: lines_hash(drafts(Books.of(rows), START, [d])[0].lines) for d in first}
    assert alone == first


def test_posting_and_voiding_a_pair_leaves_no_trace():
    rows = random_world(7, 600)
    world = World()
    world.rows = rows
    before = {driver: lines_hash(draft.lines) for driver, draft in made(rows).items()}
    balances = {d: {a: world.balance(d, a) for a in ("CARRY", "ADVANCE", "UNIFORM")} for d in DRIVERS}
    posted = world.post(START)
    for draft in posted.values():
        world.change("settlements", [draft.settlement_id], void_reason="test")
    assert not world.act("VOID", *(draft.settlement_id for draft in posted.values()))
    assert {d: {a: world.balance(d, a) for a in ("CARRY", "ADVANCE", "UNIFORM")} for d in DRIVERS} == balances
    again = made(rows)
    assert {d: draft.row["net"] for d, draft in again.items()} == {d: draft.row["net"] for d, draft in posted.items()}
    assert {d: [line.key.replace("-2/", "-1/", 1) for line in draft.lines] for d, draft in again.items()} == {
        d: [line.key for line in draft.lines] for d, draft in posted.items()
    }
    assert before.keys() == again.keys()


def test_no_attempt_is_in_two_settlements():
    rows = random_world(11, 900)
    world = World()
    world.rows = rows
    posted = world.post(START)
    counted = [item.id for draft in posted.values() for item in draft.earned.items]
    assert len(counted) == len(set(counted))
    stamped = {a["attempt_id"]: a["settled_in"] for a in rows["attempts"] if a.get("settled_in")}
    assert set(stamped) == set(counted)
    assert all(stamped[item.id] == draft.settlement_id for draft in posted.values() for item in draft.earned.items)
