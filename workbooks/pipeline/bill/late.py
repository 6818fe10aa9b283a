"""Late facts and rates that reach back: a posted cycle is made again, and what it differs by is proposed line by line."""

from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.lines import Line
from workbooks.pipeline.bill.drafting import cycle_of
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem, Refused
from workbooks.schema import Row

NOTHING = Decimal("0.00")


def propose(books: Books, invoice: Row) -> tuple[Wanted, list[Problem]]:
    """Adjustments of one posted invoice: for each line, what it comes to now less what was billed or decided so far.

    What waits is brought up to date; what was approved, posted or rejected is settled and never proposed again.
    """
    wanted = Wanted()
    name = str(invoice["invoice_id"])
    try:
        cycle = cycle_of(books, str(invoice["account_id"]), invoice["period_start"], adjusted=False)
    except Refused as refused:
        return wanted, [Problem(f"{invoice['invoice_no']} could not be looked at again: {refused}".rstrip("."))]
    if cycle.unpriced or cycle.problems:
        what = "; ".join(cycle.problems) or cycle.unpriced[0].reason
        return wanted, [Problem(f"{invoice['invoice_no']} could not be looked at again: {what}")]
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
    return wanted, []


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
