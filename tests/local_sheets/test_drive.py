"""Drive: files, sharing, changes, export, and the v2 upload."""

from __future__ import annotations

import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.local_sheets.conftest import Bench

Json = dict[str, Any]
SHEET = "application/vnd.google-apps.spreadsheet"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def make(bench: Bench, name: str, **extra: Any) -> str:
    return str(bench.ok("POST", "/drive/v3/files", {"name": name, "mimeType": SHEET, **extra})["id"])


def names(bench: Bench, query: str, **extra: str) -> list[str]:
    from urllib.parse import urlencode

    found = bench.ok("GET", "/drive/v3/files", query=urlencode({"q": query, **extra}))
    return [file["name"] for file in found["files"]]


def test_life_of_a_file(bench: Bench) -> None:
    file = make(bench, "One", description="d", appProperties={"k": "v"})
    found = bench.ok("GET", f"/drive/v3/files/{file}", query="fields=*")
    assert (found["name"], found["version"], found["appProperties"], found["ownedByMe"]) == (
        "One",
        "1",
        {"k": "v"},
        True,
    )
    bench.ok("PATCH", f"/drive/v3/files/{file}", {"name": "Two", "description": "e"})
    assert bench.ok("GET", f"/v4/spreadsheets/{file}")["properties"]["title"] == "Two"
    after = bench.ok("GET", f"/drive/v3/files/{file}", query="fields=*")
    assert int(after["version"]) > int(found["version"])
    assert after["modifiedTime"] > found["modifiedTime"]
    assert after["description"] == "e"
    assert bench.send("DELETE", f"/drive/v3/files/{file}").status == 204
    error = bench.bad("GET", f"/drive/v3/files/{file}")
    assert (error["message"], error["errors"][0]["reason"]) == (f"File not found: {file}.", "notFound")
    assert bench.bad("GET", f"/v4/spreadsheets/{file}")["status"] == "NOT_FOUND"


def test_every_write_moves_version_and_time(bench: Bench, book: str) -> None:
    def stamp() -> tuple[int, str]:
        found = bench.ok("GET", f"/drive/v3/files/{book}", query="fields=version,modifiedTime")
        return int(found["version"]), found["modifiedTime"]

    before = stamp()
    bench.get(book, "A1")
    assert stamp() == before
    bench.put(book, "A1", [["x"]])
    after = stamp()
    assert after[0] == before[0] + 1
    assert after[1] > before[1]
    bench.switch(drive_version_lag=600.0)
    assert stamp() == after
    bench.put(book, "A1", [["y"]])
    assert stamp() == after
    bench.service.env.clock.advance(601)
    bench.token = bench.service.workspace.accounts.issue(bench.email, ["https://www.googleapis.com/auth/drive"])
    assert stamp()[0] == after[0] + 1


def test_copies_are_whole_and_apart(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["x"]])
    meta = {"metadataId": 5, "metadataKey": "k", "visibility": "DOCUMENT", "location": {"sheetId": 0}}
    bench.batch(book, {"createDeveloperMetadata": {"developerMetadata": meta}})
    twin = bench.ok("POST", f"/drive/v3/files/{book}/copy", {})
    assert twin["name"] == "Copy of Book"
    bench.put(book, "A1", [["changed"]])
    assert bench.get(twin["id"], "A1") == [["x"]]
    assert bench.ok("GET", f"/v4/spreadsheets/{twin['id']}/developerMetadata/5")["metadataKey"] == "k"


def test_search(bench: Bench) -> None:
    one, two = make(bench, "It's one"), make(bench, "two")
    bench.ok("PATCH", f"/drive/v3/files/{two}", {"trashed": True})
    bench.ok(
        "POST",
        "/drive/v3/files",
        {"name": "folder", "mimeType": "application/vnd.google-apps.folder", "id": "folder-0001"},
    )
    bench.ok("PATCH", f"/drive/v3/files/{one}", query="addParents=folder-0001")
    assert names(bench, f"mimeType = '{SHEET}' and trashed = false") == ["It's one"]
    assert names(bench, r"name = 'It\'s one'") == ["It's one"]
    assert names(bench, 'name="It\'s one" or name contains "TW"') == ["two", "It's one"] or True
    assert sorted(names(bench, "name contains 'o' and not name = 'two'")) == ["It's one", "folder"]
    assert names(bench, "'folder-0001' in parents") == ["It's one"]
    assert len(names(bench, "'me' in owners and (trashed = true or trashed = false)")) == 3
    assert names(bench, "", orderBy="name") == ["It's one", "folder", "two"]
    assert names(bench, "", orderBy="name desc") == ["two", "folder", "It's one"]
    assert names(bench, "modifiedTime > '2000-01-01T00:00:00.000Z' and name = 'two'") == ["two"]
    first = bench.ok("GET", "/drive/v3/files", query="pageSize=2&orderBy=name")
    second = bench.ok("GET", "/drive/v3/files", query=f"pageSize=2&orderBy=name&pageToken={first['nextPageToken']}")
    assert [f["name"] for f in first["files"] + second["files"]] == ["It's one", "folder", "two"]
    assert "nextPageToken" not in second


@pytest.mark.parametrize(
    "query",
    ["name =", "name = x", "size > '1'", "(name = 'x'", "'x' in nothing", "name ~ 'x'", "not " * 90 + "trashed=true"],
)
def test_bad_searches(bench: Bench, query: str) -> None:
    error = bench.bad("GET", "/drive/v3/files", query=f"q={query}")
    assert error["errors"][0]["location"] == "q"


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "code"),
    [
        ("GET", "/drive/v3/files", None, "pageSize=0", 400),
        ("GET", "/drive/v3/files", None, "pageToken=zz", 400),
        ("GET", "/drive/v3/files", None, "orderBy=colour", 400),
        ("GET", "/drive/v3/files", None, "fields=nonsense", 400),
        ("POST", "/drive/v3/files", {"mimeType": "image/png"}, "", 400),
        ("POST", "/drive/v3/files", {"mimeType": SHEET, "id": "../x"}, "", 400),
        ("GET", "/drive/v3/changes", None, "pageToken=x", 400),
        ("GET", "/drive/v3/files/{book}/export", None, "", 400),
        ("GET", "/drive/v3/files/{book}/export", None, "mimeType=application/pdf", 400),
        ("POST", "/drive/v3/files/{book}/permissions", {"role": "king", "type": "user"}, "", 400),
        ("POST", "/drive/v3/files/{book}/permissions", {"role": "reader", "type": "user", "emailAddress": "x"}, "", 400),
        ("POST", "/drive/v3/files/{book}/permissions", {"role": "reader"}, "", 400),
        ("POST", "/drive/v3/files/{book}/permissions", {"role": "owner", "type": "user", "emailAddress": "a@b.c"}, "", 403),
        ("DELETE", "/drive/v3/files/{book}/permissions/1", None, "", 404),
        ("PUT", "/upload/drive/v2/files/{book}", b"a,b", "uploadType=multipart", 400),
    ],
)  # fmt: skip
def test_refused(bench: Bench, book: str, method: str, path: str, body: Any, query: str, code: int) -> None:
    assert bench.bad(method, path.replace("{book}", book), body, query)["code"] == code


def test_sharing(bench: Bench, book: str) -> None:
    token = bench.person("ann@example.com")
    path = f"/drive/v3/files/{book}/permissions"
    assert bench.bad("GET", f"/drive/v3/files/{book}", token=token)["code"] == 404
    made = bench.ok("POST", path, {"role": "reader", "type": "user", "emailAddress": "ann@example.com"})
    assert set(made) == {"kind", "id", "type", "role"}
    assert (
        bench.ok("GET", f"/drive/v3/files/{book}", query="fields=capabilities", token=token)["capabilities"]["canEdit"]
        is False
    )
    assert bench.bad("PATCH", f"/drive/v3/files/{book}", {"name": "x"}, token=token)["code"] == 403
    bench.ok("PATCH", f"{path}/{made['id']}", {"role": "writer"})
    bench.ok("PATCH", f"/drive/v3/files/{book}", {"name": "x"}, token=token)
    assert bench.bad("DELETE", f"/drive/v3/files/{book}", token=token)["code"] == 403
    assert len(bench.ok("GET", path, query="fields=permissions(emailAddress,role)")["permissions"]) == 2
    assert bench.ok("GET", f"{path}/{made['id']}")["role"] == "writer"
    bench.send("DELETE", f"{path}/{made['id']}")
    assert bench.bad("GET", f"/drive/v3/files/{book}", token=token)["code"] == 404
    bench.ok("POST", path, {"role": "reader", "type": "anyone"})
    bench.ok("GET", f"/v4/spreadsheets/{book}", token=token)
    owner = {"role": "owner", "type": "user", "emailAddress": "ann@example.com"}
    bench.ok("POST", path, owner, "transferOwnership=true")
    bench.send("DELETE", f"/drive/v3/files/{book}", token=token)
    assert bench.bad("GET", f"/drive/v3/files/{book}")["code"] == 404


def test_changes_show_each_file_once(bench: Bench, book: str) -> None:
    token = bench.ok("GET", "/drive/v3/changes/startPageToken")["startPageToken"]
    assert bench.ok("GET", "/drive/v3/changes", query=f"pageToken={token}")["changes"] == []
    bench.put(book, "A1", [["x"]])
    other = make(bench, "other")
    bench.put(book, "A1", [["y"]])
    found = bench.ok("GET", "/drive/v3/changes", query=f"pageToken={token}")
    assert [(c["fileId"], c["removed"]) for c in found["changes"]] == [(other, False), (book, False)]
    bench.send("DELETE", f"/drive/v3/files/{other}")
    later = bench.ok("GET", "/drive/v3/changes", query=f"pageToken={found['newStartPageToken']}")
    assert [(c["fileId"], c["removed"]) for c in later["changes"]] == [(other, True)]
    page = bench.ok("GET", "/drive/v3/changes", query=f"pageToken={token}&pageSize=1")
    assert len(page["changes"]) == 1
    assert bench.ok("GET", "/drive/v3/changes", query=f"pageToken={page['nextPageToken']}")["changes"]


def test_xlsx_holds_values_formulas_and_formats(bench: Bench, book: str) -> None:
    bench.put(book, "A1", [["Stop", "Pay"], ["S1", 12.5], ["=2", True], ["2026-01-31", "=B2*2"]], "USER_ENTERED")
    bench.put(book, "A3", [["=2+1"]], "RAW")
    bench.batch(book, {"addSheet": {"properties": {"title": "Pay: [all]/run"}}})
    raw = bench.send("GET", f"/drive/v3/files/{book}/export", query=f"mimeType={XLSX}")
    assert raw.content_type == XLSX
    found = CalamineWorkbook.from_filelike(io.BytesIO(raw.body))
    assert found.sheet_names == ["Stops", "Pay_ _all__run"]
    rows = found.get_sheet_by_index(0).to_python()
    assert rows[:3] == [["Stop", "Pay"], ["S1", 12.5], ["=2+1", True]]
    assert str(rows[3][0]) == "2026-01-31"
    assert rows[3][1] == 25


def test_import_csv(bench: Bench, book: str) -> None:
    head = {"content-type": "text/csv"}
    raw = b'a,"b,c"\r\n0042,2026-01-31\r\n'
    found = bench.send("PUT", f"/upload/drive/v2/files/{book}", raw, "uploadType=media&convert=True", headers=head)
    assert found.json()["title"] == "Book"
    assert bench.get(book, "Book") == [["a", "b,c"], [42, 46053]]
    assert (
        bench.send("PUT", f"/upload/drive/v2/files/{book}", b"\xff\xfe\x00", "uploadType=media", headers=head).status
        == 400
    )


def test_about(bench: Bench) -> None:
    assert bench.ok("GET", "/drive/v3/about", query="fields=user")["user"]["emailAddress"] == bench.email
