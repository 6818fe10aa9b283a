"""What falls due: for each event the codes of its card whose trigger it is, and for each route and day the flat ones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from workbooks import localtime
from workbooks.pipeline.bill.facts import Event
from workbooks.pipeline.bill.rating import Book, Charge, card_name
from workbooks.rules.invoice.price import UNIT
from workbooks.schema import Row


def due(book: Book, events: Sequence[Event]) -> list[Charge]:
    """Every charge that falls due from these events, not priced yet; HELD ones say what they wait for."""
    found: list[Charge] = []
    for event in events:
        cards = book.on(event.account_id, event.on)
        if len(cards) != 1:
            if event.delivers and not event.grouped:
                found.append(
                    Charge(
                        _key(event.account_id, event.source, "BASE"),
                        "BASE",
                        event,
                        status="UNPRICED",
                        reason=_no_card(event, cards),
                    )
                )
            continue
        card = cards[0]
        name = card_name(card)
        for code in book.due(name):
            row = book.codes.get(code)
            if row is not None and _falls_due(book, row, card, event):
                found.append(_charge(book, code, event, card, event.source))
    return [*found, *_flat(book, events)]


def _charge(book: Book, code: str, event: Event, card: Row, source: str) -> Charge:
    hold = event.hold or _evidence(book, code, event)
    if code and book.codes[code].get("breaks_by") == "CLOCK":
        event = replace(event, attempt={**event.attempt, "clock": _clock(book, event)})
    return Charge(
        _key(event.account_id, source, code), code, event, card_name(card), str(card["card_id"]), card["version"],
        status="HELD" if hold else "RATED", hold=hold,
    )  # fmt: skip


def _key(account_id: str, source: str, code: str) -> str:
    return f"{account_id}:{source}:{code}"


def _no_card(event: Event, cards: list[Row]) -> str:
    if not cards:
        return f"no active rate card of {event.account_id} holds on {event.on}; activate one on tab Rate cards"
    names = " and ".join(sorted(card_name(row) for row in cards))
    return f"rate cards {names} of {event.account_id} both hold on {event.on}; end one of them on tab Rate cards"


def _falls_due(book: Book, code: Row, card: Row, event: Event) -> bool:
    delivers = event.delivers and (not event.grouped or code["code"] in ("PACKAGE", "WEIGHT"))
    match code["trigger"]:
        case "DELIVERED":
            return delivers
        case "RESIDENTIAL":
            return delivers and residential(event) == "Y"
        case "SIGNATURE":
            return delivers and bool(event.stop.get("signature_req"))
        case "TIME_SENSITIVE":
            return delivers and bool(event.stop.get("time_sensitive"))
        case "PEAK":
            return delivers and (event.market_id, event.on) in book.peaks
        case "FAILED":
            return _failed_pays(card, event)
        case "ATTEMPT":
            return event.delivers or (event.outcome == "FAILED" and event.pays_failed == "Y")
        case "CANCELLED":
            return event.outcome in ("CANCELLED", "CANCELLED_ON_BOARD") or event.pays_failed == "CANCEL"
        case "RETURNED":
            return event.outcome == "RETURNED"
    return False


def _failed_pays(card: Row, event: Event) -> bool:
    if event.outcome != "FAILED" or event.pays_failed != "Y":
        return False
    beyond = event.try_no - (card.get("attempts_included") or 0)
    most = card.get("attempts_max")
    return beyond > 0 and (most is None or beyond <= most)


def residential(event: Event) -> str:
    """Y, N or ? by what the VA found out, the stop, the address."""
    stop = event.stop
    return str(stop.get("residential_override") or stop.get("residential") or event.address.get("residential") or "?")


def _clock(book: Book, event: Event) -> int:
    """Hour of the day at the stop, in millionths."""
    market = book.context.markets.get(event.market_id)
    name = event.address.get("tz") or (market.row["tz"] if market else "UTC")
    wall = event.at.astimezone(localtime.zone(str(name)))
    return (wall.hour * 3600 + wall.minute * 60 + wall.second) * UNIT // 3600


def _evidence(book: Book, code: str, event: Event) -> str:
    """What is missing on file for a charge; “” when nothing is."""
    if not event.delivers:
        return ""
    asked = str(book.context.accounts[event.account_id].get("pod_required") or "NONE")
    own = str(book.codes[code].get("evidence_required") or "NONE")
    missing = []
    if not event.attempt.get("pod_photo") and (asked in ("PHOTO", "ALL") or own == "PHOTO"):
        missing.append("photo")
    if not event.attempt.get("pod_sign") and (asked in ("SIGN", "ALL") or own == "SIGN"):
        missing.append("signature")
    if not missing:
        return ""
    return f"proof of delivery of attempt {event.source} lacks its {' and '.join(missing)}; attach it and rate again"


def _flat(book: Book, events: Sequence[Event]) -> list[Charge]:
    """One charge per route and per day, for codes with such a trigger, where the account had work."""
    routes: dict[tuple[str, str], list[Event]] = {}
    days: dict[tuple[str, date], list[Event]] = {}
    for event in events:
        if event.outcome != "RETURNED" and not event.hold:
            if event.route_id:
                routes.setdefault((event.account_id, event.route_id), []).append(event)
            days.setdefault((event.account_id, event.on), []).append(event)
    found = []
    for trigger, groups in (("ROUTE", routes), ("DAY", days)):
        for (account_id, what), members in sorted(groups.items(), key=lambda pair: str(pair[0])):
            first = min(members, key=lambda e: (e.on, e.source))
            cards = book.on(account_id, first.on)
            if len(cards) != 1 or (trigger == "ROUTE" and first.begins != first.on):
                continue  # a route that began in the cycle before was charged there
            for code in sorted(book.due(card_name(cards[0]))):
                if book.codes.get(code, {}).get("trigger") == trigger:
                    event = replace(first, source=str(what), stop={"stop_id": None, "account_id": account_id}, address={},
                                    attempt=_miles(book, str(what)) if trigger == "ROUTE" else {}, outcome=trigger,
                                    hold=_shared(book, code, cards[0], account_id, str(what)))  # fmt: skip
                    found.append(_charge(book, code, event, cards[0], str(what)))
    return found


def _miles(book: Book, route_id: str) -> Row:
    rows = book.context.books.rows("mileage", route_id=route_id)
    if not rows or any(row.get("chosen") is None or row["status"] != "ACCEPTED" for row in rows):
        return {}
    return {"miles": sum(row["chosen"] for row in rows)}


def _shared(book: Book, code: str, card: Row, account_id: str, what: str) -> str:
    """Miles of a route can be charged to one account only."""
    units = {row["unit"] for row in book.lines.get(card_name(card), ()) if row["charge_code"] == code}
    if "MILE" not in units:
        return ""
    others = {row.get("account_id") for row in book.context.books.rows("recon", route_id=what)} - {account_id, None}
    return (
        f"route {what} also carried {', '.join(sorted(map(str, others)))}; its miles belong to no single account"
        if others
        else ""
    )
