"""Rows of a copy that have no identity there: typed below the table, pasted from elsewhere, or copied in place.

They become rows of the ledger where a role of the copy may add rows, they read, and their key is new. All others
are kept with their contents on Conflicts.
"""

from collections.abc import Mapping
from typing import Any

from sheets_sync import compare
from sheets_sync.compare import Edit
from sheets_sync.conflicts import News, Source, contents
from sheets_sync.rows import ReadRow, where
from workbooks import cells
from workbooks.plan import Put
from workbooks.problems import Problem, Severity
from workbooks.schema import Column, Record, Row, Table, rid_of


class NewRows:
    """Takes rows one by one, from the top; collects what follows from them."""

    def __init__(
        self,
        table: Table,
        source: Source,
        records: Mapping[str, Record],
        standing: dict[str, dict[str, Any]],
        letters: Mapping[str, str],
        forms: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.standing = standing
        self.puts: list[Put] = []
        self.news: list[tuple[News, Problem]] = []
        self.notes: list[Problem] = []
        self.agreed: dict[str, Row | None] = {}
        self.born: dict[int, str] = {}
        self._table, self._source, self._records, self._letters = table, source, records, letters
        self._forms = forms or {}
        """by rid, the cells of the rows that were agreed on, as they were written"""
        self._how = source.how
        self._may = any(role in table.new_rows for role in source.roles)
        self._first: dict[str, int] = {}

    def rid(self, row: ReadRow) -> str | None:
        """The identity that the key of `row` gives it; None when the key does not read or is empty."""
        key = self._key(row)
        return rid_of(self._table.name, key) if key else None

    def _key(self, row: ReadRow) -> tuple[str, ...] | None:
        read = {name: self._read(row, self._table.by_name[name]) for name in self._table.key}
        if any(edit.bad or (edit.value is None and edit.column.required) for edit in read.values()):
            return None
        key = self._table.key_of({name: edit.value for name, edit in read.items()})
        return key if any(key) else None

    def _read(self, row: ReadRow, column: Column) -> Edit:
        raw = row.cells.get(column.name)
        value = compare.read(None if compare.is_blank(raw) else raw, column, self._how)
        if (
            value.value is None
            and value.bad is None
            and column.name == self._table.market
            and column.name in self._table.key
        ):
            return Edit(column, raw, self._source.market)  # the market of the copy goes without saying
        return value

    def copied(self, row: ReadRow) -> set[str]:
        """Columns in which `row` shows what it brought along from the row that it was copied from.

        That one shows it, too, and did when it was last agreed on: what it shows since may as well have been typed in
        `row` and come to it, because it is a copy of `row` that counts as the original now.
        """
        shown, agreed = self.standing.get(row.origin, {}), self._forms.get(row.origin, {})
        return {
            name
            for name, raw in row.cells.items()
            if name in shown and compare.same(raw, shown[name]) and compare.same(raw, agreed.get(name))
        }

    def take(self, row: ReadRow) -> None:
        """Decide about one row. One with the `_rid` of a row that stands elsewhere in the tab is a copy of that."""
        if compare.all_blank(row.cells.values()):
            return
        key = self._key(row)
        if row.rid and row.origin not in self.standing:
            self._note(row, "the row was pasted from elsewhere and counts as newly typed")
        if key is None:
            self._refuse(row, "the row has no readable key", "Fill in " + ", ".join(self._titles()), ())
            return
        rid = rid_of(self._table.name, key)
        record = self._records.get(rid)
        if rid in self._first:
            self._refuse(row, f"row {self._first[rid]} has the same key", "Keep one of them", key)
            return
        self._first[rid] = row.position  # whatever comes of it: read again, the same row must be the first
        if rid in self.standing:
            self._double(row, key, self.standing[rid])
        elif record and not record.void:
            self._existing(row, rid, key, record)
        elif not self._may:
            self._refuse(row, "this tab takes no new rows", "Ask whoever keeps it to add the row", key)
        else:
            self._add(row, rid, key, record)

    def _titles(self) -> list[str]:
        return [f"“{self._table.by_name[name].title}”" for name in self._table.key]

    def _double(self, row: ReadRow, key: tuple[str, ...], other: Mapping[str, Any]) -> None:
        """The tab has the row already: nothing is lost when this one says nothing else."""
        named = " / ".join(key)
        if any(not compare.is_blank(raw) and not compare.same(raw, other.get(name)) for name, raw in row.cells.items()):
            remedy = "Change that row, or give this one another key"
            self._refuse(row, f"the tab has a row {named} already, which says something else", remedy, key)
        else:
            self._note(
                row, f"the row is a copy of {named} and was left out", "Give it another key to make it a new row"
            )

    def _existing(self, row: ReadRow, rid: str, key: tuple[str, ...], record: Record) -> None:
        """The key is in use: fine when the row was taken in before and says nothing else; else it is refused."""
        copied = self.copied(row)
        backs = []
        for column in self._table.columns:
            raw = row.cells.get(column.name)
            if compare.is_blank(raw) or column.name in copied:
                continue
            edit = self._read(row, column)
            if edit.bad or not compare.same_value(edit.value, record.values.get(column.name), self._source.zone):
                if not self._may or self._mine(column):
                    remedy = "Change that row, or give this one another key"
                    self._refuse(row, f"there is already a row {' / '.join(key)}", remedy, key)
                    return
                backs.append(edit)
        if self._may:
            self.born[row.position] = rid
            self.agreed[rid] = record.values
            for edit in backs:
                self._back(row, rid, key, edit)

    def _mine(self, column: Column) -> bool:
        return column.name in self._table.key or column.owned_by(self._source.roles)

    def _add(self, row: ReadRow, rid: str, key: tuple[str, ...], void: Record | None) -> None:
        copied = self.copied(row)
        table, market = self._table, self._table.market
        values: dict[str, Any] = {}
        backs: list[Edit] = []
        warnings: list[Problem] = []
        for column in table.columns:
            edit = self._read(row, column)
            if compare.is_blank(row.cells.get(column.name)) and edit.value is None:
                continue
            if not self._mine(column) and column.name != market:
                if column.name not in copied:
                    backs.append(edit)
                continue
            if edit.bad:
                self._refuse(row, edit.bad.what, edit.bad.remedy, key, column)
                return
            place = where(table, self._source, row, column, self._letters)
            warnings += [Problem(text, "", place, cells.shown(edit.raw), Severity.WARNING) for text in edit.warnings]
            values[column.name] = edit.value
        home = self._source.market
        if market and home and values.setdefault(market, home) != home:
            text = f"this workbook is for {home}, the row says {values[market]}"
            self._refuse(row, text, "Add it in the workbook of that market", key, table.by_name[market])
            return
        if reason := self._wrong(values):
            column_name, text = reason
            self._refuse(row, text, "Complete the row and it is taken in", key, table.by_name[column_name])
            return
        self.notes += warnings
        if row.origin in self.standing:
            self._note(row, f"the row was copied from another one and is now {' / '.join(key)}")
        for edit in backs:
            self._back(row, rid, key, edit)
        self.puts.append(Put(table.name, key, values, void.rev if void else 0, f"new row in {self._source.replica}"))
        self.born[row.position] = rid
        self.agreed[rid] = {**dict.fromkeys(table.by_name), **values}

    def _wrong(self, values: dict[str, Any]) -> tuple[str, str] | None:
        """Why the values make no row: column and sentence. Fills in the state a row is born in."""
        table = self._table
        if cycle := table.lifecycle:
            if values.get(cycle.column) is None:
                values[cycle.column] = cycle.start[0]
            if not cycle.allows(None, values[cycle.column]):
                return cycle.column, f"a new row begins as {' or '.join(cycle.start)}, not as {values[cycle.column]}"
        for column in table.columns:
            if column.required and values.get(column.name) is None:
                return column.name, f"“{column.title}” is missing"
        full = {**dict.fromkeys(table.by_name), **values}
        for check in table.checks:
            if sentence := check.wrong(full):
                return check.column, sentence
        return None

    def _refuse(self, row: ReadRow, what: str, remedy: str, key: tuple[str, ...], column: Column | None = None) -> None:
        """Leave the row out and keep its contents."""
        text = contents(self._table, row.cells, self._source.zone)
        place = where(self._table, self._source, row, column, self._letters)
        message = f"Row {row.position} was not taken in: {what}." + (f" {remedy}." if remedy else "")
        news = News("INVALID", "", key, None, None, text, None, message, self._market(row))
        self.news.append((news, Problem(f"the row was not taken in: {what}", remedy, place, text)))

    def _back(self, row: ReadRow, rid: str, key: tuple[str, ...], edit: Edit) -> None:
        """A cell of a new row that is not the role's to fill."""
        message = f"“{edit.column.title}” is not yours to fill; the rest of the row was taken"
        sheet = edit.raw if edit.bad else edit.value
        news = News("PUT_BACK", rid, key, edit.column, None, sheet, None, message, self._market(row))
        text = compare.said(sheet, self._source.zone) or ""
        place = where(self._table, self._source, row, edit.column, self._letters)
        self.news.append(
            (
                news,
                Problem(
                    f"“{cells.shown(text)}” was not taken: {message}",
                    "",
                    place,
                    text,
                    Severity.WARNING,
                    edit.column.name,
                ),
            )
        )

    def _market(self, row: ReadRow) -> str | None:
        raw = row.cells.get(self._table.market) if self._table.market else None
        return self._source.market or (cells.clean(raw) or None if isinstance(raw, str) else None)

    def _note(self, row: ReadRow, what: str, remedy: str = "") -> None:
        place = where(self._table, self._source, row)
        text = contents(self._table, row.cells, self._source.zone)
        self.notes.append(Problem(what, remedy, place, text, Severity.WARNING))
