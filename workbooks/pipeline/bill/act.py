"""A person moves an invoice, a credit note, an adjustment or a card through its action column; the cell is cleared either way."""

from datetime import datetime
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.bill.cards import activate
from workbooks.pipeline.bill.posting import void
from workbooks.pipeline.bill.reviewing import review, withdraw
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Problem
from workbooks.schema import Row
from workbooks.tables import TABLES


def act(books: Books, table: str, row: Row, now: datetime, actor: str) -> tuple[Wanted, Problem | None]:
    """What should stand after the action in `row`, or why it cannot be done now."""
    declared, wanted, action = TABLES[table], Wanted(), str(row["action"])
    key: dict[str, Any] = {name: row[name] for name in declared.key}
    cycle = declared.lifecycle
    assert cycle is not None
    move = cycle.by_action(str(row["status"]), action)
    problem = None
    if move is None:
        possible = ", ".join(cycle.actions_from(str(row["status"]))) or "nothing"
        problem = Problem(
            f"{action} is not possible while it is {row['status']}", f"Possible now: {possible}", column="action"
        )
    elif missing := [declared.by_name[name].title for name in move.needs if not row.get(name)]:
        problem = Problem(
            f"{action} needs {' and '.join(missing)}", f"Fill {missing[0]} and choose {action} again", column="action"
        )
    if problem is not None or move is None:
        wanted.add(table, {**key, "action": None})
        return wanted, problem
    if table == "rate_cards" and action == "ACTIVATE":
        return activate(books, row), None
    if table == "invoices" and action == "VOID":
        wanted, why = void(books, str(row["invoice_id"]), row.get("void_reason"))
        wanted.rows.setdefault("invoices", [{**key}])[0]["action"] = None
        return wanted, Problem(why, column="action") if why else None
    if table == "invoices" and action == "REVIEW":
        wanted, why = review(books, row)
        wanted.rows.setdefault("invoices", [{**key}])[0]["action"] = None
        return wanted, Problem(why, column="action") if why else None
    if table == "invoices" and action == "BACK":
        wanted = withdraw(books, str(row["invoice_id"]))
    changed: dict[str, Any] = {**key, "action": None, "status": move.target}
    if table == "invoices" and action == "SENT":
        changed["sent_at"] = now
    if table == "credit_notes" and action == "APPROVE":
        changed["approved_by"] = actor
    wanted.add(table, changed)
    return wanted, None
