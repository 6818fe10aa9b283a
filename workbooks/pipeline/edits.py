"""What people's edits mean beyond the cell: a moved stop is an event, an action moves its case, a decision closes a row.

Runs after a merge has decided which edits are taken. Says what else should change, and which edits cannot stand
after all (a route or driver that does not exist, an action that is not possible now), each with a sentence.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbooks.books import Books
from workbooks.pipeline.arrivals.manifest import normalised
from workbooks.pipeline.bill import act as bill
from workbooks.pipeline.cases import due_at
from workbooks.pipeline.context import Context
from workbooks.pipeline.pay import followers as pay
from workbooks.pipeline.refold import refold
from workbooks.pipeline.wanted import Wanted
from workbooks.plan import Put
from workbooks.problems import Problem
from workbooks.rules.exceptions import act as rule
from workbooks.rules.exceptions import clock
from workbooks.rules.manifest import changes
from workbooks.rules.recon.reconcile import comes_to, standing
from workbooks.schema import Role, Row
from workbooks.tables import TABLES


@dataclass(frozen=True)
class Refusal:
    """An edit that cannot stand: the cell, the value that was typed, and why."""

    table: str
    key: tuple[str, ...]
    column: str
    value: Any
    problem: Problem


@dataclass
class Consequences:
    """What follows from edits: rows that should stand, and edits to take back."""

    wanted: Wanted = field(default_factory=Wanted)
    refused: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True)
class _Edit:
    table: str
    key: tuple[str, ...]
    old: Row
    new: Row
    roles: tuple[Role, ...] = ()

    def changed(self, column: str) -> bool:
        return self.old.get(column) != self.new.get(column)


def unknown_references(before: Books, after: Books, puts: Iterable[Put]) -> list[Refusal]:
    """Edits of cells that name something which does not exist."""
    found = []
    for put in puts:
        table = TABLES[put.table]
        old = before.row(put.table, *put.key) or {}
        for name, value in put.values.items():
            column = table.by_name[name]
            if column.ref and value is not None and old.get(name) != value and not _exists(after, column.ref, value):
                other = TABLES[column.ref].title
                problem = Problem(
                    f"“{value}” is not on tab {other}", f"Choose one that is, or add it on tab {other} first"
                )
                found.append(Refusal(put.table, put.key, name, value, problem))
    return found


def _exists(books: Books, table: str, value: Any) -> bool:
    key = TABLES[table].key
    if len(key) == 1:
        return books.row(table, str(value)) is not None
    return any(row[key[0]] == value for row in books.rows(table))


def sealed_cells(before: Books, puts: Iterable[Put]) -> list[Refusal]:
    """Edits of cells that no longer change, such as those of a posted settlement."""
    found = []
    for put in puts:
        table = TABLES[put.table]
        old = before.row(put.table, *put.key)
        for name, value in put.values.items() if old is not None and table.sealed is not None else ():
            if old is not None and old.get(name) != value and (sealed := table.seal(old, (name,))):
                problem = Problem(f"{table.title} {' / '.join(put.key)} {sealed[1]}", column=name)
                found.append(Refusal(put.table, put.key, name, value, problem))
    return found


def follow(
    before: Books, after: Books, puts: Iterable[Put], now: datetime, actor: str, roles: tuple[Role, ...] = ()
) -> Consequences:
    """What follows from `puts` (people's edits). `before` and `after`: the books without and with them.

    `roles`: those the edits were made under, for actions that only one of them may ask for; blank: not looked at.
    """
    result = Consequences()
    context = Context(after)
    for put in puts:
        follower = _FOLLOWERS.get(put.table)
        new = after.row(put.table, *put.key)
        if follower is not None and new is not None:
            old = before.row(put.table, *put.key) or {}
            follower(context, _Edit(put.table, put.key, old, new, roles), now, actor, result)
    refold(after, result.wanted)
    return result


def _stop(context: Context, edit: _Edit, now: datetime, actor: str, result: Consequences) -> None:
    books, who = context.books, {"by": "DISPATCH", "actor": actor}
    made: list[dict[str, Any]] = []
    if edit.changed("route_id"):
        old = books.row("manifest", str(edit.old["route_id"])) if edit.old.get("route_id") else None
        new = books.row("manifest", str(edit.new["route_id"])) if edit.new.get("route_id") else None
        made += changes.move(edit.key[0], old, new, now, **who)
    route = books.row("manifest", str(edit.new["route_id"])) if edit.new.get("route_id") else None
    if route is not None and edit.new.get("seq") is not None and (edit.changed("seq") or edit.changed("route_id")):
        made += changes.reseq(edit.key[0], route, None, edit.new["seq"], now, **who)
    for event in made:
        result.wanted.add("manifest_events", event)


def _route(context: Context, edit: _Edit, now: datetime, actor: str, result: Consequences) -> None:
    if edit.changed("driver_id"):
        for event in changes.swap(
            edit.new, edit.old.get("driver_id"), edit.new.get("driver_id"), now, by="DISPATCH", actor=actor
        ):
            result.wanted.add("manifest_events", event)


def _redelivery(context: Context, edit: _Edit, now: datetime, actor: str, result: Consequences) -> None:
    books = context.books
    if not edit.changed("new_route_id"):
        return
    if edit.new.get("new_route_id") is None:
        if edit.new["status"] == "ROUTED":
            result.wanted.add("redeliveries", {"redelivery_id": edit.key[0], "status": "CONFIRMED"})
        return
    stop = books.row("stops", str(edit.new["stop_id"])) or {}
    old = books.row("manifest", str(stop["route_id"])) if stop.get("route_id") else None
    new = books.row("manifest", str(edit.new["new_route_id"]))
    for event in changes.move(str(edit.new["stop_id"]), old, new, now, by="DISPATCH", actor=actor, reason="redelivery"):
        result.wanted.add("manifest_events", event)
    if edit.new["status"] in ("REQUESTED", "CONFIRMED"):
        result.wanted.add("redeliveries", {"redelivery_id": edit.key[0], "status": "ROUTED"})


def _case(context: Context, edit: _Edit, now: datetime, actor: str, result: Consequences) -> None:
    books, case = context.books, dict(edit.new)
    values: dict[str, Any] = {}
    market = context.markets.get(str(case.get("market_id")))
    day = market.day_of(now) if market else now.date()
    if edit.changed("code") and case.get("code"):
        kind = context.codes(day).get(case["code"])
        if kind is not None:
            values |= rule.recode(edit.old, edit.old.get("code"), kind)
            attempt = books.row("attempts", str(case["attempt_id"])) if case.get("attempt_id") else None
            if attempt is not None and attempt["outcome"] == "FAILED":
                result.wanted.add("attempts", {"attempt_id": attempt["attempt_id"], "reason_code": case["code"]})
    if case.get("action"):
        new_due = (
            due_at(context, market, now) if market else clock.due(now, context.policy("contact_clock_minutes", day))
        )
        changed, problem = rule.act(case, case["action"], now, new_due)
        values |= changed
        if problem is not None:
            result.refused.append(Refusal("exceptions", edit.key, "action", case["action"], problem))
        else:
            _after_action(context, case, changed, now, day, result)
    if not case.get("breached"):
        merged = {**case, **values}
        met = merged.get("first_contact_at") or (now if merged["status"] in ("RESOLVED", "CLOSED") else None)
        due = case.get("due_2h") if case.get("action") == "REOPEN" else merged.get("due_2h")
        late = clock.breached(
            due, case.get("first_contact_at") or met, now, merged.get("waiting_since") is not None, False
        )
        values |= {"breached": True} if late else {}
    if values:
        result.wanted.add("exceptions", {"exc_id": edit.key[0], **values})


def _after_action(
    context: Context, case: dict[str, Any], changed: dict[str, Any], now: datetime, day: Any, result: Consequences
) -> None:
    if case["action"] == "SCHEDULE":
        existing = {str(row["redelivery_id"]): row for row in context.books.rows("redeliveries", exc_id=case["exc_id"])}
        result.wanted.add("redeliveries", rule.redelivery(case, existing, now, day))
    if changed.get("status") == "RESOLVED" and case.get("disposition") == "RTS":
        stop = context.books.row("stops", str(case["stop_id"]))
        if stop is not None and TABLES["stops"].lifecycle.allows(stop["status"], "RTS"):  # type: ignore[union-attr]
            result.wanted.add("stops", {"stop_id": case["stop_id"], "status": "RTS"})


def _recon(context: Context, edit: _Edit, now: datetime, actor: str, result: Consequences) -> None:
    flags = edit.new.get("flags") or ()
    values = standing(flags, edit.new, context.flag_rules)
    values["final"] = comes_to(str(edit.new.get("outcome")), flags, edit.new, context.flag_rules)
    if values["status"] == "CLOSED":
        values["status"] = "CLOSED" if edit.old.get("status") == "CLOSED" else "DECIDED"
    if any(edit.new.get(name) != value for name, value in values.items()):
        result.wanted.add("recon", {"route_id": edit.key[0], "stop_id": edit.key[1], **values})
    if edit.changed("va_driver") and edit.new.get("va_driver"):
        for scan in context.books.rows("attempts", stop_id=edit.key[1]):
            if scan.get("driver_id") is None and scan.get("raw_driver"):
                row = {"platform": scan.get("platform") or "GENERIC", "platform_driver_ref": scan["raw_driver"],
                       "valid_from": None, "driver_id": edit.new["va_driver"]}  # fmt: skip
                if row not in result.wanted.rows.get("driver_identity", []):
                    result.wanted.add("driver_identity", row)


def _address(context: Context, edit: _Edit, now: datetime, actor: str, result: Consequences) -> None:
    norm = normalised(str(edit.new.get("raw") or ""), edit.new.get("city"), edit.new.get("zip5"))
    if norm != edit.new.get("norm"):
        result.wanted.add("addresses", {"address_id": edit.key[0], "norm": norm})


def _billing(context: Context, edit: _Edit, now: datetime, actor: str, result: Consequences) -> None:
    if not edit.new.get("action"):
        return
    meant, problem = bill.act(context.books, edit.table, edit.new, now, actor)
    for name, rows in meant.rows.items():
        for row in rows:
            result.wanted.add(name, row)
    result.wanted.notes += meant.notes
    if problem is not None:
        result.refused.append(Refusal(edit.table, edit.key, "action", edit.new["action"], problem))


def _pay(context: Context, edit: _Edit, now: datetime, actor: str, result: Consequences) -> None:
    meant, problem = pay.follow(context.books, edit.table, edit.key, edit.old, edit.new, now, actor, edit.roles)
    for name, rows in meant.rows.items():
        for row in rows:
            result.wanted.add(name, row)
    result.wanted.notes += meant.notes
    if problem is not None:
        result.refused.append(Refusal(edit.table, edit.key, "action", edit.new.get("action"), problem))


_FOLLOWERS = {
    "stops": _stop,
    "manifest": _route,
    "redeliveries": _redelivery,
    "exceptions": _case,
    "recon": _recon,
    "addresses": _address,
    "invoices": _billing,
    "credit_notes": _billing,
    "billing_adjustments": _billing,
    "rate_cards": _billing,
    **dict.fromkeys(pay.TABLES, _pay),
}
