"""Export payroll: posted settlements of a period for payment, as plain rows and as bills for QuickBooks Online and Xero."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

from stopbook import paying
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.plan import Effect, Keep, Plan
from workbooks.problems import Refused, counted
from workbooks.schema import Role, Row

PLAIN = ("settlement_id", "driver_id", "name", "kind", "period_start", "period_end", "gross", "reimbursements", "escrow_released",
         "deductions", "net", "stops", "attempts", "miles")  # fmt: skip
QUICKBOOKS = ("*BillNo", "*Supplier", "*BillDate", "*DueDate", "Terms", "Location", "Memo", "*Account", "LineDescription", "*LineAmount",
              "*LineTaxCode", "LineTaxAmount")  # fmt: skip
"""QuickBooks Online, import of bills: one row per line, lines of one bill repeat its number, dates MM/DD/YYYY"""
XERO = ("*ContactName", "EmailAddress", "*InvoiceNumber", "*InvoiceDate", "*DueDate", "Total", "InventoryItemCode", "Description",
        "*Quantity", "*UnitAmount", "*AccountCode", "*TaxType", "TaxAmount", "Currency")  # fmt: skip
"""Xero, bill template: lines of one bill repeat its number"""
GROUPS = (("Earnings", ("gross",), 1), ("Reimbursements", ("reimb",), 1), ("Escrow released", ("released",), 1),
          ("Deductions", ("deductions",), -1))  # fmt: skip
ZERO = Decimal("0.00")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def plan(books: Books, params: Params) -> Plan:
    """Three files and the control total; the settlements become EXPORTED. Run again, it writes the same batch again."""
    try:
        rows, fresh = paying.chosen(books, params, "POSTED"), True
    except Refused:
        rows, fresh = paying.chosen(books, params, "EXPORTED"), False
    lines = {str(r["settlement_id"]): books.rows("settlement_lines", settlement_id=r["settlement_id"]) for r in rows}
    for row in rows:
        made = sum((line["amount"] for line in lines[row["settlement_id"]]), ZERO)
        if row.get("net") is not None and made != row["net"]:
            raise Refused(
                f"{row['settlement_id']}: its lines make {made}, its net is {row['net']}; nothing was exported. Tell your administrator."
            )
    ids = "|".join(str(row["settlement_id"]) for row in rows)
    batch = f"PAY-{max(row['period_end'] for row in rows)}-{sha256(ids.encode()).hexdigest()[:6]}"
    control = sum((row["net"] for row in rows if row.get("net") is not None), ZERO)
    accounts = [part.strip() for part in str(Context(books).policy("pay_accounts", params.need_day())).split(",")]
    payable = [row for row in rows if row.get("net")]
    files = {
        "payroll.csv": _csv(PLAIN, [*(_plain(row, lines[row["settlement_id"]]) for row in rows),
                                    ("CONTROL TOTAL", len(rows), "", "", "", "", "", "", "", "", control, "", "", "")]),
        "quickbooks-bills.csv": _csv(QUICKBOOKS, (line for row in payable for line in _quickbooks(row, accounts))),
        "xero-bills.csv": _csv(XERO, (line for row in payable for line in _xero(row, accounts))),
    }  # fmt: skip
    wanted = Wanted()
    for row in rows if fresh else ():
        wanted.add("settlements", {"settlement_id": row["settlement_id"], "status": "EXPORTED", "export_batch": batch})
    keeps = tuple(Keep("payroll", f"{batch}/{name}", content) for name, content in files.items())
    effects = tuple(
        Effect("write_file", f"exports/{batch}/{name}", {"content": content, "says": "Exported to"})
        for name, content in files.items()
    )
    notes = [f"Batch {batch}: {counted(len(payable), 'payment')}, control total {control:,.2f}."]
    if employees := [row for row in rows if row.get("net") is None]:
        notes.append(
            f"{counted(len(employees), 'employee is', 'employees are')} in payroll.csv with pay inputs and no net."
        )
    return plan_of(
        books,
        JOB.name,
        JOB.scope(params),
        [wanted],
        why=f"exported in {batch}",
        notes=notes,
        keeps=keeps,
        effects=effects,
    )


def _plain(row: Row, lines: Iterable[Row]) -> tuple[Any, ...]:
    sums = dict.fromkeys(("STOP_TIER", "ATTEMPT", "MILES"), ZERO)
    for line in lines:
        if line["component"] in sums and line["state"] == "OK":
            sums[line["component"]] += line.get("quantity") or ZERO
    return (row["settlement_id"], row["driver_id"], row.get("driver_name"), row["kind"], row["period_start"], row["period_end"], row["gross"],
            row["reimb"], row["released"], row["deductions"], row.get("net"), sums["STOP_TIER"], sums["ATTEMPT"], sums["MILES"])  # fmt: skip


def _parts(row: Row, accounts: list[str]) -> list[tuple[str, Decimal, str]]:
    """What a bill is made of, each with its account; together they are the net."""
    found = [
        (title, sign * row[name], account)
        for (title, (name,), sign), account in zip(GROUPS, accounts, strict=True)
        if row.get(name)
    ]
    short = row["net"] - sum((amount for _, amount, _ in found), ZERO)
    return [*found, ("Carried to the next settlement", short, accounts[-1])] if short else found


def _quickbooks(row: Row, accounts: list[str]) -> Iterable[tuple[Any, ...]]:
    on = f"{row['period_end']:%m/%d/%Y}"
    memo = f"{row['period_start']} to {row['period_end']}"
    for title, amount, account in _parts(row, accounts):
        yield (
            row["settlement_id"],
            row.get("driver_name") or row["driver_id"],
            on,
            on,
            "",
            "",
            memo,
            account,
            title,
            amount,
            "",
            "",
        )


def _xero(row: Row, accounts: list[str]) -> Iterable[tuple[Any, ...]]:
    on = row["period_end"].isoformat()
    for title, amount, account in _parts(row, accounts):
        yield (row.get("driver_name") or row["driver_id"], "", row["settlement_id"], on, on, row["net"], "", title, 1, amount, account,
               "Tax Exempt (0%)", "", "USD")  # fmt: skip


def _csv(headers: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headers)
    for row in rows:
        writer.writerow(
            [
                "" if value is None else "'" + value if isinstance(value, str) and value.startswith(_RISKY) else value
                for value in row
            ]
        )
    return out.getvalue().encode("utf-8")


JOB = Job(
    name="payroll-export",
    title="Export payroll",
    group="Pay",
    icon="ExportTextFile",
    about="Writes the posted settlements of the period of a day for payment: plain rows with the control total, and bills for QuickBooks Online and Xero.",
    plan=plan,
    by_day=True,
    roles=(Role.PAYROLL,),
    posts=True,
    options=paying.CHOSEN,
    order=74,
)
