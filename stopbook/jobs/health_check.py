"""Health check: what is wrong with the books themselves, before it costs money."""

from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.pay.findings import examine as examine_pay
from workbooks.pipeline.wanted import Wanted
from workbooks.plan import Plan
from workbooks.rules.health.check import examine
from workbooks.schema import Kind
from workbooks.tables import TABLES

UNCHECKED = {"health", "conflicts", "tokens"}


def plan(books: Books, params: Params) -> Plan:
    """Rows of health: new findings open, mended ones close. With a day, tables split by day are checked for it alone."""
    rows = {}
    for table in TABLES.values():
        if table.kind is Kind.LOG or table.name in UNCHECKED:
            continue
        where = {table.day: params.day} if table.day and params.day else {}
        rows[table.name] = books.rows(table.name, **where)
    if params.day is not None:
        # what lies on another day is still a good reference
        rows["stops"] = books.rows("stops")
        rows["manifest"] = books.rows("manifest")
    findings = {finding.finding_id: finding for finding in (*examine(rows), *examine_pay(rows))}
    existing = {str(row["finding_id"]): row for row in books.rows("health")}
    wanted = Wanted()
    for finding_id, finding in findings.items():
        before = existing.get(finding_id)
        wanted.add("health", {
            "finding_id": finding_id,
            "market_id": finding.market_id,
            "status": "OPEN",
            "severity": finding.severity,
            "tab": finding.table.title,
            "row_key": " · ".join(finding.key),
            "column_title": finding.table.by_name[finding.column].title,
            "what": finding.what,
            "remedy": finding.remedy,
            "first_seen": before["first_seen"] if before else params.now,
        })  # fmt: skip
    for finding_id, before in existing.items():
        if finding_id not in findings and before["status"] == "OPEN":
            wanted.add("health", {"finding_id": finding_id, "status": "MENDED"})
    return plan_of(books, JOB.name, JOB.scope(params), [wanted], why="health check")


JOB = Job(
    name="health-check",
    title="Health check",
    group="Data",
    icon="FileDocumentInspect",
    about="Looks for references that lead nowhere, overlapping dates and cells that cannot be true, and says how to mend them.",
    plan=plan,
    order=40,
)
