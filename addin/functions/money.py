"""Functions about money: the zone and rate of a stop, fuel, pay by tiers, and how old what is owed is."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from addin.answers import failed
from addin.functions.given import Given, one
from addin.functions.ranges import rows_of
from addin.registry import function
from workbooks.pipeline.bill.rating import card_name, e6, frame, line_row, lying, zone_row
from workbooks.problems import Refused
from workbooks.rules.invoice import fuel as fuel_rules
from workbooks.rules.invoice.price import price
from workbooks.rules.invoice.zones import place
from workbooks.rules.receivables.aging import bucket
from workbooks.rules.settlement import tiers as tier_rules
from workbooks.schema import Row, Type
from workbooks.tables import TABLES

MEASURES = ("pkgs", "lb", "miles", "minutes", "clock")


@function(
    "SB_ZONE", "name of the zone", ("charges.zone",),
    '=SB_ZONE(A2:A500, tblZones[#All], DATE(2026,3,10), "A-100")',
    zip="ZIP code", zones="Tab Zones, or rows of it, with the header row",
    day="Service date; needed where zones begin or end on a day", account="Whose zones, where the range has several accounts'",
    city="City, for zones made of cities",
)  # fmt: skip
def zone(zip: Any, zones: Any, day: Any = None, account: Any = None, city: Any = None) -> Any:
    """The rate zone of a ZIP code: the most specific match of ZIP5, ZIP3, range, city, default."""
    given = Given(zip=zip, day=day, account=account, city=city)
    rows = rows_of("zones", zones, "zones", ("zone", "match_type"))
    dated = any(row.get("eff_from") or row.get("eff_to") for row in rows)
    rows = [
        {**row, "account_id": row.get("account_id") or "", "eff_from": row.get("eff_from") or date.min} for row in rows
    ]
    whose = sorted({row["account_id"] for row in rows})
    zips, cities = given.column("zip", Type.ZIP, "main"), given.texts("city", "optional")
    days = given.days("day", "needed" if dated else "optional")
    accounts = given.texts("account", "needed" if len(whose) > 1 else "optional")
    only = whose[0] if len(whose) == 1 else ""
    keys = [(z or "", d or date.max, a or only, c or "") for z, d, a, c in zip_columns(zips, days, accounts, cities)]
    asked = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    stops = frame("stops", [lying(str(n), a, d, z, c) for (z, d, a, c), n in asked.items()])
    found = place(stops, frame("zones", map(zone_row, rows)))
    at = {
        int(n): (one_zone, other) for n, one_zone, other in zip_columns(found["source"], found["zone"], found["other"])
    }

    def answer(key: tuple[str, date, str, str]) -> str:
        first, other = at.get(asked[key], ("", ""))
        if first != other:
            return failed(f"ZIP {key[0]} lies in zone {first} and in zone {other}; end one of them on tab Zones.")
        return first or failed(f"ZIP {key[0]} is in no zone{f' of {key[2]}' if key[2] else ''}; add it on tab Zones.")

    known = {key: answer(key) for key in asked}
    return given.each(known.__getitem__, keys)


def zip_columns(*columns: Iterable[Any]) -> Iterable[tuple[Any, ...]]:
    """Columns of one length side by side (`zip` is an argument here)."""
    return map(lambda *row: row, *columns)


@function(
    "SB_RATE", "price of one unit", ("charges.rate", "rate_lines.rate"),
    '=SB_RATE("BASE", D2:D500, 1, tblRateLines[#All], "RC-1 v2")',
    code="Charge code, such as BASE", zone="Zone; blank: the rate without a zone",
    quantity="What decides the break: packages, pounds, miles, minutes",
    rates="Tab Rate lines, or rows of it, with the header row", card="Card and version such as RC-1 v2, where the range has several",
)  # fmt: skip
def rate(code: Any, zone: Any, quantity: Any, rates: Any, card: Any = None) -> Any:
    """The rate on a card for a code, zone and quantity; what is free, least and most is for SB_PRICE to apply."""
    given = Given(code=code, zone=zone, quantity=quantity, card=card)
    rows = rows_of("rates", rates, "rate_lines", ("charge_code", "unit", "rate"))
    cards = sorted({_card(row) for row in rows})
    codes, places = given.texts("code", "main"), given.texts("zone", "optional")
    quantities = given.numbers("quantity", "optional")
    names = given.texts("card", "needed" if len(cards) > 1 else "optional")
    only = cards[0] if len(cards) == 1 else ""
    keys = [(n or only, c or "", z or "", q) for n, c, z, q in zip_columns(names, codes, places, quantities)]
    asked = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    due = [
        {"key": str(n), "source": str(n), "card": name, "code": wanted, "zone": where, **dict.fromkeys(MEASURES, e6(amount or 0))}
        for (name, wanted, where, amount), n in asked.items()
    ]  # fmt: skip
    found = price(frame("due", due), frame("lines", [_bare(row) for row in rows]))
    at = {int(n): (rate_e4, twice) for n, rate_e4, twice in zip_columns(found["key"], found["rate_e4"], found["twice"])}

    def answer(key: tuple[str, str, str, Decimal | None]) -> Any:
        rate_e4, twice = at.get(asked[key], (None, False))
        name, wanted, where, amount = key
        what = f"{wanted} in zone {where or 'none'}" + (f" for {amount}" if amount is not None else "")
        if twice:
            return failed(f"two rates fit {what}; let their breaks follow each other on tab Rate lines.")
        if rate_e4 is None:
            return failed(f"no rate{f' of card {name}' if name else ''} fits {what}; add it on tab Rate lines.")
        return rate_e4 / tier_rules.E4

    known = {key: answer(key) for key in asked}
    return given.each(known.__getitem__, keys)


def _card(row: Row) -> str:
    return card_name({"version": 1, **row}) if row.get("card_id") else ""


def _bare(row: Row) -> dict[str, Any]:
    """A rate line as it stands: one unit of it, nothing free, no least and no most."""
    line = line_row({"card_id": "", "version": 0, **row}, {"breaks_by": ""})
    by = line["breaks"] or line["unit"]
    return {**line, "card": _card(row), "unit": "STOP", "breaks": by, "free": 0, "least_e10": -1, "most_e10": -1}


@function(
    "SB_FUEL", "a fraction such as 0.115, or an amount per mile", ("fuel_table.pct", "fuel_table.permile"),
    '=SB_FUEL(DATE(2026,3,10), tblFuelTable[#All], tblFuelIndex[#All], "F-1")',
    day="Service date", brackets="Tab Fuel tables, or rows of it, with the header row",
    index="Tab Fuel index, or rows of it, with the header row", table="Name of the table, where the range has several",
)  # fmt: skip
def fuel(day: Any, brackets: Any, index: Any, table: Any = None) -> Any:
    """The fuel surcharge that holds on a service date, by the price of its fuel week."""
    given = Given(day=day, table=table)
    rows = rows_of("brackets", brackets, "fuel_table", ("table_id", "eff_from", "from", "index_id"))
    prices = rows_of("index", index, "fuel_index", ("index_id", "week", "price"))
    prices = [{**row, "revision": row.get("revision") or 0} for row in prices]
    tables = sorted({row["table_id"] for row in rows})
    days, names = given.days("day", "main"), given.texts("table", "needed" if len(tables) > 1 else "optional")

    def answer(key: tuple[date, str | None]) -> Any:
        on, name = key
        try:
            standing = fuel_rules.standing(rows, name or tables[0], on)
            found = fuel_rules.surcharge(standing, prices, fuel_rules.week_of(standing, on))
        except Refused as refused:
            return failed(str(refused).replace(", nothing was billed", ""))
        amount = found.pct if found.per_mile is None else found.per_mile
        return float(amount or 0)

    keys = list(zip_columns(days, names))
    known = {keys[row]: None for row in given.good()}
    answers = {key: answer(key) for key in known}
    return given.each(answers.get, keys)


@function(
    "SB_TIERPAY", "amount in dollars and cents", ("settlement_lines.amount",),
    '=SB_TIERPAY(547, tblPayTiers[#All], "GRADUATED")',
    stops="How many stops were paid in the day or week", tiers="Tab Pay tiers, or the rows of one plan, with the header row",
    mode="GRADUATED or VOLUME; blank: GRADUATED",
)  # fmt: skip
def tier_pay(stops: Any, tiers: Any, mode: Any = None) -> Any:
    """What a number of stops is paid on a ladder of tiers, rounded once per tier."""
    given = Given(stops=stops)
    volume = _volume(mode)
    ladder = _ladder(rows_of("tiers", tiers, "pay_tiers", ("up_to", "rate")))
    counts = given.whole("stops", "main")
    for row in given.good():
        if counts[row] is not None and counts[row] < 0:  # type: ignore[operator]  # not None
            given.spoil(row, f"{counts[row]} stops cannot be; type how many there were.")
    import pandas as pd  # a second of start-up that only money needs

    different = sorted({count for count in counts if count is not None and count > 0})
    numbers = pd.DataFrame({"n": different, "unit": different, "ladder": "", "volume": volume})
    paid = tier_rules.pay(numbers, pd.DataFrame(tier_rules.as_rows("", ladder)))
    cents: dict[int | None, int] = dict.fromkeys((*different, 0), 0)
    for unit, amount in zip_columns(paid["unit"], paid["cents"]):
        cents[int(unit)] += int(amount)
    return given.each(lambda count: cents[count] / 100, counts)


def _volume(mode: Any) -> bool:
    wanted = str(one("mode", mode) or "GRADUATED").strip().upper()
    choices = TABLES["pay_plans"].by_name["tier_mode"].enum
    if wanted not in choices:
        raise Refused(f"mode is {' or '.join(choices)}, not “{wanted}”.")
    return wanted == "VOLUME"


def _ladder(rows: Sequence[Row]) -> tuple[tier_rules.Tier, ...]:
    numbered = [{**row, "tier": row.get("tier") or n} for n, row in enumerate(rows, start=1)]
    plans = {(row.get("plan_id"), row.get("version")) for row in numbered}
    found = tier_rules.ladders(numbered)
    if len(plans) > 1 or len(found) > 1:
        raise Refused("tiers are of several plans, accounts, zones or types of stop; give the rows of one of them.")
    wrong = tier_rules.problems(found)
    if wrong:
        raise Refused(f"In tiers {wrong[0][1]}; mend it on tab Pay tiers.")
    return next(iter(found.values()))


@function(
    "SB_AGING", "CURRENT, 1-30, 31-60, 61-90 or 90+", ("invoices.age",),
    '=SB_AGING(tblInvoices[Due], TODAY())',
    due="Day the invoice is due", day="The day that is asked about, such as TODAY()",
)  # fmt: skip
def aging(due: Any, day: Any) -> Any:
    """The aging bucket of what is owed, by days past due."""
    given = Given(due=due, day=day)
    return given.each(bucket, given.days("due", "main"), given.days("day"))
