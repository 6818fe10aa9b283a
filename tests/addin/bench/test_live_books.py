"""A workbook says the same whether the add-in reads it in the running program or the hub reads the closed file."""

import json
from pathlib import Path

import pytest
import xlwings

from addin.excel import XlProgram
from addin.view import told, view
from sheets_sync import compare, openbook
from sheets_sync import workbook as closed
from sheets_sync.google.read import shared_copy
from tests.workbooks.layout.sample import MARKETS, content
from workbooks.layout import build
from workbooks.schema import Kind
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT, shelf

ROWS = 25


@pytest.mark.parametrize("name", [workbook.name for workbook in shelf(MARKETS[:1])])
def test_open_and_closed_say_the_same(excel: xlwings.App, tmp_path: Path, name: str) -> None:
    made = content(name, ROWS)
    path = tmp_path / f"{name}.xlsx"
    path.write_bytes(build(made))
    excel.books.open(path)
    (book,) = XlProgram().books()
    views = {}
    for table in made.workbook.tables:
        ours = [*SYSTEM_LEFT, *table.by_title, *SYSTEM_RIGHT]
        said = told(view(book.read(table.title), ours), None)
        views[table.title] = openbook.following(None, json.loads(json.dumps(said, allow_nan=False)))
    opened = shared_copy(openbook.snapshot(path.name, views), made.workbook, "6f1c9a1e", 12).copy
    other = closed.read(path.read_bytes(), made.workbook)
    assert opened.problems == () and other.problems == ()
    counted = 0
    for table in made.workbook.tables:
        if table.kind is Kind.LOG:
            continue
        mine, theirs = opened.tabs[table.name].rows, other.tabs[table.name].rows
        assert [(row.position, row.rid) for row in mine] == [(row.position, row.rid) for row in theirs]
        for one, two in zip(mine, theirs, strict=True):
            for column in table.by_name:
                shown, kept = one.cells.get(column), two.cells.get(column)
                same = compare.same(shown, kept) or (shown in (None, "") and kept in (None, ""))
                assert same, (table.title, one.position, column, shown, kept)
                counted += 1
    assert counted or not any(table.kind is not Kind.LOG for table in made.workbook.tables)
    properties = {key: str(value) for key, value in book.properties().items()}
    assert properties["stopbook_workbook"] == name and properties["stopbook_ledger_id"] == "6f1c9a1e"
    assert set(book.titles()) >= {table.title for table in made.workbook.tables}
