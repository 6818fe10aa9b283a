"""Drive's search language: terms on name, type, trash, owners and time, joined by ``and``, ``or``, ``not``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from local_sheets.errors import ApiError, bad_field

if TYPE_CHECKING:
    from local_sheets.workspace import Workspace

Json = dict[str, Any]
Test = Callable[[Json], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<word>[A-Za-z][A-Za-z]*)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<sign>!=|<=|>=|[=<>()]))"
)
_NEW_ID = re.compile(r"[A-Za-z0-9_-]{10,100}")


def _bad(query: str) -> ApiError:
    return ApiError(400, f"Invalid Value: {query}"[:300], reason="invalid", location="q")


def check_new_id(file_id: str, taken: set[str]) -> str:
    """An id that the client chose."""
    if not _NEW_ID.fullmatch(file_id):
        raise bad_field("id", "The provided file ID is not usable.")
    if file_id in taken:
        raise ApiError(409, "A file already exists with the provided ID.", reason="fileIdInUse")
    return file_id


def page(token: str | None) -> int:
    """Where a page starts."""
    if not token:
        return 0
    if not re.fullmatch(r"~!!~\d{1,9}", token):
        raise ApiError(400, "Invalid Value", reason="invalid", location="pageToken")
    return int(token[4:])


def search(files: list[Json], query: str, me: str, workspace: Workspace) -> list[Json]:
    """The files that a query means; raises a 400 naming ``q``."""
    if not query.strip():
        return files
    tokens: list[tuple[str, str]] = []
    at = 0
    query = query.rstrip()
    if len(query) > 5_000:
        raise _bad(query)
    while at < len(query):
        found = _TOKEN.match(query, at)
        if found is None:
            raise _bad(query)
        kind = found.lastgroup or ""
        tokens.append((kind, found[kind]))
        at = found.end()
    parser = _Parser(tokens, query, me)
    test = parser.whole()
    return [file for file in files if test(file)]


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]], query: str, me: str) -> None:
        self._tokens, self._query, self._me, self._at, self._depth = tokens, query, me, 0, 0

    def whole(self) -> Test:
        """The whole query."""
        test = self._either()
        if self._at != len(self._tokens):
            raise _bad(self._query)
        return test

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self, kind: str) -> str:
        have, text = self._peek()
        if have != kind:
            raise _bad(self._query)
        self._at += 1
        return text

    def _either(self) -> Test:
        self._depth += 1
        if self._depth > 50:
            raise _bad(self._query)
        parts = [self._all()]
        while self._peek() == ("word", "or"):
            self._at += 1
            parts.append(self._all())
        self._depth -= 1
        return lambda file: any(part(file) for part in parts)

    def _all(self) -> Test:
        parts = [self._one()]
        while self._peek() == ("word", "and"):
            self._at += 1
            parts.append(self._one())
        return lambda file: all(part(file) for part in parts)

    def _one(self) -> Test:
        kind, text = self._peek()
        if (kind, text) == ("word", "not"):
            self._at += 1
            self._depth += 1
            if self._depth > 50:
                raise _bad(self._query)
            inner = self._one()
            return lambda file: not inner(file)
        if (kind, text) == ("sign", "("):
            self._at += 1
            inner = self._either()
            if self._next("sign") != ")":
                raise _bad(self._query)
            return inner
        if kind == "text":
            return self._membership()
        return self._term(self._next("word"))

    def _text(self) -> str:
        return re.sub(r"\\(.)", r"\1", self._next("text")[1:-1])

    def _membership(self) -> Test:
        value = self._text()
        if self._next("word") != "in":
            raise _bad(self._query)
        field = self._next("word")
        if field == "parents":
            return lambda file: value in file["parents"]
        if field in ("owners", "writers", "readers"):
            who = self._me if value == "me" else value
            roles = {"owners": ("owner",), "writers": ("writer", "owner"), "readers": ("reader", "writer", "owner")}[
                field
            ]
            return lambda file: any(e["role"] in roles and e.get("emailAddress") == who for e in file["permissions"])
        raise _bad(self._query)

    def _term(self, field: str) -> Test:
        if field == "sharedWithMe":
            me = self._me
            return lambda file: all(e["role"] != "owner" or e.get("emailAddress") != me for e in file["permissions"])
        kind, sign = self._peek()
        self._at += 1
        if kind == "word" and sign == "contains" and field in ("name", "fullText", "mimeType"):
            value = self._text().casefold()
            key = "mimeType" if field == "mimeType" else "name"
            return lambda file: value in file[key].casefold()
        if kind != "sign" or sign in "()":
            raise _bad(self._query)
        if field in ("trashed", "starred"):
            flag = self._next("word")
            if flag not in ("true", "false") or sign not in ("=", "!="):
                raise _bad(self._query)
            return lambda file: (bool(file.get(field)) == (flag == "true")) == (sign == "=")
        if field not in ("name", "mimeType", "modifiedTime", "createdTime"):
            raise _bad(self._query)
        value = self._text()
        return lambda file: _compare(sign, file[field], value)


def _compare(sign: str, left: str, right: str) -> bool:
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
    }[sign]


def ordered(files: list[Json], order: str) -> list[Json]:
    """Files in the order asked for; newest change first when nothing is asked."""
    keys = [part.strip() for part in order.split(",") if part.strip()] or ["modifiedTime desc"]
    known = {"name": "name", "name_natural": "name", "createdTime": "createdTime", "modifiedTime": "modifiedTime"}
    known |= {"recency": "modifiedTime", "modifiedByMeTime": "modifiedTime", "viewedByMeTime": "modifiedTime"}
    for part in reversed(keys):
        name, _, direction = part.partition(" ")
        if name == "folder":
            files = sorted(files, key=lambda file: not file["mimeType"].endswith("folder"))
            continue
        if name not in known or direction not in ("", "desc"):
            raise ApiError(400, f"Invalid Value: {order}"[:200], reason="invalid", location="orderBy")
        files = sorted(files, key=lambda file: file[known[name]], reverse=direction == "desc")
    return files
