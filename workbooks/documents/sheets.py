"""A document as a workbook: text is text, totals are formulas with their values beside them, so that it re-adds itself."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from workbooks.documents import Document, Section, Total
from workbooks.layout.styles import INK, QUIET, RULE, SHADE, Styles
from workbooks.layout.write import Cells
from workbooks.localtime import zone

SUMMARY = "Summary"
CONTROL = "Control total"
CHECK = "Check"
EVEN = "OK"
_FORMATS: dict[str, str | int] = {
    "text": 49, "date": "yyyy-mm-dd", "int": "#,##0", "qty": "General", "rate": "#,##0.00##", "money": "#,##0.00",
    "pct": "0.00##%",
}  # fmt: skip
_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""a document's bytes follow from what it says alone, so its file carries no moment of writing"""
_UNFIT = re.compile(r"[\[\]:*?/\\']")


def render(doc: Document) -> bytes:
    """The bytes of the .xlsx file."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"{doc.kind} {doc.number}", "author": doc.issuer.name, "created": _MADE})
    _Writer(book, doc).write()
    book.close()
    return out.getvalue()


def tab_names(doc: Document) -> dict[str, str]:
    """Title of each section that is a tab -> name of its sheet, unique and within what Excel allows."""
    names: dict[str, str] = {}
    taken = {SUMMARY.casefold()}
    for section in doc.sections:
        if section.tab:
            plain = (_UNFIT.sub(" ", section.title).strip() or "Rows")[:28]
            name, n = plain, 1
            while name.casefold() in taken:
                n += 1
                name = f"{plain} {n}"
            taken.add(name.casefold())
            names[section.title] = name
    return names


class _Writer:
    def __init__(self, book: xlsxwriter.Workbook, doc: Document) -> None:
        self.book, self.doc, self.styles = book, doc, Styles(book)
        self.names = tab_names(doc)
        self.summary = book.add_worksheet(SUMMARY)
        self.at: dict[str, str] = {}
        """section title or total label -> address of its sum, as a formula on the summary names it"""
        self.row = 0
        self.last = max((len(s.columns) - 1 for s in doc.sections if not s.tab), default=1) or 1
        """column of the totals: below the amounts of the widest section"""
        self.zone: ZoneInfo = zone("UTC")

    def write(self) -> None:
        """The tabs first, so that the summary knows where their sums stand."""
        for section in self.doc.sections:
            if section.tab:
                self._tab(section)
        self._head()
        for section in self.doc.sections:
            if not section.tab:
                self._section(self.summary, section, self.row, f"{section.title}")
        self._totals()
        for note in self.doc.notes:
            self._text(self.row, 0, note, self.styles.of(font_color=QUIET))
            self.row += 1
        width = max((len(s.columns) for s in self.doc.sections if not s.tab), default=2)
        for place in range(width):
            widths = [s.columns[place].width for s in self.doc.sections if not s.tab and place < len(s.columns)]
            self.summary.set_column(place, place, max(widths, default=12) + 2)
        self.summary.hide_gridlines(2)
        self.summary.set_portrait()
        self.summary.fit_to_pages(1, 0)
        self.summary.set_paper(1 if self.doc.paper == "us-letter" else 9)

    def _text(self, row: int, col: int, text: str, style: Format | None = None, sheet: Worksheet | None = None) -> None:
        Cells(sheet or self.summary, self.styles, self.zone).text(row, col, text, style)

    def _head(self) -> None:
        doc, of = self.doc, self.styles.of
        self._text(0, 0, f"{doc.kind} {doc.number}", of(bold=True, font_size=16))
        self._text(1, 0, doc.title, of(font_color=QUIET))
        lines: list[tuple[str, str]] = [("From", doc.issuer.name)] if doc.issuer.name else []
        lines += [
            *(("", line) for line in doc.issuer.lines),
            ("For", doc.party.name),
            *(("", line) for line in doc.party.lines),
        ]
        if doc.period:
            lines.append(("Period", f"{doc.period[0]:%Y-%m-%d} to {doc.period[1]:%Y-%m-%d}"))
        lines += [*doc.facts, *([("Currency", doc.currency)] if doc.totals else [])]
        for row, (label, text) in enumerate(lines, start=3):
            self._text(row, 0, label, of(font_color=QUIET))
            self._text(row, 1, text, of())
        self.row = 4 + len(lines)

    def _section(self, sheet: Worksheet, section: Section, first: int, title: str) -> None:
        """Writes one section into `sheet` from row `first`: title, header, rows, and the sum as a formula."""
        of, cells = self.styles.of, Cells(sheet, self.styles, self.zone)
        if title:
            cells.text(first, 0, title, of(bold=True, font_size=11))
            first += 1
        for place, column in enumerate(section.columns):
            cells.text(first, place, column.title, of(
                bold=True, bottom=1, bottom_color=INK, bg_color=SHADE, text_wrap=True,
                align="left" if column.kind in ("text", "date") else "right",
            ))  # fmt: skip
        row = first
        formats = [self._format(column.kind) for column in section.columns]
        for row, values in enumerate(section.rows, start=first + 1):
            for place, value in enumerate(values):
                _put(sheet, cells, row, place, value, formats[place])
        at = section.amount_at
        after = row + 1
        if section.total is not None and at is not None:
            total = of(bold=True, top=1, top_color=INK, num_format=_FORMATS["money"], align="right")
            cells.text(after, 0, f"Total {section.title}", of(bold=True, top=1, top_color=INK))
            span = f"{xl_rowcol_to_cell(first + 1, at)}:{xl_rowcol_to_cell(max(row, first + 1), at)}"
            formula = f"=ROUND(SUM({span}),2)" if section.rows else "=0"
            sheet.write_formula(after, at, formula, total, float(section.total))
            place_of = xl_rowcol_to_cell(after, at)
            own = sheet is self.summary
            self.at[section.title] = place_of if own else f"{quote_sheetname(sheet.get_name())}!{place_of}"
            after += 1
        if section.note:
            cells.text(after, 0, section.note, of(font_color=QUIET, italic=True))
            after += 1
        if sheet is self.summary:
            self.row = after + 1

    def _tab(self, section: Section) -> None:
        sheet = self.book.add_worksheet(self.names[section.title])
        self._section(sheet, section, 0, "")
        for place, column in enumerate(section.columns):
            sheet.set_column(place, place, column.width + 2)
        sheet.freeze_panes(1, 0)
        if section.rows:
            sheet.autofilter(0, 0, len(section.rows), len(section.columns) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _totals(self) -> None:
        of = self.styles.of
        for total in self.doc.totals:
            self._total(total)
        if not self.doc.totals:
            return
        last = self.at[self.doc.totals[-1].label]
        self._text(self.row, self.last - 1, CONTROL, of(font_color=QUIET, align="right"))
        self.summary.write_number(self.row, self.last, float(self.doc.control_total), self._format("money"))
        control = xl_rowcol_to_cell(self.row, self.last)
        self.row += 1
        checks = [f"ROUND({last}-{control},2)=0"]
        checks += [
            f"ROUND({self.at[s.title]}-{self.at[s.agrees_with]},2)=0"
            for s in self.doc.sections if s.agrees_with and s.title in self.at and s.agrees_with in self.at
        ]  # fmt: skip
        self._text(self.row, self.last - 1, CHECK, of(font_color=QUIET, align="right"))
        says = '"DOES NOT ADD UP"'
        self.summary.write_formula(
            self.row, self.last, f'=IF(AND({",".join(checks)}),"{EVEN}",{says})', of(align="right"), EVEN
        )
        self.row += 2

    def _total(self, total: Total) -> None:
        border = {"top": 1, "top_color": INK if total.strong else RULE}
        style = self.styles.of(bold=total.strong, num_format=_FORMATS["money"], align="right", **border)
        self._text(
            self.row, self.last - 1, total.label.strip(), self.styles.of(bold=total.strong, align="right", **border)
        )
        named = [self.at[name] for name in total.adds if name in self.at]
        if named:
            self.summary.write_formula(self.row, self.last, f"=ROUND({'+'.join(named)},2)", style, float(total.amount))
        else:
            self.summary.write_number(self.row, self.last, float(total.amount), style)
        self.at[total.label] = xl_rowcol_to_cell(self.row, self.last)
        self.row += 1

    def _format(self, kind: str) -> Format:
        align = "left" if kind in ("text", "date") else "right"
        return self.styles.of(num_format=_FORMATS[kind], align=align, bottom=1, bottom_color=RULE)


def _put(sheet: Worksheet, cells: Cells, row: int, col: int, value: Any, style: Format) -> None:
    match value:
        case None:
            sheet.write_blank(row, col, None, style)
        case bool():
            sheet.write_boolean(row, col, value, style)
        case int() | Decimal():
            sheet.write_number(row, col, float(value), style)
        case date():
            sheet.write_number(row, col, value.toordinal() - 693_594, style)
        case _:
            cells.text(row, col, str(value), style)
