"""What the demo's week came to, in a few lines: counted and added up from the rows as they stand."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from stopbook.app import App
from stopbook.demo.company import TODAY, WEEK
from stopbook.demo.week import LATE, Week
from workbooks.schema import Row

NIL = Decimal("0.00")


def lines(app: App, week: Week) -> Iterable[tuple[str, str]]:
    """(what, what of it) for the last screen."""
    books, days = app.ledger.books(), list(WEEK)
    recon = books.rows("recon", service_date=days)
    scans = sum(len(books.rows("attempts", service_date=day)) for day in days)
    worked = [day for day in week.days if day.on in WEEK]
    outcomes = Counter(str(row["final"] or row["outcome"]) for row in recon)
    yield "Came in", (f"{sum(len(r.stops) for d in worked for r in d.routes):,} stops on {sum(len(d.routes) for d in worked)} routes in 2 markets, "
                      f"{scans:,} scans, {sum(len(d.changes) for d in worked)} changes of plan; {week.corrected} rows came back "
                      "with the reason and were put right")  # fmt: skip
    yield "Came to", ", ".join(f"{n:,} {word(what)}" for what, n in outcomes.most_common(5))
    on_time = Counter(row["on_time"] for row in recon)
    judged = sum(on_time[v] for v in ("ON_TIME", "EARLY", "LATE"))
    held = sum(row["status"] == "OPEN" for row in recon)
    yield (
        "Decided",
        f"{week.decided} rows by dispatch and VA, {held} still wait; on time {on_time['ON_TIME'] / max(1, judged):.1%}",
    )
    again = [r for r in books.rows("redeliveries") if r["service_date"] in WEEK]
    brought = sum(r["status"] == "DONE" for r in again)
    cases = [row for row in books.rows("exceptions") if row["service_date"] in WEEK]
    yield "Exceptions", f"{len(cases)} cases; {len(again)} new days agreed with recipients, {brought} brought then"
    yield from _money(books.rows("settlements"), books.rows("invoices"))
    yield "Leakage", _leaks(books.rows("leakage", service_date=days, status="OPEN"))
    more = books.rows("adjustments", status="APPROVED")
    bonus = " with the bonus that waited for it" if any("BONUS" in str(r["reason"]) for r in more) else ""
    late = [f"{r['delta']:+,.2f} pay for {r['driver_id']}{bonus}" for r in more]
    bills = [r["delta"] for r in books.rows("billing_adjustments", status="APPROVED")]
    late += [f"{sum(bills, NIL):+,.2f} on the next invoice"] if bills else []
    yield "Came late", (f"{week.late_stop}, delivered on {LATE:%A}, its scan came on {TODAY:%A}: {' and '.join(late)}; "
                        "nothing posted was touched")  # fmt: skip
    yield "Explained", week.explained


def _money(settlements: Iterable[Row], invoices: Iterable[Row]) -> Iterable[tuple[str, str]]:
    paid = [row for row in settlements if row["period_end"] == WEEK[-1]]
    billed = [row for row in invoices if row["period_end"] == WEEK[-1]]
    net = [row["net"] for row in paid if row["net"] is not None]
    yield "Paid", (f"{len(paid)} drivers, {total(paid, 'gross'):,.2f} earned, {total(paid, 'deductions'):,.2f} deducted; "
                   f"{len(net)} payments of {sum(net, NIL):,.2f}, {len(paid) - len(net)} employees by payroll")  # fmt: skip
    yield (
        "Billed",
        f"{len(billed)} invoices to {len({row['client_id'] for row in billed})} clients, {total(billed, 'total'):,.2f}",
    )


def _leaks(rows: Iterable[Row]) -> str:
    kinds = Counter(str(row["kind"]) for row in rows)
    return ", ".join(f"{n} {word(kind)}" for kind, n in kinds.most_common(4)) or "none"


def total(rows: Iterable[Row], name: str) -> Decimal:
    """The sum of a column."""
    return sum((row[name] for row in rows if row[name] is not None), NIL)


def word(value: Any) -> str:
    """A code as people say it."""
    return str(value).replace("_", " ").lower()
