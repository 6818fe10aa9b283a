"""Drop-downs: choices that are short stand in the rule itself, the others on a hidden sheet under a name."""

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook as Xlsx
from xlsxwriter.utility import xl_range_abs

from workbooks.layout.styles import TEXT, Styles
from workbooks.layout.write import Cells, legal

INLINE = 255
"""characters Excel takes in the rule itself"""
SHEET = "_lists"


class Lists:
    """Collects choices while tabs are laid out and writes them on a very hidden sheet at the end."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[str, ...]] = {}

    def source(self, name: str, choices: Sequence[str], named: bool = False) -> list[str] | str:
        """What a list validation takes as its source; `named` keeps even short choices on the sheet."""
        inline = ",".join(choices)
        if not named and len(inline) <= INLINE and not any("," in choice for choice in choices):
            return list(choices)
        name = "lst_" + re.sub(r"\W", "_", name)
        self._named[name] = tuple(dict.fromkeys(legal(choice) for choice in choices))
        return f"={name}"

    def write(self, book: Xlsx, styles: Styles) -> None:
        """Adds the sheet and its names, if any list needs them."""
        if not self._named:
            return
        sheet = book.add_worksheet(SHEET)
        sheet.very_hidden()
        cells = Cells(sheet, styles, ZoneInfo("UTC"))
        as_text = styles.of(num_format=TEXT)
        for col, (name, choices) in enumerate(self._named.items()):
            sheet.set_column(col, col, 24, as_text)
            cells.column(col, choices, first=0)
            place = xl_range_abs(0, col, len(choices) - 1, col)
            book.define_name(name, f"={SHEET}!{place}")
