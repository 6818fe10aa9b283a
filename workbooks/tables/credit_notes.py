"""Credit notes: what a client is given back, approved by somebody before it counts."""

from workbooks.schema import B, Book, Check, Column, Kind, Lifecycle, M, Move, Need, Row, S, Table, Type

BY = (B,)
FIXED = ("POSTED", "APPLIED")


def _positive(row: Row) -> str | None:
    amount = row.get("amount")
    return "a credit is above zero" if amount is not None and amount <= 0 else None


def _sealed(row: Row, column: str) -> str:
    if row.get("status") in FIXED and column not in ("status", "applied", "unapplied", "said"):
        return "was posted and does not change; enter another credit note"
    return ""


TABLE = Table(
    name="credit_notes",
    title="Credit notes",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("cn_id",),
    about="One row per credit. APPROVE it (a manager), then “Record payments” gives it its number and applies it to its invoice.",
    order=86,
    parent="account_id",
    readers=(B, M),
    shown=(B, M),
    new_rows=BY,
    checks=(Check("amount", _positive),),
    sealed=_sealed,
    columns=(
        Column("cn_id", "Draft", Type.ID, BY, "Your own name for it", required=True, width=14),
        Column("cn_no", "Credit note", Type.ID, (S,), "Number, given at posting, without gaps", width=13),
        Column("account_id", "Account", Type.ID, BY, "Whose", required=True, ref="accounts", width=12),
        Column("invoice_id", "Invoice", Type.ID, BY, "Draft name of the invoice it is for", required=True, ref="invoices", width=22),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=("DRAFT", "APPROVED", "POSTED", "APPLIED", "REJECTED"), width=11,
               colours={"DRAFT": "warn", "APPLIED": "good", "REJECTED": "muted"}),
        Column("action", "Action", Type.ENUM, (M,), "Your decision; cleared once taken in", enum=("APPROVE", "REJECT"), width=10),
        Column("reason", "Reason", Type.ENUM, BY, "Why", enum=("SLA_CREDIT", "RATE_ERROR", "DUPLICATE", "CLAIM", "GOODWILL"), required=True, width=13),
        Column("amount", "Amount", Type.MONEY, BY, "Above zero", required=True, width=11),
        Column("note", "Note", Type.TEXT, BY, "What it is for", width=36),
        Column("approved_by", "Approved by", Type.TEXT, (S,), "Who approved it", width=20),
        Column("posted_on", "Date", Type.DATE, (S,), "Day of posting", width=11),
        Column("applied", "Applied", Type.MONEY, (S,), "Taken off its invoice", width=11),
        Column("unapplied", "Unapplied", Type.MONEY, (S,), "Left for later invoices", width=11),
        Column("said", "What Stopbook says", Type.TEXT, (S,), "What stands in its way", width=40),
    ),
    lifecycle=Lifecycle(
        "status",
        ("DRAFT",),
        (Move("DRAFT", "APPROVED", "APPROVE", (M,)), Move("DRAFT", "REJECTED", "REJECT", (M,)), Move("APPROVED", "POSTED"),
         Move("APPROVED", "APPLIED"), Move("POSTED", "APPLIED")),
        action_column="action",
        live=("DRAFT", "APPROVED", "POSTED"),
    ),
    needs=(Need(M, lambda row: row.get("status") == "DRAFT",
                lambda row: f"Approve credit {row['cn_id']} of {row['account_id']}, {row.get('amount')}: {row.get('reason')}", urgency=4),),
)  # fmt: skip
