"""Small files for the tests, made on the spot."""

import io
import zipfile
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from workbooks.cells import Reading
from workbooks.intake import reader
from workbooks.intake.grid import Grid
from workbooks.intake.parse import Parsed, parse
from workbooks.intake.profiles import load
from workbooks.schema import Book, Check, Column, Kind, Role, Row, Table, Type

CHICAGO = Reading(zone=ZoneInfo("America/Chicago"))
S = (Role.SYSTEM,)


def _ends_before_it_starts(row: Row) -> str | None:
    start, end = row.get("window_start"), row.get("window_end")
    return "the window ends before it starts" if start and end and end < start else None


DROPS = Table(
    "drops",
    "Drops",
    Book.OPS,
    Kind.INPUT,
    ("order_ref",),
    "A small table for tests.",
    (
        Column("order_ref", "Order", Type.ID, S, "", required=True),
        Column("service_date", "Service date", Type.DATE, S, ""),
        Column("recipient", "Recipient", Type.TEXT, S, ""),
        Column("zip", "ZIP", Type.ZIP, S, ""),
        Column("pkgs", "Pkgs", Type.INT, S, ""),
        Column("window_start", "Window start", Type.TS, S, ""),
        Column("window_end", "Window end", Type.TS, S, ""),
        Column("done", "Done", Type.BOOL, S, ""),
    ),
    readers=S,
    checks=(Check("window_end", _ends_before_it_starts),),
)


def csv_grid(text: str, name: str = "day.csv", encoding: str = "utf-8") -> Grid:
    (grid,) = reader.read_bytes(text.encode(encoding), name)
    return grid


def from_csv(text: str, table: Table = DROPS, how: Reading = CHICAGO) -> Parsed:
    return parse(csv_grid(text), load("generic"), table, how)


def xlsx(*tabs: list[list[Any]], formats: dict[tuple[int, int], str] | None = None, merge: str = "") -> bytes:
    """A workbook with one tab per list of rows; `formats` by (row, column) from 0."""
    target = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
    with xlsxwriter.Workbook(target, options) as book:
        for number, rows in enumerate(tabs, 1):
            sheet = book.add_worksheet(f"Tab{number}")
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    style = book.add_format({"num_format": formats[r, c]}) if formats and (r, c) in formats else None
                    if isinstance(value, tuple):
                        sheet.write_formula(r, c, value[0], style, value[1])
                    elif value is not None:
                        sheet.write(r, c, value, style)
            if merge:
                sheet.merge_range(merge, rows[0][1])
    return target.getvalue()


def patched(content: bytes, change: Callable[[bytes], bytes], part: str = "sheet1.xml") -> bytes:
    """The same workbook with one part changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, change(data) if entry.filename.endswith(part) else data)
    return target.getvalue()


def from_xlsx(content: bytes, table: Table = DROPS, how: Reading = CHICAGO) -> Parsed:
    return parse(reader.read_bytes(content, "day.xlsx")[0], load("generic"), table, how)


def said(parsed: Parsed) -> list[str]:
    """Everything a person would be told, one sentence each."""
    return [str(item) for item in (*parsed.problems, *parsed.warnings, *parsed.questions)]
