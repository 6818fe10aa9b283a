"""Kinds for named ranges, protected ranges and developer metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from local_sheets import a1, masks, protect, resolve
from local_sheets.batch.context import Context
from local_sheets.batch.registry import kind
from local_sheets.errors import invalid
from local_sheets.model import Book, Meta, Sheet

Json = dict[str, Any]
META_LIMIT = 30_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,249}")


def _check_name(book: Book, name: str, but: Json | None = None) -> None:
    if not _NAME.fullmatch(name) or a1.cells(name) is not None or name.upper() in ("TRUE", "FALSE"):
        raise invalid(f"Invalid name for a named range: {name}"[:300])
    for named in book.doc.get("namedRanges", []):
        if named is not but and named["name"].casefold() == name.casefold():
            raise invalid(f"A named range with the name {name} already exists.")


@kind("addNamedRange")
def add_named_range(context: Context, request: Json) -> Json:
    """Names a range."""
    new = request.get("namedRange", {})
    _check_name(context.book, new.get("name", ""))
    context.cells(new.get("range", {}), "namedRange.range")
    taken = {named["namedRangeId"] for named in context.book.doc.get("namedRanges", [])}
    named_id = new.get("namedRangeId") or str(context.env.ids.number("named"))
    if named_id in taken:
        raise invalid(f"A named range with id {named_id} already exists.")
    named = {"namedRangeId": named_id, "name": new["name"], "range": {"sheetId": 0, **new.get("range", {})}}
    context.book.doc.setdefault("namedRanges", []).append(named)
    return {"namedRange": named}


def _find_named(context: Context, named_id: str) -> Json | None:
    for named in context.book.doc.get("namedRanges", []):
        if named["namedRangeId"] == named_id:
            found: Json = named
            return found
    if context.env.switches.missing_named_range == "error":
        raise invalid(f"No named range with id: {named_id}"[:200])
    return None


@kind("updateNamedRange")
def update_named_range(context: Context, request: Json) -> Json:
    """Renames or moves a named range."""
    new = request.get("namedRange", {})
    mask = masks.update(request.get("fields"), "NamedRange", "namedRange")
    old = _find_named(context, new.get("namedRangeId", ""))
    if old is None:
        return {}
    after = masks.merge(old, new, mask, "NamedRange")
    after["namedRangeId"] = old["namedRangeId"]
    _check_name(context.book, after.get("name", ""), old)
    context.cells(after.get("range", {}), "namedRange.range")
    old.clear()
    old.update(after)
    return {}


@kind("deleteNamedRange")
def delete_named_range(context: Context, request: Json) -> Json:
    """Forgets a named range; the cells stay."""
    named = _find_named(context, request.get("namedRangeId", ""))
    if named is not None:
        context.book.doc["namedRanges"].remove(named)
    return {}


def _protections(book: Book) -> Iterator[tuple[Sheet, Json]]:
    for sheet in book.sheets:
        for entry in sheet.doc.get("protectedRanges", []):
            yield sheet, entry


def _home(context: Context, entry: Json) -> Sheet:
    """The tab of a protected range; exactly one way of naming the cells must be used."""
    ways = [name for name in ("range", "namedRangeId", "tableId") if name in entry]
    if len(ways) != 1:
        raise invalid("Exactly one of range, namedRangeId and tableId must be set on a protected range.")
    for grid in entry.get("unprotectedRanges", []):
        sheet, _ = context.cells(grid, "protectedRange.unprotectedRanges")
        area = protect.area_of(context.book, sheet, entry)
        if area is None or sheet.box(area) != sheet.whole():
            raise invalid("Unprotected ranges are only supported on protected sheets.")
    if "range" in entry:
        return context.cells(entry["range"], "protectedRange.range")[0]
    for sheet in context.book.sheets:
        area = protect.area_of(context.book, sheet, entry)
        if area is not None and area.sheet_id == sheet.sheet_id:
            return sheet
    raise invalid("The protected range names nothing that exists.")


@kind("addProtectedRange")
def add_protected_range(context: Context, request: Json) -> Json:
    """Protects cells; the creator joins the editors (recorded), though the reply does not show it yet."""
    new = {k: v for k, v in request.get("protectedRange", {}).items() if k != "requestingUserCanEdit"}
    sheet = _home(context, new)
    taken = context.ids("protectedRanges")
    new_id = new.get("protectedRangeId") or context.env.ids.number("protectedRanges", taken)
    if new_id in taken:
        raise invalid(f"A protected range with id {new_id} already exists.")
    editors = new.get("editors", {})
    entry = {**new, "protectedRangeId": new_id, "editors": _with_creator(editors, context.actor.email)}
    if "range" in new:
        entry["range"] = {"sheetId": sheet.sheet_id, **new["range"]}
    sheet.doc.setdefault("protectedRanges", []).append(entry)
    return {"protectedRange": {**entry, "requestingUserCanEdit": True, "editors": editors}}


def _with_creator(editors: Json, email: str) -> Json:
    users = list(editors.get("users", []))
    return {**editors, "users": users if email in users else [*users, email]}


def _protection(context: Context, protected_id: int) -> tuple[Sheet, Json]:
    for sheet, entry in _protections(context.book):
        if entry["protectedRangeId"] == protected_id:
            if not protect.may_edit({**entry, "warningOnly": False}, context.actor):
                raise invalid("You do not have permission to edit this protected range.")
            return sheet, entry
    raise invalid(f"No protected range with id: {protected_id}")


@kind("updateProtectedRange")
def update_protected_range(context: Context, request: Json) -> Json:
    """Changes a protected range; only its editors may."""
    new = request.get("protectedRange", {})
    mask = masks.update(request.get("fields"), "ProtectedRange", "protectedRange")
    mask = {name: inner for name, inner in mask.items() if name not in ("protectedRangeId", "requestingUserCanEdit")}
    sheet, entry = _protection(context, new.get("protectedRangeId", 0))
    after = masks.merge(entry, new, mask, "ProtectedRange")
    after["protectedRangeId"] = entry["protectedRangeId"]
    after.pop("requestingUserCanEdit", None)
    after["editors"] = _with_creator(after.get("editors", {}), context.actor.email)
    sheet.doc["protectedRanges"].remove(entry)
    _home(context, after).doc.setdefault("protectedRanges", []).append(after)
    return {}


@kind("deleteProtectedRange")
def delete_protected_range(context: Context, request: Json) -> Json:
    """Lifts a protection; only its editors may."""
    sheet, entry = _protection(context, request.get("protectedRangeId", 0))
    sheet.doc["protectedRanges"].remove(entry)
    return {}


def _attached(context: Context, meta: Meta, location: Json) -> Meta:
    """The metadata hung where a DeveloperMetadataLocation says."""
    ways = [name for name in ("spreadsheet", "sheetId", "dimensionRange") if name in location]
    if len(ways) != 1:
        raise invalid("Exactly one of spreadsheet, sheetId and dimensionRange must be set on a metadata location.")
    if "spreadsheet" in location:
        if not location["spreadsheet"]:
            raise invalid("location.spreadsheet must be true.")
        return replace(meta, kind="SPREADSHEET", sheet_id=0, rid=0)
    if "sheetId" in location:
        sheet = context.book.sheet(location["sheetId"])
        return replace(meta, kind="SHEET", sheet_id=sheet.sheet_id, rid=0)
    sheet, axis, start, end = context.existing(location["dimensionRange"], "location.dimensionRange")
    if end - start != 1:
        raise invalid("A metadata location must be a single row or a single column.")
    rid = sheet.lines(axis)[start].rid
    return replace(meta, kind="ROW" if axis == "ROWS" else "COLUMN", sheet_id=sheet.sheet_id, rid=rid)


def _check_meta(book: Book, meta: Meta) -> None:
    if meta.metadata_id < 1:
        raise invalid("The metadataId must be positive.")
    if not meta.key:
        raise invalid("Developer metadata must have a metadataKey.")
    if meta.visibility not in ("DOCUMENT", "PROJECT"):
        raise invalid("Developer metadata must always have a visibility specified.")
    old = book.metadata.get(meta.metadata_id)
    used = book.meta_size(meta.scope) - (old.size if old is not None and old.scope == meta.scope else 0)
    if used + meta.size > META_LIMIT:
        raise invalid(f"This action would increase developer metadata above the limit of {META_LIMIT} characters.")


@kind("createDeveloperMetadata")
def create_developer_metadata(context: Context, request: Json) -> Json:
    """Hangs metadata on the spreadsheet, a tab, a row or a column; the client may choose the id."""
    new = request.get("developerMetadata", {})
    taken = set(context.book.metadata)
    metadata_id = new.get("metadataId")
    if metadata_id is None:
        metadata_id = context.env.ids.number("metadata", taken)
    elif metadata_id in taken and context.env.switches.duplicate_metadata_id == "reject":
        raise invalid(f"Developer metadata with id {metadata_id} already exists.")
    bare = Meta(metadata_id, new.get("metadataKey", ""), new.get("metadataValue"), new.get("visibility", ""), "SHEET")
    meta = _attached(context, bare, new.get("location", {}))
    _check_meta(context.book, meta)
    context.book.put_meta(meta)
    return {"developerMetadata": resolve.meta_json(context.book, meta)}


def _matched(context: Context, filters: list[Json]) -> list[Meta]:
    found: dict[int, Meta] = {}
    for data_filter in filters:
        for meta in resolve.filter_metadata(context.book, data_filter):
            found[meta.metadata_id] = meta
    if not found and context.env.switches.unmatched_filter == "error":
        raise invalid("No developer metadata matches the data filter.")
    return list(found.values())


@kind("updateDeveloperMetadata")
def update_developer_metadata(context: Context, request: Json) -> Json:
    """Changes all metadata that the filters match; a new location moves it."""
    mask = masks.update(request.get("fields"), "DeveloperMetadata", "developerMetadata")
    new = request.get("developerMetadata", {})
    names = {"metadataKey", "metadataValue", "visibility", "location"} if "*" in mask else set(mask)
    if "metadataId" in names:
        raise invalid("The field metadataId cannot be updated.")
    changed = []
    for meta in _matched(context, request.get("dataFilters", [])):
        if "metadataKey" in names:
            meta = replace(meta, key=new.get("metadataKey", ""))
        if "metadataValue" in names:
            meta = replace(meta, value=new.get("metadataValue"))
        if "visibility" in names:
            meta = replace(meta, visibility=new.get("visibility", ""))
        if "location" in names and ("location" in new or "*" not in mask):
            meta = _attached(context, meta, new.get("location", {}))
        _check_meta(context.book, meta)
        context.book.put_meta(meta)
        changed.append(resolve.meta_json(context.book, meta))
    return {"developerMetadata": changed}


@kind("deleteDeveloperMetadata")
def delete_developer_metadata(context: Context, request: Json) -> Json:
    """Takes away all metadata that the filter matches."""
    found = _matched(context, [request.get("dataFilter", {})])
    gone = [resolve.meta_json(context.book, meta) for meta in found]
    context.book.drop_meta([meta.metadata_id for meta in found])
    return {"deletedDeveloperMetadata": gone}
