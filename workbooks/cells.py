"""What a cell may hold: reading what people and files write, and showing it back.

`read` turns one raw cell (text from a CSV, a typed value from a workbook) into the value a column declares, or
raises `Bad` with one sentence. Nothing is guessed: a date that could be read two ways, a bare number for a
moment or a time without a zone is refused with the question to answer. `to_cell` is the reverse for workbooks,
`to_json`/`from_json` for the ledger, `to_text` for terminals, CSV and messages.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from workbooks import localtime
from workbooks.problems import Problem, Severity
from workbooks.schema import Column, Type

DIGITS = 18
"""digits before the point that a number may have; more come from a wrong column"""
MAX_CELL = 32_767
"""characters an Excel cell holds"""
MAX_ID = 255
ERRORS = frozenset({"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!",
                    "#GETTING_DATA", "#ERROR!"})  # fmt: skip
EARLIEST, LATEST = datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""moments outside are taken for a wrong unit, not for a delivery"""


@dataclass(frozen=True)
class Reading:
    """How ambiguous text is to be read: the answers a person or a profile gave.

    `zone`: zone of times without one. `dates`: YMD, MDY or DMY for 03/04/2026. `epoch`: "s" or "ms" for bare
    numbers that stand for a moment. None means nobody said, so such cells are refused.
    """

    zone: ZoneInfo | None = None
    dates: str | None = None
    epoch: str | None = None


class Bad(ValueError):  # noqa: N818 - a value that is bad, not a failure of the program
    """A cell that cannot be read: `what` is wrong and the `remedy`."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass
class Notes:
    """Collects warnings while a cell is read."""

    warnings: list[str] = field(default_factory=list)


_SPACES = re.compile(r"[\u00a0\u2007\u202f]")
_INVISIBLE = re.compile(r"[\u200b\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def clean(text: str) -> str:
    """Text as people meant it: no-break spaces become spaces, invisible characters go, the ends are trimmed."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _INVISIBLE.sub("", _SPACES.sub(" ", text)).strip()


def shown(raw: Any) -> str:
    """A raw cell as a person would quote it, cut to 60 characters."""
    if isinstance(raw, float):
        text = f"{raw:.0f}" if raw.is_integer() else f"{raw:.15g}"
    else:
        text = to_text(raw) if not isinstance(raw, str) else raw
    return text if len(text) <= 60 else text[:57] + "…"


def _text(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    if isinstance(raw, str):
        if len(raw) > MAX_CELL:
            raise Bad(f"{len(raw):,} characters are more than a cell holds ({MAX_CELL:,})", "Shorten it")
        if "\ufffd" in raw:
            raise Bad(f"“{shown(raw)}” has lost letters (\ufffd)", "Export the file again as UTF-8, or type the text")
        return clean(raw) or None
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return f"{raw:.15g}" if not raw.is_integer() else f"{raw:.0f}"
    return to_text(raw)


def _id(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    if isinstance(raw, (datetime, date, time)):
        raise Bad(
            f"“{shown(raw)}” is a date, but an id belongs here", "Format the column as text and type the id again"
        )
    if isinstance(raw, (int, float)) and not isinstance(raw, bool) and abs(raw) >= 10**15:
        raise Bad(
            "the number has lost digits (a spreadsheet keeps 15)", "Format the column as text and paste the id again"
        )
    text = _text(raw, column, how, notes)
    if text is not None and len(text) > MAX_ID:
        raise Bad(f"an id has at most {MAX_ID} characters", "Shorten it")
    return text


def _enum(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    text = _text(raw, column, how, notes)
    if text is None:
        return None
    if text in column.enum:
        return text
    wanted = re.sub(r"[\s\-]+", "_", text).upper()
    for choice in column.enum:
        if choice.upper() == wanted:
            return choice
    near = difflib.get_close_matches(wanted, column.enum, n=1)
    choices = ", ".join(column.enum) if len(column.enum) <= 12 else ", ".join(column.enum[:12]) + " …"
    raise Bad(f"“{shown(text)}” is not one of the choices", f"Did you mean {near[0]}?" if near else f"Choose {choices}")


def _set(raw: Any, column: Column, how: Reading, notes: Notes) -> tuple[str, ...] | None:
    text = _text(raw, column, how, notes)
    if text is None:
        return None
    chosen = {_enum(part, column, how, notes) for part in re.split(r"[,;|]", text) if clean(part)}
    return tuple(choice for choice in column.enum if choice in chosen) or None


_NUMBER = re.compile(r"^(?P<sign>[-+]?)\$?(?P<body>(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+)$")


def _number(raw: Any, notes: Notes) -> Decimal | None:
    if isinstance(raw, bool):
        raise Bad("TRUE/FALSE is not a number", "Type the number")
    if isinstance(raw, float):
        value = Decimal(f"{raw:.15g}")
    elif isinstance(raw, (int, Decimal)):
        value = Decimal(raw)
    elif isinstance(raw, str):
        text = clean(raw)
        if not text:
            return None
        value = _number_text(text)
    else:
        raise Bad(f"“{shown(raw)}” is a date or a time, but a number belongs here", "Format the cell as a number")
    if value and value.adjusted() >= DIGITS:  # more than arithmetic of 28 digits can round
        raise Bad(f"“{shown(raw)}” has more than {DIGITS} digits", "Type the number")
    return value


def _number_text(text: str) -> Decimal:
    negative = text.startswith("(") and text.endswith(")")
    body = text[1:-1] if negative else text.replace("\u2212", "-")
    match = _NUMBER.match(body.replace(" ", ""))
    if not match:
        decimal_comma = re.match(r"^[\d.]+,\d+$", body)
        hint = "Write the decimals with a point, as in 12.50" if decimal_comma else "Type a plain number"
        raise Bad(f"“{shown(text)}” is not a number", hint)
    value = Decimal((match["sign"] or "") + match["body"].replace(",", ""))
    return -value if negative else value


def _int(raw: Any, column: Column, how: Reading, notes: Notes) -> int | None:
    value = _number(raw, notes)
    if value is None:
        return None
    if value != value.to_integral_value():
        raise Bad(f"“{shown(raw)}” is not a whole number", "Type a whole number")
    return int(value)


def _dec(raw: Any, column: Column, how: Reading, notes: Notes) -> Decimal | None:
    value = _number(raw, notes)
    if value is None:
        return None
    places = PLACES.get(column.type, column.places)
    if value != round(value, places):
        raise Bad(f"“{shown(raw)}” has more than {places} decimals", f"Write it with at most {places}")
    return round(value, places)


def _pct(raw: Any, column: Column, how: Reading, notes: Notes) -> Decimal | None:
    if isinstance(raw, str) and clean(raw).endswith("%"):
        value = _number(clean(raw)[:-1], notes)
        return None if value is None else _dec(value / 100, column, how, notes)
    value = _number(raw, notes)
    if value is not None and abs(value) > 2:
        raise Bad(f"“{shown(raw)}” would mean {value * 100:f} %", f"Write {value:f}% or {value / 100:f}")
    return _dec(value, column, how, notes) if value is not None else None


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


def _date(raw: Any, column: Column, how: Reading, notes: Notes) -> date | None:
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


def _time(raw: Any, column: Column, how: Reading, notes: Notes) -> time | None:
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


def _ts(raw: Any, column: Column, how: Reading, notes: Notes) -> datetime | None:
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


def _bool(raw: Any, column: Column, how: Reading, notes: Notes) -> bool | None:
    if isinstance(raw, bool):
        return raw
    text = (_text(raw, column, how, notes) or "").lower()
    if not text:
        return None
    if text in ("true", "yes", "y", "1", "x", "required"):
        return True
    if text in ("false", "no", "n", "0", "not_required", "-"):
        return False
    raise Bad(f"“{shown(raw)}” is neither yes nor no", "Write TRUE or FALSE")


def _zip(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    text = _id(raw, column, how, notes)
    if text is None:
        return None
    match = re.match(r"^(\d{3,5})(?:-\d{4})?$|^(\d{3,5})\d{4}$", text, re.ASCII)  # 606051234 is 60605-1234
    if not match:
        raise Bad(f"“{shown(text)}” is not a ZIP code", "Write the five digits as text")
    digits = match[1] or match[2]
    if len(digits) < 5:
        notes.warnings.append(f"“{text}” has lost its leading zero; read as {digits.zfill(5)}")
    return digits.zfill(5)


# what most numbers look like; the library says the same of them, a hundred times slower
_US_PHONE = re.compile(r"^(?:\+?1[-. ]?)?\(?([2-9]\d{2})\)?[-. ]?([2-9]\d{2})[-. ]?(\d{4})$", re.ASCII)


def _phone(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    text = _id(raw, column, how, notes)
    if text is None:
        return None
    if us := _US_PHONE.match(text):
        return f"+1{us[1]}{us[2]}{us[3]}"
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        notes.warnings.append(f"“{shown(text)}” is not a phone number that can be called")
        return text
    plain: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain} ext. {number.extension}" if number.extension else plain


def _email(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    text = _text(raw, column, how, notes)
    if text is not None and not re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", text):
        raise Bad(f"“{shown(text)}” is not an e-mail address", "Write it as name@company.com")
    return text


def _zone(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    text = _text(raw, column, how, notes)
    if text is not None:
        try:
            localtime.zone(text)
        except ValueError as error:
            raise Bad(*str(error).split("; ")) from None
    return text


def _url(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    text = _text(raw, column, how, notes)
    if text is not None and not re.match(r"^(https?://|[\w ./\\-]+$)", text):
        raise Bad(
            f"“{shown(text)}” is neither a web address nor a file name", "Paste an address that begins with https://"
        )
    return text


Reader = Callable[[Any, Column, Reading, Notes], Any]
_READERS: dict[Type, Reader] = {
    Type.ID: _id, Type.TEXT: _text, Type.ENUM: _enum, Type.SET: _set, Type.INT: _int, Type.DEC: _dec,
    Type.MONEY: _dec, Type.PCT: _pct, Type.DATE: _date, Type.TIME: _time, Type.TS: _ts, Type.BOOL: _bool,
    Type.ZIP: _zip, Type.PHONE: _phone, Type.EMAIL: _email, Type.ZONE: _zone, Type.URL: _url,
}  # fmt: skip
PLACES = {Type.MONEY: 2, Type.PCT: 6}
TEXT_TYPES = frozenset({Type.ID, Type.TEXT, Type.ENUM, Type.SET, Type.ZIP, Type.PHONE, Type.EMAIL, Type.ZONE, Type.URL})
"""types that stand as text in a cell, so that 00123, 1-2 and 1E5 stay what they are"""


def read(raw: Any, column: Column, how: Reading = Reading(), notes: Notes | None = None) -> Any:
    """The value of one raw cell under `column`; None for an empty one; raises `Bad`."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, str) and raw in ERRORS:
        raise Bad(f"the cell holds the error {raw}", "Repair the formula or type the value")
    if isinstance(raw, float) and not isfinite(raw):
        raise Bad("this is not a number", "Type the value")
    return _READERS[column.type](raw, column, how, notes or Notes())


def read_column(
    raws: Sequence[Any], column: Column, how: Reading = Reading()
) -> tuple[list[Any], dict[int, list[Problem]]]:
    """A whole column: the values (None where bad) and, by position, the problems of single cells.

    Equal raw cells are read once: a day's file repeats most of what it holds. A column of plain text is taken as
    it is.
    """
    if column.type in (Type.ID, Type.TEXT) and _is_plain(raws):
        return [raw or None for raw in raws], {}
    keys: Sequence[Any] = raws
    if len(_NUMBERS.intersection(map(type, raws))) > 1:  # 1, 1.0 and TRUE are equal, but not the same cell
        keys = [(raw.__class__, raw) for raw in raws]
    judged: dict[Any, tuple[Any, list[Problem]]] = {}
    for key, raw in dict(zip(keys, raws, strict=True)).items():
        judged[key] = (None, []) if raw is None or raw == "" else _judge(raw, column, how)
    values = [judged[key][0] for key in keys]
    if not any(found for _, found in judged.values()):
        return values, {}
    return values, {position: found for position, key in enumerate(keys) if (found := judged[key][1])}


_NUMBERS = frozenset({bool, int, float, Decimal})


def _is_plain(raws: Sequence[Any]) -> bool:
    """True when all cells are short visible ASCII text without blanks at the ends: nothing to clean, nothing wrong."""
    try:
        lines = "\n".join(raws)
    except TypeError:
        return False
    return (
        lines.isascii()
        and lines.count("\n") == max(0, len(raws) - 1)
        and not any(odd in lines for odd in ("#", "\n ", " \n"))
        and lines.strip(" ") == lines
        and lines.replace("\n", "").isprintable()
        and max(map(len, raws), default=0) <= MAX_ID
    )


def _judge(raw: Any, column: Column, how: Reading) -> tuple[Any, list[Problem]]:
    notes = Notes()
    try:
        value = read(raw, column, how, notes)
    except Bad as bad:
        return None, [Problem(bad.what, bad.remedy, value=shown(raw), column=column.name)]
    warnings = [
        Problem(text, value=shown(raw), column=column.name, severity=Severity.WARNING) for text in notes.warnings
    ]
    return value, warnings


def to_cell(value: Any, zone: ZoneInfo | None = None) -> Any:
    """A value as a workbook cell: text, int, float, bool, date, naive datetime in `zone`, time or None."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(zone or UTC).replace(tzinfo=None)
    if isinstance(value, tuple):
        return ", ".join(value)
    return value


def same_cell(one: Any, other: Any, zone: ZoneInfo | None) -> bool:
    """True when both values look the same in a cell, which is what a person can have meant."""
    return bool(one == other or to_cell(one, zone) == to_cell(other, zone))


def to_json(value: Any) -> Any:
    """A value as the ledger keeps it: text, int, bool, list or None; exact."""
    if value.__class__ in _AS_IT_IS:
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()[:19] + "Z"
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, (str, int)):
        return value
    return value.isoformat()


_AS_IT_IS = frozenset({type(None), str, bool, int})
_FROM_JSON: dict[Type, Callable[[Any], Any]] = {
    Type.DEC: Decimal, Type.MONEY: Decimal, Type.PCT: Decimal,
    Type.TS: lambda text: datetime.fromisoformat(text),
    Type.DATE: date.fromisoformat, Type.TIME: time.fromisoformat, Type.SET: tuple,
}  # fmt: skip


def from_json(value: Any, column: Column) -> Any:
    """The reverse of `to_json` under `column`."""
    convert = _FROM_JSON.get(column.type)
    return value if value is None or convert is None else convert(value)


def to_text(value: Any, zone: ZoneInfo | None = None) -> str:
    """A value for a terminal, a CSV file or a sentence; moments in `zone` (UTC with a Z when none is given)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.strftime("%Y-%m-%d %H:%M:%S")
        return (
            localtime.to_wall(value, zone).strftime("%Y-%m-%d %H:%M:%S")
            if zone
            else value.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def with_zone(how: Reading, zone: ZoneInfo | None) -> Reading:
    """`how`, with `zone` for times without one."""
    return replace(how, zone=zone)
