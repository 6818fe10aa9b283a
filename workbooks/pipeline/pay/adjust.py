"""Late facts after posting: a closed period is worked out again, and the exact difference is proposed for the open one.

What was posted stays as it is. A period can be corrected again and again: former adjustments count as paid, rejected
ones as decided.
"""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.lines import Line, printed, recompute
from workbooks.pipeline.context import Context
from workbooks.pipeline.pay.draft import CLOSED, Pay
from workbooks.pipeline.pay.earnings import Earned, earn
from workbooks.pipeline.pay.life import Step
from workbooks.pipeline.pay.periods import Period
from workbooks.pipeline.pay.plans import Plans
from workbooks.pipeline.pay.work import Days, done, paid_elsewhere
from workbooks.pipeline.wanted import Wanted
from workbooks.rules.settlement import adjustment
from workbooks.schema import Row
from workbooks.tables.adjustments import LIFECYCLE

EARNED = (
    "FLAT",
    "STOP_TIER",
    "ATTEMPT",
    "CANCEL",
    "EXTRA",
    "GROUPED",
    "MILES",
    "FUEL",
    "COMBINE",
    "GUARANTEE",
    "BONUS",
    "HELD",
)
"""components of the period's own work"""
COUNTED = ("APPROVED", "POSTED", "REJECTED")


def propose(books: Books, day: date, by: str, only: Iterable[str] = ()) -> Wanted:
    """Proposals for every posted settlement of the last weeks before `day` whose facts come to something else now."""
    pay, wanted = Pay.of(books), Wanted()
    weeks = Context(books).policy("adjustment_weeks", day)
    chosen = set(only)
    closed: dict[Period, list[Row]] = {}
    for rows in pay.settlements.values():
        for row in rows:
            recent = row["period_end"] >= day - timedelta(weeks=weeks)
            if row["status"] in CLOSED and recent and (not chosen or chosen & {row["settlement_id"], row["driver_id"]}):
                closed.setdefault(Period(row["period_start"], row["period_end"]), []).append(row)
    for period, settlements in sorted(closed.items()):
        for row, earned in _worked_out(pay, period, settlements):
            _propose(pay, row, earned, by, wanted)
    return wanted


def _worked_out(pay: Pay, period: Period, settlements: list[Row]) -> list[tuple[Row, Earned]]:
    days = Days(pay.books, period.days)
    work = done(days, {str(row["driver_id"]): period for row in settlements})
    own = {str(row["driver_id"]): {str(row["settlement_id"])} | _posted_in(pay, row) for row in settlements}
    paid_elsewhere(work, own)
    earned = earn(
        days, work, Plans(pay.books), {str(row["driver_id"]): str(row["settlement_id"]) for row in settlements}
    )
    return [(row, earned[str(row["driver_id"])]) for row in sorted(settlements, key=lambda r: str(r["settlement_id"]))]


def _posted_in(pay: Pay, settlement: Row) -> set[str]:
    return {str(row["posted_in"]) for row in _of(pay, settlement) if row["status"] == "POSTED"}


def _of(pay: Pay, settlement: Row) -> list[Row]:
    """Worked-out adjustments of a settlement, oldest first."""
    rows = pay.adjustments.get(str(settlement["driver_id"]), ())
    mine = [r for r in rows if r.get("ref_settlement") == settlement["settlement_id"] and r.get("kind") == "RECOMPUTED"]
    return sorted(mine, key=lambda r: int(str(r["adj_id"]).rpartition("-")[2]))


def _propose(pay: Pay, settlement: Row, earned: Earned, by: str, wanted: Wanted) -> None:
    settlement_id = str(settlement["settlement_id"])
    mine = _of(pay, settlement)
    waiting = next((row for row in mine if row["status"] == "PROPOSED"), None)
    adj_id = str(waiting["adj_id"]) if waiting else f"ADJ-{settlement_id}-{len(mine) + 1}"
    paid = [r for r in pay.books.rows("settlement_lines", settlement_id=settlement_id) if r["component"] in EARNED]
    former = {str(row["adj_id"]): row["delta"] for row in mine if row["status"] in COUNTED}
    facts = adjustment.facts_of(settlement_id, earned.lines, paid, former)
    delta = recompute(adjustment.RULE, facts)
    sources = _sources(pay, settlement, earned)
    refused = {
        source for row in mine if row["status"] == "REJECTED" for source in str(row.get("sources") or "").split()
    }
    if delta == 0 and not set(sources) - refused:
        if waiting:
            wanted.gone.setdefault("adjustments", []).append((adj_id,))
        return
    reason = f"{settlement_id}: {adjustment.differences(facts) or 'the same amount for other attempts'}"
    by_hand = [str(r["adj_id"]) for r in pay.adjustments.get(str(settlement["driver_id"]), ())
               if r.get("kind") == "MANUAL" and r.get("ref_settlement") == settlement_id and r["status"] != "REJECTED"]  # fmt: skip
    reason += f"; besides {', '.join(by_hand)} by hand" if by_hand else ""
    wanted.add("adjustments", {
        "adj_id": adj_id, "driver_id": settlement["driver_id"], "status": "PROPOSED", "kind": "RECOMPUTED",
        "ref_settlement": settlement_id, "delta": delta, "reason": reason, "proposed_by": waiting["proposed_by"] if waiting else by,
        "rule": adjustment.RULE, "version": settlement_id, "facts": printed(facts), "sources": " ".join(sources) or None,
        "says": f"{settlement_id} comes to {_total(earned.lines)} and {_total_paid(paid, former)} was paid",
    })  # fmt: skip


def _sources(pay: Pay, settlement: Row, earned: Earned) -> list[str]:
    """+attempts it pays for the first time, -attempts it takes back; what was approved already does so by itself."""
    own = {str(settlement["settlement_id"])} | _posted_in(pay, settlement)
    now = {item.id for item in earned.items}
    stamped = {
        str(row["attempt_id"])
        for row in pay.books.rows("attempts", service_date=earned.done.period.days)
        if row.get("settled_in") in own and _was_for(pay, row, settlement)
    }
    for row in _of(pay, settlement):
        for source in str(row.get("sources") or "").split() if row["status"] == "APPROVED" else ():
            (stamped.add if source.startswith("+") else stamped.discard)(source[1:])
    new = sorted(item_id for item_id in now - stamped if not item_id.startswith("recon:"))
    return [f"+{item_id}" for item_id in new] + [f"-{item_id}" for item_id in sorted(stamped - now)]


def _was_for(pay: Pay, scan: Row, settlement: Row) -> bool:
    """The settlements of one driver are his alone, so a stamp says for whom it was paid, whoever the scan names now."""
    driver_id = str(settlement["driver_id"])
    return any(row["settlement_id"] == scan["settled_in"] for row in pay.settlements.get(driver_id, ()))


def _total(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal("0.00"))


def _total_paid(paid: Iterable[Row], former: dict[str, Decimal]) -> Decimal:
    return sum((row["amount"] for row in paid), Decimal("0.00")) + sum(former.values(), Decimal("0.00"))


def taken_in(row: Row, by: str) -> dict[str, Any]:
    """An adjustment entered by hand, complete: kind, delta and the facts its line will be explained by."""
    amount: Decimal = row.get("amount") or Decimal("0.00")
    facts = {"by_hand": f"{amount:f}", "reason": str(row.get("reason") or ""), "entered_by": by}
    return {"kind": "MANUAL", "delta": amount, "proposed_by": row.get("proposed_by") or by, "rule": adjustment.RULE,
            "version": str(row.get("ref_settlement") or "by hand"), "facts": printed(facts), "says": str(row.get("reason") or "")}  # fmt: skip


def decide(step: Step, books: Books, row: Row, action: str, by: str, on: date) -> None:
    """Approve or reject an adjustment; who entered one by hand approves it only where the setting says so."""
    adj_id = str(row["adj_id"])
    found = LIFECYCLE.by_action(str(row["status"]), action)
    if found is None:
        possible = ", ".join(LIFECYCLE.actions_from(str(row["status"]))) or "nothing"
        return step.refuse(adj_id, f"{action} is not possible while it is {row['status']}", f"Possible now: {possible}")
    if not row.get("facts"):
        row = {**row, **taken_in(row, by)}
    if action == "APPROVE" and row.get("kind") == "MANUAL":
        if not row.get("reason"):
            return step.refuse(adj_id, "it has no reason", "Fill Reason first")
        if row.get("proposed_by") == by:
            if Context(books).policy("maker_may_approve", on) != "YES":
                return step.refuse(adj_id, f"{by} entered it and may not approve it too",
                                   "Somebody else approves it, or set maker_may_approve to YES on tab Settings")  # fmt: skip
            step.wanted.notes.append(
                f"{adj_id} was approved by {by}, who entered it, as the setting maker_may_approve allows."
            )
    values = {
        name: row[name]
        for name in ("kind", "delta", "proposed_by", "rule", "version", "facts", "says")
        if row.get("kind") == "MANUAL"
    }
    step.wanted.add("adjustments", {"adj_id": adj_id, **values, "status": found.target, "approved_by": by})
    return None


def facts_of(row: Row) -> Any:
    """The facts of an adjustment, as they were written down."""
    return json.loads(str(row["facts"]))
