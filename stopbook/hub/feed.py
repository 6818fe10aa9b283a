"""Reading: the tables a person may open, their rows as they stand, and what changed since."""

from datetime import date
from typing import Any

from stopbook.hub.wire import Call, Limits, Told
from stopbook.rights import Rights
from workbooks.ledger import Ledger
from workbooks.schema import Column, Kind, Record, Role, Table
from workbooks.tables import TABLES


def tables(rights: Rights) -> list[dict[str, Any]]:
    """Every table the person may open with its columns, and which of them are theirs to edit."""
    roles = rights.person.roles
    return [
        {
            "name": table.name,
            "title": table.title,
            "about": table.about,
            "key": table.key,
            "market": table.market,
            "day": table.day,
            "state": table.state,
            "new_rows": any(role in table.new_rows for role in roles),
            "columns": [_column(column, roles) for column in rights.columns(table)],
        }
        for table in TABLES.values()
        if rights.reads(table)
    ]


def _column(column: Column, roles: tuple[Role, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": column.name,
        "title": column.title,
        "type": column.type.value,
        "about": column.about,
    }
    if column.owned_by(roles):
        said["edit"] = True
    for name in ("enum", "required", "places", "ref", "hidden"):
        if value := getattr(column, name):
            said[name] = value
    return said


def readable(rights: Rights, name: str) -> Table:
    """The table of that name; the same sentence whether it is not there or not the person's."""
    table = TABLES.get(name)
    if table is None or not rights.reads(table):
        raise Told(404, f"There is no table {name[:60]} that you may read.")
    return table


def rows(ledger: Ledger, rights: Rights, call: Call, limits: Limits) -> dict[str, Any]:
    """Rows of the tables in `?tables=a,b`: with `since` those that changed after it, with `days` those of some days.

    The answer's `cursor` is the `since` of the next question; `more` says that there is more to fetch at once. `gone`
    are rows that went out of use.
    """
    names = [name for name in call.asked.get("tables", "").split(",") if name]
    if not names or len(names) > len(TABLES):
        raise Told(400, "Say which tables: ?tables=stops,exceptions")
    wanted = [readable(rights, name) for name in dict.fromkeys(names)]
    for table in wanted:
        if table.kind is Kind.LOG:
            raise Told(400, f"{table.title} is a log and is not followed; ask for the history of a row.")
    limit = min(call.number("limit", 500, 1_000_000), limits.page) or 1
    if "days" in call.asked:
        return _days(ledger, rights, wanted, call, limit)
    since = call.number("since", 0, 10**15)
    found = ledger.changed_since([table.name for table in wanted], since, limit + 1)
    page = found[:limit]
    by_table: dict[str, list[str]] = {}
    for _, name, rid in page:
        by_table.setdefault(name, []).append(rid)
    said: dict[str, Any] = {}
    gone: dict[str, list[str]] = {}
    for name, rids in by_table.items():
        records = ledger.by_rid(name, rids)
        said[name] = _shown(rights, TABLES[name], [records[rid] for rid in rids if not records[rid].void])
        out = [rid for rid in rids if records[rid].void and rights.sees(TABLES[name], records[rid].values)]
        if out:
            gone[name] = out
    cursor = page[-1][0] if page else since
    return {"cursor": cursor, "more": len(found) > limit, "tables": said, "gone": gone}


def _days(ledger: Ledger, rights: Rights, wanted: list[Table], call: Call, limit: int) -> dict[str, Any]:
    """Rows of some days and whatever is still open from before; tables without days as a whole."""
    try:
        days = [date.fromisoformat(text) for text in call.asked["days"].split(",")][:31]
    except ValueError:
        raise Told(400, "Write days as ?days=2026-03-10,2026-03-11") from None
    skip = call.number("skip", 0, 10**9)
    cursor = ledger.last_seq()  # before reading, so that what comes in meanwhile is told again and not missed
    records: list[tuple[Table, Record]] = []
    for table in wanted:
        found: dict[str, Record] = {}
        if table.lifecycle and table.lifecycle.live and table.day:
            found = {r.rid: r for r in ledger.load(table.name, {table.state: list(table.lifecycle.live)})}
        where: dict[str, Any] = {table.day: list(days)} if table.day else {}
        found |= {r.rid: r for r in ledger.load(table.name, where)}
        records += [(table, found[rid]) for rid in sorted(found)]
    said: dict[str, Any] = {}
    for table, record in records[skip : skip + limit]:
        said.setdefault(table.name, []).extend(_shown(rights, table, [record]))
    more = len(records) > skip + limit
    return {"cursor": cursor, "more": more, "skip": skip + limit if more else 0, "tables": said, "gone": {}}


def _shown(rights: Rights, table: Table, records: list[Record]) -> list[dict[str, Any]]:
    found = []
    for record in records:
        values = rights.shown(table, record)
        if values is not None:
            found.append({"_rid": record.rid, "_rev": record.rev, "_by": record.by, "_at": record.at, **values})
    return found


def record_of(ledger: Ledger, rights: Rights, table: Table, row: str) -> Record:
    """The row with that id, or that key with parts joined by “/”; the same sentence for one that is not theirs."""
    found = ledger.by_rid(table.name, [row[:64]])
    if not found:
        parts = [part.strip() for part in row.split("/")]
        keyed = dict(zip(table.key, parts, strict=True)) if len(parts) == len(table.key) else None
        named = ledger.load(table.name, keyed) if keyed and all(parts) and _plain(table) else []
        found = {record.rid: record for record in named}
    record = next(iter(found.values()), None)
    if record is None or not rights.sees(table, record.values):
        raise Told(404, f"{table.title} has no such row that you may read.")
    return record


def _plain(table: Table) -> bool:
    return table.kind is not Kind.LOG


def history(ledger: Ledger, rights: Rights, table: Table, record: Record) -> list[dict[str, Any]]:
    """Every change of one row, oldest first, in the columns the person may see."""
    names = {column.name for column in rights.columns(table)}

    def side(values: Any) -> Any:
        return None if values is None else {name: value for name, value in values.items() if name in names}

    return [
        {"seq": c.seq, "rev": c.rev, "at": c.at, "by": c.by, "via": c.via, "why": c.why, "old": side(c.old), "new": side(c.new)}
        for c in ledger.history(table.name, record.rid)
    ]  # fmt: skip
