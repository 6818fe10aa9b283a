"""From what should stand to a plan: the one way every job turns its result into puts and voids."""

from collections.abc import Iterable, Mapping
from typing import Any

from stopbook.job import Params
from workbooks.books import Books
from workbooks.pipeline.context import Context
from workbooks.pipeline.wanted import Wanted
from workbooks.plan import Plan, Put, Void, combine, upserts
from workbooks.problems import Problem
from workbooks.schema import Kind
from workbooks.tables import TABLES


def markets_of(books: Books, params: Params) -> list[str]:
    """The markets a job is run for: the one named, else all; Refused when it does not exist."""
    context = Context(books)
    if params.market is not None:
        return [context.market(params.market).id]
    return sorted(context.markets)


def puts_of(books: Books, wanted: Wanted, why: str = "") -> tuple[list[Put], list[Void], int]:
    """Puts and voids that bring the books to what is wanted, and how many rows already stand so."""
    puts: list[Put] = []
    voids: list[Void] = []
    unchanged = wanted.known
    for name, rows in wanted.rows.items():
        table = TABLES[name]
        if len(table.key) == 1:
            existing = books.prefetch(name, [str(row[table.key[0]]) for row in rows])
        else:
            existing = {}
            for row in rows:
                record = books.record(name, *(row[part] for part in table.key))
                if record is not None:
                    existing[table.key_of(row)] = record
        made, same = upserts(table, existing, rows, why)
        if table.kind is Kind.INPUT and table.lifecycle is not None:
            made = [_born(put, table.lifecycle.column, table.lifecycle.start[0]) for put in made]
        puts += made
        unchanged += same
    for name, keys in wanted.gone.items():
        for key in keys:
            record = books.record(name, *key)
            if record is not None:
                voids.append(Void(name, key, record.rev, "no longer follows from the facts"))
    return puts, voids, unchanged


def after(books: Books, wanted: Iterable[Wanted]) -> Books:
    """The books as they would stand after those steps."""
    puts = [put for each in wanted for put in puts_of(books, each)[0]]
    return books.with_puts(puts) if puts else books


def _born(put: Put, column: str, start: str) -> Put:
    if put.expect or column in put.values:
        return put
    return Put(put.table, put.key, {**put.values, column: start}, put.expect, put.why)


def plan_of(
    books: Books,
    job: str,
    scope: Mapping[str, str],
    wanted: Iterable[Wanted],
    blocked: Iterable[Problem] = (),
    why: str = "",
    **more: Any,
) -> Plan:
    """The plan of a job whose result is `wanted`."""
    puts: list[Put] = []
    voids: list[Void] = []
    notes: list[str] = list(more.pop("notes", ()))
    unchanged = 0
    for each in wanted:
        made, gone, same = puts_of(books, each, why)
        puts += made
        voids += gone
        unchanged += same
        notes += each.notes
    return Plan(job, scope, tuple(combine(puts)), tuple(voids), unchanged, tuple(blocked), tuple(notes), **more)
