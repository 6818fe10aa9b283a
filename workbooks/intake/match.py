"""Headers to columns: which of a tab's columns holds what, and a sentence for every header that does not fit.

Only spelling is forgiven (`spelled`): no header is taken for a column because it looks similar. What looks
similar is offered in the sentence instead, with the option that says so.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workbooks.cells import shown
from workbooks.intake import limits
from workbooks.intake.grid import Grid, is_empty, letter
from workbooks.intake.profiles import Join, Profile, for_table
from workbooks.intake.spelling import spelled
from workbooks.problems import Problem, Severity, Where
from workbooks.schema import Column, Table
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT

WHY = "Why"
OWN = frozenset(header.lower() for header in (WHY, *SYSTEM_LEFT, *SYSTEM_RIGHT))
"""headers that Stopbook itself puts beside people's columns; what stands there is not read"""
"""header of the reasons in a returned workbook; ignored when it comes back"""
_LOOKED_AT = 60
"""unknown headers that are compared with ours; a tab with more is about something else"""


@dataclass(frozen=True)
class Match:
    """Where each column comes from. `columns`: our column -> position; `joins`: our column -> positions by header.

    `missing` are required columns that come from nowhere: with any, no row of the tab can be taken.
    """

    columns: Mapping[str, int]
    joins: Mapping[str, tuple[int, ...]]
    skip: Mapping[int, frozenset[str]]
    problems: list[Problem] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def spellings(profile: Profile, table: Table) -> dict[str, tuple[str, int]]:
    """Every accepted spelling -> (our column, rank); a lower rank wins where two headers fit one column."""
    profile = for_table(profile, table)
    found: dict[str, tuple[str, int]] = {}
    for name, accepted in profile.headers.items():
        for rank, text in enumerate(accepted):
            # nobody put the generic aliases in an order, so none of them wins over another
            found.setdefault(spelled(text), (name, rank if profile.target else 1))
    for column in table.columns:
        for text in (column.name, column.title):
            rank = len(found) + 1 if profile.target else 0
            if not profile.target:
                found[spelled(text)] = (column.name, rank)
            elif column.name not in profile.joins:
                found.setdefault(spelled(text), (column.name, rank))
    return found


def _join_headers(join: Join) -> tuple[str, ...]:
    return (*join.text, *join.clock)


def known_headers(profile: Profile, table: Table) -> frozenset[str]:
    """Every spelling that means something, joins and skip rules included."""
    others = [*profile.skip, *(header for join in profile.joins.values() for header in _join_headers(join))]
    return frozenset({*spellings(profile, table), *map(spelled, others)})


def suits(grid: Grid, profile: Profile, table: Table) -> int:
    """How many headers of `grid` mean something; 0 says that the tab is about something else."""
    known = known_headers(profile, table)
    return max((count for _, count in _counts(grid, known)), default=0)


def suits_alone(grid: Grid, profile: Profile, table: Table, other: Profile) -> bool:
    """True when a header of `grid` means something to `profile` and nothing to `other`: the mark of whose file it is."""
    alone = known_headers(profile, table) - known_headers(other, table)
    return any(count for _, count in _counts(grid, alone))


def _counts(grid: Grid, known: frozenset[str]) -> Iterator[tuple[int, int]]:
    for number, line in enumerate(grid.lines[: limits.HEADER_WITHIN], 1):
        yield number, len({spelled(raw) for raw in line if isinstance(raw, str)} & known)


def headed(grid: Grid, profile: Profile, table: Table) -> Grid:
    """`grid` with its header in the first row near the top that has two known headers, else one, else as guessed."""
    counts = list(_counts(grid, known_headers(profile, table)))
    for enough in (2, 1):
        for number, count in counts:
            if count >= enough:
                return grid.with_header(number)
    return grid


def match(grid: Grid, profile: Profile, table: Table) -> Match:
    """Find the column of every header of `grid`, whose header row is settled (`headed`)."""
    problems: list[Problem] = []
    notes: list[str] = []
    merged = _merged(grid, problems)
    own = {
        position
        for position, header in enumerate(grid.headers)
        if header.strip().lower() in OWN and header.strip() not in table.by_title
    }
    texts = [spelled(header) for header in grid.headers]
    accepted = spellings(profile, table)
    fits: dict[str, list[tuple[int, int]]] = {}
    for position, text in enumerate(texts):
        if text in accepted and position not in merged | own:
            column, rank = accepted[text]
            fits.setdefault(column, []).append((rank, position))
    columns: dict[str, int] = {}
    for column, fit in fits.items():
        best = min(fit)[0]
        first, *same = [position for rank, position in fit if rank == best]
        if same:
            problems.append(_doubled(grid, table.by_name[column], [first, *same]))
            continue
        columns[column] = first
        notes += [f"{grid.where(grid.header_row, other)} also fits {table.by_name[column].title}; column {letter(first)} was taken."
                  for rank, other in fit if rank > best]  # fmt: skip
    at = {
        text: position for position, text in reversed(list(enumerate(texts))) if text and position not in merged | own
    }
    joins = {
        column: found for column, join in profile.joins.items() if column not in columns and (found := _found(join, at))
    }
    skip = {
        at[spelled(header)]: frozenset(map(spelled, values))
        for header, values in profile.skip.items()
        if spelled(header) in at
    }
    used = (
        {position for fit in fits.values() for _, position in fit}
        | {p for found in joins.values() for p in found}
        | set(skip)
    )
    unknown = [position for position, text in enumerate(texts) if text and position not in used | merged | own]
    open_columns = [
        c for c in table.columns if c.name not in columns and c.name not in joins and c.name not in profile.constants
    ]
    doubled = {problem.column for problem in problems}
    missing = tuple(column.name for column in open_columns if column.required)
    problems += [_missing(grid, table.by_name[name], accepted, unknown) for name in missing if name not in doubled]
    # a platform's profile says which of our columns its files have; the others are not missed
    expected = [c for c in open_columns if not c.required and (not profile.target or c.name in profile.headers)]
    problems += _renamed(grid, expected, accepted, unknown)
    problems += _nameless(grid, texts, merged)
    return Match(columns, joins, skip, problems, missing, tuple(grid.headers[position] for position in unknown), notes)


def _found(join: Join, at: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(at[spelled(header)] for header in _join_headers(join) if spelled(header) in at)


def _merged(grid: Grid, problems: list[Problem]) -> set[int]:
    """Positions under a header cell that is merged across columns, with a problem for each such cell."""
    positions: set[int] = set()
    for merge in grid.header_merges:
        if merge.last_row >= grid.header_row and merge.last_column > merge.first_column:
            span = range(merge.first_column, merge.last_column + 1)
            positions.update(span)
            what = f"the header cells {merge} are merged, so it is not clear which column they name"
            problems.append(
                Problem(
                    what,
                    "Unmerge them and write one header above each column",
                    grid.where(grid.header_row, merge.first_column),
                )
            )
    return positions


def _doubled(grid: Grid, column: Column, positions: list[int]) -> Problem:
    places = " and ".join(f"{letter(position)} (“{shown(grid.headers[position])}”)" for position in positions)
    return Problem(
        f"the columns {places} both stand for {column.title}",
        f'Delete one, or say which with --map "Their header={column.name}"',
        grid.where(grid.header_row, positions[1]),
        column=column.name,
    )


def _missing(grid: Grid, column: Column, accepted: Mapping[str, tuple[str, int]], unknown: list[int]) -> Problem:
    near = _nearest(grid, column, accepted, unknown, 0.5)
    if near is None:
        have = ", ".join(f"“{shown(grid.headers[position])}”" for position in unknown[:6]) or "no other header"
        remedy = f'Left over are {have}; name one with --map "Their header={column.name}", or choose another --profile'
    else:
        header = grid.headers[near].strip()
        remedy = f'The nearest header is “{shown(header)}” in column {letter(near)}: import with --map "{header}={column.name}", or choose another --profile'
    where = Where(grid.file, grid.tab, grid.header_row)
    return Problem(f"the required column {column.title} ({column.name}) is missing", remedy, where, column=column.name)


def _renamed(
    grid: Grid, columns: list[Column], accepted: Mapping[str, tuple[str, int]], unknown: list[int]
) -> Iterator[Problem]:
    """A remark for every unknown header that looks like an optional column the file lacks."""
    lacking = {column.name: column for column in columns}
    for position in unknown[:_LOOKED_AT]:
        header = grid.headers[position].strip()
        choices = [text for text, (name, _) in accepted.items() if name in lacking and _digits(text) == _digits(header)]
        if near := difflib.get_close_matches(spelled(header), choices, n=1, cutoff=0.85):
            column = lacking.pop(accepted[near[0]][0])
            what = f"the header “{shown(header)}” is not known, so the column is not read; it looks like {column.title}"
            yield Problem(what, f'If it is, import with --map "{header}={column.name}"', grid.where(grid.header_row, position),
                          severity=Severity.WARNING, column=column.name)  # fmt: skip


def _digits(text: str) -> list[str]:
    return [char for char in text if char.isdigit()]  # Window 2 is not a misspelt Window 1


def _nearest(
    grid: Grid, column: Column, accepted: Mapping[str, tuple[str, int]], unknown: list[int], least: float
) -> int | None:
    """The position of the unknown header most like a spelling of `column`, or None."""
    known = [text for text, (name, _) in accepted.items() if name == column.name]
    scores = [
        (difflib.SequenceMatcher(None, spelled(grid.headers[position]), text).ratio(), -position)
        for position in unknown[:_LOOKED_AT]
        for text in known
    ]
    score, position = max(scores, default=(0.0, 0))
    return -position if score >= least else None


def _nameless(grid: Grid, texts: list[str], merged: set[int]) -> Iterator[Problem]:
    """Columns that hold data below an empty header cell."""
    width = len(texts) if grid.ragged else max((len(line) for line in grid.rows), default=0)
    for position in range(width):
        if position in merged or (position < len(texts) and texts[position]):
            continue
        if any(position < len(row) and not is_empty(row[position]) for row in grid.rows):
            yield Problem("there is data below an empty header cell, so the column is not read", "Write its header",
                          grid.where(grid.header_row, position), severity=Severity.WARNING)  # fmt: skip
