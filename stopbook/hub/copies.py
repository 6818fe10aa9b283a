"""Open workbooks over the hub: one question a round says what changed in one, one answer what it should show.

The hub remembers each sitting with a workbook: the tabs as they were last said, and the last answer, which a repeated
question gets again. When it was started anew it asks for everything once. Whoever asks works under the workbook's
role, in its market, or is told in one sentence that it is not theirs.
"""

import json
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Any

from sheets_sync import openbook
from sheets_sync.openbook import Unclear, View
from sheets_sync.outgoing import Outgoing
from stopbook import openbooks
from stopbook.app import App
from stopbook.hub.wire import Call, Told
from stopbook.openbooks import Done, Opened, Round
from stopbook.people import Person
from workbooks.cells import TEXT_TYPES
from workbooks.schema import Kind, Role
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT, Workbook, shelf
from workbooks.tables import TABLES

GRACE = timedelta(seconds=10)
"""a row has to be missing for so long before it counts as deleted; until then somebody may press Undo"""
LOOK = timedelta(minutes=5)
"""an open workbook is looked through as a whole after so long, also when nothing is known to have changed"""
MOST = 64
"""sittings that are remembered; an older one is asked to say everything again"""
_ROLE = {Role.VA: "VA"}


@dataclass
class Sitting:
    """One workbook somebody has open. `answer` is the last one, `asked` the digest of its question."""

    owner: str
    lock: Lock = field(default_factory=Lock)
    number: int = 0
    asked: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    said: int = 0
    """the round whose tabs these are"""
    missing: dict[str, dict[str, datetime]] = field(default_factory=dict)
    seq: int = -1
    looked: datetime | None = None


class Sittings:
    """Every workbook that somebody has open, as far as this hub remembers."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Sitting] = OrderedDict()
        self._lock = Lock()

    def of(self, opened: Opened, owner: str) -> Sitting:
        """The sitting, new or known; Told when it is somebody else's."""
        key = (opened.name, opened.sitting)
        with self._lock:
            found = self._known.setdefault(key, Sitting(owner))
            self._known.move_to_end(key)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        if found.owner != owner:
            raise Told(409, "Somebody else has this workbook open under the same number. Close it and open it again.")
        return found


def listed(app: App, person: Person) -> list[dict[str, Any]]:
    """The workbooks a person may keep open, with the columns that are theirs and ours."""
    return [
        {"name": book.name, "title": book.title, "market": book.market}
        for book in _books(app) if not _refusal(person, book)
    ]  # fmt: skip


def declared(app: App, call: Call) -> dict[str, Any]:
    """What a workbook is for, and its tabs and columns."""
    return _declared(_allowed(app, call))


def _allowed(app: App, call: Call) -> Workbook:
    book = next((book for book in _books(app) if book.name == call.path["workbook"]), None)
    reason = _refusal(call.person, book) if book is not None else "There is no such workbook here."
    if book is None or reason:
        raise Told(404 if book is None else 403, reason)
    return book


def step(app: App, sittings: Sittings, call: Call) -> dict[str, Any]:
    """Answer one round of one open workbook."""
    book = _allowed(app, call)
    opened, number = _opened(book, call)
    openbooks.expect(app.ledger, opened, call.text("ledger_id", 80))
    known = _declared(book)
    if call.text("declared", 40) != known["declared"]:
        return {**known, "again": True}
    sitting = sittings.of(opened, call.person.email)
    with sitting.lock:
        return dict(_answered(app, sitting, opened, number, call))


def _answered(app: App, sitting: Sitting, opened: Opened, number: int, call: Call) -> Mapping[str, Any]:
    digest = sha256(json.dumps(call.said, sort_keys=True).encode()).hexdigest()
    if number == sitting.number and digest == sitting.asked:
        return sitting.answer
    if number <= sitting.number:
        raise Told(409, f"A later state of {opened.file} was taken in already.")
    said = call.said.get("tabs")
    since = call.said.get("since", 0)
    if not isinstance(said, dict) or type(since) is not int or any(not isinstance(one, dict) for one in said.values()):
        raise Told(400, "Say which tabs there are, each with its rows.")
    if since and since != sitting.said:
        return {"whole": True, "round": number}
    try:
        views = _views(opened.book, sitting.views if since else {}, said, call.said.get("titles"))
    except Unclear as unclear:
        raise Told(400, f"{opened.file} was not understood: {unclear}.") from unclear
    if not since and not sitting.said:
        openbooks.begin(app.ledger, opened)
    if _quiet(app, sitting, views, call):
        sitting.number, sitting.asked, sitting.said = number, digest, number
        sitting.answer = {**_standing(sitting), "round": number, "quiet": True}
        return sitting.answer
    late = {
        name: frozenset(rid for rid, since in rids.items() if call.at - since >= GRACE)
        for name, rids in sitting.missing.items()
    }
    start, known = app.ledger.last_seq(), {table.name for table in opened.book.tables if table.title in views}
    part = _part(app, sitting, opened.book, views, call)
    book = (
        opened.book
        if part is None
        else replace(opened.book, tables=tuple(t for t in opened.book.tables if t.name in part))
    )
    said_ = {title: view for title, view in views.items() if any(table.title == title for table in book.tables)}
    asked = Round(
        replace(opened, book=book), number, openbook.snapshot(opened.file, said_), call.person.email, call.via, call.at,
        late, _sure(call, opened.book), frozenset(known),
    )  # fmt: skip
    done = openbooks.keep(app, asked)
    sitting.missing = {
        name: {rid: sitting.missing.get(name, {}).get(rid, call.at) for rid in rids}
        for name, rids in done.missing.items()
    }
    answer = _told(app, opened, number, done)
    if part is None:
        sitting.looked, sitting.seq = call.at, done.seq
    else:
        answer = _carried(sitting.answer, answer, {table.title for table in book.tables})
        # what an edit changed elsewhere is looked at in the next round
        sitting.seq = done.seq if _changed(app, opened.book, start) <= part else start
    sitting.views, sitting.said, sitting.number, sitting.asked, sitting.answer = views, number, number, digest, answer
    return answer


def _part(app: App, sitting: Sitting, book: Workbook, views: Mapping[str, View], call: Call) -> frozenset[str] | None:
    """The tables that have to be looked through, when it is not all of them: those in which either side has something new."""
    looked = sitting.looked
    if looked is None or call.at - looked >= LOOK or call.said.get("sure") or any(sitting.missing.values()):
        return None
    if views.keys() != sitting.views.keys():
        return None
    changed = _changed(app, book, sitting.seq)
    named = {table.name for table in book.tables if table.only_referenced}
    if changed & named or any(column.ref in named for name in changed for column in TABLES[name].columns):
        return None  # which rows of those belong here follows from the others
    here = {table.name for table in book.tables if views.get(table.title) is not sitting.views.get(table.title)}
    return frozenset(here | changed | {"conflicts"}) & {table.name for table in book.tables}


def _changed(app: App, book: Workbook, seq: int) -> set[str]:
    """Tables of the workbook in which the ledger has changed since."""
    names = [table.name for table in book.tables if table.kind is not Kind.LOG]
    return {name for _, name, _ in app.ledger.changed_since(names, seq, 10_000)}


def _carried(before: Mapping[str, Any], answer: dict[str, Any], looked: Collection[str]) -> dict[str, Any]:
    """The answer with what was told of the tabs that were not looked at this time: it stands."""
    for name in ("writes", "appends"):
        answer[name] = [one for one in before.get(name, ()) if one["tab"] not in looked] + answer[name]
    stopped = {title: why for title, why in before.get("stopped", {}).items() if title not in looked}
    answer["stopped"] = {**stopped, **answer["stopped"]}
    answer["mark"] = answer["mark"] or before.get("mark", "")
    return answer


def _quiet(app: App, sitting: Sitting, views: Mapping[str, View], call: Call) -> bool:
    """True when neither side has anything new and nothing waits."""
    return (
        sitting.looked is not None
        and call.at - sitting.looked < LOOK
        and views == sitting.views
        and not call.said.get("sure")
        and not any(sitting.missing.values())
        and app.ledger.last_seq() == sitting.seq
    )


def _standing(sitting: Sitting) -> dict[str, Any]:
    """What of the last answer still holds when nothing has happened since: what is to be written, and where it stands."""
    kept = ("writes", "appends", "marks", "conflicts", "stopped", "mark", "notice")
    return {name: sitting.answer[name] for name in kept if name in sitting.answer} | {"taken": 0, "sentences": []}


def _told(app: App, opened: Opened, number: int, done: Done) -> dict[str, Any]:
    latest = app.ledger.generation(opened.book.name)
    notice = ""
    if opened.generation < latest:
        notice = f"{opened.file} is writing {opened.generation}, the latest is {latest}: what is typed here is taken in, but open the latest soon."
    return {
        "round": number,
        "mark": f"{opened.sitting}.{number}" if done.kept else "",
        "taken": done.taken,
        "sentences": list(done.sentences[:50]),
        "writes": [write for one in done.outgoing for write in _writes(one)],
        "appends": [
            {"tab": TABLES[row.table].title, "rid": row.rid, "cells": dict(row.cells)}
            for one in done.outgoing for row in one.appends
        ],
        "marks": [
            {"tab": TABLES[table].title, "rid": rid, "header": header, "text": text}
            for table, rid, header, text in done.marks
        ],
        "conflicts": done.conflicts,
        "stopped": {TABLES[name].title: sentence for name, sentence in done.stopped.items()},
        "notice": notice,
    }  # fmt: skip


def _writes(one: Outgoing) -> list[dict[str, Any]]:
    return [
        {"tab": TABLES[write.table].title, "row": write.row, "key": write.key, "rid": write.rid,
         "known": dict(write.known), "cells": [[cell.header, cell.expected, cell.cell] for cell in write.cells]}
        for write in one.writes
    ]  # fmt: skip


def _books(app: App) -> tuple[Workbook, ...]:
    return shelf([record.values for record in app.ledger.load("markets", {})])


def _refusal(person: Person, book: Workbook) -> str:
    """Why a person may not work in a workbook; "" when they may."""
    if not person.has(*book.roles):
        who = " or ".join(_ROLE.get(role, role.value) for role in book.roles)
        return f"{book.title} is the workbook of {who}, and {person.email} works as something else (tab Users). Nothing was read."
    if person.markets is not None and (book.market is None or book.market not in person.markets):
        return f"{book.title} holds markets that are not those of {person.email} (tab Users). Nothing was read."
    if person.accounts is not None:
        return f"{book.title} holds accounts that are not those of {person.email} (tab Users). Nothing was read."
    return ""


def _opened(book: Workbook, call: Call) -> tuple[Opened, int]:
    generation, number = call.said.get("generation"), call.said.get("round")
    sitting, mark = call.text("sitting", 32), call.text("mark", 60)
    if type(generation) is not int or type(number) is not int or not 1 <= number < 10**9 or abs(generation) > 10**9:
        raise Told(400, "Say which writing of the workbook it is, and the number of the round.")
    if openbook.sitting_of(f"{sitting}.1") is None or (mark and openbook.sitting_of(mark) is None):
        raise Told(400, "A sitting has a number of 8 to 32 digits and letters from a to f.")
    return Opened(book, generation, mark, sitting, call.text("file", 200) or book.file), number


def _declared(book: Workbook) -> dict[str, Any]:
    """The tabs and columns that are kept in step, under a number that changes with them."""
    tabs = {
        table.title: {
            "table": table.name,
            "headers": [*SYSTEM_LEFT, *(column.title for column in table.columns), SYSTEM_RIGHT[0]],
            "texts": [column.title for column in table.columns if column.type in TEXT_TYPES] + [*SYSTEM_LEFT, SYSTEM_RIGHT[0]],
            "day": table.by_name[table.day].title if table.day else "",
            "mine": [column.title for column in table.columns if column.owned_by(book.roles)],
        }
        for table in book.tables if table.kind is not Kind.LOG
    }  # fmt: skip
    number = sha256(json.dumps(tabs, sort_keys=True).encode()).hexdigest()[:16]
    return {"declared": number, "tabs": tabs, "title": book.title, "market": book.market, "zone": book.zone.key}


def _views(
    book: Workbook, before: Mapping[str, View], said: Mapping[str, Mapping[str, Any]], titles: Any
) -> dict[str, View]:
    """Every tab of ours as it stands: those said now, and of those before the ones that are still there."""
    ours = {table.title for table in book.tables}
    still = set(titles) if isinstance(titles, list) else ours
    views = {title: view for title, view in before.items() if title in still}
    return views | {title: openbook.following(before.get(title), one) for title, one in said.items() if title in ours}


def _sure(call: Call, book: Workbook) -> frozenset[str]:
    said = call.said.get("sure") or []
    if not isinstance(said, list):
        raise Told(400, "“sure” is a list of tabs.")
    return frozenset(table.name for table in book.tables if table.title in said)
