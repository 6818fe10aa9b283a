"""A second opinion on invoices: written apart from the product, plainly, with fractions, one stop after the other.

It reads rows and gives (component, details) -> amount and the shares of each charge. It shares no code with the rules.
"""

from collections import defaultdict
from datetime import datetime, time, timedelta
from fractions import Fraction
from math import lcm
from typing import Any
from zoneinfo import ZoneInfo

F = Fraction


def to_cents(exact: Fraction, mode: str) -> int:
    """Cents, halves away from zero or to even."""
    scaled, sign = abs(exact) * 100, -1 if exact < 0 else 1
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    if rest > F(1, 2) or (rest == F(1, 2) and (mode == "HALF_UP" or whole % 2)):
        whole += 1
    return sign * whole


def share(total: int, weights: dict[str, Fraction]) -> dict[str, int]:
    """Largest remainder; ties by key; nothing to go by: equally."""
    least = lcm(*{w.denominator for w in weights.values()})
    whole_of = {k: w.numerator * (least // w.denominator) for k, w in weights.items()}
    whole = sum(whole_of.values())
    if whole == 0:
        whole_of, whole = dict.fromkeys(weights, 1), len(weights)
    sign, turn = -1 if total < 0 else 1, 1 if whole > 0 else -1
    low = {k: abs(total) * w * turn // abs(whole) for k, w in whole_of.items()}
    rest = sorted(whole_of, key=lambda k: (low[k] * abs(whole) - abs(total) * whole_of[k] * turn, k))
    for k in rest[: abs(total) - sum(low.values())]:
        low[k] += 1
    return {k: sign * v for k, v in low.items()}


def share_by_week(total: int, weights: dict[str, Fraction], week: dict[str, Any]) -> dict[str, int]:
    weeks = defaultdict(dict)
    for k, w in weights.items():
        weeks[week[k]][k] = w
    split = share(total, {name: sum(ws.values()) for name, ws in weeks.items()})
    return {k: v for name, ws in weeks.items() for k, v in share(split[name], ws).items()}


def judge(
    rows: dict[str, list[dict[str, Any]]], account_id: str = "", span: Any = None
) -> tuple[dict[Any, int], dict[str, int]]:
    """(lines in cents, cents of each charge with its discount and fuel) of an account's cycle; the first one's fortnight."""
    account = next(a for a in rows["accounts"] if account_id in ("", a["account_id"]))
    mode = account.get("rounding_mode") or "HALF_UP"
    start = account["cycle_anchor"]
    start, end = span or (start, start + timedelta(days=13))
    stops = {s["stop_id"]: s for s in rows["stops"]}
    places = {a["address_id"]: a for a in rows["addresses"]}
    codes = {c["code"]: c for c in rows["charge_codes"]}
    zones = [z for z in rows["zones"] if z["account_id"] == account["account_id"]]
    cards = [c for c in rows["rate_cards"] if c["account_id"] == account["account_id"]]
    peaks = (
        {(c["market_id"], c["date"]) for c in rows["calendar"] if (c["peak_multiplier"] or 0) > 1}
        if rows.get("calendar")
        else set()
    )
    pooled = account.get("tier_pool") == "CLIENT"
    owner = account["client_id"] if pooled else account["account_id"]
    together = {a["account_id"] for a in rows["accounts"] if pooled and a["client_id"] == owner} | {
        account["account_id"]
    }
    every = happened(rows, stops, places, together, start, end)
    events = [each for each in every if each[1]["account_id"] == account["account_id"]]
    delivered = [t["attempt_id"] for t, *_ in every if t["good"]]
    tiers = [r for r in rows["volume_tiers"] if r["owner_id"] == owner]
    tiers = sorted(tiers, key=lambda r: (r["up_to"] is None, r["up_to"] or 0))

    def fraction_of(attempt_id):
        if not tiers or not delivered:
            return F(0)
        n = len(delivered)
        if tiers[0]["mode"] == "GRADUATED":
            if attempt_id not in places_in_line:
                return F(0)
            n = places_in_line[attempt_id]
        return next(F(r["pct"]) for r in tiers if r["up_to"] is None or n <= r["up_to"])

    places_in_line = {a: n for n, a in enumerate(delivered, 1)}
    charges: dict[str, dict[str, Any]] = {}
    price_list = defaultdict(list)
    for r in rows["rate_lines"]:
        price_list[r["card_id"], r["version"], r["charge_code"]].append((r, F(r["rate"]), F(r.get("free_qty") or 0)))
    for t, stop, place, on in events:
        [card] = [c for c in cards if c["eff_from"] <= on and (c["eff_to"] is None or on <= c["eff_to"])]
        zone = zone_of(zones, place["zip5"])
        good, failed = t["good"], t["outcome"] == "FAILED" and t.get("reason_code") == "RECIP_ABSENT"
        pkgs = (
            t["pkgs_delivered"] if t["outcome"] == "PARTIAL" and t.get("pkgs_delivered") is not None else stop["pkgs"]
        )
        base = None
        for code in ("BASE", *sorted(set(codes) - {"BASE"})):
            trigger = codes[code]["trigger"]
            due = {
                "DELIVERED": good, "RESIDENTIAL": good and stop["residential"] == "Y", "SIGNATURE": good and stop.get("signature_req"),
                "FAILED": failed, "ATTEMPT": good or failed, "PEAK": good and (stop["market_id"], on) in peaks,
            }.get(trigger, False)  # fmt: skip
            unproved = codes[code].get("evidence_required") == "SIGN" and good and not t.get("pod_sign")
            if not due or unproved:
                continue
            fits = []
            for r, price, free in price_list[card["card_id"], card["version"], code]:
                measure = {
                    "PKG": pkgs,
                    "LB": stop.get("weight"),
                    "HOUR": t.get("wait_min") or 0,
                    "BLOCK": t.get("wait_min") or 0,
                }.get(r["unit"], 0)
                inside = (r.get("from_qty") or 0) <= measure and (r.get("to_qty") is None or measure < r["to_qty"])
                if inside and r.get("zone") in (zone, None):
                    fits.append((r.get("zone") is None, r, measure, price, free))
            if not fits:
                continue
            _, r, measure, rate, free = min(fits, key=lambda f: f[0])
            unit = r["unit"]
            over = max(F(measure) - free, F(0)) if unit != "STOP" else F(0)
            if unit == "STOP":
                qty, exact = F(1), rate
            elif unit == "BLOCK":
                qty = F(-(-over // F(r["step_qty"])))
                exact = qty * rate
            elif unit == "HOUR":
                qty, exact = over, over * rate / 60
            elif unit == "PCT":
                qty, exact = base, base * rate
            else:
                qty, exact = over, over * rate
            if qty and r.get("min_amount") is not None and exact < F(r["min_amount"]):
                unit, qty, rate, exact = "FLAT", F(1), F(r["min_amount"]), F(r["min_amount"])
            elif r.get("max_amount") is not None and exact > F(r["max_amount"]):
                unit, qty, rate, exact = "FLAT", F(1), F(r["max_amount"]), F(r["max_amount"])
            if not qty:
                continue
            if code == "BASE":
                base = exact
            monday = on - timedelta(days=on.weekday())
            charges[f"{account['account_id']}:{t['attempt_id']}:{code}"] = {
                "card": card["version"], "code": code, "unit": unit, "rate": rate, "qty": qty, "exact": exact, "on": on, "route": t["route_id"],
                "week": monday if codes[code]["fuel_eligible"] and account.get("fsc_table_id") else None,
                "pct": fraction_of(t["attempt_id"]) if codes[code]["discount_eligible"] else F(0),
            }  # fmt: skip
    return add_up(rows, account, mode, start, end, charges)


def happened(rows, stops, places, accounts, start, end):
    """(attempt with whether it is the delivery that counts, stop, place, local date) of the cycle, in order of time.

    What was decided on a row of reconciliation goes before what was scanned; what nobody scanned and was decided to have
    been delivered counts at the end of its day.
    """
    decided = {(r["stop_id"], r["service_date"]): r for r in rows.get("recon", ())}
    found, seen, scanned = [], set(), set()
    for t in sorted(rows["attempts"], key=lambda t: (t["completed_at"], t["attempt_id"])):
        stop, row = stops[t["stop_id"]], decided.get((t["stop_id"], t["service_date"])) or {}
        if stop["account_id"] not in accounts or t.get("dup_scan"):
            continue
        scanned.add((t["stop_id"], t["service_date"]))
        if row.get("final") in ("REJECTED", "NOT_LOADED"):
            continue
        good = t["outcome"] in ("DELIVERED", "PARTIAL") and t["stop_id"] not in seen
        seen |= {t["stop_id"]} if good else set()
        place = places[stop["address_id"]]
        on = t["completed_at"].astimezone(ZoneInfo(place["tz"])).date()
        found.append(({**t, "good": good, "route_id": row.get("route_id") or t["route_id"]}, stop, place, on))
    for (stop_id, on), row in decided.items():
        if (stop_id, on) not in scanned and row["final"] == "DELIVERED" and stops[stop_id]["account_id"] in accounts:
            place = places[stops[stop_id]["address_id"]]
            evening = datetime.combine(on + timedelta(days=1), time(3, 59, 59), ZoneInfo(place["tz"]))
            t = {"attempt_id": f"R:{row['route_id']}:{stop_id}", "outcome": "DELIVERED", "good": stop_id not in seen, "route_id": row["route_id"],
                 "completed_at": evening}  # fmt: skip
            found.append((t, stops[stop_id], place, on))
    found.sort(key=lambda each: (each[0]["completed_at"], each[0]["attempt_id"]))
    return [each for each in found if start <= each[3] <= end]


def zone_of(zones, zip5):
    for kind in ("ZIP5", "ZIP3", "RANGE", "CITY", "DEFAULT"):
        for z in zones:
            value = z["match_value"]
            if z["match_type"] == kind and (
                (kind == "ZIP5" and value == zip5) or (kind == "ZIP3" and zip5.startswith(value)) or kind == "DEFAULT"
                or (kind == "RANGE" and value.split("-")[0] <= zip5 <= value.split("-")[1])
            ):  # fmt: skip
                return z["zone"]
    return None


def add_up(rows, account, mode, start, end, charges):
    lines: dict[Any, int] = {}
    parts: dict[Any, dict[str, int]] = {}
    week = {k: c["week"] for k, c in charges.items()}
    groups = defaultdict(list)
    for k, c in charges.items():
        groups["CHARGE", c["card"], c["code"], c["unit"], c["rate"]].append(k)
    for name, keys in groups.items():
        lines[name] = to_cents(sum(charges[k]["exact"] for k in keys), mode)
        parts[name] = share_by_week(lines[name], {k: charges[k]["qty"] for k in keys}, week)
    amount = defaultdict(int)
    for name in groups:
        for k, v in parts[name].items():
            amount[k] += v
    for card in sorted({c["card"] for c in charges.values()}):
        keys = [k for k, c in charges.items() if c["card"] == card and c["pct"]]
        exact = sum((F(amount[k], 100) * charges[k]["pct"] for k in keys), F(0))
        cents = -to_cents(exact, mode)
        if cents:
            lines["DISCOUNT", card] = cents
            parts["DISCOUNT", card] = share_by_week(cents, {k: amount[k] * charges[k]["pct"] for k in keys}, week)
    net = defaultdict(int, amount)
    for name, split in parts.items():
        if name[0] == "DISCOUNT":
            for k, v in split.items():
                net[k] += v
    index = {r["week"]: F(r["price"]) for r in rows["fuel_index"]}
    for monday in sorted({w for w in week.values() if w}):
        price = index[monday - timedelta(weeks=2)]
        pct = next(
            F(r["pct"]) for r in rows["fuel_table"]
            if r["table_id"] == account["fsc_table_id"] and F(r["from"]) <= price and (r["to"] is None or price < F(r["to"]))
        )  # fmt: skip
        keys = [k for k in charges if week[k] == monday]
        cents = to_cents(F(sum(net[k] for k in keys), 100) * pct, mode)
        if cents:
            lines["FUEL", monday.isoformat()] = cents
            parts["FUEL", monday.isoformat()] = share(cents, {k: F(net[k]) for k in keys})
    full = defaultdict(int, net)
    for name, split in parts.items():
        if name[0] == "FUEL":
            for k, v in split.items():
                full[k] += v
    loose = minimum(account, end, charges, full if account.get("min_basis") == "POST_FUEL" else net)
    if loose:
        lines["MINIMUM",] = sum(cents for _, cents in loose)
    tax(rows, account, mode, charges, lines, parts, loose)
    return lines, dict(full)


def minimum(account, end, charges, of):
    if not account.get("invoice_min"):
        return []
    least = int(account["invoice_min"] * 100)
    scope = account.get("min_scope") or "INVOICE"
    groups: dict[Any, tuple[Any, int]] = {} if scope != "INVOICE" else {"": (end, 0)}
    for k, c in charges.items():
        name = {"DAY": c["on"], "ROUTE": c["route"]}.get(scope, "")
        day, so_far = groups.get(name, (c["on"], 0))
        groups[name] = (end if scope == "INVOICE" else max(day, c["on"]), so_far + of[k])
    return [(day, least - made) for day, made in groups.values() if made < least]


def tax(rows, account, mode, charges, lines, parts, loose):
    code = account.get("tax_code")
    if not code:
        return

    def rate(on):
        row = max(
            (r for r in rows["tax_codes"] if r["tax_code"] == code and r["eff_from"] <= on), key=lambda r: r["eff_from"]
        )
        free = row.get("exempt") and (row.get("exempt_until") is None or on <= row["exempt_until"])
        return F(0) if free else F(row["rate"])

    of_line = {name: sum(F(v, 100) * rate(charges[k]["on"]) for k, v in split.items()) for name, split in parts.items()}
    if loose:
        of_line["MINIMUM",] = sum(F(cents, 100) * rate(day) for day, cents in loose)
    if account.get("tax_round") == "LINE":
        cents = sum(to_cents(exact, mode) for exact in of_line.values())
    else:
        cents = to_cents(sum(of_line.values(), F(0)), mode)
    if cents:
        lines["TAX",] = cents
