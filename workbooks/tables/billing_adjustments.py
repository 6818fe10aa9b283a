"""Billing adjustments: what a posted invoice should have said, less what it said, for approval and the next invoice."""

from workbooks.schema import B, Book, Column, Kind, Lifecycle, M, Move, Need, Row, S, Table, Type


def _line(row: Row) -> str:
    return f"Adjust {row.get('invoice_no')} of {row['account_id']} by {row.get('delta')}: {row.get('reason')}"


def _sealed(row: Row, column: str) -> str:
    if row.get("status") in ("POSTED", "REJECTED") and column not in ("status", "target_id", "action"):
        return "is decided and does not change; a new difference is proposed by itself"
    return ""


TABLE = Table(
    name="billing_adjustments",
    title="Billing adjustments",
    book=Book.BILLING,
    kind=Kind.DERIVED,
    key=("adj_id",),
    about="One row per line of a posted invoice that facts or rates have since changed. APPROVE puts it on the next invoice.",
    order=83,
    parent="account_id",
    readers=(B, M),
    shown=(B, M),
    sealed=_sealed,
    columns=(
        Column("adj_id", "Adjustment", Type.ID, (S,), "Invoice, line and turn", required=True, width=34),
        Column("account_id", "Account", Type.ID, (S,), "Whose", required=True, ref="accounts", width=12),
        Column("invoice_id", "Draft", Type.ID, (S,), "Invoice it corrects", required=True, ref="invoices", width=22),
        Column("invoice_no", "Invoice", Type.ID, (S,), "Its number", width=13),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=("PROPOSED", "APPROVED", "POSTED", "REJECTED"), width=11,
               colours={"PROPOSED": "warn", "APPROVED": "good", "POSTED": "muted", "REJECTED": "muted"}),
        Column("action", "Action", Type.ENUM, (B, M), "Your decision; cleared once taken in", enum=("APPROVE", "REJECT"), width=10),
        Column("line_key", "Line", Type.ID, (S,), "Which line of it", required=True, width=32),
        Column("component", "Component", Type.ID, (S,), "What kind of line", width=12),
        Column("reason", "What changed", Type.TEXT, (S,), "In plain words", width=60),
        Column("billed", "Billed", Type.MONEY, (S,), "What the invoice and earlier adjustments say", width=11),
        Column("correct", "Correct", Type.MONEY, (S,), "What it comes to now", width=11),
        Column("delta", "Difference", Type.MONEY, (S,), "Correct less billed", width=11),
        Column("target_id", "Billed in", Type.ID, (S,), "Invoice that carries it", width=22),
    ),
    lifecycle=Lifecycle(
        "status",
        ("PROPOSED",),
        (Move("PROPOSED", "APPROVED", "APPROVE", (B, M)), Move("PROPOSED", "REJECTED", "REJECT", (B, M)),
         Move("APPROVED", "POSTED"), Move("POSTED", "APPROVED")),  # back only when its invoice is voided before it was sent
        action_column="action",
        live=("PROPOSED", "APPROVED"),
    ),
    needs=(Need(B, lambda row: row.get("status") == "PROPOSED", _line, urgency=4),),
)  # fmt: skip
