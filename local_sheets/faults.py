"""Faults on demand: what goes wrong between a client and Google, by rule, by count or by seed.

A fault says which requests it hits (method name, address), how many it lets pass, how often it strikes and how likely.
What reaches the client is an :class:`Outcome`: a response, a cut connection, or silence.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from typing import Any, Literal

from local_sheets import wire
from local_sheets.environment import Environment
from local_sheets.errors import ApiError
from local_sheets.quota import exceeded
from local_sheets.wire import Request, Response

Json = dict[str, Any]
Kind = Literal[
    "rate_limit",
    "drive_rate_limit",
    "server_error",
    "bad_gateway",
    "unavailable_before",
    "unavailable_after",
    "drop_before",
    "drop_after",
    "hang_before",
    "hang_after",
    "late",
    "truncated",
    "revoked",
    "clock_skew",
]
KINDS: dict[str, str] = {
    "rate_limit": "429 as recorded, nothing applied",
    "drive_rate_limit": "403 userRateLimitExceeded, as Drive says it, nothing applied",
    "server_error": "500, nothing applied",
    "bad_gateway": "502 with a page of HTML, nothing applied",
    "unavailable_before": "503, nothing applied",
    "unavailable_after": "503 although the request was applied",
    "drop_before": "the connection is cut, nothing applied",
    "drop_after": "the request is applied, then the connection is cut",
    "hang_before": "no answer until the client gives up, nothing applied",
    "hang_after": "the request is applied, no answer until the client gives up",
    "late": "the connection is cut; the request is applied after so many more requests, or when released",
    "truncated": "the request is applied, half of the JSON arrives",
    "revoked": "every token becomes invalid, so this request meets a 401",
    "clock_skew": "the server's clock is shifted from here on",
}
_GATEWAY = (
    b"<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error 502 (Server Error)!!1</title>\n"
    b"  <p><b>502.</b> <ins>That's an error.</ins>\n  <p>The server encountered a temporary error and could not "
    b"complete your request.<p>Please try again in 30 seconds.\n"
)


@dataclass
class Fault:
    """One rule. ``skip`` requests pass first, then it strikes ``times`` times (``None``: always) with ``chance``."""

    kind: Kind
    method: str = ""
    path: str = ""
    skip: int = 0
    times: int | None = 1
    chance: float = 1.0
    delay: int = 1
    seconds: float = 0.0
    struck: int = 0

    @classmethod
    def of(cls, data: Json) -> Fault:
        """From JSON; raises ``ValueError`` that says what is wrong."""
        known = {f.name for f in fields(cls)} - {"struck"}
        if set(data) - known:
            raise ValueError(f"a fault has no {sorted(set(data) - known)[0]}")
        if data.get("kind") not in KINDS:
            raise ValueError(f"no fault {data.get('kind')!r}; there are {', '.join(KINDS)}")
        fault = cls(**data)
        try:
            re.compile(fault.path)
        except re.error as error:
            raise ValueError(f"path is no pattern: {error}") from None
        whole = (fault.skip, fault.delay, 0 if fault.times is None else fault.times)
        if not all(type(n) is int and n >= 0 for n in whole) or not 0 <= fault.chance <= 1:
            raise ValueError("skip, delay and times are whole numbers from 0, chance lies between 0 and 1")
        return fault

    def json(self) -> Json:
        """As the admin interface shows it."""
        return asdict(self)

    def meets(self, request: Request, name: str) -> bool:
        """Whether this rule means a request; a method name may leave off its beginning."""
        if self.method and name != self.method and not name.endswith("." + self.method):
            return False
        return not self.path or re.search(self.path, request.path) is not None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the client gets: a response, or a cut (``drop``), or nothing (``hang``)."""

    response: Response | None
    cut: Literal["", "drop", "hang"] = ""


@dataclass
class _Late:
    request: Request
    left: int


@dataclass
class Faults:
    """The rules in force, the requests that are still on their way, and what struck so far."""

    env: Environment
    rules: list[Fault] = field(default_factory=list)
    log: list[Json] = field(default_factory=list)
    late: list[_Late] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(0)  # noqa: S311 - repeatable on purpose

    def seed(self, seed: int) -> None:
        """Starts the dice anew."""
        self._random = random.Random(seed)  # noqa: S311

    def add(self, fault: Fault) -> None:
        """Puts a rule in force."""
        self.rules.append(fault)

    def clear(self) -> None:
        """Lifts all rules; requests on their way stay."""
        self.rules.clear()

    def _pick(self, request: Request, name: str) -> Fault | None:
        for fault in self.rules:
            if not fault.meets(request, name) or (fault.times is not None and fault.struck >= fault.times):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.chance < 1 and self._random.random() >= fault.chance:
                continue
            fault.struck += 1
            return fault
        return None

    def release(self, handle: Callable[[Request], Response], *, everything: bool = False) -> int:
        """Applies late requests that are due; returns how many."""
        for waiting in self.late:
            waiting.left -= 1
        due = [waiting for waiting in self.late if everything or waiting.left < 0]
        self.late = [waiting for waiting in self.late if waiting not in due]
        for waiting in due:
            response = handle(waiting.request)
            self.log.append({"fault": "late", "applied": True, "status": response.status})
        return len(due)

    def around(
        self,
        request: Request,
        name: str,
        handle: Callable[[Request], Response],
        revoke: Callable[[], int],
    ) -> Outcome:
        """A request with whatever befalls it."""
        self.release(handle)
        fault = None if name == "token" else self._pick(request, name)
        if fault is None:
            return Outcome(handle(request))
        self.env.count(f"fault:{fault.kind}")
        self.log.append({"fault": fault.kind, "method": name, "path": request.path})
        kind, is_drive = fault.kind, name.startswith("drive.")
        if kind == "clock_skew":
            self.env.clock.skew += timedelta(seconds=fault.seconds)
            return Outcome(handle(request))
        if kind == "revoked":
            revoke()
            return Outcome(handle(request))
        if kind == "late":
            self.late.append(_Late(request, fault.delay))
            return Outcome(None, "drop")
        if kind in ("drop_before", "hang_before"):
            return Outcome(None, "drop" if kind == "drop_before" else "hang")
        if kind in ("drop_after", "hang_after"):
            handle(request)
            return Outcome(None, "drop" if kind == "drop_after" else "hang")
        if kind == "truncated":
            full = handle(request)
            return Outcome(Response(full.status, full.body[: len(full.body) // 2], full.content_type))
        if kind == "unavailable_after":
            handle(request)
        return Outcome(_refusal(kind, name, is_drive=is_drive))


def _refusal(kind: str, name: str, *, is_drive: bool) -> Response:
    if kind == "bad_gateway":
        return Response(502, _GATEWAY, "text/html; charset=UTF-8")
    error = {
        "rate_limit": exceeded("read" if name.endswith((".get", "batchGet", "Filter")) else "write"),
        "drive_rate_limit": ApiError(403, "User rate limit exceeded.", reason="userRateLimitExceeded"),
        "server_error": ApiError(500, "Internal error encountered."),
    }.get(kind, ApiError(503, "The service is currently unavailable."))
    return wire.answer(error.body(drive=is_drive or kind == "drive_rate_limit"), error.code)
