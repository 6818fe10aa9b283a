"""Golden example G13: the two-hour clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from workbooks.rules.exceptions.act import act
from workbooks.rules.exceptions.clock import breached, due

LA = ZoneInfo("America/Los_Angeles")
QUIET = (time(21), time(8))


def la(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LA).astimezone(UTC)


def test_all_night_the_case_of_20_50_is_due_at_22_50():
    assert due(la("2026-03-06 20:50"), 120) == la("2026-03-06 22:50")


def test_pausing_in_quiet_hours_it_is_due_at_9_50_next_morning():
    assert due(la("2026-03-06 20:50"), 120, quiet=QUIET, zone=LA) == la("2026-03-07 09:50")


def test_an_email_at_21_20_meets_the_clock():
    assert not breached(
        la("2026-03-06 22:50"), la("2026-03-06 21:20"), la("2026-03-08 12:00"), waiting=False, before=False
    )


def test_waiting_47_minutes_for_the_client_moves_the_due_moment_by_as_long():
    case = {"status": "NEW", "due_2h": due(la("2026-03-09 10:05"), 120), "paused_min": 0}
    waiting, problem = act(case, "WAIT_CLIENT", la("2026-03-09 10:30"), la("2026-03-09 12:30"))
    assert problem is None
    resumed, problem = act({**case, **waiting}, "RESUME", la("2026-03-09 11:17"), la("2026-03-09 13:17"))
    assert problem is None
    assert resumed["due_2h"] == la("2026-03-09 12:52")
    assert resumed["paused_min"] == 47


def test_the_night_clocks_go_forward_two_hours_stay_two_hours():
    assert due(la("2026-03-08 01:10"), 120).astimezone(LA).isoformat() == "2026-03-08T04:10:00-07:00"


def test_reopening_starts_a_new_clock_and_keeps_the_breach():
    case = {
        "status": "CLOSED",
        "due_2h": la("2026-03-06 22:50"),
        "breached": True,
        "reopen_count": 0,
        "first_contact_at": la("2026-03-07 09:00"),
    }
    changed, problem = act(case, "REOPEN", la("2026-03-09 10:00"), la("2026-03-09 12:00"))
    assert problem is None
    assert (changed["status"], changed["due_2h"], changed["first_contact_at"], changed["reopen_count"]) == (
        "REOPENED",
        la("2026-03-09 12:00"),
        None,
        1,
    )
    assert "breached" not in changed
    assert breached(changed["due_2h"], None, la("2026-03-09 10:01"), waiting=False, before=True)


def test_contacted_stamps_the_first_contact_once():
    first, _ = act(
        {"status": "NEW", "due_2h": la("2026-03-06 22:50")}, "CONTACTED", la("2026-03-06 21:20"), la("2026-03-06 23:20")
    )
    assert (first["status"], first["first_contact_at"], first["action"]) == ("CONTACTING", la("2026-03-06 21:20"), None)
    again, _ = act(
        {"status": "CONTACTING", "first_contact_at": la("2026-03-06 21:20")},
        "CONTACTED",
        la("2026-03-06 22:00"),
        la("2026-03-07 00:00"),
    )
    assert "first_contact_at" not in again


def test_an_action_that_is_not_possible_says_what_is():
    changed, problem = act({"status": "CLOSED"}, "CONTACTED", la("2026-03-06 22:00"), la("2026-03-07 00:00"))
    assert changed == {"action": None}
    assert str(problem) == "CONTACTED is not possible while the case is CLOSED. Possible now: REOPEN."
    _, problem = act({"status": "NEW"}, "SCHEDULE", la("2026-03-06 22:00"), la("2026-03-07 00:00"))
    assert str(problem) == "SCHEDULE needs Redeliver at. Fill Redeliver at and choose SCHEDULE again."


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(1, 600), st.integers(0, 500))  # noqa: DTZ001
def test_a_pausing_clock_counts_exactly_the_waking_minutes(start, minutes, paused):
    start = start.replace(microsecond=0, tzinfo=UTC)
    end = due(start, minutes, paused, QUIET, LA)
    awake, moment = 0, start.replace(second=0)
    while moment < end.replace(second=0):
        clock = moment.astimezone(LA).time()
        awake += not (clock >= QUIET[0] or clock < QUIET[1])
        moment += timedelta(minutes=1)
    assert abs(awake - (minutes + paused)) <= 1
