"""What commands print: results, tables, progress. Plain when it goes into a file, tidy in a terminal."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Grid

from stopbook import show
from stopbook.app import App
from stopbook.jobs import Job
from stopbook.runner import Result
from workbooks import cells, localtime
from workbooks.problems import Refused
from workbooks.schema import Record, Table
from workbooks.tables import TABLES

out = Console(highlight=False, soft_wrap=True)
MOST = 12
"""problems and notes printed; the rest is counted"""


@contextmanager
def working(title: str) -> Iterator[None]:
    """A sign of life while something takes longer."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(f"{title} …"):
        yield


def say_result(job: Job, result: Result, preview: bool) -> None:
    """What a job did, or would do."""
    head = f"{job.title} (preview, nothing written)" if preview else job.title
    out.print(f"[bold]{head}[/]: ", end="")
    out.print(result.sentence if not preview else result.plan.sentence(), markup=False)
    counts = result.plan.counts()
    if counts and not result.again:
        words = [
            f"{TABLES[name].title}: " + ", ".join(f"{n:,} {what}" for what, n in c.items())
            for name, c in counts.items()
        ]
        out.print("  " + " · ".join(words), markup=False, style="dim")
    _list("Left out", [str(problem) for problem in result.plan.blocked])
    _list("Good to know", list(result.plan.notes))
    for sentence in result.said:
        out.print(f"  → {sentence}", markup=False)
    _list("Waiting", list(result.waiting))


def _list(title: str, sentences: list[str]) -> None:
    if not sentences:
        return
    out.print(f"  [bold]{title}[/]")
    for sentence in sentences[:MOST]:
        out.print(f"  - {sentence}", markup=False)
    if len(sentences) > MOST:
        out.print(f"  … and {len(sentences) - MOST:,} more", markup=False)


def say_jobs(jobs: Mapping[str, Job]) -> None:
    """Every job with what it does."""
    grid = Grid("Job", "Group", "What it does", box=None, pad_edge=False)
    for name, job in jobs.items():
        scope = " ".join(option for option, on in (("--date", job.by_day), ("--market", job.by_market)) if on)
        grid.add_row(f"[bold]{name}[/]", job.group, job.about + (f" [dim]({scope})[/]" if scope else ""))
    Console(highlight=False).print(grid)


def say_profiles(profiles: Mapping[str, Any]) -> None:
    """Every column profile with what it is for."""
    grid = Grid("Profile", "For", "What it is", box=None, pad_edge=False)
    for name, profile in sorted(profiles.items()):
        grid.add_row(f"[bold]{name}[/]", profile.target.replace("_file", "s") or "every tab", profile.about)
    Console(highlight=False).print(grid)


def table_named(name: str) -> Table:
    """The table of that name or title; Refused with the names there are."""
    wanted = name.strip().casefold().replace("-", "_").replace(" ", "_")
    for table in TABLES.values():
        if wanted in (table.name, table.title.casefold().replace(" ", "_")):
            return table
    raise Refused(f"There is no tab {name}. Tabs: {', '.join(TABLES)}.")


def say_rows(
    app: App, name: str, where: list[str], *, csv: bool, json: bool, xlsx: Path | None, timezone: str, limit: int
) -> None:
    """The rows of a tab on the screen, as CSV or JSON, or in a workbook."""
    table = table_named(name)
    try:
        zone = localtime.zone(timezone) if timezone else None
    except ValueError as error:
        raise Refused(f"--timezone: {error}.") from None
    wanted = show.conditions(table, where)
    equal = {column.name: value for column, sign, value in wanted if sign == "=" and not isinstance(value, tuple)
             and column.name in (table.market, table.day, table.parent, table.state) and value is not None}  # fmt: skip
    records = [record for record in app.ledger.load(table.name, equal) if show.holds(record, wanted)]
    if csv:
        sys.stdout.write(show.as_csv(table, records, zone))
    elif json:
        sys.stdout.write(show.as_json(table, records) + "\n")
    elif xlsx is not None:
        show.as_workbook(app, table, records, xlsx)
        out.print(f"{len(records):,} rows of {table.title} are in {xlsx}.", markup=False)
    else:
        _print_rows(table, records, zone, limit)


def _print_rows(table: Table, records: list[Record], zone: Any, limit: int) -> None:
    if not records:
        out.print(f"{table.title} holds no such rows.", markup=False)
        return
    console = Console(highlight=False)
    columns = show.columns_for(table, records, console.width)
    grid = Grid(*(column.title for column in columns), box=None, pad_edge=False)
    for record in records[:limit]:
        grid.add_row(*(cells.to_text(record.values.get(column.name), zone) for column in columns))
    console.print(grid, markup=False)
    more = f", the first {limit:,} shown" if len(records) > limit else ""
    fields = sum(not c.hidden for c in table.columns)
    left = f"; {fields - len(columns)} more columns with --csv, --json or --xlsx" if fields > len(columns) else ""
    out.print(f"{len(records):,} rows of {table.title}{more}{left}.", markup=False, style="dim")


def say_history(app: App, name: str, row: str) -> None:
    """Every change of one row, oldest first."""
    table = table_named(name)
    record = show.find(app.ledger, table, row)
    grid = Grid("When (UTC)", "Who", "Through", "Column", "From", "To", "Why", box=None, pad_edge=False)
    for change in app.ledger.history(table.name, record.rid):
        names = list(dict.fromkeys([*(change.new or {}), *(change.old or {})]))
        shown = names if change.old is not None else [n for n in names if (change.new or {}).get(n) is not None]
        head = (f"{change.at:%Y-%m-%d %H:%M:%S}", change.by, change.via)
        if change.old is None:
            text = ", ".join(f"{table.by_name[n].title} {cells.to_text((change.new or {})[n])}" for n in shown)
            grid.add_row(*head, "(row)", "", text, change.why)
            continue
        if change.new is None:
            grid.add_row(*head, "(row)", "in use", "out of use", change.why)
            continue
        for column in shown:
            before, after = cells.to_text(change.old.get(column)), cells.to_text(change.new.get(column))
            grid.add_row(*head, table.by_name[column].title, before or "-", after or "-", change.why)
            head = ("", "", "")
    Console(highlight=False).print(grid, markup=False)
