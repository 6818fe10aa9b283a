"""Export driver statements: for every posted settlement of the period of a day, a workbook and a PDF for the driver."""

from decimal import Decimal

from stopbook import paying
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.documents import Document, Party, render_pdf, render_workbook
from workbooks.documents.driver_week import document
from workbooks.documents.letterhead import issuer
from workbooks.pipeline.context import Context
from workbooks.plan import Effect, Plan
from workbooks.problems import counted
from workbooks.schema import Role, Row
from workbooks.tables.settlements import POSTED


def plan(books: Books, params: Params) -> Plan:
    """Two files a driver, with the control total of them all."""
    rows = paying.chosen(books, params, *POSTED)
    sender = issuer(books, params.need_day())
    effects, total = [], Decimal("0.00")
    for row in rows:
        doc = _document(books, row, sender)
        total += doc.control_total
        for ending, content in (("xlsx", render_workbook(doc)), ("pdf", render_pdf(doc))):
            target = f"sheets/drivers/{row['period_end']}/{row['driver_id']}.{ending}"
            effects.append(Effect("write_file", target, {"content": content, "says": "The statement is in"}))
    notes = [f"{counted(len(rows), 'statement')}, control total {total:,.2f}."]
    return plan_of(books, JOB.name, JOB.scope(params), [], notes=notes, effects=tuple(effects))


def _document(books: Books, row: Row, sender: Party) -> Document:
    driver_id, number, year = row["driver_id"], row["settlement_id"], row["period_end"].year
    scans = [r for r in books.rows("attempts", settled_in=number) if r.get("driver_id") == driver_id]
    year_so_far = [
        r["gross"] for r in books.rows("settlements", driver_id=driver_id)
        if r["status"] in POSTED and r["period_end"].year == year and r["period_end"] <= row["period_end"]
    ]  # fmt: skip
    earned = sum(year_so_far, Context(books).go_live.earned(driver_id, year))
    entries = [r for r in books.rows("driver_ledger", driver_id=driver_id) if r["date"] <= row["period_end"]]
    return document(row, books.rows("settlement_lines", settlement_id=number), scans, entries, earned, sender)


JOB = Job(
    name="export-driver-statements",
    title="Export driver statements",
    group="Pay",
    icon="PublishToPdfOrEdoc",
    about="Writes each driver's posted settlement as a statement, workbook and PDF, with the year so far and open balances: the driver's own rows and nothing else.",
    plan=plan,
    by_day=True,
    roles=(Role.PAYROLL,),
    options=paying.CHOSEN,
    order=75,
)
