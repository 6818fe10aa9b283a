"""Other programs: somebody opens a workbook, changes it, and saves it."""

import io
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import python_calamine
import xlsxwriter

from sheets_sync import parts
from workbooks.layout import Content, build
from workbooks.schema import Record, rid_of
from workbooks.shelf import Stamp, Workbook, shelf
from workbooks.tables import TABLES

Sheets = dict[str, list[list[Any]]]
WRITTEN = datetime(2026, 3, 10, 15, tzinfo=UTC)
BOOKS = {book.name: book for book in shelf([{"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}])}
VA_BOOK = BOOKS["va-CHI"]
_FORMATS = {datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd", time: "hh:mm"}


def record(table: str, **values: Any) -> Record:
    declared = TABLES[table]
    full = {column.name: values.get(column.name) for column in declared.columns}
    return Record(table, rid_of(table, declared.key_of(full)), 1, full, by="system", at=WRITTEN)


def exceptions(count: int = 8) -> list[Record]:
    """Cases with everything a spreadsheet likes to spoil."""
    nasty = ("00123", "1-2", "1E5", "=1+1", "123456789012345678", "+44", "MAR-1", "Ünïcødé 🚚", "a\nb", "{=1}")
    moments = [datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2026, 11, 1, 7, 30, 59, tzinfo=UTC),
               datetime(2026, 3, 8, 8, 0, tzinfo=UTC), datetime(2026, 3, 8, 6, 0, tzinfo=UTC)]  # fmt: skip
    return [
        record("exceptions", exc_id=f"{n:04}", market_id="CHI", service_date=date(2026, 3, 8 + n % 3), stop_id=nasty[n % 10],
               account_id="A1", status="NEW", due_2h=moments[n % 4], code=nasty[(n + 1) % 10], severity="HIGH", recipient=nasty[(n + 2) % 10],
               phone="+13125550100", opened_at=moments[(n + 1) % 4], tier=n, breached=n % 2 == 0, reopen_count=0,
               internal_note=nasty[(n + 3) % 10])
        for n in range(count)
    ]  # fmt: skip


def mileage() -> list[Record]:
    return [
        record("mileage", route_id=f"CHI-2026-03-10-R{n}", driver_id="D1", market_id="CHI", service_date=date(2026, 3, 10), status="OPEN",
               odo_start=Decimal("1000.1"), odo_end=Decimal("1100.4"), accept=True if n else None)
        for n in range(3)
    ]  # fmt: skip


def conflict(**values: Any) -> Record:
    given = {
        "conflict_id": "c1", "market_id": "CHI", "status": "OPEN", "kind": "CONFLICT", "tab": "Exceptions", "row_key": "0001",
        "column_title": "Internal note", "ledger_value": "ledger's", "sheet_value": "sheet's", "table_name": "exceptions",
        "row_id": rid_of("exceptions", ("0001",)), "column_name": "internal_note", "at": WRITTEN,
    }  # fmt: skip
    return record("conflicts", **{**given, **values})


def book(
    records: Mapping[str, list[Record]],
    generation: int = 7,
    workbook: Workbook = VA_BOOK,
    ledger: str = "L1",
    extra: Any = None,
) -> bytes:
    return build(Content(workbook, Stamp(ledger, workbook.name, generation, WRITTEN), records, extra=extra or {}))


def bases(records: Mapping[str, list[Record]]) -> dict[str, dict[str, Any]]:
    return {name: {r.rid: r.values for r in given} for name, given in records.items()}


def ledger(records: Mapping[str, list[Record]]) -> dict[str, dict[str, Record]]:
    return {name: {r.rid: r for r in given} for name, given in records.items()}


def saved(content: bytes, change: Callable[[Sheets], None] = lambda _: None, **properties: str | None) -> bytes:
    """The workbook after a person changed its cells in another program and saved it."""
    source = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets: Sheets = {
        name: source.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in source.sheet_names
    }
    change(sheets)
    target = io.BytesIO()
    out = xlsxwriter.Workbook(target, {"in_memory": True})
    for name, value in {**parts.properties(content), **properties}.items():
        if value is not None:
            out.set_custom_property(name, value)
    formats = {kind: out.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    for name, lines in sheets.items():
        sheet = out.add_worksheet(name)
        for row, line in enumerate(lines):
            for col, value in enumerate(line):
                if isinstance(value, str) and value.startswith("\0f"):
                    sheet.write_formula(row, col, value[2:], None, 4)
                elif isinstance(value, str) and value in ("#N/A", "#REF!"):
                    sheet.write_formula(row, col, "=NA()", None, value)
                elif isinstance(value, str):
                    if value:
                        sheet.write_string(row, col, value)
                elif isinstance(value, bool):
                    sheet.write_boolean(row, col, value)
                elif isinstance(value, (date, time)):
                    sheet.write_datetime(row, col, value, formats[value.__class__])
                elif value is not None:
                    sheet.write_number(row, col, value)
    out.close()
    return target.getvalue()


def put(sheets: Sheets, tab: str, key: str, header: str, value: Any) -> None:
    """Types `value` under `header` in the row whose key (first declared column) is `key`."""
    lines = sheets[tab]
    at = lines[0].index(header)
    next(line for line in lines[1:] if line[2] == key)[at] = value


def append(sheets: Sheets, tab: str, **values: Any) -> None:
    lines = sheets[tab]
    lines.append([values.get(header.replace(" ", "_"), "") for header in lines[0]])


def soffice() -> str:
    found = shutil.which("soffice")
    if not found:
        reason = "LibreOffice (soffice) is not installed, so nothing was saved by a real spreadsheet program"
        print(reason)
        if os.environ.get("STOPBOOK_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def saved_by_libreoffice(content: bytes, folder: Path) -> bytes:
    """The workbook opened and saved by a real LibreOffice."""
    source, target = folder / "book.xlsx", folder / "out"
    source.write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run([soffice(), profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(target), str(source)],
                   check=True, capture_output=True, timeout=120)  # fmt: skip
    return (target / "book.xlsx").read_bytes()
