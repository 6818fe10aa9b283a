"""Reading numbers: whole, exact, shares."""

import re
from decimal import Decimal
from typing import Any

from workbooks.cells.common import Bad, Notes, Reading, clean, shown
from workbooks.schema import Column, Type

DIGITS = 18
"""digits before the point that a number may have; more come from a wrong column"""
PLACES = {Type.MONEY: 2, Type.PCT: 6}
"""decimal places of a type where the column does not say"""
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


def as_int(raw: Any, column: Column, how: Reading, notes: Notes) -> int | None:
    """A whole number."""
    if raw.__class__ is float and abs(raw) < 10**15 and raw.is_integer():
        return int(raw)
    value = _number(raw, notes)
    if value is None:
        return None
    if value != value.to_integral_value():
        raise Bad(f"“{shown(raw)}” is not a whole number", "Type a whole number")
    return int(value)


def as_decimal(raw: Any, column: Column, how: Reading, notes: Notes) -> Decimal | None:
    """An exact decimal number."""
    value = _number(raw, notes)
    if value is None:
        return None
    places = PLACES.get(column.type, column.places)
    rounded = round(value, places)
    if value != rounded:
        raise Bad(f"“{shown(raw)}” has more than {places} decimals", f"Write it with at most {places}")
    return rounded


def as_share(raw: Any, column: Column, how: Reading, notes: Notes) -> Decimal | None:
    """A share of one; 12% and 0.12 are the same."""
    if isinstance(raw, str) and clean(raw).endswith("%"):
        value = _number(clean(raw)[:-1], notes)
        return None if value is None else as_decimal(value / 100, column, how, notes)
    value = _number(raw, notes)
    if value is not None and abs(value) > 2:
        raise Bad(f"“{shown(raw)}” would mean {value * 100:f} %", f"Write {value:f}% or {value / 100:f}")
    return as_decimal(value, column, how, notes) if value is not None else None
