"""Looking into a built workbook: its cells as calamine reads them, its parts as XML."""

import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from python_calamine import CalamineWorkbook


def cells(data: bytes, tab: str) -> list[list[Any]]:
    """Every row of a tab, typed; "" where a cell is empty."""
    return CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_name(tab).to_python(skip_empty_area=False)


def column(data: bytes, tab: str, header: str) -> list[Any]:
    rows = cells(data, tab)
    place = rows[0].index(header)
    return [row[place] for row in rows[1:]]


def tabs(data: bytes) -> list[str]:
    return CalamineWorkbook.from_filelike(BytesIO(data)).sheet_names


def part(data: bytes, name: str) -> str:
    with ZipFile(BytesIO(data)) as archive:
        return archive.read(name).decode()


def parts(data: bytes, pattern: str) -> list[str]:
    with ZipFile(BytesIO(data)) as archive:
        return [archive.read(name).decode() for name in sorted(archive.namelist()) if re.search(pattern, name)]


def sheet_xml(data: bytes, tab: str) -> str:
    return part(data, f"xl/worksheets/sheet{tabs(data).index(tab) + 1}.xml")


def properties(data: bytes) -> dict[str, str]:
    found = re.findall(r'name="(stopbook_\w+)"><vt:\w+>([^<]*)</vt', part(data, "docProps/custom.xml"))
    return dict(found)
