"""Operations and reads as Google's JSON, and back. Text is sent as text, numbers as numbers; nothing is ever parsed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sheets_sync.google.operation import CANCEL, Images, Operation
from sheets_sync.google.read import Sheet, Snapshot
from sheets_sync.outgoing import RowWrite
from sheets_sync.plain import Plain
from workbooks.intake.grid import Merge

Json = dict[str, Any]
SYNC, TODAY = "_sync", "Today"
"""the hidden tab that names the last write, and the one that says what waits for whom"""
METADATA_KEY = "s"
"""one character: keys and values of all tokens together may have 30,000"""
INSPECT = (
    "properties(title,timeZone),sheets(properties(sheetId,title,hidden,gridProperties(rowCount,columnCount)),merges,"
    "data(startRow,startColumn,rowData(values(userEnteredValue(formulaValue)))))"
)
ANSWER = "updatedSpreadsheet(sheets(properties(sheetId),data(rowData(values(userEnteredValue)))))"


def value(cell: Plain) -> Json:
    """A cell as CellData: typed, never as entered by a person."""
    if cell is None or cell == "":
        return {}
    if isinstance(cell, bool):
        return {"userEnteredValue": {"boolValue": cell}}
    if isinstance(cell, str):
        return {"userEnteredValue": {"stringValue": cell}}
    return {"userEnteredValue": {"numberValue": cell}}


def plain(data: Json) -> Plain:
    """The reverse, from what a cell holds."""
    found = data.get("userEnteredValue", {})
    for name in ("stringValue", "numberValue", "boolValue", "formulaValue"):
        if name in found:
            cell: Plain = found[name]
            return cell
    return None


def area(sheet: int, row: int, rows: int, column: int, columns: int) -> Json:
    """A range; rows and columns count from 0."""
    return {
        "sheetId": sheet, "startRowIndex": row, "endRowIndex": row + rows, "startColumnIndex": column,
        "endColumnIndex": column + columns,
    }  # fmt: skip


def batch(op: Operation, ids: Mapping[str, int], whose: Sequence[str], front: str = "") -> Json:
    """The one batchUpdate that carries out `op`. ids: table -> id of its tab, and that of the tab titled `front`.

    whose: the ledger, and the spreadsheet itself, by their ids.
    """
    requests = _claim(op, "write", whose, len(op.tables) + len(op.writes))
    line = 1
    for name in op.tables:
        requests.append(_copy(ids[name], op.header_rows[name] - 1, 1, op.widths[name], op.token, line))
        line += 1
    for block in _blocks(op.writes):
        first = block[0]
        requests.append(_copy(ids[first.table], first.row - 1, len(block), op.widths[first.table], op.token, line))
        line += len(block)
    requests += [request for write in _alike(op) for request in _update(write, op, ids)]
    for name in op.tables:
        added = [row for row in op.appends if row.table == name]
        if added:
            places = op.places[name]
            rows = [_row({places[header]: cell for header, cell in row.cells}) for row in added]
            requests.append({"appendCells": {"sheetId": ids[name], "rows": rows, "fields": "userEnteredValue"}})
    if op.front is not None and front in ids:
        rows = [{"values": [value(cell) for cell in line]} for line in op.front]
        whole = {"sheetId": ids[front]}
        requests.append({"updateCells": {"range": whole, "rows": rows, "fields": "userEnteredValue"}})
    return _asking(requests)


def fence(op: Operation, whose: Sequence[str]) -> Json:
    """The same token and the same `_sync`, and nothing else: whichever of both comes second is refused."""
    return _asking(_claim(op, CANCEL, whose, 0))


def _claim(op: Operation, kind: str, whose: Sequence[str], lines: int) -> list[Json]:
    width = max([6, *op.widths.values()])
    cells: list[Plain] = [op.token, op.epoch, kind, *whose]
    marker = [value(cell) for cell in cells]
    return [
        {"createDeveloperMetadata": {"developerMetadata": {
            "metadataId": op.token, "metadataKey": METADATA_KEY, "location": {"spreadsheet": True},
            "visibility": "DOCUMENT",
        }}},
        {"deleteSheet": {"sheetId": op.after}},
        {"addSheet": {"properties": {
            "sheetId": op.token, "title": SYNC, "hidden": True,
            "gridProperties": {"rowCount": 1 + lines, "columnCount": width},
        }}},
        {"updateCells": {"start": {"sheetId": op.token, "rowIndex": 0, "columnIndex": 0},
                         "rows": [{"values": marker}], "fields": "userEnteredValue"}},
    ]  # fmt: skip


def _asking(requests: list[Json]) -> Json:
    return {
        "requests": requests, "includeSpreadsheetInResponse": True, "responseRanges": [SYNC],
        "responseIncludeGridData": True,
    }  # fmt: skip


def _copy(sheet: int, row: int, rows: int, width: int, sync: int, line: int) -> Json:
    return {
        "copyPaste": {
            "source": area(sheet, row, rows, 0, width), "destination": area(sync, line, rows, 0, width),
            "pasteType": "PASTE_VALUES",
        }
    }  # fmt: skip


def _blocks(writes: Sequence[RowWrite]) -> Iterator[list[RowWrite]]:
    """Rows that stand below each other, together; in the order of `writes`."""
    block: list[RowWrite] = []
    for write in writes:
        if block and (write.table, write.row) != (block[-1].table, block[-1].row + 1):
            yield block
            block = []
        block.append(write)
    if block:
        yield block


def _alike(op: Operation) -> Iterator[list[RowWrite]]:
    """Rows below each other in which the same columns are written, together."""
    for block in _blocks(op.writes):
        run: list[RowWrite] = []
        for write in block:
            if run and _places(write, op) != _places(run[-1], op):
                yield run
                run = []
            run.append(write)
        yield run


def _places(write: RowWrite, op: Operation) -> list[int]:
    return sorted(op.places[write.table][cell.header] for cell in write.cells)


def _update(rows: list[RowWrite], op: Operation, ids: Mapping[str, int]) -> Iterator[Json]:
    """updateCells for each run of neighbouring columns."""
    first, places = rows[0], op.places[rows[0].table]
    lines = [{places[cell.header]: cell.cell for cell in write.cells} for write in rows]
    wanted = _places(first, op)
    starts = [place for place in wanted if place - 1 not in wanted]
    for start in starts:
        end = start
        while end + 1 in wanted:
            end += 1
        yield {
            "updateCells": {
                "start": {"sheetId": ids[first.table], "rowIndex": first.row - 1, "columnIndex": start},
                "rows": [{"values": [value(line[place]) for place in range(start, end + 1)]} for line in lines],
                "fields": "userEnteredValue",
            }
        }


def _row(cells: Mapping[int, Plain]) -> Json:
    return {"values": [value(cells.get(place)) for place in range(max(cells) + 1)]}


def images(op: Operation, answer: Json) -> Images | None:
    """What `_sync` holds, from an answer with its grid; None where it is not the one of `op`."""
    sheets = answer.get("sheets", [])
    if len(sheets) != 1:
        return None
    rows = [
        [plain(cell) for cell in row.get("values", [])] for data in sheets[0].get("data", []) for row in data.get("rowData", [])
    ]  # fmt: skip
    marker = [*(rows[0] if rows else []), None, None, None]
    if marker[0] != op.token or marker[1] != op.epoch:
        return None
    wide = max([6, *op.widths.values()])
    full = [[*row, *[None] * (wide - len(row))] for row in rows]
    full += [[None] * wide] * (1 + len(op.tables) + len(op.writes) - len(full))
    headers = {
        name: tuple("" if cell is None else str(cell).strip() for cell in full[1 + number][: op.widths[name]])
        for number, name in enumerate(op.tables)
    }
    first = 1 + len(op.tables)
    found = [full[first + number][: op.widths[write.table]] for number, write in enumerate(op.writes)]
    return Images(op.token, op.epoch, str(marker[2]), headers, found)


def snapshot(inspected: Json, values: Mapping[str, Sequence[Sequence[Plain]]]) -> Snapshot:
    """A spreadsheet from what it looks like (INSPECT) and the values of tabs by title."""
    sheets: dict[str, Sheet] = {}
    sync = None
    for found in inspected.get("sheets", []):
        properties = found["properties"]
        title, number = str(properties["title"]), int(properties.get("sheetId", 0))
        if title == SYNC:
            sync = number
            continue
        formulas = {
            (data.get("startRow", 0) + row + 1, data.get("startColumn", 0) + column): cell["userEnteredValue"]["formulaValue"][1:]
            for data in found.get("data", [])
            for row, line in enumerate(data.get("rowData", []))
            for column, cell in enumerate(line.get("values", []))
            if "formulaValue" in cell.get("userEnteredValue", ())
        }  # fmt: skip
        merges = tuple(
            Merge(
                m.get("startRowIndex", 0) + 1, m.get("startColumnIndex", 0), m["endRowIndex"], m["endColumnIndex"] - 1
            )
            for m in found.get("merges", [])
        )
        sheets[title] = Sheet(title, number, values.get(title, []), formulas, merges)
    return Snapshot(str(inspected.get("properties", {}).get("title", "")), sheets, sync)


def quoted(title: str) -> str:
    """A tab as a range in A1 notation."""
    return "'" + title.replace("'", "''") + "'"
