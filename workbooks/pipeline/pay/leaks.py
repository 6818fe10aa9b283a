"""Leakage: work, pay and bill side by side, attempt by attempt, from the stamps that posting leaves on them.

Looks at what was delivered, so that nothing is lost between the two halves of the office: delivered and not billed,
billed and not paid, paid and not billed, held, without a driver, or paid or billed twice.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.money import half_up
from workbooks.pipeline.pay.periods import Period
from workbooks.pipeline.pay.plans import Plans
from workbooks.pipeline.pay.work import Days
from workbooks.pipeline.wanted import Wanted
from workbooks.rules.settlement import payable
from workbooks.rules.settlement.work import HELD, STOP
from workbooks.schema import Row

DELIVERED = ("DELIVERED", "PARTIAL")


def leaks(books: Books, market_id: str, period: Period) -> Wanted:
    """Rows of leakage for the days of a market; what has healed is closed."""
    days, wanted = Days(books, period.days), Wanted()
    plans, charges = Plans(books), _charges(books, period.days)
    standing = {
        str(r["leak_id"]): r for r in books.rows("leakage", service_date=period.days) if r.get("market_id") == market_id
    }
    found: dict[str, dict[str, Any]] = {}
    for scan in days.scans:
        if scan.get("market_id") != market_id:
            continue
        made = days.verdict(scan)
        for kind, what in _wrong(days, plans, scan, made, charges):
            leak = _row(days, plans, scan, kind, what, charges)
            found[leak["leak_id"]] = leak
    for leak in _paid_twice(books, days, plans, market_id, charges):
        found[leak["leak_id"]] = leak
    wanted.rows["leakage"] = [{**leak, "status": "OPEN"} for leak in found.values()]
    wanted.rows["leakage"] += [
        {"leak_id": leak_id, "status": "CLOSED"}
        for leak_id, row in standing.items()
        if leak_id not in found and row["status"] == "OPEN"
    ]
    wanted.notes += _sums(found.values())
    return wanted


def _charges(books: Books, days: list[date]) -> dict[str, list[Row]]:
    """Charges of the days by attempt; billing goes by the calendar, so a late round may stand under the next date."""
    found: dict[str, list[Row]] = {}
    around = sorted({day + timedelta(days=n) for day in days for n in (-1, 0, 1)})
    for row in books.rows("charges", service_date=around):
        found.setdefault(str(row.get("attempt_id")), []).append(row)
    return found


def _wrong(
    days: Days, plans: Plans, scan: Row, made: payable.Verdict, charges: dict[str, list[Row]]
) -> Iterable[tuple[str, str]]:
    paid, billed = scan.get("settled_in"), scan.get("billed_in")
    live = days.context.go_live
    account = (days.recon_of(scan) or days.books.row("stops", str(scan["stop_id"])) or {}).get("account_id")
    ours_to_pay = live.pays(scan.get("driver_id"), scan["service_date"])
    ours_to_bill = live.bills(account, scan["service_date"])
    if not (ours_to_pay or ours_to_bill):
        return
    if not made.kind:
        # decided that it does not count; a stamp that is still on it has to be taken back
        if paid:
            yield "PAID_NOT_BILLED", f"{made.why}, and it was paid with {paid}: propose adjustments"
        return
    if not scan.get("driver_id"):
        yield "NO_DRIVER", "the platform account belongs to no driver of ours: choose the driver on tab Recon"
    elif not paid and ours_to_pay and not _is_carrier(days, plans, scan):
        plan, why = plans.of(str(scan["driver_id"]), scan["service_date"])
        if plan is None:
            yield "NO_PLAN", why
        elif made.kind == HELD:
            yield "HELD_PAY", made.why
        elif made.kind == STOP:
            yield (
                ("BILLED_NOT_PAID", f"billed with {billed} and not paid yet")
                if billed
                else ("DELIVERED_NOT_PAID", "delivered and not paid yet")
            )
    if billed:
        yield from _billed_before(days, scan)
    elif ours_to_bill and (made.kind == STOP or (made.kind == HELD and scan["outcome"] in DELIVERED)):
        held = [row for row in charges.get(str(scan["attempt_id"]), ()) if row.get("status") == "HELD"]
        if held:
            yield "HELD_BILL", str(held[0].get("reason") or "its charge is held")
        elif made.kind == STOP:
            yield (
                ("PAID_NOT_BILLED", f"paid with {paid} and not billed yet")
                if paid
                else ("DELIVERED_NOT_BILLED", "delivered and not billed yet")
            )


def _billed_before(days: Days, scan: Row) -> Iterable[tuple[str, str]]:
    """A stop whose delivery stands on an invoice twice, unless one of the scans was decided not to count."""
    if scan["outcome"] not in DELIVERED:
        return
    for other in days.histories.get(scan["stop_id"], ()):
        if other["attempt_id"] == scan["attempt_id"]:
            return
        if other["outcome"] in DELIVERED and other.get("billed_in") and days.verdict(other).kind:
            yield "BILLED_TWICE", (f"{scan['stop_id']} was billed as delivered with {other['billed_in']} and with {scan['billed_in']}: "
                                   "reject one of the scans on tab Recon and propose billing adjustments")  # fmt: skip
            return


def _is_carrier(days: Days, plans: Plans, scan: Row) -> bool:
    """A carrier without a pay plan is paid by its own invoices."""
    driver = days.context.drivers.get(str(scan["driver_id"])) or {}
    return driver.get("engagement") == "CARRIER" and not plans.has(str(scan["driver_id"]))


def _row(days: Days, plans: Plans, scan: Row, kind: str, what: str, charges: dict[str, list[Row]]) -> dict[str, Any]:
    recon = days.recon_of(scan) or {}
    return {
        "leak_id": f"{kind}/{scan['attempt_id']}", "kind": kind, "market_id": scan.get("market_id"), "service_date": scan["service_date"],
        "account_id": recon.get("account_id"), "driver_id": scan.get("driver_id"), "stop_id": scan["stop_id"],
        "attempt_id": scan["attempt_id"], "amount": _amount(plans, kind, scan, charges), "what": what,
    }  # fmt: skip


def _amount(plans: Plans, kind: str, scan: Row, charges: dict[str, list[Row]]) -> Decimal | None:
    """What the client pays for it, on the bill's side; what the settlement paid a stop on average, on the other. None: unknown."""
    if kind in ("DELIVERED_NOT_BILLED", "PAID_NOT_BILLED", "HELD_BILL", "BILLED_TWICE"):
        amounts = [_charged(row) for row in charges.get(str(scan["attempt_id"]), ())]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal("0.00")) if known else None
    plan, _ = plans.of(str(scan["driver_id"]), scan["service_date"]) if scan.get("driver_id") else (None, "")
    ladder = next(iter(plan.tiers.values()), ()) if plan else ()
    return half_up(ladder[0].rate) if ladder else None


def _charged(charge: Row) -> Decimal | None:
    """What a charge comes to: with its shares of discount and fuel once it stands on a draft, else as it is rated."""
    shares = [charge[name] for name in ("charge", "discount", "fuel") if charge.get(name) is not None]
    if shares:
        return sum(shares, Decimal("0.00"))
    exact: Decimal | None = charge.get("exact")
    return None if exact is None else half_up(exact)


def _paid_twice(
    books: Books, days: Days, plans: Plans, market_id: str, charges: dict[str, list[Row]]
) -> Iterable[dict[str, Any]]:
    """An attempt that stands behind lines of two settlements in use, and that no adjustment took back from either."""
    payers: dict[str, dict[str, None]] = {}
    for settlement in books.rows("settlements", status=["POSTED", "EXPORTED", "PAID"]):
        if settlement["period_start"] > days.days[-1] or settlement["period_end"] < days.days[0]:
            continue
        for line in books.rows("settlement_lines", settlement_id=settlement["settlement_id"]):
            if line["component"] in ("STOP_TIER", "ATTEMPT", "CANCEL") and line["status"] == "POSTED":
                for source in str(line.get("sources") or "").split():
                    payers.setdefault(source, {})[str(settlement["settlement_id"])] = None
    for row in books.rows("adjustments", status="POSTED"):
        for source in str(row.get("sources") or "").split():
            by, settlement_id = payers.setdefault(source[1:], {}), str(row["ref_settlement"])
            by.setdefault(settlement_id) if source[0] == "+" else by.pop(settlement_id, None)
    scans = {str(scan["attempt_id"]): scan for scan in days.scans}
    for attempt_id, found in payers.items():
        scan = scans.get(attempt_id)
        if scan is not None and scan.get("market_id") == market_id and len(found) > 1:
            yield _row(days, plans, scan, "PAID_TWICE", f"paid with {' and with '.join(found)}", charges)


def _sums(found: Iterable[dict[str, Any]]) -> list[str]:
    counts: dict[str, list[Decimal]] = {}
    for leak in found:
        counts.setdefault(leak["kind"], []).append(leak["amount"] or Decimal("0.00"))
    return [
        f"{len(each):,} {kind.lower().replace('_', ' ')}, {sum(each, Decimal('0.00')):,.2f} as far as known."
        for kind, each in sorted(counts.items())
    ]
