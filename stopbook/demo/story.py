"""What happens in the demo's shared spreadsheets: a dispatcher decides, inserts and sorts; two people meet in one cell."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from stopbook.demo.live import SHOWN, Sheet, Town
from workbooks.problems import Refused
from workbooks.schema import Record
from workbooks.tables import TABLES

CHICAGO = SHOWN[0]
NOTE = "internal_note"


@dataclass(frozen=True)
class Scene:
    """One thing that happens, and what came of it."""

    title: str
    came: str


def scenes(town: Town) -> Iterator[Scene]:
    """The story, scene by scene; each has happened when it is told."""
    for play in (_appear, _decide, _sort, _put_back, _meet, _command):
        yield play(town)


def _appear(town: Town) -> Scene:
    stops = len(town.ledger.load("stops", {"market_id": "CHI", "service_date": town.day}))
    _, seconds = town.wait(
        lambda: len(Sheet(town.tab(CHICAGO, "Stops")).lines) > stops, "the rows of the first spreadsheet"
    )
    return Scene(
        "The hub fills the shared spreadsheets",
        f"{stops:,} stops and all that belongs to them stood there after {seconds:.0f} s.",
    )


def _decide(town: Town) -> Scene:
    waiting = [r for r in town.ledger.load("recon", {"service_date": town.day}) if _waits(r)]
    if not waiting:
        raise Refused("This day has nothing for dispatch to decide. Choose another --seed.")
    record = waiting[0]
    key = TABLES["recon"].key_of(record.values)
    sheet = Sheet(town.tab(CHICAGO, "Recon"))
    sheet.type(sheet.place(key, ("Route", "Stop")), "Dispatch decides", "ACCEPT")
    held, seconds = town.wait(lambda: _changed(town, record), "the decision in the ledger")
    return Scene(f"Pat decides on Recon: {key[1]} ACCEPT",
                 f"The ledger had it after {seconds:.1f} s: {held.values['status']}, signed by {held.by}.")  # fmt: skip


def _waits(record: Record) -> bool:
    row = record.values
    return row["market_id"] == "CHI" and row["status"] == "OPEN" and tuple(row["waits_for"] or ()) == ("DISPATCH",)


def _changed(town: Town, record: Record) -> Record | None:
    held = town.ledger.by_rid(record.table, [record.rid])[record.rid]
    return held if held.rev > record.rev else None


def _sort(town: Town) -> Scene:
    before = {name: {r.rid: r.rev for r in town.ledger.load(name, {})} for name in ("exceptions", "stops", "recon")}
    tab = town.tab(CHICAGO, "Exceptions")
    tab.insert_rows([[]] * 2, row=3)
    sheet = Sheet(tab)
    tab.sort((sheet.header.index("Stop") + 1, "des"))
    case = _case(town, 1)
    sheet = Sheet(town.tab(CHICAGO, "Exceptions"))
    sheet.type(sheet.place([case.values["exc_id"]], ["Case"]), "Dispatch note", "gate code 4711")
    _, seconds = town.wait(lambda: _changed(town, case), "the note in the ledger")
    now = {name: {r.rid: r.rev for r in town.ledger.load(name, {})} for name in before}
    others = sum(now[name].get(rid) != rev for name, rows in before.items() for rid, rev in rows.items())
    return Scene("Pat inserts two rows, sorts the other way round, then types a note",
                 f"Of {sum(map(len, now.values())):,} rows in the ledger {others} changed: the one with the note, after {seconds:.1f} s.")  # fmt: skip


def _case(town: Town, number: int) -> Record:
    """One of Chicago's open cases; where there are few, the same one again."""
    found = [
        record
        for record in town.ledger.load("exceptions", {"market_id": "CHI"})
        if record.values["status"] == "NEW" and record.values["recipient"]
    ]
    if not found:
        raise Refused("This day has no open case. Choose another --seed.")
    return found[number % len(found)]


def _put_back(town: Town) -> Scene:
    case = _case(town, 2)
    known = _conflicts(town)
    sheet = Sheet(town.tab(CHICAGO, "Exceptions"))
    row = sheet.place([case.values["exc_id"]], ["Case"])
    sheet.type(row, "Recipient", "Somebody Else")
    told, _ = town.wait(lambda: _new_conflict(town, known), "what is said about it")
    town.wait(lambda: _cell(town, case, "Recipient") == case.values["recipient"], "the name put back")
    return Scene("Pat overwrites a name that comes from the client",
                 f"It is put back, and both values stand on Conflicts: {told['message']}.")  # fmt: skip


def _meet(town: Town) -> Scene:
    """Two people type into one cell between two looks of the hub."""
    case = _case(town, 3)
    known = _conflicts(town)
    sheet = Sheet(town.tab(CHICAGO, "Exceptions"))
    row = sheet.place([case.values["exc_id"]], ["Case"])
    _edit(town, case, "customer says: after 18:00")
    sheet.type(row, "Internal note", "concierge takes it")
    told, _ = town.wait(lambda: _new_conflict(town, known), "the conflict")
    board, _ = town.wait(lambda: _shown(town, told["conflict_id"]), "the conflict on its tab")
    board.type(board.place([told["conflict_id"]], ["No."]), "Choose", "SHEET")
    held, seconds = town.wait(lambda: _noted(town, case, "concierge takes it"), "the choice")
    return Scene("Vera, the VA, and Pat type into the same cell at the same time",
                 f"Nobody's note is lost: both stood on Conflicts, Pat chose, and {seconds:.1f} s later the ledger says "
                 f"“{held.values[NOTE]}”.")  # fmt: skip


def _edit(town: Town, case: Record, text: str) -> None:
    """Vera's edit, through the hub as the ribbon in her Excel would send it."""
    one: dict[str, Any] = {"table": case.table, "row": case.rid, "rev": case.rev, "cells": {NOTE: text}}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.put(f"{town.hub}/api/v1/edits", json={"edits": [one]}, timeout=60,
                             headers={"Authorization": f"Bearer {town.va_token}"})  # fmt: skip
    answer.raise_for_status()


def _conflicts(town: Town) -> set[str]:
    return {record.rid for record in town.ledger.load("conflicts", {})}


def _new_conflict(town: Town, known: set[str]) -> Any:
    return next((record.values for record in town.ledger.load("conflicts", {}) if record.rid not in known), None)


def _shown(town: Town, number: str) -> Sheet | None:
    sheet = Sheet(town.tab(CHICAGO, "Conflicts"))
    return sheet if any(number in line for line in sheet.lines) else None


def _noted(town: Town, case: Record, text: str) -> Record | None:
    held = town.ledger.by_rid(case.table, [case.rid])[case.rid]
    return held if held.values[NOTE] == text else None


def _cell(town: Town, case: Record, title: str) -> str:
    sheet = Sheet(town.tab(CHICAGO, "Exceptions"))
    return sheet.lines[sheet.place([case.values["exc_id"]], ["Case"]) - 1][sheet.header.index(title)]


def _command(town: Town) -> Scene:
    """A job from the browser alone: chosen, read, run."""

    def state(word: str) -> Callable[[], dict[str, str] | None]:
        def found() -> dict[str, str] | None:
            sheet = Sheet(town.tab(CHICAGO, "Commands"))
            line = dict(zip(sheet.header, sheet.lines[1], strict=False)) if len(sheet.lines) > 1 else {}
            return line if line.get("Status") == word else None

        return found

    town.wait(state("FREE"), "a free row on Commands")
    sheet = Sheet(town.tab(CHICAGO, "Commands"))
    for title, text in (("Job", "Open exceptions"), ("Day", town.day.isoformat())):
        sheet.type(2, title, text)
    looked, _ = town.wait(state("LOOK"), "the preview")
    # RUN counts once the preview has stood there to be read; before that it is asked for again
    for _ in range(5):
        sheet.type(2, "Run", "RUN")
        line, _ = town.wait(lambda: state("DONE")() or _asked_again(state("LOOK")()), "the run")
        if line["Status"] == "DONE":
            return Scene(f"Pat runs a job from the tab Commands: {looked['Job']}",
                         f"First it said what it would do, then it was done: {line['Result'].splitlines()[0]}")  # fmt: skip
    raise Refused("The command was not run. Look at the tab Commands.")


def _asked_again(line: dict[str, str] | None) -> dict[str, str] | None:
    return line if line is not None and not line["Run"] else None
