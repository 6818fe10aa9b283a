"""Every way of paying and charging that the field knows, each in one line with a worked example.

Pay: what a plan may pay for, and how parts are put together. Accessorials: what a charge may be counted in, and what makes
it due. Cycles: how an account is billed, by its anchor.
"""

from datetime import date, timedelta

import pytest

from tests.billing import START, D, books, line, visit, world
from tests.payroll import World, amounts, day, plan, stops_only, tiers
from workbooks.pipeline.bill.drafting import cycle_of
from workbooks.rules.invoice.cycles import period
from workbooks.tables.accounts import TABLE as ACCOUNTS
from workbooks.tables.charge_codes import TRIGGERS
from workbooks.tables.pay_plans import TABLE as PLANS
from workbooks.tables.rate_lines import UNITS

DRIVER = "D-017"
BARE = {"fail_pay": None, "cancel_loaded_pay": None}


def week(row, steps=((None, "2.00"),), miles=None, delivered=4, days=1, packages=1, failed=0, cancelled=0):
    """What a week comes to: so many stops a day on so many days, one route each."""
    name, version = row["plan_id"], row["version"]
    one = World(pay_plans=[row], pay_tiers=tiers(*steps, plan_id=name, version=version) if steps else [])
    one.on_plan(DRIVER, name)
    for n in range(days):
        route = one.route(DRIVER, day(n), miles=miles)
        for _ in range(delivered):
            one.scan(route, one.stop(route, pkgs=packages), pkgs_delivered=packages)
        one.fail(route, failed)
        for _ in range(cancelled):
            one.scan(route, one.stop(route), "CANCELLED_ON_BOARD", reason_code="CANCELLED_BY_CLIENT")
    one.close()
    return one.draft(day(0))[DRIVER]


def miles_plan(**more):
    return plan("PP-M", 1, **{**BARE, "bonus_per_stop": None, "mile_rate": D("0.50"), "mile_free": D("10"), "fuel_mode": None,
                              "fuel_table_id": None, **more})  # fmt: skip


PAY = {
    "per stop": (lambda: week(stops_only(**BARE)), "8.00"),
    "graduated tiers, of the week": (lambda: week(stops_only(**BARE), ((3, "2.00"), (None, "3.00"))), "9.00"),
    "volume tiers: all at the tier that is reached": (
        lambda: week(stops_only(tier_mode="VOLUME", **BARE), ((3, "2.00"), (None, "1.80"))),
        "7.20",
    ),
    "tiers of the day": (
        lambda: week(stops_only(tier_scope="DAY", **BARE), ((3, "2.00"), (None, "3.00")), days=2),
        "18.00",
    ),
    "failed attempts": (lambda: week(stops_only(fail_pay=D("0.75")), failed=2), "9.50"),
    "cancelled when loaded": (
        lambda: week(stops_only(fail_pay=None, cancel_loaded_pay=D("0.50")), cancelled=1),
        "8.50",
    ),
    "miles above the free ones": (lambda: week(miles_plan(), (), miles="30.0"), "10.00"),
    "fuel per mile, by index and bracket": (
        lambda: week(miles_plan(fuel_mode="PER_MILE", fuel_table_id="FT-DRV"), (), miles="30.0"),
        "11.50",
    ),
    "flat for a day": (lambda: week(stops_only(flat_per_day=D("90.00"), **BARE), (), days=2), "180.00"),
    "flat for a route with stops included": (
        lambda: week(stops_only(flat_per_route=D("90.00"), stops_included=3, **BARE)),
        "92.00",
    ),
    "extra packages": (lambda: week(stops_only(extra_package=D("0.25"), **BARE), packages=3), "10.00"),
    "bonus per stop behind its gates": (
        lambda: week(stops_only(bonus_per_stop=D("0.10"), pod_min=D("0.98"), **BARE)),
        "8.40",
    ),
    "guarantee for a day": (lambda: week(stops_only(day_guarantee=D("25.00"), **BARE)), "25.00"),
    "stops and miles together (SUM)": (lambda: week(miles_plan(), miles="30.0"), "18.00"),
    "the larger of stops and miles (MAX)": (lambda: week(miles_plan(combine="MAX"), miles="30.0"), "10.00"),
    "the smaller of stops and miles (MIN)": (lambda: week(miles_plan(combine="MIN"), miles="30.0"), "8.00"),
}


@pytest.mark.parametrize("what", PAY)
def test_a_plan_pays(what):
    make, expected = PAY[what]
    made = make()
    assert made.row["gross"] == D(expected), [entry.says for entry in made.lines]
    assert not amounts(made, "HELD")


def test_every_way_a_plan_can_be_put_together_is_in_the_table():
    for column, words in (
        ("tier_mode", ("graduated", "volume")),
        ("tier_scope", ("week", "day")),
        ("combine", ("SUM", "MAX", "MIN")),
    ):
        assert len(PLANS.by_name[column].enum) == len(words)
        assert all(any(word in what for what in PAY) for word in words), column


def charged(*lines, stop=None, clock="12:00", outcome="DELIVERED", status="DELIVERED", miles=None, calendar=(), **scan):
    """What one stop at a base of 10.00 costs besides its base."""
    rows = world()
    rows["accounts"][0] |= {"tax_code": None, "fsc_table_id": None}
    rows["volume_tiers"] = []
    rows["rate_lines"] = [line("BASE", "10.00"), *lines]
    rows["calendar"] = list(calendar)
    visit(
        rows,
        1,
        START,
        outcome=outcome,
        stop={"status": status, "weight": D("12.0"), "pkgs": 3, **(stop or {})},
        clock=clock,
        **scan,
    )
    if miles:
        rows["mileage"] = [
            {"route_id": f"IND-{START}-R1", "driver_id": "D-1", "status": "ACCEPTED", "chosen": D(miles)}
        ]
    cycle = cycle_of(books(rows), "A-100", START)
    assert not cycle.unpriced, cycle.unpriced
    return sum((c.exact for c in cycle.charges if c.status == "RATED" and c.code != "BASE" and c.exact), D(0))


PEAK = {"market_id": "IND", "date": START, "peak_multiplier": D("1.5")}
SHAPES = {
    "STOP, for a home": ("RESIDENTIAL", lambda: charged(line("RESIDENTIAL", "1.15"), stop={"residential": "Y"}), "1.15"),
    "STOP, signed for": ("SIGNATURE", lambda: charged(line("SIGNATURE", "3.99"), stop={"signature_req": True}, pod_sign="https://p"), "3.99"),
    "STOP, for an attempt that failed": ("FAILED", lambda: charged(line("FAILED", "5.46"), outcome="FAILED", status="ATTEMPTED", reason_code="RECIP_ABSENT"), "5.46"),
    "STOP, at a fixed hour": ("TIME_SENSITIVE", lambda: charged(line("TIME_SENSITIVE", "6.00"), stop={"time_sensitive": True}), "6.00"),
    "STOP, cancelled on board": ("CANCELLED", lambda: charged(line("CANCEL", "3.00"), outcome="CANCELLED_ON_BOARD", status="CANCELLED"), "3.00"),
    "STOP, returned to its sender": ("RETURNED", lambda: charged(line("RTS", "5.46"), outcome="FAILED", status="RTS", reason_code="DRIVER_DELAY"), "5.46"),
    "PKG, after the first": ("DELIVERED", lambda: charged(line("PACKAGE", "0.50", unit="PKG", free_qty=D(1))), "1.00"),
    "LB, in level brackets": ("DELIVERED", lambda: charged(line("WEIGHT", "0.30", unit="LB", to_qty=D(10)), line("WEIGHT", "0.25", unit="LB", from_qty=D(10))), "3.00"),
    "LB, with a least and a most": ("DELIVERED", lambda: charged(line("WEIGHT", "0.01", unit="LB", min_amount=D("0.75"))), "0.75"),
    "MILE, after the free ones": ("ROUTE", lambda: charged(line("MILES", "0.55", unit="MILE", free_qty=D(20)), miles="53.0"), "18.15"),
    "HOUR, to the minute": ("ATTEMPT", lambda: charged(line("WAIT", "21.00", unit="HOUR", free_qty=D(15)), wait_min=50), "12.25"),
    "BLOCK, every one that is begun": ("ATTEMPT", lambda: charged(line("WAIT", "21.00", unit="BLOCK", free_qty=D(15), step_qty=D(15)), wait_min=31), "42.00"),
    "PCT of the base, after hours": ("DELIVERED", lambda: charged(line("AFTER_HOURS", "0.40", unit="PCT", from_qty=D(18)), clock="18:30"), "4.00"),
    "PCT of the base, on a peak day": ("PEAK", lambda: charged(line("PEAK", "0.25", unit="PCT"), calendar=[PEAK]), "2.50"),
    "ROUTE, a dedicated one": ("ROUTE", lambda: charged(line("ROUTE", "310.00", unit="ROUTE")), "310.00"),
    "DAY, while there was work": ("DAY", lambda: charged(line("DAY", "25.00", unit="DAY")), "25.00"),
}  # fmt: skip


@pytest.mark.parametrize("what", SHAPES)
def test_a_card_charges(what):
    _, make, expected = SHAPES[what]
    assert make() == D(expected)


def test_every_unit_and_every_trigger_is_in_the_table():
    assert {what.split(",")[0].split(" ")[0] for what in SHAPES} == set(UNITS)
    assert {trigger for trigger, *_ in SHAPES.values()} == set(TRIGGERS)


CYCLES = {
    "DAILY": (None, date(2026, 3, 10), date(2026, 3, 10), date(2026, 3, 10)),
    "WEEKLY": (
        date(2026, 3, 4),
        date(2026, 3, 10),
        date(2026, 3, 4),
        date(2026, 3, 10),
    ),  # weeks that begin on a Wednesday
    "BIWEEKLY": (date(2026, 3, 2), date(2026, 3, 20), date(2026, 3, 16), date(2026, 3, 29)),
    "SEMIMONTHLY": (date(2026, 1, 1), date(2026, 2, 20), date(2026, 2, 16), date(2026, 2, 28)),
    "MONTHLY": (
        date(2026, 1, 31),
        date(2026, 3, 1),
        date(2026, 2, 28),
        date(2026, 3, 30),
    ),  # no 31st: the month's last day
}


@pytest.mark.parametrize("cycle", CYCLES)
def test_a_cycle_runs_from_its_anchor(cycle):
    anchor, on, start, end = CYCLES[cycle]
    assert period(cycle, anchor, on) == (start, end)
    assert period(cycle, anchor, end + timedelta(days=1))[0] == end + timedelta(days=1)


def test_every_cycle_is_in_the_table():
    assert set(CYCLES) == set(ACCOUNTS.by_name["cycle"].enum)
