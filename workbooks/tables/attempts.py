"""Attempts: what drivers and platforms report. Append-only; a late scan renumbers nothing."""

from workbooks.schema import STAFF, Book, C, Check, Column, Kind, Lifecycle, M, R, Row, S, Table, Type, V, steps
from workbooks.tables.driver_identity import PLATFORMS

OUTCOMES = ("DELIVERED", "PARTIAL", "FAILED", "CANCELLED_ON_BOARD")


def _manual_needs_evidence(row: Row) -> str | None:
    if row.get("source") == "MANUAL" and not (row.get("pod_photo") or row.get("approved_by")):
        return "an attempt entered by hand needs a link to its evidence or the manager who approved it"
    return None


TABLE = Table(
    name="attempts",
    title="Attempts",
    book=Book.OPS,
    kind=Kind.FACT,
    key=("attempt_id",),
    about="One row per reported attempt at a door.",
    market="market_id",
    day="service_date",
    parent="stop_id",
    order=35,
    readers=STAFF,
    shared={
        C: ("stop_id", "service_date", "n", "outcome", "reason_code", "completed_at", "pod_photo", "pod_sign"),
        R: ("attempt_id", "service_date", "stop_id", "driver_id", "route_id", "outcome", "reason_code", "completed_at"),
    },
    shown=(M,),
    checks=(Check("pod_photo", _manual_needs_evidence),),
    columns=(
        Column("attempt_id", "Attempt", Type.ID, (S,), "Made of source and its reference", required=True, width=24),
        Column("market_id", "Market", Type.ID, (S,), "Where", ref="markets", width=8),
        Column("service_date", "Service date", Type.DATE, (S,), "Operating day of the scan", width=11),
        Column("stop_id", "Stop", Type.ID, (S,), "Which stop; may be one nobody planned", required=True, width=20),
        Column("n", "No.", Type.INT, (S,), "Number among the stop's attempts, by time", width=5),
        Column("driver_id", "Driver", Type.ID, (S,), "Ours; blank while the platform account is unknown", ref="drivers", width=10),
        Column("route_id", "Route", Type.ID, (S,), "Route as the platform names it, if it is ours", width=20),
        Column("outcome", "Outcome", Type.ENUM, (S,), "What was reported", enum=OUTCOMES, required=True, width=18,
               colours={"DELIVERED": "good", "PARTIAL": "warn", "FAILED": "bad", "CANCELLED_ON_BOARD": "muted"}),
        Column("reason_code", "Reason", Type.ID, (V,), "Our code; the VA may correct it", ref="reason_codes", width=20),
        Column("raw_reason", "Reported reason", Type.TEXT, (S,), "Their words", width=26),
        Column("arrived_at", "Arrived", Type.TS, (S,), "At the door", width=16),
        Column("completed_at", "Completed", Type.TS, (S,), "Outcome recorded", required=True, width=16),
        Column("pkgs_delivered", "Pkgs", Type.INT, (S,), "Packages handed over", width=6),
        Column("pod_photo", "Photo", Type.URL, (S,), "Proof of delivery", width=14),
        Column("pod_sign", "Signature", Type.URL, (S,), "Proof of delivery", width=14),
        Column("note", "Driver's note", Type.TEXT, (S,), "As reported", width=30),
        Column("gps_lat", "Lat", Type.DEC, (S,), "Where it was scanned", places=6, width=10, hidden=True),
        Column("gps_lon", "Lon", Type.DEC, (S,), "Where it was scanned", places=6, width=11, hidden=True),
        Column("gps_dist_m", "Metres off", Type.INT, (S,), "Distance from the address", width=10),
        Column("wait_min", "Wait min", Type.INT, (S,), "Minutes at the door", width=8),
        Column("scan_count", "Scans", Type.INT, (S,), "Scans that were folded into this attempt", width=6),
        Column("dup_scan", "Duplicate", Type.BOOL, (S,), "Another scan of the same attempt; counts nowhere", width=9),
        Column("platform", "Platform", Type.ENUM, (S,), "Whose report", enum=PLATFORMS, width=12),
        Column("raw_driver", "Account there", Type.ID, (S,), "Driver as the platform names them", width=18),
        Column("source", "Source", Type.ENUM, (S,), "How it came in; OVERRIDE: set by an office, no time to trust", width=10,
               enum=("API", "CSV", "MANUAL", "OVERRIDE")),
        Column("source_ref", "Reference", Type.ID, (S,), "Its number there", width=20),
        Column("approved_by", "Approved by", Type.TEXT, (M,), "Manager who vouches for a manual entry", width=18),
        Column("settled_in", "Paid in", Type.ID, (S,), "Settlement that pays it", width=14),
        Column("billed_in", "Billed in", Type.ID, (S,), "Invoice that bills it", width=14),
        Column("sla_counted_in", "Counted in", Type.ID, (S,), "SLA period that counts it", width=14),
        Column("status", "Status", Type.ENUM, (S,), "RAW until reconciled", enum=("RAW", "MATCHED", "CONFIRMED", "LOCKED"), width=11),
    ),
    lifecycle=Lifecycle("status", ("RAW",), steps({"RAW": "MATCHED CONFIRMED", "MATCHED": "RAW CONFIRMED LOCKED", "CONFIRMED": "RAW MATCHED LOCKED"})),
)  # fmt: skip
