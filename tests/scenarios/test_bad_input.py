"""Bad input never stops good input: one sentence each with file, tab, row and column; the rest goes in."""

import zipfile
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from tests.office import office
from workbooks.cells import Reading
from workbooks.problems import Refused

HEAD = "Account | Order | Route | Driver | Recipient | Address | ZIP | Window start | Window end | Pkgs"
GOOD = "A1 | 5001 | R1 | D-7 | Al Bo | 1 Main St | 60601 | 2026-03-10 10:00 | 2026-03-10 12:00 | 1"
ROWS = {
    "a formula error": ("A1 | 5002 | #REF! | D-7 | Al | 2 Main St | 60601 | 2026-03-10 10:00 | 2026-03-10 12:00 | 1",
                        "cell C3 (Route): the cell holds the error #REF!. Repair the formula or type the value."),
    "a number in words": ("A1 | 5003 | R1 | D-7 | Al | 2 Main St | 60601 | 2026-03-10 10:00 | 2026-03-10 12:00 | two",
                          "cell J3 (Pkgs): “two” is not a number. Type a plain number."),
    "a window that ends before it starts": ("A1 | 5004 | R1 | D-7 | Al | 2 Main St | 60601 | 2026-03-10 12:00 | 2026-03-10 10:00 | 1",
                                            "cell I3 (Window end): the window ends before it starts"),
    "an account nobody knows": ("ZZ | 5005 | R1 | D-7 | Al | 2 Main St | 60601 | 2026-03-10 10:00 | 2026-03-10 12:00 | 1",
                                "cell A3 (Account): there is no account ZZ. Correct it, or add the account on tab Accounts."),
    "no address": ("A1 | 5006 | R1 | D-7 | Al | | 60601 | 2026-03-10 10:00 | 2026-03-10 12:00 | 1", "cell F3 (Address): it is empty"),
    "a date that does not exist": ("A1 | 5007 | R1 | D-7 | Al | 2 Main St | 60601 | 2026-02-30 10:00 | 2026-03-10 12:00 | 1",
                                   "cell H3 (Window start): “2026-02-30” is not a date that exists. Write it as 2026-03-31."),
    "the same order twice": ("A1 | 5001 | R1 | D-7 | Al | 2 Main St | 60601 | 2026-03-10 10:00 | 2026-03-10 12:00 | 1", "row 2"),
}  # fmt: skip


@pytest.fixture
def company(tmp_path):
    with office(tmp_path) as one:
        one.at("2026-03-10 06:30")
        yield one


@pytest.mark.parametrize("name", list(ROWS))
def test_one_bad_row_one_sentence_and_the_good_row_goes_in(company, name):
    bad, sentence = ROWS[name]
    result = company.take_in("day.csv", "\n".join([HEAD, GOOD, bad]), "orders", "2026-03-10")
    assert len(result.plan.blocked) == 1
    said = str(result.plan.blocked[0])
    assert said.startswith("day.csv")
    assert sentence in said
    assert "\n" not in said
    assert company.row("stops", "A1-5001-1")["recipient"] == "Al Bo"
    assert len(company.rows("stops")) == 1
    assert [path.suffix for path in company.app.settings.returned.iterdir()] == [".xlsx"]
    assert [document.name for document in company.app.ledger.documents("imported")][-1:] == ["day.csv"]


def test_a_zip_that_lost_its_zero_is_read_and_said(company):
    result = company.take_in("day.csv", "\n".join([HEAD, GOOD.replace("60601", "2134")]), "orders", "2026-03-10")
    assert not result.plan.blocked
    assert any("“2134” has lost its leading zero; read as 02134" in note for note in result.plan.notes)
    stop = company.row("stops", "A1-5001-1")
    assert company.row("addresses", stop["address_id"])["zip5"] == "02134"
    assert company.row("addresses", stop["address_id"])["tz"] == "America/New_York"


def test_times_without_a_zone_are_asked_about_once(company):
    rows = "\n".join([HEAD, GOOD, GOOD.replace("5001", "5002")])
    result = company.take_in("day.csv", rows, "orders", "2026-03-10", how=Reading())
    questions = [str(problem) for problem in result.plan.blocked]
    assert len(questions) == 2  # one per column, not one per row
    assert all("--timezone" in question for question in questions)


def test_day_or_month_first_is_asked_not_guessed(company):
    rows = "Market | Date | Holiday | Name\nCHI | 03/04/2026 | yes | Something"
    result = company.take_in("calendar.csv", rows, "calendar", market=None)
    assert "--dates MDY or --dates DMY" in str(result.plan.blocked[0])
    assert not company.rows("calendar")
    result = company.take_in("calendar.csv", rows, "calendar", market=None, how=Reading(dates="DMY"))
    assert [str(row["date"]) for row in company.rows("calendar")] == ["2026-04-03"]


def test_seconds_taken_for_milliseconds_are_noticed(company):
    moment = int(datetime(2026, 3, 10, 13, 40, tzinfo=ZoneInfo("America/Chicago")).timestamp())
    rows = f"Order | Account | Driver | Status | Completed\n5001 | A1 | D-7 | Delivered | {moment}"
    result = company.take_in("scans.csv", rows, "completions", "2026-03-10", how=Reading(epoch="ms"))
    assert any("--epoch s" in str(problem) for problem in result.plan.blocked)
    assert not company.rows("attempts")


def test_a_missing_or_renamed_header_names_the_nearest(company):
    result = company.take_in("day.csv", "\n".join([HEAD.replace("Address", "Adress"), GOOD]), "orders", "2026-03-10")
    assert "Adress" in " ".join(map(str, result.plan.blocked)) + " ".join(result.plan.notes)
    assert not company.rows("stops")


def test_headers_that_fit_nothing_are_said(company):
    with pytest.raises(Refused, match="the headers fit nothing Stopbook knows"):
        company.take_in("odd.csv", "Foo | Bar\n1 | 2")


def test_merged_and_doubled_headers(company, tmp_path):
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Orders")
        sheet.merge_range(0, 0, 0, 1, "Account")
        sheet.write_row(0, 2, ["Order", "Order", "Address"])
        sheet.write_row(1, 0, ["A1", "", "5001", "5002", "1 Main St"])
    result = company.take_in_file(path, "orders", "2026-03-10")
    said = " ".join(map(str, result.plan.blocked))
    assert "tab Orders" in said
    assert not company.rows("stops")


def test_archives_that_would_hurt_are_refused_before_they_are_opened(company, tmp_path):
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(210):
                part.write(b" " * 1_000_000)
    with pytest.raises(Refused) as refused:
        company.take_in_file(bomb, "orders", "2026-03-10")
    assert "\n" not in str(refused.value)
    assert "bomb.xlsx" in str(refused.value)
    notes = tmp_path / "notes.xlsx"
    notes.write_bytes(b"this is not a workbook")
    with pytest.raises(Refused, match=r"notes\.xlsx"):
        company.take_in_file(notes, "orders", "2026-03-10")


def test_wrong_encodings_are_read_or_said(company):
    path = company.app.settings.home / "latin.csv"
    path.write_bytes("Driver,Name,Status\nD-50,José Müller,ACTIVE\n".encode("cp1252"))
    company.take_in_file(path, "drivers")
    assert company.row("drivers", "D-50")["display"] == "José Müller"
    path = company.app.settings.home / "broken.csv"
    path.write_bytes("Driver,Name,Status\nD-51,Jos\ufffd,ACTIVE\n".encode())
    try:
        result = company.take_in_file(path, "drivers")
        said = " ".join(map(str, result.plan.blocked))
    except Refused as refused:
        said = str(refused)
    assert "broken.csv" in said
    assert not [row for row in company.rows("drivers") if row["driver_id"] == "D-51"]


def test_returned_rows_can_be_mended_and_sent_again(company):
    bad = ROWS["a number in words"][0]
    company.take_in("day.csv", "\n".join([HEAD, GOOD, bad]), "orders", "2026-03-10")
    [path] = company.app.settings.returned.iterdir()
    from tests.sheets_sync.programs import saved

    def mend(sheets):
        for lines in sheets.values():
            for line in lines:
                line[:] = ["2" if cell == "two" else cell for cell in line]

    path.write_bytes(saved(path.read_bytes(), mend))
    result = company.take_in_file(path, "orders", "2026-03-10")
    assert not result.plan.blocked
    assert company.row("stops", "A1-5003-1")["pkgs"] == 2


def test_times_of_day_where_moments_belong_are_one_question_with_its_answer(company):
    head = HEAD.replace("Window start", "Earliest time").replace("Window end", "Latest time")
    rows = [
        GOOD.replace("5001", str(n)).replace("2026-03-10 10:00", "10:00").replace("2026-03-10 12:00", "12:00")
        for n in (5001, 5002, 5003)
    ]
    result = company.take_in("day.csv", "\n".join([head, *rows]), "orders", "2026-03-10")
    questions = [str(problem) for problem in result.plan.blocked]
    assert len(questions) == 2
    assert '--map "Earliest time=window_from"' in questions[0]
    answers = ("Earliest time=window_from", "Latest time=window_to")
    result = company.take_in("day.csv", "\n".join([head, *rows]), "orders", "2026-03-10", maps=answers)
    assert not result.plan.blocked
    assert company.row("stops", "A1-5001-1")["window_start"] == datetime(
        2026, 3, 10, 10, tzinfo=ZoneInfo("America/Chicago")
    )
