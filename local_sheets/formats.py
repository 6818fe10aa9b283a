"""How a value looks: number format patterns, dates, and the automatic format.

Patterns follow the published token table of Sheets number formats. The locale is en_US; another locale of the
spreadsheet changes nothing here (unverified, and said so on the coverage page).
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

Json = dict[str, Any]

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - serial days carry no zone
DATE_TYPES = {"DATE", "TIME", "DATE_TIME"}
DEFAULT_PATTERNS = {
    "NUMBER": "#,##0.00",
    "PERCENT": "0.00%",
    "CURRENCY": '"$"#,##0.00',
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss am/pm",
    "DATE_TIME": "m/d/yyyy h:mm:ss",
    "SCIENTIFIC": "0.00E+00",
    "TEXT": "@",
}
MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905


def number_format(cell_format: Json | None) -> Json:
    """The number format of a cell format; empty when automatic."""
    found: Json = (cell_format or {}).get("numberFormat", {})
    return found


def is_date(cell_format: Json | None) -> bool:
    """Whether a number in this format is a date, a time or both."""
    return number_format(cell_format).get("type") in DATE_TYPES


def is_text(cell_format: Json | None) -> bool:
    """Whether the cell is set to plain text: what is typed stays text."""
    return number_format(cell_format).get("type") == "TEXT"


def serial(moment: datetime) -> float:
    """Days since 1899-12-30, as Sheets counts them."""
    return (moment - EPOCH) / timedelta(days=1)


def moment_of(number: float) -> datetime:
    """The date and time of a serial number, to the millisecond."""
    return EPOCH + timedelta(milliseconds=round(number * 86_400_000))


def show(value: str | float | bool | None, cell_format: Json | None) -> str:
    """The value as a person sees it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    spec = number_format(cell_format)
    kind = spec.get("type")
    pattern = spec.get("pattern") or DEFAULT_PATTERNS.get(kind or "", "")
    if not pattern or kind == "TEXT":
        return automatic(value)
    try:
        return _by_pattern(float(value), pattern)
    except OverflowError:
        return automatic(value)


def automatic(number: float) -> str:
    """The automatic format: at most ten decimals (recorded: 1/1024 shows whole), no trailing zeros."""
    if number == 0:
        return "0"
    if abs(number) >= 1e15 or abs(number) < 1e-9:
        mantissa, exponent = f"{number:.5E}".split("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{exponent[1:].lstrip('0').rjust(2, '0')}"
    text = f"{number:.10f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@lru_cache(maxsize=512)
def _sections(pattern: str) -> tuple[str, ...]:
    parts, now, quoted, at = [], "", False, 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            now += pattern[at : at + 2]
            at += 2
            continue
        if letter == '"':
            quoted = not quoted
        if letter == ";" and not quoted:
            parts.append(now)
            now = ""
        else:
            now += letter
        at += 1
    return (*parts, now)


_TOKENS = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<ampm>am/pm|a/p)|(?P<date>y+|m+|d+|h+|s+)|(?P<general>general)"
    r"|(?P<number>[#0?,.]*[#0?][#0?,.]*)|(?P<exp>e[+-]0+)|(?P<percent>%)|(?P<other>.)",
    re.IGNORECASE,
)


@lru_cache(maxsize=512)
def _tokens(section: str) -> tuple[tuple[str, str], ...]:
    found = []
    for match in _TOKENS.finditer(section):
        name = match.lastgroup or "other"
        found.append((name, match[name]))
    return tuple(found)


def _by_pattern(number: float, pattern: str) -> str:
    sections = _sections(pattern)
    section = sections[0]
    if len(sections) > 1 and number < 0:
        section, number = sections[1], -number
    elif len(sections) > 2 and number == 0:
        section = sections[2]
    tokens = _tokens(section)
    kinds = {name for name, _ in tokens}
    if "date" in kinds or "ampm" in kinds or any(n == "bracket" and v.lower() in "hhmmss" and v for n, v in tokens):
        return _date(number, tokens)
    return _number(number, tokens)


def _date(number: float, tokens: tuple[tuple[str, str], ...]) -> str:
    moment = moment_of(number)
    twelve = any(name == "ampm" for name, _ in tokens)
    out: list[str] = []
    after_hours = False
    for place, (name, text) in enumerate(tokens):
        low = text.lower()
        if name == "date":
            minutes = low[0] == "m" and (after_hours or _seconds_next(tokens, place))
            out.append(_date_part(moment, low, twelve, minutes))
            after_hours = low[0] == "h" or (after_hours and low[0] != "m")
        elif name == "bracket" and low[:1] in ("h", "m", "s"):
            total = {"h": number * 24, "m": number * 1440, "s": number * 86400}[low[0]]
            out.append(str(math.floor(total + 1e-6)).rjust(len(low), "0"))
            after_hours = low[0] == "h"
        elif name == "ampm":
            half = "PM" if moment.hour >= 12 else "AM"
            out.append(half if low == "am/pm" else half[0])
        elif name == "number" and text.startswith("."):
            out.append("." + f"{moment.microsecond // 1000:03d}"[: len(text) - 1])
        elif name in ("quoted", "escaped", "other", "number"):
            out.append(text)
        elif name == "space":
            out.append(" ")
    return "".join(out)


def _seconds_next(tokens: tuple[tuple[str, str], ...], place: int) -> bool:
    for name, text in tokens[place + 1 :]:
        if name == "date":
            return text[0].lower() == "s"
    return False


def _date_part(moment: datetime, part: str, twelve: bool, minutes: bool) -> str:
    letter, size = part[0], len(part)
    if letter == "y":
        return f"{moment.year % 100:02d}" if size <= 2 else f"{moment.year:04d}"
    if letter == "m" and not minutes:
        return _named(moment.month, MONTHS[moment.month - 1], size)
    if letter == "d":
        return _named(moment.day, DAYS[moment.weekday()], size)
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    number = {"h": hour, "m": moment.minute, "s": moment.second}[letter]
    return str(number).rjust(min(size, 2), "0")


def _named(number: int, name: str, size: int) -> str:
    if size <= 2:
        return str(number).rjust(size, "0")
    return name[:3] if size == 3 else name[0] if size == 5 else name


def _number(number: float, tokens: tuple[tuple[str, str], ...]) -> str:
    percents = sum(name == "percent" for name, _ in tokens)
    body = "".join(text for name, text in tokens if name == "number")
    exponent = next((text for name, text in tokens if name == "exp"), None)
    scaled = Decimal(repr(number)) * (100**percents)
    power = 0
    if exponent is not None and scaled:
        power = scaled.adjusted()
        scaled = scaled.scaleb(-power)
    whole, fraction, negative = _digits(scaled, body)
    if exponent is not None and len(whole) > 1:  # 9.999 rounded up
        power += len(whole) - 1
        whole = whole[0]
    out, done = [], False
    for name, text in tokens:
        if name == "number":
            out.append("" if done else whole + fraction)
            done = True
        elif name == "exp":
            sign = "-" if power < 0 else "+" if text[1] == "+" else ""
            out.append("E" + sign + str(abs(power)).rjust(len(text) - 2, "0"))
        elif name == "percent":
            out.append("%")
        elif name == "general" or (name == "other" and text == "@"):
            out.append(automatic(abs(number)))
        elif name in ("quoted", "escaped", "other"):
            out.append(text)
        elif name == "space":
            out.append(" ")
    shown = "".join(out)
    return "-" + shown if negative and (body or "general" in {n for n, _ in tokens}) else shown


def _digits(scaled: Decimal, body: str) -> tuple[str, str, bool]:
    left, _, right = body.partition(".")
    grouped = bool(re.search(r"[#0?],+[#0?]", left))
    thousands = len(left) - len(left.rstrip(","))
    scaled = scaled.scaleb(-3 * thousands)
    places = len(right.replace(",", ""))
    least = sum(letter in "0?" for letter in right)
    rounded = scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) if body else scaled
    sign, digits, exp = rounded.as_tuple()
    text = "".join(map(str, digits)).rjust(places + 1, "0")
    whole, fraction = (text[:-places], text[-places:]) if places else (text + "0" * max(int(exp), 0), "")
    while len(fraction) > least and fraction.endswith("0"):
        fraction = fraction[:-1]
    whole = whole.lstrip("0").rjust(sum(letter in "0?" for letter in left), "0")
    if grouped:
        whole = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole)
    negative = bool(sign) and any(digits)
    return whole, ("." + fraction) if fraction or (body.endswith(".")) else "", negative
