"""Fuel index: published diesel prices by week; a revision is a new row."""

from workbooks.schema import B, Book, Check, Column, Kind, M, P, Row, Table, Type


def _positive(row: Row) -> str | None:
    price = row.get("price")
    return "a fuel price is positive" if price is not None and price <= 0 else None


TABLE = Table(
    name="fuel_index",
    title="Fuel index",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("index_id", "week", "revision"),
    about="One row per index, week and revision. The highest revision counts; earlier ones stay.",
    order=167,
    readers=(P, B, M),
    new_rows=(B,),
    checks=(Check("price", _positive),),
    columns=(
        Column("index_id", "Index", Type.ID, (B,), "Such as DOE-US", required=True, width=12),
        Column("week", "Week of", Type.DATE, (B,), "Day the price is for", required=True, width=11),
        Column("revision", "Revision", Type.INT, (B,), "0, then 1, 2 …", required=True, width=9),
        Column("price", "Price", Type.DEC, (B,), "Per gallon", places=3, required=True, width=9),
        Column("published_on", "Published", Type.DATE, (B,), "When it came out", width=11),
        Column("source", "Source", Type.TEXT, (B,), "Where it was read", width=28),
        Column("entered_by", "Entered by", Type.TEXT, (B,), "Who", width=16),
    ),
)  # fmt: skip
