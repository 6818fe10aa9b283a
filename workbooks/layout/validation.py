"""What a cell asks of the person who types: drop-downs, kinds of value, and a word about the column at its header.

A wrong choice of a closed list is stopped, with the choices named. Everything else only warns: the check at the
next sync says more than a rule in a cell can, and a person may know better.
"""

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from xlsxwriter.worksheet import Worksheet

from workbooks.layout.lists import Lists
from workbooks.layout.styles import WHO
from workbooks.layout.write import legal
from workbooks.schema import Column, Role, Table, Type

_DAYS = (date(2015, 1, 1), date(2100, 1, 1))
_KINDS: dict[Type, tuple[dict[str, Any], str]] = {
    Type.INT: ({"validate": "integer", "criteria": "between", "minimum": -(10**9), "maximum": 10**9},
               "a whole number"),
    Type.DEC: ({"validate": "decimal", "criteria": "between", "minimum": -(10**12), "maximum": 10**12},
               "a plain number"),
    Type.MONEY: ({"validate": "decimal", "criteria": "between", "minimum": -(10**12), "maximum": 10**12},
                 "an amount such as 12.50"),
    Type.PCT: ({"validate": "decimal", "criteria": "between", "minimum": -2, "maximum": 2},
               "a share such as 97.5%"),
    Type.DATE: ({"validate": "date", "criteria": "between", "minimum": _DAYS[0], "maximum": _DAYS[1]},
                "a date such as 2026-03-31"),
    Type.TS: ({"validate": "date", "criteria": "between", "minimum": _DAYS[0], "maximum": _DAYS[1]},
              "a date and time such as 2026-03-31 14:30"),
    Type.TIME: ({"validate": "time", "criteria": "between", "minimum": time(0), "maximum": time(23, 59, 59)},
                "a time of day such as 14:30"),
}  # fmt: skip


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _owners(column: Column, mine: bool, roles: Sequence[Role]) -> str:
    others = [WHO[role] for role in column.owners if role not in roles and role is not Role.SYSTEM]
    if mine:
        return "Yours to fill" + (f", together with {' and '.join(others)}." if others else ".")
    if others:
        return f"Filled by {' or '.join(others)}; an edit here is put back."
    return "Kept by Stopbook; an edit here is put back."


def explain(sheet: Worksheet, col: int, column: Column, mine: bool, roles: Sequence[Role]) -> None:
    """Shows what the column means when its header is selected: no red corners, no boxes in the way."""
    about = column.about.rstrip(".") + ". " + _owners(column, mine, roles)
    sheet.data_validation(
        0, col, 0, col, {"validate": "any", "input_title": _cut(column.title, 32), "input_message": _cut(about, 255)}
    )


def _list(column: Column, source: Any) -> dict[str, Any]:
    named = ", ".join(column.enum)
    return {
        "validate": "list", "source": source, "error_type": "stop", "error_title": _cut(column.title, 32),
        "error_message": _cut(f"Choose one of: {named}", 255),
    }  # fmt: skip


def _rule(
    table: Table, column: Column, lists: Lists, choices: Sequence[tuple[str, str]], tab: str
) -> dict[str, Any] | None:
    """The validation of one column, or None."""
    if column.type is Type.SET:
        source = lists.source(f"{table.name}.{column.name}", column.enum)
        hint = _cut(f"One, or several with commas between: {', '.join(column.enum)}", 255)
        return {"validate": "list", "source": source, "show_error": False, "input_message": hint}
    if column.type is Type.BOOL:
        return _list(column, ["TRUE", "FALSE"]) | {"error_message": "Choose TRUE or FALSE."}
    if column.enum:
        return _list(column, lists.source(f"{table.name}.{column.name}", column.enum))
    if column.ref and choices:
        rule: dict[str, Any] = {
            "validate": "list", "source": lists.source(column.ref, [key for key, _ in choices], keep=True),
            "error_type": "warning", "error_title": _cut(column.title, 32),
            "error_message": _cut(f"Not in the list of {tab}. Keep it all the same?", 255),
        }  # fmt: skip
        said = legal("\n".join(f"{key} {label}" for key, label in choices if label and label != key))
        if said and len(said.encode("utf-16-le")) <= 2 * 255:
            rule["input_message"] = said  # few enough to say who is who
        return rule
    if known := _KINDS.get(column.type):
        kind, wanted = known
        return kind | {
            "error_type": "warning", "error_title": _cut(column.title, 32), "error_message": f"This should be {wanted}.",
        }  # fmt: skip
    return None


def validate(
    sheet: Worksheet, col: int, last: int, table: Table, column: Column, lists: Lists,
    choices: Sequence[tuple[str, str]], tab: str,
) -> None:  # fmt: skip
    """Lays the rule of one column over its cells down to row `last`; `tab` names where its `ref` is kept."""
    if rule := _rule(table, column, lists, choices, tab):
        sheet.data_validation(1, col, last, col, rule)
