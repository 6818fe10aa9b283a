"""Running the server: on loopback only, in the foreground for people, in a thread for tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from local_sheets import app
from local_sheets.service import Service

Json = dict[str, Any]
HOST = "127.0.0.1"
CREDENTIALS = "service_account.json"


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 lets the system choose."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # said, or asyncio leaves Nagle on
    if os.name != "nt":  # on Windows the option would let two servers share a port
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
    except OSError:
        found.close()
        raise
    found.listen(128)
    return found


def address(sock: socket.socket) -> str:
    """``http://127.0.0.1:port``."""
    return f"http://{HOST}:{sock.getsockname()[1]}"


def write_credentials(service: Service, path: Path, base: str) -> Json:
    """The service-account file; an existing one for a known key is kept and only its address brought up to date."""
    token_uri = f"{base}/token"
    info: Json | None = None
    if path.exists():
        with contextlib.suppress(ValueError, OSError):
            info = json.loads(path.read_text(encoding="utf-8"))
    known = service.workspace.accounts.known
    if not isinstance(info, dict) or known.get(info.get("client_email", ""), {}).get("key_id") != info.get(
        "private_key_id"
    ):
        info = service.workspace.accounts.create_service_account(token_uri)
    info["token_uri"] = token_uri
    service.token_uri = token_uri
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(info, out, indent=2)
    fresh.replace(path)
    return info


def _uvicorn(application: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        application,
        http=app.Connections,
        ws="websockets-sansio",
        log_level="critical",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return uvicorn.Server(config)


class _Server(uvicorn.Server):
    """Leaves signals alone: the caller decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """No handlers."""
        yield


async def serve(applications: list[tuple[ASGIApp, socket.socket]], stop: asyncio.Event | None = None) -> None:
    """Serves several applications until they stop (or ``stop`` is set)."""
    servers = [_Server(_uvicorn(application).config) for application, _ in applications]

    async def watch() -> None:
        if stop is not None:
            await stop.wait()
            for server in servers:
                server.should_exit = True

    watcher = asyncio.create_task(watch())
    await asyncio.gather(
        *(server.serve(sockets=[sock]) for server, (_, sock) in zip(servers, applications, strict=True))
    )
    watcher.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watcher


class Running:
    """The Google and admin applications in a thread of this process; a context manager for tests and tools."""

    def __init__(self, service: Service, port: int = 0, admin_port: int = 0, *, page: ASGIApp | None = None) -> None:
        self.service = service
        self._sockets = [listen(port), listen(admin_port)]
        self._applications: list[ASGIApp] = [app.google(service), app.admin(service)]
        if page is not None:
            self._sockets.append(listen(0))
            self._applications.append(page)
        self.address, self.admin = (address(sock) for sock in self._sockets[:2])
        self.page = address(self._sockets[2]) if page is not None else ""
        service.token_uri = f"{self.address}/token"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-sheets", daemon=True)

    def _run(self) -> None:
        async def main() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self._ready.set()
            await serve(list(zip(self._applications, self._sockets, strict=True)), self._stop)

        asyncio.run(main())

    def __enter__(self) -> Running:
        """Starts."""
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops and closes the sockets; the service stays open."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(15)
        for sock in self._sockets:
            sock.close()
