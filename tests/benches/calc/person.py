"""Somebody at the keyboard of an open workbook: everything here goes through LibreOffice's own commands and controls."""

from typing import Any

import xlwings

from tests.benches.calc.books import Book


class Person:
    """Works in one workbook."""

    def __init__(self, book: xlwings.Book) -> None:
        self.book: Book = book.impl

    def goes_to(self, tab: str, cell: str) -> None:
        """Clicks on a cell."""
        self._does("GoToCell", ToPoint=f"$'{tab}'.{cell}" if " " in tab else f"${tab}.{cell}")

    def types(self, tab: str, cell: str, text: str) -> None:
        """Clicks on a cell, types and presses Enter."""
        self.goes_to(tab, cell)
        self._does("EnterString", StringName=text)
        self.book.app.cut_copy_mode = False

    def begins_to_edit(self, tab: str, cell: str) -> None:
        """Clicks on a cell and presses F2."""
        self.goes_to(tab, cell)
        self._does("SetInputMode")

    def gives_up_editing(self) -> None:
        """Presses Escape in a cell."""
        self._does("Cancel")

    def copies(self, tab: str, cell: str) -> None:
        """Clicks on a cell and presses Ctrl+C. Calc does not tell what it copies, so the bench remembers it."""
        self.goes_to(tab, cell)
        self._does("Copy")
        self.book.app.cut_copy_mode = True

    def pastes(self, tab: str, cell: str) -> None:
        """Clicks on a cell and presses Ctrl+V."""
        self.goes_to(tab, cell)
        self._does("Paste")

    def presses_escape(self) -> None:
        """Ends copying."""
        self._does("Cancel")
        self.book.app.cut_copy_mode = False

    def undoes(self) -> None:
        """Presses Ctrl+Z."""
        self._does("Undo")

    def filters(self, tab: str, header: str, value: str) -> None:
        """Chooses one value of a column's drop-down arrow."""
        self.book.ask("filter", tab, header, value)

    def clicks(self, tab: str, label: str, seconds: float = 10) -> str:
        """Clicks a form button and waits for the RunPython of its macro: the command it asks for."""
        self.book.ask("press", tab, label)
        command = self.book.app.office.ask("clicks", seconds)
        assert command is not None, f"the macro behind {label!r} has not called RunPython"
        return str(command)

    def sees(self, tab: str, cell: str) -> str:
        """What the cell shows."""
        row, column, _, _ = self.book.sheets(tab).range(cell).box
        return str(self.book.ask("shown", tab, row, column))

    def _does(self, command: str, **said: Any) -> None:
        self.book.app.office.ask("dispatch", self.book.number, command, **said)
