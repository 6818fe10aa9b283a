"""The real hub beside a real Google Sheets server: a cell typed in the browser stands in ledger and workbook soon."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gspread
import pytest
from typer.testing import CliRunner

from local_sheets.client import Loopback
from local_sheets.client import client as signed_in
from stopbook import settings
from stopbook.cli import app
from stopbook.hub import client
from stopbook.spreadsheets import Connection
from tests.office import manifest, office
from workbooks.ledger import Ledger
from workbooks.problems import Refused

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate header name")
DAY = "2026-03-10"
MARIA = "maria@example.com"
PATIENCE = 60.0
"""seconds; it takes about eight where nothing else runs"""


def say(home: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--home", str(home), *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return str(result.output)


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


@dataclass
class Town:
    """A home, a Sheets server in a process of its own, and Maria, who works in the browser."""

    home: Path
    server: str
    maria: gspread.Client
    started: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "stopbook", "--home", str(self.home), "serve", "--port", "0"]
        self.started.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        until(lambda: client.running(settings.load(self.home)))
        return self.started[-1]

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(say(self.home, "status", "--json"))
        return found

    def tab(self, title: str) -> gspread.Worksheet:
        [number] = Connection.load(self.home).books.values()
        return self.maria.open_by_key(number).worksheet(title)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    home = tmp_path / "home"
    with office(home) as one:
        one.take_in("m.csv", manifest(DAY, "1041 Al Bo", "1042 Jo Park"), "orders", DAY)
        one.at(f"{DAY} 15:00")
        one.take_in("s.csv", "Order | Account | Driver | Status | Reason | Completed\n"
                    f"1042 | A1 | D-7 | Failed | nobody home | {DAY}T14:05:00-05:00", "completions")  # fmt: skip
        one.run("reconcile-day", DAY)
        one.run("open-exceptions", DAY)
    (home / settings.FILE).write_text("spreadsheet_seconds = 1\n", encoding="utf-8")
    data = tmp_path / "sheets"
    data.mkdir()
    words = [
        sys.executable,
        "-m",
        "local_sheets",
        "serve",
        "--port",
        "0",
        "--no-page",
        "--no-quota",
        "--data",
        str(data),
        "--person",
        MARIA,
    ]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(4)]
        address = re.findall(r"http://\S+", lines[0])[0]
        key = data / "service_account.json"
        say(home, "google", "connect", str(key), "--server", address)
        maria = signed_in(json.loads(key.read_text("utf-8")), Loopback(address), subject=MARIA)
        made = Town(home, address, maria)
        try:
            yield made
        finally:
            for process in made.started:
                process.kill()
                process.communicate(timeout=30)
    finally:
        server.kill()
        server.communicate(timeout=30)


def share(town: Town) -> None:
    """The robot shares what it made with Maria."""
    from stopbook import spreadsheets

    known = spreadsheets.Connection.load(town.home)
    robot = known.client()
    [number] = known.books.values()
    robot.post(f"https://www.googleapis.com/drive/v3/files/{number}/permissions",
               {"role": "writer", "type": "user", "emailAddress": MARIA})  # fmt: skip


def note(ledger: Ledger) -> Any:
    [case] = ledger.load("exceptions", {})
    return case.values["internal_note"]


def test_a_cell_typed_in_the_browser_stands_in_ledger_and_workbook(town: Town) -> None:
    town.start()
    assert "Dispatch Chicago" in say(town.home, "google", "adopt", "new", "--workbook", "dispatch-CHI")
    share(town)
    tab = town.tab("Exceptions")
    until(lambda: len(tab.get_all_values()) > 1)
    assert "keeps them in step already" in _refused(town.home, "google", "sync", "--once")
    header = tab.row_values(1)
    began = time.monotonic()
    tab.update([["rang twice"]], f"{gspread.utils.rowcol_to_a1(2, header.index('Internal note') + 1)}")
    with Ledger.open(settings.load(town.home).ledger) as ledger:
        until(lambda: note(ledger) == "rang twice")
        path = town.home / "workbooks" / "va-CHI.xlsx"
        until(lambda: path.exists() and "rang twice" in _texts(path))
    assert time.monotonic() - began < PATIENCE
    [state] = town.status()["spreadsheets"]
    assert (state["waits"], state["title"]) == (False, "Dispatch Chicago")
    assert "Dispatch Chicago: In step." in say(town.home, "status")
    assert client.running(settings.load(town.home)) is not None


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed_it_goes_on_where_it_was_and_the_loop_does_the_same_without_a_hub(town: Town) -> None:
    say(town.home, "google", "adopt", "new", "--workbook", "dispatch-CHI")
    share(town)
    process = town.start()
    tab = town.tab("Exceptions")
    until(lambda: len(tab.get_all_values()) > 1)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    place = gspread.utils.rowcol_to_a1(2, tab.row_values(1).index("Internal note") + 1)
    tab.update([["first"]], place)
    assert "1 edit was taken in" in say(town.home, "google", "sync", "--rounds", "2")
    with Ledger.open(settings.load(town.home).ledger) as ledger:
        assert note(ledger) == "first"
        tab.update([["second"]], place)
        process = town.start()
        until(lambda: note(ledger) == "second")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        [number] = Connection.load(town.home).books.values()
        at = max(run.values["ended_at"] for run in ledger.load("runs", {}))
        assert ledger.lease(f"google:{number}", "somebody else", at, 5), "the lease was given back"
    [state] = town.status()["spreadsheets"]
    assert state["sentence"] == "Nobody keeps it in step while no hub runs."


def _refused(home: Path, *words: str) -> str:
    with pytest.raises(Refused) as refused:
        say(home, *words)
    return str(refused.value)


def _texts(path: Path) -> str:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read("xl/sharedStrings.xml").decode("utf-8")
    except (zipfile.BadZipFile, OSError, KeyError):
        return ""
