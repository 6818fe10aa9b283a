"""The one place that rounds.

Amounts are `Decimal` at the edges and integers of minor units inside frames; every rounding in the product
goes through the functions here: half away from zero ("half-up") at the grains of the policy defaults.
"""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import narwhals as nw

CENT = Decimal("0.01")


def half_up(amount: Decimal, places: int = 2) -> Decimal:
    """`amount` at `places` decimals, halves away from zero: 2.675 -> 2.68, -2.675 -> -2.68."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def rounded(amount: Decimal, mode: str, places: int = 2) -> Decimal:
    """`amount` at `places` decimals, HALF_UP, or HALF_EVEN where a contract says so."""
    if mode == "HALF_UP":
        return half_up(amount, places)
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def half_up_div(numerator: int, denominator: int) -> int:
    """Integer `numerator / denominator`, halves away from zero; `denominator` is positive.

    Serves money in minor units: cents = half_up_div(quantity * rate_e4, 100).
    """
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    sign = -1 if numerator < 0 else 1
    return sign * ((abs(numerator) + denominator // 2) // denominator)


def half_up_div_each(numerator: "nw.Expr", denominator: int) -> "nw.Expr":
    """The same for every row of a frame: a column of integers divided by `denominator`, halves away from zero."""
    import narwhals as nw  # here, because most of what rounds has no frame

    if denominator <= 0:
        raise ValueError("denominator must be positive")
    quotient = (numerator.abs() + denominator // 2) // denominator
    return nw.when(numerator < 0).then(-quotient).otherwise(quotient)
