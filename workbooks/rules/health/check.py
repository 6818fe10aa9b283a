"""The books are healthy when every reference leads somewhere, dated rows do not overlap and cells can be true.

Each check is one function over the rows of one table; a finding names tab, row, column, what is wrong and the way
out. ERROR is what would make money wrong, WARNING what somebody should look at.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from workbooks.schema import Row, Table
from workbooks.tables import TABLES


@dataclass(frozen=True)
class Finding:
    """One thing wrong in the books."""

    table: Table
    key: tuple[str, ...]
    column: str
    what: str
    remedy: str
    severity: str = "ERROR"
    market_id: str | None = None

    @property
    def finding_id(self) -> str:
        """The same finding has the same id every time it is seen."""
        text = "\x1f".join((self.table.name, *self.key, self.column, self.what))
        return f"H-{sha256(text.encode()).hexdigest()[:12]}"


Rows = Mapping[str, Sequence[Row]]
Check = Callable[[Rows], Iterable[Finding]]


def _at(table: Table, row: Row) -> tuple[tuple[str, ...], str | None]:
    market = row.get(table.market) if table.market else row.get("market_id")
    return table.key_of(row), None if market is None else str(market)


def references(rows: Rows) -> Iterable[Finding]:
    """Every cell that names a row of another tab names one that exists."""
    known: dict[str, set[str]] = {}
    for name, found in rows.items():
        first = TABLES[name].key[0]
        known[name] = {str(row[first]) for row in found if row.get(first) is not None}
    for name, found in rows.items():
        table = TABLES[name]
        for column in table.columns:
            if column.ref not in known or column.ref == name:
                continue
            for row in found:
                value = row.get(column.name)
                if value is not None and str(value) not in known[column.ref]:
                    key, market = _at(table, row)
                    title = TABLES[column.ref].title
                    yield Finding(table, key, column.name, f"{column.title} “{value}” is not on tab {title}",
                                  f"Correct it, or add it on tab {title}", market_id=market)  # fmt: skip


def row_checks(rows: Rows) -> Iterable[Finding]:
    """Every row keeps its table's own rules, and its required cells are filled."""
    for name, found in rows.items():
        table = TABLES[name]
        required = [column for column in table.columns if column.required]
        for row in found:
            key, market = _at(table, row)
            for column in required:
                if row.get(column.name) is None:
                    yield Finding(table, key, column.name, f"{column.title} is empty", "Fill it", market_id=market)
            for check in table.checks:
                wrong = check.wrong(row)
                if wrong:
                    yield Finding(table, key, check.column, wrong, "Correct it", market_id=market)


def _overlapping(rows: Iterable[Row], start: str, end: str) -> Iterable[tuple[Row, Row]]:
    before: Row | None = None
    for row in sorted(rows, key=lambda r: r.get(start) or date.min):
        if before is not None and (before.get(end) is None or (row.get(start) or date.min) <= before[end]):
            yield before, row
        before = row


def one_driver_per_account(rows: Rows) -> Iterable[Finding]:
    """At any date one platform account means one driver."""
    table = TABLES["driver_identity"]
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows.get("driver_identity", ()):
        groups.setdefault((row["platform"], str(row["platform_driver_ref"]).casefold()), []).append(row)
    for group in groups.values():
        for before, row in _overlapping(group, "valid_from", "valid_to"):
            if before["driver_id"] != row["driver_id"]:
                what = f"account {row['platform_driver_ref']} is {before['driver_id']} and {row['driver_id']} at the same time"
                yield Finding(table, table.key_of(row), "valid_from", what, "End the earlier row the day before")


def no_zone_twice(rows: Rows) -> Iterable[Finding]:
    """A ZIP, range or city lies in one zone of an account at a time."""
    table = TABLES["zones"]
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows.get("zones", ()):
        groups.setdefault((row["account_id"], row["match_type"], str(row.get("match_value") or "")), []).append(row)
    for group in groups.values():
        for before, row in _overlapping(group, "eff_from", "eff_to"):
            if before["zone"] != row["zone"]:
                what = f"{row['match_type']} {row.get('match_value') or ''} is in zone {before['zone']} and {row['zone']} at the same time"
                yield Finding(table, table.key_of(row), "eff_from", what, "End the earlier row the day before")


def one_contract_at_a_time(rows: Rows) -> Iterable[Finding]:
    """An account has one SLA contract at a time."""
    table = TABLES["sla_contracts"]
    groups: dict[str, list[Row]] = {}
    for row in rows.get("sla_contracts", ()):
        groups.setdefault(row["account_id"], []).append(row)
    for group in groups.values():
        for before, row in _overlapping(group, "eff_from", "eff_to"):
            what = f"contracts {before['contract_id']} and {row['contract_id']} of {row['account_id']} overlap"
            yield Finding(table, table.key_of(row), "eff_from", what, "End the earlier one the day before")


CHECKS: tuple[Check, ...] = (references, row_checks, one_driver_per_account, no_zone_twice, one_contract_at_a_time)
"""every check, in the order findings are listed"""


def examine(rows: Rows) -> list[Finding]:
    """All findings over these tables' rows."""
    return [finding for check in CHECKS for finding in check(rows)]
