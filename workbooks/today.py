"""Today: what needs this person's decision, by due time. Every table says itself what it needs (`Table.needs`)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from workbooks.schema import Need, Record, Role, Table
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
    found: list[Line] = []
    for table in workbook.tables:
        for need in table.needs:
            if need.role in (roles or workbook.roles):
                found += _lines(table, need, records.get(table.name, ()))
    return sorted(found, key=lambda line: (line.due or _NEVER, line.urgency, line.what))


def _lines(table: Table, need: Need, records: Sequence[Record]) -> list[Line]:
    """One line a row, but one for all rows that are the same question, at the first of them."""
    made: dict[str, Line] = {}
    count: Counter[str] = Counter()
    for record in records:
        if record.void or not need.when(record.values):
            continue
        place = need.same(record.values) or record.rid
        count[place] += 1
        due = record.values.get(need.due) if need.due else None
        made.setdefault(place, Line(table.name, record.rid, due, need.urgency, need.say(record.values)))
    return [
        line if count[place] == 1 else replace(line, what=f"{line.what} The same for {count[place] - 1:,} more.")
        for place, line in made.items()
    ]
