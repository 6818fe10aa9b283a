"""What is written is what is read: text stays text, moments keep their wall clock, nothing is cut or run."""

# ruff: noqa: DTZ001 - wall clocks

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.strategies import TRICKY, row_lists
from tests.workbooks.layout import reading
from tests.workbooks.layout.sample import NOW, STAMP, book, content, records
from workbooks import cells
from workbooks.layout import Content, build
from workbooks.problems import Refused
from workbooks.schema import Table
from workbooks.tables import TABLES

ADDRESSES = TABLES["addresses"]
INJECTIONS = (
    *TRICKY,
    '=cmd|" /C calc"!A0',
    "\t=1+1",
    "<r><t>&</t></r>",
    "<r></r>",
    "]]>",
    "_x000D_",
    "line\nbreak",
    "a\u2028b",
    "&#x41;",
    "</t></si>",
)


def one(table: Table, rows: list[dict[str, Any]], **more: Any) -> Content:
    """A workbook of dispatch in Chicago with this one tab."""
    return Content(replace(book("dispatch-CHI"), tables=(table,)), STAMP, {table.name: records(table, rows)}, **more)


def addresses(texts: list[str], field: str = "access_notes") -> Content:
    return one(
        ADDRESSES,
        [{"address_id": f"A{n}", "market_id": "CHI", "raw": "x", field: text} for n, text in enumerate(texts)],
    )


def test_text_stays_text() -> None:
    data = build(addresses(list(INJECTIONS)))
    assert reading.column(data, "Addresses", "Access notes") == list(INJECTIONS)
    sheet = reading.sheet_xml(data, "Addresses")
    assert "<f>" not in sheet and "<hyperlink" not in sheet


def test_text_that_looks_like_our_own_markup_is_kept_for_every_place() -> None:
    day = content("dispatch-CHI", 3)
    evil = "<r><t>&</t></r>"
    table = day.workbook.tables[0]
    rid = day.records[table.name][0].rid
    choices = {"manifest": [(evil, "\x00" + evil)]}
    data = build(
        replace(day, extra={table.name: {evil: {rid: evil}}}, choices=choices, marks={(table.name, rid): (evil, evil)})
    )
    rows = reading.cells(data, table.title)
    assert f" {evil}" in rows[0] and rows[1].count(evil) == 3
    assert reading.cells(data, "_lists")[0] == [evil]


@pytest.mark.parametrize("text", ["00123", "1-2", "1E5", "=1+1", "123456789012345678", "3/4", "TRUE"])
def test_ids_stay_text(text: str) -> None:
    data = build(one(TABLES["stops"], [{"stop_id": text, "order_ref": text}]))
    assert reading.column(data, "Stops", "Stop") == [text]
    assert reading.column(data, "Stops", "Order") == [text]


def test_characters_no_workbook_can_hold_are_removed() -> None:
    data = build(addresses(["a\x00b\x0bc\x1f", "\ud800x", "y\ufffe\uffff"]))
    assert reading.column(data, "Addresses", "Access notes") == ["abc", "x", "y"]


def test_a_text_too_long_for_a_cell_is_refused_not_cut() -> None:
    assert reading.column(build(addresses(["x" * 32_767])), "Addresses", "Access notes") == ["x" * 32_767]
    with pytest.raises(Refused, match=r"Tab Addresses, row 2.*does not fit"):
        build(addresses(["🚚" * 20_000]))


@pytest.mark.parametrize(
    ("moment", "wall"),
    [
        (datetime(2026, 3, 8, 7, 59, 59, tzinfo=UTC), datetime(2026, 3, 8, 1, 59, 59)),
        (datetime(2026, 3, 8, 8, 0, tzinfo=UTC), datetime(2026, 3, 8, 3, 0)),
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2026, 11, 1, 1, 30)),
        (datetime(2026, 11, 1, 7, 30, tzinfo=UTC), datetime(2026, 11, 1, 1, 30)),
        (datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC), datetime(2026, 7, 1, 18, 59, 59)),
    ],
)
def test_moments_stand_on_the_markets_clock(moment: datetime, wall: datetime) -> None:
    data = build(addresses_at(moment))
    assert abs(reading.column(data, "Addresses", "Verified")[0] - wall) < timedelta(milliseconds=1)


def addresses_at(moment: datetime) -> Content:
    return one(ADDRESSES, [{"address_id": "A", "market_id": "CHI", "raw": "x", "contact_verified_at": moment}])


def test_each_kind_of_value() -> None:
    row = {"contract_id": "C1", "account_id": "ACME", "tender_cutoff": time(14, 30), "target": Decimal("0.970000"),
           "late_grace_min": 5, "eff_from": date(2026, 1, 1)}  # fmt: skip
    data = build(one(TABLES["sla_contracts"], [row]))
    head, cell = reading.cells(data, "SLA contracts")
    got = dict(zip(head, cell, strict=True))
    assert (got["Tender by"], got["Target"], got["Late grace"], got["From"]) == (
        time(14, 30),
        0.97,
        5,
        date(2026, 1, 1),
    )
    account = {
        "account_id": "ACME",
        "client_id": "C",
        "name": "N",
        "po_required": True,
        "credit_limit": Decimal("1234.50"),
    }
    data = build(one(TABLES["accounts"], [account]))
    assert reading.column(data, "Accounts", "PO needed") == [True]
    assert reading.column(data, "Accounts", "Credit limit") == [1234.5]


def test_values_of_the_wrong_kind_are_shown_not_lost() -> None:
    row = {
        "account_id": 12,
        "client_id": "C",
        "name": "N",
        "credit_limit": "a lot",
        "cycle_anchor": date(1899, 1, 1),
        "terms_days": float("nan"),
    }
    data = build(one(TABLES["accounts"], [row]))
    head, cell = reading.cells(data, "Accounts")
    got = dict(zip(head, cell, strict=True))
    assert (got["Account"], got["Credit limit"], got["Cycle anchor"], got["Terms days"]) == (
        12,
        "a lot",
        "1899-01-01",
        "nan",
    )


def test_peoples_own_columns_survive_as_values() -> None:
    made = records(
        ADDRESSES,
        [{"address_id": "A", "market_id": "CHI", "raw": "x"}, {"address_id": "B", "market_id": "CHI", "raw": "y"}],
    )
    first = made[0].rid
    own = {
        "Mine": {first: "=1+1"},
        "When": {first: datetime(2026, 3, 1, 9, 30)},
        "address": {first: 7},
        "": {first: True},
        "Two\nlines": {first: 1.5},
    }
    day = Content(replace(book("va-CHI"), tables=(ADDRESSES,)), STAMP, {"addresses": made}, extra={"addresses": own})
    head, cell, empty = reading.cells(build(day), "Addresses")
    start = head.index("Mine")
    assert head[start : start + 5] == ["Mine", "When", "address (2)", "Column", "Two\nlines"]
    assert cell[start : start + 5] == ["=1+1", datetime(2026, 3, 1, 9, 30), 7, True, 1.5]
    assert empty[start : start + 5] == [""] * 5
    assert head[start + 5 :] == ["_rid", "_rev", "_by", "_at"]


@pytest.mark.parametrize("name", sorted(TABLES))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_every_table_reads_back_equal(name: str, data: st.DataObject) -> None:
    """Through the same reading that takes people's edits in."""
    table = TABLES[name]
    made = data.draw(row_lists(table, max_size=4))
    workbook = book("dispatch-CHI")
    rows = reading.cells(build(one(table, made)), table.title)
    assert rows[0] == ["_state", "_msg", *(column.title for column in table.columns), "_rid", "_rev", "_by", "_at"]
    how = cells.Reading(zone=workbook.zone)
    for row, raw in zip(made, rows[1:], strict=False):
        for column, cell in zip(table.columns, raw[2:], strict=False):
            assert cells.same_cell(cells.read(cell, column, how), row[column.name], workbook.zone), column.name


def test_the_last_columns_identify_the_row() -> None:
    head, cell = reading.cells(build(addresses(["x"])), "Addresses")
    got = dict(zip(head, cell, strict=True))
    record = records(ADDRESSES, [{"address_id": "A0"}])[0]
    assert (got["_rid"], got["_rev"], got["_by"]) == (record.rid, 3, "va@example.com")
    assert got["_at"] == NOW.astimezone(book("va-CHI").zone).replace(tzinfo=None)
