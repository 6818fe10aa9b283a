"""Flag rules: what each reconciliation flag means for who decides, and what is held until then."""

from workbooks.schema import STAFF, Book, Column, Kind, M, Row, Table, Type

FLAGS = ("MATCH", "MISSING_SCAN", "UNMANIFESTED", "DUPLICATE_SCAN", "MOVED", "DRIVER_SWAP", "LATE_ADD",
         "CANCELLED_LOADED", "PARTIAL", "COUNT_MISMATCH", "NO_DRIVER_MAP", "TIME_IMPOSSIBLE", "SWAP_NO_EVENT")  # fmt: skip
"""every flag, in the order a row shows them; SWAP_NO_EVENT is a swap that no manifest event explains"""


def _row(flag: str, decided_by: str, self_closes: bool, holds_pay: bool, holds_bill: bool, about: str) -> Row:
    return {"flag": flag, "decided_by": decided_by, "self_closes": self_closes, "holds_pay": holds_pay,
            "holds_bill": holds_bill, "about": about}  # fmt: skip


TABLE = Table(
    name="flag_rules",
    title="Flag rules",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("flag",),
    about="One row per reconciliation flag. A row of Recon stays OPEN until each flag that does not close itself is decided.",
    order=118,
    readers=STAFF,
    columns=(
        Column("flag", "Flag", Type.ENUM, (M,), "Reconciliation flag", enum=FLAGS, required=True, width=18),
        Column(
            "decided_by",
            "Decided by",
            Type.ENUM,
            (M,),
            "Whose decision it waits for",
            enum=("DISPATCH", "VA"),
            width=11,
        ),
        Column("self_closes", "Closes itself", Type.BOOL, (M,), "Needs no decision", width=12),
        Column("holds_pay", "Holds pay", Type.BOOL, (M,), "The driver's line waits", width=10),
        Column("holds_bill", "Holds bill", Type.BOOL, (M,), "The client's charge waits", width=10),
        Column("about", "What it means", Type.TEXT, (M,), "In plain words", width=60),
    ),
    defaults=(
        _row("MATCH", "DISPATCH", True, False, False, "Planned, scanned, and both agree"),
        _row("MISSING_SCAN", "VA", False, True, True, "Dispatched, but no scan came in"),
        _row("UNMANIFESTED", "DISPATCH", False, True, True, "Scanned, but on no manifest of the day"),
        _row("DUPLICATE_SCAN", "VA", True, False, False, "Scanned again within minutes; counted once"),
        _row("MOVED", "DISPATCH", True, False, False, "Changed route after dispatch"),
        _row("DRIVER_SWAP", "DISPATCH", True, False, False, "Another driver than the one it was dispatched with"),
        _row("LATE_ADD", "DISPATCH", True, False, False, "Added after dispatch"),
        _row("CANCELLED_LOADED", "DISPATCH", True, False, False, "Cancelled when already on board"),
        _row("PARTIAL", "VA", True, False, False, "Some packages delivered"),
        _row("COUNT_MISMATCH", "VA", False, True, True, "Package count and outcome do not agree"),
        _row("NO_DRIVER_MAP", "VA", False, True, False, "The platform account belongs to no driver of ours"),
        _row("TIME_IMPOSSIBLE", "VA", False, True, True, "Times that cannot be true"),
        _row(
            "SWAP_NO_EVENT",
            "DISPATCH",
            False,
            True,
            False,
            "Another driver than the route's scanned it, and no event says why",
        ),
    ),
)
