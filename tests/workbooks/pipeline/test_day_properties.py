"""Whatever a day brings, reconciliation holds: every stop in one outcome, every scan in one row, twice is the same."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import worlds
from tests.worlds import DAY, local
from workbooks.books import Books
from workbooks.pipeline.day import close_day
from workbooks.rules.manifest import changes
from workbooks.tables import TABLES
from workbooks.tables.flag_rules import FLAGS

STOPS = tuple(f"S{n}" for n in range(1, 7))
DRIVERS = ("D-017", "D-022", "D-030")
EVENING = local("23:00")


@st.composite
def days(draw):
    """A day with random plan changes and scans, some of stops nobody planned, some by accounts nobody knows."""
    events, where = [], {}
    for code, driver in (("R1", "D-017"), ("R2", "D-022")):
        events += changes.swap(worlds.route(code), None, driver, local("06:30"))
    for n, stop_id in enumerate(draw(st.lists(st.sampled_from(STOPS), unique=True))):
        code = draw(st.sampled_from(("R1", "R2")))
        where[stop_id] = code
        events.append(changes.event("ADD", worlds.route(code), local("06:40"), stop_id=stop_id, after=n + 1))
    for minute in range(draw(st.integers(0, 5))):
        at = local("08:00") + timedelta(minutes=minute * 37)
        kind = draw(st.sampled_from(("move", "cancel", "swap", "remove")))
        stop_id = draw(st.sampled_from(STOPS))
        code = where.get(stop_id)
        if kind == "swap":
            events += changes.swap(worlds.route("R1"), None, draw(st.sampled_from(DRIVERS)), at)
        elif code is not None and kind == "move":
            where[stop_id] = "R2" if code == "R1" else "R1"
            events += changes.move(stop_id, worlds.route(code), worlds.route(where[stop_id]), at)
        elif code is not None and kind == "remove":
            events += changes.move(stop_id, worlds.route(code), None, at)
            del where[stop_id]
        elif code is not None:
            events.append(changes.event("CANCEL", worlds.route(code), at, stop_id=stop_id))
    scans = []
    for n in range(draw(st.integers(0, 12))):
        at = local("07:30") + timedelta(minutes=draw(st.integers(0, 700)))
        known = draw(st.booleans())
        scans.append({
            "attempt_id": f"G-{n}", "market_id": "CHI", "service_date": DAY, "stop_id": draw(st.sampled_from((*STOPS, "X1"))),
            "driver_id": draw(st.sampled_from(DRIVERS)) if known else None, "raw_driver": None if known else "drv_1",
            "platform": "CIRCUIT", "status": "RAW", "source": "CSV", "completed_at": at,
            "arrived_at": draw(st.sampled_from((None, at - timedelta(minutes=4), at + timedelta(minutes=4)))),
            "outcome": draw(st.sampled_from(("DELIVERED", "DELIVERED", "PARTIAL", "FAILED", "CANCELLED_ON_BOARD"))),
            "pkgs_delivered": draw(st.sampled_from((None, 0, 1, 2, 3))),
        })  # fmt: skip
    stops = [worlds.stop(s, f"CHI-{DAY}-{where[s]}" if s in where else None, pkgs=2) for s in STOPS]
    return worlds.masters(
        manifest=[worlds.route("R1"), worlds.route("R2")], manifest_events=events, stops=stops, attempts=scans
    )


def applied(rows, wanted):
    """The rows after what is wanted was written."""
    after = {name: [dict(row) for row in given] for name, given in rows.items()}
    for name, changed in wanted.rows.items():
        table = TABLES[name]
        known = {table.key_of(row): row for row in after.setdefault(name, [])}
        for row in changed:
            known.setdefault(table.key_of(row), {}).update(row)
        gone = set(wanted.gone.get(name, ()))
        after[name] = [row for key, row in known.items() if key not in gone]
    return after


@settings(max_examples=300)
@given(days())
def test_every_stop_is_in_exactly_one_outcome_and_no_scan_is_lost(rows):
    wanted = close_day(Books.of(rows), "CHI", DAY, EVENING)
    recon = wanted.rows["recon"]
    stops = [row["stop_id"] for row in recon]
    assert len(stops) == len(set(stops))
    assert {scan["stop_id"] for scan in rows["attempts"]} <= set(stops)
    assert {row["attempt_id"] for row in wanted.rows.get("attempts", [])} == {
        scan["attempt_id"] for scan in rows["attempts"]
    }
    duplicates = sum(row["dup_scan"] for row in wanted.rows.get("attempts", []))
    assert sum(row["attempts"] for row in recon) + duplicates == len(rows["attempts"])
    for row in recon:
        assert row["outcome"] in ("DELIVERED", "PARTIAL", "FAILED", "CANCELLED", "MISSING")
        assert row["flags"] == ("MATCH",) or "MATCH" not in row["flags"]
        assert list(row["flags"]) == sorted(row["flags"], key=FLAGS.index)
        assert (row["status"] == "OPEN") == bool(row["waits_for"])
        assert (row["outcome"] == "MISSING") == (row["flags"] == ("MISSING_SCAN",) or "MISSING_SCAN" in row["flags"])


@settings(max_examples=150)
@given(days())
def test_reconciling_twice_changes_nothing(rows):
    first = close_day(Books.of(rows), "CHI", DAY, EVENING)
    second = close_day(Books.of(applied(rows, first)), "CHI", DAY, EVENING + timedelta(hours=1))
    assert second.rows.get("recon") == first.rows.get("recon")
    assert not second.gone.get("recon")
    assert {r["attempt_id"]: r for r in second.rows.get("attempts", [])} == {
        r["attempt_id"]: r for r in first.rows.get("attempts", [])
    }
    assert second.rows.get("manifest") == first.rows.get("manifest")


@settings(max_examples=150)
@given(days(), st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(rows, shuffler):
    shuffled = {name: list(given) for name, given in rows.items()}
    for given_rows in shuffled.values():
        shuffler.shuffle(given_rows)
    one, other = (close_day(Books.of(each), "CHI", DAY, EVENING) for each in (rows, shuffled))
    assert one.rows.get("recon") == other.rows.get("recon")


@settings(max_examples=100)
@given(days())
def test_in_the_middle_of_the_day_a_stop_without_scan_is_still_out_not_missing(rows):
    noon = close_day(Books.of(rows), "CHI", DAY, local("12:00"))
    assert not [row for row in noon.rows["recon"] if row["outcome"] == "MISSING"]
