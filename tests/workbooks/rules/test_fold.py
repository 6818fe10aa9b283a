"""The manifest is a fold of its events: the order in which they come in does not matter, the order of time does."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.worlds import DAY, event, local, route
from workbooks.rules.manifest import changes
from workbooks.rules.manifest.fold import fold

ROUTES = ("R1", "R2", "R3")
STOPS = tuple(f"S{n}" for n in range(5))
START = local("06:00")


@st.composite
def histories(draw):
    """Events as they really happen: one after the other, each true to where the stop is by then."""
    rows, where, at = [], {}, START
    for _ in range(draw(st.integers(0, 25))):
        at += timedelta(minutes=draw(st.integers(1, 30)))
        stop_id = draw(st.sampled_from(STOPS))
        old = where.get(stop_id)
        new = draw(st.sampled_from((*ROUTES, None)))
        kind = draw(st.sampled_from(("move", "move", "cancel", "reseq", "swap")))
        if kind == "swap":
            made = [
                changes.event(
                    "SWAP_DRIVER", route(draw(st.sampled_from(ROUTES))), at, after=draw(st.sampled_from(("D1", "D2")))
                )
            ]
        elif kind == "move" or old is None:
            made = changes.move(stop_id, route(old) if old else None, route(new) if new else None, at)
            if made:
                where[stop_id] = new
        elif kind == "cancel":
            made = [changes.event("CANCEL", route(old), at, stop_id=stop_id)]
        else:
            made = changes.reseq(stop_id, route(old), None, draw(st.integers(1, 9)), at)
        rows += made
    return rows, where


@given(histories(), st.randoms(use_true_random=False))
def test_events_may_come_in_any_order(history, shuffler):
    rows, _ = history
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    dispatched = {route("R1")["route_id"]: START + timedelta(minutes=20)}
    assert fold(rows, dispatched) == fold(shuffled, dispatched)


@given(histories())
def test_a_stop_is_where_it_was_last_put(history):
    rows, where = history
    state = fold(rows, {})
    for stop_id, code in where.items():
        assert state.stops[stop_id].route_id == (route(code)["route_id"] if code else None)
    for code in ROUTES:
        on = {stop.stop_id for stop in state.stops_of(route(code)["route_id"])}
        assert on <= {stop_id for stop_id, now in where.items() if now == code}


@given(histories())
def test_the_same_news_twice_is_one_event(history):
    rows, _ = history
    assert len({row["event_id"] for row in rows}) == len(
        {(r["kind"], r["route_id"], r["stop_id"], r["at"], r["to_value"]) for r in rows}
    )


def test_versions_count_every_change_after_dispatch():
    rows = [
        event(1, "ADD", "R12", "06:00", "S1", after="1"),
        event(2, "ADD", "R12", "09:00", "S2"),
        event(3, "CANCEL", "R12", "09:30", "S1"),
    ]
    name = f"CHI-{DAY}-R12"
    assert fold(rows, {}).routes[name].version == 0
    assert fold(rows, {name: local("07:00")}).routes[name].version == 3
    state = fold(rows, {name: local("07:00")})
    assert (state.stops["S2"].late_adds, state.stops["S1"].late_adds) == ({name}, set())


def test_a_cancelled_stop_stays_on_its_route_and_a_new_add_brings_it_back():
    rows = [event(1, "ADD", "R12", "06:00", "S1", after="1"), event(2, "CANCEL", "R12", "09:30", "S1")]
    assert fold(rows, {}).stops["S1"].cancelled_at == local("09:30")
    assert fold([*rows, event(3, "ADD", "R12", "10:00", "S1", after="4")], {}).stops["S1"].cancelled_at is None


def test_time_decides_not_arrival():
    rows = [event(1, "SWAP_DRIVER", "R12", "06:00", after="D1"), event(2, "SWAP_DRIVER", "R12", "09:00", after="D2")]
    assert fold(reversed(rows), {}).routes[f"CHI-{DAY}-R12"].driver == "D2"
