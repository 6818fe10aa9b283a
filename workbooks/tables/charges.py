"""Charges: what each stop, route and day costs its client, with the card, zone and rule behind it."""

from workbooks.schema import B, Book, Column, Kind, Lifecycle, M, Need, Row, S, Table, Type, steps

CYCLE = Lifecycle(
    "status",
    ("RATED", "HELD", "UNPRICED", "APPROVED"),
    steps(
        {
            "RATED": "HELD UNPRICED APPROVED INVOICED",
            "HELD": "RATED UNPRICED APPROVED",
            "UNPRICED": "RATED HELD APPROVED",
            "APPROVED": "RATED HELD UNPRICED INVOICED",
            "INVOICED": "RATED",  # only when its invoice is voided before it was sent
        }
    ),
    live=("HELD", "UNPRICED"),
)


def _sealed(row: Row, column: str) -> str:
    if row.get("status") == "INVOICED" and column not in ("status", "invoice_id"):
        return "was invoiced and does not change; what differs becomes an adjustment on the next invoice"
    return ""


TABLE = Table(
    name="charges",
    title="Charges",
    book=Book.BILLING,
    kind=Kind.DERIVED,
    key=("charge_key",),
    about="One row per attempt (or route, or day) and charge code. HELD waits for somebody, UNPRICED for a rate.",
    order=82,
    day="service_date",
    parent="account_id",
    readers=(B, M),
    shown=(B,),
    sealed=_sealed,
    columns=(
        Column("charge_key", "No.", Type.ID, (S,), "account:attempt:code, once for ever", required=True, width=30),
        Column("account_id", "Account", Type.ID, (S,), "Who is billed", ref="accounts", required=True, width=12),
        Column("service_date", "Service date", Type.DATE, (S,), "Local calendar date at the stop", required=True, width=11),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", width=11,
               enum=("RATED", "HELD", "UNPRICED", "APPROVED", "INVOICED"),
               colours={"HELD": "warn", "UNPRICED": "bad", "INVOICED": "good"}),
        Column("reason", "Why", Type.TEXT, (S,), "Why it is held or has no price, and what to do", width=56),
        Column("stop_id", "Stop", Type.ID, (S,), "Which stop", width=20),
        Column("attempt_id", "Attempt", Type.ID, (S,), "Which attempt", width=22),
        Column("route_id", "Route", Type.ID, (S,), "Which route", width=20),
        Column("charge_code", "Code", Type.ID, (S,), "What is charged", ref="charge_codes", required=True, width=13),
        Column("zone", "Zone", Type.ID, (S,), "Zone it was priced in", width=8),
        Column("unit", "Unit", Type.ID, (S,), "What the rate is for", width=7),
        Column("qty", "Quantity", Type.DEC, (S,), "Charged quantity", places=6, width=10),
        Column("rate", "Rate", Type.DEC, (S,), "Price of one", places=4, width=9),
        Column("exact", "Exact", Type.DEC, (S,), "Quantity times rate, not rounded", places=6, width=11),
        Column("card_id", "Card", Type.ID, (S,), "Rate card", width=12),
        Column("card_version", "Version", Type.INT, (S,), "Of the card", width=8),
        Column("fuel_week", "Fuel week", Type.DATE, (S,), "First day of its fuel week; blank: no fuel", width=11),
        Column("invoice_id", "Invoice", Type.ID, (S,), "Draft or invoice that bills it", width=22),
        Column("charge", "Charged", Type.MONEY, (S,), "Its share of the charge line", width=10),
        Column("discount", "Discount", Type.MONEY, (S,), "Its share of the discount", width=10),
        Column("fuel", "Fuel", Type.MONEY, (S,), "Its share of the fuel line", width=10),
    ),
    lifecycle=CYCLE,
    needs=(
        Need(B, lambda row: row.get("status") == "UNPRICED", lambda row: f"No price: {row.get('reason') or row['charge_key']}", urgency=2),
    ),
)  # fmt: skip
