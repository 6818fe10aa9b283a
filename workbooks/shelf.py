"""The shelf: which workbooks there are, for whom, and which tabs stand in each.

One for dispatch and one for the VA of each market, one for the manager, those of pay and of billing, which dispatch and
VAs never open, and the manager's setup workbook with the tables that are changed rarely. Everything follows from the
declarations (`Table.shown`, `Table.book`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from workbooks import localtime
from workbooks.schema import Book, Column, Kind, Role, Row, Table
from workbooks.tables import TABLES

SYSTEM_LEFT = ("_state", "_msg")
SYSTEM_RIGHT = ("_rid", "_rev", "_by", "_at")
BETWEEN = " · "
"""between two messages about one row; each begins with the title of its column and a colon"""


def speaks_of(message: str, column: Column) -> str:
    """A formula, for Excel and Google alike: TRUE where the message in that cell, such as $B2, is about the column."""
    title = column.title.replace('"', '""')
    return f'ISNUMBER(FIND("{BETWEEN}{title}: “","{BETWEEN}"&{message}))'


"""headers of the columns Stopbook adds to every tab: state and message first, identity (hidden) last"""


@dataclass(frozen=True)
class Workbook:
    """One workbook: `name` is its file name without ending and the name of the copy in the ledger.

    `market` is None where it spans all markets; `zone` is the clock its cells are written in. `roles` are the
    roles whose edits it carries.
    """

    name: str
    title: str
    roles: tuple[Role, ...]
    market: str | None
    zone: ZoneInfo
    tables: tuple[Table, ...]

    @property
    def file(self) -> str:
        """File name."""
        return f"{self.name}.xlsx"

    def holds(self, table: Table, row: Row) -> bool:
        """True when `row` of `table` belongs in this workbook."""
        return self.market is None or not table.market or row.get(table.market) in (self.market, None)


@dataclass(frozen=True)
class Stamp:
    """What a workbook says about itself (docProps/custom.xml): whose it is and which generation of writing."""

    ledger_id: str
    workbook: str
    generation: int
    written_at: datetime
    mark: str = ""
    """how far the add-in had kept it in step when it was saved, as "sitting.round"; "" where it never did"""


def _shown(role: Role) -> tuple[Table, ...]:
    return tuple(table for table in TABLES.values() if role in table.shown)


def _settle(role: Role) -> tuple[Table, ...]:
    """Tabs of pay that a role sees; they stand in workbooks of their own, which dispatch and VAs never open."""
    return tuple(table for table in _shown(role) if table.book is Book.SETTLE)


def _bill(role: Role) -> tuple[Table, ...]:
    """Tabs of billing that a role sees."""
    return tuple(table for table in _shown(role) if table.book is Book.BILLING)


def _rates(own: bool) -> tuple[Table, ...]:
    """Tables that billing enters and does not work day by day: prices of its own, or what others go by too."""
    kept = (
        t
        for t in TABLES.values()
        if t.kind is Kind.INPUT and Role.BILLING in t.new_rows and Role.BILLING not in t.shown
    )
    return tuple(t for t in kept if own == (t.book is Book.BILLING and Role.PAYROLL not in t.readers))


def shelf(markets: Iterable[Row]) -> tuple[Workbook, ...]:
    """Every workbook for these markets (rows of the table `markets`)."""
    markets = sorted(markets, key=lambda row: str(row["market_id"]))
    books = []
    for market in markets:
        code, zone = str(market["market_id"]), localtime.zone(str(market["tz"]))
        for role, title in ((Role.DISPATCH, "Dispatch"), (Role.VA, "VA")):
            books.append(
                Workbook(f"{role.value}-{code}", f"{title} {market['name']}", (role,), code, zone, _shown(role))
            )
    zone = localtime.zone(str(markets[0]["tz"])) if markets else ZoneInfo("UTC")
    setup = tuple(
        t for t in TABLES.values()
        if t.book is Book.MASTER and not t.shown and t.kind is not Kind.LOG and t.editable((Role.MANAGER,))
    )  # fmt: skip
    pay = _settle(Role.MANAGER)
    bill = _bill(Role.MANAGER)
    manager = tuple(table for table in _shown(Role.MANAGER) if table not in (*pay, *bill))
    books.append(Workbook("manager", "Manager", (Role.MANAGER,), None, zone, manager))
    books.append(Workbook("payroll", "Payroll", (Role.PAYROLL,), None, zone, _settle(Role.PAYROLL)))
    books.append(Workbook("approvals", "Approvals of pay", (Role.MANAGER,), None, zone, pay))
    rules = tuple(
        t for t in TABLES.values() if t.book is Book.SETTLE and t.kind is Kind.INPUT and Role.PAYROLL not in t.shown
    )
    books.append(Workbook("payrules", "Pay rules", (Role.PAYROLL,), None, zone, rules))
    books.append(Workbook("billing", "Billing", (Role.BILLING,), None, zone, _bill(Role.BILLING)))
    books.append(Workbook("rates", "Rates", (Role.BILLING,), None, zone, _rates(own=True)))
    books.append(Workbook("zones", "Zones, tax and fuel", (Role.BILLING,), None, zone, _rates(own=False)))
    books.append(Workbook("billapprovals", "Approvals of billing", (Role.MANAGER,), None, zone, bill))
    books.append(Workbook("setup", "Setup", (Role.MANAGER,), None, zone, setup))
    return tuple(books)
