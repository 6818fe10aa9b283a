"""The way to Google over HTTPS: one service account, time-outs on everything, a budget of requests, no hidden retry.

Only reads are ever repeated. What a write met is said in one of three ways: it was refused for certain (`NotApplied`),
nobody can know (`Ambiguous`), or it is done. The key never leaves the credentials object: it is in no message.
"""

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import stamina
from google.auth import exceptions as auth
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account
from gspread.http_client import HTTPClient
from requests.adapters import HTTPAdapter

from sheets_sync.google.pace import KINDS, Pace
from sheets_sync.google.replica import Ambiguous, NotApplied, Rejected
from workbooks.problems import Refused

Json = dict[str, Any]
SHEETS = "https://sheets.googleapis.com"
DRIVE = "https://www.googleapis.com"
SCOPES = ("https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive")
TIMEOUT = (5.0, 180.0)
"""seconds to connect, and to wait for an answer: Google gives up after 180 itself"""


class Unreachable(Refused):
    """Google did not answer a read, or not with sense; trying later helps."""


class Busy(Unreachable):
    """Too many requests this minute."""


class Spent(NotApplied):
    """Too many requests this minute, so a write was not even looked at; later it may be."""


class Gone(NotApplied):
    """There is no such spreadsheet, or it is not shared with us."""


class _Quiet(service_account.Credentials):
    """Credentials that look nothing up behind anybody's back (google-auth asks for regional boundaries)."""

    def _build_regional_access_boundary_lookup_url(self, *args: Any, **kwargs: Any) -> None:
        return None


class _Elsewhere(HTTPAdapter):
    """Sends what is meant for Google to a server on this machine."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self._base = urlsplit(server)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Redirects and sends."""
        parts = urlsplit(str(request.url))
        request.url = urlunsplit((self._base.scheme, self._base.netloc, parts.path, parts.query, ""))
        kwargs["proxies"] = {}
        return super().send(request, *args, **kwargs)


def account_of(path: Path) -> Json:
    """The contents of a service-account file; Refused, without a word of its contents, when it is none."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Refused(f"The service-account file {path} cannot be read ({error.strerror}). Check its path.") from None
    except ValueError:
        raise Refused(f"{path} is not a service-account file. Download a JSON key from the Google console.") from None
    if not isinstance(found, dict) or not {"client_email", "private_key", "token_uri"} <= found.keys():
        raise Refused(f"{path} is not a service-account file. Download a JSON key from the Google console.")
    return found


def _checked(server: str) -> str:
    parts = urlsplit(server)
    if server and (parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1")):
        raise Refused(f"{server} is not a server on this machine. Leave the address out to work with Google itself.")
    return server


class Client(HTTPClient):
    """Requests in the name of a service account; to Google, or to a server on this machine that answers as Google."""

    def __init__(
        self, account: Mapping[str, Any], server: str = "", *, pace: Pace | None = None,
        timeout: tuple[float, float] = TIMEOUT, attempts: int = 4, pause: float = 1.0,
    ) -> None:  # fmt: skip
        try:
            credentials = _Quiet.from_service_account_info(dict(account), scopes=list(SCOPES))  # type: ignore[no-untyped-call]
        except (ValueError, auth.GoogleAuthError):
            raise Refused("The service-account file holds no usable key. Download a new one and connect it.") from None
        self.email = str(account["client_email"])
        plain = requests.Session()
        self._credentials = credentials
        self._signing_in = Request(plain)
        session = AuthorizedSession(credentials, (), auth_request=self._signing_in)  # type: ignore[no-untyped-call]
        if _checked(server):
            for one in (plain, session):
                one.trust_env = False
                for host in (SHEETS, DRIVE, "https://oauth2.googleapis.com"):
                    one.mount(host, _Elsewhere(server))
        super().__init__(credentials, session)
        self.timeout = timeout
        self.server = server
        self.calls = dict.fromkeys(KINDS, 0)
        self.sent = self.received = 0
        self._attempts, self._pause = attempts, pause
        self.pace = pace
        """what keeps within the budget, given to every client of the same home; None: nothing does"""

    def get(self, url: str, params: Any, kind: str = "read") -> Json:
        """A read, repeated a few times where that may help."""
        repeated = stamina.retry(
            on=Unreachable, attempts=self._attempts, wait_initial=self._pause, wait_max=64 * self._pause,
            wait_jitter=self._pause, timeout=None,
        )  # fmt: skip
        once: Callable[[], Json] = repeated(lambda: self._read(url, params, kind))
        return once()

    def _read(self, url: str, params: Any, kind: str) -> Json:
        try:
            response = self._send("GET", url, kind, params=params)
            if response.ok:
                return _object(response)
        except (requests.RequestException, auth.TransportError, ValueError) as error:
            raise Unreachable(f"Google did not answer ({type(error).__name__}). Trying again later.") from None
        raise self._refusal(response, reading=True)

    def post(self, url: str, body: Json, kind: str = "write", params: Any = None) -> Json:
        """A write, sent once."""
        data = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        try:
            response = self._send("POST", url, kind, params=params, data=data)
        except auth.TransportError:
            raise NotApplied("Google's sign-in did not answer, so nothing was written. Trying again later.") from None
        except requests.RequestException as error:
            raise Ambiguous(f"Google did not say whether a write was done ({type(error).__name__}).") from None
        if response.ok:
            try:
                return _object(response)
            except (ValueError, requests.RequestException):
                raise Ambiguous("Google's answer to a write was cut off.") from None
        if response.status_code >= 500 or response.status_code == 408:
            raise Ambiguous(f"Google did not say whether a write was done (status {response.status_code}).")
        raise self._refusal(response, reading=False)

    def delete(self, url: str) -> None:
        """Deletes a file of our own; whatever becomes of it, nothing else depends on it."""
        with contextlib.suppress(requests.RequestException, auth.GoogleAuthError, Refused):
            self._send("DELETE", url, "write", params={"supportsAllDrives": "true"})

    def _send(
        self, method: str, url: str, kind: str, params: Any = None, data: bytes | None = None
    ) -> requests.Response:
        """Sends once; a token that ran out early is replaced, because what it was refused for was not done."""
        headers = {"Content-Type": "application/json; charset=utf-8"} if data is not None else None
        for again in (False, True):
            if self.pace is not None:
                self.pace.take(kind)
            self.calls[kind] += 1
            self.sent += len(data or b"")
            try:
                response = self.session.request(
                    method, url, params=params, data=data, headers=headers, timeout=self.timeout, allow_redirects=False
                )
                self.received += len(response.content)
                if response.status_code != 401 or again:
                    break
                self._credentials.refresh(self._signing_in)
            except auth.RefreshError:
                raise NotApplied(self._locked_out()) from None
        return response

    def _locked_out(self) -> str:
        return (
            f"Google no longer accepts the key of {self.email}. Make a new key and run “stopbook google connect FILE”."
        )

    def _refusal(self, response: requests.Response, *, reading: bool) -> Refused:
        """What a refusal means for the person; the server's own words only where they help."""
        status, message = response.status_code, _message(response)
        if status == 429 or (status == 403 and "ateLimitExceeded" in response.text):
            wait = "Google allows no more requests this minute. Trying again later."
            return Busy(wait) if reading else Spent(wait)
        if status >= 500 or status == 408 or 300 <= status < 400:
            return Unreachable(f"Google did not answer (status {status}). Trying again later.")
        if status == 401:
            return NotApplied(self._locked_out())
        if status == 403:
            right = "see" if reading else "edit"
            return Gone(f"{self.email} may not {right} this spreadsheet. Share it with that address as an editor.")
        if status == 404:
            return Gone(f"There is no such spreadsheet, or it is not shared with {self.email}. Share it as an editor.")
        if "protected" in message.lower():
            return Rejected(f"A protected range refuses {self.email}. Allow it to edit there, or lift the protection.")
        return Rejected(f"Google refused the request: {message[:300]}")


def _object(response: requests.Response) -> Json:
    found = response.json()
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _message(response: requests.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError, requests.RequestException):
        return f"status {response.status_code}"
