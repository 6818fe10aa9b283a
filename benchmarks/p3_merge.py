"""P3: the three-way merge of 150,000 cells, beside comparing the same cells as plain tuples and as frames.
Run: python -m benchmarks.p3_merge
"""

import gc
import pickle
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas

from benchmarks.google import table
from sheets_sync import compare
from sheets_sync.conflicts import Source
from sheets_sync.merge import merge
from sheets_sync.rows import ReadRow
from workbooks.schema import Record, Role, Row, Type, rid_of

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
ROWS, COLUMNS, ROUNDS, LIMIT = 6_000, 25, 9, 10.0


def anew(cell: Any) -> Any:
    """An equal cell that is another object."""
    if isinstance(cell, str):
        return "".join(list(cell))
    return pickle.loads(pickle.dumps(cell))


def main() -> int:
    """Measures both in one process, round by round; 1 when the goal is missed."""
    zone, plain_columns = ZoneInfo("America/Chicago"), table(1, COLUMNS)
    # as in the real tabs: mostly text and numbers, some amounts and a few moments
    types = {f"c{COLUMNS - 1}": Type.TS, f"c{COLUMNS - 2}": Type.TS, f"c{COLUMNS - 4}": Type.MONEY}
    columns = tuple(replace(c, type=types.get(c.name, c.type)) for c in plain_columns.columns)
    one = replace(plain_columns, columns=columns)
    rows: dict[str, Row] = {}
    for number in range(ROWS):
        row: dict[str, Any] = {"k": f"K{number}"}
        row |= {f"c{n}": f"{number}.{n}" if n % 3 else number * n for n in range(1, COLUMNS)}
        for name, kind in types.items():
            row[name] = Decimal(number) / 100 if kind is Type.MONEY else START + timedelta(minutes=number % 720)
        rows[rid_of(one.name, (f"K{number}",))] = row
    forms = compare.forms(one, rows, zone)
    source = Source("google", (Role.DISPATCH,), 1, zone)
    records = {rid: Record(one.name, rid, 1, row) for rid, row in rows.items()}
    # read back as it would be: equal cells, but no shared objects, which would be equal without a look
    read = [{name: anew(cell) for name, cell in form.items()} for form in forms.values()]
    copy = [ReadRow(number, rid, cells) for number, (rid, cells) in enumerate(zip(forms, read, strict=True), 2)]
    before = [tuple(form.values()) for form in forms.values()]
    after = [tuple(row.cells.values()) for row in copy]
    frames = pandas.DataFrame(before), pandas.DataFrame(after)
    ours, plain, framed = [], [], []
    gc.disable()
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        same = sum(old == new for old, new in zip(before, after, strict=True))
        plain.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        assert not (frames[0] != frames[1]).any(axis=None)
        framed.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        merged = merge(one, source, rows, copy, records)
        ours.append(time.perf_counter() - begun)
        assert same == ROWS and merged.unchanged == ROWS
    peer, own = statistics.median(plain), statistics.median(ours)
    print(
        f"{ROWS * COLUMNS:,} cells: plain tuples {peer * 1000:.1f} ms, merge {own * 1000:.1f} ms, {own / peer:.1f} times"
    )
    print(f"what people do with gspread-dataframe and gspread-pandas, comparing two frames: {statistics.median(framed) * 1000:.1f} ms, "
          "which says that something differs; no library above the API has a merge")  # fmt: skip
    print(f"goal: at most {LIMIT:.0f} times: {'reached' if own / peer <= LIMIT else 'MISSED'}")
    return 0 if own / peer <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
