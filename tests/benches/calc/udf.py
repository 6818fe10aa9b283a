"""The worksheet functions called as xlwings calls them for a cell: arguments read and the answer written by its own conversion.

xlwings' server for Excel can be imported on Windows alone, because of what it talks to Excel with; inert modules of those
names let it in here. `called` does what its `call_udf` does between Excel's arguments and Excel's answer.
"""

import importlib
import sys
import types
from collections.abc import Callable
from functools import cache
from typing import Any

import xlwings
from xlwings import conversion

from addin.registry import MODULE
from tests.benches.calc.engine import NAME, Engine

MISSING = -2147352572
"""what Excel hands over for an argument that was left out"""


@cache
def library() -> dict[str, Callable[..., Any]]:
    """The functions as `addin.udfs` dresses them, by name."""
    stand_ins = {}
    if sys.platform != "win32":
        stand_ins = {
            name: types.ModuleType(name) for name in ("pythoncom", "pywintypes", "win32com", "win32com.client")
        }
        stand_ins["pythoncom"].CoInitialize = lambda: None  # type: ignore[attr-defined]
        stand_ins["pywintypes"].com_error = type("com_error", (Exception,), {})  # type: ignore[attr-defined]
        stand_ins["win32com.client"].Dispatch = lambda *_: None  # type: ignore[attr-defined]
    before = set(sys.modules)
    sys.modules.update(stand_ins)
    try:
        module = importlib.import_module(MODULE)
    finally:
        for name in (*stand_ins, *(set(sys.modules) - before)):
            if name in stand_ins or name.startswith(("xlwings.", MODULE)):
                sys.modules.pop(name, None)
    return {name: made for name, made in vars(module).items() if name.startswith("SB_")}


def known() -> str:
    """Makes xlwings know the engine by name, with or without a LibreOffice behind it; its name."""
    if NAME not in xlwings.engines.engines_by_name:
        xlwings.engines.add(xlwings.main.Engine(impl=Engine()))
    return NAME


def called(name: str, *arguments: Any) -> Any:
    """The answer as rows of cells. An argument is a range of an open workbook, or what Excel hands over for a value."""
    function, engine = library()[name], known()
    told = function.__xlfunc__  # type: ignore[attr-defined]
    given = []
    for place, argument in enumerate(arguments):
        about = told["args"][min(place, len(told["args"]) - 1)]
        if type(argument) is int and argument == MISSING:
            given.append(about.get("optional"))
        elif isinstance(argument, xlwings.Range):
            given.append(conversion.read(argument, None, about["options"]))
        else:
            given.append(conversion.read(None, argument, about["options"], engine_name=engine))
    return conversion.write(function(*given), None, told["ret"]["options"], engine_name=engine)
