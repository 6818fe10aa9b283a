"""Declarations of the worksheet functions: what Excel is told about each, and what is called.

The wrappers, descriptions and argument help in the add-in, the handbook page and the test benches are made from
`functions()`. Names, argument names and texts are checked here, because a name that VBA reserves (Stop, Next, Date)
keeps the whole library from compiling ([MS-VBAL] 3.3.5.2), and one that looks like a cell can never be called.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from addin.answers import guarded

MODULE = "addin.udfs"
"""the module whose names are the functions' names, as xlwings calls them"""
LONGEST_TEXT = 255
"""characters of a description that Excel keeps"""
_NAME = re.compile(r"^SB_[A-Z][A-Z0-9]*$")
_ARGUMENT = re.compile(r"^[a-z][a-z0-9_]*$")
_CELL = re.compile(r"^([A-Z]{1,3}\d{1,7}|R\d*C\d*)$", re.IGNORECASE)

_WORDS = """
call case close const declare defbool defbyte defcur defdate defdbl defint deflng deflnglng deflngptr defobj defsng
defstr defvar dim do else elseif end endif enum erase event exit for friend function get global gosub goto if implements
input let lock loop lset next on open option print private public put raiseevent redim resume return rset seek select
set static stop sub type unlock wend while with write rem
any as byref byval each in new shared until withevents optional paramarray preserve spc tab then to
addressof and eqv imp is like mod not or typeof xor
abs cbool cbyte ccur cdate cdbl cdec cint clng clnglng clngptr csng cstr cvar cverr date debug doevents fix int len lenb
me pset scale sgn string array circle inputb lbound ubound
boolean byte currency double integer long longlong longptr single variant true false nothing empty null
attribute lineinput cdecl decimal defdec
name error line mid time width
"""
# by line: statements, markers, operators, names and special forms, types and literals, the implementation's own and
# those kept for later; the last line is not reserved there, but a statement that a wrapper would hide
RESERVED = frozenset(_WORDS.split())
"""words an argument must not be named, in lower case; VBA does not tell upper from lower"""


@dataclass(frozen=True)
class Argument:
    """One argument. `optional`: may be left out. `many`: the last one, and any number of them (a ParamArray)."""

    name: str
    about: str
    optional: bool = False
    many: bool = False


@dataclass(frozen=True)
class Function:
    """One worksheet function. `call` takes each argument as one value or as rows of values, answers likewise, and never raises.

    `about` begins with what the function gives; `returns` says what stands in the cells. `columns` name the tabs and
    columns of our workbooks that hold the same figure as a value, "tab.column", for whoever has no add-in. `example` is
    a formula as somebody would type it.
    """

    name: str
    about: str
    args: tuple[Argument, ...]
    returns: str
    call: Callable[..., Any]
    category: str = "Stopbook"
    columns: tuple[str, ...] = ()
    example: str = ""

    @property
    def usage(self) -> str:
        """As it is typed: =SB_ZONE(zip, zones, [day])."""
        shown = (f"[{a.name}]" if a.optional else f"{a.name}, …" if a.many else a.name for a in self.args)
        return f"={self.name}({', '.join(shown)})"


_FUNCTIONS: dict[str, Function] = {}


def functions() -> tuple[Function, ...]:
    """Every worksheet function, by name."""
    import addin.functions  # noqa: F401 - declaring them is what importing it does

    return tuple(_FUNCTIONS[name] for name in sorted(_FUNCTIONS))


def function(
    name: str, returns: str, columns: tuple[str, ...], example: str, /, **about: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a worksheet function; `about` says of each argument what it is. Its docstring's first line is the description."""

    def declare(call: Callable[..., Any]) -> Callable[..., Any]:
        made = Function(
            name,
            _first_line(call),
            _arguments(name, call, about),
            returns,
            guarded(call),
            columns=columns,
            example=example,
        )
        wrong = problems(made)
        if name in _FUNCTIONS:
            wrong.append("is declared twice")
        if wrong:
            raise ValueError(f"{name}: {'; '.join(wrong)}")
        _FUNCTIONS[name] = made
        return call

    return declare


def problems(made: Function) -> list[str]:
    """What Excel or VBA would stumble over in a function's declaration; [] when nothing."""
    wrong = []
    if not _NAME.match(made.name) or _CELL.match(made.name):
        wrong.append("a name is SB_ and capital letters or digits, and no cell")
    for what, text in (("the description", made.about), *((a.name, a.about) for a in made.args)):
        if not text or len(text) > LONGEST_TEXT or "\n" in text or not text.isascii():
            wrong.append(f"{what} needs one line of at most {LONGEST_TEXT} ASCII characters")
    for argument in made.args:
        if not _ARGUMENT.match(argument.name) or _CELL.match(argument.name):
            wrong.append(f"argument {argument.name}: a name is small ASCII letters, digits and _, and no cell")
        if argument.name in RESERVED:
            wrong.append(f"argument {argument.name} is a word of VBA; choose another")
    if made.example and not made.example.startswith(f"={made.name}("):
        wrong.append("the example shows another function")
    names = [argument.name for argument in made.args]
    if len(set(names)) < len(names):
        wrong.append("two arguments have one name")
    seen_optional = False
    for place, argument in enumerate(made.args, start=1):
        if argument.many and place < len(made.args):
            wrong.append(f"argument {argument.name} takes many and is not the last")
        if seen_optional and not argument.optional:
            wrong.append(f"argument {argument.name} must be optional too, or stand before")
        seen_optional = seen_optional or argument.optional
    if seen_optional and any(argument.many for argument in made.args):
        wrong.append("optional arguments and one that takes many do not go together")
    return wrong


def _first_line(call: Callable[..., Any]) -> str:
    return (inspect.getdoc(call) or "").partition("\n")[0]


def _arguments(name: str, call: Callable[..., Any], about: dict[str, str]) -> tuple[Argument, ...]:
    found = []
    for given in inspect.signature(call).parameters.values():
        if given.kind not in (given.POSITIONAL_OR_KEYWORD, given.VAR_POSITIONAL):
            raise ValueError(f"{name}: Excel passes arguments by position, {given.name} cannot be")
        optional = given.default is not given.empty
        found.append(Argument(given.name, about.get(given.name, ""), optional, given.kind is given.VAR_POSITIONAL))
    unknown = set(about) - {argument.name for argument in found}
    if unknown:
        raise ValueError(f"{name} explains {', '.join(sorted(unknown))}, which it does not take")
    return tuple(found)
