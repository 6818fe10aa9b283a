"""Adjustments: what a closed period should have come to, less what was paid; paid with an open settlement."""

from workbooks.schema import Book, Check, Column, Kind, Lifecycle, M, Move, Need, P, Row, S, Table, Type


def _manual_has_a_reason(row: Row) -> str | None:
    if row.get("kind") == "MANUAL" and not row.get("reason"):
        return "an adjustment entered by hand needs its reason"
    return None


def _sealed(row: Row, column: str) -> str:
    if row.get("status") in ("POSTED", "REJECTED") and column not in ("status", "action", "posted_in"):
        return f"is {str(row['status']).lower()} and does not change; enter another one"
    if row.get("status") == "APPROVED" and column in ("amount", "driver_id", "kind", "facts", "delta"):
        return "is approved as it stands; reject it and enter another one"
    return ""


LIFECYCLE = Lifecycle(
    "status",
    ("PROPOSED",),
    (
        Move("PROPOSED", "APPROVED", "APPROVE", (M,)),
        Move("PROPOSED", "REJECTED", "REJECT", (M,)),
        Move("APPROVED", "REJECTED", "REJECT", (M,)),
        Move("APPROVED", "POSTED"),
        Move("POSTED", "APPROVED"),
    ),
    action_column="action",
    live=("PROPOSED", "APPROVED"),
)

TABLE = Table(
    name="adjustments",
    title="Adjustments",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("adj_id",),
    about="One row per correction. Stopbook proposes those that follow from late facts; payroll may enter others, each with its reason.",
    parent="driver_id",
    order=54,
    readers=(P, M),
    shown=(P, M),
    new_rows=(P,),
    sealed=_sealed,
    checks=(Check("reason", _manual_has_a_reason),),
    columns=(
        Column("adj_id", "Adjustment", Type.ID, (S, P), "Any number not used yet", required=True, width=28),
        Column("driver_id", "Driver", Type.ID, (S, P), "Whose pay", ref="drivers", required=True, width=10),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=("PROPOSED", "APPROVED", "REJECTED", "POSTED"), width=10,
               colours={"PROPOSED": "bad", "APPROVED": "warn", "POSTED": "good", "REJECTED": "muted"}),
        Column("action", "Action", Type.ENUM, (M,), "The manager decides; cleared once taken in", enum=("APPROVE", "REJECT"), width=10),
        Column("kind", "Kind", Type.ENUM, (S,), "How it came about; blank until taken in", enum=("RECOMPUTED", "MANUAL"), width=12),
        Column("ref_settlement", "Corrects", Type.ID, (S, P), "Settlement it puts right", width=22),
        Column("amount", "Amount", Type.MONEY, (P,), "For one entered by hand", width=10),
        Column("delta", "Delta", Type.MONEY, (S,), "What will be paid, or taken back", width=10),
        Column("reason", "Reason", Type.TEXT, (S, P), "What changed", width=50),
        Column("posted_in", "Paid in", Type.ID, (S,), "Settlement that carries it", width=22),
        Column("proposed_by", "Proposed by", Type.TEXT, (S,), "Who", width=16),
        Column("approved_by", "Decided by", Type.TEXT, (S,), "Who", width=16),
        Column("rule", "Rule", Type.TEXT, (S,), "File of the rule", width=22, hidden=True),
        Column("version", "Version", Type.TEXT, (S,), "Settlement it was worked out against", width=22, hidden=True),
        Column("facts", "Facts", Type.TEXT, (S,), "What the delta follows from", width=30, hidden=True),
        Column("says", "In words", Type.TEXT, (S,), "The adjustment in plain words", width=50),
        Column("sources", "Sources", Type.TEXT, (S,), "Attempts that are paid through it for the first time", width=30, hidden=True),
    ),
    lifecycle=LIFECYCLE,
    needs=(
        Need(M, lambda row: row.get("status") == "PROPOSED",
             lambda row: f"Approve or reject {row.get('adj_id')}: {row.get('delta')} for {row.get('driver_id')}, {row.get('reason')}", urgency=3),
    ),
)  # fmt: skip
