"""The page in a real browser: two people at one spreadsheet, and an API client beside them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local_sheets.client import Loopback, client
from tests.local_sheets.test_store import Server

Json = dict[str, Any]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
MARIA, TOM = "maria@example.com", "tom@example.com"
pytestmark = pytest.mark.skipif(
    not CHROMIUM and os.environ.get("STOPBOOK_REQUIRE_ALL") != "1", reason="no chromium on this machine"
)
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong


class Board:
    """A served spreadsheet with drop-downs and protections, and a browser."""

    def __init__(self, server: Server, browser: Browser) -> None:
        self.server, self.browser = server, browser
        self.page_address = next(line.split()[-1] for line in server.said.splitlines() if line.startswith("People"))
        self.book = client(server.info, Loopback(server.address)).create("Dispatch board")
        sheet = self.book.sheet1
        sheet.update_title("Today")
        sheet.resize(60, 8)
        rows = [["Stop", "Driver", "Status", "Parcels", "Due", "Note"]]
        for n in range(12):
            rows.append([f"S-10{n:02d}", ["Cleo", "Ana", "Ben"][n % 3], ["open", "failed", "done"][n % 3], str(n % 7 + 1), f"2026-11-20 14:{n:02d}", ""])  # fmt: skip
        sheet.update(rows, "A1", value_input_option="USER_ENTERED")
        sheet.freeze(rows=1)
        column = {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 60}
        choices = [{"userEnteredValue": value} for value in ("open", "failed", "done", "redeliver")]
        rule = {"strict": True, "condition": {"type": "ONE_OF_LIST", "values": choices}}
        keys = {"range": {"sheetId": 0, "startColumnIndex": 0, "endColumnIndex": 1}}
        warn = {"range": {**column, "startColumnIndex": 3, "endColumnIndex": 4}, "warningOnly": True}
        self.book.batch_update(
            {
                "requests": [
                    {
                        "setDataValidation": {
                            "range": {**column, "startColumnIndex": 2, "endColumnIndex": 3},
                            "rule": rule,
                        }
                    },
                    {"addProtectedRange": {"protectedRange": keys}},
                    {"addProtectedRange": {"protectedRange": warn}},
                ]
            }
        )
        for email in (MARIA, TOM):
            self.book.share(email, perm_type="user", role="writer", notify=False)
        self.foreign: list[str] = []
        self.errors: list[str] = []

    def enter(self, email: str) -> Page:
        """A person opens the page and the spreadsheet."""
        page = self.browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.on("request", lambda request: self._note(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(self.page_address)
        page.get_by_label("I am").click()
        page.get_by_role("option", name=email).click()
        page.get_by_label("Spreadsheet").click()
        page.get_by_role("option", name="Dispatch board").click()
        expect(page.locator(".q-menu")).to_have_count(0)  # it takes the focus back when it has faded
        expect(cell(page, 2, "B")).to_have_text("Cleo")
        return page

    def _note(self, url: str) -> None:
        if not url.startswith((self.page_address, self.page_address.replace("http", "ws", 1), "data:", "blob:")):
            self.foreign.append(url)

    def value(self, where: str) -> Any:
        """A cell as the API shows it."""
        return self.book.sheet1.acell(where).value


def cell(page: Page, row: int, column: str) -> Any:
    """A cell of the grid by the names a person sees."""
    field = f"c{ord(column) - 65}"
    found = page.locator(".ag-row", has=page.locator(f'[col-id="_row"]:text-is("{row}")'))
    ident = found.first.get_attribute("row-id") if found.count() else str(row)
    return page.locator(f'.ag-row[row-id="{ident}"] [col-id="{field}"]').first


def write(page: Page, row: int, column: str, text: str) -> None:
    """A person types into a cell."""
    cell(page, row, column).dblclick()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """One server and one browser for all tests here."""
    folder: Path = tmp_path_factory.mktemp("people")
    server = Server(folder, "--page", "--page-port", "0", "--person", MARIA, "--person", TOM)
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
            found = Board(server, browser)
            yield found
            browser.close()
        counters = requests.get(f"{server.admin}/state", timeout=5).json()["counters"]
        assert counters.get("internal_errors", 0) == 0
        assert found.errors == []
        assert found.foreign == [], "the page asked for something from elsewhere"
    finally:
        server.stop()


def test_two_people_and_the_api_see_each_other(board: Board) -> None:
    maria, tom = board.enter(MARIA), board.enter(TOM)
    write(maria, 3, "F", "gate code missing")
    expect(cell(tom, 3, "F")).to_have_text("gate code missing")
    expect(tom.get_by_text(f"Changed by {MARIA}")).to_be_visible()
    assert board.value("F3") == "gate code missing"
    board.book.sheet1.update_acell("B4", "Dora")
    expect(cell(maria, 4, "B")).to_have_text("Dora")
    expect(cell(tom, 4, "B")).to_have_text("Dora")
    write(tom, 4, "F", "=1+1")
    expect(cell(maria, 4, "F")).to_have_text("2")
    cell(maria, 4, "F").dblclick()
    expect(cell(maria, 4, "F").get_by_role("textbox")).to_have_value("=1+1")
    maria.keyboard.press("Escape")
    folder = os.environ.get("STOPBOOK_PICTURES")
    if folder:
        maria.screenshot(path=str(Path(folder) / "board.png"))
    maria.context.close()
    tom.context.close()


def test_a_link_opens_a_spreadsheet_as_somebody(board: Board) -> None:
    page = board.browser.new_context().new_page()
    page.goto(f"{board.page_address}?person={TOM}&file={board.book.id}")
    expect(cell(page, 4, "A")).to_have_text("S-1002")
    write(page, 12, "F", "by link")
    expect(cell(page, 12, "F")).to_have_text("by link")
    assert board.value("F12") == "by link"
    page.goto(f"{board.page_address}?person=nobody@example.com&file=none")
    expect(page.get_by_label("Spreadsheet")).to_have_value("")
    page.context.close()


def test_a_new_spreadsheet_shows_up_when_it_is_shared(board: Board) -> None:
    page = board.enter(MARIA)
    gc = client(board.server.info, Loopback(board.server.address))
    other = gc.create("Night shift")
    other.share(MARIA, perm_type="user", role="writer", notify=False)
    page.get_by_label("Spreadsheet").click()
    page.get_by_role("option", name="Night shift").click()
    expect(cell(page, 1, "B")).to_have_text("")
    write(page, 1, "B", "hello")
    expect(cell(page, 1, "B")).to_have_text("hello")
    assert other.sheet1.acell("B1").value == "hello"
    gc.del_spreadsheet(other.id)
    expect(page.get_by_text("This spreadsheet is gone, or no longer shared with you.")).to_be_visible()
    page.context.close()


def test_drop_downs_offer_and_refuse(board: Board) -> None:
    page = board.enter(MARIA)
    cell(page, 5, "C").click()
    expect(cell(page, 5, "C").get_by_role("combobox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".ag-select-list-item")).to_have_count(5)
    folder = os.environ.get("STOPBOOK_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / "choices.png"))
    page.locator(".ag-select-list-item", has_text="redeliver").click()
    page.keyboard.press("Enter")
    expect(cell(page, 5, "C")).to_have_text("redeliver")
    assert board.value("C5") == "redeliver"
    page.context.close()


def test_a_protected_cell_is_refused_in_words(board: Board) -> None:
    page = board.enter(TOM)
    write(page, 6, "A", "S-9999")
    expect(page.get_by_text("This cell is protected.")).to_be_visible()
    expect(cell(page, 6, "A")).to_have_text("S-1004")
    assert board.value("A6") == "S-1004"
    page.context.close()


def test_a_warning_asks_first(board: Board) -> None:
    page = board.enter(TOM)
    before = board.value("D7")
    write(page, 7, "D", "99")
    expect(page.get_by_text("Edit it anyway?")).to_be_visible()
    folder = os.environ.get("STOPBOOK_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / "warning.png"))
    page.get_by_role("button", name="Cancel").click()
    expect(cell(page, 7, "D")).to_have_text(str(before))
    assert board.value("D7") == before
    write(page, 7, "D", "98")
    page.get_by_role("button", name="Edit anyway").click()
    expect(cell(page, 7, "D")).to_have_text("98")
    assert board.value("D7") == "98"
    page.context.close()


def test_rows_are_inserted_and_sorting_through_protection_is_refused(board: Board) -> None:
    page, other = board.enter(MARIA), board.enter(TOM)
    page.get_by_role("button", name="Insert row below").click()
    expect(page.get_by_text("Select a row first.")).to_be_visible()
    last = board.value("A8")
    cell(page, 7, "E").click()
    page.get_by_role("button", name="Insert row below").click()
    expect(cell(other, 9, "A")).to_have_text(str(last))
    expect(cell(page, 8, "A")).to_have_text("")
    assert board.value("A9") == last
    cell(page, 8, "B").click()
    page.get_by_role("button", name="Delete rows").click()
    expect(page.get_by_text("This cell is protected.")).to_be_visible()
    assert board.value("A9") == last
    owner = board.book.fetch_sheet_metadata()["sheets"][0]["protectedRanges"][0]["protectedRangeId"]
    board.book.batch_update({"requests": [{"deleteProtectedRange": {"protectedRangeId": owner}}]})
    cell(page, 8, "B").click()
    page.get_by_role("button", name="Delete rows").click()
    expect(page.get_by_text("1 row deleted.")).to_be_visible()
    expect(cell(other, 8, "A")).to_have_text(str(last))
    cell(page, 3, "B").click()
    page.get_by_role("button", name="Sort A to Z").click()
    expect(page.get_by_text("Sorted by column B.")).to_be_visible()
    expect(cell(other, 2, "B")).to_have_text("Ana")
    assert board.book.sheet1.col_values(2)[1:] == sorted(board.book.sheet1.col_values(2)[1:])
    assert board.value("A1") == "Stop"
    page.context.close()
    other.context.close()
