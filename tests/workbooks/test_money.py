"""One place rounds: half away from zero, exact."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbooks.money import half_up, half_up_div


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("2.675", "2.68"), ("-2.675", "-2.68"), ("2.665", "2.67"), ("0.005", "0.01"), ("-0.004", "0.00")],
)
def test_halves_go_away_from_zero(amount, rounded):
    assert half_up(Decimal(amount)) == Decimal(rounded)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
def test_integers_and_decimals_round_alike(numerator, denominator):
    exact = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert half_up_div(numerator, denominator) == exact


def test_a_denominator_is_positive():
    with pytest.raises(ValueError, match="positive"):
        half_up_div(1, 0)
