"""Reading and writing ValueRanges: the heart of the ``values`` methods, on a book and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from local_sheets import a1, resolve, shift, values
from local_sheets.a1 import Area, Box
from local_sheets.batch.cells import check_validation
from local_sheets.batch.context import Context
from local_sheets.errors import invalid
from local_sheets.model import Book, Cell, Scalar, Sheet

Json = dict[str, Any]
Reader = Callable[[int, int, int, Cell], Scalar]


@dataclass(frozen=True, slots=True)
class Rendering:
    """How values are shown: the three render options and the two for dates; rows or columns first."""

    values: str = "FORMATTED_VALUE"
    dates: str = "SERIAL_NUMBER"
    major: str = "ROWS"

    @classmethod
    def of(cls, source: Json, *, response: bool = False) -> Rendering:
        """From a request's parameters or body; ``response`` takes the names of writing methods."""
        if response:
            return cls(
                source.get("responseValueRenderOption", "FORMATTED_VALUE"),
                source.get("responseDateTimeRenderOption", "SERIAL_NUMBER"),
            )
        major = source.get("majorDimension", "ROWS")
        return cls(
            source.get("valueRenderOption", "FORMATTED_VALUE"),
            source.get("dateTimeRenderOption", "SERIAL_NUMBER"),
            "ROWS" if major == "DIMENSION_UNSPECIFIED" else major,
        )


def value_range(sheet: Sheet, box: Box, read: Reader, how: Rendering) -> Json:
    """A ValueRange: empty rows and cells at the end are left out, empty ones in between are kept."""
    rows: list[list[Any]] = []
    before: tuple[Cell | None, ...] = ()
    used = 0
    for row in range(box.r0, box.r1):
        cells = sheet.rows[row].cells[box.c0 : box.c1]
        if sheet.rows[row].cells is not before:  # most rows of a grid are empty, and share what they hold
            before, used = sheet.rows[row].cells, len(cells)
            while used and _blank(cells[used - 1]):
                used -= 1
        line: list[Any] = []
        for n, cell in enumerate(cells[:used]):
            if cell is None or cell.blank:
                line.append("")
            elif cell.formula is None:
                line.append(values.rendered(cell, cell.value, how.values, how.dates))
            else:
                computed = read(sheet.sheet_id, row, box.c0 + n, cell)
                line.append(values.rendered(cell, computed, how.values, how.dates))
        rows.append(line)
    if how.major == "COLUMNS":
        rows = _turned(rows, box.width)
    while rows and not rows[-1]:
        rows.pop()
    out: Json = {"range": a1.show(sheet.title, box), "majorDimension": how.major}
    if rows:
        out["values"] = rows
    return out


def _blank(cell: Cell | None) -> bool:
    return cell is None or cell.blank


def _turned(rows: list[list[Any]], width: int) -> list[list[Any]]:
    out = []
    for column in range(width):
        line = [row[column] if column < len(row) else None for row in rows]
        while line and (line[-1] is None or line[-1] == ""):
            line.pop()
        out.append(["" if value is None else value for value in line])
    return out


@dataclass
class Written:
    """What a write touched: cells that got a value, by sheet."""

    sheet: Sheet
    box: Box
    wanted: Box
    rows: set[tuple[int, int]] = field(default_factory=set)
    columns: set[tuple[int, int]] = field(default_factory=set)
    cells: int = 0

    def json(self, book_id: str) -> Json:
        """An UpdateValuesResponse."""
        return {
            "spreadsheetId": book_id,
            "updatedRange": a1.show(self.sheet.title, self.box),
            "updatedRows": len(self.rows),
            "updatedColumns": len(self.columns),
            "updatedCells": self.cells,
        }


def check_option(option: str | None) -> str:
    """``valueInputOption`` must be said."""
    if option not in ("RAW", "USER_ENTERED"):
        raise invalid(
            "'valueInputOption' is required but not specified"
            if option is None
            else f"Invalid valueInputOption: {option}"
        )
    return option


def rows_of(body: Json, where: str = "data") -> list[list[Any]]:
    """The values row by row, whichever dimension came first; ``None`` marks cells to skip."""
    given: list[list[Any]] = body.get("values", [])
    if body.get("majorDimension", "ROWS") != "COLUMNS":
        return given
    height = max((len(line) for line in given), default=0)
    return [[line[n] if n < len(line) else None for line in given] for n in range(height)]


def write(context: Context, sheet: Sheet, area: Area, rows: list[list[Any]], option: str) -> Written:
    """Writes values from the corner of an area; a single cell grows to fit, anything larger is a limit."""
    wanted = resolve.readable(sheet, area, context.env.switches)
    height, width = len(rows), max((len(row) for row in rows), default=0)
    box = Box(sheet.sheet_id, wanted.r0, wanted.r0 + max(height, 1), wanted.c0, wanted.c0 + max(width, 1))
    resolve.inside(sheet, box.area())
    single = wanted.height == 1 and wanted.width == 1 and area.r1 is not None and area.c1 is not None
    if not single:
        if height > wanted.height:
            raise _outside(sheet, wanted, f"row [{wanted.r1 + 1}]")
        if width > wanted.width:
            raise _outside(sheet, wanted, f"column [{a1.column_name(wanted.c1)}]")
    done = Written(sheet, box, box if single else wanted)
    for n, row in enumerate(rows):
        if row:
            _write_row(context, done, box.r0 + n, n, row, option)
    return done


def _outside(sheet: Sheet, box: Box, where: str) -> Exception:
    return invalid(f"Requested writing within range [{a1.show(sheet.title, box)}], but tried writing to {where}")


def _write_row(context: Context, done: Written, row: int, n: int, given: list[Any], option: str) -> None:
    sheet, first = done.sheet, done.box.c0
    run = [sheet.cell(row, first + c) for c in range(len(given))]
    protected = bool(sheet.doc.get("protectedRanges"))
    for c, value in enumerate(given):
        if value is None:
            continue
        if protected:
            context.guard(sheet, Box(sheet.sheet_id, row, row + 1, first + c, first + c + 1))
        run[c], ambiguous = values.put(run[c], value, option, f"values[{n}][{c}]")
        if ambiguous:
            context.env.count("ambiguous_parse")
            if context.env.switches.ambiguous_input == "refuse":
                raise invalid(f"Invalid values[{n}][{c}]: {value!r} can be read in more than one way"[:300])
        check_validation(context, run[c])
        done.rows.add((sheet.sheet_id, row))
        done.columns.add((sheet.sheet_id, first + c))
        done.cells += 1
    sheet.put_run(row, first, run)


def clear(context: Context, sheet: Sheet, area: Area) -> Box:
    """Empties cells; formats, notes and validation stay."""
    box = resolve.readable(sheet, area)
    context.guard(sheet, box)
    for row, column, cell in list(sheet.walk(box)):
        if not cell.blank:
            sheet.put(row, column, replace(cell, value=None, formula=None, runs=()))
    return box


def table_at(sheet: Sheet, box: Box) -> Box | None:
    """The table that ``append`` finds: the block of touching cells around the last filled cell of a range."""
    last: tuple[int, int] | None = None
    for row, column, cell in sheet.walk(box):
        if not cell.blank:
            last = (row, column)
    if last is None:
        return None
    r0, r1, c0, c1 = last[0], last[0] + 1, last[1], last[1] + 1
    while True:
        before = r0, r1, c0, c1
        while r0 > 0 and _filled(sheet, Box(box.sheet_id, r0 - 1, r0, max(c0 - 1, 0), c1 + 1)):
            r0 -= 1
        while _filled(sheet, Box(box.sheet_id, r1, r1 + 1, max(c0 - 1, 0), c1 + 1)):
            r1 += 1
        while c0 > 0 and _filled(sheet, Box(box.sheet_id, max(r0 - 1, 0), r1 + 1, c0 - 1, c0)):
            c0 -= 1
        while _filled(sheet, Box(box.sheet_id, max(r0 - 1, 0), r1 + 1, c1, c1 + 1)):
            c1 += 1
        if before == (r0, r1, c0, c1):
            return Box(box.sheet_id, r0, r1, c0, c1)


def _filled(sheet: Sheet, box: Box) -> bool:
    return any(not cell.blank for _, _, cell in sheet.walk(box))


def append(
    context: Context, sheet: Sheet, area: Area, rows: list[list[Any]], option: str, insert: str
) -> tuple[Box | None, Written]:
    """Writes behind the table found in an area, from the table's first column; the grid grows when it must."""
    box = resolve.readable(sheet, area)
    table = table_at(sheet, box)
    at, column = (table.r1, table.c0) if table else (box.r0, box.c0)
    height, width = len(rows), max((len(row) for row in rows), default=0)
    if insert == "INSERT_ROWS" and height and at < sheet.height:
        shift.insert(context.book, sheet, "ROWS", at, [sheet.new_line() for _ in rows])
    if at + height > sheet.height:
        sheet.resize("ROWS", at + height)
    if column + width > sheet.width:
        sheet.resize("COLUMNS", column + width)
    context.book.check_limits()
    target = Area(sheet.sheet_id, at, at + max(height, 1), column, column + max(width, 1))
    if not rows:
        return table, Written(sheet, sheet.box(target), sheet.box(target))
    return table, write(context, sheet, target, rows, option)


def filter_areas(book: Book, data_filter: Json, strict: bool) -> list[tuple[Sheet, Area]]:
    """The ranges of a DataFilter; none is an error where the switch says so."""
    found = resolve.filter_areas(book, data_filter)
    if not found and strict:
        raise invalid("No range matches the data filter.")
    return found
