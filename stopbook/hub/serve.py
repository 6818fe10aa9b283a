"""The process: takes the ledger's lease, says in the home where it runs, serves, keeps schedule and spreadsheets, leaves tidily.

hub.json in the home holds address, process and start; hub.key, for this user alone, opens the hub to the command line.
Killed, it leaves both behind: the next one asks under that address, hears nothing, and takes over.
"""

import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from threading import Event, Thread

import uvicorn

from stopbook.app import App, now, opened
from stopbook.hub import client, uploads
from stopbook.hub.core import Hub, application
from stopbook.hub.gate import is_loopback
from stopbook.hub.wire import Limits
from stopbook.hub.works import Works
from stopbook.job import Job, Params
from stopbook.runner import Result
from stopbook.schedule import LOOK, Schedule, ticking
from stopbook.settings import Settings
from workbooks.ledger import Lease, LeaseLost
from workbooks.problems import Refused

PORT = 8750
BEAT = 15
"""seconds between two signs of life"""
LEASE = 60
"""seconds without one after which another machine's hub may take over"""
STARTING = 20.0


@dataclass(frozen=True)
class Place:
    """Where to listen. `name`: under which name a proxy in front of it is reached."""

    host: str = "127.0.0.1"
    port: int | None = None
    cert: Path | None = None
    key: Path | None = None
    name: str = ""

    def checked(self) -> "Place":
        """The same; Refused where people's tokens would travel in the open."""
        if (self.cert is None) != (self.key is None):
            raise Refused("Name both the certificate and its key: --tls-cert FILE --tls-key FILE.")
        for path in (self.cert, self.key):
            if path is not None and not path.is_file():
                raise Refused(f"There is no file {path}. Check its name.")
        loopback = self.host == "localhost" or is_loopback(self.host)
        if not loopback and self.cert is None and not self.name:
            raise Refused(
                f"At {self.host} tokens would travel in the open. Give a certificate with --tls-cert and --tls-key, or "
                "say with --behind NAME that a proxy with TLS stands in front."
            )
        return self


def serve(settings: Settings, place: Place, say: Callable[[str], None]) -> None:
    """Serve until interrupted or told to end."""
    # the server hands the signal on once it has stopped; what is left to put away must still be put away
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with starting(settings, place.checked()) as (server, address, sockets):
        say(f"Stopbook runs at {address}. Stop it with Ctrl+C.")
        server.run(sockets=sockets)


@contextmanager
def starting(
    settings: Settings, place: Place, clock: Callable[[], datetime] = now, limits: Limits | None = None
) -> Iterator[tuple[uvicorn.Server, str, list[socket.socket]]]:
    """A hub ready to run: its server, its address and what it listens on. Everything is put away at the end."""
    if running := client.running(settings):
        raise Refused(f"A hub of this home runs already at {running.address}, since {running.started}.")
    with ExitStack() as stack:
        app = stack.enter_context(opened(settings, clock()))
        holder = f"{platform.node()} {settings.home}"
        lease = app.ledger.lease("hub", holder, clock(), LEASE)
        stack.callback(lambda: app.ledger.release(lease))
        uploads.sweep(settings)
        listening = stack.enter_context(_listen(place))
        port = listening.getsockname()[1]
        shown = "127.0.0.1" if place.host in ("0.0.0.0", "::") else place.host  # noqa: S104 - asked for by the person
        scheme = "https" if place.cert else "http"
        address = f"{scheme}://{f'[{shown}]' if ':' in shown else shown}:{port}"
        works = Works(app)
        stack.callback(works.close)
        hub = _hub(app, works, clock, limits or Limits(), place, holder, address)
        stack.callback(hub.tending.close)
        client.announce(settings, address, hub.started or clock(), hub.local_key, place.cert)
        stack.callback(client.withdraw, settings, hub.local_key)
        server = uvicorn.Server(_config(hub, place))
        stack.enter_context(_threads(hub, lease, server))
        yield server, address, [listening]


def _hub(
    app: App, works: Works, clock: Callable[[], datetime], limits: Limits, place: Place, holder: str, address: str
) -> Hub:
    def run(job: Job, params: Params) -> Result:
        return works.start(job, params, params.by, preview=False).future.result()

    loopback = place.host == "localhost" or is_loopback(place.host)
    hosts = {"localhost", "127.0.0.1", "::1"} | ({place.name.lower()} if place.name else set()) if loopback else set()
    return Hub(
        app=app,
        clock=clock,
        works=works,
        schedule=Schedule(app, run, clock, holder),
        address=f"https://{place.name}" if place.name else address,
        limits=limits,
        local_key=token_urlsafe(32),
        started=clock(),
        beat=clock(),
        secure=bool(place.cert or place.name),
        hosts=frozenset(hosts),
    )


def _config(hub: Hub, place: Place) -> uvicorn.Config:
    return uvicorn.Config(
        application(hub),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        proxy_headers=bool(place.name),
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        limit_concurrency=256,
        ssl_certfile=place.cert,
        ssl_keyfile=place.key,
    )


@contextmanager
def _threads(hub: Hub, lease: Lease, server: uvicorn.Server) -> Iterator[None]:
    """The schedule and the sign of life, each in a thread of its own; a hub that lost its lease stops."""
    stop, home = Event(), hub.app.settings.home

    def beat() -> None:
        try:
            hub.app.ledger.renew(lease, hub.clock(), LEASE)
            hub.beat = hub.clock()
        except LeaseLost:
            server.should_exit = True
            stop.set()

    def scheduling(sentence: str) -> None:
        hub.schedule.problem = sentence

    def tending(sentence: str) -> None:
        hub.tending.problem = sentence

    threads = [
        Thread(target=ticking, args=(stop, seconds, do, home, troubled), name=name, daemon=True)
        for name, seconds, do, troubled in (
            ("beat", BEAT, beat, scheduling),
            ("schedule", LOOK, hub.schedule.look, scheduling),
            ("spreadsheets", 1, hub.tending.look, tending),
        )
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=60)


@contextmanager
def _listen(place: Place) -> Iterator[socket.socket]:
    """A socket on the port, or on any free one where none was asked for and ours is taken."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    wanted = [place.port] if place.port is not None else [PORT, 0]
    for number, port in enumerate(wanted, start=1):
        listening = socket.socket(family)
        if os.name != "nt":  # on Windows this would let two programs share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((place.host, port))
        except (OSError, OverflowError) as error:
            listening.close()
            if number == len(wanted):
                why = getattr(error, "strerror", None) or error
                raise Refused(
                    f"Port {port} at {place.host} cannot be used ({why}). Choose another with --port."
                ) from error
            continue
        with listening:
            yield listening
        return


def in_background(settings: Settings) -> client.Client:
    """The hub of this home; starts one on loopback where none runs, and waits until it answers."""
    if found := client.running(settings):
        return found
    command = [sys.executable, "-m", "stopbook", "--home", str(settings.home), "serve"]
    start = partial(
        subprocess.Popen[bytes], command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if sys.platform == "win32":
        start(creationflags=subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP)
    else:
        start(start_new_session=True)
    for _ in range(int(STARTING * 10)):
        with suppress(Refused):
            if found := client.running(settings):
                return found
        time.sleep(0.1)
    raise Refused(f"The hub did not start in {STARTING:.0f} seconds. Start it with “stopbook serve” to see why.")
