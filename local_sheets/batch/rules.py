"""Kinds that set rules on cells: data validation, conditional formats, filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from local_sheets import masks, protect, styles
from local_sheets.a1 import Box
from local_sheets.batch.context import Context
from local_sheets.batch.moves import sort_box
from local_sheets.batch.registry import kind
from local_sheets.errors import invalid
from local_sheets.model import Cell, Sheet
from local_sheets.store import shared

Json = dict[str, Any]
_NEEDS = {"ONE_OF_LIST": 1, "ONE_OF_RANGE": 1, "CUSTOM_FORMULA": 1, "NUMBER_BETWEEN": 2, "NUMBER_NOT_BETWEEN": 2}


def check_condition(condition: Json) -> None:
    """Refuses a condition without a type or without the values its type needs."""
    name = condition.get("type", "CONDITION_TYPE_UNSPECIFIED")
    if name == "CONDITION_TYPE_UNSPECIFIED":
        raise invalid("condition.type must be set.")
    if len(condition.get("values", [])) < _NEEDS.get(name, 0):
        raise invalid(f"Invalid number of values for the condition {name}: at least {_NEEDS[name]} needed.")


@kind("setDataValidation")
def set_data_validation(context: Context, request: Json) -> Json:
    """Sets or, without a rule, clears data validation; cells that already break it stay."""
    sheet, box = context.writable(request.get("range", {}))
    rule = request.get("rule")
    if rule is not None:
        check_condition(rule.get("condition", {}))
    new = shared(rule)

    def change(cell: Cell, row: int, column: int) -> Cell:
        return cell if cell.validation == new else replace(cell, validation=new)

    sheet.edit(box, change, anywhere=True)
    return {}


def _checked_rule(context: Context, rule: Json) -> tuple[Sheet, Json]:
    ranges = rule.get("ranges", [])
    if not ranges:
        raise invalid("A conditional format needs at least one range.")
    sheets = {context.cells(grid, "rule.ranges")[0].sheet_id for grid in ranges}
    if len(sheets) > 1:
        raise invalid("All ranges of a conditional format must lie on the same sheet.")
    if ("booleanRule" in rule) == ("gradientRule" in rule):
        raise invalid("A conditional format needs exactly one of booleanRule and gradientRule.")
    if "booleanRule" in rule:
        check_condition(rule["booleanRule"].get("condition", {}))
    return context.book.sheet(sheets.pop()), styles.normal("ConditionalFormatRule", rule)


@kind("addConditionalFormatRule")
def add_conditional_format_rule(context: Context, request: Json) -> Json:
    """Puts a rule at a place of its tab's list."""
    sheet, rule = _checked_rule(context, request.get("rule", {}))
    protect.guard_sheet(context.book, sheet, context.actor)
    rules = sheet.doc.setdefault("conditionalFormats", [])
    at = request.get("index", 0)
    if not 0 <= at <= len(rules):
        raise invalid(f"index[{at}] is not in the list of {len(rules)} rules.")
    rules.insert(at, rule)
    return {}


def _rule_at(sheet: Sheet, at: int) -> list[Json]:
    rules: list[Json] = sheet.doc.get("conditionalFormats", [])
    if not 0 <= at < len(rules):
        raise invalid(f"No conditional format on sheet: {sheet.sheet_id} at index: {at}")
    return rules


@kind("updateConditionalFormatRule")
def update_conditional_format_rule(context: Context, request: Json) -> Json:
    """Replaces a rule, or moves it."""
    at = request.get("index", 0)
    if "rule" in request:
        sheet, rule = _checked_rule(context, request["rule"])
        rules = _rule_at(sheet, at)
        old, rules[at] = rules[at], rule
        return {"newRule": rule, "newIndex": at, "oldRule": old, "oldIndex": at}
    sheet = context.book.sheet(request.get("sheetId", 0))
    rules = _rule_at(sheet, at)
    to = request.get("newIndex", 0)
    if not 0 <= to < len(rules):
        raise invalid(f"newIndex[{to}] is not in the list of {len(rules)} rules.")
    rules.insert(to, rules.pop(at))
    return {"newRule": rules[to], "newIndex": to, "oldRule": rules[to], "oldIndex": at}


@kind("deleteConditionalFormatRule")
def delete_conditional_format_rule(context: Context, request: Json) -> Json:
    """Takes a rule out; the reply carries it."""
    sheet = context.book.sheet(request.get("sheetId", 0))
    at = request.get("index", 0)
    return {"rule": _rule_at(sheet, at).pop(at)}


def _by_specs(new: Json) -> Json:
    """A filter with its criteria as specifications; the older map is kept nowhere and shown from them."""
    out = {name: value for name, value in new.items() if name != "criteria"}
    old = new.get("criteria", {})
    if any(not name.isdigit() or len(name) > 6 for name in old):
        raise invalid("The keys of criteria must be column indexes.")
    if old and "filterSpecs" not in out:
        out["filterSpecs"] = [{"columnIndex": int(name), "filterCriteria": value} for name, value in old.items()]
    return out


@kind("setBasicFilter")
def set_basic_filter(context: Context, request: Json) -> Json:
    """The tab's filter; a range that is only a tab means all of it (recorded).

    Sort specifications sort what is below the header at once, as live tests of pygsheets expect.
    """
    new = _by_specs(styles.normal("BasicFilter", request.get("filter", {})))
    sheet, box = context.cells(new.get("range", {}), "filter.range")
    protect.guard_sheet(context.book, sheet, context.actor)
    sheet.doc["basicFilter"] = {**new, "range": box.area().json()}
    below = Box(sheet.sheet_id, box.r0 + 1, box.r1, box.c0, box.c1)
    specs = [spec for spec in new.get("sortSpecs", []) if spec.get("sortOrder") in ("ASCENDING", "DESCENDING")]
    if specs and not below.empty:
        sort_box(context, sheet, below, specs)
    return {}


@kind("clearBasicFilter")
def clear_basic_filter(context: Context, request: Json) -> Json:
    """Takes the tab's filter off."""
    context.book.sheet(request.get("sheetId", 0)).doc.pop("basicFilter", None)
    return {}


@kind("addFilterView")
def add_filter_view(context: Context, request: Json) -> Json:
    """A filter view; title and id are made up when not given."""
    new = _by_specs(styles.normal("FilterView", request.get("filter", {})))
    sheet, box = context.cells(new.get("range", {}), "filter.range")
    taken = context.ids("filterViews")
    view_id = new.get("filterViewId") or context.env.ids.number("filterViews", taken)
    if view_id in taken:
        raise invalid(f"A filter view with id {view_id} already exists.")
    views = sheet.doc.setdefault("filterViews", [])
    view = {"title": f"Filter {len(views) + 1}", **new, "filterViewId": view_id, "range": box.area().json()}
    views.append(view)
    return {"filter": view}


def _views(context: Context) -> Iterator[tuple[Sheet, Json]]:
    for sheet in context.book.sheets:
        for view in sheet.doc.get("filterViews", []):
            yield sheet, view


def _view(context: Context, view_id: int) -> tuple[Sheet, Json]:
    for sheet, view in _views(context):
        if view["filterViewId"] == view_id:
            return sheet, view
    raise invalid(f"No filter view with id: {view_id}")


@kind("updateFilterView")
def update_filter_view(context: Context, request: Json) -> Json:
    """Changes a filter view."""
    new = styles.normal("FilterView", request.get("filter", {}))
    mask = masks.update(request.get("fields"), "FilterView", "filter")
    sheet, view = _view(context, new.get("filterViewId", 0))
    after = masks.merge(view, new, {k: v for k, v in mask.items() if k != "filterViewId"}, "FilterView")
    after = {**_by_specs(after), "filterViewId": view["filterViewId"]}
    context.cells(after.get("range", {}), "filter.range")
    sheet.doc["filterViews"][sheet.doc["filterViews"].index(view)] = after
    return {}


@kind("deleteFilterView")
def delete_filter_view(context: Context, request: Json) -> Json:
    """Takes a filter view away."""
    sheet, view = _view(context, request.get("filterId", 0))
    sheet.doc["filterViews"].remove(view)
    return {}


@kind("duplicateFilterView")
def duplicate_filter_view(context: Context, request: Json) -> Json:
    """A copy of a filter view."""
    sheet, view = _view(context, request.get("filterId", 0))
    new_id = context.env.ids.number("filterViews", context.ids("filterViews"))
    new = {**view, "filterViewId": new_id, "title": f"Copy of {view['title']}"}
    sheet.doc["filterViews"].append(new)
    return {"filter": new}
