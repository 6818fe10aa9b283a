"""The manifest at any moment is what all its events up to then add up to, in the order they happened.

Events are sorted by time before they are applied, so it does not matter in which order they came in. ADD puts a
stop on a route, MOVE_OUT/MOVE_IN take it from one to another, REMOVE takes it off, CANCEL leaves it on the route
as cancelled, RESEQ gives its place, WINDOW a new window, SWAP_DRIVER a new driver (the first one is the
assignment). From dispatch on, every event is one more version of its route (golden example G10).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from workbooks.schema import Row

_RANK = {
    kind: n
    for n, kind in enumerate(("SWAP_DRIVER", "MOVE_OUT", "REMOVE", "ADD", "MOVE_IN", "RESEQ", "WINDOW", "CANCEL"))
}
"""events of one moment: a stop leaves before it arrives, and is cancelled last"""


@dataclass
class RouteState:
    """One route after its events: who drove it from when (first entry: as dispatched), and its version."""

    route_id: str
    drivers: list[tuple[datetime, str]] = field(default_factory=list)
    version: int = 0

    @property
    def driver(self) -> str | None:
        """Who drives it now."""
        return self.drivers[-1][1] if self.drivers else None


@dataclass
class StopState:
    """One stop after its events. `history` lists (moment, route) it was put on; `route_id` None: on no route."""

    stop_id: str
    route_id: str | None = None
    seq: int | None = None
    history: list[tuple[datetime, str]] = field(default_factory=list)
    left: list[tuple[datetime, str]] = field(default_factory=list)
    late_adds: set[str] = field(default_factory=set)
    moved_to: set[str] = field(default_factory=set)
    cancelled_at: datetime | None = None
    window: tuple[datetime, datetime] | None = None


@dataclass
class ManifestState:
    """All routes and stops after their events."""

    routes: dict[str, RouteState] = field(default_factory=dict)
    stops: dict[str, StopState] = field(default_factory=dict)

    def stops_of(self, route_id: str) -> list[StopState]:
        """The stops on `route_id` now, cancelled ones left out, in driving order."""
        on = [s for s in self.stops.values() if s.route_id == route_id and s.cancelled_at is None]
        return sorted(on, key=lambda stop: (stop.seq is None, stop.seq or 0, stop.stop_id))


def window_text(start: datetime, end: datetime) -> str:
    """A window as it stands in a WINDOW event."""
    return f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}"


def fold(events: Iterable[Row], dispatched: Mapping[str, datetime | None]) -> ManifestState:
    """State after `events` (rows of manifest_events). `dispatched`: route id -> when it was dispatched, if it was."""
    state = ManifestState()
    for event in sorted(events, key=lambda e: (e["at"], _RANK[e["kind"]], e["event_id"])):
        route_id = event["route_id"]
        route = state.routes.setdefault(route_id, RouteState(route_id))
        start = dispatched.get(route_id)
        late = start is not None and event["at"] > start
        if late:
            route.version += 1
        _apply(event, late, route, state)
    for route_id, route in state.routes.items():
        if dispatched.get(route_id) is not None:
            route.version += 1
    return state


def _apply(event: Row, late: bool, route: RouteState, state: ManifestState) -> None:
    kind, at = event["kind"], event["at"]
    if kind == "SWAP_DRIVER":
        if event.get("to_value"):
            route.drivers.append((at, event["to_value"]))
        return
    stop = state.stops.setdefault(event["stop_id"], StopState(event["stop_id"]))
    if kind in ("ADD", "MOVE_IN"):
        stop.route_id = route.route_id
        stop.cancelled_at = None
        stop.history.append((at, route.route_id))
        if kind == "ADD":
            stop.seq = int(event["to_value"]) if event.get("to_value") else None
            if late:
                stop.late_adds.add(route.route_id)
        else:
            stop.seq = None
            if late:
                stop.moved_to.add(route.route_id)
    elif kind in ("MOVE_OUT", "REMOVE"):
        stop.left.append((at, route.route_id))
        if stop.route_id == route.route_id:
            stop.route_id = None
    elif kind == "CANCEL":
        stop.cancelled_at = at
    elif kind == "RESEQ":
        stop.seq = int(event["to_value"]) if event.get("to_value") else None
    elif kind == "WINDOW":
        start, _, end = str(event["to_value"]).partition("/")
        stop.window = (datetime.fromisoformat(start), datetime.fromisoformat(end))
