"""A file of plan changes: cancelled, moved, swapped, added, removed, re-sequenced stops, each with its moment."""

from typing import Any

from workbooks.books import Books
from workbooks.pipeline.arrivals.common import Arrival, Desk, Line, Sender, route_id
from workbooks.pipeline.refold import refold
from workbooks.rules.manifest import changes
from workbooks.schema import Row


def arrive(books: Books, lines: list[Line], sender: Sender) -> Arrival:
    """Rows for manifest_events, and what they make of stops and manifest."""
    desk, arrival = Desk(books, sender), Arrival()
    for line in lines:
        _take(desk, line, arrival)
    refold(books, arrival.wanted)
    return arrival


def _take(desk: Desk, line: Line, arrival: Arrival) -> None:
    values = line.values
    market = desk.market(line, arrival)
    if market is None:
        return
    day = values.get("service_date") or desk.sender.service_date or market.day_of(values["at"])
    route = _route(desk, line, market.id, day, str(values["route_ref"]), "route_ref", arrival)
    if route is None:
        return
    who = {
        "by": values.get("requested_by") or "DISPATCH",
        "actor": desk.sender.name,
        "reason": values.get("notes") or "",
    }
    if values["kind"] == "SWAP_DRIVER":
        driver = desk.context.driver_of(desk.platform(line), values.get("to_driver"), day)
        if driver is None:
            arrival.reject(
                line,
                "to_driver",
                f"“{values.get('to_driver') or ''}” is no driver of ours",
                "Name one from tab Drivers",
            )
            return
        made = [changes.event("SWAP_DRIVER", route, values["at"], before=route.get("driver_id"), after=driver, **who)]
    else:
        stop, fine = desk.stop(line, market, day, arrival)
        if stop is None:
            if fine:
                arrival.reject(line, "order_ref", "this stop is on no manifest of the day", "Import its manifest first")
            return
        made = _stop_event(desk, line, market.id, day, route, stop, who, arrival)
    for event in made:
        arrival.wanted.add("manifest_events", event)
    arrival.lines_in += bool(made)


def _stop_event(
    desk: Desk, line: Line, market_id: str, day: Any, route: Row, stop: Row, who: dict[str, str], arrival: Arrival
) -> list[dict[str, Any]]:
    values, stop_id, kind, at = line.values, stop["stop_id"], line.values["kind"], line.values["at"]
    if kind == "MOVE":
        if not values.get("to_route"):
            arrival.reject(line, "to_route", "the route it moves to is missing", "Fill To route")
            return []
        to = _route(desk, line, market_id, day, str(values["to_route"]), "to_route", arrival)
        return changes.move(stop_id, route, to, at, **who) if to is not None else []
    if kind == "REMOVE":
        return changes.move(stop_id, route, None, at, **who)
    if kind in ("ADD", "RESEQ"):
        return [changes.event(kind, route, at, stop_id=stop_id, before=stop.get("seq"), after=values.get("seq"), **who)]
    return [changes.event("CANCEL", route, at, stop_id=stop_id, **who)]


def _route(desk: Desk, line: Line, market_id: str, day: Any, code: str, column: str, arrival: Arrival) -> Row | None:
    name = route_id(market_id, day, code)
    route = desk.books.row("manifest", name)
    if route is None:
        arrival.reject(line, column, f"there is no route {name}", "Import its manifest first, or correct the route")
    return route
