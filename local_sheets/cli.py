"""The command line: ``serve`` starts the server, writes a service-account file and prints its addresses."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from socket import socket

    from starlette.types import ASGIApp

app = typer.Typer(no_args_is_help=True, help="A Google Sheets server for this machine.")


@app.callback()
def main() -> None:
    """A Google Sheets server for this machine."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port of the Google APIs on loopback; 0 lets the system choose.")] = 8753,
    data: Annotated[Path | None, typer.Option(help="Folder that keeps everything; without it nothing is kept.")] = None,
    credentials: Annotated[
        Path | None, typer.Option(help="Service-account file to write; default: in the data folder or here.")
    ] = None,
    admin_port: Annotated[int, typer.Option(help="Port of the admin interface; 0 lets the system choose.")] = 0,
    page_port: Annotated[int, typer.Option(help="Port of the page for people; 0 lets the system choose.")] = 8754,
    page: Annotated[bool, typer.Option(help="Serve the page for people.")] = True,
    quota: Annotated[bool, typer.Option(help="Enforce Google's requests a minute.")] = True,
    check: Annotated[
        bool, typer.Option(help="Check every response against Google's schema and count misfits.")
    ] = False,
    person: Annotated[
        list[str] | None, typer.Option(help="Mail address of a person at the grid; may be repeated.")
    ] = None,
) -> None:
    """Serves the Sheets and Drive APIs, the admin interface and the page, on loopback, until interrupted."""
    import asyncio

    from local_sheets import app as applications
    from local_sheets import server
    from local_sheets.service import Service

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        service = Service(data / "local_sheets.sqlite" if data else None, quota=quota, check=check)
        sockets = [server.listen(port), server.listen(admin_port)]
        running: list[tuple[ASGIApp, socket]] = [
            (applications.google(service), sockets[0]),
            (applications.admin(service), sockets[1]),
        ]
        if page:
            from local_sheets import people

            sockets.append(server.listen(page_port))
            running.append((people.application(service), sockets[2]))
    except (OSError, RuntimeError) as error:
        typer.echo(f"Cannot start: {error}", err=True)
        raise typer.Exit(1) from None
    base = server.address(sockets[0])
    target = credentials or (data or Path.cwd()) / server.CREDENTIALS
    info = server.write_credentials(service, target, base)
    for email in person or []:
        service.workspace.accounts.add_person(email)
    typer.echo(f"Google Sheets and Drive  {base}")
    typer.echo(f"Admin                    {server.address(sockets[1])}")
    if page:
        typer.echo(f"People                   {server.address(sockets[2])}")
    typer.echo(f"Service account          {info['client_email']}")
    typer.echo(f"Credentials              {target}")
    if data is None:
        typer.echo("Nothing is kept when this ends; give --data a folder to keep it.")
    try:
        asyncio.run(server.serve(running))
    except KeyboardInterrupt:
        typer.echo("Stopped.")
    finally:
        service.close()
        for sock in sockets:
            sock.close()
