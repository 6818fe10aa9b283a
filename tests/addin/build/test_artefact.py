"""The finished add-in, read by others' readers; and broken in one way at a time, which must not go unseen."""

import dataclasses
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable

import pytest

from addin.build import harden, package
from addin.build.config import Config
from addin.build.package import built, modules, packed
from addin.build.ribbon import ribbon
from addin.build.source import Kind, Module, module
from addin.registry import Argument, Function, functions
from stopbook import addin
from stopbook.jobs import jobs
from tests.addin.build.checks import faults
from tests.addin.build.readers import changed, parts
from workbooks.problems import Refused


@pytest.fixture(scope="module")
def whole() -> bytes:
    return addin.made()


@pytest.fixture(scope="module")
def sources() -> tuple[Module, ...]:
    return modules(functions())


def _controls() -> list[str]:
    return [name for button in addin.buttons() for name in button.ids]


def _seen(data: bytes, sources: tuple[Module, ...]) -> list[str]:
    return faults(data, sources, functions(), _controls())


def test_nothing_is_wrong_with_the_add_in(whole, sources):
    assert _seen(whole, sources) == []


def test_every_button_of_a_job_is_a_job_that_exists_and_every_job_has_one():
    named = {name.partition(".")[2] for name in _controls() if "." in name}
    assert named == set(jobs()) - {"import-file"}


def test_it_is_the_same_to_the_byte_in_another_process_and_another_time_zone(whole):
    script = "import sys; from stopbook.addin import made; sys.stdout.buffer.write(made())"
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Kolkata", "LC_ALL": "C"}
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=True, env=env).stdout
    assert hashlib.sha256(other).hexdigest() == hashlib.sha256(whole).hexdigest()


def test_its_parts_are_dated_1980_and_stored_so_that_no_compressor_makes_a_difference(whole):
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert {(info.date_time, info.compress_type) for info in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)
        }


# --------------------------------------------------------------------------------------------------------------------
# broken in one way at a time

Break = Callable[[bytes, tuple[Module, ...]], bytes]


def _part(name: str, old: bytes, new: bytes) -> Break:
    def broken(data: bytes, sources: tuple[Module, ...]) -> bytes:
        before = parts(data)[name]
        assert old in before, f"{old!r} is not in {name}: this fault breaks nothing"
        return changed(data, name, before.replace(old, new, 1))

    return broken


def _ui(old: str, new: str) -> Break:
    return _part("customUI/customUI14.xml", old.encode(), new.encode())


def _code(name: str, old: str, new: str) -> Break:
    """Something else written in a module, past the checks that building makes."""

    def broken(data: bytes, sources: tuple[Module, ...]) -> bytes:
        there = next(m for m in sources if m.name == name)
        assert old in there.source, f"{old!r} is not in {name}: this fault breaks nothing"
        other = dataclasses.replace(there, source=there.source.replace(old, new, 1))
        return _packed([other if m.name == name else m for m in sources])

    return broken


def _packed(sources: list[Module], config: Config | None = None) -> bytes:
    return packed(sources, ribbon(addin.buttons()), functions(), config or Config())


def _project(change: Callable[[pytest.MonkeyPatch], None]) -> Break:
    """Built by a writer that makes one mistake."""

    def broken(data: bytes, sources: tuple[Module, ...]) -> bytes:
        with pytest.MonkeyPatch.context() as patch:
            change(patch)
            return _packed(list(sources))

    return broken


def _cut_short(patch: pytest.MonkeyPatch) -> None:
    from addin.build import project

    true = project.compressed
    patch.setattr(project, "compressed", lambda data: true(data[:4096]) if len(data) > 9000 else true(data))


def _wrong_distance(patch: pytest.MonkeyPatch) -> None:
    from addin.build import compression

    true = compression._longest
    patch.setattr(
        compression, "_longest", lambda *a: (found[0], max(1, found[1] - 1)) if (found := true(*a))[0] else found
    )


def _with_cache(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("addin.build.project.NO_CACHE", bytes.fromhex("cc61b500000100"))


def _offsets(patch: pytest.MonkeyPatch) -> None:
    from addin.build import project

    true = project._record
    patch.setattr(project, "_record", lambda n, data=b"": true(n, b"\x40\0\0\0" if n == 0x31 else data))


def _stock(data: bytes, sources: tuple[Module, ...]) -> bytes:
    """xlwings' own module, not hardened."""
    from pathlib import Path

    import xlwings

    text = (Path(xlwings.__file__).parent / "xlwings_custom_addin.bas").read_text("utf-8")
    return _packed([module(text) if m.name == "xlwings" else m for m in sources])


FAULTS: dict[str, tuple[Break, str]] = {
    "not an add-in": (_part("[Content_Types].xml", b"addin.macroEnabled", b"sheet.macroEnabled"), "says it is"),
    "a part without type": (lambda d, _: changed(d, "xl/extra.dat", b"x"), "has no content type"),
    "ribbon not linked": (_part("_rels/.rels", package.RIBBON_REL.encode(), b""), "leads to the ribbon"),
    "ribbon linked as of 2006": (_part("_rels/.rels", b"/office/2007/relationships/ui", b"/office/2006/relationships/ui"), "customUI14"),
    "a link into nothing": (_part("_rels/.rels", b"docProps/app.xml", b"docProps/gone.xml"), "is not there"),
    "a code name nobody has": (_part("xl/worksheets/sheet1.xml", b'codeName="Sheet1"', b'codeName="Sheet9"'), "code names"),
    "the compressor cuts": (_project(_cut_short), "other sources"),
    "the compressor copies from elsewhere": (_project(_wrong_distance), ""),
    "a cache announced": (_project(_with_cache), "seven bytes"),
    "sources at an offset": (_project(_offsets), ""),
    "a module less": (lambda d, s: _packed([m for m in s if m.name != "Dictionary"]), "other sources"),
    "a class that cannot be made": (_code("Dictionary", "Attribute VB_Base", "Attribute VB_Basis"), "VB_Base"),
    "a letter that is not ASCII": (_code("SbCore", "connected yet", "connécted yet"), "ASCII"),
    "a line too long": (_code("SbCore", "Not connected yet", "x" * 1100), "1023"),
    "a reserved word": (_code("SbFunctions", "Function SB_ZONE(", "Function SB_ZONE(stop, "), "reserved word"),
    "a name twice": (_code("SbCore", "Function SbReport", "Function SB_Zone"), "twice"),
    "a callback renamed": (_code("SbRibbon", "Sub SB_Press(", "Sub SB_Pressed("), "onAction calls"),
    "a callback without its argument": (_code("SbRibbon", "SB_OnLoad(ribbon As IRibbonUI)", "SB_OnLoad()"), "onLoad calls"),
    "a callback's argument by value": (_code("SbRibbon", "ByRef label", "label"), "getLabel calls"),
    "a callback Excel cannot reach": (_ui('onLoad="SB_OnLoad"', 'onLoad="SbKeepStatus"'), "onLoad calls"),
    "another version told": (_code("SbCore", 'BUILT_AS As String = "', 'BUILT_AS As String = "9.'), "version"),
    "xlwings of another version": (_code("xlwings", 'XLWINGS_VERSION As String = "0.', 'XLWINGS_VERSION As String = "1.'), "version"),
    "xlwings as it comes": (_stock, "still has"),
    "cells may call xlwings": (_code("xlwings", "Option Private Module", "' open"), "a cell of any workbook"),
    "an id twice": (_ui('id="sync"', 'id="today"'), "twice"),
    "a button without picture": (_ui(' imageMso="SyncNow"', ""), "has no imageMso"),
    "a picture Office has not": (_ui('imageMso="SyncNow"', 'imageMso="SyncLater"'), "not known"),
    "a button that explains nothing": (_ui('supertip="Opens the tab', 'description="Opens the tab'), "has no supertip"),
    "a keytip twice": (_ui('keytip="TS"', 'keytip="TT"'), "keytip"),
    "a keytip too long": (_ui('keytip="TS"', 'keytip="TSYN"'), "keytip"),
    "an attribute that is none": (_ui('size="large"', 'size="large" color="red"'), "has no color"),
    "a button inside a box": (_ui("</box>", '<button id="x"/></box>'), "cannot hold"),
    "a job that is not there": (_ui('id="job.reconcile-day"', 'id="job.reconcile-dya"'), "not both"),
    "the run before the preview": (_ui('id="preview.post-settlements"', 'id="run.first"'), "preview first"),
    "arguments unexplained": (_part("xl/workbook.xml", b'<x14:argumentDescription index="0">', b'<x14:argumentDescription index="0">Not: '), "wizard"),
    "help in another extension": (_part("xl/workbook.xml", b"{8193D73E", b"{8193D73F"), "extension"),
    "a function undescribed": (_code("SbFunctions", "SB_ZONE.VB_Description", "SB_ZONE.VB_Descriptions"), "description"),
    "a group of functions nobody made": (_part("xl/workbook.xml", b'<functionGroup name="Stopbook"/>', b""), "is not listed under"),
    "the parts of a workbook in disorder": (_part("xl/workbook.xml", b"</workbook>", b"<calcPr/></workbook>"), "stand as"),
    "Python looked for on the path": (_part("xl/sharedStrings.xml", b"%LOCALAPPDATA%\\Stopbook\\env\\Scripts\\pythonw.exe", b"pythonw.exe"), "on the path"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault, whole, sources):
    breaking, told = FAULTS[fault]
    broken = breaking(whole, sources)
    assert broken != whole
    try:
        found = _seen(broken, sources)
    except Exception as error:
        found = [str(error)]  # a reader that breaks off has noticed as well
    assert any(told in sentence for sentence in found), found


# --------------------------------------------------------------------------------------------------------------------
# what building itself refuses


def _function(name: str, *args: Argument) -> Function:
    return Function(name, "Says something.", args, "text", print)


@pytest.mark.parametrize("name", ["SB_PRESS", "SB_VERSION", "SB_SELFTEST", "SB_SETSTATUS"])
def test_a_function_cannot_take_the_name_of_a_sub(name):
    with pytest.raises(Refused, match=f"(?i)The name {name} is used in SbRibbon and in SbFunctions"):
        built([_function(name)], addin.buttons())


def test_a_source_that_excel_could_not_read_is_refused_in_a_sentence():
    with pytest.raises(Refused, match="line 3 is not plain ASCII; line 4 has more than 1023 characters"):
        module(f"Attribute VB_Name = \"X\"\nOption Explicit\n' é\n' {'x' * 1023}")
    with pytest.raises(Refused, match="line 26 goes on over more than 24 lines"):
        module('Attribute VB_Name = "X"\nx = 1' + " + _\n1" * 30)


def test_an_exported_class_becomes_a_stream():
    text = 'VERSION 1.0 CLASS\nBEGIN\n  MultiUse = -1\nEND\nAttribute VB_Name = "Thing"\nAttribute VB_Exposed = True\nDim a'
    made = module(text, Kind.CLASS)
    assert made.name == "Thing"
    assert made.source.split("\r\n")[:2] == [
        'Attribute VB_Name = "Thing"',
        'Attribute VB_Base = "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}"',
    ]
    assert made.source.count("VB_Exposed") == 1 and "VERSION" not in made.source


@pytest.mark.parametrize(
    "said",
    [{"interpreter": "pythonw"}, {"interpreter": r"env\pythonw.exe"}, {"interpreter_mac": "python3"},
     {"interpreter_mac": "/opt/my python"}, {"interpreter": 'C:\\a"b\\pythonw.exe'}, {"interpreter_mac": "/opt/$(x);y"}],
)  # fmt: skip
def test_a_python_that_others_could_choose_or_a_shell_could_misread_is_refused(said):
    with pytest.raises(Refused, match="Python"):
        Config(**said)


def test_another_xlwings_stops_the_build(monkeypatch):
    from pathlib import Path

    import xlwings

    text = (Path(xlwings.__file__).parent / "xlwings_custom_addin.bas").read_text("utf-8")
    for change in (
        lambda t: t.replace("Function XLPyCommand()", "Function XLPyCommando()"),
        lambda t: t.replace('"|" + ActiveWorkbook.Name', '"|" + ActiveWorkbook.FullName'),
        lambda t: t + "\nSub New1()\n    x = ActiveWorkbook.Name\nEnd Sub\n",
    ):
        with pytest.raises(Refused, match="xlwings' module"):
            harden.hardened(change(text))
    assert re.search(r"Redistribution and use in source and binary forms", harden.hardened(text)), (
        "the licence's notice stays"
    )
