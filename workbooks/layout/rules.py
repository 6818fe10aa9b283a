"""Conditional formats: what a row's state, status and due moment look like. The moment is always `AsOf`, the one
of writing on the market's clock: the reader's own clock may be on another continent."""

from collections import defaultdict
from datetime import UTC, datetime

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from workbooks.layout.styles import Styles
from workbooks.schema import Column, Need, Table, Type
from workbooks.shelf import speaks_of

AS_OF = "AsOf"
SOON = "1/48"
"""half an hour, in days"""
STATES = {"bad": ("CONFLICT", "INVALID"), "warn": ("STALE", "LOCKED"), "muted": ("VOID",)}


def _any_of(cell: str, values: tuple[str, ...]) -> str:
    quoted = ",".join('{}="{}"'.format(cell, value.replace('"', '""')) for value in values)
    return f"OR({quoted})"


def _speaks(need: Need, row: dict[str, object]) -> bool:
    try:
        return need.when(row)
    except (KeyError, TypeError, AttributeError):
        return True


def settled_by(table: Table, due: Column) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """When the clock of `due` no longer matters: (statuses in which, other moments once they are filled).

    The declaration of a need says when a row asks for something; it is asked here about made-up rows, so that
    red means the same on a tab as on *Today*.
    """
    needs = [need for need in table.needs if need.due == due.name]
    status = table.lifecycle.column if table.lifecycle else ""
    if not needs or not status:
        return (), ()
    states = table.by_name[status].enum
    live = tuple(state for state in states if any(_speaks(need, {status: state}) for need in needs))
    done = tuple(state for state in states if state not in live)
    moments = tuple(
        column.name
        for column in table.columns
        if column.type is Type.TS and column is not due
        and live and not any(_speaks(need, {status: live[0], column.name: datetime(2026, 1, 1, tzinfo=UTC)}) for need in needs)
    )  # fmt: skip
    return done, moments


def colour_states(sheet: Worksheet, styles: Styles, last: int) -> None:
    """`_state` and `_msg` stand out where the state is not OK."""
    for name, states in STATES.items():
        sheet.conditional_format(
            1, 0, last, 1, {"type": "formula", "criteria": f"={_any_of('$A2', states)}", "format": styles.rule(name)}
        )


def colour_marked(sheet: Worksheet, styles: Styles, col: int, column: Column, last: int) -> None:
    """A cell stands out while the row's message is about it: what was typed there was not taken."""
    sheet.conditional_format(
        1, col, last, col,
        {"type": "formula", "criteria": f"={speaks_of('$B2', column)}", "format": styles.rule("bad"), "stop_if_true": True},
    )  # fmt: skip


def colour_values(sheet: Worksheet, styles: Styles, col: int, column: Column, last: int) -> None:
    """Values of a status column in their named styles: one rule per style."""
    by_style: dict[str, list[str]] = defaultdict(list)
    for value, name in column.colours.items():
        by_style[name].append(value)
    cell = f"${xl_col_to_name(col)}2"
    for name, values in by_style.items():
        sheet.conditional_format(
            1, col, last, col,
            {"type": "formula", "criteria": f"={_any_of(cell, tuple(values))}", "format": styles.rule(name)},
        )  # fmt: skip


def colour_due(
    sheet: Worksheet, styles: Styles, table: Table, column: Column, places: dict[str, int], last: int
) -> None:
    """A due moment turns amber half an hour before and red once passed, while the row still waits for it."""

    def cell(name: str) -> str:
        return f"${xl_col_to_name(places[name])}2"

    done, moments = settled_by(table, column)
    due = cell(column.name)
    waits = [f"ISNUMBER({due})"]
    if done and table.lifecycle:
        waits.append(f"NOT({_any_of(cell(table.lifecycle.column), done)})")
    waits += [f'{cell(name)}=""' for name in moments]
    for name, near in (("bad", f"{due}<={AS_OF}"), ("warn", f"{due}<={AS_OF}+{SOON}")):
        sheet.conditional_format(
            1, places[column.name], last, places[column.name],
            {"type": "formula", "criteria": f"=AND({','.join([*waits, near])})", "format": styles.rule(name),
             "stop_if_true": True},
        )  # fmt: skip
