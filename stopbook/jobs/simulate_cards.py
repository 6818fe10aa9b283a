"""Simulate cards: past cycles priced again with cards that do not count yet, and the difference per client."""

from datetime import date, timedelta
from decimal import Decimal

from stopbook import billing
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.documents import Document, Field, Party, Section, Total, render_workbook
from workbooks.pipeline.bill.cards import Compared, simulate
from workbooks.pipeline.bill.rating import card_name
from workbooks.plan import Effect, Plan
from workbooks.problems import Problem, Refused
from workbooks.rules.invoice.cycles import period
from workbooks.schema import Role

CYCLES = 3
"""past cycles that a card is tried on"""
_FIELDS = (
    Field("Client", "text", 14), Field("Account", "text", 14), Field("From", "date", 11), Field("Until", "date", 11),
    Field("As billed", "money", 13), Field("With the card", "money", 13), Field("Difference", "money", 13),
)  # fmt: skip


def plan(books: Books, params: Params) -> Plan:
    """A workbook with the difference per client and cycle; nothing in the books changes."""
    day, found, blocked, notes = params.need_day(), [], [], []
    cards = billing.named([r for r in books.rows("rate_cards") if r["status"] in ("DRAFT", "TESTED")], params)
    if not cards:
        raise Refused("No card waits: enter one on tab Rate cards, then simulate it.")
    for card in sorted(cards, key=lambda row: (str(row["card_id"]), int(row["version"]))):
        account = books.row("accounts", str(card["account_id"])) or {}
        try:
            compared = simulate(
                books, card, _days(str(account.get("cycle") or "MONTHLY"), account.get("cycle_anchor"), day)
            )
        except Refused as refused:
            blocked.append(Problem(f"{card_name(card)}: {str(refused).rstrip('.')}"))
            continue
        found += compared
        more = sum((one.difference for one in compared), Decimal("0.00"))
        unpriced = sum(len(one.after.unpriced) for one in compared)
        warning = f" {unpriced:,} charges would have no price." if unpriced else ""
        notes.append(
            f"{card_name(card)}: {compared[0].client_id} would have paid {more:+,.2f} over {len(compared)} cycles.{warning}"
        )
    content = render_workbook(_document(found, day))
    effects = (
        Effect("write_file", f"simulations/cards-{day}.xlsx", {"content": content, "says": "The comparison is in"}),
    )
    return plan_of(books, JOB.name, JOB.scope(params), [], blocked, notes=notes, effects=effects)


def _days(cycle: str, anchor: date | None, day: date) -> list[date]:
    days = [day]
    while len(days) < CYCLES:
        days.append(period(cycle, anchor, days[-1])[0] - timedelta(days=1))
    return days


def _document(found: list[Compared], day: date) -> Document:
    rows = tuple(
        (c.client_id, c.account_id, c.start, c.end, c.before.total, c.after.total, c.difference) for c in found
    )
    total = sum((c.difference for c in found), Decimal("0.00"))
    section = Section("Cycles", _FIELDS, rows, total)
    return Document("Simulation", str(day), "Past cycles priced with cards that do not count yet", Party("Internal"), None, (section,),
                    (Total("Difference over all", total, ("Cycles",), strong=True),), control_total=total)  # fmt: skip


JOB = Job(
    name="simulate-cards",
    title="Simulate cards",
    group="Bill",
    icon="WhatIfAnalysisMenu",
    about="Prices the last cycles up to a day with cards that do not count yet and writes what each client would have paid more or less.",
    plan=plan,
    by_day=True,
    roles=(Role.BILLING,),
    options=billing.CARDS,
    order=65,
)
