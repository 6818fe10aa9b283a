"""Taking a spreadsheet in: an empty one, or one that people made and already use.

Tabs are known by title and columns by header. What is missing is added at the right, and nothing that people have is
moved, renamed or written over; rows that stand there already become rows of the ledger with the first round.
"""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sheets_sync.google import shape, wire
from sheets_sync.google.client import DRIVE, SHEETS, Client, Json
from sheets_sync.google.shape import Look
from sheets_sync.google.transport import Spreadsheet
from sheets_sync.google.wire import TODAY
from sheets_sync.outgoing import RID
from sheets_sync.plain import Plain
from workbooks.intake.grid import letter
from workbooks.problems import Problem, Refused, Where
from workbooks.schema import Table
from workbooks.shelf import Workbook

FRONT = {"rowCount": 400, "columnCount": 8, "frozenRowCount": 3}
"""the grid of *Today*"""
FIRST_TOKEN = 1_000
"""ids of `_sync`; those that Google draws are nine digits long"""


@dataclass
class Adopted:
    """What was done, in sentences, and tabs that wait for somebody."""

    title: str
    done: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    new: bool = False
    """it was none of ours before"""


def create(client: Client, title: str) -> str:
    """A new spreadsheet that belongs to the service account; returns its id."""
    first = {"sheetId": 0, "title": TODAY, "gridProperties": FRONT}
    body = {"properties": {"title": title}, "sheets": [{"properties": first}]}
    found = client.post(f"{SHEETS}/v4/spreadsheets", body)
    return str(found["spreadsheetId"])


def sharing(client: Client, book: str) -> list[str]:
    """What should be said about who owns the spreadsheet and who may open it."""
    fields = "name,driveId,ownedByMe,capabilities(canEdit),permissions(emailAddress,role,type)"
    found = client.get(f"{DRIVE}/drive/v3/files/{book}", {"fields": fields, "supportsAllDrives": "true"}, "light")
    said = []
    if not found.get("capabilities", {}).get("canEdit", True):
        raise Refused(f"{client.email} may only look at this spreadsheet. Share it with that address as an editor.")
    if found.get("ownedByMe") and not found.get("driveId"):
        said.append("It belongs to the service account itself: move it to a Shared Drive, so that people keep it.")
    elif not found.get("driveId"):
        said.append("It is in one person's drive: keep it in a Shared Drive, so that it outlives an account.")
    if any(entry.get("type") == "anyone" for entry in found.get("permissions", [])):
        said.append("Anybody with the link can open it: share it with named people only.")
    return said


def adopt(client: Client, book: str, workbook: Workbook, ledger_id: str, look: Look) -> Adopted:
    """Shape a spreadsheet for `workbook`; may be repeated. Refused for one that belongs to another ledger."""
    sheet = Spreadsheet(client, book, shape.tables(workbook), ledger_id)
    marker = sheet.marker()
    if marker is not None and marker.ledger_id not in ("", ledger_id):
        raise Refused(
            "This spreadsheet belongs to another ledger, or is a copy of one that does. Adopt a fresh one, or delete its hidden tab “_sync” first."
        )
    if marker is not None and marker.copied:
        raise Refused(
            "This spreadsheet is a copy of one that is kept in step, and may be behind it. Adopt the other one; to use this "
            "one in its place, delete its hidden tab “_sync” first."
        )
    inspected = sheet.inspect()
    titles = {one["properties"]["title"]: one["properties"] for one in inspected["sheets"]}
    taken = {int(one.get("sheetId", 0)) for one in titles.values()}
    adopted = Adopted(str(inspected["properties"]["title"]), new=marker is None)
    ours = [table for table in shape.tables(workbook) if table.title in titles]
    front = [TODAY] if TODAY in titles else []
    values = sheet.values([table.title for table in ours] + front)
    if marker is None and front and not _is_ours(values[TODAY]):
        raise Refused(
            f"This spreadsheet has a tab “{TODAY}” of its own. Rename it, so that Stopbook can make one, and adopt again."
        )
    requests: list[Json] = []
    if marker is None:
        requests += shape.sync(_free(sheet.free_token(FIRST_TOKEN), taken), sheet.whose)
    zone = inspected["properties"].get("timeZone", "")
    if zone != workbook.zone.key:
        properties = {"timeZone": workbook.zone.key}
        requests.append({"updateSpreadsheetProperties": {"properties": properties, "fields": "timeZone"}})
    if front:
        requests += shape.today(int(titles[TODAY].get("sheetId", 0)), look)
    elif any(table.needs for table in workbook.tables):
        first = _free(10, taken)
        requests.append({"addSheet": {"properties": {
            "sheetId": first, "title": TODAY, "index": 0, "gridProperties": FRONT}}})  # fmt: skip
        requests += shape.today(first, look)
    for number, table in enumerate(shape.tables(workbook), 1):
        if table.title in titles:
            found = _existing(table, titles[table.title], values[table.title], workbook, look)
            if isinstance(found, Problem):
                adopted.problems.append(found)
                continue
            requests += found
            continue
        near = difflib.get_close_matches(table.title, [t for t in titles if t not in _known(workbook)], 1)
        if near and marker is None:
            adopted.done.append(f"There is no tab “{table.title}”; “{near[0]}” was left alone and a new one was made.")
        row = shape.headers(table)
        number_ = _free(100 + number, taken)
        places = {title: place for place, title in enumerate(row)}
        requests += [shape.tab(table, number_, number, len(row)), shape.header(row, number_)]
        requests += shape.looks(table, number_, places, workbook, look)
        requests += shape.guards(table, number_, places, workbook)
    if requests:
        sheet.update(requests)
    adopted.done.append(f"“{adopted.title}” shows {', '.join(t.title for t in shape.tables(workbook))}.")
    adopted.done += sharing(client, book)
    return adopted


def _is_ours(lines: Sequence[Sequence[Plain]]) -> bool:
    """Whether *Today* is empty, or what Stopbook wrote there before; it is written anew as a whole."""
    cells = [cell for line in lines for cell in line if cell not in ("", None)]
    return not cells or str(cells[0]).startswith(f"{TODAY} – ")


def _known(workbook: Workbook) -> set[str]:
    return {table.title for table in workbook.tables} | {TODAY, wire.SYNC}


def _free(number: int, taken: set[int]) -> int:
    """The first id from `number` on that is not taken; it is from now on."""
    while number in taken:
        number += 1
    taken.add(number)
    return number


def _existing(
    table: Table, properties: Json, lines: list[list[Plain]], workbook: Workbook, look: Look
) -> list[Json] | Problem:
    """Requests for a tab that is there: columns it lacks come at the right."""
    place = Where(str(properties.get("title", "")), table.title)
    at = next((number for number, line in enumerate(lines[:20]) if RID in line), None)
    if at is None:
        at = best(table, lines)
    found = [str(cell).strip() if cell is not None else "" for cell in (lines[at] if at < len(lines) else [])]
    wanted = shape.headers(table)
    counts = Counter(found)
    for title in wanted:
        if counts[title] > 1:
            return Problem(f"there are two columns “{title}”", "Rename or remove one of them, then adopt again", place)
    if found and not any(title in found for title in table.by_title):
        remedy = f"Head a column “{table.columns[0].title}”, or rename this tab and let Stopbook make a new one"
        return Problem("none of its headers is one that Stopbook knows", remedy, place)
    lacking = [title for title in wanted if title not in found]
    keys = [table.by_name[name].title for name in table.key]
    named = [title for title in keys if title in lacking]
    if named and any(any(cell not in (None, "") for cell in line) for line in lines[at + 1 :]):
        near = difflib.get_close_matches(named[0], [t for t in found if t and t not in wanted], 1)
        remedy = f"If “{near[0]}” is that column, head it “{named[0]}”" if near else f"Head its column “{named[0]}”"
        return Problem(f"rows stand there, but the column “{named[0]}” that tells them apart is missing", remedy, place)
    sheet = int(properties.get("sheetId", 0))
    grid = properties["gridProperties"]
    width = max(len(found), _filled(lines))
    requests: list[Json] = []
    if width + len(lacking) > grid["columnCount"]:
        more = width + len(lacking) - grid["columnCount"]
        requests.append({"appendDimension": {"sheetId": sheet, "dimension": "COLUMNS", "length": more}})
    if lacking:
        requests.append(shape.header(lacking, sheet, width, at))
    places = {title: number for number, title in enumerate([*found, *[""] * (width - len(found)), *lacking]) if title}
    mine = {title: number for title, number in places.items() if title in wanted}
    if lacking:
        new = {title: number for title, number in mine.items() if title in lacking or not found}
        requests += shape.looks(table, sheet, mine if len(new) == len(wanted) else new, workbook, look, at)
        requests += shape.guards(table, sheet, new, workbook, at)
    return requests


def best(table: Table, lines: Sequence[Sequence[Plain]]) -> int:
    """The line among the first twenty that has most of our headers."""
    score: list[int] = [sum(cell in table.by_title for cell in line if isinstance(cell, str)) for line in lines[:20]]
    most = max(score, default=0)
    return score.index(most) if most else 0


def _filled(lines: list[list[Plain]]) -> int:
    return max((len(line) for line in lines), default=0)


def where(table: Table, place: int) -> str:
    """The column letters of a place, for sentences."""
    return f"{table.title}!{letter(place)}"
