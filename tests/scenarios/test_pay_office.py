"""Pay in a real home: files come in, jobs draft, review, approve, post, export and pay; nothing posted can be changed."""

import csv
from datetime import date
from decimal import Decimal

import pytest

from stopbook import options
from stopbook.explain import explain as told
from stopbook.explain import find
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.runner import run as run_job
from tests.office import manifest, office
from tests.sheets_sync.programs import put
from workbooks.plan import Plan, Put, Void
from workbooks.problems import Refused

MONDAY, SUNDAY = "2026-03-09", "2026-03-15"
SETTLEMENT = "2026-W11-D-7-1"


def pay_tables(one) -> None:
    one.take_in(
        "plans.csv",
        "Plan | Version | From | Tiers per | Tier mode | Failed attempt | Cancelled loaded\nPP-S | 1 | 2026-01-01 | WEEK | GRADUATED | 0.75 | 0.50",
        "pay_plans",
    )
    one.take_in(
        "tiers.csv", "Plan | Version | Tier | Up to | Rate\nPP-S | 1 | 1 | 2 | 1.85\nPP-S | 1 | 2 | | 2.05", "pay_tiers"
    )
    one.take_in(
        "examples.csv",
        "Plan | Version | No. | Delivered | Failed | Expected\nPP-S | 1 | 1 | 3 | 1 | 6.50",
        "pay_examples",
    )
    one.take_in("who.csv", "Driver | From | Plan\nD-7 | 2026-01-01 | PP-S\nD-9 | 2026-01-01 | PP-S", "driver_plans")


def rows_of(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def explain(books, number):
    return told(books, *find(books, number))


def as_(one, name, by, day=MONDAY, **said):
    read = options.read(job(name).options, said, name)
    return run_job(
        one.app, job(name), Params(one.now, by, "test", None, date.fromisoformat(day) if day else None, read)
    )


@pytest.fixture
def friday(tmp_path):
    """A worked and reconciled Tuesday, on an active plan."""
    with office(tmp_path / "home") as one:
        pay_tables(one)
        assert not as_(one, "activate-plans", "max", None).plan.blocked
        assert one.row("pay_plans", "PP-S", "1")["status"] == "TESTED"
        as_(one, "activate-plans", "max", None)
        assert one.row("pay_plans", "PP-S", "1")["status"] == "ACTIVE"
        one.take_in(
            "plan.csv",
            manifest("2026-03-10", "1041 Al Bo", "1042 Jo Park", "1043 Di Ek", "1044 Gi Ha"),
            "orders",
            "2026-03-10",
        )
        one.at("2026-03-10 20:30")
        one.take_in("done.csv", """
            Order | Account | Route | Driver | Status | Reason | Completed
            1041 | A1 | R12 | D-7 | Delivered | | 2026-03-10 13:40
            1042 | A1 | R12 | D-7 | Failed | not home, left a card | 2026-03-10 14:05
            1043 | A1 | R12 | D-7 | Delivered | | 2026-03-10 14:20
            1044 | A1 | R12 | D-7 | Delivered | | 2026-03-10 14:40
        """, "completions")  # fmt: skip
        one.run("reconcile-day", "2026-03-10")
        one.at("2026-03-16 09:00")
        yield one


def posted(one):
    as_(one, "draft-settlements", "pat")
    as_(one, "review-settlements", "pat")
    as_(one, "approve-settlements", "max")
    return as_(one, "post-settlements", "pat")


def test_from_draft_to_paid(friday):
    first = as_(friday, "draft-settlements", "pat")
    assert "1 driver, net 6.50 together." in first.plan.notes
    assert as_(friday, "draft-settlements", "pat").again
    row = friday.row("settlements", SETTLEMENT)
    assert (row["status"], row["gross"], row["net"]) == ("DRAFT", Decimal("6.50"), Decimal("6.50"))
    as_(friday, "review-settlements", "pat")
    with pytest.raises(Refused, match="the manager approves first"):
        as_(friday, "post-settlements", "pat")
    maker = as_(friday, "approve-settlements", "pat")
    assert "pat made its lines and may not approve it too" in str(maker.plan.blocked[0])
    as_(friday, "approve-settlements", "max")
    done = as_(friday, "post-settlements", "pat")
    assert friday.row("settlements", SETTLEMENT)["status"] == "POSTED"
    assert {row["settled_in"] for row in friday.rows("attempts")} == {SETTLEMENT}
    assert {row["status"] for row in friday.rows("attempts")} == {"LOCKED"}
    assert len(done.said) == 2
    assert sorted(p.name for p in (friday.app.settings.home / "settlements" / SUNDAY).iterdir()) == [
        f"{SETTLEMENT}.pdf",
        f"{SETTLEMENT}.xlsx",
    ]

    as_(friday, "payroll-export", "pat")
    batch = friday.row("settlements", SETTLEMENT)["export_batch"]
    folder = friday.app.settings.home / "exports" / batch
    plain = rows_of(folder / "payroll.csv")
    assert [(r["settlement_id"], r["net"]) for r in plain] == [(SETTLEMENT, "6.50"), ("CONTROL TOTAL", "6.50")]
    for name, column in (("quickbooks-bills.csv", "*LineAmount"), ("xero-bills.csv", "*UnitAmount")):
        assert sum(Decimal(r[column]) for r in rows_of(folder / name)) == Decimal("6.50")
    before = (folder / "payroll.csv").read_bytes()
    as_(friday, "payroll-export", "pat")
    assert (folder / "payroll.csv").read_bytes() == before

    with pytest.raises(Refused, match="Nothing says when they were paid"):
        as_(friday, "record-pay", "pat")
    as_(friday, "record-pay", "pat", paid_on="2026-03-20", pay_ref="ACH-77")
    row = friday.row("settlements", SETTLEMENT)
    assert (row["status"], str(row["paid_on"]), row["pay_ref"]) == ("PAID", "2026-03-20", "ACH-77")


def test_a_draft_whose_facts_changed_is_not_posted(friday):
    as_(friday, "draft-settlements", "pat")
    as_(friday, "review-settlements", "pat")
    as_(friday, "approve-settlements", "max")
    friday.take_in(
        "fuel.csv",
        "Receipt | Driver | Date | Kind | Amount | Substantiated\nR-1 | D-7 | 2026-03-11 | TOLL | 6.75 | TRUE",
        "reimbursements",
    )
    result = as_(friday, "post-settlements", "pat")
    assert "the facts behind it changed since it was drafted (REIMB/R-1); nothing was posted" in str(
        result.plan.blocked[0]
    )
    assert friday.row("settlements", SETTLEMENT)["status"] == "REVIEW"
    assert not any(row["settled_in"] for row in friday.rows("attempts"))


def test_posting_twice_and_drafting_after_posting_change_nothing(friday):
    posted(friday)
    line_ids = [row["line_id"] for row in friday.rows("settlement_lines")]
    with pytest.raises(Refused, match="No settlement of 2026-03-09 is REVIEW"):
        as_(friday, "post-settlements", "pat")
    assert not as_(friday, "draft-settlements", "pat").plan.puts
    assert [row["line_id"] for row in friday.rows("settlement_lines")] == line_ids


def frozen(one):
    rows = [one.row("settlements", SETTLEMENT), *one.rows("settlement_lines")]
    return [{name: row[name] for name in row if name not in ("status", "_rev")} for row in rows]


def test_nothing_posted_changes_by_any_path(friday):
    posted(friday)
    before = frozen(friday)
    ledger = friday.app.ledger
    line = f"{SETTLEMENT}/STOP_TIER/PP-S.v1/1"
    record = ledger.books().record("settlement_lines", line)
    settlement = ledger.books().record("settlements", SETTLEMENT)
    puts = [
        Put("settlement_lines", (line,), {"line_id": line, "amount": Decimal("99.00")}, record.rev),
        Put("settlements", (SETTLEMENT,), {"settlement_id": SETTLEMENT, "net": Decimal("99.00")}, settlement.rev),
        Put("settlements", (SETTLEMENT,), {"settlement_id": SETTLEMENT, "status": "DRAFT"}, settlement.rev),
    ]
    for n, each in enumerate(
        [Plan("x", {}, (p,)) for p in puts]
        + [Plan("x", {}, (), (Void("settlement_lines", (line,), record.rev, "gone"),))]
    ):
        with pytest.raises(Refused, match="nothing was changed"):
            ledger.apply(each, run_key=f"try-{n}", inputs_hash="", by="eve", via="test", at=friday.now)
    for table in ("settlements", "settlement_lines"):
        with pytest.raises(Refused, match="computed by Stopbook and cannot be imported"):
            friday.take_in("own.csv", f"Line | Amount\n{line} | 99.00", table)
    # in the workbook: a system column is put back, people's own columns of a posted row do not stand
    friday.run("write-workbooks")

    def meddle(sheets):
        put(sheets, "Settlements", SETTLEMENT, "Net", 99)
        put(sheets, "Settlements", SETTLEMENT, "Paid on", date(2026, 3, 20))

    friday.edit("payroll", meddle)
    friday.run("write-workbooks")
    assert frozen(friday) == before
    kinds = {(row["column_title"], row["kind"]) for row in friday.rows("conflicts")}
    assert ("Paid on", "INVALID") in kinds


def test_actions_in_the_workbooks(friday):
    as_(friday, "draft-settlements", "pat")
    friday.run("write-workbooks")
    friday.edit("payroll", lambda sheets: put(sheets, "Settlements", SETTLEMENT, "Action", "SUBMIT"))
    friday.run("write-workbooks")
    assert friday.row("settlements", SETTLEMENT)["status"] == "REVIEW"
    friday.edit("payroll", lambda sheets: put(sheets, "Settlements", SETTLEMENT, "Action", "APPROVE"))
    result = friday.run("write-workbooks")
    assert any("APPROVE is for the manager" in note for note in result.plan.notes)
    assert friday.row("settlements", SETTLEMENT)["approved_by"] is None
    friday.edit("approvals", lambda sheets: put(sheets, "Settlements", SETTLEMENT, "Action", "APPROVE"))
    friday.run("write-workbooks")
    assert friday.row("settlements", SETTLEMENT)["approved_by"] == "someone in approvals"
    friday.edit("payroll", lambda sheets: put(sheets, "Settlements", SETTLEMENT, "Action", "POST"))
    friday.run("write-workbooks")
    row = friday.row("settlements", SETTLEMENT)
    assert (row["status"], row["action"], row["posted_by"]) == ("POSTED", None, "someone in payroll")
    assert {row["settled_in"] for row in friday.rows("attempts")} == {SETTLEMENT}

    def void_it(sheets):
        put(sheets, "Settlements", SETTLEMENT, "Action", "VOID")

    friday.edit("payroll", void_it)
    result = friday.run("write-workbooks")
    assert any("VOID needs Reason to void" in note for note in result.plan.notes)

    def void_with_reason(sheets):
        put(sheets, "Settlements", SETTLEMENT, "Reason to void", "wrong week")
        put(sheets, "Settlements", SETTLEMENT, "Action", "VOID")

    friday.edit("payroll", void_with_reason)
    friday.run("write-workbooks")
    assert friday.row("settlements", SETTLEMENT)["status"] == "VOID"
    assert not any(row["settled_in"] for row in friday.rows("attempts"))


def test_explain_prints_what_it_works_out_again(friday):
    posted(friday)
    books = friday.app.ledger.books()
    text = explain(books, f"{SETTLEMENT}/STOP_TIER/PP-S.v1/2")
    for part in (
        "2.05",
        "settlement.stop_pay",
        "version PP-S v1",
        "once per settlement and tier",
        "Makes 2.05",
        "A1-1044-1 delivered by D-7",
    ):
        assert part in text, text
    whole = explain(books, SETTLEMENT)
    assert "6.50  together: gross 6.50" in whole
    with pytest.raises(Refused, match="Nothing that can be explained is called"):
        explain(books, "2026-W11-D-7-9")


def test_explain_refuses_what_does_not_come_out(friday):
    as_(friday, "draft-settlements", "pat")
    line = f"{SETTLEMENT}/STOP_TIER/PP-S.v1/2"
    record = friday.app.ledger.books().record("settlement_lines", line)
    tampered = Put("settlement_lines", (line,), {"line_id": line, "amount": Decimal("20.50")}, record.rev)
    friday.app.ledger.apply(
        Plan("x", {}, (tampered,)), run_key="t", inputs_hash="", by="eve", via="test", at=friday.now
    )
    with pytest.raises(Refused, match=r"its facts make 2\.05"):
        explain(friday.app.ledger.books(), line)
    as_(friday, "review-settlements", "pat")
    as_(friday, "approve-settlements", "max")
    result = as_(friday, "post-settlements", "pat")
    assert "nothing was posted" in str(result.plan.blocked[0])


def test_a_ledger_entry_is_added_and_never_changed(friday):
    friday.take_in(
        "adv.csv",
        "Entry | Driver | Account | Date | Amount\nADV-1 | D-7 | ADVANCE | 2026-03-09 | 150.00",
        "driver_ledger",
    )
    again = friday.take_in(
        "adv2.csv",
        "Entry | Driver | Account | Date | Amount\nADV-1 | D-7 | ADVANCE | 2026-03-09 | 15.00",
        "driver_ledger",
    )
    assert "is an entry of a ledger" in str(again.plan.blocked[0])
    assert friday.row("driver_ledger", "ADV-1")["amount"] == Decimal("150.00")


def test_entries_that_come_in_as_a_file_show_their_balance(friday):
    head = "Entry | Driver | Account | Date | Amount\n"
    friday.take_in(
        "adv.csv",
        f"{head}ADV-1 | D-7 | ADVANCE | 2026-03-09 | 150.00\nUNI-1 | D-7 | UNIFORM | 2026-03-09 | 60.00",
        "driver_ledger",
    )
    friday.take_in(
        "adv2.csv",
        f"{head}ADV-2 | D-7 | ADVANCE | 2026-03-10 | 25.00\nADV-3 | D-7 | ADVANCE | 2026-03-11 | 5.00",
        "driver_ledger",
    )
    shown = {row["entry_id"]: str(row["balance_after"]) for row in friday.rows("driver_ledger")}
    assert shown == {"ADV-1": "150.00", "UNI-1": "60.00", "ADV-2": "175.00", "ADV-3": "180.00"}


def test_two_versions_of_a_plan_that_are_activated_in_one_go_follow_each_other(friday):
    for table, text in {
        "pay_plans": "Plan | Version | From\nPP-N | 1 | 2026-01-01\nPP-N | 2 | 2026-04-01",
        "pay_tiers": "Plan | Version | Tier | Up to | Rate\nPP-N | 1 | 1 | | 1.00\nPP-N | 2 | 1 | | 2.00",
        "pay_examples": "Plan | Version | No. | Delivered | Expected\nPP-N | 1 | 1 | 3 | 3.00\nPP-N | 2 | 1 | 3 | 6.00",
    }.items():
        friday.take_in(f"{table}2.csv", text, table)
    as_(friday, "activate-plans", "max", None)
    as_(friday, "activate-plans", "max", None)
    rows = [friday.row("pay_plans", "PP-N", version) for version in "12"]
    assert [(row["status"], str(row["eff_to"])) for row in rows] == [("ACTIVE", "2026-03-31"), ("ACTIVE", "None")]


def test_one_settlement_alone_is_posted_and_the_options_say_which(friday):
    as_(friday, "draft-settlements", "pat")
    as_(friday, "review-settlements", "pat")
    with pytest.raises(Refused, match="No settlement of 2026-03-09 is REVIEW among D-9"):
        as_(friday, "approve-settlements", "max", driver="D-9")
    as_(friday, "approve-settlements", "max", driver="D-7")
    as_(friday, "post-settlements", "pat", settlement=SETTLEMENT)
    assert friday.row("settlements", SETTLEMENT)["status"] == "POSTED"
    as_(friday, "payroll-export", "pat")
    with pytest.raises(Refused, match="Say both --paid-on and --pay-ref"):
        as_(friday, "record-pay", "pat", paid_on="2026-03-20")
