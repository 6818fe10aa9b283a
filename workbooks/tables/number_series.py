"""Number series: the last number given in each series, so that numbers have no gaps and none is given twice."""

from workbooks.schema import B, Book, Column, Kind, M, S, Table, Type

TABLE = Table(
    name="number_series",
    title="Number series",
    book=Book.BILLING,
    kind=Kind.DERIVED,
    key=("series",),
    about="One row per series. It changes together with the document that takes the number, or not at all.",
    order=158,
    readers=(B, M),
    columns=(
        Column("series", "Series", Type.ID, (S,), "INV, CN", required=True, width=10),
        Column("last_number", "Last number", Type.INT, (S,), "Given last", required=True, width=12),
    ),
)
