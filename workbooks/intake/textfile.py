"""Text files: which letters, which delimiter, which cells. CSV has no standard, so all three are found out.

UTF-8 and UTF-16 prove themselves; older files are taken for Windows text only when they look like it, else the
file is refused with a sentence, because a wrong guess changes names and addresses for good.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from workbooks.intake import limits
from workbooks.intake.grid import Grid, Raw, first_guess, is_empty
from workbooks.problems import Refused

DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50


def read(content: bytes, name: str) -> Grid:
    """The one tab of a text file; raises `Refused`. The tab has no name."""
    encoding = encoding_of(content, name)
    csv.field_size_limit(limits.FILE)  # a single endless cell is told about at its row, not refused by the reader
    try:
        with _opened(content, encoding) as text:
            start, delimiter = _announced(text.readline())
        if not delimiter:
            with _opened(content, encoding) as text:
                delimiter = "\t" if name.lower().endswith(".tsv") else sniff(text)
        with _opened(content, encoding) as text:
            for _ in range(start):
                text.readline()
            lines = _lines(csv.reader(text, delimiter=delimiter), name)
    except UnicodeError:
        raise Refused(_unreadable(content, name)) from None
    except csv.Error as error:
        raise Refused(f"{name} cannot be cut into cells ({error}). Save it as CSV again and import it.") from error
    broken = {}
    if lines and encoding != "utf-16" and content.count(b'"') % 2 and any("\n" in raw for raw in lines[-1]):
        broken[len(lines)] = "a quotation mark opened in this row is never closed, so all lines below stand in one cell"
    return Grid(name, "", lines, first_guess(lines), ragged=True, broken=broken)


def _opened(content: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")


def encoding_of(content: bytes, name: str) -> str:
    """The encoding of a text file, by its name in Python; raises `Refused` where it cannot be told."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = content[:4096]
    if head.count(0) > len(head) // 4:
        if not head[1::2].strip(b"\0"):
            return "utf-16-le"
        if not head[0::2].strip(b"\0"):
            return "utf-16-be"
        if head[1::2].count(0) > len(head) // 3:
            return "utf-16-le"
        if head[0::2].count(0) > len(head) // 3:
            return "utf-16-be"
    odd = sum(byte < 32 and byte not in b"\0\t\n\r\x0b\x0c\x1a\x1b" for byte in head) + head.count(0)
    if odd > len(head) // 20 + 1:
        raise Refused(f"{name} is not a text file. Save the table as CSV or .xlsx and import that.")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _older(content, name)
    return "utf-8-sig"


# What Mac, DOS or Cyrillic text looks like when it is taken for Windows text: a capital or a sign amid small
# letters, or several accents in a row.
_MANGLED = re.compile("[a-z](?:[À-ÞŠŒŽŸ€‚ƒ„†‡ˆ‰‹•˜›¤¢£¥§¨¬¯´¸]|[–—](?=[a-z]))|[À-ÿ]{3}")


def _older(content: bytes, name: str) -> str:
    """Windows text, when the file holds only what Windows text can hold and reads like it."""
    from charset_normalizer import from_bytes

    told = _with_accents(content)
    best = from_bytes(told, cp_isolation=["cp1252", "mac_roman", "cp437"]).best()
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        best = None
    if best is None or best.encoding != "cp1252" or _MANGLED.search(told.decode("cp1252")):
        raise Refused(_unreadable(content, name))
    return "cp1252"


def _with_accents(content: bytes) -> bytes:
    """The lines that tell encodings apart: those with a byte above 127, at most a hundred."""
    told = (line for line in content.splitlines() if not line.isascii())
    return b"\n".join(line[:2000] for line in islice(told, 100))


def _unreadable(content: bytes, name: str) -> str:
    for number, line in enumerate(content.splitlines(), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return (
                f"{name}, line {number}: the letters cannot be told for sure (neither UTF-8 nor plain Windows text). "
                "Open the file where it comes from, save it as “CSV UTF-8” and import it again."
            )
    return f"{name}: the letters cannot be told for sure. Save it as “CSV UTF-8” and import it again."


def _announced(line: str) -> tuple[int, str]:
    """Excel's own first line `sep=;`: how many lines to skip and the delimiter, which Excel does not show."""
    text = line.strip("\ufeff\r\n ").strip('"')
    return (1, text[4]) if text[:4].lower() == "sep=" and len(text) == 5 and text[4] in DELIMITERS else (0, "")


def sniff(text: Iterable[str]) -> str:
    """The delimiter that cuts the first rows into the most even table; a comma when none does."""
    sample = list(islice(text, _SAMPLE_ROWS))
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(sample, delimiter=delimiter) if len(row) > 1 or any(row)]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        score = (round(count / len(rows), 1), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _lines(rows: Iterator[list[str]], name: str) -> list[list[Raw]]:
    lines: list[list[Raw]] = []
    cells = 0
    for row in rows:
        cells += len(row)
        if cells > limits.CELLS or len(lines) >= limits.ROWS:
            raise Refused(
                f"{name} has more than {limits.ROWS:,} rows or {limits.CELLS:,} cells. Split it and import the pieces."
            )
        lines.append([_unquoted(raw) if raw[:1] == '"' else raw for raw in row])
    while lines and all(is_empty(raw) for raw in lines[-1]):
        lines.pop()
    if not lines:
        raise Refused(f"{name} is empty. Choose another file, or export it again.")
    return lines


def _unquoted(raw: str) -> str:
    """Some exports quote a value and then quote it again: \"\"\"07:00\"\"\" means 07:00."""
    inner = raw[1:-1]
    return inner if len(raw) > 1 and raw[-1] == '"' and '"' not in inner else raw
