"""A stop is on time when the measured moment lies inside its window widened by the contract's grace, ends included.

Everything is compared in UTC, to the second; windows were read in the stop's own zone when they came in. With
FIRST_ATTEMPT_IN_WINDOW a first attempt inside counts, whatever came of it, unless the driver was at fault; with
DELIVERED_ONLY the delivery itself must be inside. Times an office set afterwards prove nothing (golden example
G6; edge case 21).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workbooks.schema import Row


@dataclass(frozen=True)
class Promise:
    """What an account was promised: which moment is measured, grace in minutes, which attempts count."""

    measure: str = "POD"
    early_grace_min: int = 0
    late_grace_min: int = 0
    attempt_rule: str = "FIRST_ATTEMPT_IN_WINDOW"

    @classmethod
    def of(cls, contract: Row | None) -> "Promise":
        """The promise of a row of sla_contracts; the bare window without one."""
        if contract is None:
            return cls()
        return cls(
            contract.get("measure_event") or "POD",
            contract.get("early_grace_min") or 0,
            contract.get("late_grace_min") or 0,
            contract.get("attempt_rule") or "FIRST_ATTEMPT_IN_WINDOW",
        )


def judge(start: datetime | None, end: datetime | None, moment: datetime, promise: Promise) -> str:
    """ON_TIME, EARLY or LATE for one moment (aware) against a window (aware); NO_WINDOW without one.

    A window whose start equals its end is a point, widened by the grace like any other.
    """
    if start is None and end is None:
        return "NO_WINDOW"
    if start is not None and moment < start - timedelta(minutes=promise.early_grace_min):
        return "EARLY"
    if end is not None and moment > end + timedelta(minutes=promise.late_grace_min):
        return "LATE"
    return "ON_TIME"


def measured(attempt: Row, promise: Promise) -> datetime:
    """The moment of `attempt` that the contract looks at; completion where nothing better was reported."""
    if promise.measure in ("ARRIVAL", "SERVICE_START") and attempt.get("arrived_at"):
        moment: datetime = attempt["arrived_at"]
        return moment
    completed: datetime = attempt["completed_at"]
    return completed


def verdict(stop: Row, attempts: Sequence[Row], promise: Promise, driver_fault: frozenset[str]) -> str | None:
    """On time or not, for one stop with all its attempts in order; None while there is none to judge.

    `driver_fault` are the reason codes for which a failed first attempt is not on time.
    """
    real = [a for a in attempts if a["outcome"] in ("DELIVERED", "PARTIAL", "FAILED")]
    if not real:
        return None
    start, end = stop.get("window_start"), stop.get("window_end")
    if start is None and end is None:
        return "NO_WINDOW"
    first = real[0]
    delivered = next((a for a in real if a["outcome"] in ("DELIVERED", "PARTIAL")), None)
    if (
        promise.attempt_rule == "FIRST_ATTEMPT_IN_WINDOW"
        and first["outcome"] == "FAILED"
        and first.get("reason_code") not in driver_fault
    ):
        counted = first
        if judge(start, end, measured(first, promise), promise) != "ON_TIME" and delivered is not None:
            counted = delivered
    else:
        counted = delivered or first
        if delivered is None and promise.attempt_rule == "DELIVERED_ONLY":
            return "LATE"
        if first["outcome"] == "FAILED" and first.get("reason_code") in driver_fault:
            return "LATE"
    if counted.get("source") == "OVERRIDE":
        return "UNPROVEN"
    return judge(start, end, measured(counted, promise), promise)
