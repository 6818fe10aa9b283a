"""Today: what needs this person's decision, by due time. Every table says itself what it needs (`Table.needs`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from workbooks.schema import Record, Role
from workbooks.shelf import Workbook

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One thing to do: where it stands, by when, and in plain words what."""

    table: str
    rid: str
    due: datetime | None
    urgency: int
    what: str


def lines(
    workbook: Workbook, records: Mapping[str, Sequence[Record]], roles: tuple[Role, ...] | None = None
) -> list[Line]:
    """Everything in `records` that asks for a decision of the workbook's roles: due first, then by urgency."""
    found = [
        Line(
            table.name,
            record.rid,
            record.values.get(need.due) if need.due else None,
            need.urgency,
            need.say(record.values),
        )
        for table in workbook.tables
        for need in table.needs
        if need.role in (roles or workbook.roles)
        for record in records.get(table.name, ())
        if not record.void and need.when(record.values)
    ]
    return sorted(found, key=lambda line: (line.due or _NEVER, line.urgency, line.what))
