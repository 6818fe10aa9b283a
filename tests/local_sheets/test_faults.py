"""Faults strike as described: what the client sees, and whether the request was applied."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import gspread
import pytest
import requests

from local_sheets import wire
from local_sheets.admin import Admin
from local_sheets.client import Loopback, client
from local_sheets.environment import Switches
from local_sheets.faults import KINDS, Fault
from local_sheets.quota import Quota
from local_sheets.server import Running
from local_sheets.service import Service
from tests.local_sheets.conftest import Bench

Json = dict[str, Any]
APPLIED = {"unavailable_after", "drop_after", "hang_after", "truncated", "clock_skew", "late"}
SEEN: dict[str, type[Exception] | int] = {
    "rate_limit": 429,
    "drive_rate_limit": 403,
    "server_error": 500,
    "bad_gateway": 502,
    "unavailable_before": 503,
    "unavailable_after": 503,
    "drop_before": requests.ConnectionError,
    "drop_after": requests.ConnectionError,
    "hang_before": requests.ReadTimeout,
    "hang_after": requests.ReadTimeout,
    "late": requests.ConnectionError,
    "truncated": requests.JSONDecodeError,
}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A server on a port of its own."""
    service = Service(check=True)
    with Running(service) as found:
        yield found
    service.close()


def strike(gc: Any, sheet: Any, kind: str) -> None:
    """A write that meets the fault; asserts what the client sees."""
    seen = SEEN.get(kind)
    gc.http_client.set_timeout(0.5)
    if seen is None:
        sheet.update([["new"]], "A1")
    elif isinstance(seen, int):
        with pytest.raises(gspread.exceptions.APIError) as caught:
            sheet.update([["new"]], "A1")
        assert caught.value.response.status_code == seen
        if kind == "bad_gateway":
            assert caught.value.response.headers["Content-Type"].startswith("text/html")
    else:
        with pytest.raises(seen):
            sheet.update([["new"]], "A1")
    gc.http_client.set_timeout(10)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"clock_skew"}))
@pytest.mark.parametrize("way", ["in process", "over loopback"])
def test_what_a_fault_does(bench: Bench, running: Running, kind: str, way: str) -> None:
    service = bench.service if way == "in process" else running.service
    if way == "in process":
        gc = bench.gspread()
    else:
        info = service.workspace.accounts.create_service_account(f"{running.address}/token")
        gc = client(info, Loopback(running.address))
    sheet = gc.create("Faulty").sheet1
    sheet.update([["old"]], "A1")
    service.faults.add(Fault(kind, method="values.update"))  # type: ignore[arg-type]
    strike(gc, sheet, kind)
    if kind == "late":
        assert sheet.acell("A1").value == "old"
    if kind == "revoked":
        return
    expected = "new" if kind in APPLIED else "old"
    assert sheet.acell("A1").value == expected
    sheet.update([["after"]], "A1")  # the fault struck once
    assert sheet.acell("A1").value == "after"


def test_a_late_request_lands_after_so_many_others_or_when_released(bench: Bench, book: str) -> None:
    gc = bench.gspread()
    sheet = gc.open_by_key(book).sheet1
    for release in (False, True):
        bench.put(book, "A1", [["old"]])
        bench.service.faults.add(Fault("late", method="values.update", delay=2))
        with pytest.raises(requests.ConnectionError):
            sheet.update([["late"]], "A1")
        if release:
            status, answer = Admin(bench.service).handle("POST", "/faults/release", b"")
            assert (status, answer) == (200, {"released": 1})
            assert sheet.acell("A1").value == "late"
        else:
            assert [sheet.acell("A1").value for _ in range(4)] == ["old", "old", "late", "late"]


def test_skip_times_path_and_chance(bench: Bench, book: str) -> None:
    gc = bench.gspread()
    sheet = gc.open_by_key(book).sheet1

    def outcomes(count: int) -> str:
        out = ""
        for _ in range(count):
            try:
                sheet.acell("A1")
                out += "."
            except gspread.exceptions.APIError:
                out += "x"
        return out

    bench.service.faults.add(Fault("server_error", method="values.get", skip=2, times=2))
    assert outcomes(6) == "..xx.."
    bench.service.faults.add(Fault("server_error", path=r"/values/.*B1", times=None))
    assert outcomes(2) == ".."
    bench.service.faults.clear()
    bench.service.faults.add(Fault("server_error", times=None, chance=0.5))
    bench.service.faults.seed(5)
    first = outcomes(20)
    bench.service.faults.seed(5)
    assert outcomes(20) == first
    assert 4 < first.count("x") < 16


def test_clock_skew_by_fault(bench: Bench, book: str) -> None:
    bench.service.faults.add(Fault("clock_skew", seconds=7200))
    request = wire.Request("GET", f"/v4/spreadsheets/{book}", "", {"authorization": f"Bearer {bench.token}"})
    outcome = bench.service.exchange(request)
    assert outcome.response is not None
    assert outcome.response.status == 401  # the token ran out an hour ago


def test_quota_as_published_and_as_recorded(bench: Bench, book: str) -> None:
    clock = bench.service.env.clock
    bench.service.quota = Quota(clock, 60, 300)
    clock.advance(60 - clock.now().timestamp() % 60)
    for _ in range(60):
        bench.get(book, "A1")
    error = bench.bad("GET", f"/v4/spreadsheets/{book}/values/A1")
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    metadata = error["details"][0]["metadata"]
    assert metadata["quota_limit"] == "ReadRequestsPerMinutePerUser"
    assert metadata["quota_metric"] == "sheets.googleapis.com/read_requests"
    bench.put(book, "A1", [["writes count apart"]])
    ann = bench.person("ann@example.com")
    bench.service.workspace.share(book, "ann@example.com")
    bench.ok("GET", f"/v4/spreadsheets/{book}", token=ann)
    clock.advance(60)
    bench.get(book, "A1")


def test_admin(bench: Bench, book: str) -> None:
    admin = Admin(bench.service)

    def post(path: str, body: Any) -> tuple[int, Any]:
        return admin.handle("POST", path, json.dumps(body).encode())

    assert post("/faults", {"kind": "rate_limit", "method": "values.get"})[0] == 200
    assert bench.service.faults.rules[0].method == "values.get"
    assert post("/faults/clear", {})[0] == 200
    assert post("/switches", {"metadata_follows_sort": True})[1]["metadata_follows_sort"] is True
    assert bench.service.env.switches.metadata_follows_sort is True
    act = {"what": "edit", "row": 1, "column": 0, "text": "hi"}
    assert (
        post("/dispatchers", {"book_id": book, "title": "Stops", "email": "maria@example.com", "script": [act]})[0]
        == 200
    )
    assert post("/share", {"book_id": book, "email": "maria@example.com"})[0] == 200
    bench.gspread().open_by_key(book).sheet1.acell("A1")
    assert bench.get(book, "A2") == [["hi"]]
    status, state = admin.handle("GET", "/state", b"")
    assert status == 200
    assert state["dispatchers"][0]["done"] == [["edit", 1, "done"]]
    assert state["counters"]["requests"] > 0
    for path, body in [
        ("/faults", {"kind": "no such"}),
        ("/faults", {"kind": "late", "colour": 1}),
        ("/faults", {"kind": "late", "chance": 2}),
        ("/faults", {"kind": "late", "path": "("}),
        ("/switches", {"nosuch": True}),
        ("/switches", {"unmatched_filter": "maybe"}),
        ("/switches", {"metadata_follows_sort": 1}),
        ("/share", {"book_id": "nosuch", "email": "x@y.z"}),
        ("/dispatchers", {"book_id": "nosuch", "title": "t", "email": "e"}),
        ("/clock", {}),
        ("/quota", {"per_user": "many"}),
    ]:
        assert post(path, body)[0] == 400, (path, body)
    assert admin.handle("POST", "/faults", b"{")[0] == 400
    assert admin.handle("POST", "/nosuch", b"")[0] == 404


def test_admin_over_loopback(running: Running) -> None:
    assert requests.get(f"{running.admin}/state", timeout=5).json()["fault_kinds"] == KINDS
    assert requests.post(f"{running.admin}/switches", json={"nosuch": 1}, timeout=5).status_code == 400
    assert requests.get(f"{running.address}/state", timeout=5).status_code == 404


def test_bodies_are_cut_off_while_they_arrive(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.service, "max_body", 10_000)
    for body in (b"x" * 20_000, iter([b"x" * 4_000] * 5)):
        response = requests.post(f"{running.address}/v4/spreadsheets", data=body, timeout=5)
        assert response.status_code == 400
        assert "exceeds the limit: 10000 bytes" in response.json()["error"]["message"]
    assert requests.options(f"{running.address}/v4/spreadsheets", timeout=5).status_code == 400
    assert requests.get(f"{running.address}/%2e%2e/%2e%2e/etc/passwd", timeout=5).status_code == 404


def test_every_open_question_has_a_switch() -> None:
    choices = Switches.choices()
    assert {
        "metadata_follows_sort",
        "metadata_follows_cut",
        "duplicate_metadata_id",
        "unmatched_filter",
        "protected_column_blocks_sort",
        "response_reflects",
        "batch_isolation",
        "missing_named_range",
    } <= set(choices)
    assert all(len(options) == 2 for options in choices.values())
    for values in itertools.product(*choices.values()):
        assert Switches().changed(dict(zip(choices, values, strict=True))).json() == dict(
            zip(choices, values, strict=True)
        )
        if values[0]:
            break
