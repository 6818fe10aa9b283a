"""Export invoices: what was posted in the month of a day, for QuickBooks Online, for Xero and as plain rows, with its control total."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.plan import Effect, Plan
from workbooks.problems import Refused, counted
from workbooks.schema import Role, Row
from workbooks.tables.invoices import FIXED

Line = tuple[Row, Row, str]
"""(invoice, line, client's name)"""
PLAIN = ("invoice_no", "client", "account", "invoice_date", "due_date", "currency", "line", "component", "code", "text", "quantity",
         "rate", "amount")  # fmt: skip
QUICKBOOKS = ("*InvoiceNo", "*Customer", "*InvoiceDate", "*DueDate", "Terms", "Memo", "Item(Product/Service)", "ItemDescription",
              "ItemQuantity", "ItemRate", "*ItemAmount", "Taxable", "Service Date")  # fmt: skip
"""QuickBooks Online, import of invoices: headers it maps by itself, * is required, one row per line, dates MM/DD/YYYY"""
XERO = ("*ContactName", "EmailAddress", "*InvoiceNumber", "Reference", "*InvoiceDate", "*DueDate", "Total", "InventoryItemCode",
        "*Description", "*Quantity", "*UnitAmount", "Discount", "*AccountCode", "*TaxType", "TaxAmount", "Currency")  # fmt: skip
"""Xero, sales invoice template: * is required, lines of one invoice repeat its number, dates as the organisation reads them"""
SALES = "200"
"""Xero's own code for sales, where a charge code names no account"""
NO_TAX = "Tax Exempt (0%)"
"""tax is a line of its own, to the cent; the bookkeeping must not work it out again"""


def plan(books: Books, params: Params) -> Plan:
    """Three CSV files and one with the control total; every file holds every line, so each adds up to it."""
    day = params.need_day()
    rows = [
        r
        for r in books.rows("invoices", status=list(FIXED))
        if r["status"] != "VOID" and not r.get("brought_over") and _month(r["posted_on"]) == _month(day)
    ]
    if not rows:
        raise Refused(f"Nothing was posted in {day:%Y-%m}; post invoices first, or name another day.")
    rows.sort(key=lambda row: str(row["invoice_no"]))
    names = {str(r["client_id"]): str(r["name"]) for r in books.rows("clients")}
    accounts = {str(r["code"]): str(r.get("gl_account") or SALES) for r in books.rows("charge_codes")}
    lines: list[Line] = []
    for row in rows:
        own = sorted(books.rows("invoice_lines", invoice_id=row["invoice_id"]), key=lambda line: int(line["n"]))
        lines += [(row, line, names.get(str(row["client_id"]), str(row["client_id"]))) for line in own]
    total = sum((row["total"] for row in rows), Decimal("0.00"))
    made = sum((line["amount"] for _, line, _ in lines), Decimal("0.00"))
    if made != total:
        raise Refused(
            f"The lines make {made}, the invoices {total}; nothing was exported. Run the health check and tell your administrator."
        )
    control = [(r["invoice_no"], r["client_id"], r["total"]) for r in rows] + [("CONTROL TOTAL", len(rows), total)]
    folder = f"exports/{day:%Y-%m}"
    effects = (
        _file(f"{folder}/invoices.csv", PLAIN, (_plain(*each) for each in lines)),
        _file(f"{folder}/invoices-quickbooks.csv", QUICKBOOKS, (_quickbooks(*each) for each in lines)),
        _file(f"{folder}/invoices-xero.csv", XERO, (_xero(accounts.get, *each) for each in lines)),
        _file(f"{folder}/invoices-control.csv", ("invoice_no", "client", "total"), control),
    )
    notes = [f"{counted(len(rows), 'invoice')}, {counted(len(lines), 'line')}, control total {total:,.2f}."]
    return plan_of(books, JOB.name, JOB.scope(params), [], notes=notes, effects=effects)


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _plain(row: Row, line: Row, client: str) -> tuple[Any, ...]:
    return (row["invoice_no"], client, row["account_id"], row["posted_on"], row["due_date"], row["currency"], line["n"], line["component"],
            line.get("charge_code"), line["text"], line.get("qty"), line.get("rate"), line["amount"])  # fmt: skip


def _quickbooks(row: Row, line: Row, client: str) -> tuple[Any, ...]:
    terms = f"Net {(row['due_date'] - row['posted_on']).days}"
    return (row["invoice_no"], client, f"{row['posted_on']:%m/%d/%Y}", f"{row['due_date']:%m/%d/%Y}", terms, row.get("po_number"),
            line.get("charge_code") or line["component"], line["says"], 1, line["amount"], line["amount"], "N",
            f"{row['period_end']:%m/%d/%Y}")  # fmt: skip


def _xero(account_of: Callable[[str, str], str], row: Row, line: Row, client: str) -> tuple[Any, ...]:
    account = account_of(str(line.get("charge_code") or ""), SALES)
    return (client, None, row["invoice_no"], row.get("po_number"), row["posted_on"], row["due_date"], row["total"],
            None, line["says"], 1, line["amount"], None, account, NO_TAX, "0.00", row["currency"])  # fmt: skip


def _file(target: str, headers: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Effect:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return Effect("write_file", target, {"content": out.getvalue().encode("utf-8-sig"), "says": "The export is in"})


def _cell(value: Any) -> str:
    """Text that a spreadsheet would take for a formula is quoted; amounts are not."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in "=+-@\t\r" and value:
        return f"'{value}"
    return str(value)


JOB = Job(
    name="export-invoices",
    title="Export invoices",
    group="Bill",
    icon="ExportTextFile",
    about="Writes what was posted in the month of a day as CSV files for QuickBooks Online, for Xero and as plain rows, with a control total.",
    plan=plan,
    by_day=True,
    roles=(Role.BILLING,),
    order=67,
)
