"""A company that is billed: account A-100 with its card, and stops as rows, in a few words."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.worlds import masters
from workbooks.books import Books

INDY = ZoneInfo("America/Indiana/Indianapolis")
START, CHANGE = date(2026, 3, 2), date(2026, 3, 9)
D = Decimal
Rows = dict[str, list[dict[str, Any]]]


def line(code: str, rate: str, card: str = "RC-1", version: int = 1, **more: Any) -> dict[str, Any]:
    return {"card_id": card, "version": version, "charge_code": code, "unit": "STOP", "rate": D(rate), **more}


def card(version: int = 1, start: date = START, end: date | None = None, **more: Any) -> dict[str, Any]:
    return {"card_id": "RC-1", "version": version, "account_id": "A-100", "status": "ACTIVE", "eff_from": start, "eff_to": end,
            "currency": "USD", "examples_pass": True, **more}  # fmt: skip


def extras(version: int) -> list[dict[str, Any]]:
    """Residential, failed, signature and wait as golden example G4 has them."""
    return [
        line("RESIDENTIAL", "1.15", version=version),
        line("FAILED", "4.50", version=version),
        line("SIGNATURE", "0.90", version=version),
        line("WAIT", "5.00", version=version, unit="BLOCK", free_qty=D(15), step_qty=D(15)),
    ]


def zone(name: str, kind: str, value: str | None, account: str = "A-100", **more: Any) -> dict[str, Any]:
    return {
        "account_id": account,
        "zone": name,
        "match_type": kind,
        "match_value": value,
        "eff_from": date(2026, 1, 1),
        **more,
    }


ZIPS = {"A": "46201", "B": "46301", "C": "46999"}


def world(**more: Iterable[dict[str, Any]]) -> Rows:
    """Account A-100 of ACME in Indianapolis, both card versions of G4, its tiers, fuel and tax; no stops."""
    base = masters()
    rows: Rows = {
        **base,
        "markets": [{"market_id": "IND", "name": "Indianapolis", "tz": INDY.key, "op_day_cutover": time(4)}],
        "accounts": [
            {"account_id": "A-100", "client_id": "ACME", "name": "Acme online", "cycle": "BIWEEKLY", "cycle_anchor": START,
             "terms_days": 30, "tier_pool": "ACCOUNT", "rounding_mode": "HALF_UP", "tax_code": "IN", "tax_round": "DOCUMENT",
             "fsc_table_id": "F-1"}
        ],
        "rate_cards": [card(1, START - timedelta(days=60), CHANGE - timedelta(days=1)), card(2, CHANGE)],
        "rate_lines": [
            *(line("BASE", rate, version=1, zone=z) for z, rate in (("A", "6.25"), ("B", "7.40"), ("C", "9.10"))),
            *(line("BASE", rate, version=2, zone=z) for z, rate in (("A", "6.45"), ("B", "7.65"), ("C", "9.40"))),
            *extras(1), *extras(2),
        ],
        "zones": [zone("A", "ZIP5", "46201"), zone("B", "ZIP3", "463"), zone("C", "RANGE", "46900-46999")],
        "volume_tiers": [
            {"pool": "ACCOUNT", "owner_id": "A-100", "eff_from": date(2026, 1, 1), "up_to": up_to, "pct": D(pct), "mode": "VOLUME"}
            for up_to, pct in ((999, "0"), (1999, "0.04"), (None, "0.06"))
        ],
        "fuel_index": [
            {"index_id": "DOE", "week": START - timedelta(days=14 - 7 * n), "revision": 0, "price": D(price)}
            for n, price in enumerate(("3.900", "4.100"))
        ],
        "fuel_table": [
            {"table_id": "F-1", "eff_from": date(2026, 1, 1), "from": D(low), "to": D(high) if high else None, "index_id": "DOE",
             "pct": D(pct), "lag_weeks": 2, "effective_dow": "MON"}
            for low, high, pct in (("3.000", "3.750", "0.110"), ("3.750", "4.000", "0.115"), ("4.000", "4.250", "0.120"))
        ],
        "tax_codes": [{"tax_code": "IN", "eff_from": date(2026, 1, 1), "rate": D("0.06")}],
        "addresses": [
            {"address_id": f"AD-{z}", "market_id": "IND", "raw": "1 Main St", "zip5": zip5, "tz": INDY.key, "residential": "N"}
            for z, zip5 in ZIPS.items()
        ],
        "stops": [], "attempts": [],
    }  # fmt: skip
    rows.update({name: list(given) for name, given in more.items()})
    return rows


def visit(rows: Rows, number: int | str, day: date, z: str = "A", outcome: str = "DELIVERED", account: str = "A-100", stop: dict[str, Any] | None = None,
          clock: str = "12:00", n: int = 1, **scan: Any) -> str:  # fmt: skip
    """One stop and one attempt at it; returns the attempt's id. A stop that is there already is tried again."""
    stop_id = f"{account}-{number}-1"
    if not any(row["stop_id"] == stop_id for row in rows["stops"][-2000:]):
        rows["stops"].append({
            "stop_id": stop_id, "market_id": "IND", "service_date": day, "account_id": account, "order_ref": str(number),
            "status": "DELIVERED", "address_id": f"AD-{z}", "residential": "N", "pkgs": 1, **(stop or {}),
        })  # fmt: skip
    at = datetime.combine(day, time.fromisoformat(clock), INDY).astimezone(UTC)
    attempt_id = f"T-{number}-{n}"
    rows["attempts"].append({
        "attempt_id": attempt_id, "market_id": "IND", "service_date": day, "stop_id": stop_id, "n": n, "outcome": outcome,
        "completed_at": at, "status": "CONFIRMED", "source": "CSV", "route_id": f"IND-{day}-R1", **scan,
    })  # fmt: skip
    return attempt_id


def g4() -> Rows:
    """Golden example G4 stop by stop: 1,440 deliveries, 58 failed attempts, their extras, over two weeks."""
    rows = world()
    number = 0
    for start, counts, homes, fails, signed, waits in (
        (START, {"A": 412, "B": 236, "C": 74}, 510, 27, 66, (16, 31)),
        (CHANGE, {"A": 398, "B": 251, "C": 69}, 497, 31, 74, (44,)),
    ):
        of_week = 0
        for z, count in counts.items():
            for _ in range(count):
                number += 1
                more: dict[str, Any] = {
                    "residential": "Y" if of_week < homes else "N",
                    "signature_req": of_week < signed,
                }
                scan = {"pod_sign": "https://pod.test/s" if of_week < signed else None,
                        "wait_min": waits[of_week] if of_week < len(waits) else 15}  # fmt: skip
                visit(
                    rows,
                    number,
                    start + timedelta(days=number % 7),
                    z,
                    stop=more,
                    clock=f"{8 + number % 10:02}:{number % 60:02}",
                    **scan,
                )
                of_week += 1
        for n in range(fails):
            number += 1
            reason = ("RECIP_ABSENT", "ACCESS_CODE", "REFUSED")[n % 3]
            visit(
                rows,
                number,
                start + timedelta(days=n % 7),
                "B",
                "FAILED",
                reason_code=reason,
                stop={"status": "ATTEMPTED"},
            )
        for n in range(5):  # tries that the client does not pay for
            number += 1
            visit(
                rows,
                number,
                start + timedelta(days=n),
                "A",
                "FAILED",
                reason_code="DRIVER_DELAY",
                stop={"status": "ATTEMPTED"},
            )
    return rows


def books(rows: Rows) -> Books:
    return Books.of(rows)
