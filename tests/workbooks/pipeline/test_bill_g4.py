"""Golden example G4, from 1,440 deliveries and 68 failed attempts as rows, with both of its traps."""

from decimal import Decimal

import pytest

from tests.billing import CHANGE, START, D, books, g4
from workbooks.lines import explained, printed
from workbooks.pipeline.bill.drafting import charge_rows, cycle_of, line_rows
from workbooks.rules.invoice import ORDER


@pytest.fixture(scope="module")
def rows():
    return g4()


@pytest.fixture(scope="module")
def cycle(rows):
    return cycle_of(books(rows), "A-100", CHANGE)


def amounts(cycle, component):
    return {line.key: line.amount for line in cycle.draft.of(component)}


def test_period_and_counts(cycle):
    assert (str(cycle.start), str(cycle.end)) == ("2026-03-02", "2026-03-15")
    assert cycle.counted == 1440
    assert (cycle.held, cycle.unpriced, cycle.problems) == ([], [], [])


def test_charges_by_card_version_code_and_rate(cycle):
    assert amounts(cycle, "CHARGE") == {
        "CHARGE|RC-1 v1|BASE|STOP|6.25": D("2575.00"), "CHARGE|RC-1 v1|BASE|STOP|7.4": D("1746.40"), "CHARGE|RC-1 v1|BASE|STOP|9.1": D("673.40"),
        "CHARGE|RC-1 v1|RESIDENTIAL|STOP|1.15": D("586.50"), "CHARGE|RC-1 v1|FAILED|STOP|4.5": D("121.50"),
        "CHARGE|RC-1 v1|SIGNATURE|STOP|0.9": D("59.40"), "CHARGE|RC-1 v1|WAIT|BLOCK|5": D("15.00"),
        "CHARGE|RC-1 v2|BASE|STOP|6.45": D("2567.10"), "CHARGE|RC-1 v2|BASE|STOP|7.65": D("1920.15"), "CHARGE|RC-1 v2|BASE|STOP|9.4": D("648.60"),
        "CHARGE|RC-1 v2|RESIDENTIAL|STOP|1.15": D("571.55"), "CHARGE|RC-1 v2|FAILED|STOP|4.5": D("139.50"),
        "CHARGE|RC-1 v2|SIGNATURE|STOP|0.9": D("66.60"), "CHARGE|RC-1 v2|WAIT|BLOCK|5": D("10.00"),
    }  # fmt: skip


def test_discount_is_rounded_once_a_card_version_not_once_an_invoice(cycle):
    assert amounts(cycle, "DISCOUNT") == {"DISCOUNT|RC-1 v1": D("-199.79"), "DISCOUNT|RC-1 v2": D("-205.43")}
    base = sum(line.amount for line in cycle.draft.of("CHARGE") if "|BASE|" in line.key)
    assert base == D("10130.65")
    assert cycle.draft.sum("DISCOUNT") == D("-405.22")
    assert round(base * D("0.04"), 2) == D("405.23")  # the trap: once over everything


def test_fuel_by_week_tax_and_total(cycle):
    assert amounts(cycle, "FUEL") == {"FUEL|2026-03-02": D("632.85"), "FUEL|2026-03-09": D("676.98")}
    assert cycle.draft.sum("CHARGE", "DISCOUNT") == D("11295.48")
    assert cycle.draft.sum("FUEL") == D("1309.83")
    assert cycle.draft.sum("TAX") == D("756.32")
    assert cycle.total == D("13361.63")


def test_the_card_of_the_service_date_prices_not_that_of_the_invoice(rows):
    """The trap: version 2 for both weeks makes a base of 10,294.25."""
    wrong = {**rows, "rate_cards": [{**rows["rate_cards"][1], "eff_from": START}]}
    cycle = cycle_of(books(wrong), "A-100", CHANGE)
    assert sum(line.amount for line in cycle.draft.of("CHARGE") if "|BASE|" in line.key) == D("10294.25")


def test_a_price_on_the_edge_of_a_bracket_lies_in_the_upper_one(rows):
    index = [{**row, "price": D("4.000")} for row in rows["fuel_index"]]
    cycle = cycle_of(books({**rows, "fuel_index": index}), "A-100", CHANGE)
    assert {line.facts["pct"] for line in cycle.draft.of("FUEL")} == {"0.120"}


def test_shares_of_the_stops_add_up_to_every_line(cycle):
    for line in cycle.draft.of("CHARGE") + cycle.draft.of("DISCOUNT") + cycle.draft.of("FUEL"):
        assert Decimal(sum(cycle.draft.parts[line.key].values())) / 100 == line.amount
    rows = charge_rows(cycle, "X")
    assert sum(row["charge"] + row["discount"] + row["fuel"] for row in rows) == D("12605.31")


def test_every_line_explains_itself(cycle):
    for row, line in zip(line_rows(cycle, "X"), cycle.draft.lines, strict=True):
        assert row["facts"] == printed(line.facts)
        text = explained(row["rule_ref"], row["version"], row["facts"], row["amount"], row["says"])
        assert text.endswith(f"Makes {row['amount']}")


def test_the_order_of_the_rules_is_one_tuple():
    assert [rule.__module__.rpartition(".")[2] for rule in ORDER] == [
        "charge",
        "discount",
        "fuel",
        "minimum",
        "adjustment",
        "tax",
    ]
