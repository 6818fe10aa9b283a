"""Spreadsheets that grow with the declarations: tabs, columns and choices that are new come into them by themselves.

What a spreadsheet was given is noted in the ledger, under its name and a word of its own, so that what people took away
or named otherwise is told from what is new.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from sheets_sync.google import grow
from sheets_sync.google.read import Snapshot
from sheets_sync.google.replica import Ambiguous, Found, NotApplied, Rejected, Replica
from sheets_sync.google.shape import Look, lists
from sheets_sync.google.transport import Spreadsheet
from workbooks.ledger import IntentState, Lease, Ledger
from workbooks.shelf import Workbook

SHAPE = " shape"
"""behind the name of a copy: what is noted of its shape"""
FRESHEN = timedelta(minutes=5)
"""between two times at which drop-downs are brought up to date, and what could not be added is tried again"""


def note(ledger: Ledger, copy: str, given: Mapping[str, Any], at: datetime, fence: Lease | None = None) -> None:
    """Note what a copy was given: `tabs` (`grow.Shape`), the digest of what is `listed` in drop-downs, and `of` which
    spreadsheet that is so.
    """
    number = ledger.intend(copy + SHAPE, 0, given, at, fence=fence)
    ledger.settle(number, IntentState.DONE, at, fence=fence)


def ours(ledger: Ledger, copy: str, token: int) -> bool:
    """True when the write that bears this token was intended by this ledger, or it was rebuilt from what that left."""
    known = ledger.intended(copy, "token", token) or ledger.intended(copy + SHAPE, "token", token)
    return known or ledger.generation(copy) == token


def listed(shown: Look) -> str:
    """Digest of what can be chosen from the ledger's own rows, such as routes and drivers."""
    return sha256(repr(sorted(shown.choices.items())).encode()).hexdigest()


class Store(Protocol):
    """The ledger, and the lease under which the spreadsheet is kept, renewed now and then."""

    ledger: Ledger
    lease: Lease


@dataclass
class Growing:
    """One spreadsheet's shape, kept up to date while its lease is held. `look`: its colours and drop-downs now."""

    store: Store
    book: Workbook
    sheet: Spreadsheet
    replica: Replica
    look: Callable[[], Look]
    fenced: Callable[[int], None] = lambda token: None
    """refuses a spreadsheet that somebody else wrote, whose last write bears this token"""
    unable: tuple[str, ...] = ()
    """what is new and could not be added, each with the reason and what to do"""
    _given: dict[str, Any] = field(default_factory=dict)
    _grown: datetime | None = None
    _listed: datetime | None = None

    def catch_up(self, now: datetime) -> tuple[str, ...]:
        """Add what was declared since; sentences about it. Looked at once, and again while something could not be added."""
        if self._grown is not None and (not self.unable or now - self._grown < FRESHEN):
            return ()
        self._given = self.store.ledger.last_written(self.book.name + SHAPE)
        self._same(now)
        before = self._given.get("tabs")
        self._grown, self.unable = now, ()
        if before == grow.declared(self.book):
            return ()
        snapshot = self.sheet.read()
        if snapshot.sync is None:
            return ()
        self.fenced(snapshot.sync)
        if before is None:
            choices = self.sheet.choices(grow.below(snapshot, self.book))
            before = grow.known(snapshot, self.book, self.replica.journal.bases(), choices)
            self._given.setdefault("listed", listed(self.look()))  # as whoever kept it before left it
        new, cannot = self._added(snapshot, snapshot.sync, before, now)
        self._note(now, tabs=grow.after(self.book, before, list(cannot)))
        self.unable = tuple(cannot.values())
        return tuple(new)

    def _same(self, now: datetime) -> None:
        """Where another spreadsheet showed these tables before, nothing was agreed on with this one yet."""
        of = self._given.get("of")
        if of == self.sheet.book:
            return
        if of is not None:
            self.replica.journal.forget(self.replica.journal.bases())
        self._note(now, of=self.sheet.book)

    def _added(
        self, snapshot: Snapshot, after: int, before: grow.Shape, now: datetime
    ) -> tuple[list[str], dict[str, str]]:
        """Each tab by itself, so that one which refuses us holds up no other: what is new, and by table what cannot be."""
        new: list[str] = []
        cannot: dict[str, str] = {}
        for one in grow.growth(snapshot, self.book, self.look(), before):
            why = one.stopped
            if one.requests:
                op = self.replica.bare(snapshot, after)
                self._note(now, token=op.token)  # whatever becomes of it, it is one of ours
                try:
                    self.sheet.add(op, one.requests)
                    after = op.token
                    new += [one.sentence] if one.sentence else []
                except Rejected as refused:
                    why = f"{one.sentence or 'there are new choices'}, and could not be added. {refused}"
            if why:
                cannot[one.table.name] = f"{snapshot.title}, tab {one.table.title}: {why.rstrip('.')}."
        return new, cannot

    def freshen(self, shown: Look, found: Found, now: datetime) -> None:
        """New routes and drivers come into the drop-downs. They only help to choose, so a refusal stops nothing."""
        digest = listed(shown)
        if digest == self._given.get("listed") or (self._listed is not None and now - self._listed < FRESHEN):
            return
        requests = [
            request
            for seen in found.shared.seen.values()
            for request in lists(
                seen.tab.table, seen.sheet.sheet_id, seen.places, self.book, shown, seen.header_row - 1
            )
        ]
        with suppress(NotApplied, Ambiguous):
            if requests:
                self.sheet.update(requests)
            self._note(now, listed=digest)
        self._listed = now

    def _note(self, at: datetime, **part: Any) -> None:
        self._given = {name: value for name, value in {**self._given, **part}.items() if name != "generation"}
        note(self.store.ledger, self.book.name, self._given, at, self.store.lease)
