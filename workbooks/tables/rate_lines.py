"""Rate lines: the prices of a card, by charge code, zone and break."""

from workbooks.schema import B, Book, Check, Column, Kind, M, Row, Table, Type

UNITS = ("STOP", "PKG", "LB", "MILE", "HOUR", "BLOCK", "PCT", "ROUTE", "DAY")
"""what a rate is for; BLOCK is a started block of minutes, HOUR is to the minute, PCT is a part of the stop's base"""


def _break_is_open(row: Row) -> str | None:
    start, end = row.get("from_qty"), row.get("to_qty")
    return "the break ends before it begins" if end is not None and end <= (start or 0) else None


def _block_has_minutes(row: Row) -> str | None:
    return "a BLOCK needs its minutes" if row.get("unit") == "BLOCK" and not (row.get("step_qty") or 0) > 0 else None


TABLE = Table(
    name="rate_lines",
    title="Rate lines",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("card_id", "version", "charge_code", "zone", "from_qty"),
    about="One row per price. Blank zone: wherever no other row of the code fits. Breaks: from <= quantity < to, without gaps.",
    order=153,
    readers=(B, M),
    new_rows=(B,),
    checks=(Check("to_qty", _break_is_open), Check("step_qty", _block_has_minutes)),
    columns=(
        Column("card_id", "Card", Type.ID, (B,), "Which card", required=True, ref="rate_cards", width=14),
        Column("version", "Version", Type.INT, (B,), "Which version", required=True, width=8),
        Column("charge_code", "Code", Type.ID, (B,), "What is charged", required=True, ref="charge_codes", width=14),
        Column("zone", "Zone", Type.ID, (B,), "Blank: any that has no row of its own", width=9),
        Column("from_qty", "From", Type.DEC, (B,), "Break begins; blank: 0", places=4, width=10),
        Column("to_qty", "To (below)", Type.DEC, (B,), "Break ends before this; blank: no end", places=4, width=10),
        Column("unit", "Unit", Type.ENUM, (B,), "What the rate is for", enum=UNITS, required=True, width=9),
        Column("rate", "Rate", Type.DEC, (B,), "Price of one; for PCT a fraction such as 0.4000", places=4, required=True, width=10),
        Column("free_qty", "Free", Type.DEC, (B,), "So many cost nothing, such as 15 minutes", places=4, width=9),
        Column("step_qty", "Block", Type.DEC, (B,), "Minutes of a block", places=4, width=9),
        Column("min_amount", "At least", Type.MONEY, (B,), "Least amount of one charge", width=9),
        Column("max_amount", "At most", Type.MONEY, (B,), "Most of one charge", width=9),
    ),
)  # fmt: skip
