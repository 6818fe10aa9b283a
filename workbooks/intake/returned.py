"""The returned workbook: the rows that stayed out, as they came, with the faulty cells red and the reason beside them.

A person corrects the cells and imports the same file again: the headers are the file's own, and the column
`Why` is ignored when it comes back.
"""

import io
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any

import xlsxwriter

from workbooks.cells import MAX_CELL, TEXT_TYPES, shown
from workbooks.intake.grid import Grid, Raw
from workbooks.intake.match import WHY
from workbooks.intake.parse import Parsed
from workbooks.problems import Problem
from workbooks.schema import Column

_INK, _HEAD, _RED, _RED_INK, _LINE, _WHY = "#1F2933", "#1F3A5F", "#FFC7CE", "#9C0006", "#D9DEE4", "#FFF4E5"
_FIRST_DAY = datetime(1900, 3, 1)  # noqa: DTZ001 - cells know no zone; earlier days are wrong in spreadsheets
_NUMBER_FORMATS = {
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
    "time": "hh:mm:ss",
    "timedelta": "[h]:mm:ss",
}


def returned_workbook(grid: Grid, parsed: Parsed) -> bytes:
    """An .xlsx with the bad rows of `parsed` in the file's order, or with the headers alone when there are none.

    `grid` is the tab that was parsed. Formulas from outside stay text; cells are of the type they came with.
    """
    grid = grid.with_header(parsed.grid.header_row)
    reasons: dict[int, list[Problem]] = {}
    for problem in parsed.problems:
        if problem.where.row and problem.where.row > grid.header_row:
            reasons.setdefault(problem.where.row, []).append(problem)
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    })  # fmt: skip
    book.set_properties({"title": f"Rows to correct: {grid.file}"})
    _Page(book, grid, parsed, reasons).write()
    book.close()
    return target.getvalue()


class _Page:
    """One sheet being written: formats are made once each, as a workbook wants them."""

    def __init__(self, book: Any, grid: Grid, parsed: Parsed, reasons: dict[int, list[Problem]]) -> None:
        self.book, self.grid, self.parsed, self.reasons = book, grid, parsed, reasons
        self.formats: dict[tuple[str, bool], Any] = {}
        self.sheet = book.add_worksheet(_tab_name(grid.tab))
        self.columns = {
            position: parsed.table.by_name[name]
            for name, at in parsed.positions.items()
            if len(at) == 1
            for position in at
        }
        why = [position for position, header in enumerate(grid.headers) if header.strip().lower() == WHY.lower()]
        widest = max((len(grid.lines[number - 1]) for number in reasons), default=0)
        self.positions = [p for p in range(max(len(grid.headers), widest)) if p not in why]

    def write(self) -> None:
        """Header, rows, widths, and the frame around them."""
        base = {"font_name": "Arial", "font_size": 10, "valign": "top", "font_color": _INK}
        head = self.book.add_format(
            {
                **base,
                "bold": True,
                "font_color": "#FFFFFF",
                "bg_color": _HEAD,
                "text_wrap": True,
                "valign": "vcenter",
                "border": 1,
                "border_color": _HEAD,
            }
        )
        why = self.book.add_format({**base, "text_wrap": True, "bg_color": _WHY, "border": 1, "border_color": _LINE})
        self.base = {**base, "border": 1, "border_color": _LINE}
        self.sheet.set_column(0, 0, 56)
        for out, position in enumerate(self.positions, 1):
            column = self.columns.get(position)
            self.sheet.set_column(
                out, out, self._width(position, column), self._format("text" if _is_text(column) else "", False)
            )
        self.sheet.set_row(0, 30)
        self.sheet.write_string(0, 0, WHY, head)
        for out, position in enumerate(self.positions, 1):
            header = self.grid.headers[position] if position < len(self.grid.headers) else ""
            self.sheet.write_string(0, out, header[:MAX_CELL], head)
        for line, number in enumerate(sorted(self.reasons), 1):
            self._row(line, number, why)
        self.sheet.freeze_panes(1, 1)
        self.sheet.autofilter(0, 0, max(1, len(self.reasons)), len(self.positions))
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(0)
        self.sheet.hide_gridlines(2)

    def _row(self, line: int, number: int, why: Any) -> None:
        problems = self.reasons[number]
        sentences = [
            f"{problem.where.header}: {problem.text}" if problem.where.header else problem.text for problem in problems
        ]
        text = "\n".join(dict.fromkeys(sentences))[:MAX_CELL]
        self.sheet.write_string(line, 0, text, why)
        self.sheet.set_row(line, 14 * max(1, sum(-(-len(sentence) // 64) for sentence in text.split("\n"))) + 3)
        faulty = {position for problem in problems for position in self.parsed.positions.get(problem.column, ())}
        whole = any(not problem.column for problem in problems)  # a row cut wrongly is wrong in every cell
        raws = self.grid.lines[number - 1]
        for out, position in enumerate(self.positions, 1):
            raw = raws[position] if position < len(raws) else None
            self._cell(line, out, raw, self.columns.get(position), whole or position in faulty)

    def _cell(self, line: int, out: int, raw: Raw, column: Column | None, red: bool) -> None:
        kind = type(raw).__name__
        if isinstance(raw, bool):
            self.sheet.write_boolean(line, out, raw, self._format("", red))
        elif isinstance(raw, (int, float)) and isfinite(raw):
            self.sheet.write_number(line, out, raw, self._format("", red))
        elif kind in _NUMBER_FORMATS and _has_a_number(raw):
            self.sheet.write_datetime(line, out, raw, self._format(kind, red))
        elif raw is None or raw == "":
            self.sheet.write_blank(line, out, None, self._format("text" if _is_text(column) else "", red))
        else:
            self.sheet.write_string(
                line, out, (raw if isinstance(raw, str) else shown(raw))[:MAX_CELL], self._format("text", red)
            )

    def _format(self, kind: str, red: bool) -> Any:
        if (kind, red) not in self.formats:
            look: dict[str, Any] = {"num_format": "@" if kind == "text" else _NUMBER_FORMATS.get(kind, "General")}
            if red:
                look |= {"bg_color": _RED, "font_color": _RED_INK, "bold": True}
            self.formats[kind, red] = self.book.add_format({**self.base, **look})
        return self.formats[kind, red]

    def _width(self, position: int, column: Column | None) -> float:
        header = self.grid.headers[position] if position < len(self.grid.headers) else ""
        rows = sorted(self.reasons)[:200]
        longest = max(
            (len(shown(row[position])) for row in (self.grid.lines[n - 1] for n in rows) if position < len(row)),
            default=0,
        )
        return min(40, max(8, len(header) + 3, longest + 2, column.width if column else 0))


def _is_text(column: Column | None) -> bool:
    return column is not None and column.type in TEXT_TYPES


def _has_a_number(raw: Raw) -> bool:
    """True when a spreadsheet can hold this date or time as a number."""
    if isinstance(raw, datetime):
        return raw.replace(tzinfo=None) >= _FIRST_DAY
    if isinstance(raw, timedelta):
        return raw >= timedelta(0)
    return isinstance(raw, time) or (isinstance(raw, date) and raw >= _FIRST_DAY.date())


def _tab_name(tab: str) -> str:
    """The tab's own name if a workbook allows it, else a plain one."""
    plain = "".join(" " if char in "[]:*?/\\" else char for char in tab)[:31].strip("' ")
    return plain if plain and plain.lower() != "history" else "Rows to correct"
