"""What the demo's company pays and charges: plans, agreements, cards, zones, fuel and tax. Everything is made up."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from stopbook.demo.company import CITIES, MONDAY, Company, Rows

SINCE = date(2026, 1, 1)
FORTNIGHT, HALF_MONTH = MONDAY - timedelta(days=7), date(2026, 3, 1)
"""days on which the cycles of two accounts begin; like the weekly ones they end on the demo's Sunday"""
PLANS = {"CHI": "PP-STOP", "PHX": "PP-ROUTE"}
D = Decimal


def terms(company: Company) -> dict[str, Rows]:
    """Rows of the tabs of pay and billing, by tab."""
    said = {
        "company_name": "Demo Delivery",
        "company_lines": "1200 West Lake Street; Chicago, IL 60607; EIN 00-0000000",
        "how_to_pay": "By transfer to Demo Bank, routing 000000000, account 000000001; or by check to the address above",
    }
    own = {"settings": [{"key": key, "value": value, "source": "made up"} for key, value in said.items()]}
    return {**own, **_plans(), **_people(company), **_clients(company), **_cards()}


def _plans() -> dict[str, Rows]:
    """Chicago pays by the stop in steps, Phoenix a flat route with stops above it."""
    common = {"version": 1, "eff_from": SINCE, "tier_scope": "WEEK", "tier_mode": "GRADUATED", "mile_rate": D("0.2150")}
    stop = {**common, "plan_id": "PP-STOP", "about": "By the stop, in steps", "fail_pay": D("1.2500"), "cancel_loaded_pay": D("0.7500"),
            "mile_free": D("20.0"), "fuel_mode": "PER_MILE", "fuel_table_id": "F-DRIVER", "bonus_per_stop": D("0.1500"),
            "ontime_min": D("0.90"), "first_attempt_min": D("0.90"), "pod_min": D("0.95"), "recon_closed": True}  # fmt: skip
    route = {**common, "plan_id": "PP-ROUTE", "about": "A flat route, stops above fifteen", "fail_pay": D("1.0000"),
             "flat_per_route": D("62.50"), "stops_included": 15, "extra_package": D("0.2000")}  # fmt: skip
    steps = {"PP-STOP": (("60", "3.1500"), ("110", "3.3750"), (None, "3.6250")), "PP-ROUTE": ((None, "2.8500"),)}
    examples = (("PP-STOP", 10, "31.50"), ("PP-ROUTE", 20, "76.75"))
    return {
        "pay_plans": [stop, route],
        "pay_tiers": [
            {"plan_id": plan, "version": 1, "tier": n, "up_to": up_to and int(up_to), "rate": D(rate)}
            for plan, found in steps.items() for n, (up_to, rate) in enumerate(found, 1)
        ],
        "pay_examples": [
            {"plan_id": plan, "version": 1, "n": 1, "delivered": count, "expected": D(amount)} for plan, count, amount in examples
        ],
    }  # fmt: skip


def _people(company: Company) -> dict[str, Rows]:
    """Who is on which plan; rent, advances and escrow of some, as agreed."""
    plans, agreed = [], []
    for market, drivers in company.drivers.items():
        for driver in drivers:
            n = int(driver[2:])
            plans.append({"driver_id": driver, "eff_from": SINCE, "plan_id": PLANS[market]})
            if n % 5 == 0:
                continue  # an employee: hours and pay inputs go to payroll, nothing is deducted here
            if n % 3 == 0:
                agreed.append(_agreed(driver, "RENT", "EQUIP", "charge", "35.00", 2, "Scanner and van rack"))
            if n % 4 == 0:
                agreed.append(_agreed(driver, "ADV", "ADVANCE", "balance", "40.00", 3, "Advance of February"))
            if n % 8 == 5:
                esc = _agreed(driver, "ESC", "ESCROW", "balance", "20.00", 4, "Escrow, up to 200")
                agreed.append({**esc, "target_balance": D("200.00")})
    return {"driver_plans": plans, "deduction_agreements": agreed}


def advances(company: Company) -> Rows:
    """What payroll handed out in February and gets back week by week: rows of the drivers' ledger."""
    return [
        {"entry_id": f"A-{row['agr_id']}", "driver_id": row["driver_id"], "account": "ADVANCE", "date": FORTNIGHT, "amount": D("160.00")}
        for row in _people(company)["deduction_agreements"] if row["code"] == "ADVANCE"
    ]  # fmt: skip


def _agreed(driver: str, name: str, code: str, kind: str, amount: str, priority: int, about: str) -> dict[str, Any]:
    return {"agr_id": f"{name}-{driver}", "driver_id": driver, "code": code, "kind": kind, "amount": D(amount), "priority": priority,
            "basis": "PER_SETTLEMENT", "signed_on": date(2026, 1, 5), "about": about}  # fmt: skip


def _clients(company: Company) -> dict[str, Rows]:
    """How each account is billed: every cycle ends on the demo's Sunday."""
    common = {"terms_days": 30, "fsc_table_id": "F-CLIENT", "rounding_mode": "HALF_UP", "tax_round": "DOCUMENT"}
    weekly = {"tier_pool": "ACCOUNT", "cycle": "WEEKLY", "cycle_anchor": FORTNIGHT}
    billed: dict[str, dict[str, Any]] = {
        "NGH-ONLINE": {"tier_pool": "CLIENT", "cycle": "BIWEEKLY", "cycle_anchor": FORTNIGHT},
        "NGH-STORES": {"tier_pool": "CLIENT", "cycle": "SEMIMONTHLY", "cycle_anchor": HALF_MONTH},
        "LUMEN": {**weekly, "invoice_min": D("500.00"), "min_scope": "INVOICE", "min_basis": "PRE_FUEL"},
        "KITE": {**weekly, "tax_code": "SALES"},
    }
    near = [zip5 for _, _, _, zips in CITIES.values() for zip5 in zips[: len(zips) // 2]]
    weeks = [MONDAY + timedelta(weeks=n) for n in range(-4, 2)]
    return {
        "accounts": [{**row, **common, **billed[row["account_id"]]} for row in company.tabs["accounts"]],
        "tax_codes": [{"tax_code": "SALES", "eff_from": SINCE, "rate": D("0.0625")}],
        "volume_tiers": [
            {"pool": "CLIENT", "owner_id": "NGH", "eff_from": SINCE, "up_to": up_to, "pct": D(pct), "mode": "GRADUATED"}
            for up_to, pct in ((500, "0"), (1500, "0.02"), (None, "0.04"))
        ],
        "zones": [
            {"account_id": account, "zone": "A", "match_type": "ZIP5", "match_value": zip5, "eff_from": SINCE}
            for account in Company.accounts for zip5 in near
        ],
        "fuel_table": [
            *({"table_id": "F-CLIENT", "eff_from": SINCE, "from": D(low), "to": high and D(high), "index_id": "DOE-US", "pct": D(pct),
               "lag_weeks": 1, "effective_dow": "MON"}
              for low, high, pct in (("2.000", "3.750", "0.1125"), ("3.750", "4.000", "0.1175"), ("4.000", None, "0.1225"))),
            *({"table_id": "F-DRIVER", "eff_from": SINCE, "from": D(low), "to": high and D(high), "index_id": "DOE-US", "permile": D(rate)}
              for low, high, rate in (("2.000", "3.750", "0.0450"), ("3.750", None, "0.0525"))),
        ],
        "fuel_index": [
            {"index_id": "DOE-US", "week": week, "revision": 0, "price": D(3690 + 31 * n) / 1000} for n, week in enumerate(weeks)
        ],
    }  # fmt: skip


def _cards() -> dict[str, Rows]:
    """One card an account: a price near and one beyond, tries, signatures, packages."""
    found: dict[str, Rows] = {"rate_cards": [], "rate_lines": [], "rate_examples": []}
    for account, near, beyond in (("NGH-ONLINE", "6.4500", "7.6000"), ("NGH-STORES", "9.8500", "11.2500"), ("LUMEN", "7.9500", "9.1000"),
                                  ("KITE", "6.9500", "8.1000")):  # fmt: skip
        card = {"card_id": f"RC-{account}", "version": 1}
        found["rate_cards"].append(
            {
                **card,
                "account_id": account,
                "eff_from": SINCE,
                "currency": "USD",
                "approved_by": "Lena",
                "action": "ACTIVATE",
            }
        )
        found["rate_lines"] += [
            {**card, "charge_code": code, "zone": zone, "unit": unit, "rate": D(rate), "free_qty": free and D(free)}
            for code, zone, unit, rate, free in (
                ("BASE", "A", "STOP", near, None), ("BASE", None, "STOP", beyond, None), ("FAILED", None, "STOP", "4.5000", None),
                ("SIGNATURE", None, "STOP", "0.9500", None), ("PACKAGE", None, "PKG", "0.4000", "1"), ("CANCEL", None, "STOP", "3.0000", None),
            )
        ]  # fmt: skip
        found["rate_examples"].append(
            {**card, "n": 1, "about": "Ten near doors", "zone": "A", "stops": 10, "pkgs": 1, "expected": 10 * D(near)}
        )
    return found
