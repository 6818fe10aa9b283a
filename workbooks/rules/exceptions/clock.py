"""The recipient must be contacted within two hours of the failed attempt's completion.

The clock runs day and night unless the policy says it pauses in quiet hours; waiting for the client moves the
due moment by as long as the wait lasted. It is counted in real time, so a night when clocks change is no longer
and no shorter. A breach, once it happened, stays (golden example G13).
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workbooks import localtime


def due(
    start: datetime,
    minutes: int,
    paused_min: int = 0,
    quiet: tuple[time, time] | None = None,
    zone: ZoneInfo | None = None,
) -> datetime:
    """The moment by which first contact must have been made; `start` is aware.

    `quiet` (from, until) pauses the clock in the wall clock of `zone`; None lets it run all night.
    """
    left = timedelta(minutes=minutes + paused_min)
    if quiet is None or zone is None or quiet[0] == quiet[1]:
        return start + left
    moment = start
    for _ in range(366):
        pause_from, pause_until = _quiet_period(moment, quiet, zone)
        if pause_from <= moment < pause_until:
            moment = pause_until
            continue
        if moment + left <= pause_from:
            return moment + left
        left -= pause_from - moment
        moment = pause_until
    return moment + left


def _quiet_period(moment: datetime, quiet: tuple[time, time], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The quiet period that `moment` lies in, or else the next one."""
    day: date = localtime.to_wall(moment, zone).date() - timedelta(days=1)
    for _ in range(3):
        start, _ = localtime.to_utc(datetime.combine(day, quiet[0]), zone)
        last = day + timedelta(days=1) if quiet[1] <= quiet[0] else day
        end, _ = localtime.to_utc(datetime.combine(last, quiet[1]), zone)
        if moment < end:
            return start, end
        day += timedelta(days=1)
    raise AssertionError("a quiet period begins every day")


def breached(due_at: datetime | None, met_at: datetime | None, now: datetime, waiting: bool, before: bool) -> bool:
    """TRUE once `due_at` passed without contact (or another end) by then; never goes back to FALSE."""
    if before:
        return True
    if due_at is None or (waiting and met_at is None):
        return False
    return (met_at or now) > due_at
