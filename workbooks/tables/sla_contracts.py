"""SLA contracts: what on time means for an account, and the target."""

from workbooks.schema import Book, Check, Column, D, Kind, M, Role, Row, Table, Type, V

B = Role.BILLING


def _ends_after_it_begins(row: Row) -> str | None:
    start, end = row.get("eff_from"), row.get("eff_to")
    return "the last day is before the first" if start and end and end < start else None


TABLE = Table(
    name="sla_contracts",
    title="SLA contracts",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("contract_id",),
    about="One row per contract and account: which moment is measured, grace, which attempts count, the target.",
    order=119,
    readers=(M, B, V, D),
    new_rows=(M,),
    checks=(Check("eff_to", _ends_after_it_begins),),
    columns=(
        Column("contract_id", "Contract", Type.ID, (M,), "Our number", required=True, width=14),
        Column("account_id", "Account", Type.ID, (M,), "Whose promise", required=True, ref="accounts", width=12),
        Column("measure_event", "Measured at", Type.ENUM, (M,), "Which moment counts", width=14,
               enum=("POD", "ARRIVAL", "SERVICE_START")),
        Column("window_source", "Window", Type.ENUM, (M,), "Whose window", enum=("CLIENT", "PLANNED", "PROMISED"), width=10),
        Column("early_grace_min", "Early grace", Type.INT, (M,), "Minutes before the window that still count", width=10),
        Column("late_grace_min", "Late grace", Type.INT, (M,), "Minutes after it that still count", width=10),
        Column("attempt_rule", "Attempts", Type.ENUM, (M,), "Does a first attempt in the window count", width=26,
               enum=("FIRST_ATTEMPT_IN_WINDOW", "DELIVERED_ONLY")),
        Column("exclusions", "Exclusions", Type.TEXT, (M,), "Reason codes left out, comma between", width=24),
        Column("tender_cutoff", "Tender by", Type.TIME, (M,), "Orders given later are not committed", width=10),
        Column("target", "Target", Type.PCT, (M,), "Share that must be on time", width=9),
        Column("period", "Period", Type.ENUM, (M,), "Over which it is measured", enum=("WEEK", "MONTH"), width=9),
        Column("eff_from", "From", Type.DATE, (M,), "First service date", required=True, width=11),
        Column("eff_to", "Until", Type.DATE, (M,), "Last service date; blank: still", width=11),
        Column("min_sample", "Min. sample", Type.INT, (M,), "Fewer stops give no rate", width=10),
    ),
)  # fmt: skip
