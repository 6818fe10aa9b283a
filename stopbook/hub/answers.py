"""What is said about every cell of a request: taken, put back, conflict or invalid, each with a sentence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sheets_sync import compare
from sheets_sync.rows import Merge
from workbooks.cells import Reading
from workbooks.ledger import Ledger, Run
from workbooks.plan import Put
from workbooks.schema import Record, Row, Table

OUTCOMES = {"CONFLICT": "conflict", "PUT_BACK": "put back", "INVALID": "invalid"}
Place = tuple[str, str]
"""(table, rid); the rid of a new row whose key does not read is its number in the request"""


@dataclass(frozen=True)
class Edit:
    """One row of a request. `base` is what the person saw (None: a new row), `cells` what was typed."""

    table: Table
    rid: str
    cells: Mapping[str, Any]
    base: Row | None
    delete: bool = False


@dataclass
class Answers:
    """What is said about every cell: (outcome, sentence); the column "" speaks of the row."""

    cells: dict[Place, dict[str, tuple[str, str]]] = field(default_factory=dict)

    def say(self, table: str, rid: str, column: str, outcome: str, sentence: str) -> None:
        """Say what became of a cell; what is said last stands."""
        self.cells.setdefault((table, rid), {})[column] = (outcome, sentence[:1].upper() + sentence[1:])

    def notes(self) -> tuple[str, ...]:
        """All of it as texts the run keeps, so that the same request again is answered the same."""
        return tuple(
            json.dumps([*place, column, *said])
            for place, cells in self.cells.items() for column, said in cells.items()
        )  # fmt: skip

    @classmethod
    def of(cls, run: Run) -> "Answers":
        """What was said when the request came first."""
        answers = cls()
        for note in run.result.get("notes", ()):
            table, rid, column, outcome, sentence = json.loads(note)
            answers.cells.setdefault((table, rid), {})[column] = (outcome, sentence)
        return answers

    def listed(self, ledger: Ledger) -> list[dict[str, Any]]:
        """For the answer, with the revision each row has now."""
        cells = self.cells
        revs: dict[Place, int] = {}
        for name in {table for table, _ in cells}:
            found = ledger.by_rid(name, [rid for table, rid in cells if table == name])
            revs |= {(name, rid): record.rev for rid, record in found.items()}
        return [
            {"table": table, "row": rid, "rev": revs.get((table, rid)),
             "cells": {column: {"outcome": outcome, "sentence": sentence} for column, (outcome, sentence) in said.items()}}
            for (table, rid), said in cells.items()
        ]  # fmt: skip


def answer(
    one: Merge,
    edits: list[Edit],
    fresh: Mapping[int, Edit],
    records: Mapping[str, Record],
    zone: ZoneInfo,
    answers: Answers,
) -> None:
    """What the merge decided about every cell of the request."""
    taken = {put.rid: put for put in one.puts}
    gone = {void.rid for void in one.voids}
    born = {fresh[number].rid: rid for number, rid in one.born.items() if number in fresh}
    told: dict[tuple[str, str], Put] = {}
    for row in one.conflicts:
        told[str(row.values.get("row_id") or ""), str(row.values.get("column_name") or "")] = row
    notes = {note.where.row: note for note in one.notes if note.where.row}
    numbers = {id(edit): number for number, edit in enumerate(edits, start=1)}
    for edit in edits:
        rid, name = born.get(edit.rid, edit.rid), one.table
        if edit.delete:
            said = (
                ("taken", "Deleted.")
                if rid in gone
                else ("put back", "The row is not yours to delete, or it was changed meanwhile.")
            )
            answers.say(name, rid, "", *said)
            continue
        if edit.base is None and edit.rid not in born:
            note = notes.get(numbers[id(edit)])
            if (name, edit.rid) not in answers.cells:
                answers.say(name, edit.rid, "", "invalid", note.text if note else "The row was not taken in.")
            continue
        for column in edit.cells:
            found = told.get((rid, column))
            if found is not None and found.values["status"] == "OPEN":
                answers.say(name, rid, column, OUTCOMES[str(found.values["kind"])], f"{found.values['message']}.")
            elif rid in taken and column in taken[rid].values:
                answers.say(name, rid, column, "taken", "Taken.")
            else:
                answers.say(name, rid, column, *_unchanged(edit, column, records.get(rid), zone))


def _unchanged(edit: Edit, column: str, record: Record | None, zone: ZoneInfo) -> tuple[str, str]:
    """What is said of a cell that the merge had nothing to do about: it stands so, or it moved on from what was seen."""
    seen = edit.base.get(column) if edit.base is not None else None
    held = record.values.get(column) if record is not None else None
    if record is None or edit.base is None or compare.same_value(seen, held, zone):
        return "taken", "It stands so already."
    typed = compare.read(edit.cells[column], edit.table.by_name[column], Reading(zone=zone))
    if typed.bad is None and compare.same_value(typed.value, held, zone):
        return "taken", "It stands so already."
    return (
        "conflict",
        f"{record.by} changed this cell after you saw it; it holds “{compare.said(held, zone) or ''}” now.",
    )
