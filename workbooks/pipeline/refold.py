"""After new events: what stops and routes look like now. The only place that writes a stop's route or a route's driver."""

from typing import Any

from workbooks.books import Books
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.rules.manifest.fold import ManifestState, fold
from workbooks.schema import Row


def refold(books: Books, wanted: Wanted) -> None:
    """Adds to `wanted` what its new manifest events make of their stops and routes; known events are dropped."""
    known_days: dict[tuple[Any, Any], set[str]] = {}
    new: list[Row] = []
    for event in wanted.rows.get("manifest_events", []):
        day = (event["market_id"], event["service_date"])
        if day not in known_days:
            rows = books.rows("manifest_events", market_id=day[0], service_date=day[1])
            known_days[day] = {row["event_id"] for row in rows}
        if event["event_id"] not in known_days[day]:
            known_days[day].add(event["event_id"])
            new.append(event)
        else:
            wanted.known += 1
    wanted.rows["manifest_events"] = [dict(event) for event in new]
    _stops(books, wanted, new)
    _routes(books, wanted, new)


def _merge(wanted: Wanted, table: str, key: str, values: dict[str, Any]) -> None:
    rows = wanted.rows.setdefault(table, [])
    if len(rows) != len(wanted.index.setdefault(table, {})):
        wanted.index[table] = {row[key]: row for row in rows}
    found = wanted.index[table].get(values[key])
    if found is None:
        rows.append(values)
        wanted.index[table][values[key]] = values
    else:
        found.update(values)


def _stops(books: Books, wanted: Wanted, new: list[Row]) -> None:
    stop_ids = {event["stop_id"]: None for event in new if event.get("stop_id")}
    before = books.prefetch("stops", stop_ids)
    events = list(new)
    for stop_id in stop_ids:
        if before.get((stop_id,)) is not None:
            events += books.rows("manifest_events", stop_id=stop_id)
    route_of = {event["route_id"]: event for event in events}
    state: ManifestState = fold([e for e in events if e.get("stop_id")], {})
    for stop_id in stop_ids:
        stop = state.stops[stop_id]
        values: dict[str, Any] = {"stop_id": stop_id, "route_id": stop.route_id, "seq": stop.seq}
        if stop.route_id is not None:
            values["service_date"] = route_of[stop.route_id]["service_date"]
        if stop.window is not None:
            values["window_start"], values["window_end"] = stop.window
        _merge(wanted, "stops", "stop_id", values)


def _routes(books: Books, wanted: Wanted, new: list[Row]) -> None:
    context = Context(books)
    swapped = {event["route_id"]: event for event in new if event["kind"] == "SWAP_DRIVER"}
    for route_id, event in swapped.items():
        day = books.rows("manifest_events", market_id=event["market_id"], service_date=event["service_date"])
        events = [e for e in (*day, *new) if e["route_id"] == route_id and e["kind"] == "SWAP_DRIVER"]
        driver = fold(events, {}).routes[route_id].driver
        name = context.drivers.get(str(driver), {}).get("display")
        _merge(wanted, "manifest", "route_id", {"route_id": route_id, "driver_id": driver, "driver_name": name})
