"""Reading words: texts, ids, choices, addresses of all kinds."""

import difflib
import re
from datetime import date, datetime, time
from typing import Any

from workbooks import localtime
from workbooks.cells.common import Bad, Notes, Reading, clean, shown
from workbooks.cells.showing import to_text
from workbooks.schema import Column

MAX_CELL = 32_767
"""characters an Excel cell holds"""
MAX_ID = 255


def as_text(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    """Text as it stands, cleaned; numbers and moments as they would be shown."""
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


def as_id(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    """An id: text that no spreadsheet has turned into a date or shortened."""
    if isinstance(raw, (datetime, date, time)):
        raise Bad(
            f"“{shown(raw)}” is a date, but an id belongs here", "Format the column as text and type the id again"
        )
    if isinstance(raw, (int, float)) and not isinstance(raw, bool) and abs(raw) >= 10**15:
        raise Bad(
            "the number has lost digits (a spreadsheet keeps 15)", "Format the column as text and paste the id again"
        )
    text = as_text(raw, column, how, notes)
    if text is not None and len(text) > MAX_ID:
        raise Bad(f"an id has at most {MAX_ID} characters", "Shorten it")
    return text


def as_choice(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    """One of the column's choices, whatever its case, blanks or hyphens."""
    text = as_text(raw, column, how, notes)
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


def as_choices(raw: Any, column: Column, how: Reading, notes: Notes) -> tuple[str, ...] | None:
    """Several of the column's choices, parted by comma, semicolon or bar, in the order of the declaration."""
    text = as_text(raw, column, how, notes)
    if text is None:
        return None
    chosen = {as_choice(part, column, how, notes) for part in re.split(r"[,;|]", text) if clean(part)}
    return tuple(choice for choice in column.enum if choice in chosen) or None


def as_bool(raw: Any, column: Column, how: Reading, notes: Notes) -> bool | None:
    """Yes or no."""
    if isinstance(raw, bool):
        return raw
    text = (as_text(raw, column, how, notes) or "").lower()
    if not text:
        return None
    if text in ("true", "yes", "y", "1", "x", "required"):
        return True
    if text in ("false", "no", "n", "0", "not_required", "-"):
        return False
    raise Bad(f"“{shown(raw)}” is neither yes nor no", "Write TRUE or FALSE")


def as_zip(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    """A ZIP code with its leading zeros."""
    text = as_id(raw, column, how, notes)
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


def as_phone(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    """A telephone number as +1 and ten digits, or as it stands abroad."""
    text = as_id(raw, column, how, notes)
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


def as_email(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    """An e-mail address."""
    text = as_text(raw, column, how, notes)
    if text is not None and not re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", text):
        raise Bad(f"“{shown(text)}” is not an e-mail address", "Write it as name@company.com")
    return text


def as_zone(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    """The name of a time zone."""
    text = as_text(raw, column, how, notes)
    if text is not None:
        try:
            localtime.zone(text)
        except ValueError as error:
            raise Bad(*str(error).split("; ")) from None
    return text


def as_url(raw: Any, column: Column, how: Reading, notes: Notes) -> str | None:
    """A web address or the name of a file."""
    text = as_text(raw, column, how, notes)
    if text is not None and not re.match(r"^(https?://|[\w ./\\-]+$)", text):
        raise Bad(
            f"“{shown(text)}” is neither a web address nor a file name", "Paste an address that begins with https://"
        )
    return text
