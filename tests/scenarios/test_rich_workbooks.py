"""People keep things of their own in the workbooks: sheets, charts, pictures, notes, colours. Nothing of it is lost."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter

from sheets_sync import parts, patch
from sheets_sync.patch import Cell
from tests.office import Office, manifest, office
from tests.sheets_sync.programs import saved_by_libreoffice
from workbooks.problems import Refused

DAY, EXC = "2026-03-10", "Exceptions"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
PIVOT = b'<?xml version="1.0"?><pivotTableDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" name="P"/>'


def rich(content: bytes, *, pictures: bool = True, pivot: bool = True) -> bytes:
    """The workbook as somebody saves it who has added whatever a spreadsheet offers."""
    source = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    target = io.BytesIO()
    out = xlsxwriter.Workbook(target, {"in_memory": True})
    for name, value in parts.properties(content).items():
        out.set_custom_property(name, value)
    bold, moment = (
        out.add_format({"bold": True, "bg_color": "#FFEEAA"}),
        out.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    )
    for title in source.sheet_names:
        sheet = out.add_worksheet(title)
        for row, line in enumerate(source.get_sheet_by_name(title).to_python(skip_empty_area=False)):
            for column, value in enumerate(line):
                if isinstance(value, str) and value:
                    sheet.write_string(row, column, value)
                elif isinstance(value, bool):
                    sheet.write_boolean(row, column, value)
                elif hasattr(value, "year"):
                    sheet.write_datetime(row, column, value, moment)
                elif not isinstance(value, str) and value is not None:
                    sheet.write_number(row, column, value)
        if title == EXC:
            sheet.write_comment("C2", "Ask Jo about this one")
            sheet.conditional_format(
                "A1:Z50", {"type": "text", "criteria": "containing", "value": "Jo", "format": bold}
            )
            sheet.data_validation("V2:V50", {"validate": "length", "criteria": "<", "value": 80})
            sheet.set_row(1, 40, bold)
            sheet.autofilter("A1:Z5")
    mine = out.add_worksheet("My <figures> & more")
    mine.write_formula("A1", f"=COUNTA({EXC}!C2:C500)", None, 2)
    mine.write_string("A2", "kept: ünïcødé")
    chart = out.add_chart({"type": "column"})
    chart.add_series({"values": f"={EXC}!$Z$2:$Z$5"})
    mine.insert_chart("C3", chart)
    if pictures:
        mine.insert_image("H3", "dot.png", {"image_data": io.BytesIO(PNG)})
    out.define_name("My_range", f"={EXC}!$C$2:$C$5")
    out.close()
    return _with(target.getvalue(), {"xl/pivotTables/pivotTable1.xml": PIVOT}) if pivot else target.getvalue()


def _with(content: bytes, added: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == "[Content_Types].xml":
                kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.pivotTable+xml"
                entries = b"".join(
                    b'<Override PartName="/%s" ContentType="%s"/>' % (name.encode(), kind) for name in added
                )
                data = data.replace(b"</Types>", entries + b"</Types>")
            new.writestr(info, data)
        for name, data in added.items():
            new.writestr(name, data)
    return target.getvalue()


def all_parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def outside_cells(xml: bytes) -> bytes:
    xml = re.sub(rb"<sheetData>.*</sheetData>", b"", xml, flags=re.DOTALL)
    return re.sub(rb"<dimension[^>]*>", b"", xml)


@pytest.fixture
def shop(tmp_path: Path):
    with office(tmp_path / "home") as one:
        one.take_in("plan.csv", manifest(DAY, "1041 Al Bo", "1042 Jo Park"), "orders", DAY)
        one.at(f"{DAY} 15:00")
        head = "Order | Account | Driver | Status | Reason | Completed\n"
        one.take_in("s.csv", f"{head}1042 | A1 | D-7 | Failed | nobody home | {DAY}T14:05:00-05:00", "completions")
        one.run("reconcile-day", DAY)
        one.run("open-exceptions", DAY)
        one.run("write-workbooks")
        yield one


def path_of(one: Office) -> Path:
    return one.app.settings.workbooks / "va-CHI.xlsx"


def lines_of(content: bytes, title: str) -> list[dict]:
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(title)
    head, *rows = sheet.to_python(skip_empty_area=False)
    return [dict(zip(head, row, strict=False)) for row in rows]


def news(one: Office) -> None:
    """Another stop fails, so a case is added and the other one changes."""
    one.at(f"{DAY} 16:00")
    head = "Order | Account | Driver | Status | Reason | Completed\n"
    one.take_in("s2.csv", f"{head}1041 | A1 | D-7 | Failed | nobody home | {DAY}T15:30:00-05:00", "completions")
    one.run("reconcile-day", DAY)
    one.run("open-exceptions", DAY)


def test_everything_that_is_theirs_keeps_its_bytes(shop):
    before = rich(path_of(shop).read_bytes())
    path_of(shop).write_bytes(before)
    news(shop)
    done = shop.run("write-workbooks")
    assert any("all of it stays" in note for note in done.plan.notes), done.plan.notes
    after = path_of(shop).read_bytes()
    old, new = all_parts(before), all_parts(after)
    assert old.keys() == new.keys()
    with zipfile.ZipFile(io.BytesIO(before)) as archive:
        sheets = parts.sheet_paths(archive)
    ours = {path for title, path in sheets.items() if not title.startswith("My")}
    touched = {name for name in old if old[name] != new[name]}
    assert touched <= ours | {"docProps/custom.xml", "xl/workbook.xml"}
    assert sheets[EXC] in touched
    for path in ours & touched:
        assert outside_cells(old[path]) == outside_cells(new[path]), path
    assert {row["Case"] for row in lines_of(after, EXC) if row["Case"]} == {
        str(row["exc_id"]) for row in shop.rows("exceptions")
    }
    assert lines_of(after, "My <figures> & more")


def test_the_next_time_nothing_is_new(shop):
    path_of(shop).write_bytes(rich(path_of(shop).read_bytes()))
    news(shop)
    shop.run("write-workbooks")
    written = path_of(shop).read_bytes()
    for _ in range(2):
        again = shop.run("write-workbooks")
        assert path_of(shop).read_bytes() == written, again.plan.notes
    assert shop.rows("conflicts", status="OPEN") == []
    assert int(float(parts.properties(written)["stopbook_generation"])) == 2


def test_edits_in_a_rich_workbook_are_edits(shop):
    def edited(sheets: dict) -> None:
        head = sheets[EXC][0]
        sheets[EXC][1][head.index("Internal note")] = "typed beside my charts"
        sheets[EXC][1][head.index("Recipient")] = "not mine to change"

    shop.edit("va-CHI", edited)
    path_of(shop).write_bytes(rich(path_of(shop).read_bytes()))
    shop.run("write-workbooks")
    (row,) = [
        row for row in lines_of(path_of(shop).read_bytes(), EXC) if row["Internal note"] == "typed beside my charts"
    ]
    assert row["Recipient"] == "Jo Park"
    assert row["_state"] == "STALE"
    assert [each["kind"] for each in shop.rows("conflicts", status="OPEN")] == ["PUT_BACK"]
    assert "Jo Park" in lines_of(path_of(shop).read_bytes(), "Conflicts")[0].values()


def test_a_row_that_no_longer_belongs_here_is_marked_and_stays(shop):
    path_of(shop).write_bytes(rich(path_of(shop).read_bytes()))
    (case,) = shop.rows("exceptions")
    shop.at("2026-03-20 12:00")  # days later the closed ones leave the workbook
    shop.take_in("m2.csv", manifest("2026-03-20", "2000 New One", route="R20"), "orders", "2026-03-20")
    shop.run("write-workbooks")
    rows = {row["Case"]: row for row in lines_of(path_of(shop).read_bytes(), EXC) if row["Case"]}
    assert case["exc_id"] in rows
    stops = {row["Stop"]: row["_state"] for row in lines_of(path_of(shop).read_bytes(), "Stops") if row["Stop"]}
    assert sorted(stops.values()) == ["OK", "VOID", "VOID"], stops
    before = path_of(shop).read_bytes()
    shop.run("write-workbooks")
    assert path_of(shop).read_bytes() == before
    assert shop.rows("conflicts", status="OPEN") == []


@pytest.mark.parametrize("name", ["with everything", "without pictures", "saved by LibreOffice"])
def test_a_corpus_of_rich_workbooks(shop, tmp_path, name):
    content = rich(path_of(shop).read_bytes(), pictures=name != "without pictures", pivot=name == "with everything")
    if name == "saved by LibreOffice":
        content = saved_by_libreoffice(content, tmp_path)
    changes = {EXC: [Cell(2, 2, "=1+1 <&>"), Cell(40, 5, 12.5), Cell(3, 30, True), Cell(2, 3, None)]}
    after = patch.patched(content, changes, {"stopbook_generation": "77"})
    old, new = all_parts(content), all_parts(after)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        touched = {parts.sheet_paths(archive)[EXC], "docProps/custom.xml", "xl/workbook.xml"}
    assert {name for name in old if old[name] != new[name]} - touched == set()
    assert parts.properties(after)["stopbook_generation"].startswith("77")
    cells = (
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(after))
        .get_sheet_by_name(EXC)
        .to_python(skip_empty_area=False)
    )
    assert (cells[1][2], cells[39][5], cells[2][30], cells[1][3]) == ("=1+1 <&>", 12.5, True, "")


def test_a_real_spreadsheet_program_opens_what_was_patched(shop, tmp_path):
    path_of(shop).write_bytes(rich(path_of(shop).read_bytes(), pivot=False))
    news(shop)
    shop.run("write-workbooks")
    opened = saved_by_libreoffice(path_of(shop).read_bytes(), tmp_path)
    assert {row["Case"] for row in lines_of(opened, EXC) if row["Case"]} == {
        str(row["exc_id"]) for row in shop.rows("exceptions")
    }
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(opened)).get_sheet_by_name("My <figures> & more")
    assert sheet.to_python()[0][0] == len(shop.rows("exceptions")), "their formula counts the new row"


CHANGES: list[Callable[[bytes], bytes]] = [
    lambda content: _without_property(content),
    lambda content: _prefixed(content),
]


def _without_property(content: bytes) -> bytes:
    every = all_parts(content)
    every["docProps/custom.xml"] = every["docProps/custom.xml"].replace(b"stopbook_generation", b"other")
    return _packed(every)


def _prefixed(content: bytes) -> bytes:
    every = all_parts(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        path = parts.sheet_paths(archive)[EXC]
    every[path] = every[path].replace(b"<sheetData", b"<x:sheetData").replace(b"</sheetData", b"</x:sheetData")
    return _packed(every)


def _packed(every: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in every.items():
            archive.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize("change", CHANGES)
def test_what_cannot_be_patched_safely_is_refused_whole(shop, change):
    content = change(rich(path_of(shop).read_bytes()))
    with pytest.raises(Refused, match=r"nothing was written|cannot write into"):
        patch.patched(content, {EXC: [Cell(2, 2, "x")]}, {"stopbook_generation": "8"})


def test_a_plain_workbook_is_written_anew_and_not_patched(shop):
    shop.edit("va-CHI", lambda sheets: None)
    assert patch.keepsakes(path_of(shop).read_bytes(), [EXC], ()) == ()
    news(shop)
    done = shop.run("write-workbooks")
    assert not any("all of it stays" in note for note in done.plan.notes)
    assert "xl/theme/theme1.xml" in all_parts(path_of(shop).read_bytes())
