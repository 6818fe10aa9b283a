"""Nobody sees another's rows: random people against random books, through every way of reading there is."""

import json
import re
from random import Random

import pytest

from stopbook.hub.works import tells_all
from stopbook.jobs import jobs
from stopbook.people import Person
from stopbook.rights import Rights
from tests.stopbook.hub.conftest import DAY, Caller
from workbooks.books import Books
from workbooks.schema import STAFF, B, D, Kind, M, P, Type, V
from workbooks.tables import TABLES

MARKETS, ACCOUNTS = ("CHI", "PHX", "DEN"), ("A1", "B1", "C1")
BOOKS = 150
SPLIT = {name: table for name, table in TABLES.items() if table.kind is not Kind.LOG}


def books(random: Random) -> dict[str, list[dict[str, object]]]:
    """A few rows of every table; every text says whose it is: the value of each cell carries market and account."""
    made: dict[str, list[dict[str, object]]] = {name: [] for name in SPLIT}
    for market in MARKETS:
        for account in ACCOUNTS:
            mark = f"{market}.{account}"
            for name, table in SPLIT.items():
                if random.random() < 0.5:
                    continue
                row: dict[str, object] = {}
                for column in table.columns:
                    row[column.name] = mark if column.type in (Type.TEXT, Type.ID) else None
                for column in table.columns:
                    if column.name == table.market or column.ref == "markets":
                        row[column.name] = market
                    elif column.ref == "accounts" or column.name == "account_id":
                        row[column.name] = account
                    elif column.ref == "clients" or column.name == "client_id":
                        row[column.name] = f"client {account}"
                if name == "markets":
                    row["market_id"] = market
                if name in ("conflicts", "health"):
                    continue
                made[name].append(row)
    return made


def whose(text: str) -> tuple[str, str]:
    market, _, account = text.partition(".")
    return market, account


def test_random_people_over_random_books():
    random = Random(11)
    seen = 0
    for _ in range(BOOKS):
        made = books(random)
        reading = Books.of(made)
        roles = tuple(random.sample(STAFF, random.choice((1, 1, 2))))
        markets = frozenset(random.sample(MARKETS, random.choice((1, 2)))) if random.random() < 0.6 else None
        accounts = frozenset(random.sample(ACCOUNTS, random.choice((1, 2)))) if random.random() < 0.4 else None
        person = Person("x@example.com", roles, markets, accounts)
        rights = Rights(person, reading)
        for name, rows in made.items():
            table = SPLIT[name]
            for row in rows:
                shown = {c.name: row.get(c.name) for c in rights.columns(table)} if rights.sees(table, row) else None
                if shown is None:
                    continue
                seen += 1
                assert set(roles) & set(table.readers)
                if table.market and markets is not None:
                    assert row[table.market] in markets
                own = next((c.name for c in table.columns if c.ref == "accounts" or c.name == "account_id"), None)
                if own and accounts is not None:
                    assert row[own] in accounts
                if set(roles) <= {D, V}:
                    assert not [
                        c for c in table.columns if c.type is Type.MONEY and c.name in shown and not c.owned_by(roles)
                    ]
    assert seen > 2_000


@pytest.mark.parametrize("table", SPLIT.values(), ids=list(SPLIT))
def test_pay_and_prices_never_reach_dispatch_or_the_va(table):
    for role in (D, V):
        rights = Rights(Person("x", (role,)), Books.of({}))
        if rights.reads(table):
            assert not [c.name for c in rights.columns(table) if c.type is Type.MONEY and not c.owned_by((role,))]
    if table.book.value in ("settle", "billing") and not set(table.readers) & {D, V}:
        assert not Rights(Person("x", (D, V)), Books.of({})).reads(table)


def test_a_row_is_followed_to_whom_it_belongs():
    rows = {
        "drivers": [{"driver_id": "D-1", "home_market": "CHI"}, {"driver_id": "D-2", "home_market": "PHX"}],
        "settlements": [{"settlement_id": "S1", "driver_id": "D-1"}, {"settlement_id": "S2", "driver_id": "D-2"}],
        "settlement_lines": [{"line_id": "S1.1", "settlement_id": "S1"}, {"line_id": "S2.1", "settlement_id": "S2"}],
        "disputes": [{"dispute_id": "Q1", "line_id": "S1.1"}, {"dispute_id": "Q2", "line_id": "S2.1"}],
        "accounts": [{"account_id": "A1", "client_id": "K1"}, {"account_id": "B1", "client_id": "K2"}],
        "rate_cards": [{"card_id": "RA", "version": 1, "account_id": "A1"}, {"card_id": "RB", "version": 1, "account_id": "B1"}],
        "rate_lines": [{"card_id": "RA", "version": 1}, {"card_id": "RB", "version": 1}],
        "payments": [{"pay_id": "P1", "client_id": "K1"}, {"pay_id": "P2", "client_id": "K2"}],
        "applications": [{"pay_id": "P1", "invoice_no": "1"}, {"pay_id": "P2", "invoice_no": "2"}],
        "stops": [{"stop_id": "T1", "account_id": "A1", "address_id": "H1"}, {"stop_id": "T2", "account_id": "B1", "address_id": "H2"}],
        "addresses": [{"address_id": "H1"}, {"address_id": "H2"}],
        "attempts": [{"attempt_id": "T1-1", "stop_id": "T1"}, {"attempt_id": "T2-1", "stop_id": "T2"}],
    }  # fmt: skip
    reading = Books.of(rows)
    payroll = Rights(Person("p", (P,), markets=frozenset({"CHI"})), reading)
    for name in ("settlements", "settlement_lines", "disputes"):
        assert [payroll.sees(TABLES[name], row) for row in reading.rows(name)] == [True, False], name
    billing = Rights(Person("b", (B,), accounts=frozenset({"A1"})), reading)
    for name in ("rate_cards", "rate_lines", "payments", "applications", "stops", "addresses", "attempts"):
        assert [billing.sees(TABLES[name], row) for row in reading.rows(name)] == [True, False], name


def test_a_conflict_is_seen_by_who_sees_the_row_it_is_about():
    rows = {
        "rate_lines": [{"card_id": "R", "version": 1, "charge_code": "DEL"}],
        "stops": [{"stop_id": "T1", "market_id": "CHI"}],
    }
    price = {
        "conflict_id": "1",
        "market_id": None,
        "table_name": "rate_lines",
        "column_name": "rate",
        "sheet_value": "4.10",
    }
    stop = {"conflict_id": "2", "market_id": "CHI", "table_name": "stops", "column_name": "seq"}
    for role, expected in ((V, [False, True]), (D, [False, True]), (B, [True, True]), (M, [True, True])):
        rights = Rights(Person("x", (role,)), Books.of(rows))
        assert [rights.sees(TABLES["conflicts"], row) for row in (price, stop)] == expected, role


def test_a_conflict_without_a_market_is_judged_by_its_row():
    rows = {
        "drivers": [{"driver_id": "D-1", "home_market": "CHI"}, {"driver_id": "D-2", "home_market": "PHX"}],
        "reimbursements": [{"reimb_id": "R1", "driver_id": "D-1"}, {"reimb_id": "R2", "driver_id": "D-2"}],
    }
    told = [
        {"market_id": None, "table_name": "reimbursements", "column_name": "status", "row_key": key}
        for key in ("R1", "R2", "R3")
    ]
    payroll = Rights(Person("p", (P,), markets=frozenset({"CHI"})), Books.of(rows))
    assert [payroll.sees(TABLES["conflicts"], row) for row in told] == [True, False, False]


def test_what_a_job_says_in_words_is_for_those_who_see_everything_it_may_quote():
    everywhere, here = jobs()["write-workbooks"], jobs()["reconcile-day"]
    bills = jobs()["post-invoices"]
    chi = frozenset({"CHI"})
    for person, expected in (
        (Person("m", (M,)), [True, True, True]),
        (Person("m", (M,), chi), [False, True, False]),
        (Person("v", (V,), chi), [False, True, False]),
        (Person("d", (D,)), [False, True, False]),
        (Person("b", (B,)), [False, True, True]),
        (Person("b", (B,), None, frozenset({"A1"})), [False, False, False]),
    ):
        assert [tells_all(person, job) for job in (everywhere, here, bills)] == expected, person


def test_every_answer_of_the_hub_holds_only_what_is_ones_own(house):
    """All tables, all people, every way of reading: nothing of the other market or the other account is in the bytes."""
    only = {"va": ("2041", "2042", "R90", "Di Lee", "PHX"), "phx_va": ("1041", "1042", "R12", "Jo Park", "CHI"),
            "chi_boss": ("2041", "2042", "R90", "Di Lee", "PHX"), "bill": ("B1-204", "Di Lee", "BETA")}  # fmt: skip
    all_tables = ",".join(SPLIT)
    for name, foreign in only.items():
        caller = house.caller(name)
        readable = {table["name"] for table in caller.get("/tables")["tables"]}
        answers = [caller.ask("GET", "/status"), caller.ask("GET", "/me"), caller.ask("GET", "/jobs")]
        for table in SPLIT:
            for asked in ({"since": 0}, {"days": DAY}):
                answer = caller.ask("GET", "/rows", params={"tables": table, **asked, "limit": 50})
                assert (answer.status_code == 200) == (table in readable)
                answers.append(answer)
        assert caller.ask("GET", "/rows", params={"tables": all_tables}).status_code == 404
        job = caller.ask("POST", "/jobs/write-workbooks/preview", {})
        answers += [job, caller.ask("POST", "/jobs/health-check/preview", {})]
        for answer in answers:
            text = json.dumps(json.loads(answer.text), ensure_ascii=False)
            for mark in foreign:
                assert re.search(rf"\b{mark}\b", text) is None, (
                    f"{name} was shown {mark} in {answer.url}: {text[max(0, text.find(mark) - 200) :][:300]}"
                )
    for caller in (house.caller("va"), house.caller("dispatch")):
        names = {table["name"]: {c["name"] for c in table["columns"]} for table in caller.get("/tables")["tables"]}
        assert not set(names) & {"settlements", "settlement_lines", "rate_lines", "invoices", "charges", "driver_pay"}
        assert not names.get("accounts", set()) & {"invoice_min", "credit_limit"}


def test_nobody_edits_what_they_cannot_read(house):
    other: Caller = house.caller("phx_va")
    foreign = other.row("exceptions")
    mine = house.caller("va").ask(
        "PUT",
        "/edits",
        {"edits": [{"table": "exceptions", "row": foreign["_rid"], "rev": 1, "cells": {"internal_note": "x"}}]},
    )
    assert mine.status_code == 404
    assert (
        house.caller("va").ask("GET", "/history", params={"table": "exceptions", "row": foreign["_rid"]}).status_code
        == 404
    )
    assert (
        house.caller("va").ask("GET", "/explain", params={"table": "exceptions", "row": foreign["_rid"]}).status_code
        == 404
    )


def test_a_manager_of_one_market_cannot_give_themselves_another(house):
    boss = house.caller("chi_boss")
    assert boss.ask("GET", "/rows", params={"tables": "users", "since": 0}).status_code == 404
    mine = house.office.app.ledger.load("users", {"email": "chi_boss@example.com"})[0]
    edit = {"edits": [{"table": "users", "row": mine.rid, "rev": mine.rev, "cells": {"markets": ""}}]}
    assert boss.ask("PUT", "/edits", edit).status_code == 404
    assert boss.get("/me")["markets"] == ["CHI"]
