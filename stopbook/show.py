"""Printing rows and plans for a terminal, and exporting them: CSV, JSON, a workbook."""

import csv
import difflib
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stopbook.app import App, now
from workbooks import cells
from workbooks.ledger import Ledger
from workbooks.problems import Refused
from workbooks.schema import Column, Record, Table, Type

_RISKY = ("=", "+", "-", "@", "\t", "\r")


def conditions(table: Table, texts: Iterable[str]) -> list[tuple[Column, str, Any]]:
    """Conditions such as "status=OPEN", "due_2h<2026-03-10 18:00", "code!=PARTIAL" or "stop_id~1042", read under the table."""
    found = []
    for text in texts:
        for sign in ("!=", "<=", ">=", "=", "<", ">", "~"):
            name, separator, raw = text.partition(sign)
            if separator:
                break
        else:
            raise Refused(
                f"--where {text} cannot be read. Write it as column=value, or with !=, <, >, <=, >= or ~ (contains)."
            )
        wanted = name.strip().casefold()
        column = next((c for c in table.columns if wanted in (c.name, c.title.casefold())), None)
        if column is None:
            raise Refused(
                f"{table.title} has no column {name.strip()}. Columns: {', '.join(c.name for c in table.columns)}."
            )
        value: Any = raw.strip()
        if sign != "~" and column.type is not Type.SET:
            try:
                value = cells.read(value, column, cells.Reading(zone=ZoneInfo("UTC"), dates="YMD"))
            except cells.Bad as bad:
                raise Refused(f"--where {text}: {bad.what}. {bad.remedy}.") from bad
        found.append((column, sign, value))
    return found


def holds(record: Record, wanted: Sequence[tuple[Column, str, Any]]) -> bool:
    """True when a record meets every condition."""
    return all(_meets(record.values.get(column.name), sign, value) for column, sign, value in wanted)


def _meets(value: Any, sign: str, wanted: Any) -> bool:
    if sign == "~":
        return str(wanted).casefold() in cells.to_text(value).casefold()
    if isinstance(value, tuple):
        inside = str(wanted) in value
        return inside if sign == "=" else not inside
    if sign in ("=", "!="):
        return bool((value == wanted) == (sign == "="))
    if value is None or wanted is None:
        return False
    return bool({"<": value < wanted, ">": value > wanted, "<=": value <= wanted, ">=": value >= wanted}[sign])


def as_csv(table: Table, records: Sequence[Record], zone: ZoneInfo | None) -> str:
    """The rows as CSV with the tab's own headers; text that a spreadsheet would run as a formula is quoted with '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.title for column in table.columns])
    for record in records:
        writer.writerow([_harmless(record.values.get(column.name), zone) for column in table.columns])
    return out.getvalue()


def _harmless(value: Any, zone: ZoneInfo | None) -> str:
    text = cells.to_text(value, zone)
    return "'" + text if isinstance(value, str) and text.startswith(_RISKY) else text


def as_json(table: Table, records: Sequence[Record]) -> str:
    """The rows as JSON; moments in UTC, exact decimals as text."""
    rows = [
        {"_rid": r.rid, "_rev": r.rev, **{c.name: cells.to_json(r.values.get(c.name)) for c in table.columns}}
        for r in records
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def columns_for(table: Table, records: Sequence[Record], width: int) -> list[Column]:
    """The columns that fit a terminal of `width`: the key first, then those that hold something, in order."""
    filled = [
        c
        for c in table.columns
        if not c.hidden and (c.name in table.key or any(r.values.get(c.name) is not None for r in records))
    ]
    chosen: list[Column] = []
    room = width
    for column in filled:
        need = min(column.width, 28) + 3
        if room - need < 0 and chosen:
            break
        chosen.append(column)
        room -= need
    return chosen


def find(ledger: Ledger, table: Table, text: str) -> Record:
    """The row a person means: its row id, or its key with parts joined by a slash; Refused with near ones."""
    if found := ledger.by_rid(table.name, [text.strip()]):
        return next(iter(found.values()))
    parts = [part.strip() for part in text.split("/")]
    records = ledger.load(table.name, {}, include_void=True)
    for record in records:
        key = table.key_of(record.values)
        if list(key) == parts or " / ".join(key) == text.strip():
            return record
    near = difflib.get_close_matches(text, [" / ".join(table.key_of(r.values)) for r in records], n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise Refused(f"{table.title} has no row {text}.{hint}")


def as_workbook(app: App, table: Table, records: Sequence[Record], path: Path) -> None:
    """The rows as a workbook of one tab, in the zone of the first market."""
    from workbooks import layout
    from workbooks.shelf import Stamp, Workbook

    markets = app.ledger.load("markets", {})
    zone = ZoneInfo(str(markets[0].values["tz"])) if markets else ZoneInfo("UTC")
    workbook = Workbook(f"show-{table.name}", table.title, (), None, zone, (table,))
    stamp = Stamp(app.ledger.ledger_id, workbook.name, 0, now())
    content = layout.build(layout.Content(workbook, stamp, {table.name: records}))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror}). Close it, or choose another name.") from error
