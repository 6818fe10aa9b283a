"""What Excel makes of a text that is put into a cell, unless the cell is formatted as text (US English settings)."""

# ruff: noqa: DTZ001, DTZ005 - the moments in cells are a wall clock's

import re
from datetime import datetime, timedelta

EPOCH = datetime(1899, 12, 30)
MONTHS = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
ERRORS = {
    "#NULL!": -2146826288, "#DIV/0!": -2146826281, "#VALUE!": -2146826273, "#REF!": -2146826265,
    "#NAME?": -2146826259, "#NUM!": -2146826252, "#N/A": -2146826246,
}  # fmt: skip
"""The numbers COM gives for errors in cells."""

_NUMBER = re.compile(r"(\()?([-+]?)\$?([-+]?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d*)?(e[-+]?\d+)?(%?)(\))?", re.IGNORECASE)
_CLOCK = r"(?:\s*(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*([ap]m?)?)?"
_DAYS = [
    re.compile(rf"(?P<m>\d{{1,2}})[/-](?P<d>\d{{1,2}})(?:[/-](?P<y>\d{{4}}|\d{{2}}))?{_CLOCK}", re.IGNORECASE),
    re.compile(rf"(?P<y>\d{{4}})[/-](?P<m>\d{{1,2}})[/-](?P<d>\d{{1,2}}){_CLOCK}", re.IGNORECASE),
    re.compile(rf"(?P<d>\d{{1,2}})[- ](?P<m>[a-z]{{3}})[a-z]*(?:[- ](?P<y>\d{{4}}|\d{{2}}))?{_CLOCK}", re.IGNORECASE),
    re.compile(rf"(?P<m>[a-z]{{3}})[a-z]*[- ](?P<d>\d{{1,2}})(?:,? (?P<y>\d{{4}}))?{_CLOCK}", re.IGNORECASE),
    re.compile(_CLOCK[3:-2], re.IGNORECASE),
]


class Formula(str):
    """A text that becomes a formula."""


def as_typed(text: str) -> "str | float | bool | datetime | Formula | None":
    """The value Excel would hold: "00123" is 123, "3/4" a day, "=A1" a formula; anything else stays the text it is."""
    said = text.strip()
    if not said:
        return text or None
    if text.startswith("'"):
        return text[1:]
    if (text.startswith("=") and len(text) > 1) or said.upper() in ERRORS:
        return Formula(text if text.startswith("=") else "=" + said.upper())
    if said.upper() in ("TRUE", "FALSE"):
        return said.upper() == "TRUE"
    found = _number(said)
    if found is None:
        found = _moment(said)
    return text if found is None else found


def _number(said: str) -> float | None:
    match = _NUMBER.fullmatch(said)
    if not match or not (match[4] or (match[5] or ".") != ".") or bool(match[1]) != bool(match[8]):
        return None
    if match[2] and match[3]:
        return None
    number = float((match[4] or "0").replace(",", "") + (match[5] or "") + (match[6] or ""))
    number = float(f"{number:.15g}") / (100 if match[7] else 1)
    return -number if "-" in (match[2], match[3]) or match[1] else number


def _moment(said: str) -> datetime | None:
    for shape in _DAYS:
        match = shape.fullmatch(said)
        if not match:
            continue
        hour, minute, second, half = match.groups()[-4:]
        try:
            day = _day(match.groupdict()) if match.groupdict() else EPOCH
            hours = int(hour or 0)
            if half:
                hours = hours % 12 + (12 if half[0] in "pP" else 0)
            return day + timedelta(hours=hours, minutes=int(minute or 0), seconds=float(second or 0))
        except (ValueError, KeyError):
            continue
    return None


def _day(said: dict[str, str | None]) -> datetime:
    year, month = said["y"], said["m"] or ""
    full = (
        datetime.now().year if year is None else int(year) + (0 if len(year) == 4 else 2000 if int(year) < 30 else 1900)
    )
    return datetime(full, MONTHS[month.lower()[:3]] if month.isalpha() else int(month), int(said["d"] or ""))
