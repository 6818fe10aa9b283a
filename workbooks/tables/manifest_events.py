"""Manifest events: every change of plan, in the order it happened. The manifest is a fold of these."""

from workbooks.schema import STAFF, Book, Check, Column, Kind, Row, S, Table, Type

KINDS = ("ADD", "REMOVE", "MOVE_IN", "MOVE_OUT", "CANCEL", "SWAP_DRIVER", "RESEQ", "WINDOW")


def _names_a_stop(row: Row) -> str | None:
    if row.get("kind") != "SWAP_DRIVER" and not row.get("stop_id"):
        return "this kind of event is about a stop, and none is named"
    return None


TABLE = Table(
    name="manifest_events",
    title="Manifest events",
    book=Book.OPS,
    kind=Kind.FACT,
    key=("event_id",),
    about="One row per change of plan; never changed afterwards.",
    market="market_id",
    day="service_date",
    parent="stop_id",
    order=70,
    readers=STAFF,
    checks=(Check("stop_id", _names_a_stop),),
    columns=(
        Column(
            "event_id",
            "Event",
            Type.ID,
            (S,),
            "Made of source and content, so the same news twice is one event",
            required=True,
            width=24,
        ),
        Column("market_id", "Market", Type.ID, (S,), "Where", ref="markets", width=8),
        Column("service_date", "Service date", Type.DATE, (S,), "Of the route", width=11),
        Column("route_id", "Route", Type.ID, (S,), "Which manifest", required=True, width=20),
        Column("stop_id", "Stop", Type.ID, (S,), "Which stop; blank for a driver swap", width=20),
        Column("kind", "Kind", Type.ENUM, (S,), "What happened", enum=KINDS, required=True, width=13),
        Column("at", "At", Type.TS, (S,), "When", required=True, width=16),
        Column("from_value", "From", Type.TEXT, (S,), "Route, driver, sequence or window before", width=20),
        Column("to_value", "To", Type.TEXT, (S,), "And after", width=20),
        Column(
            "requested_by",
            "Asked by",
            Type.ENUM,
            (S,),
            "Who wanted it",
            enum=("CLIENT", "DISPATCH", "SYSTEM"),
            width=10,
        ),
        Column("reason", "Reason", Type.TEXT, (S,), "Why", width=30),
        Column("actor", "Who", Type.TEXT, (S,), "Person or file it came from", width=20),
    ),
)
