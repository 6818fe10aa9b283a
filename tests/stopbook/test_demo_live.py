"""The demo's living part: two servers start, people work in shared spreadsheets, and nothing is left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stopbook import settings
from stopbook.app import opened
from stopbook.demo import NOW

STOPS, SEED = 200, 7
pytestmark = pytest.mark.filterwarnings("ignore:Duplicate header name")


def start(home: Path, *more: str) -> "subprocess.Popen[str]":
    words = [
        sys.executable,
        "-m",
        "stopbook",
        "demo",
        "--quick",
        "--out",
        str(home),
        "--stops",
        str(STOPS),
        "--seed",
        str(SEED),
        *more,
    ]
    # a shell that starts the tests in its background has SIGINT ignored, and a child would inherit that
    heed = None if os.name == "nt" else partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", preexec_fn=heed
    )


def nobody_listens(text: str) -> None:
    for address in set(re.findall(r"http://127\.0\.0\.1:\d+", text)):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) != 0, f"{address} still answers"


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT for one process alone")
def test_it_plays_waits_for_the_newcomer_and_ends_when_told(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    process = start(home, "--wait")
    said = ""
    assert process.stdout is not None
    until = time.monotonic() + 400
    while "Every change of the ledger" not in said and time.monotonic() < until:
        line = process.stdout.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    for words in (
        "Pat decides on Recon",
        "inserts two rows",
        "overwrites a name",
        "Vera, the VA, and Pat",
        "Pat runs a job",
    ):
        assert words in said
    assert "rows in the ledger 1 changed" in re.sub(r"[\s│]+", " ", said)
    nobody_listens(said)
    assert not (home / "hub.json").exists() and not (home / "hub.key").exists()
    with opened(settings.load(home), NOW) as app:
        conflicts = [record.values for record in app.ledger.load("conflicts", {})]
        assert sorted((row["kind"], row["status"]) for row in conflicts) == [
            ("CONFLICT", "RESOLVED"),
            ("PUT_BACK", "OPEN"),
        ]
        [row] = [row for row in conflicts if row["kind"] == "CONFLICT"]
        assert {row["sheet_value"], row["ledger_value"]} == {"concierge takes it", "customer says: after 18:00"}
        assert [r.values["status"] for r in app.ledger.load("commands", {})].count("DONE") == 1
        notes = [r.values["dispatch_note"] for r in app.ledger.load("exceptions", {})]
        assert notes.count("gate code 4711") == 1
