"""A client's day as a document: what became of every stop of one account, and of nobody else's.

Rows come in as they stand in the books; what leaves the company is only what their tabs share with clients.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from workbooks.documents import Document, Field, Party, Section, ValueKind
from workbooks.localtime import to_wall
from workbooks.problems import Refused
from workbooks.schema import Column, Role, Row, Type
from workbooks.tables import TABLES

SOURCES = ("stops", "addresses", "recon", "attempts", "exceptions")
"""tabs a row of the sheet is put together from; of columns with one name the first counts"""
CAME_TO, FAILED, STOPS = "What became of them", "Not delivered", "Every stop"
DONE = ("DELIVERED", "PARTIAL")
_LEFT_OUT = ("stop_id", "account_id", "service_date", "status")
"""columns that say the same on every row, or that a better one says"""
_KINDS: Mapping[Type, ValueKind] = {Type.INT: "int", Type.DEC: "qty", Type.DATE: "date"}


def document(
    rows: Mapping[str, Sequence[Row]],
    account: Row,
    client: Row,
    day: date,
    zone: ZoneInfo,
    issuer: Party,
    reasons: Mapping[str, str],
) -> Document:
    """The sheet of an account and day. `rows` by tab, `attempts` the last one of each stop, `reasons` their
    codes in words; Refused for a foreign row."""
    account_id = account["account_id"]
    for row in (*rows.get("stops", ()), *rows.get("recon", ()), *rows.get("exceptions", ())):
        if row.get("account_id") != account_id:
            raise Refused(
                f"The sheet of {account_id} got a row of {row.get('account_id')}; it was not made. Tell your administrator."
            )
    stops = _joined(rows)
    columns = [column for name in SOURCES for column in _shared(name)]
    columns = [
        c for n, c in enumerate(columns) if c.name not in _LEFT_OUT and c.name not in [d.name for d in columns[:n]]
    ]
    outcomes = Counter(_outcome(row) for row in stops)
    told = tuple(
        (what.lower().replace("_", " "), count) for what, count in sorted(outcomes.items(), key=lambda one: -one[1])
    )
    fields = tuple(Field(c.title, _KINDS.get(c.type, "text"), min(c.width, 34)) for c in columns)
    every = tuple(tuple(_value(row, c, zone, reasons) for c in columns) for row in stops)
    missed = [row for row in stops if _outcome(row) not in DONE]
    sections = [Section(CAME_TO, (Field("Outcome", "text", 30), Field("Stops", "int", 10)), told)]
    if missed:
        kept = [
            c
            for c in columns
            if c.name in ("order_ref", "recipient", "final", "code", "redelivery_at", "client_visible_note")
        ]
        sections.append(Section(FAILED, tuple(Field(c.title, _KINDS.get(c.type, "text"), min(c.width, 24)) for c in kept),
                                tuple(tuple(_value(row, c, zone, reasons) for c in kept) for row in missed)))  # fmt: skip
    if every:
        sections.append(Section(STOPS, fields, every, tab=True))
    parts = " + ".join(f"{count:,} {what}" for what, count in told) or "no stops"
    packages = sum(row.get("pkgs") or 0 for row in stops)
    return Document(
        kind="Daily sheet", number=f"{account_id}-{day}", title=f"Deliveries of {account['name']} on {day:%A %Y-%m-%d}",
        party=Party(str(client.get("name") or client.get("client_id"))), period=(day, day), sections=tuple(sections), totals=(),
        notes=(f"Times are {zone.key} time.", "Name the order when you ask about a stop."), issuer=issuer,
        facts=(("Control total", f"{len(stops):,} stops = {parts}"), ("Packages", f"{packages:,}")),
    )  # fmt: skip


def _shared(name: str) -> list[Column]:
    table = TABLES[name]
    return [table.by_name[column] for column in table.shared.get(Role.CLIENT, ())]


def _joined(rows: Mapping[str, Sequence[Row]]) -> list[dict[str, Any]]:
    """One row a stop from everything its tabs share, in the order of their numbers."""
    doors = {row["address_id"]: TABLES["addresses"].shared_with(Role.CLIENT, row) for row in rows.get("addresses", ())}
    found: dict[str, dict[str, Any]] = {}
    for name in SOURCES:
        for row in rows.get(name, ()) if name != "addresses" else ():
            shared = TABLES[name].shared_with(Role.CLIENT, row)
            if name == "stops":
                shared |= doors.get(row.get("address_id"), {})
            mine = found.setdefault(str(row["stop_id"]), {})
            mine |= {key: value for key, value in shared.items() if mine.get(key) is None}
    known = {str(row["stop_id"]) for name in ("stops", "recon") for row in rows.get(name, ())}
    return [found[stop_id] for stop_id in sorted(known)]


def _outcome(row: Mapping[str, Any]) -> str:
    """What a stop came to: the reconciled outcome, before that its state."""
    return str(row.get("final") or row.get("status") or "PLANNED")


def _value(row: Mapping[str, Any], column: Column, zone: ZoneInfo, reasons: Mapping[str, str]) -> Any:
    value = row.get(column.name)
    if column.ref == "reason_codes" and value is not None:
        return reasons.get(str(value), str(value))
    if column.type is Type.ENUM and len(str(value or "")) > 1:
        return str(value).lower().replace("_", " ")
    if isinstance(value, datetime):
        return f"{to_wall(value, zone):%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value
