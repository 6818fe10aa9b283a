"""What dispatch edits in driver, route or sequence is a change of plan: it becomes a manifest event with its time.

The same function serves every source of plan changes (a cell dispatch edited, a re-uploaded manifest, an agreed
redelivery), so a plan never changes without an event. Event ids are made of what the event says, so the same
news twice is one event.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

from workbooks.schema import Row


def event_id(*parts: Any) -> str:
    """Id of an event, from what it says."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return f"E-{sha256(text.encode()).hexdigest()[:16]}"


def event(kind: str, route: Row, at: datetime, *, stop_id: str | None = None, before: Any = None, after: Any = None,
          by: str = "SYSTEM", actor: str = "", reason: str = "") -> dict[str, Any]:  # fmt: skip
    """One row of manifest_events. `route` gives route_id, market_id and service_date."""
    # what stood before is left out: the same news read later, over another state, is still the same event
    said = (kind, route["route_id"], stop_id, at.isoformat(), after)
    return {
        "event_id": event_id(*said),
        "market_id": route.get("market_id"),
        "service_date": route.get("service_date"),
        "route_id": route["route_id"],
        "stop_id": stop_id,
        "kind": kind,
        "at": at,
        "from_value": None if before is None else str(before),
        "to_value": None if after is None else str(after),
        "requested_by": by,
        "reason": reason or None,
        "actor": actor or None,
    }


def swap(route: Row, old: str | None, new: str | None, at: datetime, **who: str) -> list[dict[str, Any]]:
    """The route changes drivers."""
    return [event("SWAP_DRIVER", route, at, before=old, after=new, **who)] if old != new else []


def move(stop_id: str, old: Row | None, new: Row | None, at: datetime, **who: str) -> list[dict[str, Any]]:
    """A stop goes from route `old` to route `new`; None on one side: it is added or removed."""
    if old is not None and new is not None and old["route_id"] == new["route_id"]:
        return []
    if old is None and new is None:
        return []
    if old is None and new is not None:
        return [event("ADD", new, at, stop_id=stop_id, **who)]
    if new is None and old is not None:
        return [event("REMOVE", old, at, stop_id=stop_id, **who)]
    assert old is not None
    assert new is not None
    return [
        event("MOVE_OUT", old, at, stop_id=stop_id, before=old["route_id"], after=new["route_id"], **who),
        event("MOVE_IN", new, at, stop_id=stop_id, before=old["route_id"], after=new["route_id"], **who),
    ]


def reseq(stop_id: str, route: Row, old: int | None, new: int | None, at: datetime, **who: str) -> list[dict[str, Any]]:
    """A stop gets another place on its route."""
    return [event("RESEQ", route, at, stop_id=stop_id, before=old, after=new, **who)] if old != new else []
