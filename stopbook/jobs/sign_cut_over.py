"""Sign cut-over: a person signs off go-live days and what is brought over from the old books; from then on it counts."""

from stopbook.job import Job, Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.cutover import sign
from workbooks.plan import Plan
from workbooks.problems import Refused
from workbooks.schema import Role


def plan(books: Books, params: Params) -> Plan:
    """Signs whatever is entered; the notes hold the totals to compare with the old books before it is run."""
    if not any(books.rows(table, status="ENTERED") for table in ("go_live", "openings", "opening_invoices")):
        raise Refused("Nothing waits to be signed: enter it on tabs Go-live, Opening balances and Opening invoices.")
    signing = sign(books, params.by, params.now)
    notes = [
        f"{what.capitalize()}: {number:,}" + (f", together {total:,.2f}." if total else ".")
        for what, (number, total) in signing.totals.items()
    ]
    return plan_of(
        books, JOB.name, {}, [signing.wanted], signing.problems, why=f"signed off by {params.by}", notes=notes
    )


JOB = Job(
    name="sign-cut-over",
    title="Sign cut-over",
    group="Data",
    icon="SignatureLineInsert",
    about="Takes in go-live days, opening balances, open invoices, odometers and next numbers that are entered, in the name of who runs it. Preview it and compare the totals first.",
    plan=plan,
    roles=(Role.MANAGER,),
    posts=True,
    order=95,
)
