"""P8: a worksheet function over 5,000 rows in one call, with xlwings' own conversion before and after it.

Peers: the same function called cell by cell (to reach: at least 200 times faster), and the bare rule over values that
were read already (to reach: at most 2 times its time, for what is ours; what xlwings' conversion adds is printed beside).
The way from the sheet to Python is no part of these: it is paid once a call, so it speaks for the range. With `--live`
it is: the same in a running LibreOffice, as 5,000 formulas and as one over the range, through Basic and a pipe, as Excel
goes through VBA and COM. Excel itself is not here. Run with `python -m benchmarks.p8_functions [rows] [cells] [--live]`.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from addin.registry import functions
from tests.benches.calc.udf import called
from workbooks.pipeline.arrivals.manifest import normalised
from workbooks.pipeline.bill.rating import frame, lying, zone_row
from workbooks.rules.invoice.zones import place
from workbooks.rules.mileage.straight import metres
from workbooks.rules.sla.on_time import Promise, judge

ROUNDS = 7
CALL = {function.name: function.call for function in functions()}


def seconds(work: Callable[[], Any]) -> float:
    """Median CPU time of a few rounds."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def cases(rows: int) -> dict[str, tuple[tuple[Any, ...], Callable[[], Any]]]:
    """For each function its arguments, the first a column, and the bare rule over the same."""
    rng = random.Random(8)
    zips = [f"{rng.randint(46001, 46999)}" for _ in range(rows)]
    zones = [
        ["ZIP3", "462", "A"],
        ["ZIP3", "463", "B"],
        ["DEFAULT", "", "C"],
        *(["ZIP5", str(46000 + n), f"Z{n}"] for n in range(1, 300)),
    ]
    known = frame("zones", [zone_row({"account_id": "", "match_type": kind, "match_value": value, "zone": zone, "eff_from": date.min})
                            for kind, value, zone in zones])  # fmt: skip
    stops = frame("stops", [lying(str(n), "", date.max, zip5, "") for n, zip5 in enumerate(zips)])
    start = datetime(2026, 3, 10, 8)  # noqa: DTZ001 - a cell's wall clock
    done = [start + timedelta(seconds=rng.randint(0, 40_000)) for _ in range(rows)]
    aware, promise = [at.replace(tzinfo=UTC) for at in done], Promise("POD", 30, 15)
    opens = start.replace(tzinfo=UTC)
    lats = [41 + rng.random() for _ in range(rows)]
    streets = [f"{rng.randint(1, 99_999)} North Main Street" for _ in range(rows)]
    return {
        "SB_ZONE": ((zips, [["Match", "Value", "Zone"], *zones]), lambda: place(stops, known)),
        "SB_ONTIME": ((done, start, start + timedelta(hours=4), "America/Chicago", 30, 15),
                      lambda: [judge(opens, opens, at, promise) for at in aware]),
        "SB_DISTANCE": ((lats, -87.6, 41.9, -87.6), lambda: [metres(lat, -87.6, 41.9, -87.6) for lat in lats]),
        "SB_ADDRESS": ((streets, "Chicago"), lambda: [normalised(street, "Chicago", None) for street in streets]),
    }  # fmt: skip


BASIC = """Function {name}({names})
    Dim found, out(), i
    found = createUnoService("stopbook.bench.Python").{name}({names})
    If Not IsArray(found) Then
        {name} = found
        Exit Function
    End If
    ReDim out(UBound(found), 0)
    For i = 0 To UBound(found)
        out(i, 0) = found(i)(0)
    Next i
    {name} = out
End Function"""


def live(rows: int) -> None:
    """SB_DISTANCE in a running LibreOffice: a formula in each row, and one over all of them. Wall-clock time."""
    from tests.benches.calc.engine import registered
    from tests.benches.calc.office import running

    rng = random.Random(8)
    with running() as office:
        book = registered(office).books.add()
        sheet = book.sheets[0]
        sheet["A1"].value = [[41 + rng.random(), -87.6, 41.9, -87.6] for _ in range(rows)]
        book.impl.ask("add_module", "Standard", "Functions", BASIC.format(name="SB_DISTANCE", names="a, b, c, d"))

        def distance(*given: Any) -> Any:
            answer = called("SB_DISTANCE", *given)
            return tuple(map(tuple, answer)) if len(answer) > 1 else answer[0][0]

        office.functions["SB_DISTANCE"] = distance
        begun = time.perf_counter()
        sheet.impl.ask("array_formula", (1, 6, rows, 1), f"=SB_DISTANCE({';'.join(f'{c}1:{c}{rows}' for c in 'ABCD')})")
        whole = time.perf_counter() - begun
        begun = time.perf_counter()
        sheet.impl.ask("fill_formula", (1, 7, rows, 1), "=SB_DISTANCE(A1;B1;C1;D1)")
        single = time.perf_counter() - begun
        same = sheet.range((1, 6), (rows, 6)).value == sheet.range((1, 7), (rows, 7)).value
        print(f"SB_DISTANCE in LibreOffice {office.version}: {rows:,} rows in one formula {whole * 1e3:.0f} ms, in {rows:,} formulas "
              f"{single * 1e3:,.0f} ms, {single / whole:,.0f} times that; {'the same answers' if same else 'ANSWERS DIFFER'}")  # fmt: skip
        book.close()


def main() -> None:
    """Measure and print."""
    numbers = [int(said) for said in sys.argv[1:] if said.isdigit()]
    rows, cells = [*numbers, 5_000, 100][:2] if len(numbers) != 1 else (numbers[0], 100)
    for name, ((first, *others), bare) in cases(rows).items():
        column = tuple((value,) for value in first)
        whole = seconds(partial(called, name, column, *others))
        alone, rule = seconds(partial(CALL[name], [[value] for value in first], *others)), seconds(bare)
        begun = time.process_time()
        for value in first[:cells]:
            called(name, value, *others)
        one_by_one = (time.process_time() - begun) / cells * rows
        print(f"{name}: {rows:,} rows in one call {whole * 1e3:.1f} ms; cell by cell {one_by_one / whole:,.0f} times that; "
              f"without xlwings {alone * 1e3:.1f} ms, {alone / rule:.2f} times the bare rule ({rule * 1e3:.1f} ms)")  # fmt: skip
    if "--live" in sys.argv:
        live(rows)


if __name__ == "__main__":
    main()
