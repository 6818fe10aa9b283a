"""Redeliveries: what was agreed with the recipient, and the route that will bring it."""

from workbooks.schema import STAFF, Book, Column, D, Kind, Lifecycle, Need, S, Table, Type, V, steps

TABLE = Table(
    name="redeliveries",
    title="Redeliveries",
    book=Book.OPS,
    kind=Kind.DERIVED,
    key=("redelivery_id",),
    about="One row per agreed new attempt. Dispatch names the route; the stop moves there.",
    market="market_id",
    day="service_date",
    parent="exc_id",
    order=14,
    readers=STAFF,
    shown=(D,),
    columns=(
        Column("redelivery_id", "Redelivery", Type.ID, (S,), "Case and number", required=True, width=28),
        Column("market_id", "Market", Type.ID, (S,), "Where", ref="markets", width=8),
        Column("service_date", "Asked on", Type.DATE, (S,), "Operating day it was agreed", width=11),
        Column("exc_id", "Case", Type.ID, (S,), "Exception it answers", ref="exceptions", width=26),
        Column("stop_id", "Stop", Type.ID, (S,), "Which stop", ref="stops", width=20),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=("REQUESTED", "CONFIRMED", "ROUTED", "DONE", "FAILED"), width=12,
               colours={"REQUESTED": "warn", "CONFIRMED": "warn", "ROUTED": "good", "DONE": "good", "FAILED": "bad"}),
        Column("redelivery_at", "When", Type.TS, (S,), "Moment agreed", width=16, due=True),
        Column("new_route_id", "New route", Type.ID, (D,), "Route that brings it; the stop moves there", ref="manifest", width=20),
        Column("preferred_window", "Preferred window", Type.TEXT, (V,), "As the recipient said it", width=22),
        Column("confirmed_at", "Confirmed", Type.TS, (S,), "When the recipient agreed", width=16),
        Column("confirm_channel", "Channel", Type.ENUM, (V,), "How", enum=("CALL", "SMS", "EMAIL", "CHAT"), width=9),
        Column("client_told_at", "Client told", Type.TS, (S,), "When the client knew", width=16),
    ),
    lifecycle=Lifecycle(
        "status",
        ("REQUESTED", "CONFIRMED"),
        steps({"REQUESTED": "CONFIRMED ROUTED DONE FAILED", "CONFIRMED": "REQUESTED ROUTED DONE FAILED",
               "ROUTED": "CONFIRMED DONE FAILED"}),
        live=("REQUESTED", "CONFIRMED", "ROUTED"),
    ),
    needs=(
        Need(D, lambda row: row.get("status") in ("REQUESTED", "CONFIRMED"),
             lambda row: f"Put {row['stop_id']} on a route (redelivery)", due="redelivery_at", urgency=2),
    ),
)  # fmt: skip
