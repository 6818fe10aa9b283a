"""Cut-over: from which day work counts here, and bringing over what stands in the old books, signed off by a person.

Whoever pays, bills or looks for leaks asks `GoLive`, and nobody else decides what is from before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from workbooks.books import Books
from workbooks.lines import made, printed
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem, counted
from workbooks.rules.invoice import opening
from workbooks.rules.invoice.cycles import period
from workbooks.schema import Row
from workbooks.tables import TABLES
from workbooks.tables.driver_ledger import ACCOUNTS
from workbooks.tables.go_live import SIGNED
from workbooks.tables.openings import EARNED, NUMBER, ODOMETER, SERIES

REF = "opening"
"""reference of what was brought over"""


class GoLive:
    """The first day that counts for each account and driver; without a row every day counts."""

    def __init__(self, books: Books) -> None:
        self.books = books

    @cached_property
    def _days(self) -> dict[tuple[str, str], date]:
        return {(row["kind"], str(row["party"])): row["go_live"] for row in self.books.rows("go_live")}

    def driver(self, driver_id: Any) -> date:
        """First day a driver is paid for here."""
        return self._days.get(("DRIVER", str(driver_id)), date.min)

    def account(self, account_id: Any) -> date:
        """First day an account is billed for here."""
        return self._days.get(("ACCOUNT", str(account_id)), date.min)

    def pays(self, driver_id: Any, day: date) -> bool:
        """True when a driver's work of that day is paid here."""
        return day >= self.driver(driver_id)

    def bills(self, account_id: Any, day: date) -> bool:
        """True when what was done for an account on that day is billed here."""
        return day >= self.account(account_id)

    def unsigned(self, kind: str, party: Any) -> str:
        """Why nothing may be posted for a driver or account yet: something brought over waits for its signature; else ""."""
        waits = [
            r for r in self.books.rows("go_live", status="ENTERED") if (r["kind"], str(r["party"])) == (kind, party)
        ]
        if kind == "DRIVER":
            waits += [r for r in self.books.rows("openings", status="ENTERED") if str(r["party"]) == party]
        else:
            waits += self.books.rows("opening_invoices", status="ENTERED", account_id=party)
        return f"the cut-over of {party} is entered and not signed off" if waits else ""

    @cached_property
    def _readings(self) -> dict[str, Decimal]:
        rows = self.books.rows("openings", kind=ODOMETER, status=SIGNED)
        return {str(row["party"]): row["amount"] for row in rows}

    def odometer(self, vehicle_id: Any, day: date) -> Decimal | None:
        """A vehicle's reading at go-live, for the first day it is driven here; None on any later day."""
        reading = self._readings.get(str(vehicle_id))
        if reading is None:
            return None
        rows = self.books.rows("mileage", vehicle_id=str(vehicle_id))
        earlier = any(r.get("odo_end") is not None and r["service_date"] and r["service_date"] < day for r in rows)
        return None if earlier else reading

    def earned(self, driver_id: Any, year: int) -> Decimal:
        """What a driver had earned in the year before go-live."""
        rows = self.books.rows("openings", kind=EARNED, status=SIGNED)
        mine = [r["amount"] for r in rows if str(r["party"]) == str(driver_id)]
        return sum(mine, Decimal("0.00")) if self.driver(driver_id).year == year else Decimal("0.00")


@dataclass
class Signing:
    """What signing off would do: rows, what was refused, and the totals a person compares with the old books."""

    wanted: Wanted = field(default_factory=Wanted)
    problems: list[Problem] = field(default_factory=list)
    totals: dict[str, tuple[int, Decimal]] = field(default_factory=dict)

    def refuse(self, what: str, remedy: str) -> None:
        """Leave one row as it is."""
        self.problems.append(Problem(what, remedy))

    def count(self, what: str, amount: Decimal) -> None:
        """One more row of a kind."""
        number, total = self.totals.get(what, (0, Decimal("0.00")))
        self.totals[what] = (number + 1, total + amount)


def sign(books: Books, by: str, now: datetime) -> Signing:
    """Sign off everything that is entered: go-live days first, then balances, invoices and numbers that stand on them."""
    signing, stamp = Signing(), {"status": SIGNED, "signed_by": by, "signed_at": now}
    live = _Live(books)
    for row in _waiting(books, "go_live"):
        if why := live.refuse_day(row):
            signing.refuse(*why)
            live.days.pop((row["kind"], str(row["party"])), None)
            continue
        signing.wanted.add("go_live", {"kind": row["kind"], "party": row["party"], **stamp})
        signing.count(f"{row['kind'].lower()}s go live", Decimal(0))
        signing.wanted.notes += _inside_a_cycle(books, row)
    for row in _waiting(books, "openings"):
        why, entry = _opening(books, live, row, by)
        if why:
            signing.refuse(*why)
            continue
        for table, values in entry:
            signing.wanted.add(table, values)
        signing.wanted.add("openings", {"kind": row["kind"], "party": row["party"], **stamp})
        signing.count(str(row["kind"]).replace("_", " ").lower(), row["amount"])
    for row in _waiting(books, "opening_invoices"):
        if why := live.refuse_invoice(row):
            signing.refuse(*why)
            continue
        invoice, line = _invoice(books, row)
        signing.wanted.add("invoices", invoice)
        signing.wanted.add("invoice_lines", line)
        signing.wanted.add("opening_invoices", {"invoice_no": row["invoice_no"], **stamp})
        signing.count("open on invoices", row["open_amount"])
    return signing


def _inside_a_cycle(books: Books, row: Row) -> list[str]:
    """What a person should know when an account begins in the middle of a billing cycle."""
    account = (books.row("accounts", str(row["party"])) if row["kind"] == "ACCOUNT" else None) or {}
    if not account:
        return []
    first, _ = period(account.get("cycle") or "MONTHLY", account.get("cycle_anchor"), row["go_live"])
    if first == row["go_live"]:
        return []
    minimum = "; its minimum counts in full for that part" if account.get("invoice_min") else ""
    return [
        f"{row['party']} goes live inside its cycle from {first}: the first invoice bills from {row['go_live']} on{minimum}."
    ]


def _waiting(books: Books, table: str) -> list[Row]:
    return sorted(books.rows(table, status="ENTERED"), key=lambda row: tuple(map(str, row.values()))[:2])


Why = tuple[str, str] | None
"""(what is wrong, what to do)"""


class _Live:
    """Days, parties and posted documents, read once."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.days = {(row["kind"], str(row["party"])): row["go_live"] for row in books.rows("go_live")}
        self.parties = {
            "DRIVER": self._keys("drivers"),
            "ACCOUNT": self._keys("accounts"),
            "VEHICLE": self._keys("vehicles"),
        }
        self.posted: dict[tuple[str, str], str] = {}
        for row in books.rows("settlements", status=["POSTED", "EXPORTED", "PAID"]):
            self.posted.setdefault(("DRIVER", str(row["driver_id"])), f"settlement {row['settlement_id']}")
        self.numbers: set[str] = set()
        for row in books.rows("invoices"):
            self.numbers.add(str(row.get("invoice_no")))
            if row.get("invoice_no") and row["status"] != "VOID" and not row.get("brought_over"):
                self.posted.setdefault(("ACCOUNT", str(row["account_id"])), f"invoice {row['invoice_no']}")

    def _keys(self, table: str) -> set[str]:
        return {str(row[TABLES[table].key[0]]) for row in self.books.rows(table)}

    def unknown(self, kind: str, party: str) -> Why:
        """Nobody of that name."""
        if party in self.parties[kind]:
            return None
        return f"there is no {kind.lower()} {party}", f"Correct it, or add it on tab {kind.capitalize()}s first"

    def refuse_day(self, row: Row) -> Why:
        """Why a go-live day cannot be signed."""
        kind, party = str(row["kind"]), str(row["party"])
        if why := self.unknown(kind, party):
            return f"go-live of {party}: {why[0]}", why[1]
        if document := self.posted.get((kind, party)):
            return (f"{party} cannot go live on {row['go_live']}: {document} was posted here already",
                    "Take the row out, or void the document first")  # fmt: skip
        return None

    def refuse_driver(self, row: Row) -> Why:
        """Why a driver's balance cannot be signed."""
        party, what = str(row["party"]), f"{row['kind']} of {row['party']}"
        if why := self.unknown("DRIVER", party):
            return f"{what}: {why[0]}", why[1]
        if document := self.posted.get(("DRIVER", party)):
            return f"{what} comes too late: {document} was posted already", "Enter the difference on tab Driver ledger"
        if ("DRIVER", party) not in self.days:
            return f"{what} has no go-live day that can be signed", f"Add driver {party} on tab Go-live"
        return None

    def refuse_invoice(self, row: Row) -> Why:
        """Why an open invoice cannot be signed."""
        number, account = str(row["invoice_no"]), str(row["account_id"])
        if why := self.unknown("ACCOUNT", account):
            return f"invoice {number}: {why[0]}", why[1]
        if number in self.numbers:
            return f"invoice {number} is on tab Invoices already", "Take the row out; nothing was brought over twice"
        day = self.days.get(("ACCOUNT", account))
        if day is None:
            return (
                f"invoice {number}: {account} has no go-live day that can be signed",
                f"Add account {account} on tab Go-live",
            )
        if row["invoice_date"] >= day:
            return (f"invoice {number} is of {row['invoice_date']}, and {account} goes live on {day}",
                    "Correct one of the two days")  # fmt: skip
        return None


def _opening(books: Books, live: _Live, row: Row, by: str) -> tuple[Why, Iterable[tuple[str, dict[str, Any]]]]:
    """Why a balance cannot be signed, or the rows that it becomes."""
    kind, party, amount = str(row["kind"]), str(row["party"]), row["amount"]
    if kind == ODOMETER:
        why = live.unknown("VEHICLE", party)
        return ((f"odometer of {party}: {why[0]}", why[1]) if why else None), ()
    if kind == NUMBER:
        return _number(books, party, int(amount))
    why = live.refuse_driver(row)
    if why or kind not in ACCOUNTS:
        return why, ()
    entries = [r for r in books.rows("driver_ledger", driver_id=party) if r["account"] == kind]
    if entries:
        known = sum((r["amount"] for r in entries), Decimal("0.00"))
        return (f"{kind} of {party} stands on Driver ledger already, {known} in {counted(len(entries), 'entry', 'entries')}",
                "Take the row out; a difference is an entry of its own there"), ()  # fmt: skip
    entry = {
        "entry_id": f"{REF}/{party}/{kind}", "driver_id": party, "account": kind, "date": live.days["DRIVER", party] - timedelta(days=1),
        "amount": amount, "ref": REF, "note": f"brought over, signed off by {by}", "balance_after": amount,
    }  # fmt: skip
    return None, [("driver_ledger", entry)] if amount else []


def _number(books: Books, series: str, following: int) -> tuple[Why, Iterable[tuple[str, dict[str, Any]]]]:
    if series not in SERIES:
        return (f"there is no series {series}", f"Write {' or '.join(SERIES)}"), ()
    standing = books.row("number_series", series)
    last = int(standing["last_number"]) if standing else 0
    if last > following - 1:
        return (f"{series} cannot go on with {following}: {series}-{last:06d} is given already",
                f"Write {last + 1} or more, or take the row out"), ()  # fmt: skip
    return None, [("number_series", {"series": series, "last_number": following - 1})]


def _invoice(books: Books, row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """The invoice as it stands in the old books, with one line that says so."""
    name, zero = f"{REF}-{row['invoice_no']}", Decimal("0.00")
    account = books.row("accounts", str(row["account_id"])) or {}
    facts = {
        "invoice_no": str(row["invoice_no"]),
        "total": f"{row['total']:f}",
        "invoice_date": row["invoice_date"].isoformat(),
    }
    line = made(
        opening.RULE,
        "OPENING",
        "CHARGE",
        "",
        facts,
        f"Invoice {row['invoice_no']} of {row['invoice_date']}, brought over",
    )
    invoice = {
        "invoice_id": name, "invoice_no": row["invoice_no"], "account_id": row["account_id"], "client_id": account.get("client_id"),
        "status": "SENT", "brought_over": True, "period_start": row["invoice_date"], "period_end": row["invoice_date"],
        "po_number": row.get("po_number"), "currency": "USD", "charges": row["total"], "discount": zero, "fuel": zero, "minimum": zero,
        "adjustments": zero, "tax": zero, "total": row["total"], "paid": row["total"] - row["open_amount"], "credited": zero,
        "open_amount": row["open_amount"], "posted_on": row["invoice_date"], "due_date": row["due_date"], "note": row.get("note"),
    }  # fmt: skip
    told = {
        "invoice_id": name, "line_key": line.key, "n": 1, "status": "POSTED", "account_id": row["account_id"], "component": line.component,
        "text": line.says, "amount": line.amount, "rule_ref": line.rule, "version": line.version, "says": line.says,
        "facts": printed(line.facts),
    }  # fmt: skip
    return invoice, told
