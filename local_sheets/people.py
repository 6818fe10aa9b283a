"""A page where people work at the grid: open a spreadsheet, edit, sort, insert and delete rows, see others' changes.

NiceGUI serves it and carries AG Grid; nothing is fetched from elsewhere. Whoever opens the page says who they are; what
they may do is decided by the same code that answers the API, and a refusal is shown in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from nicegui import ui
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from local_sheets import conditions, protect, ranges_io
from local_sheets.a1 import Area, Box, column_name
from local_sheets.batch import engine
from local_sheets.batch.context import Context
from local_sheets.errors import ApiError
from local_sheets.model import Book, Cell
from local_sheets.people_grid import ROW, Kept, Shown, snapshot
from local_sheets.service import Service
from local_sheets.workspace import SPREADSHEET

Json = dict[str, Any]
_SERVICE: list[Service] = []
_PATH = "/grid"
_STYLE = """
body { background: #f6f8f7; }
.nicegui-content { padding: 8px 12px; gap: 8px; }
.ag-root-wrapper { --ag-font-size: 13px; --ag-header-font-size: 12px; --ag-row-hover-color: #eef5f1;
  --ag-header-background-color: #eef2f0; --ag-selected-row-background-color: #dcefe4; --ag-accent-color: #1f6b4a; }
.ag-row-pinned, .ag-floating-top { font-weight: 600; background: #f9fbfa; }
.cell-protected { background: #f1efe8; color: #6b6552; }
.cell-warning { background: #fff8e1; }
.cell-choice::after { content: '▾'; color: #7a8a82; float: right; }
.cell-number { text-align: right; }
.row-number { color: #8a958f; background: #f5f7f6; text-align: center; }
"""


def tell(error: ApiError) -> str:
    """A refusal as a person reads it."""
    text = error.message
    if "protected cell" in text:
        return "This cell is protected. Ask the owner of the spreadsheet if you need to change it."
    return text.split(": ", 1)[1] if text.startswith("Invalid requests[") and ": " in text else text


class Page:
    """One person's view of one spreadsheet; lives as long as their browser tab."""

    def __init__(self, service: Service) -> None:
        self.service, self.workspace = service, service.workspace
        self.email = ""
        self.book_id = ""
        self.sheet_id = 0
        self._shown: Shown | None = None
        self._kept: dict[int, Kept] = {}
        self._touched: set[int] = set()
        self._seen = -1

    # -- what is shown ------------------------------------------------------------------------------------------

    def build(self) -> None:
        """The page's parts."""
        ui.colors(primary="#1f6b4a")
        ui.add_css(_STYLE)
        with ui.header().classes("items-center q-px-md q-py-sm").style("background: #1f4d3a"):
            ui.label("Local Sheets").classes("text-subtitle1 text-weight-medium")
            ui.space()
            ui.label("Runs on this machine; nothing leaves it.").classes("text-caption")
        people = sorted(e for e, a in self.workspace.accounts.known.items() if a["kind"] == "person")
        with ui.row().classes("w-full items-end q-px-sm"):
            self._who = ui.select(
                people, label="I am", with_input=True, new_value_mode="add-unique", on_change=self._login
            )
            self._who.classes("w-72").props("dense outlined data-testid=who")
            self._files = ui.select({}, label="Spreadsheet", on_change=self._open).classes("w-80")
            self._files.props("dense outlined data-testid=file")
        self._tabs = (
            ui.tabs(on_change=self._switch).props("dense align=left no-caps data-testid=tabs").classes("w-full")
        )
        with ui.row().classes("w-full items-center q-px-sm gap-1"):
            self._actions = [
                self._action("Insert row above", "vertical_align_top", self._insert_above),
                self._action("Insert row below", "vertical_align_bottom", self._insert_below),
                self._action("Delete rows", "delete_outline", self._delete),
                self._action("Sort A to Z", "arrow_downward", lambda: self._sort("ASCENDING")),
                self._action("Sort Z to A", "arrow_upward", lambda: self._sort("DESCENDING")),
            ]
            ui.space()
            self._note = ui.label("").classes("text-caption text-grey-7").mark("note")
        options = {
            "columnDefs": [],
            "rowData": [],
            "pinnedTopRowData": [],
            "rowSelection": {
                "mode": "multiRow",
                "checkboxes": False,
                "headerCheckbox": False,
                "enableClickSelection": True,
            },
            "rowHeight": 28,
            "headerHeight": 30,
            "singleClickEdit": False,
            "stopEditingWhenCellsLoseFocus": True,
            "suppressFieldDotNotation": True,
            ":getRowId": f"p => String(p.data.{ROW})",
        }
        self._grid = ui.aggrid(options, auto_size_columns=False).classes("w-full").style("height: calc(100vh - 212px)")
        self._grid.props("data-testid=grid")
        self._grid.on("cellValueChanged", self._edited, ["data", "colId", "oldValue", "newValue"])
        self._grid.on("cellClicked", self._clicked, ["colId"])
        self._column = 0
        self._enable()

    def _action(self, text: str, icon: str, act: Callable[[], Any]) -> ui.button:
        return ui.button(text, icon=icon, on_click=act).props("flat dense no-caps size=sm color=primary")

    def _enable(self) -> None:
        for button in self._actions:
            button.set_enabled(bool(self.book_id))

    def arrive(self, person: str, file: str) -> None:
        """As a link says it: who comes, and the spreadsheet to open; what is not known is left to choose."""
        if person in self._who.options:
            self._who.set_value(person)
        if file in self._files.options:
            self._files.set_value(file)

    def _login(self) -> None:
        self.email = str(self._who.value or "").strip()
        if "@" not in self.email:
            ui.notify("Please give a mail address.", type="warning")
            return
        self.workspace.accounts.add_person(self.email)
        self.offer()

    def offer(self, *, quiet: bool = False) -> None:
        """The spreadsheets this person may open."""
        found = {
            f["id"]: f["name"]
            for f in self.workspace.files.values()
            if f["mimeType"] == SPREADSHEET and not f["trashed"] and self.workspace.role(f, self.email)
        }
        if found != self._files.options:
            self._files.set_options(found, value=self.book_id if self.book_id in found else None)
        if not found and not quiet:
            ui.notify("No spreadsheet is shared with you yet.", type="info")

    def _open(self) -> None:
        if not self._files.value or self._files.value == self.book_id:
            return
        self.book_id = str(self._files.value)
        book = self.workspace.current(self.book_id)
        self.sheet_id = book.first_visible().sheet_id
        self._forget()
        self._list_tabs(book)
        self._enable()
        self.refresh(force=True)

    def _forget(self) -> None:
        self._shown, self._kept, self._touched = None, {}, set()

    def _list_tabs(self, book: Book) -> None:
        self._tabs.clear()
        with self._tabs:
            for sheet in book.sheets:
                if not sheet.doc["properties"].get("hidden"):
                    ui.tab(str(sheet.sheet_id), sheet.title)
        self._titles = [(s.sheet_id, s.title, s.doc["properties"].get("hidden")) for s in book.sheets]
        self._tabs.set_value(str(self.sheet_id))

    def _switch(self) -> None:
        if self._tabs.value and int(self._tabs.value) != self.sheet_id:
            self.sheet_id = int(self._tabs.value)
            self._forget()
            self.refresh(force=True)

    def refresh(self, *, force: bool = False, by: str = "") -> None:
        """Shows the spreadsheet as it is now; sends only what changed."""
        if not self.book_id:
            return
        file = self.workspace.files.get(self.book_id)
        if file is None or self.workspace.role(file, self.email) is None:
            self._note.set_text("This spreadsheet is gone, or no longer shared with you.")
            return
        book = self.workspace.current(self.book_id)
        if book.revision == self._seen and not force:
            return
        self._seen = book.revision
        if self.sheet_id not in {s.sheet_id for s in book.sheets}:
            self.sheet_id = book.first_visible().sheet_id
        if [(s.sheet_id, s.title, s.doc["properties"].get("hidden")) for s in book.sheets] != getattr(
            self, "_titles", None
        ):
            self._list_tabs(book)
        new = snapshot(self.workspace, book, book.sheet(self.sheet_id), self.email, self._kept)
        self._grid.options.update(columnDefs=new.columns, rowData=new.rows, pinnedTopRowData=new.top)
        if self._shown is None or self._shown.columns != new.columns:
            self._grid.update()
        else:
            self._send(self._shown, new)
        self._shown, self._touched = new, set()
        if by and by != self.email:
            self._note.set_text(f"Changed by {by}")

    def _send(self, old: Shown, new: Shown) -> None:
        """Only the rows that changed, as long as the same rows are shown."""
        if old.top != new.top or self._touched:
            self._grid.run_grid_method("setGridOption", "pinnedTopRowData", new.top)
        if [row[ROW] for row in old.rows] != [row[ROW] for row in new.rows]:
            self._grid.run_grid_method("setGridOption", "rowData", new.rows)
            return
        changed = [b for a, b in zip(old.rows, new.rows, strict=True) if a is not b or b[ROW] in self._touched]
        if changed:
            self._grid.run_grid_method("applyTransaction", {"update": changed})

    # -- what a person does -------------------------------------------------------------------------------------

    def _do(self, act: Callable[[Context], None]) -> bool:
        """One change under this person's name; a refusal is said in words and the grid shows what stands."""
        try:
            with self.service.env.lock, self.workspace.editing(self.book_id, self.email) as context:
                act(context)
        except ApiError as error:
            ui.notify(tell(error), type="negative", position="top", timeout=6000)
            self.refresh(force=True)
            return False
        self.refresh(force=True)
        return True

    async def _edited(self, event: Any) -> None:
        column, row = int(str(event.args["colId"])[1:]), int(event.args["data"][ROW]) - 1
        text = "" if event.args.get("newValue") is None else str(event.args["newValue"])
        old = "" if event.args.get("oldValue") is None else str(event.args["oldValue"])
        if text == old:
            return
        self._touched.add(row + 1)
        book = self.workspace.current(self.book_id)
        sheet = book.sheet(self.sheet_id)
        box = Box(self.sheet_id, row, row + 1, column, column + 1)
        before = sheet.cell(row, column)
        if protect.warned(book, sheet, box) and not await self._sure():
            self.refresh(force=True)
            return
        self._do(lambda context: self._type(context, row, column, text, before))

    def _type(self, context: Context, row: int, column: int, text: str, before: Cell) -> None:
        sheet = context.book.sheet(self.sheet_id)
        area = Area(self.sheet_id, row, row + 1, column, column + 1)
        ranges_io.write(context, sheet, area, [[text]], "USER_ENTERED")
        cell, rule = sheet.cell(row, column), before.validation
        if rule is None or cell.blank:
            return
        value = context.read()(self.sheet_id, row, column, cell)
        if conditions.holds(rule.get("condition", {}), value, context.book, context.read()) is False:
            choices = conditions.options(rule.get("condition", {}), context.book, context.read())
            hint = rule.get("inputMessage") or ("Choose one of: " + ", ".join(choices) if choices else "")
            if rule.get("strict"):
                raise ApiError(400, f"{text} is not allowed in this cell. {hint}".strip())
            ui.notify(f"{text} does not fit this cell's rule. {hint}".strip(), type="warning", position="top")

    async def _sure(self) -> bool:
        with ui.dialog() as dialog, ui.card():
            ui.label("You are about to edit a part of this sheet that should not be changed by accident.")
            ui.label("Edit it anyway?").classes("text-weight-medium")
            with ui.row().classes("w-full justify-end"):
                ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat no-caps")
                ui.button("Edit anyway", on_click=lambda: dialog.submit(True)).props("no-caps")
        answer = await dialog
        dialog.delete()
        return bool(answer)

    def _clicked(self, event: Any) -> None:
        name = str(event.args.get("colId", ""))
        if name.startswith("c") and name[1:].isdigit():
            self._column = int(name[1:])

    async def _selected(self) -> list[int]:
        rows = await self._grid.get_selected_rows()
        found = sorted(int(row[ROW]) - 1 for row in rows)
        if not found:
            ui.notify("Select a row first.", type="info", position="top")
        return found

    async def _insert_above(self) -> None:
        rows = await self._selected()
        if rows:
            self._insert(rows[0], before=False)

    async def _insert_below(self) -> None:
        rows = await self._selected()
        if rows:
            self._insert(rows[-1] + 1, before=True)

    def _insert(self, at: int, *, before: bool) -> None:
        span = {"sheetId": self.sheet_id, "dimension": "ROWS", "startIndex": at, "endIndex": at + 1}
        request = {"insertDimension": {"range": span, "inheritFromBefore": before}}
        self._do(lambda context: _run(context, [request]))

    async def _delete(self) -> None:
        rows = await self._selected()
        spans = [
            {"sheetId": self.sheet_id, "dimension": "ROWS", "startIndex": n, "endIndex": n + 1} for n in reversed(rows)
        ]
        if spans and self._do(lambda context: _run(context, [{"deleteDimension": {"range": span}} for span in spans])):
            ui.notify("1 row deleted." if len(rows) == 1 else f"{len(rows)} rows deleted.", position="top")

    def _sort(self, order: str) -> None:
        sheet = self.workspace.current(self.book_id).sheet(self.sheet_id)
        used = max((n for n, line in enumerate(sheet.rows) if line.cells), default=0)
        first = sheet.doc["properties"]["gridProperties"].get("frozenRowCount", 0) or 1
        if used < first:
            return
        grid = Box(self.sheet_id, first, used + 1, 0, sheet.width).area().json()
        request = {"sortRange": {"range": grid, "sortSpecs": [{"dimensionIndex": self._column, "sortOrder": order}]}}
        if self._do(lambda context: _run(context, [request])):
            ui.notify(f"Sorted by column {column_name(self._column)}.", position="top")


def _run(context: Context, requests: list[Json]) -> None:
    engine.run(context, requests)


def _index(person: str = "", file: str = "") -> None:
    page = Page(_SERVICE[0])
    page.build()
    page.arrive(person, file)
    workspace, loop, client = page.workspace, asyncio.get_running_loop(), ui.context.client

    def changed(book_id: str, email: str) -> None:
        """Called by whoever changed something, on any thread."""
        loop.call_soon_threadsafe(show, book_id, email)

    def show(book_id: str, email: str) -> None:
        with suppress(RuntimeError), client:
            if page.email:
                page.offer(quiet=True)
            if book_id == page.book_id:
                page.refresh(by=email)

    def gone() -> None:
        with suppress(ValueError):
            workspace.listeners.remove(changed)

    workspace.listeners.append(changed)
    client.on_delete(gone)


def application(service: Service) -> ASGIApp:
    """The page as an application of its own; one for each process, because NiceGUI keeps its pages globally."""
    if _SERVICE:
        raise RuntimeError("the page is already being served by this process")
    _SERVICE.append(service)
    ui.page(_PATH, title="Local Sheets")(_index)
    outer = Starlette(routes=[Route("/", lambda request: RedirectResponse(f"{_PATH}?{request.url.query}"))])
    ui.run_with(outer, title="Local Sheets", show_welcome_message=False)  # type: ignore[arg-type]
    return outer
