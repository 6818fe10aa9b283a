"""The coverage page: which method and which kind of request is served, and how its behaviour is known.

``python -m local_sheets.coverage docs/local_sheets_coverage.md`` writes it; a test fails when it is not fresh.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from local_sheets import schema, values
from local_sheets.batch.registry import KINDS
from local_sheets.environment import Switches
from local_sheets.faults import KINDS as FAULTS

# Methods of which recorded answers are replayed; a test compares this with the recordings.
RECORDED = {
    "sheets.spreadsheets.get",
    "sheets.spreadsheets.batchUpdate",
    "sheets.spreadsheets.values.get",
    "sheets.spreadsheets.values.update",
    "sheets.spreadsheets.values.append",
    "sheets.spreadsheets.values.clear",
    "sheets.spreadsheets.values.batchGet",
    "sheets.spreadsheets.values.batchUpdate",
    "sheets.spreadsheets.values.batchClear",
    "drive.files.create",
    "drive.files.get",
    "drive.files.list",
    "drive.files.copy",
    "drive.files.delete",
    "drive.files.export",
    "drive.comments.list",
    "drive.upload.v2",
}
UPLOAD = "drive.upload.v2"
# What is held to an example that Google gives in its reference or guides; a test compares this with those tests.
EXAMPLES = {
    "sheets.spreadsheets.values.get",
    "sheets.spreadsheets.values.update",
    "sheets.spreadsheets.values.append",
    "sheets.spreadsheets.values.batchGetByDataFilter",
    "sheets.spreadsheets.values.batchUpdateByDataFilter",
    "sheets.spreadsheets.developerMetadata.search",
    "addDimensionGroup",
    "createDeveloperMetadata",
    "deleteDimensionGroup",
    "findReplace",
    "insertDimension",
    "moveDimension",
    "repeatCell",
    "updateCells",
    "updateSheetProperties",
}
SWITCHES = {
    "metadata_follows_sort": "does row metadata travel with contents when a range is sorted",
    "metadata_follows_cut": "does row metadata travel when whole rows are cut and pasted",
    "duplicate_metadata_id": "is creating metadata under an id that exists refused, with its whole batch",
    "unmatched_filter": "does a DataFilter that matches nothing give an empty answer or an error",
    "protected_column_blocks_sort": "does a protected whole column stop others from sorting through it",
    "protected_column_blocks_row_delete": "does a protected whole column stop others from deleting rows",
    "response_reflects": "is updatedSpreadsheet taken before or after other people's next change",
    "batch_isolation": "can other people's changes fall between two requests of one batch (a copied pre-image may be newer)",
    "missing_named_range": "is deleting or changing a named range that is gone an error",
    "ambiguous_input": "what becomes of typed text that can be read in two ways",
    "validation_binds_api": "does strict data validation refuse writes by the API",
    "read_past_grid": "is a range that ends behind the grid cut off (as long as the values fit) or refused",
    "drive_version_lag": "how many seconds Drive's version and time may be old",
}
UNVERIFIED = (
    "autoResizeDimensions: widths are computed from font metrics fitted to the one recorded width; rows get the default height.",
    "copyPaste: merges inside the source are not copied; conditional formats are extended when they cover the whole source.",
    "sortRange: notes, formats and data validation travel with the cells; text is compared without regard to case, not by a locale's rules.",
    "insertDimension: new lines take size, formats and data validation of the neighbour, notes and values not.",
    "deleteTable keeps the cells; appendCells to a table inserts whole rows when something stands below it.",
    "insertRange and deleteRange move cells and formulas; named ranges and rules over the shifted part stay where they are.",
    "cutPaste: formulas that point at the cut cells follow; named ranges, protections and merges do not.",
    "Conditions of the type CUSTOM_FORMULA are kept and shown, and not evaluated; gradient rules are not painted.",
    "Formulas are computed by IronCalc: QUERY, IMPORTRANGE, ARRAYFORMULA and other functions that only Google has give #NAME?; results that spill show in their first cell; a reference to an empty cell counts as 0.",
    "Number formats follow en_US whatever the spreadsheet's locale says; colours and conditions inside patterns are ignored.",
    "A bare text that names both a tab and a cell means the cell, unless the cell lies behind the last column.",
    "values.append with INSERT_ROWS and no table inserts at the range's first row.",
    "A read or write whose range ends behind the grid is cut off as long as the values fit (live tests of pygsheets expect it of writes); a switch refuses it.",
    "A list in a list where messages repeat is flattened; pygsheets sends one when it hides rows.",
    "Texts of error messages that no recording shows are written from memory of the reference and of public issues.",
    "Limits of 50,000 characters a cell, 18,278 columns and 200 tabs come from secondary sources; the largest body (64 MiB) is this server's own.",
    "Groups as editors of a protected range are kept and shown; nobody is a member.",
    "Drive: revisions, comments (always none), watch channels and PDF export are not served; files are spreadsheets and folders only.",
    "findReplace: regular expressions are Python's, not RE2; a hostile pattern can keep the server busy.",
    "Charts and banding are kept and given back as sent; nothing draws them.",
)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    names = list(head)
    out = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return [*out, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)]


def _marks(name: str, source: str) -> list[str]:
    """Implemented, recorded truth, documentation example, documentation text, unverified."""
    known = (source == "recorded", name in EXAMPLES, source == "documented", source == "unverified")
    return ["yes", *("yes" if mark else "" for mark in known)]


def page() -> str:
    """The whole page."""
    methods = sorted([*schema.load()["methods"], UPLOAD])
    kinds = schema.fields_of("Request")
    served = [name for name in kinds if kinds[name] != "!"]
    head = ("implemented", "recorded truth", "documentation example", "documentation text", "unverified")
    choices = Switches.choices()
    lines = [
        "# What the local Google Sheets server serves, and how that is known",
        "",
        "This page is generated by `python -m local_sheets.coverage`; a test fails when it is not fresh.",
        "*Recorded truth*: recorded exchanges with Google are replayed and the answers compared exactly.",
        "*Documentation example*: an example from Google's reference or guides is a test.",
        "*Documentation text*: Google's reference says it, and tests here hold the server to it.",
        "*Unverified*: nothing public settles it; a reasoned choice, to be checked against Google once.",
        "Even where a method or kind is recorded, only the forms in the recordings are proven.",
        "",
        f"## Methods ({len(methods)})",
        "",
        *_table(
            ("method", *head),
            ([f"`{name}`", *_marks(name, "recorded" if name in RECORDED else "documented")] for name in methods),
        ),
        "",
        f"## Kinds of batchUpdate ({len(served)} of {len(kinds)})",
        "",
        *_table(
            ("kind", *head),
            (
                [f"`{name}`", *(_marks(name, KINDS[name]) if name in KINDS else ["refused by name", "", "", "", ""])]
                for name in kinds
            ),
        ),
        "",
        "## Typed text (USER_ENTERED)",
        "",
        "What matches no line is text. What could be read in two ways is text too, and is counted as `ambiguous_parse`.",
        "",
        *_table(
            ("form", "example", "becomes", "known from"),
            ([rule.name, f"`{rule.example}`", _becomes(rule), rule.source] for rule in values.RULES),
        ),
        "",
        "## Open questions with a switch",
        "",
        *_table(
            ("switch", "question", "settings", "default"),
            (
                [f"`{f.name}`", SWITCHES[f.name], ", ".join(map(str, choices[f.name])), str(f.default)]
                for f in fields(Switches)
            ),
        ),
        "",
        "## Faults",
        "",
        *_table(("fault", "what happens"), ([f"`{name}`", text] for name, text in FAULTS.items())),
        "",
        "## Unverified, or different from Google",
        "",
        *(f"- {text}" for text in UNVERIFIED),
        "",
    ]
    return "\n".join(lines)


def _becomes(rule: values.Rule) -> str:
    found = values.typed(rule.example)
    if found.formula is not None:
        return "a formula"
    style = found.number_format or {}
    kind = re.sub("_", " and ", style.get("type", "")).lower()
    value = found.value if isinstance(found.value, (str, bool)) else values.number_out(float(found.value or 0))
    word = {str: "text", bool: "boolean"}.get(type(found.value), "number")
    return f"{word} {value}" + (f" as {kind} `{style['pattern']}`" if kind else "")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8", newline="\n")
