"""Killed anywhere, the day comes out the same: every job may die at any moment and is simply run again."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from sheets_sync import workbook as replica
from stopbook.demo.company import company
from stopbook.demo.files import write_day, write_master
from stopbook.demo.truth import truth
from workbooks.ledger import Ledger
from workbooks.shelf import shelf

KILLS = 7
DAY = """
import sys
from pathlib import Path
from stopbook import demo, settings
from stopbook.app import opened
from stopbook.demo.desk import Desk
from stopbook.demo.inbox import market, requests
home = Path(sys.argv[1])
inbox = Path(sys.argv[2])
names = {"master": "company.xlsx", "manifest_chi": "CHI manifest 2026-03-10.csv", "manifest_phx": "PHX orders 2026-03-10.xlsx",
         "changes": "plan changes 2026-03-10.csv", "scans_chi": "CHI scans 2026-03-10.csv", "scans_phx": "PHX scans 2026-03-10.tsv",
         "odometers": "odometers 2026-03-10.csv"}
with opened(settings.load(home), demo.NOW) as app:
    desk = Desk(app, demo.NOW)
    for name, request in requests({n: inbox / f for n, f in names.items()}).items():
        desk.take(request, demo.DAY, market(name))
    for name in ("reconcile-day", "open-exceptions", "health-check", "write-workbooks"):
        desk.run(name, demo.DAY)
"""


def play(home: Path, inbox: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", DAY, str(home), str(inbox)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def books(home: Path) -> list[tuple[object, ...]]:
    base = sqlite3.connect(home / "ledger.sqlite")
    try:
        return base.execute("select table_name, rid, data, void from rows order by 1, 2").fetchall()
    finally:
        base.close()


def test_killed_again_and_again_the_books_are_those_of_a_quiet_day(tmp_path):
    inbox = tmp_path / "inbox"
    write_master(inbox / "company.xlsx", company(3).tabs)
    write_day(inbox, truth(company(3), 120, 3), 3)
    began = time.monotonic()
    quiet = play(tmp_path / "quiet", inbox)
    _, wrong = quiet.communicate(timeout=120)
    assert quiet.returncode == 0, wrong.decode()
    whole = time.monotonic() - began
    random = Random(5)
    killed = 0
    for _ in range(KILLS):
        child = play(tmp_path / "rough", inbox)
        try:
            child.communicate(timeout=random.uniform(0.25, 0.9) * whole)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate(timeout=30)
            killed += 1
        else:
            assert child.returncode == 0
    assert killed
    last = play(tmp_path / "rough", inbox)
    _, wrong = last.communicate(timeout=120)
    assert last.returncode == 0, wrong.decode()
    assert books(tmp_path / "rough") == books(tmp_path / "quiet")
    with Ledger.open(f"sqlite:///{(tmp_path / 'rough' / 'ledger.sqlite').as_posix()}") as ledger:
        for workbook in shelf([record.values for record in ledger.load("markets", {})]):
            path = tmp_path / "rough" / "workbooks" / workbook.file
            copy = replica.read(path.read_bytes(), workbook, path.name)
            copy.expect(ledger.ledger_id)
            assert not copy.problems
    assert not list((tmp_path / "rough").rglob("*.tmp"))
