"""Write workbooks: first take in what people edited in them, then write what changed anew."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheets_sync import conflicts
from sheets_sync.conflicts import News, Source
from sheets_sync.files import Seen
from sheets_sync.intake import Intake, take_in
from stopbook import bookshelf, patching
from stopbook.bookshelf import Found
from stopbook.following import followed
from stopbook.job import Job, Params
from stopbook.settings import Settings
from workbooks.books import Books
from workbooks.ledger import Ledger
from workbooks.pipeline.context import Context
from workbooks.pipeline.edits import Refusal
from workbooks.plan import Base, Effect, Plan, Put, Void, combine
from workbooks.problems import Problem, Where
from workbooks.schema import Kind, Record
from workbooks.tables import TABLES


def gather(settings: Settings, ledger: Ledger, params: Params) -> Mapping[str, Any]:
    """Reads every workbook on the disk, and the ledger's rows out of use that one of them still shows."""
    found = bookshelf.find(settings, ledger, params.now)
    by_rid: dict[str, dict[str, Record]] = {}
    for each in found:
        for bases in (each.bases, *(bases for _, _, bases in each.others)):
            for name, rows in bases.items():
                by_rid.setdefault(name, {}).update(ledger.by_rid(name, list(rows)))
    return {"found": found, "void": {n: {r: x for r, x in rows.items() if x.void} for n, rows in by_rid.items()}}


def plan(books: Books, params: Params) -> Plan:
    """What people's edits change, what follows from them, and which workbooks are written anew."""
    made, intakes = taken_in(books, params)
    after = books.with_puts(made.puts)
    effects = [
        effect
        for each in params.extra["found"]
        if not each.problem
        if (effect := _write(after, each, intakes, params, made.voids)) is not None
    ]
    return replace(made, effects=tuple(effects))


def taken_in(books: Books, params: Params) -> tuple[Plan, dict[str, Intake]]:
    """What people's edits change and what follows from them; and by workbook what was taken in."""
    found: list[Found] = params.extra["found"]
    void: Mapping[str, Mapping[str, Record]] = params.extra["void"]
    puts: list[Put] = []
    voids: list[Void] = []
    bases: list[Base] = []
    blocked = [Problem(said.rstrip(".")) for each in found for said in (each.problem, *each.aside) if said]
    notes: list[str] = []
    intakes: dict[str, Intake] = {}
    for each in found:
        for copy, agreed, mine in _copies(each):
            now = books.with_puts(puts)
            taken = take_in(copy, each.workbook, agreed, records_of(now, each, agreed, void), who=each.who, at=params.now,
                            limit=Context(books).policy("reject_deletes_over", params.now.date()), sure=each.sure)  # fmt: skip
            more, refused, left = _followed(now, taken, params, each)
            taken = taken.without(left)
            puts = combine([*puts, *more])
            free, kept = _not_sealed(now, taken.voids)
            voids += free
            notes += kept
            bases += taken.bases
            notes += [str(problem) for problem in taken.problems] + refused
            if mine and each.keep and copy.digest != each.written.get("file"):
                notes.append(f"{copy.file} holds what Stopbook does not write ({', '.join(each.keep)}): all of it stays, and only "
                             "cells of Stopbook's tabs are set; columns that are new come at the right.")  # fmt: skip
                if lacks := [table.title for table in each.workbook.tables if table.name in copy.missing]:
                    notes.append(f"{copy.file}: {patching.without(lacks)}")
            elif copy.extra_sheets and copy.digest != each.written.get("file"):
                named = ", ".join(f"“{sheet}”" for sheet in copy.extra_sheets)
                notes.append(f"{copy.file} holds tabs that are not Stopbook's ({named}): they are not written again, "
                             "the file as it was is in the folder kept.")  # fmt: skip
            if mine:
                intakes[each.workbook.name] = taken
            else:
                notes.append(
                    f"{copy.file} is a second copy of {each.workbook.file}; its edits were taken in, you may delete it."
                )
    made = Plan(JOB.name, {}, tuple(puts), tuple(_without(voids, puts)), 0, tuple(blocked), tuple(notes), tuple(bases))
    return made, intakes


def _copies(found: Found) -> list[tuple[Any, Any, bool]]:
    mine = [(found.copy, found.bases, True)] if found.copy is not None else []
    return [*mine, *((copy, bases, False) for _, copy, bases in found.others)]


def records_of(
    books: Books, found: Found, agreed: Mapping[str, Any], void: Mapping[str, Mapping[str, Record]]
) -> dict[str, dict[str, Record]]:
    """The ledger's rows a copy may speak of: those it was written with and those people may add or name."""
    names = {table.name for table in found.workbook.tables if table.kind is not Kind.LOG} | {"conflicts"}
    names |= {str(row["table_name"]) for row in books.rows("conflicts", status="OPEN") if row.get("table_name")}
    result: dict[str, dict[str, Record]] = {}
    for name in names & TABLES.keys():
        table = TABLES[name]
        known = dict(void.get(name, {}))
        if len(table.key) == 1 and table.day:
            wanted = [str(row[table.key[0]]) for row in agreed.get(name, {}).values()]
            known |= {record.rid: record for record in books.prefetch(name, wanted).values()}
            known |= {r.rid: r for r in _open(books, name)}
        elif table.day:
            days = {row.get(table.day) for row in agreed.get(name, {}).values()} - {None}
            for day in days:
                known |= {record.rid: record for record in books.records(name, **{table.day: day})}
            # a row typed by hand has no day until something gives it one
            typed = [row for rid, row in agreed.get(name, {}).items() if rid not in known]
            found_ = [books.record(name, *(row.get(part) for part in table.key)) for row in typed]
            known |= {record.rid: record for record in found_ if record is not None}
        else:
            known |= {record.rid: record for record in books.records(name)}
        result[name] = known
    return result


def _open(books: Books, name: str) -> list[Record]:
    table = TABLES[name]
    return (
        books.records(name, **{table.state: list(table.lifecycle.live)})
        if table.lifecycle and table.lifecycle.live
        else []
    )


def _followed(
    books: Books, taken: Intake, params: Params, found: Found
) -> tuple[list[Put], list[str], set[tuple[str, str]]]:
    """The edits, without those that cannot stand after all, and everything that follows from them; sentences; and
    (table, rid) of new rows that are left out."""
    wb = found.workbook
    edits = [put for put in taken.puts if put.table != "conflicts"]
    others = [put for put in taken.puts if put.table == "conflicts"]
    why = f"follows from an edit in {wb.name}"
    meant = followed(books, edits, params.now, found.who or f"someone in {wb.name}", why, wb.roles)
    left = {(put.table, put.key): put for put in meant.left}
    told = [_tell(books, refusal, found, params, left.get((refusal.table, refusal.key))) for refusal in meant.refused]
    # a row that is left out of a shared copy stays there, and is told once
    news = {put.key: put for put, _ in told if books.row(put.table, *put.key) is None}
    sentences = [sentence for _, sentence in told]
    return [*meant.kept, *others, *meant.more, *news.values()], sentences, {(put.table, put.rid) for put in meant.left}


def _tell(books: Books, refusal: Refusal, found: Found, params: Params, left: Put | None) -> tuple[Put, str]:
    """A row on Conflicts for an edit that cannot stand, and the sentence for the person. `left`: the new row it is in,
    when all of that is left out."""
    table = TABLES[refusal.table]
    record = books.record(refusal.table, *refusal.key)
    column = table.by_name[refusal.column]
    wb = found.workbook
    generation = found.copy.stamp.generation if found.copy else 0
    source = Source(wb.name, wb.roles, generation, wb.zone, wb.market, found.who, params.now, file=wb.file,
                    lineage=found.copy.lineage if found.copy else "")  # fmt: skip
    held = record.values.get(refusal.column) if record else None
    rid = record.rid if record else ""
    market = record.values.get(table.market) if record and table.market else wb.market
    news = News("INVALID", rid, refusal.key, column, held, refusal.value, held, refusal.problem.text, market)
    if left is not None:
        text = conflicts.contents(table, left.values, wb.zone)
        news = News(
            "INVALID",
            "",
            refusal.key,
            None,
            None,
            text,
            None,
            f"The row was not taken in: {refusal.problem.text}",
            market,
        )
    where = Where(wb.file, table.title, None, "", column.title)
    return conflicts.put(table, source, news), f"{where}, row {' / '.join(refusal.key)}: {refusal.problem.text}"


def _write(
    after: Books, found: Found, intakes: Mapping[str, Intake], params: Params, voids: Sequence[Void]
) -> Effect | None:
    """The effect that writes a workbook, or None when it already shows everything."""
    wb, intake = found.workbook, intakes.get(found.workbook.name)
    if intake is not None and not intake.safe:
        return None
    same = (
        found.copy is not None
        and found.copy.digest == found.written.get("file")
        and found.written.get("content") == bookshelf.digest(after, wb, found.day, params.now)
        and not voids
    )
    if same:
        return None
    details = {
        "seen": Seen.of(found.copy) if found.copy else None,
        "ours": found.written.get("file", ""),
        "extra": intake.extras if intake else {},
    }
    if found.keep and intake is not None:
        details["into"] = (intake, found.bases)
    return Effect("write_workbook", wb.name, details)


def _not_sealed(books: Books, voids: tuple[Void, ...]) -> tuple[list[Void], list[str]]:
    """Rows that may go out of use, and a sentence for each that may not: it comes back with the next writing."""
    free, kept = [], []
    for void in voids:
        table = TABLES[void.table]
        sealed = table.seal(books.row(void.table, *void.key) or {}, ("",))
        if sealed is None:
            free.append(void)
        else:
            kept.append(f"{table.title} {' / '.join(void.key)} {sealed[1]}; the deleted row comes back.")
    return free, kept


def _without(voids: list[Void], puts: list[Put]) -> list[Void]:
    """Each row once; a row that is changed as well stays in use, the change was made knowing of it."""
    changed = {(put.table, put.rid) for put in puts}
    return list({(v.table, v.rid): v for v in voids if (v.table, v.rid) not in changed}.values())


JOB = Job(
    name="write-workbooks",
    title="Write workbooks",
    group="Today",
    icon="SaveAll",
    about="Takes in what people changed in their workbooks and writes them anew with everything that happened since.",
    plan=plan,
    gather=gather,
    order=50,
)
