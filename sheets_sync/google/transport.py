"""A spreadsheet at Google, as `Replica` reaches it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheets_sync.google import wire
from sheets_sync.google.client import DRIVE, SHEETS, Client, Json
from sheets_sync.google.operation import CANCEL, Images, Operation
from sheets_sync.google.read import Snapshot
from sheets_sync.google.replica import Ambiguous, NotApplied, Overtaken, Rejected
from sheets_sync.plain import Plain
from workbooks.schema import Table

DRAWN = 10**8
"""ids from here on are those that Google draws itself"""


@dataclass(frozen=True)
class Marker:
    """What the hidden tab `_sync` says: whose the spreadsheet is, under which lease it was written last (0: not since it
    was adopted), and whether it is a `copied` one.
    """

    ledger_id: str
    epoch: int
    copied: bool


class Spreadsheet:
    """One spreadsheet. A read is two calls (values, and what they look like), a write is one."""

    def __init__(
        self, client: Client, book: str, tables: Sequence[Table], ledger_id: str, front: str = wire.TODAY
    ) -> None:
        self.client, self.book, self.ledger_id, self.front = client, book, ledger_id, front
        self._tables = {table.title: table.name for table in tables}
        self._titles: list[str] = []
        self._ids: dict[str, int] = {}

    @property
    def url(self) -> str:
        """Its address in the API."""
        return f"{SHEETS}/v4/spreadsheets/{self.book}"

    @property
    def whose(self) -> tuple[str, str]:
        """What `_sync` names: the ledger, and this very spreadsheet, so that a copy of it is known as one."""
        return (self.ledger_id, self.book)

    def version(self) -> str:
        """A number that grows with every change, read at Drive: the light call of an idle round."""
        params = {"fields": "version", "supportsAllDrives": "true"}
        return str(self.client.get(f"{DRIVE}/drive/v3/files/{self.book}", params, "light").get("version", ""))

    def inspect(self) -> Json:
        """Titles, ids, merged cells and formulas."""
        found = self.client.get(self.url, {"fields": wire.INSPECT})
        titles = {sheet["properties"]["title"]: sheet["properties"].get("sheetId", 0) for sheet in found["sheets"]}
        self._titles = [title for title in titles if title in self._tables or title == self.front]
        self._ids = {self._tables[title]: number for title, number in titles.items() if title in self._tables}
        if self.front in titles:
            self._ids[self.front] = titles[self.front]
        return found

    def read(self) -> Snapshot:
        """Values first, then what they look like; tabs that came, went or were renamed meanwhile are looked for once more."""
        if not self._titles:
            self.inspect()
        for again in (True, True, False):
            asked = list(self._titles)
            try:
                values = self.values(asked)
            except Rejected:
                if not again:
                    raise
                self.inspect()
                continue
            found = self.inspect()
            if asked == self._titles or not again:
                break
        return wire.snapshot(found, values)

    def values(self, titles: Sequence[str]) -> dict[str, list[list[Plain]]]:
        """Whole tabs, typed: text as text, moments as day numbers."""
        if not titles:
            return {}
        params = [("ranges", wire.quoted(title)) for title in titles]
        params += [
            ("majorDimension", "ROWS"), ("valueRenderOption", "UNFORMATTED_VALUE"), ("dateTimeRenderOption", "SERIAL_NUMBER"),
        ]  # fmt: skip
        found = self.client.get(f"{self.url}/values:batchGet", params)
        ranges = found.get("valueRanges", [])
        return {title: ranges[number].get("values", []) for number, title in enumerate(titles)}

    def send(self, op: Operation) -> Images:
        """One verified batchUpdate, sent once."""
        answer = self._post(op, wire.batch(op, self._ids, self.whose, self.front))
        found = wire.images(op, answer.get("updatedSpreadsheet", {}))
        return found or self._look(op)

    def cancel(self, op: Operation) -> Images:
        """The cancel fence; where it is refused, `_sync` tells why."""
        try:
            self.client.post(f"{self.url}:batchUpdate", wire.fence(op, self.whose))
        except Rejected:
            return self._look(op)
        except NotApplied as refused:
            raise Ambiguous(str(refused)) from refused
        return Images(op.token, op.epoch, CANCEL)

    def tidy(self) -> None:
        """Throws away the tokens of operations that are long past."""
        lookup = {"developerMetadataLookup": {"metadataKey": wire.METADATA_KEY}}
        self.update([{"deleteDeveloperMetadata": {"dataFilter": lookup}}])

    def choices(self, rows: Mapping[str, int]) -> dict[str, list[list[str]]]:
        """What can be chosen in each cell of one row of each tab. rows: title -> row number."""
        ranges = [("ranges", f"{wire.quoted(title)}!{row}:{row}") for title, row in rows.items()]
        fields = (
            "sheets(properties(title),data(rowData(values(dataValidation(condition(type,values(userEnteredValue)))))))"
        )
        found = self.client.get(self.url, [*ranges, ("fields", fields)]) if ranges else {}
        return {
            sheet["properties"]["title"]: [
                [str(value.get("userEnteredValue", "")) for value in rule.get("values", []) if rule.get("type") == "ONE_OF_LIST"]
                for data in sheet.get("data", []) for line in data.get("rowData", []) for cell in line.get("values", [])
                for rule in [cell.get("dataValidation", {}).get("condition", {})]
            ]
            for sheet in found.get("sheets", [])
        }  # fmt: skip

    def free_token(self, least: int) -> int:
        """A token above all that were ever used here: where `_sync` was removed, theirs are still known to Google."""
        found = self.client.get(self.url, {"fields": "developerMetadata(metadataId,metadataKey)"})
        ours = [one for one in found.get("developerMetadata", []) if one["metadataKey"] == wire.METADATA_KEY]
        used = [int(one["metadataId"]) for one in ours]
        return max([least - 1, *(number for number in used if number < DRAWN)]) + 1

    def add(self, op: Operation, requests: Sequence[Json]) -> None:
        """What is to be added to the shape, once and whole: under the token of `op`, which writes nothing else."""
        body = wire.fence(op, self.whose)
        self._post(op, {**body, "requests": [*body["requests"], *requests]})
        self._titles = []

    def update(self, requests: Sequence[Json]) -> Json:
        """A batchUpdate that may be repeated without harm, such as shaping."""
        return self.client.post(f"{self.url}:batchUpdate", {"requests": list(requests)})

    def marker(self) -> Marker | None:
        """What `_sync` names; None where there is no `_sync`."""
        try:
            rows = self.values([wire.SYNC])[wire.SYNC]
        except NotApplied:
            return None
        row = [*(rows[0] if rows else []), *[""] * 5]
        epoch = int(row[1]) if isinstance(row[1], (int, float)) else 0
        return Marker(str(row[3] or ""), epoch, copied=str(row[4] or self.book) != self.book)

    def _post(self, op: Operation, body: Json) -> Json:
        try:
            return self.client.post(f"{self.url}:batchUpdate", body, params={"fields": wire.ANSWER})
        except Rejected as refused:
            sync = self.sync()
            if sync != op.after:
                raise Overtaken(
                    "Another installation wrote into this spreadsheet, or its hidden tab “_sync” was removed. Nothing was written."
                ) from refused
            raise

    def sync(self) -> int | None:
        """The id of the hidden tab `_sync`: the token of the last write; None where there is none."""
        found = self.client.get(self.url, {"fields": "sheets(properties(sheetId,title))"})
        for sheet in found.get("sheets", []):
            if sheet["properties"]["title"] == wire.SYNC:
                return int(sheet["properties"].get("sheetId", 0))
        return None

    def _look(self, op: Operation) -> Images:
        """What `_sync` says about `op`: written, cancelled, or neither."""
        sync = self.sync()
        if sync == op.after:
            raise Ambiguous("It is still open whether a write happens. Trying again later.")
        if sync != op.token:
            raise Overtaken("The hidden tab “_sync” is another one by now. Nothing more will be written by this round.")
        fields = "sheets(properties(sheetId),data(rowData(values(userEnteredValue))))"
        answer = self.client.get(self.url, [("ranges", wire.SYNC), ("fields", fields)])
        found = wire.images(op, answer)
        if found is None:
            raise Overtaken("The hidden tab “_sync” belongs to another hub by now. Nothing more will be written.")
        return found
