"""Putting single values into cells: text is always text, numbers and moments are real ones.

XlsxWriter guesses what a string means when asked to `write`; here nothing is guessed. Whoever is named
=HYPERLINK(…), {=1+1} or <r>x</r> keeps that name.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from workbooks import cells
from workbooks.layout.styles import Styles
from workbooks.problems import Refused

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""what an XML file cannot hold"""
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock
_FIRST = date(1900, 3, 1)
"""before, spreadsheets count one leap day too many"""
_DAY = timedelta(days=1)

Put = Callable[[int, int, Any], None]


def legal(text: str) -> str:
    """`text` without the characters that no workbook can hold."""
    return text if text.isprintable() else _ILLEGAL.sub("", text)


def serial(wall: datetime) -> float:
    """A wall-clock time as the spreadsheet's day number."""
    return (wall - _DAY_ZERO) / _DAY


def _ordinary(values: Sequence[Any]) -> bool:
    """True for a column of plain text, which needs no look at each cell: judged as a whole it costs next to nothing."""
    if not {str, type(None)}.issuperset(map(type, values)):
        return False
    texts = set(filter(None, values))
    return all(map(str.isprintable, texts)) and not any(len(text) > 16_000 or text[0] == "<" for text in texts)


class Cells:
    """Writes values of any kind into one sheet; the column's own format applies unless `formats` names one by class.

    `put[value.__class__](row, column, value)` is the fast way, `any` the one for values of unknown classes.
    """

    def __init__(
        self, sheet: Worksheet, styles: Styles, zone: ZoneInfo, formats: Mapping[type, Format] | None = None
    ) -> None:
        formats = formats or {}
        self._sheet = sheet
        self._zone = zone
        self._plain = styles.of()
        number, boolean = sheet.write_number, sheet.write_boolean
        text = self.text
        moment, day, clock, length = (formats.get(kind) for kind in (datetime, date, time, timedelta))
        serials: dict[datetime, float] = {}

        def put_moment(row: int, col: int, value: datetime) -> None:
            known = serials.get(value)
            if known is None:
                wall = cells.to_cell(value, zone) if value.tzinfo else value
                known = serials[value] = serial(wall)
            if known < 61:
                text(row, col, cells.to_text(value, zone))
            else:
                number(row, col, known, moment)

        def put_date(row: int, col: int, value: date) -> None:
            if value < _FIRST:
                text(row, col, value.isoformat())
            else:
                number(row, col, value.toordinal() - 693_594, day)

        def put_time(row: int, col: int, value: time) -> None:
            number(row, col, (value.hour * 3600 + value.minute * 60 + value.second) / 86_400, clock)

        self.put: Mapping[type, Put] = {
            str: lambda row, col, value: text(row, col, value),
            int: lambda row, col, value: number(row, col, value) and None,
            float: lambda row, col, value: self._float(row, col, value),
            Decimal: lambda row, col, value: self._float(row, col, float(value)),
            bool: lambda row, col, value: boolean(row, col, value) and None,
            datetime: put_moment,
            date: put_date,
            time: put_time,
            timedelta: lambda row, col, value: number(row, col, value.total_seconds() / 86_400, length) and None,
            tuple: lambda row, col, value: text(row, col, ", ".join(value)),
            type(None): lambda row, col, value: None,
        }

    def _float(self, row: int, col: int, value: float) -> None:
        if value - value:  # infinite or not a number
            self.text(row, col, str(value))
        else:
            self._sheet.write_number(row, col, value)

    def text(self, row: int, col: int, value: str, style: Format | None = None) -> None:
        """Writes text as text, whatever it looks like; Refused when a cell cannot hold it whole."""
        value = legal(value)
        if not value:
            return
        if value.startswith("<r>") and value.endswith("</r>"):
            # XlsxWriter takes this for its own markup, unless it comes in two runs
            end = (style,) if style else ()
            failed = self._sheet.write_rich_string(row, col, value[:1], self._plain, value[1:], *end)
        else:
            failed = self._sheet.write_string(row, col, value, style)
        if failed:
            raise Refused(
                f"Tab {self._sheet.get_name()}, row {row + 1}: a text of {len(value):,} characters does not fit "
                "into a cell; shorten it and write the workbook again."
            )

    def any(self, row: int, col: int, value: Any) -> None:
        """Writes a value of whatever class; what is no cell value is written as its text."""
        for kind in value.__class__.__mro__:
            if kind in self.put:
                self.put[kind](row, col, value)
                return
        self.text(row, col, str(value))

    def column(self, col: int, values: Sequence[Any], first: int = 1) -> None:
        """Writes `values` below each other, beginning in row `first`."""
        put = self.put
        if _ordinary(values):
            string = self._sheet.write_string
            for row, value in enumerate(values, first):
                if value:
                    string(row, col, value)
            return
        for row, value in enumerate(values, first):
            if value is not None:
                try:
                    write = put[value.__class__]
                except KeyError:
                    self.any(row, col, value)
                else:
                    write(row, col, value)
