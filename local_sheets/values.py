"""From what a client sends to what a cell holds, and back: RAW, USER_ENTERED, and the three renderings.

RAW stores what it is given. USER_ENTERED follows "the same rules as the UI", which nobody has published: the table
``RULES`` lists the forms understood here, each with its source. What could be read in two ways is stored as text and
counted, or refused when the switch ``ambiguous_input`` says so; a client that never sends such text does not care.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from local_sheets import formats
from local_sheets.errors import invalid
from local_sheets.model import MAX_TEXT, Cell, Scalar

Json = dict[str, Any]
Source = Literal["recorded", "documented", "unverified"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a typed text becomes: a constant or a formula, perhaps a number format; ``rule`` says why."""

    value: Scalar = None
    formula: str | None = None
    number_format: Json | None = None
    rule: str = "text"
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One form of typed text, what it becomes, and how that is known."""

    name: str
    pattern: re.Pattern[str]
    source: Source
    example: str
    read: Callable[[str], Parsed | None]


def _plain(text: str) -> float:
    return float(text.replace(",", ""))


def _number(text: str) -> Parsed:
    return Parsed(_plain(text))


def _grouped(text: str) -> Parsed:
    pattern = "#,##0.00" if "." in text else "#,##0"
    return Parsed(_plain(text), number_format={"type": "NUMBER", "pattern": pattern})


def _percent(text: str) -> Parsed:
    pattern = "0.00%" if "." in text else "0%"
    digits = text.rstrip("%").strip()
    whole = float(f"{digits}e-2") if "," not in digits else _plain(digits) / 100
    return Parsed(whole, number_format={"type": "PERCENT", "pattern": pattern})


def _currency(text: str) -> Parsed:
    pattern = '"$"#,##0.00' if "." in text else '"$"#,##0'
    return Parsed(_plain(text.replace("$", "")), number_format={"type": "CURRENCY", "pattern": pattern})


def _scientific(text: str) -> Parsed | None:
    number = float(text)
    if abs(number) == float("inf"):
        return None
    return Parsed(number, number_format={"type": "SCIENTIFIC", "pattern": "0.00E+00"})


def _moment(forms: tuple[str, ...], kind: str, pattern: str) -> Callable[[str], Parsed | None]:
    def read(text: str) -> Parsed | None:
        for form in forms:
            try:
                moment = datetime.strptime(re.sub(r"\s+", " ", text.upper()), form)  # noqa: DTZ007 - no zone in a cell
            except ValueError:
                continue
            number = formats.serial(moment)
            if kind == "TIME":
                number = (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86_400
            return Parsed(number, number_format={"type": kind, "pattern": pattern})
        return None

    return read


def _rule(name: str, pattern: str, source: Source, example: str, read: Callable[[str], Parsed | None]) -> Rule:
    return Rule(name, re.compile(pattern, re.IGNORECASE), source, example, read)


_TIME_FORMS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
RULES: tuple[Rule, ...] = (
    _rule("formula", r"=.+", "recorded", "=3/2", lambda t: Parsed(formula=t)),
    _rule("apostrophe", r"'.*", "documented", "'0042", lambda t: Parsed(t[1:])),
    _rule("boolean", r"true|false", "documented", "TRUE", lambda t: Parsed(t.lower() == "true")),
    _rule("integer", r"[-+]?\d{1,300}", "recorded", "0042", _number),
    _rule("decimal", r"[-+]?(\d+\.\d*|\.\d+)", "documented", "1.45", _number),
    _rule("grouped", r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", "recorded", "2,000,000.01", _grouped),
    _rule("percent", r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?\s?%", "documented", "12.5%", _percent),
    _rule("currency", r"-?\$-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", "documented", "$1,234.50", _currency),
    _rule("scientific", r"[-+]?\d+(\.\d+)?e[-+]\d{1,3}", "documented", "1.5E+10", _scientific),
    _rule("iso date", r"\d{4}-\d{1,2}-\d{1,2}", "recorded", "2020-01-01", _moment(("%Y-%m-%d",), "DATE", "yyyy-mm-dd")),
    _rule("us date", r"\d{1,2}/\d{1,2}/\d{4}", "documented", "1/31/2026", _moment(("%m/%d/%Y",), "DATE", "m/d/yyyy")),
    _rule(
        "iso date and time",
        r"\d{4}-\d{1,2}-\d{1,2}[ ]\d{1,2}:\d{2}(:\d{2})?",
        "documented",
        "2026-01-31 14:05",
        _moment(("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"), "DATE_TIME", "yyyy-mm-dd h:mm:ss"),
    ),
    _rule(
        "us date and time",
        r"\d{1,2}/\d{1,2}/\d{4}[ ]\d{1,2}:\d{2}(:\d{2})?([ ]?[ap]m)?",
        "documented",
        "1/31/2026 14:05",
        _moment(tuple(f"%m/%d/%Y {form}" for form in _TIME_FORMS), "DATE_TIME", "m/d/yyyy h:mm:ss"),
    ),
    _rule("time", r"\d{1,2}:\d{2}(:\d{2})?", "documented", "14:05", _moment(_TIME_FORMS, "TIME", "h:mm:ss")),
    _rule(
        "time with am or pm",
        r"\d{1,2}:\d{2}(:\d{2})?[ ]?[ap]m",
        "documented",
        "2:05 PM",
        _moment((*_TIME_FORMS, "%I:%M%p", "%I:%M:%S%p"), "TIME", "h:mm:ss am/pm"),
    ),
)
# Forms that the UI may turn into a number, a date or a formula, depending on locale and mood.
AMBIGUOUS = re.compile(
    r"\d{1,4}[-/.]\d{1,4}([-/.]\d{1,4})?"  # 1-2, 3/4, 1.2.2026
    r"|[-+]?\d+(\.\d+)?e\d+"  # 1E5
    r"|[-+][^\d\s].*|\+[\d ()-]+\D.*|\+\d{2,3}[ -].*"  # +A1, +49 30 ...
    r"|\(\s*\$?[\d,.]+\s*\)"  # (5)
    r"|\d{1,3}(\.\d{3})+,\d+|\d+,\d{1,2}"  # 1.234,56
    r"|[€£¥]\s?[\d,.]+|[\d,.]+\s?[€£¥]"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d.*|\d{1,2}\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec).*"
    r"|\d{4}-\d{2}-\d{2}t.*|\d+\s+\d+/\d+|\s+\S.*|.*\S\s+",
    re.IGNORECASE | re.DOTALL,
)


def typed(text: str) -> Parsed:
    """What a text becomes when typed by a person (USER_ENTERED)."""
    if text == "":
        return Parsed(None, rule="empty")
    for rule in RULES:
        if rule.pattern.fullmatch(text):
            found = rule.read(text)
            if found is not None:
                return replace(found, rule=rule.name)
            return Parsed(text, rule="text", ambiguous=True)
    if AMBIGUOUS.fullmatch(text):
        return Parsed(text, rule="ambiguous", ambiguous=True)
    return Parsed(text)


def check_text(value: Any) -> None:
    """Google's limit on one cell."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise invalid(f"Your input contains more than the maximum of {MAX_TEXT} characters in a single cell.")


def entered(cell: Cell, parsed: Parsed) -> Cell:
    """The cell after something was put into it; a new number format only where none was chosen before."""
    style = cell.format
    if parsed.number_format is not None and not formats.number_format(style):
        style = {**(style or {}), "numberFormat": parsed.number_format}
    value = float(parsed.value) if type(parsed.value) is int else parsed.value
    return Cell(None if value == "" else value, parsed.formula, style, cell.note, cell.validation)


def put(cell: Cell, value: Any, option: str, where: str) -> tuple[Cell, bool]:
    """The cell after a value of a ValueRange was written; also whether the text was ambiguous."""
    check_text(value)
    if isinstance(value, (bool, int, float)):
        return entered(cell, Parsed(_finite(value, where))), False
    if not isinstance(value, str):
        kind = "list_value" if isinstance(value, list) else "struct_value"
        raise invalid(f"Invalid {where}: {kind} {value!r}"[:300])
    if option == "RAW" or (formats.is_text(cell.format) and not value.startswith("=")):
        return entered(cell, Parsed(value)), False
    parsed = typed(value)
    return entered(cell, parsed), parsed.ambiguous


def _finite(value: float, where: str) -> float | bool:
    if isinstance(value, bool):
        return value
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number != number or abs(number) == float("inf"):
        raise invalid(f"Invalid {where}: {value!r} is out of range"[:300])
    return number


def number_out(number: float) -> float | int:
    """A number as JSON prints it at Google: whole ones without a point."""
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def rendered(cell: Cell, computed: Scalar, option: str, dates: str) -> Any:
    """A cell in a ValueRange; ``computed`` is the formula's result. Empty cells are ``""``."""
    if option == "FORMULA" and cell.formula is not None:
        return cell.formula
    value = computed if cell.formula is not None else cell.value
    if option in ("FORMATTED_VALUE", "VALUE_RENDER_OPTION_UNSPECIFIED"):
        return formats.show(value, cell.format)
    if value is None:
        return ""
    if isinstance(value, float):
        if option == "UNFORMATTED_VALUE" and dates == "FORMATTED_STRING" and formats.is_date(cell.format):
            return formats.show(value, cell.format)
        return number_out(value)
    return value
