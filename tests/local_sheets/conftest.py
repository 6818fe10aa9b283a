"""Fixtures: a service in this process, its account, an unmodified gspread client, and every response checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from local_sheets import wire
from local_sheets.client import InProcess, client, session
from local_sheets.environment import Clock, Environment, Ids
from local_sheets.service import Service
from tests.local_sheets.discovery import responses_fit

Json = dict[str, Any]
TOKEN_URI = "https://oauth2.googleapis.com/token"


class Bench:
    """A service with a spreadsheet or two, and short ways to call it."""

    def __init__(self, **options: Any) -> None:
        env = Environment(clock=Clock(), ids=Ids(7))
        self.service = Service(options.pop("path", None), env, check=True, **options)
        self.email = "stopbook@local-sheets.iam.gserviceaccount.com"
        self.token = self.service.workspace.accounts.issue(self.email, [_SHEETS, _DRIVE])

    @cached_property
    def info(self) -> Json:
        """The service-account file; making a key takes a while, so only when needed."""
        return self.service.workspace.accounts.create_service_account(TOKEN_URI)

    def person(self, email: str) -> str:
        """A token for a person."""
        self.service.workspace.accounts.add_person(email)
        return self.service.workspace.accounts.issue(email, [_SHEETS, _DRIVE])

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: str = "",
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> wire.Response:
        """A request as it goes over the wire; the answer is checked against the discovery document."""
        raw = body if isinstance(body, bytes) else b"" if body is None else _dump(body)
        head = {"authorization": f"Bearer {token or self.token}", **(headers or {})}
        request = wire.Request(method, path, query, head, raw)
        response = self.service.handle(request)
        found = wire.route(request) if response.status == 200 else None
        if found is not None and "fields=" not in query:
            responses_fit(found.name, response)
        return response

    def ok(self, method: str, path: str, body: Any = None, query: str = "", token: str | None = None) -> Json:
        """A request that must succeed."""
        response = self.send(method, path, body, query, token)
        assert response.status in (200, 204), response.body[:2000]
        out: Json = response.json() if response.body else {}
        return out

    def bad(self, method: str, path: str, body: Any = None, query: str = "", token: str | None = None) -> Json:
        """A request that must be refused with a 4xx; returns the error."""
        response = self.send(method, path, body, query, token)
        assert 400 <= response.status < 500, (response.status, response.body[:500])
        out: Json = response.json()["error"]
        assert out["code"] == response.status
        return out

    def create(self, title: str = "Book", sheets: list[Json] | None = None) -> str:
        """A new spreadsheet's id."""
        body: Json = {"properties": {"title": title}}
        if sheets:
            body["sheets"] = sheets
        return str(self.ok("POST", "/v4/spreadsheets", body)["spreadsheetId"])

    def batch(self, book: str, *requests: Json, token: str | None = None, **extra: Any) -> Json:
        """A batchUpdate that must succeed."""
        return self.ok(
            "POST", f"/v4/spreadsheets/{book}:batchUpdate", {"requests": list(requests), **extra}, token=token
        )

    def refused(self, book: str, *requests: Json, token: str | None = None) -> str:
        """A batchUpdate that must be refused and change nothing; returns the message."""
        before = self.whole(book)
        path = f"/v4/spreadsheets/{book}:batchUpdate"
        message = str(self.bad("POST", path, {"requests": list(requests)}, token=token)["message"])
        assert self.whole(book) == before
        return message

    def whole(self, book: str) -> Json:
        """The spreadsheet with all grid data."""
        return self.ok("GET", f"/v4/spreadsheets/{book}", query="includeGridData=true")

    def put(self, book: str, where: str, rows: list[list[Any]], option: str = "RAW", token: str | None = None) -> Json:
        """values.update that must succeed."""
        path = f"/v4/spreadsheets/{book}/values/{where}"
        return self.ok("PUT", path, {"values": rows}, f"valueInputOption={option}", token)

    def get(self, book: str, where: str, render: str = "UNFORMATTED_VALUE") -> list[list[Any]]:
        """values.get."""
        found = self.ok("GET", f"/v4/spreadsheets/{book}/values/{where}", query=f"valueRenderOption={render}")
        rows: list[list[Any]] = found.get("values", [])
        return rows

    def switch(self, **values: Any) -> None:
        """Sets switches."""
        self.service.env.switches = self.service.env.switches.changed(values)

    def adapter(self) -> InProcess:
        """An adapter for requests sessions."""
        return InProcess(self.service)

    def gspread(self, subject: str | None = None) -> Any:
        """An unmodified gspread client."""
        return client(self.info, self.adapter(), subject=subject)

    def session(self) -> Any:
        """An authorised session."""
        return session(self.info, self.adapter())

    def close(self) -> None:
        """Nothing may have failed inside, and every answer must have had its shape."""
        counters = self.service.env.counters
        self.service.close()
        assert counters["internal_errors"] == 0
        assert self.service.problems == []


_SHEETS = "https://www.googleapis.com/auth/spreadsheets"
_DRIVE = "https://www.googleapis.com/auth/drive"


def _dump(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A fresh service in memory."""
    found = Bench()
    yield found
    found.close()


@pytest.fixture
def book(bench: Bench) -> str:
    """A spreadsheet with one tab of ten rows by six columns named Stops, sheet id 0."""
    return bench.create(
        sheets=[{"properties": {"sheetId": 0, "title": "Stops", "gridProperties": {"rowCount": 10, "columnCount": 6}}}]
    )
