"""An approved adjustment of an earlier invoice is billed as what it should have said less what it said; it is not taxed again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import made
from workbooks.rules.invoice.draft import Draft


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Correct less billed."""
    return Decimal(facts["correct"]) - Decimal(facts["billed"])


def add(draft: Draft) -> None:
    """One line for each adjustment; the tax of the earlier invoice has a line of its own there, and so here."""
    for one in sorted(draft.terms.adjustments, key=lambda a: a.adj_id):
        facts = {"invoice": one.invoice_no, "line": one.text, "billed": str(one.billed), "correct": str(one.correct)}
        line = made("invoice.adjustment", f"ADJUSTMENT|{one.adj_id}", "ADJUSTMENT", one.invoice_no, facts,
                    f"{one.invoice_no}: {one.text}", more={"text": f"{one.invoice_no}: {one.text}"})  # fmt: skip
        draft.add(line)
