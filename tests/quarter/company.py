"""The company of the quarter: its markets, drivers, plans, accounts and cards, as files that come in."""

from datetime import date, timedelta
from random import Random
from typing import Any

Rows = list[dict[str, Any]]

BEGIN = date(2026, 2, 2)
"""a Monday; the clocks change on Sunday 2026-03-08, in the fifth week"""
PLAN_CHANGE, CARD_CHANGE, PEAK = date(2026, 3, 11), date(2026, 3, 18), date(2026, 2, 16)
LEAVES = {"D-05": date(2026, 3, 13), "D-19": date(2026, 4, 3)}
"""drivers whose last settlement comes in the middle of the quarter"""
EMPLOYEE, CARRIER = "D-39", "D-40"
MARKETS = {"CHI": "America/Chicago", "IND": "America/Indiana/Indianapolis"}
ZIPS = {"CHI": ("60601", "60614", "60657"), "IND": ("46201", "46220", "46260")}
STREETS = ("Main St", "Oak Ave", "Elm St", "Lake Rd")
ACCOUNTS = {"A1": "CHI", "A2": "CHI", "B1": "IND", "C1": "IND", "D1": "CHI", "E1": "IND"}


def drivers() -> list[str]:
    return [f"D-{n:02}" for n in range(1, 41)]


def market_of(driver: str) -> str:
    return "CHI" if int(driver[2:]) % 2 else "IND"


def plan_of(driver: str) -> str:
    return ("PP-G", "PP-V", "PP-F", "PP-M")[int(driver[2:]) % 4]


def biweekly(driver: str) -> bool:
    return int(driver[2:]) % 5 in (0, 2)


def plans() -> dict[str, Rows]:
    """Four plans; the graduated one has a second version from the middle of a week."""
    new = {"plan_id": "PP-G", "version": 2, "eff_from": PLAN_CHANGE, "tier_scope": "WEEK", "tier_mode": "GRADUATED",
           "fail_pay": "0.8333", "cancel_loaded_pay": "0.5500", "mile_rate": "0.3900", "mile_free": "5.0", "fuel_mode": "PER_MILE",
           "fuel_table_id": "F-DRV", "bonus_per_stop": "0.1250", "ontime_min": "0.80", "first_attempt_min": "0.50",
           "pod_min": "0.90", "recon_closed": "TRUE"}  # fmt: skip
    old = {
        **new,
        "version": 1,
        "eff_from": "2026-01-01",
        "fail_pay": "0.7500",
        "cancel_loaded_pay": "0.5000",
        "mile_rate": "0.3800",
    }
    volume = {"plan_id": "PP-V", "version": 1, "eff_from": "2026-01-01", "tier_scope": "DAY", "tier_mode": "VOLUME",
              "fail_pay": "1.0005", "extra_package": "0.1667"}  # fmt: skip
    flat = {"plan_id": "PP-F", "version": 1, "eff_from": "2026-01-01", "tier_scope": "WEEK", "tier_mode": "GRADUATED",
            "flat_per_route": "31.25", "stops_included": "2", "extra_package": "0.3333", "day_guarantee": "38.40", "fail_pay": "0.9000"}  # fmt: skip
    most = {"plan_id": "PP-M", "version": 1, "eff_from": "2026-01-01", "combine": "MAX", "tier_scope": "WEEK",
            "tier_mode": "GRADUATED", "mile_rate": "0.7150", "flat_per_day": "12.50", "cancel_loaded_pay": "0.2500"}  # fmt: skip
    steps = {("PP-G", 1): (("6", "8.5550"), ("12", "9.1250"), ("", "9.9950")), ("PP-G", 2): (("6", "8.7550"), ("12", "9.3250"), ("", "10.0050")),
             ("PP-V", 1): (("2", "9.3335"), ("4", "8.8885"), ("", "8.1115")), ("PP-F", 1): (("", "7.4445"),), ("PP-M", 1): (("", "6.0625"),)}  # fmt: skip
    tiers = [
        {"plan_id": plan_id, "version": version, "tier": n, "up_to": up_to, "rate": rate}
        for (plan_id, version), found in steps.items() for n, (up_to, rate) in enumerate(found, 1)
    ]  # fmt: skip
    shown = {
        ("PP-G", 1): "25.67",
        ("PP-G", 2): "26.27",
        ("PP-V", 1): "26.67",
        ("PP-F", 1): "38.69",
        ("PP-M", 1): "18.19",
    }
    examples = [
        {"plan_id": plan_id, "version": version, "n": 1, "delivered": 3, "expected": amount}
        for (plan_id, version), amount in shown.items()
    ]  # fmt: skip
    return {"pay_plans": [old, new, volume, flat, most], "pay_tiers": tiers, "pay_examples": examples}


def people() -> dict[str, Rows]:
    """Drivers, their plans and terms; agreements of every kind."""
    names, who, terms, agreed, ledger = [], [], [], [], []
    for driver in drivers():
        n = int(driver[2:])
        names.append({"driver_id": driver, "display": f"Driver {n}", "legal_name": f"Driver {n} LLC", "status": "ACTIVE",
                      "engagement": {EMPLOYEE: "W2", CARRIER: "CARRIER"}.get(driver, "IC"), "home_market": market_of(driver)})  # fmt: skip
        if driver != CARRIER:
            who.append({"driver_id": driver, "eff_from": "2026-01-01", "plan_id": plan_of(driver)})
        if n % 7 == 0:  # somebody moves to another plan in the middle of a week
            who.append(
                {
                    "driver_id": driver,
                    "eff_from": date(2026, 3, 26),
                    "plan_id": "PP-V" if plan_of(driver) != "PP-V" else "PP-F",
                }
            )
        if biweekly(driver) or driver in LEAVES:
            terms.append({"driver_id": driver, "settlement_cycle": "BIWEEKLY" if biweekly(driver) and driver not in LEAVES else "WEEKLY",
                          "cycle_anchor": BEGIN, "final_on": LEAVES.get(driver)})  # fmt: skip
        if n % 3 == 0 and driver not in (EMPLOYEE,):
            agreed.append(_agreed(driver, "RENT", "EQUIP", "charge", "45.00", 2))
        if n % 4 == 0:
            agreed.append(_agreed(driver, "ADV", "ADVANCE", "balance", "37.50", 3))
            ledger.append(
                {
                    "entry_id": f"ADV-{driver}",
                    "driver_id": driver,
                    "account": "ADVANCE",
                    "date": BEGIN,
                    "amount": "180.25",
                }
            )
        if n % 5 == 1:
            agreed.append(_agreed(driver, "UNI", "UNIFORM", "balance", "10.00", 4))
            ledger.append(
                {
                    "entry_id": f"UNI-{driver}",
                    "driver_id": driver,
                    "account": "UNIFORM",
                    "date": BEGIN,
                    "amount": "60.00",
                }
            )
        if n % 8 == 5:
            agreed.append({**_agreed(driver, "ESC", "ESCROW", "balance", "20.00", 5), "target_balance": "110.00"})
        if n % 9 == 2:
            agreed.append({**_agreed(driver, "DAM", "DAMAGE", "charge", "85.50", 1), "signed_on": None})
    return {
        "drivers": names,
        "driver_plans": who,
        "driver_pay": terms,
        "deduction_agreements": agreed,
        "driver_ledger": ledger,
    }


def _agreed(driver: str, name: str, code: str, kind: str, amount: str, priority: int) -> dict[str, Any]:
    return {"agr_id": f"{name}-{driver}", "driver_id": driver, "code": code, "kind": kind, "amount": amount, "priority": priority,
            "basis": "PER_SETTLEMENT", "signed_on": date(2026, 1, 5)}  # fmt: skip


def clients() -> dict[str, Rows]:
    """Six accounts of four clients: every cycle, pooled and own volume, minimums, two currencies, tax by document and line."""
    common = {
        "terms_days": 30,
        "fsc_table_id": "F-1",
        "rounding_mode": "HALF_UP",
        "tax_round": "DOCUMENT",
        "tier_pool": "ACCOUNT",
    }
    accounts = [
        {**common, "account_id": "A1", "client_id": "ACME", "name": "Acme online", "cycle": "WEEKLY", "cycle_anchor": BEGIN,
         "tier_pool": "CLIENT", "tax_code": "IL"},
        {**common, "account_id": "A2", "client_id": "ACME", "name": "Acme stores", "cycle": "WEEKLY", "cycle_anchor": BEGIN,
         "tier_pool": "CLIENT", "tax_code": "IL", "tax_round": "LINE", "invoice_min": "60.00", "min_scope": "DAY", "min_basis": "PRE_FUEL"},
        {**common, "account_id": "B1", "client_id": "BETA", "name": "Beta", "cycle": "BIWEEKLY", "cycle_anchor": BEGIN, "tax_code": "IN",
         "invoice_min": "900.00", "min_scope": "INVOICE", "min_basis": "POST_FUEL"},
        {**common, "account_id": "C1", "client_id": "CORA", "name": "Cora", "cycle": "SEMIMONTHLY", "cycle_anchor": "2026-02-01",
         "rounding_mode": "HALF_EVEN", "tax_code": "ON"},
        {**common, "account_id": "D1", "client_id": "DELTA", "name": "Delta", "cycle": "MONTHLY", "cycle_anchor": "2026-02-10",
         "tax_code": "EX", "po_required": "TRUE"},
        {**common, "account_id": "E1", "client_id": "DELTA", "name": "Delta night", "cycle": "DAILY", "terms_days": 10,
         "invoice_min": "25.00", "min_scope": "ROUTE", "min_basis": "PRE_FUEL", "fsc_table_id": None},
    ]  # fmt: skip
    taxes = [{"tax_code": "IL", "eff_from": "2026-01-01", "rate": "0.0625"}, {"tax_code": "IN", "eff_from": "2026-01-01", "rate": "0.07"},
             {"tax_code": "IN", "eff_from": "2026-04-01", "rate": "0.0725"}, {"tax_code": "ON", "eff_from": "2026-01-01", "rate": "0.13"},
             {"tax_code": "EX", "eff_from": "2026-01-01", "rate": "0.06", "exempt": "TRUE", "exempt_until": "2026-03-20"}]  # fmt: skip
    tiers = [
        *({"pool": "CLIENT", "owner_id": "ACME", "eff_from": "2026-01-01", "up_to": up_to, "pct": pct, "mode": "VOLUME"}
          for up_to, pct in (("60", "0"), ("90", "0.0333"), ("", "0.055"))),
        *({"pool": "ACCOUNT", "owner_id": "B1", "eff_from": "2026-01-01", "up_to": up_to, "pct": pct, "mode": "GRADUATED"}
          for up_to, pct in (("40", "0"), ("", "0.0415"))),
    ]  # fmt: skip
    return {
        "clients": [{"client_id": c, "name": c.title(), "status": "ACTIVE"} for c in ("ACME", "BETA", "CORA", "DELTA")],
        "accounts": accounts, "tax_codes": taxes, "volume_tiers": tiers,
        "zones": [{"account_id": a, "zone": z, "match_type": "ZIP5", "match_value": zip5, "eff_from": "2026-01-01"}
                  for a, market in ACCOUNTS.items() for z, zip5 in zip("AB", ZIPS[market], strict=False)],
        "fuel_table": [
            *({"table_id": "F-1", "eff_from": "2026-01-01", "from": low, "to": high, "index_id": "DOE", "pct": pct, "lag_weeks": 2, "effective_dow": "MON"}
              for low, high, pct in (("2.000", "3.900", "0.1125"), ("3.900", "4.000", "0.1175"), ("4.000", "", "0.1215"))),
            *({"table_id": "F-DRV", "eff_from": "2026-01-01", "from": low, "to": high, "index_id": "DOE", "permile": rate}
              for low, high, rate in (("2.000", "3.950", "0.0450"), ("3.950", "", "0.0525"))),
        ],
        "fuel_index": [{"index_id": "DOE", "week": BEGIN + timedelta(weeks=n), "revision": 0, "price": f"{3.85 + (n * 7 % 11) * 0.02:.3f}"}
                       for n in range(-3, 16)],
        "calendar": [{"market_id": m, "date": PEAK, "holiday": "TRUE", "peak_multiplier": "1.5", "name": "Presidents' Day"} for m in MARKETS],
    }  # fmt: skip


def cards() -> dict[str, Rows]:
    """A card for each account; that of A1 has a second version in the middle of a cycle."""
    found: dict[str, Rows] = {"rate_cards": [], "rate_lines": [], "rate_examples": []}
    for n, account in enumerate(ACCOUNTS):
        versions = [(1, date(2026, 1, 1), 0)] + ([(2, CARD_CHANGE, 1)] if account in ("A1", "D1") else [])
        for version, start, more in versions:
            card = {"card_id": f"RC-{account}", "version": version}
            found["rate_cards"].append({**card, "account_id": account, "eff_from": start, "currency": "CAD" if account == "C1" else "USD",
                                        "approved_by": "Mo", "action": "ACTIVATE"})  # fmt: skip
            base = 7.25 + 0.4 * n + 0.35 * more
            found["rate_lines"] += [
                {**card, "charge_code": code, "zone": zone, "unit": unit, "rate": rate, **extra}
                for code, zone, unit, rate, extra in (
                    ("BASE", "A", "STOP", f"{base:.4f}", {}), ("BASE", "B", "STOP", f"{base + 1.1555:.4f}", {}), ("BASE", "", "STOP", f"{base + 2.25:.4f}", {}),
                    ("FAILED", "", "STOP", "4.5055", {}), ("RESIDENTIAL", "", "STOP", "1.1515", {}), ("SIGNATURE", "", "STOP", "0.9050", {}),
                    ("PACKAGE", "", "PKG", "0.3375", {"free_qty": "1"}), ("WAIT", "", "BLOCK", "5.0000", {"free_qty": "15", "step_qty": "15"}),
                    ("PEAK", "", "PCT", "0.2500", {}),
                ) if account != "E1" or code in ("BASE", "FAILED")
            ]  # fmt: skip
            cents = f"{base:.4f}"
            found["rate_examples"].append(
                {**card, "n": 1, "zone": "A", "stops": 4, "pkgs": 1, "expected": f"{4 * float(cents):.2f}"}
            )
    return found


def markets() -> Rows:
    return [
        {"market_id": m, "name": m, "tz": zone, "week_start": "MON", "op_day_cutover": "04:00"}
        for m, zone in MARKETS.items()
    ]


def home(pick: Random, account: str) -> dict[str, Any]:
    """A door to deliver at."""
    return {"address": f"{pick.randint(1, 300)} {pick.choice(STREETS)}", "zip": pick.choice(ZIPS[ACCOUNTS[account]]),
            "city": "Chicago" if ACCOUNTS[account] == "CHI" else "Indianapolis", "state": "IL" if ACCOUNTS[account] == "CHI" else "IN",
            "residential": pick.choice("YYN")}  # fmt: skip
