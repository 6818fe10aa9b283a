"""An invoice as a document: what is charged line by line, and on a tab of its own every stop behind it."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from workbooks.documents import Document, Field, Party, Section, Total
from workbooks.schema import Row

CHARGES, DISCOUNT, FUEL, MINIMUM, EARLIER, TAX = (
    "Deliveries and extras", "Volume discount", "Fuel surcharge", "Minimum", "Earlier invoices", "Tax",
)  # fmt: skip
SERVICE = "Deliveries with discount and fuel"
STOPS = "Every stop"
_PARTS = (
    ("CHARGE", CHARGES),
    ("DISCOUNT", DISCOUNT),
    ("FUEL", FUEL),
    ("MINIMUM", MINIMUM),
    ("ADJUSTMENT", EARLIER),
    ("TAX", TAX),
)
_LINE = (
    Field("What", "text", 34),
    Field("Card", "text", 14),
    Field("Quantity", "qty", 10),
    Field("Rate", "rate", 9),
    Field("Amount", "money", 12),
)
_OTHER = (Field("What", "text", 62), Field("Amount", "money", 12))
_STOP = (
    Field("Date", "date", 11), Field("Order", "text", 16), Field("Stop", "text", 20), Field("What", "text", 26), Field("Zone", "text", 8),
    Field("Quantity", "qty", 9), Field("Rate", "rate", 9), Field("Charge", "money", 10), Field("Discount", "money", 10),
    Field("Fuel", "money", 10), Field("Together", "money", 11), Field("Proof of delivery", "text", 40),
)  # fmt: skip
_ZERO = Decimal("0.00")


def document(
    invoice: Row,
    lines: Sequence[Row],
    charges: Sequence[Row],
    stops: Mapping[str, Row],
    attempts: Mapping[str, Row],
    account: Row,
    client: Row,
    issuer: Party,
    how_to_pay: Sequence[str] = (),
) -> Document:
    """The document of a posted invoice. Rows of other clients have no business here and are refused by the caller."""
    sections = [section for kind, title in _PARTS if (section := _section(kind, title, lines)) is not None]
    named = {section.title: section.sum for section in sections}
    service = tuple(title for title in (CHARGES, DISCOUNT, FUEL) if title in named)
    totals = [Total(SERVICE, sum((named[t] for t in service), _ZERO), service)]
    totals += [Total(f"{title} ", named[title], (title,)) for title in (MINIMUM, EARLIER, TAX) if title in named]
    adds = tuple(total.label for total in totals)
    credit = invoice["total"] < 0
    totals.append(Total("Credit to you" if credit else "Total due", invoice["total"], adds, strong=True))
    if charges:
        texts = {str(r["charge_code"]): str(r["text"]) for r in lines if r["component"] == "CHARGE"}
        rows = tuple(_stop_row(row, stops, attempts, texts) for row in sorted(charges, key=_order))
        sections.append(Section(STOPS, _STOP, rows, sum((r[10] for r in rows), _ZERO), tab=True, agrees_with=SERVICE))
    kind = "Credit note" if credit else "Invoice"
    facts = [(f"{kind} date", f"{invoice['posted_on']}")] + ([] if credit else [("Due", f"{invoice['due_date']}")])
    number = str(invoice["invoice_no"])
    note = "It comes off what you owe; nothing is to be paid." if credit else f"Please name {number} with your payment."
    if invoice.get("po_number"):
        facts.append(("Purchase order", str(invoice["po_number"])))
    return Document(
        kind=kind, number=number, title=f"Delivery services, {account['name']}",
        party=Party(str(client.get("name") or client.get("client_id")), tuple(_address(client))),
        period=(invoice["period_start"], invoice["period_end"]), sections=tuple(sections), totals=tuple(totals),
        notes=(note, *(() if credit else how_to_pay)), control_total=invoice["total"], issuer=issuer,
        facts=tuple(facts), currency=str(invoice.get("currency") or "USD"),
    )  # fmt: skip


def _address(client: Row) -> list[str]:
    """What stands under a client's name, line by line."""
    said = [
        str(client[name])
        for name in ("billing_contact", "billing_address", "tax_number", "ap_email")
        if client.get(name)
    ]
    return [line.strip() for text in said for line in re.split(r"[;\n]", text) if line.strip()]


def _section(kind: str, title: str, lines: Sequence[Row]) -> Section | None:
    mine = sorted((row for row in lines if row["component"] == kind), key=lambda row: int(row["n"]))
    if not mine:
        return None
    if kind == "CHARGE":
        rows = tuple((row["text"], row.get("card"), row["qty"], row["rate"], row["amount"]) for row in mine)
        return Section(title, _LINE, rows, sum((row["amount"] for row in mine), _ZERO))
    told = tuple((row["says"] if kind != "MINIMUM" else row["text"], row["amount"]) for row in mine)
    return Section(title, _OTHER, told, sum((row["amount"] for row in mine), _ZERO))


def _order(row: Row) -> tuple[str, str, str]:
    return str(row["service_date"]), str(row.get("stop_id") or ""), str(row["charge_key"])


def _stop_row(
    row: Row, stops: Mapping[str, Row], attempts: Mapping[str, Row], texts: Mapping[str, str]
) -> tuple[Any, ...]:
    stop, attempt = stops.get(str(row.get("stop_id")), {}), attempts.get(str(row.get("attempt_id")), {})
    shares = [row.get(name) or _ZERO for name in ("charge", "discount", "fuel")]
    what = texts.get(str(row["charge_code"]), str(row["charge_code"])).partition(",")[0]
    proof = attempt.get("pod_photo") or attempt.get("pod_sign")
    return (row["service_date"], stop.get("order_ref"), row.get("stop_id"), what, row.get("zone"), row["qty"], row["rate"],
            *shares, sum(shares, _ZERO), proof)  # fmt: skip
