"""Driver pay: a driver's cycle, floor and tax fields; for payroll and the manager alone."""

from workbooks.schema import Book, Check, Column, Kind, M, P, Row, Table, Type


def _four_digits(row: Row) -> str | None:
    text = row.get("tin_last4")
    return "only the last four digits are kept" if text and not (len(str(text)) == 4 and str(text).isdigit()) else None


TABLE = Table(
    name="driver_pay",
    title="Driver pay",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("driver_id",),
    about="One row per driver who is settled. Without a row: weekly, and net pay never below zero.",
    order=164,
    readers=(P, M),
    new_rows=(P,),
    checks=(Check("tin_last4", _four_digits),),
    columns=(
        Column("driver_id", "Driver", Type.ID, (P,), "Who", ref="drivers", required=True, width=10),
        Column("settlement_cycle", "Cycle", Type.ENUM, (P,), "How often; blank: weekly", enum=("WEEKLY", "BIWEEKLY"), width=10),
        Column("cycle_anchor", "Cycle anchor", Type.DATE, (P,), "A day in the first of two weeks, for BIWEEKLY", width=12),
        Column("min_net", "Least net", Type.MONEY, (P,), "Deductions stop here; blank: 0.00", width=10),
        Column("max_deduction_pct", "Most deducted", Type.PCT, (P,), "Share of gross that may be deducted; blank: all", width=10),
        Column("final_on", "Final on", Type.DATE, (P,), "The settlement of this day is the last: caps off, escrow released", width=11),
        Column("w9_on_file", "W-9", Type.BOOL, (P,), "On file", width=6),
        Column("tin_last4", "TIN last 4", Type.ID, (P,), "Never the full number", width=10),
        Column("tax_state", "State", Type.ID, (P,), "Two letters", width=6),
    ),
)  # fmt: skip
