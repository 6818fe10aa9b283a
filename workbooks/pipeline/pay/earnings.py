"""What work earns: plans and ladders are found, stops are placed in tiers all at once, then every rule makes its lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from workbooks.books import Books
from workbooks.lines import Line
from workbooks.pipeline.pay.plans import Plans
from workbooks.pipeline.pay.work import Days, Done
from workbooks.problems import Refused
from workbooks.rules.invoice import fuel as fuel_rules
from workbooks.rules.invoice.zones import SPECIFIC
from workbooks.rules.settlement import earned as earned_by
from workbooks.rules.settlement import held, payable, tiers
from workbooks.rules.settlement.work import (
    ATTEMPT,
    CANCEL,
    GROUPED,
    HELD,
    INCLUDED,
    NOTHING,
    STOP,
    FuelRate,
    Item,
    Part,
    Plan,
    listed,
)
from workbooks.schema import Row

if TYPE_CHECKING:
    import pandas as pd

PAID = (STOP, INCLUDED, GROUPED, ATTEMPT, CANCEL)
"""kinds of items that a settlement settles"""


@dataclass
class Earned:
    """What one driver earned: lines of the period's own work, held ones included, and the items that are settled by it."""

    settlement_id: str
    done: Done
    parts: list[Part] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    held: list[Item] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """Attempts, and decisions that stand for one, that are settled."""
        return [item for part in self.parts for item in part.of(*PAID)]

    @property
    def total(self) -> Decimal:
        """Sum of the lines."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))


def earn(
    days: Days, work: Mapping[str, Done], plans: Plans, names: Mapping[str, str], zones: "ZoneOf | None" = None
) -> dict[str, Earned]:
    """By driver, what `work` earns. `names`: the settlement of each driver, first part of every line's key."""
    stops = Stops(days.books, work.values(), plans, zones)
    found: dict[str, Earned] = {}
    for driver_id, done in work.items():
        found[driver_id] = Earned(names[driver_id], done)
        _split(found[driver_id], days, plans, stops)
    place([part for earned in found.values() for part in earned.parts])
    for earned in found.values():
        for part in earned.parts:
            earned.lines += earned_by(part)
        earned.lines += _held_lines(earned)
    return found


class ZoneOf:
    """The pay zone of a stop, by the tab Zones; "" where none fits."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def __call__(self, stop: Row, on: date) -> str:
        """The most specific row of the account that holds on the day, by the order in which billing looks for it."""
        address = self._books.row("addresses", str(stop["address_id"])) if stop.get("address_id") else None
        zip5, city = str((address or {}).get("zip5") or ""), str((address or {}).get("city") or "").casefold()
        best: tuple[int, str] = (0, "")
        for row in self._books.rows("zones"):
            if row["account_id"] != stop.get("account_id") or not _in_force(row, on):
                continue
            rank = _fits(row["match_type"], str(row.get("match_value") or ""), zip5, city)
            if rank > best[0]:
                best = (rank, str(row["zone"]))
        return best[1]


def _in_force(row: Row, on: date) -> bool:
    return bool(row["eff_from"] <= on and (row.get("eff_to") is None or on <= row["eff_to"]))


def _fits(match: str, value: str, zip5: str, city: str) -> int:
    first, _, last = value.partition("-")
    fits = {"ZIP5": zip5 == value, "RANGE": bool(zip5) and first <= zip5 <= last, "ZIP3": zip5[:3] == value,
            "CITY": city == value.casefold(), "DEFAULT": True}  # fmt: skip
    return len(SPECIFIC) - SPECIFIC.index(match) if fits[match] else 0


class Stops:
    """Stop rows behind the items, read only where a plan asks for zones, types or groups."""

    def __init__(self, books: Books, work: Iterable[Done], plans: Plans, zones: ZoneOf | None) -> None:
        every = [plan for versions in plans.versions.values() for plan in versions]
        asked = any(key[1] or key[2] for plan in every for key in plan.tiers) or any(
            p.row.get("group_stops") for p in every
        )
        self._books, self._zones = books, zones or ZoneOf(books)
        self._rows: Mapping[tuple[str, ...], object] = {}
        if asked:
            self._rows = books.prefetch("stops", [item.stop_id for done in work for item in done.items])

    def row(self, stop_id: str) -> Row:
        """The stop; {} when nobody planned it."""
        return self._books.row("stops", stop_id) or {} if self._rows else {}

    def ladder(self, plan: Plan, item: Item, account: str) -> tuple[str, str, str] | None:
        """The ladder of a stop, None when none fits."""
        if set(plan.tiers) == {("", "", "")}:
            return ("", "", "")
        stop = self.row(item.stop_id)
        zone = self._zones(stop, item.day) if any(key[1] for key in plan.tiers) and stop else ""
        return tiers.choose(plan.tiers, account, zone, _types(stop))


def _types(stop: Row) -> tuple[str, ...]:
    residential = stop.get("residential_override") or stop.get("residential")
    types = [name for name, is_it in (("SIGNATURE", stop.get("signature_req")), ("RESIDENTIAL", residential == "Y"),
                                      ("BUSINESS", residential == "N")) if is_it]  # fmt: skip
    return tuple(types)


def _split(earned: Earned, days: Days, plans: Plans, stops: Stops) -> None:
    """Parts by plan version, in order of days; what no plan pays is held."""
    done, parts = earned.done, {}
    found = {
        day: plans.of(done.driver_id, day) for day in {item.day for item in done.items} | {day for day, _ in done.idle}
    }
    for day in sorted(found):
        plan, _ = found[day]
        if plan is not None and plan.name not in parts:
            parts[plan.name] = Part(earned.settlement_id, done.driver_id, plan, open_recon=tuple(sorted(done.open_recon)),
                                    weeks={each: done.period.week_of(each) for each in found})  # fmt: skip
    for item in sorted(done.items, key=lambda i: (i.at, i.id)):
        plan, why = found[item.day]
        if plan is None:
            earned.held.append(item if item.kind == HELD else replace(item, kind=HELD, reason=why))
            continue
        resolved = _resolved(item, plan, stops, done.accounts.get(item.id, ""))
        parts[plan.name].items.append(resolved)
        if resolved.kind == HELD:
            earned.held.append(resolved)
    for name, part in parts.items():
        part.items = _grouped(part, stops)
        part.items = included(part)
        part.miles = [drive for (day, _), drive in sorted(done.miles.items()) if _is(found, day, name)]
        part.idle = tuple((day, route) for day, route in sorted(done.idle) if _is(found, day, name))
        part.fuel = {day: _fuel(days.books, part.plan, day) for day in {drive.day for drive in part.miles}}
    earned.parts = list(parts.values())


def _is(found: Mapping[date, tuple[Plan | None, str]], day: date, name: str) -> bool:
    plan = found[day][0] if day in found else None
    return plan is not None and plan.name == name


def _resolved(item: Item, plan: Plan, stops: Stops, account: str) -> Item:
    """The item as this plan sees it: reasons left to the plan, and the ladder of a stop."""
    if item.kind == payable.POLICY:
        return replace(item, kind=ATTEMPT if plan.row.get("policy_pay") else NOTHING)
    if item.kind != STOP or not plan.tiers:
        return item
    ladder = stops.ladder(plan, item, account)
    if ladder is None:
        return replace(
            item,
            kind=HELD,
            reason=f"plan {plan.name} has no tier for a stop of {account}; add one on tab Pay tiers",
            would=STOP,
        )
    return replace(item, ladder=ladder)


def _grouped(part: Part, stops: Stops) -> list[Item]:
    if not part.plan.row.get("group_stops"):
        return part.items
    seen: set[tuple[date, str, str]] = set()
    items = []
    for item in sorted(part.items, key=lambda i: (i.at, i.id)):
        group = stops.row(item.stop_id).get("group_id") if item.kind == STOP else None
        if group:
            place = (item.day, item.route_id, str(group))
            item = replace(item, kind=GROUPED) if place in seen else item
            seen.add(place)
        items.append(item)
    return items


def included(part: Part) -> list[Item]:
    """The first stops of each flat day or route are paid with it; without tiers all of them are."""
    covered = part.plan.row.get("stops_included") or 0
    per_route, per_day = part.plan.amount("flat_per_route"), part.plan.amount("flat_per_day")
    if not (per_route or per_day or not part.plan.tiers):
        return part.items
    if not part.plan.tiers:
        return [replace(item, kind=INCLUDED) if item.kind == STOP else item for item in part.items]
    used: dict[tuple[date, str], int] = {}
    items = []
    for item in sorted(part.items, key=lambda i: (i.at, i.id)):
        place = (item.day, item.route_id if per_route else "")
        if item.kind == STOP and used.get(place, 0) < covered:
            used[place] = used.get(place, 0) + 1
            item = replace(item, kind=INCLUDED)
        items.append(item)
    return items


def _fuel(books: Books, plan: Plan, day: date) -> FuelRate:
    table = plan.row.get("fuel_table_id")
    if not table:
        return FuelRate(None)
    try:
        brackets = fuel_rules.standing(books.rows("fuel_table"), str(table), day)
        found = fuel_rules.surcharge(brackets, books.rows("fuel_index"), fuel_rules.week_of(brackets, day))
    except Refused as refused:
        return FuelRate(None, reason=str(refused).replace(", nothing was billed.", "").rstrip("."))
    per_mile = (plan.row.get("fuel_mode") or "PER_MILE") == "PER_MILE"
    rate = found.per_mile if per_mile else found.pct
    if rate is None:
        return FuelRate(
            None,
            reason=f"fuel table {table} gives no {'amount per mile' if per_mile else 'percentage'} and the plan asks for one",
        )
    return FuelRate(rate, found.price, found.index_week)


def frames(parts: Iterable[Part]) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Stops and tiers as the kernels of workbooks.rules.settlement.tiers take them."""
    stops: dict[str, list[object]] = {name: [] for name in ("unit", "ladder", "scope", "mode", "at", "id")}
    ladders: dict[str, list[dict[str, object]]] = {}
    for part in parts:
        unit = f"{part.settlement_id}|{part.plan.name}"
        for key, found in part.plan.tiers.items():
            name = "|".join((part.plan.name, *key))
            if name not in ladders:
                ladders[name] = tiers.as_rows(name, found)
        for item in part.items:
            if item.kind == STOP:
                scope = item.day.isoformat() if part.plan.scope == "DAY" else part.week_of(item.day)
                row = (
                    unit,
                    "|".join((part.plan.name, *item.ladder)),
                    scope,
                    part.plan.mode,
                    int(item.at.timestamp()),
                    item.id,
                )
                for column, value in zip(stops.values(), row, strict=True):
                    column.append(value)
    import pandas as pd  # a second of start-up that only settling needs

    rows = [row for found in ladders.values() for row in found]
    return pd.DataFrame(stops), pd.DataFrame(rows, columns=["ladder", "tier", "lower", "upper", "rate_e4"])


def place(parts: list[Part]) -> None:
    """Gives every stop its tier and rate."""
    stops, steps = frames(parts)
    if stops.empty:
        return
    placed = tiers.place(stops, steps)
    found: dict[str, dict[str, tuple[int, Decimal]]] = {}
    for unit, item_id, tier, rate in zip(placed["unit"], placed["id"], placed["tier"], placed["rate_e4"], strict=True):
        found.setdefault(unit, {})[item_id] = (int(tier), Decimal(int(rate)) / tiers.E4)
    for part in parts:
        part.placed = found.get(f"{part.settlement_id}|{part.plan.name}", {})


def _held_lines(earned: Earned) -> list[Line]:
    """One line per route and reason; what it may come to is what the next stops of the settlement would earn."""
    groups: dict[tuple[date, str, str], list[Item]] = {}
    for item in earned.held:
        groups.setdefault((item.day, item.route_id, item.reason), []).append(item)
    lines = []
    for number, ((day, route, reason), items) in enumerate(sorted(groups.items()), start=1):
        named = ", ".join(item.stop_id for item in items[:5]) + (
            f" and {len(items) - 5} more" if len(items) > 5 else ""
        )
        part = next((p for p in earned.parts if any(i.id == items[0].id for i in p.items)), None)
        about = sum((_about(part, item) for item in items), Decimal(0)) if part else None
        line = held.line(f"{earned.settlement_id}/HELD/{day}/{number}", part.plan.name if part else "", "STOP_TIER",
                         f"{named}: {reason}", listed(items), route, about)  # fmt: skip
        lines.append(replace(line, quantity=Decimal(len(items))))
    return lines


def _about(part: Part | None, item: Item) -> Decimal:
    if part is None:
        return Decimal(0)
    if item.would == ATTEMPT:
        return part.plan.amount("fail_pay") or Decimal(0)
    if item.would == CANCEL:
        return part.plan.amount("cancel_loaded_pay") or Decimal(0)
    ladder = part.plan.tiers.get(item.ladder) or next(iter(part.plan.tiers.values()), ())
    place = len(part.placed) + 1
    return next((t.rate for t in ladder if t.lower < place and (t.upper is None or place <= t.upper)), Decimal(0))
