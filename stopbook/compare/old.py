"""Reading the pay or the invoices that somebody made elsewhere, whatever the shape: a row a driver, a row a line, a row a stop.

Columns are matched as in every other file, by their usual names or by what a person maps; amounts as sheets show them
(“$1,240.50”, “(25.00)”, “1.240,50”) are made plain before.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from stopbook.compare.causes import DEDUCTION, ZERO, Piece, total
from stopbook.compare.names import key
from workbooks.cells import Reading
from workbooks.intake import reader
from workbooks.intake.grid import Grid
from workbooks.intake.match import suits
from workbooks.intake.parse import Parsed, parse
from workbooks.intake.profiles import Profile, maps
from workbooks.money import half_up
from workbooks.problems import Refused
from workbooks.schema import Book, Column, Kind, S, Table, Type

PLACES = 4
"""decimals that are kept of an amount nobody rounded"""
_CURRENCY = re.compile(r"(?i)\b(?:USD|CAD|EUR|GBP|MXN|US)\b|[$€£]")
_EUROPEAN = re.compile(r"-?\d{1,3}(?:[. ]\d{3})*,\d{1,2}")
_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|-?\.\d+")
_TOTALS = re.compile(r"(?i)^\W*(grand\s+)?(sub\s*)?totals?\b|^\W*sum\b")
_FIRST = re.compile(r"(?i)^\W*(total|net|gross|amount due|balance)\b")


@dataclass(frozen=True)
class Part:
    """A group of lines: how files call it, as columns of a wide file and as words in a line's description."""

    what: str
    title: str
    words: tuple[str, ...]
    columns: tuple[str, ...] = ()
    """(count, rate, amount) columns of a wide file; the amount alone where there is one"""


def _part(what: str, title: str, words: str, columns: str) -> Part:
    return Part(what, title, tuple(words.split("|")), tuple(columns.split()))


PAY = (
    _part("MILES", "Miles", "mile|mileage", "miles mile_rate mile_pay"),
    _part("FUEL", "Fuel", "fuel", "fuel"),
    _part("ATTEMPT", "Failed attempts", "attempt|failed|missed", "attempts attempt_rate attempt_pay"),
    _part("CANCEL", "Cancelled on board", "cancel", "cancelled cancel_rate cancel_pay"),
    _part("BONUS", "Bonus", "bonus|incentive", "bonus"),
    _part("GUARANTEE", "Guarantee", "guarantee|minimum", "guarantee"),
    _part("DED_ADVANCE", "Advance", "advance|loan", "advance"),
    _part("DED_UNIFORM", "Uniform", "uniform", "uniform"),
    _part("DED_INSURANCE", "Insurance", "insurance|occ acc", "insurance"),
    _part("DED_EQUIP", "Equipment", "equipment|scanner|phone|lease|rental", "equipment"),
    _part("DED_DAMAGE", "Damage", "damage|claim", "damage"),
    _part("ESCROW_RELEASE", "Escrow paid back", "escrow release|escrow paid back|release of escrow", "escrow_release"),
    _part("DED_ESCROW", "Escrow", "escrow", "escrow"),
    _part("DED_CARRY", "Carried over", "carry|carried", "carried"),
    _part("DED_OTHER", "Other deductions", "deduct|chargeback|withh", "deductions"),
    _part("REIMB", "Reimbursements", "reimb|toll|parking|receipt|expense", "reimbursements"),
    _part("ADJ", "Adjustments", "adjust|correction|back pay|retro", "adjustment"),
    _part("FLAT", "Flat pay", "flat|day rate|day pay|daily|route pay|per route", "days day_rate day_pay"),
    _part("EXTRA", "Extra packages", "package|parcel|piece", "packages package_rate package_pay"),
    _part("STOP_TIER", "Stops", "stop|deliver|drop", "deliveries stop_rate stop_pay"),
)
BILL = (
    _part("FUEL", "Fuel surcharge", "fuel|fsc", "fuel"),
    _part("DISCOUNT", "Discount", "discount|rebate", "discount"),
    _part("TAX", "Tax", "tax|vat|gst", "tax"),
    _part("MINIMUM", "Minimum", "minimum|true-up|true up|shortfall", "minimum"),
    _part("ADJUSTMENT", "Adjustments", "adjust|credit|correction", "adjustment"),
    _part("FAILED", "Failed attempts", "attempt|failed|redeliver", "attempts attempt_rate attempt_amount"),
    _part("RESIDENTIAL", "Residential", "residential|home", "residential_qty residential_rate residential"),
    _part("SIGNATURE", "Signature", "signature|sign", "signature"),
    _part("WAIT", "Waiting", "wait", "waiting"),
    _part("CANCEL", "Cancelled", "cancel", "cancelled"),
    _part("RTS", "Returns", "return|rts", "returns"),
    _part("PACKAGE", "Packages", "package|parcel|piece", "packages package_rate package_amount"),
    _part("WEIGHT", "Weight", "weight|pound|lbs", "weight"),
    _part("ROUTE", "Routes", "route|dedicated", "routes route_rate route_amount"),
    _part("DAY", "Days", "day", "day_charge"),
    _part("BASE", "Deliveries", "deliver|stop|base|drop", "deliveries delivery_rate delivery_amount"),
)
ALIASES: Mapping[str, tuple[str, ...]] = {
    "who": ("driver", "driver name", "name", "full name", "employee", "contractor", "payee", "vendor", "worker", "courier",
            "client", "customer", "client name", "customer name", "account", "account name", "bill to", "billed to"),
    "number": ("driver id", "driver no", "id", "employee id", "contractor id", "courier id", "account id", "account no", "customer id"),
    "day": ("date", "service date", "work date", "delivery date", "day"),
    "stop": ("order", "order id", "order no", "order number", "stop", "stop id", "tracking", "tracking no", "reference", "shipment"),
    "what": ("description", "item", "pay type", "type", "component", "category", "memo", "line", "service", "charge", "product", "details"),
    "qty": ("quantity", "units", "count", "hours", "no"),
    "rate": ("unit price", "price", "unit rate", "pay rate"),
    "amount": ("line amount", "line total", "ext amount", "extended", "pay", "charges", "value"),
    "net": ("net pay", "total", "total pay", "amount due", "take home", "check amount", "payment", "total due", "invoice total", "paid",
            "net amount", "grand total"),
    "gross": ("gross pay", "earnings", "gross earnings", "subtotal", "sub total"),
    "deliveries": ("stops", "delivered", "stops delivered", "no of stops", "stop count", "completed stops", "drops"),
    "stop_rate": ("per stop", "rate per stop", "stop rate"),
    "stop_pay": ("stop pay", "delivery pay", "stops amount", "pay for stops", "stops pay"),
    "delivery_rate": ("per stop", "rate per stop", "per delivery", "stop rate"),
    "delivery_amount": ("delivery charges", "deliveries amount", "stops amount", "base charges", "delivery total"),
    "attempts": ("failed", "failed attempts", "attempted", "missed stops"),
    "attempt_rate": ("per attempt", "rate per attempt"),
    "attempt_pay": ("attempt pay", "attempts pay", "failed pay"),
    "miles": ("mileage", "miles driven", "total miles"),
    "mile_rate": ("per mile", "rate per mile", "mileage rate"),
    "mile_pay": ("mileage pay", "miles pay", "mileage amount"),
    "fuel": ("fuel surcharge", "fuel supplement", "fuel pay", "fsc"),
    "bonus": ("incentive", "bonuses", "performance bonus"),
    "advance": ("advances", "cash advance", "loan", "advance repayment"),
    "uniform": ("uniforms", "uniform deduction"),
    "escrow": ("escrow deduction", "escrow withheld"),
    "insurance": ("occ acc", "occupational accident", "insurance deduction"),
    "deductions": ("total deductions", "deduction", "other deductions", "withheld", "chargebacks"),
    "reimbursements": ("reimbursement", "reimb", "expenses", "tolls", "receipts"),
    "adjustment": ("adjustments", "corrections", "adj"),
    "day_pay": ("daily pay", "flat pay", "route pay"),
    "days": ("days worked", "work days"),
}  # fmt: skip


def _column(name: str, title: str, kind: Type, about: str, **more: Any) -> Column:
    return Column(name, title, kind, (S,), about, **more)


def _kind(name: str, title: str, parts: Sequence[Part]) -> Table:
    plain = (
        _column("who", "Who", Type.TEXT, "Driver, or account or client, by name or number", width=24),
        _column("number", "Number", Type.TEXT, "Our number of it, where the file has one", width=12),
        _column("day", "Day", Type.DATE, "Service date of the line"),
        _column("stop", "Order or stop", Type.ID, "Which stop the line is for", width=16),
        _column("what", "What", Type.TEXT, "What the line is for", width=24),
        _column("qty", "Quantity", Type.DEC, "How many", places=PLACES),
        _column("rate", "Rate", Type.DEC, "Of one", places=PLACES),
        _column("amount", "Amount", Type.DEC, "Of the line", places=PLACES),
        _column("gross", "Gross", Type.DEC, "Before deductions or tax", places=PLACES),
        _column("net", "Net", Type.DEC, "What was paid or due", places=PLACES),
    )
    known = {column.name for column in plain}
    wide = dict.fromkeys(name for part in parts for name in part.columns if name not in known)
    more = tuple(
        _column(n, n.replace("_", " ").capitalize(), Type.DEC, "Of a file with a row a driver", places=PLACES)
        for n in wide
    )
    return Table(name, title, Book.CONTROL, Kind.INPUT, (), "What was paid or billed elsewhere.", (*plain, *more), ())


OLD_PAY, OLD_BILL = _kind("old_pay", "Old pay", PAY), _kind("old_invoices", "Old invoices", BILL)
PARTS = {OLD_PAY.name: PAY, OLD_BILL.name: BILL}


@dataclass(frozen=True)
class Party:
    """Everything the old file says about one driver or account, under the name it uses; `net` None: it names no total."""

    name: str
    pieces: tuple[Piece, ...]
    net: Decimal | None = None
    rows: tuple[int, ...] = ()

    @property
    def empty(self) -> bool:
        """A name without an amount, such as a line of remarks."""
        return not self.pieces and self.net is None

    @property
    def total(self) -> Decimal:
        """What it was paid or billed: the total the file names, else the sum of its lines."""
        return half_up(self.net) if self.net is not None else half_up(total(self.pieces))


@dataclass(frozen=True)
class Old:
    """The old file as it was understood."""

    file: str
    parties: tuple[Party, ...]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


def read(path: Path, table: Table, first: date, last: date, mapped: Sequence[str], dates: str) -> Old:
    """The old file; rows with a day outside the period are left out. Refused when it names nobody or no amount."""
    profile = Profile(table.name, target=table.name, headers={n: a for n, a in ALIASES.items() if n in table.by_name})
    if mapped:
        profile = profile.with_map(maps(list(mapped), table), table)
    grids = [
        _plain(grid)
        for grid in reader.read_file(path)
        if any(any(cell not in (None, "") for cell in row) for row in grid.rows)
    ]
    if not grids:
        raise Refused(f"{path.name} holds no rows. Check that a tab has a header row with rows below it.")
    grids.sort(key=lambda one: -suits(one, profile, table))
    tabs, aside = _tabs([_tab(grid, profile, table, Reading(dates=dates or None)) for grid in grids], path.name)
    asked = next((question for tab in tabs for question in tab.parsed.questions), None)
    if asked is not None:
        raise Refused(str(asked).replace("Import again", "Compare again"))
    rows = [row for tab in tabs for row in tab.rows]
    kept = [row for row in rows if row[1].get("day") is None or first <= row[1]["day"] <= last]
    outside = len(rows) - len(kept)
    notes = [note for tab in tabs for note in tab.parsed.notes]
    if outside:
        notes.append(f"{outside:,} rows are of other days and were left out.")
    if aside:
        named = ", ".join(f"“{tab.title}”" for tab in aside[:3]) + (f" and {len(aside) - 3} more" if aside[3:] else "")
        notes.append(
            f"{named}: not read, since who stands there stands on another tab too. Keep one of them in the file."
        )
    left_out = [str(problem) for tab in tabs for problem in tab.parsed.problems]
    parties = list(_parties(kept, PARTS[table.name]))
    notes += [f"{path.name}, row {p.rows[0]}: “{p.name}” has no amount and was left out." for p in parties if p.empty]
    return Old(path.name, tuple(p for p in parties if not p.empty), tuple(notes), tuple(left_out))


@dataclass(frozen=True)
class _Tab:
    """A tab as it was read: its rows without sums, each with its number."""

    title: str
    parsed: Parsed
    rows: list[tuple[int, Mapping[str, Any]]]

    @property
    def names(self) -> set[str]:
        """Who stands on it, as names are compared."""
        return {key(str(row.get("number") or row.get("who"))) for _, row in self.rows}

    def has(self, *columns: str) -> bool:
        """True when one of the columns was found."""
        return not set(columns).isdisjoint(self.parsed.positions)


def _tab(grid: Grid, profile: Profile, table: Table, how: Reading) -> _Tab:
    """A tab that names nobody in a column is about whom its title names."""
    parsed = parse(grid, profile, table, how)
    rows: list[tuple[int, Mapping[str, Any]]] = [(row.number, row.values) for row in parsed.rows]
    if {"who", "number"}.isdisjoint(parsed.positions):
        rows = [(n, {**row, "who": grid.tab}) for n, row in rows if not _TOTALS.search(str(row.get("what") or ""))]
    return _Tab(grid.tab, parsed, [(n, row) for n, row in rows if not _is_sum(row)])


def _tabs(found: Sequence[_Tab], file: str) -> tuple[list[_Tab], list[_Tab]]:
    """The tabs that count, and those whose people stand on one of them already. Refused when none names somebody or an amount."""
    sums = [name for part in (*PAY, *BILL) for name in part.columns] + ["amount", "gross", "net"]
    with_sums = [tab for tab in found if tab.has(*sums) or (tab.has("qty") and tab.has("rate"))]
    alone = [tab for tab in with_sums if not tab.has("who", "number")]
    if not with_sums and found[0].has("who", "number"):
        raise Refused(
            f'{file} has no column of amounts. Name one with --map "Their header=amount" (or net, gross, stop_pay …).'
        )
    if len(alone) < 2:  # one tab without names is a tab that lacks them
        with_sums = [tab for tab in with_sums if tab not in alone]
    if not with_sums:
        raise Refused(f'{file} names no driver or account. Say which column does with --map "Their header=who".')
    tabs: list[_Tab] = []
    aside: list[_Tab] = []
    known: set[str] = set()
    for tab in with_sums:
        (tabs if known.isdisjoint(tab.names) else aside).append(tab)
        known |= tab.names if tab in tabs else set()
    return tabs, aside


def _plain(grid: Grid) -> Grid:
    return replace(grid, lines=[[plain(cell) for cell in line] for line in grid.lines])


def plain(cell: Any) -> Any:
    """A cell as a plain number where it is an amount in disguise; every other one as it is."""
    if isinstance(cell, float):
        return f"{half_up(Decimal(repr(cell)), PLACES).normalize():f}" if abs(cell) < 1e12 else cell
    if not isinstance(cell, str):
        return cell
    text = _CURRENCY.sub("", cell).replace("\u2212", "-").replace("\xa0", " ").strip()
    if text in ("-", "–", "—", "n/a", "N/A"):
        return ""
    sign = ""
    if text.startswith("(") and text.endswith(")"):
        sign, text = "-", text[1:-1].strip()
    elif text.endswith("-"):
        sign, text = "-", text[:-1].strip()
    text = text.replace("- ", "-")
    if _EUROPEAN.fullmatch(text) and not _AMOUNT.fullmatch(text):
        text = text.replace(".", "").replace(" ", "").replace(",", ".")
    if not _AMOUNT.fullmatch(text) or (text == cell and len(text) > 1 and text.startswith("0") and "." not in text):
        return cell
    return sign + text.replace(",", "")


def _is_sum(row: Mapping[str, Any]) -> bool:
    """A row that adds up the others."""
    who = str(row.get("who") or "")
    return bool(_TOTALS.search(who)) or (not who and not row.get("number"))


def _parties(rows: Iterable[tuple[int, Mapping[str, Any]]], parts: Sequence[Part]) -> Iterable[Party]:
    found: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for number, row in rows:
        found.setdefault(str(row.get("number") or row["who"]).strip(), []).append((number, row))
    for name, mine in found.items():
        pieces: list[Piece] = []
        nets: list[Decimal] = []
        for _, row in mine:
            made, net, again = _pieces(row, parts)
            pieces += made
            if net is not None and not (again and net in nets):
                nets.append(net)
        shown = next((str(row["who"]) for _, row in mine if row.get("who")), name)
        yield Party(shown, tuple(pieces), sum(nets, ZERO) if nets else None, tuple(number for number, _ in mine))


def _pieces(row: Mapping[str, Any], parts: Sequence[Part]) -> tuple[list[Piece], Decimal | None, bool]:
    """The lines one row stands for, the total it names, and whether that total may stand on every line again."""
    pieces = [piece for part in parts if (piece := _wide(part, row)) is not None]
    others = [piece for piece in pieces if piece.what.startswith(DEDUCTION) and piece.what != "DED_OTHER"]
    if others:  # a column of all deductions beside those it is made of
        pieces = [p for p in pieces if p.what != "DED_OTHER" or p.amount != total(others)]
    net, amount, what, stop = row.get("net"), row.get("amount"), str(row.get("what") or ""), str(row.get("stop") or "")
    qty, rate = row.get("qty"), row.get("rate")
    if amount is None and net is not None and (what or stop) and not pieces:
        amount, net = net, None  # a line's amount under the heading Total
    if amount is None and qty is not None and rate is not None:
        amount = half_up(qty * rate)
    if amount is not None:
        if _FIRST.search(what):
            is_net = what.strip().casefold().startswith(("net", "total", "amount due", "balance"))
            return [], amount if is_net else None, False
        group = group_of(what, parts) or (parts[-1].what if stop or not what else f"OTHER {what}")
        pieces.append(
            Piece(
                group,
                _signed(group, amount),
                Decimal(1) if qty is None and stop else qty,
                rate,
                (stop,) if stop else (),
                what,
            )
        )
        return pieces, net if net != amount else None, True
    if not pieces and net is None:
        net = row.get("gross")
    return pieces, net, False


def _wide(part: Part, row: Mapping[str, Any]) -> Piece | None:
    *counted, amount_at = part.columns
    amount = row.get(amount_at)
    qty, rate = (row.get(name) for name in counted) if counted else (None, None)
    if amount is None and qty is not None and rate is not None:
        amount = half_up(qty * rate)
    if not amount:
        return None
    return Piece(part.what, _signed(part.what, amount), qty, rate, (), part.title)


def group_of(text: str, parts: Sequence[Part]) -> str:
    """The group a line's words put it in; "" when none does."""
    words = text.casefold()
    return next(
        (part.what for part in parts if any(re.search(rf"\b{re.escape(word)}", words) for word in part.words)), ""
    )


def _signed(what: str, amount: Decimal) -> Decimal:
    """Deductions and discounts are below zero, whichever way the file writes them."""
    return -abs(amount) if what.startswith(DEDUCTION) or what == "DISCOUNT" else amount


__all__ = ["BILL", "OLD_BILL", "OLD_PAY", "PAY", "ZERO", "Old", "Part", "Party", "group_of", "plain", "read"]
