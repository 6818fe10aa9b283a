"""Colours and cell formats, each named for what it means. Pale on the sheet, strong only where a person must act."""

from typing import Any

from xlsxwriter import Workbook as Xlsx
from xlsxwriter.format import Format

from workbooks.cells import TEXT_TYPES
from workbooks.schema import Column, Role, Type

FONT = {"font_name": "Arial", "font_size": 10}
"""the same widths on Windows, macOS and in Google Sheets"""
INK, QUIET, RULE, SHADE, WHITE, LINK = "#1F2937", "#8A919C", "#E3E6EB", "#F5F6F8", "#FFFFFF", "#1F5FA8"

STATUS = {
    "good": {"bg_color": "#E1F3E6", "font_color": "#1B5E34"},
    "warn": {"bg_color": "#FDF0CF", "font_color": "#7A4B06"},
    "bad": {"bg_color": "#FBDEDC", "font_color": "#9A1F1A"},
    "muted": {"bg_color": "#ECEEF1", "font_color": "#6B7280"},
}
"""the named styles of `Column.colours`"""
CHART = {"good": "#4C9F70", "warn": "#E2B04A", "bad": "#D4645C", "muted": "#B4BAC4", "dark": "#5B6472"}

OWNER = {
    Role.SYSTEM: ("#5B6472", "#E4E7EC"),
    Role.DISPATCH: ("#1F5FA8", "#D8E6F6"),
    Role.VA: ("#0F766E", "#D2ECE8"),
    Role.PAYROLL: ("#92590F", "#F4E5CD"),
    Role.BILLING: ("#9D2F5D", "#F6DCE7"),
    Role.MANAGER: ("#6B3FA0", "#E7DEF4"),
    Role.CLIENT: ("#475569", "#DCE3EC"),
    Role.DRIVER: ("#55701F", "#E3ECCD"),
}
"""role -> (strong, for the reader's own columns; pale, for everybody else's)"""

WHO = {role: {Role.VA: "VA", Role.SYSTEM: "Stopbook"}.get(role, role.value.capitalize()) for role in Role}
"""what each role is called on a sheet"""

_NUMBER_FORMAT: dict[Type, str | int] = {
    Type.INT: 1, Type.MONEY: 2, Type.PCT: 10, Type.DATE: "yyyy-mm-dd", Type.TIME: "hh:mm",
    Type.TS: "yyyy-mm-dd hh:mm", Type.BOOL: '"TRUE";"TRUE";"FALSE"',
}  # fmt: skip
_ALIGN = {Type.BOOL: "center", Type.ENUM: "left"}
TEXT = 49
"""number of the built-in format '@'"""
WRAPS_FROM = 20
"""text columns at least this wide wrap"""


def number_format(column: Column) -> str | int:
    """The Excel number format of a column; the built-in "text" keeps 00123, 1-2 and 1E5 what they are."""
    if column.type in TEXT_TYPES:
        return TEXT
    if column.type is Type.DEC:
        return "0." + "0" * column.places if column.places else "0"
    return _NUMBER_FORMAT[column.type]


def wraps(column: Column) -> bool:
    """True for columns of prose."""
    return column.type in (Type.TEXT, Type.SET) and column.width >= WRAPS_FROM


class Styles:
    """The cell formats of one workbook; each combination is made once."""

    def __init__(self, book: Xlsx) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def of(self, **properties: Any) -> Format:
        """A cell format with these XlsxWriter properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**FONT, "font_color": INK, "valign": "top", **properties})
        return self._made[key]

    def rule(self, name: str) -> Format:
        """What a conditional format lays over a cell: one of `STATUS`. Fonts stay the cell's own."""
        key = (("rule", name),)
        if key not in self._made:
            self._made[key] = self._book.add_format(STATUS[name])
        return self._made[key]

    def body(self, column: Column, mine: bool, **more: Any) -> Format:
        """Cells of a column: white where the reader may write, shaded where not, ruled lightly between rows."""
        properties: dict[str, Any] = {
            "num_format": number_format(column), "bg_color": WHITE if mine else SHADE, "bottom": 1, "right": 1,
            "bottom_color": RULE, "right_color": RULE, "align": _ALIGN.get(column.type, "left"), **more,
        }  # fmt: skip
        if column.type in (Type.INT, Type.DEC, Type.MONEY, Type.PCT):
            properties |= {"align": "right", "indent": 1}
        if wraps(column):
            properties["text_wrap"] = True
        if column.name.startswith("_"):
            properties["font_color"] = QUIET
        return self.of(**properties)

    def head(self, owner: Role, mine: bool, **more: Any) -> Format:
        """A header cell: strong in the reader's own colour, pale in everybody else's."""
        strong, pale = OWNER[owner]
        return self.of(
            bold=True, text_wrap=True, bg_color=strong if mine else pale, font_color=WHITE if mine else strong,
            right=1, right_color=WHITE, bottom=1, bottom_color=strong, align="left", **more,
        )  # fmt: skip

    def chip(self, name: str) -> Format:
        """A small coloured cell for legends and for *Today*."""
        return self.of(**STATUS[name], bottom=1, bottom_color=RULE, valign="vcenter")
