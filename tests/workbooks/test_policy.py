"""Settings: the latest row that has begun decides, what cannot be read is said."""

from datetime import date
from decimal import Decimal

import pytest

from workbooks import policy
from workbooks.problems import Refused


def test_the_default_holds_until_somebody_decides():
    assert policy.value([], "mileage_band", date(2026, 3, 10)) == Decimal("0.15")


def test_the_latest_row_that_has_begun_decides():
    rows = [
        {"key": "contact_clock_minutes", "eff_from": None, "value": "120"},
        {"key": "contact_clock_minutes", "eff_from": date(2026, 4, 1), "value": "90"},
    ]
    assert policy.value(rows, "contact_clock_minutes", date(2026, 3, 31)) == 120
    assert policy.value(rows, "contact_clock_minutes", date(2026, 4, 1)) == 90


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mileage_band", "wide"),
        ("contact_clock", "SOMETIMES"),
        ("mileage_sources", "FEELING"),
        ("duplicate_scan_minutes", "ten"),
    ],
)
def test_what_cannot_be_read_names_the_setting(name, text):
    with pytest.raises(Refused, match=f"Setting {name} on tab Settings is “{text}”"):
        policy.value([{"key": name, "eff_from": None, "value": text}], name, date(2026, 3, 10))


def test_every_default_can_be_read():
    for name in policy.POLICIES:
        policy.value([], name, date(2026, 3, 10))
