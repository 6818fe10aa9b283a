"""Taking back the last write: what stood in its cells is kept on this computer, for this user alone."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from addin import client
from addin.placing import Block, undone
from addin.program import Book, Program
from workbooks.problems import Refused


def _memory(book: Book) -> Path:
    return client.folder() / f"undo-{sha256(book.path.encode('utf-8', 'replace')).hexdigest()[:16]}.json"


def remember(book: Book, blocks: Sequence[Block]) -> None:
    """Keep what a write is about to write over, for Undo; for this user alone."""
    with suppress(OSError):
        path = _memory(book)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump([asdict(block) for block in blocks], file)
        fresh.replace(path)


def undo(program: Program, book: Book) -> str:
    """Put back what the last write wrote over, where the cell still shows it; one sentence about it."""
    try:
        kept = json.loads(_memory(book).read_text("utf-8"))
        blocks = [
            Block(one["tab"], one["row"], one["column"], tuple(map(tuple, one["rows"])),
                  tuple(map(tuple, one["before"])), tuple(one["texts"]))
            for one in kept
        ]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused(f"Stopbook has written nothing into {book.name} that could be undone.") from None
    tabs = {title: book.read(title) for title in {block.tab for block in blocks} & set(book.titles())}
    back = undone(blocks, tabs)
    with program.undisturbed(book):
        for block in back:
            book.write(block)
    _memory(book).unlink(missing_ok=True)
    if not back:
        return "Nothing was undone: the cells hold other values by now."
    return f"{len(back):,} cell{'s show' if len(back) > 1 else ' shows'} again what stood there before. Cells that are not yours come back with the next writing."
