"""What one workbook is made of: the rows, what is marked in them, what is to do, and what people added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workbooks import localtime, today
from workbooks.layout.figures import Figures
from workbooks.schema import Record, Table
from workbooks.shelf import Stamp, Workbook

Mark = tuple[str, str]
"""what `_state` and `_msg` of one row say"""
FINE: Mark = ("OK", "")


@dataclass(frozen=True)
class Content:
    """Everything `build` needs to write `workbook`.

    `records` by table name, in the order to be written, void rows left out. `marks` by (table, rid): what stands in
    `_state` and `_msg`. `choices` by table name: (key, label) for the drop-downs of columns that refer to it.
    `extra`: table -> header of a column that people added -> rid -> value, written behind our columns as values.
    """

    workbook: Workbook
    stamp: Stamp
    records: Mapping[str, Sequence[Record]]
    marks: Mapping[tuple[str, str], Mark] = field(default_factory=dict)
    choices: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    lines: Sequence[today.Line] = ()
    figures: Figures | None = None
    extra: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        """The moment of writing on the market's wall clock, to the second."""
        return localtime.to_wall(self.stamp.written_at, self.workbook.zone).replace(microsecond=0)

    def rows(self, table: Table) -> Sequence[Record]:
        """The rows of `table`."""
        return self.records.get(table.name, ())


def stamp_properties(content: Content) -> dict[str, str | int]:
    """What the workbook says about itself in docProps/custom.xml, by property name."""
    return {
        "stopbook_ledger_id": content.stamp.ledger_id,
        "stopbook_workbook": content.stamp.workbook,
        "stopbook_generation": content.stamp.generation,
        "stopbook_written_at": content.stamp.written_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "stopbook_zone": content.workbook.zone.key,
    }
