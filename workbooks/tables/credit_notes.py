"""Credit notes: what a client is given back, approved by somebody before it counts."""

from workbooks.schema import B, Book, Check, Column, Kind, Lifecycle, M, Move, Need, Row, S, Table, Type

BY = (B,)
FIXED = ("POSTED", "APPLIED")
_STILL = {
    "DRAFT": (),
    "APPROVED": ("status", "action", "said", "cn_no", "posted_on", "applied", "unapplied"),
    "POSTED": ("status", "applied", "unapplied", "said"),
    "APPLIED": ("status", "applied", "unapplied", "said"),
}


def _positive(row: Row) -> str | None:
    amount = row.get("amount")
    return "a credit is above zero" if amount is not None and amount <= 0 else None


def _sealed(row: Row, column: str) -> str:
    status = str(row.get("status"))
    if _STILL.get(status) and column not in _STILL[status]:
        what = "was approved as it stands" if status == "APPROVED" else "was posted"
        return f"{what} and does not change; enter another credit note"
    if (
        status == "DRAFT"
        and row.get("reason") == "ADJUSTMENT"
        and column in ("amount", "invoice_id", "account_id", "reason")
    ):
        return "gives back what its draft comes to; take the draft BACK instead"
    return ""


TABLE = Table(
    name="credit_notes",
    title="Credit notes",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("cn_id",),
    about="One row per credit. APPROVE it (a manager), then “Record payments” numbers it and takes it off its invoice, what is left off the next ones. One with reason ADJUSTMENT is a draft below zero: “Post invoices” numbers it.",
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
        Column("invoice_id", "Invoice", Type.ID, BY, "Draft name of the invoice it is for, or of the draft below zero", required=True, ref="invoices", width=22),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=("DRAFT", "APPROVED", "POSTED", "APPLIED", "REJECTED"), width=11,
               colours={"DRAFT": "warn", "APPLIED": "good", "REJECTED": "muted"}),
        Column("action", "Action", Type.ENUM, (M,), "Your decision; cleared once taken in", enum=("APPROVE", "REJECT"), width=10),
        Column("reason", "Reason", Type.ENUM, BY, "Why", enum=("SLA_CREDIT", "RATE_ERROR", "DUPLICATE", "CLAIM", "GOODWILL", "ADJUSTMENT"), required=True, width=13),
        Column("amount", "Amount", Type.MONEY, BY, "Above zero", required=True, width=11),
        Column("note", "Note", Type.TEXT, BY, "What it is for", width=36),
        Column("approved_by", "Approved by", Type.TEXT, (S,), "Who approved it", width=20),
        Column("posted_on", "Date", Type.DATE, (S,), "Day of posting", width=11),
        Column("applied", "Applied", Type.MONEY, (S,), "Taken off invoices", width=11),
        Column("unapplied", "Unapplied", Type.MONEY, (S,), "Left for later invoices", width=11),
        Column("said", "What Stopbook says", Type.TEXT, (S,), "What stands in its way", width=40),
    ),
    lifecycle=Lifecycle(
        "status",
        ("DRAFT",),
        (Move("DRAFT", "APPROVED", "APPROVE", (M,)), Move("DRAFT", "REJECTED", "REJECT", (M,)), Move("APPROVED", "POSTED"),
         Move("APPROVED", "APPLIED"), Move("POSTED", "APPLIED"), Move("APPROVED", "REJECTED")),  # the last: its draft was drafted anew
        action_column="action",
        live=("DRAFT", "APPROVED", "POSTED"),
    ),
    needs=(Need(M, lambda row: row.get("status") == "DRAFT",
                lambda row: f"Approve credit {row['cn_id']} of {row['account_id']}, {row.get('amount')}: {row.get('reason')}", urgency=4),),
)  # fmt: skip
