"""Record pay: exported settlements were paid, with the day and the reference of the payment."""

from stopbook import paying
from stopbook.job import Job, Params
from stopbook.options import Option
from workbooks.books import Books
from workbooks.pipeline.pay.life import Step, act
from workbooks.plan import Plan
from workbooks.problems import Refused
from workbooks.schema import Role, Type


def plan(books: Books, params: Params) -> Plan:
    """EXPORTED to PAID: those whose row has both, or all of the period with the options `paid_on` and `pay_ref`."""
    rows = paying.chosen(books, params, "EXPORTED")
    paid_on, pay_ref = params.extra.get("paid_on"), params.extra.get("pay_ref")
    if bool(paid_on) != bool(pay_ref):
        raise Refused("Say both --paid-on and --pay-ref, or fill both on tab Settlements.")
    if paid_on:
        return paying.acted(
            books, params, JOB.name, JOB.scope(params), rows, "RECORD_PAY", paid_on=paid_on, pay_ref=pay_ref
        )
    step: Step = act(
        books, [row for row in rows if row.get("paid_on") or row.get("pay_ref")], "RECORD_PAY", params.by, params.now
    )
    if not step.wanted.rows.get("settlements") and not step.problems:
        raise Refused("Nothing says when they were paid: fill Paid on and Payment ref. on tab Settlements.")
    return paying.planned(books, JOB.name, JOB.scope(params), step, "paid")


JOB = Job(
    name="record-pay",
    title="Record pay",
    group="Pay",
    icon="DollarSign",
    about="Marks exported settlements of the period of a day as paid, with the day and the reference of the payment.",
    plan=plan,
    by_day=True,
    roles=(Role.PAYROLL,),
    posts=True,
    options=(
        Option("paid_on", "Day of the payment", Type.DATE),
        Option("pay_ref", "Reference of the payment, such as the number of the transfer"),
        *paying.CHOSEN,
    ),
    order=75,
)
