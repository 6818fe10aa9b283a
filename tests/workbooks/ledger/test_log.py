from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.workbooks.ledger.support import AT, PARCELS, apply, no_parcel, parcel, rid
from workbooks import tables
from workbooks.schema import rid_of


def test_changes_come_cell_by_cell_newest_first(ledger):
    apply(ledger, parcel("A", count=1, price=Decimal("2.50")), parcel("B"))
    apply(ledger, parcel("A", 1, price=Decimal("3.00"), tags=("A", "C"), signed=True, why="card changed"))
    apply(ledger, no_parcel("A", 2, "doubled"))
    found = [
        (r.values["row_key"], r.values["column_name"], r.values["old_value"], r.values["new_value"], r.values["why"])
        for r in ledger.load("changes", {})
    ]
    assert found[:4] == [
        ("A / 1", "(row)", "in use", "out of use", "doubled"),
        ("A / 1", "price", "2.50", "3.00", "card changed"),
        ("A / 1", "signed", None, "TRUE", "card changed"),
        ("A / 1", "tags", None, "A, C", "card changed"),
    ]
    assert [found[4][:2], found[-1]] == [("B / 1", "leg"), ("A / 1", "price", None, "2.50", "")]
    record = ledger.load("changes", {}, limit=1)[0]
    assert record.values["seq"] == 4
    assert (record.rid, record.at, record.by) == (rid_of("changes", ("4", "(row)")), AT, "ana")
    assert set(record.values) == {column.name for column in tables.TABLES["changes"].columns}


def test_changes_are_filtered_and_limited(ledger):
    apply(ledger, *(parcel(f"P{number}", count=number) for number in range(1000)))
    assert len(ledger.load("changes", {})) == 3000
    assert len(ledger.load("changes", {}, limit=700)) == 700
    assert len(ledger.load("changes", {"row_id": rid("P7")})) == 3
    assert len(ledger.load("changes", {"table_name": "parcels", "column_name": "count"})) == 1000
    assert ledger.load("changes", {"table_name": "claims"}) == []


def test_a_table_or_column_nobody_declares_any_more_is_still_in_the_log(ledger, monkeypatch):
    apply(ledger, parcel("A", price=Decimal("2.50"), tags=("A",)))
    fewer = replace(PARCELS, columns=tuple(c for c in PARCELS.columns if c.name != "price"))
    monkeypatch.setitem(tables.TABLES, "parcels", fewer)
    assert {r.values["new_value"] for r in ledger.load("changes", {"column_name": "price"})} == {"2.50"}
    monkeypatch.delitem(tables.TABLES, "parcels")
    assert {r.values["new_value"] for r in ledger.load("changes", {"column_name": "tags"})} == {"['A']"}


def test_runs_come_newest_first(ledger):
    apply(ledger, parcel("A"), parcel("B"), scope={"market_id": "CHI", "service_date": "2026-03-10"})
    later = AT + timedelta(minutes=1)
    apply(ledger, parcel("A", 1, note="x"), job="other", at=later, scope={"service_date": "next week"})
    newest, first = ledger.load("runs", {})
    assert (newest.values["job"], newest.values["changed"], newest.at) == ("other", 1, later)
    assert first.values["scope"] == "market_id=CHI, service_date=2026-03-10"
    assert (first.values["created"], first.values["sentence"]) == (2, "2 were created, 0 unchanged.")
    assert ledger.load("runs", {"job": "other"}) == [newest]
    assert ledger.load("runs", {}, limit=1) == [newest]
