"""Boolean conditions: what data validation, filters and conditional formats ask of a cell's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_sheets import formats, resolve, values
from local_sheets.errors import ApiError
from local_sheets.model import Book, Cell, Scalar

Json = dict[str, Any]
Reader = Callable[[int, int, int, Cell], Scalar]


def _arguments(condition: Json) -> list[str]:
    return [str(item.get("userEnteredValue", "")) for item in condition.get("values", [])]


def _number(text: str) -> float | None:
    value = values.typed(text).value
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


_COMPARE: dict[str, Callable[[float, list[float]], bool]] = {
    "GREATER": lambda v, a: v > a[0],
    "GREATER_THAN_EQ": lambda v, a: v >= a[0],
    "LESS": lambda v, a: v < a[0],
    "LESS_THAN_EQ": lambda v, a: v <= a[0],
    "EQ": lambda v, a: v == a[0],
    "NOT_EQ": lambda v, a: v != a[0],
    "BETWEEN": lambda v, a: a[0] <= v <= a[1],
    "NOT_BETWEEN": lambda v, a: not a[0] <= v <= a[1],
}
_DATES = {"EQ": "EQ", "BEFORE": "LESS", "AFTER": "GREATER", "ON_OR_BEFORE": "LESS_THAN_EQ"}
_DATES |= {"ON_OR_AFTER": "GREATER_THAN_EQ", "BETWEEN": "BETWEEN", "NOT_BETWEEN": "NOT_BETWEEN", "NOT_EQ": "NOT_EQ"}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "CONTAINS": lambda v, a: a in v,
    "NOT_CONTAINS": lambda v, a: a not in v,
    "STARTS_WITH": lambda v, a: v.startswith(a),
    "ENDS_WITH": lambda v, a: v.endswith(a),
    "EQ": lambda v, a: v == a,
    "NOT_EQ": lambda v, a: v != a,
    "IS_EMAIL": lambda v, _: "@" in v[1:-1] and " " not in v,
    "IS_URL": lambda v, _: v.startswith(("http://", "https://", "ftp://")) and " " not in v,
}


def holds(condition: Json, value: Scalar, book: Book | None = None, read: Reader | None = None) -> bool | None:
    """Whether a value meets a condition; ``None`` when that cannot be told here (custom formulas)."""
    kind = condition.get("type", "")
    arguments = _arguments(condition)
    if kind == "BLANK":
        return value is None or value == ""
    if kind == "NOT_BLANK":
        return not (value is None or value == "")
    if kind == "BOOLEAN":
        if arguments:
            return formats.show(value, None) in arguments
        return value is None or isinstance(value, bool)
    if kind == "ONE_OF_LIST":
        return formats.show(value, None) in arguments or _number_in(value, arguments)
    if kind == "ONE_OF_RANGE":
        return formats.show(value, None) in options(condition, book, read)
    if kind.startswith("TEXT_"):
        test = _TEXT.get(kind[5:])
        text = formats.show(value, None).casefold()
        return test(text, arguments[0].casefold() if arguments else "") if test else None
    if kind.startswith(("NUMBER_", "DATE_")):
        return _compared(kind, value, arguments)
    return None


def _number_in(value: Scalar, arguments: list[str]) -> bool:
    if isinstance(value, bool) or not isinstance(value, float):
        return False
    return any(_number(text) == value for text in arguments)


def _compared(kind: str, value: Scalar, arguments: list[str]) -> bool | None:
    family, _, rest = kind.partition("_")
    if kind == "DATE_IS_VALID":
        return isinstance(value, float)
    test = _COMPARE.get(rest if family == "NUMBER" else _DATES.get(rest, ""))
    numbers = [_number(text) for text in arguments]
    if test is None or any(n is None for n in numbers) or not numbers:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return test(float(value), [float(n) for n in numbers if n is not None])


def options(condition: Json, book: Book | None = None, read: Reader | None = None) -> list[str]:
    """The choices of a drop-down; empty when the condition is none."""
    if condition.get("type") == "ONE_OF_LIST":
        return _arguments(condition)
    if condition.get("type") == "ONE_OF_RANGE" and book is not None:
        try:
            sheet, area = resolve.a1_area(book, _arguments(condition)[0].lstrip("="))
        except (ApiError, IndexError):
            return []
        found = []
        for row, column, cell in sheet.walk(sheet.box(area)):
            value = read(sheet.sheet_id, row, column, cell) if read else cell.value
            if value not in (None, ""):
                found.append(formats.show(value, cell.format))
        return found
    return []
