"""With a leaver's last settlement the escrow kept for the driver is paid back, before the balances still owed are taken."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made

RULE = "settlement.escrow_release"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """The whole balance."""
    return Decimal(facts["escrow_balance"])


def lines(settlement_id: str, balance: Decimal, final: bool) -> list[Line]:
    """One line, when this is the last settlement and something is kept."""
    if not final or balance <= 0:
        return []
    facts = {"escrow_balance": f"{balance:f}", "why": "last settlement"}
    return [
        made(RULE, f"{settlement_id}/ESCROW_RELEASE", "ESCROW_RELEASE", "", facts, f"Escrow of {balance} paid back")
    ]
