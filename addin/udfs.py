"""The worksheet functions as xlwings calls them: `SB_ZONE` of this module is what the add-in's wrapper SB_ZONE runs.

It can be imported where xlwings' server for Excel can: on Windows. Every argument arrives as rows of values, and an
error in a cell as its text, so that it is passed on and not taken for a blank.
"""

import functools
from collections.abc import Callable
from typing import Any

from xlwings.udfs import xlarg, xlfunc

from addin.registry import Function, functions


def dressed(function: Function) -> Callable[..., Any]:
    """The function with what xlwings wants to know of it."""

    @functools.wraps(function.call)
    def call(*given: Any) -> Any:
        return function.call(*given)

    call.__name__, call.__doc__, call.__annotations__ = function.name, function.about, {}
    for argument in function.args:
        call = xlarg(argument.name, doc=argument.about, ndim=2, err_to_str=True)(call)
    # outermost: xlarg takes back what was said before about category and wizard
    made: Callable[..., Any] = xlfunc(call, category=function.category, call_in_wizard=False)
    return made


globals().update({function.name: dressed(function) for function in functions()})
