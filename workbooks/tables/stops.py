"""Stops: one row per order to be delivered, on the route it belongs to now."""

from workbooks.schema import STAFF, Book, C, Check, Column, D, Kind, Lifecycle, R, Row, S, Table, Type, V, steps


def _window_ends_after_it_starts(row: Row) -> str | None:
    start, end = row.get("window_start"), row.get("window_end")
    return "the window ends before it starts" if start and end and end < start else None


TABLE = Table(
    name="stops",
    title="Stops",
    book=Book.OPS,
    kind=Kind.INPUT,
    key=("stop_id",),
    about="One row per order to deliver. Dispatch moves a stop by changing its route or sequence; the VA corrects who and where.",
    market="market_id",
    day="service_date",
    order=30,
    readers=STAFF,
    shown=(D, V),
    shared={
        C: ("stop_id", "service_date", "account_id", "order_ref", "status", "window_start", "window_end", "recipient", "pkgs", "weight",
            "residential"),
        R: ("stop_id", "service_date", "route_id", "order_ref"),
    },
    columns=(
        Column("stop_id", "Stop", Type.ID, (S,), "account-order-sequence, unique for ever", required=True, width=20),
        Column("market_id", "Market", Type.ID, (S,), "Market whose dispatch works it", ref="markets", width=8),
        Column("service_date", "Service date", Type.DATE, (S,), "Route day it is planned for now", width=11),
        Column("account_id", "Account", Type.ID, (S,), "Account it is billed to", ref="accounts", required=True),
        Column("order_ref", "Order", Type.ID, (S,), "The client's own reference", width=16),
        Column("route_id", "Route", Type.ID, (D,), "Route it is on; changing it moves the stop", ref="manifest", width=18),
        Column("seq", "Seq", Type.INT, (D,), "Place on the route; changing it re-sequences", width=6),
        Column("status", "Status", Type.ENUM, (S,), "Where the stop stands", width=13,
               enum=("PLANNED", "DISPATCHED", "ATTEMPTED", "DELIVERED", "PARTIAL", "FAILED_FINAL", "CANCELLED", "RTS"),
               colours={"DELIVERED": "good", "PARTIAL": "warn", "ATTEMPTED": "warn", "FAILED_FINAL": "bad",
                        "CANCELLED": "muted", "RTS": "bad"}),
        Column("window_start", "Window start", Type.TS, (S,), "Earliest promised moment; changed through requests", width=16),
        Column("window_end", "Window end", Type.TS, (S,), "Latest promised moment", width=16),
        Column("address_id", "Address", Type.ID, (V,), "Where it goes", ref="addresses", width=14),
        Column("recipient", "Recipient", Type.TEXT, (V,), "Name at the door", width=22),
        Column("phone", "Phone", Type.PHONE, (V,), "Recipient's number for this order", width=15),
        Column("pkgs", "Pkgs", Type.INT, (S,), "Packages to hand over", width=6),
        Column("weight", "Weight lb", Type.DEC, (S,), "Total weight", places=1, width=9),
        Column("service_min", "Service min", Type.INT, (D,), "Planned minutes at the door", width=11),
        Column("residential", "Residential", Type.ENUM, (S,), "From the address", enum=("Y", "N", "?"), width=11),
        Column("residential_override", "Res. override", Type.ENUM, (V,), "What the VA found out", enum=("Y", "N"), width=12),
        Column("signature_req", "Signature", Type.BOOL, (S,), "A signature is required", width=10),
        Column("time_sensitive", "Time-sensitive", Type.BOOL, (S,), "Follow up at once when late", width=13),
        Column("group_id", "Group", Type.ID, (S,), "Orders of one address billed and paid as one", width=12),
        Column("last_attempt_id", "Last attempt", Type.ID, (S,), "The attempt that decided the status", width=22),
    ),
    checks=(Check("window_end", _window_ends_after_it_starts),),
    lifecycle=Lifecycle(
        "status",
        ("PLANNED",),
        steps({
            "PLANNED": "DISPATCHED ATTEMPTED DELIVERED PARTIAL CANCELLED",
            "DISPATCHED": "PLANNED ATTEMPTED DELIVERED PARTIAL CANCELLED",
            "ATTEMPTED": "PLANNED DISPATCHED DELIVERED PARTIAL CANCELLED FAILED_FINAL RTS",
            # the status follows from scans and decisions, and a platform or a person may still correct either
            "PARTIAL": "PLANNED DISPATCHED ATTEMPTED DELIVERED RTS CANCELLED",
            "DELIVERED": "PLANNED DISPATCHED ATTEMPTED PARTIAL RTS CANCELLED",
            "CANCELLED": "PLANNED DISPATCHED ATTEMPTED DELIVERED PARTIAL",
            "FAILED_FINAL": "DELIVERED RTS",
            "RTS": "DELIVERED",  # a late scan says that it was delivered after all
        }),
    ),
)  # fmt: skip
