"""What people do in their workbooks between two runs: allowed, not allowed, clumsy, and nothing is lost."""

import shutil

import pytest

from tests.office import manifest, office
from tests.sheets_sync.programs import append, put


@pytest.fixture
def day(tmp_path):
    with office(tmp_path) as one:
        one.at("2026-03-10 06:30")
        one.take_in("orders.csv", manifest("2026-03-10", "1041 Al Bo", "1042 Jo Park"), "orders", "2026-03-10")
        one.at("2026-03-10 19:00")
        one.take_in("scans.csv", """
            Order | Account | Route | Driver | Status | Reason | Completed
            1041 | A1 | R12 | D-7 | Delivered | | 2026-03-10 13:40
            1042 | A1 | R12 | D-7 | Failed | it rained frogs | 2026-03-10 14:05
        """, "completions")  # fmt: skip
        one.run("reconcile-day", "2026-03-10")
        one.run("open-exceptions", "2026-03-10")
        one.run("write-workbooks")
        yield one


def conflict(day):
    [row] = day.rows("conflicts")
    return row["kind"], row["tab"], row["column_title"], row["sheet_value"], row["ledger_value"]


def test_a_column_that_is_not_yours_is_put_back_and_both_values_are_kept(day):
    day.edit("va-CHI", lambda sheets: put(sheets, "Stops", "A1-1041-1", "Status", "CANCELLED"))
    day.run("write-workbooks")
    assert day.row("stops", "A1-1041-1")["status"] == "DELIVERED"
    assert conflict(day) == ("PUT_BACK", "Stops", "Status", "CANCELLED", "DELIVERED")


def test_a_word_that_is_no_choice_is_invalid_and_said(day):
    day.edit("dispatch-CHI", lambda sheets: put(sheets, "Exceptions", "X-A1-1042-1-data", "Action", "try agn"))
    result = day.run("write-workbooks")
    assert any("try agn" in note for note in result.plan.notes)
    assert conflict(day)[0] == "INVALID"


def test_naming_the_reason_recodes_the_case_and_its_attempt_and_opens_no_second_one(day):
    day.edit("va-CHI", lambda sheets: put(sheets, "Exceptions", "X-A1-1042-1-data", "Code", "WEATHER"))
    day.run("write-workbooks")
    case = day.row("exceptions", "X-A1-1042-1-data")
    assert (case["code"], case["old_codes"], case["owner"]) == ("WEATHER", "UNKNOWN", "DISPATCH")
    assert [a["reason_code"] for a in day.rows("attempts", stop_id="A1-1042-1")] == ["WEATHER"]
    day.run("open-exceptions", "2026-03-10")
    assert [row["exc_id"] for row in day.rows("exceptions")] == ["X-A1-1042-1-data"]


def test_the_va_enters_an_odometer_and_the_next_close_takes_it(day):
    def enter(sheets):
        put(sheets, "Mileage", "CHI-2026-03-10-R12", "Odo start", 1000.0)
        put(sheets, "Mileage", "CHI-2026-03-10-R12", "Odo end", 1061.5)

    assert day.row("mileage", "CHI-2026-03-10-R12", "D-7")["band_flag"] == "MISSING"
    day.edit("va-CHI", enter)
    day.run("write-workbooks")
    day.run("reconcile-day", "2026-03-10")
    row = day.row("mileage", "CHI-2026-03-10-R12", "D-7")
    assert (str(row["chosen"]), row["source"], row["status"]) == ("61.5", "ODOMETER", "ACCEPTED")


def test_the_manager_adds_a_driver_and_takes_one_out(day):
    def change(sheets):
        append(sheets, "Drivers", Driver="D-50", Name="Zoe", Status="ACTIVE")
        sheets["Drivers"] = [line for line in sheets["Drivers"] if "D-11" not in line]

    day.edit("setup", change)
    day.run("write-workbooks")
    assert {row["driver_id"] for row in day.rows("drivers")} == {"D-7", "D-9", "D-50"}


def test_a_column_somebody_added_survives_the_next_writing(day):
    def add(sheets):
        lines = sheets["Stops"]
        lines[0].append("My note")
        for line in lines[1:]:
            line.append("call first" if "A1-1042-1" in line else "")

    day.edit("dispatch-CHI", add)
    day.run("write-workbooks")
    seen = {}
    day.edit("dispatch-CHI", lambda sheets: seen.update(sheets))
    lines = seen["Stops"]
    at = lines[0].index("My note")
    assert [line[at] for line in lines[1:] if "A1-1042-1" in line] == ["call first"]


def test_a_workbook_that_is_open_elsewhere_waits_and_the_others_are_written(day):
    lock = day.app.settings.workbooks / ".~lock.va-CHI.xlsx#"
    lock.write_text(",maya,desk-3,10.03.2026 19:00,file:///x;", encoding="utf-8")
    day.edit("dispatch-CHI", lambda sheets: put(sheets, "Exceptions", "X-A1-1042-1-data", "Dispatch note", "truck 4"))
    result = day.run("write-workbooks")
    assert len(result.waiting) == 1
    assert "va-CHI.xlsx is open at" in result.waiting[0]
    assert day.row("exceptions", "X-A1-1042-1-data")["dispatch_note"] == "truck 4"
    lock.unlink()
    assert day.run("write-workbooks").waiting == []


def test_a_workbook_from_another_company_is_left_alone(day, tmp_path_factory):
    with office(tmp_path_factory.mktemp("other") / "home") as other:
        other.run("write-workbooks")
        strange = (other.app.settings.workbooks / "va-CHI.xlsx").read_bytes()
    path = day.app.settings.workbooks / "va-CHI.xlsx"
    path.write_bytes(strange)
    result = day.run("write-workbooks")
    assert any("belongs to another ledger" in str(problem) for problem in result.plan.blocked)
    assert path.read_bytes() == strange


def test_a_conflicted_copy_beside_the_workbook_is_taken_in_too(day):
    folder = day.app.settings.workbooks
    shutil.copy(folder / "va-CHI.xlsx", folder / "va-CHI-DESKTOP7.xlsx")
    day.edit(
        "va-CHI-DESKTOP7",
        lambda sheets: put(sheets, "Exceptions", "X-A1-1042-1-data", "Internal note", "typed on the laptop"),
    )
    result = day.run("write-workbooks")
    assert day.row("exceptions", "X-A1-1042-1-data")["internal_note"] == "typed on the laptop"
    assert any("va-CHI-DESKTOP7.xlsx is a second copy" in note for note in result.plan.notes)


def test_a_stale_copy_saved_over_the_new_one_loses_nothing(day):
    path = day.app.settings.workbooks / "va-CHI.xlsx"
    stale = path.read_bytes()
    day.edit("dispatch-CHI", lambda sheets: put(sheets, "Exceptions", "X-A1-1042-1-data", "Dispatch note", "newer"))
    day.run("write-workbooks")
    path.write_bytes(stale)
    day.edit(
        "va-CHI", lambda sheets: put(sheets, "Exceptions", "X-A1-1042-1-data", "Internal note", "from the old copy")
    )
    day.run("write-workbooks")
    case = day.row("exceptions", "X-A1-1042-1-data")
    assert (case["dispatch_note"], case["internal_note"]) == ("newer", "from the old copy")
    assert not day.rows("conflicts")


@pytest.mark.parametrize(
    ("decision", "final", "status", "case"),
    [
        ("DELIVERED", "DELIVERED", "DELIVERED", "RESOLVED"),
        ("FAILED", "FAILED", "ATTEMPTED", "NEW"),
        ("NOT_LOADED", "NOT_LOADED", "DISPATCHED", "RESOLVED"),
    ],
)
def test_what_the_va_decides_about_a_missing_scan_is_what_counts(day, decision, final, status, case):
    day.at("2026-03-10 06:40")
    day.take_in("more.csv", manifest("2026-03-10", "1043 Di Ek", route="R13", driver="D-9"), "orders", "2026-03-10")
    day.at("2026-03-10 20:00")
    day.run("reconcile-day", "2026-03-10")
    day.run("open-exceptions", "2026-03-10")
    day.run("write-workbooks")
    key = ("CHI-2026-03-10-R13", "A1-1043-1")
    assert (day.row("recon", *key)["flags"], day.row("recon", *key)["final"]) == (("MISSING_SCAN",), "MISSING")

    def decide(sheets):
        lines = sheets["Recon"]
        line = next(line for line in lines if "A1-1043-1" in line)
        line[lines[0].index("VA decides")] = decision

    day.edit("va-CHI", decide)
    day.run("write-workbooks")
    assert (day.row("recon", *key)["status"], day.row("recon", *key)["final"]) == ("DECIDED", final)
    day.run("reconcile-day", "2026-03-10")
    day.run("open-exceptions", "2026-03-10")
    assert (day.row("recon", *key)["status"], day.row("recon", *key)["outcome"]) == ("CLOSED", "MISSING")
    assert day.row("stops", "A1-1043-1")["status"] == status
    assert day.row("exceptions", "X-A1-1043-1-data")["status"] == case


def test_a_new_row_whose_key_names_nothing_is_left_out_and_everything_else_goes_on(day):
    def enter(sheets):
        append(sheets, "Mileage", Route="CHI-2026-03-10-R99", Driver="D-7", Odo_start=1.0, Odo_end=2.0)
        put(sheets, "Mileage", "CHI-2026-03-10-R12", "Odo start", 1000.0)

    day.edit("va-CHI", enter)
    result = day.run("write-workbooks")
    assert day.row("mileage", "CHI-2026-03-10-R12", "D-7")["odo_start"] == 1000
    assert len(day.rows("mileage")) == 1
    assert any("“CHI-2026-03-10-R99” is not on tab Manifest" in note for note in result.plan.notes)
    kind, tab, title, said, _ = conflict(day)
    assert (kind, tab, title) == ("INVALID", "Mileage", "(whole row)")
    assert said == "Route: CHI-2026-03-10-R99; Driver: D-7; Market: CHI; Status: OPEN; Odo start: 1.0; Odo end: 2.0"
    again = day.run("write-workbooks")
    assert again.plan.changes_nothing and len(day.rows("conflicts")) == 1
