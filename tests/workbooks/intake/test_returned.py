"""The returned workbook: bad rows as they came, reasons beside them, and the way back in."""
# ruff: noqa: DTZ001 - cells hold wall-clock times without a zone

import io
import re
import zipfile
from datetime import date, datetime, time

from tests.workbooks.intake.make import CHICAGO, DROPS, csv_grid, from_csv, said, xlsx
from workbooks.intake.parse import parse
from workbooks.intake.profiles import load
from workbooks.intake.reader import read_bytes
from workbooks.intake.returned import returned_workbook

TEXT = (
    "Morning list\nOrder,Recipient,ZIP,Pkgs,Other\nSO-1,Ann,02134,1,a\n"
    '00123,=HYPERLINK("http://x"),2134x,two,b\nSO-3,@cmd,60603,3,c\n,Dee,60604,4,-1+1\n'
)


def test_only_bad_rows_come_back_with_reasons_and_colour() -> None:
    parsed = from_csv(TEXT)
    content = returned_workbook(parsed.grid, parsed)
    (grid,) = read_bytes(content, "back.xlsx")
    assert grid.lines == [
        ["Why", "Order", "Recipient", "ZIP", "Pkgs", "Other"],
        ["ZIP: “2134x” is not a ZIP code. Write the five digits as text.\nPkgs: “two” is not a number. Type a plain number.",
         "00123", '=HYPERLINK("http://x")', "2134x", "two", "b"],
        ["Order: it is empty, but every row needs it. Fill it in.", "", "Dee", "60604", "4", "-1+1"],
    ]  # fmt: skip
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    styles = dict(re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', sheet))
    assert styles["D2"] == styles["E2"] == styles["B3"] != styles["B2"]
    assert 'ySplit="1"' in sheet


def test_corrected_rows_go_in_and_the_reasons_are_ignored() -> None:
    parsed = from_csv(TEXT)
    (back,) = read_bytes(returned_workbook(parsed.grid, parsed), "back.xlsx")
    again = parse(back, load("generic"), DROPS, CHICAGO)
    assert len(again.problems) == 3
    rows = [list(line) for line in back.lines]
    rows[1][3:5], rows[2][1] = ["02134", 2], "SO-4"
    corrected = parse(read_bytes(xlsx(rows), "back.xlsx")[0], load("generic"), DROPS, CHICAGO)
    assert said(corrected) == []
    assert corrected.notes == ["back.xlsx, tab Tab1, row 1: not read are the columns “Other”."]
    assert [row.values["order_ref"] for row in corrected.rows] == ["00123", "SO-4"]
    second = returned_workbook(again.grid, again)
    assert read_bytes(second, "back.xlsx")[0].lines[0].count("Why") == 1


def test_cells_keep_their_types() -> None:
    moment = datetime(2026, 3, 10, 8, 30)
    rows = [["Order", "Service date", "Window start", "Pkgs", "Done", "T"],
            ["SO-1", date(2026, 3, 10), moment, "two", True, time(9, 30)], [date(2026, 3, 1), None, moment, 2.5, False, 7]]  # fmt: skip
    parsed = parse(
        read_bytes(xlsx(rows, formats={(1, 5): "hh:mm", (1, 1): "yyyy-mm-dd"}), "a.xlsx")[0],
        load("generic"),
        DROPS,
        CHICAGO,
    )
    (back,) = read_bytes(returned_workbook(parsed.grid, parsed), "b.xlsx")
    assert [line[1:] for line in back.lines[1:]] == [
        ["SO-1", date(2026, 3, 10), moment, "two", True, time(9, 30)], [date(2026, 3, 1), "", moment, 2.5, False, 7.0],
    ]  # fmt: skip
    assert back.tab == "Tab1"


def test_odd_cells_and_names_do_not_stop_it() -> None:
    grid = csv_grid("Order,Recipient\n," + "x" * 40_000 + "\n,\x00\x01\n")
    parsed = parse(grid, load("generic"), DROPS, CHICAGO)
    (back,) = read_bytes(returned_workbook(grid, parsed), "b.xlsx")
    assert len(back.lines[1][2]) == 32_767
    assert len(back.lines) == 2 + (len(parsed.bad_rows) > 1)


def test_nothing_bad_gives_headers_alone() -> None:
    parsed = from_csv("Order,Recipient\nSO-1,Ann\n")
    assert read_bytes(returned_workbook(parsed.grid, parsed), "b.xlsx")[0].lines == [["Why", "Order", "Recipient"]]
