"""One sentence beside the flags: what Stopbook would do for the flag that waits, else what it did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbooks.rules.recon.scans import Attempt


@dataclass(frozen=True)
class Seen:
    """What the sentence may speak of: attempts in order, packages held, the route's driver now, planned at all."""

    attempts: Sequence[Attempt]
    outcome: str
    pkgs: int | None
    route_driver: str | None
    planned: bool

    @property
    def last(self) -> str:
        """Driver of the last attempt."""
        return (self.attempts[-1].driver_id if self.attempts else None) or "somebody"

    @property
    def scanned_pkgs(self) -> int:
        """Packages of the last attempt."""
        return (self.attempts[-1].pkgs if self.attempts else None) or 0

    @property
    def account(self) -> str:
        """The platform account that is no driver of ours."""
        row = next((a.row for a in self.attempts if a.driver_id is None), {})
        return f"“{row.get('raw_driver') or '(none)'}” ({row.get('platform') or 'GENERIC'})"


def _swap(seen: Seen) -> str:
    if len(seen.attempts) > 1:
        first = seen.attempts[0].driver_id or "somebody"
        return f"Stop to {seen.last}, attempt to {first}." if first != seen.last else f"Stop to {seen.last}."
    return f"Stop to {seen.last}."


_ACCEPT = "ACCEPT pays and bills it, REJECT does neither."
SENTENCES: dict[str, Callable[[Seen], str]] = {
    "MISSING_SCAN": lambda seen: "Ask the driver; choose DELIVERED with evidence, FAILED or NOT_LOADED.",
    "UNMANIFESTED": lambda seen: (
        f"{'Cancelled before it was delivered' if seen.planned else 'On no manifest'}; {_ACCEPT}"
    ),
    "COUNT_MISMATCH": lambda seen: (
        f"{seen.scanned_pkgs} of {seen.pkgs or '?'} packages scanned as {seen.outcome.lower()}; ACCEPT it or correct the outcome."
    ),
    "NO_DRIVER_MAP": lambda seen: f"Account {seen.account} is no driver of ours; choose the driver and ACCEPT.",
    "TIME_IMPOSSIBLE": lambda seen: "The times cannot be true; ACCEPT after checking, or REJECT the scan.",
    "SWAP_NO_EVENT": lambda seen: (
        f"{seen.last} scanned it, the route is {seen.route_driver or 'nobody'}'s; ACCEPT the swap or REJECT it."
    ),
    "CANCELLED_LOADED": lambda seen: "Cancelled on board; the driver's cancel pay, the client's cancel fee.",
    "PARTIAL": lambda seen: "Counts once as a stop; the rest is a redelivery.",
    "DUPLICATE_SCAN": lambda seen: "Counted once.",
    "DRIVER_SWAP": _swap,
    "MOVED": lambda seen: f"Counts for {seen.last}." if seen.attempts else "Moved to another route.",
    "LATE_ADD": lambda seen: "Added after dispatch; counts like any other.",
}
"""by flag, the one that waits for somebody first"""


def suggest(flags: Sequence[str], seen: Seen) -> str | None:
    """The sentence for a row with these flags; None when plan and scan agree."""
    return next((say(seen) for flag, say in SENTENCES.items() if flag in flags), None)
