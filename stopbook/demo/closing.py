"""How the demo looks: a line per step while it runs, one screen at the end."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group
from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from stopbook.app import App
from stopbook.demo.company import DAY
from stopbook.demo.truth import Truth
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


def screen(app: App, day: Truth, results: dict[str, Result], seconds: float) -> Group:
    """The last screen: what came in, what was held and why, where the files are, what to try next."""
    ledger = app.ledger
    recon = [record.values for record in ledger.load("recon", {"service_date": DAY})]
    cases = [record.values for record in ledger.load("exceptions", {})]
    routes, stops = len(day.routes), len(ledger.load("stops", {}))
    scans = len(ledger.load("attempts", {}))
    imports = [result for name, result in results.items() if "-" not in name]
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
    return Group(Panel(lines, title=f"One day, {DAY:%A %d %B %Y}, closed in {seconds:.1f} s", title_align="left", border_style="green"),
                 _files(app), _next(app))  # fmt: skip


def _shown(path: Path) -> str:
    """A path as short as it can be typed from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _files(app: App) -> str:
    """The day's workbooks line by line; those for pay and billing, which this day does not fill yet, in one."""
    lines, later = ["[bold]Open these[/]"], []
    for workbook in shelf(record.values for record in app.ledger.load("markets", {})):
        if workbook.market is None and workbook.name not in ("manager", "setup"):
            later.append(workbook.title.lower())
            continue
        path = app.settings.workbooks / workbook.file
        lines.append(f"  [cyan]{_shown(path)}[/]  [dim]{workbook.title}[/]")
    lines.append(f"  [dim]beside them, for later: {', '.join(later)}[/]")
    returned = sorted(app.settings.returned.glob("*.xlsx"))
    if returned:
        count = f"{len(returned)} workbooks with the rows that came back, faulty cells red"
        lines.append(f"  [cyan]{_shown(app.settings.returned)}[/]  [dim]{count}[/]")
    return "\n".join(lines)


def _next(app: App) -> str:
    home = _shown(app.settings.home)
    start = f"stopbook --home {home if ' ' not in home else repr(home)}"
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


def show(group: Group) -> None:
    """Print the last screen."""
    for part in group.renderables:
        console.print(part, soft_wrap=isinstance(part, str))
        console.print()
