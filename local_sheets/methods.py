"""The 17 methods of the Sheets API, one function each; :mod:`local_sheets.service` finds them by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local_sheets import a1, dispatcher, masks, ranges_io, render, resolve, styles
from local_sheets.a1 import Area
from local_sheets.auth import Caller
from local_sheets.batch import engine
from local_sheets.batch.cells import with_data
from local_sheets.batch.context import Context
from local_sheets.batch.registry import HANDLERS
from local_sheets.batch.tabs import check_properties, check_title, copy_of, free_title, new_sheet
from local_sheets.errors import ApiError, bad_field, invalid, not_found
from local_sheets.model import Book, Sheet
from local_sheets.ranges_io import Rendering, Written
from local_sheets.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the parts of the path, the checked query and body, who asks, and the response mask."""

    workspace: Workspace
    caller: Caller
    path: dict[str, str] = field(default_factory=dict)
    query: Json = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    mask: masks.Tree | None = None

    @property
    def book_id(self) -> str:
        """The spreadsheet's id."""
        return self.path["spreadsheetId"]

    def book(self) -> Book:
        """The spreadsheet, for reading."""
        return self.workspace.book(self.book_id, self.caller.email)

    @property
    def strict_filters(self) -> bool:
        """Whether a DataFilter that matches nothing is an error."""
        return self.workspace.env.switches.unmatched_filter == "error"


Method = Callable[[Call], Json]
METHODS: dict[str, Method] = {}
READS = {
    "spreadsheets.get",
    "spreadsheets.getByDataFilter",
    "spreadsheets.developerMetadata.get",
    "spreadsheets.developerMetadata.search",
    "spreadsheets.values.get",
    "spreadsheets.values.batchGet",
    "spreadsheets.values.batchGetByDataFilter",
}


def method(name: str) -> Callable[[Method], Method]:
    """Registers a method."""

    def register(function: Method) -> Method:
        METHODS["spreadsheets" + name] = function
        return function

    return register


def _resource(call: Call, book: Book, areas: list[tuple[Sheet, Area]] | None, *, grid: bool) -> Json:
    workspace = call.workspace
    actor = workspace.actor(book.book_id, call.caller.email)
    return render.spreadsheet(book, workspace.reader(book), actor, call.mask, areas, grid=grid)


@method(".create")
def create(call: Call) -> Json:
    """A new spreadsheet, with properties, tabs, cells and named ranges when given."""
    body, workspace = call.body, call.workspace
    for name in ("developerMetadata",):
        if body.get(name):
            raise bad_field(name, f"Invalid {name}: set it by batchUpdate after the spreadsheet is there.")
    properties = styles.normal("SpreadsheetProperties", body.get("properties", {}))
    title = properties.get("title") or "Untitled spreadsheet"
    file = workspace.new_file(call.caller.email, title)
    properties = {**styles.new_properties(title), **properties, "title": title}
    check_properties(properties)
    book = Book(file["id"], {"properties": properties}, [])
    context = Context(book, workspace.actor_for_new(call.caller.email), workspace.env)
    for given in body.get("sheets", []) or [{"properties": {"sheetId": 0, "title": "Sheet1"}}]:
        _create_sheet(context, given)
    book.renumber()
    for named in body.get("namedRanges", []):
        HANDLERS["addNamedRange"](context, {"namedRange": named})
    book.check_limits()
    workspace.create(file, book)
    return _resource(call, book, None, grid=any("data" in given for given in body.get("sheets", [])))


def _create_sheet(context: Context, given: Json) -> None:
    book = context.book
    extra = set(given) - {"properties", "data", "merges", "conditionalFormats", "protectedRanges"}
    if extra:
        name = sorted(extra)[0]
        raise bad_field(
            f"sheets.{name}", f"Invalid sheets.{name}: set it by batchUpdate after the spreadsheet is there."
        )
    properties = styles.normal("SheetProperties", given.get("properties", {}))
    properties.pop("index", None)
    title = properties.get("title") or free_title(book)
    check_title(book, title)
    taken = {sheet.sheet_id for sheet in book.sheets}
    sheet_id = properties.get("sheetId")
    if sheet_id is None:
        sheet_id = context.env.ids.number("sheet", taken) if book.sheets else 0
    if sheet_id in taken or sheet_id < 0:
        raise invalid(f"A sheet with id {sheet_id} already exists, or the id is negative.")
    sheet = new_sheet(sheet_id, {**properties, "title": title, "index": len(book.sheets)})
    book.sheets.append(sheet)
    for grid in given.get("data", []):
        _fill(sheet, grid)
    for merge in given.get("merges", []):
        HANDLERS["mergeCells"](context, {"range": {**merge, "sheetId": sheet_id}, "mergeType": "MERGE_ALL"})
    for rule in given.get("conditionalFormats", []):
        ranges = [{**grid, "sheetId": sheet_id} for grid in rule.get("ranges", [])]
        place = len(sheet.doc.get("conditionalFormats", []))
        HANDLERS["addConditionalFormatRule"](context, {"rule": {**rule, "ranges": ranges}, "index": place})
    for entry in given.get("protectedRanges", []):
        entry = {**entry, "range": {**entry.get("range", {}), "sheetId": sheet_id}}
        HANDLERS["addProtectedRange"](context, {"protectedRange": entry})


def _fill(sheet: Sheet, grid: Json) -> None:
    """GridData of a new tab; it may make the grid larger."""
    r0, c0, rows = grid.get("startRow", 0), grid.get("startColumn", 0), grid.get("rowData", [])
    width = max((len(row.get("values", [])) for row in rows), default=0)
    sheet.resize("ROWS", max(sheet.height, r0 + len(rows)))
    sheet.resize("COLUMNS", max(sheet.width, c0 + width))
    mask: masks.Tree = {"userEnteredValue": {}, "userEnteredFormat": {}, "note": {}, "dataValidation": {}}
    for n, row in enumerate(rows):
        run = [with_data(sheet.cell(r0 + n, c0 + c), data, mask) for c, data in enumerate(row.get("values", []))]
        if run:
            sheet.put_run(r0 + n, c0, run)


@method(".get")
def get(call: Call) -> Json:
    """The spreadsheet, whole or in part."""
    book = call.book()
    areas = [resolve.a1_area(book, text) for text in call.query["ranges"]] if call.query.get("ranges") else None
    return _resource(call, book, areas, grid=bool(call.query.get("includeGridData")))


@method(".getByDataFilter")
def get_by_data_filter(call: Call) -> Json:
    """The parts of the spreadsheet that filters mean."""
    book = call.book()
    filters = call.body.get("dataFilters", [])
    found = [area for f in filters for area in ranges_io.filter_areas(book, f, call.strict_filters)]
    return _resource(call, book, found if filters else None, grid=bool(call.body.get("includeGridData")))


@method(".batchUpdate")
def batch_update(call: Call) -> Json:
    """All requests or none; can answer with the spreadsheet as it is afterwards."""
    body, workspace = call.body, call.workspace
    others = dispatcher.Interleaved(workspace, call.book_id)
    try:
        with workspace.editing(call.book_id, call.caller.email) as context:
            replies = engine.run(context, body.get("requests", []), others.between(context))
            areas = None
            if body.get("includeSpreadsheetInResponse") and body.get("responseRanges"):
                areas = [text for text in body["responseRanges"] if resolve.a1_area(context.book, text)]
    except ApiError:
        others.redo()
        raise
    out: Json = {"spreadsheetId": call.book_id, "replies": replies}
    if body.get("includeSpreadsheetInResponse"):
        if workspace.dispatchers and workspace.env.switches.response_reflects == "collaborators":
            dispatcher.take_turns(workspace, call.book_id)
        out["updatedSpreadsheet"] = _updated(call, areas)
    return out


def _updated(call: Call, areas: list[str] | None) -> Json:
    book, workspace = call.workspace.current(call.book_id), call.workspace
    found = []
    for text in areas or []:
        try:
            found.append(resolve.a1_area(book, text))
        except ApiError:  # another person renamed the tab since
            continue
    inner = call.mask.get("updatedSpreadsheet") if call.mask else None
    return render.spreadsheet(
        book,
        workspace.reader(book),
        workspace.actor(book.book_id, call.caller.email),
        inner or None,
        found if areas else None,
        grid=bool(call.body.get("responseIncludeGridData")),
    )


@method(".developerMetadata.get")
def developer_metadata_get(call: Call) -> Json:
    """One piece of metadata by id."""
    book = call.book()
    try:
        meta = book.metadata.get(int(call.path["metadataId"]))
    except ValueError:
        raise bad_field(
            "metadata_id", f"Invalid value at 'metadata_id' (TYPE_INT32), {call.path['metadataId']!r}"
        ) from None
    if meta is None:
        raise not_found()
    return resolve.meta_json(book, meta)


@method(".developerMetadata.search")
def developer_metadata_search(call: Call) -> Json:
    """All metadata that the filters mean, each with the filters it meets."""
    book = call.book()
    matches: dict[int, list[Json]] = {}
    for data_filter in call.body.get("dataFilters", []):
        for meta in resolve.filter_metadata(book, data_filter):
            matches.setdefault(meta.metadata_id, []).append(data_filter)
    found = [
        {"developerMetadata": resolve.meta_json(book, book.metadata[key]), "dataFilters": filters}
        for key, filters in matches.items()
    ]
    return {"matchedDeveloperMetadata": found}


@method(".sheets.copyTo")
def copy_to(call: Call) -> Json:
    """A copy of a tab in another spreadsheet (or the same)."""
    try:
        source = call.book().sheet(int(call.path["sheetId"]))
    except ValueError:
        raise bad_field("sheet_id", f"Invalid value at 'sheet_id' (TYPE_INT32), {call.path['sheetId']!r}") from None
    target = call.body.get("destinationSpreadsheetId", "")
    with call.workspace.editing(target, call.caller.email) as context:
        book, title, number = context.book, f"Copy of {source.title}", 1
        while book.by_title(title) is not None:
            number += 1
            title = f"Copy of {source.title} {number}"
        sheet_id = context.env.ids.number("sheet", {sheet.sheet_id for sheet in book.sheets})
        book.sheets.append(copy_of(context, source, sheet_id, title))
        book.renumber()
        book.check_limits()
        properties: Json = book.sheet(sheet_id).doc["properties"]
    return properties


@method(".values.get")
def values_get(call: Call) -> Json:
    """One range's values."""
    book = call.book()
    sheet, area = resolve.a1_area(book, call.path["range"])
    return _values(call, book, sheet, area, Rendering.of(call.query))


def _values(call: Call, book: Book, sheet: Sheet, area: Area, how: Rendering) -> Json:
    box = resolve.readable(sheet, area, call.workspace.env.switches)
    return ranges_io.value_range(sheet, box, call.workspace.reader(book), how)


@method(".values.batchGet")
def values_batch_get(call: Call) -> Json:
    """Several ranges' values."""
    book, how = call.book(), Rendering.of(call.query)
    found = [_values(call, book, *resolve.a1_area(book, text), how) for text in call.query.get("ranges", [])]
    return {"spreadsheetId": book.book_id, "valueRanges": found}


@method(".values.batchGetByDataFilter")
def values_batch_get_by_data_filter(call: Call) -> Json:
    """The values of the ranges that filters mean."""
    book, how = call.book(), Rendering.of(call.body)
    matches: dict[tuple[int, Area], list[Json]] = {}
    for data_filter in call.body.get("dataFilters", []):
        for sheet, area in ranges_io.filter_areas(book, data_filter, call.strict_filters):
            matches.setdefault((sheet.sheet_id, area), []).append(data_filter)
    found = [
        {"valueRange": _values(call, book, book.sheet(sheet_id), area, how), "dataFilters": filters}
        for (sheet_id, area), filters in matches.items()
    ]
    return {"spreadsheetId": book.book_id, "valueRanges": found}


def _answer(call: Call, context: Context, done: Written, how: Json) -> Json:
    out = done.json(call.book_id)
    if how.get("includeValuesInResponse"):
        out["updatedData"] = ranges_io.value_range(
            done.sheet, done.wanted, context.read(), Rendering.of(how, response=True)
        )
    return out


@method(".values.update")
def values_update(call: Call) -> Json:
    """Writes one range."""
    option = ranges_io.check_option(call.query.get("valueInputOption"))
    with call.workspace.editing(call.book_id, call.caller.email) as context:
        sheet, area = resolve.a1_area(context.book, call.path["range"])
        given = call.body.get("range")
        if given and resolve.a1_area(context.book, given) != (sheet, area):
            raise bad_field("data.range", f"Range in the body ({given}) differs from the range in the address.")
        done = ranges_io.write(context, sheet, area, ranges_io.rows_of(call.body), option)
        return _answer(call, context, done, call.query)


@method(".values.append")
def values_append(call: Call) -> Json:
    """Writes behind the table found in a range."""
    option = ranges_io.check_option(call.query.get("valueInputOption"))
    with call.workspace.editing(call.book_id, call.caller.email) as context:
        sheet, area = resolve.a1_area(context.book, call.path["range"])
        insert = call.query.get("insertDataOption", "OVERWRITE")
        table, done = ranges_io.append(context, sheet, area, ranges_io.rows_of(call.body), option, insert)
        out: Json = {"spreadsheetId": call.book_id}
        if table is not None:
            out["tableRange"] = a1.show(sheet.title, table)
        return {**out, "updates": _answer(call, context, done, call.query)}


def _totals(done: list[Written]) -> Json:
    """Totals count every row and column once (recorded)."""
    rows = {place for part in done for place in part.rows}
    columns = {place for part in done for place in part.columns}
    return {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": sum(part.cells for part in done),
        "totalUpdatedSheets": len({sheet_id for sheet_id, _ in rows}),
    }


@method(".values.batchUpdate")
def values_batch_update(call: Call) -> Json:
    """Writes several ranges, all or none."""
    body, done, parts = call.body, [], []
    option = ranges_io.check_option(body.get("valueInputOption"))
    with call.workspace.editing(call.book_id, call.caller.email) as context:
        for n, data in enumerate(body.get("data", [])):
            try:
                sheet, area = resolve.a1_area(context.book, data.get("range", ""))
                done.append(ranges_io.write(context, sheet, area, ranges_io.rows_of(data), option))
            except ApiError as error:
                raise error.prefixed(f"data[{n}]") from None
        parts = [_answer(call, context, part, body) for part in done]
    return {"spreadsheetId": call.book_id, **_totals(done), "responses": parts}


@method(".values.batchUpdateByDataFilter")
def values_batch_update_by_data_filter(call: Call) -> Json:
    """Writes the same values to every range that a filter means, all or none."""
    body, done, filters = call.body, [], []
    option = ranges_io.check_option(body.get("valueInputOption"))
    with call.workspace.editing(call.book_id, call.caller.email) as context:
        for n, data in enumerate(body.get("data", [])):
            data_filter = data.get("dataFilter", {})
            try:
                for sheet, area in ranges_io.filter_areas(context.book, data_filter, call.strict_filters):
                    done.append(ranges_io.write(context, sheet, area, ranges_io.rows_of(data), option))
                    filters.append(data_filter)
            except ApiError as error:
                raise error.prefixed(f"data[{n}]") from None
        parts = [_answer(call, context, part, body) for part in done]
    for part, data_filter in zip(parts, filters, strict=True):
        part.pop("spreadsheetId")
        part["dataFilter"] = data_filter
    return {"spreadsheetId": call.book_id, **_totals(done), "responses": parts}


@method(".values.clear")
def values_clear(call: Call) -> Json:
    """Empties one range."""
    with call.workspace.editing(call.book_id, call.caller.email) as context:
        sheet, area = resolve.a1_area(context.book, call.path["range"])
        box = ranges_io.clear(context, sheet, area)
    return {"spreadsheetId": call.book_id, "clearedRange": a1.show(sheet.title, box)}


@method(".values.batchClear")
def values_batch_clear(call: Call) -> Json:
    """Empties several ranges, all or none."""
    cleared = []
    with call.workspace.editing(call.book_id, call.caller.email) as context:
        for text in call.body.get("ranges", []):
            sheet, area = resolve.a1_area(context.book, text)
            cleared.append(a1.show(sheet.title, ranges_io.clear(context, sheet, area)))
    return {"spreadsheetId": call.book_id, "clearedRanges": cleared}


@method(".values.batchClearByDataFilter")
def values_batch_clear_by_data_filter(call: Call) -> Json:
    """Empties every range that filters mean, all or none."""
    cleared = []
    with call.workspace.editing(call.book_id, call.caller.email) as context:
        for data_filter in call.body.get("dataFilters", []):
            for sheet, area in ranges_io.filter_areas(context.book, data_filter, call.strict_filters):
                cleared.append(a1.show(sheet.title, ranges_io.clear(context, sheet, area)))
    return {"spreadsheetId": call.book_id, "clearedRanges": cleared}
