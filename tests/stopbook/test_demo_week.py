"""The demo's week: seven days paid and billed, one late fact; it balances, leaves nothing unnamed, and is the same every time."""

import csv
import hashlib
import sqlite3
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from stopbook import settings
from stopbook.app import opened
from stopbook.demo import WEEK_END, run
from stopbook.demo.company import TODAY, WEEK
from stopbook.demo.summing import total
from stopbook.demo.week import LATE
from stopbook.explain import explain

STOPS, SEED = 160, 7


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    return {"home": tmp_path_factory.mktemp("week") / "out"}


@pytest.fixture(scope="module")
def played(said):
    run(said["home"], stops=STOPS, seed=SEED)
    return said["home"]


@pytest.fixture(scope="module")
def books(played):
    with opened(settings.load(played), WEEK_END) as app:
        yield app.ledger.books()


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
    run(tmp_path / "again", stops=STOPS, seed=SEED)
    assert _digest(tmp_path / "again") == _digest(played)


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


def _digest(home: Path) -> str:
    """Rows of the ledger, without its own number; moments come from the demo's clock and count."""
    with sqlite3.connect(home / "ledger.sqlite") as base:
        rows = base.execute("select table_name, rid, rev, data from rows order by 1, 2").fetchall()
    base.close()
    return hashlib.sha256(repr(rows).encode()).hexdigest()
