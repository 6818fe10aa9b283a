"""A spreadsheet that people made and already use, taken in over real HTTP: nothing of theirs is moved or written over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from local_sheets.batch import engine
from local_sheets.dispatcher import Act
from sheets_sync.google import adopt
from sheets_sync.google.adopt import Adopted
from sheets_sync.google.shape import Look, headers, looks
from sheets_sync.plain import Plain
from stopbook import spreadsheets
from tests.sheets_sync.google.bench import MARIA, NOW, Desk, case, desk
from workbooks.problems import Refused
from workbooks.schema import Role
from workbooks.shelf import shelf, speaks_of
from workbooks.tables import TABLES

HEAD = ["Driver", "My remark", "Route", "Odo start", "Odo end"]
ROWS: list[list[Plain]] = [
    ["D-7", "fast lane", "R12", 100.5, 118.4],
    ["D-8", "=1+1", "R12", 7, 9.5],
    ["D-9", "", "R14", "12,5 km", 30],
    ["", "nobody yet", "R15", 1, 2],
    ["D-7", "no such route", "R99", 3, 4],
]


class Theirs(Desk):
    """A spreadsheet of Maria's, shared with the robot."""

    def maria(self, *requests: dict[str, Any]) -> None:
        """What Maria does in her spreadsheet."""
        workspace = self.service.workspace
        with workspace.env.lock, workspace.editing(self.book, MARIA) as context:
            engine.run(context, list(requests))

    def put(self, row: int, line: Sequence[Plain]) -> None:
        """Maria types a row, as one types."""
        for column, cell in enumerate(line):
            if cell != "":
                self.act(Act("edit", row, column, text=str(cell)), title="Mileage")

    def adopt(self) -> Adopted:
        look = spreadsheets.look(self.app.ledger.books(), self.keeper.book)
        return adopt.adopt(self.client, self.book, self.keeper.book, self.app.ledger.ledger_id, look)

    def keep(self) -> None:
        self.keeper = spreadsheets.Keeper(self.app, self.keeper.book, self.book, self.client, self.now, "first")

    def mileage(self) -> dict[tuple[str, str], Any]:
        """Rows of the ledger by route and driver."""
        found = self.app.ledger.load("mileage", {})
        return {(record.values["route_id"], record.values["driver_id"]): record.values for record in found}


@contextmanager
def theirs(folder: Path, *lines: Sequence[Plain]) -> Iterator[Theirs]:
    with desk(folder, workbook="va-CHI", tabs=("mileage", "conflicts")) as one:
        start = TABLES["manifest"].lifecycle
        one.apply("drivers", *({"driver_id": driver} for driver in ("D-7", "D-8", "D-9", "D-10")))
        routes = {"market_id": "CHI", "service_date": date(2026, 3, 10), "status": start and start.start[0]}
        one.apply("manifest", *({"route_id": route, **routes} for route in ("R12", "R14", "R15")))
        made = Theirs(one.app, one.service, one.client, one.book, one.keeper, one.now)
        workspace = one.service.workspace
        made.book = workspace.create(workspace.new_file(MARIA, "Odometers"))["id"]
        workspace.share(made.book, one.client.email, "writer")
        tab = {"sheetId": 0, "title": "Mileage"}
        made.maria({"updateSheetProperties": {"properties": tab, "fields": "title"}})
        for row, line in enumerate(lines):
            made.put(row, line)
        yield made


def test_rows_that_stand_there_become_rows_and_nothing_is_written_over(tmp_path: Path) -> None:
    with theirs(tmp_path, ["Odometers of March"], HEAD, *ROWS) as one:
        one.keep()
        before = one.lines("Mileage")
        said = one.adopt()
        assert not said.problems and any("Mileage" in sentence for sentence in said.done)
        assert any("one person's drive" in sentence for sentence in said.done)
        one.adopt()
        one.settle()
        header, *rows = one.lines("Mileage")[1:]
        assert header[: len(HEAD)] == HEAD and header.count("_rid") == 1 and "Platform mi" in header
        for was, now in zip(before[2:], rows, strict=False):
            assert [cell or "" for cell in now[: len(was)]] == [cell or "" for cell in was]
        held = one.mileage()
        assert set(held) == {("R12", "D-7"), ("R12", "D-8")}
        assert [str(held["R12", "D-7"][name]) for name in ("odo_start", "odo_end", "market_id")] == [
            "100.5",
            "118.4",
            "CHI",
        ]
        rids = [line[header.index("_rid")] if len(line) > header.index("_rid") else "" for line in rows]
        assert all(rids[:2]) and len(set(rids[:2])) == 2 and not any(rids[2:])
        told = {str(row["sheet_value"]): row["message"] for row in one.conflicts()}
        assert len(told) == 3 and {row["column_title"] for row in one.conflicts()} == {"(whole row)"}
        for words, why in [
            ("12,5 km", "is not a number"),
            ("R15", "no readable key"),
            ("R99", "is not on tab Manifest"),
        ]:
            assert [why in message for text, message in told.items() if words in text] == [True]


def test_what_was_refused_is_mended_by_the_person_and_comes_in(tmp_path: Path) -> None:
    with theirs(tmp_path, HEAD, *ROWS[2:4]) as one:
        one.adopt()
        one.keep()
        one.settle()
        assert one.mileage() == {}
        one.act(Act("edit", 1, 3, text="12.5"), Act("edit", 2, 0, text="D-10"), title="Mileage")
        one.settle()
        assert set(one.mileage()) == {("R14", "D-9"), ("R15", "D-10")}


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (["Driver", "Rout", "Odo start"], "“Rout” is that column, head it “Route”"),
        (["Driver", "Route", "Driver"], "there are two columns “Driver”"),
        (["Name", "Number"], "none of its headers is one that Stopbook knows"),
    ],
)
def test_headers_that_do_not_say_which_rows_they_are(tmp_path: Path, head: list[str], words: str) -> None:
    with theirs(tmp_path, head, ["a", "b", "c"]) as one:
        one.keep()
        before = one.lines("Mileage")
        (problem,) = one.adopt().problems
        assert words in str(problem)
        assert one.lines("Mileage") == before
        one.settle()
        assert one.lines("Mileage") == before and one.mileage() == {}


def test_a_protected_range_refuses_us_and_only_that_tab_stands_still(tmp_path: Path) -> None:
    with theirs(tmp_path, HEAD, ROWS[0]) as one:
        one.adopt()
        one.keep()
        one.settle()
        kept = {"range": {"sheetId": 0, "startColumnIndex": 3, "endColumnIndex": 4}, "editors": {"users": [MARIA]}}
        one.maria({"addProtectedRange": {"protectedRange": kept}})
        one.apply("mileage", {"route_id": "R12", "driver_id": "D-7", "odo_start": 99})
        one.act(Act("edit", 1, 4, text="far"), title="Mileage")
        done = one.round()
        assert done.pushed.stopped and "protected range refuses" in done.pushed.stopped[0]
        assert "tab Mileage" in done.pushed.stopped[0] and one.client.email in done.pushed.stopped[0]
        assert one.lines("Mileage")[1][3] == 100.5
        assert len(one.lines("Conflicts")) == 2  # the other tab went on: it says what became of “far”
        for entry in one.keeper.sheet.client.get(f"{one.keeper.sheet.url}", {"fields": "sheets.protectedRanges"})[
            "sheets"
        ]:
            for found in entry.get("protectedRanges", []):
                if not found.get("warningOnly"):
                    one.maria({"deleteProtectedRange": {"protectedRangeId": found["protectedRangeId"]}})
        one.settle()
        assert one.lines("Mileage")[1][3] == 99


def test_the_hidden_identity_belongs_to_another_ledger(tmp_path: Path) -> None:
    with theirs(tmp_path / "a", HEAD, ROWS[0]) as one, desk(tmp_path / "b") as other:
        one.adopt()
        look = spreadsheets.look(other.app.ledger.books(), one.keeper.book)
        with pytest.raises(Refused, match="belongs to another ledger"):
            adopt.adopt(one.client, one.book, one.keeper.book, other.app.ledger.ledger_id, look)


def test_a_tab_today_of_their_own_is_never_written_over(tmp_path: Path) -> None:
    with theirs(tmp_path, HEAD, *ROWS) as one:
        one.maria({"addSheet": {"properties": {"title": "Today", "sheetId": 7}}})
        one.act(Act("edit", 0, 0, text="Call the depot"), title="Today")
        before = one.service.workspace.current(one.book).revision
        with pytest.raises(Refused, match=r"tab “Today” of its own\. Rename it"):
            one.adopt()
        assert one.service.workspace.current(one.book).revision == before
        one.maria({"updateSheetProperties": {"properties": {"sheetId": 7, "title": "My day"}, "fields": "title"}})
        one.adopt()
        one.adopt()  # its own, and those of before, may be shaped again
        book = one.service.workspace.current(one.book)
        assert {"My day", "Today"} <= {sheet.title for sheet in book.sheets}
        assert book.sheet(7).cell(0, 0).value == "Call the depot"


def test_today_says_by_when_in_words_people_read(tmp_path: Path) -> None:
    with desk(tmp_path, workbook="va-CHI", tabs=("exceptions", "conflicts")) as one:
        one.apply("exceptions", case(1, due_2h=NOW))
        one.settle()
        url = f"{one.keeper.sheet.url}/values/Today!A3:A4"
        shown = one.client.get(url, {"valueRenderOption": "FORMATTED_VALUE"})
        assert shown["values"] == [["Due"], ["2026-03-10 10:00"]]


def test_a_rejected_edit_stands_out_at_its_cell(tmp_path: Path) -> None:
    table = TABLES["mileage"]
    book = replace(shelf([{"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}])[0], name="x")
    look = Look(dict.fromkeys(Role, ("#000000", "#FFFFFF")), {"good": ("#E1F3E6", "#1B5E34"), "warn": ("#FDF0CF", "#7A4B06"),
                "bad": ("#FBDEDC", "#9A1F1A"), "muted": ("#ECEEF1", "#6B7280")})  # fmt: skip
    places = {title: at for at, title in enumerate(["mine", *headers(table)])}
    rules = [
        r["addConditionalFormatRule"]["rule"]
        for r in looks(table, 7, places, book, look, 2)
        if "addConditionalFormatRule" in r
    ]
    formulas = {
        rule["ranges"][0]["startColumnIndex"]: condition["values"][0]["userEnteredValue"]
        for rule in rules
        if (condition := rule["booleanRule"]["condition"])["type"] == "CUSTOM_FORMULA"
    }
    odometer = table.by_name["odo_end"]
    assert formulas[places["Odo end"]] == "=" + speaks_of(
        "$C4", odometer
    )  # the message stands in column C, row 4 is the first
    assert formulas[places["_msg"]] == formulas[places["_state"]] == '=AND($B4<>"",$B4<>"OK")'
