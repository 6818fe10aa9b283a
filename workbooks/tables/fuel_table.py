"""Fuel tables: which surcharge a price leads to, in brackets from (included) to (not included)."""

from workbooks.schema import B, Book, Check, Column, Kind, M, P, Row, Table, Type


def _bracket(row: Row) -> str | None:
    start, end = row.get("from"), row.get("to")
    return (
        "the bracket ends where it begins or before" if start is not None and end is not None and end <= start else None
    )


def _one_of_both(row: Row) -> str | None:
    if (row.get("pct") is None) == (row.get("permile") is None):
        return "fill either the percentage or the amount per mile"
    return None


DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

TABLE = Table(
    name="fuel_table",
    title="Fuel tables",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("table_id", "eff_from", "from"),
    about="One row per bracket: from <= price < to. Brackets of one table follow each other without a gap.",
    order=168,
    readers=(P, B, M),
    new_rows=(B,),
    checks=(Check("to", _bracket), Check("pct", _one_of_both)),
    columns=(
        Column("table_id", "Table", Type.ID, (B,), "Name of the table", required=True, width=12),
        Column("eff_from", "From day", Type.DATE, (B,), "First day these brackets hold", required=True, width=11),
        Column("from", "From", Type.DEC, (B,), "Price, included", places=3, required=True, width=9),
        Column("to", "To", Type.DEC, (B,), "Price, not included; blank: no end", places=3, width=9),
        Column("index_id", "Index", Type.ID, (B,), "Which index it reads", required=True, width=12),
        Column("pct", "Percent", Type.PCT, (B,), "Surcharge on a base", width=9),
        Column("permile", "Per mile", Type.DEC, (B,), "Surcharge per mile", places=4, width=9),
        Column("lag_weeks", "Lag weeks", Type.INT, (B,), "Weeks between price and use; blank: 0", width=9),
        Column("effective_dow", "Begins on", Type.ENUM, (B,), "Weekday a new price begins to count; blank: MON", enum=DAYS, width=9),
        Column("date_basis", "By date of", Type.ENUM, (B,), "Which date decides the week; blank: service", enum=("SERVICE", "INVOICE"), width=10),
    ),
)  # fmt: skip
