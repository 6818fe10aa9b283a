"""Reason overrides: where an account's contract decides otherwise than the fault matrix."""

from workbooks.schema import Book, Column, Kind, M, Role, Table, Type

B = Role.BILLING
TABLE = Table(
    name="reason_overrides",
    title="Reason overrides",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("code", "account_id", "eff_from"),
    about="One row per code and account whose contract differs.",
    order=118,
    readers=(M, B),
    new_rows=(M, B),
    columns=(
        Column("code", "Code", Type.ID, (M, B), "Reason", required=True, width=25),
        Column("account_id", "Account", Type.ID, (M, B), "Whose contract", required=True, ref="accounts", width=12),
        Column("eff_from", "From", Type.DATE, (M, B), "First day; blank: always", width=11),
        Column("billable", "Failed fee", Type.BOOL, (M, B), "The client pays for the attempt", width=11),
        Column("counts_sla", "Counts", Type.BOOL, (M, B), "Counts against on time", width=9),
    ),
)
