"""The demo of the hurried does what it says: a day in two markets, the same every time, with nothing precomputed."""

import hashlib
import re
import sqlite3
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from stopbook import settings
from stopbook.app import opened
from stopbook.demo import NOW, run
from stopbook.demo.company import DAY, company
from stopbook.demo.truth import truth
from workbooks.problems import Refused

STOPS, SEED = 320, 15


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo") / "out"
    run(home, stops=STOPS, seed=SEED, quick=True)
    return home


@pytest.fixture(scope="module")
def app(played):
    with opened(settings.load(played), NOW) as one:
        yield one


def test_what_was_planted_is_what_was_found(app):
    """The faults the files were given come out as flags, cases and returned rows: nothing lost, nothing invented."""
    planted = truth(company(SEED), STOPS, SEED).planted
    recon = [record.values for record in app.ledger.load("recon", {"service_date": DAY})]
    flags = Counter(flag for row in recon for flag in row["flags"])
    assert flags["UNMANIFESTED"] >= planted["scanned, on no manifest"]
    assert 0 < flags["DUPLICATE_SCAN"] <= planted["scanned twice"]
    assert flags["LATE_ADD"] == 0
    assert 0 < flags["MOVED"] <= planted["moved"]
    found = truth(company(SEED), STOPS, SEED).scans.values()
    impossible = {scan.order for scans in found for scan in scans if scan.arrived > scan.completed}
    assert impossible, "choose a seed whose day has impossible times"
    assert {row["stop_id"].split("-")[-2] for row in recon if "TIME_IMPOSSIBLE" in row["flags"]} == impossible
    assert 0 < flags["SWAP_NO_EVENT"] <= planted["scans by another driver, nobody said why"]
    assert flags["MATCH"] > 0.6 * len(recon)
    scans = [record.values for record in app.ledger.load("attempts", {})]
    assert len(scans) == sum(len(found) for found in truth(company(SEED), STOPS, SEED).scans.values())
    assert sum(row["attempts"] for row in recon) + sum(bool(scan["dup_scan"]) for scan in scans) == len(scans)


def test_bad_rows_came_back_and_good_rows_went_in(played, app):
    returned = sorted((played / "returned").glob("*.xlsx"))
    names = [path.name.split("2026")[0] for path in returned]
    assert names[:2] == ["CHI manifest ", "PHX orders "]
    assert set(names[2:]) <= {"plan changes "}  # a change about a stop whose order came back
    orders = sum(len(route.stops) for route in truth(company(SEED), STOPS, SEED).routes)
    taken = len(app.ledger.load("stops", {}))
    assert orders - 8 == taken  # address, #REF!, two windows, account; ZIP, #DIV/0!, a count in words


def test_a_formula_from_outside_is_text_everywhere(played, app):
    evil = [r.values for r in app.ledger.load("stops", {}) if str(r.values["recipient"]).startswith("=")]
    assert len(evil) == 1
    for path in (played / "workbooks").glob("*.xlsx"):
        with zipfile.ZipFile(path) as archive:
            sheets = b"".join(archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/sheet"))
        formulas = re.findall(rb"<f>(.*?)</f>", sheets)
        assert not [formula for formula in formulas if b"evil.example" in formula]


def test_every_workbook_is_there_with_its_stamp(played, app):
    names = {path.stem for path in (played / "workbooks").glob("*.xlsx")}
    assert names >= {"dispatch-CHI", "dispatch-PHX", "va-CHI", "va-PHX", "manager", "setup"}
    for name in names:
        assert app.ledger.last_written(name)["generation"] == 1


def test_playing_it_again_makes_the_same_books(played, tmp_path):
    run(tmp_path / "again", stops=STOPS, seed=SEED, quick=True)
    assert _books(tmp_path / "again") == _books(played)


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(Refused, match="is not empty and not from an earlier demo"):
        run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def _books(home: Path) -> str:
    with sqlite3.connect(home / "ledger.sqlite") as base:
        rows = base.execute("select table_name, rid, rev, data from rows order by 1, 2").fetchall()
    base.close()
    return hashlib.sha256(repr(rows).encode()).hexdigest()
