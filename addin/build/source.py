"""A VBA module in the form in which a project stores it, and what would keep the project from compiling."""

import re
from dataclasses import dataclass
from enum import Enum

from workbooks.problems import Refused

LONGEST_LINE = 1023
"""characters Excel's editor takes in one line"""
CONTINUED = 24
"""lines one statement may go on over"""


class Kind(Enum):
    """What a module is, with the class that its own derives from."""

    STANDARD = ""
    CLASS = "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}"
    WORKBOOK = "0{00020819-0000-0000-C000-000000000046}"
    SHEET = "0{00020820-0000-0000-C000-000000000046}"

    @property
    def document(self) -> bool:
        """True for the module of a workbook or sheet, which stands under its code name in the package too."""
        return self in (Kind.WORKBOOK, Kind.SHEET)


@dataclass(frozen=True)
class Module:
    """One module. `source` has CRLF ends and all its attributes, as [MS-OVBA] 2.3.4.3 wants it."""

    name: str
    kind: Kind
    source: str


def module(text: str, kind: Kind = Kind.STANDARD, name: str = "") -> Module:
    """The module of an exported .bas or .cls text; Refused, in one sentence, when Excel could not compile it."""
    text = text.replace("\r\n", "\n").rstrip("\n")
    # what an export puts before the attributes stands in no stream
    text = re.sub(r"\AVERSION [\d.]+ CLASS\n(?:BEGIN\n.*?\nEND\n)?", "", text, flags=re.S | re.I)
    if not text.startswith("Attribute VB_Name = "):
        text = f'Attribute VB_Name = "{name}"\n{text}'
    name = text.split('"', 2)[1]
    if kind is not Kind.STANDARD:
        text = _with_class(text, kind)
    wrong = faults(text)
    if wrong:
        raise Refused(f"The VBA module {name} cannot be built: {'; '.join(wrong)}.")
    return Module(name, kind, text.replace("\n", "\r\n") + "\r\n")


def _with_class(text: str, kind: Kind) -> str:
    """With the attributes of a class: without VB_Base, Excel refuses to make an object of it."""
    lines = text.split("\n")
    given = next(number for number, line in enumerate([*lines, ""]) if not line.startswith("Attribute VB_"))
    have = {line.split()[1] for line in lines[:given]}
    document = str(kind.document)
    want = {
        "VB_Base": f'"{kind.value}"',
        "VB_GlobalNameSpace": "False",
        "VB_Creatable": "False",
        "VB_PredeclaredId": document,
        "VB_Exposed": document,
        "VB_TemplateDerived": "False",
        "VB_Customizable": document,
    }
    added = [f"Attribute {what} = {value}" for what, value in want.items() if what not in have]
    base = [line for line in added if "VB_Base" in line]
    rest = [line for line in added if line not in base]
    return "\n".join([lines[0], *base, *lines[1:given], *rest, *lines[given:]])


def faults(text: str) -> list[str]:
    """What Excel's editor would refuse in a module's text; [] when nothing."""
    wrong, continued = [], 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.isascii():
            wrong.append(f"line {number} is not plain ASCII")
        if len(line) > LONGEST_LINE:
            wrong.append(f"line {number} has more than {LONGEST_LINE} characters")
        continued = continued + 1 if line.endswith(" _") else 0
        if continued == CONTINUED + 1:
            wrong.append(f"line {number} goes on over more than {CONTINUED} lines")
    return wrong


def procedures(source: str) -> dict[str, str]:
    """Every Sub and Function of a module, by name, with its parameters as they are written."""
    found = re.findall(
        r"(?im)^(?:Public |Private |Friend )?(?:Static )?(?:Sub|Function) (\w+)\s*\(([^\r\n]*?)\)", source
    )
    return dict(found)
