"""What calamine does not show of a workbook: its stamp (docProps/custom.xml) and which cells hold formulas.

Reads from bytes in memory. Archives come from people, so parts have a size limit and nothing with a document type
is parsed; the cells themselves go through the guard of `workbooks.intake`.
"""

import html
import io
import re
import zipfile
import zlib
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from workbooks.problems import Refused
from workbooks.shelf import Stamp

_SMALL = 4_000_000
_SHEET = 400_000_000
_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)<)")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
_CONSTANT = frozenset({b"TRUE()", b"FALSE()"})
"""how LibreOffice writes a plain TRUE or FALSE"""
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, RuntimeError, NotImplementedError,
          ElementTree.ParseError)  # fmt: skip
"""what damaged bytes raise"""


def _part(archive: zipfile.ZipFile, name: str, limit: int = _SMALL) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > limit:
        raise ValueError(f"{name} is too large")
    with archive.open(info) as stream:
        content = stream.read(limit + 1)  # what an archive says about sizes need not be true
    if len(content) > limit:
        raise ValueError(f"{name} is too large")
    return content


def _xml(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    content = _part(archive, name)
    if re.search(rb"<!(?!--)", content) or b"\0" in content:
        raise ValueError(f"{name} holds a document type")
    return ElementTree.fromstring(content)  # noqa: S314 - no document type, no entities


def properties(content: bytes) -> dict[str, str]:
    """The custom properties of a workbook by name; {} when it has none. Raises one of `BROKEN` for what is no archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        named = next((name for name in archive.namelist() if name.lower() == "docprops/custom.xml"), None)
        if named is None:
            return {}
        return {item.get("name", ""): "".join(item.itertext()).strip() for item in _xml(archive, named)}


def stamp_of(content: bytes, name: str) -> tuple[Stamp, str]:
    """The stamp of a workbook and the zone its cells are written in ("" when unknown).

    Raises `Refused` for bytes that are no workbook of Stopbook; `name` is what people call the file.
    """
    try:
        found = properties(content)
    except BROKEN as error:
        raise Refused(
            f"{name} is not a workbook that can be read. Open it in a spreadsheet program and save it as .xlsx."
        ) from error
    if "stopbook_ledger_id" not in found:
        raise Refused(
            f"{name} was not written by Stopbook, or has lost its stamp. Nothing was read; let Stopbook write the workbook again and type the changes there."
        )
    try:
        written = datetime.fromisoformat(found["stopbook_written_at"])
        stamp = Stamp(
            found["stopbook_ledger_id"],
            found["stopbook_workbook"],
            int(float(found["stopbook_generation"])),
            written if written.tzinfo else written.replace(tzinfo=UTC),
            found.get("stopbook_copy", "")[:60],
        )
    except (KeyError, ValueError, OverflowError) as error:
        raise Refused(
            f"{name} carries a stamp that cannot be read. Nothing was read; let Stopbook write the workbook again and type the changes there."
        ) from error
    return stamp, found.get("stopbook_zone", "")


def formulas(content: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """By tab: (row from 1, column from 0) -> text of each formula. Raises one of `BROKEN`.

    ValueError also where a formula stands in a cell without an address, because it could not be told from a value.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {title: _formulas(_part(archive, path, _SHEET)) for title, path in sheet_paths(archive).items()}


def sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """By tab: the part that holds its cells. Sheets of charts and macros have none."""
    book, links = _xml(archive, "xl/workbook.xml"), _xml(archive, "xl/_rels/workbook.xml.rels")
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found: dict[str, str] = {}
    for sheet in (item for item in book.iter() if item.tag.rsplit("}", 1)[-1] == "sheet"):
        link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        target = targets.get(link, "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if path.startswith("xl/worksheets/"):
            found[sheet.get("name", "")] = path
    return found


def _formulas(xml: bytes) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    if b"<f" not in xml and b":f" not in xml:
        return found
    for match in _FORMULA.finditer(xml):
        text: Any = match[2] or b""
        if text.strip() in _CONSTANT:
            continue
        place = _REFERENCE.search(match[1])
        if place is None:
            raise ValueError("a formula in a cell without an address")
        column = 0
        for char in place[1]:
            column = column * 26 + char - 64
        found[int(place[2]), column - 1] = html.unescape(text.decode("utf-8", "replace"))
    return found
