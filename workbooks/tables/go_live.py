"""Go-live: from which day an account is billed here and a driver is paid here; what was before is somebody else's."""

from workbooks.schema import B, Book, Column, Kind, Lifecycle, M, P, Row, S, Table, Type, steps

KINDS = ("ACCOUNT", "DRIVER")
SIGNED = "SIGNED"


def sealed(row: Row, column: str) -> str:
    """Why a row that was brought over no longer changes."""
    if row.get("status") != SIGNED:
        return ""
    return f"was signed off by {row.get('signed_by')} and does not change; it counts in what was drafted since"


SIGN_OFF = (
    Column("status", "Status", Type.ENUM, (S,), "SIGNED once “Sign cut-over” took it in", enum=("ENTERED", SIGNED), width=10,
           colours={"ENTERED": "warn", SIGNED: "good"}),
    Column("signed_by", "Signed by", Type.TEXT, (S,), "Who signed it off", width=18),
    Column("signed_at", "Signed", Type.TS, (S,), "When", width=16),
)  # fmt: skip
"""columns of everything that is brought over"""
LIFE = Lifecycle("status", ("ENTERED",), steps({"ENTERED": SIGNED}), live=("ENTERED",))

TABLE = Table(
    name="go_live",
    title="Go-live",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("kind", "party"),
    about="One row per account or driver that begins here. Work before the day is neither paid, billed nor listed as missing. Without a row everything counts.",
    order=124,
    readers=(M, P, B),
    new_rows=(M,),
    sealed=sealed,
    columns=(
        Column("kind", "Kind", Type.ENUM, (M,), "Whose day it is", enum=KINDS, required=True, width=10),
        Column("party", "Account or driver", Type.ID, (M,), "Its code or number", required=True, width=16),
        Column("go_live", "Go-live", Type.DATE, (M,), "First day that counts here", required=True, width=11),
        Column("note", "Note", Type.TEXT, (M,), "Anything to say", width=28),
        *SIGN_OFF,
    ),
    lifecycle=LIFE,
)
