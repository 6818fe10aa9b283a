"""One example row a tab, as a person would type it. Together they are a small company that works: its plan and card come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Place:
    """Where the examples play: codes of the company that is set up, and the day it is done."""

    market: str
    tz: str
    account: str
    today: date

    @property
    def monday(self) -> date:
        """The Monday after next week's beginning, as a day to go live on."""
        return self.today + timedelta(days=7 - self.today.weekday())


FORMS: Mapping[str, tuple[str, ...]] = {
    "manager": ("drivers", "vehicles", "driver_identity", "sla_contracts", "users"),
    "payroll": ("pay_plans", "pay_tiers", "pay_examples", "driver_plans", "driver_pay", "deduction_agreements"),
    "billing": ("rate_cards", "rate_lines", "rate_examples", "volume_tiers", "tax_codes", "fuel_table", "fuel_index"),
    "cut-over": ("go_live", "openings", "opening_invoices"),
    "dispatch": ("order_file", "change_file"),
    "va": ("report_file", "mileage"),
}
"""form -> its tabs, in the order in which they are filled in"""

ABOUT: Mapping[str, str] = {
    "manager": "who drives, with what, and who works here",
    "payroll": "pay plans with their tiers and examples, who is on which, what is deducted",
    "billing": "rate cards with their lines and examples, discounts, tax and fuel",
    "cut-over": "from when work counts, and what is brought over: balances, open invoices, odometers, numbers",
    "dispatch": "orders of a day and changes of plan, where no platform exports them",
    "va": "what became of the stops, and odometers, where no platform reports them",
}
"""form -> what it is for"""


def rows(at: Place) -> Mapping[str, Mapping[str, str]]:
    """Tab -> column -> what the example row says."""
    year, live, day = f"{at.today.year}-01-01", at.monday.isoformat(), at.today.isoformat()
    return {
        "drivers": {"driver_id": "D-001", "display": "Ana Alvarez", "legal_name": "Ana M. Alvarez", "engagement": "IC",
                    "phone": "(312) 555-0101", "status": "ACTIVE", "on_call": "FALSE", "home_market": at.market},
        "vehicles": {"vehicle_id": "V-01", "type": "Van", "cap_stops": "140", "odo_digits": "6", "odo_unit": "MI", "status": "ACTIVE"},
        "driver_identity": {"platform": "GENERIC", "platform_driver_ref": "alvarez.ana", "driver_id": "D-001"},
        "sla_contracts": {"contract_id": f"SLA-{at.account}", "account_id": at.account, "measure_event": "POD", "window_source": "CLIENT",
                          "early_grace_min": "30", "late_grace_min": "15", "attempt_rule": "FIRST_ATTEMPT_IN_WINDOW", "target": "97%",
                          "period": "MONTH", "eff_from": year},
        "users": {"email": "maya@example.com", "name": "Maya", "role": "va", "markets": at.market, "tier": "1", "shift_tz": "Asia/Manila",
                  "can_post": "FALSE"},
        "pay_plans": {"plan_id": "STANDARD", "version": "1", "about": "Per stop, more from the 301st of the week", "eff_from": year,
                      "combine": "SUM", "tier_scope": "WEEK", "tier_mode": "GRADUATED", "fail_pay": "0.75", "cancel_loaded_pay": "0.50"},
        "pay_tiers": {"plan_id": "STANDARD", "version": "1", "tier": "1", "rate": "1.85"},
        "pay_examples": {"plan_id": "STANDARD", "version": "1", "n": "1", "delivered": "100", "failed": "2", "expected": "186.50"},
        "driver_plans": {"driver_id": "D-001", "eff_from": year, "plan_id": "STANDARD"},
        "driver_pay": {"driver_id": "D-001", "settlement_cycle": "WEEKLY", "min_net": "0.00", "w9_on_file": "TRUE", "tin_last4": "1234",
                       "tax_state": "IL"},
        "deduction_agreements": {"agr_id": "AGR-001", "driver_id": "D-001", "code": "ADVANCE", "about": "Advance, paid back weekly",
                                 "kind": "balance", "basis": "PER_SETTLEMENT", "cap_per_settlement": "50.00", "priority": "1",
                                 "eff_from": year, "signed_on": year},
        "rate_cards": {"card_id": f"{at.account}-CARD"[:14], "version": "1", "account_id": at.account, "eff_from": year, "currency": "USD",
                       "attempts_included": "0", "action": "ACTIVATE"},
        "rate_lines": {"card_id": f"{at.account}-CARD"[:14], "version": "1", "charge_code": "BASE", "unit": "STOP", "rate": "7.25"},
        "rate_examples": {"card_id": f"{at.account}-CARD"[:14], "version": "1", "n": "1", "about": "Ten deliveries", "stops": "10",
                          "expected": "72.50"},
        "volume_tiers": {"pool": "ACCOUNT", "owner_id": at.account, "eff_from": year, "pct": "0%", "mode": "VOLUME"},
        "tax_codes": {"tax_code": "EXEMPT", "eff_from": year, "rate": "0%", "exempt": "TRUE", "jurisdiction": "none",
                      "confirmed_by": "Lena", "confirmed_on": day},
        "fuel_table": {"table_id": "FUEL", "eff_from": year, "from": "3.500", "to": "3.750", "index_id": "DOE-US", "pct": "11%",
                       "lag_weeks": "1", "effective_dow": "MON"},
        "fuel_index": {"index_id": "DOE-US", "week": live, "revision": "0", "price": "3.612", "source": "the index's own page"},
        "go_live": {"kind": "DRIVER", "party": "D-001", "go_live": live},
        "openings": {"kind": "ADVANCE", "party": "D-001", "amount": "150.00", "note": "Advance of last month, still owed"},
        "opening_invoices": {"invoice_no": "4471", "account_id": at.account, "invoice_date": day, "due_date": live, "total": "1,840.00",
                             "open_amount": "1,840.00"},
        "order_file": {"account_id": at.account, "order_ref": "1001", "service_date": day, "route_ref": "R1", "seq": "1",
                       "driver_ref": "D-001", "recipient": "Jo Park", "phone": "(312) 555-0142", "address": "1 Main St", "city": "Chicago",
                       "state": "IL", "zip": "60601", "window_from": "13:00", "window_to": "15:00", "pkgs": "1",
                       "dispatched_at": f"{day} 07:00", "planned_end": f"{day} 18:00"},
        "change_file": {"at": f"{day} 09:30", "kind": "CANCEL", "route_ref": "R1", "order_ref": "1001", "account_id": at.account,
                        "service_date": day, "requested_by": "CLIENT", "notes": "The client asked for it"},
        "report_file": {"account_id": at.account, "order_ref": "1001", "route_ref": "R1", "driver_ref": "D-001", "status": "DELIVERED",
                        "completed_at": f"{day} 13:40", "pkgs_delivered": "1", "pod_photo": "https://pod.example/1001.jpg"},
        "mileage": {"route_id": f"{at.market}-{day}-R1", "driver_id": "D-001", "vehicle_id": "V-01", "odo_start": "48210.0",
                    "odo_end": "48266.0"},
    }  # fmt: skip
