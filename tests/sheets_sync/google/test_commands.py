"""The commands as a person types them, and the real process killed at every step of a round."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from local_sheets.faults import Fault
from sheets_sync.google import adopt
from stopbook import cli, spreadsheets
from tests.sheets_sync.google.bench import Desk, case, desk
from workbooks.problems import Refused

LONG = timedelta(days=365)
"""until every lease has run out"""
KILLS = int(os.environ.get("STOPBOOK_KILLS", "5"))
"""kills of the real process: each step once; more by hand"""


def key_file(one: Desk, folder: Path) -> Path:
    key = one.service.workspace.accounts.create_service_account(f"{one.client.server}/token")
    path = folder / "key.json"
    path.write_text(json.dumps(key), "utf-8")
    return path


def say(home: Path, *words: str) -> str:
    result = CliRunner().invoke(cli.app, ["--home", str(home), "google", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_connect_adopt_sync_status_probe(tmp_path: Path) -> None:
    with desk(tmp_path, [case(1)]) as one:
        home = tmp_path
        path = key_file(one, tmp_path)
        said = say(home, "connect", str(path), "--server", one.client.server)
        assert one.client.email in said and "private" not in said
        assert "BEGIN" not in (home / "google.json").read_text()
        said = say(home, "adopt", "new", "--workbook", "dispatch-CHI")
        assert "Exceptions" in said and "Share it with the people who work in it: 1" in said
        (number,) = json.loads((home / "google.json").read_text())["books"].values()
        one.service.faults.clear()
        connection = spreadsheets.Connection.load(home)
        said = say(home, "sync", "--once")
        assert "new row was written" in said
        assert "in step" in say(home, "sync", "--once")
        assert "times" in say(home, "status")
        said = say(home, "probe")
        assert said.count("\n") == 5 and said.startswith("Yes")
        assert spreadsheets.Connection.load(home).answers["duplicate_token_refused"] is True
        assert connection.books == {"dispatch-CHI": number}


def test_adopting_again_adds_the_tabs_that_are_missing(tmp_path: Path) -> None:
    with desk(tmp_path, [case(1)]) as one:
        book = spreadsheets.books_of(one.app.ledger)["dispatch-CHI"]
        look = spreadsheets.look(one.app.ledger.books(), book)
        for _ in range(2):
            adopt.adopt(one.client, one.book, book, one.app.ledger.ledger_id, look)
        titles = [sheet["properties"]["title"] for sheet in one.keeper.sheet.inspect()["sheets"]]
        assert {table.title for table in book.tables} <= set(titles)
        assert len(titles) == len(set(titles)) and "Sheet1" not in titles
        assert one.shown()["0001"]["Recipient"] == "Ann 1"


@pytest.mark.parametrize(
    ("contents", "words"),
    [(None, "cannot be read"), ("nonsense", "not a service-account file"), ("{}", "not a service-account file")],
)
def test_a_file_that_is_no_key(tmp_path: Path, contents: str | None, words: str) -> None:
    path = tmp_path / "key.json"
    if contents is not None:
        path.write_text(contents)
    with pytest.raises(Refused, match=words):
        say(tmp_path / "home", "connect", str(path))


def test_nothing_is_connected_yet(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No spreadsheet is adopted yet"):
        say(tmp_path, "sync", "--once")


def _process(home: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "stopbook", "--home", str(home), "google", "sync", "--once"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _wait(process: subprocess.Popen[str], until: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not until() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)


def test_the_process_is_killed_at_every_step_and_the_next_one_goes_on(tmp_path: Path) -> None:
    """The server stays silent at one request after the other; the process that waits there is killed."""
    with desk(tmp_path, [case(n) for n in range(1, 4)]) as one:
        spreadsheets.Connection(str(key_file(one, tmp_path)), one.client.server, {"dispatch-CHI": one.book}).save(
            tmp_path
        )
        one.app.ledger.release(one.keeper.store.lease)
        steps = [("batchUpdate", "hang_after"), ("batchUpdate", "hang_before"), ("batchGet", "hang_before"),
                 ("spreadsheets.get", "hang_before"), ("values.batchGet", "hang_after")]  # fmt: skip
        for turn in range(KILLS):
            method, kind = steps[turn % len(steps)]
            one.now = one.now.replace(minute=(one.now.minute + 1) % 60)
            one.apply("exceptions", {"exc_id": "0001", "recipient": f"turn {turn}"}, case(10 + turn))
            one.service.faults.clear()
            struck = len(one.service.faults.log)
            one.service.faults.add(Fault(kind, method=method))  # type: ignore[arg-type]
            process = _process(tmp_path)
            _wait(process, lambda struck=struck: len(one.service.faults.log) > struck)
            time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        one.service.faults.clear()
        done = _process(tmp_path)
        _, err = done.communicate(timeout=120)
        assert done.returncode == 0, err
        one.now += LONG
        one.restart()
        one.settle()
        shown = one.shown()
        assert shown["0001"]["Recipient"] == f"turn {KILLS - 1}"
        assert sorted(shown) == sorted(str(r.values["exc_id"]) for r in one.app.ledger.load("exceptions", {}))
        rids = [line[-1] for line in one.lines()[1:]]
        assert len(rids) == len(set(rids)) == 3 + KILLS
