"""The server without its sockets: a request in, a response out, one after the other, never an unhandled error."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from local_sheets import dispatcher, drive, drive_upload, masks, methods, schema, wire
from local_sheets.auth import DRIVE_READ, DRIVE_WRITE, READ_SCOPES, WRITE_SCOPES, GrantError
from local_sheets.environment import Environment
from local_sheets.errors import UNIMPLEMENTED, ApiError, bad_field, not_found, unimplemented
from local_sheets.faults import Faults, Outcome
from local_sheets.methods import Call
from local_sheets.quota import Quota
from local_sheets.wire import Request, Response, Route
from local_sheets.workspace import Workspace

Json = dict[str, Any]
log = logging.getLogger("local_sheets")

MAX_BODY = 64 * 1024 * 1024
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,120}")
_NOT_FOUND = b"<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title><p><b>404.</b> That is an error."
_GOOGLE = re.compile(r"/(v4|drive/v[23]|upload/drive/v[23]|batch)(/|$)")


class Service:
    """Routes, checks and answers requests; keeps faults, quotas and counters."""

    def __init__(
        self,
        path: Path | None = None,
        env: Environment | None = None,
        *,
        quota: bool = False,
        check: bool = False,
        max_body: int = MAX_BODY,
    ) -> None:
        self.env = env or Environment()
        self.workspace = Workspace(path, self.env)
        none = None if not quota else 60
        self.quota = Quota(self.env.clock, none, None if not quota else 300)
        self.faults = Faults(self.env)
        self.check = check
        self.max_body = max_body
        self.token_uri = ""
        self.problems: list[str] = []

    def close(self) -> None:
        """Closes the store."""
        self.workspace.close()

    def exchange(self, request: Request) -> Outcome:
        """A request with faults applied: what the client gets, if it gets anything. Dispatchers act afterwards."""
        with self.env.lock:
            request = wire.overridden(request)
            try:
                found = wire.route(request)
            except ApiError:
                found = None
            name = found.name if found else ""
            outcome = self.faults.around(request, name, self.handle, self.workspace.accounts.revoke_all)
            book_id = (found.path.get("spreadsheetId") or found.path.get("fileId")) if found else None
            if book_id is not None and self.workspace.dispatchers:
                dispatcher.take_turns(self.workspace, book_id)
            return outcome

    def handle(self, request: Request) -> Response:
        """Answers a request, without faults."""
        with self.env.lock:
            self.env.count("requests")
            is_drive = "/drive/" in request.path
            try:
                return self._answer(wire.overridden(request))
            except ApiError as error:
                if UNIMPLEMENTED in error.message:
                    self.env.count("unimplemented")
                return wire.answer(error.body(drive=is_drive), error.code)
            except Exception:
                log.exception("a request failed inside the server: %s %s", request.method, request.path[:200])
                self.env.count("internal_errors")
                return wire.answer(ApiError(500, "Internal error encountered.").body(drive=is_drive), 500)

    def _answer(self, request: Request) -> Response:
        found = wire.route(request)
        if found is None:
            if _GOOGLE.match(request.path):
                raise unimplemented(f"{request.method} {request.path[:200]}")
            return Response(404, _NOT_FOUND, "text/html; charset=UTF-8")
        if len(request.body) > self.max_body:
            raise bad_field("body", f"Request payload size exceeds the limit: {self.max_body} bytes.")
        self.env.count(f"method:{found.name}")
        if found.name == "token":
            return self._token(request)
        caller = self.workspace.accounts.caller(request.headers.get("authorization"))
        self._check_path(found)
        api, _, name = found.name.partition(".")
        query = wire.query_of(request, found.name)
        if api == "drive":
            caller.need(DRIVE_WRITE if name in drive.WRITES else DRIVE_READ)
            return self._drive(name, request, Call(self.workspace, caller, found.path, query))
        writes = name not in methods.READS
        caller.need(WRITE_SCOPES if writes else READ_SCOPES)
        self.quota.spend(caller.email, write=writes)
        response = schema.load()["methods"][found.name]["response"]
        mask = masks.response(query["fields"], response) if query.get("fields") else None
        body = wire.body_of(request, found.name)
        out = methods.METHODS[name](Call(self.workspace, caller, found.path, query, body, mask))
        return self._checked(schema.elide(response, out), response, mask)

    def _check_path(self, found: Route) -> None:
        """Ids are letters, digits, ``-`` and ``_``; anything else names no file."""
        for key in ("spreadsheetId", "fileId"):
            if key in found.path and not _FILE_ID.fullmatch(found.path[key]):
                raise not_found() if key == "spreadsheetId" else drive.missing(found.path[key][:120])

    def _checked(self, body: Json, message: str, mask: masks.Tree | None) -> Response:
        if mask is not None:
            body = masks.select(body, mask)
        if self.check:
            wrong = schema.problems(message, body)
            if wrong:
                self.env.count("invalid_responses")
                self.problems += wrong[:10]
                log.error("a response does not fit %s: %s", message, wrong[:3])
        return wire.answer(body)

    def _drive(self, name: str, request: Request, call: Call) -> Response:
        if name == "upload.v2":
            out = drive_upload.upload_v2(call, request.headers.get("content-type", ""), request.body)
            return wire.answer(out)
        spec = schema.load()["methods"][f"drive.{name}"]
        message = spec["response"]
        mask = None
        if call.query.get("fields") and message:
            mask = masks.response(call.query["fields"], message, drive=True)
        body = wire.body_of(request, f"drive.{name}")
        out = drive.METHODS[name](Call(call.workspace, call.caller, call.path, call.query, body, mask))
        if name == "files.export":
            return Response(200, out[1], out[0])
        if out is None:
            return Response(204, b"", "text/html")
        return self._checked(out, message, mask)

    def _token(self, request: Request) -> Response:
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), max_num_fields=50)
        try:
            return wire.answer(self.workspace.accounts.grant(dict(pairs), self.token_uri))
        except GrantError as error:
            return wire.answer(error.body(), 400)
