"""The life of a settlement: drafted, reviewed, approved, posted, exported, paid; or void, and everything it took is free again.

Every step returns what should stand, or a problem in one sentence and changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.context import Context
from workbooks.pipeline.cutover import GoLive
from workbooks.pipeline.pay.draft import CLOSED, NOTHING, Draft, Pay, draft_of, drafts, line_rows
from workbooks.pipeline.pay.periods import Period
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem
from workbooks.schema import Row
from workbooks.tables.settlements import LIFECYCLE, TABLE


@dataclass
class Step:
    """What follows from steps of several settlements; `problems` by settlement: those stay as they were."""

    wanted: Wanted = field(default_factory=Wanted)
    problems: list[tuple[str, Problem]] = field(default_factory=list)

    def refuse(self, settlement_id: str, what: str, remedy: str) -> None:
        """Leave one settlement as it is."""
        self.problems.append((settlement_id, Problem(f"{settlement_id}: {what}", remedy)))


def draft(books: Books, day: date, by: str, only: Iterable[str] = ()) -> tuple[Step, list[Draft]]:
    """Drafts of the period around `day`; a draft that stands is replaced, one in review is left."""
    pay, step = Pay.of(books), Step()
    made = drafts(books, day, only, by, pay)
    for each in made:
        standing = next(
            (r for r in pay.settlements.get(each.row["driver_id"], ()) if r["settlement_id"] == each.settlement_id),
            None,
        )
        if standing is not None and standing["status"] == "REVIEW":
            if standing["lines_hash"] != each.row["lines_hash"]:
                step.wanted.notes.append(
                    f"{each.settlement_id} is in review and its facts have changed since; return it to draft it anew."
                )
            continue
        values = dict(each.row)
        if standing is not None and standing["lines_hash"] == values["lines_hash"]:
            values["drafted_by"] = standing["drafted_by"]
        step.wanted.add("settlements", {**values, "status": "DRAFT", "approved_by": None})
        _replace_lines(books, step, each)
    open_ones = {each.settlement_id for each in made}
    for rows in pay.settlements.values():
        for row in rows:
            around = row["period_start"] <= day <= row["period_end"]
            if row["status"] == "DRAFT" and around and row["settlement_id"] not in open_ones and not set(only):
                step.wanted.notes.append(f"{row['settlement_id']} has nothing to settle any more; void it.")
    return step, made


def _replace_lines(books: Books, step: Step, each: Draft) -> None:
    rows = line_rows(each)
    keys = {row["line_id"] for row in rows}
    for row in rows:
        step.wanted.add("settlement_lines", row)
    for old in books.rows("settlement_lines", settlement_id=each.settlement_id):
        if old["line_id"] not in keys and old["status"] == "DRAFT":
            step.wanted.gone.setdefault("settlement_lines", []).append((old["line_id"],))


def move(
    step: Step, books: Books, settlement: Row, action: str, by: str, now: datetime, pay: Pay | None = None
) -> None:
    """Carry out one action on one settlement."""
    settlement_id, status = str(settlement["settlement_id"]), str(settlement["status"])
    found = LIFECYCLE.by_action(status, action)
    if found is None:
        possible = ", ".join(LIFECYCLE.actions_from(status)) or "nothing"
        return step.refuse(settlement_id, f"{action} is not possible while it is {status}", f"Possible now: {possible}")
    missing = [TABLE.by_name[name].title for name in found.needs if not settlement.get(name)]
    if missing:
        if missing == ["Approved by"]:
            return step.refuse(settlement_id, "it has not been approved", "The manager chooses APPROVE first")
        return step.refuse(
            settlement_id, f"{action} needs {' and '.join(missing)}", f"Fill {missing[0]} and choose {action} again"
        )
    pay = pay or Pay.of(books)
    if action == "SUBMIT" and (open_until := _still_running(pay, settlement, now)):
        return step.refuse(settlement_id, f"its period runs until {open_until}, and work still comes in",
                           "Submit it afterwards; drafts can be made at any time")  # fmt: skip
    match action:
        case "POST":
            post(step, pay, settlement, by, now)
        case "VOID":
            void(step, pay, settlement, by, now)
        case "APPROVE":
            _approve(step, pay, settlement, by, now)
        case "RETURN":
            step.wanted.add("settlements", {"settlement_id": settlement_id, "status": "DRAFT", "approved_by": None})
        case _:
            step.wanted.add("settlements", {"settlement_id": settlement_id, "status": found.target})
    return None


def _still_running(pay: Pay, settlement: Row, now: datetime) -> date | None:
    """The last day of a period that is not over yet; a leaver's ends with the last day of work."""
    terms = pay.terms.get(str(settlement["driver_id"])) or {}
    end: date = settlement["period_end"]
    if settlement.get("kind") == "FINAL" and terms.get("final_on") is not None:
        end = min(end, terms["final_on"])
    return end if end > now.date() else None


def _approve(step: Step, pay: Pay, settlement: Row, by: str, now: datetime) -> None:
    """The manager's word for exactly these lines; who made them may give it only where the setting says so."""
    settlement_id = str(settlement["settlement_id"])
    lines = pay.books.rows("settlement_lines", settlement_id=settlement_id)
    adjusted = {str(r["sources"]) for r in lines if r["component"] == "ADJ"}
    makers = {settlement.get("drafted_by")} | {
        row.get("proposed_by") for row in pay.adjustments.get(str(settlement["driver_id"]), ())
        if str(row["adj_id"]) in adjusted and row.get("kind") == "MANUAL"
    }  # fmt: skip
    if by in makers:
        if Context(pay.books).policy("maker_may_approve", now.date()) != "YES":
            return step.refuse(settlement_id, f"{by} made its lines and may not approve it too",
                               "Somebody else approves it, or set maker_may_approve to YES on tab Settings")  # fmt: skip
        step.wanted.notes.append(
            f"{settlement_id} was approved by {by}, who made its lines too, as the setting maker_may_approve allows."
        )
    step.wanted.add("settlements", {"settlement_id": settlement_id, "status": "REVIEW", "approved_by": by})
    return None


def post(step: Step, pay: Pay, settlement: Row, by: str, now: datetime) -> None:
    """Freeze a settlement, stamp what it settles and move the balances; refused when anything behind it changed."""
    settlement_id, driver_id = str(settlement["settlement_id"]), str(settlement["driver_id"])
    if why := GoLive(pay.books).unsigned("DRIVER", driver_id):
        return step.refuse(settlement_id, why, "The manager runs “Sign cut-over” first, or takes the rows out")
    lines = pay.books.rows("settlement_lines", settlement_id=settlement_id)
    fresh = draft_of(pay, settlement, str(settlement.get("drafted_by") or "")) if lines else None
    if fresh is None or fresh.row["lines_hash"] != settlement.get("lines_hash") or not _as_drafted(fresh, lines):
        return step.refuse(settlement_id, f"the facts behind it changed since it was drafted{_changed(fresh, lines)}; nothing was posted",
                           "Return it, draft it again and look at what changed")  # fmt: skip
    earlier = [
        r
        for r in pay.settlements.get(driver_id, ())
        if r["period_end"] < settlement["period_start"] and r["status"] in ("DRAFT", "REVIEW")
    ]
    if earlier:
        first = min(str(r["settlement_id"]) for r in earlier)
        return step.refuse(
            settlement_id,
            f"{first} of the same driver comes before it and is not posted",
            f"Post or void {first} first",
        )
    taken = {
        item.id: fresh.earned.done.settled[item.id]
        for item in fresh.earned.items
        if item.id in fresh.earned.done.settled
    }
    if taken:
        twice, other = min(taken.items())
        return step.refuse(
            settlement_id,
            f"attempt {twice} was paid with {other} already",
            f"Propose the adjustment of {other} first, and have it posted",
        )
    wanted = step.wanted
    wanted.add("settlements", {"settlement_id": settlement_id, "status": "POSTED", "posted_by": by, "posted_at": now})
    for row in lines:
        wanted.add("settlement_lines", {"line_id": row["line_id"], "status": "POSTED"})
    for item in fresh.earned.items:
        _stamp(step, item.id, settlement_id)
    for receipt in fresh.receipts:
        wanted.add("reimbursements", {"reimb_id": receipt, "settled_in": settlement_id})
    for agr_id in fresh.used:
        wanted.add("deduction_agreements", {"agr_id": agr_id, "used_in": settlement_id})
    for adj_id in fresh.adjustments:
        wanted.add("adjustments", {"adj_id": adj_id, "status": "POSTED", "posted_in": settlement_id})
        row = next(r for r in pay.adjustments[driver_id] if r["adj_id"] == adj_id)
        _stamp_adjusted(step, row, settlement_id)
    balances = pay.balances(driver_id)
    for account, amount in sorted(fresh.moves.items()):
        _enter(step, pay, driver_id, account, amount, settlement_id, settlement_id, settlement["period_end"], balances)
    return None


def _as_drafted(fresh: Draft, lines: list[Row]) -> bool:
    """The stored lines are those of the draft, to the cent."""
    stored = {row["line_id"]: (row["amount"], row["facts"]) for row in lines}
    return stored == {row["line_id"]: (row["amount"], row["facts"]) for row in line_rows(fresh)}


def _changed(fresh: Draft | None, lines: list[Row]) -> str:
    """Which lines differ, in a few words."""
    stored = {str(row["line_id"]): row["amount"] for row in lines}
    now = {line.key: line.amount for line in fresh.lines} if fresh else {}
    names = [key.partition("/")[2] for key in sorted(stored.keys() | now.keys()) if stored.get(key) != now.get(key)]
    return f" ({', '.join(names[:3])}{' …' if len(names) > 3 else ''})" if names else ""


def _stamp(step: Step, item_id: str, settlement_id: str | None) -> None:
    """Stamp an attempt; a decision that stands for a scan has no row to stamp."""
    if not item_id.startswith("recon:"):
        status = {"status": "LOCKED"} if settlement_id else {}
        step.wanted.add("attempts", {"attempt_id": item_id, "settled_in": settlement_id, **status})


def _stamp_adjusted(step: Step, adjustment: Row, settlement_id: str | None) -> None:
    """An adjustment stamps what it pays for the first time (+id) and frees what it takes back (-id)."""
    for source in str(adjustment.get("sources") or "").split():
        if source.startswith("+"):
            _stamp(step, source[1:], settlement_id)
        else:
            _stamp(step, source[1:], None if settlement_id else str(adjustment["ref_settlement"]))


def _enter(step: Step, pay: Pay, driver_id: str, account: str, amount: Decimal, entry: str, ref: str, day: date,
           balances: dict[str, Decimal]) -> None:  # fmt: skip
    balances[account] = balances.get(account, NOTHING) + amount
    row = {"entry_id": f"{entry}/{account}", "driver_id": driver_id, "account": account, "date": day, "amount": amount,
           "ref": ref, "note": None, "balance_after": balances[account]}  # fmt: skip
    step.wanted.add("driver_ledger", row)


def void(step: Step, pay: Pay, settlement: Row, by: str, now: datetime) -> None:
    """Take a settlement back before it is paid: stops, receipts and adjustments are free again, balances are put back."""
    settlement_id, driver_id = str(settlement["settlement_id"]), str(settlement["driver_id"])
    wanted, books = step.wanted, pay.books
    corrected = [
        r
        for r in pay.adjustments.get(driver_id, ())
        if r.get("ref_settlement") == settlement_id and r["status"] == "POSTED"
    ]
    if corrected:
        other = corrected[0]["posted_in"]
        return step.refuse(
            settlement_id,
            f"{other} pays an adjustment of it",
            f"Void {other} first, or leave both and propose another adjustment",
        )
    wanted.add("settlements", {"settlement_id": settlement_id, "status": "VOID"})
    for row in books.rows("settlement_lines", settlement_id=settlement_id):
        wanted.add("settlement_lines", {"line_id": row["line_id"], "status": "VOID"})
    if settlement["status"] not in CLOSED:
        return None
    days = Period(settlement["period_start"], settlement["period_end"]).days
    for row in books.rows("attempts", service_date=days):
        if row.get("settled_in") == settlement_id:
            _stamp(step, str(row["attempt_id"]), None)
    for row in pay.adjustments.get(driver_id, ()):
        if row["status"] == "POSTED" and row.get("posted_in") == settlement_id:
            wanted.add("adjustments", {"adj_id": row["adj_id"], "status": "APPROVED", "posted_in": None})
            _stamp_adjusted(step, row, None)
        elif row.get("ref_settlement") == settlement_id and row["status"] in ("PROPOSED", "APPROVED"):
            wanted.add("adjustments", {"adj_id": row["adj_id"], "status": "REJECTED", "approved_by": by})
    for row in pay.receipts.get(driver_id, ()):
        if row.get("settled_in") == settlement_id:
            wanted.add("reimbursements", {"reimb_id": row["reimb_id"], "settled_in": None})
    for row in pay.agreements.get(driver_id, ()):
        if row.get("used_in") == settlement_id:
            wanted.add("deduction_agreements", {"agr_id": row["agr_id"], "used_in": None})
    balances = pay.balances(driver_id)
    for row in pay.entries.get(driver_id, ()):
        if row.get("ref") == settlement_id and str(row["entry_id"]).startswith(f"{settlement_id}/"):
            _enter(
                step,
                pay,
                driver_id,
                row["account"],
                -row["amount"],
                f"void/{settlement_id}",
                settlement_id,
                settlement["period_end"],
                balances,
            )
    return None


def act(books: Books, settlements: Iterable[Row], action: str, by: str, now: datetime, **also: Any) -> Step:
    """One action on several settlements; `also` is filled in first, such as pay_ref. Each stands or is refused on its own."""
    step, pay = Step(), Pay.of(books)
    for row in settlements:
        before = len(step.problems)
        move(step, books, {**row, **also}, action, by, now, pay)
        if len(step.problems) == before:
            step.wanted.rows["settlements"][-1].update(also)
    return step
