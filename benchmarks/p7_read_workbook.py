"""P7: read the day's workbook of P6 back and validate it, with a cell address for every problem.

Peer: bare calamine reading the same file, in the same process, round by round. To reach: at most 2 times its time.
The guard against hostile archives is part of our side. Run with `python -m benchmarks.p7_read_workbook [rows] [rounds]`.
"""

import gc
import statistics
import sys
import time
from io import BytesIO

import python_calamine

from benchmarks.p6_build_workbook import TABS, ZONE, content
from workbooks.cells import Reading
from workbooks.intake import reader
from workbooks.intake.parse import parse
from workbooks.intake.profiles import GENERIC, shipped
from workbooks.layout import build

LIMIT = 2.0


def bare(file: bytes) -> None:
    """What calamine alone takes."""
    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(file))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def ours(file: bytes, tables: dict[str, object]) -> int:
    """Guarded reading, header matching, every cell read under its column; returns how many rows are good."""
    generic, how, good = shipped()[GENERIC], Reading(zone=ZONE), 0
    for grid in reader.read_bytes(file, "day.xlsx"):
        if grid.tab in tables:
            good += len(parse(grid, generic, tables[grid.tab], how).rows)  # type: ignore[arg-type]
    return good


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    made = content(rows)
    file = build(made)
    tables: dict[str, object] = {table.title: table for table in made.workbook.tables}
    good = ours(file, tables)
    bare_times, our_times = [], []
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        bare(file)
        bare_times.append(time.process_time() - begun)
        gc.collect()
        begun = time.process_time()
        ours(file, tables)
        our_times.append(time.process_time() - begun)
    one, other = statistics.median(bare_times), statistics.median(our_times)
    print(f"{len(TABS)} tabs x {rows:,} rows x 25 columns, {len(file) / 1e6:.1f} MB, {good:,} good rows")
    print(f"bare calamine {one:.3f} s, read and validated {other:.3f} s: {other / one:.2f} times (to reach: {LIMIT})")


if __name__ == "__main__":
    main()
