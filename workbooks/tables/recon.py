"""Reconciliation: plan against scans, one row per stop on its final route of the day."""

from collections.abc import Callable

from workbooks.schema import STAFF, Book, C, Column, D, Kind, Lifecycle, M, Need, Row, S, Table, Type, V, steps
from workbooks.tables.flag_rules import FLAGS

DECISIONS = ("ACCEPT", "REJECT", "DELIVERED", "FAILED", "NOT_LOADED")
"""ACCEPT: what was scanned stands. REJECT: it does not count. DELIVERED, FAILED, NOT_LOADED: what really happened."""


def _waits_for(decision: str) -> Callable[[Row], bool]:
    return lambda row: row.get("status") == "OPEN" and decision in (row.get("waits_for") or ())


def _line(row: Row) -> str:
    flags = ", ".join(flag for flag in (row.get("flags") or ()) if flag != "MATCH")
    return f"{row['stop_id']} on {row['route_id']}: {flags}. {row.get('suggested') or ''}".strip()


def _one_account(row: Row) -> str:
    """An unknown account is one question, however many stops it scanned."""
    return f"{row['market_id']} {row.get('suggested')}" if "NO_DRIVER_MAP" in (row.get("flags") or ()) else ""


TABLE = Table(
    name="recon",
    title="Recon",
    book=Book.OPS,
    kind=Kind.DERIVED,
    key=("route_id", "stop_id"),
    about="One row per stop of a day: planned, scanned, and what does not agree. Decide in the column that is yours.",
    market="market_id",
    day="service_date",
    parent="stop_id",
    order=12,
    readers=STAFF,
    shared={C: ("stop_id", "service_date", "account_id", "final", "attempts", "on_time", "first_attempt")},
    shown=(D, V, M),
    columns=(
        Column("route_id", "Route", Type.ID, (S,), "Final route of the day", required=True, width=20),
        Column("stop_id", "Stop", Type.ID, (S,), "Which stop", required=True, width=20),
        Column("market_id", "Market", Type.ID, (S,), "Where", ref="markets", width=8),
        Column("service_date", "Service date", Type.DATE, (S,), "Which day", width=11),
        Column("account_id", "Account", Type.ID, (S,), "Whose stop", width=11),
        Column("status", "Status", Type.ENUM, (S,), "OPEN waits for a decision", enum=("OPEN", "DECIDED", "CLOSED"), width=10,
               colours={"OPEN": "bad", "DECIDED": "warn", "CLOSED": "good"}),
        Column("flags", "Flags", Type.SET, (S,), "What does not agree; MATCH stands alone", enum=FLAGS, width=28),
        Column("suggested", "Suggested", Type.TEXT, (S,), "What Stopbook would do and why", width=46),
        Column("waits_for", "Waits for", Type.SET, (S,), "Whose decision is missing", enum=("DISPATCH", "VA"), width=12),
        Column("dispatch_decision", "Dispatch decides", Type.ENUM, (D,), "For flags of dispatch", enum=DECISIONS, width=15),
        Column("va_decision", "VA decides", Type.ENUM, (V,), "For flags of the VA", enum=DECISIONS, width=13),
        Column("va_driver", "Driver (if unmapped)", Type.ID, (V,), "Which driver the unknown account is", ref="drivers", width=17),
        Column("decision_note", "Note", Type.TEXT, (V, D), "Evidence, or why", width=30),
        Column("outcome", "Scanned as", Type.ENUM, (S,), "What the scans say", width=14,
               enum=("DELIVERED", "PARTIAL", "FAILED", "CANCELLED", "MISSING")),
        Column("final", "Comes to", Type.ENUM, (S,), "What counts after the decision", width=14,
               enum=("DELIVERED", "PARTIAL", "FAILED", "CANCELLED", "MISSING", "NOT_LOADED", "REJECTED"),
               colours={"DELIVERED": "good", "PARTIAL": "warn", "FAILED": "bad", "MISSING": "bad", "CANCELLED": "muted",
                        "NOT_LOADED": "muted", "REJECTED": "muted"}),
        Column("expected", "Expected", Type.BOOL, (S,), "It was on the manifest", width=9),
        Column("attempts", "Attempts", Type.INT, (S,), "Attempts of the day, duplicates folded", width=9),
        Column("driver_id", "Driver", Type.ID, (S,), "Who made the last attempt", width=10),
        Column("on_time", "On time", Type.ENUM, (S,), "Against window and grace", width=10,
               enum=("ON_TIME", "EARLY", "LATE", "NO_WINDOW", "UNPROVEN")),
        Column("first_attempt", "First attempt", Type.BOOL, (S,), "Delivered at the first attempt", width=11),
    ),
    lifecycle=Lifecycle("status", ("OPEN", "CLOSED"), steps({"OPEN": "DECIDED CLOSED", "DECIDED": "CLOSED OPEN", "CLOSED": "OPEN"}), live=("OPEN", "DECIDED")),
    needs=(
        Need(D, _waits_for("DISPATCH"), _line, urgency=3),
        Need(V, _waits_for("VA"), _line, urgency=3, same=_one_account),
    ),
)  # fmt: skip
