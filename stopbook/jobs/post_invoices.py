"""Post invoices: reviewed drafts get their numbers and are frozen, with workbook and PDF."""

from stopbook import billing
from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.documents import render_pdf, render_workbook
from workbooks.documents.invoice import document
from workbooks.documents.letterhead import how_to_pay, issuer
from workbooks.pipeline.bill.posting import Posted, post
from workbooks.pipeline.context import Context
from workbooks.plan import Effect, Keep, Plan
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Every reviewed draft, or those named; what cannot be posted is blocked with its reason."""
    wanted, posted, problems = post(books, params.now, billing.invoices(params), billing.account(params))
    keeps, effects, notes = [], [], []
    for one in posted:
        number, account_id = one.invoice["invoice_no"], one.invoice["account_id"]
        for ending, content in _files(books, one, params):
            name = f"{number}.{ending}"
            keep = Keep("invoice", name, content)
            keeps.append(keep)
            effects.append(
                Effect(
                    "write_file",
                    f"invoices/{account_id}/{name}",
                    {"content": content, "says": f"Invoice {number} is in"},
                )
            )
            if ending == "xlsx":
                one.invoice["pack_hash"] = keep.sha256[:16]
        due = one.invoice["due_date"]
        notes.append(
            f"{number} for {account_id}: {one.invoice['total']:,.2f}{f', due {due}' if due else ' given back'}."
        )
    return plan_of(
        books,
        JOB.name,
        JOB.scope(params),
        [wanted],
        problems,
        why="posted",
        notes=notes,
        keeps=tuple(keeps),
        effects=tuple(effects),
    )


def _files(books: Books, one: Posted, params: Params) -> list[tuple[str, bytes]]:
    today = params.now.date()
    account = Context(books).accounts[str(one.invoice["account_id"])]
    client = books.row("clients", str(account["client_id"])) or {"client_id": account["client_id"]}
    stops = books.prefetch("stops", [str(c["stop_id"]) for c in one.charges if c.get("stop_id")])
    attempts = books.prefetch("attempts", [str(c["attempt_id"]) for c in one.charges if c.get("attempt_id")])
    doc = document(
        one.invoice, one.lines, one.charges, {key[0]: r.values for key, r in stops.items()},
        {key[0]: r.values for key, r in attempts.items()}, account, client, issuer(books, today),
        how_to_pay(books, today),
    )  # fmt: skip
    return [("xlsx", render_workbook(doc)), ("pdf", render_pdf(doc))]


JOB = Job(
    name="post-invoices",
    title="Post invoices",
    group="Bill",
    icon="SignatureLineInsert",
    about="Gives every reviewed draft its number, freezes it and writes its workbook and PDF. A draft whose facts changed since it was reviewed stays out.",
    plan=plan,
    roles=(Role.BILLING,),
    posts=True,
    options=billing.CHOSEN,
    order=62,
)
