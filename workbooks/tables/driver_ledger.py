"""Driver ledger: advances, uniforms, escrow and carried-over charges; entries are added and never changed."""

from workbooks.schema import Book, Column, Kind, M, P, R, Row, S, Table, Type

ACCOUNTS = ("ADVANCE", "UNIFORM", "ESCROW", "CARRY")
"""ADVANCE, UNIFORM and CARRY: what the driver owes. ESCROW: what is kept for the driver."""


def _sealed(row: Row, column: str) -> str:
    return "" if column == "note" else "is an entry of a ledger: enter a second one that puts it right"


TABLE = Table(
    name="driver_ledger",
    title="Driver ledger",
    book=Book.SETTLE,
    kind=Kind.FACT,
    key=("entry_id",),
    about="One row per entry. A balance is the sum of its entries; a wrong one is put right by a second one.",
    order=58,
    day="date",
    parent="driver_id",
    readers=(P, M),
    shared={R: ("driver_id", "account", "date", "amount", "ref", "balance_after")},
    shown=(P,),
    new_rows=(P,),
    sealed=_sealed,
    columns=(
        Column("entry_id", "Entry", Type.ID, (P,), "Any number not used yet", required=True, width=26),
        Column("driver_id", "Driver", Type.ID, (P,), "Whose", ref="drivers", required=True, width=10),
        Column("account", "Account", Type.ENUM, (P,), "Which balance", enum=ACCOUNTS, required=True, width=10),
        Column("date", "Date", Type.DATE, (P,), "When", required=True, width=11),
        Column("amount", "Amount", Type.MONEY, (P,), "More owed or kept is positive", required=True, width=10),
        Column("ref", "Reference", Type.ID, (P,), "Receipt, settlement or agreement", width=20),
        Column("note", "Note", Type.TEXT, (P,), "Anything to say", width=28),
        Column("balance_after", "Balance", Type.MONEY, (S,), "Of this account after the entry", width=10),
    ),
)  # fmt: skip
