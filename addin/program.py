"""What is needed of the spreadsheet program: the workbooks that are open in it, and a few words with the person.

Everything is told of it as `Program` and `Book`, so that Excel, a live Calc under the tests and a workbook made of lists
serve the same rules. Which is which is said in `addin.excel`.
"""

import contextlib
from collections.abc import Sequence
from typing import Protocol

from addin.agent import Mood
from addin.placing import Block
from addin.view import Grid


class Busy(Exception):  # noqa: N818 - it is a state, not a fault
    """The program takes no calls just now: a cell is being edited, or a dialog is open."""


class Book(Protocol):
    """An open workbook."""

    @property
    def name(self) -> str:
        """Its file name."""

    @property
    def path(self) -> str:
        """Where it lies, as far as the program says; two open workbooks never share it."""

    @property
    def read_only(self) -> bool:
        """True when it cannot be saved under its name."""

    def properties(self) -> dict[str, str]:
        """Its custom properties that are Stopbook's."""

    def stamp(self, mark: str) -> None:
        """Write into its properties how far it is in step."""

    def titles(self) -> tuple[str, ...]:
        """Its tabs."""

    def read(self, title: str) -> Grid:
        """One tab, whole."""

    def write(self, block: Block) -> None:
        """Put values into cells."""

    def note(self, title: str, row: int, column: int, text: str) -> None:
        """Put a note at a cell and colour it, or take both away."""

    def notes(self, title: str) -> Sequence[tuple[int, int, str]]:
        """Notes of ours on a tab: row from 1, column from 0, text without what it begins with."""

    def selected(self) -> tuple[str, int, int] | None:
        """Tab, row (from 1) and column (from 0) of the cursor; None when something else is selected."""

    def areas(self) -> int:
        """How many cells are selected, in all areas."""

    def go(self, title: str, row: int, column: int) -> None:
        """Put the cursor there."""


class Program(Protocol):
    """The running spreadsheet program, or several of them."""

    def books(self) -> Sequence[Book]:
        """Every open workbook, the one in front first."""

    def mood(self, book: Book) -> Mood:
        """What the program of a workbook is about."""

    def status(self, book: Book | None, text: str) -> None:
        """Say something in the ribbon."""

    def tell(self, text: str, ask: bool = False) -> bool:
        """Show a sentence; with `ask`, True when the person agrees."""

    def ask(self, text: str, default: str) -> str:
        """What the person types; "" when they would rather not."""

    def undisturbed(self, book: Book) -> contextlib.AbstractContextManager[None]:
        """While it lasts the person cannot type into the program, and the screen stands still."""
