"""Settlements: what one driver is paid for one period, from draft to paid."""

from workbooks.schema import Book, Column, Kind, Lifecycle, M, Move, Need, P, R, Row, S, Table, Type

POSTED = ("POSTED", "EXPORTED", "PAID")
"""states in which it is what the driver was shown"""
BOTH = (P, M)
_STILL = {
    "POSTED": ("status", "action", "void_reason", "export_batch", "disputed", "note"),
    "EXPORTED": ("status", "action", "void_reason", "export_batch", "disputed", "note", "paid_on", "pay_ref"),
    "PAID": ("action", "disputed", "note"),
    "VOID": ("action", "note"),
}


def _sealed(row: Row, column: str) -> str:
    status = str(row.get("status"))
    if status not in _STILL or column in _STILL[status]:
        return ""
    if status == "VOID":
        return "is void and stays as it was; draft a new one"
    return f"is {status.lower()} and does not change; propose an adjustment for the next one"


LIFECYCLE = Lifecycle(
    "status",
    ("DRAFT",),
    (
        Move("DRAFT", "REVIEW", "SUBMIT", BOTH),
        Move("REVIEW", "DRAFT", "RETURN", BOTH),
        Move("REVIEW", "REVIEW", "APPROVE", (M,)),
        Move("REVIEW", "POSTED", "POST", BOTH, needs=("approved_by",)),
        Move("POSTED", "EXPORTED"),
        Move("EXPORTED", "PAID", "RECORD_PAY", BOTH, needs=("paid_on", "pay_ref")),
        *(
            Move(state, "VOID", "VOID", BOTH, needs=("void_reason",))
            for state in ("DRAFT", "REVIEW", "POSTED", "EXPORTED")
        ),
    ),
    action_column="action",
    live=("DRAFT", "REVIEW", "POSTED", "EXPORTED"),
)
ACTIONS = tuple(dict.fromkeys(move.action for move in LIFECYCLE.moves if move.action))


def _who(row: Row) -> str:
    return f"{row.get('settlement_id')}, net {row.get('net')}"


TABLE = Table(
    name="settlements",
    title="Settlements",
    book=Book.SETTLE,
    kind=Kind.DOCUMENT,
    key=("settlement_id",),
    about="One row per driver and period. Choose an action; Stopbook takes it in. Once posted nothing here changes.",
    day="period_end",
    parent="driver_id",
    order=52,
    readers=(P, M),
    shared={
        R: ("settlement_id", "driver_id", "driver_name", "period_start", "period_end", "status", "kind", "plans", "gross", "reimb",
            "released", "deductions", "net", "carry_in", "carry_out", "paid_on", "pay_ref"),
    },
    shown=(P, M),
    sealed=_sealed,
    columns=(
        Column("settlement_id", "Settlement", Type.ID, (S,), "Year, week, driver, number", required=True, width=22),
        Column("driver_id", "Driver", Type.ID, (S,), "Who is paid", ref="drivers", required=True, width=10),
        Column("driver_name", "Name", Type.TEXT, (S,), "From Drivers", width=20),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=LIFECYCLE.states, width=10,
               colours={"DRAFT": "warn", "REVIEW": "warn", "POSTED": "good", "EXPORTED": "good", "PAID": "good", "VOID": "muted"}),
        Column("action", "Action", Type.ENUM, BOTH, "What you want; cleared once taken in", enum=ACTIONS, width=13),
        Column("period_start", "From", Type.DATE, (S,), "First route day", width=11),
        Column("period_end", "Until", Type.DATE, (S,), "Last route day", width=11),
        Column("kind", "Kind", Type.ENUM, (S,), "INPUTS: an employee's pay inputs, never a net", enum=("SETTLEMENT", "FINAL", "INPUTS"), width=12),
        Column("plans", "Plans", Type.TEXT, (S,), "Plan versions that priced it", width=16),
        Column("gross", "Gross", Type.MONEY, (S,), "Earnings and adjustments of earlier periods", width=11),
        Column("reimb", "Reimbursed", Type.MONEY, (S,), "Never reduced by deductions", width=11),
        Column("released", "Released", Type.MONEY, (S,), "Escrow paid back to a leaver", width=10),
        Column("deductions", "Deductions", Type.MONEY, (S,), "What was taken", width=11),
        Column("net", "Net", Type.MONEY, (S,), "Paid to the driver; blank for employees", width=11),
        Column("carry_in", "Carried in", Type.MONEY, (S,), "Unpaid charges of before", width=10),
        Column("carry_out", "Carried out", Type.MONEY, (S,), "Unpaid charges for the next one", width=10),
        Column("held_lines", "Held", Type.INT, (S,), "Lines that wait for something", width=7),
        Column("held_amount", "Held about", Type.MONEY, (S,), "What they may come to", width=10),
        Column("remarks", "Remarks", Type.TEXT, (S,), "What a reader should know", width=40),
        Column("void_reason", "Reason to void", Type.TEXT, BOTH, "Needed for VOID", width=24),
        Column("paid_on", "Paid on", Type.DATE, BOTH, "Needed for RECORD_PAY", width=11),
        Column("pay_ref", "Payment ref.", Type.ID, BOTH, "Needed for RECORD_PAY", width=18),
        Column("note", "Note", Type.TEXT, BOTH, "Anything to say", width=24),
        Column("disputed", "Disputed", Type.BOOL, (S,), "A dispute about a line is open", width=9),
        Column("drafted_by", "Drafted by", Type.TEXT, (S,), "Who made the lines", width=16),
        Column("approved_by", "Approved by", Type.TEXT, (S,), "Who approved exactly these lines", width=16),
        Column("posted_by", "Posted by", Type.TEXT, (S,), "Who posted it", width=16),
        Column("posted_at", "Posted", Type.TS, (S,), "When", width=16),
        Column("export_batch", "Export", Type.ID, (S,), "Batch it was exported in", width=18),
        Column("lines_hash", "Lines hash", Type.ID, (S,), "Fingerprint of every line", width=16, hidden=True),
    ),
    lifecycle=LIFECYCLE,
    needs=(
        Need(P, lambda row: row.get("status") == "DRAFT", lambda row: f"Look through {_who(row)} and submit it", urgency=4),
        Need(M, lambda row: row.get("status") == "REVIEW" and not row.get("approved_by"),
             lambda row: f"Approve {_who(row)}", urgency=2),
        Need(P, lambda row: row.get("status") == "REVIEW" and bool(row.get("approved_by")),
             lambda row: f"Post {_who(row)}", urgency=3),
        Need(P, lambda row: row.get("status") == "POSTED", lambda row: f"Export {_who(row)} for payment", urgency=4),
        Need(P, lambda row: row.get("status") == "EXPORTED", lambda row: f"Record the payment of {_who(row)}", urgency=5),
    ),
)  # fmt: skip
