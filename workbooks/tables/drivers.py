"""Drivers: who drives. Pay plans, cycles and tax fields stand in the payroll workbook, not here."""

from workbooks.schema import STAFF, Book, Column, D, Kind, M, P, Table, Type, V

TABLE = Table(
    name="drivers",
    title="Drivers",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("driver_id",),
    about="One row per driver.",
    order=113,
    readers=STAFF,
    new_rows=(M, P),
    columns=(
        Column("driver_id", "Driver", Type.ID, (M, P), "Our own number, for ever", required=True, width=10),
        Column("display", "Name", Type.TEXT, (M, P), "Name on manifests and messages", required=True, width=22),
        Column("legal_name", "Legal name", Type.TEXT, (P, M), "Name on pay documents", width=24),
        Column("engagement", "Engagement", Type.ENUM, (P, M), "Contractor, employee or carrier", enum=("IC", "W2", "CARRIER"), width=11),
        Column("phone", "Phone", Type.PHONE, (V, M), "Number the driver confirmed", width=15),
        Column("status", "Status", Type.ENUM, (M,), "May the driver be scheduled", width=12,
               enum=("ONBOARDING", "ACTIVE", "SUSPENDED", "LEFT"),
               colours={"ONBOARDING": "warn", "SUSPENDED": "bad", "LEFT": "muted"}),
        Column("on_call", "On call", Type.BOOL, (D, M), "Can be asked to fill in", width=8),
        Column("home_market", "Home market", Type.ID, (M,), "Where the driver usually works", ref="markets", width=11),
    ),
)  # fmt: skip
