"""What of an open workbook is sent: our columns as plain values, and of them only what is new."""

from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from addin.view import Grid, View, alike, held_back, plain, same, told, view
from sheets_sync import openbook
from sheets_sync import plain as hubs

OURS = ("Case", "Note", "_rid")
CELLS = st.one_of(st.none(), st.text(max_size=4), st.integers(-5, 5), st.booleans(), st.floats(-2, 2, width=16))
LINES = st.lists(st.tuples(CELLS, CELLS, st.sampled_from(["a", "b", "c", None])), max_size=12)


def seen(lines: list) -> View:
    return view(Grid([["Case", "Note", "_rid"], *map(list, lines)]), OURS)


@given(LINES, LINES)
def test_what_is_told_rebuilds_the_tab(before, now):
    known = openbook.following(None, told(seen(before), None))
    again = openbook.following(known, told(seen(now), seen(before)))
    assert [list(line) for line in again.lines] == [list(line) for line in seen(now).lines]
    assert [list(map(type, line)) for line in again.lines] == [list(map(type, line)) for line in seen(now).lines]


@given(LINES, st.integers(0, 11))
def test_one_changed_row_costs_one_row(lines, at):
    rows = [(f"case {n}", "same", f"r{n}") for n in range(len(lines))]
    changed = [(case, "new" if n == at else note, rid) for n, (case, note, rid) in enumerate(rows)]
    sent = [row for row in told(seen(changed), seen(rows))["rows"] if row[0] == -1]
    assert len(sent) == (1 if at < len(rows) else 0)


def test_sorting_costs_no_row_at_all():
    rows = [(f"case {n}", "x", f"r{n}") for n in range(50)]
    assert all(start >= 0 for start, _ in told(seen(rows[::-1]), seen(rows))["rows"])


def test_columns_of_people_do_not_leave_the_workbook():
    one = view(Grid([["Case", "My salary", "_rid"], ["c", 100_000, "r"]]), OURS)
    assert one.lines == (("c", "r"),)
    assert one.headers == ("Case", "My salary", "_rid")


WALLS = st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001 - wall clocks
DAYS = st.dates(date(1950, 1, 1), date(2090, 1, 1))


@given(st.one_of(CELLS, WALLS, DAYS, st.times(), st.timedeltas(timedelta(0), timedelta(days=9))))
def test_a_cell_travels_as_the_hub_writes_it(raw):
    if isinstance(raw, (datetime, time)):
        raw = raw.replace(microsecond=0)
    assert plain(raw) == (hubs.plain(raw) or (None if raw == "" else hubs.plain(raw)))
    assert alike(raw, plain(raw)) or isinstance(raw, float)


def test_true_is_not_one():
    assert not same(seen([(True, "x", "a")]), seen([(1, "x", "a")]))
    assert not alike(True, 1)


def test_a_formula_is_sent_as_what_it_shows():
    one = view(Grid([["Case", "Note", "_rid"], ["c", 4, "r"]], frozenset({(1, 1)})), OURS)
    assert one.lines == (("c", [4], "r"),)


def test_a_row_in_work_is_held_back_and_no_other():
    before, now = (
        seen([("a", "x", "1"), ("b", "x", "2")]),
        seen([("a", "y", "1"), ("b", "y", "2"), ("new", None, None)]),
    )
    held, since = held_back(now, before, 3, {}, 100.0, 20.0)
    assert held.lines == (("a", "y", "1"), ("b", "x", "2"), ("new",))
    again, since = held_back(now, before, 3, since, 119.0, 20.0)
    assert again.lines[1] == ("b", "x", "2")
    assert held_back(now, before, 3, since, 120.0, 20.0)[0] == now, "not for ever"
    assert held_back(now, before, 4, {}, 100.0, 20.0)[0].lines[2] == (), (
        "a new row is left empty until the cursor leaves"
    )
    assert held_back(now, before, 9, {}, 100.0, 20.0)[0] == now
