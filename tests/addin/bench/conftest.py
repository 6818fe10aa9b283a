"""One LibreOffice for all tests of a process, with a fresh workbook for whoever asks for one."""

from collections.abc import Iterator

import pytest
import xlwings

from tests.benches.calc.engine import registered
from tests.benches.calc.office import running


@pytest.fixture(scope="session")
def calc() -> Iterator[xlwings.App]:
    """The application."""
    with running() as office:
        yield registered(office)


@pytest.fixture
def excel(calc: xlwings.App) -> Iterator[xlwings.App]:
    """The application without any workbook, before and after."""
    yield calc
    calc.impl.office.functions.clear()
    calc.impl.alerts.clear()
    calc.impl.reply, calc.impl.cut_copy_mode = "ok", False
    for book in list(calc.books):
        book.close()


@pytest.fixture
def book(excel: xlwings.App) -> xlwings.Book:
    """An empty workbook."""
    return excel.books.add()
