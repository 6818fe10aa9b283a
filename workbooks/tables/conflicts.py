"""Conflicts: edits that could not simply be taken, with both values, waiting for a choice or to be read."""

from workbooks.schema import STAFF, Book, Column, D, Kind, Lifecycle, M, Need, Row, S, Table, Type, V, steps

ANYONE = (V, D, M)


def _line(row: Row) -> str:
    return f"{row['tab']} {row['row_key']}, {row['column_title']}: “{row.get('sheet_value') or ''}” or “{row.get('ledger_value') or ''}”?"


TABLE = Table(
    name="conflicts",
    title="Conflicts",
    book=Book.CONTROL,
    kind=Kind.DERIVED,
    key=("conflict_id",),
    about="One row per edit that was not simply taken. CONFLICT: two people changed the same cell; choose. PUT_BACK: the column is not yours. INVALID: the value cannot stand there.",
    market="market_id",
    order=90,
    readers=STAFF,
    shown=(D, V, M),
    columns=(
        Column("conflict_id", "No.", Type.ID, (S,), "Number of the conflict", required=True, width=18),
        Column("market_id", "Market", Type.ID, (S,), "Where", width=8),
        Column("status", "Status", Type.ENUM, (S,), "OPEN until somebody has chosen", enum=("OPEN", "RESOLVED"), width=10,
               colours={"OPEN": "bad", "RESOLVED": "muted"}),
        Column("kind", "Kind", Type.ENUM, (S,), "Why it was not simply taken", enum=("CONFLICT", "PUT_BACK", "INVALID"), width=11),
        Column("tab", "Tab", Type.TEXT, (S,), "Which tab", width=14),
        Column("row_key", "Row", Type.TEXT, (S,), "Which row", width=30),
        Column("column_title", "Column", Type.TEXT, (S,), "Which column", width=16),
        Column("ledger_value", "Stopbook holds", Type.TEXT, (S,), "The value that stands", width=22),
        Column("sheet_value", "The sheet said", Type.TEXT, (S,), "The value that was typed", width=22),
        Column("base_value", "Before both", Type.TEXT, (S,), "What both started from", width=22),
        Column("choose", "Choose", Type.ENUM, ANYONE, "Which value stands", enum=("STOPBOOK", "SHEET"), width=12),
        Column("replica", "Copy", Type.TEXT, (S,), "Workbook or spreadsheet it was typed in", width=24),
        Column("who", "Who", Type.TEXT, (S,), "Person, where known", width=22),
        Column("at", "When", Type.TS, (S,), "When it came in", width=16),
        Column("message", "What happened", Type.TEXT, (S,), "In one sentence", width=50),
        Column("table_name", "Table", Type.ID, (S,), "For Stopbook", width=12, hidden=True),
        Column("row_id", "Row id", Type.ID, (S,), "For Stopbook", width=18, hidden=True),
        Column("column_name", "Column name", Type.ID, (S,), "For Stopbook", width=14, hidden=True),
    ),
    lifecycle=Lifecycle("status", ("OPEN", "RESOLVED"), steps({"OPEN": "RESOLVED", "RESOLVED": "OPEN"}), live=("OPEN",)),
    needs=tuple(
        Need(role, lambda row: row.get("status") == "OPEN" and row.get("kind") == "CONFLICT", _line, urgency=2)
        for role in ANYONE
    ),
)  # fmt: skip
