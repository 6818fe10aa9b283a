"""A stop lies in the zone of the most specific match: ZIP5, then ZIP3, range, city, then the account's default.

An agreed fare for the order, the address or the consignee goes before every zone, in that order. Frames in, frames
out, of whatever kind narwhals knows: pandas, DuckDB. Two zones of the same specificity are both returned, so that
somebody is asked; the rule does not choose.
"""

from collections.abc import Collection
from typing import Any

import narwhals as nw

EQUAL = {"ZIP5": "zip5", "ZIP3": "zip3", "CITY": "city"}
SPECIFIC = ("ZIP5", "ZIP3", "RANGE", "CITY", "DEFAULT")
FARES = {"ORDER": "order_ref", "ADDRESS": "address_id", "CONSIGNEE": "consignee"}


def place(stops: Any, zones: Any, kinds: Collection[str] = SPECIFIC) -> Any:
    """Zone of each stop: frame of source, zone, other (another zone as specific, else the same one).

    `kinds`: the match types there are, at least one; others need not be looked for.

    `stops`: source, account_id, day (ordinal), zip5, zip3, zip_n (-1 without), city. `zones`: account_id, zone,
    match_type, value, low, high (of RANGE), from_day, to_day. Stops that lie nowhere are left out.
    """
    held, known = nw.from_native(stops), nw.from_native(zones)
    keep = ("source", "zone", "rank")
    found = []
    for rank, kind in ((rank, kind) for rank, kind in enumerate(SPECIFIC) if kind in kinds):
        some = known.filter(nw.col("match_type") == kind)
        if kind in EQUAL:
            column = EQUAL[kind]
            some = some.select("account_id", "zone", "from_day", "to_day", nw.col("value").alias(column))
            joined = held.filter(nw.col(column) != "").join(some, on=["account_id", column], how="inner")
        else:
            some = some.select("account_id", "zone", "from_day", "to_day", "low", "high")
            joined = held.join(some, on="account_id", how="inner")
            if kind == "RANGE":
                joined = joined.filter(nw.col("low") <= nw.col("zip_n"), nw.col("zip_n") <= nw.col("high"))
        joined = joined.filter(nw.col("from_day") <= nw.col("day"), nw.col("day") <= nw.col("to_day"))
        found.append(joined.with_columns(nw.lit(rank).alias("rank")).select(*keep))
    every = nw.concat(found)
    best = every.group_by("source").agg(nw.col("rank").min().alias("best"))
    chosen = every.join(best, on="source", how="inner").filter(nw.col("rank") == nw.col("best"))
    answer = chosen.group_by("source").agg(nw.col("zone").min().alias("zone"), nw.col("zone").max().alias("other"))
    return nw.to_native(answer)


def agreed(stops: Any, fares: Any, kinds: Collection[str] = tuple(FARES)) -> Any:
    """Agreed fare of each stop that has one: frame of source, fare_e4, other_e4 (another as specific, else the same)."""
    held, known = nw.from_native(stops), nw.from_native(fares)
    found = []
    for rank, (kind, column) in ((n, pair) for n, pair in enumerate(FARES.items()) if pair[0] in kinds):
        some = known.filter(nw.col("match_type") == kind)
        some = some.select("account_id", "fare_e4", "from_day", "to_day", nw.col("value").alias(column))
        joined = held.filter(nw.col(column) != "").join(some, on=["account_id", column], how="inner")
        joined = joined.filter(nw.col("from_day") <= nw.col("day"), nw.col("day") <= nw.col("to_day"))
        found.append(joined.with_columns(nw.lit(rank).alias("rank")).select("source", "fare_e4", "rank"))
    every = nw.concat(found)
    best = every.group_by("source").agg(nw.col("rank").min().alias("best"))
    chosen = every.join(best, on="source", how="inner").filter(nw.col("rank") == nw.col("best"))
    answer = chosen.group_by("source").agg(
        nw.col("fare_e4").min().alias("fare_e4"), nw.col("fare_e4").max().alias("other_e4")
    )
    return nw.to_native(answer)
