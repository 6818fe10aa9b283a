"""Writes a VBA project ([MS-OVBA]): the sources alone, without what another Excel compiled before.

A program that is not Office leaves the performance cache out: `_VBA_PROJECT` says version 0xFFFF, every module starts at
its source, and Excel compiles when it first loads the file.
"""

import struct
import uuid
from collections.abc import Sequence

from addin.build import cfb
from addin.build.compression import compressed
from addin.build.source import Kind, Module

CODE_PAGE = 1252
NO_CACHE = bytes.fromhex("cc61ffff000100")
REFERENCES = (
    ("stdole", r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\Windows\System32\stdole2.tlb#OLE Automation"),
    ("Office", r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#C:\Program Files\Common Files\Microsoft Shared\OFFICE16"
               r"\MSO.DLL#Microsoft Office 16.0 Object Library"),
)  # fmt: skip
"""type libraries; Office's knows IRibbonControl. Excel finds them by their number, wherever they lie"""
HOST = "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000"


def project(name: str, modules: Sequence[Module]) -> bytes:
    """vbaProject.bin. The modules of workbook and sheets come first."""
    streams = {module.name: compressed(_bytes(module.source)) for module in modules}
    return cfb.written(
        {
            "VBA": {"_VBA_PROJECT": NO_CACHE, "dir": compressed(_directory(name, modules)), **streams},
            "PROJECT": _properties(name, modules),
            "PROJECTwm": b"".join(_bytes(m.name) + b"\0" + _wide(m.name) + b"\0\0" for m in modules) + b"\0\0",
        }
    )


def _bytes(text: str) -> bytes:
    return text.encode(f"cp{CODE_PAGE}")


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def _record(number: int, data: bytes = b"") -> bytes:
    return struct.pack("<HI", number, len(data)) + data


def _twice(number: int, text: str, wide: int) -> bytes:
    """A text in the code page and again in Unicode."""
    return _record(number, _bytes(text)) + _record(wide, _wide(text))


def _directory(name: str, modules: Sequence[Module]) -> bytes:
    """The stream `dir` ([MS-OVBA] 2.3.4.2): the project's properties, references and modules."""
    english, word = struct.pack("<I", 0x409), bytes(4)
    out = _record(0x01, struct.pack("<I", 3))  # 64-bit Windows
    out += _record(0x02, english) + _record(0x14, english) + _record(0x03, struct.pack("<H", CODE_PAGE))
    out += _record(0x04, _bytes(name)) + _twice(0x05, "", 0x40) + _record(0x06) + _record(0x3D)
    out += _record(0x07, word) + _record(0x08, word)
    out += struct.pack("<HIIH", 0x09, 4, 1, 1)  # the project's version
    out += _twice(0x0C, "", 0x3C)
    for reference, library in REFERENCES:
        packed = struct.pack("<I", len(library)) + _bytes(library) + bytes(6)
        out += _twice(0x16, reference, 0x3E) + _record(0x0D, packed)
    out += _record(0x0F, struct.pack("<H", len(modules))) + _record(0x13, b"\xff\xff")
    for module in modules:
        out += _twice(0x19, module.name, 0x47) + _twice(0x1A, module.name, 0x32) + _twice(0x1C, "", 0x48)
        out += _record(0x31, word) + _record(0x1E, word) + _record(0x2C, b"\xff\xff")
        out += _record(0x21 if module.kind is Kind.STANDARD else 0x22) + _record(0x2B)
    return out + _record(0x10)


def _properties(name: str, modules: Sequence[Module]) -> bytes:
    """The stream `PROJECT` ([MS-OVBA] 2.3.1)."""
    number = f"{{{str(uuid.uuid5(uuid.NAMESPACE_URL, name)).upper()}}}"
    words = {Kind.STANDARD: "Module", Kind.CLASS: "Class"}
    lines = [
        f'ID="{number}"',
        *(f"Document={m.name}/&H00000000" if m.kind.document else f"{words[m.kind]}={m.name}" for m in modules),
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{_hidden(number, bytes(4))}"',  # nobody is kept from reading the project
        f'DPB="{_hidden(number, bytes(1))}"',  # no password
        f'GC="{_hidden(number, bytes([0xFF]))}"',  # visible
        "",
        "[Host Extender Info]",
        HOST,
        "",
        "[Workspace]",
        *(f"{module.name}=0, 0, 0, 0, C" for module in modules),
    ]
    return _bytes("\r\n".join(lines) + "\r\n")


def _hidden(number: str, data: bytes, seed: int = 0x5A) -> str:
    """[MS-OVBA] 2.4.3: how protection, password and visibility are written down."""
    key, version = sum(number.encode()) & 0xFF, 2
    out = [seed, seed ^ version, seed ^ key]
    clear, first, second = key, seed ^ key, seed ^ version
    for byte in bytes([7] * ((seed & 6) >> 1)) + struct.pack("<I", len(data)) + data:
        coded = byte ^ ((second + clear) & 0xFF)
        out.append(coded)
        clear, first, second = byte, coded, first
    return bytes(out).hex().upper()
