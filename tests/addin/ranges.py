"""Ranges as Excel hands them over: rows of cells, the header first."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from addin.registry import functions
from workbooks.cells import to_cell
from workbooks.tables import TABLES

CALL = {function.name: function.call for function in functions()}


def tab(name: str, rows: Iterable[dict[str, Any]], zone: ZoneInfo, *only: str) -> list[list[Any]]:
    """Rows of a table as a range, with all its columns or some."""
    columns = [column for column in TABLES[name].columns if not only or column.name in only]
    return [[column.title for column in columns], *([to_cell(row.get(c.name), zone) for c in columns] for row in rows)]


def column(*values: Any) -> list[list[Any]]:
    """A range one column wide."""
    return [[value] for value in values]


def table(answer: Any) -> list[dict[str, Any]]:
    """An answer with a header row as rows by header; fails with the reason when it is one."""
    assert isinstance(answer, list), answer
    header, *lines = answer
    return [dict(zip(header, line, strict=True)) for line in lines]
