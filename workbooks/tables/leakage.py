"""Leakage: every attempt where work, pay and bill do not agree, with the amount."""

from workbooks.schema import Book, Column, Kind, Lifecycle, M, Need, S, Table, Type, steps

KINDS = ("DELIVERED_NOT_BILLED", "BILLED_NOT_PAID", "PAID_NOT_BILLED", "DELIVERED_NOT_PAID", "PAID_TWICE", "BILLED_TWICE",
         "HELD_PAY", "HELD_BILL", "NO_DRIVER", "NO_PLAN")  # fmt: skip

TABLE = Table(
    name="leakage",
    title="Leakage",
    book=Book.SETTLE,
    kind=Kind.DERIVED,
    key=("leak_id",),
    about="One row per attempt that was delivered and not billed, billed and not paid, paid and not billed, paid twice or held.",
    market="market_id",
    day="service_date",
    order=59,
    readers=(M,),
    shown=(M,),
    columns=(
        Column("leak_id", "No.", Type.ID, (S,), "Kind and attempt", required=True, width=34),
        Column("status", "Status", Type.ENUM, (S,), "OPEN until both sides agree", enum=("OPEN", "CLOSED"), width=9,
               colours={"OPEN": "bad", "CLOSED": "muted"}),
        Column("kind", "Kind", Type.ENUM, (S,), "What does not agree", enum=KINDS, width=22),
        Column("market_id", "Market", Type.ID, (S,), "Where", ref="markets", width=8),
        Column("service_date", "Service date", Type.DATE, (S,), "When", width=11),
        Column("account_id", "Account", Type.ID, (S,), "Whose stop", width=11),
        Column("driver_id", "Driver", Type.ID, (S,), "Who made the attempt", width=10),
        Column("stop_id", "Stop", Type.ID, (S,), "Which stop", width=20),
        Column("attempt_id", "Attempt", Type.ID, (S,), "Which attempt", width=24),
        Column("amount", "Amount", Type.MONEY, (S,), "What it may cost, as far as it is known", width=10),
        Column("what", "What and why", Type.TEXT, (S,), "In one sentence", width=60),
    ),
    lifecycle=Lifecycle("status", ("OPEN",), steps({"OPEN": "CLOSED", "CLOSED": "OPEN"}), live=("OPEN",)),
    needs=(
        Need(M, lambda row: row.get("status") == "OPEN" and row.get("kind") in ("PAID_TWICE", "BILLED_TWICE"),
             lambda row: f"{row.get('stop_id')}: {row.get('what')}", urgency=2),
    ),
)  # fmt: skip
