"""Commands for Google spreadsheets: connect a key, adopt a spreadsheet, ask Google, see how it stands, keep in step."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stopbook.rounds import Round
    from stopbook.settings import Settings
    from stopbook.tending import Tended

app = typer.Typer(no_args_is_help=True, help="Google spreadsheets.")
_WAIT = 0.2
"""seconds between two looks at what is due"""


def _home() -> "Settings":
    from stopbook import cli, settings

    return settings.load(cli._state["home"])


@app.command()
def connect(
    file: Annotated[Path | None, typer.Argument(help="Service-account file (JSON key); blank: as before.")] = None,
    server: Annotated[
        str, typer.Option(help="Address of a server on this machine that answers as Google; blank: Google itself.")
    ] = "",
) -> None:
    """Say where the service account's key lies. Only its path is kept, and nothing of it is shown or logged."""
    from stopbook.spreadsheets import Connection

    home = _home().home
    before = Connection.load(home)
    made = Connection(str(file.expanduser().absolute()) if file else before.key, server, before.books, before.answers)
    email = made.client().email
    made.save(home)
    typer.echo(
        f"Connected to {made.where} as {email}. Share a spreadsheet with that address as an editor, then run “stopbook google adopt”."
    )


@app.command()
def adopt(
    spreadsheet: Annotated[str, typer.Argument(help="Address or id of a spreadsheet; “new” makes one.")],
    workbook: Annotated[str, typer.Option(help="Which workbook it shows, such as dispatch-CHI.")] = "",
) -> None:
    """Take a spreadsheet in: tabs and columns it lacks are added, nothing of people's is moved or written over."""
    from dataclasses import replace

    from sheets_sync.google import adopt as adopting
    from stopbook import spreadsheets
    from stopbook.app import now, opened
    from workbooks.problems import Refused

    home = _home()
    known = spreadsheets.Connection.load(home.home)
    with opened(home) as stopbook:
        books = spreadsheets.books_of(stopbook.ledger)
        number = _id(spreadsheet)
        name = workbook or next((name for name, other in known.books.items() if other == number), "")
        if name not in books:
            raise Refused(f"Say which workbook it shows with --workbook: {', '.join(sorted(books))}.")
        client = known.client(spreadsheets.pace_of(home))
        if number == "new":
            number = adopting.create(client, books[name].title)
        found = spreadsheets.adopt(stopbook, client, number, books[name], now())
        replace(known, books={**known.books, name: number}).save(home.home)
    for sentence in (*found.done, *map(str, found.problems)):
        typer.echo(sentence)
    typer.echo(f"Share it with the people who work in it: {known.address(number) or number}")


@app.command()
def probe() -> None:
    """Ask Google, on a scratch spreadsheet, what no document says; the answers are kept."""
    from dataclasses import replace

    from sheets_sync.google.probe import probe as ask
    from stopbook import spreadsheets
    from stopbook.app import now

    home = _home()
    known = spreadsheets.Connection.load(home.home)
    answers = ask(known.client(spreadsheets.pace_of(home)))
    kept = {answer.fact: answer.holds for answer in answers}
    replace(known, answers={"asked": known.where, "at": now().isoformat(), **kept}).save(home.home)
    for answer in answers:
        typer.echo(f"{'Yes' if answer.holds else 'No '}  {answer.meaning}.")


@app.command()
def status() -> None:
    """Which spreadsheets are kept, when they were written last, and what is open."""
    from stopbook import spreadsheets
    from stopbook.app import opened

    home = _home()
    known = spreadsheets.Connection.load(home.home)
    typer.echo(f"Connected to {known.where}." if known.key else "Google is not connected yet.")
    with opened(home) as stopbook:
        books = spreadsheets.books_of(stopbook.ledger)
        for name, number in known.books.items():
            if name not in books:
                typer.echo(f"{name}: there is no such workbook any more.")
                continue
            ledger, copy = stopbook.ledger, books[name].name
            notes = [note.intent.get("kind") for note in ledger.open_intents(copy)]
            waits = f", {notes.count('write')} writes whose outcome is open" if "write" in notes else ""
            left = f", {notes.count('trace')} cells to put right" if "trace" in notes else ""
            typer.echo(f"{name}: written {ledger.generation(copy):,} times{waits}{left}; {number}")
    for fact, holds in known.answers.items():
        typer.echo(f"  {fact}: {holds}")


@app.command()
def sync(
    once: Annotated[bool, typer.Option("--once", help="One round, then end.")] = False,
    rounds: Annotated[int, typer.Option(help="End after so many rounds; 0: go on until interrupted.", min=0)] = 0,
) -> None:
    """Keep every adopted spreadsheet in step: edits come in, changes go out."""
    from functools import partial

    from stopbook import spreadsheets
    from stopbook.app import now, opened
    from stopbook.hub import client
    from stopbook.tending import Tending
    from workbooks.problems import Refused

    home = _home()
    known = spreadsheets.Connection.load(home.home)
    if not known.books:
        raise Refused("No spreadsheet is adopted yet. Run “stopbook google adopt SPREADSHEET --workbook NAME”.")
    if hub := client.running(home):
        raise Refused(f"The hub at {hub.address} keeps them in step already. See “stopbook status”.")
    wanted = 1 if once else rounds
    with opened(home) as stopbook:
        tending = Tending(stopbook, now, partial(_say, once), twice=once)
        try:
            tending.look()
            if tending.problem:
                raise Refused(tending.problem)
            while not wanted or any(one.rounds < wanted for one in tending.tended.values()):
                time.sleep(_WAIT)
                tending.look()
        finally:
            tending.close()
        if once and any(one.problem for one in tending.tended.values()):
            raise typer.Exit(1)


def _say(once: bool, one: "Tended", done: "Round | None") -> None:
    """What came of one round; what is wrong with one spreadsheet is said, and the others go on."""
    if done is None:
        typer.echo(f"{one.book.name}: {one.problem}", err=True)
        return
    if not done.idle or once:
        typer.echo(str(done))
    for sentence in done.sentences:
        typer.echo(f"  {sentence}")


def _id(text: str) -> str:
    """The id in an address such as https://docs.google.com/spreadsheets/d/ID/edit."""
    return text.partition("/d/")[2].partition("/")[0] or text
