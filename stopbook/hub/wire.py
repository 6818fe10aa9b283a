"""How a question comes in and an answer goes out: limits, JSON, errors as one sentence with a number."""

import json
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stopbook.people import NotSignedIn, Person
from workbooks import cells
from workbooks.ledger import Stale
from workbooks.problems import Refused

POLICY = "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
"""a page of ours carries its own style and nothing else"""


@dataclass(frozen=True)
class Limits:
    """What one request, one person and one address may ask of the hub."""

    body: int = 1_048_576
    """bytes of a request"""
    copy: int = 33_554_432
    """bytes of a request that says what stands in an open workbook, unpacked"""
    page: int = 2_000
    """rows of an answer"""
    cells: int = 2_000
    """edited cells of a request"""
    a_minute: int = 600
    """requests of one person"""
    wrong_a_minute: int = 20
    """wrong tokens from one address"""
    wrong_delay: float = 0.3
    """seconds a wrong token waits for its answer"""
    patience: float = 20.0
    """seconds a job may take before its caller is told to ask again"""


class Told(Refused):
    """A refusal with the status it goes out under."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Call:
    """One question: who asks, what for, and the moment. `said` is its body, `asked` the part after the “?”."""

    person: Person
    at: datetime
    path: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    via: str = "hub"

    def text(self, name: str, most: int = 200) -> str:
        """A text of the body; "" when it is missing."""
        value = self.said.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > most:
            raise Told(400, f"“{name}” must be a text of at most {most} characters.")
        return value.strip()

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from the part after the “?”, from 0 to `most`."""
        text = self.asked.get(name, "")
        if text == "":
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 18) or int(text) > most:
            raise Told(400, f"“{name}” must be a whole number from 0 to {most}.")
        return int(text)


def number() -> str:
    """A number for an error that is told to somebody."""
    return f"E-{token_hex(4)}"


def status_of(refused: Refused) -> int:
    """The status a refusal goes out under."""
    if isinstance(refused, Told):
        return refused.status
    if isinstance(refused, NotSignedIn):
        return 401
    return 409 if isinstance(refused, Stale) else 422


def answer(content: Any, status: int = 200) -> Response:
    """JSON with values as the ledger keeps them: moments in UTC, exact decimals as text."""
    return _Json(content, status)


class _Json(JSONResponse):
    def render(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=cells.to_json)
        return text.encode("utf-8", "replace")


def error(status: int, sentence: str, id_: str = "") -> Response:
    """One sentence with its number."""
    found = answer({"error": {"id": id_ or number(), "sentence": sentence}}, status)
    if status == 401:
        found.headers["WWW-Authenticate"] = "Bearer"
    if status == 429:
        found.headers["Retry-After"] = "60"
    return found


async def content(request: Request, most: int) -> bytes:
    """The body of a request, whole, at most so many bytes."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced[:18]) > most:
        raise Told(413, f"The request is larger than {most:,} bytes. Send it in parts.")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Told(413, f"The request is larger than {most:,} bytes. Send it in parts.")
        parts.append(part)
    return _unpacked(b"".join(parts), request.headers.get("content-encoding", ""), most)


def _unpacked(body: bytes, how: str, most: int) -> bytes:
    """A body that may have come packed; never more than so many bytes, whatever it says of itself."""
    if how.lower() in ("", "identity"):
        return body
    if how.lower() != "gzip":
        raise Told(415, "A request may come packed as gzip, and in no other way.")
    unpacking = zlib.decompressobj(31)
    try:
        whole = unpacking.decompress(body, most + 1)
    except zlib.error:
        raise Told(400, "The request is not valid gzip.") from None
    if len(whole) > most:
        raise Told(413, f"The request is larger than {most:,} bytes. Send it in parts.")
    if not unpacking.eof:
        raise Told(400, "The request is not valid gzip.")
    return whole


def parsed(body: bytes) -> Mapping[str, Any]:
    """The JSON object a body holds; {} for an empty one."""
    if not body.strip():
        return {}
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Told(400, "The request is not valid JSON.") from None
    if not isinstance(found, dict):
        raise Told(400, "The request must be a JSON object.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class Guard:
    """Around everything: hosts that are not ours are refused, every answer carries the headers that keep a page safe.

    `hosts` empty: any. A page that tricks a browser into asking this machine under another name gets nothing.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], secure: bool) -> None:
        self.app, self.hosts, self.secure = app, hosts, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["nonce"] = nonce = token_hex(12)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers(nonce)]
            await send(message)

        host = Request(scope).headers.get("host", "").rpartition("@")[2].lower()
        name = host.split("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
        if self.hosts and name not in self.hosts:
            await error(421, "This hub does not answer under that name.")(scope, receive, sending)
            return
        await self.app(scope, receive, sending)

    def _headers(self, nonce: str) -> list[tuple[bytes, bytes]]:
        fixed = {
            "content-security-policy": POLICY.format(nonce=nonce),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cache-control": "no-store",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        if self.secure:
            fixed["strict-transport-security"] = "max-age=31536000"
        return [(name.encode(), value.encode()) for name, value in fixed.items()]


Handler = Callable[[Request], Awaitable[Response]]
