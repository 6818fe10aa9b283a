"""Commands for the Excel add-in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from addin.build.config import Config
    from addin.build.ribbon import Button

app = typer.Typer(no_args_is_help=True, help="The Excel add-in.")


@app.callback()
def addin() -> None:
    """The Excel add-in."""


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="Where to put it.")] = Path("stopbook.xlam"),
    agent: Annotated[
        bool, typer.Option("--agent", help="Excel attaches to the agent that runs, and starts nothing itself.")
    ] = False,
) -> None:
    """Make stopbook.xlam from its sources: the same bytes on every computer."""
    from hashlib import sha256

    from addin.build.config import Config
    from workbooks.problems import Refused

    data = made(Config(agent=agent))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(data)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror}. Close Excel if it has it open, or say --out elsewhere.") from None  # fmt: skip
    from addin.handshake import own
    from addin.registry import functions

    typer.echo(
        f"Made {out}: Stopbook {own()} for Excel, {len(buttons())} buttons and {len(functions())} functions in "
        f"{len(data):,} bytes, SHA-256 {sha256(data).hexdigest()}."
    )


@app.command()
def install(
    for_all: Annotated[
        bool, typer.Option("--for-all", help="For every user of this computer; needs an administrator.")
    ] = False,
    agent: Annotated[
        bool,
        typer.Option(
            "--agent/--no-agent",
            help="Start its agent at sign-in: Excel then starts nothing itself, and waits for no network.",
        ),
    ] = True,
    into: Annotated[Path | None, typer.Option("--dir", help="Lay everything out in this folder instead.")] = None,
) -> None:
    """Put the add-in where Excel finds it, with a Python of its own. Safe to run again, after every update too."""
    from addin import install as installing
    from addin.lean import make

    place = installing.here(for_all=for_all, agent=agent, into=into)
    tools = installing.Tools(make, lambda python: made(_config(place.system, python, agent)), installing.mac_script)
    for sentence in installing.install(place, tools):
        typer.echo(sentence)


def _config(system: str, python: Path, agent: bool) -> "Config":
    """What the add-in is told: its Python by the whole path. On a Mac the user's own folder stands for itself."""
    from addin.build.config import Config

    if system == "win32":
        return Config(interpreter=str(python), agent=agent)
    return Config(agent=agent) if system == "darwin" else Config(interpreter_mac=str(python), agent=agent)


@app.command()
def uninstall(
    for_all: Annotated[bool, typer.Option("--for-all", help="What was installed for every user.")] = False,
    into: Annotated[Path | None, typer.Option("--dir", help="What was laid out in this folder.")] = None,
) -> None:
    """Take away exactly what install put there. Workbooks, settings and tokens stay."""
    from addin import install as installing

    for sentence in installing.uninstall(installing.here(for_all=for_all, into=into)):
        typer.echo(sentence)


@app.command()
def token(
    address: Annotated[str, typer.Argument(help="The hub's address, such as https://stopbook.example.com.")],
    forget: Annotated[bool, typer.Option("--forget", help="Take it out again.")] = False,
) -> None:
    """Keep a personal token for a hub in this system's store of passwords; it is asked for and not shown."""
    from addin import client

    given = "" if forget else str(typer.prompt("Token", hide_input=True)).strip()
    client.keep_token(address, given)
    typer.echo("The token is forgotten." if forget else f"The token is kept for {address}.")


def made(config: "Config | None" = None) -> bytes:
    """The add-in with every job and every function."""
    from addin.build.package import built
    from addin.registry import functions

    return built(functions(), buttons(), config)


def buttons() -> "tuple[Button, ...]":
    """A button for what the add-in does itself and one for every job that the hub runs, in the order of the day."""
    from addin.build.ribbon import ACTIONS, Button, Kind
    from stopbook.hub.works import NOT_HERE, posts
    from stopbook.jobs import jobs

    own = (
        Button(job.name, job.title, job.group, job.about, job.icon, Kind.POSTS if posts(job) else Kind.JOB)
        for job in jobs().values()
        if job.name not in NOT_HERE
    )
    return (*ACTIONS, *own)
