"""Settlement lines: every amount of a settlement with the rule, the facts and the rows it was made from."""

from workbooks.schema import Book, Column, Kind, Lifecycle, M, P, R, Row, S, Table, Type, steps
from workbooks.tables.deduction_agreements import CODES

COMPONENTS = ("FLAT", "STOP_TIER", "ATTEMPT", "CANCEL", "EXTRA", "GROUPED", "MILES", "FUEL", "COMBINE", "GUARANTEE", "BONUS", "ADJ",
              "REIMB", "ESCROW_RELEASE", "DED_CARRY", *(f"DED_{code}" for code in CODES), "CARRY_OUT", "HELD")  # fmt: skip


def _sealed(row: Row, column: str) -> str:
    if row.get("status") in ("POSTED", "VOID") and column != "status":
        return "belongs to a posted settlement and does not change; propose an adjustment for the next one"
    return ""


TABLE = Table(
    name="settlement_lines",
    title="Settlement lines",
    book=Book.SETTLE,
    kind=Kind.DOCUMENT,
    key=("line_id",),
    about="One row per line; the amounts of a settlement add up to its net. “stopbook explain” shows how each came about.",
    day="period_end",
    parent="settlement_id",
    order=53,
    readers=(P, M),
    shared={
        R: ("line_id", "settlement_id", "driver_id", "period_end", "n", "component", "state", "route_id", "quantity", "rate", "amount",
            "held_amount", "says"),
    },
    shown=(P, M),
    sealed=_sealed,
    columns=(
        Column("line_id", "Line", Type.ID, (S,), "Settlement and what it is for", required=True, width=34),
        Column("settlement_id", "Settlement", Type.ID, (S,), "Whose line", required=True, width=22),
        Column("driver_id", "Driver", Type.ID, (S,), "Who is paid", width=10),
        Column("period_end", "Until", Type.DATE, (S,), "Last day of the settlement", width=11),
        Column("n", "No.", Type.INT, (S,), "Order on the statement", width=6),
        Column("component", "Component", Type.ENUM, (S,), "What it is for", enum=COMPONENTS, required=True, width=15),
        Column("state", "State", Type.ENUM, (S,), "HELD and PENDING are shown and not paid yet", enum=("OK", "HELD", "PENDING"), width=9,
               colours={"HELD": "bad", "PENDING": "warn"}),
        Column("route_id", "Route", Type.ID, (S,), "Where it belongs to one route", width=20),
        Column("quantity", "Quantity", Type.DEC, (S,), "Stops, miles, days", places=2, width=10),
        Column("rate", "Rate", Type.DEC, (S,), "Per unit", places=4, width=9),
        Column("amount", "Amount", Type.MONEY, (S,), "To the driver; deductions are negative", width=11),
        Column("held_amount", "Held about", Type.MONEY, (S,), "What it may come to", width=10),
        Column("says", "In words", Type.TEXT, (S,), "The line in plain words", width=60),
        Column("rule", "Rule", Type.TEXT, (S,), "File of the rule", width=22),
        Column("version", "Version", Type.TEXT, (S,), "Plan or agreement it read", width=14),
        Column("facts", "Facts", Type.TEXT, (S,), "What the amount follows from", width=30, hidden=True),
        Column("sources", "Sources", Type.TEXT, (S,), "Rows it was made from", width=30, hidden=True),
        Column("status", "Status", Type.ENUM, (S,), "As its settlement", enum=("DRAFT", "POSTED", "VOID"), width=9),
    ),
    lifecycle=Lifecycle("status", ("DRAFT",), steps({"DRAFT": "POSTED VOID", "POSTED": "VOID"}), live=("DRAFT", "POSTED")),
)  # fmt: skip
