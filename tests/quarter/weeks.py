"""The quarter as it is run: every day's files and jobs, Mondays with pay and invoices, and the facts that come afterwards."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from tests.quarter import company
from tests.quarter.company import ACCOUNTS, BEGIN
from tests.quarter.desk import Desk
from tests.quarter.happenings import Happenings, serves

DAY = timedelta(days=1)
TAIL = 3
"""weeks after the work, until what came late is settled for drivers of every cycle"""
CLOSED = ("POSTED", "EXPORTED", "PAID")
OPEN = ("SENT", "PARTIAL")


class Quarter:
    """`weeks` of work, then some more in which only what came late is settled. `look` is called at the end of every day."""

    def __init__(
        self, desk: Desk, seed: int, weeks: int, stops: int, look: Callable[[date], None], leaks: Callable[[date], None]
    ) -> None:
        self.desk, self.weeks, self.look, self.leaks = desk, weeks, look, leaks
        self.pick = Random(seed)
        self.world = Happenings(Random(seed + 1), stops)
        self.touched: set[date] = set()
        self.paid = 0

    def run(self) -> None:
        self._begin()
        self.over = BEGIN + self.weeks * 7 * DAY
        for n in range((self.weeks + TAIL) * 7):
            on = BEGIN + n * DAY
            if on.weekday() == 0 and n:
                self._monday(on)
            if on.weekday() == 2 and n > 7:
                self._wednesday(on)
            self._invoices(on)
            self.desk.at(on, 21)
            self._day(on, works=n < self.weeks * 7)
            self.look(on)
        self._monday(self.over + TAIL * 7 * DAY)
        self.look(self.over + TAIL * 7 * DAY)

    def _begin(self) -> None:
        self.desk.take("markets", company.markets())
        for part in (company.clients(), company.plans(), company.people(), company.cards()):
            for table, rows in part.items():
                self.desk.take(table, rows)
        for name in ("activate-plans", "activate-plans", "activate-cards"):
            assert not self.desk.run(name, by="max").plan.blocked

    def _day(self, on: date, works: bool) -> None:
        orders, reports, miles = self.world.day(on) if works else ([], *self.world.after(on))
        self.desk.take("orders", orders, day=on)
        self.desk.take("completions", reports, day=on)
        self.desk.take("mileage", miles)
        touched = {date.fromisoformat(row["route_id"][4:14]) for row in miles} | {
            row["service_date"] for row in reports
        }
        self.touched |= touched - {on}
        if orders:
            self.desk.run("reconcile-day", on)

    def _decide(self, on: date) -> None:
        """The VA and dispatch decide most of what has been open for some days, and look at miles that are held."""
        for row in self.desk.rows("recon", status="OPEN"):
            age = (on - row["service_date"]).days
            if age < 4 or (self.pick.random() > 0.5 and on < self.over):
                continue
            missing = row["outcome"] == "MISSING"
            decision = self.pick.choice(("DELIVERED", "NOT_LOADED")) if missing else "ACCEPT"
            for who, by, column in (("VA", "vic", "va_decision"), ("DISPATCH", "dee", "dispatch_decision")):
                if who in (row.get("waits_for") or ()):
                    self.desk.edit("recon", (row["route_id"], row["stop_id"]), by, **{column: decision})
        for row in self.desk.rows("mileage", status="OPEN"):
            if row.get("band_flag") == "OUT_OF_BAND" and (self.pick.random() < 0.5 or on >= self.over):
                self.desk.edit("mileage", (row["route_id"], row["driver_id"]), "vic", accept=True)
                self.touched.add(row["service_date"])
        for day in sorted(self.touched):
            self.desk.run("reconcile-day", day)
        self.touched.clear()

    def _monday(self, on: date) -> None:
        desk, last = self.desk, on - 7 * DAY
        desk.at(on, 8)
        if on <= self.over:
            self._late_facts(on)
        self._decide(on)
        if (on - BEGIN).days % 14 == 0 or on == self.over:
            self._adjust(on)
        desk.run("draft-settlements", last, "pat")
        if not any(r["status"] == "DRAFT" and r["period_end"] < on for r in desk.rows("settlements")):
            return
        desk.run("review-settlements", last, "pat")
        desk.run("approve-settlements", last, "max")
        done = desk.run("post-settlements", last, "pat")
        assert not done.plan.blocked, [str(problem) for problem in done.plan.blocked]
        if on == BEGIN + 28 * DAY:  # one was for the wrong week; it is taken back and made again
            one = next(r for r in desk.rows("settlements", status="POSTED") if r["net"])
            desk.edit("settlements", (one["settlement_id"],), "pat", void_reason="looked at again", action="VOID")
            self.look(on)
            for name, by in (("draft", "pat"), ("review", "pat"), ("approve", "max"), ("post", "pat")):
                desk.run(f"{name}-settlements", last, by, driver=one["driver_id"])
        desk.run("payroll-export", last, "pat")
        desk.run("find-leakage", last, "max")
        self.leaks(last)

    def _adjust(self, on: date) -> None:
        desk = self.desk
        desk.run("propose-adjustments", on, "pat")
        for row in desk.rows("adjustments", status="PROPOSED"):
            desk.edit("adjustments", (row["adj_id"],), "max", action="APPROVE")
        desk.run("propose-billing-adjustments", None, "bo")
        for row in desk.rows("billing_adjustments", status="PROPOSED"):
            desk.edit("billing_adjustments", (row["adj_id"],), "max", action="APPROVE")

    def _late_facts(self, on: date) -> None:
        """A dispute, a reason corrected after posting, a receipt, an advance, a stop that goes back to its sender."""
        desk, pick = self.desk, self.pick
        lines = [
            r
            for r in desk.rows("settlement_lines", component="STOP_TIER", status="POSTED")
            if r["period_end"] >= on - 14 * DAY
        ]
        if lines and pick.random() < 0.6:
            line, number = pick.choice(lines), f"DSP-{on}"
            desk.edit(
                "disputes",
                (number,),
                "pat",
                line_id=line["line_id"],
                claim="one stop more",
                claimed=Decimal("8.55"),
                opened=on,
            )
            desk.edit("disputes", (number,), "pat", action="UPHOLD" if pick.random() < 0.7 else "DENY")
        failed = [
            r
            for r in desk.rows("attempts", outcome="FAILED")
            if r.get("settled_in") and r["service_date"] >= on - 21 * DAY
        ]
        if failed:
            scan = pick.choice(failed)
            now = "DRIVER_DELAY" if scan["reason_code"] != "DRIVER_DELAY" else "RECIP_ABSENT"
            desk.edit("attempts", (scan["attempt_id"],), "vic", reason_code=now)
            back = pick.choice(failed)
            stop = next(r for r in desk.rows("stops", stop_id=back["stop_id"]))
            if stop["status"] == "ATTEMPTED" and back["service_date"] < on - 5 * DAY:
                self.world.forget(stop["order_ref"])
                desk.run("open-exceptions", back["service_date"])
                for case in desk.rows("exceptions", stop_id=back["stop_id"]):
                    if case["status"] not in ("RESOLVED", "CLOSED"):
                        desk.edit("exceptions", (case["exc_id"],), "vic", disposition="RTS", action="RESOLVE")
        driver = pick.choice(company.drivers()[:30])
        desk.edit(
            "reimbursements",
            (f"R-{on}",),
            "pat",
            driver_id=driver,
            date=on - 2 * DAY,
            kind="TOLL",
            amount=Decimal("6.75"),
            substantiated=True,
        )
        desk.edit(
            "driver_ledger",
            (f"ADV-{on}",),
            "pat",
            driver_id="D-04",
            account="ADVANCE",
            date=on,
            amount=Decimal("25.00"),
        )

    def _wednesday(self, on: date) -> None:
        """Last week's export is paid; some clients pay, in part or too much; a credit is given."""
        desk, pick = self.desk, self.pick
        desk.at(on, 8)
        for settlement in desk.rows("settlements", status="EXPORTED"):
            if pick.random() < 0.02:
                continue
            day = settlement["period_start"]
            desk.run("record-pay", day, "pat", paid_on=on.isoformat(), pay_ref=f"ACH-{on}")
            break
        invoices = [r for r in desk.rows("invoices") if r["status"] in OPEN and r["open_amount"]]
        for invoice in pick.sample(invoices, min(len(invoices), 6)):
            self.paid += 1
            amount = (
                invoice["open_amount"]
                if pick.random() < 0.7
                else (invoice["open_amount"] / 2).quantize(Decimal("0.01")) or Decimal("0.01")
            )
            over = Decimal("10.00") if pick.random() < 0.1 else Decimal("0.00")
            pay_id = f"CHK-{self.paid}"
            desk.take(
                "payments",
                [{"pay_id": pay_id, "client_id": invoice["client_id"], "received": on, "amount": amount + over}],
            )
            desk.take("applications", [{"pay_id": pay_id, "invoice_no": invoice["invoice_no"], "amount": amount}])
        if invoices and on.day % 3 == 0:
            invoice, name = pick.choice(invoices), f"CN-BY-HAND-{on}"
            desk.edit("credit_notes", (name,), "bo", account_id=invoice["account_id"], invoice_id=invoice["invoice_id"], reason="GOODWILL",
                      amount=Decimal("75.00"))  # fmt: skip
            desk.edit("credit_notes", (name,), "max", action="APPROVE")
        desk.run("record-payments", None, "bo")

    def _invoices(self, on: date) -> None:
        """What ended yesterday is drafted, reviewed, posted and sent."""
        desk, ended = self.desk, on - DAY
        if on <= BEGIN:
            return
        desk.at(on, 10)
        whose = [account for account in ACCOUNTS if last_day(account, ended) and serves(account, ended)]
        if whose:
            self._invoice(ended, {"account": whose[0]} if len(whose) == 1 else {})

    def _invoice(self, ended: date, only: dict[str, str]) -> None:
        desk = self.desk
        made = desk.run("draft-invoices", ended, "bo", **only)
        assert not made.plan.blocked, made.plan.blocked
        drafts = [r for r in desk.rows("invoices", status="DRAFT") if r["period_end"] <= ended]
        for draft in drafts:
            if draft["account_id"] == "D1":
                desk.edit("invoices", (draft["invoice_id"],), "bo", po_number=f"PO-{ended}")
        if not drafts:
            return
        desk.run("review-invoices", ended, "bo", **only)
        for note in desk.rows("credit_notes", status="DRAFT"):
            desk.edit("credit_notes", (note["cn_id"],), "max", action="APPROVE")
        done = desk.run("post-invoices", None, "bo", **only)
        assert not done.plan.blocked, [str(problem) for problem in done.plan.blocked]
        for row in desk.rows("invoices", status="POSTED"):
            if row["account_id"] == "E1" and ended == BEGIN + 15 * DAY and not row["invoice_id"].endswith("-2"):
                # to the wrong address; it is void, and its work is billed again
                desk.edit("invoices", (row["invoice_id"],), "bo", void_reason="wrong address", action="VOID")
                self.look(ended)
                self._invoice(ended, only)
            else:
                desk.edit("invoices", (row["invoice_id"],), "bo", action="SENT")


def last_day(account: str, day: date) -> bool:
    """Whether a cycle of the account ends on the day; written down here apart from the product."""
    after = day + DAY
    weeks = (after - BEGIN).days
    return {
        "A1": weeks % 7 == 0, "A2": weeks % 7 == 0, "B1": weeks % 14 == 0, "C1": after.day in (1, 16), "D1": after.day == 10, "E1": True,
    }[account]  # fmt: skip


def cycle_of(account: str, day: date) -> tuple[date, date]:
    """First and last day of the cycle a day lies in."""
    start = day
    while not last_day(account, start - DAY):
        start -= DAY
    end = day
    while not last_day(account, end):
        end += DAY
    return start, end
