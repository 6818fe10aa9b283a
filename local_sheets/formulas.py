"""Results of formulas, by IronCalc: a fresh model holds every formula and just the cells they read.

Computed when somebody reads after a change, not at every write. Tabs are renamed inside the model so that any title
works. What Google knows and IronCalc does not (QUERY, IMPORTRANGE, ARRAYFORMULA ...) gives ``#NAME?``, as does a typing
error; results that spill over several cells show in their first cell only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import ironcalc

from local_sheets import formats, refs
from local_sheets.a1 import Area, Box
from local_sheets.model import Book, Cell, Scalar

Json = dict[str, Any]
Results = dict[tuple[int, int, int], Scalar]
_CLOCK = re.compile(r"\b(TODAY|NOW)\(\s*\)", re.IGNORECASE)
_DATE = re.compile(r"=\s*(TODAY\(\s*\)|DATE\([^()]*\))", re.IGNORECASE)
ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#ERROR!")
ERROR_TYPES = {
    "#NULL!": "NULL_VALUE",
    "#DIV/0!": "DIVIDE_BY_ZERO",
    "#VALUE!": "VALUE",
    "#REF!": "REF",
    "#NAME?": "NAME",
    "#NUM!": "NUM",
    "#N/A": "N_A",
    "#ERROR!": "ERROR",
}


class FormulaError(str):
    """A result that is an error; prints as ``#DIV/0!`` and the like."""

    __slots__ = ()


def results(book: Book, now: datetime) -> Results:
    """Every formula's value by (sheet id, row, column); kept on the book until it changes or the minute does."""
    stamp = now.replace(second=0, microsecond=0) if _volatile(book) else None
    if book.computed is not None and book.computed[0] == stamp:
        found: Results = book.computed[1]
        return found
    computed = _compute(book, now)
    book.computed = (stamp, computed)
    return computed


def _cells(book: Book) -> list[tuple[int, int, int, Cell]]:
    return [
        (n, row, column, cell)
        for n, sheet in enumerate(book.sheets)
        for row in sheet.rows_with_formulas()
        for column, cell in enumerate(sheet.rows[row].cells)
        if cell is not None and cell.formula is not None
    ]


def _volatile(book: Book) -> bool:
    return any(_CLOCK.search(cell.formula or "") for _, _, _, cell in _cells(book))


def _compute(book: Book, now: datetime) -> Results:
    cells = _cells(book)
    if not cells:
        return {}
    try:
        return _by_model(book, cells, now)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        return {(book.sheets[n].sheet_id, row, column): FormulaError("#ERROR!") for n, row, column, _ in cells}


def _by_model(book: Book, cells: list[tuple[int, int, int, Cell]], now: datetime) -> Results:
    model = ironcalc.create("book", "en", "UTC", "en")
    names = {sheet.title: f"T{n}" for n, sheet in enumerate(book.sheets)}
    for n in range(len(book.sheets)):
        if n:
            model.new_sheet()
        model.rename_sheet(n, f"T{n}")
    needed: set[tuple[int, Box]] = set()
    texts = []
    for n, row, column, cell in cells:
        text = _named(book, cell.formula or "")
        for ref in refs.find(text):
            place = n if ref.title is None else _place(book, ref.title)
            if place is not None:
                r0, r1, c0, c1 = ref.bounds()
                sheet = book.sheets[place]
                needed.add((place, sheet.box(Area(sheet.sheet_id, r0, r1, c0, c1))))
        texts.append((n, row, column, _local(text, names, now)))
    for place, box in needed:
        for row, column, cell in book.sheets[place].walk(box):
            if cell.formula is None:
                _constant(model, place, row, column, cell.value)
    for n, row, column, text in texts:
        model.set_user_input(n, row + 1, column + 1, text)
    model.evaluate()
    out: Results = {}
    for n, row, column, _ in texts:
        value = model.get_cell_value(n, row + 1, column + 1)
        kind = str(model.get_cell_type(n, row + 1, column + 1))
        if kind.endswith("ErrorValue"):
            value = FormulaError(value if value in ERRORS else "#ERROR!")
        elif isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        out[book.sheets[n].sheet_id, row, column] = value
    return out


def _constant(model: Any, place: int, row: int, column: int, value: Scalar) -> None:
    if isinstance(value, bool):
        model.update_cell_with_bool(place, row + 1, column + 1, value)
    elif isinstance(value, float):
        model.update_cell_with_number(place, row + 1, column + 1, value)
    elif value:
        model.update_cell_with_text(place, row + 1, column + 1, value)


def _place(book: Book, title: str) -> int | None:
    return next((n for n, sheet in enumerate(book.sheets) if sheet.title == title), None)


def _local(text: str, names: dict[str, str], now: datetime) -> str:
    """The formula with the model's names for tabs and the server's own clock."""

    def rename(ref: refs.Ref) -> refs.Ref | None:
        if ref.title is None:
            return ref
        return replace(ref, title=names[ref.title]) if ref.title in names else None

    moment = formats.serial(now.replace(tzinfo=None))

    def clock(found: re.Match[str]) -> str:
        return str(int(moment)) if found[1].upper() == "TODAY" else repr(moment)

    return refs.rewrite(_CLOCK.sub(clock, text), rename)


def _named(book: Book, text: str) -> str:
    for named in book.doc.get("namedRanges", []):
        pattern = rf"(?<![\w'\"!.]){re.escape(named['name'])}(?![\w(!.])"
        if re.search(pattern, text):
            text = re.sub(pattern, _absolute(book, named["range"]), text)
    return text


def _absolute(book: Book, grid: Json) -> str:
    sheet = book.sheet(grid.get("sheetId", 0))
    box = sheet.box(Area.of(grid))
    first = refs.Corner(box.r0, box.c0, True, True)
    return refs.Ref(sheet.title, first, refs.Corner(box.r1 - 1, box.c1 - 1, True, True)).text()


def implied_format(cell: Cell) -> Json | None:
    """The format that a formula brings along when none was chosen: dates only."""
    if cell.formula is None or formats.number_format(cell.format) or not _DATE.fullmatch(cell.formula):
        return cell.format
    return {**(cell.format or {}), "numberFormat": {"type": "DATE", "pattern": "m/d/yyyy"}}


def reader(book: Book, now: datetime) -> Callable[[int, int, int, Cell], Scalar]:
    """A function that gives any cell's effective value; evaluates on first need."""
    cache: list[Results] = []

    def value(sheet_id: int, row: int, column: int, cell: Cell) -> Scalar:
        if cell.formula is None:
            return cell.value
        if not cache:
            cache.append(results(book, now))
        return cache[0].get((sheet_id, row, column))

    return value
