"""A driver's settlement as a document: what was earned, paid back, deducted and held, and every stop of that driver behind it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from workbooks.documents import Document, Field, Party, Section, Total
from workbooks.problems import Refused
from workbooks.schema import Row

EARNED, BEFORE, BACK, ESCROW, TAKEN, OVER = (
    "Earnings", "Earlier settlements", "Reimbursements", "Escrow paid back", "Deductions", "Carried to the next settlement",
)  # fmt: skip
HELD, STOPS = "Held, not paid yet", "Every attempt"
GROSS, NET = "Gross", "Net pay"
_ZERO = Decimal("0.00")
_LINE = (
    Field("What", "text", 60),
    Field("Quantity", "qty", 9),
    Field("Rate", "rate", 8),
    Field("Amount", "money", 10),
    Field("Line", "text", 30),
)
_HELD = (Field("What and why", "text", 74), Field("About", "text", 13), Field("Line", "text", 30))
_STOP = (
    Field("Date", "date", 11),
    Field("Route", "text", 20),
    Field("Stop", "text", 20),
    Field("Outcome", "text", 18),
    Field("Reason", "text", 18),
)


def _part(line: Row) -> str:
    component = str(line["component"])
    if component.startswith("DED_"):
        return TAKEN
    return {"ADJ": BEFORE, "REIMB": BACK, "ESCROW_RELEASE": ESCROW, "CARRY_OUT": OVER}.get(component, EARNED)


def document(settlement: Row, lines: Sequence[Row], attempts: Sequence[Row], issuer: Party) -> Document:
    """The statement of a posted settlement. `attempts`: those it settles; Refused when a row is another driver's."""
    driver_id = settlement["driver_id"]
    for row in (*lines, *attempts):
        if row.get("driver_id") != driver_id:
            raise Refused(
                f"{settlement['settlement_id']} is {driver_id}'s, a row of it is {row.get('driver_id')}'s; the statement was not made."
            )
    paid = [line for line in sorted(lines, key=lambda row: int(row["n"])) if line["state"] == "OK"]
    held = [line for line in sorted(lines, key=lambda row: int(row["n"])) if line["state"] != "OK"]
    parts: Mapping[str, list[Row]] = {
        title: [r for r in paid if _part(r) == title] for title in (EARNED, BEFORE, BACK, ESCROW, TAKEN, OVER)
    }
    sections = [
        Section(title, _LINE, tuple((r["says"], r.get("quantity"), r.get("rate"), r["amount"], _short(r)) for r in rows),
                sum((r["amount"] for r in rows), _ZERO))
        for title, rows in parts.items() if rows
    ]  # fmt: skip
    named = {section.title for section in sections}
    gross = tuple(title for title in (EARNED, BEFORE) if title in named)
    totals = [Total(GROSS, settlement["gross"], gross)]
    rest = tuple(title for title in (BACK, ESCROW, TAKEN, OVER) if title in named)
    sums = {section.title: section.sum for section in sections}
    net = settlement["gross"] + sum((sums[title] for title in rest), _ZERO)
    totals.append(Total(NET, net, (GROSS, *rest), strong=True))
    if held:
        rows = tuple(
            (r["says"], "" if r.get("held_amount") is None else f"{r['held_amount']}", _short(r)) for r in held
        )
        sections.append(Section(HELD, _HELD, rows, note="paid with a later settlement once it is decided"))
    if attempts:
        told = sorted(attempts, key=lambda r: (r["completed_at"], r["attempt_id"]))
        sections.append(Section(STOPS, _STOP, tuple((r["service_date"], r.get("route_id"), r["stop_id"], str(r["outcome"]).lower().replace("_", " "),
                                                     r.get("reason_code")) for r in told), tab=True))  # fmt: skip
    facts = [("Driver", str(driver_id)), ("Plan", str(settlement.get("plans") or "none"))]
    if settlement.get("carry_out"):
        facts.append(("Carried to the next settlement", f"{settlement['carry_out']}"))
    return Document(
        kind="Settlement", number=str(settlement["settlement_id"]), title="Driver settlement",
        party=Party(str(settlement.get("driver_name") or driver_id)), period=(settlement["period_start"], settlement["period_end"]),
        sections=tuple(sections), totals=tuple(totals),
        notes=("Name the line when you ask about one; a line may be disputed in writing within the time your agreement gives.",),
        control_total=net, issuer=issuer, facts=tuple(facts),
    )  # fmt: skip


def _short(line: Row) -> str:
    """The line's own name, without its settlement."""
    return str(line["line_id"]).partition("/")[2]
