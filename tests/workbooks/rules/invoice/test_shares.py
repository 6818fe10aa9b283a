"""Sharing by largest remainder, against fractions."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from workbooks.rules.invoice.shares import by_group, shares


def test_equal_remainders_go_by_key():
    # 1.00 over three equal stops: 33.33 cents each, the cent that is left goes to the first key
    assert shares(100, {"b": 1, "a": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert shares(-100, {"b": 1, "a": 1, "c": 1}) == {"a": -34, "b": -33, "c": -33}


def test_groups_come_first():
    # 1.01 between weeks by 625 : 1250 is 33.67 : 67.33 -> 34 : 67
    assert by_group(101, {"x": 625, "y": 625, "z": 625}, {"x": "w1", "y": "w2", "z": "w2"}) == {
        "x": 34,
        "y": 34,
        "z": 33,
    }


@given(
    st.integers(-(10**7), 10**7),
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(-50, 10**4), min_size=1),
)
def test_shares_add_up_and_are_within_a_cent(total, weights):
    found = shares(total, weights)
    assert sum(found.values()) == total
    whole = sum(weights.values())
    if whole:
        assert all(abs(Fraction(total * weights[key], whole) - share) < 1 for key, share in found.items())
