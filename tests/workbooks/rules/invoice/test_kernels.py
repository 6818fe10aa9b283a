"""Per-stop rating on pandas and on DuckDB: the same zones, quantities and cents."""

from decimal import Decimal
from random import Random

import duckdb
import pandas as pd
import pytest

from workbooks.pipeline.bill.rating import ENDLESS, frame
from workbooks.rules.invoice.price import UNIT, price
from workbooks.rules.invoice.zones import agreed, place


def made(rows):
    """A result as a set of plain rows, whatever made it."""
    found = rows if isinstance(rows, pd.DataFrame) else rows.df()
    return sorted(tuple(str(v) for v in row) for row in found.itertuples(index=False))


def both(function, *frames):
    on_pandas = made(function(*frames))
    assert made(function(*(duckdb.from_df(each) for each in frames))) == on_pandas
    return on_pandas


def stop(source, zip5="", city="", **more):
    return {"source": source, "account_id": "A", "day": 100, "zip5": zip5, "zip3": zip5[:3], "zip_n": int(zip5 or -1), "city": city,
            "order_ref": "", "address_id": "", "consignee": "", **more}  # fmt: skip


def zone(name, kind, value="", low=0, high=-1, **more):
    return {
        "account_id": "A",
        "zone": name,
        "match_type": kind,
        "value": value,
        "low": low,
        "high": high,
        "from_day": 0,
        "to_day": 999,
        **more,
    }


def test_more_specific_zones_win():
    zones = [zone("five", "ZIP5", "46201"), zone("three", "ZIP3", "462"), zone("range", "RANGE", low=46200, high=46399),
             zone("city", "CITY", "gary"), zone("rest", "DEFAULT"), zone("old", "ZIP5", "46299", to_day=99),
             {**zone("other", "ZIP5", "46302"), "account_id": "B"}]  # fmt: skip
    stops = [stop("1", "46201"), stop("2", "46299"), stop("3", "46302"), stop("4", "99999", "gary"), stop("5", "99999"), stop("6", city="gary"), stop("7"),
             stop("8", "02134")]  # fmt: skip
    found = {row[0]: row[1] for row in both(place, frame("stops", stops), frame("zones", zones))}
    assert found == {
        "1": "five",
        "2": "three",
        "3": "range",
        "4": "city",
        "5": "rest",
        "6": "city",
        "7": "rest",
        "8": "rest",
    }


def test_two_zones_as_specific_are_both_named():
    zones = frame("zones", [zone("A", "ZIP5", "46201"), zone("B", "ZIP5", "46201"), zone("C", "ZIP3", "462")])
    assert both(place, frame("stops", [stop("1", "46201")]), zones) == [("1", "A", "B")]


def test_agreed_fares_by_order_then_address_then_consignee():
    fares = [{"account_id": "A", "match_type": kind, "value": value, "fare_e4": fare, "from_day": 0, "to_day": 999}
             for kind, value, fare in (("CONSIGNEE", "jo park", 30000), ("ADDRESS", "AD-1", 20000), ("ORDER", "77", 10000))]  # fmt: skip
    stops = [stop("1", order_ref="77", address_id="AD-1", consignee="jo park"), stop("2", address_id="AD-1", consignee="jo park"),
             stop("3", consignee="jo park"), stop("4")]  # fmt: skip
    found = {row[0]: row[1] for row in both(agreed, frame("stops", stops), frame("fares", fares))}
    assert found == {"1": "10000", "2": "20000", "3": "30000"}


def line(code, unit, rate_e4, zone="", **more):
    return {"card": "c", "code": code, "line_zone": zone, "unit": unit, "breaks": "", "low": 0, "high": ENDLESS, "rate_e4": rate_e4, "free": 0,
            "step": 0, "least_e10": -1, "most_e10": -1, **more}  # fmt: skip


def due(key, code, zone="A", **measures):
    known = {"pkgs": 1, "lb": 0, "miles": 0, "minutes": 0, "clock": 0, **measures}
    return {
        "key": key,
        "source": key.partition(":")[0],
        "card": "c",
        "code": code,
        "zone": zone,
        **{n: int(Decimal(v) * UNIT) for n, v in known.items()},
    }


@pytest.mark.parametrize(
    ("what", "quantity", "rate", "unit"),
    [
        (due("s:W", "WAIT", minutes=15), None, None, None),  # all of it free
        (due("s:W", "WAIT", minutes=16), 1, "5", "BLOCK"),  # a block that has begun
        (due("s:W", "WAIT", minutes=45), 2, "5", "BLOCK"),
        (due("s:H", "HOUR", minutes=50), 35, "21", "HOUR"),  # 15 free, to the minute
        (due("s:P", "PKG", pkgs=4), 3, "0.5", "PKG"),  # the first is in the base
        (due("s:L", "LB", lb="9.9"), "9.9", "0.30", "LB"),
        (due("s:L", "LB", lb="10"), "10", "0.25", "LB"),  # the edge lies in the upper break
        (due("s:L", "LB", lb="200"), 1, "40", "FLAT"),  # at most 40.00
        (due("s:L", "LB", lb="0.1"), 1, "1", "FLAT"),  # at least 1.00
        (due("s:M", "MILE", miles="12.4"), "12.4", "0.55", "MILE"),
        (due("s:B", "BASE"), 1, "6.25", "STOP"),
        (due("s:B", "BASE", zone="Z"), 1, "8", "STOP"),  # no row of its own: the one without a zone
        (due("s:L", "LB", lb="-0.000001"), "-0.000001", None, None),  # nobody knows the weight
    ],
)
def test_every_shape_of_price(what, quantity, rate, unit):
    lines = frame("lines", [
        line("WAIT", "BLOCK", 50000, free=15 * UNIT, step=15 * UNIT), line("HOUR", "HOUR", 210000, free=15 * UNIT),
        line("PKG", "PKG", 5000, free=UNIT), line("MILE", "MILE", 5500), line("BASE", "STOP", 62500, "A"), line("BASE", "STOP", 80000),
        line("LB", "LB", 3000, high=10 * UNIT, least_e10=10**10), line("LB", "LB", 2500, low=10 * UNIT, most_e10=40 * 10**10),
    ])  # fmt: skip
    found = both(price, frame("due", [what]), lines)
    if quantity is None:
        assert found == []
    elif unit is None:
        assert {int(row[5]) for row in found} == {-1}
    else:
        [row] = found
        assert int(row[5]) == int(Decimal(quantity) * UNIT)
        assert (row[3], Decimal(row[4]) / 10**4) == (unit, Decimal(rate))


def test_a_part_of_the_base_is_taken_of_its_own_stop():
    lines = frame(
        "lines", [line("BASE", "STOP", 62500, "A"), line("BASE", "STOP", 91000, "B"), line("PEAK", "PCT", 4000)]
    )
    what = [due("1:B", "BASE"), due("1:P", "PEAK"), due("2:B", "BASE", zone="B"), due("2:P", "PEAK", zone="B")]
    found = {row[0]: Decimal(row[5]) / UNIT for row in both(price, frame("due", what), lines) if row[3] == "PCT"}
    assert found == {"1:P": Decimal("6.25"), "2:P": Decimal("9.10")}


def test_overlapping_breaks_are_said_not_chosen():
    lines = frame("lines", [line("LB", "LB", 3000, high=12 * UNIT), line("LB", "LB", 2500, low=10 * UNIT)])
    found = both(price, frame("due", [due("1:L", "LB", lb=11), due("2:L", "LB", lb=9)]), lines)
    assert {row[0]: row[6] for row in found} == {"1:L": "True", "2:L": "False"}


def test_the_same_cents_on_both_for_many_stops():
    pick = Random(4)
    lines = [line(code, unit, pick.randrange(1, 99999), zone, low=low * UNIT, high=high * UNIT if high else ENDLESS)
             for code, unit in (("BASE", "STOP"), ("LB", "LB"), ("PKG", "PKG")) for zone in ("", "A", "B") for low, high in ((0, 5), (5, 20), (20, None))]  # fmt: skip
    lines = [row for row in lines if row["unit"] != "STOP" or row["low"] == 0]
    what = [due(f"{n}:{code}", code, pick.choice("ABC"), pkgs=pick.randrange(1, 30), lb=Decimal(pick.randrange(0, 400)) / 10)
            for n in range(3000) for code in ("BASE", "LB", "PKG")]  # fmt: skip
    found = both(price, frame("due", what), frame("lines", lines))
    assert len(found) > 8000
