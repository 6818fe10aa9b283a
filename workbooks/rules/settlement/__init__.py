"""What a driver is paid, in the order the rules are carried out."""

from collections.abc import Callable

from workbooks.lines import Line
from workbooks.rules.settlement import (
    attempts,
    bonus,
    cancelled,
    combine,
    extra_packages,
    flat,
    fuel,
    grouped,
    guarantee,
    miles,
    stop_pay,
)
from workbooks.rules.settlement.work import Part

Rule = Callable[[Part, list[Line]], list[Line]]

EARNINGS: tuple[Rule, ...] = (
    flat.lines,
    stop_pay.lines,
    attempts.lines,
    cancelled.lines,
    extra_packages.lines,
    grouped.lines,
    miles.lines,
    fuel.lines,
    combine.lines,
    guarantee.lines,
    bonus.lines,
)
"""what the work of the period itself earns; each sees the lines of those before it"""

ORDER = ("earnings", "adjustment", "reimbursement", "escrow_release", "deductions", "carry_out")
"""earnings, then adjustments of earlier periods: that is gross; reimbursements and released escrow beside it; then
deductions by priority down to the least net; what gross could not bear is carried out"""


def earned(part: Part) -> list[Line]:
    """Every line that the work of one part earns, in order."""
    made: list[Line] = []
    for rule in EARNINGS:
        made += rule(part, made)
    return made
