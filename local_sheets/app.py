"""The socket side: a Starlette application around a service, and the admin application on a port of its own.

A cut connection must look like one, so the server keeps each connection's transport by its peer address and aborts it.
"""

from __future__ import annotations

import asyncio
from asyncio import Transport
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from local_sheets import wire
from local_sheets.admin import Admin
from local_sheets.errors import bad_field
from local_sheets.service import Service

Json = dict[str, Any]
_VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
HANG_SECONDS = 600.0
_HEADERS = {"Cache-Control": "private", "X-Content-Type-Options": "nosniff", "Vary": "Origin, X-Origin, Referer"}


class Connections(H11Protocol):
    """uvicorn's protocol, which also remembers the transports of open connections."""

    open: ClassVar[dict[tuple[str, int], Transport]] = {}

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Notes the connection."""
        super().connection_made(transport)
        if self.client is not None:
            self.open[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it."""
        if self.client is not None:
            self.open.pop(self.client, None)
        super().connection_lost(exc)


def _abort(request: Request) -> None:
    if request.client is not None:
        transport = Connections.open.get((request.client.host, request.client.port))
        if transport is not None:
            transport.abort()


async def _body(request: Request, limit: int) -> bytes | None:
    """The body, or ``None`` when it is larger than allowed; never more than that in memory."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


class _Gone(Response):
    """An answer for a connection that is no longer there."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        return None


def google(service: Service) -> Starlette:
    """The application that speaks Google's APIs."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request, service.max_body)
        except ClientDisconnect:
            return _Gone()
        if body is None:
            error = bad_field("body", f"Request payload size exceeds the limit: {service.max_body} bytes.")
            return JSONResponse(error.body(), 400, headers={"Connection": "close"})
        raw = request.scope["raw_path"].decode("latin-1")
        headers = {key.lower(): value for key, value in request.headers.items()}
        query = request.scope["query_string"].decode("latin-1")
        sent = wire.Request(request.method, raw, query, headers, body)
        outcome = await run_in_threadpool(service.exchange, sent)
        if outcome.cut == "hang":
            for _ in range(int(HANG_SECONDS * 10)):
                if await request.is_disconnected():
                    return _Gone()
                await asyncio.sleep(0.1)
        if outcome.cut or outcome.response is None:
            _abort(request)
            return _Gone()
        found = outcome.response
        return Response(found.body, found.status, {**_HEADERS, "Content-Type": found.content_type})

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=_VERBS)])


def admin(service: Service) -> Starlette:
    """The application that sets faults, switches and dispatchers."""
    control = Admin(service)

    async def endpoint(request: Request) -> Response:
        body = await _body(request, 1_000_000)
        status, answer = control.handle(request.method, request.url.path, body or b"")
        return JSONResponse(answer, status)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=_VERBS)])
