"""A manifest file: stops, their addresses and routes; what is new about the plan becomes manifest events.

News is what no event has said before: a file sent again, or one that is older than what dispatch changed since,
changes nothing. What people own (recipient, phone, address) is filled where it is empty and never overwritten.
"""

from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from workbooks import localtime
from workbooks.books import Books
from workbooks.money import half_up
from workbooks.pipeline.arrivals.common import Arrival, Desk, Line, Places, Sender, fill_empty, route_id
from workbooks.pipeline.context import Market
from workbooks.pipeline.refold import refold
from workbooks.rules.manifest import changes
from workbooks.rules.manifest.fold import window_text
from workbooks.schema import Row

_PEOPLE_S = ("recipient", "phone", "address_id", "service_min")
_SUFFIXES = {"STREET": "ST", "AVENUE": "AVE", "ROAD": "RD", "BOULEVARD": "BLVD", "DRIVE": "DR", "LANE": "LN", "COURT": "CT",
             "PLACE": "PL", "APARTMENT": "APT", "SUITE": "STE", "NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W"}  # fmt: skip


def normalised(raw: str, city: str | None, zip5: str | None) -> str:
    """An address for comparison: upper case, no punctuation, the usual abbreviations."""
    words = "".join(c if c.isalnum() else " " for c in raw.upper()).split()
    return " ".join([*(_SUFFIXES.get(word, word) for word in words), (city or "").upper(), zip5 or ""]).strip()


class _File:
    def __init__(self, books: Books, sender: Sender, places: Places) -> None:
        self.desk, self.books, self.sender, self.places = Desk(books, sender), books, sender, places
        self.arrival = Arrival()
        self.routes: dict[str, dict[str, Any]] = {}
        self.addresses: dict[str, dict[str, Any]] = {}
        self.assigned: set[tuple[str, str]] = set()
        self._said: dict[tuple[str, date], dict[str, Any]] = {}

    def said(self, market: Market, day: date) -> dict[str, Any]:
        """What events have already said about a day: routes with events, drivers per route, routes and seqs per stop."""
        key = (market.id, day)
        if key not in self._said:
            news: dict[str, Any] = {"routes": set(), "drivers": {}, "on": {}, "seq": {}, "windows": {}}
            for event in self.books.rows("manifest_events", market_id=market.id, service_date=day):
                news["routes"].add(event["route_id"])
                stop = event.get("stop_id")
                if event["kind"] == "SWAP_DRIVER":
                    news["drivers"].setdefault(event["route_id"], set()).add(event.get("to_value"))
                elif event["kind"] in ("ADD", "MOVE_IN"):
                    news["on"].setdefault(stop, set()).add(event["route_id"])
                if event["kind"] in ("ADD", "RESEQ"):
                    news["seq"].setdefault(stop, set()).add(event.get("to_value"))
                if event["kind"] == "WINDOW":
                    news["windows"].setdefault(stop, set()).add(event.get("to_value"))
            self._said[key] = news
        return self._said[key]


def arrive(books: Books, lines: list[Line], sender: Sender, places: Places) -> Arrival:
    """Rows for addresses, stops, manifest and manifest_events from the lines of a manifest file."""
    file = _File(books, sender, places)
    books.prefetch("stops", [_stop_id(line.values) for line in lines])
    books.prefetch("addresses", [_address_key(line.values)[2] for line in lines])
    for line in lines:
        _take(file, line)
    wanted = file.arrival.wanted
    wanted.rows["addresses"] = list(file.addresses.values())
    wanted.rows["manifest"] = list(file.routes.values())
    refold(books, wanted)
    return file.arrival


def _stop_id(values: Row) -> str:
    return f"{values.get('account_id')}-{values.get('order_ref') or values.get('tracking_no')}-1"


def _address_key(values: Row) -> tuple[str, str, str]:
    """(street line, normalised, address id)."""
    raw = " ".join(str(part) for part in (values.get("address"), values.get("address2")) if part)
    norm = normalised(raw, values.get("city"), values.get("zip"))
    return raw, norm, f"A-{sha256(norm.encode()).hexdigest()[:10]}"


def _take(file: _File, line: Line) -> None:
    values, desk, arrival = line.values, file.desk, file.arrival
    market = desk.market(line, arrival)
    if market is None or not desk.account(line, arrival):
        return
    day = values.get("service_date") or file.sender.service_date
    if day is None:
        arrival.reject(
            line, "service_date", "no service date is named", "Import again with --date, or add a column Service date"
        )
        return
    if not (values.get("order_ref") or values.get("tracking_no")):
        arrival.reject(line, "order_ref", "neither an order nor a tracking number is named", "Fill one of them")
        return
    stop_id = _stop_id(values)
    stop = file.books.row("stops", stop_id)
    address = _address(file, market, values)
    zone = localtime.zone(address["tz"]) if address.get("tz") else market.zone
    window = _window(values, day, zone, arrival, line)
    row: dict[str, Any] = {
        "stop_id": stop_id, "market_id": market.id, "account_id": values["account_id"], "order_ref": values.get("order_ref") or values.get("tracking_no"),
        "address_id": address["address_id"], "recipient": values.get("recipient"), "phone": values.get("phone"),
        "window_start": window[0], "window_end": window[1],
    }  # fmt: skip
    for name in ("pkgs", "service_min", "signature_req", "time_sensitive"):
        if values.get(name) is not None:
            row[name] = values[name]
    if values.get("weight") is not None:
        row["weight"] = half_up(values["weight"], 1)
    row["residential"] = address.get("residential") or "?"
    if stop is None:
        row |= {
            "status": "PLANNED",
            "service_date": day,
            "route_id": None,
            "seq": None,
            "pkgs": values.get("pkgs") or 1,
        }
    elif window != (stop.get("window_start"), stop.get("window_end")) and None not in window:
        _window_event(file, market, stop, window, day)
    row = fill_empty(stop, row, _PEOPLE_S)
    if values.get("route_ref"):
        _on_route(file, line, market, day, stop_id, stop)
    arrival.wanted.add("stops", row)
    arrival.lines_in += 1


def _address(file: _File, market: Market, values: Row) -> dict[str, Any]:
    raw, norm, address_id = _address_key(values)
    zip5 = values.get("zip")
    known = file.addresses.get(address_id)
    if known is None:
        existing = file.books.row("addresses", address_id)
        place = (file.places(zip5) if zip5 else None) or {}
        tz = (existing or {}).get("tz") or place.get("timezone") or market.row["tz"]
        made = {
            "address_id": address_id, "market_id": market.id, "raw": raw, "city": values.get("city") or place.get("city"),
            "state": values.get("state") or place.get("state"), "zip5": zip5, "norm": norm,
            "residential": values.get("residential") or "?", "contact_name": values.get("recipient"),
            "contact_phone": values.get("phone"), "tz": tz, "lat": _round6(values.get("lat")), "lon": _round6(values.get("lng")),
        }  # fmt: skip
        people = tuple(made.keys() - {"address_id", "market_id", "norm", "tz", "lat", "lon"})
        known = file.addresses[address_id] = {**fill_empty(existing, made, people), "tz": tz}
    return known


def _round6(value: Any) -> Any:
    return None if value is None else half_up(value, 6)


def _window(values: Row, day: date, zone: Any, arrival: Arrival, line: Line) -> tuple[datetime | None, datetime | None]:
    """The promised window in UTC: moments as they are, clock times on the service date in the stop's own zone."""
    start, end = values.get("window_start"), values.get("window_end")
    clock_from, clock_to = values.get("window_from"), values.get("window_to")
    if start is None and clock_from is not None:
        start = _local(day, clock_from, zone, arrival, line, "window_from")
    if end is None and clock_to is not None:
        over_night = clock_from is not None and clock_to < clock_from
        end = _local(day + timedelta(days=over_night), clock_to, zone, arrival, line, "window_to")
    return start, end


def _local(day: date, clock: time, zone: Any, arrival: Arrival, line: Line, column: str) -> datetime:
    moment, warning = localtime.to_utc(datetime.combine(day, clock), zone)
    if warning:
        arrival.warn(line, column, warning)
    return moment


def _window_event(file: _File, market: Market, stop: Row, window: tuple[Any, Any], day: date) -> None:
    route = file.books.row("manifest", str(stop.get("route_id"))) if stop.get("route_id") else None
    text = window_text(*window)
    if route is not None and text not in file.said(market, day)["windows"].get(stop["stop_id"], ()):
        file.arrival.wanted.add("manifest_events", changes.event(
            "WINDOW", route, file.sender.now, stop_id=stop["stop_id"], after=text, actor=file.sender.name))  # fmt: skip


def _on_route(file: _File, line: Line, market: Market, day: date, stop_id: str, stop: Row | None) -> None:
    """Events that put the stop on the file's route, unless events already said so."""
    values, said = line.values, file.said(market, day)
    route = _route(file, line, market, day)
    new_route = route["route_id"] not in said["routes"]
    at = (route.get("dispatched_at") or market.bounds(day)[0]) if new_route else file.sender.now
    _assign(file, line, route, said, at, day)
    who = {"actor": file.sender.name}
    if route["route_id"] in said["on"].get(stop_id, ()):
        made = _resequence(file, route, stop_id, stop, values.get("seq"), said)
    elif stop is not None and stop.get("route_id"):
        old = file.books.row("manifest", str(stop["route_id"]))
        made = changes.move(stop_id, old, route, file.sender.now, **who)
    else:
        made = [changes.event("ADD", route, at, stop_id=stop_id, after=values.get("seq"), **who)]
    for event in made:
        file.arrival.wanted.add("manifest_events", event)


def _resequence(
    file: _File, route: Row, stop_id: str, stop: Row | None, seq: int | None, said: dict[str, Any]
) -> list[dict[str, Any]]:
    if (
        stop is None
        or stop.get("route_id") != route["route_id"]
        or seq is None
        or str(seq) in said["seq"].get(stop_id, ())
    ):
        return []
    return changes.reseq(stop_id, route, stop.get("seq"), seq, file.sender.now, actor=file.sender.name)


def _route(file: _File, line: Line, market: Market, day: date) -> dict[str, Any]:
    values = line.values
    name = route_id(market.id, day, str(values["route_ref"]))
    if name not in file.routes:
        existing = file.books.row("manifest", name)
        row: dict[str, Any] = {"route_id": name, "market_id": market.id, "service_date": day}
        if existing is None:
            row |= {"route_code": values["route_ref"], "status": "LOADED", "version": 0}
        file.routes[name] = row
        vehicle = values.get("vehicle_id")
        if vehicle and (existing is None or not existing.get("vehicle_id")):
            row["vehicle_id"] = vehicle
            if vehicle not in file.desk.vehicles:
                file.arrival.warn(line, "vehicle_id", f"vehicle {vehicle} is not on tab Vehicles", "Add it there")
    row = file.routes[name]
    for column in ("planned_start", "planned_end", "planned_miles", "dispatched_at"):
        if values.get(column) is not None:
            row[column] = values[column]
    return row


def _assign(file: _File, line: Line, route: dict[str, Any], said: dict[str, Any], at: datetime, day: date) -> None:
    reference = line.values.get("driver_ref")
    if not reference or (route["route_id"], reference) in file.assigned:
        return
    file.assigned.add((route["route_id"], reference))
    platform = file.desk.platform(line)
    driver = file.desk.driver(line, day, platform)
    if driver is None:
        file.arrival.warn(line, "driver_ref", f"“{reference}” ({platform}) is no driver of ours",
                          "Add the account on tab Driver identities")  # fmt: skip
        return
    known = said["drivers"].get(route["route_id"], set())
    if driver in known:
        return
    current = (file.books.row("manifest", route["route_id"]) or {}).get("driver_id")
    for event in changes.swap(route, current, driver, at, actor=file.sender.name):
        file.arrival.wanted.add("manifest_events", event)
