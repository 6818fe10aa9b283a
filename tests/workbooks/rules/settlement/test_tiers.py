"""Tiers: golden example G12, ladders that cannot be, and the same cents on pandas and on DuckDB."""

from decimal import Decimal

import duckdb
import narwhals as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.payroll import tiers as tier_rows
from workbooks.rules.settlement import tiers

G12 = tiers.ladders(tier_rows((500, "2.00"), (1000, "1.80"), (None, "1.60")))[("", "", "")]
CASES = {
    0: ("0.00", "0.00"), 500: ("1000.00", "1000.00"), 501: ("1001.80", "901.80"), 555: ("1099.00", "999.00"),
    556: ("1100.80", "1000.80"), 1000: ("1900.00", "1800.00"), 1001: ("1901.60", "1601.60"), 1240: ("2284.00", "1984.00"),
}  # fmt: skip


def stops(count: int, mode: str = "GRADUATED", unit: str = "u", scope: str = "w") -> pd.DataFrame:
    return pd.DataFrame({
        "unit": [unit] * count, "ladder": ["L"] * count, "scope": [scope] * count, "mode": [mode] * count,
        "at": list(range(count)), "id": [f"{n:06}" for n in range(count)],
    }).astype({"unit": "str", "ladder": "str", "scope": "str", "mode": "str", "at": "int64", "id": "str"})  # fmt: skip


def steps(ladder=G12, name: str = "L") -> pd.DataFrame:
    return pd.DataFrame(tiers.as_rows(name, ladder))


def counted(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is counted together, and what is known of each count."""
    marked = frame.assign(count=frame["unit"] + frame["scope"], volume=frame["mode"] == "VOLUME")
    return marked[["count"]], marked[["count", "unit", "ladder", "volume"]].drop_duplicates().reset_index(drop=True)


def per_tier(placed):
    """What `place` found, added up per unit, ladder and tier: `stops` and `cents`."""
    groups = nw.from_native(placed).group_by("unit", "ladder", "tier", "rate_e4")
    return tiers.cents(groups.agg(stops=nw.len()).with_columns(nw.col("stops").cast(nw.Int64))).to_native()


def paid(frame) -> Decimal:
    return Decimal(int(frame["cents"].sum())) / 100


@pytest.mark.parametrize("count", CASES)
@pytest.mark.parametrize("mode", ["GRADUATED", "VOLUME"])
def test_g12_by_place_and_at_once(count, mode):
    expected = Decimal(CASES[count][mode == "VOLUME"])
    placed = tiers.place(stops(count, mode), steps())
    assert paid(per_tier(placed)) == expected
    assert paid(tiers.total(*counted(stops(count, mode)), steps())) == expected


def test_volume_warns_of_its_cliff_and_graduated_does_not():
    assert "less for 501 stops than for 500" in tiers.cliff(G12, "VOLUME")
    assert tiers.cliff(G12, "GRADUATED") == ""
    assert tiers.cliff(tiers.ladders(tier_rows((300, "1.85"), (None, "2.05")))[("", "", "")], "VOLUME") == ""


def test_a_tier_ends_with_its_last_stop():
    placed = tiers.place(stops(501), steps()).sort_values("at")
    assert list(placed["tier"])[-2:] == [1, 2]


def test_stops_are_counted_by_completion_then_by_id():
    rows = stops(3).assign(at=[5, 5, 1], id=["b", "a", "c"])
    ladder = tiers.ladders(tier_rows((2, "1.00"), (None, "3.00")))[("", "", "")]
    placed = tiers.place(rows, steps(ladder))
    assert dict(zip(placed["id"], placed["tier"], strict=True)) == {"c": 1, "a": 1, "b": 2}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (tier_rows((300, "1.85"), (600, "2.05")), "the last tier ends at 600"),
        (tier_rows((300, "1.85"), (200, "2.05"), (None, "2.30")), "tier 2 ends at 200 and the one before it at 300"),
        (tier_rows((300, "1.85"), (None, "2.05"), (None, "2.30")), "tier 2 has no end, and another one follows"),
        ([r for r in tier_rows((300, "1.85"), (600, "2.05"), (None, "2.30")) if r["tier"] != 2], "tier 2 is missing"),
    ],
)
def test_ladders_that_leave_stops_without_a_rate(rows, says):
    assert any(says in what for _, what in tiers.problems(tiers.ladders(rows)))


def test_the_most_specific_ladder_is_a_stops_own():
    keys = [("", "", ""), ("A1", "", ""), ("", "Z1", ""), ("A1", "Z1", ""), ("", "", "RESIDENTIAL")]
    assert tiers.choose(keys, "A1", "Z1", ()) == ("A1", "Z1", "")
    assert tiers.choose(keys, "A1", "", ("RESIDENTIAL",)) == ("A1", "", "")
    assert tiers.choose(keys, "A2", "Z1", ("RESIDENTIAL",)) == ("", "Z1", "")
    assert tiers.choose(keys, "A2", "", ("RESIDENTIAL",)) == ("", "", "RESIDENTIAL")
    assert tiers.choose([("A1", "", "")], "A2", "", ()) is None


@st.composite
def weeks(draw):
    """Stops of a few drivers in a few weeks, and a random ladder with rates to the ten-thousandth."""
    bounds = sorted(draw(st.sets(st.integers(1, 40), max_size=4)))
    rates = [draw(st.integers(0, 99_999)) for _ in range(len(bounds) + 1)]
    ladder = tiers.ladders(tier_rows(*((b, f"{r / 10_000:.4f}") for b, r in zip([*bounds, None], rates, strict=True))))[
        ("", "", "")
    ]
    mode = draw(st.sampled_from(("GRADUATED", "VOLUME")))
    parts = [
        stops(draw(st.integers(0, 60)), mode, f"u{unit}", f"w{week}").assign(id=lambda f, u=unit, w=week: f"{u}{w}" + f["id"])
        for unit in range(draw(st.integers(1, 3))) for week in range(2)
    ]  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    shuffled = draw(st.permutations(range(len(frame)))) if len(frame) < 200 else range(len(frame))
    return frame.iloc[list(shuffled)].reset_index(drop=True), steps(ladder)


@settings(max_examples=20, deadline=None)
@given(weeks())
def test_pandas_and_duckdb_by_place_and_at_once_come_to_the_same_cents(made):
    frame, ladder = made
    with duckdb.connect() as con:
        con.register("stops", frame)
        con.register("tiers", ladder)
        only, known = counted(frame)
        con.register("only", only)
        con.register("known", known)
        found = [
            tiers.total(only, known, ladder),
            per_tier(tiers.place(frame, ladder)),
            tiers.total(con.table("only"), con.table("known"), con.table("tiers")).df(),
            per_tier(tiers.place(con.table("stops"), con.table("tiers"))).df(),
        ]
        groups = [
            sorted(zip(f["unit"], f["tier"], f["stops"].astype(int), f["cents"].astype(int), strict=True))
            for f in found
        ]
    assert groups[0] == groups[1] == groups[2] == groups[3]


@pytest.mark.parametrize("names", [["A", "B", "A", "A"], ["A", None, "B", "A"], []])
def test_stops_are_counted_alike_with_and_without_empty_cells(names):
    """Pandas counts whole numbers; where a cell is empty it groups as every other frame does."""
    stops = pd.DataFrame(
        {"driver": pd.array(names, dtype="str"), "week": pd.array([1, 1, 2, 1][: len(names)], dtype="int32")}
    )
    expected = stops.groupby(["driver", "week"]).size().to_dict()
    found = tiers._numbers(stops, ("driver", "week")).to_native().dropna()
    assert {(row.driver, row.week): row.n for row in found.itertuples()} == expected
    assert (tiers._counted(stops, ("driver", "week")) is None) == (None in names)
