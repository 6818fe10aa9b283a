"""Runs: every job that did something, when, through what, and what came of it."""

from workbooks.schema import Book, Column, Kind, M, S, Table, Type

TABLE = Table(
    name="runs",
    title="Runs",
    book=Book.CONTROL,
    kind=Kind.LOG,
    key=("run_id",),
    about="One row per run, newest first. Running the same thing again returns the first result and writes nothing.",
    order=94,
    readers=(M,),
    shown=(M,),
    columns=(
        Column("run_id", "Run", Type.ID, (S,), "Number of the run", required=True, width=14),
        Column("job", "Job", Type.TEXT, (S,), "What was run", width=18),
        Column("scope", "Scope", Type.TEXT, (S,), "For what", width=30),
        Column("sentence", "Result", Type.TEXT, (S,), "What came of it", width=70),
        Column("by", "Who", Type.TEXT, (S,), "Who ran it", width=18),
        Column("via", "Through", Type.TEXT, (S,), "Command line, workbook, schedule", width=14),
        Column("started_at", "Started", Type.TS, (S,), "When", width=16),
        Column("ended_at", "Ended", Type.TS, (S,), "When", width=16),
        Column("created", "Created", Type.INT, (S,), "Rows created", width=8),
        Column("changed", "Changed", Type.INT, (S,), "Rows changed", width=8),
        Column("blocked", "Blocked", Type.INT, (S,), "Rows left out, each with its reason", width=8),
    ),
)
