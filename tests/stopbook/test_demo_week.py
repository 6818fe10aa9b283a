"""The demo's week: seven days paid and billed, one late fact, then people in shared spreadsheets.

It balances, leaves nothing unnamed and nothing running, and is the same every time.
"""

import csv
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC
from decimal import Decimal
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from python_calamine import CalamineWorkbook

from stopbook import settings
from stopbook.app import opened
from stopbook.demo import WEEK_END, run
from stopbook.demo.company import TODAY, WEEK, company
from stopbook.demo.summing import total
from stopbook.demo.truth import truth
from stopbook.demo.week import LATE, SHARES, plain
from stopbook.explain import explain
from tests.shared import once

STOPS, SEED = 200, 7
HEED = "Every change of the ledger is told here"
pytestmark = pytest.mark.filterwarnings("ignore:Duplicate header name")


def newcomer(folder: Path) -> None:
    """Somebody plays the demo as it comes, and ends it when it waits for them; what it said is kept beside it."""
    waits = os.name != "nt"  # there is no SIGINT for one process alone
    words = [sys.executable, "-m", "stopbook", "demo", "--out", str(folder / "demo"), "--stops", str(STOPS),
             "--seed", str(SEED), "--wait" if waits else "--no-wait"]  # fmt: skip
    # a shell that starts the tests in its background has SIGINT ignored, and a child would inherit that
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL) if waits else None
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", preexec_fn=heed
    )
    said, until = "", time.monotonic() + 400
    assert process.stdout is not None
    while waits and HEED not in said and time.monotonic() < until:
        line = process.stdout.readline()
        assert line, said
        said += line
    if waits:
        process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=400)
    assert process.returncode == 0, said + rest
    (folder / "said.txt").write_text(said + rest, encoding="utf-8")


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    return once(tmp_path_factory, "demo-week", newcomer)


@pytest.fixture(scope="session")
def played(demo):
    return demo / "demo"


@pytest.fixture(scope="module")
def app(played):
    with opened(settings.load(played), WEEK_END) as one:
        yield one


@pytest.fixture(scope="module")
def books(app):
    return app.ledger.books()


def test_people_worked_in_spreadsheets_and_nothing_runs_any_more(demo, played, app):
    said = (demo / "said.txt").read_text(encoding="utf-8")
    for words in (
        "Pat decides on Recon",
        "inserts two rows",
        "overwrites a name",
        "Vera, the VA, and Pat",
        "Pat runs a job",
    ):
        assert words in said
    for address in set(re.findall(r"http://127\.0\.0\.1:\d+", said)):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) != 0, f"{address} still answers"
    assert not (played / "hub.json").exists() and not (played / "hub.key").exists()
    conflicts = [record.values for record in app.ledger.load("conflicts", {})]
    assert sorted((row["kind"], row["status"]) for row in conflicts) == [("CONFLICT", "RESOLVED"), ("PUT_BACK", "OPEN")]
    [row] = [row for row in conflicts if row["kind"] == "CONFLICT"]
    assert {row["sheet_value"], row["ledger_value"]} == {"concierge takes it", "customer says: after 18:00"}
    assert [r.values["status"] for r in app.ledger.load("commands", {})].count("DONE") == 1
    notes = [r.values["dispatch_note"] for r in app.ledger.load("exceptions", {})]
    assert notes.count("gate code 4711") == 1


def test_every_day_was_worked(books):
    for day in (*WEEK, TODAY):
        assert books.rows("recon", service_date=day), day
    open_rows = books.rows("recon", service_date=list(WEEK), status="OPEN")
    assert 0 < len(open_rows) < 0.02 * len(books.rows("recon", service_date=list(WEEK)))
    assert Counter(r["status"] for r in books.rows("redeliveries") if r["service_date"] < WEEK[-1])["DONE"] > 3
    assert {r["market_id"] for r in books.rows("recon")} == {"CHI", "PHX"}


def test_pay_balances_from_the_lines_to_the_control_total(played, books):
    """Lines = settlements = the export's control total = what the drivers' papers say."""
    settlements = books.rows("settlements", period_end=WEEK[-1])
    assert len(settlements) == 40
    assert {row["status"] for row in settlements} == {"EXPORTED"}
    net = Decimal("0.00")
    for row in settlements:
        lines = books.rows("settlement_lines", settlement_id=row["settlement_id"])
        if row["net"] is not None:
            assert row["net"] == total(lines, "amount"), row["settlement_id"]
            net += row["net"]
        assert row["gross"] == total(_earned(lines), "amount")
    [batch] = {row["export_batch"] for row in settlements}
    with (played / "exports" / batch / "payroll.csv").open(encoding="utf-8") as file:
        control = list(csv.DictReader(file))[-1]
    assert control["net"] == f"{net}"
    for row in settlements:
        if row["net"] is not None:
            paper = played / "settlements" / f"{WEEK[-1]}" / f"{row['settlement_id']}.xlsx"
            assert f"{row['net']:,.2f}" in _texts(paper)
            assert (paper.with_suffix(".pdf")).read_bytes().startswith(b"%PDF")
    assert len(list((played / "sheets" / "drivers" / f"{WEEK[-1]}").glob("*.pdf"))) == 40


def test_bills_balance_from_the_charges_to_the_control_total(played, books):
    """Stops' charges = lines = invoices = the export's control total; each account of the three clients has its invoice."""
    invoices = books.rows("invoices", period_end=WEEK[-1])
    assert {row["account_id"] for row in invoices} == {"NGH-ONLINE", "NGH-STORES", "LUMEN", "KITE"}
    charges = books.rows("charges", status="INVOICED")
    for row in invoices:
        assert row["total"] == total(books.rows("invoice_lines", invoice_id=row["invoice_id"]), "amount")
        mine = [c for c in charges if c["invoice_id"] == row["invoice_id"]]
        shares = sum((total(mine, name) for name in ("charge", "discount", "fuel")), Decimal("0.00"))
        assert shares == row["charges"] + row["discount"] + row["fuel"]
        paper = played / "invoices" / row["account_id"] / f"{row['invoice_no']}.xlsx"
        assert f"{row['total']:,.2f}" in _texts(paper)
    with (played / "exports" / f"{TODAY:%Y-%m}" / "invoices-control.csv").open(encoding="utf-8-sig") as file:
        assert list(csv.DictReader(file))[-1]["total"] == f"{total(invoices, 'total')}"


def test_every_delivery_is_paid_once_and_billed_once_or_named(books):
    named = {row["attempt_id"] for row in books.rows("leakage", status="OPEN")}
    final = {(row["stop_id"], row["service_date"]): row["final"] for row in books.rows("recon")}
    paid: Counter[str] = Counter()
    for line in books.rows("settlement_lines", status="POSTED"):
        if line["component"] in ("STOP_TIER", "ATTEMPT", "CANCEL"):
            paid.update(str(line["sources"] or "").split())
    bases = Counter(row["stop_id"] for row in books.rows("charges", charge_code="BASE", status="INVOICED"))
    assert max(bases.values()) == 1
    assert max(paid.values()) == 1
    seen = 0
    for scan in books.rows("attempts", service_date=list(WEEK)):
        out = final[scan["stop_id"], scan["service_date"]] in ("REJECTED", "NOT_LOADED")
        if scan["dup_scan"] or scan["outcome"] not in ("DELIVERED", "PARTIAL") or out:
            continue
        seen += 1
        assert (scan["settled_in"] and (scan["billed_in"] or scan["n"] > 1)) or scan["attempt_id"] in named, scan
    assert seen > 4 * STOPS


def test_the_late_scan_is_adjusted_and_nothing_posted_changes(books):
    [late] = [r for r in books.rows("recon", service_date=LATE) if r["account_id"] == "KITE" and _came_late(books, r)]
    [scan] = books.rows("attempts", stop_id=late["stop_id"])
    assert (scan["outcome"], scan["settled_in"], scan["billed_in"]) == ("DELIVERED", None, None)
    [more] = books.rows("adjustments", status="APPROVED")
    assert more["driver_id"] == scan["driver_id"]
    assert more["delta"] > 0
    bills = books.rows("billing_adjustments", status="APPROVED")
    assert {row["account_id"] for row in bills} == {"KITE"}
    assert total(bills, "delta") > 0
    [line, *_] = books.rows("settlement_lines", settlement_id=more["ref_settlement"], component="STOP_TIER")
    assert f"Makes {line['amount']}" in explain(books, "settlement_lines", (line["line_id"],))


def test_clients_have_their_sheet_of_every_day(played):
    for day in WEEK:
        sheets = {path.name for path in (played / "sheets" / "clients" / f"{day}").iterdir()}
        assert sheets == {
            f"{a}.{end}" for a in ("NGH-ONLINE", "NGH-STORES", "LUMEN", "KITE") for end in ("pdf", "xlsx")
        }


def test_playing_it_again_makes_the_same_books(played, tmp_path):
    """The week and what people did in the spreadsheets, by another process: row by row the same."""
    run(tmp_path / "again", stops=STOPS, seed=SEED, serve=True)
    one, other = _rows(played), _rows(tmp_path / "again")
    assert one.keys() == other.keys()
    assert {rid: (one[rid], other[rid]) for rid in one if one[rid] != other[rid]} == {}


@pytest.mark.parametrize("seed", [*range(10), 42, 2026])
def test_the_week_does_not_depend_on_luck(seed):
    """With any seed there is a plain delivery to hear of late, and the false odometers are where they show."""
    made = company(seed)
    for number, day in enumerate((*WEEK, TODAY)):
        real = truth(made, STOPS, seed + 10 * number, day, share=SHARES[number])
        shared = {(c.market, c.route) for c in real.changes if c.kind == "SWAP_DRIVER"}
        far = [place for place, (_, start, end) in real.miles.items() if end - start > 500 or end < start]
        assert len(far) == 2
        assert not shared & set(far)
        if day == LATE:
            owner = {(r.market, r.code): r.driver for r in real.routes}
            assert len(plain(real)) > 3
            assert {owner["CHI", scan.route] == scan.driver for scan in plain(real)} == {True}
            assert not {("CHI", scan.route) for scan in plain(real)} & shared


def _earned(lines):
    return [r for r in lines if not r["component"].startswith(("REIMB", "DED_", "ESCROW", "CARRY_OUT"))]


def _came_late(books, row):
    scans = books.rows("attempts", stop_id=row["stop_id"])
    return (
        row["outcome"] == "DELIVERED" and len(scans) == 1 and scans[0]["settled_in"] is None and row["status"] != "OPEN"
    )


def _texts(path: Path) -> set[str]:
    """What a workbook shows, its sums among it."""
    book = CalamineWorkbook.from_path(path)
    cells = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    return {f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in cells}


def _rows(home: Path) -> dict[tuple[str, str], object]:
    """Rows of the ledger. What people did live is as late as this machine was slow: such moments are one.

    Tokens are secrets and differ, the schedule says when the hub last ran, a command may be asked for twice.
    """
    with sqlite3.connect(home / "ledger.sqlite") as base:
        rows = base.execute("select table_name, rid, rev, data from rows").fetchall()
    base.close()
    live = f"{WEEK_END.astimezone(UTC):%Y-%m-%dT%H:%M}"
    found: dict[tuple[str, str], object] = {}
    for name, rid, rev, data in rows:
        if name not in ("tokens", "schedule"):
            said = re.sub(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\dZ"', lambda m: "live" if m[1] >= live else m[0], data)
            found[name, rid] = (said, rev if name != "commands" else 0)
    assert len(found) > 5 * STOPS
    return found
