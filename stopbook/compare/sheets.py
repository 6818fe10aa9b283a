"""The comparison as a workbook a manager can read: the sum of it, each party, each line with its cause, names to confirm."""

from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from stopbook.compare import Comparison, Row
from stopbook.compare.causes import Kind
from workbooks.layout.styles import INK, QUIET, RULE, SHADE, STATUS, Styles
from workbooks.layout.write import Cells
from workbooks.localtime import zone

MONEY = "#,##0.00;[Red]-#,##0.00"
NUMBERS = ("How often", "Ours less theirs", "There", "Here", "Of it", "Likeness")
"""headers over numbers"""
MOST = 8
"""causes that are told in a party's row; a cell does not hold a month of stops, and nobody reads it there"""
WORST = (Kind.UNKNOWN, Kind.NOT_HERE, Kind.NOT_THERE, Kind.NOT_IN_MANIFEST)
MEANS = {
    Kind.COUNT: "Another number of the same thing was paid or billed.",
    Kind.RATE: "The same number at another rate.",
    Kind.ROUNDING: "The same number and rate, rounded at another place.",
    Kind.NO_DEDUCTION: "We took it, they did not.",
    Kind.EXTRA_DEDUCTION: "They took it, we did not.",
    Kind.ONLY_HERE: "We have the line, they have not.",
    Kind.ONLY_THERE: "They have the line, we have not.",
    Kind.NOT_IN_MANIFEST: "They paid or billed a stop that no manifest of ours has.",
    Kind.NOT_COUNTED: "They paid or billed a stop that does not count here, with its reason.",
    Kind.TWICE: "They paid or billed a stop twice.",
    Kind.MISSING_THERE: "A stop of ours that they did not pay or bill.",
    Kind.THEIR_SUM: "Their own figures do not add up.",
    Kind.NOT_THERE: "Their file does not name a driver or account of ours.",
    Kind.NOT_HERE: "Their file names somebody that has nothing in our books, or whom nobody confirmed.",
    Kind.UNKNOWN: "Neither count, rate nor rounding explains it: a person has to look.",
}
"""each cause in words"""


def render(found: Comparison) -> bytes:
    """The bytes of the .xlsx file."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"Old {found.kind} beside ours", "author": "Stopbook"})
    writer = _Writer(book, found)
    writer.summary()
    writer.parties()
    writer.lines()
    if found.names:
        writer.names()
    book.close()
    return out.getvalue()


class _Writer:
    def __init__(self, book: xlsxwriter.Workbook, found: Comparison) -> None:
        self.book, self.found, self.styles = book, found, Styles(book)
        self.who = "Driver" if found.kind == "settlements" else "Account"

    def _sheet(self, title: str, headers: Sequence[tuple[str, int]], at: int = 0) -> tuple[Worksheet, Cells]:
        sheet = self.book.add_worksheet(title)
        cells = Cells(sheet, self.styles, zone("UTC"))
        sheet.hide_gridlines(2)
        for col, (header, width) in enumerate(headers):
            side = {"align": "right", "indent": 1} if header in NUMBERS else {}
            look = self.styles.of(
                bold=True, bg_color=SHADE, bottom=1, bottom_color=INK, text_wrap=True, valign="vcenter", **side
            )
            cells.text(at, col, header, look)
            sheet.set_column(col, col, width)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(at)
        if not at:
            sheet.freeze_panes(1, 1)
        return sheet, cells

    def _put(self, sheet: Worksheet, cells: Cells, row: int, values: Sequence[Any], tint: str = "") -> None:
        look = {**({"bg_color": STATUS[tint]["bg_color"]} if tint else {}), "bottom": 1, "bottom_color": RULE}
        for col, value in enumerate(values):
            if isinstance(value, Decimal):
                sheet.write_number(
                    row, col, float(value), self.styles.of(num_format=MONEY, indent=1, align="right", **look)
                )
            elif isinstance(value, int):
                sheet.write_number(row, col, value, self.styles.of(num_format="#,##0", indent=1, align="right", **look))
            elif value is None or value == "":
                sheet.write_blank(row, col, None, self.styles.of(**look))
            else:
                cells.text(row, col, str(value), self.styles.of(text_wrap=True, **look))

    def summary(self) -> None:
        """What it comes to, and by cause."""
        found, of = self.found, self.styles.of
        sheet, cells = self._sheet(
            "Summary", (("Cause", 26), ("How often", 11), ("Ours less theirs", 16), ("What it means", 74)), at=9
        )
        there, here = found.sums()
        sheet.set_row(0, 24)
        cells.text(0, 0, f"Old {found.kind} beside ours", of(bold=True, font_size=16))
        cells.text(1, 0, f"{found.old.file}, {found.first} to {found.last}", of(font_color=QUIET))
        for row, (label, value) in enumerate((("There", there), ("Here", here), ("Difference", here - there)), start=3):
            cells.text(row, 0, label, of(bold=row == 5))
            sheet.write_number(row, 2, float(value), of(num_format=MONEY, bold=row == 5))
        cells.text(6, 0, f"{found.equal} of {len(found.rows)} {self.who.lower()}s come to the same, to the cent", of())
        explained = [cause for row in found.rows for cause in row.causes if cause.kind is not Kind.UNKNOWN]
        causes = sum(len(row.causes) for row in found.rows)
        cells.text(7, 0, f"{len(explained)} of {causes} causes were found by arithmetic", of())
        for row, (kind, count, amount) in enumerate(found.by_kind(), start=10):
            self._put(sheet, cells, row, (kind.value, count, amount, MEANS[kind]), "bad" if kind in WORST else "")

    def parties(self) -> None:
        """A row a driver or account."""
        headers = ((self.who, 12), ("Name", 26), ("In the old file", 26), ("There", 12), ("Here", 12), ("Ours less theirs", 13),
                   ("Why", 22), ("In words", 62), ("Held here", 26))  # fmt: skip
        sheet, cells = self._sheet(f"{self.who}s", headers)
        for number, row in enumerate(self.found.rows, start=1):
            self._put(sheet, cells, number, self._party(row), _tint(row))
        sheet.autofilter(0, 0, max(len(self.found.rows), 1), len(headers) - 1)

    def _party(self, row: Row) -> tuple[Any, ...]:
        kinds = "; ".join(dict.fromkeys(cause.kind.value for cause in row.causes))
        says = "\n".join(f"{cause.amount:+,.2f}  {cause.says}" for cause in row.causes[:MOST])
        if len(row.causes) > MOST:
            says += f"\n… and {len(row.causes) - MOST:,} more, on tab Lines"
        return (
            row.party,
            row.shown,
            row.name_there,
            row.theirs,
            row.ours,
            row.difference,
            kinds,
            says,
            "\n".join(row.held[:3]),
        )

    def lines(self) -> None:
        """A row a group of lines and cause."""
        headers = ((self.who, 12), ("Name", 26), ("Line", 24), ("There", 12), ("Here", 12), ("Ours less theirs", 13), ("Cause", 24),
                   ("Of it", 12), ("In words", 62))  # fmt: skip
        sheet, cells = self._sheet("Lines", headers)
        at = 0
        for row in self.found.rows:
            for line in row.lines:
                for n, cause in enumerate(line.causes or (None,)):
                    at += 1
                    head = (
                        (row.party, row.shown, line.what, line.theirs, line.ours, line.difference)
                        if not n
                        else (row.party, row.shown, line.what, "", "", "")
                    )
                    tint = "" if cause is None else "bad" if cause.kind in WORST else "warn"
                    more = (cause.kind.value, cause.amount, cause.says) if cause else ("", "", "")
                    self._put(sheet, cells, at, (*head, *more), tint)
        sheet.autofilter(0, 0, max(at, 1), len(headers) - 1)

    def names(self) -> None:
        """Names nobody has confirmed."""
        sheet, cells = self._sheet(
            "Names", (("In the old file", 30), ("Probably", 14), ("Or", 24), ("Likeness", 10), ("What to do", 66))
        )
        for number, match in enumerate(self.found.names, start=1):
            party = match.party or self.who.upper()
            do = f'Compare again with --name "{match.name}={party}"; it is remembered'
            self._put(
                sheet, cells, number, (match.name, match.party, ", ".join(match.others), match.score or "", do), "warn"
            )


def _tint(row: Row) -> str:
    if not row.causes:
        return "good" if row.difference == 0 else ""
    return "bad" if any(cause.kind in WORST for cause in row.causes) else "warn"
