"""Why two amounts differ: each kind of difference is found, named and exact, and causes always add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopbook.compare.causes import Kind, Piece, explain, explain_total, rounded_down, total
from stopbook.compare.names import Directory, key
from stopbook.compare.old import BILL, PAY, group_of, plain

D = Decimal
STOPS = [Piece("STOP_TIER", D("395.90"), D(214), D("1.85"), (), "214 stops × 1.85")]


def piece(amount, qty=None, rate=None, what="STOP_TIER", stops=(), says=""):
    return Piece(
        what, D(amount), None if qty is None else D(qty), None if rate is None else D(rate), tuple(stops), says
    )


def nobody(stop):
    return ""


def kinds(theirs, ours, what="STOP_TIER", standing=nobody):
    causes = explain(what, theirs, ours, standing)
    assert sum((c.amount for c in causes), D(0)) == total(ours) - total(theirs)
    return [(c.kind, c.amount) for c in causes]


@pytest.mark.parametrize(
    ("theirs", "ours", "found"),
    [
        (piece("395.90", 214, "1.85"), STOPS, []),
        (piece("390.35", 211, "1.85"), STOPS, [(Kind.COUNT, D("5.55"))]),
        (piece("401.45", 217, "1.85"), STOPS, [(Kind.COUNT, D("-5.55"))]),
        (piece("406.60", 214, "1.90"), STOPS, [(Kind.RATE, D("-10.70"))]),
        (piece("400.90", 211, "1.90"), STOPS, [(Kind.COUNT, D("5.55")), (Kind.RATE, D("-10.55"))]),
        (piece("390.35"), STOPS, [(Kind.COUNT, D("5.55"))]),  # an amount alone: exactly 3 × 1.85
        (piece("406.60"), STOPS, [(Kind.RATE, D("-10.70"))]),  # an amount alone: 1.90 on our count
        (piece("395.91"), STOPS, [(Kind.ROUNDING, D("-0.01"))]),
        (piece("400.00", 214, "1.85"), STOPS, [(Kind.THEIR_SUM, D("-4.10"))]),
        (piece("397.77"), STOPS, [(Kind.UNKNOWN, D("-1.87"))]),
    ],
)  # fmt: skip
def test_counts_rates_rounding_and_their_own_sums(theirs, ours, found):
    assert kinds([theirs], ours) == found


def test_tiers_are_filled_from_the_first():
    ours = [piece("555.00", 300, "1.85"), piece("41.00", 20, "2.05")]
    assert kinds([piece("592.00", 320, "1.85")], ours) == [(Kind.RATE, D("4.00"))]
    assert kinds([piece("555.00", 300, "1.85"), piece("34.85", 17, "2.05")], ours) == [(Kind.COUNT, D("6.15"))]


def test_the_place_of_rounding_is_named():
    ours = [piece("33.25", 10, "3.3250")]
    [cause] = explain("MILES", [piece("33.30", 10, "3.33")], ours, nobody)
    assert (cause.kind, cause.says) == (Kind.ROUNDING, "there each one was rounded to the cent, here the line once")
    several = [
        piece("4.29", "11.3", "0.38", "MILES"),
        piece("4.67", "12.3", "0.38", "MILES"),
        piece("5.05", "13.3", "0.38", "MILES"),
    ]
    [cause] = explain("MILES", [piece("14.02", "36.9", "0.38", "MILES")], several, nobody)
    assert (cause.kind, cause.says) == (Kind.ROUNDING, "there rounded once over everything, here on each of 3 lines")
    [cause] = explain("MILES", [piece("4.2940", "11.3", "0.38", "MILES")], several[:1], nobody)
    assert "was never rounded" in cause.says
    [cause] = explain(
        "MILES", [piece("4.67", "12.3", "0.38", "MILES")], [piece("4.68", "12.3", "0.3801", "MILES")], nobody
    )
    assert cause.kind is Kind.ROUNDING
    assert rounded_down(D("4.678")) == D("4.67")
    assert rounded_down(D("4.671")) == D("4.67")


def test_lines_that_one_side_has():
    assert kinds([], [piece("-25.00", what="DED_ADVANCE")], "DED_ADVANCE") == [(Kind.NO_DEDUCTION, D("-25.00"))]
    assert kinds([piece("-25.00", what="DED_ADVANCE")], [], "DED_ADVANCE") == [(Kind.EXTRA_DEDUCTION, D("25.00"))]
    assert kinds([], [piece("12.00", what="BONUS")], "BONUS") == [(Kind.ONLY_HERE, D("12.00"))]
    assert kinds([piece("12.00", what="BONUS")], [], "BONUS") == [(Kind.ONLY_THERE, D("-12.00"))]


def test_stops_are_looked_at_one_by_one():
    ours = [piece("5.55", 3, "1.85", stops=("A", "B", "C"))]
    theirs = [piece("1.85", 1, "1.85", stops=(stop,)) for stop in ("A", "B", "X", "Y", "B")]
    says = {"Y": "waits on Recon: UNEXPECTED_SCAN"}
    assert kinds(theirs, ours, standing=lambda s: says.get(s, "")) == [
        (Kind.NOT_IN_MANIFEST, D("-1.85")), (Kind.NOT_COUNTED, D("-1.85")), (Kind.TWICE, D("-1.85")), (Kind.MISSING_THERE, D("1.85"))]  # fmt: skip
    dearer = [piece("1.90", 1, "1.90", stops=(stop,)) for stop in ("A", "B")]
    assert kinds(dearer, ours) == [(Kind.MISSING_THERE, D("1.85")), (Kind.RATE, D("-0.10"))]


@pytest.mark.parametrize(
    ("difference", "kind"),
    [("-25.00", Kind.NO_DEDUCTION), ("5.55", Kind.COUNT), ("-10.70", Kind.RATE), ("-0.03", Kind.ROUNDING), ("30.00", Kind.ONLY_HERE),
     ("17.77", Kind.UNKNOWN)],
)  # fmt: skip
def test_of_a_total_alone_the_likeliest_cause(difference, kind):
    ours = [*STOPS, piece("-25.00", what="DED_ADVANCE", says="advance"), piece("30.00", what="BONUS", says="bonus")]
    [cause] = explain_total(D(difference), ours)
    assert (cause.kind, cause.amount) == (kind, D(difference))


def test_of_a_total_two_lines_may_be_missing():
    ours = [*STOPS, piece("-25.00", what="DED_ADVANCE"), piece("31.00", what="BONUS")]
    assert [c.kind for c in explain_total(D("6.00"), ours)] == [Kind.NO_DEDUCTION, Kind.ONLY_HERE]


MONEY = st.integers(-100_000, 100_000).map(lambda cents: D(cents) / 100)
PIECES = st.lists(st.builds(Piece, st.just("STOP_TIER"), MONEY, st.none() | st.integers(0, 500).map(D), st.none() | st.sampled_from([D("1.85"), D("0.38")]),
                            st.lists(st.sampled_from("ABCDE"), max_size=1).map(tuple)), max_size=4)  # fmt: skip


@given(PIECES, PIECES)
def test_causes_always_add_up_to_the_difference(theirs, ours):
    causes = explain("STOP_TIER", theirs, ours, nobody)
    assert sum((c.amount for c in causes), D(0)) == total(ours) - total(theirs)
    assert bool(causes) >= (total(ours) != total(theirs))
    difference = total(ours)
    assert sum((c.amount for c in explain_total(difference, ours)), D(0)) == difference


@pytest.mark.parametrize(
    ("cell", "made"),
    [("$1,240.50", "1240.50"), ("(25.00)", "-25.00"), ("$ (1,200.00)", "-1200.00"), ("25.00-", "-25.00"), ("1.240,50", "1240.50"), ("1 240,50 €", "1240.50"),
     ("USD 12.5", "12.5"), ("—", ""), ("−12.00", "-12.00"), (395.90000000000003, "395.9"), (12.34567, "12.3457"), ("D-017", "D-017"),
     ("0017", "0017"), ("2026-03-10", "2026-03-10"), ("12", "12"), ("1-2", "1-2"), (None, None)],
)  # fmt: skip
def test_amounts_as_sheets_show_them(cell, made):
    assert plain(cell) == made


@pytest.mark.parametrize(
    ("words", "part"),
    [("Stops delivered", "STOP_TIER"), ("Failed attempt pay", "ATTEMPT"), ("Mileage over 25", "MILES"), ("Uniform 2/4", "DED_UNIFORM"),
     ("Cash advance repayment", "DED_ADVANCE"), ("Toll receipts", "REIMB"), ("something else", "")],
)  # fmt: skip
def test_lines_are_known_by_their_words(words, part):
    assert group_of(words, PAY) == part


def test_charges_are_known_by_their_words():
    assert [
        group_of(words, BILL)
        for words in ("Deliveries zone A", "Fuel surcharge 11.5 %", "Volume discount", "Sales tax")
    ] == ["BASE", "FUEL", "DISCOUNT", "TAX"]


WHO = Directory({"D-1": ["Ana Alvarez", "Ana M. Alvarez"], "D-2": ["Hugo García", ""], "D-3": ["John Smith", ""], "D-4": ["Smith, John", ""],
                 "D-5": ["Jon Smyth", ""]}, {"the new guy": "D-5"})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "party", "sure", "others"),
    [("Alvarez, Ana", "D-1", True, ()), ("GARCIA HUGO", "D-2", True, ()), ("d-2", "D-2", True, ()), ("The New Guy", "D-5", True, ()),
     ("Hugo Garcai", "D-2", False, ()), ("John Smith", "D-3", False, ("D-4",)), ("Zebulon Quark", "", False, ())],
)  # fmt: skip
def test_names(name, party, sure, others):
    match = WHO.match(name)
    assert (match.party, match.sure, match.others) == (party, sure, others)
    assert bool(match.question) != sure


def test_a_name_is_its_parts_in_any_order():
    assert key("García-López, José") == key("jose garcia lopez")
