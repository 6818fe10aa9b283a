"""Whole workbooks: built, changed by people in other programs, taken in."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sheets_sync.intake import Intake, take_in
from sheets_sync.workbook import read
from tests.sheets_sync.programs import (
    BOOKS,
    VA_BOOK,
    WRITTEN,
    Sheets,
    append,
    bases,
    book,
    conflict,
    exceptions,
    ledger,
    mileage,
    put,
    saved,
    saved_by_libreoffice,
)  # fmt: skip
from tests.sheets_sync.world import wall
from workbooks.problems import Refused
from workbooks.schema import Record, rid_of

ROWS: dict[str, list[Record]] = {"exceptions": exceptions(), "mileage": mileage(), "conflicts": [conflict()]}
BUILT = book(ROWS)


def taken(content: bytes, held: dict[str, list[Record]] | None = None, **more: Any) -> Intake:
    return take_in(
        read(content, VA_BOOK), VA_BOOK, bases(ROWS), ledger(held or ROWS), who="maria@x.test", at=WRITTEN, **more
    )


def changed(change: Any, **properties: str | None) -> bytes:
    return saved(BUILT, change, **properties)


@pytest.mark.parametrize("content", [BUILT, saved(BUILT)], ids=["as written", "saved by another program"])
def test_an_untouched_workbook_brings_nothing(content: bytes) -> None:
    intake = taken(content)
    assert intake.changes_nothing and not intake.problems and not intake.bases and intake.safe
    assert intake.merges["exceptions"].unchanged == 8


def test_real_libreoffice_opens_and_saves_it(tmp_path: Path) -> None:
    many = {**ROWS, "exceptions": exceptions(40)}
    content = saved_by_libreoffice(book(many), tmp_path)
    copy = read(content, VA_BOOK)
    intake = take_in(copy, VA_BOOK, bases(many), ledger(many))
    assert intake.changes_nothing and not intake.problems and not intake.bases
    assert copy.stamp.generation == 7 and len(copy.tabs["exceptions"].rows) == 40 and not copy.extra_sheets


def test_ticking_a_box_in_libreoffice_is_no_formula(tmp_path: Path) -> None:
    ticked = changed(lambda sheets: put(sheets, "Mileage", "CHI-2026-03-10-R0", "Accept", True))
    (step,) = taken(saved_by_libreoffice(ticked, tmp_path)).puts
    assert step.values["accept"] is True


def test_a_day_of_work_in_the_va_workbook() -> None:
    def work(sheets: Sheets) -> None:
        put(sheets, "Exceptions", "0001", "Action", "contacted")
        put(sheets, "Exceptions", "0002", "Status", "RESOLVED")
        put(sheets, "Exceptions", "0003", "Redeliver at", wall(11, 14))
        put(sheets, "Exceptions", "0004", "Disposition", "RTSS")
        put(sheets, "Exceptions", "0005", "Internal note", "#N/A")
        put(sheets, "Exceptions", "0006", "Internal note", "\0f=1+3")
        append(sheets, "Mileage", Route="CHI-2026-03-10-R9", Driver="D2", Odo_start=5.0)
        sheets["Exceptions"][1:] = sheets["Exceptions"][:0:-1]

    intake = taken(changed(work))
    puts = {put.key: dict(put.values) for put in intake.puts if put.table != "conflicts"}
    assert puts == {
        ("0001",): {"exc_id": "0001", "action": "CONTACTED"},
        ("0003",): {"exc_id": "0003", "redelivery_at": datetime.fromisoformat("2026-03-11T19:00:00+00:00")},
        ("CHI-2026-03-10-R9", "D2"): {"route_id": "CHI-2026-03-10-R9", "driver_id": "D2", "market_id": "CHI", "status": "OPEN", "odo_start": 5},
    }  # fmt: skip
    told = {
        (p.values["row_key"], p.values["kind"]): p.values["sheet_value"] for p in intake.merges["exceptions"].conflicts
    }
    assert told == {("0002", "PUT_BACK"): "RESOLVED", ("0004", "INVALID"): "RTSS", ("0005", "INVALID"): "=NA() (shows #N/A)",
                    ("0006", "INVALID"): "=1+3 (shows 4)"}  # fmt: skip
    assert "tab Exceptions, cell " in str(intake.problems[0]) and "Did" not in str(intake.problems[0])


def test_people_move_hide_and_add_columns() -> None:
    def work(sheets: Sheets) -> None:
        for number, line in enumerate(sheets["Exceptions"]):
            line.insert(3, "My colour" if number == 0 else f"c{number}")
            line.append(line.pop(0))
        sheets["Notes"] = [["anything"]]

    copy = read(changed(work), VA_BOOK)
    assert copy.extra_sheets == ("Notes",)
    assert copy.extras["exceptions"]["My colour"][rid_of("exceptions", ("0000",))] == "c1"
    assert taken(changed(work)).changes_nothing


def test_what_stands_beside_a_new_row_follows_it() -> None:
    def work(sheets: Sheets) -> None:
        sheets["Mileage"][0].append("Mine")
        for line in sheets["Mileage"][1:]:
            line.append("")
        append(sheets, "Mileage", Route="R9", Driver="D2", Mine="remember")

    assert taken(changed(work)).extras == {"mileage": {"Mine": {rid_of("mileage", ("R9", "D2")): "remember"}}}


def _rename(sheets: Sheets) -> None:
    sheets["Exceptions"][0][sheets["Exceptions"][0].index("Root cause")] = "Root causes"


def _double(sheets: Sheets) -> None:
    for line in sheets["Exceptions"]:
        line.append(line[5])


def _drop_rid(sheets: Sheets) -> None:
    sheets["Exceptions"][0][sheets["Exceptions"][0].index("_rid")] = "id"


def _drop_tab(sheets: Sheets) -> None:
    sheets["Exceptionz"] = sheets.pop("Exceptions")


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (
            _rename,
            "the column “Root cause” is missing. Nothing of this tab was taken in. If “Root causes” is what it is called now, name it “Root cause” again.",
        ),
        (_double, "there are two columns “Stop”"),
        (_drop_rid, "the hidden column “_rid” is missing"),
        (_drop_tab, "Name the tab “Exceptionz” “Exceptions” again"),
    ],
)
def test_one_tab_stops_and_the_others_go_on(work: Any, sentence: str) -> None:
    def both(sheets: Sheets) -> None:
        put(sheets, "Mileage", "CHI-2026-03-10-R1", "Odo end", 1101.5)
        put(sheets, "Exceptions", "0001", "Action", "ESCALATE")
        work(sheets)

    intake = taken(changed(both))
    assert [put.table for put in intake.puts] == ["mileage"] and not intake.safe
    assert any(sentence in str(problem) for problem in intake.problems)


def test_a_copied_tab_is_said() -> None:
    copy = read(changed(lambda sheets: sheets.update({"Exceptions (2)": sheets["Exceptions"]})), VA_BOOK)
    assert "looks like a copied tab" in copy.problems[0].what


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello", "not a workbook that can be read"),
        (BUILT[:5000], "not a workbook that can be read"),
        (saved(BUILT, stopbook_ledger_id=None), "was not written by Stopbook, or has lost its stamp"),
        (saved(BUILT, stopbook_generation="many"), "a stamp that cannot be read"),
        (book({}, workbook=BOOKS["dispatch-CHI"]), "is the workbook “dispatch-CHI”, not “va-CHI”"),
    ],
)
def test_what_is_not_this_workbook(content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read(content, VA_BOOK)


def test_a_workbook_of_another_company() -> None:
    read(BUILT, VA_BOOK).expect("L1")
    with pytest.raises(Refused, match="belongs to another ledger"):
        read(BUILT, VA_BOOK).expect("L2")


NOTE = rid_of("exceptions", ("0001",))


def held(note: str | None, **more: Any) -> dict[str, list[Record]]:
    return {
        **ROWS,
        "exceptions": [
            replace(r, values={**r.values, "internal_note": note}, **more) if r.rid == NOTE else r
            for r in ROWS["exceptions"]
        ],
    }


def choose(choice: str, also: Any = lambda _: None) -> bytes:
    def work(sheets: Sheets) -> None:
        put(sheets, "Conflicts", "c1", "Choose", choice)
        also(sheets)

    return changed(work)


def test_choosing_what_the_sheet_said() -> None:
    intake = taken(choose("SHEET"), held("ledger's"))
    by_table = {put.table: dict(put.values) for put in intake.puts}
    assert by_table["exceptions"] == {"exc_id": "0001", "internal_note": "sheet's"}
    assert (by_table["conflicts"]["status"], by_table["conflicts"]["choose"]) == ("RESOLVED", "SHEET")


def test_choosing_what_stands_only_resolves() -> None:
    assert [put.table for put in taken(choose("STOPBOOK"), held("ledger's")).puts] == ["conflicts"]


def test_a_choice_about_a_cell_that_moved_on_is_said() -> None:
    intake = taken(choose("SHEET"), held("third"))
    assert not intake.puts and "the cell holds “third” by now" in str(intake.problems[-1])


def test_a_choice_about_a_cell_typed_in_the_same_workbook() -> None:
    base = held("ledger's")

    def work(sheets: Sheets) -> None:
        put(sheets, "Conflicts", "c1", "Choose", "SHEET")
        put(sheets, "Exceptions", "0001", "Internal note", "newest")

    content = saved(book(base), work)
    intake = take_in(read(content, VA_BOOK), VA_BOOK, bases(base), ledger(base))
    assert {p.table: dict(p.values) for p in intake.puts} == {
        "exceptions": {"exc_id": "0001", "internal_note": "newest"}
    }
    assert "at the same time" in str(intake.problems[-1])


def test_a_choice_for_a_column_of_somebody_else() -> None:
    rows = {**ROWS, "conflicts": [conflict(column_name="dispatch_note", ledger_value=None)]}
    content = saved(book(rows), lambda s: put(s, "Conflicts", "c1", "Choose", "SHEET"))
    intake = take_in(read(content, VA_BOOK), VA_BOOK, bases(rows), ledger(rows))
    assert not intake.puts and "not yours to change" in str(intake.problems[-1])


def test_a_choice_and_another_edit_of_the_row_are_one_put() -> None:
    intake = taken(choose("SHEET", lambda s: put(s, "Exceptions", "0001", "Action", "ESCALATE")), held("ledger's"))
    rows = [p for p in intake.puts if p.table == "exceptions"]
    assert len(rows) == 1 and rows[0].values["action"] == "ESCALATE" and rows[0].values["internal_note"] == "sheet's"
