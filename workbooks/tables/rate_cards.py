"""Rate cards: what an account agreed to pay, in dated versions that were tested before they count."""

from workbooks.schema import B, Book, Check, Column, Kind, Lifecycle, M, Move, Need, Row, S, Table, Type

PRICING = ("ACTIVE", "RETIRED")
"""states in which a card prices the days it holds for"""


def _ends_after_it_begins(row: Row) -> str | None:
    start, end = row.get("eff_from"), row.get("eff_to")
    return "the last day is before the first" if start and end and end < start else None


def _sealed(row: Row, column: str) -> str:
    if row.get("status") in PRICING and column in (
        "",
        "account_id",
        "eff_from",
        "currency",
        "attempts_included",
        "attempts_max",
    ):
        return "prices already; enter a new version, also for a change that reaches back"
    return ""


TABLE = Table(
    name="rate_cards",
    title="Rate cards",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("card_id", "version"),
    about="One row per version of a card. Ask for ACTIVATE: it is tried on its examples first. Last days may still be set.",
    order=152,
    readers=(B, M),
    shown=(M,),
    new_rows=(B,),
    checks=(Check("eff_to", _ends_after_it_begins),),
    sealed=_sealed,
    columns=(
        Column("card_id", "Card", Type.ID, (B,), "Name of the card", required=True, width=14),
        Column("version", "Version", Type.INT, (B,), "1, 2, 3 …", required=True, width=8),
        Column("account_id", "Account", Type.ID, (B,), "Whose prices", required=True, ref="accounts", width=12),
        Column("status", "Status", Type.ENUM, (S,), "Only ACTIVE and RETIRED cards price", width=10,
               enum=("DRAFT", "TESTED", "ACTIVE", "RETIRED"), colours={"ACTIVE": "good", "RETIRED": "muted", "DRAFT": "warn"}),
        Column("action", "Action", Type.ENUM, (B,), "What you want; cleared once taken in", enum=("ACTIVATE", "RETIRE"), width=11),
        Column("eff_from", "From", Type.DATE, (B,), "First service date", required=True, width=11),
        Column("eff_to", "Until", Type.DATE, (B,), "Last service date; blank: still", width=11),
        Column("currency", "Currency", Type.ENUM, (B,), "Of every amount", enum=("USD", "CAD", "EUR", "GBP", "MXN"), width=9),
        Column("attempts_included", "Tries in base", Type.INT, (B,), "Failed tries per stop that the base pays for", width=11),
        Column("attempts_max", "Tries charged", Type.INT, (B,), "Most failed tries per stop that are charged", width=11),
        Column("examples_pass", "Examples pass", Type.BOOL, (S,), "All its examples come out to the cent", width=12),
        Column("said", "What Stopbook says", Type.TEXT, (S,), "Why it was not activated", width=50),
        Column("approved_by", "Approved by", Type.TEXT, (M,), "Who stands for it; needed before ACTIVATE", width=18),
        Column("lines_hash", "Lines", Type.ID, (S,), "Fingerprint of its lines when it was activated", width=14, hidden=True),
    ),
    lifecycle=Lifecycle(
        "status",
        ("DRAFT",),
        (
            Move("DRAFT", "TESTED", "ACTIVATE", (B,)),
            Move("DRAFT", "ACTIVE"),
            Move("TESTED", "DRAFT"),
            Move("TESTED", "ACTIVE", "ACTIVATE", (B,)),
            Move("ACTIVE", "RETIRED", "RETIRE", (B,)),
        ),
        action_column="action",
        live=("DRAFT", "TESTED", "ACTIVE"),
    ),
    needs=(
        Need(B, lambda row: bool(row.get("said")), lambda row: f"Card {row['card_id']} v{row['version']}: {row['said']}", urgency=3),
    ),
)  # fmt: skip
