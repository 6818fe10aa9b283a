"""Rate examples: stops with what they must cost. A card becomes active only when all of them come out to the cent."""

from workbooks.schema import B, Book, Column, Kind, M, S, Table, Type

TABLE = Table(
    name="rate_examples",
    title="Rate examples",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("card_id", "version", "n"),
    about="One row per example: one kind of stop, how many of them, and what all charges make before discount, fuel and tax.",
    order=154,
    readers=(B, M),
    new_rows=(B,),
    columns=(
        Column("card_id", "Card", Type.ID, (B,), "Which card", required=True, ref="rate_cards", width=14),
        Column("version", "Version", Type.INT, (B,), "Which version", required=True, width=8),
        Column("n", "No.", Type.INT, (B,), "1, 2, 3 …", required=True, width=5),
        Column("about", "What it shows", Type.TEXT, (B,), "In plain words", width=34),
        Column("zone", "Zone", Type.ID, (B,), "Zone of the stop", width=9),
        Column("outcome", "Outcome", Type.ENUM, (B,), "Blank: DELIVERED", width=13,
               enum=("DELIVERED", "PARTIAL", "FAILED", "CANCELLED", "RETURNED")),
        Column("stops", "Stops", Type.INT, (B,), "How many such stops; blank: 1", width=7),
        Column("pkgs", "Pkgs", Type.INT, (B,), "Packages of each", width=6),
        Column("weight", "Weight lb", Type.DEC, (B,), "Weight of each", places=1, width=9),
        Column("wait_min", "Wait min", Type.INT, (B,), "Minutes at the door", width=9),
        Column("residential", "Residential", Type.BOOL, (B,), "At a home", width=11),
        Column("signature", "Signature", Type.BOOL, (B,), "Signed for", width=10),
        Column("peak", "Peak day", Type.BOOL, (B,), "On a peak day", width=9),
        Column("expected", "Must cost", Type.MONEY, (B,), "All charges together", required=True, width=11),
        Column("comes_out", "Comes out", Type.MONEY, (S,), "What the card makes of it", width=11),
    ),
)  # fmt: skip
