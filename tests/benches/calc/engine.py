"""xlwings' objects over the bridge: one application, its workbooks, sheets, tables and names.

Registered once with `registered`; from then on `xlwings.Book`, `xlwings.apps` and `range.options(...)` work on what is
open in LibreOffice. What xlwings needs and Calc has no counterpart for (charts, pictures, Excel's constants) stays with
the base classes, which say so.
"""

import re
from collections.abc import Iterator
from typing import Any

import xlwings
from xlwings import base_classes

from tests.benches.calc.books import Books, Sheet
from tests.benches.calc.com import ComApp
from tests.benches.calc.office import Office
from tests.benches.calc.ranges import Range, from_com, to_com

NAME = "calc"


class ExcelBusyError(Exception):
    """Somebody is editing a cell: Excel refuses every call from outside until they are done (0x800AC472)."""

    hresult = -2146777998


class Engine:
    """What xlwings asks an engine."""

    name, type = NAME, "desktop"  # other types take other ways through xlwings
    prepare_xl_data_element = staticmethod(to_com)
    clean_value_data = staticmethod(from_com)

    def __init__(self) -> None:
        self.apps = Apps()


class Apps(base_classes.Apps):  # type: ignore[misc]
    """The one LibreOffice."""

    def __init__(self) -> None:
        self.open: list[App] = []

    def keys(self) -> list[int]:
        return [app.pid for app in self.open]

    def __iter__(self) -> "Iterator[App]":
        return iter(self.open)

    def __len__(self) -> int:
        return len(self.open)

    def __getitem__(self, pid: int) -> "App":
        return next(app for app in self.open if app.pid == pid)


class App(base_classes.App):  # type: ignore[misc]
    """LibreOffice, as xlwings sees Excel."""

    pid = version = books = status_bar = cut_copy_mode = None
    visible = screen_updating = display_alerts = enable_events = interactive = True

    def __init__(self, office: Office) -> None:
        self.office, self.pid, self.version = office, office.process.pid, office.version
        self.books = Books(self)
        self.status_bar, self.cut_copy_mode = False, False
        self.alerts: list[str] = []
        """what was shown to the person"""
        self.reply = "ok"
        """what the person answers"""

    @property
    def engine(self) -> Any:
        return xlwings.engines[NAME].impl

    @property
    def api(self) -> ComApp:
        return ComApp(self)

    def alert(self, prompt: str, title: str, buttons: str, mode: str, callback: Any) -> str:
        """A message box; without a person in front of it, it is kept and answered."""
        self.refuse_while_editing()
        self.alerts.append(prompt)
        return self.reply

    @property
    def ready(self) -> bool:
        """Excel's `Application.Ready`."""
        return not any(self.office.ask("editing", book.number) for book in self.books)

    def refuse_while_editing(self) -> None:
        """Excel answers no call from outside while a cell is edited."""
        if not self.ready:
            raise ExcelBusyError("Call was rejected by callee.")

    @property
    def selection(self) -> Range | None:
        book = self.books.active
        found = self.office.ask("selection", book.number)
        return Range(Sheet(book, found[0]), *found[1]) if found else None

    def activate(self, steal_focus: bool = False) -> None:
        pass

    def calculate(self) -> None:
        self.office.ask("calculate")

    def run(self, macro: str, arguments: Any) -> Any:
        """Runs 'Book.xlsm'!Module.Name; without a workbook, the first open one that has it, the active one before others."""
        match = re.fullmatch(r"(?:'?([^'!]+)'?!)?(?:(\w+)\.)?(\w+)", macro)
        assert match, macro
        for book in [self.books(match[1])] if match[1] else reversed(self.books.open_ones):
            found = book.ask("find_macro", match[2], match[3])
            if found:
                return book.ask("macro", *found, match[3], arguments)
        raise KeyError(macro)


def registered(office: Office) -> "xlwings.App":
    """Makes this LibreOffice the application xlwings works on."""
    if NAME not in xlwings.engines.engines_by_name:
        xlwings.engines.add(xlwings.main.Engine(impl=Engine()))
    engine = xlwings.engines[NAME]
    engine.activate()
    app = App(office)
    engine.impl.apps.open[:] = [app]
    return xlwings.App(impl=app)
