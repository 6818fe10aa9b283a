"""What the child processes of these tests do."""

import multiprocessing
import random
import sys
from datetime import timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

import alembic.command  # noqa: F401 - so that a child does not spend its short life on importing

from tests.workbooks.ledger.support import AT, declare, no_parcel, parcel, plan
from workbooks.ledger import Ledger, Stale
from workbooks.plan import Base, Keep, Plan
from workbooks.schema import Record

PROCESSES: Any = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    PROCESSES.set_forkserver_preload([__name__])
NAMES = [f"P{number}" for number in range(160)]


def busy_plan(ledger: Ledger, number: int) -> Plan:
    """A plan that creates, changes, voids and revives rows, with a document and the bases of every row in it."""
    chance = random.Random(number)
    known: dict[str, Record] = {r.values["parcel_id"]: r for r in ledger.load("parcels", {}, include_void=True)}
    steps = []
    for name in chance.sample(NAMES, 120):
        record = known.get(name)
        if record and not record.void and chance.random() < 0.1:
            steps.append(no_parcel(name, record.rev))
        else:
            values = {"count": number, "price": Decimal(number) / 100, "note": chance.choice([None, "late", "ok"])}
            steps.append(parcel(name, record.rev if record and not record.void else 0, why="busy", **values))
    bases = [Base("copy", "parcels", step.rid, number + 1, {"count": number}) for step in steps]
    keep = Keep("original", f"{number}.csv", chance.randbytes(20_000))
    return plan(*steps, job="busy", scope={"for": "kill"}, bases=bases, keeps=[keep])


def stay_busy(url: str, pipe: Connection) -> None:
    """Apply plan after plan, telling before each its number, until killed."""
    declare()
    with Ledger.open(url) as ledger:
        last = ledger.last_run("busy", {"for": "kill"})
        number = int(last.run_key.removeprefix("busy-")) + 1 if last else 0
        while True:
            planned = busy_plan(ledger, number)
            pipe.send(number)
            at = AT + timedelta(seconds=number)
            ledger.apply(planned, run_key=f"busy-{number}", inputs_hash="", by="ana", via="test", at=at)
            number += 1


def open_it(url: str, pipe: Connection) -> None:
    """Open the ledger, creating it, as soon as told to; answer with its id."""
    pipe.send("ready")
    pipe.recv()
    with Ledger.open(url) as ledger:
        pipe.send(ledger.ledger_id)


def click(url: str, pipe: Connection) -> None:
    """Apply the same plan under the same key as others do at the same moment; answer with what came of it."""
    declare()
    with Ledger.open(url) as ledger:
        pipe.send("ready")
        pipe.recv()
        planned = plan(*(parcel(name, count=1) for name in NAMES))
        run = ledger.apply(planned, run_key="click", inputs_hash="", by="ana", via="test", at=AT)
        pipe.send((run.run_id, run.replayed))


def count_up(url: str, pipe: Connection) -> None:
    """Add 1 to the same cell fifteen times, planning again whenever somebody else was quicker."""
    declare()
    with Ledger.open(url) as ledger:
        pipe.send("ready")
        me = pipe.recv()
        stale = 0
        for turn in range(15):
            while True:
                record = ledger.load("parcels", {"parcel_id": "P0", "leg": 1})[0]
                planned = plan(parcel("P0", record.rev, count=record.values["count"] + 1))
                key = f"{me}-{turn}-{stale}"
                try:
                    ledger.apply(planned, run_key=key, inputs_hash="", by=str(me), via="test", at=AT)
                    break
                except Stale:
                    stale += 1
        pipe.send(stale)
