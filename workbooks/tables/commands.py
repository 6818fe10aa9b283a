"""Commands: jobs that people run from their spreadsheet, each row one of them: looked at first, then run, then done."""

from workbooks.schema import STAFF, Book, Column, Kind, Lifecycle, M, Move, S, Table, Type, steps

RUN = "RUN"

TABLE = Table(
    name="commands",
    title="Commands",
    book=Book.CONTROL,
    kind=Kind.DERIVED,
    key=("command_id",),
    about="One row per job run from a Google spreadsheet: choose the job, read what it would do, then choose RUN.",
    parent="copy",
    copy="copy",
    order=91,
    readers=(M,),
    columns=(
        Column("command_id", "No.", Type.ID, (S,), "Number of the command", required=True, width=16),
        Column("job", "Job", Type.TEXT, STAFF, "What to do; the list shows what this spreadsheet may run", width=22),
        Column("for_market", "Market", Type.ID, STAFF, "For which market; blank: the spreadsheet's", ref="markets", width=8),
        Column("for_day", "Day", Type.DATE, STAFF, "For which operating day, where the job asks for one", width=12),
        Column("options", "Options", Type.TEXT, STAFF, "More, such as account=A1; several with a semicolon between", width=20),
        Column("preview", "What it would do", Type.TEXT, (S,), "Nothing is done before you choose RUN", width=60),
        Column("go", "Run", Type.ENUM, STAFF, "Choose RUN once you have read what it would do", enum=(RUN,), width=8),
        Column("status", "Status", Type.ENUM, (S,), "How far it is",
               enum=("FREE", "CANNOT", "LOOK", "SIGN_IN", "RUNNING", "DONE", "OLD"), width=10,
               colours={"CANNOT": "bad", "LOOK": "warn", "SIGN_IN": "warn", "RUNNING": "warn", "DONE": "good"}),
        Column("result", "Result", Type.TEXT, (S,), "What came of it", width=60),
        Column("link", "Link", Type.URL, (S,), "Where you sign in yourself, for what posts or approves", width=40),
        Column("at", "When", Type.TS, (S,), "When it was looked at or run", width=16),
        Column("copy", "Copy", Type.ID, (S,), "The spreadsheet it belongs to", width=20, hidden=True),
        Column("asked", "Asked", Type.TEXT, (S,), "For Stopbook: what the preview is of", width=20, hidden=True),
        Column("plan", "Plan", Type.TEXT, (S,), "For Stopbook: digest of what was shown", width=20, hidden=True),
    ),
    lifecycle=Lifecycle(
        "status",
        ("FREE",),
        (
            *steps({
                "FREE": "CANNOT LOOK SIGN_IN OLD", "CANNOT": "FREE LOOK SIGN_IN OLD", "LOOK": "FREE CANNOT SIGN_IN OLD",
                "SIGN_IN": "FREE CANNOT LOOK OLD", "RUNNING": "LOOK CANNOT DONE", "DONE": "OLD",
            }),
            Move("LOOK", "RUNNING", RUN, STAFF),
        ),
        action_column="go",
        live=("FREE", "CANNOT", "LOOK", "SIGN_IN", "RUNNING", "DONE"),
    ),
)  # fmt: skip
