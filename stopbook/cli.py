"""The command line. Every command says in one sentence what happened; a problem is a sentence, never a traceback."""

import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local_sheets.cli import app as sheets
from stopbook.addin import app as addin
from stopbook.google import app as google
from stopbook.running import app as running

if TYPE_CHECKING:
    from stopbook.job import Params
    from stopbook.runner import Result

app = typer.Typer(
    name="stopbook",
    help="A last-mile delivery back office in shared workbooks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(running, name="run", help="Run a job, or preview it: stopbook run JOB --help says what it takes.")
app.add_typer(addin, name="addin", help="The Excel add-in.")
app.add_typer(google, name="google", help="Google spreadsheets: connect, adopt, keep in step.")
app.add_typer(sheets, name="sheets", help="The Google Sheets server for this machine.")
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


def params(market: str | None, day: str | None, **extra: Any) -> "Params":
    """What a job is run with from here."""
    from stopbook import settings
    from stopbook.app import now
    from stopbook.job import Params

    chosen = settings.load(_state["home"])
    return Params(now(), chosen.signed, "command line", market.upper() if market else None, _day(day), extra)


def _day(text: str | None) -> date | None:
    from workbooks.problems import Refused

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(f"--date {text} is not a date. Write it as 2026-03-10.") from None


def do(name: str, params: "Params", preview: bool) -> None:
    """Run or preview a job, by the hub when one runs here, and say what came of it."""
    from stopbook import console, runner, settings
    from stopbook.app import opened
    from stopbook.hub import client
    from stopbook.hub.works import NOT_HERE
    from stopbook.jobs import job

    chosen, home = job(name), settings.load(_state["home"])
    if chosen.name not in NOT_HERE and (hub := client.running(home)):
        with console.working(chosen.title):
            answer = hub.do(chosen, params, preview)
        console.say_answer(chosen, answer, preview)
        return
    with opened(home) as stopbook, console.working(chosen.title):
        result: Result = runner.preview(stopbook, chosen, params) if preview else runner.run(stopbook, chosen, params)
    console.say_result(chosen, result, preview)


@app.command()
def init(
    folder: Annotated[Path | None, typer.Argument(help="Folder of the new home; made where there is none.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="A TOML file with answers; see --example.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: the file's answers, and proposals for the rest.")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a file of answers to begin with.")] = False,
) -> None:
    """Set up a company: a short interview, then settings, ledger, workbooks and forms to fill in. Safe to run again."""
    from stopbook.init import begin, screen
    from stopbook.init.answers import EXAMPLE
    from stopbook.init.interview import silent
    from workbooks.problems import Refused

    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    chosen = folder or _state["home"]
    if chosen is None:
        raise Refused("Name the folder to set up, such as: stopbook init my-company")
    screen.show(begin(chosen, source, silent if yes else screen.prompt, typer.echo))


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
    from stopbook import console, settings
    from stopbook.hub import client
    from stopbook.jobs import job
    from stopbook.jobs.import_file import asked, remember

    said = {"table": table, "profile": profile, "timezone": timezone, "dates": dates, "epoch": epoch, "map": map or [],
            "set": set or [], "save_as": save_as}  # fmt: skip
    request, home = asked(file, said), settings.load(_state["home"])
    chosen = params(market, date, request=request)
    if hub := client.running(home):
        with console.working("Import file"):
            answer = hub.take_in(file, said, chosen, preview)
        console.say_answer(job("import-file"), answer, preview)
    else:
        do("import-file", chosen, preview)
    if save_as and not preview:
        typer.echo(remember(request, home))


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Look at this computer: what is wrong between Excel, Stopbook and the hub, and what to do about each."""
    from stopbook import settings
    from stopbook.doctor import examine

    raise typer.Exit(examine(settings.load(_state["home"]), json, typer.echo))


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
def explain(
    number: Annotated[str, typer.Argument(help="Number of a settlement, a line or an adjustment.")],
) -> None:
    """Where an amount comes from, worked out again from exactly what is printed."""
    from stopbook import settings
    from stopbook.app import opened
    from stopbook.explain import explain as told
    from stopbook.explain import find

    with opened(settings.load(_state["home"])) as stopbook:
        books = stopbook.ledger.books()
        typer.echo(told(books, *find(books, number)))


@app.command()
def compare(
    what: Annotated[str, typer.Argument(help="settlements or invoices.")],
    file: Annotated[Path, typer.Argument(help="What was paid or billed elsewhere: csv, tsv or xlsx, in any shape.")],
    period: Annotated[str, typer.Option(help="2026-03-02..2026-03-08, a month 2026-03, or a day: its pay week.")],
    map: Annotated[list[str] | None, typer.Option(help='"Their header=our_column", as often as needed.')] = None,
    name: Annotated[
        list[str] | None, typer.Option(help='"Name there=our driver or account"; remembered. As often as needed.')
    ] = None,
    dates: Annotated[str, typer.Option(help="MDY or DMY, for dates such as 03/04/2026.")] = "",
) -> None:
    """Set old pay or invoices beside ours: each difference with its cause, on the screen and as a workbook."""
    from stopbook.app import opened
    from stopbook.compare.run import Asked, run

    if dates.upper() not in ("", "MDY", "DMY", "YMD"):
        from workbooks.problems import Refused

        raise Refused(f"--dates {dates} is not an order of dates. Write MDY or DMY.")
    asked = Asked(what.lower(), file, period, tuple(map or ()), tuple(name or ()), dates.upper())
    from stopbook import settings

    with opened(settings.load(_state["home"])) as stopbook:
        run(stopbook, asked, params(None, None))


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
def restore(
    table: Annotated[str, typer.Argument(help="Name of a tab.")],
    row: Annotated[str, typer.Argument(help="Key of the row, parts joined with a slash, or its row id.")],
    to: Annotated[int | None, typer.Option(help="As it stood after this change; see “stopbook history”.")] = None,
    at: Annotated[str, typer.Option(help="As it stood at this moment, 2026-03-10 14:00; UTC without --timezone.")] = "",
    column: Annotated[str, typer.Option(help="Only this column.")] = "",
    timezone: Annotated[str, typer.Option(help="Zone of --at, such as America/Chicago.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Say what would happen; write nothing.")] = False,
) -> None:
    """Bring a row back to what it was, as a new change; what is posted stays."""
    from stopbook import console, settings, show
    from stopbook import restore as back
    from stopbook.app import now, opened
    from workbooks.problems import Refused

    home = settings.load(_state["home"])
    if (to is None) == (not at):
        raise Refused("Say to when: --to with the number of a change, or --at with a moment.")
    with opened(home) as stopbook:
        tab = console.table_named(table)
        record = show.find(stopbook.ledger, tab, row)
        name = next((c.name for c in tab.columns if column.casefold() in (c.name, c.title.casefold())), column)
        target = back.Target(tab, record, to, console.moment(at, timezone) if at else None, name)
        if preview:
            plan = back.planned(stopbook.ledger, target, now(), home.signed)
        else:
            plan, _ = back.restore(stopbook, target, now(), home.signed)
        console.say_change(f"Restore {target.named}", plan, preview)


@app.command()
def rebuild(
    source: Annotated[
        Path | None, typer.Option("--from", help="Folder of workbooks that Stopbook wrote; blank: the home's.")
    ] = None,
    google: Annotated[
        bool, typer.Option(help="Read the Google spreadsheets too that the home knows; blank: if there are any.")
    ] = True,
    preview: Annotated[bool, typer.Option("--preview", help="Say what would happen; write nothing.")] = False,
) -> None:
    """Make the ledger anew from workbooks and spreadsheets when it is gone, and say what is lost."""
    from stopbook import console, settings
    from stopbook import rebuild as anew
    from stopbook.app import now
    from stopbook.hub import client
    from stopbook.rebuild_google import from_spreadsheets
    from stopbook.spreadsheets import Connection
    from workbooks.problems import Refused

    home = settings.load(_state["home"])
    if client.running(home):
        raise Refused(
            "The hub of this home runs. Stop it first: Ctrl+C where “stopbook serve” was typed, or end its service."
        )
    anew.in_use(home)
    copies = anew.from_folder(source or home.workbooks) if source or any(home.workbooks.glob("*.xlsx")) else []
    if google and Connection.load(home.home).books:
        copies += from_spreadsheets(home)
    if not copies:
        raise Refused(
            f"There are no workbooks in {home.workbooks}, and no spreadsheet is known. Say where with --from."
        )
    made = anew.joined(copies)
    if not preview:
        anew.rebuild(home, made, now(), home.signed)
    console.say_rebuilt(made, preview)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; blank: 8750, or any free one.", min=0, max=65535)] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate with its chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key, PEM.")] = None,
    behind: Annotated[
        str, typer.Option(help="Name people use, when a proxy with TLS on this machine is in front.")
    ] = "",
    background: Annotated[
        bool, typer.Option("--background", help="Start it on loopback if none runs, and return.")
    ] = False,
    print_unit: Annotated[
        str, typer.Option(help="systemd or windows: print what starts the hub with the machine.")
    ] = "",
) -> None:
    """Run the hub: it answers people and add-ins, keeps the schedule and shows a page."""
    from stopbook import settings
    from stopbook.hub import serve as process
    from stopbook.hub.units import unit

    home = settings.load(_state["home"])
    place = process.Place(host, port, tls_cert, tls_key, behind)
    if print_unit:
        given = {"--host": host, "--port": port, "--tls-cert": tls_cert and tls_cert.absolute(),
                 "--tls-key": tls_key and tls_key.absolute(), "--behind": behind or None}  # fmt: skip
        options = [part for name, value in given.items() if value is not None for part in (name, str(value))]
        typer.echo(unit(print_unit, home.home, options, os.environ.get("USER") or "stopbook"), nl=False)
    elif background:
        typer.echo(f"Stopbook runs at {process.in_background(home).address}.")
    else:
        process.serve(home, place, typer.echo)


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """How it goes: in step or waiting for whom, conflicts, workbooks, last and next runs."""
    from json import dumps

    from stopbook import console, settings
    from stopbook.app import now, opened
    from stopbook.hub import client
    from workbooks.cells import to_json

    home = settings.load(_state["home"])
    if hub := client.running(home):
        found, address = dict(hub.status(home.signed)), hub.address
    else:
        from stopbook.hub.status import here

        with opened(home) as stopbook:
            found, address = here(stopbook, now()), ""
    if json:
        typer.echo(dumps({"hub": address or None, **found}, indent=2, ensure_ascii=False, default=to_json))
    else:
        console.say_status(found, address)


@app.command()
def user(
    action: Annotated[str, typer.Argument(help="add, list or revoke.")],
    email: Annotated[str, typer.Argument(help="Whose.")] = "",
    role: Annotated[
        list[str] | None, typer.Option(help="dispatch, va, payroll, billing or manager; repeat for more.")
    ] = None,
    market: Annotated[list[str] | None, typer.Option(help="Only this market; repeat for more, blank: all.")] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only this account; repeat for more, blank: all.")] = None,
    name: Annotated[str, typer.Option(help="Shown in history.")] = "",
    can_post: Annotated[bool | None, typer.Option(help="May post settlements and invoices.")] = None,
) -> None:
    """Add people, list them, or end what they may do."""
    from stopbook import console, people, settings
    from stopbook.app import now, opened
    from workbooks.problems import Refused

    home = settings.load(_state["home"])
    if action not in ("add", "list", "revoke") or (action != "list" and not email):
        raise Refused("Write: stopbook user add EMAIL --role va, stopbook user list, or stopbook user revoke EMAIL.")
    with opened(home) as stopbook:
        ledger = stopbook.ledger
        if action == "list":
            console.say_people(ledger.load("users", {}), ledger.load("tokens", {}))
        elif action == "revoke":
            typer.echo(people.revoke_user(ledger, email, home.signed, now()))
        else:
            given = {"email": email, "name": name or None, "role": ", ".join(role or ()) or None, "can_post": can_post,
                     "markets": ", ".join(m.upper() for m in market or ()) or None,
                     "accounts": ", ".join(account or ()) or None}  # fmt: skip
            typer.echo(people.add_user(ledger, given, home.signed, now()))


@app.command()
def token(
    action: Annotated[str, typer.Argument(help="new, list or revoke.")],
    who: Annotated[str, typer.Argument(help="Whose, for new; which token, for revoke.")] = "",
    label: Annotated[str, typer.Option(help="Where it will be used, such as the name of a PC.")] = "",
    days: Annotated[int, typer.Option(help="How long it is good.")] = 90,
) -> None:
    """Make a personal token (shown once), list them, or take one back."""
    from stopbook import console, people, settings
    from stopbook.app import now, opened
    from workbooks.problems import Refused

    home = settings.load(_state["home"])
    if action not in ("new", "list", "revoke") or (action != "list" and not who):
        raise Refused("Write: stopbook token new EMAIL, stopbook token list, or stopbook token revoke TOKEN.")
    with opened(home) as stopbook:
        if action == "list":
            console.say_tokens(stopbook.ledger.load("tokens", {}))
        elif action == "revoke":
            typer.echo(people.revoke_token(stopbook.ledger, who, home.signed, now()))
        else:
            made, ends = people.new_token(stopbook.ledger, who, label, days, home.signed, now())
            typer.echo(made)
            typer.echo(f"This is shown once. It is good until {ends:%Y-%m-%d}; keep it like a password.", err=True)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("stopbook-demo"),
    quick: Annotated[bool, typer.Option("--quick", help="One day only, for the hurried.")] = False,
    stops: Annotated[
        int | None,
        typer.Option(help="About how many stops a day; blank: 400, with --quick 2,000.", min=200, max=20_000),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same week.")] = 7,
    serve: Annotated[bool, typer.Option(help="Then share it as spreadsheets, on this machine.")] = True,
    wait: Annotated[
        bool | None, typer.Option(help="Then wait while you edit too; blank: where there is a terminal.")
    ] = None,
) -> None:
    """Run a believable week in two markets, from files to pay, invoices and shared spreadsheets, and say where to look."""
    from stopbook.demo import run as play

    play(out, stops=stops, seed=seed, quick=quick, serve=serve, wait=sys.stdout.isatty() if wait is None else wait)
