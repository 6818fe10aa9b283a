"""Health: what is wrong with the books themselves, each with its place and remedy."""

from workbooks.schema import STAFF, Book, Column, Kind, Lifecycle, M, Need, S, Table, Type, steps

TABLE = Table(
    name="health",
    title="Health",
    book=Book.CONTROL,
    kind=Kind.DERIVED,
    key=("finding_id",),
    about="One row per finding of the health check; it closes itself once it is mended.",
    market="market_id",
    order=92,
    readers=STAFF,
    shown=(M,),
    columns=(
        Column("finding_id", "No.", Type.ID, (S,), "Number of the finding", required=True, width=18),
        Column("market_id", "Market", Type.ID, (S,), "Where, if it is one market's", width=8),
        Column("status", "Status", Type.ENUM, (S,), "OPEN until it is mended", enum=("OPEN", "MENDED"), width=10,
               colours={"OPEN": "bad", "MENDED": "muted"}),
        Column("severity", "Severity", Type.ENUM, (S,), "ERROR stops money, WARNING does not", enum=("ERROR", "WARNING"), width=10,
               colours={"ERROR": "bad", "WARNING": "warn"}),
        Column("tab", "Tab", Type.TEXT, (S,), "Which tab", width=16),
        Column("row_key", "Row", Type.TEXT, (S,), "Which row", width=30),
        Column("column_title", "Column", Type.TEXT, (S,), "Which column", width=16),
        Column("what", "What is wrong", Type.TEXT, (S,), "In one sentence", width=56),
        Column("remedy", "What to do", Type.TEXT, (S,), "The way out", width=44),
        Column("first_seen", "First seen", Type.TS, (S,), "When it was found", width=16),
    ),
    lifecycle=Lifecycle("status", ("OPEN",), steps({"OPEN": "MENDED", "MENDED": "OPEN"}), live=("OPEN",)),
    needs=(
        Need(M, lambda row: row.get("status") == "OPEN" and row.get("severity") == "ERROR",
             lambda row: f"{row['tab']} {row['row_key']}: {row['what']}", urgency=3),
    ),
)  # fmt: skip
