"""A whole settlement: earnings, adjustments, reimbursements, deductions and carry-over, in the order of the rules."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from workbooks.books import Books
from workbooks.lines import Line, printed
from workbooks.money import half_up
from workbooks.pipeline.cutover import GoLive
from workbooks.pipeline.pay.earnings import Earned, earn
from workbooks.pipeline.pay.periods import Period, number, period_of
from workbooks.pipeline.pay.plans import Plans, cliffs, several
from workbooks.pipeline.pay.work import Days, done, paid_elsewhere
from workbooks.rules.settlement import ORDER, adjustment, carry_out, deductions, escrow_release, reimbursement
from workbooks.rules.settlement.work import INCLUDED, STOP
from workbooks.schema import Row

NOTHING = Decimal("0.00")
CLOSED = ("POSTED", "EXPORTED", "PAID")


@dataclass
class Draft:
    """One settlement as it would be: its row, its lines, what posting it would settle, and sentences for the reader.

    `moves`: what it does to the driver's balances; `used`: one_time agreements; `receipts`, `adjustments`: ids it pays.
    """

    row: dict[str, Any]
    lines: list[Line]
    earned: Earned
    moves: Mapping[str, Decimal] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()
    adjustments: tuple[str, ...] = ()

    @property
    def settlement_id(self) -> str:
        """Its number."""
        return str(self.row["settlement_id"])


class Pay:
    """What every step of pay needs of the books, read once."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def _by_driver(self, table: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.books.rows(table):
            found.setdefault(str(row["driver_id"]), []).append(row)
        return found

    def tables(self) -> None:
        """Reads settlements, ledger, agreements, receipts and adjustments of all drivers."""
        self.settlements = self._by_driver("settlements")
        self.entries = self._by_driver("driver_ledger")
        self.agreements = self._by_driver("deduction_agreements")
        self.receipts = self._by_driver("reimbursements")
        self.adjustments = self._by_driver("adjustments")
        self.terms = {str(row["driver_id"]): row for row in self.books.rows("driver_pay")}
        self.drivers = {str(row["driver_id"]): row for row in self.books.rows("drivers")}
        self.week_start = {str(row["market_id"]): row.get("week_start") for row in self.books.rows("markets")}

    @classmethod
    def of(cls, books: Books) -> "Pay":
        """With everything read."""
        pay = cls(books)
        pay.tables()
        return pay

    def period(self, driver_id: str, day: date) -> Period:
        """The driver's period around `day`; the week starts as in his home market, else as in the first one."""
        market = (self.drivers.get(driver_id) or {}).get("home_market")
        starts = self.week_start.get(str(market)) or next(iter(self.week_start.values()), None)
        return period_of(day, starts, self.terms.get(driver_id))

    def balances(self, driver_id: str) -> dict[str, Decimal]:
        """The sum of the entries of each account."""
        found: dict[str, Decimal] = {}
        for row in self.entries.get(driver_id, ()):
            found[row["account"]] = found.get(row["account"], NOTHING) + row["amount"]
        return found

    def live(self, driver_id: str, period: Period) -> Row | None:
        """The settlement of a driver and period that is in use."""
        base = period.base(driver_id)
        rows = self.settlements.get(driver_id, ())
        return next(
            (r for r in rows if r["status"] != "VOID" and str(r["settlement_id"]).rpartition("-")[0] == base), None
        )


def periods(pay: Pay, day: date, only: Iterable[str] = ()) -> dict[str, Period]:
    """Drivers with something to settle around `day`, each with his period: work, receipts, adjustments, a last settlement."""
    candidates = {driver_id: pay.period(driver_id, day) for driver_id in pay.drivers}
    wanted: set[str] = {d for d, terms in pay.terms.items() if d in candidates and _final(terms, candidates[d])}
    for driver_id, rows in pay.receipts.items():
        if driver_id in candidates and any(
            not r.get("settled_in") and r["date"] <= candidates[driver_id].end for r in rows
        ):
            wanted.add(driver_id)
    wanted |= {
        d for d, rows in pay.adjustments.items() if d in candidates and any(r["status"] == "APPROVED" for r in rows)
    }
    every = sorted({each for period in set(candidates.values()) for each in period.days})
    for row in (*pay.books.rows("attempts", service_date=every), *pay.books.rows("manifest", service_date=every)):
        driver_id = str(row.get("driver_id"))
        period = candidates.get(driver_id)
        if period is not None and period.start <= row["service_date"] <= period.end:
            wanted.add(driver_id)
    # a period that ended before go-live was settled in the old books, its deductions too
    live = GoLive(pay.books)
    wanted = {d for d in wanted if live.pays(d, candidates[d].end)}
    planned = {str(row["driver_id"]) for row in pay.books.rows("driver_plans")}
    # carriers are paid by their own invoices, unless somebody put them on a plan
    wanted -= {d for d in wanted if pay.drivers[d].get("engagement") == "CARRIER"} - planned
    chosen = set(only)
    return {d: candidates[d] for d in sorted(wanted) if not chosen or d in chosen}


def _final(terms: Row | None, period: Period) -> bool:
    return terms is not None and terms.get("final_on") is not None and period.start <= terms["final_on"] <= period.end


def drafts(books: Books, day: date, only: Iterable[str] = (), by: str = "", pay: Pay | None = None) -> list[Draft]:
    """The settlement of every driver with something to settle in his period around `day`; posted ones are left out."""
    pay = pay or Pay.of(books)
    wanted = periods(pay, day, only)
    open_ones = {d: p for d, p in wanted.items() if (pay.live(d, p) or {}).get("status") not in CLOSED}
    return list(_drafted(pay, open_ones, by).values())


def draft_of(pay: Pay, settlement: Row, by: str = "") -> Draft:
    """The settlement drafted anew from the books as they stand."""
    driver_id = str(settlement["driver_id"])
    period = Period(settlement["period_start"], settlement["period_end"])
    return _drafted(pay, {driver_id: period}, by)[driver_id]


def _drafted(pay: Pay, wanted: Mapping[str, Period], by: str) -> dict[str, Draft]:
    days = Days(pay.books, [day for period in set(wanted.values()) for day in period.days])
    names = {d: number(p.base(d), pay.settlements.get(d, ())) for d, p in wanted.items()}
    work = done(days, wanted)
    paid_elsewhere(work, {})
    earned = earn(days, work, Plans(pay.books), names)
    found = {}
    for driver_id, each in earned.items():
        draft = settle(pay, each, by)
        if draft.lines:
            found[driver_id] = draft
    return found


def settle(pay: Pay, earned: Earned, by: str) -> Draft:
    """The settlement around what was earned: the steps of the rules, in their order."""
    making = _Making(pay, earned)
    steps = {
        "earnings": making.earnings, "adjustment": making.adjustment, "reimbursement": making.reimbursement,
        "escrow_release": making.escrow_release, "deductions": making.deductions, "carry_out": making.carry_out,
    }  # fmt: skip
    for name in ORDER:
        making.lines += (made := steps[name]())
        making.of[name] = _sum(made)
    return making.draft(by)


class _Making:
    """One settlement while its steps are carried out; `of` holds what each step so far came to."""

    def __init__(self, pay: Pay, earned: Earned) -> None:
        self.pay, self.earned, self.number = pay, earned, earned.settlement_id
        self.driver_id, self.period = earned.done.driver_id, earned.done.period
        self.person = pay.drivers.get(self.driver_id) or {}
        self.terms = pay.terms.get(self.driver_id) or {}
        self.employee, self.final = self.person.get("engagement") == "W2", _final(self.terms, self.period)
        self.balances = pay.balances(self.driver_id)
        self.lines: list[Line] = []
        self.of: dict[str, Decimal] = {}
        self.taken = deductions.Taken((), self.balances.get("CARRY", NOTHING), {}, ())
        self.paid_back: tuple[str, ...] = ()
        self.approved: list[Row] = []

    @property
    def gross(self) -> Decimal:
        """Earnings and adjustments of earlier periods."""
        return self.of["earnings"] + self.of["adjustment"]

    def earnings(self) -> list[Line]:
        return self.earned.lines

    def adjustment(self) -> list[Line]:
        mine = self.pay.adjustments.get(self.driver_id, ())
        open_ones = [r for r in mine if r["status"] == "APPROVED" and r.get("ref_settlement") != self.number]
        self.approved = sorted(open_ones, key=lambda row: str(row["adj_id"]))
        return [adjustment.line(self.number, row, json.loads(row["facts"])) for row in self.approved]

    def reimbursement(self) -> list[Line]:
        mine = self.pay.receipts.get(self.driver_id, ())
        made = reimbursement.lines(
            self.number, [r for r in mine if not r.get("settled_in") and r["date"] <= self.period.end]
        )
        self.paid_back = tuple(line.sources[0] for line in made if line.more.get("state") != "HELD")
        return made

    def escrow_release(self) -> list[Line]:
        return escrow_release.lines(self.number, self.balances.get("ESCROW", NOTHING), self.final)

    def deductions(self) -> list[Line]:
        if self.employee:
            return []
        room = _room(self.terms, self.gross, self.of["escrow_release"])
        stops = sum(len(part.of(STOP, INCLUDED)) for part in self.earned.parts)
        worked = {day for part in self.earned.parts for day in part.worked_days}
        at = deductions.Setting(
            self.number, self.period.start, self.period.end, len(worked), stops, self.balances, room, self.final
        )
        agreements = self.pay.agreements.get(self.driver_id, [])
        self.taken = deductions.take(self.balances.get("CARRY", NOTHING), agreements, at)
        return list(self.taken.lines)

    def carry_out(self) -> list[Line]:
        return [] if self.employee else carry_out.lines(self.number, self.gross)

    def moves(self, carried: Decimal) -> dict[str, Decimal]:
        """What posting does to the driver's balances."""
        found = dict(self.taken.moves)
        found["ESCROW"] = found.get("ESCROW", NOTHING) - self.of["escrow_release"]
        found["CARRY"] = carried - self.balances.get("CARRY", NOTHING)
        return {account: amount for account, amount in found.items() if amount}

    def draft(self, by: str) -> Draft:
        """The finished settlement."""
        lines, of = self.lines, self.of
        carried = self.taken.carry_out + of["carry_out"]
        held = [line for line in lines if line.more.get("state") in ("HELD", "PENDING")]
        about = sum((half_up(line.more.get("held_amount") or NOTHING) for line in held), NOTHING) if held else None
        row = {
            "settlement_id": self.number, "driver_id": self.driver_id,
            "driver_name": self.person.get("legal_name") or self.person.get("display"),
            "period_start": self.period.start, "period_end": self.period.end,
            "kind": "INPUTS" if self.employee else "FINAL" if self.final else "SETTLEMENT",
            "plans": several(part.plan for part in self.earned.parts) or None, "gross": self.gross, "reimb": of["reimbursement"],
            "released": of["escrow_release"], "deductions": -of["deductions"], "net": None if self.employee else _sum(lines),
            "carry_in": self.balances.get("CARRY", NOTHING), "carry_out": carried, "held_lines": len(held) or None,
            "held_amount": about, "remarks": _remarks(self.earned, lines, self.employee), "lines_hash": lines_hash(lines),
            "drafted_by": by,
        }  # fmt: skip
        adjusted = tuple(str(row["adj_id"]) for row in self.approved)
        return Draft(row, lines, self.earned, self.moves(carried), self.taken.used, self.paid_back, adjusted)


def _sum(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), NOTHING)


def _room(terms: Row, gross: Decimal, released: Decimal) -> Decimal:
    """How much may be deducted: down to the least net, and at most the share of gross that may go."""
    room = max(NOTHING, gross + released - (terms.get("min_net") or NOTHING))
    share = terms.get("max_deduction_pct")
    return room if share is None else min(room, half_up(max(NOTHING, gross) * share) + released)


def _remarks(earned: Earned, lines: Iterable[Line], employee: bool) -> str | None:
    said = ["pay inputs of an employee; payroll computes the net"] if employee else []
    for part in earned.parts:
        said += [f"plan {part.plan.name}: {text}" for text in cliffs(part.plan)]
    for line in lines:
        if line.facts.get("attested"):
            said.append(f"{line.version}: {line.facts['attested']}")
    return "; ".join(said) or None


def lines_hash(lines: Iterable[Line]) -> str:
    """Fingerprint of every line: what it is for, its amount and its facts."""
    content = [
        [line.key, line.component, f"{line.amount:f}", line.rule, line.version, printed(line.facts)] for line in lines
    ]
    return sha256(json.dumps(sorted(content)).encode()).hexdigest()[:16]


def line_rows(draft: Draft) -> list[dict[str, Any]]:
    """Rows of settlement_lines."""
    return [
        {
            "line_id": line.key, "settlement_id": draft.settlement_id, "driver_id": draft.row["driver_id"],
            "period_end": draft.row["period_end"], "n": n, "component": line.component, "state": line.more.get("state") or "OK",
            "route_id": line.more.get("route_id"), "quantity": line.quantity, "rate": line.rate, "amount": line.amount,
            "held_amount": None if line.more.get("held_amount") is None else half_up(line.more["held_amount"]),
            "says": line.says, "rule": line.rule, "version": line.version or None, "facts": printed(line.facts),
            "sources": " ".join(line.sources) or None, "status": "DRAFT",
        }
        for n, line in enumerate(draft.lines, start=1)
    ]  # fmt: skip
