"""How the demo looks: a line per step while it runs, one screen at the end."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from stopbook.app import App
from stopbook.console import program, shown
from stopbook.demo import summing
from stopbook.demo.company import DAY, WEEK
from stopbook.demo.live import SHOWN, YOU, Town, changes
from stopbook.demo.story import Scene
from stopbook.demo.truth import Truth
from stopbook.demo.week import Week
from stopbook.runner import Result
from workbooks.shelf import shelf
from workbooks.tables import TABLES

console = Console(highlight=False)
SELF_CLOSING = {row["flag"]: row["self_closes"] for row in TABLES["flag_rules"].defaults}


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A function that names the step going on; a line each where there is no terminal."""
    if not sys.stdout.isatty():
        yield lambda words: print(f"{words} …", flush=True)
        return
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("Beginning", total=None)
        yield lambda words: bar.update(task, description=words)


@dataclass(frozen=True)
class Screen:
    """The last screen: what happened, in a frame, and what to open and try below it."""

    panel: Panel
    below: str
    brief: bool = False
    """there is much to tell: of what people did in the spreadsheets, only what it was"""


def day_screen(app: App, day: Truth, imports: Sequence[Result], seconds: float) -> Screen:
    """The one day: what came in, what was held and why, where the files are, what to try next."""
    ledger = app.ledger
    recon = [record.values for record in ledger.load("recon", {"service_date": DAY})]
    cases = [record.values for record in ledger.load("exceptions", {})]
    routes, stops = len(day.routes), len(ledger.load("stops", {}))
    scans = len(ledger.load("attempts", {}))
    outcomes = Counter(row["outcome"] for row in recon)
    waiting = [row for row in recon if row["status"] == "OPEN"]
    flags = Counter(flag for row in waiting for flag in row["flags"] if not SELF_CLOSING[flag])
    lines = Grid.grid(padding=(0, 3))
    lines.add_row("[bold]Came in[/]", f"{stops:,} stops on {routes} routes in 2 markets, {scans:,} scans, {len(day.changes)} changes of plan; "
                  f"{sum(len(r.plan.blocked) for r in imports)} rows did not and came back with the reason")  # fmt: skip
    lines.add_row("[bold]Came to[/]", ", ".join(f"{n:,} {what.lower()}" for what, n in outcomes.most_common()))
    lines.add_row("[bold]Held[/]", f"{len(waiting)} of {len(recon):,} rows wait for a decision: "
                  + ", ".join(f"{n} {flag.replace('_', ' ').lower()}" for flag, n in flags.most_common()))  # fmt: skip
    live = [case for case in cases if case["status"] not in ("RESOLVED", "CLOSED")]
    late = sum(bool(case["breached"]) for case in live)
    reasons = Counter(case["code"] for case in live)
    lines.add_row("[bold]Exceptions[/]", f"{len(cases)} cases, {len(live)} open ({late} past the two-hour promise): "
                  + ", ".join(f"{n} {code.replace('_', ' ').lower()}" for code, n in reasons.most_common(5)))  # fmt: skip
    on_time = Counter(row["on_time"] for row in recon)
    judged = sum(on_time[v] for v in ("ON_TIME", "EARLY", "LATE"))
    lines.add_row(
        "[bold]On time[/]", f"{on_time['ON_TIME'] / judged:.1%} of {judged:,} stops" if judged else "nothing to judge"
    )
    mileage = Counter(row.values["band_flag"] for row in ledger.load("mileage", {}))
    lines.add_row(
        "[bold]Miles[/]", ", ".join(f"{n} {flag.replace('_', ' ').lower()}" for flag, n in mileage.most_common())
    )
    title = f"One day, {DAY:%A %d %B %Y}, closed in {seconds:.1f} s"
    return Screen(Panel(lines, title=title, title_align="left", border_style="green"), f"{_files(app)}\n\n{_next(app)}")


def week_screen(app: App, week: Week, seconds: float) -> Screen:
    """The week: what came in and what it came to, in stops and in money, where everything lies, what to try next."""
    grid = Grid.grid(padding=(0, 2))
    for what, came in summing.lines(app, week):
        grid.add_row(f"[bold]{what}[/]", escape(came))
    title = f"One week, {WEEK[0]:%d} to {WEEK[-1]:%d %B %Y}, paid and billed, in {seconds:.1f} s"
    home, start = app.settings.home, program(app.settings.home)
    below = ["[bold]Open these[/]"]
    for path, what in _left(app):
        below.append(f"  [cyan]{shown(home / path)}[/]  [dim]{what}[/]")
    below.append("[bold]Try next[/]")
    for command, why in ((f"explain {week.line}", "where an amount comes from, stop by stop"),
                         ("show leakage --where status=OPEN", "what is not paid or not billed, and why")):  # fmt: skip
        below.append(f"  [green]{start} {command}[/]\n      [dim]{why}[/]")
    return Screen(Panel(grid, title=title, title_align="left", border_style="green"), "\n".join(below), brief=True)


def _left(app: App) -> list[tuple[str, str]]:
    """What lies in the home: a path to begin with, and what it is."""
    last, home = WEEK[-1], app.settings.home
    invoice = next(iter(sorted((home / "invoices").rglob("*.pdf"))), home / "invoices")
    return [
        ("workbooks", f"{len(list(app.settings.workbooks.glob('*.xlsx')))} workbooks, one per role and market"),
        (f"settlements/{last}", "each driver's pay, PDF and workbook"),
        (f"sheets/drivers/{last}", "as statements, with the year so far"),
        (str(invoice.relative_to(home)), "the first of the invoices"),
        (f"sheets/clients/{WEEK[-3]}", "what each client reads of its Friday"),
        ("exports", "for payroll and bookkeeping, with control totals"),
    ]


def _files(app: App) -> str:
    """The day's workbooks line by line; those for pay and billing, which this day does not fill yet, in one."""
    lines, later = ["[bold]Open these[/]"], []
    for workbook in shelf(record.values for record in app.ledger.load("markets", {})):
        if workbook.market is None and workbook.name not in ("manager", "setup"):
            later.append(workbook.title.lower())
            continue
        path = app.settings.workbooks / workbook.file
        lines.append(f"  [cyan]{shown(path)}[/]  [dim]{workbook.title}[/]")
    lines.append(f"  [dim]beside them, for later: {', '.join(later)}[/]")
    returned = sorted(app.settings.returned.glob("*.xlsx"))
    if returned:
        count = f"{len(returned)} workbooks with the rows that came back, faulty cells red"
        lines.append(f"  [cyan]{shown(app.settings.returned)}[/]  [dim]{count}[/]")
    return "\n".join(lines)


def _next(app: App) -> str:
    start = program(app.settings.home)
    row = next(
        (r.values for r in app.ledger.load("recon", {"service_date": DAY}) if r.values["status"] == "OPEN"), None
    )
    commands = [
        ("show exceptions --where status=NEW", "what the VA has to do"),
        (f"run reconcile-day --date {DAY}", "again: nothing happens twice"),
        ("run write-workbooks", "after you changed and saved a workbook: takes it in"),
    ]
    if row is not None:
        commands.insert(
            1, (f"history recon {row['route_id']}/{row['stop_id']}", "who changed a row, when, from what to what")
        )
    return "\n".join(
        ["[bold]Try next[/]", *(f"  [green]{start} {command}[/]\n      [dim]{why}[/]" for command, why in commands)]
    )


def show(screen: Screen, told: Sequence[Scene] = ()) -> None:
    """Print the last screen, with what people did in the shared spreadsheets, if they did."""
    console.print(screen.panel)
    if told:
        lines = Grid.grid(padding=(0, 1))
        for number, scene in enumerate(told, start=1):
            came = "" if screen.brief else f". [dim]{escape(scene.came)}[/]"
            lines.add_row(f"[bold]{number}[/]", f"{escape(scene.title)}{came}")
        title = "Then it was shared as Google spreadsheets, on this machine"
        console.print(Panel(lines, title=title, title_align="left", border_style="green"))
    console.print(screen.below, soft_wrap=True)
    if not screen.brief:
        console.print()


def invite(town: Town) -> None:
    """Where the newcomer works with the others."""
    console.print("[bold]Now you[/]")
    there = f"{town.page}/?{urlencode({'person': YOU, 'file': town.books[SHOWN[0]]}, safe='@')}"
    console.print(f"  Open the dispatcher's spreadsheet as {YOU} and change a cell:", soft_wrap=True)
    console.print(f"  [cyan]{there}[/]", soft_wrap=True)
    console.print(f"  The hub's page: [cyan]{town.hub}[/]  token [green]{town.token}[/]", soft_wrap=True)


def watch(town: Town) -> None:
    """Tell what changes in the ledger until somebody presses Ctrl+C."""
    try:
        since = town.ledger.last_seq()
        console.print("  [dim]Every change of the ledger is told here. Ctrl+C ends everything.[/]")
        console.print()
        while True:
            since, lines = changes(town.ledger, since)
            for line in lines:
                console.print(f"  {escape(line)}", soft_wrap=True)
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("  Ending …")
