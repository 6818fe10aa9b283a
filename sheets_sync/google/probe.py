"""Facts about Google that no document settles, asked on a scratch spreadsheet.

Nothing depends on the answers: writing is right under each of them. They are kept so that a person can see what holds.
"""

from dataclasses import dataclass

from sheets_sync.google.adopt import create
from sheets_sync.google.client import DRIVE, SHEETS, Client, Json
from sheets_sync.google.replica import NotApplied
from sheets_sync.google.wire import area, plain, value

TOKEN, TAB, OTHER = 770_001, 0, 770_002


@dataclass(frozen=True)
class Answer:
    """One fact: its name, what was seen, and in plain words what it means."""

    fact: str
    holds: bool
    meaning: str


def probe(client: Client) -> list[Answer]:
    """Makes a scratch spreadsheet, asks, and deletes it."""
    book = create(client, "Stopbook probe – may be deleted")
    scratch = _Scratch(client, book)
    try:
        return [
            Answer("duplicate_token_refused", scratch.duplicate_token_refused(),
                   "an operation that is sent twice is refused by its token"),
            Answer("missing_tab_refuses_whole_batch", scratch.missing_tab_refuses_whole_batch(),
                   "an operation that names a “_sync” which is gone changes nothing at all"),
            Answer("answer_shows_the_batch", scratch.answer_shows_the_batch(),
                   "the answer to a write shows the spreadsheet as the write left it"),
            Answer("value_before_is_copied", scratch.value_before_is_copied(),
                   "a value is copied aside before the same operation overwrites it"),
            Answer("metadata_follows_sort", scratch.metadata_follows_sort(),
                   "metadata of a row moves with its contents when people sort"),
        ]  # fmt: skip
    finally:
        client.delete(f"{DRIVE}/drive/v3/files/{book}")


class _Scratch:
    """A small spreadsheet with four rows."""

    def __init__(self, client: Client, book: str) -> None:
        self._client, self._url = client, f"{SHEETS}/v4/spreadsheets/{book}"
        lines: list[tuple[str, int]] = [("b", 2), ("a", 1), ("c", 3)]
        rows = [{"values": [value(text), value(number)]} for text, number in lines]
        start = {"sheetId": TAB, "rowIndex": 0, "columnIndex": 0}
        self._do({"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}})

    def _do(self, *requests: Json, **more: object) -> Json:
        return self._client.post(f"{self._url}:batchUpdate", {"requests": list(requests), **more})

    def _refused(self, *requests: Json) -> bool:
        try:
            self._do(*requests)
        except NotApplied:
            return True
        return False

    def _cell(self, a1: str) -> object:
        found = self._client.get(f"{self._url}/values/{a1}", {"valueRenderOption": "UNFORMATTED_VALUE"})
        return (found.get("values") or [[None]])[0][0]

    def _set(self, row: int, text: str) -> Json:
        start = {"sheetId": TAB, "rowIndex": row, "columnIndex": 3}
        return {"updateCells": {"start": start, "rows": [{"values": [value(text)]}], "fields": "userEnteredValue"}}

    def duplicate_token_refused(self) -> bool:
        """The same metadata id twice, the second time with a write."""
        token = {"createDeveloperMetadata": {"developerMetadata": {
            "metadataId": TOKEN, "metadataKey": "s", "location": {"spreadsheet": True}, "visibility": "DOCUMENT"}}}  # fmt: skip
        self._do(token)
        return self._refused(token, self._set(0, "twice")) and self._cell("D1") is None

    def missing_tab_refuses_whole_batch(self) -> bool:
        """A write before the deletion of a tab that is not there."""
        return self._refused(self._set(1, "half"), {"deleteSheet": {"sheetId": OTHER}}) and self._cell("D2") is None

    def answer_shows_the_batch(self) -> bool:
        """The written value is in the answer."""
        found = self._do(
            self._set(2, "seen"), includeSpreadsheetInResponse=True, responseRanges=["D3"], responseIncludeGridData=True
        )
        cells = found["updatedSpreadsheet"]["sheets"][0]["data"][0].get("rowData", [{}])[0].get("values", [{}])
        return plain(cells[0]) == "seen"

    def value_before_is_copied(self) -> bool:
        """Copy aside, then overwrite, in one batch."""
        copy = {"copyPaste": {"source": area(TAB, 0, 1, 0, 1), "destination": area(TAB, 0, 1, 5, 1),
                              "pasteType": "PASTE_VALUES"}}  # fmt: skip
        start = {"sheetId": TAB, "rowIndex": 0, "columnIndex": 0}
        write = {"updateCells": {"start": start, "rows": [{"values": [value("z")]}], "fields": "userEnteredValue"}}
        self._do(copy, write)
        return self._cell("F1") == "b" and self._cell("A1") == "z"

    def metadata_follows_sort(self) -> bool:
        """Metadata on the first row, then the rows are sorted by their number."""
        span = {"sheetId": TAB, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
        self._do({"createDeveloperMetadata": {"developerMetadata": {
            "metadataId": TOKEN + 1, "metadataKey": "r", "location": {"dimensionRange": span}, "visibility": "DOCUMENT"}}})  # fmt: skip
        self._do({"sortRange": {"range": area(TAB, 0, 3, 0, 2), "sortSpecs": [{"dimensionIndex": 1, "sortOrder": "ASCENDING"}]}})  # fmt: skip
        found = self._client.get(f"{self._url}/developerMetadata/{TOKEN + 1}", None)
        return bool(found["location"]["dimensionRange"].get("startIndex", 0) != 0)
