"""Stopbook is brought up to date: new columns, choices and tabs come into workbooks in which people keep things of their own."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
import python_calamine

from sheets_sync import parts
from tests.office import Office, manifest
from tests.scenarios.test_rich_workbooks import (  # noqa: F401 - a fixture
    DAY,
    EXC,
    PNG,
    _packed,
    all_parts,
    lines_of,
    news,
    path_of,
    shop,
)
from tests.sheets_sync.programs import saved_by_libreoffice
from workbooks.plan import Base
from workbooks.tables import TABLES

NEW, OLD = "Root cause", "What we call it"
STRINGS, LISTS = "xl/sharedStrings.xml", "_lists"


def changed(one: Office, change: Callable[[dict[str, bytes], dict[str, str]], None], name: str = "va-CHI") -> bytes:
    """The workbook as somebody keeps it who put a picture into it; `change` makes it that of an older Stopbook."""
    path = one.app.settings.workbooks / f"{name}.xlsx"
    content = path.read_bytes()
    every = all_parts(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = parts.sheet_paths(archive)
    every["xl/media/image1.png"] = PNG
    every["[Content_Types].xml"] = every["[Content_Types].xml"].replace(
        b"<Default ", b'<Default Extension="png" ContentType="image/png"/><Default ', 1
    )
    change(every, sheets)
    path.write_bytes(_packed(every))
    return path.read_bytes()


def never_written(one: Office, table: str, column: str = "") -> None:
    """The older Stopbook knew no such column, or table, so nothing was agreed about it."""
    ledger = one.app.ledger
    rows = ledger.bases("va-CHI", 1, table)
    ledger.keep_bases([
        Base("va-CHI", table, rid, 1, {k: v for k, v in row.items() if k != column} if column else None)
        for rid, row in rows.items()
    ])  # fmt: skip


def without_the_column(one: Office) -> bytes:
    """A workbook from before “Root cause”; in its place people have a column of their own."""

    def change(every: dict[str, bytes], sheets: dict[str, str]) -> None:
        path = sheets[EXC]
        place = re.search(rb">" + NEW.encode() + rb"<", every[STRINGS])
        assert place
        every[STRINGS] = every[STRINGS].replace(b">" + NEW.encode() + b"<", b">" + OLD.encode() + b"<")
        for name in every:
            if name.startswith("xl/tables/"):
                every[name] = every[name].replace(f'name="{NEW}"'.encode(), f'name="{OLD}"'.encode())
        every[path] = re.sub(
            rb'<dataValidation [^>]*error="Choose one of: ADDRESS[^>]*>.*?</dataValidation>', b"", every[path]
        )

    never_written(one, "exceptions", "root_cause")
    return changed(one, change)


def header(content: bytes, title: str = EXC) -> list[str]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [str(cell) for cell in book.get_sheet_by_name(title).to_python(skip_empty_area=False)[0]]


def rules(content: bytes, title: str = EXC) -> dict[str, str]:
    """By column letter: what its drop-down offers."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(parts.sheet_paths(archive)[title]).decode()
    found = re.findall(r"<dataValidation ([^>]*)(?<!/)><formula1>(.*?)</formula1>", xml)
    counts = re.search(r'<dataValidations count="(\d+)"', xml)
    assert counts and int(counts[1]) == xml.count("<dataValidation ")
    return {
        re.search(r'sqref="([A-Z]+)', head)[1]: formula.replace("&quot;", '"')
        for head, formula in found
        if 'type="list"' in head
    }  # type: ignore[index]


def letter_of(content: bytes, title: str) -> str:
    from workbooks.intake.grid import letter

    return letter(header(content).index(title))


def test_a_new_column_comes_at_the_right_with_its_drop_down_and_nothing_else_moves(shop, tmp_path):  # noqa: F811
    before = without_the_column(shop)
    had = header(before)
    assert NEW not in had and OLD in had
    news(shop)
    done = shop.run("write-workbooks")
    after = path_of(shop).read_bytes()
    assert header(after)[: len(had)] == had, "nothing of theirs or ours has moved"
    assert header(after)[len(had) :] == [NEW]
    column = TABLES["exceptions"].by_name["root_cause"]
    assert rules(after)[letter_of(after, NEW)] == f'"{",".join(column.enum)}"'
    assert any("columns that are new come at the right" in note for note in done.plan.notes)
    assert not done.plan.blocked
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        xml = archive.read(parts.sheet_paths(archive)[EXC])
    place = len(had) + 1
    assert f'<col min="{place}" max="{place}" width="{column.width:g}"'.encode() in xml
    opened = saved_by_libreoffice(after, tmp_path)
    assert header(opened)[len(had)] == NEW


def test_what_is_typed_into_the_new_column_is_taken_in(shop):  # noqa: F811
    without_the_column(shop)
    news(shop)
    shop.run("write-workbooks")
    (case, *_) = lines_of(path_of(shop).read_bytes(), EXC)

    def choose(every: dict[str, bytes], sheets: dict[str, str]) -> None:
        place = f"{letter_of(path_of(shop).read_bytes(), NEW)}2"
        text = every[sheets[EXC]]
        cell = f'<c r="{place}" t="inlineStr"><is><t>TRAFFIC</t></is></c>'.encode()
        text = re.sub(rb'<c r="%s"[^>]*/>' % place.encode(), b"", text)
        every[sheets[EXC]] = re.sub(
            rb'(<row r="2".*?)</row>', lambda row: row[1] + cell + b"</row>", text, count=1, flags=re.DOTALL
        )

    changed(shop, choose)
    done = shop.run("write-workbooks")
    assert not done.plan.blocked, [str(each) for each in done.plan.blocked]
    assert shop.row("exceptions", case["Case"])["root_cause"] == "TRAFFIC"
    written = path_of(shop).read_bytes()
    shop.run("write-workbooks")
    assert path_of(shop).read_bytes() == written, "the next time nothing is new"
    assert shop.rows("conflicts", status="OPEN") == []


def test_values_come_into_the_new_column(shop):  # noqa: F811
    (case,) = shop.rows("exceptions")
    shop.edit("va-CHI", lambda sheets: sheets[EXC][1].__setitem__(sheets[EXC][0].index(NEW), "WEATHER"))
    shop.run("write-workbooks")
    never = shop.app.ledger.bases("va-CHI", 2, "exceptions")
    shop.app.ledger.keep_bases([Base("va-CHI", "exceptions", rid, 2, {k: v for k, v in row.items() if k != "root_cause"})
                                for rid, row in never.items()])  # fmt: skip
    without_the_column(shop)
    news(shop)
    shop.run("write-workbooks")
    shown = {row["Case"]: row for row in lines_of(path_of(shop).read_bytes(), EXC)}
    assert shown[case["exc_id"]][NEW] == "WEATHER"


def test_a_choice_that_is_new_is_offered(shop):  # noqa: F811
    column = TABLES["exceptions"].by_name["root_cause"]
    fewer = ",".join(column.enum[:2])

    def change(every: dict[str, bytes], sheets: dict[str, str]) -> None:
        full = ",".join(column.enum).encode()
        assert every[sheets[EXC]].count(full) == 1
        every[sheets[EXC]] = every[sheets[EXC]].replace(full, fewer.encode())

    before = changed(shop, change)
    assert rules(before)[letter_of(before, NEW)] == f'"{fewer}"'
    news(shop)
    shop.run("write-workbooks")
    after = path_of(shop).read_bytes()
    assert rules(after)[letter_of(after, NEW)] == f'"{",".join(column.enum)}"'
    others = {place: said for place, said in rules(before).items() if place != letter_of(before, NEW)}
    assert {place: said for place, said in rules(after).items() if place != letter_of(after, NEW)} == others


def listed(content: bytes, name: str) -> list[str]:
    """What stands under the name of a list, as a program that opens the file finds it."""
    text = all_parts(content)["xl/workbook.xml"].decode()
    found = re.search(rf'name="{name}"[^>]*>{LISTS}!\$([A-Z]+)\$1(?::\$[A-Z]+\$(\d+))?<', text)
    assert found
    from workbooks.intake.grid import position_of

    rows = (
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        .get_sheet_by_name(LISTS)
        .to_python(skip_empty_area=False)
    )
    return [str(row[position_of(found[1])]) for row in rows[: int(found[2] or 1)]]


def test_a_route_of_today_can_be_chosen_in_the_mileage_tab(shop):  # noqa: F811
    before = changed(shop, lambda every, sheets: None)
    routes = listed(before, "lst_manifest")
    shop.take_in("m2.csv", manifest(DAY, "1090 Ed Fox", route="R99", driver="D-9"), "orders", DAY)
    shop.run("write-workbooks")
    after = path_of(shop).read_bytes()
    assert (
        set(listed(after, "lst_manifest")) - set(routes)
        == {str(row["route_id"]) for row in shop.rows("manifest") if str(row["route_id"]) not in routes}
        != set()
    )


def without_a_tab(one: Office) -> None:
    """An older Stopbook knew no tab “Mileage”."""
    never_written(one, "mileage")

    def change(every: dict[str, bytes], sheets: dict[str, str]) -> None:
        every["xl/workbook.xml"] = every["xl/workbook.xml"].replace(b'name="Mileage"', b'name="My own tab"')
        every[sheets["Mileage"]] = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData/>", every[sheets["Mileage"]])

    changed(one, change)


def test_a_new_tab_cannot_come_beside_what_people_keep_and_the_workbook_says_what_to_do(shop):  # noqa: F811
    without_a_tab(shop)
    news(shop)
    done = shop.run("write-workbooks")
    after = path_of(shop).read_bytes()
    said = "The tab “Mileage” cannot come into it beside them: rename this file, let Stopbook write a whole new one"
    assert any(said in note for note in done.plan.notes)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(after))
    assert any(said in str(cell) for line in book.get_sheet_by_name("Today").to_python() for cell in line)
    assert len([row for row in lines_of(after, EXC) if row["Case"]]) == len(shop.rows("exceptions")) == 2, (
        "the rest goes on"
    )
    due = [line[1] for line in book.get_sheet_by_name("Today").to_python(skip_empty_area=False)[5:7]]
    assert due == [f"{DAY} 16:05", f"{DAY} 17:30"], "both as people read them, also where a line without a moment stood"
    aside = path_of(shop).with_name("va-CHI mine.xlsx")
    path_of(shop).rename(aside)
    shop.run("write-workbooks")
    assert "Mileage" in python_calamine.CalamineWorkbook.from_path(path_of(shop)).sheet_names


def test_in_a_plain_workbook_a_new_tab_just_comes(shop):  # noqa: F811
    never_written(shop, "mileage")
    shop.edit("va-CHI", lambda sheets: sheets.pop("Mileage"))
    shop.run("write-workbooks")
    assert "Mileage" in python_calamine.CalamineWorkbook.from_path(path_of(shop)).sheet_names


def test_a_tab_that_was_deleted_comes_back_and_one_that_was_renamed_stops_the_writing(shop):  # noqa: F811
    shop.edit("va-CHI", lambda sheets: sheets.pop("Stops"))
    shop.run("write-workbooks")
    assert len([row for row in lines_of(path_of(shop).read_bytes(), "Stops") if row["Stop"]]) == 2
    shop.edit("va-CHI", lambda sheets: sheets.__setitem__("My stops", sheets.pop("Stops")))
    renamed = path_of(shop).read_bytes()
    done = shop.run("write-workbooks")
    assert path_of(shop).read_bytes() == renamed, "somebody may have typed there"
    assert any("the tab “Stops” is missing" in note for note in done.plan.notes)


def test_a_new_column_of_a_tab_without_rows_holds_nothing_up(shop):  # noqa: F811
    shop.edit(
        "va-CHI", lambda sheets: sheets["Conflicts"][0].__setitem__(sheets["Conflicts"][0].index("Choose"), "Old")
    )
    news(shop)
    done = shop.run("write-workbooks")
    assert not done.plan.blocked
    assert "Choose" in header(path_of(shop).read_bytes(), "Conflicts")


def test_runs_are_listed_newest_first(shop):  # noqa: F811
    path = shop.app.settings.workbooks / "manager.xlsx"
    changed(shop, lambda every, sheets: None, "manager")
    before = [row["Run"] for row in lines_of(path.read_bytes(), "Runs") if row["Run"]]
    news(shop)
    shop.run("write-workbooks")
    runs = [row["Run"] for row in lines_of(path.read_bytes(), "Runs") if row["Run"]]
    assert set(before) < set(runs)
    assert runs[-len(before) :] == before
    started = [row["Started"] for row in lines_of(path.read_bytes(), "Runs") if row["Run"]]
    assert started == sorted(started, reverse=True)
    (first, *_) = lines_of(path.read_bytes(), "Runs")
    assert first["Result"] and str(first["Started"]).startswith(DAY)


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_that_became_shorter_offers_no_blanks(count):
    from sheets_sync import choices

    book = b'<definedNames><definedName name="lst_a">_lists!$B$1:$B$7</definedName></definedNames>'
    after, known = choices.named(book, {"lst_a": ["x"] * count, "lst_b": ["y"]})
    assert known == {"lst_a": (1, 7)}
    assert f"$B$1:$B${count}<".encode() in after
