"""What is wrong with plans, tiers, brackets, ledgers and work without a plan, before it costs anybody money."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from workbooks.books import Books
from workbooks.pipeline.pay.plans import Plans, cliffs, faults
from workbooks.rules.health.check import Finding
from workbooks.schema import Row
from workbooks.tables import TABLES

Rows = Mapping[str, Sequence[Row]]


def examine(rows: Rows) -> list[Finding]:
    """All findings about pay over these tables' rows."""
    return [
        finding
        for check in (_plans, _driver_plans, _without_plan, _brackets, _ledger, _unsigned)
        for finding in check(rows)
    ]


def _plans(rows: Rows) -> Iterable[Finding]:
    table = TABLES["pay_plans"]
    for versions in Plans(Books.of(rows)).versions.values():
        for plan in versions:
            if plan.row.get("status") == "RETIRED":
                continue
            for wrong in faults(plan):
                yield Finding(
                    table,
                    table.key_of(plan.row),
                    "status",
                    wrong.partition(";")[0],
                    wrong.partition("; ")[2] or "Correct it",
                )
            for text in cliffs(plan):
                yield Finding(
                    table, table.key_of(plan.row), "tier_mode", text, "Choose GRADUATED, or tell the drivers", "WARNING"
                )


def _driver_plans(rows: Rows) -> Iterable[Finding]:
    table = TABLES["driver_plans"]
    groups: dict[str, list[Row]] = {}
    for row in rows.get("driver_plans", ()):
        groups.setdefault(str(row["driver_id"]), []).append(row)
    for driver_id, group in groups.items():
        before: Row | None = None
        for row in sorted(group, key=lambda r: r["eff_from"]):
            if before is not None and before.get("eff_to") is not None and before["eff_to"] >= row["eff_from"]:
                what = f"plans {before['plan_id']} and {row['plan_id']} of {driver_id} overlap"
                yield Finding(table, table.key_of(row), "eff_from", what, "End the earlier row the day before")
            before = row
    carriers = {str(r["driver_id"]) for r in rows.get("drivers", ()) if r.get("engagement") == "CARRIER"}
    for driver_id in sorted(carriers & groups.keys()):
        row = groups[driver_id][0]
        yield Finding(table, table.key_of(row), "driver_id", f"{driver_id} is paid as a carrier and has a pay plan too",
                      "Keep one of both, or the same work is paid twice", "WARNING")  # fmt: skip


def _without_plan(rows: Rows) -> Iterable[Finding]:
    """A driver with work and no plan."""
    plans, table = Plans(Books.of(rows)), TABLES["drivers"]
    worked: dict[str, set[date]] = {}
    for scan in rows.get("attempts", ()):
        if (
            scan.get("driver_id")
            and not scan.get("settled_in")
            and not scan.get("dup_scan")
            and scan.get("service_date")
        ):
            worked.setdefault(str(scan["driver_id"]), set()).add(scan["service_date"])
    carriers = {str(r["driver_id"]) for r in rows.get("drivers", ()) if r.get("engagement") == "CARRIER"}
    for driver_id, days in sorted(worked.items()):
        missing = [day for day in sorted(days) if plans.of(driver_id, day)[0] is None]
        if missing and driver_id not in carriers:
            why = plans.of(driver_id, missing[0])[1]
            what = f"{driver_id} has worked on {len(missing)} days that no plan pays, the first {missing[0]}"
            yield Finding(table, (driver_id,), "driver_id", what, why.partition("; ")[2] or why, "WARNING")


def _brackets(rows: Rows) -> Iterable[Finding]:
    table = TABLES["fuel_table"]
    groups: dict[tuple[str, date], list[Row]] = {}
    for row in rows.get("fuel_table", ()):
        groups.setdefault((row["table_id"], row["eff_from"]), []).append(row)
    for (name, _), group in groups.items():
        ordered = sorted(group, key=lambda r: r["from"])
        for before, row in pairwise(ordered):
            if before.get("to") != row["from"]:
                gap = before.get("to") is not None and before["to"] < row["from"]
                what = f"in table {name} the brackets from {before['from']} and from {row['from']} {'leave a gap' if gap else 'overlap'}"
                yield Finding(
                    table, table.key_of(row), "from", what, "Let each bracket begin where the one before ends"
                )


def _ledger(rows: Rows) -> Iterable[Finding]:
    """The balance after the last entry of an account is the sum of its entries."""
    table = TABLES["driver_ledger"]
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows.get("driver_ledger", ()):
        groups.setdefault((str(row["driver_id"]), row["account"]), []).append(row)
    for (driver_id, account), group in groups.items():
        total = sum((row["amount"] for row in group), Decimal("0.00"))
        known = [row["balance_after"] for row in group if row.get("balance_after") is not None]
        if known and total not in known:
            yield Finding(table, table.key_of(group[-1]), "balance_after", f"the entries of {driver_id}, {account} make {total}, and no entry says so",
                          "Tell your administrator: an entry is missing or doubled")  # fmt: skip
        if account != "ESCROW" and total < 0:
            yield Finding(
                table,
                table.key_of(group[-1]),
                "amount",
                f"{driver_id} would owe {total} on {account}",
                "Enter what puts it right",
            )


def _unsigned(rows: Rows) -> Iterable[Finding]:
    table = TABLES["deduction_agreements"]
    for row in rows.get("deduction_agreements", ()):
        if row.get("signed_on") is None and not row.get("attested_by"):
            yield Finding(table, table.key_of(row), "signed_on", "the agreement is not signed, so nothing is deducted under it",
                          "Enter the day it was signed, or let the manager attest that it is on paper", "WARNING")  # fmt: skip
