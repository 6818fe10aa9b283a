"""P6: build a day's workbook of 4 tabs, 5,000 rows x 25 columns each, formatted and validated.

Peer: bare XlsxWriter writing the very same cells without a format, in the same process, round by round. To reach:
at most 1.3 times its time. Run with `python -m benchmarks.p6_build_workbook [rows] [rounds]`.
"""

import gc
import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from workbooks import cells
from workbooks.layout import Content, build
from workbooks.schema import Column, Record, Table, Type, rid_of
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT, Stamp, Workbook
from workbooks.tables import TABLES

TABS, COLUMNS, LIMIT = ("exceptions", "stops", "attempts", "recon"), 25, 1.3
NOW = datetime(2026, 3, 10, 23, 5, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")


def narrowed(table: Table) -> Table:
    """The table with exactly 25 declared columns; what is missing is filled up with text and moments."""
    columns = list(table.columns[:COLUMNS])
    for n in range(COLUMNS - len(columns)):
        kind = (Type.TEXT, Type.TS, Type.INT)[n % 3]
        columns.append(Column(f"more_{n}", f"More {n}", kind, table.columns[0].owners, "Filler"))
    names = {column.name for column in columns}
    kept = tuple(need for need in table.needs if need.due in names)
    return replace(table, columns=tuple(columns), needs=kept, checks=(), market="", day="")


def value(column: Column, n: int, pick: random.Random) -> Any:
    """A cell as a day has it: ids differ, names and notes repeat, one in ten is empty."""
    if not column.required and pick.random() < 0.1:
        return None
    match column.type:
        case Type.ENUM:
            return pick.choice(column.enum)
        case Type.SET:
            return (pick.choice(column.enum),)
        case Type.INT:
            return pick.randint(0, 99)
        case Type.DEC:
            return Decimal(pick.randint(0, 99_999)).scaleb(-column.places)
        case Type.MONEY | Type.PCT:
            return Decimal(pick.randint(0, 199)) / 100
        case Type.PHONE:
            return f"+1312555{pick.randint(100, 199):04}"
        case Type.EMAIL:
            return f"person{pick.randint(0, 40)}@example.com"
        case Type.URL:
            return f"https://pod.example/{n}.jpg"
        case Type.DATE:
            return date(2026, 3, 10)
        case Type.TIME:
            return (NOW + timedelta(minutes=n % 600)).time()
        case Type.TS:
            return NOW + timedelta(seconds=60 * pick.randint(0, 600))
        case Type.BOOL:
            return pick.random() < 0.5
        case Type.ID:
            return f"{column.name}-{n:06}"
        case _:
            return f"{column.title} {pick.randint(0, 400)} of the day"


def content(rows: int) -> Content:
    """Four tabs of `rows` rows."""
    pick = random.Random(6)
    tables = tuple(narrowed(TABLES[name]) for name in TABS)
    held = {}
    for table in tables:
        made = [{column.name: value(column, n, pick) for column in table.columns} for n in range(rows)]
        held[table.name] = [
            Record(table.name, rid_of(table.name, table.key_of(row)), 1, row, "va@example.com", NOW) for row in made
        ]
    workbook = Workbook(
        "day", "Day", tuple({role for t in tables for c in t.columns for role in c.owners}), "CHI", ZONE, tables
    )
    choices = {"drivers": [(f"D{n:03}", f"Driver {n}") for n in range(200)]}
    return Content(workbook, Stamp("bench", "day", 1, NOW), held, choices=choices)


def bare(day: Content) -> bytes:
    """The same cells through XlsxWriter alone: the method for each kind of value, no formats, no rules."""
    file = BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for table in day.workbook.tables:
        sheet = book.add_worksheet(table.title)
        for col, title in enumerate((*SYSTEM_LEFT, *(c.title for c in table.columns), *SYSTEM_RIGHT)):
            sheet.write_string(0, col, title)
        for row, record in enumerate(day.records[table.name], 1):
            own = (record.values[column.name] for column in table.columns)
            for col, raw in enumerate(("OK", None, *own, record.rid, record.rev, record.by, record.at)):
                cell = cells.to_cell(raw, ZONE)
                if cell is None:
                    continue
                if isinstance(cell, str):
                    sheet.write_string(row, col, cell)
                elif isinstance(cell, bool):
                    sheet.write_boolean(row, col, cell)
                elif isinstance(cell, (int, float)):
                    sheet.write_number(row, col, cell)
                else:
                    sheet.write_datetime(row, col, cell, moment)
    book.close()
    return file.getvalue()


def timed(work: Any, day: Content) -> float:
    """Processor seconds of one build, beginning with a clean heap: both do all their work in this process."""
    gc.collect()
    begun = time.process_time()
    work(day)
    return time.process_time() - begun


def main(rows: int = 5_000, rounds: int = 5) -> int:
    """Prints both times and their ratio; 1 when the limit is missed."""
    day = content(rows)
    ours: list[float] = []
    peer: list[float] = []
    for number in range(rounds):
        pair = [(ours, build), (peer, bare)]
        for times, work in pair if number % 2 else reversed(pair):
            times.append(timed(work, day))
    ratio = statistics.median(ours) / statistics.median(peer)
    print(f"P6  {len(TABS)} tabs, {rows:,} rows x {COLUMNS} columns, {rounds} rounds, medians of processor time")
    print(f"    bare XlsxWriter, no formats  {statistics.median(peer):6.2f} s  (best {min(peer):.2f})")
    print(f"    Stopbook, formatted, checked {statistics.median(ours):6.2f} s  (best {min(ours):.2f})")
    print(f"    ratio {ratio:.2f}, to reach <= {LIMIT}: {'reached' if ratio <= LIMIT else 'MISSED'}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(*(int(arg) for arg in sys.argv[1:])))
