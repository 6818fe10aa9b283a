"""Unmodified Google clients against this server.

gspread has its hosts fixed and takes no base address, so an adapter is mounted on its session: over loopback
(:class:`Loopback`) or straight into a :class:`~local_sheets.service.Service` in this process (:class:`InProcess`).
google-auth would look up ``iamcredentials.googleapis.com`` after each token; :func:`credentials` prevents it.
These helpers need requests, google-auth and gspread, which the server itself does not.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import requests
from google.auth.transport.requests import AuthorizedSession
from google.auth.transport.requests import Request as AuthRequest
from google.oauth2 import service_account
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from local_sheets import wire

if TYPE_CHECKING:
    import gspread

    from local_sheets.service import Service

Json = dict[str, Any]
HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com", "https://oauth2.googleapis.com")
SCOPES = ("https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive")


class Loopback(HTTPAdapter):
    """Sends what was meant for Google to ``http://127.0.0.1:port``."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._base = urlsplit(address)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Redirects and sends."""
        parts = urlsplit(str(request.url))
        request.url = urlunsplit((self._base.scheme, self._base.netloc, parts.path, parts.query, ""))
        kwargs["proxies"] = {}
        return super().send(request, *args, **kwargs)


class InProcess(BaseAdapter):
    """Hands requests to a service without a socket; a cut connection raises what requests raises for one."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Answers from the service."""
        parts = urlsplit(str(request.url))
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        assert isinstance(raw, bytes), "streams are not sent here"
        headers = {key.lower(): str(value) for key, value in request.headers.items()}
        outcome = self._service.exchange(wire.Request(str(request.method), parts.path, parts.query, headers, raw))
        if outcome.cut == "drop":
            raise requests.ConnectionError("Remote end closed connection without response", request=request)
        if outcome.cut == "hang" or outcome.response is None:
            raise requests.ReadTimeout("Read timed out.", request=request)
        return _response(request, outcome.response)

    def close(self) -> None:
        """Nothing to close."""


def _response(request: requests.PreparedRequest, found: wire.Response) -> requests.Response:
    out = requests.Response()
    out.status_code = found.status
    out.headers["Content-Type"] = found.content_type
    out.encoding = "utf-8"
    out.url = str(request.url)
    out.request = request
    out.raw = HTTPResponse(io.BytesIO(found.body), status=found.status, preload_content=False)
    return out


class _Quiet(service_account.Credentials):
    """Credentials that look nothing up behind the user's back."""

    def _build_regional_access_boundary_lookup_url(self, *args: Any, **kwargs: Any) -> None:
        return None


def credentials(info: Json, scopes: tuple[str, ...] = SCOPES, subject: str | None = None) -> Any:
    """google-auth credentials from a service-account file's contents; ``subject`` acts in a person's name."""
    return _Quiet.from_service_account_info(info, scopes=list(scopes), subject=subject)  # type: ignore[no-untyped-call]


def mount(session: requests.Session, adapter: BaseAdapter) -> None:
    """Puts an adapter in front of Google's hosts."""
    for host in HOSTS:
        session.mount(host, adapter)


def session(info: Json, adapter: BaseAdapter, scopes: tuple[str, ...] = SCOPES, subject: str | None = None) -> Any:
    """An authorised session whose every request, tokens included, goes through the adapter."""
    auth = requests.Session()
    auth.mount("https://", adapter)
    auth.mount("http://", adapter)
    creds = credentials(info, scopes, subject)
    out = AuthorizedSession(creds, auth_request=AuthRequest(auth))  # type: ignore[no-untyped-call]
    mount(out, adapter)
    return out


def client(
    info: Json, adapter: BaseAdapter, scopes: tuple[str, ...] = SCOPES, subject: str | None = None
) -> gspread.Client:
    """An unmodified gspread client on this server."""
    import gspread

    authorised = session(info, adapter, scopes, subject)
    return gspread.Client(auth=authorised.credentials, session=authorised)
