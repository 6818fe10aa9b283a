"""Content to lay out: a believable day of one market, with everything that makes real rows awkward."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from workbooks import today
from workbooks.layout import Content, figures
from workbooks.schema import Column, Record, Row, Table, Type, rid_of
from workbooks.shelf import Stamp, Workbook, shelf
from workbooks.tables import TABLES

MARKETS = (
    {"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"},
    {"market_id": "PHX", "name": "Phoenix", "tz": "America/Phoenix"},
)
NOW = datetime(2026, 3, 10, 23, 5, tzinfo=UTC)
DAY = date(2026, 3, 10)
STAMP = Stamp("6f1c9a1e", "dispatch-CHI", 12, NOW)
DRIVERS = (("D01", "Ana Gómez"), ("D02", "Ray Alvarez"), ("D03", "Kwame Mensah-Oppong"), ("D04", "Li Wei"))
ACCOUNTS = ("ACME", "BLOOM", "NORTHGATE", "PETBOX")
PEOPLE = (
    "Mary O'Neill", "محمد عبد الله", "José Ñandú de la Cruz-Villanueva y Fernández", "שרה לוי", "Emilia 🌻 Park", "Bo",
    "Wolfeschlegelsteinhausenbergerdorff Sr.", "Dr. Priya Venkataraman", "=SUM(A1:A9)", "李小龍", "Grace Hopper",
)  # fmt: skip
STREETS = (
    "1200 W Fulton Market St, Apt 4B",
    "455 N Cityfront Plaza Dr",
    "77 E 35th St",
    "9 Elm Ct, rear entrance by the alley, buzzer broken",
)
CODES = ("RECIP_ABSENT", "ACCESS_CODE", "ADDR_BAD", "DRIVER_DELAY", "REFUSED", "WRONG_ADDRESS_DELIVERED", "WEATHER")
SUGGESTED = (
    "Scanned twice within four minutes; counted once.",
    "No scan came in. The van passed the door at 14:22 (GPS 18 m away): ask the driver for the photo, then decide DELIVERED or FAILED.",
    "Ray Alvarez scanned it, the route is Ana Gómez's, and no event says why.",
)
NOTES = (
    "Left with the doorman",
    "Called twice, no answer; text sent with the booking link. Wants Thursday after 5 pm, the dog is friendly.",
)


def records(table: Table, rows: Iterable[Row]) -> list[Record]:
    return [Record(table.name, rid_of(table.name, table.key_of(row)), 3, row, "va@example.com", NOW) for row in rows]


def book(name: str) -> Workbook:
    return next(one for one in shelf(MARKETS) if one.name == name)


def _special(table: Table, n: int, pick: random.Random) -> dict[str, Any]:
    """What must agree between columns, to look like a day."""
    account, code = ACCOUNTS[n % 4], pick.choice(CODES)
    stop, route = f"{account}-10{n:04}-1", f"CHI-2026-03-10-R{n % 9 + 1:02}"
    row: dict[str, Any] = {
        "market_id": "CHI", "service_date": DAY, "stop_id": stop, "route_id": route, "account_id": account,
        "recipient": pick.choice(PEOPLE), "phone": f"+1312555{n:04}", "address": pick.choice(STREETS), "raw": pick.choice(STREETS),
        "code": code, "reason_code": code, "driver_id": DRIVERS[n % 4][0], "driver_name": DRIVERS[n % 4][1], "display": f"{DRIVERS[n % 4][1]} {n}",
        "city": "Chicago", "state": "IL", "zip5": f"60{n:03}", "tz": "America/Chicago", "suggested": pick.choice(SUGGESTED),
        "address_id": f"A{n:05}", "order_ref": f"{n:08}", "internal_note": pick.choice((*NOTES, None, None)),
        "key": "contact_clock_minutes", "value": "120",
    }  # fmt: skip
    if table.name == "exceptions":
        row |= {
            "exc_id": f"{stop}/{pick.choice(('recipient', 'access', 'driver'))}",
            "owner": pick.choice(("VA", "DISPATCH")),
        }
        row |= {"due_2h": NOW + timedelta(minutes=pick.randint(-180, 240)), "action": None, "breached": n % 9 == 0}
        row |= {
            "first_contact_at": None if n % 3 else NOW - timedelta(hours=1),
            "status": pick.choice(
                (
                    "NEW",
                    "NEW",
                    "TRIAGED",
                    "CONTACTING",
                    "SCHEDULED",
                    "WAITING_RECIPIENT",
                    "ESCALATED_T2",
                    "RESOLVED",
                    "CLOSED",
                )
            ),
        }
    if table.name == "recon":
        row |= {"status": pick.choice(("CLOSED",) * 5 + ("OPEN", "DECIDED"))}
        row |= {"waits_for": (pick.choice(("DISPATCH", "VA")),) if row["status"] == "OPEN" else None}
        row |= {
            "flags": pick.choice((("MISSING_SCAN",), ("DRIVER_SWAP", "SWAP_NO_EVENT")))
            if row["status"] == "OPEN"
            else ("MATCH",)
        }
        row |= {
            "dispatch_decision": None,
            "va_decision": None,
            "va_driver": None,
            "suggested": row["suggested"] if row["status"] == "OPEN" else None,
        }
        row |= {
            "outcome": pick.choice(("DELIVERED",) * 8 + ("FAILED", "PARTIAL", "MISSING")),
            "on_time": pick.choice(("ON_TIME",) * 6 + ("LATE", "EARLY", "UNPROVEN")),
        }
    if table.name == "manifest":
        row |= {"route_id": f"CHI-2026-03-10-R{n:02}", "route_code": f"R{n:02}"}
    if table.name == "conflicts":
        row |= {"tab": "Exceptions", "row_key": f"{stop}/recipient", "column_title": "Redeliver at", "sheet_value": "2026-03-11 17:00", "ledger_value": "2026-03-12 09:00",
                "base_value": None, "choose": None, "who": "va@example.com", "message": "VA and dispatch changed the same cell between two syncs."}  # fmt: skip
    if table.name == "runs":
        row |= {
            "sentence": "Opened 4 cases and closed 2; 1 row was left out because its stop is on no manifest of the day.",
            "scope": "CHI 2026-03-10",
        }
    if table.name == "health":
        row |= {
            "what": "The fuel table has no row for the week of 2026-03-09.",
            "remedy": "Add the week on Fuel tables, then run the check again.",
            "tab": "Accounts",
            "row_key": "ACME",
        }
    return row


def _value(column: Column, n: int, pick: random.Random) -> Any:
    if not column.required and pick.random() < 0.15:
        return None
    wall = datetime(2026, 3, 10, 14, 0, tzinfo=UTC) + timedelta(minutes=7 * n)
    made: dict[Type, Any] = {
        Type.INT: pick.randint(1, 40), Type.DEC: round(Decimal(pick.randint(10, 9000)) / 7, column.places), Type.MONEY: Decimal("12.50") * n,
        Type.PCT: Decimal("0.970000"), Type.DATE: DAY + timedelta(days=n % 5), Type.TIME: time(4 + n % 12), Type.TS: wall,
        Type.BOOL: n % 4 == 0, Type.ZIP: f"0{n:04}", Type.PHONE: f"+1312555{n:04}", Type.EMAIL: f"person{n}@example.com",
        Type.ZONE: "America/Chicago", Type.URL: f"https://pod.example.com/{n}", Type.TEXT: pick.choice((*NOTES, "As agreed", column.about)),
        Type.ID: f"{column.name[:3].upper()}{n:04}",
    }  # fmt: skip
    if column.type is Type.ENUM:
        return pick.choice(column.enum)
    if column.type is Type.SET:
        return column.enum[n % 2 : n % 2 + 2]
    return made[column.type]


def rows(table: Table, count: int = 60) -> list[dict[str, Any]]:
    if table.defaults:
        return [{name: row.get(name) for name in table.by_name} for row in table.defaults]
    pick = random.Random(table.name)
    made = []
    for n in range(1, count + 1):
        row = {column.name: _value(column, n, pick) for column in table.columns}
        row |= {name: value for name, value in _special(table, n, pick).items() if name in row}
        made.append(row)
    return list({table.key_of(row): row for row in made}.values())


def content(name: str, count: int = 60, idle: bool = False) -> Content:
    workbook = book(name)
    held = {table.name: records(table, rows(table, count)) for table in workbook.tables}
    marks: dict[tuple[str, str], tuple[str, str]] = {}
    for table in workbook.tables[:2]:
        for record, mark in zip(
            held[table.name][2:5],
            (
                ("CONFLICT", "Redeliver at: VA wrote 2026-03-11, dispatch 2026-03-12. Choose on Conflicts."),
                ("INVALID", "“soon” is not a date and time; write it as 2026-03-31 14:30"),
                ("STALE", "Not refreshed since 17:20"),
            ),
            strict=False,
        ):
            marks[table.name, record.rid] = mark
    choices: dict[str, Sequence[tuple[str, str]]] = {
        "drivers": DRIVERS, "markets": (("CHI", "Chicago"), ("PHX", "Phoenix")), "accounts": tuple((a, a.title()) for a in ACCOUNTS),
        "manifest": tuple((f"CHI-2026-03-10-R{n:02}", "") for n in range(1, 61)),
        "reason_codes": tuple((str(row["code"]), str(row["about"])) for row in TABLES["reason_codes"].defaults),
    }  # fmt: skip
    first = workbook.tables[0]
    extra: dict[str, Any] = {
        first.name: {
            "My check": {r.rid: "called" for r in held[first.name][::7]},
            "Colour?": {r.rid: 3 for r in held[first.name][:1]},
        }
    }
    lines = [] if idle else today.lines(workbook, held)
    shown = figures(held) if name == "manager" else None
    return Content(workbook, Stamp("6f1c9a1e", name, 12, NOW), held, marks, choices, lines, shown, extra)
