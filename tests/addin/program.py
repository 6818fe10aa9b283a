"""A spreadsheet program made of lists: Excel cannot run here, so what it does to cells is played as far as the agent sees it.

It opens the real bytes of a workbook, refuses calls while a cell is edited, turns risky texts into numbers and dates
as Excel does, keeps notes, and can be saved and closed or closed without saving. The live Calc under
tests/benches/calc is the other half.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import python_calamine

from addin.agent import Mood
from addin.excel import NOTE, guarded
from addin.placing import Block
from addin.program import Busy
from addin.view import Grid, plain
from sheets_sync import parts

Lines = list[list[Any]]
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:[eE][-+]?\d+)?%?$")


@dataclass
class Sheet:
    """One tab: cells, formulas by (row, column) from 0, notes, merged cells."""

    lines: Lines
    formulas: set[tuple[int, int]] = field(default_factory=set)
    notes: dict[tuple[int, int], str] = field(default_factory=dict)
    colours: set[tuple[int, int]] = field(default_factory=set)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    locked: bool = False
    texts: set[int] = field(default_factory=set)
    """columns formatted as text"""

    def cell(self, row: int, column: int) -> Any:
        line = self.lines[row] if row < len(self.lines) else []
        return line[column] if column < len(line) else None

    def put(self, row: int, column: int, value: Any) -> None:
        while len(self.lines) <= row:
            self.lines.append([])
        line = self.lines[row]
        line += [None] * (column + 1 - len(line))
        line[column] = value


@dataclass
class FakeBook:
    """An open workbook. `file` is what is on the disk."""

    program: "FakeProgram"
    name: str
    file: bytes
    sheets: dict[str, Sheet] = field(default_factory=dict)
    props: dict[str, str] = field(default_factory=dict)
    cursor: tuple[str, int, int] | None = None
    read_only: bool = False
    selected_cells: int = 1
    reads: int = 0
    writes: list[Block] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    copied: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.sheets:
            book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(self.file))
            for title in book.sheet_names:
                lines = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
                self.sheets[title] = Sheet([[None if cell == "" else cell for cell in line] for line in lines])
            self.props = dict(parts.properties(self.file))

    @property
    def path(self) -> str:
        return f"C:\\Stopbook\\{self.name}"

    def properties(self) -> dict[str, str]:
        self.program.called()
        return {name: value for name, value in self.props.items() if name.startswith("stopbook_")}

    def stamp(self, mark: str) -> None:
        self.program.called()
        self.stamps.append(mark)
        self.props["stopbook_copy"] = mark

    def titles(self) -> tuple[str, ...]:
        self.program.called()
        return tuple(self.sheets)

    def read(self, title: str) -> Grid:
        self.program.called()
        self.reads += 1
        sheet = self.sheets[title]
        return Grid([list(line) for line in sheet.lines], frozenset(sheet.formulas), tuple(sheet.merges), sheet.locked)

    def write(self, block: Block) -> None:
        self.program.called()
        sheet = self.sheets[block.tab]
        if sheet.locked:
            raise RuntimeError("the sheet is protected")
        self.writes.append(block)
        for down, row in enumerate(block.rows):
            for across, value in enumerate(row):
                at = (block.row - 1 + down, block.column + across)
                assert at not in sheet.formulas, "a formula was written over"
                sheet.put(*at, _as_excel_takes(guarded(value) if isinstance(value, str) else value))
        self.program.undo.clear()

    def note(self, title: str, row: int, column: int, text: str) -> None:
        self.program.called()
        sheet = self.sheets[title]
        place = (row - 1, column)
        if place in sheet.notes and not sheet.notes[place].startswith(NOTE):
            return
        sheet.notes.pop(place, None)
        sheet.colours.discard(place)
        if text:
            sheet.notes[place] = f"{NOTE}{text}"
            sheet.colours.add(place)

    def notes(self, title: str) -> Sequence[tuple[int, int, str]]:
        return [(row + 1, column, text.removeprefix(NOTE)) for (row, column), text in self.sheets[title].notes.items()
                if text.startswith(NOTE)]  # fmt: skip

    def selected(self) -> tuple[str, int, int] | None:
        self.program.called()
        return self.cursor

    def areas(self) -> int:
        return self.selected_cells

    def go(self, title: str, row: int, column: int) -> None:
        self.program.called()
        self.cursor = (title, row, column)

    # what a person does

    def header(self, tab: str) -> list[Any]:
        return self.sheets[tab].lines[0]

    def row_of(self, tab: str, key: str, at: int = 2) -> int:
        return next(n for n, line in enumerate(self.sheets[tab].lines) if len(line) > at and line[at] == key)

    def type(self, tab: str, key: str, header: str, value: Any) -> None:
        """Somebody types a value into the row with that key and moves on."""
        row, column = self.row_of(tab, key), self.header(tab).index(header)
        self.program.undo.append((tab, row, column))
        self.sheets[tab].put(row, column, value)
        self.cursor = (tab, 1, 0)

    def shows(self, tab: str, key: str, header: str) -> Any:
        return self.sheets[tab].cell(self.row_of(tab, key), self.header(tab).index(header))

    def rows(self, tab: str) -> list[dict[str, Any]]:
        head = self.header(tab)
        return [dict(zip(head, [*line, *[None] * (len(head) - len(line))], strict=False))
                for line in self.sheets[tab].lines[1:] if any(cell is not None for cell in line)]  # fmt: skip

    def add(self, tab: str, **values: Any) -> int:
        """Somebody types a row below the last one; headers with _ for spaces. Returns its row number."""
        head = self.header(tab)
        named = {header.replace(" ", "_"): header for header in head if header}
        lines = self.sheets[tab].lines
        while lines and all(cell is None for cell in lines[-1]):
            lines.pop()
        lines.append([None] * len(head))
        for name, value in values.items():
            lines[-1][head.index(named[name])] = value
        return len(lines)

    def delete(self, tab: str, key: str) -> list[Any]:
        return self.sheets[tab].lines.pop(self.row_of(tab, key))

    def sort(self, tab: str, header: str, reverse: bool = False) -> None:
        lines = self.sheets[tab].lines
        at = lines[0].index(header)
        lines[1:] = sorted(lines[1:], key=lambda line: str(line[at] if at < len(line) else ""), reverse=reverse)

    def saved(self) -> bytes:
        """The bytes that saving leaves, written by another program."""
        import xlsxwriter

        target = io.BytesIO()
        out = xlsxwriter.Workbook(target, {"in_memory": True})
        for name, value in self.props.items():
            out.set_custom_property(name, value)
        moment = out.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for title, sheet in self.sheets.items():
            to = out.add_worksheet(title)
            for row, line in enumerate(sheet.lines):
                for column, value in enumerate(line):
                    if isinstance(value, str):
                        to.write_string(row, column, value)
                    elif isinstance(value, bool):
                        to.write_boolean(row, column, value)
                    elif isinstance(value, (datetime, date, time)):
                        to.write_number(row, column, plain(value), moment)
                    elif value is not None:
                        to.write_number(row, column, value)
        out.close()
        self.file = target.getvalue()
        return self.file


def _as_excel_takes(value: Any) -> Any:
    """What becomes of a value that is put into a cell of no format."""
    if not isinstance(value, str):
        return value
    if value.startswith("'"):
        return value[1:]
    assert not value.startswith(("=", "+", "-", "@")), "a text became a formula"
    assert not _NUMBER.match(value.strip()), "a text became a number"
    assert value.upper() not in ("TRUE", "FALSE"), "a text became TRUE or FALSE"
    return value


@dataclass
class FakeProgram:
    """The program with its open workbooks."""

    open: list[FakeBook] = field(default_factory=list)
    editing: bool = False
    copying: bool = False
    undo: list[Any] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    agrees: Callable[[str], bool] = lambda text: True
    types: str | None = None
    calls: int = 0
    undisturbed_now: bool = False

    def called(self) -> None:
        self.calls += 1
        if self.editing:
            raise Busy

    def opens(self, content: bytes, name: str, **more: Any) -> FakeBook:
        book = FakeBook(self, name, content, **more)
        self.open.insert(0, book)
        return book

    def closes(self, book: FakeBook) -> bytes:
        self.open.remove(book)
        return book.file

    def books(self) -> Sequence[FakeBook]:
        self.called()
        return list(self.open)

    def mood(self, book: Any) -> Mood:
        return Mood(not self.editing, self.editing, self.copying, bool(self.undo))

    def status(self, book: Any, text: str) -> None:
        self.says.append(text)

    def tell(self, text: str, ask: bool = False) -> bool:
        self.told.append(text)
        return self.agrees(text) if ask else True

    def ask(self, text: str, default: str) -> str:
        self.told.append(text)
        return self.types if self.types is not None else default

    @contextmanager
    def undisturbed(self, book: Any) -> Iterator[None]:
        yield
