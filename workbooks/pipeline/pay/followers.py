"""What people's edits in the workbooks of pay mean: an action moves its settlement, adjustment, dispute or plan.

The action cell is cleared either way; what cannot be done comes back as a problem in one sentence.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.context import Context
from workbooks.pipeline.pay import adjust, life, testing
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem
from workbooks.schema import Role, Row
from workbooks.tables import TABLES as DECLARED

TABLES = ("settlements", "adjustments", "disputes", "pay_plans", "driver_ledger")
"""tables whose edits mean more than the cell"""


def follow(books: Books, table: str, key: tuple[str, ...], old: Row, new: Row, now: datetime, actor: str,
           roles: tuple[Role, ...]) -> tuple[Wanted, Problem | None]:  # fmt: skip
    """What should stand after an edit of a row of one of `TABLES`, or why its action cannot be carried out."""
    if table == "driver_ledger":
        return _entry(books, new), None
    declared, action = DECLARED[table], new.get("action")
    step, keyed = life.Step(), {name: new[name] for name in declared.key}
    if table == "adjustments" and not new.get("facts"):
        step.wanted.add(table, {**keyed, **adjust.taken_in(new, actor)})
        new = {**new, **step.wanted.rows[table][0]}
    if table == "disputes":
        step.wanted.add(table, {**keyed, **_window(books, new, now)})
        line = books.row("settlement_lines", str(new["line_id"])) or {}
        if line and new["status"] in ("OPEN", "EVIDENCE") and not action:
            step.wanted.add("settlements", {"settlement_id": line["settlement_id"], "disputed": True})
    if action:
        cycle = declared.lifecycle
        move = cycle.by_action(str(new["status"]), str(action)) if cycle else None
        if move is not None and roles and not set(roles) & set(move.by):
            who = " or ".join(role.value for role in move.by)
            step.refuse(" / ".join(key), f"{action} is for the {who}", "Ask for it")
        else:
            _act(step, books, table, new, str(action), actor, now)
        _cleared(step.wanted, table, keyed)
    problem = step.problems[0][1] if step.problems else None
    return step.wanted, problem


def _act(step: life.Step, books: Books, table: str, row: Row, action: str, actor: str, now: datetime) -> None:
    match table:
        case "settlements":
            life.move(step, books, row, action, actor, now)
        case "adjustments":
            adjust.decide(step, books, row, action, actor, now.date())
        case "pay_plans":
            testing.act(step, books, row, action)
        case _:
            _dispute(step, books, row, action, actor)


def _cleared(wanted: Wanted, table: str, keyed: dict[str, Any]) -> None:
    """The action cell is empty again, in the row that changes anyway where there is one."""
    for row in wanted.rows.setdefault(table, []):
        if all(row.get(name) == value for name, value in keyed.items()):
            row["action"] = None
            return
    wanted.add(table, {**keyed, "action": None})


def _entry(books: Books, new: Row) -> Wanted:
    """A new entry shows its balance."""
    wanted = Wanted()
    if new.get("balance_after") is None and new.get("amount") is not None:
        entries = books.rows("driver_ledger", driver_id=new["driver_id"])
        known = [r["amount"] for r in entries if r["account"] == new["account"] and r["entry_id"] != new["entry_id"]]
        wanted.add(
            "driver_ledger", {"entry_id": new["entry_id"], "balance_after": sum(known, Decimal("0.00")) + new["amount"]}
        )
    return wanted


def _window(books: Books, new: Row, now: datetime) -> dict[str, Any]:
    """Until when the line could be disputed, counted from the day it was posted."""
    line = books.row("settlement_lines", str(new["line_id"])) or {}
    settlement = books.row("settlements", str(line.get("settlement_id"))) or {}
    posted = settlement.get("posted_at")
    if posted is None:
        return {"window_end": None, "late": False}
    end = posted.date() + timedelta(days=Context(books).policy("dispute_days", now.date()))
    return {"window_end": end, "late": new["opened"] > end}


def _dispute(step: life.Step, books: Books, row: Row, action: str, actor: str) -> None:
    cycle = DECLARED["disputes"].lifecycle
    assert cycle is not None
    move = cycle.by_action(str(row["status"]), action)
    dispute_id = str(row["dispute_id"])
    if move is None:
        possible = ", ".join(cycle.actions_from(str(row["status"]))) or "nothing"
        return step.refuse(
            dispute_id, f"{action} is not possible while it is {row['status']}", f"Possible now: {possible}"
        )
    line = books.row("settlement_lines", str(row["line_id"])) or {}
    values: dict[str, Any] = {"dispute_id": dispute_id, "status": move.target}
    if action == "UPHOLD":
        others = [
            r
            for r in books.rows("disputes", line_id=row["line_id"])
            if r["dispute_id"] != dispute_id and r["status"] == "UPHELD"
        ]
        if others:
            return step.refuse(
                dispute_id,
                f"{others[0]['dispute_id']} about the same line was upheld already",
                "Deny this one, it is the same claim",
            )
        if not row.get("claimed"):
            return step.refuse(dispute_id, "nothing says how much it is about", "Fill Claimed first")
        values["adj_id"] = f"ADJ-{dispute_id}"
        entered = {"driver_id": line.get("driver_id"), "ref_settlement": line.get("settlement_id"), "amount": row["claimed"],
                   "reason": f"dispute {dispute_id} about {row['line_id']} upheld: {row.get('claim') or ''}"}  # fmt: skip
        step.wanted.add(
            "adjustments",
            {"adj_id": values["adj_id"], "status": "PROPOSED", **entered, **adjust.taken_in(entered, actor)},
        )
    step.wanted.add("disputes", values)
    settlement_id = str(line.get("settlement_id"))
    if move.target in ("DENIED", "UPHELD") and not _others_open(books, dispute_id, settlement_id):
        step.wanted.add("settlements", {"settlement_id": settlement_id, "disputed": False})
    return None


def _others_open(books: Books, dispute_id: str, settlement_id: str) -> bool:
    return any(
        row["dispute_id"] != dispute_id
        and row["status"] in ("OPEN", "EVIDENCE")
        and str(row["line_id"]).startswith(f"{settlement_id}/")
        for row in books.rows("disputes")
    )
