"""Ranges with a header row, read as the tabs of our workbooks they are copies of."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from addin.functions.given import Block, cell, from_serials, said
from workbooks import cells
from workbooks.books import Books
from workbooks.intake.spelling import spelled
from workbooks.problems import Refused, Severity
from workbooks.schema import Column, Role, Row, Table, Type
from workbooks.tables import TABLES


class Range:
    """A range with its headers; `name` is how a sentence calls it."""

    def __init__(self, name: str, raw: Any) -> None:
        block = Block.of(raw)
        if block.height < 2:
            raise Refused(f"{name} is a range with its header row and at least one row below it.")
        self.name = name
        lines = [block.cells[start : start + block.width] for start in range(0, len(block.cells), block.width)]
        self.headers = [spelled(str(header)) if header not in (None, "") else "" for header in lines[0]]
        self.lines = [
            (n, line) for n, line in enumerate(lines[1:], start=2) if any(part not in (None, "") for part in line)
        ]

    def positions(self, table: Table) -> dict[str, int]:
        """Where each column of `table` stands, by its title or its name."""
        found: dict[str, int] = {}
        for column in table.columns:
            for text in (column.title, column.name):
                if spelled(text) in self.headers:
                    found.setdefault(column.name, self.headers.index(spelled(text)))
        return found

    def unknown(self, table: Table) -> int:
        """How many of its headers `table` does not have."""
        known = {spelled(text) for column in table.columns for text in (column.title, column.name)}
        return sum(bool(header) and header not in known for header in self.headers)

    def rows(self, table: Table, needs: Iterable[str] = (), zone: ZoneInfo | None = None) -> list[dict[str, Any]]:
        """Its rows as rows of `table`; Refused with the cell when one cannot be read, or a column of `needs` is missing."""
        places = self.positions(table)
        missing = [table.by_name[name].title for name in needs if name not in places]
        if missing:
            raise Refused(
                f"{self.name} has no column {' and no column '.join(missing)}; give the range with its header row."
            )
        read = {
            name: self._column(table.by_name[name], [line[place] for _, line in self.lines], zone)
            for name, place in places.items()
        }
        return [{name: values[n] for name, values in read.items()} for n in range(len(self.lines))]

    def _column(self, column: Column, raws: list[Any], zone: ZoneInfo | None) -> list[Any]:
        if column.type in (Type.DATE, Type.TS):
            raws = from_serials(raws)
        values, problems = cells.read_column(raws, column, cells.Reading(zone=zone))
        for place in sorted(problems):
            for problem in problems[place]:
                if problem.severity is Severity.ERROR:
                    raise Refused(f"{self.name}, row {self.lines[place][0]}, {column.title}: {said(problem)}")
        return values


def rows_of(
    name: str, raw: Any, table: str, needs: Iterable[str], zone: ZoneInfo | None = None
) -> list[dict[str, Any]]:
    """The rows of a range that is a copy of one known tab."""
    return Range(name, raw).rows(TABLES[table], needs, zone)


def recognised(raw: Any, number: int) -> tuple[Table, Range]:
    """The tab that a range is a copy of: all its required columns are there, and most of its headers fit."""
    given = Range(f"Range {number}", raw)
    fits = []
    for table in TABLES.values():
        places = given.positions(table)
        if places and all(column.name in places for column in table.columns if column.required):
            fits.append((given.unknown(table), -len(places), table.name))
    fits.sort()
    if not fits:
        raise Refused(
            f"{given.name} is none of our tabs: give it with its header row and the columns that name its rows."
        )
    if len(fits) > 1 and fits[0][:2] == fits[1][:2]:
        both = " or ".join(TABLES[name].title for _, _, name in fits[:2])
        raise Refused(f"{given.name} could be tab {both}; give more of its columns.")
    table = TABLES[fits[0][2]]
    given.name = table.title
    return table, given


class Tabs:
    """The tabs given to one call. Tables nobody gave hold what a new ledger begins with."""

    def __init__(self, raws: Iterable[Any], zone: ZoneInfo, fill: Mapping[str, Any] | None = None) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        for number, raw in enumerate(raws, start=1):
            table, given = recognised(raw, number)
            rows = given.rows(table, zone=zone)
            for name, value in (fill or {}).items():
                if name in table.by_name and name not in given.positions(table):
                    rows = [{**row, name: value} for row in rows]
            self.rows.setdefault(table.name, []).extend(rows)

    def need(self, *names: str) -> None:
        """Refused when one of these tabs was not given."""
        missing = [TABLES[name].title for name in names if name not in self.rows]
        if missing:
            raise Refused(f"Give tab {' and tab '.join(missing)} as a range too, with the header row.")

    def books(self) -> Books:
        """What the rules read."""
        known = {name: [dict(row) for row in table.defaults] for name, table in TABLES.items() if table.defaults}
        return Books.of({**known, **self.rows})


def shown(table: Table) -> tuple[Column, ...]:
    """The columns of a tab that Stopbook works out and a person sees."""
    return tuple(column for column in table.columns if Role.SYSTEM in column.owners and not column.hidden)


def sheet(table: Table, rows: Iterable[Row], zone: ZoneInfo) -> list[list[Any]]:
    """Rows as a range with its header row, as they stand in that tab of a workbook."""
    columns = shown(table)
    lines: list[list[Any]] = [[column.title for column in columns]]
    for row in rows:
        lines.append([cell(cells.to_cell(row.get(column.name), zone)) for column in columns])
    return lines
