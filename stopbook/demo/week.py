"""The demo's week: seven days of work as they are done, the Monday on which they are paid and billed, and what comes late."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from stopbook.demo.company import MONDAY, TODAY, WEEK, Company
from stopbook.demo.desk import BILLING, DISPATCH, MANAGER, PAYROLL, VA, Desk
from stopbook.demo.files import write_corrected, write_day, write_master, write_scans
from stopbook.demo.inbox import CHICAGO, market, requests
from stopbook.demo.terms import advances, terms
from stopbook.demo.truth import Again, Scan, Stop, Truth, truth
from stopbook.explain import explain
from stopbook.jobs.import_file import Request
from workbooks.problems import Refused

Step = Callable[[str], None]
SHARES = (1.0, 1.0, 1.0, 1.0, 1.0, 0.7, 0.4, 1.0)
"""of the drivers who work, Monday to the Monday after"""
LATE = WEEK[3]
"""the day of which one scan comes in when it has been paid and billed"""
AGAIN = ("RECIP_ABSENT", "ACCESS_CODE", "BUSINESS_CLOSED", "APT_RESTRICT", "PARTIAL")
"""reasons after which a new day is agreed with the recipient; the others go back to the sender or are settled"""
LEFT = 16
"""of so many rows that wait, one has been decided by nobody when the week is paid"""


@dataclass
class Week:
    """What happened, for the last screen. `late`: the scan that came in after posting; `line`: an amount to explain."""

    days: list[Truth] = field(default_factory=list)
    late: Scan | None = None
    late_stop: str = ""
    line: str = ""
    explained: str = ""
    corrected: int = 0
    decided: int = 0
    scheduled: int = 0


def clock(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment in Chicago."""
    return datetime.combine(day, time(hour, minute), CHICAGO)


def plain(made: Truth) -> list[Scan]:
    """Chicago's deliveries of one account with which nothing is the matter but that nobody may hear of them."""
    touched = {change.order for change in made.changes} | {change.route for change in made.changes if not change.order}
    planned = {stop.order: (route, stop) for route in made.routes for stop in route.stops}
    times = Counter(scan.order for scan in made.scans["CHI"])
    return [s for s in made.scans["CHI"] if s.status == "DELIVERED" and s.account == "KITE" and times[s.order] == 1
            and s.order in planned and not touched & {s.order, s.route} and s.arrived <= s.completed
            and (planned[s.order][0].driver, planned[s.order][1].pkgs) == (s.driver, s.pkgs)]  # fmt: skip


class Play:
    """Plays the week at a desk. The same seed and number of stops make the same books."""

    def __init__(self, desk: Desk, company: Company, inbox: Path, stops: int, seed: int, step: Step) -> None:
        self.desk, self.company, self.inbox = desk, company, inbox
        self.stops, self.seed, self.step = stops, seed, step
        self.pick = Random(seed + 3)  # noqa: S311
        self.week = Week()
        self._again: list[Again] = []
        self._known: dict[str, tuple[str, Stop]] = {}
        self._waited = 0

    def play(self) -> Week:
        """Everything, from the company's first file to Monday evening."""
        self._begin()
        for number, day in enumerate(WEEK):
            self._day(number, day)
        self._pay()
        self._bill()
        self._day(len(WEEK), TODAY)
        self._late()
        return self.week

    def _begin(self) -> None:
        desk = self.desk
        desk.now = clock(MONDAY - timedelta(days=1), 16)
        self.step("Making up a company, what it pays and what it charges")
        for name, tabs in (("company", self.company.tabs), ("pay and prices", terms(self.company))):
            result = desk.take(Request(write_master(self.inbox / f"{name}.xlsx", tabs)))
            if result.plan.blocked:
                raise Refused(f"{name}.xlsx: {result.plan.blocked[0]}")
        entries = [("driver_ledger", (row["entry_id"],), row) for row in advances(self.company)]
        desk.edit(PAYROLL, *entries)
        for name in ("activate-plans", "activate-plans", "activate-cards"):
            desk.run(name, by=MANAGER)

    def _day(self, number: int, day: date) -> None:
        """One day: the manifest in the morning, all that came of it in the evening, and what people decide then."""
        desk = self.desk
        self.step(f"{day:%A}: files in, reconciled, decided")
        made = truth(self.company, self.stops, self.seed + 10 * number, day, 100_000 + 10 * self.stops * number,
                     SHARES[number], self._again)  # fmt: skip
        self.week.days.append(made)
        self._known |= {f"{s.account}-{s.order}-1": (r.market, s) for r in made.routes for s in r.stops}
        if day == LATE:
            self._withhold(made)
        files = requests(write_day(self.inbox / f"{day}", made, self.seed + number))
        desk.now = clock(day, 6, 30)
        for name in ("manifest_chi", "manifest_phx"):
            desk.take(files[name], day, market(name))
        self._correct(made)
        self._route(made)
        desk.now = clock(day, 20, 30)
        for name in ("changes", "scans_chi", "scans_phx", "odometers"):
            if name != "changes" or made.changes:
                desk.take(files[name], day, market(name))
        desk.run("reconcile-day", day)
        desk.run("open-exceptions", day)
        desk.now = clock(day, 20, 45)
        if day != TODAY:
            self._decide(day)
            self._miles(day)
            self._contact(day)
            desk.run("open-exceptions", day)
            desk.run("export-client-sheets", day)

    def _correct(self, made: Truth) -> None:
        """The VA puts right what came back, and it is taken in before the vans leave."""
        desk = self.desk
        there = {str(row["order_ref"]) for row in desk.rows("stops", service_date=made.on)}
        missing = {stop.order for route in made.routes for stop in route.stops} - there
        desk.now = clock(made.on, 6, 50)
        for name, request in requests(write_corrected(self.inbox / f"{made.on}", made, missing)).items():
            desk.take(request, made.on, market(name))
        self.week.corrected += len(missing) if made.on in WEEK else 0

    def _withhold(self, made: Truth) -> None:
        """A phone without a signal: of one plain delivery nobody hears before it has been paid and billed."""
        found = plain(made)
        self.week.late = scan = found[len(found) // 2]
        self.week.late_stop = f"{scan.account}-{scan.order}-1"
        made.scans["CHI"] = [one for one in made.scans["CHI"] if one is not scan]

    def _route(self, made: Truth) -> None:
        """Dispatch puts what was promised for today on a route."""
        booked = {row["stop_id"]: row for row in self.desk.rows("redeliveries", status=["REQUESTED", "CONFIRMED"])}
        edits = []
        for one in self._again:
            row, code = booked.get(one.stop_id), made.again[one.stop_id]
            if row is None:
                continue
            edits.append(("redeliveries", (row["redelivery_id"],), {"new_route_id": f"{one.market}-{made.on}-{code}"}))
        self.desk.edit(DISPATCH, *edits)

    def _decide(self, day: date) -> None:
        """Dispatch and VA decide what does not agree; a little is left for later."""
        said: dict[str, list[tuple[str, tuple[str, ...], dict[str, object]]]] = {VA: [], DISPATCH: []}
        for row in sorted(self.desk.rows("recon", service_date=day, status="OPEN"), key=lambda r: str(r["stop_id"])):
            waits = row.get("waits_for") or ()
            stranger = "UNMANIFESTED" in (row.get("flags") or ())
            if row["stop_id"] == self.week.late_stop or self._left(stranger):
                continue
            decision = "REJECT" if stranger else "ACCEPT"
            if row["outcome"] == "MISSING":
                decision = self.pick.choice(("DELIVERED", "NOT_LOADED"))
            for who, by, column in (("VA", VA, "va_decision"), ("DISPATCH", DISPATCH, "dispatch_decision")):
                if who in waits:
                    cells: dict[str, object] = {column: decision}
                    if "NO_DRIVER_MAP" in (row.get("flags") or ()) and by == VA:
                        cells["va_driver"] = "D-037"
                    said[by].append(("recon", (row["route_id"], row["stop_id"]), cells))
        for by, edits in said.items():
            self.desk.edit(by, *edits)
            self.week.decided += len(edits)

    def _left(self, stranger: bool) -> bool:
        """Whether nobody gets round to a row. Who delivered what is on no manifest is always asked."""
        self._waited += not stranger
        return not stranger and self._waited % LEFT == 0

    def _miles(self, day: date) -> None:
        """Drivers without miles are asked, and believed; what is far from the plan stays held."""
        missing = [
            row for row in self.desk.rows("mileage", service_date=day, status="OPEN") if row["band_flag"] == "MISSING"
        ]
        own = {row["route_id"]: row["driver_id"] for row in self.desk.rows("manifest", service_date=day)}
        asked = []
        for row in sorted(missing, key=lambda r: (str(r["route_id"]), str(r["driver_id"]))):
            part = (
                self.pick.randrange(94, 104)
                if own[row["route_id"]] == row["driver_id"]
                else self.pick.randrange(35, 50)
            )
            miles = Decimal(int((row["planned_miles"] or 70) * part / 10)) / 10
            asked.append(("mileage", (row["route_id"], row["driver_id"]), {"gps_miles": miles, "accept": True}))
        self.desk.edit(VA, *asked)
        if asked:
            self.desk.run("reconcile-day", day)

    def _contact(self, day: date) -> None:
        """The VA works the queue: a new day for those who were not home, an end for the rest."""
        self._again = []
        edits = []
        for case in sorted(
            self.desk.rows("exceptions", service_date=day, status="NEW"), key=lambda r: str(r["exc_id"])
        ):
            known = self._known.get(str(case["stop_id"]))
            if case["code"] in AGAIN and known is not None and case["family"] != "data":
                later = datetime.combine(day + timedelta(days=1), time(14), CHICAGO)
                edits.append(("exceptions", (case["exc_id"],), {"redelivery_at": later, "action": "SCHEDULE"}))
                self._again.append(Again(known[0], known[1], str(case["stop_id"])))
            elif case["owner"] == "VA" and case["family"] != "data":
                edits.append(("exceptions", (case["exc_id"],), {"disposition": "RTS", "action": "RESOLVE"}))
            elif case["code"] == "UNKNOWN":  # a dog in the yard: nobody gets to the door
                edits.append(("exceptions", (case["exc_id"],), {"code": "APT_RESTRICT", "action": "CONTACTED"}))
        self.desk.edit(VA, *edits)
        self.week.scheduled += len(self._again)

    def _pay(self) -> None:
        """Monday morning: the drivers' week is drafted, looked through, approved, posted and exported."""
        desk, day = self.desk, WEEK[-1]
        self.step("Monday morning: paying 40 drivers")
        for minute, (name, by) in enumerate((("draft-settlements", PAYROLL), ("review-settlements", PAYROLL), ("approve-settlements", MANAGER),
                                             ("post-settlements", PAYROLL), ("payroll-export", PAYROLL), ("export-driver-statements", PAYROLL))):  # fmt: skip
            desk.now = clock(TODAY, 8, minute)
            desk.run(name, day, by)

    def _bill(self) -> None:
        """Then the clients: rated, drafted, reviewed, posted with their PDF, exported; what leaks is named."""
        desk, day = self.desk, WEEK[-1]
        self.step("Monday morning: billing three clients")
        desk.now = clock(TODAY, 9)
        for name in ("draft-invoices", "review-invoices"):
            desk.run(name, day, BILLING)
        desk.run("post-invoices", None, BILLING)
        desk.run("export-invoices", TODAY, BILLING)
        desk.run("find-leakage", day, MANAGER)

    def _late(self) -> None:
        """The late scan is reconciled with its own day; pay and bill are worked out again, the difference is approved."""
        desk = self.desk
        self.step("A scan came late: adjustments")
        desk.now = clock(TODAY, 20, 50)
        name, scan = "scans_chi", self.week.late
        path = write_scans(self.inbox / f"{TODAY}" / f"CHI scans {LATE} late.csv", [scan] if scan else [])
        desk.take(requests({name: path})[name], LATE, "CHI")
        desk.run("reconcile-day", LATE)
        desk.run("open-exceptions", LATE)
        desk.run("propose-adjustments", TODAY, PAYROLL)
        desk.run("propose-billing-adjustments", None, BILLING)
        for table in ("adjustments", "billing_adjustments"):
            found = desk.rows(table, status="PROPOSED")
            desk.edit(MANAGER, *((table, (row["adj_id"],), {"action": "APPROVE"}) for row in found))
        desk.run("find-leakage", WEEK[-1], MANAGER)
        self._explain()

    def _explain(self) -> None:
        """A line of the driver whose scan came late, worked out again from its facts."""
        books = self.desk.app.ledger.books()
        for adjustment in books.rows("adjustments", status="APPROVED"):
            line = books.rows("settlement_lines", settlement_id=adjustment["ref_settlement"], component="STOP_TIER")[0]
            explain(books, "settlement_lines", (line["line_id"],))  # refuses where the facts do not make the amount
            scans = len(str(line["sources"] or "").split())
            self.week.line = str(line["line_id"])
            self.week.explained = f"{line['says']} = {line['amount']:,.2f}, from {scans} scans"
            return
