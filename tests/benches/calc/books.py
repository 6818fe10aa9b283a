"""The engine's workbooks, their sheets, tables and names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlwings import base_classes
from xlwings.utils import a1_to_tuples

from tests.benches.calc.com import ComBook, ComSheet
from tests.benches.calc.ranges import COLUMNS, ROWS, Box, Range, boxed

if TYPE_CHECKING:
    from tests.benches.calc.engine import App

_CELLS = re.compile(r"[A-Z]{1,3}\d+(:[A-Z]{1,3}\d+)?|[A-Z]{1,3}:[A-Z]{1,3}|\d+:\d+")


class Many(base_classes.Collection):  # type: ignore[misc]
    """A collection by number or name, read anew each time."""

    api = parent = None

    def items(self) -> list[Any]:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.items())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items())

    def __contains__(self, key: Any) -> bool:
        return any(item.name.lower() == str(key).lower() for item in self.items())

    def __call__(self, key: Any) -> Any:
        items = self.items()
        if isinstance(key, int) and 1 <= key <= len(items):
            return items[key - 1]
        for item in items:
            if item.name.lower() == str(key).lower():
                return item
        raise KeyError(key)


class Books(Many, base_classes.Books):  # type: ignore[misc]
    """The open workbooks; the last one activated is the active one."""

    def __init__(self, app: "App") -> None:
        self.app = app
        self.open_ones: list[Book] = []

    def items(self) -> "list[Book]":
        return self.open_ones

    @property
    def active(self) -> "Book":
        return self.open_ones[-1]

    def add(self) -> "Book":
        return self._opened(f"Book{len(self.open_ones) + 1}", None)

    def open(self, fullname: str, *arguments: Any, **named: Any) -> "Book":
        return self._opened(str(fullname), str(fullname))

    def _opened(self, name: str, path: str | None) -> "Book":
        book = Book(self.app, name, self.app.office.ask("open", path))
        self.open_ones.append(book)
        return book


class Book(base_classes.Book):  # type: ignore[misc]
    """An open workbook."""

    app = fullname = None

    def __init__(self, app: "App", fullname: str, number: int) -> None:
        self.app, self.fullname, self.number = app, fullname, number

    @property
    def api(self) -> ComBook:
        return ComBook(self)

    @property
    def name(self) -> str:
        return Path(self.fullname).name

    @property
    def sheets(self) -> "Sheets":
        return Sheets(self)

    @property
    def names(self) -> "Names":
        return Names(self)

    def ask(self, what: str, *arguments: Any) -> Any:
        return self.app.office.ask(what, self.number, *arguments)

    def activate(self) -> None:
        self.app.books.open_ones.remove(self)
        self.app.books.open_ones.append(self)

    def save(self, path: str | None = None, password: str | None = None) -> None:
        self.fullname = str(path or self.fullname)
        self.ask("store", self.fullname)

    def close(self) -> None:
        self.app.books.open_ones.remove(self)
        self.ask("close")

    def find(self, name: str) -> Range | None:
        """The range a name or a table stands for."""
        for known in self.names:
            if known.name.lower() == name.lower():
                return known.refers_to_range
        for sheet in self.sheets:
            for table in sheet.tables:
                if table.name.lower() == name.lower():
                    return table.data_body_range
        return None


class Sheets(Many, base_classes.Sheets):  # type: ignore[misc]
    """The sheets of a workbook."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def items(self) -> "list[Sheet]":
        return [Sheet(self.book, name) for name in self.book.ask("sheets")]

    @property
    def active(self) -> "Sheet":
        return Sheet(self.book, self.book.ask("active_sheet"))

    def add(self, before: Any = None, after: Any = None, name: str | None = None) -> "Sheet":
        there = [sheet.name for sheet in self.items()]
        title = name or next(f"Sheet{n}" for n in range(1, 999) if f"Sheet{n}" not in there)
        at = before.index - 1 if before else after.index if after else there.index(self.active.name)
        self.book.ask("add_sheet", title, at)
        return Sheet(self.book, title)


class Sheet(base_classes.Sheet):  # type: ignore[misc]
    """A sheet."""

    book = None

    def __init__(self, book: Book, name: str) -> None:
        self.book, self._name = book, name

    def ask(self, what: str, *arguments: Any) -> Any:
        if what in ("read", "read_formulas"):
            self.book.app.refuse_while_editing()
        return self.book.ask(what, self._name, *arguments)

    def change(self, what: str, *arguments: Any) -> Any:
        self.book.app.refuse_while_editing()
        self.book.app.cut_copy_mode = False  # whatever is written ends the marching ants
        return self.book.ask(what, self._name, *arguments)

    def write(self, row: int, column: int, rows: list[tuple[Any, ...]]) -> None:
        self.change("write", row, column, rows)

    def used(self) -> tuple[int, int]:
        rows, columns = self.ask("used")
        return rows, columns

    @property
    def api(self) -> ComSheet:
        return ComSheet(self)

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, new: str) -> None:
        self.ask("rename_sheet", new)
        self._name = new

    @property
    def index(self) -> int:
        return int(self.book.ask("sheets").index(self._name)) + 1

    @property
    def visible(self) -> bool:
        return bool(self.ask("visible"))

    @visible.setter
    def visible(self, shown: bool) -> None:
        self.ask("set_visible", shown)

    @property
    def names(self) -> "Names":
        return self.book.names

    @property
    def tables(self) -> "Tables":
        return Tables(self)

    @property
    def cells(self) -> Range:
        return Range(self, 1, 1, ROWS, COLUMNS)

    @property
    def used_range(self) -> Range:
        rows, columns = self.used()
        return Range(self, 1, 1, max(rows, 1), max(columns, 1))

    def activate(self) -> None:
        self.ask("activate")

    select = activate

    def delete(self) -> None:
        self.change("remove_sheet")

    def clear_contents(self) -> None:
        self.used_range.clear_contents()

    def clear(self) -> None:
        self.used_range.clear()

    def range(self, first: Any, second: Any = None) -> Range:
        """Cells by address, name, numbers or other ranges."""
        if isinstance(first, tuple) and len(first) == 4:
            return Range(self, *first)
        start = self._box(first)
        end = start if second is None else self._box(second)
        last = (end[0] + end[2] - 1, end[1] + end[3] - 1)
        box = start if second is None else boxed(start[:2], last)
        return Range(self, *box)

    def _box(self, said: Any) -> Box:
        if isinstance(said, Range):
            return said.box
        if isinstance(said, tuple):
            if 0 in said:
                raise IndexError("Attempted to access 0-based Range. xlwings/Excel Ranges are 1-based.")
            return (*said, 1, 1)  # type: ignore[return-value]
        plain = said.replace("$", "").upper()
        if not _CELLS.fullmatch(plain):
            found = self.book.find(said)
            if found is None:
                raise KeyError(said)
            return found.box
        start, end = a1_to_tuples(plain)
        return boxed(start, end or start)


class Table(base_classes.Table):  # type: ignore[misc]
    """A table, which to Calc is a database range."""

    parent = name = show_headers = show_totals = None

    def __init__(self, sheet: Sheet, name: str, box: Box, header: bool, totals: bool) -> None:
        self.parent, self.name, self.box, self.show_headers, self.show_totals = sheet, name, box, header, totals

    @property
    def api(self) -> "Table":
        return self

    @property
    def display_name(self) -> str:
        return str(self.name)

    @property
    def range(self) -> Range:
        return Range(self.parent, *self.box)

    @property
    def header_row_range(self) -> Range | None:
        row, column, _, columns = self.box
        return Range(self.parent, row, column, 1, columns) if self.show_headers else None

    @property
    def data_body_range(self) -> Range | None:
        row, column, rows, columns = self.box
        left = rows - bool(self.show_headers) - bool(self.show_totals)
        return Range(self.parent, row + bool(self.show_headers), column, left, columns) if left > 0 else None


class Tables(Many, base_classes.Tables):  # type: ignore[misc]
    """The tables of a sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = self.parent = sheet

    def items(self) -> list[Table]:
        found = self.sheet.book.ask("tables")
        here = self.sheet.name
        return [Table(self.sheet, name, *rest) for name, (sheet, *rest) in found.items() if sheet == here]


class Names(Many, base_classes.Names):  # type: ignore[misc]
    """The names of a workbook."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def items(self) -> "list[Name]":
        return [Name(self.book, name, said) for name, said in self.book.ask("names").items()]

    def contains(self, key: Any) -> bool:
        return key in self


class Name(base_classes.Name):  # type: ignore[misc]
    """A name and what it refers to."""

    name = refers_to = None

    def __init__(self, book: Book, name: str, refers_to: str) -> None:
        self.book, self.name, self.refers_to = book, name, refers_to

    @property
    def api(self) -> "Name":
        return self

    @property
    def refers_to_range(self) -> Range | None:
        sheet, _, cells = self.refers_to.lstrip("=").rpartition("!")
        if not sheet or not _CELLS.fullmatch(cells.replace("$", "")):
            return None
        return Sheet(self.book, sheet.strip("'$").replace("''", "'")).range(cells)
