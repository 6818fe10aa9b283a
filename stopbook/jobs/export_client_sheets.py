"""Export client sheets: for every account with stops on a day, a workbook and a PDF that hold its own stops and nothing else."""

from datetime import date

from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.documents import render_pdf, render_workbook
from workbooks.documents.client_day import SOURCES, document
from workbooks.documents.letterhead import issuer
from workbooks.pipeline.context import Context
from workbooks.plan import Effect, Plan
from workbooks.problems import Refused
from workbooks.schema import Role, Row


def plan(books: Books, params: Params) -> Plan:
    """Two files an account; run again they are the same, or follow what changed since."""
    day, context = params.need_day(), Context(books)
    sender = issuer(books, day)
    clients = {str(row["client_id"]): row for row in books.rows("clients")}
    reasons = {code: str(row.get("about") or code) for code, row in context.codes(day).items()}
    effects, notes = [], []
    for account_id, account in sorted(context.accounts.items()):
        rows = _rows(books, account_id, day)
        if not (rows["stops"] or rows["recon"]):
            continue
        market = next((str(r["market_id"]) for r in (*rows["recon"], *rows["stops"]) if r.get("market_id")), "")
        zone = (context.markets.get(market) or next(iter(context.markets.values()))).zone
        doc = document(rows, account, clients.get(str(account["client_id"])) or {}, day, zone, sender, reasons)
        for ending, content in (("xlsx", render_workbook(doc)), ("pdf", render_pdf(doc))):
            target = f"sheets/clients/{day}/{account_id}.{ending}"
            effects.append(Effect("write_file", target, {"content": content, "says": "The client's sheet is in"}))
        notes.append(f"{account_id}: {dict(doc.facts)['Control total']}.")
    if not effects:
        raise Refused(f"No account has a stop on {day}. Name another day with --date.")
    return plan_of(books, JOB.name, JOB.scope(params), [], notes=notes, effects=tuple(effects))


def _rows(books: Books, account_id: str, day: date) -> dict[str, list[Row]]:
    """Rows of an account and day by tab; of attempts the last one of each stop."""
    recon = books.rows("recon", service_date=day, account_id=account_id)
    stops = {str(row["stop_id"]): row for row in books.rows("stops", service_date=day, account_id=account_id)}
    elsewhere = [str(row["stop_id"]) for row in recon if str(row["stop_id"]) not in stops]
    stops |= {
        key[0]: r.values
        for key, r in books.prefetch("stops", elsewhere).items()
        if r.values["account_id"] == account_id
    }
    ids = {*stops, *(str(row["stop_id"]) for row in recon)}
    last: dict[str, Row] = {}
    for scan in books.rows("attempts", service_date=day):
        stop_id = str(scan["stop_id"])
        if (
            stop_id in ids
            and not scan.get("dup_scan")
            and (stop_id not in last or last[stop_id]["completed_at"] <= scan["completed_at"])
        ):
            last[stop_id] = scan
    doors = books.prefetch("addresses", sorted({str(r["address_id"]) for r in stops.values() if r.get("address_id")}))
    cases = [r for r in books.rows("exceptions", account_id=account_id) if str(r["stop_id"]) in ids]
    found = {"stops": list(stops.values()), "addresses": [r.values for r in doors.values()], "recon": recon,
             "attempts": list(last.values()), "exceptions": cases}  # fmt: skip
    return {name: found[name] for name in SOURCES}


JOB = Job(
    name="export-client-sheets",
    title="Export client sheets",
    group="Today",
    icon="PublishToPdfOrEdoc",
    about="Writes what became of every stop of a day for each account, as a workbook and a PDF: its own stops, without internal notes, prices, pay, drivers, phones and gate codes.",
    plan=plan,
    by_day=True,
    roles=(Role.VA, Role.BILLING),
    order=55,
)
