"""A tab's raw cells to rows of a table: column by column, each problem at its cell, good rows beside bad ones.

Nothing here writes or asks: what is wrong, what a person has to answer and what was noticed are values in
`Parsed`. The order of rows is the file's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from itertools import zip_longest
from typing import Any

from workbooks import cells
from workbooks.cells import Reading
from workbooks.intake.grid import Grid, Raw, is_empty
from workbooks.intake.match import Match, headed, match
from workbooks.intake.profiles import Join, Profile
from workbooks.intake.questions import Question, ask
from workbooks.intake.spelling import spelled
from workbooks.problems import Problem, Severity, Where
from workbooks.schema import Column, Table, Type

NOTHING_SAID = Reading()


@dataclass(frozen=True)
class ParsedRow:
    """One good row: its `number` as the program shows it, and the values of the columns the file has."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Parsed:
    """What became of one tab.

    `rows` are the good ones. `problems` keep a row or the tab out, `warnings` do not. `questions` are about
    whole columns: such a column is not read, and when it is a required one (`blocked`) no row goes in.
    `positions` says in which columns of the file each of ours stands.
    """

    grid: Grid
    table: Table
    rows: list[ParsedRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: int = 0
    blocked: bool = False
    positions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def bad_rows(self) -> list[int]:
        """Numbers of the rows that stay out for their own problems, in order."""
        return sorted(
            {
                problem.where.row
                for problem in self.problems
                if problem.where.row and problem.where.row > self.grid.header_row
            }
        )


class _Reader:
    """The state of one parse: rows that count, and what was found wrong so far, by place in `numbers`."""

    def __init__(self, grid: Grid, profile: Profile, table: Table, how: Reading, found: Match) -> None:
        self.grid, self.profile, self.table, self.how, self.found = grid, profile, table, how, found
        self.faults: dict[int, list[Problem]] = {}
        self.cut: set[int] = set()
        self.warnings: list[Problem] = []
        self.questions: list[Question] = []
        self.notes: list[str] = []
        self.rows: list[list[Raw]] = []
        self.numbers: list[int] = []
        self.skipped = 0

    def choose(self) -> None:
        """Leave out empty rows and those the profile skips; report rows that were cut into too many cells."""
        width, rows, first = len(self.grid.headers), self.grid.rows, self.grid.header_row + 1
        if not (self.found.skip or self.grid.broken or self.grid.ragged) and all(map(any, rows)):
            self.rows, self.numbers = rows, list(range(first, first + len(rows)))
            self.columns: list[Sequence[Raw]] = list(zip(*rows, strict=True))
            return
        lengths = Counter(map(len, rows))
        usual = max(len(self.grid.lines[self.grid.header_row - 1]), lengths.most_common(1)[0][0]) if lengths else width
        for number, row in enumerate(rows, first):
            if not any(row) and all(is_empty(raw) for raw in row):
                continue
            if self.found.skip and any(
                p < len(row) and spelled(_word(row[p])) in values for p, values in self.found.skip.items()
            ):
                self.skipped += 1
                continue
            if what := self.grid.broken.get(number):
                self._cut(Problem(what, "Repair the quotation marks", self.grid.where(number)))
            elif self.grid.ragged and (len(row) > usual or not all(is_empty(raw) for raw in row[width:])):
                what = f"the row has {len(row)} cells below {width} headers, so its cells may stand in wrong columns"
                self._cut(
                    Problem(what, "Put quotation marks around texts that hold the delimiter", self.grid.where(number))
                )
            self.rows.append(row)
            self.numbers.append(number)
        self.columns = list(zip_longest(*self.rows, fillvalue="") if self.grid.ragged else zip(*self.rows, strict=True))

    def _cut(self, problem: Problem) -> None:
        self.cut.add(len(self.numbers))
        self.faults[len(self.numbers)] = [problem]

    def fault(self, place: int, problem: Problem) -> None:
        """Keep the row at `place` out. Of a row that was cut wrongly nothing else is said: its cells mean nothing."""
        if place not in self.cut:
            self.faults.setdefault(place, []).append(problem)

    def raw(self, position: int) -> Sequence[Raw]:
        """The raw cells of a column of the file."""
        return self.columns[position] if position < len(self.columns) else [""] * len(self.rows)

    def where(self, positions: tuple[int, ...], row: int | None = None) -> Where:
        """The address of our column in the file: the first of its positions."""
        return self.grid.where(row, positions[0] if positions else None)

    def read(self, raws: Sequence[Raw], column: Column, positions: tuple[int, ...]) -> list[Any] | None:
        """The values of one column; None when a question has to be answered first."""
        how, questions, notes = ask(raws, column, self.profile.reading(column.name, self.how), self.where(positions))
        if questions:
            self.questions += [self._as_asked(question) for question in questions]
            return None
        self.notes += notes
        values, problems = cells.read_column(raws, column, how)
        for place, found in problems.items():
            where = self.where(positions, self.numbers[place])
            for problem in found:
                if problem.severity is Severity.WARNING and place not in self.cut:
                    self.warnings.append(replace(problem, where=where))
                elif problem.severity is Severity.ERROR:
                    self.fault(place, replace(problem, where=where))
        return values

    def _as_asked(self, question: Question) -> Question:
        """An answer on the command line cannot reach a column the profile decides by itself, so point there."""
        if question.option.startswith(("--dates", "--epoch")) and question.column in self.profile.columns:
            return replace(
                question, option=f"Change it under [columns.{question.column}] of the profile {self.profile.name}"
            )
        return question

    def column(self, column: Column, position: int) -> list[Any] | None:
        """A column that stands under one header."""
        raws = self.raw(position)
        if words := self.profile.values.get(column.name):
            ours = {spelled(theirs): our for theirs, our in words.items()}
            raws = [raw if raw is None or raw == "" else ours.get(spelled(_word(raw)), raw) for raw in raws]
        own = self.profile.columns.get(column.name)
        if own and own.clock:
            raws = [_clock(raw, own.clock) for raw in raws]
        return self.read(raws, column, (position,))

    def joined(
        self, column: Column, join: Join, positions: tuple[int, ...], days: Sequence[Any] | None
    ) -> list[Any] | None:
        """A column that is made of several."""
        if join.text:
            text = Column(column.name, column.title, Type.TEXT, (), "")
            parts = [self.read(self.raw(position), text, (position,)) or [] for position in positions]
            return self.read([join.sep.join(filter(None, row)) for row in zip(*parts, strict=True)], column, positions)
        clock = Column(column.name, column.title, Type.TIME, (), "")
        own = self.profile.columns.get(column.name)
        raws: Sequence[Raw] = self.raw(positions[0])
        if own and own.clock:
            raws = [_clock(raw, own.clock) for raw in raws]
        if days is None:
            if not any(not is_empty(raw) for raw in raws):
                return [None] * len(raws)
            day = self.table.by_name[join.day]
            if not any(question.column == day.name for question in self.questions):
                what = f"the file has times of day, but no {day.title.lower()} to go with them"
                self.questions.append(
                    Question(column.name, what, f"--set {day.name}=2026-03-31 and the right day", self.where(positions))
                )
            return None
        whole = [raw if isinstance(raw, datetime) and raw.year > 1980 else None for raw in raws]
        times = (
            self.read([None if stamp else raw for raw, stamp in zip(raws, whole, strict=True)], clock, positions) or []
        )
        for place, (of_day, day_value) in enumerate(zip(times, days, strict=True)):
            if of_day is not None and day_value is None and place not in self.faults:
                what = f"there is a time of day, but {self.table.by_name[join.day].title} is empty"
                self.fault(
                    place,
                    Problem(
                        what,
                        f"Fill it in, or give one for all with --set {join.day}=2026-03-31",
                        self.where(positions, self.numbers[place]),
                        column=column.name,
                    ),
                )
        moments = [
            stamp or (datetime.combine(day_value, of_day) if of_day is not None and day_value is not None else None)
            for stamp, of_day, day_value in zip(whole, times, days, strict=True)
        ]
        return self.read(moments, column, positions)


def _word(raw: Raw) -> str:
    """A raw cell as the word a person sees in it: 1.0 is 1, True is TRUE."""
    return raw if isinstance(raw, str) else cells.shown(raw)


def _clock(raw: Raw, unit: str) -> Raw:
    """A number or duration under a `clock` override, as what `workbooks.cells` reads."""
    if isinstance(raw, str):
        text = cells.clean(raw).strip("\"'")
        if unit == "duration":
            hours, colon, minutes = text.partition(":")
            return (
                int(hours) * 60 + int(minutes[:2]) if colon and hours.isdecimal() and minutes[:2].isdecimal() else text
            )
        raw = float(text) if text.lstrip("-").isdecimal() and len(text) < 8 else raw
    if unit == "duration":
        if isinstance(raw, time):
            return raw.hour * 60 + raw.minute
        return round(raw.total_seconds() / 60) if isinstance(raw, timedelta) else raw
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        seconds = raw * (60 if unit == "min" else 1)
        if raw == -1:  # how platforms write "none"
            return None
        return (
            time(int(seconds) // 3600, int(seconds) // 60 % 60, int(seconds) % 60)
            if 0 <= seconds < 86_400
            else cells.shown(raw)
        )
    return raw


def parse(grid: Grid, profile: Profile, table: Table, how: Reading = NOTHING_SAID) -> Parsed:
    """Read `grid` as `profile` says into rows of `table`; `how` are the answers a person gave for this file.

    Never raises for what stands in the file: see `Parsed`. With a required column missing, no row is read.
    """
    grid = headed(grid, profile, table)
    found = match(grid, profile, table)
    errors = [problem for problem in found.problems if problem.severity is Severity.ERROR]
    remarks = [problem for problem in found.problems if problem.severity is Severity.WARNING]
    notes = list(found.notes)
    if found.unknown:
        notes.append(
            f"{Where(grid.file, grid.tab, grid.header_row)}: not read are the columns {', '.join(f'“{cells.shown(cells.clean(header))}”' for header in found.unknown)}."
        )
    if not found.columns and not found.joins and not found.missing:
        what = f"none of its headers belongs to {table.title}"
        remedy = 'Choose another --profile, or name the columns with --map "Their header=our_column"'
        errors.append(Problem(what, remedy, Where(grid.file, grid.tab, grid.header_row)))
    if found.missing or not (found.columns or found.joins):
        return Parsed(grid, table, problems=errors, warnings=remarks, notes=notes, blocked=True)
    reader = _Reader(grid, profile, table, how, found)
    reader.choose()
    if reader.skipped:
        notes.append(f"{Where(grid.file, grid.tab)}: {reader.skipped} rows were left out ({', '.join(profile.skip)}).")
    values, positions = _values(reader)
    _require(reader, values, positions)
    names = list(values)
    columns = zip(*values.values(), strict=True) if values else [()] * len(reader.numbers)
    rows = [dict(zip(names, row, strict=False)) for row in columns]  # one value a name: `columns` has seen to it
    _check_rows(reader, rows, positions)
    if not profile.repeats:
        _repeated(reader, rows, positions)
    blocked = not values or any(table.by_name[question.column].required for question in reader.questions)
    good = (
        []
        if blocked
        else [
            ParsedRow(number, row)
            for place, (number, row) in enumerate(zip(reader.numbers, rows, strict=True))
            if place not in reader.faults
        ]
    )
    errors += [problem for place in sorted(reader.faults) for problem in reader.faults[place]]
    remarks += sorted(reader.warnings, key=lambda problem: problem.where.row or 0)
    return Parsed(
        grid, table, good, errors, remarks, reader.questions, notes + reader.notes, reader.skipped, blocked, positions
    )


def _values(reader: _Reader) -> tuple[dict[str, Sequence[Any]], dict[str, tuple[int, ...]]]:
    """Every column that the file or a constant gives, in the order of the table; joins last, they may need others."""
    table, found, profile = reader.table, reader.found, reader.profile
    read: dict[str, Sequence[Any]] = {}
    positions: dict[str, tuple[int, ...]] = {name: (position,) for name, position in found.columns.items()} | dict(
        found.joins
    )
    for name, position in found.columns.items():
        if (values := reader.column(table.by_name[name], position)) is not None:
            read[name] = values
    for name, constant in profile.constants.items():
        if name not in table.by_name or (name in found.columns and name not in read):
            continue
        values, problems = cells.read_column([constant], table.by_name[name], profile.reading(name, reader.how))
        if values[0] is None and problems:
            what = (
                f"the value given for the column {name}, {cells.shown(constant)}, is not right: {problems[0][0].what}"
            )
            where = Where(reader.grid.file, reader.grid.tab)
            reader.questions.append(Question(name, what, f"--set {name}=… and the right value", where))
        elif name not in found.joins:
            read[name] = [values[0] if value is None else value for value in read.get(name, [None] * len(reader.rows))]
    for name, at in found.joins.items():
        join = profile.joins[name]
        if (values := reader.joined(table.by_name[name], join, at, read.get(join.day))) is not None:
            read[name] = values
    return {column.name: read[column.name] for column in table.columns if column.name in read}, positions


def _require(reader: _Reader, values: Mapping[str, Sequence[Any]], positions: Mapping[str, tuple[int, ...]]) -> None:
    """A problem for every empty cell of a required column that has none yet."""
    for name, column in values.items():
        if not reader.table.by_name[name].required or None not in column:
            continue
        for place, value in enumerate(column):
            if value is None and not any(problem.column == name for problem in reader.faults.get(place, ())):
                where = reader.where(positions.get(name, ()), reader.numbers[place])
                reader.fault(place, Problem("it is empty, but every row needs it", "Fill it in", where, column=name))


def _check_rows(reader: _Reader, rows: list[dict[str, Any]], positions: Mapping[str, tuple[int, ...]]) -> None:
    """The table's own rules over whole rows."""
    for check in reader.table.checks:
        for place, row in enumerate(rows):
            if (what := check.wrong(row)) and not any(
                problem.column == check.column for problem in reader.faults.get(place, ())
            ):
                where = reader.where(positions.get(check.column, ()), reader.numbers[place])
                reader.fault(
                    place, Problem(what, "Correct it", where, cells.shown(row.get(check.column)), column=check.column)
                )


def _repeated(reader: _Reader, rows: list[dict[str, Any]], positions: Mapping[str, tuple[int, ...]]) -> None:
    """A row whose key stands in the file before: the first stays, the later one names it."""
    key = reader.table.key
    if not key or not rows or not any(name in rows[0] for name in key):
        return
    keys = [tuple(row.get(name) for name in key) for row in rows]
    if len(set(keys)) == len(keys):
        return
    first: dict[tuple[Any, ...], int] = {}
    for place, (row, parts) in enumerate(zip(rows, keys, strict=True)):
        if all(part is None for part in parts):
            continue
        before = first.setdefault(parts, place)
        if before != place:
            named = " ".join(cells.shown(part) for part in parts if part is not None)
            column = next(name for name in key if row.get(name) is not None)
            where = reader.where(positions.get(column, ()), reader.numbers[place])
            reader.fault(
                place,
                Problem(
                    f"“{named}” stands in row {reader.numbers[before]} already",
                    "Delete one of the two rows",
                    where,
                    named,
                    column=column,
                ),
            )
