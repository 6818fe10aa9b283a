"""What is on disk: everything comes back, and a killed server is whole."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from local_sheets.client import Loopback, client
from local_sheets.faults import Fault
from local_sheets.store import Store
from tests.local_sheets.conftest import Bench

Json = dict[str, Any]


def reopened(bench: Bench, path: Path) -> Bench:
    bench.close()
    after = Bench(path=path)
    after.token = bench.token
    return after


def test_everything_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep er" / "data.sqlite"
    bench = Bench(path=path)
    book = bench.create(sheets=[{"properties": {"sheetId": 0, "title": "Stops"}}])
    bench.put(book, "A1", [["a", 1.5, True, "=B1*2", "12%"], ["b"], ["ü💥\u0000"]], "USER_ENTERED")
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 2}
    meta = {
        "metadataId": 5,
        "metadataKey": "k",
        "visibility": "DOCUMENT",
        "location": {"dimensionRange": {**span, "endIndex": 1}},
    }
    bench.batch(
        book,
        {"createDeveloperMetadata": {"developerMetadata": meta}},
        {"insertDimension": {"range": span}},
        {"addSheet": {"properties": {"sheetId": 9, "title": "Gone"}}},
        {
            "updateDimensionProperties": {
                "range": span,
                "properties": {"pixelSize": 40, "hiddenByUser": True},
                "fields": "*",
            }
        },
        {"addNamedRange": {"namedRange": {"name": "N", "range": {"sheetId": 0, "endRowIndex": 2}}}},
    )
    bench.batch(book, {"deleteSheet": {"sheetId": 9}}, {"updateCells": {"range": {"sheetId": 0, "startRowIndex": 3, "endRowIndex": 4}, "fields": "*"}})  # fmt: skip
    before, files = bench.whole(book), bench.ok("GET", "/drive/v3/files", query="fields=*")
    after = reopened(bench, path)
    assert after.whole(book) == before
    assert after.ok("GET", "/drive/v3/files", query="fields=*") == files
    assert after.service.workspace.store.check() == []
    after.batch(book, {"insertDimension": {"range": span}})
    after.send("DELETE", f"/drive/v3/files/{book}")
    last = reopened(after, path)
    assert last.ok("GET", "/drive/v3/files")["files"] == []
    assert last.service.workspace.store.check() == []
    last.close()


def test_random_work_is_the_same_after_reopening(tmp_path: Path) -> None:
    path, dice = tmp_path / "data.sqlite", random.Random(3)
    bench = Bench(path=path)
    book = bench.create(
        sheets=[{"properties": {"sheetId": 0, "title": "Stops", "gridProperties": {"rowCount": 12, "columnCount": 5}}}]
    )
    for n in range(120):
        rows = bench.service.workspace.current(book).sheets[0].height
        at = dice.randrange(rows)
        axis = dice.choice(["ROWS", "COLUMNS"])
        span = {"sheetId": 0, "dimension": "ROWS", "startIndex": at, "endIndex": at + 1}
        grid = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": rows, "startColumnIndex": 0, "endColumnIndex": 2}
        request = dice.choice(
            [
                {"insertDimension": {"range": span}},
                {"insertDimension": {"range": {**span, "dimension": axis, "startIndex": 0, "endIndex": 1}}},
                {"deleteDimension": {"range": span}},
                {"moveDimension": {"source": span, "destinationIndex": dice.randrange(rows)}},
                {"sortRange": {"range": grid, "sortSpecs": [{"dimensionIndex": dice.randrange(2)}]}},
                {"createDeveloperMetadata": {"developerMetadata": {"metadataId": n, "metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": span}}}},
                {"updateCells": {"start": {"sheetId": 0, "rowIndex": at}, "rows": [{"values": [{"userEnteredValue": {"numberValue": n}}]}], "fields": "userEnteredValue"}},
            ]
        )  # fmt: skip
        bench.send(
            "POST",
            f"/v4/spreadsheets/{book}:batchUpdate",
            {"requests": [request, request] if n % 7 == 0 else [request]},
        )
        if n % 40 == 39:
            before = bench.whole(book)
            bench = reopened(bench, path)
            assert bench.whole(book) == before
            assert bench.service.workspace.store.check() == []
    bench.close()


def test_one_server_for_each_file(tmp_path: Path) -> None:
    first = Store(tmp_path / "x.sqlite")
    with pytest.raises(RuntimeError, match="used by another server"):
        Store(tmp_path / "x.sqlite")
    first.close()
    Store(tmp_path / "x.sqlite").close()
    (tmp_path / "y.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(RuntimeError, match="no data file"):
        Store(tmp_path / "y.sqlite")


def test_another_version_is_refused(tmp_path: Path) -> None:
    import sqlite3

    db = sqlite3.connect(tmp_path / "x.sqlite")
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(RuntimeError, match="another version"):
        Store(tmp_path / "x.sqlite")


def test_a_disk_that_fails_leaves_the_spreadsheet_as_it_was(
    bench: Bench, book: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(book, "A1", [["before"]])

    def fail(*args: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(bench.service.workspace.store, "note_change", fail)
    path = f"/v4/spreadsheets/{book}/values/A1"
    assert bench.send("PUT", path, {"values": [["lost"]]}, "valueInputOption=RAW").status == 500
    monkeypatch.undo()
    assert bench.get(book, "A1") == [["before"]]
    bench.put(book, "A2", [["after"]])
    assert bench.service.workspace.store.check() == []
    bench.service.env.counters["internal_errors"] = 0


class Server:
    """``python -m local_sheets serve`` as a process of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        page = () if "--page" in options else ("--no-page",)
        command = [sys.executable, "-m", "local_sheets", "serve", "--port", "0", "--no-quota", *page, *options]
        self.process = subprocess.Popen(
            [*command, "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline() for _ in range(5 - len(page))]
        self.said = "".join(lines)
        self.address, self.admin = lines[0].split()[-1], lines[1].split()[-1]
        self.info: Json = json.loads((data / "service_account.json").read_text(encoding="utf-8"))

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ends the process and waits for it."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is not known on Windows")
def test_a_killed_server_is_whole(tmp_path: Path) -> None:
    """Batches of two cells that must agree; killed in the middle of them, several times."""
    server = Server(tmp_path)
    try:
        book = client(server.info, Loopback(server.address)).create("Kill").id
        for turn in range(3):
            gc = client(server.info, Loopback(server.address))
            confirmed = _write_until_killed(server, gc, book, turn * 10_000 + 1)
            server = Server(tmp_path)
            sheet = client(server.info, Loopback(server.address)).open_by_key(book).sheet1
            first, last = sheet.get("A1:A500"), sheet.get("A900:A900")
            numbers = {cell for row in first for cell in row}
            assert len(numbers) == 1
            assert last[0][0] == numbers.pop()
            assert int(last[0][0]) >= confirmed
    finally:
        server.stop()
    store = Store(tmp_path / "local_sheets.sqlite")
    assert store.check() == []
    store.close()


def _write_until_killed(server: Server, gc: Any, book: str, start: int) -> int:
    sheet, confirmed = gc.open_by_key(book).sheet1, start
    killer = threading.Timer(0.6, server.process.kill)
    killer.start()
    try:
        for n in range(start, start + 5_000):
            sheet.batch_update([{"range": "A1:A500", "values": [[n]] * 500}, {"range": "A900", "values": [[n]]}])
            confirmed = n
    except requests.RequestException:
        pass
    killer.join()
    server.stop(signal.SIGKILL)
    assert confirmed > start, "no write was confirmed before the kill"
    return confirmed


def test_serve_prints_where_it_is_and_keeps_its_key(tmp_path: Path) -> None:
    server = Server(tmp_path, "--check")
    try:
        assert server.address in server.said
        assert server.info["token_uri"] == f"{server.address}/token"
        book = client(server.info, Loopback(server.address)).create("Kept").id
        state = requests.get(f"{server.admin}/state", timeout=5).json()
        assert state["files"][0]["name"] == "Kept"
        assert "invalid_responses" not in state["counters"]
        command = [sys.executable, "-m", "local_sheets", "serve", "--port", "0", "--no-page", "--data", str(tmp_path)]
        second = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert second.returncode == 1
        assert "used by another server" in second.stderr
        port = server.address.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "local_sheets", "serve", "--port", port, "--no-page"]
        second = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=tmp_path)
        assert second.returncode == 1
        assert "Cannot start" in second.stderr
    finally:
        server.stop()
    again = Server(tmp_path)
    try:
        assert again.info["private_key"] == server.info["private_key"]
        assert client(again.info, Loopback(again.address)).open_by_key(book).title == "Kept"
    finally:
        again.stop()


def test_a_fault_in_the_middle_of_a_burst_over_loopback(tmp_path: Path) -> None:
    """Writers on several threads, connections cut now and then: every confirmed row is there once."""
    server = Server(tmp_path)
    try:
        gc = client(server.info, Loopback(server.address))
        book = gc.create("Burst").id
        fault = Fault("drop_before", method="values.append", chance=0.2, times=None)
        rule = {k: v for k, v in fault.json().items() if k != "struck"}
        assert requests.post(f"{server.admin}/faults", json=rule, timeout=5).status_code == 200
        confirmed: list[str] = []

        def work(who: int) -> None:
            mine = client(server.info, Loopback(server.address)).open_by_key(book).sheet1
            for n in range(15):
                try:
                    mine.append_row([f"{who}-{n}"])
                    confirmed.append(f"{who}-{n}")
                except requests.ConnectionError:
                    continue

        threads = [threading.Thread(target=work, args=(who,)) for who in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        rows = [row[0] for row in gc.open_by_key(book).sheet1.get("A1:A100")]
        assert sorted(rows) == sorted(confirmed)
        assert 10 < len(rows) < 45
    finally:
        server.stop()
