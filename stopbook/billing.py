"""What the jobs of billing share: which accounts and invoices a run is about."""

from collections.abc import Iterable, Sequence

from stopbook.job import Params
from stopbook.options import Option
from workbooks.schema import Row

ACCOUNT = (Option("account", "Only this account", ref="accounts"),)
CHOSEN = (
    *ACCOUNT,
    Option("invoice", "Only these drafts, by their name such as A1-2026-03-09", several=True, ref="invoices"),
)
CARDS = (*ACCOUNT, Option("card", "Only these cards", several=True))


def account(params: Params) -> str | None:
    """The account that was named; None: all."""
    return params.extra.get("account")


def named(cards: Iterable[Row], params: Params) -> list[Row]:
    """The cards that were named, or all of them."""
    only, whose = params.extra.get("card"), account(params)
    return [r for r in cards if (not only or r["card_id"] in only) and r["account_id"] == (whose or r["account_id"])]


def invoices(params: Params) -> Sequence[str]:
    """The invoices that were named; () for all."""
    return params.extra.get("invoice") or ()
