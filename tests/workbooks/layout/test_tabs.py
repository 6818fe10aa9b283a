"""How a tab is built: header, table, drop-downs, colours, what is hidden and what is said."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import ironcalc
import pytest
import xlsxwriter

from tests.workbooks.layout import reading
from tests.workbooks.layout.sample import MARKETS, book, content
from workbooks.layout import build
from workbooks.layout.rules import settled_by
from workbooks.layout.sheet import SPARE, table_name
from workbooks.layout.styles import STATUS
from workbooks.schema import Table
from workbooks.shelf import BETWEEN, shelf, speaks_of
from workbooks.tables import TABLES

NAMES = [one.name for one in shelf(MARKETS)]


@pytest.fixture(scope="module")
def dispatch() -> bytes:
    return build(content("dispatch-CHI"))


@pytest.mark.parametrize("name", NAMES)
def test_same_content_same_bytes(name: str) -> None:
    assert build(content(name, 12)) == build(content(name, 12))


@pytest.mark.parametrize("name", NAMES)
def test_first_the_front_then_the_tabs(name: str) -> None:
    data = build(content(name, 3))
    workbook = book(name)
    shown = [tab for tab in reading.tabs(data) if not tab.startswith("_")]
    assert shown == ["Start" if name == "setup" else "Today", *(table.title for table in workbook.tables)]
    assert "activeTab" not in reading.part(data, "xl/workbook.xml")  # none named: the first


def test_the_stamp_is_in_the_file(dispatch: bytes) -> None:
    assert reading.properties(dispatch) == {
        "stopbook_ledger_id": "6f1c9a1e", "stopbook_workbook": "dispatch-CHI", "stopbook_generation": "12",
        "stopbook_written_at": "2026-03-10T23:05:00Z", "stopbook_zone": "America/Chicago",
    }  # fmt: skip
    assert "2026-03-10T23:05:00Z" in reading.part(dispatch, "docProps/core.xml")


def test_marks_stand_at_the_left(dispatch: bytes) -> None:
    assert reading.column(dispatch, "Exceptions", "_state")[:5] == ["OK", "OK", "CONFLICT", "INVALID", "STALE"]
    assert reading.column(dispatch, "Exceptions", "_msg")[2].startswith("Redeliver at")


def test_the_cell_a_message_is_about_stands_out(dispatch: bytes, tmp_path: Path) -> None:
    table = TABLES["exceptions"]
    formulas = [
        unescape(text) for text in re.findall(r"<formula>([^<]*)</formula>", reading.sheet_xml(dispatch, table.title))
    ]
    asked = {column.title: speaks_of("$B2", column) for column in table.columns}
    assert set(asked.values()) <= set(formulas)
    said = "Redeliver at: “32 March” was not taken." + BETWEEN + "Disposition: “SEND” was not taken."
    assert _true(tmp_path, asked, said) == {"Redeliver at", "Disposition"}
    assert _true(tmp_path, asked, "Redeliver at: 32 March is no day") == set()  # a message that quotes no edit
    assert _true(tmp_path, asked, "") == set()


def _true(folder: Path, asked: dict[str, str], message: str) -> set[str]:
    """Titles whose formula is true of the message, as a spreadsheet program reckons."""
    path = folder / "asked.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        sheet.write_string("B2", message)
        for row, formula in enumerate(asked.values()):
            sheet.write_formula(row, 3, f"={formula}")
    model = ironcalc.load_from_xlsx(str(path))
    model.evaluate()
    shown = {title: model.get_formatted_cell_value(0, row, 4) for row, title in enumerate(asked, start=1)}
    assert set(shown.values()) <= {"TRUE", "FALSE"}
    return {title for title, value in shown.items() if value == "TRUE"}


def _hidden(data: bytes, table: Table) -> set[int]:
    found = re.findall(r'<col min="(\d+)" max="(\d+)"[^>]*hidden="1"', reading.sheet_xml(data, table.title))
    return {col for first, last in found for col in range(int(first), int(last) + 1)}


def test_identity_and_inner_columns_are_hidden(dispatch: bytes) -> None:
    table = TABLES["exceptions"]
    head = reading.cells(dispatch, table.title)[0]
    hidden = {head[col - 1] for col in _hidden(dispatch, table)}
    assert hidden == {"_rid", "_rev", "_by", "_at"} | {column.title for column in table.columns if column.hidden}


@pytest.mark.parametrize("rows", [0, 1, 60])
def test_every_tab_is_an_excel_table(rows: int) -> None:
    day = content("dispatch-CHI", rows)
    data = build(day if rows else replace(day, records={}, lines=(), marks={}, extra={}))
    listed = reading.parts(data, r"xl/tables/table\d+\.xml")
    assert len(listed) == len(day.workbook.tables)
    for table in day.workbook.tables:
        xml = next(text for text in listed if f'name="{table_name(table)}"' in text)
        count = len(day.records[table.name])
        assert re.search(rf'<autoFilter ref="A1:[A-Z]+{max(count, 1) + 1}"', xml)
        names = [unescape(name) for name in re.findall(r'<tableColumn id="\d+" name="([^"]*)"', xml)]
        assert names == reading.cells(data, table.title)[0]


def _validations(data: bytes, tab: str) -> dict[str, str]:
    xml = reading.sheet_xml(data, tab)
    found = re.findall(r'<dataValidation ([^>]*sqref="([^"]+)"[^>]*?)(?:/>|>(.*?)</dataValidation>)', xml)
    return {place: unescape(attributes + " " + inner) for attributes, place, inner in found}


def _letter(data: bytes, tab: str, header: str) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(reading.cells(data, tab)[0].index(header)))


def test_drop_downs_and_kinds(dispatch: bytes) -> None:
    rules = _validations(dispatch, "Manifest")
    rows = len(content("dispatch-CHI").records["manifest"]) + 1 + SPARE
    driver = _letter(dispatch, "Manifest", "Driver")
    said = rules[f"{driver}2:{driver}{rows}"]
    assert 'errorStyle="warning"' in said and "<formula1>lst_drivers</formula1>" in said and "D02 Ray Alvarez" in said
    recon = _validations(dispatch, "Recon")
    decides = _letter(dispatch, "Recon", "Dispatch decides")
    said = next(text for place, text in recon.items() if place.startswith(f"{decides}2:"))
    assert '"ACCEPT,REJECT,DELIVERED,FAILED,NOT_LOADED"' in said and "errorStyle" not in said  # stops
    assert "Choose one of: ACCEPT" in said
    assert not any(place.startswith(f"{_letter(dispatch, 'Recon', 'VA decides')}2:") for place in recon)  # not theirs
    assert 'prompt="For flags of dispatch. Yours to fill."' in recon[f"{decides}1"]
    moment = _letter(dispatch, "Exceptions", "Redeliver at")
    said = next(text for place, text in _validations(dispatch, "Exceptions").items() if place.startswith(f"{moment}2:"))
    assert 'type="date"' in said and 'errorStyle="warning"' in said


def test_long_choices_stand_on_a_hidden_sheet(dispatch: bytes) -> None:
    assert reading.column(dispatch, "_lists", "D01") == ["D02", "D03", "D04", *[""] * 56]
    names = dict(re.findall(r'<definedName name="(\w+)"[^>]*>([^<]+)<', reading.part(dispatch, "xl/workbook.xml")))
    assert names["lst_manifest"].endswith("$60")
    assert 'name="_lists" sheetId="8" state="veryHidden"' in reading.part(dispatch, "xl/workbook.xml")
    setting = build(content("setup", 3))
    assert "lst_driver_identity" not in reading.part(setting, "xl/workbook.xml")


def test_formats_reach_rows_that_are_not_there_yet(dispatch: bytes) -> None:
    """Columns carry the formats, so a new row at the bottom already keeps 00123 as text."""
    styles = reading.part(dispatch, "xl/styles.xml")
    formats = re.findall(r'<xf numFmtId="(\d+)"', styles.split("<cellXfs")[1])
    xml = reading.sheet_xml(dispatch, "Stops")
    spans = [
        (int(a), int(b), int(s)) for a, b, s in re.findall(r'<col min="(\d+)" max="(\d+)"[^>]*?style="(\d+)"', xml)
    ]
    head = reading.cells(dispatch, "Stops")[0]
    look = {head[col - 1]: formats[style] for first, last, style in spans for col in range(first, last + 1)}
    assert {look[title] for title in ("Stop", "Order", "Phone", "Status", "_rid")} == {"49"}  # 49 is '@'
    assert look["Pkgs"] == "1"
    assert 'formatCode="yyyy-mm-dd hh:mm"' in styles


def test_as_of_is_a_fixed_moment_on_the_markets_clock(dispatch: bytes) -> None:
    book_xml = reading.part(dispatch, "xl/workbook.xml")
    assert float(re.search(r'name="AsOf">([\d.]+)<', book_xml)[1]) == pytest.approx(46091.75347222)  # type: ignore[index]
    assert not any("NOW()" in xml for xml in reading.parts(dispatch, "worksheets"))


def test_the_clock_stops_as_the_declarations_say(dispatch: bytes) -> None:
    exceptions, redeliveries = TABLES["exceptions"], TABLES["redeliveries"]
    assert settled_by(exceptions, exceptions.by_name["due_2h"]) == (("RESOLVED", "CLOSED"), ("first_contact_at",))
    assert settled_by(redeliveries, redeliveries.by_name["redelivery_at"])[0] == ("ROUTED", "DONE", "FAILED")
    rules = unescape(reading.sheet_xml(dispatch, "Exceptions"))
    due, status, told = (_letter(dispatch, "Exceptions", title) for title in ("Contact due", "Status", "First contact"))
    waits = f'ISNUMBER(${due}2),NOT(OR(${status}2="RESOLVED",${status}2="CLOSED")),${told}2=""'
    assert f"AND({waits},${due}2<=AsOf)" in rules and f"AND({waits},${due}2<=AsOf+1/48)" in rules


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_declarations_can_be_a_tab(table: Table) -> None:
    assert len(table.title) <= 31 and not re.search(r"[\[\]:*?/\\']", table.title)
    assert table.title not in ("Today", "Start", "History")
    titles = [column.title.lower() for column in table.columns]
    assert len(set(titles)) == len(titles)
    for column in table.columns:
        assert set(column.colours.values()) <= set(STATUS) and set(column.colours) <= set(column.enum)
        assert 0 < column.width <= 80


def test_many_choices_and_rows() -> None:
    day = content("dispatch-CHI", 1_000)
    day = replace(day, workbook=replace(day.workbook, tables=(TABLES["manifest"],)), lines=(), extra={})
    data = build(replace(day, choices={"drivers": [(f"D{n:05}", f"Driver {n}") for n in range(9_000)]}))
    assert len(reading.cells(data, "_lists")) == 9_000
    assert len(reading.cells(data, "Manifest")) == 1_001
