"""The demo's company: two markets, three clients, forty drivers. Everything is made up."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random
from typing import Any

DAY = date(2026, 3, 10)
"""the Tuesday of the hurried"""
MONDAY = date(2026, 3, 9)
WEEK = tuple(MONDAY + timedelta(days=n) for n in range(7))
TODAY = MONDAY + timedelta(days=7)
"""the Monday after: last week is settled and billed in the morning, and the next one begins"""
Rows = list[dict[str, Any]]
CITIES = {
    "CHI": ("Chicago", "IL", "America/Chicago",
            ("60601", "60605", "60607", "60608", "60610", "60611", "60613", "60614", "60616", "60618", "60622", "60647", "60657")),
    "PHX": ("Phoenix", "AZ", "America/Phoenix",
            ("85003", "85004", "85006", "85008", "85013", "85014", "85016", "85018", "85020", "85021", "85028", "85032", "85044")),
}  # fmt: skip
STREETS = (
    "Maple",
    "Oak",
    "Cedar",
    "Lincoln",
    "Washington",
    "Lake",
    "Hill",
    "Park",
    "River",
    "Sunset",
    "Mission",
    "Adams",
    "Central",
)
KINDS = ("St", "Ave", "Rd", "Blvd", "Dr", "Ln", "Ct")
FIRST = ("Ana", "Ben", "Carla", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jamal", "Kira", "Liam", "Mona", "Noah",
         "Olga", "Pablo", "Quinn", "Rosa", "Sami", "Tara", "Umar", "Vera", "Wes", "Ximena", "Yusuf", "Zoe")  # fmt: skip
LAST = ("Alvarez", "Baker", "Chen", "Diaz", "Evans", "Fischer", "Garcia", "Haddad", "Ivanov", "Jones", "Kim", "Lopez", "Müller",
        "Nguyen", "O'Brien", "Patel", "Quiroga", "Rossi", "Smith", "Tanaka", "Usman", "Vargas", "Weiss", "Young")  # fmt: skip


@dataclass(frozen=True)
class Company:
    """Rows of the master tables by tab, and who drives where."""

    tabs: dict[str, Rows]
    drivers: dict[str, list[str]]
    """by market, driver numbers"""
    accounts: tuple[str, ...] = ("NGH-ONLINE", "NGH-STORES", "LUMEN", "KITE")


def name(random: Random) -> str:
    """A person's name."""
    return f"{random.choice(FIRST)} {random.choice(LAST)}"


def phone(random: Random, area: str) -> str:
    """A fictitious number (exchange 555)."""
    return f"({area}) 555-01{random.randrange(100):02d}"


def company(seed: int) -> Company:
    """The company; the same seed makes the same one."""
    random = Random(seed)  # noqa: S311 - a made-up company needs no secrets
    drivers: Rows = []
    by_market: dict[str, list[str]] = {"CHI": [], "PHX": []}
    names: set[str] = set()
    for number in range(1, 41):
        market = "CHI" if number <= 24 else "PHX"
        display = name(random)
        while display in names:
            display = name(random)
        names.add(display)
        driver = f"D-{number:03d}"
        by_market[market].append(driver)
        drivers.append({
            "driver_id": driver, "display": display, "legal_name": display, "engagement": "IC" if number % 5 else "W2",
            "phone": phone(random, "312" if market == "CHI" else "602"), "status": "ACTIVE", "on_call": number % 9 == 0,
            "home_market": market,
        })  # fmt: skip
    # two platform accounts that nobody has mapped yet: the day will show them
    mapped = [d["driver_id"] for d in drivers if d["driver_id"] not in ("D-019", "D-037")]
    identities = [
        {"platform": "CIRCUIT", "platform_driver_ref": account(d), "driver_id": d}
        for d in mapped
        if d in by_market["PHX"]
    ]
    tabs: dict[str, Rows] = {
        "markets": [
            {"market_id": code, "name": city, "tz": zone, "op_day_cutover": time(4), "week_start": "MON",
             "quiet_start": time(21), "quiet_end": time(8)}
            for code, (city, _, zone, _) in CITIES.items()
        ],
        "clients": [
            {"client_id": "NGH", "name": "Northgate Home", "status": "ACTIVE", "ap_email": "payables@northgate.example",
             "billing_address": "80 Harbor Drive; Oakland, CA 94607"},
            {"client_id": "LUM", "name": "Lumen Pharmacy", "status": "ACTIVE", "ap_email": "ap@lumen.example",
             "billing_address": "14 Dispensary Row; Tempe, AZ 85281"},
            {"client_id": "KITE", "name": "Kite Apparel", "status": "ACTIVE", "ap_email": "invoices@kite.example",
             "billing_address": "Accounts payable; 9 Spinner Lane; Aurora, IL 60502"},
        ],
        "accounts": [
            {"account_id": "NGH-ONLINE", "client_id": "NGH", "name": "Northgate online", "cycle": "BIWEEKLY", "pod_required": "PHOTO"},
            {"account_id": "NGH-STORES", "client_id": "NGH", "name": "Northgate stores", "cycle": "MONTHLY", "pod_required": "NONE"},
            {"account_id": "LUMEN", "client_id": "LUM", "name": "Lumen home delivery", "cycle": "WEEKLY", "pod_required": "SIGN"},
            {"account_id": "KITE", "client_id": "KITE", "name": "Kite web shop", "cycle": "WEEKLY", "pod_required": "PHOTO"},
        ],
        "drivers": drivers,
        "driver_identity": identities,
        "vehicles": [
            {"vehicle_id": f"V-{n:02d}", "type": "Van", "cap_stops": 140, "odo_digits": 6, "odo_unit": "MI", "status": "ACTIVE"}
            for n in range(1, 41)
        ],
        "sla_contracts": [
            {"contract_id": f"SLA-{account}", "account_id": account, "measure_event": "POD", "window_source": "CLIENT",
             "early_grace_min": 30, "late_grace_min": 15, "attempt_rule": "FIRST_ATTEMPT_IN_WINDOW", "target": 0.97,
             "period": "MONTH", "eff_from": date(2026, 1, 1)}
            for account in Company.accounts
        ],
        "users": [
            {"email": "maya@depot.example", "name": "Maya (VA)", "role": "va", "markets": "CHI, PHX", "tier": 1, "shift_tz": "Asia/Manila"},
            {"email": "rob@depot.example", "name": "Rob (dispatch Chicago)", "role": "dispatch", "markets": "CHI", "tier": 2},
            {"email": "lena@depot.example", "name": "Lena (manager)", "role": "manager", "tier": 3, "can_post": True},
        ],
    }  # fmt: skip
    return Company(tabs, by_market)


def account(driver: str) -> str:
    """The platform's account of a driver."""
    return f"drv_{int(driver[2:]) * 7919 % 100_000:05d}"
