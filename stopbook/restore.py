"""Restoring a row, or one cell of it, to what it was: a new change like any other, looked at first if one likes.

What is posted stays posted, and a life cycle is not turned back; each refusal says what to do instead. An action is
never repeated by a restore.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sheets_sync.rows import checked
from stopbook.app import App
from stopbook.following import followed
from workbooks import cells
from workbooks.ledger import Change, Ledger, Run
from workbooks.plan import Plan, Put, combine
from workbooks.problems import Refused
from workbooks.schema import Kind, Record, Row, Table

JOB = "restore"


@dataclass(frozen=True)
class Target:
    """What to restore: a row to the change number `seq` or the moment `at`; `column` "": the whole row."""

    table: Table
    record: Record
    seq: int | None = None
    at: datetime | None = None
    column: str = ""

    @property
    def named(self) -> str:
        """The row for a sentence."""
        return f"{self.table.title} {' / '.join(self.table.key_of(self.record.values))}"


def planned(ledger: Ledger, target: Target, now: datetime, by: str) -> Plan:
    """The change that restores, with what follows from it; Refused with a sentence where it cannot be."""
    table, record = target.table, target.record
    if table.kind is Kind.LOG:
        raise Refused(f"{table.title} is kept by the ledger itself and is never changed.")
    before = _as_it_was(ledger.history(table.name, record.rid), target)
    values = _differing(table, record, before, target.column)
    if not values:
        raise Refused(f"{target.named} stands so already; there is nothing to restore.")
    _allow(target, values)
    why = f"restored to no. {target.seq}" if target.seq is not None else f"restored to {target.at:%Y-%m-%d %H:%M} UTC"
    keyed = {name: record.values.get(name) for name in table.key}
    put = Put(table.name, table.key_of(record.values), {**keyed, **values}, 0 if record.void else record.rev, why)
    done = followed(ledger.books(), [put], now, by, f"follows from what was {why}")
    if done.refused:
        first = done.refused[0]
        title = table.by_name[first.column].title if first.column in table.by_name else first.column
        raise Refused(f"{target.named} cannot be restored: {title}: {first.problem.text}")
    shown = [f"{table.by_name[name].title}: “{cells.to_text(record.values.get(name))}” becomes “{cells.to_text(value)}”."
             for name, value in values.items()]  # fmt: skip
    return Plan(
        JOB, {"table": table.name, "row": record.rid}, tuple(combine([*done.kept, *done.more])), notes=tuple(shown)
    )


def restore(app: App, target: Target, now: datetime, by: str) -> tuple[Plan, Run]:
    """Restore it."""
    plan = planned(app.ledger, target, now, by)
    key = sha256(f"{JOB}|{target.record.rid}|{target.record.rev}|{plan.digest}".encode()).hexdigest()
    return plan, app.ledger.apply(plan, run_key=key, inputs_hash="", by=by, via="command line", at=now)


def _as_it_was(history: Sequence[Change], target: Target) -> Row:
    """The whole row after the last change up to the number or the moment."""
    upto = [
        c for c in history if (target.seq is None or c.seq <= target.seq) and (target.at is None or c.at <= target.at)
    ]
    if target.seq is not None and target.seq not in {change.seq for change in history}:
        numbers = ", ".join(str(change.seq) for change in history[-12:])
        raise Refused(f"{target.named} has no change {target.seq}. Its changes are {numbers}; see “stopbook history”.")
    if not upto:
        raise Refused(
            f"{target.named} did not exist then; it began at {history[0].at:%Y-%m-%d %H:%M:%S} UTC (no. {history[0].seq})."
        )
    if upto[-1].new is None:
        raise Refused(f"{target.named} was out of use then. Choose a moment before no. {upto[-1].seq}.")
    values: dict[str, Any] = {}
    for change in upto:
        # what comes into use begins afresh; what goes out of use keeps its values
        values = {**({} if change.old is None else values), **(change.new or {})}
    return values


def _differing(table: Table, record: Record, before: Row, column: str) -> dict[str, Any]:
    if column and column not in table.by_name:
        raise Refused(f"{table.title} has no column {column}. Columns: {', '.join(table.by_name)}.")
    if column and (column in table.key or column == _action(table)):
        raise Refused(f"“{table.by_name[column].title}” is not restored: " + (
            "the key of a row never changes." if column in table.key else "an action is not done again; choose it anew."))  # fmt: skip
    names = [column] if column else [n for n in table.by_name if n not in table.key and n != _action(table)]
    held: Mapping[str, Any] = {} if record.void else record.values
    return {name: before.get(name) for name in names if held.get(name) != before.get(name)}


def _action(table: Table) -> str:
    return table.lifecycle.action_column if table.lifecycle else ""


def _allow(target: Target, values: Mapping[str, Any]) -> None:
    """Refused for what is posted, for a step the life cycle does not know, and for a row that would not be right."""
    table, record = target.table, target.record
    if not record.void and (sealed := table.seal(record.values, values)):
        raise Refused(f"{target.named} {sealed[1]}.")
    cycle = table.lifecycle
    if cycle and cycle.column in values:
        old, new = None if record.void else record.values.get(cycle.column), values[cycle.column]
        if not cycle.allows(old, new):
            ways = ", ".join(cycle.actions_from(str(old)))
            raise Refused(
                f"{target.named} cannot go back from {old or 'out of use'} to {new}. "
                + (f"What can be done from there: {ways}; " if ways else "")
                + "restore single cells with --column."
            )
    good, wrong = checked(table, {} if record.void else record.values, dict(values))
    if wrong:
        name, sentence = next(iter(wrong.items()))
        raise Refused(f"{target.named} cannot be restored: {table.by_name[name].title}: {sentence}.")
    assert good
