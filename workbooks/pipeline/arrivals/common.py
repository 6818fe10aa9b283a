"""What all kinds of files share: a line with its address, the file's defaults, finding market, day and stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.context import Context, Market
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem, Severity, Where
from workbooks.schema import Row

Places = Callable[[str], Mapping[str, str] | None]
"""ZIP code -> {"city", "state", "timezone"} or None; handed in, because looking it up reads a file"""


@dataclass(frozen=True)
class Line:
    """One parsed line of a file and where it stands."""

    values: Row
    where: Where


@dataclass(frozen=True)
class Sender:
    """What holds for the whole file: market and day when no column says so, whose platform, who sent it, when.

    `now` is the moment the file is taken in; `name` goes into events as their actor.
    """

    name: str
    now: datetime
    market_id: str | None = None
    service_date: date | None = None
    platform: str | None = None


@dataclass
class Arrival:
    """The result: rows that should stand, and problems of single lines (ERROR: the line stays out)."""

    wanted: Wanted = field(default_factory=Wanted)
    problems: list[Problem] = field(default_factory=list)
    lines_in: int = 0
    no_outcome: int = 0
    """lines that report no outcome yet (planned, on the way, arrived): nothing to take in"""

    def reject(self, line: Line, column: str, what: str, remedy: str) -> None:
        """The line stays out."""
        self.problems.append(Problem(what, remedy, line.where, column=column))

    def warn(self, line: Line, column: str, what: str, remedy: str = "") -> None:
        """The line goes in, with a remark."""
        self.problems.append(Problem(what, remedy, line.where, severity=Severity.WARNING, column=column))


class Desk:
    """Looks things up for the lines of one file."""

    def __init__(self, books: Books, sender: Sender) -> None:
        self.books, self.sender, self.context = books, sender, Context(books)
        self._stops: dict[tuple[str, date], dict[str, list[Row]]] = {}

    def market(self, line: Line, arrival: Arrival) -> Market | None:
        """The line's market: its column, the file's, or the only one there is."""
        code = line.values.get("market_id") or self.sender.market_id
        if code is None and len(self.context.markets) == 1:
            code = next(iter(self.context.markets))
        if code is None:
            arrival.reject(
                line, "market_id", "no market is named", "Import again with --market, or add a column Market"
            )
            return None
        if code not in self.context.markets:
            known = ", ".join(sorted(self.context.markets)) or "none yet"
            arrival.reject(line, "market_id", f"there is no market {code}", f"Markets on tab Markets: {known}")
            return None
        return self.context.markets[code]

    def account(self, line: Line, arrival: Arrival) -> bool:
        """False, with a problem, when the line's account is not ours."""
        code = line.values.get("account_id")
        if code in self.context.accounts:
            return True
        arrival.reject(
            line, "account_id", f"there is no account {code}", "Correct it, or add the account on tab Accounts"
        )
        return False

    def driver(self, line: Line, day: date, platform: str | None) -> str | None:
        """Our driver behind the line's driver reference, or None."""
        return self.context.driver_of(platform, line.values.get("driver_ref"), day)

    def platform(self, line: Line) -> str:
        """Whose file it is."""
        return str(line.values.get("platform") or self.sender.platform or "GENERIC")

    def stop(self, line: Line, market: Market, day: date, arrival: Arrival) -> tuple[Row | None, bool]:
        """(stop, fine): the stop a line is about; (None, True) when nobody planned it, (None, False) after a problem."""
        values = line.values
        for name in ("stop_id", "stop_ref"):
            known = self.books.row("stops", str(values[name])) if values.get(name) else None
            if known is not None or (name == "stop_id" and values.get(name)):
                return known, True
        order = values.get("order_ref") or values.get("tracking_no")
        found = self._by_order(market.id, day).get(str(order), [])
        if values.get("account_id"):
            found = [stop for stop in found if stop["account_id"] == values["account_id"]]
        if len(found) > 1 and values.get("route_ref"):
            on_route = [
                stop for stop in found if stop.get("route_id") == route_id(market.id, day, str(values["route_ref"]))
            ]
            found = on_route or found
        if len(found) > 1:
            names = ", ".join(str(stop["stop_id"]) for stop in found[:3])
            arrival.reject(line, "order_ref", f"order {order} is on {len(found)} stops ({names})",
                           "Name the stop or the account on this line")  # fmt: skip
            return None, False
        return (found[0] if found else None), True

    def _by_order(self, market_id: str, day: date) -> dict[str, list[Row]]:
        key = (market_id, day)
        if key not in self._stops:
            index: dict[str, list[Row]] = {}
            for stop in self.books.rows("stops", market_id=market_id, service_date=day):
                index.setdefault(str(stop.get("order_ref")), []).append(stop)
            self._stops[key] = index
        return self._stops[key]

    @cached_property
    def vehicles(self) -> frozenset[str]:
        """Vehicle numbers we know."""
        return frozenset(self.context.vehicles)


def route_id(market_id: str, day: date, code: str) -> str:
    """Id of a route: market, date and code. A code that already is such an id stays."""
    prefix = f"{market_id}-{day:%Y-%m-%d}-"
    return code if code.startswith(prefix) else prefix + code


def unplanned_stop_id(values: Row) -> str:
    """Id for a scan of a stop that nobody planned: still one stop, however often it is scanned."""
    order = values.get("order_ref") or values.get("tracking_no") or values.get("stop_ref")
    return str(values.get("stop_id") or f"{values.get('account_id') or 'UNKNOWN'}-{order}-1")


def fill_empty(existing: Row | None, row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    """`row` without those `columns` that somebody has already filled: what people corrected stays corrected."""
    if existing is None:
        return row
    return {name: value for name, value in row.items() if name not in columns or existing.get(name) is None}
