"""A job's declaration, and what it is run with.

A job gathers what lies outside the ledger (a file, the workbooks on disk) and then plans: a pure function of the
books and the parameters. Preview prints the plan, run applies the very same one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from stopbook import options
from stopbook.options import Option
from stopbook.settings import Settings
from workbooks.books import Books
from workbooks.ledger import Ledger
from workbooks.plan import Plan
from workbooks.problems import Refused
from workbooks.schema import Role


@dataclass(frozen=True)
class Params:
    """What a job is run with. `now` is aware; `extra` holds what the job's own options and `gather` brought."""

    now: datetime
    by: str
    via: str
    market: str | None = None
    day: date | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def need_day(self) -> date:
        """The day, or a sentence asking for it."""
        if self.day is None:
            raise Refused("Say which day with --date, such as --date 2026-03-10.")
        return self.day


Gather = Callable[[Settings, Ledger, Params], Mapping[str, Any]]


@dataclass(frozen=True)
class Job:
    """One job. `group` is its place in the ribbon and the handbook; `by_day` and `by_market`: what it is run for.

    `gather` does the reading outside the ledger and returns extras for the parameters; `plan` is pure.
    """

    name: str
    title: str
    group: str
    about: str
    plan: Callable[[Books, Params], Plan]
    by_day: bool = False
    by_market: bool = False
    gather: Gather | None = None
    order: int = 50
    roles: tuple[Role, ...] = ()
    """who may run it through the hub, besides the manager; blank: as is usual for its group (`stopbook.hub.works`)"""
    posts: bool = False
    """it posts or sends what then cannot be taken back, so it needs a person who may post"""
    icon: str = ""
    """picture of its button, one of `addin.build.icons`; blank: its group's"""
    options: tuple[Option, ...] = ()
    """what else a person may say to it, such as one invoice or a reference; `Params.extra` holds the values"""

    def scope(self, params: Params) -> dict[str, str]:
        """What this run is for, as text."""
        scope: dict[str, str] = {}
        if self.by_day:
            scope["date"] = params.need_day().isoformat()
        if self.by_market:
            scope["market"] = params.market or "all"
        return scope | options.scope(self.options, params.extra)
