"""An attempt counts as a stop, an attempt, a cancellation or nothing, or it is held, by its outcome, its reason and what was decided.

DELIVERED and PARTIAL are a stop the first time; what brings the rest of a partial stop is an attempt. A failure is
paid as its reason says. While a row of Recon is open and one of its flags holds pay, its attempts are held; REJECT and
NOT_LOADED pay nothing, DELIVERED and FAILED pay what really happened (golden example G10; edge cases 11 to 21, 50).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workbooks.rules.settlement.work import ATTEMPT, CANCEL, HELD, NOTHING, STOP
from workbooks.schema import Row

POLICY = "POLICY"
"""paid as an attempt where the driver's plan says so"""
MISSED = "MISSED"
"""the driver's own failure: nothing to pay, and missed in every gate"""


@dataclass(frozen=True)
class Verdict:
    """What an attempt counts as, and why it is held or nothing."""

    kind: str
    why: str = ""
    delivered: bool = False


def came_to(recon: Row) -> str:
    """What a row comes to after its decision, where that is not what was scanned; "" where it is."""
    final = recon.get("final") or recon.get("outcome")
    return "" if final == recon.get("outcome") else str(final)


def held_by(recon: Row | None, flag_rules: Mapping[str, Row]) -> str:
    """Why the pay of a stop-day waits; "" when it does not. `recon` None: its day has not been reconciled."""
    if recon is None:
        return "its day has not been reconciled yet"
    if recon.get("status") != "OPEN":
        return ""
    flags = [f for f in recon.get("flags") or () if (flag_rules.get(f) or {}).get("holds_pay")]
    waits = " and ".join(str(who) for who in recon.get("waits_for") or ()) or "a decision"
    return f"{', '.join(flags)} waits for {waits} on tab Recon" if flags else ""


def verdict(
    scan: Row, last: bool, recon: Row | None, flag_rules: Mapping[str, Row], codes: Mapping[str, Row], before: str
) -> Verdict:
    """What one attempt counts as.

    `last`: it is the last of its stop that day. `codes`: the fault matrix. `before`: what came of the stop earlier:
    "", "PARTIAL" or "DELIVERED".
    """
    why = held_by(recon, flag_rules)
    if why:
        return Verdict(HELD, why)
    assert recon is not None
    decided = came_to(recon)
    if decided in ("REJECTED", "NOT_LOADED"):
        return Verdict("", f"decided on Recon: {decided}")
    outcome = scan["outcome"]
    if last and decided in ("DELIVERED", "FAILED"):
        outcome = decided
    if outcome in ("DELIVERED", "PARTIAL"):
        if before == "PARTIAL":
            return Verdict(ATTEMPT, "brought the rest of a partial stop")
        if before == "DELIVERED":
            return Verdict(HELD, "the stop had been delivered before; reject one of the scans on tab Recon")
        return Verdict(STOP, delivered=outcome == "DELIVERED")
    if outcome == "CANCELLED_ON_BOARD":
        return Verdict(CANCEL)
    return _failed(scan, codes)


def _failed(scan: Row, codes: Mapping[str, Row]) -> Verdict:
    code = codes.get(str(scan.get("reason_code")))
    if code is None:
        return Verdict(HELD, "the failed attempt has no reason; the VA enters it on tab Exceptions")
    own_fault = code["family"] == "driver"
    match code.get("driver_pay"):
        case "Y" | "AS_STOP":
            return Verdict(ATTEMPT)
        case "CANCEL_PAY":
            return Verdict(CANCEL)
        case "POLICY":
            return Verdict(POLICY)
        case "Y_IF_REPORTED":
            # the driver reported it when the scan itself says so
            told = scan.get("raw_reason") or scan.get("note")
            return Verdict(ATTEMPT) if told else Verdict(NOTHING, f"{code['code']} was not reported by the driver")
        case "HOLD":
            return Verdict(HELD, f"reason {code['code']} waits until the VA has named the real one")
        case _:
            return Verdict(MISSED if own_fault else NOTHING, f"{code['code']} is not paid")
