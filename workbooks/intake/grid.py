"""A tab as it was read: raw cells at their places, before anything is understood."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from workbooks import cells
from workbooks.intake import limits
from workbooks.problems import Where

Raw = Any
"""a cell as it came: str, int, float, bool, date, datetime, time, timedelta; "" or None where it is empty"""


def letter(position: int) -> str:
    """The column letters of a position that counts from 0: 0 -> A, 26 -> AA."""
    text = ""
    position += 1
    while position > 0:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def position_of(letters: str) -> int:
    """The reverse of `letter`; -1 for an empty text."""
    position = 0
    for char in letters.upper():
        position = position * 26 + ord(char) - 64
    return position - 1


def is_empty(raw: Raw) -> bool:
    """True when nothing stands in the cell that a person could see."""
    return raw is None or raw == "" or (isinstance(raw, str) and not cells.clean(raw))


@dataclass(frozen=True)
class Merge:
    """Merged cells: rows count from 1, columns are positions from 0, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        return f"{letter(self.first_column)}{self.first_row}:{letter(self.last_column)}{self.last_row}"


@dataclass(frozen=True)
class Grid:
    """One tab of a file. `lines[0]` is row 1 as the program shows it; title lines above the header are included.

    `header_row` counts from 1 and is a guess until `match.headed` looked for known headers. `ragged` is True
    for text files, where a row may be longer than the header. `broken` has rows that could not be cut into
    cells, with the sentence.
    """

    file: str
    tab: str
    lines: list[list[Raw]]
    header_row: int = 1
    merges: tuple[Merge, ...] = ()
    ragged: bool = False
    broken: dict[int, str] = field(default_factory=dict)

    def with_header(self, row: int) -> "Grid":
        """The same tab with its header in `row`."""
        return replace(self, header_row=row)

    @cached_property
    def headers(self) -> list[str]:
        """The header texts as written, one per column, without empty ones at the end.

        A header cell merged with cells above it has its text from the topmost.
        """
        if not 1 <= self.header_row <= len(self.lines):
            return []
        line = list(self.lines[self.header_row - 1])
        for merge in self.header_merges:
            if merge.first_column == merge.last_column < len(line) and merge.last_row >= self.header_row:
                line[merge.first_column] = self.lines[merge.first_row - 1][merge.first_column]
        texts = [raw if isinstance(raw, str) else cells.shown(raw) for raw in line]
        while texts and is_empty(texts[-1]):
            texts.pop()
        return texts

    @property
    def rows(self) -> list[list[Raw]]:
        """The lines below the header; the row number of the first is `header_row + 1`."""
        return self.lines[self.header_row :]

    @property
    def header_merges(self) -> list[Merge]:
        """Merged cells in the header row or above it."""
        return [merge for merge in self.merges if merge.first_row <= self.header_row]

    def errors(self) -> Iterator[tuple[Where, str]]:
        """Every cell that holds an error such as #REF!, with its address."""
        for number, line in enumerate(self.lines, 1):
            for position, raw in enumerate(line):
                if isinstance(raw, str) and raw in cells.ERRORS:
                    yield self.where(number, position), raw

    def where(self, row: int | None = None, position: int | None = None) -> Where:
        """The address of a row, a column or a cell."""
        if position is None:
            return Where(self.file, self.tab, row)
        header = self.headers[position] if position < len(self.headers) else ""
        return Where(self.file, self.tab, row, letter(position), cells.shown(cells.clean(header)))


def first_guess(lines: list[list[Raw]]) -> int:
    """The row most likely to hold the headers when nobody knows them: the first with two texts, else with one."""
    texts = [sum(isinstance(raw, str) and not is_empty(raw) for raw in line) for line in lines[: limits.HEADER_WITHIN]]
    for enough in (2, 1):
        for number, count in enumerate(texts, 1):
            if count >= enough:
                return number
    return 1
