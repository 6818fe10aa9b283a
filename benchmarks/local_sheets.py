"""Throughput and memory of the local Google Sheets server with 4 tabs of 5,000 rows and 30 columns.

    uv run python -m benchmarks.local_sheets [--rows 5000] [--json]

The server runs as a process of its own with its data on disk; the client is a plain keep-alive HTTP session with a
token, so that what is measured is the server and loopback. Figures are medians; memory is the server's resident set.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_sheets.client import Loopback, session

Json = dict[str, Any]
TABS, COLUMNS = 4, 30
STATUS = ("open", "failed", "done", "redeliver")


def rows_of(count: int) -> list[list[Any]]:
    """Rows as a dispatch tab has them: texts, numbers, serial dates, a flag."""
    return [
        [f"S-{n:06d}", f"Driver {n % 40}", STATUS[n % 4], n % 9, 46_346.5 + n / 1440, n % 3 == 0, *(f"text {n}/{c}" for c in range(24))]
        for n in range(count)
    ]  # fmt: skip


def memory(pid: int) -> float | None:
    """Resident MiB of a process, where the system tells."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def timed(times: int, work: Callable[[], Any]) -> float:
    """Median seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


class Bench:
    """A server process and a session on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        """Starts the server and logs in."""
        command = [sys.executable, "-m", "local_sheets", "serve", "--port", "0", "--no-page", "--no-quota"]
        self.process = subprocess.Popen([*command, "--data", str(self.folder)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline() for _ in range(4)]
        self.address = lines[0].split()[-1]
        info = json.loads((self.folder / "service_account.json").read_text(encoding="utf-8"))
        self.http = session(info, Loopback(self.address))

    def stop(self) -> None:
        """Ends the server."""
        self.http.close()
        self.process.terminate()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        """One request that must succeed."""
        response = self.http.request(
            method, f"https://sheets.googleapis.com/v4/spreadsheets{path}", json=body, params=query
        )
        response.raise_for_status()
        found: Json = response.json()
        return found


def run(count: int) -> Json:
    """All measurements."""
    out: Json = {"rows": count, "tabs": TABS, "columns": COLUMNS, "python": platform.python_version()}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            out["memory_empty_mib"] = memory(bench.process.pid)
            grid = {"rowCount": count + 10, "columnCount": COLUMNS}
            sheets = [{"properties": {"sheetId": n, "title": f"Tab{n}", "gridProperties": grid}} for n in range(TABS)]
            book = bench.call("POST", "", {"properties": {"title": "Bench"}, "sheets": sheets})["spreadsheetId"]
            rows = rows_of(count)

            def fill(tab: int) -> None:
                bench.call("PUT", f"/{book}/values/Tab{tab}!A1", {"values": rows}, valueInputOption="RAW")

            start = time.perf_counter()
            for tab in range(TABS):
                fill(tab)
            out["write_all_s"] = time.perf_counter() - start
            out["memory_full_mib"] = memory(bench.process.pid)
            tags = [
                {
                    "createDeveloperMetadata": {
                        "developerMetadata": {
                            "metadataId": n + 1,
                            "metadataKey": "r",
                            "visibility": "DOCUMENT",
                            "location": {
                                "dimensionRange": {
                                    "sheetId": 0,
                                    "dimension": "ROWS",
                                    "startIndex": n,
                                    "endIndex": n + 1,
                                }
                            },
                        }
                    }
                }
                for n in range(count)
            ]
            start = time.perf_counter()
            bench.call("POST", f"/{book}:batchUpdate", {"requests": tags})
            out["tag_every_row_of_one_tab_s"] = time.perf_counter() - start
            ranges = [f"Tab{n}" for n in range(TABS)]
            how = {"valueRenderOption": "UNFORMATTED_VALUE"}
            out["read_one_tab_s"] = timed(3, lambda: bench.call("GET", f"/{book}/values/Tab0", **how))
            out["read_all_tabs_s"] = timed(
                3, lambda: bench.call("GET", f"/{book}/values:batchGet", ranges=ranges, **how)
            )
            mask = "sheets.data.rowData.values(effectiveValue)"
            out["read_one_grid_s"] = timed(3, lambda: bench.call("GET", f"/{book}", ranges="Tab1", fields=mask))
            cell = {"values": [["changed"]]}
            option = {"valueInputOption": "RAW"}
            out["write_cell_ms"] = 1000 * timed(
                100, lambda: bench.call("PUT", f"/{book}/values/Tab2!C2500", cell, **option)
            )
            out["read_cell_ms"] = 1000 * timed(100, lambda: bench.call("GET", f"/{book}/values/Tab2!C2500"))
            find = {"dataFilter": {"developerMetadataLookup": {"metadataId": count // 2}}, "values": [["by filter"]]}
            filtered = {**option, "data": [find], "includeValuesInResponse": True}
            path = f"/{book}/values:batchUpdateByDataFilter"
            out["write_by_filter_ms"] = 1000 * timed(50, lambda: bench.call("POST", path, filtered))
            span = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
            insert = {"requests": [{"insertDimension": {"range": span}}, {"deleteDimension": {"range": span}}]}
            out["insert_and_delete_row_ms"] = 1000 * timed(
                20, lambda: bench.call("POST", f"/{book}:batchUpdate", insert)
            )
            area = {
                "sheetId": 3,
                "startRowIndex": 0,
                "endRowIndex": count,
                "startColumnIndex": 0,
                "endColumnIndex": COLUMNS,
            }
            orders = ["ASCENDING", "DESCENDING"]

            def sort() -> None:
                spec = {"dimensionIndex": 0, "sortOrder": orders[0]}
                orders.reverse()
                bench.call(
                    "POST", f"/{book}:batchUpdate", {"requests": [{"sortRange": {"range": area, "sortSpecs": [spec]}}]}
                )

            out["sort_one_tab_s"] = timed(4, sort)
            out["memory_end_mib"] = memory(bench.process.pid)
            bench.stop()
            out["disk_mib"] = (Path(folder) / "local_sheets.sqlite").stat().st_size / 2**20
            bench.start()
            start = time.perf_counter()
            bench.call("GET", f"/{book}/values/Tab0!A1")
            out["first_read_after_restart_s"] = time.perf_counter() - start
        finally:
            bench.stop()
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = run(arguments.rows)
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:32} {value:.2f}" if isinstance(value, float) else f"{name:32} {value}")


if __name__ == "__main__":
    main()
