"""When adjustments take back more than the period earned, the shortfall is carried to the next settlement, not paid by the driver."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import Line, made

RULE = "settlement.carry_out"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """What gross is below nothing."""
    return max(Decimal("0.00"), -Decimal(facts["gross"]))


def lines(settlement_id: str, gross: Decimal) -> list[Line]:
    """One line, when gross is negative."""
    if gross >= 0:
        return []
    return [made(RULE, f"{settlement_id}/CARRY_OUT", "CARRY_OUT", "", {"gross": f"{gross:f}"},
                 f"{-gross} could not be taken back now and is carried over")]  # fmt: skip
