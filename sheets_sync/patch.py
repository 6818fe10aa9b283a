"""A workbook changed part by part: single cells of our tabs in the bytes of a file, everything else as it was.

For workbooks in which people have put things that a whole new file would lose: sheets of their own, charts, pictures,
comments, pivot tables. Only the sheets whose cells change, the tables on them, the custom properties and the flag that
asks for recalculation are touched; every other part keeps its bytes. People's formulas are not written over.
"""

import html
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sheets_sync import choices, parts
from sheets_sync.plain import Plain
from workbooks.intake.grid import letter, position_of
from workbooks.problems import Refused

NOTE = "Stopbook: "
"""what a note of the add-in begins with; such a comment is nobody's keepsake"""
LISTS = "_lists"
"""the sheet of long lists"""
_SPARE = 500
"""the row to which a new drop-down reaches at least"""
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ROW = re.compile(rb"<row\b([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_DATA = re.compile(rb"<sheetData\s*/>|<sheetData>(.*?)</sheetData>", re.DOTALL)
_KEEP = {
    "xl/pivotTables/": "pivot tables", "xl/media/": "pictures", "xl/embeddings/": "embedded objects",
    "xl/externalLinks/": "links to other workbooks", "xl/slicers/": "slicers", "xl/ctrlProps/": "controls",
    "xl/timelines/": "timelines", "xl/vbaProject": "macros", "xl/diagrams/": "diagrams",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell to set: row from 1, column from 0. `over`: also where a formula stands. `like`: of which column a new
    cell takes its look, its own unless said."""

    row: int
    column: int
    value: Plain
    over: bool = False
    like: int | None = None


@dataclass(frozen=True)
class Offer:
    """The choices of one tab's drop-downs, by column from 0: those that stand in the rule, and names of long lists.

    `new`: columns that came just now, with their widths; they get a drop-down where they have none, elsewhere somebody may
    have taken it away.
    """

    words: Mapping[int, Sequence[str]] = field(default_factory=dict)
    lists: Mapping[int, str] = field(default_factory=dict)
    new: Mapping[int, float] = field(default_factory=dict)


def keepsakes(content: bytes, tabs: Sequence[str], extra: Sequence[str]) -> tuple[str, ...]:
    """What of people's stands in the file that a new one would not have, in words; () for none.

    tabs: titles of our tables. extra: names of sheets that are not Stopbook's.
    """
    found = [f"the tab “{title}”" for title in extra]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        found += [words for prefix, words in _KEEP.items() if any(name.startswith(prefix) for name in names)]
        paths = parts.sheet_paths(archive)
        for title in tabs:
            for link in _links(archive, paths.get(title, "")).values():
                if "/drawings/drawing" in link:
                    found.append(f"a drawing on “{title}”")
                elif re.search(r"/(comments|threadedComment)", link) and _own_comments(archive, link):
                    found.append(f"comments on “{title}”")
    return tuple(dict.fromkeys(found))


def _own_comments(archive: zipfile.ZipFile, path: str) -> bool:
    """True when somebody besides the add-in has commented."""
    if path not in archive.namelist():
        return False
    text = archive.read(path).decode("utf-8", "replace")
    comments = re.findall(
        r"<(?:\w+:)?(?:comment|threadedComment)\b.*?</(?:\w+:)?(?:comment|threadedComment)>", text, re.DOTALL
    )
    said = ["".join(re.findall(r"<(?:\w+:)?(?:t|text)\b[^>]*>([^<]*)<", one)) for one in comments]
    return any(NOTE.strip() not in html.unescape(one) for one in said)


def patched(
    content: bytes, changes: Mapping[str, Sequence[Cell]], properties: Mapping[str, str],
    offers: Mapping[str, Offer] | None = None, lists: Mapping[str, Sequence[str]] | None = None,
) -> bytes:  # fmt: skip
    """The file with these cells set, by tab, and these custom properties. Refused where it cannot be done safely.

    offers: what the drop-downs of a tab offer. lists: the long lists of choices by their names.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        paths, fresh = parts.sheet_paths(archive), dict[str, bytes]()
        book, listed = choices.named(archive.read("xl/workbook.xml"), lists or {})
        if LISTS not in paths:
            book, listed = archive.read("xl/workbook.xml"), {}
        long = [cell for name, (column, had) in listed.items() for cell in _list(column, had, (lists or {})[name])]
        changes = {**changes, LISTS: long}
        for title, cells in changes.items():
            if not cells:
                continue
            path = paths.get(title)
            if path is None:
                raise Refused(f"The tab “{title}” is not a sheet of cells, so nothing was written.")
            fresh[path] = _sheet(archive.read(path), cells, title)
            last = max(cell.row for cell in cells)
            for link in _links(archive, path).values():
                if "/tables/table" in link:
                    table = _longer(archive.read(link), last)
                    if table is not None:
                        fresh[link] = table
        for title, offer in (offers or {}).items():
            if (path := paths.get(title)) is not None:
                before = fresh.get(path) or archive.read(path)
                last = max([_SPARE, *(cell.row for cell in changes.get(title, ()))])
                names = {place: name for place, name in offer.lists.items() if name in listed and place in offer.new}
                if (after := choices.offered(_wide(before, offer.new), offer.words, names, offer.new, last)) != before:
                    fresh[path] = after
        if fresh:
            fresh["xl/workbook.xml"] = _recalculated(book)
        fresh["docProps/custom.xml"] = _properties(archive.read("docProps/custom.xml"), properties)
        return _packed(archive, fresh)


def _wide(xml: bytes, new: Mapping[int, float]) -> bytes:
    """The sheet with widths for new columns at its right, where it says nothing of them yet."""
    said = re.search(rb"(<cols>.*?)(</cols>)", xml, re.DOTALL)
    reach = max([int(most) for most in re.findall(rb'<col\b[^>]*\bmax="(\d+)"', said[1])], default=0) if said else 0
    wide = "".join(
        f'<col min="{place + 1}" max="{place + 1}" width="{width:g}" customWidth="1"/>'
        for place, width in sorted(new.items()) if place >= reach
    )  # fmt: skip
    return xml if said is None or not wide else xml[: said.end(1)] + wide.encode() + xml[said.start(2) :]


def _list(column: int, had: int, words: Sequence[str]) -> list[Cell]:
    """The cells of a list on the sheet of lists; what is left of a longer one goes."""
    return [Cell(row + 1, column, words[row] if row < len(words) else None) for row in range(max(had, len(words)))]


def _packed(archive: zipfile.ZipFile, fresh: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for info in archive.infolist():
            data = fresh[info.filename] if info.filename in fresh else archive.read(info)
            same = zipfile.ZipInfo(info.filename, info.date_time)
            same.compress_type, same.external_attr = info.compress_type, info.external_attr
            out.writestr(same, data)
    return target.getvalue()


def _links(archive: zipfile.ZipFile, path: str) -> dict[str, str]:
    """Relation id -> part, of one sheet."""
    folder, _, name = path.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels"
    if not path or rels not in archive.namelist():
        return {}
    found = {}
    for each in re.finditer(rb"<Relationship\b[^>]*>", archive.read(rels)):
        said = dict(re.findall(rb'(\w+)="([^"]*)"', each[0]))
        target = said.get(b"Target", b"").decode("utf-8", "replace")
        whole = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
        while "/../" in whole:
            whole = re.sub(r"[^/]+/\.\./", "", whole, count=1)
        found[said.get(b"Id", b"").decode()] = whole
    return found


def _sheet(xml: bytes, cells: Sequence[Cell], title: str) -> bytes:
    """The sheet with its cells set: rows and cells are found by their addresses, new ones put where they belong."""
    data = _DATA.search(xml)
    if data is None or (b"<row" in (data[1] or b"") and b'r="' not in (data[1] or b"")):
        raise Refused(f"The tab “{title}” was saved in a way that Stopbook cannot write into; save it in Excel once.")
    rows: dict[int, bytes] = {}
    expected = 1
    for match in _ROW.finditer(data[1] or b""):
        at = re.search(rb'\br="(\d+)"', match[1])
        expected = int(at[1]) if at else expected
        rows[expected] = match[0]
        expected += 1
    by_row: dict[int, dict[int, Cell]] = {}
    for cell in cells:
        by_row.setdefault(cell.row, {})[cell.column] = cell
    styles = _styles(xml, rows)
    for number, wanted in by_row.items():
        rows[number] = _row(rows.get(number), number, wanted, styles)
    inner = b"".join(rows[number] for number in sorted(rows))
    xml = xml[: data.start()] + b"<sheetData>" + inner + b"</sheetData>" + xml[data.end() :]
    return _dimension(xml, max(rows), max(cell.column for cell in cells))


def _styles(xml: bytes, rows: Mapping[int, bytes]) -> dict[int, bytes]:
    """Column -> the style a new cell gets: that of the last cell of the column that has one, else the column's own."""
    found: dict[int, bytes] = {}
    for each in re.finditer(rb"<col\b[^>]*>", xml):
        said = dict(re.findall(rb'(\w+)="([^"]*)"', each[0]))
        if b"style" in said:
            for column in range(int(said[b"min"]) - 1, min(int(said[b"max"]), 1_000)):
                found[column] = said[b"style"]
    for number in sorted(rows)[1:]:
        for match in _CELL.finditer(rows[number]):
            at, style = re.search(rb'\br="([A-Z]+)\d+"', match[1]), re.search(rb'\bs="(\d+)"', match[1])
            if at and style:
                found[position_of(at[1].decode())] = style[1]
    return found


def _row(xml: bytes | None, number: int, wanted: Mapping[int, Cell], styles: Mapping[int, bytes]) -> bytes:
    head, cells = f'r="{number}"'.encode(), dict[int, bytes]()
    if xml is not None:
        match = _ROW.match(xml)
        assert match is not None
        # how far the row reaches is only a hint for readers, and it may reach further now
        head = re.sub(rb'\s*\bspans="[^"]*"', b"", match[1]).strip() or head
        place = 0
        for cell in _CELL.finditer(match[2] or b""):
            at = re.search(rb'\br="([A-Z]+)\d+"', cell[1])
            place = position_of(at[1].decode()) if at else place
            cells[place] = cell[0]
            place += 1
    for column, new in wanted.items():
        before = cells.get(column, b"")
        if re.search(rb"<(?:\w+:)?f\b", before) and not new.over:
            continue  # a formula is never written over
        style = re.search(rb'^<c\b[^>]*?\bs="(\d+)"', before)
        look = style[1] if style else styles.get(column)
        if style is None and new.like is not None:
            beside = re.search(rb'^<c\b[^>]*?\bs="(\d+)"', cells.get(new.like, b""))
            look = beside[1] if beside else styles.get(new.like)
        cells[column] = _cell(f"{letter(column)}{number}", new.value, look)
    return b"<row " + head + b">" + b"".join(cells[column] for column in sorted(cells)) + b"</row>"


def _cell(place: str, value: Plain, style: bytes | None) -> bytes:
    look = b' s="' + style + b'"' if style else b""
    start = b'<c r="' + place.encode() + b'"' + look
    if value is None or value == "":
        return start + b"/>"
    if isinstance(value, bool):
        return start + b' t="b"><v>' + (b"1" if value else b"0") + b"</v></c>"
    if isinstance(value, (int, float)):
        return start + b"><v>" + repr(value).encode() + b"</v></c>"
    text = html.escape(_ILLEGAL.sub("", value), quote=False).encode("utf-8")
    return start + b' t="inlineStr"><is><t xml:space="preserve">' + text + b"</t></is></c>"


def _dimension(xml: bytes, last: int, column: int) -> bytes:
    """The reach of the sheet, where it is said, made large enough."""
    match = re.search(rb'<dimension ref="([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?"', xml)
    if match is None:
        return xml
    right = max(position_of((match[3] or match[1]).decode()), column)
    reach = (
        f'<dimension ref="{match[1].decode()}{match[2].decode()}:{letter(right)}{max(int(match[4] or match[2]), last)}"'
    )
    return xml[: match.start()] + reach.encode() + xml[match.end() :]


def _longer(xml: bytes, last: int) -> bytes | None:
    """A table that reaches down to row `last`; None where it does already."""
    match = re.search(rb'\bref="([A-Z]+\d+:[A-Z]+)(\d+)"', xml)
    if match is None or int(match[2]) >= last:
        return None
    return xml.replace(match[0], b'ref="' + match[1] + str(last).encode() + b'"')


def _recalculated(xml: bytes) -> bytes:
    """Asks the program to work out formulas anew: people's own may read cells that changed."""
    match = re.search(rb"<calcPr\b([^>]*?)/>", xml)
    if match is None:
        return xml
    said = re.sub(rb'\s*\bfullCalcOnLoad="[^"]*"', b"", match[1])
    return xml[: match.start()] + b"<calcPr" + said.rstrip() + b' fullCalcOnLoad="1"/>' + xml[match.end() :]


def _properties(xml: bytes, properties: Mapping[str, str]) -> bytes:
    """The custom properties with some of them set; those that are missing stay missing, but for ours."""
    for name, value in properties.items():
        pattern = re.compile(
            rb'(<(?:\w+:)?property\b[^>]*\bname="'
            + re.escape(name.encode())
            + rb'"[^>]*>\s*<((?:\w+:)?\w+)[^>]*>)[^<]*(</)'
        )
        found = list(pattern.finditer(xml))
        if len(found) != 1:
            raise Refused(f"The workbook has lost its property {name}; nothing was written.")
        start, end = found[0].end(1), found[0].start(3)
        xml = xml[:start] + html.escape(value, quote=False).encode("utf-8") + xml[end:]
    return xml
