"""A substantiated receipt is paid back whole, beside gross, and no deduction touches it; one that is not waits."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made
from workbooks.rules.settlement import held
from workbooks.schema import Row

RULE = "settlement.reimbursement"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """What the receipt says."""
    return Decimal(facts["receipt"])


def lines(settlement_id: str, receipts: list[Row]) -> list[Line]:
    """One line per receipt."""
    found = []
    for row in sorted(receipts, key=lambda r: (r["date"], r["reimb_id"])):
        key, number = f"{settlement_id}/REIMB/{row['reimb_id']}", str(row["reimb_id"])
        if row.get("substantiated") is not True:
            found.append(
                held.line(
                    key,
                    "",
                    "REIMB",
                    f"receipt {number} of {row['date']} has not been seen",
                    (number,),
                    about=row["amount"],
                )
            )
            continue
        facts = {
            "receipt": f"{row['amount']:f}",
            "number": number,
            "date": row["date"].isoformat(),
            "kind": row.get("kind") or "OTHER",
        }
        says = f"{str(row.get('kind') or 'receipt').lower()} of {row['date']:%Y-%m-%d}, receipt {number}"
        found.append(made(RULE, key, "REIMB", "", facts, says, sources=(number,)))
    return found
