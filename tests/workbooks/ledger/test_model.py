"""Random sequences of puts, voids and puts anew against a dict: the ledger and its history always agree with it."""

from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workbooks.ledger.support import apply, no_parcel, parcel, rid
from workbooks.ledger import Stale

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "market_id": st.none() | st.sampled_from(["CHI", "DET"]),
        "service_date": st.none() | st.dates(),
        "note": st.none() | st.text(CHARACTERS, max_size=8),
        "price": st.none() | st.decimals(-(10**12), 10**12, places=2),
        "weight": st.none() | st.decimals(-1000, 1000, places=6),
        "due": st.none()
        | st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC)).map(lambda t: t.replace(microsecond=0)),  # noqa: DTZ001
        "opens": st.none() | st.times().map(lambda t: t.replace(microsecond=0)),
        "tags": st.none() | st.lists(st.sampled_from("ABC"), max_size=3, unique=True).map(tuple),
        "count": st.none() | st.integers(),
        "signed": st.none() | st.booleans(),
    },
)
STEPS = st.lists(
    st.lists(
        st.tuples(st.sampled_from("XYZ"), st.none() | VALUES, st.integers(0, 9)), max_size=3, unique_by=lambda s: s[0]
    ),
    max_size=8,
)
EXAMPLES = count()


@given(plans=STEPS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ledger_and_history_follow_the_model(ledger, plans):
    example = next(EXAMPLES)  # every example has rows of its own in the one ledger
    model = {}  # name -> (rev, values or None when out of use)
    for number, steps in enumerate(plans):
        changed, after, stale = [], dict(model), False
        for letter, values, slip in steps:
            name = f"{example}{letter}"
            rev, now = model.get(name, (0, None))
            wrong = slip == 0  # now and then a plan is out of date
            stale |= wrong or (values is None and now is None)
            if values is None:
                changed.append(no_parcel(name, rev + wrong))
                after[name] = (rev + 1, None)
            else:
                changed.append(parcel(name, (rev if now is not None or number % 2 else 0) + wrong * 1000, **values))
                merged = {**(now or {"parcel_id": name, "leg": 1}), **values}
                same = now is not None and all(now.get(k) == v for k, v in values.items())
                after[name] = (rev if same else rev + 1, merged)
        if stale:
            with pytest.raises(Stale):
                apply(ledger, *changed, key=f"{example} {number}")
        else:
            apply(ledger, *changed, key=f"{example} {number}")
            model = after
    mine = {f"{example}{letter}" for letter in "XYZ"}
    found = {
        record.values["parcel_id"]: (record.rev, {k: v for k, v in record.values.items() if v is not None})
        for record in ledger.load("parcels", {})
        if record.values["parcel_id"] in mine
    }
    assert found == {
        name: (rev, {k: v for k, v in values.items() if v is not None})
        for name, (rev, values) in model.items()
        if values is not None
    }
    for name in mine:
        rev, values = 0, None
        for change in ledger.history("parcels", rid(name)):
            assert change.rev == rev + 1
            assert (change.old is None) == (values is None)
            rev, values = change.rev, None if change.new is None else {**(values or {}), **change.new}
        expected_rev, expected = model.get(name, (0, None))
        assert rev == expected_rev
        assert _filled(values) == _filled(expected)


def _filled(values):
    return values and {name: value for name, value in values.items() if value is not None}
