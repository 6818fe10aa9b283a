"""The VBA functions that stand before Python's: one for each in the registry, with its description, as xlwings writes them.

xlwings would write them on each person's computer, which needs a button there and trust in the VBA project. Written when
the add-in is built they need neither. In one thing they differ: the workbook is not handed over, because xlwings refuses
every function as soon as one of its sheets is called something.py.
"""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from jinja2 import Environment, PackageLoader, StrictUndefined

from addin.registry import MODULE, Argument, Function

ARGUMENTS = "{8193D73E-4604-4355-AFF4-8A2333D13BE4}"
"""the extension of a workbook in which Excel keeps what it tells about arguments"""
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
BUILT_IN = 19
"""groups of functions that Excel has itself; ours are counted on from there"""


def wrappers(functions: Sequence[Function]) -> str:
    """Text of the module with all of them, by name."""
    env = Environment(loader=PackageLoader("macros", ""), undefined=StrictUndefined, keep_trailing_newline=True,
                      autoescape=False)  # noqa: S701 - it writes VBA; what goes in is quoted below  # fmt: skip
    env.filters |= {"parameter": _parameter, "quoted": lambda text: text.replace('"', '""')}
    template = env.get_template("SbFunctions.bas.j2")
    numbers = {name: BUILT_IN + place for place, name in enumerate(_categories(functions), start=1)}
    return template.render(functions=sorted(functions, key=lambda each: each.name), module=MODULE, numbers=numbers)


def _parameter(argument: Argument) -> str:
    before = "Optional " if argument.optional else "ParamArray " if argument.many else ""
    return f"{before}{argument.name}{'()' if argument.many else ''}"


def _categories(functions: Sequence[Function]) -> list[str]:
    return sorted({function.category for function in functions})


def function_groups(functions: Sequence[Function]) -> str:
    """The groups under which the function wizard lists ours, as a part of the workbook."""
    names = "".join(f"<functionGroup name={quoteattr(name)}/>" for name in _categories(functions))
    return f'<functionGroups builtInGroupCount="{BUILT_IN}">{names}</functionGroups>'


def argument_help(functions: Sequence[Function]) -> str:
    """What the function wizard says about each argument, as an extension of the workbook."""
    names = [
        f"<x14:definedName name={quoteattr(function.name)}>"
        f'<x14:argumentDescriptions count="{len(function.args)}">'
        + "".join(
            f'<x14:argumentDescription index="{place}">{escape(argument.about)}</x14:argumentDescription>'
            for place, argument in enumerate(function.args)
        )
        + "</x14:argumentDescriptions></x14:definedName>"
        for function in sorted(functions, key=lambda function: function.name)
        if function.args
    ]
    if not names:
        return ""
    inner = f"<x14:definedNames>{''.join(names)}</x14:definedNames>"
    return f'<extLst><ext uri="{ARGUMENTS}" xmlns:x14="{X14}">{inner}</ext></extLst>'
