"""The one place that rounds.

Amounts are `Decimal` at the edges and integers of minor units inside frames; every rounding in the product
goes through the two functions here: half away from zero ("half-up") at the grains of the policy defaults.
"""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def half_up(amount: Decimal, places: int = 2) -> Decimal:
    """`amount` at `places` decimals, halves away from zero: 2.675 -> 2.68, -2.675 -> -2.68."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def half_up_div(numerator: int, denominator: int) -> int:
    """Integer `numerator / denominator`, halves away from zero; `denominator` is positive.

    Serves money in minor units: cents = half_up_div(quantity * rate_e4, 100).
    """
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    sign = -1 if numerator < 0 else 1
    return sign * ((abs(numerator) + denominator // 2) // denominator)
