"""Calendar: holidays and peak days per market."""

from workbooks.schema import STAFF, Book, Column, Kind, M, Table, Type

TABLE = Table(
    name="calendar",
    title="Calendar",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("market_id", "date"),
    about="One row per day that is not an ordinary one.",
    order=122,
    readers=STAFF,
    new_rows=(M,),
    columns=(
        Column("market_id", "Market", Type.ID, (M,), "Where", required=True, ref="markets", width=8),
        Column("date", "Date", Type.DATE, (M,), "The day", required=True, width=11),
        Column("holiday", "Holiday", Type.BOOL, (M,), "No deliveries promised", width=9),
        Column(
            "peak_multiplier", "Peak x", Type.DEC, (M,), "Expected volume against an ordinary day", places=4, width=9
        ),
        Column("index_holiday", "Index holiday", Type.BOOL, (M,), "No fuel index is published", width=12),
        Column("name", "Name", Type.TEXT, (M,), "What day it is", width=24),
    ),
)
