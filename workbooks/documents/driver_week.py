"""A driver's week as a document: the posted settlement with what was earned this year and what is still owed or kept.

Rows come in as they stand in the books; what leaves the company is only what their tabs share with drivers.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from workbooks.documents import Document, Party
from workbooks.documents.settlement import document as settled
from workbooks.problems import Refused
from workbooks.schema import Role, Row
from workbooks.tables import TABLES

BALANCES = {
    "ADVANCE": "Advance still owed",
    "UNIFORM": "Uniform still owed",
    "ESCROW": "Kept in escrow",
    "CARRY": "Carried over",
}


def document(
    settlement: Row,
    lines: Sequence[Row],
    attempts: Sequence[Row],
    entries: Sequence[Row],
    earned: Decimal,
    issuer: Party,
) -> Document:
    """The statement of one week. `entries` are the driver's own of the ledger, `earned` the gross of the year so far."""
    driver_id = settlement["driver_id"]
    for row in entries:
        if row["driver_id"] != driver_id:
            raise Refused(
                f"The statement of {driver_id} got an entry of {row['driver_id']}; it was not made. Tell your administrator."
            )

    def own(table: str, row: Row) -> Row:
        return {**dict.fromkeys(TABLES[table].by_name), **TABLES[table].shared_with(Role.DRIVER, row)}

    doc = settled(
        own("settlements", settlement), [own("settlement_lines", row) for row in lines], [own("attempts", row) for row in attempts], issuer
    )  # fmt: skip
    facts = [*doc.facts, ("Earned this year", f"{earned:,.2f}")]
    mine = [own("driver_ledger", row) for row in entries]
    for account, title in BALANCES.items():
        balance = sum((row["amount"] for row in mine if row["account"] == account), Decimal("0.00"))
        if balance:
            facts.append((title, f"{balance:,.2f}"))
    paid = f"paid on {settlement['paid_on']}" if settlement.get("paid_on") else "not paid yet"
    facts.append(("Payment", paid))
    return replace(doc, kind="Statement", title="Driver statement", facts=tuple(facts))
