"""The files of this server and who may touch them; every change goes through :meth:`Workspace.editing`.

A change works on a fork of the spreadsheet. When it succeeds, disk first and memory second take the fork; when it fails
at any point the fork is dropped and nothing happened.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_sheets import formulas, styles
from local_sheets.auth import Accounts
from local_sheets.batch.context import Context
from local_sheets.batch.tabs import new_sheet
from local_sheets.environment import Environment
from local_sheets.errors import forbidden, invalid, not_found
from local_sheets.model import Book, Cell, Scalar
from local_sheets.protect import Actor
from local_sheets.store import Store

if TYPE_CHECKING:
    from local_sheets.dispatcher import Dispatcher

Json = dict[str, Any]
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
ROLES = ("reader", "commenter", "writer", "fileOrganizer", "organizer", "owner")


class Workspace:
    """Files, spreadsheets, accounts; one per server."""

    def __init__(self, path: Path | None = None, env: Environment | None = None) -> None:
        self.env = env or Environment()
        self.store = Store(path)
        self.accounts = Accounts(self.store, self.env)
        self.files: dict[str, Json] = self.store.documents("files")
        self.books: dict[str, Book] = {}
        self.shown: dict[str, Json] = {}
        self.dispatchers: list[Dispatcher] = []
        self.listeners: list[Callable[[str, str], None]] = []

    def close(self) -> None:
        """Closes the store."""
        self.store.close()

    def role(self, file: Json, email: str) -> str | None:
        """The strongest role of a person on a file; ``None`` when it is not shared with them."""
        found = [
            entry["role"]
            for entry in file["permissions"]
            if entry["type"] == "anyone"
            or entry.get("emailAddress") == email
            or (entry["type"] == "domain" and email.endswith("@" + entry.get("domain", "")))
        ]
        return max(found, key=ROLES.index, default=None)

    def file(self, file_id: str, email: str) -> Json | None:
        """A file that this person may see."""
        file = self.files.get(file_id)
        return file if file is not None and self.role(file, email) is not None else None

    def book(self, book_id: str, email: str, *, write: bool = False) -> Book:
        """A spreadsheet for reading; 404 when there is none, 403 when it is not this person's to read or write."""
        file = self.files.get(book_id)
        if file is None or file["mimeType"] != SPREADSHEET:
            raise not_found()
        role = self.role(file, email)
        if role is None or (write and ROLES.index(role) < ROLES.index("writer")):
            raise forbidden()
        return self.current(book_id)

    def current(self, book_id: str) -> Book:
        """A spreadsheet as it is now, whoever asks."""
        if book_id not in self.books:
            loaded = self.store.load_book(book_id)
            if loaded is None:
                raise not_found()
            self.books[book_id] = loaded
        return self.books[book_id]

    def actor(self, book_id: str, email: str) -> Actor:
        """The person as protection sees them."""
        return Actor(email, self.role(self.files[book_id], email) == "owner")

    def actor_for_new(self, email: str) -> Actor:
        """The person who is making a spreadsheet."""
        return Actor(email, owner=True)

    def reader(self, book: Book) -> Callable[[int, int, int, Cell], Scalar]:
        """Effective values of a spreadsheet."""
        return formulas.reader(book, self.env.clock.now())

    @contextmanager
    def editing(self, book_id: str, email: str) -> Iterator[Context]:
        """A change: the block works on ``context.book``; it is saved when the block ends well."""
        old = self.book(book_id, email, write=True)
        context = Context(old.fork(), self.actor(book_id, email), self.env)
        yield context
        self.save(old, context.book, email)

    def save(self, old: Book, new: Book, email: str) -> None:
        """Takes a fork in: disk first, then memory, then whoever listens."""
        new.revision = old.revision + 1
        new.computed = None
        kept = {sheet.sheet_id for sheet in new.sheets}
        file = self.touched(self.files[new.book_id], email, name=new.doc["properties"]["title"])
        with self.store.transaction():
            self.store.save_book(new, [s.sheet_id for s in old.sheets if s.sheet_id not in kept])
            self._put_file(file)
        self.files[file["id"]] = file
        self.books[new.book_id] = new
        self.tell(new.book_id, email)

    def tell(self, book_id: str, email: str) -> None:
        """Lets the pages know that a spreadsheet changed."""
        for listener in list(self.listeners):
            with suppress(RuntimeError):
                listener(book_id, email)

    def touched(self, file: Json, email: str, **changes: Any) -> Json:
        """A file's record after a change by this person."""
        return {
            **file,
            **changes,
            "modifiedTime": self.env.clock.stamp(),
            "version": file["version"] + 1,
            "lastModifyingUser": email,
        }

    def _put_file(self, file: Json) -> None:
        self.store.put("files", file["id"], file)
        self.store.note_change(file["id"], file["modifiedTime"], {"removed": False})

    def update_file(self, file: Json) -> None:
        """Saves a file's record."""
        with self.store.transaction():
            self._put_file(file)
        self.files[file["id"]] = file
        self.tell(file["id"], file["lastModifyingUser"])

    def new_file(self, email: str, name: str, mime: str = SPREADSHEET, parents: list[str] | None = None) -> Json:
        """A file's record, not yet saved."""
        now = self.env.clock.stamp()
        return {
            "id": self.env.ids.text("file"),
            "name": name,
            "mimeType": mime,
            "createdTime": now,
            "modifiedTime": now,
            "version": 1,
            "lastModifyingUser": email,
            "trashed": False,
            "parents": parents or [],
            "permissions": [
                {
                    "id": permission_id(email),
                    "type": "user",
                    "role": "owner",
                    "emailAddress": email,
                    "pendingOwner": False,
                }
            ],
        }

    def create(self, file: Json, book: Book | None = None) -> Json:
        """Saves a new file; a spreadsheet starts with one empty tab unless a book is given."""
        if file["mimeType"] == SPREADSHEET and book is None:
            sheet = new_sheet(0, {"title": "Sheet1", "index": 0})
            book = Book(file["id"], {"properties": styles.new_properties(file["name"])}, [sheet])
        with self.store.transaction():
            if book is not None:
                book.revision = 1
                self.store.save_book(book)
            self._put_file(file)
        self.files[file["id"]] = file
        if book is not None:
            self.books[file["id"]] = book
        self.tell(file["id"], file["lastModifyingUser"])
        return file

    def copy_book(self, book_id: str, new_id: str, title: str) -> Book:
        """A spreadsheet's contents under another id, as Drive copies it (ids inside stay)."""
        old = self.current(book_id).fork()
        for sheet in old.sheets:
            sheet.dirty, sheet.reordered = {line.rid for line in sheet.rows}, True
        old.touched_meta = set(old.metadata)
        old.book_id = new_id
        old.doc["properties"]["title"] = title
        return old

    def delete_file(self, file_id: str) -> None:
        """Removes a file for good."""
        with self.store.transaction():
            self.store.delete_book(file_id)
            self.store.put("files", file_id, None)
            self.store.note_change(file_id, self.env.clock.stamp(), {"removed": True})
        self.files.pop(file_id)
        self.books.pop(file_id, None)
        self.tell(file_id, "")

    def share(self, file_id: str, email: str, role: str = "writer") -> Json:
        """Gives a person a role on a file; what the page and the command line use."""
        if role not in ROLES:
            raise invalid(f"no role {role}")
        file = copy.deepcopy(self.files[file_id])
        file["permissions"] = [e for e in file["permissions"] if e.get("emailAddress") != email]
        file["permissions"].append({"id": permission_id(email), "type": "user", "role": role, "emailAddress": email})
        self.update_file(file)
        self.accounts.add_person(email)
        return file


def permission_id(email: str) -> str:
    """A stable number for a mail address, as Drive gives one to each person."""
    number = 0
    for letter in email.encode():
        number = (number * 257 + letter) % 10**20
    return f"{number:020d}"
