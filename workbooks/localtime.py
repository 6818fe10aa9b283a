"""The one place where local and universal time meet.

The ledger holds UTC, whole seconds. People read and type the market's wall clock. A wall-clock time that
occurs twice (clocks go back) means its first pass; one that never occurs (clocks go forward) moves over the
gap; both come with a sentence, because the reader should know (domain rule G6, cases d, e, j).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ZERO = datetime(1970, 1, 1)  # noqa: DTZ001 - on every wall clock


@lru_cache(maxsize=128)
def zone(name: str) -> ZoneInfo:
    """The IANA zone `name`; ValueError with a sentence when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, IsADirectoryError) as error:
        raise ValueError(f"“{name}” is not a time zone; write one such as America/Chicago") from error


def to_utc(wall: datetime, tz: ZoneInfo) -> tuple[datetime, str | None]:
    """A naive wall-clock time in `tz` as UTC, with a warning where that clock time is doubled or missing."""
    if (zero := _steady(wall.date(), tz)) is not None:
        return zero + (wall - _ZERO), None
    first = wall.replace(tzinfo=tz, fold=0)
    second = wall.replace(tzinfo=tz, fold=1)
    utc = first.astimezone(UTC)
    if first.utcoffset() == second.utcoffset():
        return utc, None
    if utc.astimezone(tz).replace(tzinfo=None) != wall:
        moved = utc.astimezone(tz)
        return utc, f"{wall:%Y-%m-%d %H:%M} does not exist in {tz.key} (clocks go forward); read as {moved:%H:%M}"
    return utc, f"{wall:%Y-%m-%d %H:%M} occurs twice in {tz.key} (clocks go back); read as the first"


def each_to_utc(walls: Iterable[datetime | None], tz: ZoneInfo) -> list[datetime | None]:
    """`to_utc` of many wall-clock times without their warnings; None stays."""
    return [
        None if wall is None
        else zero + (wall - _ZERO) if (zero := _steady(wall.date(), tz)) is not None
        else to_utc(wall, tz)[0]
        for wall in walls
    ]  # fmt: skip


@lru_cache(4096)
def _steady(day: date, tz: ZoneInfo) -> datetime | None:
    """The moment of `_ZERO` at the distance from UTC that holds all day; None on a day when clocks change."""
    if day == date.max:
        return None
    begins, ends = (datetime.combine(each, time(0), tz).utcoffset() for each in (day, day + timedelta(days=1)))
    return _ZERO.replace(tzinfo=UTC) - begins if begins is not None and begins == ends else None


def to_wall(moment: datetime, tz: ZoneInfo) -> datetime:
    """An aware `moment` as the naive wall-clock time in `tz`."""
    return moment.astimezone(tz).replace(tzinfo=None)


def operating_day(moment: datetime, tz: ZoneInfo, cutover: time = time(4, 0)) -> date:
    """The route day `moment` belongs to: before `cutover`, local time, it is still yesterday's."""
    wall = to_wall(moment, tz)
    return (wall - timedelta(days=1)).date() if wall.time() < cutover else wall.date()


def operating_day_bounds(day: date, tz: ZoneInfo, cutover: time = time(4, 0)) -> tuple[datetime, datetime]:
    """First moment of operating day `day` and of the next one, both UTC."""
    start, _ = to_utc(datetime.combine(day, cutover), tz)
    end, _ = to_utc(datetime.combine(day + timedelta(days=1), cutover), tz)
    return start, end
