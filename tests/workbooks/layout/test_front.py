"""The first sheet: what needs a decision, by when, and a link to the row."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from tests.workbooks.layout import reading
from tests.workbooks.layout.sample import NOW, content, records
from workbooks.layout import build, figures
from workbooks.layout.front import MOST, left
from workbooks.schema import rid_of
from workbooks.tables import TABLES
from workbooks.today import Line


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "in 0 min"), (25, "in 25 min"), (85, "in 1 h 25 min"), (-35, "35 min overdue"), (-60, "1 h 00 min overdue"), (60 * 28, "in 1 d 4 h")],
)  # fmt: skip
def test_how_long(minutes: int, said: str) -> None:
    assert left(NOW + timedelta(minutes=minutes), NOW) == said


def _text(data: bytes, tab: str) -> str:
    return "\n".join(str(cell) for row in reading.cells(data, tab) for cell in row if cell != "")


def test_lines_stand_by_due_time_with_links() -> None:
    day = content("dispatch-CHI")
    data = build(day)
    rows = reading.cells(data, "Today")
    head = next(n for n, row in enumerate(rows) if "Time left" in row)
    assert [row[3] for row in rows[head + 1 : head + 6]] == [line.what for line in day.lines[:5]]
    assert "As of 2026-03-10 18:05, America/Chicago time" in _text(data, "Today")
    assert "overdue" in _text(data, "Today")
    link = f'HYPERLINK("#\'Redeliveries\'!C"&(1+MATCH("{day.lines[0].rid}",tblRedeliveries[_rid],0)),"open")'
    assert link in unescape(reading.sheet_xml(data, "Today"))


def test_a_strange_row_id_never_becomes_part_of_a_formula() -> None:
    day = content("dispatch-CHI", 3)
    rid = 'x")&HYPERLINK("http://evil'
    stops = [replace(record, rid=rid) for record in day.records["stops"][:1]]
    data = build(
        replace(day, records={"stops": stops}, lines=[Line("stops", rid, None, 1, "=1+1")], extra={}, marks={})
    )
    assert "evil" not in reading.sheet_xml(data, "Today")
    assert "location=\"'Stops'!C2\"" in unescape(reading.sheet_xml(data, "Today"))


def test_nothing_to_do_is_said_pleasantly() -> None:
    assert "Nothing waits for you." in _text(build(content("va-CHI", 3, idle=True)), "Today")


def test_more_lines_than_anybody_reads_are_counted() -> None:
    day = content("dispatch-CHI", 3)
    rid = rid_of("recon", ("a", "b"))
    data = build(replace(day, lines=[Line("recon", rid, None, 3, f"Row {n}") for n in range(MOST + 1_240)]))
    assert "And more: 1,240 on Recon." in _text(data, "Today")


def test_start_lists_the_tabs_of_the_setup_workbook() -> None:
    day = content("setup", 2)
    said = _text(build(day), "Start")
    assert all(table.about in said and table.title in said for table in day.workbook.tables)


def test_figures_are_counts_of_the_rows() -> None:
    table = TABLES["recon"]
    made = records(table, [
        {"route_id": "R", "stop_id": f"S{n}", "account_id": "ACME" if n else "PET", "outcome": outcome, "on_time": "LATE",
         "status": "OPEN" if n > 1 else "CLOSED", "flags": ("MISSING_SCAN",)}
        for n, outcome in enumerate(("DELIVERED", "FAILED", "DELIVERED", "MISSING"))
    ])  # fmt: skip
    stops, on_time, flags = figures({"recon": made}).charts
    assert stops.categories == ("ACME", "PET")
    assert stops.series == (("Delivered", "good", (1, 1)), ("Failed", "bad", (1, 0)), ("No scan", "dark", (1, 0)))
    assert on_time.series == (("Late", "bad", (3, 1)),) and on_time.share
    assert (flags.categories, flags.series[0][2]) == (("MISSING_SCAN",), (2,))
    assert figures({}).charts == ()


def test_the_manager_sees_charts() -> None:
    data = build(content("manager"))
    assert len(reading.parts(data, r"xl/charts/chart\d+\.xml")) == 4
    assert "_figures" in reading.tabs(data)
