"""Deduction agreements: what a driver has agreed may be kept back, how much and in which order."""

from workbooks.schema import Book, Check, Column, Kind, M, Need, P, Row, S, Table, Type

CODES = ("EQUIP", "UNIFORM", "ADVANCE", "ESCROW", "INSURANCE", "DAMAGE", "OTHER")
KINDS = ("charge", "balance", "one_time")
BASES = ("PER_SETTLEMENT", "PER_DAY_WORKED", "PER_STOP", "ONE_TIME")


def _positive(row: Row) -> str | None:
    amount = row.get("amount")
    return "a deduction is written as a positive amount" if amount is not None and amount < 0 else None


def _cap(row: Row) -> str | None:
    cap = row.get("cap_per_settlement")
    return "a cap cannot be negative" if cap is not None and cap < 0 else None


def _balance_has_an_account(row: Row) -> str | None:
    if row.get("kind") == "balance" and row.get("code") not in ("ADVANCE", "UNIFORM", "ESCROW", None):
        return "only ADVANCE, UNIFORM and ESCROW have a balance of their own; choose charge or one_time"
    return None


def _unsigned(row: Row) -> bool:
    return bool(row.get("agr_id")) and row.get("signed_on") is None and not row.get("attested_by")


TABLE = Table(
    name="deduction_agreements",
    title="Deduction agreements",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("agr_id",),
    about="One row per agreement. Without a signature, or a manager's word that it is on paper, it is shown and not deducted.",
    order=165,
    readers=(P, M),
    shown=(M,),
    new_rows=(P, M),
    checks=(Check("amount", _positive), Check("cap_per_settlement", _cap), Check("kind", _balance_has_an_account)),
    columns=(
        Column("agr_id", "Agreement", Type.ID, (P, M), "Our number", required=True, width=12),
        Column("driver_id", "Driver", Type.ID, (P, M), "Who agreed", ref="drivers", required=True, width=10),
        Column("code", "For", Type.ENUM, (P, M), "What it is for", enum=CODES, required=True, width=11),
        Column("about", "About", Type.TEXT, (P, M), "As it appears on the statement", width=26),
        Column("kind", "Kind", Type.ENUM, (P, M), "charge: unpaid part carries over; balance: stays in its own; one_time: once", enum=KINDS, required=True, width=10),
        Column("amount", "Amount", Type.MONEY, (P, M), "Per unit of the basis", width=10),
        Column("basis", "Basis", Type.ENUM, (P, M), "What it is taken per; blank: settlement", enum=BASES, width=16),
        Column("cap_per_settlement", "Cap", Type.MONEY, (P, M), "Most per settlement", width=10),
        Column("target_balance", "Target", Type.MONEY, (P, M), "Escrow stops here and refills when it falls", width=10),
        Column("priority", "Priority", Type.INT, (P, M), "Lower is taken first", width=8),
        Column("eff_from", "From", Type.DATE, (P, M), "First day", width=11),
        Column("eff_to", "Until", Type.DATE, (P, M), "Last day; blank: still", width=11),
        Column("disputed", "Disputed", Type.BOOL, (P, M), "Held while TRUE", width=9),
        Column("signed_on", "Signed on", Type.DATE, (P, M), "Day of the driver's signature", width=11),
        Column("signed_doc", "Signed paper", Type.URL, (P, M), "Where it is kept", width=16),
        Column("attested_by", "Attested by", Type.TEXT, (M,), "Who says it is signed on paper", width=16),
        Column("attested_until", "Attested until", Type.DATE, (M,), "The word holds until", width=11),
        Column("state_ok", "State allows", Type.BOOL, (P, M), "FALSE: the driver's state forbids it", width=9),
        Column("formula_text", "Formula", Type.TEXT, (P, M), "As the agreement says it", width=28),
        Column("used_in", "Taken in", Type.ID, (S,), "Settlement that took a one_time deduction", width=18),
    ),
    needs=(
        Need(P, _unsigned, lambda row: f"Get agreement {row.get('agr_id')} of {row.get('driver_id')} signed; nothing is deducted until then", urgency=5),
    ),
)  # fmt: skip
