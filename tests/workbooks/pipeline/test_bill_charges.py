"""What is charged for what happened: triggers, holds, dates, and which rule failed where there is no price."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.billing import CHANGE, START, D, books, card, line, visit, world, zone
from workbooks.lines import recompute
from workbooks.pipeline.bill.drafting import cycle_of
from workbooks.pipeline.bill.drafts import draft, rate_day

CLOSED = {"status": "CLOSED", "flags": ("MATCH",)}


def plain(**more):
    """The company without discount, fuel and tax, so that amounts can be seen at once."""
    rows = world(**more)
    rows["accounts"][0] |= {"tax_code": None, "fsc_table_id": None}
    rows["volume_tiers"] = []
    return rows


def charged(rows, day=START):
    """(stop or route, code) -> exact amount of what is billed in the cycle of `day`."""
    cycle = cycle_of(books(rows), "A-100", day)
    return {
        (c.event.stop.get("stop_id") or c.event.source, c.code): c.exact for c in cycle.charges if c.status == "RATED"
    }


def codes_of(rows, number, day=START):
    return {code: exact for (stop, code), exact in charged(rows, day).items() if stop == f"A-100-{number}-1"}


def recon(number, **more):
    return {"route_id": f"IND-{START}-R1", "stop_id": f"A-100-{number}-1", "market_id": "IND", "service_date": START, "account_id": "A-100",
            "status": "OPEN", "outcome": "DELIVERED", **more}  # fmt: skip


def test_a_failed_attempt_is_charged_by_the_fault_matrix():
    rows = plain()
    for number, reason in enumerate(("RECIP_ABSENT", "DRIVER_DELAY", "WEATHER", "DAMAGED"), 1):
        visit(rows, number, START, "A", "FAILED", reason_code=reason)
    assert [codes_of(rows, n) for n in (1, 2, 3, 4)] == [{"FAILED": D("4.5")}, {}, {}, {}]


def test_the_account_may_decide_otherwise_from_a_day_on():
    rows = plain(reason_overrides=[
        {"code": "WEATHER", "account_id": "A-100", "billable": True, "eff_from": START + timedelta(days=1)},
        {"code": "REFUSED", "account_id": "A-100", "billable": False},
        {"code": "RECIP_ABSENT", "account_id": "B-1", "billable": False},
    ])  # fmt: skip
    for number, (reason, after) in enumerate((("WEATHER", 0), ("WEATHER", 1), ("REFUSED", 0), ("RECIP_ABSENT", 0)), 1):
        visit(rows, number, START + timedelta(days=after), "A", "FAILED", reason_code=reason)
    assert [list(codes_of(rows, n)) for n in (1, 2, 3, 4)] == [[], ["FAILED"], [], ["FAILED"]]


def test_a_failure_nobody_has_named_is_held():
    rows = plain()
    visit(rows, 1, START, "A", "FAILED")
    [held] = cycle_of(books(rows), "A-100", START).held
    assert (held.code, held.hold) == ("FAILED", "the reason of T-1-1 is UNKNOWN; name what happened on tab Attempts")


@pytest.mark.parametrize(
    ("included", "most", "fees"), [(None, None, 3), (1, None, 2), (None, 2, 2), (1, 1, 1), (9, None, 0)]
)
def test_tries_that_the_base_pays_for_and_the_most_that_are_charged(included, most, fees):
    rows = plain(rate_cards=[card(1, attempts_included=included, attempts_max=most)])
    for n in (1, 2, 3):
        visit(rows, 1, START + timedelta(days=n), "A", "FAILED", n=n, reason_code="RECIP_ABSENT")
    visit(rows, 1, START + timedelta(days=4), "A", n=4)
    cycle = cycle_of(books(rows), "A-100", START)
    assert sum(c.code == "FAILED" for c in cycle.charges) == fees
    assert sum(c.code == "BASE" for c in cycle.charges) == 1


def test_failed_before_the_change_and_delivered_after_it_uses_both_cards():
    """8.00 of v1's day plus 6.45 of v2's: 4.50 on 03-07 under v1, 6.45 on 03-09 under v2."""
    rows = plain()
    visit(rows, 1, CHANGE - timedelta(days=2), "A", "FAILED", reason_code="RECIP_ABSENT")
    visit(rows, 1, CHANGE, "A", n=2)
    cycle = cycle_of(books(rows), "A-100", START)
    assert {(c.code, c.card, c.exact) for c in cycle.charges} == {
        ("FAILED", "RC-1 v1", D("4.5")),
        ("BASE", "RC-1 v2", D("6.45")),
    }


def test_a_partial_stop_is_billed_once_as_a_stop():
    rows = plain()
    visit(rows, 1, START, "A", "PARTIAL", stop={"residential": "Y"})
    visit(rows, 1, START + timedelta(days=1), "A", n=2)
    cycle = cycle_of(books(rows), "A-100", START)
    assert [(c.key, c.exact) for c in cycle.charges] == [
        ("A-100:T-1-1:BASE", D("6.25")),
        ("A-100:T-1-1:RESIDENTIAL", D("1.15")),
    ]


def test_residential_and_signature_fall_on_deliveries_only():
    rows = plain()
    home = {"residential": "Y", "signature_req": True}
    visit(rows, 1, START, "A", stop=home, pod_sign="https://pod.test/1")
    visit(rows, 2, START, "A", "FAILED", stop=home, reason_code="RECIP_ABSENT")
    visit(rows, 3, START, "A", stop={"residential": "N", "residential_override": "Y"})
    visit(rows, 4, START, "A", stop={"residential": "?"})
    assert codes_of(rows, 1) == {"BASE": D("6.25"), "RESIDENTIAL": D("1.15"), "SIGNATURE": D("0.9")}
    assert list(codes_of(rows, 2)) == ["FAILED"]
    assert list(codes_of(rows, 3)) == ["BASE", "RESIDENTIAL"]
    assert list(codes_of(rows, 4)) == ["BASE"]
    [note] = cycle_of(books(rows), "A-100", START).notes
    assert note.startswith("1 stop of A-100 is neither marked as homes nor as businesses")


def test_cancelled_returned_grouped_peak_and_after_hours():
    rows = plain(calendar=[{"market_id": "IND", "date": START, "peak_multiplier": D("2.5")}])
    rows["rate_lines"] += [
        line("CANCEL", "3.00"), line("RTS", "5.46"), line("PEAK", "0.80"),
        line("AFTER_HOURS", "0.4", unit="PCT", from_qty=D(18), to_qty=D(24)),
    ]  # fmt: skip
    visit(rows, 1, START, "A", "CANCELLED_ON_BOARD", reason_code="CANCELLED_BY_CLIENT", stop={"status": "CANCELLED"})
    rows["stops"].append({**rows["stops"][0], "stop_id": "A-100-2-1"})
    rows["recon"] = [recon(2, **CLOSED | {"outcome": "CANCELLED"})]  # after dispatch, before loading
    visit(rows, 3, START, "A", "FAILED", reason_code="REFUSED", stop={"status": "RTS"})
    visit(rows, 4, START, "A", stop={"group_id": "G1"}, clock="10:00")
    visit(rows, 5, START, "A", stop={"group_id": "G1"}, clock="10:01")
    visit(rows, 6, START + timedelta(days=1), "A", clock="18:00")
    visit(rows, 7, START + timedelta(days=1), "A", clock="17:59")
    assert codes_of(rows, 1) == {"CANCEL": D("3")}
    assert codes_of(rows, 2) == {"CANCEL": D("3")}
    assert codes_of(rows, 3) == {"FAILED": D("4.5"), "RTS": D("5.46")}
    assert codes_of(rows, 4) == {"BASE": D("6.25"), "PEAK": D("0.8")}
    assert codes_of(rows, 5) == {}
    assert codes_of(rows, 6) == {"BASE": D("6.25"), "AFTER_HOURS": D("2.5")}  # 40 % of 6.25
    assert codes_of(rows, 7) == {"BASE": D("6.25")}


def test_route_day_and_mile_charges_once_each():
    rows = plain()
    rows["rate_lines"] += [
        line("ROUTE", "310.00", unit="ROUTE"),
        line("MILES", "0.55", unit="MILE", free_qty=D(20)),
        line("DAY", "25.00", unit="DAY"),
    ]
    for number in range(4):
        visit(rows, number, START + timedelta(days=number % 2), "A")
    rows["mileage"] = [
        {"route_id": f"IND-{START}-R1", "driver_id": d, "status": "ACCEPTED", "chosen": D(m)}
        for d, m in (("D-1", "40.5"), ("D-2", "12.5"))
    ]
    cycle = cycle_of(books(rows), "A-100", START)
    flat = {(c.event.source, c.code): c.exact for c in cycle.charges if c.code in ("ROUTE", "MILES", "DAY")}
    second = START + timedelta(days=1)
    assert flat == {
        (f"IND-{START}-R1", "ROUTE"): D(310), (f"IND-{second}-R1", "ROUTE"): D(310),
        (str(START), "DAY"): D(25), (str(second), "DAY"): D(25),
        (f"IND-{START}-R1", "MILES"): D("18.15"),  # 53.0 - 20 = 33.0 miles at 0.55
        (f"IND-{second}-R1", "MILES"): None,  # nobody has entered them
    }  # fmt: skip
    [without] = cycle.unpriced
    assert "the quantity for MILES" in without.reason


def test_a_route_over_the_end_of_a_cycle_is_charged_where_it_began():
    rows = plain()
    rows["rate_lines"].append(line("ROUTE", "310.00", version=2, unit="ROUTE"))
    last = START + timedelta(days=13)
    route = f"IND-{last}-R1"
    visit(rows, 1, last, "A", clock="23:40", route_id=route)
    visit(rows, 2, last + timedelta(days=1), "A", clock="00:20", route_id=route)
    cycles = [cycle_of(books(rows), "A-100", day) for day in (last, last + timedelta(days=1))]
    assert [sorted(c.code for c in cycle.charges) for cycle in cycles] == [["BASE", "ROUTE"], ["BASE"]]


def test_a_day_of_two_accounts_is_rated_for_each_in_its_own_zone():
    rows = plain()
    rows["accounts"].append({**rows["accounts"][0], "account_id": "B-1"})
    rows["rate_cards"].append(card(1, account_id="B-1", card_id="RC-B"))
    rows["rate_lines"] += [
        line("DAY", rate, unit="DAY", zone=z, card=name)
        for name, z, rate in (("RC-1", "NEAR", "25.00"), ("RC-B", "FAR", "40.00"))
    ]
    rows["rate_lines"].append(line("BASE", "5.00", card="RC-B", zone=None))
    rows["zones"] += [zone("NEAR", "DEFAULT", None), zone("FAR", "DEFAULT", None, account="B-1")]
    for account in ("A-100", "B-1"):
        visit(rows, f"9{account[0]}", START, account=account)
    found = {
        row["account_id"]: str(row["rate"])
        for row in rate_day(books(rows), START).rows["charges"]
        if row["charge_code"] == "DAY"
    }
    assert found == {"A-100": "25.0000", "B-1": "40.0000"}


@pytest.mark.parametrize(("driven", "fuel"), [("53.0", "1.65"), ("20.0", None)])
def test_fuel_per_mile_is_taken_of_the_charged_miles_alone(driven, fuel):
    """33 charged miles at 0.05 in the week of 3.897; a base without miles carries none, nor does the free distance."""
    rows = plain()
    rows["accounts"][0]["fsc_table_id"] = "F-M"
    rows["fuel_table"] = [
        {"table_id": "F-M", "eff_from": date(2026, 1, 1), "from": D(low), "to": D(high) if high else None, "index_id": "DOE", "permile": D(rate),
         "lag_weeks": 2, "effective_dow": "MON"} for low, high, rate in (("3.000", "3.750", "0.0400"), ("3.750", None, "0.0500"))
    ]  # fmt: skip
    rows["fuel_index"] = [{"index_id": "DOE", "week": START - timedelta(days=14), "revision": 0, "price": D("3.897")}]
    rows["rate_lines"].append(line("MILES", "0.55", unit="MILE", free_qty=D(20)))
    visit(rows, 1, START, "A")
    rows["mileage"] = [{"route_id": f"IND-{START}-R1", "driver_id": "D-1", "status": "ACCEPTED", "chosen": D(driven)}]
    cycle = cycle_of(books(rows), "A-100", START)
    found = cycle.draft.of("FUEL")
    assert [str(one.amount) for one in found] == ([fuel] if fuel else [])
    for one in found:
        assert recompute(one.rule, one.facts) == one.amount
        assert "33 miles at 0.05 (DOE 3.897 of 2026-02-16)" in one.says.replace("33.000000", "33").replace(
            "0.0500", "0.05"
        )
        assert cycle.draft.parts[one.key] == {f"A-100:IND-{START}-R1:MILES": 165}


def test_miles_of_a_shared_route_belong_to_nobody_alone():
    rows = plain(recon=[recon(1, **CLOSED), {**recon(9, **CLOSED), "stop_id": "B-1-9-1", "account_id": "B-1"}])
    rows["rate_lines"].append(line("MILES", "0.55", unit="MILE"))
    rows["mileage"] = [{"route_id": f"IND-{START}-R1", "driver_id": "D-1", "status": "ACCEPTED", "chosen": D(40)}]
    visit(rows, 1, START)
    [held] = cycle_of(books(rows), "A-100", START).held
    assert held.hold == f"route IND-{START}-R1 also carried B-1; its miles belong to no single account"


def test_the_billing_date_is_the_local_calendar_date_at_the_stop():
    """00:30 on 03-09 in Indianapolis is the operating day of 03-08, and 04:30 UTC: card v2, second week."""
    rows = plain()
    visit(rows, 1, CHANGE, "A", clock="00:30")
    rows["attempts"][0]["service_date"] = CHANGE - timedelta(days=1)
    # 23:30 Central on 03-08 is 00:30 Eastern on 03-09: the stop's own zone decides
    rows["addresses"][0] |= {}
    visit(rows, 2, CHANGE, "A", clock="00:30", stop={"address_id": "AD-CT"})
    rows["addresses"].append({**rows["addresses"][0], "address_id": "AD-CT", "tz": "America/Chicago"})
    rows["attempts"][1]["service_date"] = CHANGE - timedelta(days=1)
    cards = {c.event.stop["stop_id"]: (c.event.on, c.card) for c in cycle_of(books(rows), "A-100", START).charges}
    assert cards == {"A-100-1-1": (CHANGE, "RC-1 v2"), "A-100-2-1": (CHANGE - timedelta(days=1), "RC-1 v1")}


def test_open_flags_that_hold_the_bill_hold_it_and_others_do_not():
    rows = plain(recon=[
        recon(1, flags=("COUNT_MISMATCH",), waits_for=("VA",)), recon(2, flags=("SWAP_NO_EVENT",), waits_for=("DISPATCH",)),
        recon(3, flags=("MISSING_SCAN",), waits_for=("VA",), outcome="MISSING"),
    ])  # fmt: skip
    visit(rows, 1, START)
    visit(rows, 2, START)
    rows["stops"].append({**rows["stops"][0], "stop_id": "A-100-3-1"})
    cycle = cycle_of(books(rows), "A-100", START)
    assert {c.event.stop["stop_id"]: (c.status, c.hold) for c in cycle.charges} == {
        "A-100-1-1": ("HELD", "COUNT_MISMATCH on tab Recon waits for VA"),
        "A-100-2-1": ("RATED", ""),
        "A-100-3-1": ("HELD", "MISSING_SCAN on tab Recon waits for VA"),
    }
    assert (cycle.counted, cycle.total) == (1, D("6.25"))


@pytest.mark.parametrize(("final", "codes"), [("REJECTED", []), ("NOT_LOADED", []), ("DELIVERED", ["BASE"])])
def test_what_was_decided_about_a_missing_scan(final, codes):
    rows = plain(recon=[recon(1, status="CLOSED", flags=("MISSING_SCAN",), outcome="MISSING", final=final)])
    visit(rows, 1, START)
    rows["attempts"].clear()
    assert list(codes_of(rows, 1)) == codes


def test_a_scan_that_was_rejected_is_not_billed():
    rows = plain(recon=[recon(1, status="CLOSED", flags=("UNMANIFESTED",), final="REJECTED")])
    visit(rows, 1, START)
    assert charged(rows) == {}


def test_a_day_that_is_not_reconciled_is_held():
    rows = plain()
    visit(rows, 1, START, status="RAW")
    [held] = cycle_of(books(rows), "A-100", START).held
    assert held.hold == f"{START} of IND is not reconciled yet; run Reconcile day"


@pytest.mark.parametrize(("asked", "has", "lacks"), [
    ("PHOTO", {}, "photo"), ("SIGN", {"pod_photo": "https://p"}, "signature"), ("ALL", {}, "photo and signature"),
    ("PHOTO", {"pod_photo": "https://p"}, ""), ("NONE", {}, ""),
])  # fmt: skip
def test_proof_of_delivery_that_the_account_asks_for(asked, has, lacks):
    rows = plain()
    rows["accounts"][0]["pod_required"] = asked
    visit(rows, 1, START, **has)
    held = cycle_of(books(rows), "A-100", START).held
    assert [c.hold for c in held] == (
        [f"proof of delivery of attempt T-1-1 lacks its {lacks}; attach it and rate again"] if lacks else []
    )


def two_cards(rows):
    rows["rate_cards"].append(card(1, card_id="RC-9"))


def zone_twice(rows):
    rows["zones"].append(zone("B", "ZIP5", "46201"))


def unknown_zip(rows):
    rows["addresses"][0]["zip5"] = "99999"


def no_zip(rows):
    rows["addresses"][0]["zip5"] = None


def no_card(rows):
    rows["rate_cards"] = [card(1, date(2026, 4, 1))]


def no_zone_rate(rows):
    rows["rate_lines"] = [r for r in rows["rate_lines"] if (r["charge_code"], r.get("zone")) != ("BASE", "A")]


def weight_unknown(rows):
    rows["rate_lines"].append(line("WEIGHT", "0.10", unit="LB"))


def weight_negative(rows):
    weight_unknown(rows)
    rows["stops"][0]["weight"] = D("-2")


def weight_gap(rows):
    rows["rate_lines"] += [
        line("WEIGHT", "0.10", unit="LB", to_qty=D(10)),
        line("WEIGHT", "0.10", unit="LB", from_qty=D(20)),
    ]
    rows["stops"][0]["weight"] = D("15")


@pytest.mark.parametrize(("spoil", "why"), [
    (two_cards, "rate cards RC-1 v1 and RC-9 v1 of A-100 both hold on 2026-03-02; end one of them on tab Rate cards"),
    (no_card, "no active rate card of A-100 holds on 2026-03-02; activate one on tab Rate cards"),
    (zone_twice, "ZIP 46201 lies in zone A and in zone B of A-100 on 2026-03-02; end one on tab Zones"),
    (unknown_zip, "ZIP 99999 is in no zone of A-100 on 2026-03-02, and card RC-1 v1 has no BASE rate without a zone; add the ZIP on tab Zones"),
    (no_zip, "stop A-100-1-1 without a ZIP is in no zone of A-100 on 2026-03-02, and card RC-1 v1 has no BASE rate without a zone; add the ZIP on tab Zones"),
    (no_zone_rate, "card RC-1 v1 has no BASE rate for zone A and none without a zone; add it on tab Rate lines"),
    (weight_unknown, "the quantity for WEIGHT of stop A-100-1-1 is not known; correct the stop and rate again"),
    (weight_negative, "the quantity for WEIGHT of stop A-100-1-1 is below zero; correct the stop and rate again"),
    (weight_gap, "no break of WEIGHT on card RC-1 v1 holds what stop A-100-1-1 comes to; close the gap on tab Rate lines"),
])  # fmt: skip
def test_what_has_no_price_says_which_rule_failed_and_is_a_case(spoil, why):
    rows = plain()
    visit(rows, 1, START)
    spoil(rows)
    [without] = cycle_of(books(rows), "A-100", START).unpriced
    assert without.reason == why
    wanted = rate_day(books(rows), START)
    [case] = wanted.rows["exceptions"]
    assert (case["exc_id"], case["code"], case["family"], case["status"]) == (
        "X-A-100-1-1-data",
        "UNPRICED",
        "data",
        "NEW",
    )
    assert case["internal_note"] == why
    [charge] = [row for row in wanted.rows["charges"] if row["status"] == "UNPRICED"]
    assert (charge["reason"], charge["rate"]) == (why, None)
    assert "cannot be posted" in draft(books(rows), "A-100", START)[0].rows["invoices"][0]["said"]


def test_the_case_closes_itself_once_there_is_a_price():
    rows = plain()
    visit(rows, 1, START)
    unknown_zip(rows)
    [case] = rate_day(books(rows), START).rows["exceptions"]
    rows["exceptions"] = [case]
    rows["zones"].append(zone("C", "ZIP5", "99999"))
    assert rate_day(books(rows), START).rows["exceptions"] == [
        {"exc_id": case["exc_id"], "status": "RESOLVED", "disposition": "RELEASED"}
    ]


def test_a_zip_code_that_begins_with_zero_and_one_of_nine_digits():
    rows = plain(zones=[zone("A", "ZIP5", "2134"), zone("B", "ZIP3", "606")])
    rows["addresses"][0]["zip5"], rows["addresses"][1]["zip5"] = "02134", "60601-1234"
    visit(rows, 1, START, "A")
    visit(rows, 2, START, "B")
    assert {stop: exact for (stop, _), exact in charged(rows).items()} == {
        "A-100-1-1": D("6.25"),
        "A-100-2-1": D("7.4"),
    }


def test_an_agreed_fare_goes_before_every_zone_and_percentages_follow_it():
    rows = plain(
        agreed_fares=[
            {
                "account_id": "A-100",
                "match_type": "CONSIGNEE",
                "match_value": "Jo  PARK",
                "eff_from": START,
                "eff_to": START,
                "fare": D("20.00"),
            }
        ]
    )
    rows["rate_lines"].append(line("AFTER_HOURS", "0.4", unit="PCT", from_qty=D(18)))
    visit(rows, 1, START, "A", stop={"recipient": "Jo Park"}, clock="19:00")
    visit(rows, 2, START + timedelta(days=1), "A", stop={"recipient": "Jo Park"})
    assert codes_of(rows, 1) == {"BASE": D(20), "AFTER_HOURS": D(8)}
    assert codes_of(rows, 2) == {"BASE": D("6.25")}


def test_a_stop_nobody_planned_is_not_lost():
    rows = plain()
    visit(rows, 1, START)
    rows["stops"].clear()
    [without] = cycle_of(books(rows), "A-100", START).unpriced
    assert "stop A-100-1-1 without a ZIP" in without.reason


def test_volume_is_counted_over_all_accounts_of_the_client_where_it_is_pooled():
    rows = plain()
    rows["accounts"][0]["tier_pool"] = "CLIENT"
    rows["accounts"].append({"account_id": "A-200", "client_id": "ACME", "name": "Acme stores", "cycle": "MONTHLY"})
    rows["volume_tiers"] = [{"pool": "CLIENT", "owner_id": "ACME", "eff_from": date(2026, 1, 1), "up_to": u, "pct": D(p), "mode": "VOLUME"}
                            for u, p in ((2, "0"), (None, "0.10"))]  # fmt: skip
    visit(rows, 1, START)
    visit(rows, 2, START)
    assert cycle_of(books(rows), "A-100", START).draft.sum("DISCOUNT") == 0
    visit(rows, 3, START, account="A-200")
    cycle = cycle_of(books(rows), "A-100", START)
    assert (cycle.counted, cycle.draft.sum("DISCOUNT")) == (3, D("-1.25"))  # 10 % of 12.50
    visit(rows, 4, START - timedelta(days=1), account="A-200")  # before the cycle of the account that is billed
    assert cycle_of(books(rows), "A-100", START).counted == 3


def test_graduated_discount_gives_each_stop_its_own_tier():
    """Stops 1-2 at 0 %, 3-4 at 5 %, 5 at 10 %: 2 x 6.25 x 0.05 + 6.25 x 0.10 = 0.625 + 0.625 = 1.25."""
    rows = plain()
    rows["volume_tiers"] = [{"pool": "ACCOUNT", "owner_id": "A-100", "eff_from": date(2026, 1, 1), "up_to": u, "pct": D(p), "mode": "GRADUATED"}
                            for u, p in ((2, "0"), (4, "0.05"), (None, "0.10"))]  # fmt: skip
    for number in range(5):
        visit(rows, number, START, clock=f"1{number}:00")
    cycle = cycle_of(books(rows), "A-100", START)
    assert cycle.draft.sum("DISCOUNT") == D("-1.25")
    [line_] = cycle.draft.of("DISCOUNT")
    assert line_.facts["parts"] == [["0.05", "12.50"], ["0.10", "6.25"]]


def test_a_card_that_spans_two_fuel_weeks_shares_its_discount_between_them():
    """10 stops in week one, 5 in week two, one card: base 62.50 and 31.25, discount 4 % of 93.75 = 3.75 -> 2.50 and 1.25.

    Fuel 11.5 % of 60.00 = 6.90 and 12 % of 30.00 = 3.60.
    """
    rows = world(rate_cards=[card(1)])
    rows["volume_tiers"] = [
        {
            "pool": "ACCOUNT",
            "owner_id": "A-100",
            "eff_from": date(2026, 1, 1),
            "up_to": None,
            "pct": D("0.04"),
            "mode": "VOLUME",
        }
    ]
    for number in range(15):
        visit(rows, number, START if number < 10 else CHANGE)
    cycle = cycle_of(books(rows), "A-100", START)
    assert cycle.draft.sum("DISCOUNT") == D("-3.75")
    assert {entry.key: (entry.facts["base"], entry.amount) for entry in cycle.draft.of("FUEL")} == {
        "FUEL|2026-03-02": ("60.00", D("6.90")), "FUEL|2026-03-09": ("30.00", D("3.60")),
    }  # fmt: skip


@pytest.mark.parametrize(("scope", "basis", "expected"), [
    # two stops of 6.25 on one route and day, one of 6.25 on the next day; fuel 11.5 %
    ("INVOICE", "PRE_FUEL", "31.25"),  # 50.00 - 18.75
    ("INVOICE", "POST_FUEL", "29.09"),  # 50.00 - 18.75 - 2.16
    ("DAY", "PRE_FUEL", "81.25"),  # 37.50 + 43.75
    ("ROUTE", "PRE_FUEL", "81.25"),
])  # fmt: skip
def test_the_minimum_is_a_line_of_its_own_with_tax_and_without_fuel(scope, basis, expected):
    rows = world()
    rows["volume_tiers"] = []
    rows["accounts"][0] |= {"invoice_min": D(50), "min_scope": scope, "min_basis": basis}
    for number, after in enumerate((0, 0, 1)):
        visit(rows, number, START + timedelta(days=after))
    draft_ = cycle_of(books(rows), "A-100", START).draft
    assert draft_.sum("MINIMUM") == D(expected)
    assert draft_.sum("FUEL") == D("2.16")  # 11.5 % of 18.75 = 2.15625
    before = D("18.75") + D("2.16") + D(expected)
    assert draft_.sum("TAX") == round(before * D("0.06"), 2)


def test_the_minimum_is_due_without_a_stop_as_long_as_a_card_holds():
    rows = world()
    rows["accounts"][0] |= {"invoice_min": D("250.00")}
    assert cycle_of(books(rows), "A-100", START).total == D("265.00")  # 250.00 + 6 %
    rows["rate_cards"] = [card(1, date(2026, 1, 1), date(2026, 2, 28))]
    assert cycle_of(books(rows), "A-100", START).total == 0


def test_a_certificate_that_ends_in_the_middle_of_the_cycle():
    """Exempt until 03-08: one stop of 6.25 before, one of 6.45 after it, no fuel: 6 % of 6.45 = 0.387 -> 0.39."""
    rows = world(
        tax_codes=[
            {
                "tax_code": "IN",
                "eff_from": date(2026, 1, 1),
                "rate": D("0.06"),
                "exempt": True,
                "exempt_until": CHANGE - timedelta(days=1),
            }
        ]
    )
    rows["accounts"][0]["fsc_table_id"] = None
    visit(rows, 1, START)
    visit(rows, 2, CHANGE)
    assert cycle_of(books(rows), "A-100", START).draft.sum("TAX") == D("0.39")


def fuel_says(rows):
    return [entry.says for entry in cycle_of(books(rows), "A-100", START).draft.of("FUEL")]


def test_a_late_index_an_earlier_week_a_revision_and_a_price_above_the_table_are_said():
    rows = world()
    visit(rows, 1, CHANGE)
    rows["fuel_index"] = rows["fuel_index"][:1]  # the price for the second week is not out
    assert fuel_says(rows) == [
        "Fuel, week of 2026-03-09: 11.5 % of 6.45 (DOE 3.900 of 2026-02-16); the price of 2026-02-23 is not out yet, that of 2026-02-16 is used"
    ]
    rows["fuel_index"].append({"index_id": "DOE", "week": date(2026, 2, 23), "revision": 0, "price": D("4.100")})
    rows["fuel_index"].append({"index_id": "DOE", "week": date(2026, 2, 23), "revision": 1, "price": D("5.000")})
    assert fuel_says(rows) == [
        "Fuel, week of 2026-03-09: 12 % of 6.45 (DOE 5.000 of 2026-02-23); 5.000 is above the table, its highest bracket is used"
    ]


def test_fuel_tables_that_contradict_themselves_bill_nothing():
    rows = world()
    visit(rows, 1, START)
    rows["fuel_table"][1]["from"] = D("3.800")
    _, cycle, [problem] = draft(books(rows), "A-100", START)
    assert cycle is None
    assert "Fuel table F-1 of 2026-01-01: the bracket from 3.000 leaves a gap before the one from 3.800" in str(problem)


@pytest.mark.parametrize(("spoil", "what"), [
    (lambda rows: rows["rate_lines"].append(line("WEIGHT", "1", unit="LB", from_qty=D(5))), "RC-1 v1, WEIGHT, zone any: the first break begins at 5; begin it at 0"),
    (lambda rows: rows["rate_lines"].extend([line("WEIGHT", "1", unit="LB", to_qty=D(9)), line("WEIGHT", "1", unit="LB", from_qty=D(8))]),
     "RC-1 v1, WEIGHT, zone any: the breaks from 0 and from 8 overlap; end the first at 8"),
    (lambda rows: rows["rate_lines"].extend([line("WEIGHT", "1", unit="LB", to_qty=D(7)), line("WEIGHT", "1", unit="LB", from_qty=D(8))]),
     "RC-1 v1, WEIGHT, zone any: nothing holds from 7 to 8; let the break begin at 7"),
    (lambda rows: rows["rate_cards"][1].update(currency="CAD"),
     "the cards of A-100 between 2026-03-02 and 2026-03-15 are in CAD and USD; end one of them with the cycle before, an invoice has one currency"),
    (lambda rows: rows["volume_tiers"].pop(), "volume tiers of A-100: the last tier ends at 1999; leave Up to of the highest tier blank"),
])  # fmt: skip
def test_what_can_be_read_two_ways_is_said_and_not_billed(spoil, what):
    rows = world()
    visit(rows, 1, START, stop={"weight": D(9)})
    spoil(rows)
    assert what in cycle_of(books(rows), "A-100", START).problems


def test_an_unknown_account_and_tax_code_are_sentences():
    rows = world()
    visit(rows, 1, START)
    assert "There is no account NOPE" in str(draft(books(rows), "NOPE", START)[2][0])
    rows["tax_codes"] = []
    assert "Tax code IN holds no rate on 2026-03-02" in str(draft(books(rows), "A-100", START)[2][0])


def test_utc_midnight_is_not_the_end_of_a_cycle():
    rows = plain()
    visit(rows, 1, date(2026, 3, 15), clock="23:30")  # 03:30 UTC on the 16th
    assert rows["attempts"][0]["completed_at"] == datetime(2026, 3, 16, 3, 30, tzinfo=UTC)
    assert len(charged(rows)) == 1
