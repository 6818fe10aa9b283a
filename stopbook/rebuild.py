"""A ledger anew from its copies: with the ledger gone, the workbooks still hold the rows, their ids and whose they are.

A source gives copies (`Held`), whatever they were read from; `joined` makes one set of rows of them and `rebuild` writes
the ledger. What no copy holds is lost and is said: history, older rows, tables that stand in no copy.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sheets_sync import compare, files, parts
from sheets_sync import workbook as replica
from stopbook.app import begin
from stopbook.settings import Settings
from workbooks.cells import Reading
from workbooks.intake import reader
from workbooks.ledger import Ledger
from workbooks.plan import Base, Plan, Put, Void
from workbooks.problems import Refused
from workbooks.schema import Kind, Lifecycle, Role, Row, Table, rid_of
from workbooks.shelf import SYSTEM_RIGHT, Workbook, shelf
from workbooks.tables import TABLES

JOB = "rebuild"
WHY = "rebuilt from the copies"


@dataclass(frozen=True)
class Held:
    """One copy: whose it is, which writing of it, whose edits it carries, and its rows by table and id, each with the
    revision it was written at."""

    name: str
    ledger_id: str
    generation: int
    written_at: datetime
    roles: tuple[Role, ...]
    rows: Mapping[str, Mapping[str, tuple[int, Row]]]
    problems: tuple[str, ...] = ()
    live: bool = False
    """it was kept in step all the time and bears no revisions, so its rows count as the latest"""
    void: frozenset[tuple[str, str]] = frozenset()
    """rows, as (table, id), that had left this copy and only stand there still"""


Source = Callable[[], list[Held]]


@dataclass
class Rebuilt:
    """What a rebuild makes, or would make: rows by table and id, and sentences about what is not as it was."""

    ledger_id: str
    copies: list[Held]
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    void: set[tuple[str, str]] = field(default_factory=set)
    """those of them that go out of use"""
    lost: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """In one sentence."""
        count = sum(len(rows) for rows in self.rows.values())
        kinds = sum(bool(rows) for rows in self.rows.values())
        newest = max(copy.written_at for copy in self.copies)
        return (f"{count:,} rows of {kinds} tabs from {len(self.copies)} copies, "
                f"the newest written {newest:%Y-%m-%d %H:%M} UTC.")  # fmt: skip


def from_folder(folder: Path) -> list[Held]:
    """The workbooks in a folder."""
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}. Check its name.")
    contents: dict[str, bytes] = {}
    for path in sorted(folder.glob("*.xlsx")):
        if path.name.startswith(("~$", ".")):
            continue
        with suppress(Refused):
            content = files.load(path)
            if content is not None and parts.stamp_of(content, path.name)[0].workbook == path.stem:
                contents[path.stem] = content
    if not contents:
        raise Refused(
            f"{folder} holds no workbook of Stopbook under its own name. Name the folder that does with --from."
        )
    return [_read(contents[wb.name], wb) for wb in _shelf(contents) if wb.name in contents]


def _shelf(contents: Mapping[str, bytes]) -> tuple[Workbook, ...]:
    """The workbooks there should be, by the markets on tab Markets; without it, by the names of the files."""
    markets: dict[str, Row] = {}
    for name, content in contents.items():
        code = name.partition("-")[2]
        if code:
            zone = parts.stamp_of(content, name)[1] or "UTC"
            markets[code] = {"market_id": code, "name": code, "tz": zone}
    for wb in shelf([]):
        if TABLES["markets"] in wb.tables and wb.name in contents:
            found = _read(contents[wb.name], wb).rows.get("markets", {})
            markets |= {str(row["market_id"]): row for _, row in found.values() if row.get("tz") and row.get("name")}
    return shelf(markets.values())


def _read(content: bytes, wb: Workbook) -> Held:
    """One workbook with every cell read under its column; what does not read stays empty and is said."""
    copy = replica.read(content, wb, wb.file)
    how = Reading(zone=replica.zone_of(copy, wb))
    revisions = _revisions(content, wb)
    problems = [str(problem) for problem in copy.problems]
    rows: dict[str, dict[str, tuple[int, Row]]] = {}
    for name, tab in copy.tabs.items():
        if tab.table.kind is not Kind.LOG:
            read, wrong = rows_of(tab, wb.file, how)
            rows[name] = {rid: (revisions.get((name, rid), 0), values) for rid, values in read.items()}
            problems += wrong
    stamp = copy.stamp
    return Held(wb.name, stamp.ledger_id, stamp.generation, stamp.written_at, wb.roles, rows, tuple(problems))


def rows_of(tab: replica.Tab, file: str, how: Reading) -> tuple[dict[str, Row], list[str]]:
    """Every row of a tab that has an identity, by it, and sentences about what does not read."""
    found: dict[str, Row] = {}
    problems: list[str] = []
    for line in tab.rows:
        if line.rid is None:
            continue  # typed since and not taken in yet: the next round does that
        place, values = f"{file}, tab {tab.table.title}, row {line.position}", dict[str, Any]()
        for column, raw in line.cells.items():
            cell = compare.read(raw, tab.table.by_name[column], how)
            values[column] = cell.value
            if cell.bad is not None:
                problems.append(f"{place}: {cell.bad.what}; the cell stays empty.")
        if tab.table.lifecycle and tab.table.lifecycle.action_column in values:
            values[tab.table.lifecycle.action_column] = None  # chosen and not taken in yet: it is an edit, not a value
        if line.rid != rid_of(tab.table.name, tab.table.key_of(values)):
            problems.append(f"{place}: its key is not the one it was written with; the row is left out.")
        else:
            found.setdefault(line.rid, values)
    return found, problems


def _revisions(content: bytes, wb: Workbook) -> dict[tuple[str, str], int]:
    """The revision every row was written at, by table and row id."""
    names, found = {table.title: table.name for table in wb.tables}, {}
    for grid in reader.read_bytes(content, wb.file):
        head = next((n for n, line in enumerate(grid.lines[:20]) if SYSTEM_RIGHT[0] in line), None)
        if grid.tab not in names or head is None or SYSTEM_RIGHT[1] not in grid.lines[head]:
            continue
        rid_at, rev_at = (grid.lines[head].index(header) for header in SYSTEM_RIGHT[:2])
        for line in grid.lines[head + 1 :]:
            if isinstance(line[rev_at], (int, float)):
                found[names[grid.tab], str(line[rid_at])] = int(line[rev_at])
    return found


def joined(copies: Sequence[Held]) -> Rebuilt:
    """One set of rows: of several copies of a row the one written last counts; a cell that one of them alone changed
    since is its own, where the copy's role owns the column."""
    owners = {copy.ledger_id for copy in copies}
    if len(owners) > 1:
        named = "; ".join(f"{copy.name} of {copy.ledger_id}" for copy in copies)
        raise Refused(f"These copies belong to different ledgers ({named}). Keep only those of one in the folder.")
    made = Rebuilt(owners.pop(), list(copies), problems=[text for copy in copies for text in copy.problems])
    for name, table in TABLES.items():
        rids = dict.fromkeys(rid for copy in copies for rid in copy.rows.get(name, {}))
        for rid in rids:
            row = _row(table, rid, [(copy, *copy.rows[name][rid]) for copy in copies if rid in copy.rows.get(name, {})])
            if reason := _unfit(table, row):
                made.problems.append(f"{table.title} {' / '.join(table.key_of(row))}: {reason}; the row is left out.")
            else:
                made.rows.setdefault(name, {})[rid] = row
                if all((name, rid) in copy.void for copy in copies if rid in copy.rows.get(name, {})):
                    made.void.add((name, rid))
    made.lost = _lost(copies)
    return made


def _row(table: Table, rid: str, found: list[tuple[Held, int, Row]]) -> Row:
    latest = max(rev for _, rev, _ in found)
    found = [(copy, latest if copy.live else rev, row) for copy, rev, row in found]
    # a row that only stands there still is what it was when it left
    found.sort(key=lambda one: ((table.name, rid) not in one[0].void, one[1], one[0].written_at, one[0].name))
    newest = found[-1]
    values = {**dict.fromkeys(table.by_name), **newest[2]}
    for copy, rev, row in found:
        for column in table.columns:
            name = column.name
            if name not in row or row[name] == values[name] or rev != newest[1]:
                continue
            if column.owned_by(copy.roles) and not column.owned_by(newest[0].roles):
                values[name] = row[name]
    return values


def _unfit(table: Table, row: Row) -> str:
    """Why a row cannot go into a ledger; "" when it can."""
    for column in table.columns:
        if column.required and row.get(column.name) is None:
            return f"“{column.title}” is missing"
    cycle = table.lifecycle
    if cycle and _steps(cycle, str(row.get(cycle.column))) is None:
        return f"{row.get(cycle.column)} is no state it can be in"
    return ""


def _steps(cycle: Lifecycle, state: str) -> list[str] | None:
    """The shortest way of states from a beginning to `state`; None when there is none."""
    ways: dict[str, list[str]] = {start: [start] for start in cycle.start}
    todo = deque(cycle.start)
    while todo and state not in ways:
        here = todo.popleft()
        for move in cycle.moves:
            if move.source == here and move.target not in ways:
                ways[move.target] = [*ways[here], move.target]
                todo.append(move.target)
    return ways.get(state)


def _lost(copies: Sequence[Held]) -> list[str]:
    held = {name for copy in copies for name in copy.rows}
    newest = max(copy.written_at for copy in copies)
    missing = sorted(table.title for table in TABLES.values() if table.kind is not Kind.LOG and table.name not in held)
    lost = [
        f"Who changed what, when and why, before now; what was not yet in a copy written by {newest:%Y-%m-%d %H:%M} UTC.",
        "Rows older than the copies hold: they carry the last days and what is still open.",
        "Kept files: originals of imports, posted statements and invoices.",
    ]
    if missing:
        lost.append(f"Tabs that stand in none of these copies: {', '.join(missing)}.")
    lost.append("Every token: make new ones with “stopbook token new”.")
    return lost


def rebuild(settings: Settings, made: Rebuilt, now: datetime, by: str) -> None:
    """Write the ledger; Refused where one with rows in it stands already. A new file is whole before it takes its place."""
    url, target = settings.ledger, settings.home / "ledger.sqlite"
    if settings.ledger_url:
        with Ledger.open(url, now) as ledger:
            _fill(ledger, made, now, by)
        return
    in_use(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name("ledger.rebuilding.sqlite")
    for stray in (fresh, *(fresh.with_name(fresh.name + end) for end in ("-wal", "-shm"))):
        stray.unlink(missing_ok=True)
    with Ledger.open(f"sqlite:///{fresh.as_posix()}", now) as ledger:
        _fill(ledger, made, now, by)
    for end in ("-wal", "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)
    fresh.replace(target)


def in_use(settings: Settings) -> None:
    """Refused when the home has a ledger with anything of its own in it."""
    target = settings.home / "ledger.sqlite"
    if not settings.ledger_url and target.exists():
        with Ledger.open(settings.ledger) as ledger:
            runs = [run for run in ledger.load("runs", {}) if run.values["job"] != "set-up"]
        if runs:
            raise Refused(
                f"{target} is a ledger in use; its last run was on {runs[0].values['ended_at']:%Y-%m-%d %H:%M} UTC. "
                "Move it away first if it is really the one to be replaced."
            )


def _fill(ledger: Ledger, made: Rebuilt, now: datetime, by: str) -> None:
    """Rows in their first state, then state by state to where they stood, then what the copies agreed on."""
    ledger.take_over(made.ledger_id)
    waves: list[list[Put]] = [[]]
    for name, rows in made.rows.items():
        table = TABLES[name]
        cycle = table.lifecycle
        for row in rows.values():
            key = table.key_of(row)
            steps = (_steps(cycle, str(row[cycle.column])) or []) if cycle else []
            first = {**row, cycle.column: steps[0]} if cycle else row
            waves[0].append(Put(name, key, first, 0, WHY))
            for number, state in enumerate(steps[1:], start=1):
                while len(waves) <= number:
                    waves.append([])
                waves[number].append(Put(name, key, {cycle.column: state} if cycle else {}, number, WHY))
    ends = {(put.table, put.rid): number for number, puts in enumerate(waves, start=1) for put in puts}
    for number, puts in enumerate(waves):
        plan = Plan(JOB, {"step": str(number + 1)}, tuple(puts), notes=tuple(made.lost))
        ledger.apply(plan, run_key=f"{JOB}-{number}-{made.ledger_id}", inputs_hash="", by=by, via="rebuild", at=now)
    voids = [Void(name, TABLES[name].key_of(row), ends[name, rid], "it had left the copies")
             for name, rows in made.rows.items() for rid, row in rows.items()
             if (name, rid) in made.void and not TABLES[name].seal(row, ("",))]  # fmt: skip
    if voids:
        ledger.apply(Plan(JOB, {"step": "out of use"}, (), tuple(voids)), run_key=f"{JOB}-void-{made.ledger_id}",
                     inputs_hash="", by=by, via="rebuild", at=now)  # fmt: skip
    ledger.keep_bases([
        Base(copy.name, name, rid, copy.generation, row)
        for copy in made.copies for name, rows in copy.rows.items() for rid, (_, row) in rows.items()
    ])  # fmt: skip
    begin(ledger, now)
