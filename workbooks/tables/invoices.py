"""Invoices: one row per account and cycle, from draft to paid. The number is given at posting and never again."""

from workbooks.schema import B, Book, Column, Kind, Lifecycle, M, Move, Need, Row, S, Table, Type

BY = (B, M)
OPEN = ("POSTED", "SENT", "PARTIAL")
FIXED = ("POSTED", "SENT", "PARTIAL", "PAID", "CREDITED", "CREDIT", "VOID")
"""states in which everything that was billed is frozen; CREDIT: it came to less than nothing and was given back"""
AGES = ("CURRENT", "1-30", "31-60", "61-90", "90+")
"""days past due"""
_MOVING = (
    "age",
    "status",
    "action",
    "said",
    "paid",
    "credited",
    "open_amount",
    "short_pay_code",
    "sent_at",
    "void_reason",
    "note",
)

CYCLE = Lifecycle(
    "status",
    ("DRAFT", "SENT"),  # SENT: an open invoice of before go-live
    (
        Move("DRAFT", "REVIEWED", "REVIEW", BY),
        Move("REVIEWED", "DRAFT", "BACK", BY),
        Move("REVIEWED", "POSTED"),
        Move("REVIEWED", "CREDIT"),
        Move("POSTED", "SENT", "SENT", BY),
        Move("POSTED", "VOID", "VOID", BY, ("void_reason",)),
        Move("SENT", "PARTIAL"),
        Move("SENT", "PAID"),
        Move("SENT", "CREDITED"),
        Move("PARTIAL", "PAID"),
        Move("PARTIAL", "CREDITED"),
    ),
    action_column="action",
    live=("DRAFT", "REVIEWED", "POSTED", "SENT", "PARTIAL"),
)


def _line(row: Row) -> str:
    return f"{row.get('invoice_no') or row['invoice_id']} of {row['account_id']}, {row.get('total')}"


def _sealed(row: Row, column: str) -> str:
    if row.get("status") in FIXED and column not in _MOVING:
        return "was posted and does not change; “Propose adjustments” puts a difference on the next invoice"
    return ""


TABLE = Table(
    name="invoices",
    title="Invoices",
    book=Book.BILLING,
    kind=Kind.DOCUMENT,
    key=("invoice_id",),
    about="One row per account and cycle. REVIEW a draft, then the job “Post invoices” gives it its number; after that nothing of it changes.",
    order=80,
    parent="account_id",
    readers=(B, M),
    shown=(B, M),
    sealed=_sealed,
    columns=(
        Column("invoice_id", "Draft", Type.ID, (S,), "Account and first day of the cycle", required=True, width=22),
        Column("invoice_no", "Invoice", Type.ID, (S,), "Number, given at posting, without gaps; of a credit note where it is below zero", width=13),
        Column("account_id", "Account", Type.ID, (S,), "Who is billed", required=True, ref="accounts", width=12),
        Column("client_id", "Client", Type.ID, (S,), "Whose account", ref="clients", width=12),
        Column("status", "Status", Type.ENUM, (S,), "Where it stands", enum=CYCLE.states, width=11,
               colours={"DRAFT": "warn", "REVIEWED": "warn", "POSTED": "good", "SENT": "good", "PAID": "muted", "CREDIT": "muted", "VOID": "muted"}),
        Column("action", "Action", Type.ENUM, BY, "What you want; cleared once taken in", enum=("REVIEW", "BACK", "SENT", "VOID"), width=10),
        Column("said", "What Stopbook says", Type.TEXT, (S,), "What stands in its way, what it left out", width=48),
        Column("period_start", "From", Type.DATE, (S,), "First service date", required=True, width=11),
        Column("period_end", "Until", Type.DATE, (S,), "Last service date", required=True, width=11),
        Column("po_number", "PO number", Type.ID, BY, "The client's purchase order", width=14),
        Column("currency", "Currency", Type.ID, (S,), "Of every amount", width=9),
        Column("charges", "Charges", Type.MONEY, (S,), "Deliveries and extras", width=11),
        Column("discount", "Discount", Type.MONEY, (S,), "Volume discount, below zero", width=10),
        Column("fuel", "Fuel", Type.MONEY, (S,), "Fuel surcharge", width=10),
        Column("minimum", "Minimum", Type.MONEY, (S,), "What was missing to the minimum", width=10),
        Column("adjustments", "Adjustments", Type.MONEY, (S,), "Of earlier invoices", width=11),
        Column("tax", "Tax", Type.MONEY, (S,), "Sales tax", width=10),
        Column("total", "Total", Type.MONEY, (S,), "What is due", width=12),
        Column("paid", "Paid", Type.MONEY, (S,), "Payments applied", width=11),
        Column("credited", "Credited", Type.MONEY, (S,), "Credit notes applied", width=11),
        Column("open_amount", "Open", Type.MONEY, (S,), "Total less paid and credited", width=11),
        Column("short_pay_code", "Short pay", Type.ID, (S,), "Why less was paid", width=13),
        Column("posted_on", "Invoice date", Type.DATE, (S,), "Day of posting", width=11),
        Column("due_date", "Due", Type.DATE, (S,), "Invoice date plus terms", width=11),
        Column("age", "Age", Type.ENUM, (S,), "Days past due while it is open, as of the last night", enum=AGES, width=9,
               colours={"CURRENT": "good", "31-60": "warn", "61-90": "bad", "90+": "bad"}),
        Column("sent_at", "Sent", Type.TS, (S,), "When it went out", width=16),
        Column("void_reason", "Void reason", Type.TEXT, BY, "Why it is void", width=24),
        Column("note", "Note", Type.TEXT, BY, "Internal", width=24),
        Column("stops", "Stops", Type.INT, (S,), "Delivered stops that count", width=7),
        Column("held", "Held", Type.INT, (S,), "Charges of the cycle that wait", width=6),
        Column("unpriced", "Unpriced", Type.INT, (S,), "Charges of the cycle without a price", width=9),
        Column("brought_over", "Brought over", Type.BOOL, (S,), "Made before go-live, in the old books", width=9),
        Column("facts_hash", "Facts", Type.ID, (S,), "Hash of everything it follows from", width=14, hidden=True),
        Column("lines_hash", "Lines", Type.ID, (S,), "Hash of its lines, frozen at posting", width=14, hidden=True),
        Column("pack_hash", "Workbook", Type.ID, (S,), "Hash of the workbook that is kept", width=14, hidden=True),
    ),
    lifecycle=CYCLE,
    needs=(
        Need(B, lambda row: row.get("status") == "DRAFT", lambda row: f"Review draft {_line(row)}. {row.get('said') or ''}".strip(), urgency=4),
        Need(B, lambda row: row.get("status") == "REVIEWED", lambda row: f"Post {_line(row)}. {row.get('said') or ''}".strip(), urgency=3),
        Need(B, lambda row: row.get("status") == "POSTED", lambda row: f"Send {_line(row)}", urgency=3),
    ),
)  # fmt: skip
