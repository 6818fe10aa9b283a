"""Unmodified gspread, google-auth and google-api-python-client against the server, over loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import google_auth_httplib2
import gspread
import httplib2
import pytest
from google.auth import jwt
from google.auth.crypt import RSASigner
from google.auth.exceptions import RefreshError
from googleapiclient.discovery import build
from gspread.utils import ExportFormat

from local_sheets.auth import GOOGLE_AUDIENCE, GRANT
from local_sheets.client import SCOPES, Loopback, client, credentials
from local_sheets.faults import Fault
from local_sheets.server import Running
from local_sheets.service import Service
from tests.local_sheets.conftest import Bench

Json = dict[str, Any]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A server on a port of its own."""
    service = Service(check=True)
    with Running(service) as found:
        yield found
    assert service.problems == []
    assert service.env.counters["internal_errors"] == 0
    service.close()


@pytest.fixture(scope="module")
def info(running: Running) -> Json:
    """A service-account file."""
    return running.service.workspace.accounts.create_service_account(f"{running.address}/token")


def test_gspread_and_no_name_but_loopback_is_resolved(
    running: Running, info: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """google-auth's background look-up would ask for iamcredentials.googleapis.com, on a thread of its own."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def spy(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(str(host))
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    threads = set(threading.enumerate())
    gc = client(info, Loopback(running.address))
    book = gc.create("Board")
    sheet = book.sheet1
    sheet.update([["Stop", "Pay"], ["S1", 12.5]], "A1")
    sheet.append_row(["S2", 7])
    sheet.insert_row(["S0", 1], 2)
    sheet.update_acell("C1", "=SUM(B2:B4)")
    assert sheet.get_all_values() == [["Stop", "Pay", "20.5"], ["S0", "1", ""], ["S1", "12.5", ""], ["S2", "7", ""]]
    assert sheet.find("S2").address == "A4"
    sheet.sort((1, "des"), range="A2:B4")
    assert sheet.col_values(1) == ["Stop", "S2", "S1", "S0"]
    sheet.format("A1:B1", {"textFormat": {"bold": True}})
    book.share("ann@example.com", perm_type="user", role="writer", notify=False)
    assert [p["emailAddress"] for p in book.list_permissions()] == [info["client_email"], "ann@example.com"]
    assert gc.export(book.id, ExportFormat.CSV).startswith(b"Stop,Pay")
    assert gc.copy(book.id, title="Twin").sheet1.acell("A1").value == "Stop"
    gc.import_csv(book.id, "x,y")
    assert gc.open("Board").sheet1.get_all_values() == [["x", "y"]]
    gc.del_spreadsheet(book.id)
    with pytest.raises(gspread.exceptions.SpreadsheetNotFound):
        gc.open("Board")
    with pytest.raises(gspread.exceptions.SpreadsheetNotFound):
        gc.open_by_key("nosuch")
    for thread in set(threading.enumerate()) - threads:
        thread.join(0.5)
    assert asked
    assert set(asked) <= {"127.0.0.1", "localhost"}


def test_requests_and_errors_look_like_googles(running: Running, info: Json) -> None:
    gc = client(info, Loopback(running.address))
    sheet = gc.create("Errors").sheet1
    with pytest.raises(gspread.exceptions.APIError) as caught:
        sheet.update([[1]], "A2000")
    assert caught.value.code == 400
    assert "exceeds grid limits" in str(caught.value)
    running.service.faults.add(Fault("rate_limit"))
    with pytest.raises(gspread.exceptions.APIError) as caught:
        sheet.acell("A1")
    assert caught.value.code == 429
    assert "Retry-After" not in caught.value.response.headers
    running.service.faults.add(Fault("revoked"))
    assert sheet.acell("A1").value is None  # google-auth meets a 401, gets a new token and asks again


def test_googleapiclient(running: Running, info: Json) -> None:
    http = google_auth_httplib2.AuthorizedHttp(credentials(info), http=httplib2.Http(timeout=10))
    sheets = build("sheets", "v4", http=http, client_options={"api_endpoint": running.address}, static_discovery=True)
    drive = build(
        "drive", "v3", http=http, client_options={"api_endpoint": f"{running.address}/drive/v3/"}, static_discovery=True
    )
    made = sheets.spreadsheets().create(body={"properties": {"title": "API"}}).execute()
    book = made["spreadsheetId"]
    values = sheets.spreadsheets().values()
    values.update(
        spreadsheetId=book, range="Sheet1!A1:B2", valueInputOption="RAW", body={"values": [["a", 1], ["b", 2]]}
    ).execute()
    values.append(
        spreadsheetId=book, range="Sheet1!A1:B2", valueInputOption="RAW", body={"values": [["c", 3]]}
    ).execute()
    many = [f"Sheet1!A{n}:B{n}" for n in range(1, 200)]  # so long that the client turns it into a POST
    got = values.batchGet(spreadsheetId=book, ranges=many, valueRenderOption="UNFORMATTED_VALUE").execute()
    assert [r.get("values") for r in got["valueRanges"][:4]] == [[["a", 1]], [["b", 2]], [["c", 3]], None]
    names = drive.files().list(q="name = 'API'", fields="files(id,name)").execute()
    assert names["files"] == [{"id": book, "name": "API"}]
    csv = drive.files().export(fileId=book, mimeType="text/csv").execute()
    assert csv == b"a,1\r\nb,2\r\nc,3"
    drive.files().delete(fileId=book).execute()
    sheets.close()
    drive.close()


def assertion(info: Json, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": info["client_email"],
        "aud": GOOGLE_AUDIENCE,
        "iat": now,
        "exp": now + 3600,
        "scope": " ".join(SCOPES),
    }
    claims |= changes
    signer = RSASigner.from_service_account_info(info)  # type: ignore[no-untyped-call]
    signed = jwt.encode(signer, {k: v for k, v in claims.items() if v is not None})  # type: ignore[no-untyped-call]
    return str(signed.decode())


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({}, "", ""),
        ({"aud": "https://example.com/token"}, "invalid_grant", "audience"),
        ({"iat": 0, "exp": 3600}, "invalid_grant", "short-lived token"),
        ({"exp": 9_999_999_999}, "invalid_grant", "short-lived token"),
        ({"exp": "soon"}, "invalid_grant", "short-lived token"),
        ({"iat": None}, "invalid_grant", "short-lived token"),
        ({"scope": "https://www.googleapis.com/auth/youtube"}, "invalid_scope", "scope"),
        ({"scope": ""}, "invalid_scope", "scope"),
        ({"iss": "nobody@example.com"}, "invalid_grant", "account not found"),
        ({"sub": "stranger@example.com"}, "unauthorized_client", "unauthorized"),
    ],
)
def test_tokens_are_checked(bench: Bench, changes: Json, error: str, said: str) -> None:
    from urllib.parse import urlencode

    form = urlencode({"grant_type": GRANT, "assertion": assertion(bench.info, **changes)})
    response = bench.send("POST", "/token", form.encode())
    if not error:
        assert response.status == 200
        assert response.json()["token_type"] == "Bearer"
    else:
        assert response.status == 400
        assert response.json()["error"] == error
        assert said in response.json()["error_description"]


def test_forged_and_broken_assertions(bench: Bench) -> None:
    from urllib.parse import urlencode

    good = assertion(bench.info)
    head, body, tail = good.split(".")
    other = Bench()
    forged = assertion({**bench.info, "private_key": other.info["private_key"]})
    other.close()
    none = "eyJhbGciOiJub25lIn0"
    for bad in (forged, f"{head}.{body}.{tail[:-4]}AAAA", f"{none}.{body}.", "x", "a.b.c", "", f"{head}.{body}"):
        raw = urlencode({"grant_type": GRANT, "assertion": bad}).encode()
        assert bench.send("POST", "/token", raw).json()["error"] == "invalid_grant"
    assert bench.send("POST", "/token", b"grant_type=password").json()["error"] == "unsupported_grant_type"
    assert bench.send("POST", "/token", b"\xff\x00").status == 400


def test_tokens_expire_and_scopes_bind(bench: Bench, book: str) -> None:
    for token in ("ya29.forged", "", "x y z"):
        error = bench.bad("GET", f"/v4/spreadsheets/{book}", token=token or " ")
        assert (error["code"], error["status"]) == (401, "UNAUTHENTICATED")
    response = bench.send("GET", f"/v4/spreadsheets/{book}", headers={"authorization": ""})
    assert "missing required authentication" in response.json()["error"]["message"]
    assert bench.bad("GET", "/drive/v3/files", token="x")["errors"][0]["reason"] == "authError"
    accounts = bench.service.workspace.accounts
    readonly = accounts.issue(bench.email, ["https://www.googleapis.com/auth/spreadsheets.readonly"])
    bench.ok("GET", f"/v4/spreadsheets/{book}", token=readonly)
    path = f"/v4/spreadsheets/{book}/values/A1"
    error = bench.bad("PUT", path, {"values": [[1]]}, "valueInputOption=RAW", readonly)
    assert (error["code"], error["message"]) == (403, "Request had insufficient authentication scopes.")
    assert bench.bad("GET", "/drive/v3/files", token=readonly)["code"] == 403
    bench.service.env.clock.advance(3700)
    assert bench.bad("GET", f"/v4/spreadsheets/{book}")["code"] == 401


def test_a_service_account_may_act_for_a_known_person(bench: Bench, book: str) -> None:
    bench.service.workspace.accounts.add_person("ann@example.com")
    gc = bench.gspread(subject="ann@example.com")
    mine = gc.create("Ann's")
    assert [p["emailAddress"] for p in mine.list_permissions()] == ["ann@example.com"]
    with pytest.raises(PermissionError):
        gc.open_by_key(book)
    with pytest.raises(RefreshError):
        bench.gspread(subject="stranger@example.com").create("x")


def test_clock_skew_fails_the_grant(bench: Bench) -> None:
    bench.service.env.clock.advance(-7200)
    with pytest.raises(RefreshError, match="short-lived token"):
        bench.gspread().create("x")
