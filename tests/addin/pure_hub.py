"""A hub without a database or a network: the real merge and plan over rows in memory, so that thousands of rounds are quick.

It does for one workbook what `stopbook.openbooks` does over the ledger, and keeps every value the ledger ever held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from addin.client import Unreachable
from sheets_sync import openbook
from sheets_sync.conflicts import Source
from sheets_sync.google.read import absences, shared_copy
from sheets_sync.intake import take_in
from sheets_sync.outgoing import outgoing
from tests.sheets_sync.programs import VA_BOOK, exceptions
from workbooks.schema import Record, Row
from workbooks.tables import TABLES

TABLE = TABLES["exceptions"]
BOOK = replace(VA_BOOK, tables=(TABLE,))
Bases = dict[str, dict[int, Row | None]]


@dataclass
class PureHub:
    """`records` are the ledger's rows; `held` every (rid, column, value) it ever took from the workbook, in order."""

    records: dict[str, Record] = field(default_factory=lambda: {record.rid: record for record in exceptions(4)})
    written: dict[str, Row] = field(default_factory=dict)
    bases: dict[str, Bases] = field(default_factory=dict)
    taken: list[tuple[str, str, Any]] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    views: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    gone: bool = False
    loses: bool = False

    def __post_init__(self) -> None:
        self.written = {rid: record.values for rid, record in self.records.items()}

    def get(self, path: str, **asked: Any) -> Mapping[str, Any]:
        raise NotImplementedError

    def set(self, rid: str, column: str, value: Any) -> None:
        """Somebody elsewhere changes a cell."""
        record = self.records[rid]
        self.records[rid] = replace(record, rev=record.rev + 1, values={**record.values, column: value}, by="dispatch")

    def forget(self) -> None:
        """The hub is started anew: what it kept in memory is gone."""
        self.views.clear()

    def post(self, path: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.gone:
            raise Unreachable("gone")
        answer = self._answer(said)
        if self.loses:
            raise Unreachable("the answer was lost")
        return answer

    def _answer(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        if said["declared"] != "d":
            headers = ["_state", "_msg", *(column.title for column in TABLE.columns), "_rid"]
            return {"again": True, "declared": "d", "tabs": {TABLE.title: {"headers": headers, "texts": headers}}}
        sitting, number = said["sitting"], said["round"]
        name = openbook.name_of(BOOK.name, 1, sitting)
        known, views = self.views.get(sitting, (0, {}))
        if said["since"] and said["since"] != known:
            return {"whole": True, "round": number}
        assert number > self.numbers.get(sitting, 0), "a round is done twice or late"
        views = dict(views) if said["since"] else {}
        views |= {title: openbook.following(views.get(title), one) for title, one in said["tabs"].items()}
        self._begin(name, said["mark"], sitting)
        answer = self._round(name, number, views, sitting)
        self.views[sitting], self.numbers[sitting] = (number, views), number
        return answer

    def _begin(self, name: str, mark: str, sitting: str) -> None:
        before = openbook.sitting_of(mark)
        if before is None or before[0] == sitting or name in self.bases:
            return
        former = openbook.name_of(BOOK.name, 1, before[0])
        for kind in (str, openbook.told_of):
            for rid, row in self._base(kind(former), before[1]).items():
                self._keep(kind(name), rid, 0, row)

    def _base(self, name: str, number: int) -> dict[str, Row]:
        found = {}
        for rid, history in self.bases.get(name, {}).items():
            reached = [n for n in history if n <= number]
            if reached and (row := history[max(reached)]) is not None:
                found[rid] = row
        return found

    def _keep(self, name: str, rid: str, number: int, row: Row | None) -> None:
        self.bases.setdefault(name, {}).setdefault(rid, {})[number] = row

    def _round(self, name: str, number: int, views: Mapping[str, openbook.View], sitting: str) -> Mapping[str, Any]:
        shared = shared_copy(openbook.snapshot(BOOK.file, views), BOOK, "L1", 1, replica=name)
        full = {**self.written, **self._base(name, number)}
        seen = shared.seen[TABLE.name]
        caught = openbook.caught_up(seen.tab, full, self._base(openbook.told_of(name), number), BOOK.zone)
        full |= caught
        wanted = {rid: record.values for rid, record in self.records.items()}
        source = Source(BOOK.name, BOOK.roles, 1, BOOK.zone, BOOK.market, lineage=name)
        absent = absences(seen.tab, source, full, wanted, frozenset())
        intake = take_in(shared.copy, BOOK, {TABLE.name: absent.base}, {TABLE.name: self.records}, who="va")
        for rid, row in caught.items():
            self._keep(name, rid, number, row)
        for base in intake.bases:
            self._keep(name, base.rid, number, base.values)
            full[base.rid] = base.values or {}
        for put in intake.puts:
            if put.table != TABLE.name:
                said = str(put.values.get("sheet_value"))
                if said not in self.conflicts:
                    self.conflicts.append(said)
                continue
            record = self.records[put.rid]
            self.taken += [(put.rid, column, value) for column, value in put.values.items() if column not in TABLE.key]
            self.records[put.rid] = replace(record, rev=record.rev + 1, values={**record.values, **put.values}, by="va")
        wanted = {rid: record.values for rid, record in self.records.items()}
        merge = intake.merges[TABLE.name]
        plan = outgoing(TABLE, BOOK.zone, seen.standing(merge.stands, merge.born, absent.hold), wanted, full, {})
        for rid in [write.rid for write in plan.writes if write.rid] + [row.rid for row in plan.appends]:
            self._keep(openbook.told_of(name), rid, number, self.records[rid].values)
        return {
            "round": number, "mark": f"{sitting}.{number}", "taken": len(intake.puts), "marks": [], "conflicts": 0,
            "writes": [
                {"tab": TABLE.title, "row": write.row, "key": write.key, "rid": write.rid, "known": dict(write.known),
                 "cells": [[cell.header, cell.expected, cell.cell] for cell in write.cells]}
                for write in plan.writes
            ],
            "appends": [{"tab": TABLE.title, "rid": row.rid, "cells": dict(row.cells)} for row in plan.appends],
        }  # fmt: skip
