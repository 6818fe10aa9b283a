"""The guard before a foreign workbook: what comes out of here can be parsed without harm.

A workbook is a zip of XML parts, and the parser trusts it: a cell at XFD1048576 makes it ask for half a
terabyte, a small archive can unpack to gigabytes, one `#SPILL!` makes it give up. Therefore every part is
unpacked here once, in pieces, looked at with a few searches, and written to a plain copy; the parser sees only
that copy, so nothing it reads went unchecked. On the way cells that hold an error become text, because the
parser would show them as empty.
"""

import io
import re
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbooks.intake import limits
from workbooks.intake.grid import letter, position_of
from workbooks.problems import Refused

_PIECE = 1 << 18
_UNNEEDED = ("docprops/", "customxml/", "xl/media/", "xl/drawings/", "xl/theme/", "xl/charts/", "xl/pivot",
             "xl/externallinks/", "xl/printersettings/", "xl/threadedcomments/", "xl/persons/", "xl/comments",
             "xl/vba", "xl/activex/", "xl/ctrlprops/", "xl/embeddings/", "xl/calcchain")  # fmt: skip
_DAMAGED = "it is damaged or was changed by hand; open it in a spreadsheet program and save it again"

# How a cell or row names its place: r="B7". The first pair of patterns finds places outside 9,999 rows by 500
# columns, the second those outside 200,000 rows by 25 columns; a tab inside either has at most five million
# places. Each pair has a quick form for XML written as every spreadsheet program writes it (`_usual`), and one
# for everything else.
_R = rb'[\s"\'/]r\s*=\s*'
_TALL = re.compile(rb' r=(?!"[A-R]?[A-Z]?\d{1,4}")'), re.compile(_R + rb'(?!["\'][A-R]?[A-Z]?\d{1,4}["\'])')
_WIDE = (
    re.compile(rb' r=(?!"[A-Y]?(?:1?\d{1,5}|200000)")'),
    re.compile(_R + rb'(?!["\'][A-Y]?(?:1?\d{1,5}|200000)["\'])'),
)
_PLACE = re.compile(_R + rb'["\']([A-Za-z]*)(\d*)([^"\']{0,40})["\']')
_ERROR_CELL = re.compile(rb'(<(?:[\w.-]+:)?c\s[^<>]*?\bt\s*=\s*["\'])e(?=["\'])')
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
_TEXT_CELL = re.compile(rb'\bt\s*=\s*["\']s["\']')
_TEXT_USED = re.compile(rb'\bt\s*=\s*["\']s["\'][^<>]*>\s*<(?:[\w.-]+:)?v>\s*(\d{1,9})')
_SHARED = re.compile(rb"<(?:[\w.-]+:)?si[\s>/]")
_MARKUP = re.compile(rb"<!(?!--|\[CDATA\[)")
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)["']""")
_LEAST_CELL, _LEAST_TEXT_CELL = len("<c><v>1</v></c>"), len('<c t="s"><v>1</v></c>')


@dataclass
class _Part:
    """What the searches found in one part."""

    name: str
    size: int = 0
    sheet: bool = False
    tall: bool = False
    rows: int = 0
    merges: int = 0
    shared: int = 0
    """shared texts in it"""
    longest: int = 0
    """bytes of the longest shared text"""
    begun: int = 0
    """bytes so far of the shared text that goes on in the next piece"""
    murky: bool = False
    """a comment or the like may hide where shared texts end"""

    def look(self, piece: bytes) -> bytes:
        """Take one piece into account and return it with error cells turned into text; raises `ValueError`."""
        if b"\0" in piece or (b"!" in piece and _MARKUP.search(piece)):
            raise ValueError("a document type, an entity or bytes that are not text")
        if not self.size and (found := _ENCODING.match(piece)) and found[1].lower() not in (b"utf-8", b"us-ascii"):
            raise ValueError("an encoding other than UTF-8")
        self.size += len(piece)
        begin = 0
        if not self.sheet and (begin := piece.find(b"sheetData")) >= 0:
            self.sheet = True
        if not self.sheet:
            self._look_at_texts(piece)
            return piece
        usual = _usual(piece, begin)
        self.tall = self.tall or bool(_TALL[not usual].search(piece, begin))
        self.rows += piece.count(b"<row") + piece.count(b":row")
        self.merges += piece.count(b"mergeCell ")
        return _ERROR_CELL.sub(rb"\1str", piece) if not usual or b'"e"' in piece else piece

    def _look_at_texts(self, piece: bytes) -> None:
        lengths = list(map(len, piece.split(b"<si>")))  # texts begun otherwise only make one seem longer
        self.shared += len(lengths) - 1 + sum(map(piece.count, (b"<si ", b"<si/", b":si")))
        if b"<!" in piece:
            self.murky, lengths = True, [len(piece)]
        lengths[0] += self.begun
        self.longest = max(self.longest, *lengths)
        self.begun = lengths[-1]


def _usual(piece: bytes, begin: int = 0) -> bool:
    """True when every place in `piece` is written ` r="…"` and not in one of the other ways XML allows."""
    return all(piece.find(odd, begin) < 0 for odd in (b"'", b"\t", b"\n", b"\r", b" r ", b'"r'))


@contextmanager
def checked_copy(content: bytes, name: str) -> Iterator[Path | io.BytesIO]:
    """The parts of the workbook `content` that hold its tables, as a plain archive; raises `Refused`.

    Gives memory or, when large, a temporary file that is gone afterwards. `name` is the file's name, for sentences.
    """
    with tempfile.TemporaryDirectory(prefix="stopbook-", ignore_cleanup_errors=True) as folder:
        if (parts := content.count(b"PK\x01\x02")) > limits.ENTRIES:  # before the directory of parts is read at all
            raise Refused(
                f"{name} has {parts:,} parts, as harmful archives do. It was not read; if it is a real workbook, save it again in a spreadsheet program."
            )
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = _entries(archive, name)
                large = sum(entry.file_size for entry in entries) > limits.ON_DISK
                target: Path | io.BytesIO = Path(folder) / "copy.xlsx" if large else io.BytesIO()
                with zipfile.ZipFile(target, "w") as copy:
                    _check(archive, entries, copy, name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, LookupError,
                OverflowError) as error:  # fmt: skip
            raise Refused(f"{name} cannot be read as a workbook: {_DAMAGED}.") from error
        if isinstance(target, io.BytesIO):
            target.seek(0)
        yield target


def _entries(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """The entries to look at, after the checks that need no unpacking."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    seen: set[str] = set()
    for entry in entries:
        path = _path(entry)
        if path in seen:
            raise Refused(
                f"{name} holds the part {entry.filename[:80]} twice, so what it shows depends on who reads it: {_DAMAGED}."
            )
        seen.add(path)
        if path.startswith("/") or ".." in path.split("/") or ":" in path:
            raise Refused(
                f"{name} holds a part with the path {entry.filename[:80]}, which no spreadsheet program writes. It was not read; save it again in one."
            )
        if entry.flag_bits & 0x1:
            raise Refused(f"{name} is protected with a password. Save it without one and import it again.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused(f"{name} is packed in a way no spreadsheet program uses: {_DAMAGED}.")
        if entry.file_size > limits.RATIO_FROM and entry.file_size > limits.RATIO * max(1, entry.compress_size):
            raise Refused(
                f"{name} unpacks its part {entry.filename[:80]} from {_mb(entry.compress_size)} to {_mb(entry.file_size)}, as harmful "
                "archives do. It was not read; if it is a real workbook, remove unused rows and formats and save it again."
            )
    if "xl/workbook.xml" not in seen:
        raise Refused(_other_zip(seen, name))
    total = sum(entry.file_size for entry in entries)
    largest = max(entry.file_size for entry in entries)
    if total > limits.UNPACKED or largest > limits.PART:
        raise Refused(
            f"{name} unpacks to {_mb(total)}; at most {_mb(limits.UNPACKED)} in all and {_mb(limits.PART)} in a tab are read. Split it and import the pieces."
        )
    wanted = [entry for entry in entries if _path(entry).endswith((".xml", ".rels"))]
    return [entry for entry in wanted if not _path(entry).startswith(_UNNEEDED)]


def _path(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/").lower()


def _mb(size: int) -> str:
    return f"{max(1, round(size / limits.MB)):,} MB"


def _other_zip(paths: set[str], name: str) -> str:
    if "xl/workbook.bin" in paths:
        return f"{name} is a binary workbook (.xlsb). Save it as .xlsx and import it again."
    if "content.xml" in paths:
        return f"{name} is an OpenDocument file. Save it as .xlsx and import it again."
    if any(path.startswith(("word/", "ppt/")) for path in paths):
        return (
            f"{name} is a document or a presentation, not a workbook. Save the table as .xlsx or CSV and import that."
        )
    return f"{name} is an archive without a workbook inside. Unpack it and import the file you need."


def _check(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], copy: zipfile.ZipFile, name: str) -> None:
    """Look at every piece of every entry and write it to `copy`."""
    parts = []
    for entry in entries:
        part = _Part(entry.filename)
        with copy.open(entry.filename.replace("\\", "/"), "w") as out:
            for piece in _pieces(archive, entry):
                out.write(part.look(piece))
        if not part.sheet and not part.shared and part.size > limits.SMALL_PART:
            raise Refused(
                f"{name} has {_mb(part.size)} in its part {part.name[:80]}, where a workbook has little: {_DAMAGED}."
            )
        if part.sheet and part.tall:
            _measure(archive, entry, name)
        parts.append(part)
    sheets = [part for part in parts if part.sheet]
    if len(sheets) > limits.TABS:
        raise Refused(
            f"{name} has {len(sheets):,} tabs; at most {limits.TABS} are read. Split it and import the pieces."
        )
    if max((part.rows for part in sheets), default=0) > limits.ROWS:
        raise Refused(f"{name} has a tab with more than {limits.ROWS:,} rows. Split it and import the pieces.")
    if sum(part.merges for part in sheets) > limits.MERGES:
        raise Refused(f"{name} has more than {limits.MERGES:,} merged cells. Unmerge them and save it again.")
    size, texts = sum(part.size for part in sheets), [part for part in parts if part.shared]
    longest = max((part.longest for part in texts), default=0)
    cells, spread = size // _LEAST_CELL, size // _LEAST_TEXT_CELL * longest
    if _weight(cells, size, spread) > limits.MEMORY:  # the crude bound does not clear it, so count
        cells, spread = _count(archive, entries, longest, exact=len(texts) == 1 and not texts[0].murky)
    if cells > limits.CELLS or sum(part.shared for part in texts) > limits.CELLS:
        raise Refused(f"{name} has more than {limits.CELLS:,} cells. Split it and import the pieces.")
    if _weight(cells, size, spread) > limits.MEMORY:
        raise Refused(f"{name} holds more text than is read at once ({cells:,} cells). Split it and import the pieces.")


def _weight(cells: int, size: int, spread: int) -> int:
    """Memory for so many cells, with the text written in tabs of `size` bytes and the shared text they refer to."""
    return limits.CELL_WEIGHT * cells + 2 * (max(0, size - 30 * cells) + spread)


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked entry in pieces that end before a tag, so that no tag is cut."""
    rest = b""
    with archive.open(entry) as stream:
        while read := stream.read(_PIECE):
            cut = read.rfind(b"<")
            if cut < 0:
                rest += read
                if len(rest) > limits.TOKEN:
                    raise ValueError("a part without tags")
                continue
            yield rest + read[:cut]
            rest = read[cut:]
    yield rest


def _measure(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    """Refuse a tab with cells beyond the limits, or whose corners span too many places."""
    if not any(_WIDE[not _usual(piece)].search(piece) for piece in _pieces(archive, entry)):
        return
    rows = columns = 0
    for piece in _pieces(archive, entry):
        places = _PLACE.findall(piece)
        if any(odd.isalnum() for _, _, odd in places if odd):
            raise ValueError("a cell at a place that does not exist")  # the parser stops at any other oddity itself
        rows = max(rows, *(int(digits[:12]) for digits in {row for _, row, _ in places} | {b"0"} if digits))
        columns = max(
            columns, *(position_of(letters[:8].decode()) + 1 for letters in {column for column, _, _ in places}), 0
        )
        if rows > limits.ROWS or columns > limits.COLUMNS:
            far = next(
                b"%s%s" % (c, r)
                for c, r, _ in places
                if int(r[:12] or b"0") == rows or position_of(c[:8].decode()) + 1 == columns
            )
            raise Refused(
                f"{name} has a cell at {far[:20].decode().upper()}, far outside any table (rows to {limits.ROWS:,} and "
                f"columns to {letter(limits.COLUMNS - 1)} are read). Delete the empty rows and columns around the table and save it again."
            )
    if rows * columns > limits.CELLS:
        raise Refused(
            f"{name} has a tab that spans {rows:,} rows and {columns:,} columns; at most {limits.CELLS:,} cells are read. "
            "Delete the empty rows and columns around the table and save it again."
        )


def _count(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], longest: int, exact: bool) -> tuple[int, int]:
    """The cells of all tabs, and the bytes of shared text they refer to.

    A reference that is not understood, or any when not `exact`, counts as the `longest` text.
    """
    cells = unclear = 0
    lengths: list[int] = []
    uses: Counter[int] = Counter()
    for entry in entries:
        part = _Part(entry.filename)
        for piece in _pieces(archive, entry):
            part.look(piece)
            if part.sheet:
                used = _TEXT_USED.findall(piece) if exact else []
                uses.update(map(int, used))
                unclear += len(_TEXT_CELL.findall(piece)) - len(used)
                cells += len(_CELL.findall(piece))
            elif part.shared:
                texts = [len(text) for text in _SHARED.split(piece)]
                if lengths:
                    lengths[-1] += texts[0]
                lengths += texts[1:]
    known = sum(count * lengths[index] for index, count in uses.items() if index < len(lengths))
    return cells, known + max(0, unclear) * longest
