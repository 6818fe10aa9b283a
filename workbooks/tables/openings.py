"""Opening balances: what a driver owes or is owed, earned so far, odometers and the next numbers, as they are at go-live."""

from workbooks.schema import Book, Check, Column, Kind, M, P, Row, Table, Type
from workbooks.tables.driver_ledger import ACCOUNTS
from workbooks.tables.go_live import LIFE, SIGN_OFF, sealed

EARNED, ODOMETER, NUMBER = "EARNED_YTD", "ODOMETER", "NEXT_NUMBER"
KINDS = (*ACCOUNTS, EARNED, ODOMETER, NUMBER)
SERIES = ("INV", "CN")


def _not_negative(row: Row) -> str | None:
    amount = row.get("amount")
    return "an opening balance is not below zero" if amount is not None and amount < 0 else None


def _a_number_is_whole(row: Row) -> str | None:
    amount = row.get("amount")
    if row.get("kind") == NUMBER and amount is not None and (amount != int(amount) or amount < 1):
        return "the next number is a whole number from 1 on"
    return None


TABLE = Table(
    name="openings",
    title="Opening balances",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("kind", "party"),
    about="One row per balance that is brought over. It counts once the manager ran “Sign cut-over”; later it is put right by an entry on Driver ledger.",
    order=125,
    readers=(M, P),
    new_rows=(M,),
    sealed=sealed,
    checks=(Check("amount", _not_negative), Check("amount", _a_number_is_whole)),
    columns=(
        Column("kind", "What", Type.ENUM, (M,), "ADVANCE, UNIFORM, CARRY: owed by the driver; ESCROW: kept for the driver", enum=KINDS,
               required=True, width=14),
        Column("party", "Whose", Type.ID, (M,), "Driver; for ODOMETER the vehicle; for NEXT_NUMBER INV or CN", required=True, width=12),
        Column("amount", "Amount", Type.DEC, (M,), "Balance, miles or number at go-live", places=2, required=True, width=12),
        Column("note", "Note", Type.TEXT, (M,), "Where it comes from", width=28),
        *SIGN_OFF,
    ),
    lifecycle=LIFE,
)  # fmt: skip
