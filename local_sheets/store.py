"""Everything on disk: one SQLite file, one transaction per request, so that a killed server is whole when it returns.

A spreadsheet is stored as its small document, one document per tab with the order of its rows, one record per row that
holds anything, and one per piece of metadata; a request writes only what it changed. ``:memory:`` keeps nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from local_sheets.model import Book, Cell, Line, Meta, Sheet

Json = dict[str, Any]

VERSION = 1
_TABLES = """
CREATE TABLE files (id TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE books (id TEXT PRIMARY KEY, doc TEXT NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE sheets (book TEXT, sheet INTEGER, doc TEXT NOT NULL, lines TEXT NOT NULL, PRIMARY KEY (book, sheet));
CREATE TABLE rows (book TEXT, sheet INTEGER, rid INTEGER, doc TEXT NOT NULL, PRIMARY KEY (book, sheet, rid));
CREATE TABLE metadata (book TEXT, id INTEGER, doc TEXT NOT NULL, PRIMARY KEY (book, id));
CREATE TABLE changes (seq INTEGER PRIMARY KEY AUTOINCREMENT, file TEXT NOT NULL, time TEXT NOT NULL, doc TEXT NOT NULL);
CREATE TABLE accounts (email TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tokens (digest TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
"""
_shared: dict[str, Json] = {}


def shared(doc: Json | None) -> Json | None:
    """One object for equal documents: a format used by 100,000 cells is kept once."""
    if doc is None:
        return None
    if len(_shared) > 50_000:
        _shared.clear()
    return _shared.setdefault(dump(doc), doc)


def dump(doc: Any) -> str:
    """Compact JSON."""
    return json.dumps(doc, ensure_ascii=False, separators=(",", ":"))


def _cell_out(cell: Cell | None) -> Any:
    if cell is None:
        return None
    if cell.value is not None and cell == Cell(cell.value):
        return cell.value
    pairs = {"v": cell.value, "f": cell.formula, "s": cell.format, "n": cell.note, "d": cell.validation}
    out: Json = {key: value for key, value in pairs.items() if value is not None}
    if cell.runs:
        out["r"] = list(cell.runs)
    return out


def _cell_in(doc: Any) -> Cell | None:
    if doc is None:
        return None
    if not isinstance(doc, dict):
        return Cell(float(doc) if type(doc) is int else doc)
    value = doc.get("v")
    return Cell(
        float(value) if type(value) is int else value,
        doc.get("f"),
        shared(doc.get("s")),
        doc.get("n"),
        shared(doc.get("d")),
        tuple(doc.get("r", ())),
    )


def row_out(line: Line) -> str | None:
    """A row as text; ``None`` when it holds nothing and need not be stored."""
    if not line.cells and line.size is None and not line.hidden:
        return None
    return dump([line.size, line.hidden, [_cell_out(cell) for cell in line.cells]])


def row_in(rid: int, text: str) -> Line:
    """A stored row."""
    size, hidden, cells = json.loads(text)
    return Line(rid, size, hidden, tuple(_cell_in(cell) for cell in cells))


class Store:
    """The SQLite file; used by one thread at a time (the server's lock sees to it)."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        target = ":memory:" if path is None else str(path)
        self._db = sqlite3.connect(target, isolation_level=None, check_same_thread=False, timeout=1)
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")  # a server holds its spreadsheets in memory: one per file
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("BEGIN EXCLUSIVE")
            self._db.execute("COMMIT")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise RuntimeError(f"{target} is used by another server, or is no data file of one ({error})") from None
        if version == 0:
            self._db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={VERSION}; COMMIT;")
        elif version != VERSION:
            self._db.close()
            raise RuntimeError(f"{target} was written by another version ({version}) of this server")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def documents(self, table: str) -> dict[str, Json]:
        """All documents of ``files``, ``accounts``, ``tokens`` or ``settings`` by key."""
        key = {"files": "id", "accounts": "email", "tokens": "digest", "settings": "name"}[table]
        found = self._db.execute(f"SELECT {key}, doc FROM {table}")  # noqa: S608 - both come from the line above
        return {name: json.loads(doc) for name, doc in found}

    def put(self, table: str, key: str, doc: Json | None) -> None:
        """Writes or (``None``) deletes one such document, inside the transaction that is open, if one is."""
        column = {"files": "id", "accounts": "email", "tokens": "digest", "settings": "name"}[table]
        if doc is None:
            self._db.execute(f"DELETE FROM {table} WHERE {column}=?", (key,))  # noqa: S608
        else:
            self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?,?)", (key, dump(doc)))  # noqa: S608

    def note_change(self, file: str, time: str, doc: Json) -> None:
        """One entry of Drive's change log."""
        self._db.execute("DELETE FROM changes WHERE file=?", (file,))
        self._db.execute("INSERT INTO changes (file, time, doc) VALUES (?,?,?)", (file, time, dump(doc)))

    def changes(self, after: int, limit: int) -> list[tuple[int, str, str, Json]]:
        """Entries behind a sequence number: (number, file, time, document)."""
        found = self._db.execute(
            "SELECT seq, file, time, doc FROM changes WHERE seq>? ORDER BY seq LIMIT ?", (after, limit)
        )
        return [(seq, file, time, json.loads(doc)) for seq, file, time, doc in found]

    def last_change(self) -> int:
        """The highest sequence number ever given."""
        found = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name='changes'").fetchone()
        return int(found[0]) if found else 0

    def load_book(self, book_id: str) -> Book | None:
        """A spreadsheet from disk."""
        found = self._db.execute("SELECT doc, revision FROM books WHERE id=?", (book_id,)).fetchone()
        if found is None:
            return None
        head = json.loads(found[0])
        order = head.pop("order")
        stored: dict[int, dict[int, Line]] = {}
        for sheet_id, rid, doc in self._db.execute("SELECT sheet, rid, doc FROM rows WHERE book=?", (book_id,)):
            stored.setdefault(sheet_id, {})[rid] = row_in(rid, doc)
        sheets = {}
        for sheet_id, doc, lines in self._db.execute("SELECT sheet, doc, lines FROM sheets WHERE book=?", (book_id,)):
            layout = json.loads(lines)
            known = stored.get(sheet_id, {})
            sheet = Sheet(
                sheet_id,
                json.loads(doc),
                [known.get(rid) or Line(rid) for rid in layout["rows"]],
                [Line(rid, size, hidden) for rid, size, hidden in layout["columns"]],
                layout["next"],
            )
            for line in sheet.rows:
                if line.cells:
                    sheet.note_formulas(line)
            sheets[sheet_id] = sheet
        metas = [
            Meta(**json.loads(doc)) for (doc,) in self._db.execute("SELECT doc FROM metadata WHERE book=?", (book_id,))
        ]
        return Book(book_id, head, [sheets[n] for n in order], {m.metadata_id: m for m in metas}, found[1])

    def save_book(self, book: Book, gone: Iterable[int] = ()) -> None:
        """Writes what changed since the fork; ``gone`` are tabs that were there before. Call inside a transaction."""
        head = {**book.doc, "order": [sheet.sheet_id for sheet in book.sheets]}
        self._db.execute("INSERT OR REPLACE INTO books VALUES (?,?,?)", (book.book_id, dump(head), book.revision))
        for sheet_id in gone:
            self._db.execute("DELETE FROM sheets WHERE book=? AND sheet=?", (book.book_id, sheet_id))
            self._db.execute("DELETE FROM rows WHERE book=? AND sheet=?", (book.book_id, sheet_id))
        for sheet in book.sheets:
            self._save_sheet(book.book_id, sheet)
        for metadata_id in book.touched_meta:
            meta = book.metadata.get(metadata_id)
            if meta is None:
                self._db.execute("DELETE FROM metadata WHERE book=? AND id=?", (book.book_id, metadata_id))
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO metadata VALUES (?,?,?)", (book.book_id, metadata_id, dump(asdict(meta)))
                )
        book.touched_meta = set()

    def _save_sheet(self, book_id: str, sheet: Sheet) -> None:
        key = (book_id, sheet.sheet_id)
        if sheet.reordered:
            layout = {
                "rows": [line.rid for line in sheet.rows],
                "columns": [[line.rid, line.size, line.hidden] for line in sheet.columns],
                "next": sheet.next_rid,
            }
            self._db.execute("INSERT OR REPLACE INTO sheets VALUES (?,?,?,?)", (*key, dump(sheet.doc), dump(layout)))
        else:
            self._db.execute("UPDATE sheets SET doc=? WHERE book=? AND sheet=?", (dump(sheet.doc), *key))
        keep, drop = [], []
        texts: dict[tuple[int, int | None, bool], str | None] = {}  # rows that share their cells are put in words once
        for rid in sheet.dirty:
            place = sheet.place("ROWS", rid)
            line = None if place is None else sheet.rows[place]
            alike = (id(line.cells), line.size, line.hidden) if line else (0, None, False)
            if alike not in texts:
                texts[alike] = row_out(line) if line else None
            text = texts[alike]
            if text is None:
                drop.append((*key, rid))
            else:
                keep.append((*key, rid, text))
        self._db.executemany("DELETE FROM rows WHERE book=? AND sheet=? AND rid=?", drop)
        self._db.executemany("INSERT OR REPLACE INTO rows VALUES (?,?,?,?)", keep)
        sheet.dirty, sheet.reordered = set(), False

    def delete_book(self, book_id: str) -> None:
        """Removes a spreadsheet."""
        for table in ("sheets", "rows", "metadata"):
            self._db.execute(f"DELETE FROM {table} WHERE book=?", (book_id,))  # noqa: S608
        self._db.execute("DELETE FROM books WHERE id=?", (book_id,))

    def check(self) -> list[str]:
        """What is wrong with the file, for tests after a kill; empty when it is whole."""
        bad = [line for (line,) in self._db.execute("PRAGMA integrity_check") if line != "ok"]
        for book_id, doc in self._db.execute("SELECT id, doc FROM books").fetchall():
            have = {n for (n,) in self._db.execute("SELECT sheet FROM sheets WHERE book=?", (book_id,))}
            if have != set(json.loads(doc)["order"]):
                bad.append(f"{book_id}: tabs {sorted(have)}")
            for sheet_id, lines in self._db.execute(
                "SELECT sheet, lines FROM sheets WHERE book=?", (book_id,)
            ).fetchall():
                known = set(json.loads(lines)["rows"])
                found = self._db.execute("SELECT rid FROM rows WHERE book=? AND sheet=?", (book_id, sheet_id))
                bad += [f"{book_id}/{sheet_id}: row {rid} has no place" for (rid,) in found if rid not in known]
        return bad
