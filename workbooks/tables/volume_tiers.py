"""Volume tiers: the discount that comes with the number of stops in a cycle."""

from workbooks.schema import B, Book, Column, Kind, M, Table, Type

TABLE = Table(
    name="volume_tiers",
    title="Volume tiers",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("pool", "owner_id", "eff_from", "up_to"),
    about="One row per tier. VOLUME: the tier that is reached holds for all stops. GRADUATED: each stop has its own tier.",
    order=155,
    readers=(B, M),
    new_rows=(B,),
    columns=(
        Column("pool", "Counted over", Type.ENUM, (B,), "One account, or all accounts of a client", required=True,
               enum=("ACCOUNT", "CLIENT"), width=12),
        Column("owner_id", "Account or client", Type.ID, (B,), "Whose tier", required=True, width=16),
        Column("eff_from", "From", Type.DATE, (B,), "First service date", required=True, width=11),
        Column("up_to", "Up to", Type.INT, (B,), "Last stop of the tier, itself included; blank: no end", width=9),
        Column("pct", "Discount", Type.PCT, (B,), "Of the charges that are discounted", required=True, width=10),
        Column("mode", "Mode", Type.ENUM, (B,), "How tiers work", enum=("VOLUME", "GRADUATED"), required=True, width=11),
        Column("count_basis", "Counts", Type.ENUM, (B,), "Blank: delivered stops", enum=("DELIVERED", "ATTEMPTED"), width=11),
    ),
)  # fmt: skip
