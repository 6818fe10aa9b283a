"""Changes: every cell that ever changed: who, when, through what, old and new."""

from workbooks.schema import Book, Column, Kind, M, S, Table, Type

TABLE = Table(
    name="changes",
    title="Changes",
    book=Book.CONTROL,
    kind=Kind.LOG,
    key=("seq", "column_name"),
    about="One row per changed cell, newest first.",
    order=95,
    readers=(M,),
    columns=(
        Column("seq", "No.", Type.INT, (S,), "Order of changes", required=True, width=9),
        Column("table_name", "Table", Type.TEXT, (S,), "Which table", width=14),
        Column("row_key", "Row", Type.TEXT, (S,), "Which row", width=30),
        Column("row_id", "Row id", Type.ID, (S,), "Its identity", width=18, hidden=True),
        Column("column_name", "Column", Type.TEXT, (S,), "Which column", width=16),
        Column("old_value", "Old", Type.TEXT, (S,), "Before", width=24),
        Column("new_value", "New", Type.TEXT, (S,), "After", width=24),
        Column("at", "When", Type.TS, (S,), "When", width=16),
        Column("by", "Who", Type.TEXT, (S,), "Who", width=20),
        Column("via", "Through", Type.TEXT, (S,), "Command line, workbook, schedule", width=14),
        Column("why", "Why", Type.TEXT, (S,), "Short reason", width=30),
    ),
)
