"""What `stopbook compare` takes for a month of pay and of invoices at 1,500 stops a day, and the most memory it holds.

The company is the demo's; its month of reconciled work is written into a ledger as it would stand there. The old files
have a row a stop, the longest shape there is, with a stop forgotten here and there, another rate now and then.
Run with `python -m benchmarks.compare [stops a day]`. POSIX only.
"""

import csv
import json
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from stopbook import settings
from stopbook.app import App, opened
from stopbook.compare import run as comparing
from stopbook.demo.company import Company, company
from stopbook.demo.desk import MANAGER, Desk
from stopbook.demo.files import write_master
from stopbook.demo.terms import terms
from stopbook.demo.truth import Truth, truth
from stopbook.demo.week import clock
from stopbook.job import Params
from stopbook.jobs.import_file import Request
from workbooks.cells import to_json
from workbooks.ledger.rows import indexed, places
from workbooks.schema import rid_of
from workbooks.tables import TABLES

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
LIMIT = 60.0
"""seconds of processor time that either comparison may take"""
HEADERS = {"settlements": ("Driver ID", "Date", "Order", "Description", "Qty", "Rate", "Amount"),
           "invoices": ("Account ID", "Date", "Order", "Description", "Qty", "Rate", "Amount")}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A delivery or failed attempt of the month, as an old file tells it."""

    day: date
    order: str
    driver: str
    account: str
    delivered: bool


def begin(desk: Desk, made: Company, inbox: Path) -> None:
    """The company with its plans and cards in force."""
    for name, tabs in (("company", made.tabs), ("terms", terms(made))):
        desk.take(Request(write_master(inbox / f"{name}.xlsx", tabs)))
    for name in ("activate-plans", "activate-plans", "activate-cards"):
        desk.run(name, by=MANAGER)


def rows_of(day: Truth, found: list[Made]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What stands in the ledger of a reconciled day: (tab, row); every stop with its first scan."""
    scans = {market: {scan.order: scan for scan in some} for market, some in day.scans.items()}
    for route in day.routes:
        base = {"market_id": route.market, "service_date": day.on}
        number = f"{route.market}-{day.on}-{route.code}"
        yield "manifest", {**base, "route_id": number, "route_code": route.code, "status": "RECONCILED", "version": 1,
                           "driver_id": route.driver, "planned_miles": Decimal(str(route.miles)), "dispatched_at": route.dispatched}  # fmt: skip
        yield "mileage", {**base, "route_id": number, "driver_id": route.driver, "status": "ACCEPTED", "planned_miles": Decimal(str(route.miles)),
                          "chosen": Decimal(str(route.miles)), "source": "ODOMETER", "rollover": False, "band_flag": "OK"}  # fmt: skip
        for stop in route.stops:
            scan = scans[route.market].get(stop.order)
            if scan is None or scan.status not in ("DELIVERED", "FAILED"):
                continue
            key, door = f"{stop.account}-{stop.order}-1", f"A-{stop.order}"
            found.append(Made(day.on, stop.order, route.driver, stop.account, scan.status == "DELIVERED"))
            yield "addresses", {"address_id": door, "market_id": route.market, "raw": stop.address, "norm": stop.address.upper(),
                                "zip5": stop.zip5, "residential": "N"}  # fmt: skip
            yield "stops", {**base, "stop_id": key, "account_id": stop.account, "order_ref": stop.order, "route_id": number, "address_id": door,
                            "status": scan.status, "pkgs": stop.pkgs, "residential": "N", "signature_req": stop.signature}  # fmt: skip
            yield "attempts", {**base, "attempt_id": f"T-{stop.order}", "stop_id": key, "n": 1, "driver_id": route.driver, "route_id": number,
                               "outcome": scan.status, "reason_code": "RECIP_ABSENT" if scan.status == "FAILED" else None,
                               "arrived_at": scan.arrived, "completed_at": scan.completed, "pkgs_delivered": stop.pkgs,
                               "pod_photo": scan.photo, "pod_sign": scan.signature or None, "scan_count": 1, "dup_scan": False,
                               "platform": "GENERIC", "source": "CSV", "status": "CONFIRMED"}  # fmt: skip
            yield "recon", {**base, "route_id": number, "stop_id": key, "account_id": stop.account, "status": "CLOSED", "flags": ("MATCH",),
                            "outcome": scan.status, "final": scan.status, "expected": True, "attempts": 1, "driver_id": route.driver,
                            "on_time": "ON_TIME", "first_attempt": scan.status == "DELIVERED"}  # fmt: skip


def fill(home: Path, made: Company, stops: int) -> list[Made]:
    """A month of work, straight into the ledger's table of rows."""
    found: list[Made] = []
    with sqlite3.connect(home / "ledger.sqlite") as base:
        for number in range((LAST - FIRST).days + 1):
            day = truth(made, stops, number, FIRST + timedelta(days=number), 1_000_000 + 10 * stops * number)
            base.executemany("insert or ignore into rows values (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                             (_stored(name, row) for name, row in rows_of(day, found)))  # fmt: skip
    base.close()
    return found


def _stored(name: str, row: dict[str, Any]) -> tuple[Any, ...]:
    table = TABLES[name]
    data = {column: to_json(value) for column, value in row.items() if value is not None}
    key = table.key_of(row)
    where = {index: indexed(data.get(column)) if column else "" for index, column in places(table).items()}
    return (name, rid_of(name, key), json.dumps(list(key)), where["market"], where["day"], where["parent"], where["state"],
            json.dumps(data), 1, "benchmark", "2026-03-31T00:00:00Z", False, "")  # fmt: skip


def old_file(path: Path, kind: str, month: list[Made]) -> Path:
    """Everything once more as somebody else kept it: a row a stop, one in 400 forgotten, one in 300 at another rate."""
    dice = Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS[kind])
        for one in month:
            if dice.randrange(400) == 0:
                continue
            rate = ("3.25" if dice.randrange(300) == 0 else "3.15") if one.delivered else "1.25"
            who = one.driver if kind == "settlements" else one.account
            what = "Delivered stop" if one.delivered else "Failed attempt"
            writer.writerow((who, one.day, one.order, what, 1, rate, rate))
    return path


def timed(app: App, kind: str, path: Path) -> float:
    """Seconds of processor time of one comparison."""
    began = time.process_time()
    now = clock(LAST + timedelta(days=2), 9)
    comparing.run(app, comparing.Asked(kind, path, f"{FIRST:%Y-%m}"), Params(now, MANAGER, "benchmark"))
    return time.process_time() - began


def main(stops: int) -> int:
    """Makes the month, compares both, prints what each took."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        (home / settings.FILE).write_text('company = "Demo"\n', encoding="utf-8")
        made = company(7)
        with opened(settings.load(home), clock(FIRST, 6)) as app:
            begin(Desk(app, clock(FIRST, 6)), made, home)
        month = fill(home, made, stops)
        took, peak = {}, {}
        for kind in HEADERS:
            with opened(settings.load(home), clock(LAST, 6)) as app:
                took[kind] = timed(app, kind, old_file(home / f"old {kind}.csv", kind, month))
            peak[kind] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
                1024 if sys.platform != "darwin" else 2**20
            )
    said = (
        f"{kind} {seconds:.1f} s of processor time, {peak[kind]:,.0f} MB at most by then"
        for kind, seconds in took.items()
    )
    print(f"{len(month):,} stops of {FIRST:%B %Y}: {'; '.join(said)}")
    return int(max(took.values()) > LIMIT)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_500))
