"""The few names of Excel's own object model that are used beside xlwings, spelled as COM spells them.

Each is answered from what LibreOffice knows. A name that is not here is an AttributeError, as with a wrong name in Excel.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.benches.calc.books import Book, Sheet
    from tests.benches.calc.engine import App
    from tests.benches.calc.ranges import Range

UNDO = 128
"""the number of Excel's control for Undo"""


class ComApp:
    """Application."""

    def __init__(self, app: "App") -> None:
        self._app = app

    @property
    def Ready(self) -> bool:  # noqa: N802
        return self._app.ready

    @property
    def CommandBars(self) -> "ComApp":  # noqa: N802
        return self

    def FindControl(self, Id: int) -> "UndoControl":  # noqa: N802, N803
        assert Id == UNDO
        return UndoControl(self._app)


class UndoControl:
    """The control for Undo, which is grey while there is nothing to undo."""

    def __init__(self, app: "App") -> None:
        self._app = app

    @property
    def Enabled(self) -> bool:  # noqa: N802
        return bool(self._app.books.active.ask("undoable"))


class ComBook:
    """Workbook."""

    def __init__(self, book: "Book") -> None:
        self._book = book

    @property
    def ReadOnly(self) -> bool:  # noqa: N802
        return bool(self._book.ask("read_only"))

    @property
    def Saved(self) -> bool:  # noqa: N802
        return not self._book.ask("modified")

    @property
    def CustomDocumentProperties(self) -> "Properties":  # noqa: N802
        return Properties(self._book)


class Properties:
    """DocumentProperties of one's own."""

    def __init__(self, book: "Book") -> None:
        self._book = book

    def __iter__(self) -> "Iterator[Property]":
        return iter([Property(self._book, name) for name in self._book.ask("properties")])

    def Add(self, Name: str, LinkToContent: bool, Type: int, Value: Any) -> None:  # noqa: N802, N803
        self._book.ask("set_property", Name, Value)


class Property:
    """DocumentProperty."""

    def __init__(self, book: "Book", name: str) -> None:
        self._book, self.Name = book, name

    @property
    def Value(self) -> Any:  # noqa: N802
        return self._book.ask("properties")[self.Name]

    @Value.setter
    def Value(self, value: Any) -> None:  # noqa: N802
        self._book.ask("set_property", self.Name, value)


class ComSheet:
    """Worksheet."""

    def __init__(self, sheet: "Sheet") -> None:
        self._sheet = sheet

    @property
    def ProtectContents(self) -> bool:  # noqa: N802
        return bool(self._sheet.ask("protected"))

    @property
    def Comments(self) -> "list[ComNote]":  # noqa: N802
        return [ComNote(*place, text) for place, text in self._sheet.ask("notes").items()]


class ComNote:
    """Comment."""

    def __init__(self, row: int, column: int, text: str) -> None:
        self.Row, self.Column, self._text = row, column, text

    @property
    def Parent(self) -> "ComNote":  # noqa: N802
        return self

    def Text(self) -> str:  # noqa: N802
        return self._text


class ComRange:
    """Range."""

    def __init__(self, cells: "Range") -> None:
        self._cells = cells

    @property
    def HasFormula(self) -> bool | None:  # noqa: N802
        """True when every cell holds a formula, None when some do."""
        found = self._cells.sheet.ask("formula_count", self._cells.box)
        return found == len(self._cells) or (None if found else False)

    @property
    def CountLarge(self) -> int:  # noqa: N802
        return len(self._cells)

    def AddComment(self, Text: str) -> None:  # noqa: N802, N803
        self._cells.add_note(Text)
