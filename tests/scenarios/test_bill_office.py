"""A fortnight of A1, billed in an office with a ledger and workbooks: rated, drafted, reviewed, posted, sent, paid, exported."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from stopbook import runner
from stopbook.jobs import job
from tests.office import office
from tests.sheets_sync.programs import put
from tests.workbooks.test_documents import words
from workbooks.ledger import Stale
from workbooks.plan import Plan, Put, Void
from workbooks.problems import Refused

DRAFT = "A1-2026-03-09"
RATES = {
    "accounts": "Account | Client | Name | Cycle | Cycle anchor | Terms days | Tax code\nA1 | ACME | Acme online | WEEKLY | 2026-03-09 | 30 | IL",
    "tax_codes": "Tax code | From | Rate\nIL | 2026-01-01 | 0.1",
    "rate_cards": "Card | Version | Account | From | Currency | Approved by | Action\nRC-1 | 1 | A1 | 2026-01-01 | USD | Mo | ACTIVATE",
    "rate_lines": "Card | Version | Code | Zone | Unit | Rate\nRC-1 | 1 | BASE | | STOP | 7.25\nRC-1 | 1 | FAILED | | STOP | 4.50",
    "rate_examples": "Card | Version | No. | Outcome | Stops | Must cost\nRC-1 | 1 | 1 | | 3 | 21.75\nRC-1 | 1 | 2 | FAILED | 1 | 4.50",
}


def manifest():
    head = "Account | Order | Route | Seq | Driver | Recipient | Address | City | State | ZIP | Pkgs | Dispatched | Planned end"
    lines = [f"A1 | {order} | R12 | {n} | D-7 | {who} | {n} Main St | Chicago | IL | 60601 | 1 | 2026-03-10 07:00 | 2026-03-10 18:00"
             for n, (order, who) in enumerate((("1041", "Al Bo"), ("1042", "=HYPERLINK(1)"), ("1043", "Di Ek")), 1)]  # fmt: skip
    return "\n".join([head, *lines])


@pytest.fixture
def billed(tmp_path):
    """Two deliveries and one failed attempt on 03-10, reconciled; a card with its examples is active."""
    with office(tmp_path) as one:
        one.at("2026-03-10 06:30")
        for table, text in RATES.items():
            one.take_in(f"{table}.csv", text, table, market=None)
        one.take_in("orders.csv", manifest(), "orders", "2026-03-10")
        one.at("2026-03-10 21:00")
        one.take_in("scans.csv", """
            Order | Account | Route | Driver | Status | Reason | Completed
            1041 | A1 | R12 | D-7 | Delivered | | 2026-03-10 13:40
            1042 | A1 | R12 | D-7 | Failed | not home, left a card | 2026-03-10 14:05
            1043 | A1 | R12 | D-7 | Delivered | | 2026-03-10 15:30
        """, "completions")  # fmt: skip
        one.run("reconcile-day", "2026-03-10")
        assert one.run("activate-cards").plan.notes == ("Card RC-1 v1 is active from 2026-01-01.",)
        one.at("2026-03-16 09:00")
        one.run("rate-charges", "2026-03-10")
        one.run("draft-invoices", "2026-03-15")
        yield one


def reviewed(one):
    one.run("write-workbooks")
    one.edit("billing", lambda sheets: put(sheets, "Invoices", DRAFT, "Action", "REVIEW"))
    one.run("write-workbooks")
    return one.row("invoices", DRAFT)


def posted(one):
    reviewed(one)
    one.run("post-invoices")
    return one.row("invoices", DRAFT)


def sent(one):
    invoice = posted(one)
    one.run("write-workbooks")
    one.edit("billing", lambda sheets: put(sheets, "Invoices", DRAFT, "Action", "SENT"))
    one.run("write-workbooks")
    return {**invoice, **one.row("invoices", DRAFT)}


def test_two_deliveries_and_a_failed_try(billed):
    """2 x 7.25 + 4.50 = 19.00, tax 10 % = 1.90."""
    row = billed.row("invoices", DRAFT)
    assert (row["status"], str(row["charges"]), str(row["tax"]), str(row["total"])) == (
        "DRAFT",
        "19.00",
        "1.90",
        "20.90",
    )
    assert (str(row["period_start"]), str(row["period_end"]), row["stops"]) == ("2026-03-09", "2026-03-15", 2)
    charges = {
        r["charge_key"].split(":")[-1]: (r["status"], str(r["charge"])) for r in billed.rows("charges", account_id="A1")
    }
    assert charges == {"BASE": ("RATED", "7.25"), "FAILED": ("RATED", "4.50")}
    assert len(billed.rows("charges")) == 3


def test_running_it_again_writes_nothing(billed):
    runs = len(billed.rows("runs"))
    assert billed.run("rate-charges", "2026-03-10").again
    assert billed.run("draft-invoices", "2026-03-15").again
    assert len(billed.rows("runs")) == runs


def test_a_person_reviews_it_in_the_workbook_and_the_job_posts_it(billed):
    assert reviewed(billed)["status"] == "REVIEWED"
    assert billed.row("invoices", DRAFT)["action"] is None
    preview = billed.preview("post-invoices")
    result = billed.run("post-invoices")
    assert preview.plan.digest == result.plan.digest
    row = billed.row("invoices", DRAFT)
    assert (row["invoice_no"], row["status"], str(row["due_date"])) == ("INV-000001", "POSTED", "2026-04-15")
    home = billed.app.settings.home / "invoices" / "A1"
    kept = {d.name: d.sha256 for d in billed.app.ledger.documents("invoice")}
    assert set(kept) == {"INV-000001.xlsx", "INV-000001.pdf"}
    for name, digest in kept.items():
        assert (home / name).read_bytes() == billed.app.ledger.document(digest)
    assert kept["INV-000001.xlsx"].startswith(row["pack_hash"])
    assert billed.run("post-invoices").again
    assert {r["billed_in"] for r in billed.rows("attempts")} == {"INV-000001"}


def test_an_invoice_says_who_sends_it_whom_it_is_for_and_how_to_pay(billed):
    billed.take_in("clients.csv", """
        Client | Name | Billing contact | Billing address | Tax number
        ACME | Acme Ltd | Ada Bee | Floor 2; 9 Spinner Lane | US-77
    """, "clients", market=None)  # fmt: skip
    billed.take_in("settings.csv", """
        Setting | From | Value
        company_name | 2026-01-01 | Lakeside Delivery
        company_lines | 2026-01-01 | 1 Depot Road; Chicago, IL 60607; EIN 00-1
        how_to_pay | 2026-01-01 | Bank of Lakes; account 42
    """, "settings", market=None)  # fmt: skip
    posted(billed)
    kept = {d.name: billed.app.ledger.document(d.sha256) for d in billed.app.ledger.documents("invoice")}
    page = words(kept["INV-000001.pdf"])
    for said in ("Lakeside Delivery", "1 Depot Road", "EIN 00-1", "Acme Ltd", "Ada Bee", "Floor 2", "9 Spinner Lane", "US-77",
                 "Bank of Lakes", "account 42"):  # fmt: skip
        assert said in page
    book = CalamineWorkbook.from_filelike(io.BytesIO(kept["INV-000001.xlsx"])).get_sheet_by_index(0).to_python()
    cells = {str(cell) for row in book for cell in row}
    assert {"Lakeside Delivery", "EIN 00-1", "9 Spinner Lane", "account 42"} <= cells


def test_a_second_click_and_a_crash_between_posting_and_writing_give_one_number(billed):
    reviewed(billed)
    plan, books = runner._planned(billed.app, job("post-invoices"), billed.params())
    apply = {"inputs_hash": books.inputs_hash(), "by": "ana", "via": "test", "at": billed.now}
    done = billed.app.ledger.apply(plan, run_key="k", **apply)  # here the power goes off: no file was written
    assert billed.app.ledger.apply(plan, run_key="k", **apply).replayed
    assert done.result["tables"]["number_series"] == {"created": 1}
    with pytest.raises(Stale):
        billed.app.ledger.apply(plan, run_key="another click", **apply)
    assert billed.run("post-invoices").plan.changes_nothing
    assert [r["invoice_no"] for r in billed.rows("invoices")] == ["INV-000001"]
    assert billed.row("number_series", "INV")["last_number"] == 1
    # the document is in the ledger, whatever became of the file
    assert len(billed.app.ledger.documents("invoice")) == 2


def test_two_people_post_two_invoices_at_once(billed):
    """The second one's plan saw an older series: it is refused whole and made anew by the runner."""
    billed.take_in(
        "b.csv",
        "Account | Client | Name | Cycle | Cycle anchor\nB1 | ACME | Acme stores | WEEKLY | 2026-03-09",
        "accounts",
        market=None,
    )
    reviewed(billed)
    first, books = runner._planned(billed.app, job("post-invoices"), billed.params())
    second, books_2 = runner._planned(billed.app, job("post-invoices"), billed.params())
    billed.app.ledger.apply(first, run_key="1", inputs_hash=books.inputs_hash(), by="ana", via="test", at=billed.now)
    with pytest.raises(Stale):
        billed.app.ledger.apply(
            second, run_key="2", inputs_hash=books_2.inputs_hash(), by="ben", via="test", at=billed.now
        )
    assert [r["invoice_no"] for r in billed.rows("invoices") if r["invoice_no"]] == ["INV-000001"]


def test_nothing_posted_changes_by_any_path(billed):
    """R6: by put, void, import, workbook and job."""
    before = posted(billed)
    lines = billed.rows("invoice_lines", invoice_id=DRAFT)
    ledger = billed.app.ledger

    def refused(table, key, values):
        record = ledger.load(table, dict(zip(key, key.values(), strict=True)))[0]
        plan = Plan("try", {}, (Put(table, tuple(key.values()), {**key, **values}, record.rev),))
        with pytest.raises(Refused):
            ledger.apply(plan, run_key=f"{table}{values}", inputs_hash="", by="eve", via="test", at=billed.now)

    charge = next(r for r in billed.rows("charges") if r["status"] == "INVOICED")
    refused("invoices", {"invoice_id": DRAFT}, {"total": before["total"] + 1})
    refused("invoices", {"invoice_id": DRAFT}, {"invoice_no": "INV-000007"})
    refused("invoices", {"invoice_id": DRAFT}, {"status": "DRAFT"})
    refused(
        "invoice_lines", {"invoice_id": DRAFT, "line_key": lines[0]["line_key"]}, {"amount": lines[0]["amount"] + 1}
    )
    refused("charges", {"charge_key": charge["charge_key"]}, {"qty": charge["qty"] + 1})
    record = ledger.load("invoices", {"invoice_id": DRAFT})[0]
    with pytest.raises(Refused):
        ledger.apply(
            Plan("try", {}, voids=(Void("invoices", (DRAFT,), record.rev, "x"),)),
            run_key="v",
            inputs_hash="",
            by="eve",
            via="t",
            at=billed.now,
        )
    with pytest.raises(Refused):
        billed.take_in(
            "i.csv",
            f"Draft | Account | From | Until | Total\n{DRAFT} | A1 | 2026-03-09 | 2026-03-15 | 1.00",
            "invoices",
            market=None,
        )
    billed.run("write-workbooks")
    billed.edit("billing", lambda sheets: put(sheets, "Invoices", DRAFT, "Total", 1.0))
    billed.run("write-workbooks")
    assert billed.row("invoices", DRAFT)["total"] == before["total"]
    billed.run("draft-invoices", "2026-03-15")
    billed.run("rate-charges", "2026-03-10")
    assert billed.row("invoices", DRAFT) == before
    assert billed.rows("invoice_lines", invoice_id=DRAFT) == lines
    digest = next(d.sha256 for d in ledger.documents("invoice") if d.name.endswith("xlsx"))
    assert digest.startswith(before["pack_hash"])


def test_sent_paid_in_part_and_over_the_balance(billed):
    sent(billed)
    billed.take_in(
        "pay.csv", "Payment | Client | Received | Amount\nCHK-1 | ACME | 2026-04-02 | 50.00", "payments", market=None
    )
    billed.take_in(
        "applied.csv",
        "Payment | Invoice | Amount | Short pay\nCHK-1 | INV-000001 | 15.90 | DISPUTE",
        "applications",
        market=None,
    )
    billed.run("record-payments")
    row = billed.row("invoices", DRAFT)
    assert (row["status"], str(row["paid"]), str(row["open_amount"]), row["short_pay_code"]) == (
        "PARTIAL",
        "15.90",
        "5.00",
        "DISPUTE",
    )
    assert str(billed.row("payments", "CHK-1")["unapplied"]) == "34.10"
    assert billed.run("record-payments").again
    billed.take_in(
        "pay2.csv", "Payment | Client | Received | Amount\nCHK-2 | ACME | 2026-04-03 | 9.00", "payments", market=None
    )
    billed.take_in("applied2.csv", "Payment | Invoice | Amount\nCHK-2 | INV-000001 | 9.00", "applications", market=None)
    result = billed.run("record-payments")
    assert result.plan.notes == (
        "Payment CHK-2 for INV-000001: 9.00 is more than the 5.00 that is open; apply that much, the rest stays unapplied.",
    )
    assert billed.row("applications", "CHK-2", "INV-000001")["status"] == "REFUSED"
    applied = "Payment | Invoice | Amount\nCHK-1 | INV-000001 | 1.00"
    again = billed.take_in("applied3.csv", applied, "applications", market=None)
    assert "was applied and does not change" in str(again.plan.blocked[0])
    assert str(billed.row("applications", "CHK-1", "INV-000001")["amount"]) == "15.90"


def test_a_reason_corrected_after_posting_comes_back_on_the_next_invoice(billed):
    sent(billed)
    attempt = next(r for r in billed.rows("attempts") if r["outcome"] == "FAILED")
    record = billed.app.ledger.load("attempts", {"attempt_id": attempt["attempt_id"]})[0]
    change = Put(
        "attempts",
        (attempt["attempt_id"],),
        {"attempt_id": attempt["attempt_id"], "reason_code": "DRIVER_DELAY"},
        record.rev,
    )
    billed.app.ledger.apply(
        Plan("edit", {}, (change,)), run_key="recode", inputs_hash="", by="va", via="test", at=billed.now
    )
    billed.run("propose-billing-adjustments")
    deltas = {r["component"]: str(r["delta"]) for r in billed.rows("billing_adjustments")}
    assert deltas == {"CHARGE": "-4.50", "TAX": "-0.45"}
    assert billed.run("propose-billing-adjustments").again
    billed.run("write-workbooks")

    def approve(sheets):
        for row in billed.rows("billing_adjustments"):
            put(sheets, "Billing adjustments", row["adj_id"], "Action", "APPROVE")

    billed.edit("billapprovals", approve)
    billed.run("write-workbooks")
    assert {r["status"] for r in billed.rows("billing_adjustments")} == {"APPROVED"}
    billed.run("draft-invoices", "2026-03-16")
    assert str(billed.row("invoices", "A1-2026-03-16")["total"]) == "-4.95"


def test_the_exports_add_up_to_their_control_total(billed):
    invoice = sent(billed)
    result = billed.run("export-invoices", "2026-03-31")
    assert result.plan.notes == ("1 invoice, 3 lines, control total 20.90.",)
    folder = billed.app.settings.home / "exports" / "2026-03"
    read = {p.name: list(csv.DictReader(io.StringIO(p.read_text("utf-8-sig")))) for p in folder.iterdir()}
    total = str(invoice["total"])
    assert sum(float(r["amount"]) for r in read["invoices.csv"]) == pytest.approx(float(total))
    assert sum(float(r["*ItemAmount"]) for r in read["invoices-quickbooks.csv"]) == pytest.approx(float(total))
    assert {r["*InvoiceDate"] for r in read["invoices-quickbooks.csv"]} == {"03/16/2026"}
    assert sum(float(r["*Quantity"]) * float(r["*UnitAmount"]) for r in read["invoices-xero.csv"]) == pytest.approx(
        float(total)
    )
    assert {r["*InvoiceNumber"] for r in read["invoices-xero.csv"]} == {"INV-000001"}
    assert read["invoices-control.csv"][-1] == {"invoice_no": "CONTROL TOTAL", "client": "1", "total": total}
    with pytest.raises(Refused, match="Nothing was posted in 2026-05"):
        billed.run("export-invoices", "2026-05-31")


def test_a_card_is_simulated_before_it_counts(billed):
    """Two deliveries at 8.00 and one failed try at 4.50: 20.50 + 2.05 = 22.55, 1.65 more."""
    billed.take_in(
        "c2.csv",
        "Card | Version | Account | From | Currency\nRC-1 | 2 | A1 | 2026-04-01 | USD",
        "rate_cards",
        market=None,
    )
    billed.take_in(
        "l2.csv",
        "Card | Version | Code | Unit | Rate\nRC-1 | 2 | BASE | STOP | 8.00\nRC-1 | 2 | FAILED | STOP | 4.50",
        "rate_lines",
        market=None,
    )
    result = billed.run("simulate-cards", "2026-03-15")
    assert result.plan.notes == ("RC-1 v2: ACME would have paid +1.65 over 3 cycles.",)
    assert (billed.app.settings.home / "simulations" / "cards-2026-03-15.xlsx").exists()
    assert billed.row("rate_cards", "RC-1", "2")["status"] == "DRAFT"


def test_two_versions_that_are_activated_in_one_go_follow_each_other(billed):
    for table, text in {
        "rate_cards": "Card | Version | Account | From | Currency | Approved by | Action\nRC-2 | 1 | B1 | 2026-01-01 | USD | Mo | ACTIVATE\nRC-2 | 2 | B1 | 2026-04-01 | USD | Mo | ACTIVATE",
        "rate_lines": "Card | Version | Code | Unit | Rate\nRC-2 | 1 | BASE | STOP | 8.00\nRC-2 | 2 | BASE | STOP | 9.00",
        "rate_examples": "Card | Version | No. | Stops | Must cost\nRC-2 | 1 | 1 | 1 | 8.00\nRC-2 | 2 | 1 | 1 | 9.00",
    }.items():
        if table == "rate_cards":
            billed.take_in("b1.csv", "Account | Client | Name\nB1 | ACME | Acme stores", "accounts", market=None)
        billed.take_in(f"{table}2.csv", text, table, market=None)
    billed.run("activate-cards")
    rows = {n: billed.row("rate_cards", "RC-2", str(n)) for n in (1, 2)}
    assert [(row["status"], str(row["eff_to"])) for row in rows.values()] == [
        ("ACTIVE", "2026-03-31"),
        ("ACTIVE", "None"),
    ]


def test_an_active_card_does_not_change_and_cannot_be_imported_active(billed):
    earlier = "Card | Version | Account | From\nRC-1 | 1 | A1 | 2026-02-01"
    result = billed.take_in("c.csv", earlier, "rate_cards", market=None)
    assert "prices already; enter a new version" in str(result.plan.blocked[0])
    assert str(billed.row("rate_cards", "RC-1", "1")["eff_from"]) == "2026-01-01"
    with pytest.raises(Refused, match="cannot start as ACTIVE"):
        billed.take_in(
            "c.csv",
            "Card | Version | Account | From | Status\nRC-7 | 1 | A1 | 2026-02-01 | ACTIVE",
            "rate_cards",
            market=None,
        )
