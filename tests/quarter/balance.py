"""What must be true at the end of every day, whatever came in: the books balance, and nothing posted has changed.

Everything is added up here from rows, in cents, without asking the product.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.quarter.company import CARRIER
from tests.quarter.desk import Desk

CLOSED = ("POSTED", "EXPORTED", "PAID")
FIXED = ("POSTED", "SENT", "PARTIAL", "PAID", "CREDITED", "CREDIT", "VOID")
MOVING = {
    "settlements": ("status", "action", "void_reason", "export_batch", "disputed", "note", "paid_on", "pay_ref"),
    "settlement_lines": ("status",),
    "invoices": ("status", "action", "said", "paid", "credited", "open_amount", "short_pay_code", "sent_at", "void_reason", "note", "age"),
    "invoice_lines": (),
}  # fmt: skip
NIL = Decimal("0.00")


def total(rows: Iterable[dict[str, Any]], name: str = "amount") -> Decimal:
    return sum((row[name] for row in rows if row.get(name) is not None), NIL)


class Balance:
    """Looks at one company's books every evening."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.frozen: dict[tuple[str, ...], dict[str, Any]] = {}
        self.documents: dict[tuple[str, str], str] = {}
        self.looks = 0
        self._read: dict[str, list[dict[str, Any]]] = {}

    def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """Rows of a table, read once an evening."""
        if table not in self._read:
            self._read[table] = self.desk.rows(table)
        return [row for row in self._read[table] if all(row[name] == value for name, value in where.items())]

    def look(self, on: date) -> None:
        self.looks += 1
        self._read.clear()
        self.pay()
        self.receivables()
        self.nothing_posted_changed()
        if on.weekday() == 6:
            self.once()

    def pay(self) -> None:
        """Lines = settlement = balances of the driver = control total of the export."""
        rows = self.rows
        lines = defaultdict(list)
        for line in rows("settlement_lines"):
            lines[line["settlement_id"]].append(line)
        batches: dict[str, Decimal] = defaultdict(lambda: NIL)
        last: dict[str, dict[str, Any]] = {}
        for one in rows("settlements"):
            if one["status"] == "VOID":
                continue
            mine = lines[one["settlement_id"]]
            by = {
                name: total(r for r in mine if r["component"].startswith(name))
                for name in ("REIMB", "DED_", "ESCROW", "CARRY_OUT")
            }
            assert one["gross"] == total(mine) - sum(by.values()), one["settlement_id"]
            assert (one["reimb"], one["released"], one["deductions"]) == (by["REIMB"], by["ESCROW"], -by["DED_"]), one[
                "settlement_id"
            ]
            if one["net"] is not None:
                assert one["net"] == total(mine) >= 0, one["settlement_id"]
            if one["export_batch"]:
                batches[one["export_batch"]] += one["net"] or NIL
            if one["status"] in CLOSED:
                before = last.get(one["driver_id"])
                last[one["driver_id"]] = one if before is None or before["period_end"] < one["period_end"] else before
        for batch, net in batches.items():
            path = self.desk.app.settings.home / "exports" / batch / "payroll.csv"
            if path.exists():
                with path.open(encoding="utf-8") as file:
                    assert list(csv.DictReader(file))[-1]["net"] == f"{net}", batch
        entries = defaultdict(list)
        for entry in rows("driver_ledger"):
            entries[entry["driver_id"], entry["account"]].append(entry)
        for (driver, account), mine in entries.items():
            balance = total(mine)
            assert balance >= 0, (driver, account)
            assert any(entry["balance_after"] == balance for entry in mine), (driver, account)
            if account == "CARRY":
                assert balance == last[driver]["carry_out"], driver
            else:
                taken = total(
                    r
                    for s in lines.values()
                    for r in s
                    if r["driver_id"] == driver and r["component"] == f"DED_{account}" and r["status"] == "POSTED"
                )
                back = total(
                    r
                    for s in lines.values()
                    for r in s
                    if r["driver_id"] == driver and r["component"].startswith("ESCROW") and r["status"] == "POSTED"
                )
                given = total(e for e in mine if "/" not in e["entry_id"])
                assert balance == (-taken - back if account == "ESCROW" else given + taken), (driver, account)

    def receivables(self) -> None:
        """Invoices less payments less credits = what is open less what is on account; numbers follow each other."""
        rows = self.rows
        invoices = [r for r in rows("invoices") if r["status"] in FIXED]
        live = [r for r in invoices if r["status"] != "VOID"]
        lines = defaultdict(list)
        for line in rows("invoice_lines"):
            lines[line["invoice_id"]].append(line)
        for row in invoices:
            assert row["total"] == total(lines[row["invoice_id"]]), row["invoice_id"]
            assert row["total"] == sum(row[n] for n in ("charges", "discount", "fuel", "minimum", "adjustments", "tax"))
        for series in ("INV", "CN"):
            numbers = [r["invoice_no"] for r in invoices] + [r["cn_no"] for r in rows("credit_notes") if r["cn_no"]]
            mine = sorted({int(number[len(series) + 1 :]) for number in numbers if number.startswith(series)})
            assert mine == list(range(1, len(mine) + 1)), series
        assert len({r["invoice_no"] for r in invoices}) == len(invoices)
        applied = [r for r in rows("applications") if r["status"] == "APPLIED"]
        notes = [r for r in rows("credit_notes") if r["cn_no"]]
        credited = rows("credited")
        for row in live:
            if row["status"] == "CREDIT":
                assert row["total"] < 0 == row["open_amount"]
                assert [n["amount"] for n in notes if n["cn_no"] == row["invoice_no"]] == [-row["total"]]
                continue
            assert row["paid"] == total(a for a in applied if a["invoice_no"] == row["invoice_no"])
            assert row["credited"] == total(c for c in credited if c["invoice_no"] == row["invoice_no"])
            assert row["open_amount"] == row["total"] - row["paid"] - row["credited"] >= 0
        for note in notes:
            assert note["applied"] == total(c for c in credited if c["cn_no"] == note["cn_no"])
            assert note["applied"] + note["unapplied"] == note["amount"]
        payments = rows("payments")
        for payment in payments:
            assert (payment["applied"] or NIL) == total(a for a in applied if a["pay_id"] == payment["pay_id"])
        cash = total(payments) - total(applied)
        by_hand = total(n for n in notes if n["reason"] != "ADJUSTMENT")
        receivable = total(live, "total") - total(payments) - by_hand
        assert receivable == total(live, "open_amount") - total(notes, "unapplied") - cash

    def nothing_posted_changed(self) -> None:
        rows = self.rows
        standing: dict[tuple[str, ...], dict[str, Any]] = {}
        closed = {r["settlement_id"]: r for r in rows("settlements") if r["status"] in CLOSED}
        for number, row in closed.items():
            standing["settlements", number] = kept("settlements", row)
        for line in rows("settlement_lines"):
            if line["settlement_id"] in closed:
                standing["settlement_lines", line["line_id"]] = kept("settlement_lines", line)
        fixed = {r["invoice_id"]: r for r in rows("invoices") if r["status"] in FIXED}
        for name, row in fixed.items():
            standing["invoices", name] = kept("invoices", row)
        for line in rows("invoice_lines"):
            if line["invoice_id"] in fixed:
                standing["invoice_lines", line["invoice_id"], line["line_key"]] = kept("invoice_lines", line)
        void = {r["settlement_id"] for r in rows("settlements") if r["status"] == "VOID"}
        for key, before in self.frozen.items():
            if key[1].partition("/")[0] not in void:
                assert standing.get(key) == before, key
        self.frozen = {**standing}
        for kind in ("settlement", "invoice"):
            papers = {(kind, d.name): d.sha256 for d in self.desk.app.ledger.documents(kind)}
            for name, digest in self.documents.items():
                assert name[0] != kind or papers[name] == digest, name
            self.documents |= papers
        for number in closed:
            assert ("settlement", f"{number}.pdf") in self.documents
        for row in fixed.values():
            assert ("invoice", f"{row['invoice_no']}.pdf") in self.documents

    def once(self) -> None:
        """Every attempt is paid at most once and its charges stand on one invoice; shares add up to their lines."""
        rows = self.rows
        live = {r["settlement_id"] for r in rows("settlements") if r["status"] in CLOSED}
        paid: Counter[str] = Counter()
        for line in rows("settlement_lines"):
            if line["settlement_id"] in live and line["component"] in ("STOP_TIER", "ATTEMPT", "CANCEL"):
                paid.update(str(line["sources"] or "").split())
        for row in rows("adjustments", status="POSTED"):
            for source in str(row["sources"] or "").split():
                paid[source[1:]] += 1 if source[0] == "+" else -1
        for scan in rows("attempts"):
            # a stop that flat pay covers, or an attempt the plan pays nothing for, is settled without a line of its own
            most = 1 if scan["settled_in"] else 0
            assert paid[scan["attempt_id"]] <= most, scan["attempt_id"]
            assert not scan["settled_in"] or scan["settled_in"] in live
        invoices = {r["invoice_id"]: r for r in rows("invoices") if r["status"] in FIXED and r["status"] != "VOID"}
        shares: dict[str, Decimal] = defaultdict(lambda: NIL)
        billed = rows("charges", status="INVOICED")
        assert len({r["charge_key"] for r in billed}) == len(billed)
        for charge in billed:
            invoice = invoices[charge["invoice_id"]]
            if invoice["period_start"] <= charge["service_date"] <= invoice["period_end"]:
                shares[charge["invoice_id"]] += charge["charge"] + charge["discount"] + charge["fuel"]
        for name, row in invoices.items():
            assert shares[name] == row["charges"] + row["discount"] + row["fuel"], name

    def leaks_named(self, week: date) -> None:
        """Every delivery of a week is paid and billed, or a row of Leakage says that it is not."""
        days = [week + timedelta(days=n) for n in range(7)]
        named = {
            r["attempt_id"]: r["kind"] for r in self.desk.rows("leakage", service_date=days) if r["status"] == "OPEN"
        }
        final = {(r["stop_id"], r["service_date"]): r["final"] for r in self.desk.rows("recon")}
        seen: set[str] = set()
        for scan in sorted(self.desk.rows("attempts"), key=lambda r: (r["completed_at"], r["attempt_id"])):
            out = final.get((scan["stop_id"], scan["service_date"])) in ("REJECTED", "NOT_LOADED")
            if scan["dup_scan"] or scan["outcome"] not in ("DELIVERED", "PARTIAL") or out or scan["stop_id"] in seen:
                continue
            seen.add(scan["stop_id"])  # what brings the rest of a stop is paid as an attempt and not billed again
            if scan["service_date"] not in days:
                continue
            paid = scan["settled_in"] or scan["driver_id"] == CARRIER
            assert (paid and scan["billed_in"]) or scan["attempt_id"] in named, scan


def kept(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """What of a posted row may not change."""
    return {name: value for name, value in row.items() if name not in MOVING[table]}
