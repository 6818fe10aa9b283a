"""A quarter of forty drivers and six accounts, run through the jobs; the books balance every evening, and at the end to the cent.

`STOPBOOK_QUARTER` is how many stops a route has at least (1), for a run by hand with more work.
"""

import os

from tests.quarter.balance import Balance
from tests.quarter.desk import desk
from tests.quarter.judges import bill_differences, pay_differences
from tests.quarter.weeks import Quarter

WEEKS = 13
STOPS = int(os.environ.get("STOPBOOK_QUARTER", "1"))


def test_a_quarter_balances_every_day_and_comes_out_to_the_cent(tmp_path):
    with desk(tmp_path / "home") as one:
        balance = Balance(one)
        Quarter(one, 2026, WEEKS, STOPS, balance.look, balance.leaks_named).run()
        assert balance.looks >= WEEKS * 7
        assert pay_differences(one) == {}
        assert bill_differences(one) == {}
        seen = {
            (table, row["status"])
            for table in ("settlements", "adjustments", "invoices", "billing_adjustments")
            for row in one.rows(table)
        }
        assert seen >= {
            ("settlements", "PAID"), ("settlements", "VOID"), ("adjustments", "POSTED"), ("invoices", "VOID"), ("invoices", "PARTIAL"),
            ("billing_adjustments", "POSTED"),
        }, "something that ought to happen did not"  # fmt: skip
        assert one.rows("credited"), "no credit came off an invoice"
        assert len({row["driver_id"] for row in one.rows("settlements")}) == 39
        assert {row["account_id"] for row in one.rows("invoices")} == {"A1", "A2", "B1", "C1", "D1", "E1"}
