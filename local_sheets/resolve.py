"""From what a request names to cells of the book: A1 texts, GridRanges, DataFilters."""

from __future__ import annotations

from typing import Any

from local_sheets import a1
from local_sheets.a1 import Area, Box
from local_sheets.environment import Switches
from local_sheets.errors import ApiError, invalid
from local_sheets.model import Book, Meta, Sheet

Json = dict[str, Any]
LEVELS = ("SPREADSHEET", "SHEET", "ROW", "COLUMN")
STRATEGIES = ("EXACT_LOCATION", "INTERSECTING_LOCATION")


def a1_area(book: Book, text: str) -> tuple[Sheet, Area]:
    """A range in A1 notation, a tab's name or a named range; raises ``Unable to parse range``."""
    title, rest = a1.split(text)
    if title is not None:
        sheet = book.by_title(title)
        if sheet is None:
            raise invalid(f"Unable to parse range: {text}")
        if rest is None:
            return sheet, Area(sheet.sheet_id)
        found = a1.cells(rest)
        if found is not None:
            return sheet, Area(sheet.sheet_id, *found)
        named = _named(book, rest)
        if named is None or named.sheet_id != sheet.sheet_id:
            raise invalid(f"Unable to parse range: {text}")
        return sheet, named
    found = a1.cells(rest or "")
    if found is not None:
        sheet = book.first_visible()
        area = Area(sheet.sheet_id, *found)
        tab = book.by_title(rest or "")
        if tab is not None and (area.c0 or 0) >= sheet.width:  # a tab named Tab1 rather than column TAB
            return tab, Area(tab.sheet_id)
        return sheet, area
    named = _named(book, rest or "")
    if named is not None:
        return book.sheet(named.sheet_id), named
    sheet = book.by_title(rest or "")
    if sheet is None:
        raise invalid(f"Unable to parse range: {text}")
    return sheet, Area(sheet.sheet_id)


def _named(book: Book, name: str) -> Area | None:
    for named in book.doc.get("namedRanges", []):
        if named["name"].casefold() == name.casefold():
            return Area.of(named["range"])
    return None


def off_grid(sheet: Sheet, area: Area) -> ApiError:
    """The error for a range that the grid does not have."""
    shown = a1.show(
        sheet.title,
        Box(
            sheet.sheet_id,
            area.r0 or 0,
            sheet.height if area.r1 is None else area.r1,
            area.c0 or 0,
            sheet.width if area.c1 is None else area.c1,
        ),
    )
    return invalid(f"Range ({shown}) exceeds grid limits. Max rows: {sheet.height}, max columns: {sheet.width}")


def inside(sheet: Sheet, area: Area) -> Box:
    """An area that must lie on the grid."""
    if (
        (area.r1 is not None and area.r1 > sheet.height)
        or (area.c1 is not None and area.c1 > sheet.width)
        or (area.r0 or 0) >= max(sheet.height, 1)
        or (area.c0 or 0) >= max(sheet.width, 1)
    ):
        raise off_grid(sheet, area)
    return sheet.box(area)


def readable(sheet: Sheet, area: Area, switches: Switches | None = None) -> Box:
    """An area to read: its start must lie on the grid, its end is clamped unless a switch says otherwise."""
    past = (area.r1 or 0) > sheet.height or (area.c1 or 0) > sheet.width
    if past and switches is not None and switches.read_past_grid == "error":
        raise off_grid(sheet, area)
    if (area.r0 or 0) >= sheet.height or (area.c0 or 0) >= sheet.width:
        raise off_grid(sheet, area)
    return sheet.box(area)


def grid_area(book: Book, grid: Json, where: str = "range") -> tuple[Sheet, Area]:
    """A GridRange whose bounds make sense; raises a 400 that names the bound."""
    sheet = book.sheet(grid.get("sheetId", 0))
    for first, last in (("startRowIndex", "endRowIndex"), ("startColumnIndex", "endColumnIndex")):
        start, end = grid.get(first), grid.get(last)
        if start is not None and start < 0:
            raise invalid(f"{where}.{first}[{start}] must be greater than or equal to zero.")
        if end is not None and end <= (start or 0):
            raise invalid(f"{where}.{last}[{end}] must be after {where}.{first}[{start or 0}]")
    return sheet, Area.of(grid)


def meta_area(book: Book, meta: Meta) -> tuple[Sheet, Area] | None:
    """The cells that a piece of metadata stands for; ``None`` for the spreadsheet's own."""
    if meta.kind == "SPREADSHEET":
        return None
    sheet = book.sheet(meta.sheet_id)
    if meta.kind == "SHEET":
        return sheet, Area(sheet.sheet_id)
    place = sheet.place("ROWS" if meta.kind == "ROW" else "COLUMNS", meta.rid)
    assert place is not None, "metadata outlived its line"
    if meta.kind == "ROW":
        return sheet, Area(sheet.sheet_id, place, place + 1)
    return sheet, Area(sheet.sheet_id, None, None, place, place + 1)


def meta_location(book: Book, meta: Meta) -> Json:
    """A DeveloperMetadataLocation."""
    if meta.kind == "SPREADSHEET":
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if meta.kind == "SHEET":
        return {"locationType": "SHEET", "sheetId": meta.sheet_id}
    axis = "ROWS" if meta.kind == "ROW" else "COLUMNS"
    place = book.sheet(meta.sheet_id).place("ROWS" if meta.kind == "ROW" else "COLUMNS", meta.rid)
    assert place is not None, "metadata outlived its line"
    span = {"sheetId": meta.sheet_id, "dimension": axis, "startIndex": place, "endIndex": place + 1}
    return {"locationType": meta.kind, "dimensionRange": span}


def meta_json(book: Book, meta: Meta) -> Json:
    """A DeveloperMetadata."""
    out: Json = {"metadataId": meta.metadata_id, "metadataKey": meta.key}
    if meta.value is not None:
        out["metadataValue"] = meta.value
    return {**out, "location": meta_location(book, meta), "visibility": meta.visibility}


def lookup(book: Book, look: Json) -> list[Meta]:
    """Metadata that a DeveloperMetadataLookup means, in order of id; the rules are those of its reference."""
    strategy, place, level = (
        look.get(name) for name in ("locationMatchingStrategy", "metadataLocation", "locationType")
    )
    if strategy in STRATEGIES and place is None:
        raise invalid("A metadataLocation must be specified with a locationMatchingStrategy.")
    if strategy == "EXACT_LOCATION" and level in LEVELS:
        raise invalid("The locationType must be left unspecified when the locationMatchingStrategy is EXACT_LOCATION.")
    if level == "SPREADSHEET" and place is not None and not place.get("spreadsheet"):
        raise invalid("The locationType cannot be SPREADSHEET with a location that is not the spreadsheet.")
    if "metadataId" in look:
        found = book.metadata.get(look["metadataId"])
        candidates = [found] if found else []
    else:
        candidates = sorted(book.metadata.values(), key=lambda m: m.metadata_id)
    return [meta for meta in candidates if _meets(book, meta, look)]


def _meets(book: Book, meta: Meta, look: Json) -> bool:
    if "metadataKey" in look and look["metadataKey"] != meta.key:
        return False
    if "metadataValue" in look and look["metadataValue"] != (meta.value or ""):
        return False
    if look.get("visibility", meta.visibility) not in (meta.visibility, "DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED"):
        return False
    level = look.get("locationType", "DEVELOPER_METADATA_LOCATION_TYPE_UNSPECIFIED")
    if level in LEVELS and level != meta.kind:
        return False
    place = look.get("metadataLocation")
    return place is None or _located(book, meta, place, exact=look.get("locationMatchingStrategy") == "EXACT_LOCATION")


def _located(book: Book, meta: Meta, place: Json, *, exact: bool) -> bool:
    """Exactly there or (the default) touching it; the spreadsheet's own metadata touches nothing else."""
    here = meta_area(book, meta)
    if place.get("spreadsheet") or here is None:
        return bool(place.get("spreadsheet")) and here is None
    sheet, area = here
    if "dimensionRange" in place:
        span = place["dimensionRange"]
        rows = span.get("dimension", "ROWS") == "ROWS"
        start, end = span.get("startIndex"), span.get("endIndex")
        target = Area(span.get("sheetId", 0), *((start, end, None, None) if rows else (None, None, start, end)))
    else:
        target = Area(place.get("sheetId", 0))
    if target.sheet_id != sheet.sheet_id:
        return False
    if exact:
        return sheet.box(target) == sheet.box(area)
    return sheet.box(target).touches(sheet.box(area))


def filter_areas(book: Book, data_filter: Json) -> list[tuple[Sheet, Area]]:
    """The ranges that a DataFilter means; may be none."""
    if "a1Range" in data_filter:
        return [a1_area(book, data_filter["a1Range"])]
    if "gridRange" in data_filter:
        return [grid_area(book, data_filter["gridRange"], "data_filter.grid_range")]
    if "developerMetadataLookup" in data_filter:
        found = (meta_area(book, meta) for meta in lookup(book, data_filter["developerMetadataLookup"]))
        return [area for area in found if area is not None]
    raise invalid("Invalid dataFilter: a filter must be set.")


def filter_metadata(book: Book, data_filter: Json) -> list[Meta]:
    """The metadata that a DataFilter means: by look-up, or whatever lies in a range."""
    if "developerMetadataLookup" in data_filter:
        return lookup(book, data_filter["developerMetadataLookup"])
    targets = filter_areas(book, data_filter)
    out = []
    for meta in sorted(book.metadata.values(), key=lambda m: m.metadata_id):
        here = meta_area(book, meta)
        if here is not None and any(s.box(a).touches(here[0].box(here[1])) for s, a in targets):
            out.append(meta)
    return out
