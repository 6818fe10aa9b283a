"""Post settlements: approved ones are frozen, stamped on their stops, and written as statements."""

from stopbook import paying
from stopbook.job import Job, Params
from workbooks.books import Books
from workbooks.documents import render_pdf, render_workbook
from workbooks.documents.letterhead import issuer
from workbooks.documents.settlement import document
from workbooks.pipeline.pay.life import act
from workbooks.plan import Effect, Keep, Plan
from workbooks.problems import Refused
from workbooks.schema import Role, Row


def plan(books: Books, params: Params) -> Plan:
    """What was approved and has not changed since it was drafted; the rest stays out with its reason."""
    rows = [row for row in paying.chosen(books, params, "REVIEW") if row.get("approved_by")]
    if not rows:
        raise Refused("No settlement of that period is approved; the manager approves first.")
    step = act(books, rows, "POST", params.by, params.now)
    keeps, effects = [], []
    refused = {settlement_id for settlement_id, _ in step.problems}
    stamped = {str(r["attempt_id"]): r["settled_in"] for r in step.wanted.rows.get("attempts", ())}
    for row in rows:
        if row["settlement_id"] in refused:
            continue
        for name, content in _files(books, row, stamped, params):
            keep = Keep("settlement", name, content)
            keeps.append(keep)
            effects.append(
                Effect(
                    "write_file",
                    f"settlements/{row['period_end']}/{name}",
                    {"content": content, "says": "The statement is in"},
                )
            )
    return paying.planned(
        books, JOB.name, JOB.scope(params), step, "posted", keeps=tuple(keeps), effects=tuple(effects)
    )


def _files(books: Books, row: Row, stamped: dict[str, str], params: Params) -> list[tuple[str, bytes]]:
    number = str(row["settlement_id"])
    ids = [attempt_id for attempt_id, settlement in stamped.items() if settlement == number]
    attempts = [
        record.values
        for record in books.prefetch("attempts", ids).values()
        if record.values["driver_id"] == row["driver_id"]
    ]
    sender = issuer(books, params.now.date())
    doc = document(row, books.rows("settlement_lines", settlement_id=number), attempts, sender)
    return [(f"{number}.xlsx", render_workbook(doc)), (f"{number}.pdf", render_pdf(doc))]


JOB = Job(
    name="post-settlements",
    title="Post settlements",
    group="Pay",
    icon="SignatureLineInsert",
    about="Freezes approved settlements, stamps the stops they pay and writes each driver's statement. One whose facts changed since it was drafted stays out.",
    plan=plan,
    by_day=True,
    roles=(Role.PAYROLL,),
    posts=True,
    options=paying.CHOSEN,
    order=73,
)
