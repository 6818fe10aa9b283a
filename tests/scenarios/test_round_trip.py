"""Table → workbook → import: the same rows, whatever stands in them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import strategies
from workbooks import layout
from workbooks.cells import Reading, same_cell
from workbooks.intake import reader
from workbooks.intake.parse import parse
from workbooks.intake.profiles import GENERIC, shipped
from workbooks.schema import Kind, Record, rid_of
from workbooks.shelf import Stamp, Workbook
from workbooks.tables import TABLES

ZONE = ZoneInfo("America/Chicago")
HOW = Reading(zone=ZONE)
NAMES = [name for name, table in TABLES.items() if table.kind is not Kind.LOG]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_written_is_what_is_read(name, data):
    table = TABLES[name]
    rows = data.draw(strategies.row_lists(table))
    rows = [row for row in rows if not any(check.wrong(row) for check in table.checks)]
    workbook = Workbook(f"show-{name}", table.title, (), None, ZONE, (table,))
    records = [Record(name, rid_of(name, table.key_of(row)), 1, row) for row in rows]
    content = layout.build(
        layout.Content(workbook, Stamp("L", workbook.name, 1, datetime(2026, 3, 10, tzinfo=UTC)), {name: records})
    )
    [grid] = [grid for grid in reader.read_bytes(content, "book.xlsx") if grid.tab == table.title]
    parsed = parse(grid, shipped()[GENERIC], table, HOW)
    assert not parsed.questions
    assert [str(problem) for problem in parsed.problems] == []
    read = {table.key_of(row.values): row.values for row in parsed.rows}
    assert set(read) == {table.key_of(row) for row in rows}
    for row in rows:
        back = read[table.key_of(row)]
        differing = {
            c.name: (row[c.name], back.get(c.name))
            for c in table.columns
            if not same_cell(back.get(c.name), row[c.name], ZONE)
        }
        assert differing == {}
