"""Manifest: one row per route and day, as it stands after all its events."""

from workbooks.schema import STAFF, Book, Column, D, Kind, Lifecycle, S, Table, Type, steps

TABLE = Table(
    name="manifest",
    title="Manifest",
    book=Book.OPS,
    kind=Kind.DERIVED,
    key=("route_id",),
    about="One row per route and day. Changing the driver here is a swap: it becomes a manifest event with its time.",
    market="market_id",
    day="service_date",
    order=20,
    readers=STAFF,
    shown=(D,),
    columns=(
        Column("route_id", "Route", Type.ID, (S,), "market-date-code", required=True, width=20),
        Column("market_id", "Market", Type.ID, (S,), "Where it runs", ref="markets", required=True, width=8),
        Column("service_date", "Service date", Type.DATE, (S,), "Its operating day", required=True, width=11),
        Column("route_code", "Code", Type.ID, (D,), "What people call it", width=8),
        Column("driver_id", "Driver", Type.ID, (D,), "Who drives it now; changing it is a swap", ref="drivers", width=10),
        Column("driver_name", "Driver name", Type.TEXT, (S,), "From Drivers", width=20),
        Column("vehicle_id", "Vehicle", Type.ID, (D,), "What it is driven with", ref="vehicles", width=10),
        Column("status", "Status", Type.ENUM, (S,), "Where the route stands", width=13,
               enum=("DRAFT", "LOADED", "DISPATCHED", "IN_PROGRESS", "RETURNED", "RECONCILED", "LOCKED"),
               colours={"RECONCILED": "good", "RETURNED": "warn", "LOCKED": "muted"}),
        Column("planned_start", "Planned start", Type.TS, (S,), "First departure", width=16),
        Column("planned_end", "Planned end", Type.TS, (S,), "Last return", width=16),
        Column("dispatched_at", "Dispatched", Type.TS, (S,), "From here on every change is a new version", width=16),
        Column("planned_stops", "Stops", Type.INT, (S,), "Stops on it now", width=7),
        Column("done_stops", "Done", Type.INT, (S,), "Delivered or partial", width=7),
        Column("open_stops", "Open", Type.INT, (S,), "Rows of Recon that wait for a decision", width=7),
        Column("planned_miles", "Planned mi", Type.DEC, (S,), "Planned miles", places=1, width=10),
        Column("version", "Version", Type.INT, (S,), "1 at dispatch, one more with every change after it", width=8),
        Column("dispatch_note", "Dispatch note", Type.TEXT, (D,), "Anything dispatch wants to say", width=30),
    ),
    lifecycle=Lifecycle(
        "status",
        ("DRAFT", "LOADED", "DISPATCHED", "IN_PROGRESS", "RETURNED", "RECONCILED"),
        steps({
            "DRAFT": "LOADED DISPATCHED IN_PROGRESS RETURNED RECONCILED",
            "LOADED": "DRAFT DISPATCHED IN_PROGRESS RETURNED RECONCILED",
            "DISPATCHED": "LOADED IN_PROGRESS RETURNED RECONCILED",
            "IN_PROGRESS": "DISPATCHED RETURNED RECONCILED",
            "RETURNED": "IN_PROGRESS RECONCILED",
            "RECONCILED": "RETURNED LOCKED",  # a late fact may open it again until the books are posted
        }),
    ),
)  # fmt: skip
