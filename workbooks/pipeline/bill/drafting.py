"""The draft of one account's cycle: charges, terms, lines, and the rows that should stand for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from workbooks.books import Books
from workbooks.lines import Line, printed
from workbooks.money import half_up
from workbooks.pipeline.bill.due import due
from workbooks.pipeline.bill.facts import Event, gather
from workbooks.pipeline.bill.rating import Book, Charge, card_name, rate
from workbooks.pipeline.context import Context
from workbooks.problems import Refused
from workbooks.problems import counted as told
from workbooks.rules.invoice import fuel as fuel_rule
from workbooks.rules.invoice import invoice, volume
from workbooks.rules.invoice import tax as tax_rule
from workbooks.rules.invoice.cycles import period
from workbooks.rules.invoice.draft import Adjusted, Draft, Fuel, Item, Terms, money
from workbooks.schema import Row
from workbooks.tables.invoices import FIXED


@dataclass
class Cycle:
    """One account's cycle as the books have it now. `problems` are sentences for which nothing may be posted."""

    account: Row
    start: date
    end: date
    charges: list[Charge]
    draft: Draft
    currency: str
    counted: int
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def held(self) -> list[Charge]:
        """Charges that wait for somebody."""
        return [charge for charge in self.charges if charge.status == "HELD"]

    @property
    def unpriced(self) -> list[Charge]:
        """Charges without a price."""
        return [charge for charge in self.charges if charge.status == "UNPRICED"]

    @property
    def total(self) -> Decimal:
        """What the invoice comes to."""
        return sum((line.amount for line in self.draft.lines), Decimal("0.00"))

    @property
    def facts_hash(self) -> str:
        """Hash of everything the amounts follow from; equal means nothing changed."""
        lines = [[line.key, str(line.amount), printed(line.facts)] for line in self.draft.lines]
        items = [[i.key, str(i.qty), str(i.rate), i.week, str(i.tax)] for i in self.draft.items]
        return sha256(printed({"lines": lines, "items": items}).encode()).hexdigest()[:16]


def cycle_of(books: Books, account_id: str, day: date, adjusted: bool = True) -> Cycle:
    """The cycle of an account that `day` lies in, rated and added up from the facts as they stand.

    `adjusted` False leaves adjustments of earlier invoices out, as when a closed cycle is looked at again. Refused
    where nothing can be made of it: no such account, a fuel table that contradicts itself, a tax code nobody entered.
    """
    [found] = cycles(books, [(account_id, day)], adjusted)
    if isinstance(found, Refused):
        raise found
    return found


def cycles(books: Books, wanted: Iterable[tuple[str, date]], adjusted: bool = True) -> list[Cycle | Refused]:
    """Several cycles by account and a day in them, priced in one go; Refused in the place of one that cannot be made."""
    context = Context(books)
    spans = [_span(context, account_id, day) for account_id, day in wanted]
    good = [span for span in spans if isinstance(span, _Span)]
    book = Book(context, {str(span.account["account_id"]) for span in good})
    asked = [due(book, span.own) for span in good]
    rated = rate(book, [charge for charges in asked for charge in charges])
    whose = {id(charge): n for n, charges in enumerate(asked) for charge in charges}
    priced: list[list[Charge]] = [[] for _ in good]
    for charge in rated:
        priced[whose[id(charge)]].append(charge)
    of = {id(span): charges for span, charges in zip(good, priced, strict=True)}
    found: list[Cycle | Refused] = []
    for span in spans:
        try:
            found.append(_cycle(context, book, span, of[id(span)], adjusted) if isinstance(span, _Span) else span)
        except Refused as refused:
            found.append(refused)
    return found


@dataclass(frozen=True)
class _Span:
    """One account's cycle and what happened in it, over all accounts whose volume is counted together."""

    account: Row
    start: date
    end: date
    events: Sequence[Event]

    @property
    def own(self) -> list[Event]:
        return [event for event in self.events if event.account_id == self.account["account_id"]]


def _span(context: Context, account_id: str, day: date) -> _Span | Refused:
    account = context.accounts.get(account_id)
    if account is None:
        return Refused(
            f"There is no account {account_id}. Accounts on tab Accounts: {', '.join(sorted(context.accounts)) or 'none yet'}."
        )
    start, end = period(account.get("cycle") or "MONTHLY", account.get("cycle_anchor"), day)
    return _Span(account, start, end, gather(context, _pool(context, account), start, end))


def _cycle(context: Context, book: Book, span: _Span, charges: list[Charge], adjusted: bool) -> Cycle:
    books, account, start, end, events = context.books, span.account, span.start, span.end, span.events
    account_id = str(account["account_id"])
    cards = [card for card in book.cards if card["account_id"] == account_id]
    counted, pct, problems = _discounts(context, account, events, charges)
    problems += _contradictions(book, cards, start, end)
    weeks, fuel = _fuel(context, account, book, charges)
    taxes = _taxes(context, account, start, end)
    items = tuple(_items(book, account, charges, weeks, pct, context))
    terms = Terms(
        account_id=account_id, start=start, end=end, rounding=account.get("rounding_mode") or "HALF_UP",
        minimum=account.get("invoice_min"), scope=account.get("min_scope") or "INVOICE", basis=account.get("min_basis") or "PRE_FUEL",
        tax_round=account.get("tax_round") or "DOCUMENT", fuel=fuel, taxes=taxes, counted=counted,
        texts={code: str(row["invoice_text"]) for code, row in book.codes.items()},
        adjustments=_adjustments(books, account_id) if adjusted else (),
        serves=context.go_live.bills(account_id, end)
        and any(c["eff_from"] <= end and start <= (c.get("eff_to") or date.max) for c in cards),
    )  # fmt: skip
    currencies = sorted({str(card.get("currency") or "USD") for card in cards if _touches(card, start, end)})
    if len(currencies) > 1:
        problems.append(f"the cards of {account_id} between {start} and {end} are in {' and '.join(currencies)}; "
                        "end one of them with the cycle before, an invoice has one currency")  # fmt: skip
    found = Cycle(
        account, start, end, charges, invoice(items, terms), currencies[0] if currencies else "USD", counted, problems
    )
    unknown = sum(event.delivers and _unknown_home(event) for event in span.own)
    if unknown and any("RESIDENTIAL" in book.due(card_name(card)) for card in cards):
        found.notes.append(
            f"{told(unknown, 'stop')} of {account_id} {'is' if unknown == 1 else 'are'} neither marked as homes nor as businesses; no residential charge was made."
        )
    return found


def _unknown_home(event: Event) -> bool:
    from workbooks.pipeline.bill.due import residential

    return residential(event) == "?"


def _touches(card: Row, start: date, end: date) -> bool:
    return bool(card["eff_from"] <= end and start <= (card.get("eff_to") or date.max))


def _pool(context: Context, account: Row) -> list[str]:
    if (account.get("tier_pool") or "ACCOUNT") == "ACCOUNT":
        return [str(account["account_id"])]
    return sorted(a for a, row in context.accounts.items() if row["client_id"] == account["client_id"])


def _discounts(
    context: Context, account: Row, events: Sequence[Event], charges: Iterable[Charge]
) -> tuple[int, dict[str, Decimal], list[str]]:
    """Stops that count in the cycle, the fraction of each charge's tier by charge key, and what is wrong with tiers."""
    rows = context.books.rows("volume_tiers")
    pool = account.get("tier_pool") or "ACCOUNT"
    owner = str(account["client_id"] if pool == "CLIENT" else account["account_id"])
    on: dict[date, volume.Tiers] = {}
    problems: dict[str, None] = {}

    def tiers(day: date) -> volume.Tiers:
        if day not in on:
            on[day] = volume.tiers(rows, pool, owner, day)
            if wrong := volume.wrong(on[day]):
                problems[f"volume tiers of {owner}: {wrong}"] = None
        return on[day]

    delivered = [event.source for event in sorted(events, key=Event.order) if event.delivers and not _undecided(event)]
    tried = [
        e.source for e in sorted(events, key=Event.order) if (e.delivers or e.outcome == "FAILED") and not _undecided(e)
    ]
    numbers = {"DELIVERED": volume.numbered(delivered), "ATTEMPTED": volume.numbered(tried)}
    found = {}
    for charge in charges:
        standing = tiers(charge.event.on)
        number = numbers[standing.basis]
        reached = len(number)
        if standing.mode == "GRADUATED":
            reached = number.get(charge.event.source, 0)
        if pct := standing.at(reached) if reached else Decimal(0):
            found[charge.key] = pct
    basis = tiers(max((event.on for event in events), default=date.min)).basis
    return len(numbers[basis]), found, list(problems)


def _undecided(event: Event) -> bool:
    return bool(event.hold)


def _contradictions(book: Book, cards: Iterable[Row], start: date, end: date) -> list[str]:
    from workbooks.rules.invoice.cards import contradictions, fingerprint

    found = []
    for card in cards:
        if _touches(card, start, end):
            name = card_name(card)
            found += contradictions(name, book.lines.get(name, []), book.codes)
            if card.get("lines_hash") and card["lines_hash"] != fingerprint(book.lines.get(name, [])):
                found.append(
                    f"{name}: its lines were changed after it was activated; put them back on tab Rate lines and enter a new "
                    "version, from its first day on, also for one that reaches back"
                )
    return found


def _fuel(
    context: Context, account: Row, book: Book, charges: Iterable[Charge]
) -> tuple[dict[str, str], dict[str, Fuel]]:
    """The fuel week of each fuel-eligible charge by key, and the surcharge of each week."""
    table = account.get("fsc_table_id")
    if not table:
        return {}, {}
    brackets, index = context.books.rows("fuel_table"), context.books.rows("fuel_index")
    weeks: dict[str, str] = {}
    known: dict[date, str] = {}
    fuel: dict[str, Fuel] = {}
    for charge in charges:
        if not book.codes.get(charge.code, {}).get("fuel_eligible") or charge.status == "UNPRICED":
            continue
        on = charge.event.on
        if on not in known:
            standing = fuel_rule.standing(brackets, str(table), on)
            begins = fuel_rule.week_of(standing, on)
            known[on] = begins.isoformat()
            if known[on] not in fuel:
                fuel[known[on]] = fuel_rule.surcharge(standing, index, begins)
        weeks[charge.key] = known[on]
    return weeks, fuel


def _taxes(context: Context, account: Row, start: date, end: date) -> dict[date, tuple[str, Decimal]]:
    days = [date.fromordinal(n) for n in range(start.toordinal(), end.toordinal() + 1)]
    return {day: _tax(context, account.get("tax_code"), day) for day in days}


def _tax(context: Context, code: str | None, day: date) -> tuple[str, Decimal]:
    rate = tax_rule.rate_on(context.books.rows("tax_codes"), code, day)
    if rate is None:
        raise Refused(f"Tax code {code} holds no rate on {day}; enter it on tab Tax codes, nothing was billed.")
    return str(code or ""), rate


def _items(
    book: Book,
    account: Row,
    charges: Iterable[Charge],
    weeks: Mapping[str, str],
    pct: Mapping[str, Decimal],
    context: Context,
) -> Iterable[Item]:
    taxes: dict[tuple[str | None, date], tuple[str, Decimal]] = {}
    for charge in charges:
        if charge.status not in ("RATED", "APPROVED") or charge.qty is None or charge.rate is None:
            continue
        code = book.codes[charge.code]
        place = (code.get("tax_code") or account.get("tax_code"), charge.event.on)
        if place not in taxes:
            taxes[place] = _tax(context, *place)
        yield Item(
            charge.key, charge.code, charge.card, charge.unit, charge.qty, charge.rate, charge.event.on, charge.zone,
            charge.event.route_id, weeks.get(charge.key, ""), pct.get(charge.key) if code.get("discount_eligible") else None,
            taxes[place],
        )  # fmt: skip


def _adjustments(books: Books, account_id: str) -> tuple[Adjusted, ...]:
    rows = books.rows("billing_adjustments", account_id=account_id, status="APPROVED")
    return tuple(Adjusted(r["adj_id"], r["invoice_no"], r["reason"], r["billed"], r["correct"]) for r in rows)


def invoice_row(cycle: Cycle, invoice_id: str) -> dict[str, Any]:
    """The row of table invoices for a draft."""
    draft = cycle.draft
    said = []
    if cycle.problems:
        said.append("; ".join(cycle.problems))
    if cycle.unpriced:
        said.append(
            f"{told(len(cycle.unpriced), 'charge has', 'charges have')} no price, so it cannot be posted: {cycle.unpriced[0].reason}"
        )
    if cycle.held:
        said.append(f"{told(len(cycle.held), 'charge is', 'charges are')} held and left out: {cycle.held[0].hold}")
    if cycle.total < 0:
        said.append(f"It gives {-cycle.total} back: REVIEW makes a credit note of it, which a manager approves")
    return {
        "invoice_id": invoice_id, "account_id": cycle.account["account_id"], "client_id": cycle.account["client_id"],
        "status": "DRAFT", "said": ". ".join(said) or None, "period_start": cycle.start, "period_end": cycle.end,
        "currency": cycle.currency, "charges": draft.sum("CHARGE"), "discount": draft.sum("DISCOUNT"), "fuel": draft.sum("FUEL"),
        "minimum": draft.sum("MINIMUM"), "adjustments": draft.sum("ADJUSTMENT"), "tax": draft.sum("TAX"), "total": cycle.total,
        "stops": cycle.counted, "held": len(cycle.held), "unpriced": len(cycle.unpriced), "facts_hash": cycle.facts_hash,
    }  # fmt: skip


def line_rows(cycle: Cycle, invoice_id: str, status: str = "DRAFT") -> list[dict[str, Any]]:
    """The rows of table invoice_lines for a draft, in the order of the rules."""
    return [_line_row(line, n, cycle, invoice_id, status) for n, line in enumerate(cycle.draft.lines, start=1)]


def _line_row(line: Line, n: int, cycle: Cycle, invoice_id: str, status: str) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id, "line_key": line.key, "n": n, "status": status, "account_id": cycle.account["account_id"],
        "component": line.component, "charge_code": line.more.get("charge_code"), "zone": line.more.get("zone") or None,
        "card": line.more.get("card"), "text": line.more.get("text"), "qty": line.quantity, "rate": line.rate,
        "amount": line.amount, "rule_ref": line.rule, "version": line.version, "says": line.says, "facts": printed(line.facts),
    }  # fmt: skip


def charge_rows(cycle: Cycle, invoice_id: str | None, status: str = "") -> list[dict[str, Any]]:
    """The rows of table charges for a cycle, each with its shares of the lines; `status` for those that are billed."""
    shares = {name: cycle.draft.by_item(name) for name in ("CHARGE", "DISCOUNT", "FUEL")}
    weeks = {item.key: item.week for item in cycle.draft.items}
    return [charge_row(c, invoice_id, status, shares, weeks) for c in cycle.charges]


def charge_row(
    charge: Charge,
    invoice_id: str | None,
    status: str,
    shares: Mapping[str, Mapping[str, int]],
    weeks: Mapping[str, str],
) -> dict[str, Any]:
    """One row of table charges."""
    billed = charge.key in weeks

    def share(name: str) -> Decimal | None:
        return money(shares[name].get(charge.key, 0)) if billed else None

    return {
        "charge_key": charge.key, "account_id": charge.event.account_id, "service_date": charge.event.on,
        "status": status if status and billed else charge.status, "reason": charge.reason or charge.hold or None,
        "stop_id": charge.event.stop.get("stop_id"), "attempt_id": charge.event.attempt.get("attempt_id"),
        "route_id": charge.event.route_id or None, "charge_code": charge.code, "zone": charge.zone or None,
        "unit": charge.unit or None, "qty": charge.qty, "rate": charge.rate,
        "exact": None if charge.exact is None else half_up(charge.exact, 6), "card_id": charge.card_id,
        "card_version": charge.version, "fuel_week": date.fromisoformat(weeks[charge.key]) if weeks.get(charge.key) else None,
        "invoice_id": invoice_id if billed else None,
        "charge": share("CHARGE"), "discount": share("DISCOUNT"), "fuel": share("FUEL"),
    }  # fmt: skip


def draft_id(books: Books, account_id: str, start: date) -> tuple[str, Row | None]:
    """Name of the draft of a cycle and its row, if there is one that is not void."""
    name = base = f"{account_id}-{start}"
    turn = 1
    row = books.row("invoices", name)
    while row is not None and row["status"] == "VOID":
        turn += 1
        name = f"{base}-{turn}"
        row = books.row("invoices", name)
    return name, row


def is_fixed(row: Row | None) -> bool:
    """True when the cycle was posted, so that only adjustments can change what is billed."""
    return row is not None and row["status"] in FIXED
