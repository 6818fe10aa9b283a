"""A private PostgreSQL server for tests: its own folder, a loopback port, gone afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

USER = "stopbook"
PASSWORD = "quay-lantern"


def binaries() -> Path | None:
    """The folder of the newest installed server, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    return found[-1] if found else Path(on_path).resolve().parent if on_path else None


class Cluster:
    """A running server. `fresh` makes an empty place for a ledger and returns its URL."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = count()

    def url(self, database: str) -> str:
        """The URL of one database."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self._port}/{database}"

    def fresh(self) -> str:
        """The URL of a new, empty schema, which to a ledger is a database of its own and takes no time to make."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")  # type: ignore[arg-type]
        return self.url("postgres") + f"?options=-csearch_path%3D{name}"


@contextmanager
def running() -> Iterator[Cluster]:
    """Start a server, stop it at the end. Without an installed one the test is skipped (or fails, see below)."""
    folder = binaries()
    if folder is None:
        missing("no PostgreSQL server is installed")
    assert folder is not None
    home = Path(tempfile.mkdtemp(prefix="stopbook-pg-"))
    how = _as_ordinary_user(home)
    try:
        initdb = ["initdb", "-D", "data", "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([folder / initdb[0], *initdb[1:]], **how, check=True, stdout=subprocess.DEVNULL)
        port = _free_port()
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
                   "max_connections": 40, "shared_buffers": "32MB"}  # fmt: skip
        arguments = [f"--{name}={value}" for name, value in options.items()]
        with (home / "log").open("w") as log:
            server = subprocess.Popen([folder / "postgres", "-D", "data", *arguments], **how, stdout=log, stderr=log)
        try:
            cluster = Cluster(port)
            _wait(cluster, server, home / "log")
            yield cluster
        finally:
            stop = [folder / "pg_ctl", "stop", "-D", "data", "-m", "immediate"]
            subprocess.run(stop, **how, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with suppress(subprocess.TimeoutExpired):
                server.wait(10)
            if server.poll() is None:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def missing(what: str) -> None:
    """Skip, saying why; where everything must be there (STOPBOOK_REQUIRE_ALL=1) fail instead."""
    if os.environ.get("STOPBOOK_REQUIRE_ALL") == "1":
        pytest.fail(f"{what}, but STOPBOOK_REQUIRE_ALL=1 asks for it")
    pytest.skip(what)


def _as_ordinary_user(home: Path) -> dict[str, Any]:
    """Options for subprocess: in `home`, and never as root, which the server refuses."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {"cwd": home}
    try:
        shutil.chown(home, "postgres", "postgres")
    except LookupError:
        shutil.rmtree(home)
        missing("PostgreSQL does not run as root and there is no user postgres")
    return {"cwd": home, "user": "postgres", "group": "postgres", "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(cluster: Cluster, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(cluster.url("postgres"), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.05)
