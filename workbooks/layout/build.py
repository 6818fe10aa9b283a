"""Putting the sheets of one workbook together."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from io import BytesIO
from threading import Lock

from xlsxwriter import Workbook as Xlsx

from workbooks.layout import charts, front, sheet
from workbooks.layout.content import Content, stamp_properties
from workbooks.layout.lists import Lists
from workbooks.layout.rules import AS_OF
from workbooks.layout.styles import FONT, Styles
from workbooks.layout.write import legal, serial


class _NoCollection:
    """Holds the garbage collector off while workbooks are built: one is a million small tuples, none of them garbage, and
    walking them again and again costs an eighth of the time.

    The collector belongs to the whole process, so builds in several threads are counted: the first turns it off, the
    last one on again.
    """

    def __init__(self) -> None:
        self._lock, self._under_way, self._was_on = Lock(), 0, False

    @contextmanager
    def held(self) -> Iterator[None]:
        """For the time of one build."""
        with self._lock:
            if self._under_way == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                if self._under_way == 0 and self._was_on:
                    gc.enable()


_COLLECTION = _NoCollection()


def build(content: Content) -> bytes:
    """The workbook as the bytes of an .xlsx file; the same content always gives the same bytes.

    Raises `Refused` when a text is too long for a cell: nothing is ever cut in silence.
    """
    with _COLLECTION.held():
        return _build(content)


def _build(content: Content) -> bytes:
    file = BytesIO()
    book = Xlsx(file, {"in_memory": True, "default_format_properties": dict(FONT), "default_row_height": 20})
    book.set_properties(
        {
            "title": legal(content.workbook.title),
            "author": "Stopbook",
            "company": "",
            "created": content.stamp.written_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
        }
    )
    for name, value in stamp_properties(content).items():
        book.set_custom_property(name, value)
    book.set_size(2400, 1400)
    book.set_tab_ratio(75)
    book.define_name(AS_OF, f"={serial(content.as_of)!r}")
    styles, lists = Styles(book), Lists()
    front_sheet = front.add(book, content)
    for table in content.workbook.tables:
        sheet.lay_out(book, styles, lists, content, table)
    shown = charts.place(book, styles, content)
    front.fill(front_sheet, styles, content, shown)
    lists.write(book, styles)
    front_sheet.activate()
    front_sheet.set_first_sheet()
    book.close()
    return file.getvalue()
