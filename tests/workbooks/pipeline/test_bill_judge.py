"""The rules against a second opinion that shares no code with them: 10^5 stops on random cards and terms, 0 cents."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import duckdb
import pytest

from tests.billing import INDY, START, books, card, line, world, zone
from tests.judge import judge
from workbooks.pipeline.bill import rating
from workbooks.pipeline.bill.drafting import charge_rows, cycle_of

BOOKS, STOPS = 20, 5_000
"""20 x 5,000 = 10^5 stops"""
EXTRAS = ("RESIDENTIAL", "SIGNATURE", "WAIT", "WEIGHT", "PACKAGE", "SHARE", "HOURLY")
"""each stands on one card in three"""


def rate_of(pick: Random, low: float, high: float) -> str:
    return str(Decimal(pick.randrange(int(low * 10**4), int(high * 10**4))).scaleb(-4))


def lines_of(pick: Random, version: int, keep: set[str]):
    def one(code, low, high, **more):
        return line(code, rate_of(pick, low, high), version=version, **more)

    made = [one("BASE", 4, 12, zone=z) for z in "AB"] + [one("BASE", 4, 12, zone=None)]
    made += [one("FAILED", 1, 6), one("RESIDENTIAL", -1, 2), one("SIGNATURE", 0.1, 2)]
    made += [one("WAIT", 3, 8, unit="BLOCK", free_qty=Decimal(15), step_qty=Decimal(pick.choice((5, 15))))]
    edge = Decimal(pick.randrange(50, 300)) / 10
    made += [one("WEIGHT", 0.01, 0.3, unit="LB", to_qty=edge, min_amount=pick.choice((None, Decimal("0.75")))),
             one("WEIGHT", 0.01, 0.3, unit="LB", from_qty=edge, max_amount=pick.choice((None, Decimal("9.99"))))]  # fmt: skip
    made += [
        one("PACKAGE", -0.5, 0.9, unit="PKG", free_qty=Decimal(1)),
        one("SHARE", 0.01, 0.5, unit="PCT"),
        one("HOURLY", 5, 40, unit="HOUR"),
    ]
    return [row for row in made if row["charge_code"] in keep]


def random_book(seed: int):
    pick = Random(seed)
    keep = {"BASE", "FAILED", *(code for code in EXTRAS if pick.random() < 0.35)}
    change = START + timedelta(days=pick.randrange(2, 13))
    rows = world(rate_cards=[card(1, date(2026, 1, 1), change - timedelta(days=1)), card(2, change)],
                 rate_lines=[*lines_of(pick, 1, keep), *lines_of(pick, 2, keep)],
                 zones=[zone("A", "ZIP5", "46201"), zone("B", "ZIP3", "463"), zone("C", "RANGE", "46900-46999")])  # fmt: skip
    rows["charge_codes"] = [
        {**row, "fuel_eligible": pick.random() < 0.6, "evidence_required": "NONE"} for row in rows["charge_codes"]
    ]
    rows["charge_codes"] += [{"code": "SHARE", "trigger": "DELIVERED", "invoice_text": "Share", "fuel_eligible": True, "discount_eligible": pick.random() < 0.5},
                             {"code": "HOURLY", "trigger": "ATTEMPT", "invoice_text": "Time", "fuel_eligible": False, "discount_eligible": False}]  # fmt: skip
    mode = pick.choice(("VOLUME", "GRADUATED"))
    rows["volume_tiers"] = [{"pool": "ACCOUNT", "owner_id": "A-100", "eff_from": date(2026, 1, 1), "up_to": up_to, "mode": mode,
                             "pct": Decimal(pick.randrange(0, 90_000)).scaleb(-6)} for up_to in (1400, 3000, None)]  # fmt: skip
    for row in rows["fuel_index"]:
        row["price"] = Decimal(pick.randrange(3000, 4250)).scaleb(-3)
    rows["tax_codes"] += [{"tax_code": "IN", "eff_from": START + timedelta(days=5), "rate": Decimal(pick.randrange(10_000, 99_000)).scaleb(-6),
                           "exempt": pick.random() < 0.3, "exempt_until": START + timedelta(days=9)}]  # fmt: skip
    rows["accounts"][0] |= {
        "rounding_mode": pick.choice(("HALF_UP", "HALF_EVEN")), "tax_round": pick.choice(("DOCUMENT", "LINE")),
        "invoice_min": pick.choice((None, Decimal("3900.37"), Decimal("80000.00"))), "min_scope": pick.choice(("INVOICE", "DAY", "ROUTE")),
        "min_basis": pick.choice(("PRE_FUEL", "POST_FUEL")),
    }  # fmt: skip
    for number in range(STOPS):
        day = START + timedelta(days=pick.randrange(14))
        at = datetime(day.year, day.month, day.day, pick.randrange(8, 23), pick.randrange(60), tzinfo=INDY).astimezone(
            UTC
        )
        failed = pick.random() < 0.08
        rows["stops"].append({
            "stop_id": f"A-100-{number}-1", "market_id": "IND", "service_date": day, "account_id": "A-100", "order_ref": str(number),
            "status": "ATTEMPTED" if failed else "DELIVERED", "address_id": f"AD-{pick.choice('ABC')}", "residential": pick.choice("YN"),
            "pkgs": pick.randrange(1, 6), "weight": Decimal(pick.randrange(1, 600)) / 10, "signature_req": pick.random() < 0.2,
        })  # fmt: skip
        rows["attempts"].append({
            "attempt_id": f"T-{number}", "market_id": "IND", "service_date": day, "stop_id": f"A-100-{number}-1", "n": 1,
            "outcome": "FAILED" if failed else "DELIVERED", "completed_at": at, "status": "CONFIRMED", "wait_min": pick.randrange(0, 70),
            "reason_code": pick.choice(("RECIP_ABSENT", "DRIVER_DELAY")) if failed else None, "route_id": f"R{pick.randrange(4)}-{day}",
        })  # fmt: skip
    return rows


def told(line):
    """The name the judge gives a line."""
    name, *rest = line.key.split("|")
    if name == "CHARGE":
        return (name, int(rest[0].rpartition("v")[2]), rest[1], rest[2], Fraction(rest[3]))
    if name == "DISCOUNT":
        return (name, int(rest[0].rpartition("v")[2]))
    return (name, *rest)


@pytest.mark.parametrize("seed", range(BOOKS))
def test_not_one_cent_differs(seed):
    rows = random_book(seed)
    cycle = cycle_of(books(rows), "A-100", START)
    assert (cycle.problems, cycle.unpriced, cycle.held) == ([], [], [])
    lines, shares = judge(rows)
    assert {
        told(line): int(line.amount * 100) for line in cycle.draft.lines if line.amount or line.component == "CHARGE"
    } == lines
    mine = {
        row["charge_key"]: int((row["charge"] + row["discount"] + row["fuel"]) * 100) for row in charge_rows(cycle, "X")
    }
    assert mine == shares


def test_the_same_cents_on_duckdb(monkeypatch):
    rows = random_book(7)
    on_pandas = cycle_of(books(rows), "A-100", START)
    used = []

    def in_duckdb(function):
        def run(*frames, **more):
            used.append(function.__name__)
            return function(*(duckdb.from_df(frame) for frame in frames), **more).df()

        return run

    for name in ("place", "agreed", "price"):
        monkeypatch.setattr(rating, name, in_duckdb(getattr(rating, name)))
    on_duckdb = cycle_of(books(rows), "A-100", START)
    assert used == ["place", "price"]
    assert [(line.key, line.amount, line.facts) for line in on_duckdb.draft.lines] == [
        (line.key, line.amount, line.facts) for line in on_pandas.draft.lines
    ]
    assert on_duckdb.draft.parts == on_pandas.draft.parts
    assert on_duckdb.total == on_pandas.total > 0
