"""The old file as bookkeepers really keep it: whatever its shape, everybody's name and total are read as a person reads them."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from stopbook.compare import compare, directory
from stopbook.compare.causes import Kind
from stopbook.compare.names import Directory
from stopbook.compare.old import OLD_BILL, OLD_PAY, Old, read
from tests.payroll import World, day, stops_only, tiers
from workbooks.problems import Refused

D = Decimal
MON, SUN = day(0), day(6)
PAID = {"Garcia, Hugo": D("1240.50"), "O\u2019Brien, Zo\u00eb": D("980.00"), "Chen, Carla": D("-12.25")}
Make = Callable[[Path], Path]


def text(*lines: str, delimiter: str = ",", encoding: str = "utf-8", name: str = "old.csv") -> Make:
    def make(folder: Path) -> Path:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter).writerows(line.split("|") for line in lines)
        (folder / name).write_bytes(out.getvalue().encode(encoding))
        return folder / name

    return make


def book(**tabs: list[list[Any]]) -> Make:
    """A workbook; a first cell of “<text” is merged over four columns."""

    def make(folder: Path) -> Path:
        with xlsxwriter.Workbook(folder / "old.xlsx") as one:
            for title, lines in tabs.items():
                sheet = one.add_worksheet(title.replace("_", " "))
                for y, line in enumerate(lines):
                    if line and str(line[0]).startswith("<"):
                        sheet.merge_range(y, 0, y, 3, str(line[0])[1:])
                    else:
                        sheet.write_row(y, 0, line)
        return folder / "old.xlsx"

    return make


SHAPES: dict[str, Make] = {
    "semicolons and decimal commas": text("Driver;Net Pay", "Garcia, Hugo;1.240,50", "O\u2019Brien, Zo\u00eb;980,00", "Chen, Carla;-12,25", delimiter="|"),
    "tabs": text("Driver|Net Pay", *(f"{n}|{a}" for n, a in PAID.items()), delimiter="\t", name="old.tsv"),
    "with a mark at the start, as Excel saves it": text("Driver|Net Pay", *(f"{n}|{a}" for n, a in PAID.items()), encoding="utf-8-sig"),
    "Windows letters": text("Driver|Net Pay", *(f"{n}|{a}" for n, a in PAID.items()), encoding="cp1252"),
    "amounts as sheets show them": text("Payee|Check Amount", "Garcia, Hugo|$1,240.50", "O\u2019Brien, Zo\u00eb|USD 980.00", "Chen, Carla|($12.25)"),
    "the minus behind": text("Payee|Check Amount", "Garcia, Hugo|1,240.50", "O\u2019Brien, Zo\u00eb|980", "Chen, Carla|12.25-"),
    "titles above and sums below": text("Lakeside Delivery", "Payroll of week 10|||", "", "Courier||Take Home", *(f"{n}||{a}" for n, a in PAID.items()),
                                        "", "Grand total||2208.25", "Approved by L. Ortiz"),
    "sums in between": text("Driver|Description|Amount", "Garcia, Hugo|Stops delivered|1,300.50", "Garcia, Hugo|Advance|60.00", "Subtotal||1240.50",
                            "O\u2019Brien, Zo\u00eb|Stops|980.00", "Subtotal||980.00", "Chen, Carla|Advance|12.25", "TOTAL||2208.25"),
    "merged titles in a workbook": book(Week_10=[["<Lakeside Delivery: drivers"], ["<2 to 8 March 2026"], [], ["Driver", "Stops", "Net pay"],
                                                 *([n, 40, float(a)] for n, a in PAID.items()), ["Total", 120, 2208.25]]),
    "a tab a driver, named by a column": book(Hugo=[["Driver", "Net Pay"], ["Garcia, Hugo", 1240.5]], Zoe=[["Driver", "Net Pay"], ["O\u2019Brien, Zo\u00eb", 980]],
                                              Carla=[["Driver", "Bonus", "Net Pay"], ["Chen, Carla", "", -12.25]]),
    "a tab a driver, named by the tab": book(**{
        "Garcia, Hugo": [["Date", "Description", "Amount"], ["2026-03-03", "Stops", 1300.5], ["2026-03-04", "Advance", -60], ["", "Total", 1240.5]],
        "O\u2019Brien, Zo\u00eb": [["Date", "Description", "Amount"], ["2026-03-03", "Stops", 980]],
        "Chen, Carla": [["Date", "Description", "Amount"], ["2026-03-05", "Advance", 12.25]]}),
    "a tab a driver and one with all of them": book(
        All=[["Driver", "Gross Pay", "Net Pay"], *([n, float(a), float(a)] for n, a in PAID.items())],
        Hugo=[["Driver", "Net Pay"], ["Garcia, Hugo", 1240.5]], Zoe=[["Driver", "Net Pay"], ["O\u2019Brien, Zo\u00eb", 980]]),
    "a first tab with words": book(Read_me=[["Prepared by the bookkeeper"], ["call me with questions"]],
                                   Pay=[["Employee", "Total Pay"], *([n, float(a)] for n, a in PAID.items())]),
    "First Last": text("Driver|Net Pay", "Hugo Garcia|1240.50", "ZO\u00cb O\u2019BRIEN|980", "carla chen|-12.25"),
    "a row a line with a quantity and a rate": text("Driver Name|Item|Quantity|Unit Price", "Garcia, Hugo|Stops|827|1.50", "O\u2019Brien, Zo\u00eb|Stops|490|2.00",
                                                    "Chen, Carla|Uniform|1|12.25"),
}  # fmt: skip


@pytest.fixture(scope="module")
def who() -> Directory:
    return Directory({"D-1": ["Hugo Garcia"], "D-2": ["Zo\u00eb O\u2019Brien"], "D-3": ["Carla Chen"]}, {})


def understood(path: Path) -> Old:
    return read(path, OLD_PAY, MON, SUN, (), "")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_says_the_same(tmp_path: Path, who: Directory, shape: str) -> None:
    make = SHAPES[shape]
    path = make(tmp_path)
    if shape.startswith("semicolons"):
        path.write_text(path.read_text("utf-8").replace('"', ""), encoding="utf-8")
    old = understood(path)
    found = {who.match(party.name).party: party.total for party in old.parties}
    assert found == dict(zip(("D-1", "D-2", "D-3"), PAID.values(), strict=True)), old
    assert all(who.match(party.name).sure for party in old.parties)


def test_a_line_of_remarks_is_nobody(tmp_path: Path) -> None:
    old = understood(SHAPES["titles above and sums below"](tmp_path))
    assert old.notes == ("old.csv, row 10: “Approved by L. Ortiz” has no amount and was left out.",)


def test_a_tab_that_was_not_read_is_said(tmp_path: Path) -> None:
    [note] = understood(SHAPES["a tab a driver and one with all of them"](tmp_path)).notes
    assert (
        note
        == "“Hugo”, “Zoe”: not read, since who stands there stands on another tab too. Keep one of them in the file."
    )


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (book(Sheet1=[["Date", "Amount"], ["2026-03-03", 5]]), "names no driver or account. Say which column does with --map"),
        (book(A=[["Driver", "Colour"], ["Ana", "red"]], B=[["Driver", "Colour"], ["Ben", "red"]]), "has no column of amounts. Name one with --map"),
        (book(A=[]), "holds no rows"),
        (text("", name="empty.csv"), "is empty. Choose another file"),
        (text("{\\rtf1 Driver|Net Pay", name="old.rtf"), "is of a kind that is not read. Save it as .xlsx or CSV"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_one_sentence(tmp_path: Path, make: Make, sentence: str) -> None:
    for table in (OLD_PAY, OLD_BILL):
        with pytest.raises(Refused) as refused:
            read(make(tmp_path), table, MON, SUN, (), "")
        assert sentence in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_name_that_is_two_of_ours_is_asked_and_one_that_is_nobody_said(tmp_path: Path) -> None:
    names = {"D-1": "Ana Alvarez", "D-2": "Ana Alvarez", "D-3": "Carla Chen"}
    world = World(drivers=[{"driver_id": d, "display": name, "legal_name": name, "engagement": "IC", "status": "ACTIVE", "home_market": "CHI"}
                           for d, name in names.items()], pay_plans=[stops_only()], pay_tiers=tiers((None, "2.00"), plan_id="PP-S", version=1))  # fmt: skip
    for driver in names:
        world.on_plan(driver, "PP-S")
        world.deliver(world.route(driver, MON, f"R-{driver}"), 5)
    world.close()
    world.draft(MON)
    old = understood(
        text("Driver|Net Pay", "Alvarez, Ana|10.00", "Carla Chen|10.00", "Xu Qiang|7.00", "Grand total|27.00")(tmp_path)
    )
    found = compare(world.books(), "settlements", old, MON, SUN, {})
    assert [(m.name, m.party, m.others, m.question) for m in found.names] == [
        ("Alvarez, Ana", "D-1", ("D-2",), "“Alvarez, Ana” may be D-1 or D-2"),
        ("Xu Qiang", "", (), "“Xu Qiang” is nobody of ours")]  # fmt: skip
    kinds = {row.party or row.shown: [cause.kind for cause in row.causes] for row in found.rows}
    assert kinds == {
        "Alvarez, Ana": [Kind.NOT_HERE],
        "Xu Qiang": [Kind.NOT_HERE],
        "D-1": [Kind.NOT_THERE],
        "D-2": [Kind.NOT_THERE],
        "D-3": [],
    }
    said = compare(world.books(), "settlements", old, MON, SUN, {"Alvarez, Ana": "D-2"})
    assert [m.name for m in said.names] == ["Xu Qiang"]
    assert [row.difference for row in said.rows if row.party == "D-2"] == [D("0.00")]
    assert directory(world.books(), "settlements").shown("D-2") == "Ana Alvarez"
