"""What commands print: results, tables, progress. Plain when it goes into a file, tidy in a terminal."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table as Grid

from stopbook import show
from stopbook.app import App
from stopbook.job import Job
from stopbook.runner import Result
from workbooks import cells, localtime
from workbooks.plan import Plan
from workbooks.problems import Refused, counted
from workbooks.schema import Column, Record, Table, Type
from workbooks.tables import TABLES

if TYPE_CHECKING:
    from stopbook.rebuild import Rebuilt

out = Console(highlight=False, soft_wrap=True)
MOST = 12
"""problems and notes printed; the rest is counted"""


def shown(path: Path) -> str:
    """A path as short as it can be typed from here."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def program(home: Path) -> str:
    """How this program is called for `home`: uv, which tells whom it starts, keeps it off the person's own path."""
    started = "python -m uv run stopbook" if "UV" in os.environ else "stopbook"
    if home == Path.cwd():
        return started
    place = shown(home)
    return f"{started} --home " + (f'"{place}"' if " " in place else place)


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
    sentence = result.plan.sentence() if preview else result.sentence
    counts = {} if result.again else result.plan.counts()
    _say(
        job,
        preview,
        sentence,
        counts,
        [str(problem) for problem in result.plan.blocked],
        result.plan.notes,
        result.said,
        result.waiting,
    )


def say_answer(job: Job, answer: Mapping[str, Any], preview: bool) -> None:
    """The same, as the hub answers it."""
    counts = {} if answer["again"] else answer["counts"]
    _say(
        job, preview, answer["sentence"], counts, answer["left_out"], answer["notes"], answer["said"], answer["waiting"]
    )


def _say(job: Job, preview: bool, sentence: str, counts: Mapping[str, Mapping[str, int]], left_out: Sequence[str],
         notes: Sequence[str], said: Sequence[str], waiting: Sequence[str]) -> None:  # fmt: skip
    head = f"{job.title} (preview, nothing written)" if preview else job.title
    out.print(f"[bold]{head}[/]: ", end="")
    out.print(sentence, markup=False)
    if counts:
        words = [
            f"{TABLES[name].title}: " + ", ".join(f"{n:,} {what}" for what, n in c.items())
            for name, c in counts.items()
        ]
        out.print("  " + " · ".join(words), markup=False, style="dim")
    _list("Waiting", list(waiting))
    _list("Left out", list(left_out))
    _list("Good to know", list(notes))
    for each in said:
        out.print(f"  → {each}", markup=False)


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
        out.print(f"{counted(len(records), 'row')} of {table.title} in {xlsx}.", markup=False)
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
    out.print(f"{counted(len(records), 'row')} of {table.title}{more}{left}.", markup=False, style="dim")


def say_history(app: App, name: str, row: str) -> None:
    """Every change of one row, oldest first."""
    table = table_named(name)
    record = show.find(app.ledger, table, row)
    grid = Grid("No.", "When (UTC)", "Who", "Through", "Column", "From", "To", "Why", box=None, pad_edge=False)
    for change in app.ledger.history(table.name, record.rid):
        names = list(dict.fromkeys([*(change.new or {}), *(change.old or {})]))
        shown = names if change.old is not None else [n for n in names if (change.new or {}).get(n) is not None]
        head = (str(change.seq), f"{change.at:%Y-%m-%d %H:%M:%S}", change.by, change.via)
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
            head = ("", "", "", "")
    Console(highlight=False).print(grid, markup=False)


def moment(text: str, timezone: str) -> datetime:
    """A moment as it is typed; Refused when it is none."""
    column = Column("at", "At", Type.TS, (), "")
    try:
        value: datetime = cells.read(text, column, cells.Reading(localtime.zone(timezone or "UTC"), "YMD"))
    except cells.Bad as bad:
        raise Refused(f"--at {text}: {bad.what}. {bad.remedy}.") from bad
    except ValueError as error:
        raise Refused(f"--timezone: {error}.") from None
    return value


def say_change(title: str, plan: Plan, preview: bool) -> None:
    """A change of few rows, cell by cell."""
    out.print(f"[bold]{title}{' (preview, nothing written)' if preview else ''}[/]: ", end="")
    out.print(plan.sentence(done=not preview), markup=False)
    _list("Cells", list(plan.notes))


def say_rebuilt(made: "Rebuilt", preview: bool) -> None:
    """What a rebuild brought back, and what is lost."""
    head = "Rebuild (preview, nothing written)" if preview else "Rebuilt"
    out.print(f"[bold]{head}[/]: ", end="")
    out.print(made.sentence, markup=False)
    words = [f"{TABLES[name].title} {len(rows):,}" for name, rows in made.rows.items()]
    out.print("  " + " · ".join(words), markup=False, style="dim")
    _list("Lost", made.lost)
    _list("Good to know", made.problems)


def say_status(status: Mapping[str, Any], address: str) -> None:
    """How it goes, on one screen."""
    out.print(
        f"Hub: {address}" if address else "Hub: none runs for this home; start it with: stopbook serve", markup=False
    )
    out.print(f"[bold]{'In step' if status['in_step'] else 'Waiting'}[/]: ", end="")
    out.print(status["waiting"][0] if status["waiting"] else status["sentence"], markup=False)
    _list("Waiting too", list(status["waiting"][1:]))
    out.print(f"Conflicts: {status['conflicts_sentence']}", markup=False)
    _list("Running", list(status["running"]))
    still = [book for book in status["workbooks"] if book["sentence"] == "In step."]
    _list("Workbooks", [f"{book['file']}: {book['sentence']}" for book in status["workbooks"] if book not in still]
          + ([f"In step: {', '.join(book['file'] for book in still)}."] if still else []))  # fmt: skip
    _list("Google spreadsheets", [
        f"{one['title']}: {one['sentence']}" + (f" {counted(one['conflicts'], 'open conflict')}." if one["conflicts"] else "")
        + (f" Last change {_moment(one['changed'])}: {one['result']}" if one["result"] else "")
        for one in status["spreadsheets"]
    ])  # fmt: skip
    _list("Good to know", [remark for one in status["spreadsheets"] for remark in one["remarks"]])
    if status["quota"]:
        out.print(f"  {status['quota']}", markup=False)
    _list("Runs by itself", [
        f"{row['title']}{' ' + row['market'] if row['market'] else ''} {row['when']}, "
        + (f"next {_moment(row['next'])}" if row["next"] else "off")
        + (f"; last {_moment(row['last'])}: {row['last_result']}" if row["last"] else "")
        for row in status["schedule"]
    ])  # fmt: skip
    _list("Last runs", [f"{_moment(run['at'])} {run['title']}: {run['sentence']} ({run['by']}, {run['via']})"
                        for run in status["runs"]])  # fmt: skip


def _moment(value: Any) -> str:
    """A moment, or its text from the hub, to the minute."""
    return str(cells.to_json(value))[:16].replace("T", " ") + " UTC"


def say_people(people: Sequence[Record], tokens: Sequence[Record]) -> None:
    """Everybody on Users with what they may, and how many tokens of theirs are good."""
    grid = Grid("E-mail", "Name", "Roles", "Markets", "Accounts", "May post", "Tokens", box=None, pad_edge=False)
    for person in people:
        row = person.values
        good = sum(t.values["email"] == row["email"] and t.values.get("revoked_at") is None for t in tokens)
        grid.add_row(row["email"], row.get("name") or "", ", ".join(row.get("role") or ()), row.get("markets") or "all",
                     row.get("accounts") or "all", "yes" if row.get("can_post") else "", str(good))  # fmt: skip
    Console(highlight=False).print(grid, markup=False)


def say_tokens(tokens: Sequence[Record]) -> None:
    """Every token without its secret."""
    grid = Grid("Token", "Whose", "For", "Made", "Ends", "Taken back", box=None, pad_edge=False)
    for token in tokens:
        row = token.values
        moments = [f"{row[name]:%Y-%m-%d}" if row.get(name) else "" for name in ("made_at", "expires_at", "revoked_at")]
        grid.add_row(f"sb_{row['token_id']}_…", row["email"], row.get("label") or "", *moments)
    Console(highlight=False).print(grid, markup=False)
