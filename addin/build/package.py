"""stopbook.xlam: a workbook written by XlsxWriter, made an add-in, with our VBA project and ribbon in it.

The same text gives the same bytes on every system: fixed dates, fixed order, nothing of the machine, and parts stored as
they are, because two editions of zlib compress differently.
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import xlsxwriter

from addin.build.config import PROJECT, Config
from addin.build.harden import hardened
from addin.build.project import project
from addin.build.ribbon import Button, ribbon
from addin.build.source import Kind, Module, module, procedures
from addin.build.wrappers import argument_help, function_groups, wrappers
from addin.handshake import own
from addin.registry import Function
from workbooks.problems import Refused

NAME = "Stopbook"
"""of the VBA project"""
ADDIN = b"application/vnd.ms-excel.addin.macroEnabled.main+xml"
WORKBOOK = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
RIBBON = "customUI/customUI14.xml"
RIBBON_REL = (
    '<Relationship Id="rIdRibbon" Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility" '
    f'Target="{RIBBON}"/>'
)
EPOCH = (1980, 1, 1, 0, 0, 0)
MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - written as it stands; when it was really made would differ each time


def built(functions: Sequence[Function], buttons: Iterable[Button], config: Config | None = None) -> bytes:
    """The add-in with these functions and buttons; Refused where Excel would stumble over it."""
    return packed(modules(functions), ribbon(buttons), functions, config or Config())


def modules(functions: Sequence[Function]) -> tuple[Module, ...]:
    """Every VBA module of the add-in, those of workbook and sheet first."""
    stock = _stock()
    found = (
        module("Option Explicit", Kind.WORKBOOK, "ThisWorkbook"),
        module("Option Explicit", Kind.SHEET, "Sheet1"),
        module(_source("SbRibbon.bas")),
        module(_edition(_source("SbCore.bas"))),
        module(wrappers(functions)),
        module(hardened((stock / "xlwings_custom_addin.bas").read_text("utf-8"))),
        module((stock / "addin" / "Dictionary.cls").read_text("utf-8"), Kind.CLASS),
    )
    _no_name_twice(found)
    return found


def packed(
    parts: Sequence[Module], ui: str, functions: Sequence[Function], config: Config, addin: bool = True
) -> bytes:
    """The file. `addin` False makes the workbook with macros that is its twin, for programs that open no add-ins."""
    whole = _skeleton(project(NAME, parts), config)
    whole["[Content_Types].xml"] = _once(whole["[Content_Types].xml"], WORKBOOK, ADDIN if addin else WORKBOOK)
    end = b"</Relationships>"
    whole["_rels/.rels"] = _once(whole["_rels/.rels"], end, RIBBON_REL.encode() + end)
    book = whole["xl/workbook.xml"]
    book = _once(book, b"</sheets>", b"</sheets>" + function_groups(functions).encode())
    book = _once(book, b"</workbook>", argument_help(functions).encode() + b"</workbook>")
    whole["xl/workbook.xml"] = _once(book, b' fullCalcOnLoad="1"', b"")  # it has no formulas, and others' can wait
    whole[RIBBON] = ui.encode()
    return _zipped(whole)


def _stock() -> Path:
    """The folder of xlwings, which is not imported: that takes a second, and only its sources are wanted."""
    found = find_spec("xlwings")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _source(name: str) -> str:
    return (files("macros") / name).read_text("utf-8")


def _edition(text: str) -> str:
    """With the version that the add-in tells Python."""
    return _once(text.encode(), b'BUILT_AS As String = "0.0.0"', f'BUILT_AS As String = "{own()}"'.encode()).decode()


def _no_name_twice(found: Iterable[Module]) -> None:
    """Two procedures of one name leave it to chance which Excel calls; capitals do not tell them apart."""
    seen: dict[str, str] = {}
    for each in found:
        for name in (each.name, *procedures(each.source)):
            if name.lower() in seen and not (name.startswith("XLPyDLL") or each.kind is Kind.CLASS):
                raise Refused(f"The name {name} is used in {seen[name.lower()]} and in {each.name}. Give the function another.")  # fmt: skip
            seen[name.lower()] = each.name


def _skeleton(vba: bytes, config: Config) -> dict[str, bytes]:
    """The parts of a workbook with macros whose one sheet is the configuration."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": "Stopbook for Excel", "author": "Stopbook", "created": MADE})
    book.set_vba_name("ThisWorkbook")
    sheet = book.add_worksheet(f"{PROJECT}.conf")
    sheet.set_vba_name("Sheet1")
    for row, (key, value) in enumerate(config.lines().items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    book.add_vba_project(io.BytesIO(vba), is_stream=True)
    book.close()
    with zipfile.ZipFile(io.BytesIO(out.getvalue())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _once(text: bytes, old: bytes, new: bytes) -> bytes:
    if text.count(old) != 1:
        raise AssertionError(f"{old!r} is there {text.count(old)} times, not once")
    return text.replace(old, new)


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = 0, 0
            archive.writestr(info, data)
    return out.getvalue()
