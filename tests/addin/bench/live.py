"""A workbook of Stopbook open in a live spreadsheet program, somebody who works in it, and the agent beside them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import xlwings

from addin.agent import Policy
from addin.build.config import Config
from addin.build.package import modules, packed
from addin.build.ribbon import ACTIONS, ribbon
from addin.build.source import Kind, module
from addin.excel import XlProgram
from addin.handshake import own
from addin.registry import functions
from addin.resident import Agent
from tests.addin.conftest import Place, settled
from tests.benches.calc.person import Person

EXC = "Exceptions"
XLWINGS = """Attribute VB_Name = "xlwings"
Public Const XLWINGS_VERSION As String = "0.0"
Public Function RunPython(PythonCommand As String)
    createUnoService("stopbook.bench.Python").RunPython PythonCommand
End Function
Public Function GetConfig(key As String) As Variant
    GetConfig = ""
End Function
Public Function XLPy() As Object
End Function
"""
PRESSED = """Attribute VB_Name = "Pressed"
Public Function Press(ByVal id As String)
    Dim pressed As Object
    Set pressed = New Control
    pressed.ID = id
    SB_Press pressed
End Function
Public Function StatusLine(number)
    StatusLine = SbStatusLine(number)
End Function
"""
CONTROL = "Public ID As String"


@dataclass(eq=False)
class Desk:
    """The open workbook; its cells by tab, the row's key and the column's header."""

    place: Place
    book: xlwings.Book
    person: Person
    agent: Agent
    buttons: set[str] = field(default_factory=set)

    @property
    def state(self) -> Any:
        (one,) = self.agent.desks.values()
        return one.state

    def header(self, tab: str) -> list[str]:
        return [str(value) for value in self.book.sheets[tab][0].expand("right").value]

    def row(self, tab: str, key: str) -> int:
        """The number of the row with that key, counted from 1."""
        lines = self.book.sheets[tab].used_range.options(ndim=2).value
        return next(number for number, line in enumerate(lines, 1) if key in line)

    def at(self, tab: str, key: str, header: str) -> str:
        """The address of a cell, such as C5."""
        column = self.header(tab).index(header) + 1
        return str(self.book.sheets[tab].range((self.row(tab, key), column)).get_address(False, False))

    def cell(self, tab: str, key: str, header: str) -> xlwings.Range:
        return self.book.sheets[tab][self.at(tab, key, header)]

    def types(self, tab: str, key: str, header: str, text: str) -> None:
        """Somebody types into a cell and goes back to the top."""
        self.person.types(tab, self.at(tab, key, header), text)
        self.person.goes_to(tab, "A1")

    def shows(self, tab: str, key: str, header: str) -> str:
        return self.person.sees(tab, self.at(tab, key, header))

    def clicks(self, control: str) -> str:
        """Somebody clicks the button with that id; what its VBA asks of Python is run here. What was then shown."""
        if control not in self.buttons:
            self.buttons.add(control)
            name = control.replace(".", "_").replace("-", "_")
            text = f'Sub {name}\ncreateUnoService("stopbook.bench.Python").Ribbon "{control}"\nEnd Sub'
            self.book.impl.ask("add_module", "Standard", f"B_{name}", text)
            self.book.sheets[EXC].impl.ask("add_button", control, f"Standard.B_{name}.{name}")
        alerts = self.book.app.impl.alerts
        alerts.clear()
        command = self.person.clicks(EXC, control)
        assert command == f"import addin.handshake as h; h.press('{control}', '{own()}')"
        exec(command, {"__name__": "RunPython"})
        return " | ".join(alerts)

    def beats(self, count: int = 1, seconds: float = 20.0) -> None:
        self.place.beats(self.agent, count, seconds)

    def settle(self) -> None:
        """Until both sides have everything, in at most eight looks."""
        for number in range(8):
            self.beats()
            if number and self.state.said and not self.state.asking and not self.state.waiting:
                return


@contextmanager
def at_the_desk(excel: xlwings.App, house: Place, folder: Path, policy: Policy = Policy()) -> Iterator[Desk]:  # noqa: B008
    """The VA opens their workbook, with the agent running."""
    house.wait(60)
    settled(house.office)
    house.office.run("write-workbooks")
    path = folder / "va-CHI.xlsx"
    shutil.copy(house.office.app.settings.workbooks / path.name, path)
    book = excel.books.open(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOPBOOK_ADDIN", str(folder / "addin"))
        agent: Any = house.agent(policy=policy, program=XlProgram())  # type: ignore[arg-type]
        desk = Desk(house, book, Person(book), agent)
        desk.person.goes_to(EXC, "A1")
        desk.settle()
        yield desk
    book.close()


@contextmanager
def with_the_ribbon(excel: xlwings.App, house: Place, folder: Path) -> Iterator[Desk]:
    """The same with the add-in's own VBA open beside it, its buttons on the tab, and the hub known to this computer."""
    own_modules = [one for one in modules(functions()) if one.name not in ("xlwings", "Dictionary")]
    sources = [*own_modules, module(XLWINGS), module(PRESSED), module(CONTROL, Kind.CLASS, "Control")]
    path = folder / "stopbook.xlsm"
    path.write_bytes(packed(sources, ribbon(ACTIONS), "", Config(), addin=False))
    beside = excel.books.open(path)
    beside.impl.ask("has_ribbon", "Stopbook", "Pressed", "Press")
    with at_the_desk(excel, house, folder) as desk, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOPBOOK_ADDIN", str(folder / "addin"))
        patch.setenv("STOPBOOK_HUB", house.address)
        patch.setenv("STOPBOOK_TOKEN", house.tokens["va"])
        yield desk
    beside.close()
