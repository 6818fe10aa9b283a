"""The part of the bridge that reads and writes sheets, as COM gives and takes values. See `bridge.py`."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import uno
from com.sun.star.table import CellAddress
from typed import EPOCH, ERRORS, Formula, as_typed

DATE, TIME, CURRENCY, LOGICAL = 2, 4, 8, 1024  # com.sun.star.util.NumberFormat
VALUES, DATES, STRINGS, FORMULAS, HARD, STYLES = 1, 2, 4, 16, 32, 64  # com.sun.star.sheet.CellFlags
ERROR_RESULT = 4  # com.sun.star.sheet.FormulaResult


class Sheets:
    """What can be asked of the sheets of open workbooks. Boxes are (row, column, rows, columns), counted from 1."""

    def __init__(self):
        self.docs, self.parsers, self.formats, self.kinds, self.merged = {}, {}, {}, {}, {}

    def sheets(self, doc):
        return list(self.docs[doc].Sheets.ElementNames)

    def add_sheet(self, doc, name, at):
        self.docs[doc].Sheets.insertNewByName(name, at)

    def remove_sheet(self, doc, name):
        self.docs[doc].Sheets.removeByName(name)

    def rename_sheet(self, doc, name, new):
        self._sheet(doc, name).Name = new

    def protected(self, doc, name):
        return self._sheet(doc, name).isProtected()

    def visible(self, doc, name):
        return self._sheet(doc, name).IsVisible

    def set_visible(self, doc, name, visible):
        self._sheet(doc, name).IsVisible = visible

    def protect(self, doc, name, password=""):
        self._sheet(doc, name).protect(password)

    def unprotect(self, doc, name, password=""):
        self._sheet(doc, name).unprotect(password)

    def active_sheet(self, doc):
        return self.docs[doc].CurrentController.ActiveSheet.Name

    def activate(self, doc, name):
        controller = self.docs[doc].CurrentController
        controller.setActiveSheet(self._sheet(doc, name))
        controller.Frame.activate()

    def used(self, doc, name):
        """How many rows and columns are in use."""
        sheet = self._sheet(doc, name)
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        area = cursor.RangeAddress
        if (area.EndRow, area.EndColumn) == (0, 0) and sheet.getCellByPosition(0, 0).Type.value == "EMPTY":
            return 0, 0
        return area.EndRow + 1, area.EndColumn + 1

    def hidden_rows(self, doc, name):
        """The rows a filter or a person has hidden, counted from 1."""
        rows = self._sheet(doc, name).Rows
        return [n + 1 for n in range(self.used(doc, name)[0]) if not rows.getByIndex(n).IsVisible]

    def _sheet(self, doc, name):
        return self.docs[doc].Sheets.getByName(name)

    def _range(self, doc, name, box):
        row, col, rows, cols = box
        return self._sheet(doc, name).getCellRangeByPosition(col - 1, row - 1, col + cols - 2, row + rows - 2)

    def read(self, doc, name, box):
        """Values as COM gives them: floats, texts, bools, moments said to be UTC, Decimals for money, ints for errors."""
        row, col, rows, cols = box
        used = self.used(doc, name)
        high, wide = min(rows, used[0] - row + 1), min(cols, used[1] - col + 1)
        if high < 1 or wide < 1:
            return [(None,) * cols] * rows
        cells = self._range(doc, name, (row, col, high, wide))
        out = [[None if value == "" else value for value in line] for line in cells.getDataArray()]
        for j in range(wide):
            lines = [i for i, line in enumerate(out) if type(line[j]) is float]
            if lines:
                self._tell(doc, name, out, lines, j, (row, col))
        for area, texts in self._formula_areas(cells):
            for line, j in _places(area, row, col):
                text = texts[line + row - 1 - area.StartRow][j + col - 1 - area.StartColumn]
                if text in ("=TRUE()", "=FALSE()"):
                    out[line][j] = text == "=TRUE()"
        for area in cells.queryFormulaCells(ERROR_RESULT).RangeAddresses:
            for line, j in _places(area, row, col):
                said = self._sheet(doc, name).getCellByPosition(j + col - 1, line + row - 1).String
                out[line][j] = ERRORS.get(said, ERRORS["#VALUE!"])
        full = [tuple(line + [None] * (cols - wide)) for line in out]
        return full + [(None,) * cols] * (rows - high)

    def _tell(self, doc, name, out, lines, j, corner):
        """Makes moments, money and truths of the numbers of a column that are formatted so."""
        row, col = corner
        formats = self.docs[doc].NumberFormats
        cells = self._range(doc, name, (row + lines[0], col + j, lines[-1] - lines[0] + 1, 1))
        key = cells.NumberFormat  # None where there are several
        if key is not None:
            groups = [(key, lines)]
        else:
            groups = [
                (group.NumberFormat, range(area.StartRow - row + 1, area.EndRow - row + 2))
                for group in each(cells.getUniqueCellFormatRanges()) for area in group.RangeAddresses
            ]  # fmt: skip
        for key, places in groups:
            kind = self._kind(doc, formats, key)
            for i in places if kind else ():
                if type(out[i][j]) is float:
                    out[i][j] = _told(out[i][j], kind)

    def _kind(self, doc, formats, key):
        if (doc, key) not in self.kinds:
            self.kinds[doc, key] = formats.getByKey(key).Type & (DATE | TIME | CURRENCY | LOGICAL)
        return self.kinds[doc, key]

    def _formula_areas(self, cells):
        found = cells.queryContentCells(FORMULAS)
        return [(part.RangeAddress, part.getFormulaArray()) for part in each(found)]

    def read_formulas(self, doc, name, box):
        """Formulas in Excel's own syntax, where there is one; else the constant as a text, as Excel gives it."""
        cells, sheet, parser = self._range(doc, name, box), self._sheet(doc, name), self.parsers[doc]
        out = [[text[1:] if text.startswith("'") else text for text in line] for line in cells.getFormulaArray()]
        for area in cells.queryContentCells(FORMULAS).RangeAddresses:
            for line, j in _places(area, box[0], box[1]):
                cell = sheet.getCellByPosition(j + box[1] - 1, line + box[0] - 1)
                text = "=" + parser.printFormula(cell.getTokens(), cell.CellAddress)
                out[line][j] = {"=TRUE()": "TRUE", "=FALSE()": "FALSE"}.get(text, text)
        return [tuple(line) for line in out]

    def formula_count(self, doc, name, box):
        """How many cells hold a formula; TRUE and FALSE, which Calc keeps as formulas, are none."""
        areas = self._formula_areas(self._range(doc, name, box))
        return sum(text not in ("=TRUE()", "=FALSE()") for _, texts in areas for line in texts for text in line)

    def merges(self, doc, name):
        """The boxes of merged cells."""
        sheet, found = self._sheet(doc, name), {}
        if (doc, name) in self.merged or not sheet.IsMerged:
            return self.merged.get((doc, name), [])
        for part in each(sheet.getCellFormatRanges()):
            if not part.IsMerged:
                continue
            area = part.RangeAddress
            for row in range(area.StartRow, area.EndRow + 1):
                for col in range(area.StartColumn, area.EndColumn + 1):
                    cursor = sheet.createCursorByRange(sheet.getCellByPosition(col, row))
                    cursor.collapseToMergedArea()
                    one = box_of(cursor.RangeAddress)
                    if one[2] * one[3] > 1:
                        found[one] = None
        self.merged[doc, name] = list(found)
        return self.merged[doc, name]

    def merge(self, doc, name, box, merged=True):
        self.merged.clear()
        self._range(doc, name, box).merge(merged)

    def write(self, doc, name, row, col, rows):
        """Puts values in the way Excel does: texts as if typed, moments with a format, and nothing left to undo."""
        cells = self._range(doc, name, (row, col, len(rows), len(rows[0])))
        texts = self._text_cells(doc, cells, row, col)
        moments, truths, formulas, plain = {}, {}, [], []
        for i, line in enumerate(rows):
            out = []
            for j, value in enumerate(line):
                if (i, j) in texts:
                    out.append(_as_text(value))
                    continue
                if isinstance(value, str):
                    value = as_typed(value)
                if isinstance(value, bool):
                    truths.setdefault(j, {})[i] = value
                    value = None
                elif isinstance(value, Formula):
                    formulas.append((i, j, value))
                    value = None
                elif isinstance(value, datetime):
                    moments.setdefault((j, value.time() != datetime.min.time()), []).append(i)
                    value = (value - EPOCH) / timedelta(days=1)
                out.append("" if value is None else value if isinstance(value, str) else float(value))
            plain.append(tuple(out))
        cells.setDataArray(tuple(plain))
        for (j, timed), lines in moments.items():
            for first, last in _runs(lines):
                run = self._range(doc, name, (row + first, col + j, last - first + 1, 1))
                self._format_general(doc, run, "M/D/YYYY H:MM" if timed else "M/D/YYYY")
        for j, values in truths.items():
            for first, last in _runs(list(values)):
                run = self._range(doc, name, (row + first, col + j, last - first + 1, 1))
                run.setFormulaArray(tuple(("=TRUE()" if values[i] else "=FALSE()",) for i in range(first, last + 1)))
        for i, j, value in formulas:
            cell = self._sheet(doc, name).getCellByPosition(col + j - 1, row + i - 1)
            if value[1:] in ERRORS:
                cell.setFormula(value)
            else:
                cell.setTokens(self.parsers[doc].parseFormula(value[1:], cell.CellAddress))
        self.docs[doc].UndoManager.clear()

    def _format_general(self, doc, cells, code):
        """Gives a format to those cells that have none."""
        formats = self.docs[doc].NumberFormats
        for group in each(cells.getUniqueCellFormatRanges()):
            if formats.getByKey(group.NumberFormat).FormatString == "General":
                group.NumberFormat = self._format(doc, code)

    def _text_cells(self, doc, cells, row, col):
        formats, found = self.docs[doc].NumberFormats, set()
        for group in each(cells.getUniqueCellFormatRanges()):
            if formats.getByKey(group.NumberFormat).FormatString == "@":
                for area in group.RangeAddresses:
                    found.update(_places(area, row, col))
        return found

    def array_formula(self, doc, name, box, formula):
        """One formula over a box, in Calc's own syntax."""
        self._range(doc, name, box).setArrayFormula(formula)

    def fill_formula(self, doc, name, box, formula):
        """A formula, in Calc's own syntax, in the first cell of a column and filled down."""
        row, col, _, _ = box
        self._sheet(doc, name).getCellByPosition(col - 1, row - 1).setFormula(formula)
        self._range(doc, name, box).fillAuto(uno.Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM"), 1)
        self.docs[doc].calculate()

    def clear(self, doc, name, box, contents, formats):
        content = VALUES | DATES | STRINGS | FORMULAS if contents else 0
        self._range(doc, name, box).clearContents(content | (HARD | STYLES if formats else 0))

    def look(self, doc, name, box, which):
        """One property of a range: number_format, color, column_width, notes."""
        cells = self._range(doc, name, box)
        if which == "number_format":
            keys = {group.NumberFormat for group in each(cells.getUniqueCellFormatRanges())}
            return self.docs[doc].NumberFormats.getByKey(keys.pop()).FormatString if len(keys) == 1 else None
        if which == "column_width":
            return cells.Columns.getByIndex(0).Width / 2540 * 96 / 7
        color = cells.CellBackColor
        return None if color in (-1, None) else (color >> 16 & 255, color >> 8 & 255, color & 255)

    def set_look(self, doc, name, box, which, value):
        cells = self._range(doc, name, box)
        if which == "number_format":
            cells.NumberFormat = self._format(doc, value)
        elif which == "column_width":
            cells.Columns.Width = int(value * 7 / 96 * 2540)
        else:
            cells.CellBackColor = -1 if value is None else value[0] << 16 | value[1] << 8 | value[2]

    def _format(self, doc, code):
        if (doc, code) not in self.formats:
            formats, english = (
                self.docs[doc].NumberFormats,
                uno.createUnoStruct("com.sun.star.lang.Locale", "en", "US", ""),
            )
            key = formats.queryKey(code, english, False)
            self.formats[doc, code] = formats.addNew(code, english) if key == -1 else key
        return self.formats[doc, code]

    def notes(self, doc, name):
        """{(row, column): text} of the notes at cells."""
        found = each(self._sheet(doc, name).Annotations)
        return {(note.Position.Row + 1, note.Position.Column + 1): note.String for note in found}

    def set_note(self, doc, name, row, col, text):
        """Puts a note at a cell, or takes it away."""
        notes = self._sheet(doc, name).Annotations
        for n, note in reversed(list(enumerate(each(notes)))):
            if (note.Position.Row, note.Position.Column) == (row - 1, col - 1):
                notes.removeByIndex(n)
        if text is not None:
            notes.insertNew(self._sheet(doc, name).getCellByPosition(col - 1, row - 1).CellAddress, text)

    def names(self, doc):
        """{name: what it refers to} of the workbook."""
        named, parser = self.docs[doc].NamedRanges, self.parsers[doc]
        tokens = {name: named.getByName(name).getTokens() for name in named.ElementNames}
        return {name: "=" + parser.printFormula(said, CellAddress()) for name, said in tokens.items()}

    def tables(self, doc):
        """{name: (sheet, box, has a header, has totals)}."""
        found, sheets, ranges = {}, self.docs[doc].Sheets, self.docs[doc].DatabaseRanges
        for name in ranges.ElementNames:
            one = ranges.getByName(name)
            area = one.DataArea
            found[name] = (sheets.getByIndex(area.Sheet).Name, box_of(area), one.ContainsHeader, one.TotalsRow)
        return found


def each(collection):
    return (collection.getByIndex(n) for n in range(collection.Count))


def box_of(area):
    rows, columns = area.EndRow - area.StartRow + 1, area.EndColumn - area.StartColumn + 1
    return area.StartRow + 1, area.StartColumn + 1, rows, columns


def _places(area, row, col):
    """The places of an area inside a box that begins at (row, col), counted from 0."""
    for i in range(area.StartRow - row + 1, area.EndRow - row + 2):
        for j in range(area.StartColumn - col + 1, area.EndColumn - col + 2):
            yield i, j


def _runs(numbers):
    """(first, last) of consecutive numbers."""
    for _, run in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield found[0], found[-1]


def _told(number, kind):
    if kind & LOGICAL:
        return bool(number)
    if kind & CURRENCY:
        return round(Decimal(number), 4)
    return (EPOCH + timedelta(microseconds=round(number * 86_400_000) * 1000)).replace(tzinfo=UTC)


def _as_text(value):
    """What Excel puts into a cell formatted as text; an apostrophe before it is no part of the text there either."""
    if value is None or isinstance(value, str):
        return (value or "").removeprefix("'")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return f"{value.month}/{value.day}/{value.year}" + (
            f" {value:%H:%M}" if value.time() != datetime.min.time() else ""
        )
    return f"{value:.15g}"
