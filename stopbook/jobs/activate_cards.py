"""Activate cards: every card that asks for it is tried on its examples, and prices from its first day when they come out."""

from stopbook import billing
from stopbook.job import Job, Params
from stopbook.planning import after, plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.cards import activate
from workbooks.pipeline.wanted import Wanted
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of rate_cards and rate_examples for cards whose action is ACTIVATE."""
    cards = [r for r in books.rows("rate_cards", action="ACTIVATE") if r["status"] in ("DRAFT", "TESTED")]
    cards = billing.named(cards, params)
    cards.sort(key=lambda row: (str(row["card_id"]), int(row["version"])))
    wanted: list[Wanted] = []
    for card in cards:
        # each sees those before it as they then stand, so that an earlier version ends where the next begins
        wanted.append(activate(after(books, wanted), card))
    return plan_of(books, JOB.name, JOB.scope(params), wanted, why="tried on its examples")


JOB = Job(
    name="activate-cards",
    title="Activate cards",
    group="Bill",
    icon="AcceptTask",
    about="Tries every card that asks for ACTIVATE on its examples; it counts only when all come out to the cent and no other card is in its way.",
    plan=plan,
    roles=(Role.BILLING,),
    posts=True,
    options=billing.CARDS,
    order=66,
)
