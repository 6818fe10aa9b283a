"""Stops fill the tiers in the order they were completed, then by attempt id; a tier's last stop belongs to it.

GRADUATED: each stop is paid at the tier it falls in. VOLUME: all stops of the day or week are paid at the tier the
last one reaches, which pays less just above a boundary than on it (golden example G12). A stop looks its place up in
the ladder of its own account, zone and type; where a ladder names none, it is everybody's.

The frames hold one row per stop: unit (whose pay), ladder, scope (the day or week that is counted), mode, at, id;
tiers hold ladder, tier, lower, upper (inclusive), rate_e4. Rates are whole ten-thousandths, so the same code gives
the same cents on pandas and on DuckDB; what goes in as a frame of either comes out as one.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals as nw

from workbooks.money import half_up_div_each
from workbooks.schema import Row

if TYPE_CHECKING:
    import pandas as pd

ENDLESS = 2**53
"""upper end of a tier without one"""
E4 = 10_000


@dataclass(frozen=True)
class Tier:
    """Stops `lower` < n <= `upper` (None: no end) at `rate`."""

    number: int
    lower: int
    upper: int | None
    rate: Decimal

    @property
    def text(self) -> str:
        """Such as "1–300" or "601+"."""
        return f"{self.lower + 1:,}+" if self.upper is None else f"{self.lower + 1:,}–{self.upper:,}"


def ladder_key(row: Row) -> tuple[str, str, str]:
    """Which stops a tier is for: account, zone, stop type; blanks for all."""
    return (str(row.get("account_id") or ""), str(row.get("zone") or ""), str(row.get("stop_type") or ""))


def ladders(rows: Iterable[Row]) -> dict[tuple[str, str, str], tuple[Tier, ...]]:
    """Tiers by what they are for, in order; whether they follow each other `problems` says."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault(ladder_key(row), []).append(row)
    found = {}
    for key, group in groups.items():
        lower, tiers = 0, []
        for row in sorted(group, key=lambda r: r["tier"]):
            tiers.append(Tier(row["tier"], lower, row.get("up_to"), row["rate"]))
            lower = row.get("up_to") or ENDLESS
        found[key] = tuple(tiers)
    return found


def problems(found: Mapping[tuple[str, str, str], Sequence[Tier]]) -> list[tuple[int, str]]:
    """(tier number, what is wrong) for ladders that leave stops without a rate or go backwards; [] when all is well."""
    wrong: list[tuple[int, str]] = []
    for key, tiers in found.items():
        whose = " for " + " ".join(part for part in key if part) if any(key) else ""
        for place, tier in enumerate(tiers, start=1):
            if tier.number != place:
                wrong.append((tier.number, f"tier {place}{whose} is missing"))
                break
            if tier.upper is not None and tier.upper <= tier.lower:
                wrong.append(
                    (
                        tier.number,
                        f"tier {tier.number}{whose} ends at {tier.upper} and the one before it at {tier.lower}",
                    )
                )
            if tier.upper is None and place < len(tiers):
                wrong.append((tier.number, f"tier {tier.number}{whose} has no end, and another one follows"))
        if tiers and tiers[-1].upper is not None:
            wrong.append((tiers[-1].number, f"the last tier{whose} ends at {tiers[-1].upper}: leave its end blank"))
    return wrong


def choose(
    found: Iterable[tuple[str, str, str]], account: str, zone: str, types: Sequence[str]
) -> tuple[str, str, str] | None:
    """The ladder of a stop: the one that names most of what it is; account before zone before type. None: none fits."""
    fitting = [
        key for key in found
        if key[0] in ("", account) and key[1] in ("", zone) and (not key[2] or key[2] in types)
    ]  # fmt: skip
    order = {name: -place for place, name in enumerate(types)}
    return max(fitting, key=lambda k: (sum(map(bool, k)), bool(k[0]), bool(k[1]), order.get(k[2], 0)), default=None)


def place(stops: Any, tiers: Any) -> Any:
    """One row per stop with its `tier` and `rate_e4`, by the place it takes in its unit and scope."""
    # a running sum of ones: narwhals' running count spoils the column it counts before it sorts by it
    counted = nw.from_native(stops).with_columns(own=nw.lit(1))
    counted = counted.with_columns(
        nw.col("own").cum_sum().over("unit", "scope", order_by=["at", "id"]),
        all=nw.len().over("unit", "scope"),
    )
    counted = counted.with_columns(
        place=nw.when(nw.col("mode") == "VOLUME").then(nw.col("all")).otherwise(nw.col("own"))
    )
    joined = counted.join(nw.from_native(tiers), on="ladder", how="inner")
    fits = joined.filter(nw.col("place") > nw.col("lower"), nw.col("place") <= nw.col("upper"))
    return fits.drop("own", "all", "place", "lower", "upper").to_native()


def total(stops: Any, counted: Any, tiers: Any, by: Sequence[str] = ("count",)) -> Any:
    """Per unit and tier: `stops` and `cents`, where every unit has one ladder; no stop is looked at by itself.

    Stops alike in the columns `by` are counted together, such as those of a driver's week; `counted` has these columns
    too and says of each count its unit, ladder and whether the ladder is `volume`. The cents are half-up per (unit, tier), the grain of stop pay.
    """
    numbers = _numbers(stops, by).join(nw.from_native(counted), on=list(by), how="inner")
    return pay(numbers.drop(*by), tiers)


def _numbers(stops: Any, by: Sequence[str]) -> Any:
    """How many stops there are of each kind that the columns `by` tell apart, as `n`."""
    frame = nw.from_native(stops)
    if frame.implementation.is_pandas() and (found := _counted(frame.to_native(), by)) is not None:
        return nw.from_native(found)
    return frame.group_by(*by).agg(n=nw.len()).with_columns(nw.col("n").cast(nw.Int64))


def _counted(stops: "pd.DataFrame", by: Sequence[str]) -> "pd.DataFrame | None":
    """The same in pandas, which is slow to group by several columns: each becomes whole numbers once, and those are counted.

    None where that does not pay or a cell is empty.
    """
    import numpy as np
    import pandas as pd

    place: Any = np.zeros(len(stops), dtype="int64")
    kinds, every = [], 1
    for name in by:
        codes, values = pd.factorize(stops[name])
        every *= max(1, len(values))
        if every > 2 * len(stops) + 1_000_000 or (len(codes) and codes.min() < 0):
            return None
        place = place * len(values) + codes
        kinds.append((name, values))
    n = np.bincount(place)
    at: Any = np.flatnonzero(n)
    found, rest = {"n": n[at].astype("int64")}, at
    for name, values in reversed(kinds):
        rest, code = np.divmod(rest, max(1, len(values)))
        found[name] = values.take(code)
    return pd.DataFrame(found)


def pay(numbers: Any, tiers: Any) -> Any:
    """Per unit and tier: `stops` and `cents` of the `n` stops that each row of `numbers` counts for a unit on a ladder."""
    joined = nw.from_native(numbers).join(nw.from_native(tiers), on="ladder", how="inner").drop("ladder")
    reached = (nw.col("n") > nw.col("lower")) & (~nw.col("volume") | (nw.col("n") <= nw.col("upper")))
    joined = joined.filter(reached)
    upper = nw.when(nw.col("n") < nw.col("upper")).then(nw.col("n")).otherwise(nw.col("upper"))
    filled = joined.with_columns(stops=nw.when("volume").then(nw.col("n")).otherwise(upper - nw.col("lower")))
    return cents(filled.group_by("unit", "tier").agg(nw.col("stops").sum(), nw.col("rate_e4").max())).to_native()


def cents(frame: Any) -> Any:
    """`cents` of `stops` at `rate_e4`, half-up."""
    return frame.with_columns(cents=half_up_div_each(nw.col("stops") * nw.col("rate_e4"), E4 // 100))


def as_rows(ladder: str, tiers: Sequence[Tier]) -> list[dict[str, object]]:
    """Rows of the tiers frame."""
    return [
        {"ladder": ladder, "tier": t.number, "lower": t.lower, "upper": t.upper or ENDLESS, "rate_e4": int(t.rate * E4)}
        for t in tiers
    ]


def cliff(plan_tiers: Sequence[Tier], mode: str) -> str:
    """A warning when a VOLUME ladder pays less for one stop more; "" when it does not."""
    if mode != "VOLUME":
        return ""
    for before, after in itertools.pairwise(plan_tiers):
        if before.upper is not None and after.rate < before.rate:
            less = before.rate * before.upper - after.rate * (before.upper + 1)
            if less > 0:
                return f"VOLUME pays {less.normalize():f} less for {before.upper + 1:,} stops than for {before.upper:,}; GRADUATED does not"
    return ""
