"""Bad input in pay and bill: one sentence with the row and the way out, and nothing is posted. Each case is named by what is wrong."""

from datetime import date

import pytest

from tests.billing import CHANGE, START, D, card, line, visit, world
from tests.payroll import World, agreement, day, plan, stops_only, tiers
from tests.workbooks.pipeline.test_bill_life import NOW, Company, _rows
from workbooks.pipeline.bill.posting import post
from workbooks.pipeline.bill.receipts import receive

NAME, DRIVER = f"A-100-{START}", "D-017"


def bill(spoil) -> list[str]:
    """What is said when a cycle with this fault is drafted, reviewed and posted; and that nothing was."""
    rows = world()
    visit(rows, 1, START, stop={"pkgs": 2, "weight": D(9)})
    spoil(rows)
    company = Company(rows)
    found = company.draft()
    said = [str(row.get("said") or "") for row in company.rows("invoices")] + [
        str(r.get("reason") or "") for r in company.rows("charges")
    ]
    from workbooks.pipeline.bill.drafts import draft

    said += [str(problem) for problem in draft(company.books, "A-100", START)[2]] + found.notes
    if company.rows("invoices"):
        why = company.do("invoices", (NAME,), "REVIEW")
        _, posted, problems = post(company.books, NOW)
        said += [str(problem) for problem in problems] + ([str(why)] if why else [])
        assert not posted
        assert why is not None or problems
    assert "number_series" not in company.tables
    assert not any(row.get("billed_in") for row in company.rows("attempts"))
    return said


def weights(*breaks):
    return lambda rows: rows["rate_lines"].extend(
        line("WEIGHT", "1", unit="LB", from_qty=D(low), to_qty=None if high is None else D(high))
        for low, high in breaks
    )


@pytest.mark.parametrize(("spoil", "sentence"), [
    pytest.param(weights((0, 7), (8, None)), "RC-1 v1, WEIGHT, zone any: nothing holds from 7 to 8; let the break begin at 7", id="gapped brackets of a rate"),
    pytest.param(weights((0, 9), (8, None)), "RC-1 v1, WEIGHT, zone any: the breaks from 0 and from 8 overlap; end the first at 8",
                 id="overlapping brackets of a rate"),
    pytest.param(lambda rows: rows["fuel_table"][1].update({"from": D("3.800")}),
                 "Fuel table F-1 of 2026-01-01: the bracket from 3.000 leaves a gap before the one from 3.800; let each begin where the one before ends",
                 id="gapped brackets of fuel"),
    pytest.param(lambda rows: rows["fuel_table"][1].update({"from": D("3.700")}),
                 "Fuel table F-1 of 2026-01-01: the bracket from 3.000 overlaps the one from 3.700; let each begin where the one before ends",
                 id="overlapping brackets of fuel"),
    pytest.param(lambda rows: rows["rate_cards"].append(card(1, date(2026, 1, 1), card_id="RC-9")),
                 "rate cards RC-1 v1 and RC-9 v1 of A-100 both hold on 2026-03-02; end one of them on tab Rate cards", id="two active cards"),
    pytest.param(lambda rows: rows["addresses"][0].update(zip5="99999"),
                 "ZIP 99999 is in no zone of A-100 on 2026-03-02, and card RC-1 v1 has no BASE rate without a zone; add the ZIP on tab Zones",
                 id="unknown ZIP"),
    pytest.param(lambda rows: rows["rate_lines"].append(line("MILES", "0.55", unit="MILE")), "the quantity for MILES", id="missing mileage on a card"),
    pytest.param(lambda rows: rows["rate_cards"][1].update(currency="CAD"),
                 "the cards of A-100 between 2026-03-02 and 2026-03-15 are in CAD and USD; end one of them with the cycle before, an invoice has one currency",
                 id="mixed currencies"),
    pytest.param(lambda rows: (rows["rate_lines"].append(line("PACKAGE", "0.50", unit="PKG")), rows["stops"][0].update(pkgs=-1)),
                 "the quantity for PACKAGE of stop A-100-1-1 is below zero; correct the stop and rate again", id="negative quantity"),
    pytest.param(lambda rows: rows["rate_lines"].append(line("WAIT", "5.00", unit="BLOCK", free_qty=D(-15), step_qty=D(15), zone="A")),
                 "RC-1 v1, WAIT, zone A: Free is -15; a quantity or least amount is not below zero", id="negative quantity on a card"),
])  # fmt: skip
def test_of_a_client(spoil, sentence):
    said = bill(spoil)
    assert any(sentence in each for each in said), said
    assert all("\n" not in each for each in said)


def paid(spoil, **more) -> tuple[str, D]:
    """What a draft says in its held lines, and its net, with this fault."""
    one = World(pay_plans=[plan(bonus_per_stop=None)], pay_tiers=tiers((None, "2.00")), **more)
    one.on_plan(DRIVER)
    one.deliver(one.route(DRIVER, day(0), miles="50.0"), 3)
    one.close()
    spoil(one)
    made = one.post(day(0))[DRIVER]
    held = " | ".join(entry.says for entry in made.lines if entry.more.get("state") == "HELD")
    return held, one.row("settlements", made.settlement_id)["net"]


@pytest.mark.parametrize(("spoil", "sentence", "net"), [
    pytest.param(lambda w: (w.rows.update(pay_tiers=[]), w.rows["pay_plans"][0].update(mile_rate=None, fuel_mode=None)), "it has no tiers, no flat pay and no mile rate; add its tiers on tab Pay tiers", "0.00", id="a plan without tiers"),
    pytest.param(lambda w: w.rows["pay_tiers"][0].update(up_to=300), "the last tier ends at 300: leave its end blank", "0.00",
                 id="gapped brackets of a plan"),
    pytest.param(lambda w: w.rows.update(pay_tiers=tiers((5, "2.00"), (4, "2.10"), (None, "2.20"))), "tier 2 ends at 4 and the one before it at 5", "0.00",
                 id="overlapping brackets of a plan"),
    pytest.param(lambda w: w.rows["fuel_table"].pop(1), "leaves a gap before", "15.50", id="gapped brackets of a driver's fuel"),
    pytest.param(lambda w: w.rows["mileage"].clear(), "no miles of CHI-2026-03-02-R12 for D-017; enter them on tab Mileage", "6.00", id="missing mileage"),
    pytest.param(lambda w: w.add("deduction_agreements", agreement("AG-1", DRIVER, "EQUIP", "charge", "4.00", signed_on=None)), "AG-1", "18.00",
                 id="an unsigned deduction"),
])  # fmt: skip
def test_of_a_driver(spoil, sentence, net):
    """What cannot be paid is held with its row and the way out; the rest of the settlement is paid."""
    held, came_to = paid(spoil)
    assert sentence in held, held
    assert "\n" not in held
    assert came_to == D(net)


def test_two_active_versions_of_a_plan_pay_nothing_until_one_ends():
    one = World(pay_plans=[stops_only(), stops_only(version=2)], pay_tiers=[*tiers((None, "2.00"), plan_id="PP-S", version=1),
                                                                           *tiers((None, "3.00"), plan_id="PP-S", version=2)])  # fmt: skip
    one.on_plan(DRIVER, "PP-S")
    one.deliver(one.route(DRIVER, day(0)), 3)
    one.close()
    made = one.draft(day(0))[DRIVER]
    [held] = [entry for entry in made.lines if entry.more.get("state") == "HELD"]
    assert made.row["net"] == 0
    assert "plans PP-S v1 and PP-S v2 both hold from 2026-01-01; retire one of them on tab Pay plans" in held.says


def test_a_payment_over_the_balance():
    company = Company(world())
    for number in range(3):
        visit(rows := {"stops": [], "attempts": []}, number, START)
        for name, [row] in rows.items():
            company.tables[name][(row["stop_id" if name == "stops" else "attempt_id"],)] = row
    total = company.sent()["total"]
    company.apply(_rows("payments", {"pay_id": "P1", "client_id": "ACME", "received": START, "amount": D("500.00")}))
    company.apply(
        _rows("applications", {"pay_id": "P1", "invoice_no": "INV-000001", "amount": D("500.00"), "status": "NEW"})
    )
    wanted = company.apply(receive(company.books, NOW))
    assert wanted.notes == [
        f"Payment P1 for INV-000001: 500.00 is more than the {total} that is open; apply that much, the rest stays unapplied."
    ]
    assert (company.row("invoices", NAME)["paid"], company.row("invoices", NAME)["status"]) == (0, "SENT")


def test_posting_an_invoice_whose_facts_changed_since_it_was_looked_at():
    rows = world()
    visit(rows, 1, START)
    company = Company(rows)
    company.draft()
    company.do("invoices", (NAME,), "REVIEW")
    visit(more := {"stops": [], "attempts": []}, 2, CHANGE)
    for name, [row] in more.items():
        company.tables[name][(row["stop_id" if name == "stops" else "attempt_id"],)] = row
    _, posted, [problem] = post(company.books, NOW)
    assert not posted
    assert f"{NAME} was not posted: its facts changed since it was reviewed" in str(problem)
    assert "draft it again and review it" in str(problem)


def test_posting_a_settlement_whose_facts_changed_since_it_was_looked_at():
    one = World(pay_plans=[stops_only()], pay_tiers=tiers((None, "2.00"), plan_id="PP-S", version=1))
    one.on_plan(DRIVER, "PP-S")
    one.deliver(one.route(DRIVER, day(0)), 3)
    one.close()
    number = one.draft(day(0))[DRIVER].settlement_id
    assert one.act("SUBMIT", number) + one.act("APPROVE", number, by="max") == []
    one.deliver(one.route(DRIVER, day(1), "R13"), 1)
    one.close(day(1))
    [problem] = one.act("POST", number)
    assert f"{number}: the facts behind it changed since it was drafted" in str(problem)
    assert "Return it, draft it again and look at what changed" in str(problem)
    assert one.row("settlements", number)["status"] == "REVIEW"
    assert not any(scan.get("settled_in") for scan in one.rows["attempts"])
