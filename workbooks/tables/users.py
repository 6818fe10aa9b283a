"""Users: the people who work in the books, what they may do and where."""

from workbooks.schema import Book, Column, Kind, M, Table, Type

ROLE_NAMES = ("dispatch", "va", "payroll", "billing", "manager")

TABLE = Table(
    name="users",
    title="Users",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("email",),
    about="One row per person.",
    order=121,
    readers=(M,),
    new_rows=(M,),
    columns=(
        Column("email", "E-mail", Type.EMAIL, (M,), "How the person signs in", required=True, width=28),
        Column("name", "Name", Type.TEXT, (M,), "Shown in history", width=22),
        Column("role", "Roles", Type.SET, (M,), "What the person works as", enum=ROLE_NAMES, required=True, width=18),
        Column("markets", "Markets", Type.TEXT, (M,), "Codes, comma between; blank: all", width=14),
        Column("accounts", "Accounts", Type.TEXT, (M,), "Codes, comma between; blank: all", width=14),
        Column("tier", "Tier", Type.INT, (M,), "1 VA, 2 supervisor, 3 leadership", width=6),
        Column("shift_tz", "Shift zone", Type.ZONE, (M,), "Where the person sits", width=18),
        Column("can_post", "May post", Type.BOOL, (M,), "May post settlements and invoices", width=9),
    ),
)
