"""Cell references inside formulas: finding them, and rewriting them when cells are copied or the grid changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from local_sheets.a1 import column_index, column_name, quote

_CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]+"
_TOKEN = re.compile(
    r'(?P<text>"(?:[^"]|"")*")'
    r"|(?<![\w.$'!])(?P<sheet>'(?:[^']|'')+'!|[A-Za-z_][\w.]*!)?"
    rf"(?P<ref>{_CELL}(?::(?:{_CELL}|\$?[A-Za-z]{{1,3}}|\$?[0-9]+))?"
    r"|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?[0-9]+:\$?[0-9]+)(?![\w(.!])"
)
_CORNER = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)([0-9]+)?")
LOST = "#REF!"


@dataclass(frozen=True, slots=True)
class Corner:
    """One end of a reference; ``None`` where the row or the column is not said."""

    row: int | None
    column: int | None
    row_fixed: bool = False
    column_fixed: bool = False

    def text(self) -> str:
        """Back as A1."""
        column = "" if self.column is None else ("$" if self.column_fixed else "") + column_name(self.column)
        row = "" if self.row is None else ("$" if self.row_fixed else "") + str(self.row + 1)
        return column + row


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference: the tab's title if it is said, and its first and last cell (``last`` is ``None`` for one cell)."""

    title: str | None
    first: Corner
    last: Corner | None

    def text(self) -> str:
        """Back as it stands in a formula."""
        before = "" if self.title is None else quote(self.title) + "!"
        return before + self.first.text() + ("" if self.last is None else ":" + self.last.text())

    def bounds(self) -> tuple[int | None, int | None, int | None, int | None]:
        """(r0, r1, c0, c1), ends exclusive, ``None`` for open sides."""
        last = self.last or self.first
        r0, r1, c0, c1 = self.first.row, last.row, self.first.column, last.column
        return r0, None if r1 is None else r1 + 1, c0, None if c1 is None else c1 + 1


def _corner(text: str) -> Corner:
    found = _CORNER.fullmatch(text)
    assert found is not None
    one, letters, two, digits = found.groups()
    if letters is None:
        return Corner(int(digits) - 1, None, bool(one or two))
    return Corner(int(digits) - 1 if digits else None, column_index(letters), bool(two), bool(one))


def _ref(found: re.Match[str]) -> Ref:
    sheet = found["sheet"]
    title = None
    if sheet:
        title = sheet[1:-2].replace("''", "'") if sheet.startswith("'") else sheet[:-1]
    first, colon, last = found["ref"].partition(":")
    return Ref(title, _corner(first), _corner(last) if colon else None)


def find(formula: str) -> Iterator[Ref]:
    """Every reference of a formula; texts in quotes are skipped."""
    for found in _TOKEN.finditer(formula):
        if found["ref"]:
            yield _ref(found)


def rewrite(formula: str, change: Callable[[Ref], Ref | None]) -> str:
    """The formula with each reference replaced; ``None`` means the cell is gone and leaves ``#REF!``."""

    def one(found: re.Match[str]) -> str:
        if not found["ref"]:
            return found[0]
        ref = _ref(found)
        new = change(ref)
        if new is None:
            return LOST
        return found[0] if new == ref else new.text()

    return _TOKEN.sub(one, formula)


def copied(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when its cell is copied so many rows down and columns to the right."""

    def corner(at: Corner) -> Corner | None:
        row = at.row if at.row is None or at.row_fixed else at.row + rows
        column = at.column if at.column is None or at.column_fixed else at.column + columns
        if (row is not None and row < 0) or (column is not None and column < 0):
            return None
        return replace(at, row=row, column=column)

    def change(ref: Ref) -> Ref | None:
        first, last = corner(ref.first), corner(ref.last) if ref.last else None
        if first is None or (ref.last and last is None):
            return None
        return replace(ref, first=first, last=last)

    return formula if not (rows or columns) else rewrite(formula, change)


Map = Callable[[int | None, int | None], tuple[int | None, int | None] | None]


def remapped(ref: Ref, rows: Map, columns: Map) -> Ref | None:
    """A reference after its grid changed; the maps take and give [start, end) with ``None`` for open ends."""
    r0, r1, c0, c1 = ref.bounds()
    new_rows, new_columns = rows(r0, r1), columns(c0, c1)
    if new_rows is None or new_columns is None:
        return None
    first = replace(ref.first, row=new_rows[0], column=new_columns[0])
    if ref.last is None:
        return replace(ref, first=first)
    end_row = None if ref.last.row is None or new_rows[1] is None else new_rows[1] - 1
    end_column = None if ref.last.column is None or new_columns[1] is None else new_columns[1] - 1
    return replace(ref, first=first, last=replace(ref.last, row=end_row, column=end_column))


def retitled(formula: str, old: str, new: str) -> str:
    """The formula after a tab was renamed."""
    return rewrite(formula, lambda ref: replace(ref, title=new) if ref.title == old else ref)
