"""Cards: tried on their examples before they count, and tried on past cycles before anybody signs them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.bill.drafting import Cycle, cycle_of
from workbooks.pipeline.bill.due import due
from workbooks.pipeline.bill.facts import Event
from workbooks.pipeline.bill.rating import Book, card_name, rate
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.plan import Put
from workbooks.rules.invoice import invoice
from workbooks.rules.invoice.cards import contradictions, fingerprint
from workbooks.rules.invoice.draft import Item, Terms
from workbooks.schema import Row
from workbooks.tables.rate_cards import PRICING

_AT = datetime(2000, 1, 1, 18, tzinfo=UTC)


def activate(books: Books, card: Row) -> Wanted:
    """Make a card count: when its lines cannot be read two ways, its examples come out and no other card is in its way."""
    wanted = Wanted()
    name, key = card_name(card), {"card_id": card["card_id"], "version": card["version"]}
    found = _missing(books, card)
    results = examples(books, card) if not found else []
    for n, expected, made, why in results:
        wanted.add("rate_examples", {**key, "n": n, "comes_out": made})
        if why or made != expected:
            found.append(why or f"example {n} must cost {expected} and comes out at {made}")
    if not results and not found:
        found.append("it has no examples; add at least one on tab Rate examples")
    row: dict[str, Any] = {**key, "action": None, "examples_pass": bool(results) and not found}
    if found:
        row |= {"said": "; ".join(found), "status": "DRAFT"}
        wanted.notes.append(f"Card {name} was not activated: {found[0]}.")
    elif not card.get("approved_by"):
        row |= {
            "said": "its examples come out; a manager fills Approved by, then ask for ACTIVATE again",
            "status": "TESTED",
        }
        wanted.notes.append(f"Card {name} is tested and waits for a manager in Approved by.")
    else:
        row |= {"said": None, "status": "ACTIVE", "lines_hash": fingerprint(_lines(books, card))}
        for before in _in_the_way(books, card):
            # an earlier version of the same card ends by itself the day before
            wanted.add(
                "rate_cards",
                {
                    "card_id": before["card_id"],
                    "version": before["version"],
                    "eff_to": card["eff_from"] - timedelta(days=1),
                },
            )
            wanted.notes.append(f"Card {card_name(before)} ends the day before {card['eff_from']}.")
        wanted.notes.append(f"Card {name} is active from {card['eff_from']}.")
    wanted.add("rate_cards", row)
    return wanted


def _missing(books: Books, card: Row) -> list[str]:
    codes = {str(row["code"]): row for row in books.rows("charge_codes")}
    found = contradictions(card_name(card), _lines(books, card), codes)
    if not _lines(books, card):
        found.append(f"card {card_name(card)} has no lines; add them on tab Rate lines")
    for other in _in_the_way(books, card):
        ends_first = other["card_id"] == card["card_id"] and other["eff_from"] < card["eff_from"]
        if not (ends_first and other.get("eff_to") is None):
            found.append(f"card {card_name(other)} holds for {card['account_id']} from {other['eff_from']} until "
                         f"{other.get('eff_to') or 'further notice'}; end it before {card['eff_from']}")  # fmt: skip
    return found


def _lines(books: Books, card: Row) -> list[Row]:
    return [r for r in books.rows("rate_lines", card_id=card["card_id"]) if r["version"] == card["version"]]


def _in_the_way(books: Books, card: Row) -> list[Row]:
    end = card.get("eff_to") or date.max
    return [
        row for row in books.rows("rate_cards", account_id=card["account_id"])
        if row["status"] == "ACTIVE" and card_name(row) != card_name(card)
        and row["eff_from"] <= end and card["eff_from"] <= (row.get("eff_to") or date.max)
    ]  # fmt: skip


def examples(books: Books, card: Row) -> list[tuple[int, Decimal, Decimal | None, str]]:
    """Of each example: number, what it must cost, what it comes out at, and why it has no price (“”: it has)."""
    alone = Books.of({
        "rate_cards": [{**card, "status": "ACTIVE", "account_id": "EXAMPLE", "eff_from": _AT.date(), "eff_to": None}],
        "rate_lines": _lines(books, card), "charge_codes": books.rows("charge_codes"), "reason_codes": books.rows("reason_codes"),
        "accounts": [{"account_id": "EXAMPLE", "client_id": "EXAMPLE", "name": "Example"}],
        "calendar": [{"market_id": "PEAK", "date": _AT.date(), "peak_multiplier": Decimal(2)}],
    })  # fmt: skip
    book = Book(Context(alone), ["EXAMPLE"])
    rows = sorted(books.rows("rate_examples", card_id=card["card_id"]), key=lambda r: int(r["n"]))
    return [_example(book, row) for row in rows if row["version"] == card["version"]]


def _example(book: Book, row: Row) -> tuple[int, Decimal, Decimal | None, str]:
    charges = due(book, [_event(row)])
    charges = rate(book, [replace(charge, zone=str(row.get("zone") or "")) for charge in charges])
    wrong = next((charge.reason for charge in charges if charge.status == "UNPRICED"), "")
    if wrong:
        return int(row["n"]), row["expected"], None, f"example {row['n']}: {wrong}"
    stops = row.get("stops") or 1
    items = [
        Item(c.key, c.code, c.card, c.unit, c.qty * stops, c.rate, c.event.on)
        for c in charges
        if c.qty is not None and c.rate is not None
    ]
    return int(row["n"]), row["expected"], invoice(items, Terms("EXAMPLE", _AT.date(), _AT.date())).sum("CHARGE"), ""


def _event(row: Row) -> Event:
    outcome = str(row.get("outcome") or "DELIVERED")
    stop = {
        "stop_id": f"example {row['n']}", "account_id": "EXAMPLE", "pkgs": row.get("pkgs"), "weight": row.get("weight"),
        "residential": "Y" if row.get("residential") else "N", "signature_req": bool(row.get("signature")),
    }  # fmt: skip
    attempt = {"attempt_id": f"E-{row['n']}", "wait_min": row.get("wait_min"), "pod_photo": "example", "pod_sign": "example",
               "pkgs_delivered": row.get("pkgs")}  # fmt: skip
    return Event(f"E-{row['n']}", "EXAMPLE", _AT.date(), _AT, outcome, stop, {}, attempt, "", "PEAK" if row.get("peak") else "",
                 first=outcome in ("DELIVERED", "PARTIAL"), try_no=1, pays_failed="Y" if outcome == "FAILED" else "N")  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """One past cycle under the cards that held and under the card that is tried."""

    account_id: str
    client_id: str
    start: date
    end: date
    before: Cycle
    after: Cycle

    @property
    def difference(self) -> Decimal:
        """What the client would pay more."""
        return self.after.total - self.before.total


def simulate(books: Books, card: Row, days: Iterable[date]) -> list[Compared]:
    """The cycles that `days` lie in, as they were billed and as this card would have billed them; nothing changes."""
    account = str(card["account_id"])
    found: dict[date, Compared] = {}
    for day in days:
        before = cycle_of(books, account, day, adjusted=False)
        if before.start not in found:
            after = cycle_of(_as_if(books, card, before), account, day, adjusted=False)
            found[before.start] = Compared(
                account, str(before.account["client_id"]), before.start, before.end, before, after
            )
    return [found[start] for start in sorted(found)]


def _as_if(books: Books, card: Row, cycle: Cycle) -> Books:
    """The books in which this card alone holds over the cycle."""
    puts = []
    for record in books.records("rate_cards", account_id=card["account_id"]):
        row = record.values
        key = (str(row["card_id"]), str(row["version"]))
        if card_name(row) == card_name(card):
            puts.append(
                Put(
                    "rate_cards",
                    key,
                    {**row, "status": "ACTIVE", "eff_from": cycle.start, "eff_to": cycle.end},
                    record.rev,
                )
            )
        elif row["status"] in PRICING:
            puts.append(Put("rate_cards", key, {**row, "status": "DRAFT"}, record.rev))
    return books.with_puts(puts)
