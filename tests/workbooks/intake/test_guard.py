"""Workbooks made to harm: each is refused with one sentence, quickly and in little memory."""

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workbooks.intake.make import patched, xlsx
from workbooks.intake import limits
from workbooks.intake.reader import read_bytes, read_file
from workbooks.problems import Refused

PLAIN = xlsx([["Order", "Recipient"], ["SO-1", "Ann"], ["SO-2", "Bob"]])


def refusal(content: bytes, name: str = "day.xlsx") -> str:
    with pytest.raises(Refused) as caught:
        read_bytes(content, name)
    return str(caught.value)


def sheet(change: Callable[[bytes], bytes]) -> bytes:
    return patched(PLAIN, change)


def cell(reference: bytes) -> Callable[[bytes], bytes]:
    return lambda xml: xml.replace(b"</sheetData>", b"<row><c " + reference + b"><v>1</v></c></row></sheetData>")


@pytest.mark.parametrize("spelling", [
    b'r="XFD1048576"', b"r='XFD1048576'", b'r = "XFD1048576"', b'\tr="XFD1048576"', b's="0"\nr="XFD1048576"', b'r="xfd1048576"',
    b's="0"r="XFD1048576"', b'x=">" r="XFD1048576"', b'r="XFD00001048576"',
])  # fmt: skip
def test_a_cell_far_away_is_refused_however_it_is_written(spelling: bytes) -> None:
    assert re.search("has a cell at XFD0*1048576, far outside any table", refusal(sheet(cell(spelling))))


@pytest.mark.parametrize("reference", [b'r="A200001"', b'r="SG1"'])
def test_the_limits_are_where_they_are_said_to_be(reference: bytes) -> None:
    assert "far outside any table" in refusal(sheet(cell(reference)))


@pytest.mark.parametrize("reference", [b'r="A200000"', b'r="SF1"'])
def test_what_is_inside_the_limits_is_read(reference: bytes) -> None:
    assert read_bytes(sheet(cell(reference)), "day.xlsx")[0].lines[0][:2] == ["Order", "Recipient"]


def test_two_corners_that_span_too_much() -> None:
    both = sheet(lambda xml: cell(b'r="SF1"')(cell(b'r="A100000"')(xml)))
    assert "spans 100,000 rows and 500 columns" in refusal(both)


def test_rows_without_numbers_are_counted() -> None:
    many = sheet(lambda xml: xml.replace(b"</sheetData>", b"<row/>" * 200_001 + b"</sheetData>"))
    assert "more than 200,000 rows" in refusal(many)


@pytest.mark.parametrize("evil", [
    b'<!DOCTYPE a [<!ENTITY b "bbb">]>', b"<!DOCTYPE worksheet SYSTEM 'file:///etc/passwd'>", b"<!ENTITY x 'y'>", b"\0",
])  # fmt: skip
def test_document_types_and_entities(evil: bytes) -> None:
    xml = sheet(lambda xml: xml.replace(b"<worksheet", evil + b"<worksheet", 1))
    assert "damaged or was changed by hand" in refusal(xml)


def test_other_encodings_of_xml() -> None:
    assert "damaged" in refusal(sheet(lambda xml: xml.decode().encode("utf-16")))
    assert "damaged" in refusal(sheet(lambda xml: xml.replace(b'encoding="UTF-8"', b'encoding="UTF-7"')))


def archive(entries: list[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            file.writestr(name, data)
    return target.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_no_program_writes() -> None:
    book = ("xl/workbook.xml", b"<workbook/>")
    assert "twice" in refusal(archive([book, ("xl/a.xml", b"1"), ("xl/a.xml", b"2")]))
    assert "twice" in refusal(archive([book, ("xl/a.xml", b"1"), ("xl/A.xml", b"2")]))
    assert "path ../a.xml" in refusal(archive([book, ("../a.xml", b"1")]))
    assert "path /a.xml" in refusal(archive([book, ("/a.xml", b"1")]))
    assert "parts" in refusal(archive([book, *((f"xl/{n}.xml", b"") for n in range(limits.ENTRIES + 1))]))
    locked = bytearray(archive([book]))
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    assert "protected with a password" in refusal(bytes(locked))


def test_other_things_named_like_workbooks() -> None:
    assert "binary workbook" in refusal(archive([("xl/workbook.bin", b"")]))
    assert "OpenDocument" in refusal(archive([("content.xml", b"")]))
    assert "a document or a presentation" in refusal(archive([("word/document.xml", b"")]))
    assert "archive without a workbook" in refusal(archive([("a.txt", b"")]))
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
    assert "old kind (.xls)" in refusal(old)
    assert "protected with a password" in refusal(old + "EncryptedPackage".encode("utf-16-le"))
    assert "web page" in refusal(b"<html><table></table></html>")
    assert "is not a workbook" in refusal(b"Order,Recipient\n")
    assert "is empty" in refusal(b"")
    assert "is a PDF" in refusal(b"%PDF-1.7", "day.pdf")
    assert "of a kind that is not read" in refusal(b"abc", "day.doc")
    assert "not a text file" in refusal(bytes(range(256)) * 20, "day.csv")
    assert "damaged" in refusal(PLAIN[:-200])
    assert "cannot be read as a workbook" in refusal(
        PLAIN.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheetX.xml")
    )


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no file"):
        read_file(tmp_path / "none.csv")
    with pytest.raises(Refused, match="is a folder"):
        read_file(tmp_path)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(limits.FILE + 1)
    with pytest.raises(Refused, match=r"large\.csv has 50 MB; at most 50 MB are read"):
        read_file(large)


def test_a_declared_size_that_lies() -> None:
    lying = bytearray(sheet(lambda xml: xml.replace(b"</sheetData>", b" " * 300_000 + b"</sheetData>")))
    at = lying.rindex(b"xl/worksheets/sheet1.xml") - 46
    assert lying[at : at + 4] == b"PK\x01\x02"
    lying[at + 24 : at + 28] = (500).to_bytes(4, "little")
    assert "damaged" in refusal(bytes(lying))


def test_every_error_cell_is_seen_at_its_place() -> None:
    content = xlsx([["Order", "A"], ["SO-1", ("=1/0", "#DIV/0!")], [("=X", "#SPILL!"), "=text"]])
    (grid,) = read_bytes(content, "day.xlsx")
    assert [(str(where), text) for where, text in grid.errors()] == [
        ("day.xlsx, tab Tab1, cell B2 (A)", "#DIV/0!"),
        ("day.xlsx, tab Tab1, cell A3 (Order)", "#SPILL!"),
    ]
    careful = patched(content, lambda xml: xml.replace(b' t="e"', b"\n t = 'e'"))
    assert read_bytes(careful, "day.xlsx")[0].lines == grid.lines


BOMBS = """
import io, os, random, resource, sys, zipfile
sys.path.insert(0, {root!r})
from workbooks.intake.reader import read_bytes
from workbooks.problems import Refused

HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"

def book(sheet, texts=(), repeat=1, level=6, junk=0):
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO({plain!r})) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as new:
        for entry in old.infolist():
            if entry.filename.endswith("sharedStrings.xml") and texts:
                with new.open(entry.filename, "w") as out:
                    out.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
                    for text in texts:
                        out.write(text)
                    out.write(b"</sst>")
            elif entry.filename.endswith("sheet1.xml"):
                with new.open(entry.filename, "w") as out:
                    out.write(HEAD)
                    for _ in range(repeat):
                        out.write(sheet)
                    out.write(TAIL)
            else:
                new.writestr(entry.filename, old.read(entry))
        if junk:
            new.writestr("xl/media/junk.bin", os.urandom(junk))
    return target.getvalue()

def attempt(content):
    try:
        grids = read_bytes(content, "bomb.xlsx")
        return f"read {{len(grids[0].lines)}} rows"
    except Refused as refused:
        return str(refused)

random.seed(7)
noise = "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=60_000)).encode()
pick = lambda: noise[(at := random.randrange(50_000)) : at + random.randrange(5, 60)]
cells = lambda n: b"<row>" + b"".join(b'<c t="inlineStr"><is><t>%s</t></is></c>' % pick() for _ in range(n)) + b"</row>"
cases = {{
    "blank": lambda: book(b" " * 1_000_000, repeat=210),
    "rows": lambda: book(b"<row/>" * 100_000, repeat=30),
    "shared": lambda: book(b"<row>" + b'<c t="s"><v>0</v></c>' * 400 + b"</row>", [b"<si><t>" + b"x" * 32_000 + b"</t></si>"], repeat=500),
    "hidden": lambda: book(b"<row>" + b'<c t="s"><v>0</v></c>' * 400 + b"</row>", [b"<!--<si>--><si><t>" + b"<![CDATA[<si>]]>" * 2_000 + b"</t></si>"], repeat=500),
    "texts": lambda: book(b"<row/>", [b"<si/>" * 100_000 + b"<!--" + noise + b"-->"] * 60, level=1),
    "inline": lambda: book(b"".join(b'<row><c t="inlineStr"><is><t>%s</t></is></c></row>' % (pick() * 12) for _ in range(60)) * 20, repeat=150, level=1),
    "sparse": lambda: book(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="9999"><c r="SF9999"><v>1</v></c></row>'),
}}
print(attempt(cases[sys.argv[1]]()))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1000 if sys.platform != "darwin" else 1_000_000))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is measured with `resource`, which Windows has not")
@pytest.mark.parametrize(("case", "sentence"), [
    ("blank", "as harmful archives do"),
    ("rows", "rows"),
    ("shared", "more text than is read at once"),
    ("hidden", "more text than is read at once"),
    ("texts", "more than 5,000,000 cells"),
    ("inline", "read 180000 rows"),
    ("sparse", "read 9999 rows"),
])  # fmt: skip
def test_bombs_stay_under_one_gigabyte(case: str, sentence: str, tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    script = tmp_path / "bomb.py"
    script.write_text(BOMBS.format(root=root, plain=PLAIN), "utf-8")
    done = subprocess.run([sys.executable, str(script), case], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    said, peak = done.stdout.strip().split("\n")
    assert sentence in said
    assert int(peak) < 1000, f"{case}: {peak} MB"
