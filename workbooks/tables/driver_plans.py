"""Driver plans: which pay plan a driver is on, from when until when."""

from workbooks.schema import Book, Check, Column, Kind, M, P, Row, Table, Type


def _ends_after_it_begins(row: Row) -> str | None:
    start, end = row.get("eff_from"), row.get("eff_to")
    return "the last day is before the first" if start and end and end < start else None


TABLE = Table(
    name="driver_plans",
    title="Driver plans",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("driver_id", "eff_from"),
    about="One row per driver and plan. A change in mid-week splits the week, and tiers count anew.",
    order=163,
    readers=(P, M),
    new_rows=(P,),
    checks=(Check("eff_to", _ends_after_it_begins),),
    columns=(
        Column("driver_id", "Driver", Type.ID, (P,), "Who", ref="drivers", required=True, width=10),
        Column("eff_from", "From", Type.DATE, (P,), "First route day", required=True, width=11),
        Column("eff_to", "Until", Type.DATE, (P,), "Last route day; blank: still", width=11),
        Column("plan_id", "Plan", Type.ID, (P,), "The version in force on the day counts", ref="pay_plans", required=True, width=12),
    ),
)  # fmt: skip
