"""Stopbook, opened: the settings of a home and its ledger, with the rows every ledger begins with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from stopbook.settings import Settings
from workbooks.ledger import Ledger
from workbooks.plan import Plan, Put
from workbooks.problems import Refused
from workbooks.schema import rid_of
from workbooks.tables import TABLES


@dataclass(frozen=True)
class App:
    """The settings and the open ledger."""

    settings: Settings
    ledger: Ledger


def now() -> datetime:
    """The moment, UTC, whole seconds. The one place where the application reads the clock."""
    return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def opened(settings: Settings, at: datetime | None = None) -> Iterator[App]:
    """The application over `settings`; makes the home and a new ledger where there is none."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            f"The folder {settings.home} cannot be made ({error.strerror}). Choose another with --home."
        ) from error
    with Ledger.open(settings.ledger, at or now()) as ledger:
        begin(ledger, at or now())
        yield App(settings, ledger)


def begin(ledger: Ledger, at: datetime) -> None:
    """Puts the rows a ledger begins with, where they never were; a row somebody took out stays out."""
    puts = []
    for table in TABLES.values():
        if not table.defaults:
            continue
        known = {record.rid for record in ledger.load(table.name, {}, include_void=True)}
        for row in table.defaults:
            key = table.key_of(row)
            if rid_of(table.name, key) not in known:
                puts.append(Put(table.name, key, row, 0, "default"))
    if puts:
        plan = Plan("set-up", {}, tuple(puts))
        ledger.apply(plan, run_key=f"set-up-{plan.digest}", inputs_hash="", by="Stopbook", via="set-up", at=at)
