"""A1 notation and grid ranges: parsing, printing, clamping.

Rows and columns count from zero and ends are exclusive, as in GridRange; a missing bound means "without end on that
side" and stays missing when the range is printed as JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from local_sheets.errors import invalid

Json = dict[str, Any]

MAX_COLUMNS = 18_278
_CELL = re.compile(r"\$?([A-Za-z]{1,3})?\$?([0-9]{1,8})?")
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*")


def column_name(index: int) -> str:
    """0 as ``A``, 26 as ``AA``."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_index(name: str) -> int:
    """``A`` as 0, ``AA`` as 26."""
    index = 0
    for letter in name.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on one sheet; ``None`` is an open side."""

    sheet_id: int
    r0: int | None = None
    r1: int | None = None
    c0: int | None = None
    c1: int | None = None

    @classmethod
    def of(cls, grid: Json) -> Area:
        """From a GridRange as it stands in JSON."""
        return cls(
            grid.get("sheetId", 0),
            grid.get("startRowIndex"),
            grid.get("endRowIndex"),
            grid.get("startColumnIndex"),
            grid.get("endColumnIndex"),
        )

    def json(self) -> Json:
        """As a GridRange; open sides are left out."""
        pairs = {
            "sheetId": self.sheet_id,
            "startRowIndex": self.r0,
            "endRowIndex": self.r1,
            "startColumnIndex": self.c0,
            "endColumnIndex": self.c1,
        }
        return {key: value for key, value in pairs.items() if value is not None}

    def box(self, rows: int, columns: int) -> Box:
        """The cells meant on a grid of this size: open sides closed, ends clamped."""
        r1 = rows if self.r1 is None else min(self.r1, rows)
        c1 = columns if self.c1 is None else min(self.c1, columns)
        r0, c0 = min(self.r0 or 0, r1), min(self.c0 or 0, c1)
        return Box(self.sheet_id, r0, r1, c0, c1)


@dataclass(frozen=True, slots=True)
class Box:
    """A closed rectangle of cells on one sheet."""

    sheet_id: int
    r0: int
    r1: int
    c0: int
    c1: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.r1 - self.r0

    @property
    def width(self) -> int:
        """Columns."""
        return self.c1 - self.c0

    @property
    def empty(self) -> bool:
        """Whether no cell is inside."""
        return self.r1 <= self.r0 or self.c1 <= self.c0

    def touches(self, other: Box) -> bool:
        """Whether the two share a cell."""
        return (
            self.sheet_id == other.sheet_id
            and self.r0 < other.r1
            and other.r0 < self.r1
            and self.c0 < other.c1
            and other.c0 < self.c1
        )

    def holds(self, other: Box) -> bool:
        """Whether ``other`` lies wholly inside."""
        return (
            self.sheet_id == other.sheet_id
            and self.r0 <= other.r0
            and other.r1 <= self.r1
            and self.c0 <= other.c0
            and other.c1 <= self.c1
        )

    def area(self) -> Area:
        """The same rectangle as an :class:`Area`."""
        return Area(self.sheet_id, self.r0, self.r1, self.c0, self.c1)


def split(text: str) -> tuple[str | None, str | None]:
    """``'My tab'!A1`` as (title, cells); a quoted text without ``!`` is a title; a bare word is returned as cells."""
    if text.startswith("'"):
        end = _closing_quote(text)
        if end < 0:
            raise invalid(f"Unable to parse range: {text}")
        title, rest = text[1:end].replace("''", "'"), text[end + 1 :]
        if not rest:
            return title, None
        if not rest.startswith("!") or len(rest) == 1:
            raise invalid(f"Unable to parse range: {text}")
        return title, rest[1:]
    if "!" in text:
        title, cells = text.rsplit("!", 1)
        if not title or not cells:
            raise invalid(f"Unable to parse range: {text}")
        return title, cells
    return None, text


def _closing_quote(text: str) -> int:
    at = 1
    while at < len(text):
        if text[at] == "'":
            if text[at + 1 : at + 2] != "'":
                return at
            at += 1
        at += 1
    return -1


def cells(text: str) -> tuple[int | None, int | None, int | None, int | None] | None:
    """``B2:C`` as (r0, r1, c0, c1) with ``None`` for open sides; ``None`` when the text is not A1 notation."""
    first, colon, last = text.partition(":")
    start = _corner(first)
    if start is None or (None in start and not colon):
        return None
    if not colon:
        row, column = start
        assert row is not None and column is not None
        return row, row + 1, column, column + 1
    end = _corner(last)
    if end is None:
        return None
    if (start[0] is None) != (end[0] is None) and (start[1] is None) != (end[1] is None):
        return None
    r0, r1 = _ordered(start[0], end[0])
    c0, c1 = _ordered(start[1], end[1])
    return r0, r1, c0, c1


def _corner(text: str) -> tuple[int | None, int | None] | None:
    found = _CELL.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    column = column_index(found[1]) if found[1] else None
    row = int(found[2]) - 1 if found[2] else None
    if row is not None and row < 0:
        return None
    return row, column


def _ordered(first: int | None, last: int | None) -> tuple[int | None, int | None]:
    if first is not None and last is not None:
        return min(first, last), max(first, last) + 1
    if first is None and last is None:
        return None, None
    return (first, None) if first is not None else (last, None)


def quote(title: str) -> str:
    """A tab's title as it stands before ``!``: quoted unless it is a plain word that is not itself a cell."""
    if _PLAIN_TITLE.fullmatch(title) and not _LOOKS_LIKE_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def show(title: str, box: Box) -> str:
    """A box as Google prints it: ``Sheet1!A1:B2``, one cell as ``Sheet1!A1``."""
    first = f"{column_name(box.c0)}{box.r0 + 1}"
    last = f"{column_name(max(box.c1 - 1, box.c0))}{max(box.r1, box.r0 + 1)}"
    return f"{quote(title)}!{first}" + ("" if first == last else f":{last}")
