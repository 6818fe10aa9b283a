"""A workbook as a copy of the ledger's tables: read back from bytes, merged as a whole.

Tabs are found by title and columns by header, so people may sort, insert, move, hide and add. Where a column of
ours is missing, renamed, doubled or merged, that tab stops with one sentence and the others go on.
`sheets_sync.files` reads and writes the file itself.
"""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sheets_sync import compare, parts
from sheets_sync.compare import Formula
from sheets_sync.rows import ReadRow
from workbooks import cells, localtime
from workbooks.intake import reader
from workbooks.intake.grid import Grid, letter
from workbooks.problems import Problem, Refused, Severity, Where
from workbooks.schema import Table, Type
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT, Stamp, Workbook

RID = SYSTEM_RIGHT[0]
OWN_SHEETS = frozenset({"Today", "Start", "Figures"})
"""sheets that Stopbook writes besides the tables; those whose name begins with “_” are its own too"""
_HEADER_WITHIN = 20


@dataclass(frozen=True)
class Tab:
    """One table as it stands in a copy. `lacks`: declared columns without a header there, each with its sentence.

    `loose`: what stands in people's own columns of rows without a `_rid`, by row number and header.
    """

    table: Table
    rows: tuple[ReadRow, ...]
    letters: Mapping[str, str]
    lacks: Mapping[str, Problem] = field(default_factory=dict)
    loose: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Copy:
    """A workbook as it was read. `digest` is the sha256 of its bytes; `zone` names the clock of its cells.

    `tabs` by table name, without those that `problems` stopped. `extras`: table -> header -> rid -> value of columns
    people added. `extra_sheets`: names of tabs that are not Stopbook's.
    """

    file: str
    stamp: Stamp
    digest: str
    zone: str
    tabs: Mapping[str, Tab]
    problems: tuple[Problem, ...] = ()
    extras: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    extra_sheets: tuple[str, ...] = ()
    missing: frozenset[str] = frozenset()
    """tables that have no tab here"""
    strays: bool = False
    """a tab that looks like one of ours stands here under a name that is not"""

    @property
    def lineage(self) -> str:
        """Under which name the ledger keeps what was agreed with this very file since it was written.

        Two files of one generation can live side by side; only the base they were written with is common to them. So
        can two states of one file, when the add-in kept it in step and it was closed without saving.
        """
        mark = f"#{self.stamp.mark}" if self.stamp.mark else ""
        return f"{self.file}@{self.stamp.generation}{mark}"

    def expect(self, ledger_id: str) -> None:
        """Raises `Refused` when the workbook belongs to another company or another installation."""
        if self.stamp.ledger_id != ledger_id:
            raise Refused(
                f"{self.file} belongs to another ledger ({self.stamp.ledger_id}), not to this one. Nothing was read; take it out of this folder."
            )


def read(content: bytes, workbook: Workbook, name: str = "") -> Copy:
    """The copy that the bytes of a file hold; `name` is what people call the file (default: the workbook's own).

    Raises `Refused` with one sentence for what is no workbook, has no stamp, or is another workbook.
    """
    name = name or workbook.file
    stamp, zone = parts.stamp_of(content, name)
    if stamp.workbook != workbook.name:
        raise Refused(
            f"{name} is the workbook “{stamp.workbook}”, not “{workbook.name}”. Nothing was read; give it back its own name."
        )
    grids = {grid.tab: grid for grid in reader.read_bytes(content, name)}
    try:
        formulas = parts.formulas(content)
    except parts.BROKEN as error:
        raise Refused(
            f"{name} was saved in a way that hides which cells hold formulas ({error}). Open it in Excel or LibreOffice and save it again."
        ) from error
    others = [title for title in grids if title not in {table.title for table in workbook.tables}]
    foreign = [title for title in others if title not in OWN_SHEETS and not title.startswith("_")]
    tabs: dict[str, Tab] = {}
    problems: list[Problem] = []
    extras: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    for table in workbook.tables:
        grid = grids.get(table.title)
        if grid is None:
            near = difflib.get_close_matches(table.title, foreign, 1)
            hint = f"Name the tab “{near[0]}” “{table.title}” again" if near else "It comes back with the next writing"
            problems.append(
                Problem(
                    f"the tab “{table.title}” is missing, so nothing of it was read", hint, Where(name, table.title)
                )
            )
            continue
        found = tab_of(grid, table, formulas.get(table.title, {}))
        if isinstance(found, Problem):
            problems.append(found)
            continue
        tab, extra, unnamed = found
        tabs[table.name] = tab
        problems += unnamed
        if extra:
            extras[table.name] = extra
    strays = [title for title in foreign if any(RID in line for line in grids[title].lines[:_HEADER_WITHIN])]
    problems += [
        Problem(
            "this looks like a copied tab and was not read",
            "Make changes on the tab it was copied from",
            Where(name, title),
            severity=Severity.WARNING,
        )
        for title in strays
    ]
    missing = frozenset(table.name for table in workbook.tables if table.title not in grids)
    return Copy(
        name,
        stamp,
        sha256(content).hexdigest(),
        zone,
        tabs,
        tuple(problems),
        extras,
        tuple(foreign),
        missing,
        bool(strays),
    )


def tab_of(
    grid: Grid, table: Table, formulas: Mapping[tuple[int, int], str]
) -> tuple[Tab, dict[str, dict[str, Any]], list[Problem]] | Problem:
    """One tab, people's own columns in it, and remarks; or why it cannot be read."""
    lines = grid.lines
    at = next((number for number, line in enumerate(lines[:_HEADER_WITHIN]) if RID in line), 0)
    headers = [cells.clean(raw) if isinstance(raw, str) else cells.to_text(raw) for raw in lines[at]] if lines else []
    counts = Counter(headers)
    stop = "Nothing of this tab was read"
    for title in (*table.by_title, RID):
        if counts[title] > 1:
            second = letter(len(headers) - 1 - headers[::-1].index(title))
            return Problem(
                f"there are two columns “{title}”. {stop}",
                "Rename or remove one of them",
                Where(grid.file, grid.tab, at + 1, second),
            )
    places = {column.name: headers.index(column.title) for column in table.columns if counts[column.title]}
    lacks = {
        column.name: _missing(column.title, table, headers, Where(grid.file, grid.tab, at + 1))
        for column in table.columns
        if not counts[column.title]
    }
    if not counts[RID]:
        return Problem(
            f"the hidden column “{RID}” is missing, and without it no row is known. {stop}",
            "Undo its removal, or have it made anew: a workbook is when Stopbook writes it, a spreadsheet by “stopbook google adopt”",
            Where(grid.file, grid.tab, at + 1),
        )
    ours = {*places.values(), headers.index(RID)}
    for merged in grid.merges:
        if merged.last_row > at and any(merged.first_column <= place <= merged.last_column for place in ours):
            return Problem(
                f"the cells {merged} are merged, so all but one of them are lost to view. {stop}",
                "Unmerge them and fill in the others",
                Where(grid.file, grid.tab, merged.first_row),
            )
    letters = {name: letter(place) for name, place in places.items()}
    rows, extras, loose, unnamed = _rows(grid, at, headers, places, table, formulas)
    return Tab(table, tuple(rows), letters, lacks, loose), extras, unnamed


def _missing(title: str, table: Table, headers: Sequence[str], where: Where) -> Problem:
    free = [
        header
        for header in headers
        if header and header not in table.by_title and header not in (*SYSTEM_LEFT, *SYSTEM_RIGHT)
    ]
    near = difflib.get_close_matches(title, free, 1, 0.5) or (free if len(free) == 1 else [])
    hint = (
        f"If “{near[0]}” is what it is called now, name it “{title}” again"
        if near
        else f"Put a column headed “{title}” back"
    )
    return Problem(f"the column “{title}” is missing. Nothing of this tab was taken in", hint, where)


def _rows(
    grid: Grid,
    at: int,
    headers: Sequence[str],
    places: Mapping[str, int],
    table: Table,
    formulas: Mapping[tuple[int, int], str],
) -> tuple[list[ReadRow], dict[str, dict[str, Any]], dict[int, dict[str, Any]], list[Problem]]:
    rid_at = headers.index(RID)
    ours = {*table.by_title, *SYSTEM_LEFT, *SYSTEM_RIGHT}
    own = [(header, place) for place, header in enumerate(headers) if header and header not in ours]
    bare = [place for place, header in enumerate(headers) if not header]
    columns = list(places.items())
    moments = [name for name in places if table.by_name[name].type is Type.TS]
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row, place), text in formulas.items():
        by_row.setdefault(row, []).append((place, text))
    names = {place: name for name, place in columns}
    rows: list[ReadRow] = []
    extras: dict[str, dict[str, Any]] = {}
    loose: dict[int, dict[str, Any]] = {}
    unnamed: dict[int, int] = {}
    for number, line in enumerate(grid.lines[at + 1 :], at + 2):
        raws = {name: None if (raw := line[place]) == "" else raw for name, place in columns}
        for name in moments:
            day = raws[name]
            if day.__class__ is date:  # midnight; a date and a moment are never equal
                raws[name] = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock
        for place, text in by_row.get(number, ()):
            if place in names:
                raws[names[place]] = Formula(text, raws[names[place]])
        rid = line[rid_at]
        rid = (cells.clean(rid) if isinstance(rid, str) else cells.to_text(rid)) or None
        kept = {header: raw for header, place in own if (raw := line[place]) != ""}
        if rid is None and not kept and compare.all_blank(raws.values()):
            continue
        rows.append(ReadRow(number, rid, raws))
        for header, raw in kept.items():
            if rid:
                extras.setdefault(header, {}).setdefault(rid, raw)  # of a copied row, the upper one
            else:
                loose.setdefault(number, {})[header] = raw
        for place in bare:
            if line[place] != "":
                unnamed.setdefault(place, number)
    remarks = [
        Problem("values stand in a column without a header and are not kept when Stopbook writes the workbook", "Give the column a header",
                Where(grid.file, grid.tab, number, letter(place)), severity=Severity.WARNING)
        for place, number in unnamed.items()
    ]  # fmt: skip
    return rows, extras, loose, remarks


def zone_of(copy: Copy, workbook: Workbook) -> ZoneInfo:
    """The clock the cells of `copy` were written in; a market may have changed its zone since."""
    try:
        return localtime.zone(copy.zone) if copy.zone else workbook.zone
    except ValueError:
        return workbook.zone
