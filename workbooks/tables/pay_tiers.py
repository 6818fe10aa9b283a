"""Pay tiers: the rate per stop, by how many stops the driver had before it, and where it matters by account, zone or type."""

from workbooks.schema import Book, Check, Column, Kind, M, P, Row, Table, Type

STOP_TYPES = ("SIGNATURE", "RESIDENTIAL", "BUSINESS")


def _sane(row: Row) -> str | None:
    rate = row.get("rate")
    return "a rate per stop cannot be negative" if rate is not None and rate < 0 else None


def _counts(row: Row) -> str | None:
    upto = row.get("up_to")
    return "a tier ends at 1 stop or more" if upto is not None and upto < 1 else None


TABLE = Table(
    name="pay_tiers",
    title="Pay tiers",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("plan_id", "version", "tier", "account_id", "zone", "stop_type"),
    about="One row per tier. Up to is inclusive and blank in the last tier; tiers of one ladder follow each other without a gap.",
    order=161,
    readers=(P, M),
    new_rows=(P,),
    checks=(Check("rate", _sane), Check("up_to", _counts)),
    columns=(
        Column("plan_id", "Plan", Type.ID, (P,), "Whose tier", ref="pay_plans", required=True, width=12),
        Column("version", "Version", Type.INT, (P,), "Version of the plan", required=True, width=8),
        Column("tier", "Tier", Type.INT, (P,), "1, 2, 3 … from the first stop up", required=True, width=6),
        Column("account_id", "Account", Type.ID, (P,), "Only stops of this account; blank: all", ref="accounts", width=11),
        Column("zone", "Zone", Type.ID, (P,), "Only stops in this zone; blank: all", width=8),
        Column("stop_type", "Stop type", Type.ENUM, (P,), "Only stops of this type; blank: all", enum=STOP_TYPES, width=13),
        Column("up_to", "Up to", Type.INT, (P,), "Last stop of the tier, inclusive; blank: no end", width=8),
        Column("rate", "Rate", Type.DEC, (P,), "Per stop", places=4, required=True, width=9),
    ),
)  # fmt: skip
