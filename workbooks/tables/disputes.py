"""Disputes: what a driver says is wrong with a line, and how it ended."""

from workbooks.schema import Book, Column, Kind, Lifecycle, M, Move, Need, P, Row, S, Table, Type

BOTH = (P,)


def _line(row: Row) -> str:
    return f"Decide the dispute about {row.get('line_id')}: {row.get('claim')}"


TABLE = Table(
    name="disputes",
    title="Disputes",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("dispute_id",),
    about="One row per line a driver disputes. What is upheld becomes an adjustment.",
    parent="line_id",
    order=57,
    readers=(P, M),
    shown=(P,),
    new_rows=(P,),
    columns=(
        Column("dispute_id", "Dispute", Type.ID, (P,), "Any number not used yet", required=True, width=14),
        Column("line_id", "Line", Type.ID, (P,), "Line of a settlement", ref="settlement_lines", required=True, width=34),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=("OPEN", "EVIDENCE", "UPHELD", "DENIED", "CLOSED"), width=10,
               colours={"OPEN": "bad", "EVIDENCE": "warn", "UPHELD": "good", "CLOSED": "muted"}),
        Column("action", "Action", Type.ENUM, BOTH, "What you decide; cleared once taken in", enum=("ASK_EVIDENCE", "UPHOLD", "DENY", "CLOSE"), width=13),
        Column("claim", "Claim", Type.TEXT, (P,), "In the driver's words", width=40),
        Column("claimed", "Claimed", Type.MONEY, (P,), "What the driver asks for on top", width=10),
        Column("opened", "Opened", Type.DATE, (P,), "Day it came in, in writing", required=True, width=11),
        Column("window_end", "Window ends", Type.DATE, (S,), "Last day a line may be disputed", width=11),
        Column("late", "Late", Type.BOOL, (S,), "It came in after that day", width=7),
        Column("evidence", "Evidence", Type.TEXT, (P,), "What was found", width=40),
        Column("adj_id", "Adjustment", Type.ID, (S,), "What came of it", width=24),
    ),
    lifecycle=Lifecycle(
        "status",
        ("OPEN",),
        (
            Move("OPEN", "EVIDENCE", "ASK_EVIDENCE", BOTH),
            *(Move(state, "UPHELD", "UPHOLD", BOTH) for state in ("OPEN", "EVIDENCE")),
            *(Move(state, "DENIED", "DENY", BOTH) for state in ("OPEN", "EVIDENCE")),
            *(Move(state, "CLOSED", "CLOSE", BOTH) for state in ("UPHELD", "DENIED")),
        ),
        action_column="action",
        live=("OPEN", "EVIDENCE", "UPHELD", "DENIED"),
    ),
    needs=(Need(P, lambda row: row.get("status") in ("OPEN", "EVIDENCE"), _line, urgency=4),),
)  # fmt: skip
