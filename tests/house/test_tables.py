"""Every tab is declared whole and true: titles, rights, life cycles, references and the rows a ledger begins with."""

from collections.abc import Mapping

import pytest

from stopbook.handbook import asks
from tests.house.source import modules, name_of
from workbooks import cells
from workbooks.schema import STAFF, Kind, Role, Table, Type
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT, shelf
from workbooks.tables import TABLES

SHELF = shelf([{"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}])
MOST_TABS = 7
"""visible tabs of a workbook with Today; more are not a tool but a heap"""
MORE_TABS = {"setup": "changed rarely and by the manager alone; kept apart so that the others stay small"}
SHEET_TITLE = 31
"""characters Excel allows"""
FRONT = {"Today", "Start"}
NO_WORKBOOK_AT_ALL = {
    Role.CLIENT: "receives documents, opens no workbook",
    Role.DRIVER: "receives documents, opens no workbook",
}
NO_WORKBOOK_YET = {
    ("attempts", Role.VA): "the VA corrects a reason in the case itself",
    ("driver_identity", Role.VA): "no workbook of the VA carries it yet; by import, or on Recon",
    ("drivers", Role.PAYROLL): "payroll's tabs are full; the manager keeps drivers in setup, payroll imports",
    ("drivers", Role.DISPATCH): "no workbook of dispatch carries drivers yet; by import",
    ("drivers", Role.VA): "no workbook of the VA carries drivers yet; by import",
    ("reason_map", Role.VA): "no workbook of the VA carries it yet; by import",
    ("redeliveries", Role.VA): "no workbook of the VA carries it yet",
    **{("commands", role): "in every Google spreadsheet; a workbook has the ribbon" for role in STAFF},
    (
        "schedule",
        Role.MANAGER,
    ): "on the hub's page; what ran last changes all day, so a workbook of it would never rest",
}
"""(table, role) where a role owns columns of a tab that none of its workbooks carries, each with its reason"""

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_a_file_is_a_table():
    assert {name_of(path) for path in modules("workbooks/tables")} == {
        f"workbooks/tables/{name}.py" for name in ("__init__", *TABLES)
    }


def test_titles_are_unique_and_fit_a_tab():
    titles = [table.title.casefold() for table in TABLES.values()]
    assert len(set(titles)) == len(titles)
    assert not {title.casefold() for title in FRONT} & set(titles)
    for table in TABLES.values():
        assert 0 < len(table.title) <= SHEET_TITLE
        assert not set(table.title) & set("[]:*?/\\'"), table.title


@every_table
def test_columns_have_titles_of_their_own_words_and_sane_widths(table: Table):
    titles = [column.title.casefold() for column in table.columns]
    assert len(set(titles)) == len(titles)
    assert not {*SYSTEM_LEFT, *SYSTEM_RIGHT} & set(titles)
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    for column in table.columns:
        assert column.about.strip(), f"{column.name} says nothing about itself"
        assert not column.about.endswith("."), f"{column.name}: a description is a phrase, without a full stop"
        assert column.name.islower() or column.name.replace("_", "").isalnum()
        assert 5 <= column.width <= 80, f"{column.name} is {column.width} wide"
        assert len(column.title) <= 2 * column.width, f"the title of {column.name} does not fit its width in two lines"


@every_table
def test_what_a_tab_is_for_is_a_sentence(table: Table):
    assert table.about[0].isupper()
    assert table.about.endswith(".")


@every_table
def test_choices_references_and_places_belong_to_their_type(table: Table):
    for column in table.columns:
        assert bool(column.enum) == (column.type in (Type.ENUM, Type.SET)), column.name
        assert len(set(column.enum)) == len(column.enum)
        assert column.type is Type.DEC or not column.places, column.name
        assert not column.ref or column.ref in TABLES, f"{column.name} names no table: {column.ref}"
        assert set(column.colours) <= set(column.enum), column.name
        assert set(column.colours.values()) <= {"good", "warn", "bad", "muted"}
        assert not column.due or column.type is Type.TS, column.name
        assert column.owners, f"{column.name} belongs to nobody"
        assert len(set(column.owners)) == len(column.owners)


@every_table
def test_a_new_row_can_be_made_by_those_who_may(table: Table):
    for role in table.new_rows:
        assert role in table.readers
        own = {column.name for column in table.columns if role in column.owners}
        assert own & set(table.key), f"{role} may add rows and cannot fill any part of the key"
    assert set(table.shown) <= set(table.readers)
    assert Role.SYSTEM not in (*table.readers, *table.new_rows)
    if table.kind in (Kind.LOG, Kind.DOCUMENT):
        assert not table.new_rows


@every_table
def test_the_life_cycle_covers_its_column(table: Table):
    cycle = table.lifecycle
    if cycle is None:
        return
    column = table.by_name[cycle.column]
    assert column.type is Type.ENUM
    assert set(column.enum) == set(cycle.states), set(column.enum) ^ set(cycle.states)
    assert column.owners == (Role.SYSTEM,), "the status is the system's; people move a row through an action"
    assert set(cycle.live) <= set(cycle.states)
    assert len(set(cycle.moves)) == len(cycle.moves)
    actions = {move.action for move in cycle.moves if move.action}
    assert bool(actions) == bool(cycle.action_column)
    if actions:
        chooser = table.by_name[cycle.action_column]
        assert set(chooser.enum) == actions
        for move in cycle.moves:
            assert not move.action or set(move.by) <= set(chooser.owners), move
            assert bool(move.action) == bool(move.by), move
            assert set(move.needs) <= set(table.by_name), move
            for state in {m.source for m in cycle.moves}:
                made = [m for m in cycle.moves if m.source == state and m.action == move.action]
                assert not move.action or len(made) <= 1, f"{move.action} from {state} leads to two states"


@every_table
def test_every_state_can_be_reached(table: Table):
    if table.lifecycle is None:
        return
    reached, todo = set(), list(table.lifecycle.start)
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += [move.target for move in table.lifecycle.moves if move.source == state]
    assert reached == set(table.lifecycle.states)


@every_table
def test_what_it_asks_for_can_be_seen_and_said(table: Table):
    for need in table.needs:
        assert need.role in NO_WORKBOOK_AT_ALL or any(need.role in wb.roles and table in wb.tables for wb in SHELF), (
            f"{need.role} cannot open {table.title}"
        )
        assert not need.due or table.by_name[need.due].type is Type.TS, need.due
        assert len(asks(table, need)) > 10
        blank: Mapping[str, object] = dict.fromkeys(table.by_name)
        assert need.when(blank) in (True, False)


@every_table
def test_checks_are_about_columns(table: Table):
    for check in table.checks:
        assert check.column in table.by_name
    names = {column.name for column in table.columns}
    assert {table.market, table.day, table.parent} - {""} <= names


@every_table
def test_rows_a_ledger_begins_with_keep_their_own_rules(table: Table):
    keys = [table.key_of(row) for row in table.defaults]
    assert len(set(keys)) == len(keys)
    for row in table.defaults:
        assert set(row) <= set(table.by_name)
        for column in table.columns:
            value = row.get(column.name)
            assert value is not None or not column.required, f"{column.name} is empty"
            read = cells.read(value, column) if value is not None else None
            assert read == value or (value == "" and read is None), f"{column.name} holds {value!r}"
            if column.ref and value is not None and TABLES[column.ref].defaults:
                known = {other[TABLES[column.ref].key[0]] for other in TABLES[column.ref].defaults}
                assert value in known, f"{column.name}: {value} is not on {column.ref}"
        for check in table.checks:
            assert check.wrong(row) is None


@pytest.mark.parametrize("workbook", SHELF, ids=lambda wb: wb.name)
def test_a_workbook_stays_small(workbook):
    assert 1 + len(workbook.tables) <= MOST_TABS or workbook.name in MORE_TABS


def test_no_exception_for_a_workbook_that_needs_none():
    assert {wb.name for wb in SHELF if 1 + len(wb.tables) > MOST_TABS} == set(MORE_TABS)


def test_dispatch_reads_no_pay_and_no_client_price():
    found = {
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if column.type is Type.MONEY and Role.DISPATCH in table.readers
    }
    assert found == set(), "pay and client prices are never in a tab that dispatch can open"


def test_who_owns_a_column_has_a_workbook_to_edit_it_in():
    found = {
        (table.name, role)
        for table in TABLES.values()
        for column in table.columns
        for role in column.owners
        if role not in (Role.SYSTEM, *NO_WORKBOOK_AT_ALL)
        and not any(role in wb.roles and table in wb.tables for wb in SHELF)
    }
    assert found == set(NO_WORKBOOK_YET)
    assert set(Role) - {role for wb in SHELF for role in wb.roles} == {Role.SYSTEM, *NO_WORKBOOK_AT_ALL}
