"""Tuesday's failed stop, walked through the house: from the platform's file to the closed case, with people in between."""

from datetime import datetime

import pytest

from tests.office import CHICAGO, manifest, office
from tests.sheets_sync.programs import put

CASE = "X-A1-1042-1-recipient"


def chicago(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.fixture
def tuesday(tmp_path):
    """Tuesday 14:20: the manifest came in, S-1042 failed at 14:05, everything else was delivered."""
    with office(tmp_path) as one:
        one.at("2026-03-10 06:30")
        one.take_in(
            "monday-evening.csv",
            manifest("2026-03-10", "1041 Al Bo", "1042 Jo Park", "1043 Di Ek"),
            "orders",
            "2026-03-10",
        )
        one.take_in(
            "wednesday.csv", manifest("2026-03-11", "1050 Ed Fu", route="R14", driver="D-9"), "orders", "2026-03-11"
        )
        one.at("2026-03-10 14:20")
        one.take_in("scans.csv", """
            Order | Account | Route | Driver | Status | Reason | Completed
            1041 | A1 | R12 | D-7 | Delivered | | 2026-03-10 13:40
            1042 | A1 | R12 | D-7 | Failed | not home, left a card | 2026-03-10 14:05
        """, "completions")  # fmt: skip
        one.run("reconcile-day", "2026-03-10")
        one.run("open-exceptions", "2026-03-10")
        one.run("write-workbooks")
        yield one


def test_the_case_opens_with_its_two_hour_clock(tuesday):
    case = tuesday.row("exceptions", CASE)
    assert (case["status"], case["code"], case["owner"]) == ("NEW", "RECIP_ABSENT", "VA")
    assert case["due_2h"] == chicago("2026-03-10 16:05")
    assert (case["recipient"], case["phone"], case["address"]) == (
        "Jo Park",
        "+13125550102",
        "2 Main St, Chicago, 60601",
    )
    assert tuesday.row("stops", "A1-1042-1")["status"] == "ATTEMPTED"
    assert [row["stop_id"] for row in tuesday.rows("recon", status="OPEN")] == []


def test_running_everything_again_writes_nothing(tuesday):
    before = len(tuesday.rows("runs"))
    files = {p.name: p.read_bytes() for p in tuesday.app.settings.workbooks.glob("*.xlsx")}
    for name in ("reconcile-day", "open-exceptions"):
        assert tuesday.run(name, "2026-03-10").again
    assert tuesday.run("write-workbooks").again
    assert len(tuesday.rows("runs")) == before
    assert {p.name: p.read_bytes() for p in tuesday.app.settings.workbooks.glob("*.xlsx")} == files


def test_va_contacts_dispatch_routes_and_wednesday_delivers(tuesday):
    # the VA reaches the recipient at 14:40 and agrees on Wednesday
    tuesday.at("2026-03-10 14:40")

    def work_the_case(sheets):
        put(sheets, "Exceptions", CASE, "Redeliver at", datetime(2026, 3, 11, 14))  # noqa: DTZ001
        put(sheets, "Exceptions", CASE, "Action", "SCHEDULE")
        put(sheets, "Exceptions", CASE, "Internal note", "works from home on Wednesdays")

    tuesday.edit("va-CHI", work_the_case)
    said = tuesday.run("write-workbooks")
    assert not said.plan.blocked
    case = tuesday.row("exceptions", CASE)
    assert (case["status"], case["action"], case["internal_note"]) == (
        "SCHEDULED",
        None,
        "works from home on Wednesdays",
    )
    assert case["first_contact_at"] == chicago("2026-03-10 14:40")
    assert case["breached"] is False
    [redelivery] = tuesday.rows("redeliveries")
    assert (redelivery["status"], redelivery["redelivery_at"]) == ("CONFIRMED", chicago("2026-03-11 14:00"))

    # dispatch puts it on Wednesday's route, in its own workbook
    tuesday.at("2026-03-10 17:00")
    tuesday.edit(
        "dispatch-CHI",
        lambda sheets: put(sheets, "Redeliveries", redelivery["redelivery_id"], "New route", "CHI-2026-03-11-R14"),
    )
    tuesday.run("write-workbooks")
    stop = tuesday.row("stops", "A1-1042-1")
    assert (stop["route_id"], str(stop["service_date"])) == ("CHI-2026-03-11-R14", "2026-03-11")
    assert tuesday.rows("redeliveries")[0]["status"] == "ROUTED"
    moves = [
        (e["kind"], e["actor"])
        for e in tuesday.rows("manifest_events", stop_id="A1-1042-1")
        if e["kind"].startswith("MOVE")
    ]
    assert sorted(moves) == [("MOVE_IN", "someone in dispatch-CHI"), ("MOVE_OUT", "someone in dispatch-CHI")]

    # Tuesday closes: the failed try stays with Tuesday's route
    tuesday.at("2026-03-10 21:00")
    tuesday.take_in(
        "late.csv",
        "Order | Account | Driver | Status | Completed\n1043 | A1 | D-7 | Delivered | 2026-03-10 15:30",
        "completions",
    )
    tuesday.run("reconcile-day", "2026-03-10")
    tuesdays = {row["stop_id"]: (row["route_id"], row["outcome"], row["flags"]) for row in tuesday.rows("recon")}
    assert tuesdays["A1-1042-1"] == ("CHI-2026-03-10-R12", "FAILED", ("MATCH",))
    assert tuesday.row("manifest", "CHI-2026-03-10-R12")["status"] == "RECONCILED"

    # Wednesday's driver delivers it, and the case closes itself
    tuesday.at("2026-03-11 20:00")
    tuesday.take_in("wed.csv", """
        Order | Account | Route | Driver | Status | Completed
        1042 | A1 | R14 | D-9 | Delivered | 2026-03-11 14:10
        1050 | A1 | R14 | D-9 | Delivered | 2026-03-11 14:30
    """, "completions")  # fmt: skip
    tuesday.run("reconcile-day", "2026-03-11")
    tuesday.run("open-exceptions", "2026-03-11")
    case = tuesday.row("exceptions", CASE)
    assert (case["status"], case["disposition"]) == ("RESOLVED", "REDELIVERED")
    assert tuesday.rows("redeliveries")[0]["status"] == "DONE"
    wednesdays = {row["stop_id"]: row for row in tuesday.rows("recon") if str(row["service_date"]) == "2026-03-11"}
    assert wednesdays["A1-1042-1"]["outcome"] == "DELIVERED"
    assert wednesdays["A1-1042-1"]["first_attempt"] is False
    assert wednesdays["A1-1050-1"]["first_attempt"] is True
    assert wednesdays["A1-1042-1"]["flags"] == ("MATCH",)  # it was moved before the route went out
    numbers = {a["completed_at"]: a["n"] for a in tuesday.rows("attempts", stop_id="A1-1042-1")}
    assert [numbers[m] for m in sorted(numbers)] == [1, 2]

    # and every step can be told afterwards
    steps = [
        (change.by, sorted(change.new or {}))
        for change in tuesday.app.ledger.history("exceptions", _rid("exceptions", CASE))
    ]
    assert len(steps) == 3
    assert "status" in steps[1][1]
    assert "disposition" in steps[2][1]


def test_an_action_that_is_not_possible_comes_back_in_a_sentence(tuesday):
    tuesday.edit("va-CHI", lambda sheets: put(sheets, "Exceptions", CASE, "Action", "CLOSE"))
    result = tuesday.run("write-workbooks")
    assert any("CLOSE is not possible while the case is NEW" in note for note in result.plan.notes)
    assert tuesday.row("exceptions", CASE)["action"] is None
    [conflict] = tuesday.rows("conflicts")
    assert (conflict["kind"], conflict["sheet_value"], conflict["status"]) == ("INVALID", "CLOSE", "OPEN")


def test_a_route_that_does_not_exist_is_put_back_and_said(tuesday):
    tuesday.edit("dispatch-CHI", lambda sheets: put(sheets, "Stops", "A1-1043-1", "Route", "CHI-2026-03-10-R99"))
    result = tuesday.run("write-workbooks")
    assert any("“CHI-2026-03-10-R99” is not on tab Manifest" in note for note in result.plan.notes)
    assert tuesday.row("stops", "A1-1043-1")["route_id"] == "CHI-2026-03-10-R12"
    assert not [e for e in tuesday.rows("manifest_events", stop_id="A1-1043-1") if e["kind"] != "ADD"]


def test_dispatch_swaps_the_driver_and_the_manifest_keeps_it_as_an_event(tuesday):
    tuesday.at("2026-03-10 14:30")
    tuesday.edit("dispatch-CHI", lambda sheets: put(sheets, "Manifest", "CHI-2026-03-10-R12", "Driver", "D-11"))
    tuesday.run("write-workbooks")
    route = tuesday.row("manifest", "CHI-2026-03-10-R12")
    assert (route["driver_id"], route["driver_name"]) == ("D-11", "Cy")
    swaps = [e for e in tuesday.rows("manifest_events") if e["kind"] == "SWAP_DRIVER" and e["route_id"].endswith("R12")]
    assert [(e["from_value"], e["to_value"], e["requested_by"]) for e in sorted(swaps, key=lambda e: e["at"])] == [
        (None, "D-7", "SYSTEM"),
        ("D-7", "D-11", "DISPATCH"),
    ]
    tuesday.at("2026-03-10 21:00")
    tuesday.take_in(
        "late.csv",
        "Order | Account | Driver | Status | Completed\n1043 | A1 | D-11 | Delivered | 2026-03-10 15:30",
        "completions",
    )
    tuesday.run("reconcile-day", "2026-03-10")
    assert {r["stop_id"]: r["flags"] for r in tuesday.rows("recon")}["A1-1043-1"] == ("DRIVER_SWAP",)
    assert tuesday.row("manifest", "CHI-2026-03-10-R12")["version"] == 2


def test_both_edit_the_same_note_and_nothing_is_lost(tuesday):
    tuesday.edit("va-CHI", lambda sheets: put(sheets, "Exceptions", CASE, "Internal note", "called twice"))
    tuesday.edit(
        "dispatch-CHI", lambda sheets: put(sheets, "Exceptions", CASE, "Internal note", "driver saw lights on")
    )
    tuesday.run("write-workbooks")
    held = tuesday.row("exceptions", CASE)["internal_note"]
    [conflict] = tuesday.rows("conflicts")
    assert {held, conflict["sheet_value"]} == {"called twice", "driver saw lights on"}
    # one drop-down decides
    tuesday.edit("va-CHI", lambda sheets: put(sheets, "Conflicts", conflict["conflict_id"], "Choose", "SHEET"))
    tuesday.run("write-workbooks")
    assert tuesday.row("exceptions", CASE)["internal_note"] == conflict["sheet_value"]
    assert tuesday.rows("conflicts")[0]["status"] == "RESOLVED"


def test_an_unknown_account_is_named_once_by_the_va_and_never_asked_again(tuesday):
    tuesday.at("2026-03-10 21:00")
    tuesday.take_in("late.csv", """
        Order | Account | Driver | Platform | Status | Completed
        1043 | A1 | drv_77 | CIRCUIT | Delivered | 2026-03-10 15:30
    """, "completions")  # fmt: skip
    tuesday.run("reconcile-day", "2026-03-10")
    row = {r["stop_id"]: r for r in tuesday.rows("recon")}["A1-1043-1"]
    assert (row["flags"], row["waits_for"]) == (("NO_DRIVER_MAP",), ("VA",))
    tuesday.run("write-workbooks")

    def choose(sheets):
        lines = sheets["Recon"]
        line = next(line for line in lines if "A1-1043-1" in line)
        line[lines[0].index("Driver (if unmapped)")] = "D-7"
        line[lines[0].index("VA decides")] = "ACCEPT"

    tuesday.edit("va-CHI", choose)
    tuesday.run("write-workbooks")
    assert [(r["platform"], r["platform_driver_ref"], r["driver_id"]) for r in tuesday.rows("driver_identity")] == [
        ("CIRCUIT", "drv_77", "D-7")
    ]
    assert {r["stop_id"]: r["status"] for r in tuesday.rows("recon")}["A1-1043-1"] == "DECIDED"
    tuesday.run("reconcile-day", "2026-03-10")
    row = {r["stop_id"]: r for r in tuesday.rows("recon")}["A1-1043-1"]
    assert (row["flags"], row["status"], row["driver_id"]) == (("MATCH",), "CLOSED", "D-7")


def test_a_manifest_sent_again_does_not_undo_what_dispatch_changed(tuesday):
    tuesday.at("2026-03-10 15:00")
    tuesday.edit("dispatch-CHI", lambda sheets: put(sheets, "Stops", "A1-1043-1", "Route", "CHI-2026-03-11-R14"))
    tuesday.run("write-workbooks")
    again = tuesday.take_in(
        "monday-evening.csv", manifest("2026-03-10", "1041 Al Bo", "1042 Jo Park", "1043 Di Ek"), "orders", "2026-03-10"
    )
    assert again.again
    assert tuesday.row("stops", "A1-1043-1")["route_id"] == "CHI-2026-03-11-R14"
    more = tuesday.take_in(
        "monday-evening-2.csv",
        manifest("2026-03-10", "1041 Al Bo", "1042 Jo Park", "1043 Di Ek", "1044 Gi Ha"),
        "orders",
        "2026-03-10",
    )
    assert more.plan.created == 3  # the stop, its address, its ADD event
    assert tuesday.row("stops", "A1-1043-1")["route_id"] == "CHI-2026-03-11-R14"
    late = list(tuesday.rows("manifest_events", stop_id="A1-1044-1"))
    assert [(e["kind"], e["at"]) for e in late] == [("ADD", chicago("2026-03-10 15:00"))]


def _rid(table, *key):
    from workbooks.schema import rid_of

    return rid_of(table, key)
