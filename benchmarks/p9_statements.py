"""P9: 200 driver statements to PDF, with their data.

Peer: bare typst, compiling the same page with the same JSON, in the same process, round by round. To reach: at most
1.5 times its time. Run with `python -m benchmarks.p9_statements [statements] [rounds]`.
"""

import json
import statistics
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files

import typst

from workbooks.documents import Document, Field, Party, Section, Total, paper, render_pdf

LIMIT = 1.5
WEEK = date(2026, 3, 2)
EARNED = (Field("Day", "date", 12), Field("Route", "text", 18), Field("What", "text", 34), Field("Quantity", "qty", 10),
          Field("Rate", "rate", 9), Field("Amount", "money", 12))  # fmt: skip
TAKEN = (Field("What", "text", 60), Field("Amount", "money", 12))


def statement(number: int) -> Document:
    """One driver's week: six days of stops, miles and fuel, three deductions."""
    rows: list[tuple[object, ...]] = []
    for n in range(6):
        day, stops, miles = (
            WEEK + timedelta(days=n),
            Decimal(90 + (number * 7 + n * 5) % 40),
            Decimal(600 + (number + n * 13) % 300) / 10,
        )
        rows += [
            (day, f"CHI-{day}-R{n}", "Stops delivered", stops, Decimal("1.85"), stops * Decimal("1.85")),
            (day, f"CHI-{day}-R{n}", "Miles above 25", miles, Decimal("0.38"), (miles * Decimal("0.38")).quantize(Decimal("0.01"))),
            (day, f"CHI-{day}-R{n}", "Fuel supplement", miles, Decimal("0.05"), (miles * Decimal("0.05")).quantize(Decimal("0.01"))),
        ]  # fmt: skip
    earned = Section("Earnings", EARNED, tuple(rows), sum((row[5] for row in rows), Decimal("0.00")))  # type: ignore[misc]
    taken = tuple(
        (text, Decimal(amount))
        for text, amount in (("Van rental", "-45.00"), ("Advance", "-75.00"), ("Uniform", "-30.00"))
    )
    deducted = Section("Deductions", TAKEN, taken, Decimal("-150.00"))
    net = earned.sum + deducted.sum
    totals = (Total("Gross", earned.sum, ("Earnings",)), Total("Net pay", net, ("Gross", "Deductions"), strong=True))
    return Document("Statement", f"2026-W10-D-{number:03}-1", "Week 10 of 2026", Party(f"Driver {number}", ("Chicago",)), (WEEK, WEEK + timedelta(days=6)),
                    (earned, deducted), totals, ("You may dispute a line until 2026-04-10.",), net, Party("Northway Delivery"))  # fmt: skip


def main(count: int, rounds: int) -> int:
    """Both, in turn, and the ratio of their medians."""
    source = (files("templates") / "documents" / "statement.typ").read_bytes()
    ours, bare = [], []
    render_pdf(statement(0))
    compiler = typst.Compiler(source, ignore_system_fonts=True)
    for turn in range(rounds):
        # typst remembers what it has set, so no statement is set twice
        theirs, mine = (
            range(2 * turn * count, (2 * turn + 1) * count),
            range((2 * turn + 1) * count, (2 * turn + 2) * count),
        )
        data = [json.dumps(paper._data(statement(n)), ensure_ascii=False) for n in theirs]
        begun = time.perf_counter()
        for text in data:
            compiler.compile(source, format="pdf", sys_inputs={"doc": text}, timestamp=0)
        bare.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        for n in mine:
            render_pdf(statement(n))
        ours.append(time.perf_counter() - begun)
    ratio = statistics.median(ours) / statistics.median(bare)
    print(
        f"{count} statements: {statistics.median(ours):.2f} s, bare typst {statistics.median(bare):.2f} s, {ratio:.2f} x (to reach {LIMIT} x)"
    )
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(given[0] if given else 200, given[1] if len(given) > 1 else 3))
