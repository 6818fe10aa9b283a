"""The VBA functions before Python's, beside those that xlwings itself would write on a person's computer."""

import importlib
import io
import sys
import types

import pytest

from addin.build.wrappers import wrappers
from addin.registry import MODULE, functions


@pytest.fixture
def windows(monkeypatch):
    """xlwings' generator asks nothing of Windows, but it cannot be imported without pywin32; empty modules stand in for it."""
    if sys.platform == "win32":
        return
    for name in ("pythoncom", "pywintypes", "win32com", "win32com.client"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["pythoncom"].CoInitialize = lambda: None
    sys.modules["pywintypes"].com_error = type("com_error", (Exception,), {})
    sys.modules["win32com"].client = sys.modules["win32com.client"]
    sys.modules["win32com.client"].Dispatch = lambda *_: None
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:  # what was imported on these stand-ins is not kept
        if name.startswith(("xlwings", "addin.udfs")):
            del sys.modules[name]


def _lines(text: str) -> list[str]:
    return [
        line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("Attribute", "'", "#Const"))
    ]


def test_they_are_those_of_xlwings_but_for_the_workbook(windows):
    generator = importlib.import_module("xlwings.udfs")
    out = io.StringIO()
    generator.generate_vba_wrapper(
        MODULE, importlib.import_module(MODULE), out, types.SimpleNamespace(Name="stopbook.xlam")
    )
    theirs = out.getvalue()
    assert theirs.count("ActiveWorkbook") == len(functions())
    assert _lines(wrappers(functions())) == _lines(theirs.replace("ActiveWorkbook", "Nothing"))


def test_python_finds_each_function_where_its_wrapper_says(windows):
    module = importlib.import_module(MODULE)
    for function in functions():
        assert getattr(module, function.name).__xlfunc__["name"] == function.name
