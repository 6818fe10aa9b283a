"""Pay examples: worked examples a version of a plan must come out to before it may pay anybody."""

from workbooks.schema import Book, Column, Kind, M, P, S, Table, Type

TABLE = Table(
    name="pay_examples",
    title="Pay examples",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("plan_id", "version", "n"),
    about="One row per example: a week's work on one route and what the driver earns for it, before deductions.",
    order=162,
    readers=(P, M),
    new_rows=(P,),
    columns=(
        Column("plan_id", "Plan", Type.ID, (P,), "Which plan", ref="pay_plans", required=True, width=12),
        Column("version", "Version", Type.INT, (P,), "Which version", required=True, width=8),
        Column("n", "No.", Type.INT, (P,), "Number of the example", required=True, width=6),
        Column("delivered", "Delivered", Type.INT, (P,), "Stops, shared evenly among the days", width=9),
        Column("partial", "Partial", Type.INT, (P,), "Stops delivered in part, on the last day", width=8),
        Column("failed", "Failed", Type.INT, (P,), "Failed attempts that are paid, on the last day", width=8),
        Column("cancelled", "Cancelled", Type.INT, (P,), "Cancelled on board, on the last day", width=9),
        Column("packages", "Packages", Type.INT, (P,), "Per delivered stop; blank: 1", width=9),
        Column("days", "Days", Type.INT, (P,), "Worked days, one route each; blank: 1", width=7),
        Column("miles_per_day", "Miles a day", Type.DEC, (P,), "Driven each day", places=1, width=10),
        Column("fuel_rate", "Fuel rate", Type.DEC, (P,), "Per mile or as a fraction; blank: none", places=4, width=9),
        Column("gates_met", "Gates met", Type.BOOL, (P,), "The bonus is earned", width=9),
        Column("expected", "Expected", Type.MONEY, (P,), "Earnings to the cent", required=True, width=10),
        Column("result", "Result", Type.MONEY, (S,), "What the plan makes of it", width=10),
        Column("passes", "Passes", Type.BOOL, (S,), "To the cent", width=8),
    ),
)  # fmt: skip
