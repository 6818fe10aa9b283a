"""The one place that touches Excel, through xlwings.

Cells are read and written in bulk. A text that Excel would take for a number, a date or a formula is written with an
apostrophe before it, which makes it the text it is.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from addin.agent import Mood
from addin.placing import Block
from addin.program import Book, Busy
from addin.view import Grid

NOTE = "Stopbook: "
"""what a note of ours begins with"""
RED = (251, 222, 220)
"""behind a cell whose edit was not taken"""
_PROPERTY = "stopbook_"
_RISKY = re.compile(r"[\s\d.,+\-=@'%($€£#]|(?:true|false|wahr|falsch|vrai|faux)$|[a-z]{3,9}[ ./-]?\d", re.IGNORECASE)
"""texts that a spreadsheet program might read as something else"""
_BUSY = (-2147418111, -2146777998, -2147417846)
"""what Excel answers while a cell is being edited or a dialog is open"""


def guarded(text: str) -> str:
    """A text so that every program takes it for the text it is."""
    return f"'{text}" if _RISKY.match(text) else text


@contextmanager
def _patient() -> Iterator[None]:
    """Turns what the program raises while it is busy into `Busy`."""
    try:
        yield
    except Exception as error:
        code = getattr(error, "hresult", None) or (error.args[0] if error.args else None)
        if code in _BUSY:
            raise Busy from error
        raise


class XlBook:
    """A workbook through xlwings."""

    def __init__(self, book: Any) -> None:
        self.book = book
        with _patient():
            self._name, self._path = str(book.name), str(book.fullname)
        self._colours: dict[tuple[str, int, int], Any] = {}

    @property
    def name(self) -> str:
        """Its file name."""
        return self._name

    @property
    def path(self) -> str:
        """Where it lies."""
        return self._path

    @property
    def read_only(self) -> bool:
        """True when it cannot be saved under its name."""
        with suppress(Exception):
            return bool(self.book.api.ReadOnly)
        return False

    def properties(self) -> dict[str, str]:
        """Its custom properties that are Stopbook's."""
        with _patient():
            api = self.book.api
            with suppress(AttributeError):
                return {
                    str(p.Name): str(p.Value) for p in api.CustomDocumentProperties if str(p.Name).startswith(_PROPERTY)
                }
        return _on_disk(self.path)

    def stamp(self, mark: str) -> None:
        """Write into its properties how far it is in step."""
        name = f"{_PROPERTY}copy"
        with _patient():
            api = self.book.api
            found = next((p for p in api.CustomDocumentProperties if str(p.Name) == name), None)
            if found is not None:
                found.Value = mark
            else:
                api.CustomDocumentProperties.Add(name, False, 4, mark)  # 4: text

    def titles(self) -> tuple[str, ...]:
        """Its tabs."""
        with _patient():
            return tuple(sheet.name for sheet in self.book.sheets)

    def read(self, title: str) -> Grid:
        """One tab, whole: one call for its values, one for formulas where there are any, one for merged cells."""
        with _patient():
            sheet = self.book.sheets[title]
            last = sheet.used_range.last_cell
            area = sheet.range((1, 1), (last.row, last.column))
            lines = area.options(ndim=2, err_to_str=True).value
            formulas: set[tuple[int, int]] = set()
            if _has_formulas(area):
                shown = area.formula
                rows = shown if isinstance(shown, (tuple, list)) else ((shown,),)
                for row, line in enumerate(rows):
                    for column, text in enumerate(line if isinstance(line, (tuple, list)) else (line,)):
                        # a text that begins so shows itself; a formula shows what comes out
                        if isinstance(text, str) and text[:1] in ("=", "{") and text != lines[row][column]:
                            formulas.add((row, column))
            return Grid(lines, frozenset(formulas), self._merged(sheet, last.row, last.column), _locked(sheet))

    def _merged(self, sheet: Any, rows: int, columns: int) -> tuple[tuple[int, int, int, int], ...]:
        """Where cells are merged: looked for by halves, so that a tab without any costs one call."""
        found: list[tuple[int, int, int, int]] = []
        looking = [(1, rows)]
        for _ in range(400):
            if not looking:
                break
            first, last = looking.pop()
            if sheet.range((first, 1), (last, columns)).merge_cells is False:  # Excel says None where only some are
                continue
            if first < last:
                looking += [(first, (first + last) // 2), ((first + last) // 2 + 1, last)]
                continue
            for column in range(1, columns + 1):
                cell = sheet.range((first, column))
                if cell.merge_cells:
                    area = cell.merge_area
                    end = area.last_cell
                    found.append((area.row, area.column - 1, end.row, end.column - 1))
        return tuple(dict.fromkeys(found))

    def write(self, block: Block) -> None:
        """Put values into cells, one call for the block."""
        rows = [
            [guarded(value) if isinstance(value, str) else value for value in row]
            for row in block.rows
        ]  # fmt: skip
        with _patient():
            first = (block.row, block.column + 1)
            self.book.sheets[block.tab].range(
                first, (block.row + len(rows) - 1, block.column + len(rows[0]))
            ).value = rows

    def note(self, title: str, row: int, column: int, text: str) -> None:
        """Put a note at a cell and colour it, or take both away; the colour before comes back."""
        place = (title, row, column)
        with _patient():
            cell = self.book.sheets[title].range((row, column + 1))
            held = cell.note
            if held is not None and str(held.text).startswith(NOTE):
                held.delete()
            elif held is not None:
                return  # somebody's own note stays
            if text:
                self._colours.setdefault(place, cell.color)
                _add_note(cell, f"{NOTE}{text}")
                cell.color = RED
            else:
                cell.color = self._colours.pop(place, None) or self._usual(title, row, column)

    def _usual(self, title: str, row: int, column: int) -> Any:
        """The colour of the column, from a neighbour that bears no mark."""
        sheet = self.book.sheets[title]
        for near in (row - 1, row + 1, row + 2):
            colour = sheet.range((near, column + 1)).color if near > 1 else RED
            if colour != RED:
                return colour
        return None

    def notes(self, title: str) -> Sequence[tuple[int, int, str]]:
        """Notes of ours on a tab, such as an earlier agent left; () where the program does not list them."""
        found: list[tuple[int, int, str]] = []
        api = self.book.sheets[title].api
        with suppress(Exception):
            for each in api.Comments:
                found.append((int(each.Parent.Row), int(each.Parent.Column) - 1, str(each.Text())))
        return [(row, column, text.removeprefix(NOTE)) for row, column, text in found if text.startswith(NOTE)]

    def selected(self) -> tuple[str, int, int] | None:
        """Tab, row and column of the cursor."""
        with _patient():
            found = self.book.app.selection
            if found is None or found.sheet.book.name != self.name:
                return None
            return str(found.sheet.name), int(found.row), int(found.column) - 1

    def areas(self) -> int:
        """How many cells are selected, in all areas."""
        with _patient():
            found = self.book.app.selection
            if found is None:
                return 0
            if found.merge_cells and found.shape == found[0, 0].merge_area.shape:
                return 1
            with suppress(Exception):
                return int(found.api.CountLarge)
            return int(found.size)

    def go(self, title: str, row: int, column: int) -> None:
        """Put the cursor there."""
        with _patient():
            sheet = self.book.sheets[title]
            sheet.activate()
            sheet.range((row, column + 1)).select()


def _has_formulas(area: Any) -> bool:
    """False only when the program knows that there is none."""
    with suppress(Exception):
        return area.api.HasFormula is not False
    return True


def _locked(sheet: Any) -> bool:
    with suppress(Exception):
        return bool(sheet.api.ProtectContents)
    return False


def _add_note(cell: Any, text: str) -> None:
    with suppress(AttributeError, NotImplementedError):
        cell.api.AddComment(text)


def _on_disk(path: str) -> dict[str, str]:
    """The stamp from the file, where the program does not give it (macOS)."""
    import zipfile
    from xml.etree import ElementTree

    with (
        suppress(OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError),
        zipfile.ZipFile(Path(path)) as archive,
    ):
        content = archive.read("docProps/custom.xml")[:100_000]
        if b"<!DOCTYPE" not in content:
            items = ElementTree.fromstring(content)  # noqa: S314 - no document type, no entities
            every = {item.get("name", ""): "".join(item.itertext()).strip() for item in items}
            return {name: value for name, value in every.items() if name.startswith(_PROPERTY)}
    return {}


class XlProgram:
    """Every Excel that runs, through xlwings."""

    def __init__(self) -> None:
        self._books: dict[str, XlBook] = {}

    def books(self) -> Sequence[Book]:
        """Every open workbook, the one in front first."""
        import xlwings

        found: dict[str, XlBook] = {}
        with _patient():
            front = ""
            with suppress(Exception):
                front = str(_active().books.active.fullname)
            for app in xlwings.apps:
                for book in app.books:
                    fresh = XlBook(book)
                    known = self._books.get(fresh.path)
                    if known is not None:
                        known.book = book
                    found[fresh.path] = known or fresh
        self._books = found
        return sorted(found.values(), key=lambda book: book.path != front)

    def mood(self, book: Book) -> Mood:
        """What the program of a workbook is about."""
        assert isinstance(book, XlBook)
        try:
            with _patient():
                app = book.book.app
                api = app.api
                ready, copying = True, False
                with suppress(AttributeError):
                    ready = bool(api.Ready)
                with suppress(AttributeError):
                    copying = bool(app.cut_copy_mode)
                return Mood(ready, False, copying, _undo(api))
        except Busy:
            return Mood(False, True)

    def status(self, book: Book | None, text: str) -> None:
        """Say something in the ribbon; a program without the add-in shows nothing."""
        with suppress(Exception):
            app = book.book.app if isinstance(book, XlBook) else _active()
            app.macro("SB_SetStatus")(text)

    def tell(self, text: str, ask: bool = False) -> bool:
        """Show a sentence; with `ask`, True when the person agrees."""
        with suppress(Exception):
            said = _active().alert(text, "Stopbook", buttons="yes_no" if ask else "ok", mode="info")
            return said in ("yes", "ok")
        return False

    def ask(self, text: str, default: str) -> str:
        """What the person types; "" when they would rather not, or where nobody can be asked."""
        with suppress(Exception):
            said = _active().api.InputBox(text, "Stopbook", default)
            return str(said).strip() if isinstance(said, str) else ""
        return ""

    @contextmanager
    def undisturbed(self, book: Book) -> Iterator[None]:
        """While it lasts the person cannot type into the program, and the screen stands still."""
        assert isinstance(book, XlBook)
        app = book.book.app
        before: dict[str, Any] = {}
        for name, value in (("interactive", False), ("screen_updating", False), ("enable_events", False)):
            with suppress(Exception):
                before[name] = getattr(app, name)
                setattr(app, name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                with suppress(Exception):
                    setattr(app, name, value)


def _active() -> Any:
    import xlwings

    return xlwings.apps.active


def _undo(api: Any) -> bool | None:
    """Whether there is something to undo, where the program says so."""
    with suppress(Exception):
        return bool(api.CommandBars.FindControl(Id=128).Enabled)
    return None
