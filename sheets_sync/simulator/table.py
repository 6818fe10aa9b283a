"""The table that simulated people share: a column for dispatch, one for the VA, two for both, one for Stopbook."""

from zoneinfo import ZoneInfo

from workbooks.schema import Book, Column, Kind, Role, Table, Type
from workbooks.shelf import Workbook

S, D, V = Role.SYSTEM, Role.DISPATCH, Role.VA
TABLE = Table(
    name="exceptions",
    title="Exceptions",
    book=Book.OPS,
    kind=Kind.INPUT,
    key=("k",),
    about="What people share in a simulation.",
    readers=(D, V),
    shown=(D, V),
    new_rows=(D, V),
    columns=(
        Column("k", "Key", Type.ID, (S, D, V), "", required=True),
        Column("a", "Dispatch", Type.TEXT, (D,), ""),
        Column("b", "VA", Type.TEXT, (V,), ""),
        Column("c", "Both", Type.TEXT, (D, V), ""),
        Column("n", "Count", Type.INT, (D, V), ""),
        Column("s", "System", Type.TEXT, (S,), ""),
    ),
)
KEY = "Key"
MEMO = "Memo"
"""a column that dispatchers added for themselves"""
ZONE = ZoneInfo("America/Chicago")
GOOGLE = Workbook("google", "Dispatch", (D,), None, ZONE, (TABLE,))
EXCEL = Workbook("excel", "VA", (V,), None, ZONE, (TABLE,))
