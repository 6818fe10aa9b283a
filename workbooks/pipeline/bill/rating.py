"""From events to charges: which codes fall due, on which card, in which zone, and what each costs or why it has no price."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbooks.pipeline.bill.facts import Event
from workbooks.pipeline.context import Context
from workbooks.rules.invoice.price import UNIT, UNKNOWN, price
from workbooks.rules.invoice.zones import agreed, place
from workbooks.schema import Row
from workbooks.tables.rate_cards import PRICING

if TYPE_CHECKING:
    import pandas as pd

ENDLESS = 10**17
_LAST = date.max.toordinal()
_FRAMES: dict[str, dict[str, str]] = {
    "stops": {"source": "str", "account_id": "str", "day": "int64", "zip5": "str", "zip3": "str", "zip_n": "int64", "city": "str",
              "order_ref": "str", "address_id": "str", "consignee": "str"},
    "zones": {"account_id": "str", "zone": "str", "match_type": "str", "value": "str", "low": "int64", "high": "int64",
              "from_day": "int64", "to_day": "int64"},
    "fares": {"account_id": "str", "match_type": "str", "value": "str", "fare_e4": "int64", "from_day": "int64", "to_day": "int64"},
    "due": {"key": "str", "source": "str", "card": "str", "code": "str", "zone": "str", "pkgs": "int64", "lb": "int64",
            "miles": "int64", "minutes": "int64", "clock": "int64"},
    "lines": {"card": "str", "code": "str", "line_zone": "str", "unit": "str", "breaks": "str", "low": "int64", "high": "int64",
              "rate_e4": "int64", "free": "int64", "step": "int64", "least_e10": "int64", "most_e10": "int64"},
}  # fmt: skip
AGREED = "agreed "


def frame(name: str, rows: Iterable[Row]) -> "pd.DataFrame":
    """A frame of the rating with its declared columns, also when it is empty."""
    import pandas as pd  # a second of start-up that only rating needs

    kinds = _FRAMES[name]
    return pd.DataFrame(list(rows), columns=list(kinds)).astype(kinds)


@dataclass(slots=True)
class Charge:
    """One thing that falls due. `qty` in units, `rate` per unit; both None while it has no price."""

    key: str
    code: str
    event: Event
    card: str = ""
    card_id: str | None = None
    version: int | None = None
    zone: str = ""
    unit: str = ""
    qty: Decimal | None = None
    rate: Decimal | None = None
    status: str = "RATED"
    reason: str = ""
    hold: str = ""

    @property
    def exact(self) -> Decimal | None:
        """Quantity times rate, not rounded."""
        if self.qty is None or self.rate is None:
            return None
        made = self.qty * self.rate
        return made / 60 if self.unit == "HOUR" else made


class Book:
    """The rate book: cards, lines, zones, fares and codes of the accounts that are rated."""

    def __init__(self, context: Context, accounts: Iterable[str]) -> None:
        self.context, self.accounts = context, sorted(accounts)
        self._cards: dict[tuple[str, date], list[Row]] = {}
        self._codes: dict[str, list[str]] = {}
        self._zoned: dict[tuple[str, str], bool] = {}

    @cached_property
    def codes(self) -> dict[str, Row]:
        """Charge codes by name."""
        return {str(row["code"]): row for row in self.context.books.rows("charge_codes")}

    @cached_property
    def cards(self) -> list[Row]:
        """Cards that price, of these accounts."""
        rows = self.context.books.rows("rate_cards")
        return [row for row in rows if row["account_id"] in self.accounts and row["status"] in PRICING]

    @cached_property
    def lines(self) -> dict[str, list[Row]]:
        """Rate lines by card name."""
        wanted = {(row["card_id"], row["version"]) for row in self.cards}
        found: dict[str, list[Row]] = {}
        for row in self.context.books.rows("rate_lines"):
            if (row["card_id"], row["version"]) in wanted:
                found.setdefault(card_name(row), []).append(row)
        return found

    @cached_property
    def peaks(self) -> set[tuple[str, date]]:
        """(market, date) of every peak day."""
        rows = self.context.books.rows("calendar")
        return {(str(r["market_id"]), r["date"]) for r in rows if (r.get("peak_multiplier") or 0) > 1}

    def on(self, account_id: str, day: date) -> list[Row]:
        """The cards that hold for an account on a day; there should be one."""
        if (account_id, day) not in self._cards:
            self._cards[account_id, day] = [
                row for row in self.cards
                if row["account_id"] == account_id and row["eff_from"] <= day <= (row.get("eff_to") or date.max)
            ]  # fmt: skip
        return self._cards[account_id, day]

    def due(self, card: str) -> list[str]:
        """Codes that a card has a price for, and BASE, which it must have."""
        if card not in self._codes:
            self._codes[card] = sorted({"BASE", *(str(row["charge_code"]) for row in self.lines.get(card, ()))})
        return self._codes[card]

    def zoned(self, card: str, code: str) -> bool:
        """True when a code's price on a card depends on the zone."""
        if (card, code) not in self._zoned:
            self._zoned[card, code] = any(r["charge_code"] == code and r.get("zone") for r in self.lines.get(card, ()))
        return self._zoned[card, code]

    def zone_frame(self) -> "pd.DataFrame":
        """The zones of these accounts."""
        rows = [row for row in self.context.books.rows("zones") if row["account_id"] in self.accounts]
        return frame("zones", map(zone_row, rows))

    def fare_frame(self) -> "pd.DataFrame":
        """The agreed fares of these accounts."""
        rows = [row for row in self.context.books.rows("agreed_fares") if row["account_id"] in self.accounts]
        return frame(
            "fares",
            (
                {**_dated(row), "value": fold(row["match_type"], row["match_value"]), "fare_e4": e4(row["fare"])}
                for row in rows
            ),
        )

    def line_frame(self, fares: Iterable[tuple[str, int]] = ()) -> "pd.DataFrame":
        """The rate lines of these cards, and one line for each (card, agreed fare)."""
        made = [
            line_row(row, self.codes.get(str(row["charge_code"]), {})) for rows in self.lines.values() for row in rows
        ]
        plain = {
            "unit": "STOP",
            "breaks": "",
            "low": 0,
            "high": ENDLESS,
            "free": 0,
            "step": 0,
            "least_e10": -1,
            "most_e10": -1,
        }
        made += [
            {**plain, "card": card, "code": "BASE", "line_zone": f"{AGREED}{fare}", "rate_e4": fare}
            for card, fare in fares
        ]
        return frame("lines", made)


def card_name(row: Row) -> str:
    """“RC-1 v2”."""
    return f"{row['card_id']} v{row['version']}"


def e4(value: Any) -> int:
    """A decimal in ten-thousandths."""
    return int(Decimal(value) * 10**4)


def e6(value: Any) -> int:
    """A quantity in millionths; -1 when nobody knows it."""
    return UNKNOWN if value is None else int(Decimal(value) * UNIT)


def rate(book: Book, due: Sequence[Charge]) -> list[Charge]:
    """Gives each charge its price, or UNPRICED with the rule that failed; those that come to nothing are left out."""
    events = {charge.event.ref: charge.event for charge in due}
    stops = frame("stops", [_stop(event) for event in events.values()])
    placed = _by_source(place, stops, book.zone_frame())
    fares = _by_source(agreed, stops, book.fare_frame())
    known = []
    for charge in due:
        # where a code costs the same everywhere, it does not matter which zone the stop lies in
        wrong = charge.reason or (_wrong_place(charge, placed, fares) if book.zoned(charge.card, charge.code) else "")
        fare = fares.get(charge.event.ref) if charge.code == "BASE" else None
        zone = placed[charge.event.ref]["zone"] if charge.event.ref in placed else ""
        charge.zone = charge.zone or (f"{AGREED}{fare['fare_e4']}" if fare else zone)
        if wrong:
            charge.status, charge.reason = "UNPRICED", wrong
        else:
            known.append(charge)
    extra = {(charge.card, int(charge.zone.removeprefix(AGREED))) for charge in known if charge.zone.startswith(AGREED)}
    measures: dict[int, dict[str, int]] = {}
    answer = price(frame("due", [_due(charge, measures) for charge in known]), book.line_frame(sorted(extra)))
    columns = (answer[name].tolist() for name in ("key", "unit", "rate_e4", "qty_e6", "twice"))
    found = {key: (unit, rate_e4, qty_e6, twice) for key, unit, rate_e4, qty_e6, twice in zip(*columns, strict=True)}
    fits = _fitting(book)
    for charge in known:
        row = found.get(charge.key)
        if row is not None and row[2] > 0 and not row[3]:
            charge.unit, charge.rate, charge.qty = row[0], Decimal(row[1]).scaleb(-4), Decimal(row[2]).scaleb(-6)
        elif row is not None or not fits(charge):
            charge.status, charge.reason = "UNPRICED", _why(book, charge, row)
    result = [charge for charge in due if charge.status == "UNPRICED" or charge.qty is not None]
    for charge in result:
        if charge.zone.startswith(AGREED):
            charge.zone = "agreed"
    return sorted(result, key=lambda charge: charge.key)


def _by_source(find: Callable[..., Any], stops: "pd.DataFrame", known: "pd.DataFrame") -> dict[str, Any]:
    """What a rule finds for each stop; not looked for where there is nothing to find."""
    kinds = sorted(set(known["match_type"]))
    return {row["source"]: row for row in find(stops, known, kinds=kinds).to_dict("records")} if kinds else {}


def _wrong_place(charge: Charge, placed: dict[str, Any], fares: dict[str, Any]) -> str:
    found, fare = placed.get(charge.event.ref), fares.get(charge.event.ref)
    event = charge.event
    if charge.zone or (fare is not None and charge.code == "BASE"):
        if fare is not None and fare["fare_e4"] != fare["other_e4"]:
            return f"two agreed fares fit stop {event.stop['stop_id']} on {event.on}; end one on tab Agreed fares"
        return ""
    if found is not None and found["zone"] != found["other"]:
        return (f"{_where(event)} lies in zone {found['zone']} and in zone {found['other']} of {event.account_id} on {event.on}; "
                "end one on tab Zones")  # fmt: skip
    return ""


def _where(event: Event) -> str:
    zip5 = event.address.get("zip5")
    return f"ZIP {zip5}" if zip5 else f"stop {event.stop['stop_id']} without a ZIP"


def _fitting(book: Book) -> Any:
    """Says of a charge without an answer whether a line fits it all the same, so that it merely comes to nothing."""
    frames = book.line_frame().to_dict("records")
    by: dict[tuple[str, str], list[Any]] = {}
    for line in frames:
        by.setdefault((line["card"], line["code"]), []).append(line)

    def fits(charge: Charge) -> bool:
        measures = _measures(charge.event)
        lines = [line for line in by.get((charge.card, charge.code), ()) if line["line_zone"] in ("", charge.zone)]
        if book.codes.get(charge.code, {}).get("breaks_by") == "CLOCK":
            return True
        return any(line["low"] <= _measured(line, measures) < line["high"] for line in lines)

    return fits


def _measured(line: Any, measures: dict[str, int]) -> int:
    kind = line["breaks"] or line["unit"]
    name = {"PKG": "pkgs", "LB": "lb", "MILE": "miles", "HOUR": "minutes", "BLOCK": "minutes", "MINUTE": "minutes"}.get(
        kind
    )
    return measures[name] if name else 0


def _why(book: Book, charge: Charge, row: tuple[str, int, int, bool] | None) -> str:
    """Which rule failed, in one sentence with the way out."""
    event, card = charge.event, charge.card
    if row is not None and row[2] < 0:
        what = "is not known" if row[2] == UNKNOWN else "is below zero"
        return f"the quantity for {charge.code} of stop {event.stop['stop_id']} {what}; correct the stop and rate again"
    if row is not None:
        return f"two rates of card {card} fit {charge.code} in zone {charge.zone or 'none'}; let their breaks follow each other on tab Rate lines"
    lines = [r for r in book.lines.get(card, ()) if r["charge_code"] == charge.code]
    if any((r.get("zone") or "") in ("", charge.zone) for r in lines):
        return f"no break of {charge.code} on card {card} holds what stop {event.stop['stop_id']} comes to; close the gap on tab Rate lines"
    if charge.zone:
        return f"card {card} has no {charge.code} rate for zone {charge.zone} and none without a zone; add it on tab Rate lines"
    return (f"{_where(event)} is in no zone of {event.account_id} on {event.on}, and card {card} has no {charge.code} rate "
            "without a zone; add the ZIP on tab Zones")  # fmt: skip


def _stop(event: Event) -> dict[str, Any]:
    return {
        **lying(event.ref, event.account_id, event.on, event.address.get("zip5"), event.address.get("city")),
        "order_ref": fold("ORDER", event.stop.get("order_ref")), "address_id": str(event.stop.get("address_id") or ""),
        "consignee": fold("CONSIGNEE", event.stop.get("recipient")),
    }  # fmt: skip


def lying(source: Any, account_id: str, on: date, zip5: Any, city: Any) -> dict[str, Any]:
    """What of a stop decides its zone, as the frame “stops” holds it."""
    five = str(zip5 or "")[:5]
    return {
        "source": source, "account_id": account_id, "day": on.toordinal(), "zip5": five, "zip3": five[:3],
        "zip_n": int(five) if five.isdigit() else -1, "city": fold("CITY", city),
    }  # fmt: skip


def fold(kind: str, value: Any) -> str:
    """A value as it is compared: blanks once, and cities and names whatever their case."""
    text = " ".join(str(value or "").split())
    return text.casefold() if kind in ("CITY", "CONSIGNEE") else text


def _dated(row: Row) -> dict[str, Any]:
    return {
        "account_id": row["account_id"], "match_type": row["match_type"], "from_day": row["eff_from"].toordinal(),
        "to_day": row["eff_to"].toordinal() if row.get("eff_to") else _LAST,
    }  # fmt: skip


def zone_row(row: Row) -> dict[str, Any]:
    """A row of tab Zones as the frame “zones” holds it."""
    value = fold(row["match_type"], row.get("match_value"))
    low, high = 0, -1
    if row["match_type"] == "RANGE":
        first, _, last = value.replace(" ", "").partition("-")
        low, high = (int(first), int(last or first)) if first.isdigit() and (last or first).isdigit() else (0, -1)
    if row["match_type"] == "ZIP5":
        value = value[:5].rjust(5, "0")
    return {**_dated(row), "zone": row["zone"], "value": value, "low": low, "high": high}


def line_row(row: Row, code: Row) -> dict[str, Any]:
    """A row of tab Rate lines as the frame “lines” holds it; `code` is the row of its charge code."""
    return {
        "card": card_name(row), "code": row["charge_code"], "line_zone": row.get("zone") or "", "unit": row["unit"],
        "breaks": code.get("breaks_by") or "", "low": e6(row.get("from_qty") or 0),
        "high": e6(row["to_qty"]) if row.get("to_qty") is not None else ENDLESS, "rate_e4": e4(row["rate"]),
        "free": e6(row.get("free_qty") or 0), "step": e6(row.get("step_qty") or 0),
        "least_e10": e6(row["min_amount"]) * 10**4 if row.get("min_amount") is not None else -1,
        "most_e10": e6(row["max_amount"]) * 10**4 if row.get("max_amount") is not None else -1,
    }  # fmt: skip


def _due(charge: Charge, known: dict[int, dict[str, int]]) -> dict[str, Any]:
    measures = known.get(id(charge.event))
    if measures is None:
        measures = known[id(charge.event)] = _measures(charge.event)
    return {
        "key": charge.key,
        "source": charge.event.ref,
        "card": charge.card,
        "code": charge.code,
        "zone": charge.zone,
        **measures,
    }


def _measures(event: Event) -> dict[str, int]:
    """What can be counted of an event, in millionths; -1 when nobody knows it."""
    pkgs = event.stop.get("pkgs")
    if event.outcome == "PARTIAL" and event.attempt.get("pkgs_delivered") is not None:
        pkgs = event.attempt["pkgs_delivered"]
    return {
        "pkgs": e6(pkgs), "lb": e6(event.stop.get("weight")), "miles": e6(event.attempt.get("miles")),
        "minutes": e6(event.attempt.get("wait_min") or 0), "clock": int(event.attempt.get("clock") or 0),
    }  # fmt: skip
