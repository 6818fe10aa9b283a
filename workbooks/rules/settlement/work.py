"""What a driver did under one plan in one settlement: stops, attempts, routes and miles, as the rules of pay see them.

Nothing is decided here; these are the facts that every rule of this folder takes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from workbooks.rules.settlement.tiers import Tier, ladders
from workbooks.schema import Row

STOP, INCLUDED, GROUPED, ATTEMPT, CANCEL, NOTHING, HELD = (
    "STOP", "INCLUDED", "GROUPED", "ATTEMPT", "CANCEL", "NOTHING", "HELD")  # fmt: skip
"""what an attempt counts as. INCLUDED: a stop the flat pay covers. GROUPED: paid with another order at its door.
NOTHING: counts for bonus gates alone, such as a failure that is the driver's own."""


@dataclass(frozen=True)
class Plan:
    """One version of a pay plan with its ladders of tiers by (account, zone, stop type), blanks for all."""

    row: Row
    tiers: Mapping[tuple[str, str, str], tuple[Tier, ...]]

    @classmethod
    def of(cls, row: Row, tiers: Iterable[Row]) -> "Plan":
        """From its row and the rows of its tiers."""
        return cls(row, ladders(tiers))

    @property
    def name(self) -> str:
        """Such as "PP-IC-01 v3"."""
        return f"{self.row['plan_id']} v{self.row['version']}"

    def amount(self, column: str) -> Decimal | None:
        """An amount of the plan; None where it pays none."""
        value: Decimal | None = self.row.get(column)
        return value or None

    @property
    def scope(self) -> str:
        """Tiers per DAY or WEEK."""
        return str(self.row.get("tier_scope") or "WEEK")

    @property
    def mode(self) -> str:
        """GRADUATED or VOLUME."""
        return str(self.row.get("tier_mode") or "GRADUATED")


@dataclass(frozen=True)
class Item:
    """One attempt and what it counts as. `on_time` and `first_attempt` are None where they are not measured."""

    id: str
    kind: str
    day: date
    route_id: str
    stop_id: str
    at: datetime
    ladder: tuple[str, str, str] = ("", "", "")
    packages: int = 1
    delivered: bool = False
    on_time: bool | None = None
    first_attempt: bool | None = None
    pod: bool = False
    reason: str = ""
    """why it is held"""
    would: str = ""
    """what a held one would count as, so far as its scan says"""


@dataclass(frozen=True)
class RouteMiles:
    """Miles of one route-day; `miles` is None while they are missing or not accepted, `reason` says why."""

    route_id: str
    day: date
    miles: Decimal | None
    reason: str = ""


@dataclass(frozen=True)
class FuelRate:
    """What the fuel table says for a day: a rate per mile or a fraction; `rate` None with the `reason`."""

    rate: Decimal | None
    price: Decimal | None = None
    week: str = ""
    reason: str = ""


@dataclass
class Part:
    """The work of one driver in one settlement under one plan version.

    `placed`: item id -> (tier number, rate), for items of kind STOP. `open_recon`: rows that wait for a decision.
    `idle`: routes that were the driver's and never started.
    """

    settlement_id: str
    driver_id: str
    plan: Plan
    items: list[Item] = field(default_factory=list)
    placed: Mapping[str, tuple[int, Decimal]] = field(default_factory=dict)
    miles: list[RouteMiles] = field(default_factory=list)
    fuel: Mapping[date, FuelRate] = field(default_factory=dict)
    open_recon: tuple[str, ...] = ()
    idle: tuple[tuple[date, str], ...] = ()
    weeks: Mapping[date, date] = field(default_factory=dict)
    """day -> first day of its week within the period"""

    def week_of(self, day: date) -> str:
        """The week whose stops are counted together."""
        return self.weeks[day].isoformat() if day in self.weeks else ""

    def of(self, *kinds: str) -> list[Item]:
        """Items of these kinds in the order they were completed."""
        return sorted((i for i in self.items if i.kind in kinds), key=lambda item: (item.at, item.id))

    @cached_property
    def worked_days(self) -> tuple[date, ...]:
        """Days on which at least one attempt was made."""
        return tuple(sorted({item.day for item in self.items}))

    @cached_property
    def worked_routes(self) -> tuple[tuple[date, str], ...]:
        """Routes on which at least one attempt was made, with their day."""
        return tuple(sorted({(item.day, item.route_id) for item in self.items}))

    def key(self, *parts: Any) -> str:
        """Key of a line: settlement, plan and what it is for."""
        return "/".join(
            (self.settlement_id, *map(str, parts[:1]), self.plan.name.replace(" ", "."), *map(str, parts[1:]))
        )


def listed(items: Iterable[Item]) -> tuple[str, ...]:
    """Ids of items for the sources of a line; of very many the first, the last and how many in order of completion."""
    ids = [item.id for item in items]
    if sum(map(len, ids)) + len(ids) <= 12_000:
        return tuple(ids)
    return (ids[0], f"… {len(ids) - 2:,} more in order of completion …", ids[-1])
