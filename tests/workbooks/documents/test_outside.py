"""What leaves the company holds one party's own rows, and of those only what their tabs share with that party."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopbook.job import Params
from stopbook.jobs import job
from tests.workbooks.layout.reading import cells, parts, tabs
from workbooks.books import Books
from workbooks.documents.client_day import SOURCES
from workbooks.documents.client_day import document as client_day
from workbooks.documents.driver_week import document as driver_week
from workbooks.problems import Refused
from workbooks.schema import Book, Role, Type
from workbooks.tables import TABLES

DAY = date(2026, 3, 10)
AT = datetime(2026, 3, 10, 18, tzinfo=UTC)
TEXTS = (Type.TEXT, Type.ID, Type.URL, Type.EMAIL, Type.PHONE, Type.ZIP)
MARK = re.compile(r"~(\w+)\.(\w+)~(\w+)~")
PREFIXES = ("", "=", "+", "-", "@", '=HYPERLINK("http://x")', "{=1}")


def marked(table: str, party: str, draw: Any, amounts: dict[str, str], numbers: Any, **given_: Any) -> dict[str, Any]:
    """A row whose every text says where it stands and whose it is, and whose every amount is told apart."""
    row: dict[str, Any] = {}
    for column in TABLES[table].columns:
        if column.type in TEXTS:
            row[column.name] = f"{draw(st.sampled_from(PREFIXES))}~{table}.{column.name}~{party}~"
        elif column.type in (Type.MONEY, Type.DEC):
            amount = next(numbers)
            amounts[f"{amount}"] = f"{table}.{column.name}.{party}"
            row[column.name] = Decimal(amount) + Decimal("0.07")
        elif column.type is Type.ENUM:
            row[column.name] = draw(st.sampled_from(column.enum))
        elif column.type is Type.TS:
            row[column.name] = AT
        elif column.type is Type.DATE:
            row[column.name] = DAY
        elif column.type is Type.BOOL:
            row[column.name] = draw(st.booleans())
        else:
            row[column.name] = None
    return {**row, **given_}


@st.composite
def companies(draw: Any) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """Three accounts and three drivers with random stops, scans, cases, settlements and everything around them."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    amounts: dict[str, str] = {}
    numbers = count(70_001, 7)
    rows["markets"] = [{"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}]
    for party in ("P1", "P2", "P3"):
        rows["clients"].append({"client_id": f"C-{party}", "name": f"client {party}"})
        rows["accounts"].append({"account_id": party, "client_id": f"C-{party}", "name": f"account {party}"})
        rows["drivers"].append({"driver_id": f"D-{party}", "display": party, "engagement": "IC"})
        number = f"2026-W11-D-{party}-1"
        for n in range(draw(st.integers(0, 3))):
            stop = {"stop_id": f"{party}-{n}", "market_id": "CHI", "service_date": DAY}
            mine = {**stop, "account_id": party}
            rows["stops"].append(
                marked("stops", party, draw, amounts, numbers, **mine, address_id=f"A-{party}-{n}", pkgs=n)
            )
            rows["addresses"].append(marked("addresses", party, draw, amounts, numbers, address_id=f"A-{party}-{n}"))
            if draw(st.booleans()):
                rows["recon"].append(
                    marked("recon", party, draw, amounts, numbers, **mine, route_id=f"R-{party}", flags=())
                )
            if draw(st.booleans()):
                rows["attempts"].append(marked("attempts", party, draw, amounts, numbers, **stop, attempt_id=f"T-{party}-{n}", dup_scan=None,
                                               driver_id=f"D-{party}", settled_in=number))  # fmt: skip
            if draw(st.booleans()):
                rows["exceptions"].append(
                    marked("exceptions", party, draw, amounts, numbers, **mine, exc_id=f"X-{party}-{n}")
                )
        settlement = marked("settlements", party, draw, amounts, numbers, settlement_id=number, driver_id=f"D-{party}", status="POSTED",
                            period_start=DAY, period_end=DAY, carry_out=None)  # fmt: skip
        lines = [marked("settlement_lines", party, draw, amounts, numbers, line_id=f"{number}/L{n}", settlement_id=number, state="OK",
                        driver_id=f"D-{party}", n=n, component="STOP_TIER") for n in range(draw(st.integers(1, 3)))]  # fmt: skip
        settlement["gross"] = sum(line["amount"] for line in lines)
        rows["settlements"].append(settlement)
        rows["settlement_lines"] += lines
        rows["driver_ledger"].append(
            marked(
                "driver_ledger",
                party,
                draw,
                amounts,
                numbers,
                entry_id=f"E-{party}",
                driver_id=f"D-{party}",
                account="ADVANCE",
            )
        )
    return rows, amounts


def everything(content: bytes) -> str:
    """Every text and number anywhere in a workbook, properties and names too."""
    told = [str(cell) for tab in tabs(content) for row in cells(content, tab) for cell in row if cell not in (None, "")]
    return "\n".join([*told, *parts(content, r".*\.xml$")])


def leaks(text: str, party: str, role: Role, amounts: dict[str, str]) -> list[str]:
    """Marks of another party, or of a column that is not shared with the role."""
    found = [f"{table}.{column} of {whose}" for table, column, whose in MARK.findall(text)
             if whose != party or column not in TABLES[table].shared.get(role, ())]  # fmt: skip
    for amount in re.findall(r"\b(7\d{4})(?:[.,]07)", text.replace(",", "")):
        table, column, whose = amounts.get(amount, "..").split(".")
        if table and (whose != party or column not in TABLES[table].shared.get(role, ())):
            found.append(f"amount {table}.{column} of {whose}")
    return found


def exported(rows: dict[str, list[dict[str, Any]]], name: str) -> dict[str, bytes]:
    plan = job(name).plan(Books.of(rows), Params(AT, "ana", "test", None, DAY))
    return {effect.target.rpartition("/")[2]: effect.details["content"] for effect in plan.effects}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(companies())
def test_a_clients_sheet_holds_its_own_stops_and_nothing_else(company):
    rows, amounts = company
    if not rows["stops"]:
        return
    made = exported(rows, "export-client-sheets")
    assert {name for name in made if name.endswith(".xlsx")} == {f"{s['account_id']}.xlsx" for s in rows["stops"]}
    for name, content in made.items():
        if name.endswith(".xlsx"):
            text = everything(content)
            assert leaks(text, name.removesuffix(".xlsx"), Role.CLIENT, amounts) == []
            assert "<f>" not in text
            mine = [row for row in rows["stops"] if row["account_id"] == name.removesuffix(".xlsx")]
            assert f"{len(mine)} stops = " in text
            assert len(cells(content, "Every stop")) == len(mine) + 1


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(companies())
def test_a_drivers_statement_holds_the_drivers_own_rows_and_nothing_else(company):
    rows, amounts = company
    for row in rows["settlements"]:
        lines = [line for line in rows["settlement_lines"] if line["settlement_id"] == row["settlement_id"]]
        assert row["gross"] == sum(line["amount"] for line in lines)
    made = exported(rows, "export-driver-statements")
    for name, content in made.items():
        if name.endswith(".xlsx"):
            assert leaks(everything(content), name.removeprefix("D-").removesuffix(".xlsx"), Role.DRIVER, amounts) == []


def test_the_search_finds_a_leak():
    text = "~stops.recipient~P1~ and ~exceptions.internal_note~P1~ and ~stops.recipient~P2~ and 70001.07"
    assert leaks(text, "P1", Role.CLIENT, {"70001": "charges.amount.P1"} | {}) == [
        "exceptions.internal_note of P1", "stops.recipient of P2", "amount charges.amount of P1"]  # fmt: skip


def test_what_is_shared_is_what_may_be_shared():
    for table in TABLES.values():
        for role, names in table.shared.items():
            assert role in (Role.CLIENT, Role.DRIVER)
            assert len(set(names)) == len(names)
            for name in names:
                column = table.by_name[name]
                assert column.type not in (Type.PHONE, Type.EMAIL), f"{table.name}.{name} is a way to reach somebody"
                assert "note" not in name or name == "client_visible_note", f"{table.name}.{name} is a note of ours"
                assert column.type is not Type.MONEY or (role is Role.DRIVER and table.book is Book.SETTLE), (
                    f"{table.name}.{name}"
                )
    titles = [TABLES[n].by_name[c].title for n in SOURCES for c in TABLES[n].shared.get(Role.CLIENT, ())]
    names = [c for n in SOURCES for c in TABLES[n].shared.get(Role.CLIENT, ())]
    assert len({(t, c) for t, c in zip(titles, names, strict=True)}) == len(set(titles)), (
        "two columns would have one heading"
    )


def test_a_row_of_somebody_else_stops_the_sheet():
    from workbooks.documents import Party
    from workbooks.localtime import zone

    foreign = {"stop_id": "S", "account_id": "P2"}
    with pytest.raises(Refused, match="The sheet of P1 got a row of P2; it was not made"):
        client_day({"stops": [foreign]}, {"account_id": "P1", "name": "x"}, {}, DAY, zone("UTC"), Party(""), {})
    entry = {"driver_id": "D-2", "amount": Decimal(1)}
    with pytest.raises(Refused, match="The statement of D-1 got an entry of D-2; it was not made"):
        driver_week({"driver_id": "D-1"}, [], [], [entry], Decimal(0), Party(""))
