"""Activate cards: every card that asks for it is tried on its examples, and prices from its first day when they come out."""

from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.bill.cards import activate
from workbooks.plan import Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Rows of rate_cards and rate_examples for cards whose action is ACTIVATE."""
    cards = [r for r in books.rows("rate_cards", action="ACTIVATE") if r["status"] in ("DRAFT", "TESTED")]
    cards.sort(key=lambda row: (str(row["card_id"]), int(row["version"])))
    return plan_of(
        books, JOB.name, JOB.scope(params), [activate(books, card) for card in cards], why="tried on its examples"
    )


JOB = Job(
    name="activate-cards",
    title="Activate cards",
    group="Bill",
    about="Tries every card that asks for ACTIVATE on its examples; it counts only when all come out to the cent and no other card is in its way.",
    plan=plan,
    roles=(Role.BILLING,),
    posts=True,
    order=66,
)
