"""The add-in's own VBA and xlwings', run by pyOpenVBA (MIT): an emulation, which shows what is called and not what Excel does.

What touches the machine is stood in for: the library that reaches Python, files and the environment.
"""

import re
from pathlib import Path
from typing import Any

import pyopenvba
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.interpreter import MISSING, VBAInt, VBAObject, VBARuntimeError, method

from addin import handshake

REMARK = re.compile(r"(?m)^([ \t]*#(?:Const|If|ElseIf)[^\n\r]*?)[ \t]+'[^\n\r]*")
"""a remark behind #If, which the interpreter does not take"""
PLAYED = ("Dictionary", "ThisWorkbook", "Sheet1")
"""modules that are not run: Dictionary is for the Mac, the others are empty"""


class Python(VBAObject):
    """Stands for what answers behind xlwings' library: remembers what it is told, and may raise."""

    vba_type_name = "XLPython"

    def __init__(self) -> None:
        self.told: list[str] = []
        self.called: list[Any] = []
        self.fails: VBARuntimeError | None = None

    @method
    def Exec(self, Command: Any = MISSING) -> None:  # noqa: N802, N803
        self.told.append(str(Command))
        if self.fails:
            raise self.fails

    @method
    def CallUDF(self, *given: Any) -> str:  # noqa: N802
        place, name, arguments, book, _ = given
        self.called.append((str(place), str(name), list(arguments.items), book))
        return "answered"

    @method
    def Module(self, Name: Any = MISSING) -> Any:  # noqa: N802, N803
        return Name

    @method
    def Tuple(self, Item: Any = MISSING) -> Any:  # noqa: N802, N803
        return Item

    @method
    def Call(self, Owner: Any = MISSING, Name: Any = MISSING, Given: Any = MISSING) -> VBAObject:  # noqa: N802, N803
        assert str(Owner) == "addin.handshake"
        return Answer(getattr(handshake, str(Name))(str(Given)))

    @method
    def Str(self, What: Any = MISSING) -> str:  # noqa: N802, N803
        return What.text  # type: ignore[no-any-return]


class Answer(VBAObject):
    """What a call gave, on its way to Str."""

    vba_type_name = "XLPythonObject"

    def __init__(self, text: str) -> None:
        self.text = text


class Control(VBAObject):
    """A control of the ribbon."""

    vba_type_name = "IRibbonControl"

    def __init__(self, name: str) -> None:
        self.name = name

    @method
    def Id(self) -> str:  # noqa: N802
        return self.name


class Host:
    """Excel with the add-in loaded."""

    def __init__(self, twin: Path, environment: dict[str, str], library: str = "") -> None:
        self.app = ExcelApplication.open(twin, with_vba=False)
        self.python, self.said, self.files = Python(), list[str](), set[str]()
        run = self.app.interpreter
        run._intrinsics = dict(run._intrinsics)
        run._intrinsics["environ"] = lambda _, given, __: environment.get(str(given[0]).upper(), "")
        run._intrinsics["getattr"] = lambda _, given, __: self._attributes(str(given[0]))
        run._intrinsics["msgbox"] = lambda _, given, __: self.said.append(str(given[0]))
        run.host.create = self._created
        with pyopenvba.ExcelFile(twin) as file:
            sources = file.vba_modules()
        self._library = library
        for name, text in sources.items():
            if name not in PLAYED:
                self.add(name, text)

    def add(self, name: str, text: str, suffix: str = "") -> None:
        """Reads a module, under its name with `suffix`; VBACompileError where it is not VBA."""
        if name == "xlwings":
            text = _without_library(text, self._library)
        if name == "SbFunctions":
            text = _as_from_a_cell(text)
        self.app.add_module(REMARK.sub(r"\1", text), name=name + suffix)

    def _created(self, name: str) -> VBAObject:
        if name.lower() == "stand.python":
            return self.python
        raise AssertionError(f"the add-in makes a {name}")

    def _attributes(self, path: str) -> VBAInt:
        if path not in self.files:
            raise VBARuntimeError(53, "File not found")
        return VBAInt(32, "Integer")

    def press(self, control: str) -> None:
        self.app.run("SB_Press", Control(control))

    def ask(self, expression: str) -> Any:
        return self.app.evaluate(expression)


def _without_library(text: str, answer: str) -> str:
    """xlwings' module with the calls into its library answered by the stand-in, or by `answer`."""
    text = re.sub(r"(?m)^[^\n']*\bDeclare [^\n]*\n", "", text)
    text = re.sub(r"If LoadLibrary\([^\n]*\n", "Exit Sub\r\n", text, count=1)
    if answer:
        return re.sub(r"If 0 <> XLPyDLLActivateAuto\([^\n]*Then", lambda _: answer, text)
    return re.sub(
        r"If 0 <> XLPyDLLActivateAuto\(.*?End If", 'Set XLPy = CreateObject("stand.python")', text, flags=re.S
    )


def _as_from_a_cell(text: str) -> str:
    """The wrappers without what the interpreter knows nothing of: attributes, the wizard, and which cell asks."""
    text = re.sub(r"(?m)^Attribute \w+\.VB_[^\n]*\n|^ *If \(Not Application\.CommandBars[^\n]*\n", "", text)
    return text.replace("If TypeOf Application.Caller Is Range Then On", "On").replace("Application.Caller", "Nothing")
