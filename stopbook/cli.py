"""The command line. Every command says in one sentence what happened; a problem is a sentence, never a traceback."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stopbook.jobs import Params
    from stopbook.runner import Result

app = typer.Typer(
    name="stopbook",
    help="A last-mile delivery back office in shared workbooks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_state: dict[str, Path | None] = {"home": None}


@app.callback()
def common(
    home: Annotated[Path | None, typer.Option(help="Folder with settings, ledger and workbooks.")] = None,
) -> None:
    """A last-mile delivery back office in shared workbooks."""
    _state["home"] = home


def main() -> None:
    """Entry point: runs a command; what is refused is said in one sentence and ends with 2, a fault with its log id and 1."""
    from workbooks.problems import Refused

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may know no arrows
    try:
        app()
    except Refused as refused:
        typer.echo(str(refused), err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was finished stays; run the command again to go on.", err=True)
        sys.exit(130)
    except Exception as error:
        from stopbook.log import fault

        number, path = fault(error, _state["home"])
        typer.echo(
            f"Something went wrong inside Stopbook. Tell your administrator the number {number}; the details are in {path}.",
            err=True,
        )
        sys.exit(1)


def _params(market: str | None, day: str | None, **extra: Any) -> "Params":
    from stopbook import settings
    from stopbook.app import now
    from stopbook.jobs import Params

    chosen = settings.load(_state["home"])
    return Params(now(), chosen.signed, "command line", market.upper() if market else None, _day(day), extra)


def _day(text: str | None) -> date | None:
    from workbooks.problems import Refused

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(f"--date {text} is not a date. Write it as 2026-03-10.") from None


def _do(name: str, params: "Params", preview: bool) -> None:
    from stopbook import console, runner, settings
    from stopbook.app import opened
    from stopbook.jobs import job

    chosen = job(name)
    with opened(settings.load(_state["home"])) as stopbook, console.working(chosen.title):
        result: Result = runner.preview(stopbook, chosen, params) if preview else runner.run(stopbook, chosen, params)
    console.say_result(chosen, result, preview)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A csv, tsv or xlsx file.")],
    table: Annotated[
        str,
        typer.Option(help="What it holds: orders, completions, plan-changes or a tab; blank: found by the headers."),
    ] = "",
    profile: Annotated[str, typer.Option(help="How its columns are named; see “stopbook profiles”.")] = "",
    timezone: Annotated[str, typer.Option(help="Zone of times without one, such as America/Chicago.")] = "",
    dates: Annotated[str, typer.Option(help="MDY or DMY, for dates such as 03/04/2026.")] = "",
    epoch: Annotated[str, typer.Option(help="s or ms, for moments that are bare numbers.")] = "",
    market: Annotated[str | None, typer.Option(help="Market of the whole file.")] = None,
    date: Annotated[str | None, typer.Option(help="Service date of the whole file, 2026-03-10.")] = None,
    map: Annotated[list[str] | None, typer.Option(help='"Their header=our_column", as often as needed.')] = None,
    set: Annotated[
        list[str] | None, typer.Option(help="our_column=value for the whole file, as often as needed.")
    ] = None,
    save_as: Annotated[str, typer.Option(help="Remember these answers as a profile of this name.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Say what would happen; write nothing.")] = False,
) -> None:
    """Take a file in: good rows go in, bad rows come back as a workbook with the faulty cells red."""
    from stopbook.jobs.import_file import Request, remember
    from workbooks.cells import Reading
    from workbooks.localtime import zone
    from workbooks.problems import Refused

    if dates.upper() not in ("", "MDY", "DMY", "YMD"):
        raise Refused(f"--dates {dates} is not an order of dates. Write MDY or DMY.")
    if epoch.lower() not in ("", "s", "ms"):
        raise Refused(f"--epoch {epoch} is not a unit. Write s or ms.")
    try:
        how = Reading(zone(timezone) if timezone else None, dates.upper() or None, epoch.lower() or None)
    except ValueError as error:
        raise Refused(f"--timezone: {error}.") from None
    sets = dict(pair.partition("=")[::2] for pair in set or [])
    request = Request(file, table, profile, how, tuple(map or ()), sets, save_as)
    _do("import-file", _params(market, date, request=request), preview)
    if save_as and not preview:
        from stopbook import settings

        typer.echo(remember(request, settings.load(_state["home"])))


@app.command()
def profiles() -> None:
    """List the column profiles: shipped ones and your own."""
    from stopbook import console, settings
    from stopbook.jobs.import_file import known_profiles

    console.say_profiles(known_profiles(settings.load(_state["home"])))


@app.command()
def jobs() -> None:
    """List the jobs in the order of the day."""
    from stopbook import console
    from stopbook.jobs import jobs as declared

    console.say_jobs(declared())


@app.command()
def run(
    job: Annotated[str, typer.Argument(help="Name of the job; see “stopbook jobs”.")],
    date: Annotated[str | None, typer.Option(help="Operating day, 2026-03-10.")] = None,
    market: Annotated[str | None, typer.Option(help="Market code; blank: all.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Say what would happen; write nothing.")] = False,
) -> None:
    """Run a job, or preview it."""
    from workbooks.problems import Refused

    if job.replace("_", "-") == "import-file":
        raise Refused("Files are taken in with: stopbook import FILE.")
    _do(job, _params(market, date), preview)


@app.command()
def show(
    table: Annotated[str, typer.Argument(help="Name of a tab, such as exceptions.")],
    where: Annotated[
        list[str] | None, typer.Option(help="column=value (also !=, <, >, <=, >=, ~ for contains).")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    xlsx: Annotated[Path | None, typer.Option(help="Into this workbook.")] = None,
    timezone: Annotated[str, typer.Option(help="Zone in which moments are shown; blank: UTC.")] = "",
    limit: Annotated[int, typer.Option(help="Rows to print on the screen.")] = 40,
) -> None:
    """Show the rows of a tab."""
    from stopbook import console, settings
    from stopbook.app import opened

    with opened(settings.load(_state["home"])) as stopbook:
        console.say_rows(stopbook, table, where or [], csv=csv, json=json, xlsx=xlsx, timezone=timezone, limit=limit)


@app.command()
def history(
    table: Annotated[str, typer.Argument(help="Name of a tab.")],
    row: Annotated[str, typer.Argument(help="Key of the row, parts joined with a slash, or its row id.")],
) -> None:
    """Who changed a row, when, through what, from what to what."""
    from stopbook import console, settings
    from stopbook.app import opened

    with opened(settings.load(_state["home"])) as stopbook:
        console.say_history(stopbook, table, row)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("stopbook-demo"),
    stops: Annotated[int, typer.Option(help="About how many stops.", min=40, max=20_000)] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same day.")] = 7,
) -> None:
    """Run a believable day in two markets, from files to workbooks, and say where to look."""
    from stopbook.demo import run as play

    play(out, stops=stops, seed=seed)
