"""The gate: who asks, how often they may, and the cookie of somebody who signed in on the page."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from secrets import token_urlsafe
from threading import Lock

from starlette.requests import Request

from stopbook.hub.wire import Limits, Told
from stopbook.people import NotSignedIn, Person, local, sign_in
from workbooks.ledger import Ledger

COOKIE = "stopbook"
HOURS = 12
"""somebody who signed in on the page is asked again after so long"""
LOCAL = "local_"
"""what the key of the home begins with, and what no token begins with"""
_MOST_NAMES = 10_000


@dataclass(frozen=True)
class Visit:
    """Somebody signed in on the page: their token, the secret every form of theirs carries, and when it ends."""

    token: str
    csrf: str
    ends: datetime


class Gate:
    """Says who asks. Counts by the minute; a wrong token is counted against the address it came from."""

    def __init__(self, ledger: Ledger, limits: Limits, local_key: str = "") -> None:
        self._ledger, self._limits, self._local_key = ledger, limits, local_key
        self._visits: dict[str, Visit] = {}
        self._counts: dict[str, int] = {}
        self._minute = ""
        self._lock = Lock()

    def by_token(self, token: str, address: str, name: str, at: datetime) -> Person:
        """The person behind a token; NotSignedIn, or Told when there are too many questions.

        The key of the home, which only this machine's own user can read, signs as `name` and from loopback alone.
        """
        try:
            if token.startswith(LOCAL):
                same = hmac.compare_digest(token.encode("utf-8", "replace"), (LOCAL + self._local_key).encode())
                if not self._local_key or not same or not is_loopback(address):
                    raise NotSignedIn("This token is not known. Ask your manager for a new one.")
                person = local(name[:60] or "somebody")
            else:
                person = sign_in(self._ledger, token, at)
        except NotSignedIn:
            # counted here alone: a good token is not made to wait for a colleague's bad one behind the same address
            if self._count(f"address {address}", at) > self._limits.wrong_a_minute:
                raise Told(429, "Too many wrong tokens came from this address. Wait a minute.") from None
            raise
        if self._count(f"person {person.token_id or person.email}", at) > self._limits.a_minute:
            raise Told(429, f"More than {self._limits.a_minute} requests in a minute. Wait a minute.")
        return person

    def open_visit(self, token: str, at: datetime) -> str:
        """Begin a visit for a token that was found good; returns what goes into the cookie."""
        secret = token_urlsafe(32)
        with self._lock:
            self._visits = {name: visit for name, visit in self._visits.items() if visit.ends > at}
            self._visits[_hash(secret)] = Visit(token, token_urlsafe(24), at + timedelta(hours=HOURS))
        return secret

    def visit(self, request: Request, at: datetime) -> Visit | None:
        """The visit a request belongs to, or None."""
        found = self._visits.get(_hash(request.cookies.get(COOKIE, "")))
        return found if found is not None and found.ends > at else None

    def close_visit(self, request: Request) -> None:
        """End a visit."""
        with self._lock:
            self._visits.pop(_hash(request.cookies.get(COOKIE, "")), None)

    def _count(self, name: str, at: datetime) -> int:
        with self._lock:
            minute = f"{at:%Y%m%d%H%M}"
            if minute != self._minute or len(self._counts) > _MOST_NAMES:
                self._minute, self._counts = minute, {}
            self._counts[name] = self._counts.get(name, 0) + 1
            return self._counts[name]


def bearer(request: Request) -> str:
    """The token of a request; NotSignedIn without one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Sign in with your personal token: Authorization: Bearer sb_…")
    return token.strip()


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def is_loopback(address: str) -> bool:
    """True for this very machine."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def same(given: str, expected: str) -> bool:
    """True when both are the same, in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
