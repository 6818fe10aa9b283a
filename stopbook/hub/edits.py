"""Edits through the hub: the same merge, ownership, life cycles and consequences as an edit in a workbook.

The request says which revision of a row the person saw; what stood in it then is the base of the merge. Every cell is
answered in a sentence: taken, put back, conflict or invalid. The same request again gets the first answer.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sheets_sync import compare, conflicts, resolve
from sheets_sync.conflicts import News, Source
from sheets_sync.merge import merge
from sheets_sync.rows import Merge, ReadRow
from stopbook.following import followed
from stopbook.hub.answers import Answers, Edit, answer
from stopbook.hub.feed import readable
from stopbook.hub.wire import Call, Limits, Told
from stopbook.rights import Rights
from workbooks import localtime
from workbooks.books import Books
from workbooks.cells import Reading
from workbooks.ledger import Ledger, Run, Stale
from workbooks.pipeline.edits import Refusal
from workbooks.plan import Plan, Put, Void, combine
from workbooks.schema import Kind, Record, Row, Table, rid_of
from workbooks.tables import TABLES

JOB = "edit"
TRIES = 3
NO_BRAKE = 10**9
"""every edit of a request is meant, so there is nothing to hold up"""


def put(ledger: Ledger, rights: Rights, call: Call, limits: Limits) -> dict[str, Any]:
    """Take a request's edits in; {"answers": [{"table", "row", "rev", "cells": {column: {"outcome", "sentence"}}}]}."""
    asked = _asked(call, limits)
    named = call.text("id", 80) or sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    key = sha256("|".join((JOB, call.person.email, named)).encode()).hexdigest()
    if before := ledger.run_by_key(key):
        return _again(ledger, before)
    zone = _zone(call, ledger)
    for attempt in range(TRIES):
        books = ledger.books()
        edits = [_read(ledger, rights, number, one) for number, one in enumerate(asked)]
        _once(edits)
        plan, answers = _planned(ledger, Rights(call.person, books), books, edits, call, zone, key)
        if not (plan.puts or plan.voids):
            return {"run": None, "again": False, "answers": answers.listed(ledger)}
        try:
            run = ledger.apply(
                plan, run_key=key, inputs_hash="", by=call.person.email, via=call.via, at=call.at, read=books
            )
        except Stale:
            if attempt == TRIES - 1:
                raise
            continue
        if run.replayed:
            return _again(ledger, run)
        return {"run": run.run_id, "again": False, "answers": answers.listed(ledger)}
    raise AssertionError("the loop returns or raises")


def _again(ledger: Ledger, run: Run) -> dict[str, Any]:
    return {"run": run.run_id, "again": True, "answers": Answers.of(run).listed(ledger)}


def _asked(call: Call, limits: Limits) -> list[dict[str, Any]]:
    found = call.said.get("edits")
    if not isinstance(found, list) or not found:
        raise Told(400, "Say what to change: {“edits”: [{“table”, “row”, “rev”, “cells”}]}.")
    count = 0
    for one in found:
        cells = one.get("cells", {}) if isinstance(one, dict) else None
        if not isinstance(cells, dict) or not isinstance(one.get("table"), str):
            raise Told(400, "Each edit is an object with a table and cells.")
        if any(not isinstance(value, (str, int, float, bool, type(None))) for value in cells.values()):
            raise Told(400, "A cell holds a text, a number, true, false or null.")
        count += max(1, len(cells))
    if count > limits.cells:
        raise Told(413, f"More than {limits.cells:,} cells in one request. Send them in parts.")
    return found


def _zone(call: Call, ledger: Ledger) -> ZoneInfo:
    """The clock of times without a zone: the one named, else that of the person's only market, else UTC."""
    name = call.text("zone", 60)
    if not name and call.person.markets is not None and len(call.person.markets) == 1:
        market = ledger.books().row("markets", next(iter(call.person.markets)))
        name = str(market["tz"]) if market else ""
    try:
        return localtime.zone(name or "UTC")
    except ValueError as error:
        raise Told(400, f"{error}.") from error


def _read(ledger: Ledger, rights: Rights, number: int, one: Mapping[str, Any]) -> Edit:
    """One edit with the row as the person saw it."""
    table = readable(rights, one["table"])
    if table.kind is Kind.LOG:
        raise Told(400, f"{table.title} is kept by the ledger itself.")
    cells = one.get("cells", {})
    shown = {column.name for column in rights.columns(table)}
    for name in cells:
        if name not in shown:
            raise Told(400, f"{table.title} has no column {str(name)[:60]} that you may see.")
    if one.get("row") is None:
        return Edit(table, f"new {number}", cells, None)
    rid, rev = one["row"], one.get("rev")
    record = ledger.by_rid(table.name, [rid]).get(rid) if isinstance(rid, str) and len(rid) <= 64 else None
    if record is None or not rights.sees(table, record.values):
        raise Told(404, f"{table.title} has no such row that you may read.")
    if not isinstance(rev, int) or isinstance(rev, bool) or not 1 <= rev <= record.rev:
        raise Told(400, f"Say which revision of the row was seen: 1 to {record.rev}.")
    base = record.values if rev == record.rev else _at_revision(ledger, table, rid, rev)
    return Edit(table, rid, cells, base, one.get("delete") is True)


def _at_revision(ledger: Ledger, table: Table, rid: str, rev: int) -> Row:
    values: dict[str, Any] = dict.fromkeys(table.by_name)
    for change in ledger.history(table.name, rid):
        if change.rev > rev:
            break
        fresh = dict.fromkeys(table.by_name) if change.old is None else values
        values = {**fresh, **(change.new or {})}
    return values


def _once(edits: list[Edit]) -> None:
    places = [(edit.table.name, edit.rid) for edit in edits]
    if len(set(places)) < len(places):
        raise Told(400, "A row is named twice in one request.")


def _planned(
    ledger: Ledger, rights: Rights, books: Books, edits: list[Edit], call: Call, zone: ZoneInfo, key: str
) -> tuple[Plan, Answers]:
    """What the edits change and what follows from them, and the answer to every cell."""
    answers = Answers()
    edits = [_unsealed(edit, ledger, answers) for edit in edits]
    person = call.person
    market = next(iter(person.markets)) if person.markets is not None and len(person.markets) == 1 else None
    source = Source(f"hub {person.email}", person.roles, int(key[:12], 16), zone, market, person.email, call.at,
                    limit=NO_BRAKE, file="the hub")  # fmt: skip
    merges = _merged(ledger, rights, edits, source, answers)
    puts = [put for one in merges.values() for put in one.puts]
    told = [put for one in merges.values() for put in one.conflicts]
    voids = [void for one in merges.values() for void in one.voids]
    choices = [put for put in puts if put.table == conflicts.TABLE]
    edited = [put for put in puts if put.table != conflicts.TABLE]
    done = followed(books, edited, call.at, person.email, "follows from an edit", person.roles)
    for refusal in done.refused:
        told.append(_row(books, refusal, source))
        answers.say(refusal.table, rid_of(refusal.table, refusal.key), refusal.column, "invalid", refusal.problem.text)
    everything = combine([*done.kept, *choices, *done.more, *told])
    changed = {(p.table, p.rid) for p in everything}
    gone: list[Void] = [void for void in voids if (void.table, void.rid) not in changed]
    return Plan(JOB, {"by": person.email}, tuple(everything), tuple(gone), notes=answers.notes()), answers


def _unsealed(edit: Edit, ledger: Ledger, answers: Answers) -> Edit:
    """The edit without cells that may no longer change, because what they belong to was posted."""
    record = ledger.by_rid(edit.table.name, [edit.rid]).get(edit.rid)
    if record is None:
        return edit
    kept = dict(edit.cells)
    for name in edit.cells:
        if sealed := edit.table.seal(record.values, (name,)):
            answers.say(
                edit.table.name,
                edit.rid,
                name,
                "invalid",
                f"{edit.table.title} {' / '.join(edit.table.key_of(record.values))} {sealed[1]}.",
            )
            del kept[name]
    return Edit(edit.table, edit.rid, kept, edit.base, edit.delete)


def _merged(ledger: Ledger, rights: Rights, edits: list[Edit], source: Source, answers: Answers) -> dict[str, Merge]:
    """The merge of every table the request names, and what it says about each cell."""
    records = _records(ledger, edits)
    known = [str(record.values["conflict_id"]) for record in ledger.load(conflicts.TABLE, {})]
    merges: dict[str, Merge] = {}
    for name in dict.fromkeys(edit.table.name for edit in edits):
        mine = [edit for edit in edits if edit.table.name == name]
        table = TABLES[name]
        base = {edit.rid: edit.base for edit in mine if edit.base is not None}
        forms = compare.forms(table, base, source.zone)
        rows, fresh = [], {}
        for number, edit in enumerate(mine, start=1):
            if edit.base is None:
                if reason := _foreign(rights, edit, source):
                    answers.say(name, edit.rid, "", "invalid", reason)
                    continue
                fresh[number] = edit
                rows.append(ReadRow(number, None, {**dict.fromkeys(table.by_name), **edit.cells}))
            elif not edit.delete:
                rows.append(ReadRow(number, edit.rid, {**forms[edit.rid], **edit.cells}))
        merges[name] = merge(table, source, base, rows, records.get(name, {}), known=known)
        answer(merges[name], mine, fresh, records.get(name, {}), source.zone, answers)
    if conflicts.TABLE in merges:
        settled = resolve.settle(merges[conflicts.TABLE], source, records)
        chosen = {put.rid for put in settled.puts}
        refused = {p.rid for p in merges[conflicts.TABLE].puts} - chosen
        why = next(
            (note.what for note in settled.notes if "not carried out" in note.what), "the choice was not carried out"
        )
        for rid in refused:
            answers.say(conflicts.TABLE, rid, "choose", "invalid", f"{why}.")
        merges[conflicts.TABLE] = settled
    return merges


def _records(ledger: Ledger, edits: list[Edit]) -> dict[str, dict[str, Record]]:
    """The ledger's rows the request speaks of, and those its conflicts are about."""
    wanted: dict[str, set[str]] = {}
    for edit in edits:
        found = wanted.setdefault(edit.table.name, set())
        found.add(edit.rid)
        if edit.base is None:
            found.update(rid for rid in [_rid(edit)] if rid)
        elif edit.table.name == conflicts.TABLE and edit.base.get("table_name") in TABLES:
            wanted.setdefault(str(edit.base["table_name"]), set()).add(str(edit.base.get("row_id")))
    return {name: ledger.by_rid(name, sorted(rids)) for name, rids in wanted.items()}


def _rid(edit: Edit) -> str:
    """The id a new row will have, as far as its key can be read."""
    values = {name: compare.read(edit.cells.get(name), edit.table.by_name[name], Reading()) for name in edit.table.key}
    return (
        ""
        if any(v.bad for v in values.values())
        else rid_of(edit.table.name, edit.table.key_of({n: v.value for n, v in values.items()}))
    )


def _foreign(rights: Rights, edit: Edit, source: Source) -> str:
    """Why a new row is not the person's to add: it belongs to a market or account that is not theirs."""
    values = {n: compare.read(raw, edit.table.by_name[n], source.reading).value for n, raw in edit.cells.items()}
    if edit.table.market and values.get(edit.table.market) is None and not rights.person.unlimited:
        values[edit.table.market] = source.market or "?"
    return "" if rights.sees(edit.table, values) else "the row would belong to a market or account that is not yours."


def _row(books: Books, refusal: Refusal, source: Source) -> Put:
    table = TABLES[refusal.table]
    record = books.record(refusal.table, *refusal.key)
    held = record.values.get(refusal.column) if record else None
    market = record.values.get(table.market) if record and table.market else source.market
    rid, column = record.rid if record else "", table.by_name[refusal.column]
    return conflicts.put(
        table,
        source,
        News("INVALID", rid, refusal.key, column, held, refusal.value, held, refusal.problem.text, market),
    )
