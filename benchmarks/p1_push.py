"""P1: pushing 50 scattered cells over 3 tabs of 2,000 x 25, verified and with pre-images: calls and bytes, beside plain
gspread and four libraries above the API (benchmarks/peers.py). Run: python -m benchmarks.p1_push
"""

import sys

from benchmarks.google import Bench
from benchmarks.peers import Cell, measured
from sheets_sync.google.operation import Operation, verify
from sheets_sync.outgoing import CellWrite, RowWrite

CELLS = 50


def main() -> int:
    """Pushes the same cells three ways; 1 when the goal is missed."""
    with Bench(tabs=3, rows=2_000) as bench:
        seen = bench.sheet.read()
        assert seen.sync is not None
        writes, plain = [], []
        for number in range(CELLS):
            table, row = bench.tables[number % 3], 2 + (number * 389) % 2_000
            line = seen.sheets[table.title].lines[row - 1]
            place = 2 + number % 20
            header = str(seen.sheets[table.title].lines[0][place])
            cell = CellWrite(header, line[place], f"changed {number}", table.by_title[header].name, f"changed {number}")
            writes.append(RowWrite(table.name, row, str(line[-1]), str(line[-1]), (cell,)))
            plain.append((table.title, row, place, f"changed {number}"))
        writes.sort(key=lambda write: (write.table, write.row))
        places = {t.name: {str(h): n for n, h in enumerate(seen.sheets[t.title].lines[0])} for t in bench.tables}
        op = Operation(seen.sync + 1, seen.sync, 1, 1, tuple(writes), (), places, {n: len(p) for n, p in places.items()},
                       dict.fromkeys(places, 1))  # fmt: skip
        bench.reset()
        images = bench.sheet.send(op)
        verdict = verify(op, images, {t.name: [t.by_name[k].title for k in t.key] for t in bench.tables})
        ours = bench.counted()
        good = len(verdict.cells) == CELLS and not verdict.traces
        batch = bench.gspread(lambda book: book.values_batch_update({"valueInputOption": "RAW", "data": [
            {"range": f"'{tab}'!{_a1(row, place)}", "values": [[text + "."]]} for tab, row, place, text in plain]}))  # fmt: skip
        each = bench.gspread(lambda book: [book.worksheet(tab).update([[text + ","]], _a1(row, place)) for tab, row, place, text in plain])  # fmt: skip
        cells = [Cell(tab, row, place, text + ";") for tab, row, place, text in plain]
        peers = measured(bench.service, bench.world, "push", cells)
    print(f"{'':34}{'calls':>7}{'KB up':>8}{'KB down':>9}   verified")
    print(
        f"{'Stopbook, one operation':34}{ours.calls:7}{ours.up / 1000:8.1f}{ours.down / 1000:9.1f}   {'yes' if good else 'NO'}"
    )
    print(f"{'gspread values_batch_update':34}{batch.calls:7}{batch.up / 1000:8.1f}{batch.down / 1000:9.1f}   no")
    print(f"{'gspread worksheet.update':34}{each.calls:7}{each.up / 1000:8.1f}{each.down / 1000:9.1f}   no")
    for name, count in peers.items():
        text = (
            count if isinstance(count, str) else f"{count.calls:7}{count.up / 1000:8.1f}{count.down / 1000:9.1f}   no"
        )
        print(f"{name:34}{text:>7}")
    reached = good and ours.calls == 1 and ours.up <= 40_000
    print(f"goal: 1 write call, at most 40 KB up: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


def _a1(row: int, place: int) -> str:
    from workbooks.intake.grid import letter

    return f"{letter(place)}{row}"


if __name__ == "__main__":
    sys.exit(main())
