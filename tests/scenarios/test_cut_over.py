"""A company moves over in mid-month: go-live days, balances, open invoices and odometers come in and are signed off."""

from datetime import date
from decimal import Decimal

import pytest

from stopbook.job import Params
from stopbook.jobs import job
from stopbook.runner import preview as preview_job
from stopbook.runner import run as run_job
from tests.office import manifest, office
from tests.sheets_sync.programs import put
from workbooks.problems import Refused

PLANS = {
    "pay_plans": "Plan | Version | From | Tiers per | Tier mode | Failed attempt\nPP | 1 | 2026-01-01 | WEEK | GRADUATED | 0.75",
    "pay_tiers": "Plan | Version | Tier | Rate\nPP | 1 | 1 | 20.00",
    "pay_examples": "Plan | Version | No. | Delivered | Expected\nPP | 1 | 1 | 3 | 60.00",
    "driver_plans": "Driver | From | Plan\nD-7 | 2026-01-01 | PP\nD-9 | 2026-01-01 | PP",
    "deduction_agreements": """Agreement | Driver | For | About | Kind | Cap | Priority | From | Signed on
        AGR-1 | D-7 | ADVANCE | Advance of January | balance | 25.00 | 1 | 2026-01-01 | 2026-01-02
        AGR-2 | D-9 | ADVANCE | Advance of January | balance | 25.00 | 1 | 2026-01-01 | 2026-01-02""",
    "accounts": "Account | Client | Name | Cycle | Cycle anchor | Terms days\nA1 | ACME | Acme online | WEEKLY | 2026-03-09 | 30",
    "rate_cards": "Card | Version | Account | From | Currency | Approved by | Action\nRC-1 | 1 | A1 | 2026-01-01 | USD | Mo | ACTIVATE",
    "rate_lines": "Card | Version | Code | Unit | Rate\nRC-1 | 1 | BASE | STOP | 7.25",
    "rate_examples": "Card | Version | No. | Stops | Must cost\nRC-1 | 1 | 1 | 2 | 14.50",
    "vehicles": "Vehicle | Odo digits | Odo unit | Status\nV-1 | 6 | MI | ACTIVE",
}  # fmt: skip
GO_LIVE = "Kind | Account or driver | Go-live\nDRIVER | D-7 | 2026-03-12\nDRIVER | D-9 | 2026-03-09\nACCOUNT | A1 | 2026-03-12"
OPENINGS = """What | Whose | Amount | Note
    ADVANCE | D-7 | 40.00 | old sheet
    ESCROW | D-7 | 300.00 |
    CARRY | D-7 | 5.00 |
    EARNED_YTD | D-7 | "4,210.50" |
    ODOMETER | V-1 | 48,210 |
    NEXT_NUMBER | INV | 872 |"""
INVOICES = """Invoice | Account | Invoice date | Due | Total | Open
    INV-000869 | A1 | 2026-02-02 | 2026-03-04 | 1840.00 | 640.00
    INV-000871 | A1 | 2026-03-02 | 2026-04-01 | 910.00 | 910.00"""


def work(one, day):
    """D-7 delivers two stops of that day, D-9 one."""
    code = day[-2:]
    one.take_in("plan.csv", manifest(day, f"{code}1 Al Bo", f"{code}2 Jo Park"), "orders", day)
    one.take_in("plan9.csv", manifest(day, f"{code}3 Di Ek", route="R13", driver="D-9"), "orders", day)
    one.at(f"{day} 20:30")
    one.take_in("done.csv", f"""
        Order | Account | Route | Driver | Status | Reason | Completed
        {code}1 | A1 | R12 | D-7 | Delivered | | {day} 13:40
        {code}2 | A1 | R12 | D-7 | Delivered | | {day} 13:50
        {code}3 | A1 | R13 | D-9 | Delivered | | {day} 14:20
    """, "completions")  # fmt: skip
    one.run("reconcile-day", day)


def as_(one, name, by, day=None, **extra):
    return run_job(
        one.app, job(name), Params(one.now, by, "test", None, date.fromisoformat(day) if day else None, extra)
    )


def enter(one, **files):
    for table, text in files.items():
        done = one.take_in(f"{table}.csv", text.replace('"', ""), table, market=None)
        assert not done.plan.blocked, [str(problem) for problem in done.plan.blocked]


@pytest.fixture
def company(tmp_path):
    """Worked on Tuesday 10 and Friday 13 March 2026; rules are active, nothing was paid or billed here yet."""
    with office(tmp_path / "home") as one:
        one.at("2026-03-09 12:00")
        enter(one, **PLANS)
        as_(one, "activate-plans", "max")
        as_(one, "activate-plans", "max")
        one.run("activate-cards")
        work(one, "2026-03-10")
        work(one, "2026-03-13")
        one.at("2026-03-16 09:00")
        yield one


def post_pay(one, day="2026-03-10"):
    as_(one, "draft-settlements", "pat", day)
    as_(one, "review-settlements", "pat", day)
    as_(one, "approve-settlements", "max", day)
    return as_(one, "post-settlements", "pat", day)


def post_bill(one, day="2026-03-10"):
    one.run("rate-charges", "2026-03-10")
    one.run("rate-charges", "2026-03-13")
    one.run("draft-invoices", day)
    one.run("write-workbooks")
    draft = next(row["invoice_id"] for row in one.rows("invoices") if row["status"] == "DRAFT")
    one.edit("billing", lambda sheets: put(sheets, "Invoices", draft, "Action", "REVIEW"))
    one.run("write-workbooks")
    return one.run("post-invoices")


def brought_over(one):
    enter(one, go_live=GO_LIVE, openings=OPENINGS, opening_invoices=INVOICES)
    return as_(one, "sign-cut-over", "lena")


def test_what_is_brought_over_is_previewed_and_signed_off_by_a_person(company):
    enter(company, go_live=GO_LIVE, openings=OPENINGS, opening_invoices=INVOICES)
    params = Params(company.now, "lena", "test")
    plan = preview_job(company.app, job("sign-cut-over"), params).plan
    assert plan.notes == (
        "Accounts go live: 1.", "Drivers go live: 2.", "Advance: 1, together 40.00.", "Carry: 1, together 5.00.",
        "Earned ytd: 1, together 4,210.50.", "Escrow: 1, together 300.00.", "Next number: 1, together 872.00.",
        "Odometer: 1, together 48,210.00.", "Open on invoices: 2, together 1,550.00.",
        "A1 goes live inside its cycle from 2026-03-09: the first invoice bills from 2026-03-12 on.")  # fmt: skip
    assert company.rows("driver_ledger") == []
    done = as_(company, "sign-cut-over", "lena")
    assert done.plan.digest == plan.digest
    row = company.row("openings", "ADVANCE", "D-7")
    assert (row["status"], row["signed_by"], row["signed_at"]) == ("SIGNED", "lena", company.now)
    assert {(r["account"], r["amount"], str(r["date"])) for r in company.rows("driver_ledger")} == {
        ("ADVANCE", Decimal("40.00"), "2026-03-11"), ("ESCROW", Decimal("300.00"), "2026-03-11"), ("CARRY", Decimal("5.00"), "2026-03-11")}  # fmt: skip
    with pytest.raises(Refused, match="Nothing waits to be signed"):
        as_(company, "sign-cut-over", "lena")


def test_the_first_settlement_pays_from_go_live_on_and_takes_from_the_opening_balance(company):
    brought_over(company)
    post_pay(company)
    mine = company.row("settlements", "2026-W11-D-7-1")
    # two stops of Friday at 20.00; Tuesday's two were paid in the old books
    assert (mine["gross"], mine["deductions"], mine["net"]) == (Decimal("40.00"), Decimal("30.00"), Decimal("10.00"))
    lines = {r["component"]: r["amount"] for r in company.rows("settlement_lines", settlement_id="2026-W11-D-7-1")}
    assert lines == {"STOP_TIER": Decimal("40.00"), "DED_CARRY": Decimal("-5.00"), "DED_ADVANCE": Decimal("-25.00")}
    left = sum(r["amount"] for r in company.rows("driver_ledger", driver_id="D-7") if r["account"] == "ADVANCE")
    assert left == Decimal("15.00")
    assert company.row("settlements", "2026-W11-D-9-1")["gross"] == Decimal("40.00")


def test_a_period_before_go_live_is_not_settled_not_even_its_deductions(company):
    brought_over(company)
    company.take_in("old.csv", "Kind | Account or driver | Go-live\nDRIVER | D-11 | 2026-03-16", "go_live", market=None)
    company.take_in("plan.csv", "Driver | From | Plan\nD-11 | 2026-01-01 | PP", "driver_plans")
    company.take_in("ded.csv", "Agreement | Driver | For | Kind | Amount | From | Signed on\nX | D-11 | UNIFORM | charge | 9.00 | 2026-01-01 | 2026-01-02",
                    "deduction_agreements")  # fmt: skip
    company.take_in("c.csv", manifest("2026-03-11", "111 Al Bo", route="R14", driver="D-11"), "orders", "2026-03-11")
    as_(company, "draft-settlements", "pat", "2026-03-10")
    assert {r["driver_id"] for r in company.rows("settlements")} == {"D-7", "D-9"}


def test_the_first_invoice_takes_the_next_number_and_bills_from_go_live_on(company):
    brought_over(company)
    post_bill(company)
    made = company.row("invoices", "A1-2026-03-09")
    assert (made["invoice_no"], made["status"], made["total"]) == ("INV-000872", "POSTED", Decimal("21.75"))
    assert {r["stop_id"] for r in company.rows("charges")} == {"A1-131-1", "A1-132-1", "A1-133-1"}


def test_open_invoices_of_before_are_receivables_that_payments_are_applied_to(company):
    brought_over(company)
    mine = {r["invoice_no"]: r for r in company.rows("invoices")}
    assert {no: (r["status"], r["open_amount"], str(r["due_date"])) for no, r in mine.items()} == {
        "INV-000869": ("SENT", Decimal("640.00"), "2026-03-04"), "INV-000871": ("SENT", Decimal("910.00"), "2026-04-01")}  # fmt: skip
    enter(company, payments="Payment | Client | Received | Amount\nP-1 | ACME | 2026-03-16 | 700.00",
          applications="Payment | Invoice | Amount\nP-1 | INV-000869 | 640.00\nP-1 | INV-000871 | 60.00")  # fmt: skip
    company.run("age-invoices")
    assert {r["invoice_no"]: r["age"] for r in company.rows("invoices")} == {
        "INV-000869": "1-30",
        "INV-000871": "CURRENT",
    }
    company.run("record-payments")
    mine = {r["invoice_no"]: (r["status"], r["open_amount"]) for r in company.rows("invoices")}
    assert mine == {"INV-000869": ("PAID", Decimal("0.00")), "INV-000871": ("PARTIAL", Decimal("850.00"))}
    # the old books worked them out: nothing is proposed against them, and they are exported to the bookkeeping by nobody
    company.run("propose-billing-adjustments", "2026-03-16")
    assert company.rows("billing_adjustments") == []
    with pytest.raises(Refused, match="Nothing was posted in 2026-03"):
        company.run("export-invoices", "2026-03-16")
    from stopbook.explain import explain, find

    books = company.app.ledger.books()
    assert "comes over as it was" in explain(books, *find(books, "opening-INV-000869/OPENING"))


def test_work_before_go_live_is_neither_unpaid_nor_unbilled_nor_leaking(company):
    company.run("find-leakage", "2026-03-10")
    before = {(r["kind"], r["stop_id"]) for r in company.rows("leakage", status="OPEN")}
    assert ("DELIVERED_NOT_PAID", "A1-101-1") in before
    assert ("DELIVERED_NOT_BILLED", "A1-101-1") in before
    brought_over(company)
    company.run("find-leakage", "2026-03-10")
    after = {(r["kind"], r["stop_id"]) for r in company.rows("leakage", status="OPEN")}
    # Tuesday's stop of D-9 is unpaid, because D-9 began on Monday; A1 was billed elsewhere until Wednesday
    assert after == {("DELIVERED_NOT_PAID", f"A1-{n}-1") for n in ("103", "131", "132", "133")} | {
        ("DELIVERED_NOT_BILLED", f"A1-{n}-1") for n in ("131", "132", "133")}  # fmt: skip


def test_the_first_odometer_starts_at_the_reading_brought_over(company):
    brought_over(company)
    company.take_in(
        "odo.csv", "Route | Driver | Vehicle | Odo end\nCHI-2026-03-13-R12 | D-7 | V-1 | 48266", "mileage", "2026-03-13"
    )
    company.run("reconcile-day", "2026-03-13")
    row = company.row("mileage", "CHI-2026-03-13-R12", "D-7")
    assert (row["chosen"], row["source"]) == (Decimal("56.0"), "ODOMETER")
    company.take_in(
        "odo.csv", "Route | Driver | Vehicle | Odo end\nCHI-2026-03-13-R13 | D-9 | V-1 | 48300", "mileage", "2026-03-13"
    )
    work(company, "2026-03-14")
    company.take_in(
        "odo.csv", "Route | Driver | Vehicle | Odo end\nCHI-2026-03-14-R12 | D-7 | V-1 | 48400", "mileage", "2026-03-14"
    )
    company.run("reconcile-day", "2026-03-14")
    assert company.row("mileage", "CHI-2026-03-14-R12", "D-7")["source"] is None


def test_entered_twice_is_one_sentence_and_changes_nothing(company):
    brought_over(company)
    before = company.rows("driver_ledger")
    again = company.take_in("openings.csv", OPENINGS.replace('"', ""), "openings", market=None)
    assert again.plan.changes_nothing or not again.plan.puts
    other = company.take_in("openings2.csv", "What | Whose | Amount\nADVANCE | D-7 | 99.00", "openings", market=None)
    [problem] = other.plan.blocked
    assert "Opening balances ADVANCE / D-7 was signed off by lena and does not change" in str(problem)
    company.take_in(
        "ledger.csv",
        "Entry | Driver | Account | Date | Amount\nE-1 | D-9 | UNIFORM | 2026-03-09 | 12.00",
        "driver_ledger",
    )
    company.take_in("openings3.csv", "What | Whose | Amount\nUNIFORM | D-9 | 12.00", "openings", market=None)
    [problem] = as_(company, "sign-cut-over", "lena").plan.blocked
    assert "UNIFORM of D-9 stands on Driver ledger already, 12.00 in 1 entry" in str(problem)
    assert len(company.rows("driver_ledger")) == len(before) + 1
    assert company.row("openings", "UNIFORM", "D-9")["status"] == "ENTERED"


def test_a_go_live_before_what_was_posted_is_refused_and_so_are_its_balances(company):
    post_pay(company)
    post_bill(company)
    enter(company, go_live=GO_LIVE, openings=OPENINGS, opening_invoices=INVOICES.replace("INV-000869", "INV-000001"))
    done = as_(company, "sign-cut-over", "lena")
    said = [str(problem) for problem in done.plan.blocked]
    assert said[0].startswith("A1 cannot go live on 2026-03-12: invoice INV-000001 was posted here already.")
    assert said[1].startswith("D-7 cannot go live on 2026-03-12: settlement 2026-W11-D-7-1 was posted here already.")
    assert any(
        s.startswith("ADVANCE of D-7 comes too late: settlement 2026-W11-D-7-1 was posted already.") for s in said
    )
    assert any(s.startswith("invoice INV-000001 is on tab Invoices already.") for s in said)
    assert any(s.startswith("invoice INV-000871: A1 has no go-live day that can be signed.") for s in said)
    assert company.row("openings", "ODOMETER", "V-1")["status"] == "SIGNED"
    assert company.row("number_series", "INV")["last_number"] == 871


def test_a_number_that_was_given_is_not_given_again(company):
    post_bill(company)
    enter(company, openings="What | Whose | Amount\nNEXT_NUMBER | INV | 1\nNEXT_NUMBER | BILL | 5")
    said = [str(problem) for problem in as_(company, "sign-cut-over", "lena").plan.blocked]
    assert said == ["there is no series BILL. Write INV or CN.",
                    "INV cannot go on with 1: INV-000001 is given already. Write 2 or more, or take the row out."]  # fmt: skip


def test_nothing_is_posted_while_something_waits_for_its_signature(company):
    enter(company, go_live=GO_LIVE, openings=OPENINGS, opening_invoices=INVOICES)
    done = post_pay(company)
    assert "the cut-over of D-7 is entered and not signed off" in str(done.plan.blocked[0])
    done = post_bill(company)
    assert "the cut-over of A1 is entered and not signed off" in str(done.plan.blocked[0])
    as_(company, "sign-cut-over", "lena")
    # the balances are new to D-7's draft, so it has to be looked at again; D-9's is as it was
    [problem] = as_(company, "post-settlements", "pat", "2026-03-10").plan.blocked
    assert "2026-W11-D-7-1: the facts behind it changed since it was drafted (DED_ADVANCE/AGR-1, DED_CARRY)" in str(
        problem
    )
    assert company.row("settlements", "2026-W11-D-9-1")["status"] == "POSTED"
    assert not company.run("post-invoices").plan.blocked


@pytest.mark.parametrize(
    ("table", "text", "sentence"),
    [
        ("openings", "What | Whose | Amount\nADVANCE | D-99 | 5.00", "ADVANCE of D-99: there is no driver D-99."),
        ("openings", "What | Whose | Amount\nADVANCE | D-7 | 5.00", "ADVANCE of D-7 has no go-live day that can be signed."),
        ("openings", "What | Whose | Amount\nODOMETER | V-9 | 5", "odometer of V-9: there is no vehicle V-9."),
        ("go_live", "Kind | Account or driver | Go-live\nDRIVER | D-99 | 2026-03-12", "go-live of D-99: there is no driver D-99."),
        ("opening_invoices", "Invoice | Account | Invoice date | Due | Total | Open\n1 | A1 | 2026-03-02 | 2026-04-01 | 9.00 | 9.00",
         "invoice 1: A1 has no go-live day that can be signed."),
    ],
)  # fmt: skip
def test_what_names_nobody_is_said(company, table, text, sentence):
    enter(company, **{table: text})
    assert str(as_(company, "sign-cut-over", "lena").plan.blocked[0]).startswith(sentence)


def test_an_invoice_dated_after_go_live_is_not_of_before(company):
    enter(company, go_live=GO_LIVE, opening_invoices=INVOICES.replace("2026-03-02", "2026-03-12"))
    [problem] = as_(company, "sign-cut-over", "lena").plan.blocked
    assert (
        str(problem)
        == "invoice INV-000871 is of 2026-03-12, and A1 goes live on 2026-03-12. Correct one of the two days."
    )


def test_a_row_that_cannot_be_true_stays_out(company):
    for text, sentence in (
        ("What | Whose | Amount\nADVANCE | D-7 | -5.00", "an opening balance is not below zero"),
        ("What | Whose | Amount\nNEXT_NUMBER | INV | 1.5", "the next number is a whole number from 1 on"),
    ):
        done = company.take_in("x.csv", text, "openings", market=None)
        assert sentence in str(done.plan.blocked[0])
    text = "Invoice | Account | Invoice date | Due | Total | Open\n1 | A1 | 2026-03-02 | 2026-04-01 | 9.00 | 9.50"
    assert "at most the total" in str(company.take_in("y.csv", text, "opening_invoices", market=None).plan.blocked[0])


def test_without_a_go_live_everything_counts(company):
    post_pay(company)
    assert company.row("settlements", "2026-W11-D-7-1")["gross"] == Decimal("80.00")
    assert company.rows("go_live") == []
