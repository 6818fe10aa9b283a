"""The discount tier follows from the stops of the cycle: VOLUME takes the tier reached for all, GRADUATED each stop's own.

`up_to` includes its stop; the last tier has no end. Stops are counted in the order they were made, over the account
or over all accounts of the client, in the cycle of the account that is billed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from workbooks.schema import Row


@dataclass(frozen=True)
class Tiers:
    """The tiers that hold on a day, lowest first, and how they work."""

    steps: tuple[tuple[int | None, Decimal], ...] = ()
    mode: str = "VOLUME"
    basis: str = "DELIVERED"

    def at(self, number: int) -> Decimal:
        """The fraction of the tier that stop `number` lies in."""
        return next((pct for up_to, pct in self.steps if up_to is None or number <= up_to), Decimal(0))


def tiers(rows: Iterable[Row], pool: str, owner: str, on: date) -> Tiers:
    """Tiers of an account or client on a day; none when it has none."""
    mine = [r for r in rows if r["pool"] == pool and r["owner_id"] == owner and r["eff_from"] <= on]
    if not mine:
        return Tiers()
    begun = max(row["eff_from"] for row in mine)
    standing = [row for row in mine if row["eff_from"] == begun]
    steps = sorted(((r.get("up_to"), r["pct"]) for r in standing), key=lambda step: (step[0] is None, step[0] or 0))
    return Tiers(tuple(steps), standing[0]["mode"], standing[0].get("count_basis") or "DELIVERED")


def wrong(found: Tiers) -> str | None:
    """What is wrong with tiers: no end for the last, or two ends alike."""
    ends = [up_to for up_to, _ in found.steps]
    if ends and ends[-1] is not None:
        return f"the last tier ends at {ends[-1]}; leave Up to of the highest tier blank"
    return "two tiers end alike; give each its own Up to" if len(ends) != len(set(ends)) else None


def numbered(counted: Sequence[str]) -> dict[str, int]:
    """The number of each counted stop, from 1; `counted` in the order they were made."""
    return {key: number for number, key in enumerate(counted, start=1)}
