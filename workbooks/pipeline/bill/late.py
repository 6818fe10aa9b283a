"""Late facts and rates that reach back: a posted cycle is made again, and what it differs by is proposed line by line."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.lines import Line
from workbooks.pipeline.bill.drafting import Cycle, cycles
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem, Refused
from workbooks.schema import Row

NOTHING = Decimal("0.00")


def propose(books: Books, invoices: Iterable[Row]) -> tuple[Wanted, list[Problem]]:
    """Adjustments of posted invoices: for each line, what it comes to now less what was billed or decided so far.

    What waits is brought up to date; what was approved, posted or rejected is settled and never proposed again. What
    an invoice brought over came to was worked out in the old books and is left alone.
    """
    wanted, problems = Wanted(), []
    known = [invoice for invoice in invoices if not invoice.get("brought_over")]
    found = cycles(books, [(str(row["account_id"]), row["period_start"]) for row in known], adjusted=False)
    for invoice, cycle in zip(known, found, strict=True):
        if why := _hidden(cycle):
            problems.append(Problem(f"{invoice['invoice_no']} could not be looked at again: {why}".rstrip(".")))
        else:
            assert isinstance(cycle, Cycle)
            _compare(books, invoice, cycle, wanted)
    return wanted, problems


def _hidden(cycle: Cycle | Refused) -> str:
    if isinstance(cycle, Refused):
        return str(cycle)
    return "; ".join(cycle.problems) or (cycle.unpriced[0].reason if cycle.unpriced else "")


def _compare(books: Books, invoice: Row, cycle: Cycle, wanted: Wanted) -> None:
    name = str(invoice["invoice_id"])
    billed = {
        str(r["line_key"]): r for r in books.rows("invoice_lines", invoice_id=name) if r["component"] != "ADJUSTMENT"
    }
    now = {line.key: line for line in cycle.draft.lines}
    rows = [r for r in books.rows("billing_adjustments", account_id=invoice["account_id"]) if r["invoice_id"] == name]
    for key in sorted({*billed, *now, *(str(row["line_key"]) for row in rows)}):
        settled = [r for r in rows if r["line_key"] == key and r["status"] != "PROPOSED"]
        before = (billed[key]["amount"] if key in billed else NOTHING) + sum((r["delta"] for r in settled), NOTHING)
        correct = now[key].amount if key in now else NOTHING
        adj_id = f"{invoice['invoice_no']}|{key}|{len(settled) + 1}"
        if correct != before:
            wanted.add(
                "billing_adjustments", _row(invoice, adj_id, key, billed.get(key), now.get(key), before, correct)
            )
        elif any(r["adj_id"] == adj_id for r in rows):
            wanted.gone.setdefault("billing_adjustments", []).append((adj_id,))


def _row(
    invoice: Row, adj_id: str, key: str, old: Row | None, new: Line | None, before: Decimal, correct: Decimal
) -> dict[str, Any]:
    was = str(old["says"]) if old else "not billed"
    now = new.says if new else "nothing"
    return {
        "adj_id": adj_id, "account_id": invoice["account_id"], "invoice_id": invoice["invoice_id"],
        "invoice_no": invoice["invoice_no"], "status": "PROPOSED", "line_key": key,
        "component": str(key).partition("|")[0], "reason": now if was == now else f"{was} → {now}", "billed": before,
        "correct": correct, "delta": correct - before,
    }  # fmt: skip
