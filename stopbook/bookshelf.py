"""The workbooks on disk: finding them, what belongs in each, and writing the next generation of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sheets_sync import files, openbook, patch
from sheets_sync import workbook as replica
from stopbook import patching
from stopbook.app import App
from stopbook.job import Params
from stopbook.settings import Settings
from workbooks import cells, layout, today
from workbooks.books import Books
from workbooks.ledger import IntentState, Ledger
from workbooks.plan import Base, Effect
from workbooks.problems import Refused
from workbooks.schema import Kind, Record, Row, Table
from workbooks.shelf import BETWEEN, Stamp, Workbook, shelf
from workbooks.tables import TABLES

DAYS = 3
"""operating days a workbook holds besides what is still open"""
KEEP_GENERATIONS = 20
LOG_ROWS = 500
"""newest runs that a workbook holds; “stopbook show runs” has them all"""


@dataclass(frozen=True)
class Found:
    """A workbook on disk: as it was read (None: there is none yet), its bases, or why it cannot be read.

    `others` are conflicted copies of it in the same folder, each with its path and its own bases.
    """

    workbook: Workbook
    path: Path
    copy: replica.Copy | None = None
    bases: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    problem: str = ""
    day: date = date.min
    """the last operating day it holds"""
    others: tuple[tuple[Path, replica.Copy, Mapping[str, Mapping[str, Row]]], ...] = ()
    written: Mapping[str, Any] = field(default_factory=dict)
    """what the last write noted: generation, digest of the file, digest of the content"""
    who: str = ""
    """who edited, where it is known"""
    sure: frozenset[str] = frozenset()
    """tables whose held-up change somebody has confirmed"""
    keep: tuple[str, ...] = ()
    """what people keep in it that a new file would not have, in words"""
    aside: tuple[str, ...] = ()
    """why a second copy of it was not read, in a sentence each"""


def find(settings: Settings, ledger: Ledger, now: datetime) -> list[Found]:
    """Every workbook of the shelf as it lies on the disk."""
    markets = [record.values for record in ledger.load("markets", {})]
    return [_found(settings.workbooks / wb.file, wb, ledger, last_day(ledger, wb, now)) for wb in shelf(markets)]


def _found(path: Path, wb: Workbook, ledger: Ledger, day: date) -> Found:
    written = ledger.last_written(wb.name)
    try:
        content = files.load(path)
        copy = None if content is None else replica.read(content, wb, path.name)
        if copy is not None:
            _expect(copy, wb, ledger)
    except Refused as refused:
        return Found(wb, path, problem=str(refused), day=day, written=written)
    others, aside = [], []
    for other, _ in files.copies(path.parent, wb) if path.parent.is_dir() else ():
        try:
            others.append(_other(other, wb, ledger))
        except Refused as refused:
            aside.append(str(refused))
    keep = () if copy is None or content is None else patch.keepsakes(content, patching.tables(wb), copy.extra_sheets)
    bases = _bases(ledger, wb, copy) if copy else {}
    return Found(wb, path, copy, bases, day=day, others=tuple(others), written=written, keep=keep, aside=tuple(aside))


def _other(path: Path, wb: Workbook, ledger: Ledger) -> tuple[Path, replica.Copy, Mapping[str, Mapping[str, Row]]]:
    content = files.load(path)
    if content is None:
        raise Refused(f"{path.name} is gone from {path.parent}.")
    copy = replica.read(content, wb, path.name)
    _expect(copy, wb, ledger)
    return path, copy, _bases(ledger, wb, copy)


def _expect(copy: replica.Copy, wb: Workbook, ledger: Ledger) -> None:
    copy.expect(ledger.ledger_id)
    expect(ledger, wb, copy.stamp.generation, copy.file)


def expect(ledger: Ledger, wb: Workbook, generation: int, file: str) -> None:
    """Refused where a workbook, open or closed, cannot be compared: this ledger never made that writing, or so long ago
    that what it began with is no longer known. A writing whose end nobody noted, because the power went off, was made.
    """
    latest = ledger.generation(wb.name)
    made = max([latest, *(intent.generation for intent in ledger.open_intents(wb.name))])
    if not 1 <= generation <= made:
        raise Refused(
            f"{file} says it is writing {generation} of {wb.title}, and this ledger has made {made}. Nothing was read; ask "
            "your administrator whether the ledger was restored from a backup."
        )
    if generation < latest - KEEP_GENERATIONS:
        raise Refused(
            f"{file} is writing {generation} of {wb.title}; the latest is {latest}, and what it began with is no longer "
            "known. Nothing was read; put it aside, take the latest and type the changes there."
        )


def forget(ledger: Ledger, wb: Workbook, latest: int) -> None:
    """Let go of what was agreed on with writings that nobody reads any more: those that `expect` refuses.

    That goes for every sitting in which such a writing was open, and for its file. Nothing that was not taken in is
    lost by it: what such a workbook holds is refused, not compared, so nobody asks for these rows again.
    """
    oldest = latest - KEEP_GENERATIONS
    ledger.forget_bases(wb.name, max(0, oldest))
    for book in (wb.name, wb.file):
        known = {name: openbook.generation_of(name, book) for name in ledger.copies(f"{book}@")}
        ledger.forget_copies([name for name, number in known.items() if number is not None and number < oldest])


def _bases(ledger: Ledger, wb: Workbook, copy: replica.Copy) -> dict[str, dict[str, Row]]:
    """By table and row id, what ledger and copy last agreed on: as written, and over it what was agreed since.

    Where the add-in had kept it in step before it was saved, that counts as far as it had come by then.
    """
    generation, before = copy.stamp.generation, openbook.sitting_of(copy.stamp.mark)
    bases: dict[str, dict[str, Row]] = {}
    for table in wb.tables:
        if table.kind is Kind.LOG:
            continue
        agreed = ledger.bases(wb.name, generation, table.name)
        if before is not None:
            name, last = openbook.name_of(wb.name, generation, before[0]), before[1]
            agreed |= ledger.bases(name, last, table.name)
            told = ledger.bases(openbook.told_of(name), last, table.name)
            if told and table.name in copy.tabs:
                agreed |= openbook.caught_up(copy.tabs[table.name], agreed, told, replica.zone_of(copy, wb))
        bases[table.name] = {**agreed, **ledger.bases(copy.lineage, generation, table.name)}
    return bases


def contents(books: Books, wb: Workbook, day: date) -> dict[str, list[Record]]:
    """The records each tab of `wb` holds on `day`: the last days, and whatever is still open from before."""
    held: dict[str, list[Record]] = {}
    for table in wb.tables:
        if not table.only_referenced:
            held[table.name] = _records(books, wb, table, day)
    for table in wb.tables:
        if table.only_referenced:
            named = _named(held, table)
            held[table.name] = list(books.prefetch(table.name, named).values())
    return {table.name: held[table.name] for table in wb.tables}


def _records(books: Books, wb: Workbook, table: Table, day: date) -> list[Record]:
    scope: dict[str, Any] = {table.market: wb.market} if wb.market is not None and table.market else {}
    scope |= {table.copy: wb.name} if table.copy else {}
    live = list(table.lifecycle.live) if table.lifecycle else []
    if table.kind is Kind.LOG:
        return books.records(table.name)[:LOG_ROWS]
    if not (table.day or live):
        return books.records(table.name, **scope)
    found: dict[str, Record] = {}
    if live:
        if wb.market is not None and table.market:
            # a row that belongs to no market belongs to everybody
            scope = {table.market: [wb.market, None]} if not table.day else scope
        found = {r.rid: r for r in books.records(table.name, **scope, **{table.state: live})}
    if table.day:
        for back in range(DAYS):
            found |= {r.rid: r for r in books.records(table.name, **scope, **{table.day: day - timedelta(days=back)})}
    return sorted(found.values(), key=lambda record: _order(table, record))


def _order(table: Table, record: Record) -> tuple[Any, ...]:
    """Newest day first, what is open before what is done, then by key."""
    row = record.values
    moment = row.get(table.day) if table.day else None
    live = table.lifecycle is not None and row.get(table.state) in table.lifecycle.live
    return (not live, -moment.toordinal() if moment else 0, table.key_of(row))


def _named(held: Mapping[str, Sequence[Record]], table: Table) -> list[str]:
    names: dict[str, None] = {}
    for name, records in held.items():
        columns = [c.name for c in TABLES[name].columns if c.ref == table.name]
        for record in records:
            names.update(dict.fromkeys(str(record.values[c]) for c in columns if record.values.get(c)))
    return list(names)


def choices(books: Books, wb: Workbook) -> dict[str, list[tuple[str, str]]]:
    """For the drop-downs: key and label of every row that a cell of this workbook may name."""
    wanted = {column.ref for table in wb.tables for column in table.columns if column.ref}
    result: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(wanted - {"stops", "exceptions", "addresses"}):
        table = TABLES[name]
        scope = {table.market: wb.market} if wb.market is not None and table.market else {}
        label = next((c.name for c in table.columns if c.name in ("display", "name", "about")), table.key[0])
        rows = books.rows(name, **scope)
        if name == "manifest":
            rows = [row for row in rows if row.get("status") not in ("RECONCILED", "LOCKED")]
        keyed = {str(row[table.key[0]]): str(row.get(label) or "") for row in rows}
        result[name] = sorted(keyed.items())
    return result


def marks(books: Books) -> dict[tuple[str, str], tuple[str, str]]:
    """State and message of rows that an open conflict is about; the gravest first, each cell once.

    A message begins with the title of its column, by which the cell is coloured.
    """
    state = {"CONFLICT": "CONFLICT", "PUT_BACK": "STALE", "INVALID": "INVALID"}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    cells_told = set()
    for row in sorted(books.rows("conflicts", status="OPEN"), key=lambda r: (r["kind"] != "CONFLICT", str(r["at"]))):
        place = (row["table_name"], row["row_id"])
        if row.get("row_id") and (*place, row["column_title"]) not in cells_told:
            cells_told.add((*place, row["column_title"]))
            message = (
                f"{row['column_title']}: “{row.get('sheet_value') or ''}” was not taken. {row.get('message') or ''}"
            )
            gravest, before = found.get(place, (state[row["kind"]], ""))
            found[place] = (gravest, f"{before}{BETWEEN}{message}" if before else message)
    return found


def digest(books: Books, wb: Workbook, day: date, now: datetime) -> str:
    """Hash of everything a reader of `wb` would see, but the moment of writing: equal means there is nothing to write."""
    held = contents(books, wb, day)
    lines = today.lines(wb, held)
    late = [(line.rid, line.due is not None and line.due <= now) for line in lines]
    parts: list[Any] = [
        [(name, [(r.rid, sorted((k, str(cells.to_json(v))) for k, v in r.values.items())) for r in records])
         for name, records in held.items() if TABLES[name].kind is not Kind.LOG],
        late, sorted(marks(books).items()), sorted(choices(books, wb).items()),
    ]  # fmt: skip
    return sha256(repr(parts).encode()).hexdigest()


def last_day(ledger: Ledger, wb: Workbook, now: datetime) -> date:
    """The latest operating day with a manifest, up to today on the workbook's clock; today where there is none yet."""
    on_clock = now.astimezone(wb.zone).date()
    return ledger.latest_day("manifest", on_clock, wb.market) or on_clock


def write_workbook(app: App, effect: Effect, params: Params) -> list[str]:
    """Write the next generation of one workbook from the ledger as it stands; keeps its base first, then the file."""
    ledger, at = app.ledger, params.now
    books = ledger.books()
    wb = next(each for each in shelf(books.rows("markets")) if each.name == effect.target)
    path = app.settings.workbooks / wb.file
    day = last_day(ledger, wb, at)
    held = contents(books, wb, day)
    generation = ledger.generation(wb.name) + 1
    stamp = Stamp(ledger.ledger_id, wb.name, generation, at)
    lines = today.lines(wb, held)
    seen: files.Seen | None = effect.details.get("seen")
    bases: list[Base] | None = None
    if (into := effect.details.get("into")) is not None and (former := files.load(path)) is not None:
        files.expect(former, seen, path)
        content, bases = patching.patched(former, wb, stamp, held, marks(books), lines, choices(books, wb), *into)
    else:
        content = layout.build(layout.Content(
            wb, stamp, held, marks(books), choices(books, wb), lines, layout.figures(held),
            effect.details.get("extra", {}),
        ))  # fmt: skip
    kept = digest(books, wb, day, at)
    note = {"file": sha256(content).hexdigest(), "content": kept}
    intent = ledger.intend(wb.name, generation, note, at)
    _keep_bases(ledger, wb, held, generation, bases)
    try:
        done = files.write(path, content, seen, ours=str(effect.details.get("ours", "")))
    except Refused:
        ledger.settle(intent, IntentState.ABANDONED, at)
        raise
    ledger.settle(intent, IntentState.DONE, at)
    forget(ledger, wb, generation)
    said = f"{path}"
    return [said + (f" (what stood there is kept as {done.kept})" if done.kept else "")]


def _keep_bases(
    ledger: Ledger, wb: Workbook, held: Mapping[str, Iterable[Record]], generation: int, standing: Sequence[Base] | None
) -> None:
    """Keep what a writing shows: the rows `held`, or those that are `standing` in a file that was only patched."""
    bases: list[Base] = []
    for table in wb.tables:
        if table.kind is Kind.LOG:
            continue
        before = ledger.bases(wb.name, generation - 1, table.name)
        now: dict[str, Row] = {record.rid: record.values for record in held[table.name]}
        if standing is not None:
            now = {base.rid: base.values for base in standing if base.table == table.name and base.values is not None}
        bases += [Base(wb.name, table.name, rid, generation, row) for rid, row in now.items() if before.get(rid) != row]
        bases += [Base(wb.name, table.name, rid, generation, None) for rid in before.keys() - now.keys()]
    ledger.keep_bases(bases)
