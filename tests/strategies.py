"""Random rows of any declared table, for property tests in every room.

`rows(table)` draws one row as the ledger keeps it: every column by name, None where empty, typed as its column
says, and readable back from a cell. `row_lists(table)` draws several with unique keys.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from workbooks import cells
from workbooks.schema import Column, Table, Type

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2035, 12, 31, 23, 59, 59, tzinfo=UTC)
TRICKY = (
    "00123", "1-2", "1E5", "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "{=1+1}", "<r>x</r>",
    "123456789012345678", "TRUE", "2026-03-10", "3/4", "_x0041_", "a & b < c > d \"e\" 'f'", "'quoted", "http://x.org",
    "mailto:a@b.c", "internal:Stops!A1", "Δοκιμή", "محمد عبد الله", "שלום", "José Ñandú", "Émile 🚚", "日本語", "NULL", "#N/a",
)  # fmt: skip
"""text that spreadsheets like to turn into something else"""


def texts(longest: int = 40) -> st.SearchStrategy[str]:
    """Clean, trimmed, non-empty text without control characters, ordinary or tricky."""
    letters = st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufffd")
    drawn = st.text(letters, min_size=1, max_size=longest).map(cells.clean)
    return st.one_of(drawn, st.sampled_from(TRICKY).map(cells.clean)).filter(
        lambda text: text != "" and text not in cells.ERRORS
    )


def moments() -> st.SearchStrategy[datetime]:
    """Whole-second UTC moments, 2020 to 2035."""
    return st.integers(0, int((LAST - FIRST).total_seconds())).map(lambda seconds: FIRST + timedelta(seconds=seconds))


def _decimals(places: int, most: int) -> st.SearchStrategy[Decimal]:
    unit = 10**places
    return st.integers(-most * unit, most * unit).map(lambda n: round(Decimal(n) / unit, places))


def _choices(column: Column) -> st.SearchStrategy[tuple[str, ...]]:
    chosen = st.sets(st.sampled_from(column.enum), min_size=1, max_size=3)
    return chosen.map(lambda names: tuple(name for name in column.enum if name in names))


def values(column: Column) -> st.SearchStrategy[Any]:
    """Filled cells of one column."""
    match column.type:
        case Type.ENUM:
            return st.sampled_from(column.enum)
        case Type.SET:
            return _choices(column)
        case Type.INT:
            return st.integers(-(10**9), 10**9)
        case Type.DEC:
            return _decimals(column.places, 10**6)
        case Type.MONEY:
            return _decimals(2, 10**9)
        case Type.PCT:
            return _decimals(6, 2)
        case Type.DATE:
            return st.dates(date(2020, 1, 1), date(2035, 12, 31))
        case Type.TIME:
            return st.builds(time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
        case Type.TS:
            return moments()
        case Type.BOOL:
            return st.booleans()
        case Type.ZIP:
            return st.integers(0, 99_999).map(lambda n: f"{n:05}")
        case Type.PHONE:
            return st.integers(2_000_000, 9_999_999).map(lambda n: f"+1312{n}")
        case Type.EMAIL:
            return st.from_regex(r"[a-z][a-z0-9.]{0,10}@[a-z]{1,8}\.(com|org)", fullmatch=True)
        case Type.ZONE:
            return st.sampled_from(("America/Chicago", "America/New_York", "America/Phoenix", "Asia/Manila", "UTC"))
        case Type.URL:
            return st.from_regex(r"https://[a-z]{1,8}\.com/[a-z0-9]{0,8}", fullmatch=True)
        case _:
            return texts()


def rows(table: Table) -> st.SearchStrategy[dict[str, Any]]:
    """One row: key and required columns filled, any other filled or None."""
    filled = {
        column.name: values(column)
        if column.required or column.name in table.key
        else st.one_of(st.none(), values(column))
        for column in table.columns
    }
    return st.fixed_dictionaries(filled)


def row_lists(table: Table, max_size: int = 8) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows with unique keys."""
    return st.lists(rows(table), max_size=max_size, unique_by=table.key_of)
