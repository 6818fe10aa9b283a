"""Reading days, times and moments; nothing that could be read two ways is guessed."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from workbooks import localtime
from workbooks.cells.common import Bad, Notes, Reading, clean, shown
from workbooks.schema import Column

EARLIEST, LATEST = datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""moments outside are taken for a wrong unit, not for a delivery"""
_MONTHS = dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13), strict=True))  # noqa: SIM905
_ISO_DATE = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$")
_NUMERIC_DATE = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})$")
_NAMED_DATE = re.compile(
    r"^(?:(?P<d1>\d{1,2})[- ](?P<m1>[A-Za-z]{3})[a-z]*|(?P<m2>[A-Za-z]{3})[a-z]* (?P<d2>\d{1,2}))[-, ]+(?P<y>\d{4})$"
)
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?$")
_STAMP = re.compile(r"^(?P<date>.+?)[T ,]+(?P<clock>\d{1,2}:\d{2}.*?)\s*(?P<offset>Z|z|UTC|[+-]\d{2}:?\d{2})?$")
_MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?(?: ?Z)?$")


def is_clock(text: str) -> bool:
    """True for a time of day without a date, such as 14:30 or 2:30 PM."""
    return _CLOCK.match(text.strip("\"'")) is not None


def is_naive(text: str) -> bool:
    """True for a date with a time of day that does not say its zone, such as 2026-03-31 14:30."""
    match = _STAMP.match(text.strip("\"'"))
    return match is not None and not match["offset"]


def date_parts(text: str) -> tuple[int, int, int] | None:
    """(first, second, year) of a purely numeric date such as 03/04/2026, else None: who is month is not known yet."""
    match = _NUMERIC_DATE.match(text.split("T")[0].split(" ")[0].strip("\"' "))
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _read_date_text(text: str, how: Reading) -> date:
    if iso := _ISO_DATE.match(text):
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
    elif numeric := _NUMERIC_DATE.match(text):
        first, second, year = int(numeric[1]), int(numeric[2]), int(numeric[3])
        year += 2000 if year < 100 else 0
        if how.dates not in ("MDY", "DMY"):
            raise Bad(f"“{text}” can be read month first or day first",
                      "Import again and say which with --dates MDY or --dates DMY")  # fmt: skip
        month, day = (first, second) if how.dates == "MDY" else (second, first)
    elif named := _NAMED_DATE.match(text):
        month = _MONTHS.get((named["m1"] or named["m2"]).lower(), 0)
        day, year = int(named["d1"] or named["d2"]), int(named["y"])
    else:
        raise Bad(f"“{shown(text)}” is not a date", "Write it as 2026-03-31")
    try:
        return date(year, month, day)
    except ValueError:
        other = {"MDY": "month first", "DMY": "day first"}.get(how.dates or "", "")
        said = f" (dates are read {other} here)" if other and not iso else ""
        raise Bad(f"“{text}” is not a date that exists{said}", "Write it as 2026-03-31") from None


def as_date(raw: Any, column: Column, how: Reading, notes: Notes) -> date | None:
    """A day."""
    if isinstance(raw, datetime):
        if raw.time() != time(0):
            raise Bad(f"“{shown(raw)}” carries a time, but only a date belongs here", "Remove the time")
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, (int, float)):
        raise Bad(f"the bare number {shown(raw)} is not a date", "Format the column as a date")
    if not isinstance(raw, str):
        raise Bad(f"“{shown(raw)}” is not a date", "Write it as 2026-03-31")
    text = _MIDNIGHT.sub("", clean(raw).strip("\"'"))
    return _read_date_text(text, how) if text else None


def _clock(text: str) -> time:
    match = _CLOCK.match(text)
    if not match:
        raise Bad(f"“{shown(text)}” is not a time of day", "Write it as 14:30")
    hour, minute, second, half = int(match[1]), int(match[2]), int(match[3] or 0), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise Bad(f"“{text}” is not a time of day", "Write it as 14:30")
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise Bad(f"“{text}” is not a time of day", "Write it as 14:30") from None


def as_time(raw: Any, column: Column, how: Reading, notes: Notes) -> time | None:
    """A time of day."""
    if isinstance(raw, datetime):
        return raw.time().replace(microsecond=0)
    if isinstance(raw, time):
        return raw.replace(microsecond=0, tzinfo=None)
    if isinstance(raw, timedelta):
        raw = raw.total_seconds() / 86_400
    if isinstance(raw, (int, float)) and not isinstance(raw, bool) and 0 <= raw < 1:
        seconds = round(raw * 86_400)
        return time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    if not isinstance(raw, str):
        raise Bad(f"“{shown(raw)}” is not a time of day", "Write it as 14:30")
    text = clean(raw).strip("\"'")
    return _clock(text) if text else None


def _epoch(raw: float, how: Reading) -> datetime:
    if how.epoch not in ("s", "ms"):
        raise Bad(f"the bare number {shown(raw)} can be seconds or milliseconds",
                  "Import again and say which with --epoch s or --epoch ms")  # fmt: skip
    seconds = int(raw) // 1000 if how.epoch == "ms" else int(raw)
    other = int(raw) if how.epoch == "ms" else int(raw) // 1000
    if not EARLIEST.timestamp() <= seconds < LATEST.timestamp():
        unit = {"s": "seconds", "ms": "milliseconds"}
        if EARLIEST.timestamp() <= other < LATEST.timestamp():
            right = "s" if how.epoch == "ms" else "ms"
            raise Bad(f"{shown(raw)} is no plausible moment in {unit[how.epoch]}",
                      f"It looks like {unit[right]}: import again with --epoch {right}")  # fmt: skip
        raise Bad(f"{shown(raw)} is no plausible moment", "Check the column")
    return datetime.fromtimestamp(seconds, UTC)


def _zoned(wall: datetime, how: Reading, notes: Notes) -> datetime:
    if how.zone is None:
        raise Bad(f"“{wall:%Y-%m-%d %H:%M}” does not say in which time zone it is",
                  "Import again with --timezone, such as --timezone America/Chicago")  # fmt: skip
    moment, warning = localtime.to_utc(wall.replace(microsecond=0), how.zone)
    if warning:
        notes.warnings.append(warning)
    return moment


def as_moment(raw: Any, column: Column, how: Reading, notes: Notes) -> datetime | None:
    """A moment, in UTC and whole seconds."""
    if isinstance(raw, datetime):
        if raw.tzinfo is not None:
            return raw.astimezone(UTC).replace(microsecond=0)
        # a spreadsheet keeps moments as fractions of a day, so whole seconds come back a hair off
        return _zoned((raw + timedelta(milliseconds=1)).replace(microsecond=0), how, notes)
    if isinstance(raw, date):
        return _zoned(datetime.combine(raw, time(0)), how, notes)
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return _epoch(raw, how)
    if not isinstance(raw, str):
        raise Bad(f"“{shown(raw)}” is not a date and time", "Write it as 2026-03-31 14:30")
    text = clean(raw).strip("\"'")
    if not text:
        return None
    if text.isdigit() and len(text) >= 9:
        return _epoch(int(text), how)
    match = _STAMP.match(text)
    if not match:
        raise Bad(f"“{shown(text)}” is not a date and time", "Write it as 2026-03-31 14:30")
    wall = datetime.combine(_read_date_text(match["date"], how), _clock(match["clock"]))
    if offset := match["offset"]:
        if offset in ("Z", "z", "UTC"):
            return wall.replace(tzinfo=UTC)
        hours, minutes = int(offset[1:3]), int(offset[-2:])
        away = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
        return wall.replace(tzinfo=UTC) - away
    return _zoned(wall, how, notes)
