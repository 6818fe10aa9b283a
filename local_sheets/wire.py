"""HTTP as plain values: requests, responses, routes. No socket here, so tests can talk to the server without one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from local_sheets import schema
from local_sheets.errors import ApiError, bad_field

Json = dict[str, Any]

_ID = r"(?P<{}>[^/:]+)"
_BOOK = "/v4/spreadsheets/" + _ID.format("spreadsheetId")
_FILE = "/drive/v3/files/" + _ID.format("fileId")
_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("POST", r"/token", "token"),
    ("POST", r"/v4/spreadsheets", "sheets.spreadsheets.create"),
    ("GET", _BOOK, "sheets.spreadsheets.get"),
    ("POST", _BOOK + ":batchUpdate", "sheets.spreadsheets.batchUpdate"),
    ("POST", _BOOK + ":getByDataFilter", "sheets.spreadsheets.getByDataFilter"),
    ("GET", _BOOK + "/developerMetadata/" + _ID.format("metadataId"), "sheets.spreadsheets.developerMetadata.get"),
    ("POST", _BOOK + "/developerMetadata:search", "sheets.spreadsheets.developerMetadata.search"),
    ("POST", _BOOK + "/sheets/" + _ID.format("sheetId") + ":copyTo", "sheets.spreadsheets.sheets.copyTo"),
    ("GET", _BOOK + "/values:batchGet", "sheets.spreadsheets.values.batchGet"),
    ("POST", _BOOK + "/values:batchUpdate", "sheets.spreadsheets.values.batchUpdate"),
    ("POST", _BOOK + "/values:batchClear", "sheets.spreadsheets.values.batchClear"),
    ("POST", _BOOK + "/values:batchGetByDataFilter", "sheets.spreadsheets.values.batchGetByDataFilter"),
    ("POST", _BOOK + "/values:batchUpdateByDataFilter", "sheets.spreadsheets.values.batchUpdateByDataFilter"),
    ("POST", _BOOK + "/values:batchClearByDataFilter", "sheets.spreadsheets.values.batchClearByDataFilter"),
    ("POST", _BOOK + r"/values/(?P<range>.+):append", "sheets.spreadsheets.values.append"),
    ("POST", _BOOK + r"/values/(?P<range>.+):clear", "sheets.spreadsheets.values.clear"),
    ("GET", _BOOK + r"/values/(?P<range>.+)", "sheets.spreadsheets.values.get"),
    ("PUT", _BOOK + r"/values/(?P<range>.+)", "sheets.spreadsheets.values.update"),
    ("GET", r"/drive/v3/about", "drive.about.get"),
    ("GET", r"/drive/v3/files", "drive.files.list"),
    ("POST", r"/drive/v3/files", "drive.files.create"),
    ("GET", _FILE, "drive.files.get"),
    ("PATCH", _FILE, "drive.files.update"),
    ("DELETE", _FILE, "drive.files.delete"),
    ("POST", _FILE + "/copy", "drive.files.copy"),
    ("GET", _FILE + "/export", "drive.files.export"),
    ("GET", _FILE + "/comments", "drive.comments.list"),
    ("GET", _FILE + "/permissions", "drive.permissions.list"),
    ("POST", _FILE + "/permissions", "drive.permissions.create"),
    ("GET", _FILE + "/permissions/" + _ID.format("permissionId"), "drive.permissions.get"),
    ("PATCH", _FILE + "/permissions/" + _ID.format("permissionId"), "drive.permissions.update"),
    ("DELETE", _FILE + "/permissions/" + _ID.format("permissionId"), "drive.permissions.delete"),
    ("GET", r"/drive/v3/changes/startPageToken", "drive.changes.getStartPageToken"),
    ("GET", r"/drive/v3/changes", "drive.changes.list"),
    ("PUT", r"/upload/drive/v2/files/" + _ID.format("fileId"), "drive.upload.v2"),
)
ROUTES = tuple((verb, re.compile(pattern), name) for verb, pattern, name in _ROUTES)
# What every Google method takes.
_COMMON = {
    "alt", "fields", "key", "prettyPrint", "quotaUser", "userIp", "access_token", "oauth_token", "callback",
    "uploadType", "upload_protocol", "$.xgafv",
}  # fmt: skip
# Fields of a request's body are named from here in error messages.
_BODY_AT = {"sheets.spreadsheets.values.update": "data", "sheets.spreadsheets.values.append": "data"}
_BODY_AT["sheets.spreadsheets.create"] = "spreadsheet"


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; ``path`` as it came, percent signs and all."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"

    def json(self) -> Any:
        """The body parsed."""
        return json.loads(self.body)


def answer(body: Any, status: int = 200) -> Response:
    """A JSON response."""
    return Response(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


@dataclass(frozen=True, slots=True)
class Route:
    """Which method a request means, and the parts of its path."""

    name: str
    path: dict[str, str]


def route(request: Request) -> Route | None:
    """The method behind an address; ``None`` when there is none. Raises a 400 on bytes that are no UTF-8."""
    for verb, pattern, name in ROUTES:
        if verb == request.method and (found := pattern.fullmatch(request.path)):
            try:
                parts = {key: unquote(value, errors="strict") for key, value in found.groupdict().items()}
            except UnicodeDecodeError:
                raise ApiError(400, "Invalid UTF-8 in the address.") from None
            return Route(name, parts)
    return None


def overridden(request: Request) -> Request:
    """A long GET that came as POST: Google's clients do so with ``X-HTTP-Method-Override``."""
    verb = request.headers.get("x-http-method-override", "").upper()
    if request.method != "POST" or verb != "GET":
        return request
    query = request.body.decode("utf-8", "replace")
    return Request("GET", request.path, query, request.headers)


def query_of(request: Request, name: str) -> Json:
    """The query, checked against the method's parameters; names that the method lacks are refused by Sheets only."""
    known = schema.load()["methods"].get(name, {}).get("parameters", {})
    out: Json = {}
    for key, value in parse_qsl(request.query, keep_blank_values=True, errors="replace", max_num_fields=5_000):
        if key not in known:
            if key in _COMMON or name.startswith("drive."):
                out[key] = value
                continue
            text = (
                f'Invalid JSON payload received. Unknown name "{key}": Cannot bind query parameter. '
                f"Field '{key}' could not be found in request message."
            )
            raise bad_field(key, text[:500])
        kind = known[key]
        if kind.startswith("["):
            out.setdefault(key, []).append(_parameter(kind[1:], value, key))
        else:
            out[key] = _parameter(kind, value, key)
    if out.get("alt", "json") not in ("json", "media"):
        raise bad_field("alt", f"Invalid value at 'alt': {out['alt']!r} is not served here.")
    return out


def _parameter(kind: str, value: str, name: str) -> Any:
    if kind == "b":
        value = value.lower()
    return schema._scalar(kind, value, schema.snake(name))


def body_of(request: Request, name: str) -> Json:
    """The JSON body, checked against the method's message; an empty body is an empty message."""
    message = schema.load()["methods"].get(name, {}).get("request")
    if message is None or not request.body.strip():
        return {}
    return schema.parse(message, _json(request.body), _BODY_AT.get(name, ""), lenient=name.startswith("drive."))


def _json(body: bytes) -> Any:
    try:
        data = json.loads(body, parse_constant=_no_constant)
        if b"\\ud" in body.lower():
            json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        where = getattr(error, "pos", 0)
        near = body[max(where - 20, 0) : where + 20].decode("utf-8", "replace")
        raise ApiError(400, f"Invalid JSON payload received. Unexpected token.\n{near}", details=[]) from None
    return data


def _no_constant(text: str) -> Any:
    raise ValueError(text)
