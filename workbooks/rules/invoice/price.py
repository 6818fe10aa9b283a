"""What falls due is priced by the rate line of its card: its code, its zone (else the line without one), its break.

Quantities are whole millionths, rates whole ten-thousandths. Free quantity goes first, BLOCK charges every block that
is begun, a charge below “at least” or above “at most” becomes that amount once. PCT is a part of what the base of the
same stop comes to before rounding. Frames in, frames out, of whatever kind narwhals knows.
"""

from typing import Any

import narwhals as nw

UNIT = 10**6
UNKNOWN = -1
"""a quantity nobody knows"""
_MEASURES = {"PKG": "pkgs", "LB": "lb", "MILE": "miles", "HOUR": "minutes", "BLOCK": "minutes", "MINUTE": "minutes",
             "CLOCK": "clock"}  # fmt: skip


def price(due: Any, lines: Any) -> Any:
    """Frame of key, source, code, unit, rate_e4, qty_e6, twice (more than one line fits).

    `due`: key, source, card, code, zone (“” unknown), and the measures pkgs, lb, miles, minutes, clock. `lines`: card,
    code, line_zone (“” any), unit, breaks (“” by unit), low, high, rate_e4, free, step, least_e10, most_e10 (-1 none).
    What no line fits is left out; so is what comes to nothing. A quantity that is not known (-1) or wrong comes out below zero.
    """
    joined = nw.from_native(due).join(nw.from_native(lines), on=["card", "code"], how="inner")
    joined = joined.filter((nw.col("line_zone") == nw.col("zone")) | (nw.col("line_zone") == ""))
    by = nw.when(nw.col("breaks") != "").then(nw.col("breaks")).otherwise(nw.col("unit"))
    joined = joined.with_columns(_measure(by, 0).alias("measure"), _measure(nw.col("unit"), UNIT).alias("quantity"))
    fits = (nw.col("low") <= nw.col("measure")) & (nw.col("measure") < nw.col("high"))
    joined = joined.filter(fits | (nw.col("measure") < 0))
    joined = joined.with_columns(nw.when(nw.col("line_zone") == "").then(1).otherwise(0).alias("rank"))
    best = joined.group_by("key").agg(nw.col("rank").min().alias("best"))
    chosen = joined.join(best, on="key", how="inner").filter(nw.col("rank") == nw.col("best"))
    often = chosen.group_by("key").agg(nw.len().alias("often"))
    chosen = chosen.join(often, on="key", how="inner")
    plain = chosen.filter(nw.col("unit") != "PCT").with_columns(_billed().alias("qty_e6"))
    base = plain.filter(nw.col("code") == "BASE").select(
        "source", (nw.col("qty_e6") * nw.col("rate_e4")).alias("base_e10")
    )
    parts = chosen.filter(nw.col("unit") == "PCT").join(base, on="source", how="inner")
    parts = parts.with_columns((nw.col("base_e10") // 10**4).alias("qty_e6"))
    return nw.to_native(nw.concat([_result(_bounded(plain)), _result(_bounded(parts))]))


def _measure(kind: Any, otherwise: int) -> Any:
    chosen: Any = nw.lit(otherwise)
    for unit, column in _MEASURES.items():
        chosen = nw.when(kind == unit).then(nw.col(column)).otherwise(chosen)
    return chosen


def _billed() -> Any:
    """The charged quantity: what is over the free one, in begun blocks where the unit is a block."""
    over = nw.col("quantity") - nw.col("free")
    over = nw.when(over > 0).then(over).otherwise(0)
    step = nw.when(nw.col("step") > 0).then(nw.col("step")).otherwise(1)
    blocks = (over + step - 1) // step * UNIT
    billed = nw.when(nw.col("unit") == "BLOCK").then(blocks).otherwise(over)
    return nw.when(nw.col("quantity") < 0).then(nw.col("quantity")).otherwise(billed)


def _bounded(frame: Any) -> Any:
    """At least and at most: a charge beyond them becomes that amount, once. Each step is a column, so it is reckoned once."""
    hours = nw.when(nw.col("unit") == "HOUR").then(60).otherwise(1)
    frame = frame.with_columns((nw.col("qty_e6") * nw.col("rate_e4")).alias("exact"), hours.alias("per"))
    low = (nw.col("least_e10") >= 0) & (nw.col("qty_e6") > 0) & (nw.col("exact") < nw.col("least_e10") * nw.col("per"))
    high = (nw.col("most_e10") >= 0) & (nw.col("exact") > nw.col("most_e10") * nw.col("per"))
    to = nw.when(high).then(nw.col("most_e10")).otherwise(-1)
    frame = frame.with_columns(nw.when(low).then(nw.col("least_e10")).otherwise(to).alias("to"))
    flat = nw.col("to") >= 0
    return frame.with_columns(
        nw.when(flat).then(nw.lit("FLAT")).otherwise(nw.col("unit")).alias("unit"),
        nw.when(flat).then(nw.col("to") // UNIT).otherwise(nw.col("rate_e4")).alias("rate_e4"),
        nw.when(flat).then(nw.lit(UNIT)).otherwise(nw.col("qty_e6")).alias("qty_e6"),
    )


def _result(frame: Any) -> Any:
    """The columns of the answer; nothing due is left out, what nobody knows stays."""
    whole = (nw.col(name).cast(nw.Int64) for name in ("rate_e4", "qty_e6", "often"))
    frame = frame.filter(nw.col("qty_e6") != 0).select("key", "source", "code", "unit", *whole)
    return frame.with_columns((nw.col("often") > 1).alias("twice")).drop("often")
