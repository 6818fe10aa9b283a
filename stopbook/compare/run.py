"""`stopbook compare`: reads the old file, asks about names, remembers what was confirmed, writes the workbook and says the sum."""

import re
import sys
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from stopbook.app import App
from stopbook.compare import WHAT, Comparison, compare, directory
from stopbook.compare.names import Match
from stopbook.compare.old import Old, read
from stopbook.compare.sheets import render
from stopbook.effects import write_file
from stopbook.job import Params
from stopbook.planning import plan_of
from workbooks.books import Books
from workbooks.pipeline.pay.draft import Pay
from workbooks.pipeline.pay.periods import period_of
from workbooks.pipeline.wanted import Wanted
from workbooks.plan import Effect
from workbooks.problems import Refused

out = Console(highlight=False, soft_wrap=True)
ROWS = 12
"""parties on the screen; the workbook has all"""


@dataclass(frozen=True)
class Asked:
    """What a person asked for. `names`: "name there=our number", as often as needed."""

    kind: str
    path: Path
    period: str
    maps: Sequence[str] = ()
    names: Sequence[str] = ()
    dates: str = ""


def run(app: App, asked: Asked, params: Params) -> Comparison:
    """The comparison, written as a workbook and said on the screen."""
    books = app.ledger.books()
    if asked.kind not in WHAT:
        raise Refused(
            f"{asked.kind} cannot be compared. Write: stopbook compare settlements FILE, or: stopbook compare invoices FILE."
        )
    first, last = days(books, asked)
    old = read(asked.path, WHAT[asked.kind], first, last, asked.maps, asked.dates)
    confirmed = _confirmed(books, asked)
    confirmed |= _ask(books, asked.kind, old, confirmed)
    found = compare(books, asked.kind, old, first, last, confirmed)
    _remember(app, books, asked.kind, confirmed, params)
    name = f"compared/{asked.kind}-{first}-{last}.xlsx"
    said = write_file(app, Effect("write_file", name, {"content": render(found), "says": "Line by line in"}), params)
    say(found)
    for sentence in said:
        out.print(f"  → {sentence}", markup=False)
    return found


def days(books: Books, asked: Asked) -> tuple[date, date]:
    """First and last day of “2026-03-02..2026-03-08”, of a month “2026-03”, or of the pay week a day lies in."""
    text = asked.period.strip()
    wrong = Refused(
        f"--period {text} is not a period. Write 2026-03-02..2026-03-08, a month such as 2026-03, or a day of the week."
    )
    try:
        if ".." in text:
            start, _, end = text.partition("..")
            first, last = date.fromisoformat(start.strip()), date.fromisoformat(end.strip())
            if last < first:
                raise wrong
            return first, last
        if re.fullmatch(r"\d{4}-\d{2}", text):
            year, month = map(int, text.split("-"))
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        day = date.fromisoformat(text)
    except ValueError:
        raise wrong from None
    week = period_of(day, next(iter(Pay.of(books).week_start.values()), None), None)
    return week.start, week.end


def _confirmed(books: Books, asked: Asked) -> dict[str, str]:
    table = "drivers" if asked.kind == "settlements" else "accounts"
    found: dict[str, str] = {}
    for pair in asked.names:
        name, equals, party = (part.strip() for part in pair.rpartition("="))
        if not (name and equals and party):
            raise Refused(f'--name {pair} cannot be read. Write --name "Garcia, Hugo=D-017".')
        if books.row(table, party) is None:
            raise Refused(f"--name {pair}: there is no {table[:-1]} {party}. Look at: stopbook show {table}")
        found[name] = party
    return found


def _ask(books: Books, kind: str, old: Old, confirmed: Mapping[str, str]) -> dict[str, str]:
    """On a terminal each proposal is a question; elsewhere nobody answers, and the names are listed."""
    if not sys.stdin.isatty():
        return {}
    who, found = directory(books, kind), {}
    for party in old.parties:
        match = who.match(party.name)
        if match.sure or party.name in confirmed:
            continue
        answer = _answer(match, who.shown(match.party))
        if answer:
            found[party.name] = answer
    return found


def _answer(match: Match, shown: str) -> str:
    if not match.party or match.others:
        return ""
    out.print(f"“{match.name}” there is {shown} ({match.party}) here? (yes or no) ", end="", markup=False)
    return match.party if sys.stdin.readline().strip().casefold() in ("y", "yes") else ""


def _remember(app: App, books: Books, kind: str, confirmed: Mapping[str, str], params: Params) -> None:
    """Confirmed names are kept, so that nobody is asked twice."""
    wanted = Wanted()
    for name, party in confirmed.items():
        if kind == "settlements":
            wanted.add(
                "driver_identity",
                {"platform": "GENERIC", "platform_driver_ref": name, "valid_from": None, "driver_id": party},
            )
        else:
            wanted.add("account_names", {"name": name, "account_id": party})
    plan = plan_of(books, "compare", {"kind": kind}, [wanted], why="a name confirmed for a comparison")
    if plan.puts:
        app.ledger.apply(
            plan, run_key=f"compare-{plan.digest}", inputs_hash="", by=params.by, via=params.via, at=params.now
        )


def say(found: Comparison) -> None:
    """The sum of it on a screen."""
    there, here = found.sums()
    who = "drivers" if found.kind == "settlements" else "accounts"
    out.print(f"[bold]Old {found.kind}, {found.first} to {found.last}[/]: {there:,.2f} there, {here:,.2f} here, {here - there:+,.2f}; "
              f"{found.equal} of {len(found.rows)} {who} come to the same.")  # fmt: skip
    grid = Grid("Cause", "How often", "Ours less theirs", box=None, pad_edge=False)
    for kind, count, amount in found.by_kind():
        grid.add_row(kind.value, f"{count:,}", f"{amount:+,.2f}")
    if grid.row_count:
        out.print(grid)
    for row in [row for row in found.rows if row.causes][:ROWS]:
        out.print(f"  {row.party or '?'} {row.shown}: {row.difference:+,.2f}", style="bold", markup=False)
        for cause in row.causes[:4]:
            out.print(f"    {cause.kind.value} {cause.amount:+,.2f}: {cause.says}", markup=False)
    for match in found.names:
        command = f'--name "{match.name}={match.party or "…"}"'
        out.print(f"  {match.question}. Confirm with {command}; it is remembered.", markup=False)
    for note in (*found.old.notes, *found.old.left_out)[:ROWS]:
        out.print(f"  - {note}", markup=False)
