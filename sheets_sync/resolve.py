"""Deciding a conflict: what a choice on the tab Conflicts does to the cell it is about."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sheets_sync import compare
from sheets_sync.conflicts import Source
from sheets_sync.rows import Merge
from workbooks import cells
from workbooks.plan import Put
from workbooks.problems import Problem, Severity, Where
from workbooks.schema import Record, Table
from workbooks.tables import TABLES

Cell = tuple[str, str, str]
"""(table, rid, column)"""


def settle(
    merge: Merge, source: Source, records: Mapping[str, Mapping[str, Record]], busy: frozenset[Cell] = frozenset()
) -> Merge:
    """The merge of the tab Conflicts with its choices carried out.

    Each choice that was taken becomes a RESOLVED row and, where the chosen value does not stand already, a Put on
    the cell concerned. A choice is not carried out, and a note says why, when the cell has changed since, is being
    changed from the same copy (`busy`), is not the role's, or cannot hold the value; its row stays as it was.
    """
    puts: list[Put] = []
    notes = list(merge.notes)
    left: set[str] = set()
    for put in merge.puts:
        record = records.get(merge.table, {}).get(put.rid)
        if "choose" not in put.values or record is None:
            puts.append(put)
            continue
        done = _choice(put, record, source, records, busy)
        if isinstance(done, str):
            left.add(put.rid)
            place = Where(
                source.file,
                TABLES[merge.table].title,
                header=f"{record.values.get('tab')} {record.values.get('row_key') or ''}".strip(),
            )
            notes.append(
                Problem(
                    f"the choice “{put.values['choose'] or ''}” was not carried out: {done}",
                    "",
                    place,
                    str(put.values["choose"] or ""),
                    Severity.WARNING,
                )
            )
        else:
            puts.extend(done)
            busy = busy | {(step.table, step.rid, name) for step in done[1:] for name in step.values}
    agreed = tuple(base for base in merge.agreed if base.rid not in left)
    return replace(merge, puts=tuple(puts), notes=tuple(notes), agreed=agreed)


def _choice(
    put: Put, conflict: Record, source: Source, records: Mapping[str, Mapping[str, Record]], busy: frozenset[Cell]
) -> list[Put] | str:
    """The puts that carry out one choice, the conflict's own first; or why it cannot be."""
    said, choice = conflict.values, put.values["choose"]
    if choice not in ("STOPBOOK", "SHEET"):
        return "it was decided already" if said.get("status") == "RESOLVED" else [put]
    resolved = replace(put, values={**put.values, "status": "RESOLVED"})
    table = TABLES.get(str(said.get("table_name")))
    name = said.get("column_name")
    if table is None or not name or name not in table.by_name:
        # a whole row that was left out: there is no cell to choose for
        return [resolved] if choice == "STOPBOOK" else "a whole row cannot be taken from here; type it again on its tab"
    record = records.get(table.name, {}).get(str(said.get("row_id")))
    return _decide(resolved, table, name, record, said, source, busy)


def _decide(
    resolved: Put, table: Table, name: str, record: Record | None, said: Mapping[str, Any], source: Source,
    busy: frozenset[Cell],
) -> list[Put] | str:  # fmt: skip
    column, sheet = table.by_name[name], resolved.values["choose"] == "SHEET"
    wanted_text = said.get("sheet_value" if sheet else "ledger_value")
    if record is None or record.void:
        return "the row is no longer in use" if sheet else [resolved]
    now = record.values.get(name)
    if _text(now, source) == wanted_text:
        return [resolved]
    if _text(now, source) not in (said.get("sheet_value"), said.get("ledger_value")):
        return f"the cell holds “{cells.shown(_text(now, source) or '')}” by now; look at it and type what should stand"
    if (table.name, record.rid, name) in busy:
        return "the cell is being changed from this workbook at the same time"
    if not column.owned_by(source.roles) or name in table.key:
        return f"“{column.title}” is not yours to change"
    edit = compare.read(wanted_text, column, source.how)
    if edit.bad is not None or (edit.value is None and column.required):
        return edit.bad.what if edit.bad else f"“{column.title}” cannot be empty"
    new = {**dict.fromkeys(table.by_name), **record.values, name: edit.value}
    if table.lifecycle and name == table.lifecycle.column and not table.lifecycle.allows(now, edit.value):
        return f"a row cannot go from {now} to {edit.value}"
    for check in table.checks:
        if (sentence := check.wrong(new)) and check.wrong({**dict.fromkeys(table.by_name), **record.values}) is None:
            return sentence
    values = {**{key: record.values.get(key) for key in table.key}, name: edit.value}
    why = f"chosen on Conflicts {said.get('conflict_id')}"
    return [resolved, Put(table.name, table.key_of(record.values), values, record.rev, why)]


def _text(value: Any, source: Source) -> str | None:
    # the zone only decides how a moment is written; what it names is in the text
    return compare.said(value, source.zone)
