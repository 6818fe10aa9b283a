"""Pay plans: how a driver is paid, one row per version with the dates it holds."""

from workbooks.schema import Book, Check, Column, Kind, Lifecycle, M, Move, P, Row, S, Table, Type, steps

COMBINE = ("SUM", "MAX", "MIN")
SCOPES = ("DAY", "WEEK")
MODES = ("GRADUATED", "VOLUME")
FUEL_MODES = ("PER_MILE", "PCT")


def _ends_after_it_begins(row: Row) -> str | None:
    start, end = row.get("eff_from"), row.get("eff_to")
    return "the last day is before the first" if start and end and end < start else None


def _gates_are_shares(name: str) -> Check:
    def wrong(row: Row) -> str | None:
        value = row.get(name)
        return "write it as a percentage between 0 % and 100 %" if value is not None and not 0 <= value <= 1 else None

    return Check(name, wrong)


def _not_negative(name: str) -> Check:
    def wrong(row: Row) -> str | None:
        value = row.get(name)
        return "an amount or count of a plan cannot be negative" if value is not None and value < 0 else None

    return Check(name, wrong)


AMOUNTS = ("fail_pay", "cancel_loaded_pay", "mile_rate", "mile_free", "bonus_per_stop", "day_guarantee", "flat_per_day",
           "flat_per_route", "stops_included", "extra_package")  # fmt: skip


def _sealed(row: Row, column: str) -> str:
    if row.get("status") in ("ACTIVE", "RETIRED") and column not in ("status", "action", "eff_to", "test_result"):
        return "is in force; write a new version with its own first day instead"
    return ""


TABLE = Table(
    name="pay_plans",
    title="Pay plans",
    book=Book.SETTLE,
    kind=Kind.INPUT,
    key=("plan_id", "version"),
    about="One row per version of a plan. Rates per stop stand on Pay tiers; a version works once its examples come out to the cent.",
    order=160,
    readers=(P, M),
    shown=(M,),
    new_rows=(P, M),
    sealed=_sealed,
    checks=(Check("eff_to", _ends_after_it_begins), *map(_gates_are_shares, ("ontime_min", "first_attempt_min", "pod_min")),
            *map(_not_negative, AMOUNTS)),
    columns=(
        Column("plan_id", "Plan", Type.ID, (P, M), "Name of the plan", required=True, width=12),
        Column("version", "Version", Type.INT, (P, M), "1, 2, 3 …", required=True, width=8),
        Column("status", "Status", Type.ENUM, (S,), "Only ACTIVE versions pay", enum=("DRAFT", "TESTED", "ACTIVE", "RETIRED"), width=10,
               colours={"ACTIVE": "good", "TESTED": "warn", "RETIRED": "muted"}),
        Column("action", "Action", Type.ENUM, (P, M), "What you want; cleared once taken in", enum=("TEST", "ACTIVATE", "RETIRE"), width=11),
        Column("about", "About", Type.TEXT, (P, M), "In plain words", width=30),
        Column("eff_from", "From", Type.DATE, (P, M), "First route day", required=True, width=11),
        Column("eff_to", "Until", Type.DATE, (P, M), "Last route day; blank: still", width=11),
        Column("combine", "Combine", Type.ENUM, (P, M), "Stops, miles and flat pay: all of them, the most, the least", enum=COMBINE, width=10),
        Column("tier_scope", "Tiers per", Type.ENUM, (P, M), "Stops are counted anew every", enum=SCOPES, width=10),
        Column("tier_mode", "Tier mode", Type.ENUM, (P, M), "GRADUATED: each stop at its tier; VOLUME: all at the last one reached", enum=MODES, width=12),
        Column("fail_pay", "Failed attempt", Type.DEC, (P, M), "Per failed attempt that is paid", places=4, width=10),
        Column("policy_pay", "Pays policy reasons", Type.BOOL, (P, M), "Attempts whose reason leaves it to the plan", width=11),
        Column("cancel_loaded_pay", "Cancelled loaded", Type.DEC, (P, M), "Per stop cancelled on board", places=4, width=10),
        Column("mile_rate", "Per mile", Type.DEC, (P, M), "Above the free miles", places=4, width=9),
        Column("mile_free", "Free miles", Type.DEC, (P, M), "Per driver and route-day", places=1, width=9),
        Column("fuel_mode", "Fuel", Type.ENUM, (P, M), "Per mile, or percent of the mileage line", enum=FUEL_MODES, width=10),
        Column("fuel_table_id", "Fuel table", Type.ID, (P, M), "Brackets on Fuel tables; blank: no supplement", width=11),
        Column("bonus_per_stop", "Bonus per stop", Type.DEC, (P, M), "Per DELIVERED stop when every gate is met", places=4, width=10),
        Column("ontime_min", "On time at least", Type.PCT, (P, M), "Gate; blank: none", width=9),
        Column("first_attempt_min", "First attempt", Type.PCT, (P, M), "Gate; blank: none", width=9),
        Column("pod_min", "POD at least", Type.PCT, (P, M), "Gate; blank: none", width=9),
        Column("recon_closed", "Recon closed", Type.BOOL, (P, M), "The bonus waits while reconciliation is open", width=9),
        Column("day_guarantee", "Day guarantee", Type.MONEY, (P, M), "Least pay of a worked day, stops, attempts and flat pay", width=10),
        Column("guarantee_unstarted", "Even unstarted", Type.BOOL, (P, M), "The guarantee holds for a route that never started", width=10),
        Column("flat_per_day", "Flat per day", Type.MONEY, (P, M), "For every worked day", width=9),
        Column("flat_per_route", "Flat per route", Type.MONEY, (P, M), "For every worked route", width=9),
        Column("stops_included", "Stops included", Type.INT, (P, M), "Paid with the flat day or route, before any tier", width=9),
        Column("extra_package", "Extra package", Type.DEC, (P, M), "Per package of a delivered stop beyond its first", places=4, width=10),
        Column("group_stops", "Groups as one", Type.BOOL, (P, M), "Orders of one group on one route count as one stop", width=9),
        Column("test_result", "Tests", Type.TEXT, (S,), "What the examples came out to", width=34),
        Column("tested_hash", "Tested as", Type.ID, (S,), "Fingerprint of plan and tiers when they were tested", width=14, hidden=True),
    ),
    lifecycle=Lifecycle(
        "status",
        ("DRAFT",),
        (
            Move("DRAFT", "TESTED", "TEST", (P, M)),
            Move("TESTED", "TESTED", "TEST", (P, M)),
            Move("TESTED", "ACTIVE", "ACTIVATE", (P, M)),
            Move("ACTIVE", "RETIRED", "RETIRE", (P, M)),
            *steps({"TESTED": "DRAFT", "RETIRED": "ACTIVE"}),
        ),
        action_column="action",
    ),
)  # fmt: skip
