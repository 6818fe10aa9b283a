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


def inline(choices: Sequence[str]) -> bool:
    """True where the choices are short enough to stand in the rule itself."""
    return len(",".join(choices)) <= INLINE and not any("," in choice for choice in choices)


def named(name: str) -> str:
    """Under which name a list of choices stands on the sheet."""
    return "lst_" + re.sub(r"\W", "_", name)


class Lists:
    """Collects choices while tabs are laid out and writes them on a very hidden sheet at the end."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[str, ...]] = {}

    def source(self, name: str, choices: Sequence[str], keep: bool = False) -> list[str] | str:
        """What a list validation takes as its source; `keep`: even short choices stand on the sheet."""
        if not keep and inline(choices):
            return list(choices)
        name = named(name)
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
