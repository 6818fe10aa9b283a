"""Random tables come back as they were written; random bytes never raise anything but `Refused`."""
# ruff: noqa: DTZ001 - cells hold wall-clock times without a zone

import csv
import io
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbooks.intake.make import CHICAGO, DROPS, patched, xlsx
from workbooks.intake.parse import parse
from workbooks.intake.profiles import load
from workbooks.intake.reader import read_bytes
from workbooks.intake.returned import returned_workbook
from workbooks.intake.textfile import DELIMITERS
from workbooks.problems import Refused

GENERIC = load("generic")
PLAIN = xlsx([["Order", "Recipient"], ["SO-1", "Ann"], ["SO-2", ("=1/0", "#DIV/0!")]])
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=20).filter(
    lambda text: not (len(text) > 1 and text[0] == text[-1] == '"')
)
whole = words.map(lambda text: f"{text[:10]}\n{text[10:]}")
tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(st.one_of(words, whole), min_size=width, max_size=width), min_size=1, max_size=8)
)


@settings(deadline=None)
@given(
    tables,
    st.sampled_from(DELIMITERS),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_csv_comes_back(rows: list[list[str]], delimiter: str, encoding: str, end: str) -> None:
    header = [f"Column {n}" for n in range(len(rows[0]))]
    rows = [[*row[:-1], row[-1] + "."] for row in rows]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    (grid,) = read_bytes(text.getvalue().encode(encoding), "day.csv")
    assert [*grid.headers] == header
    assert grid.rows == rows


cells = st.one_of(
    words.filter(lambda text: "_x" not in text), st.booleans(), st.integers(-(10**9), 10**9), st.decimals(-9999, 9999, places=3).map(float),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0)), st.none(),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8))
def test_xlsx_comes_back(rows: list[list[Any]]) -> None:
    (grid,) = read_bytes(xlsx([["A", "B", "C"], *rows, ["end", "end", "end"]]), "day.xlsx")
    for row, back in zip(rows, grid.rows, strict=False):
        for value, raw in zip(row, back, strict=True):
            if isinstance(value, datetime) and isinstance(raw, date) and not isinstance(raw, datetime):
                raw = datetime.combine(raw, time(0))
            assert raw == (value if value is not None else "")
            assert isinstance(raw, bool) == isinstance(value, bool)


orders = st.from_regex(r"[A-Z0-9]{2,6}-[0-9]{1,4}", fullmatch=True)
stops = st.lists(
    st.tuples(orders, st.dates(date(2016, 1, 1), date(2099, 1, 1)), st.integers(0, 999), st.from_regex(r"[0-9]{5}", fullmatch=True), st.booleans(),
              st.datetimes(datetime(2016, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)).map(lambda m: m.replace(microsecond=0))),
    min_size=1, max_size=10, unique_by=lambda stop: stop[0],
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(stops, st.booleans())
def test_rows_written_as_csv_and_as_xlsx_parse_to_the_same(rows: list[Any], shuffled: bool) -> None:
    assert CHICAGO.zone
    header = ["Order", "Service date", "Pkgs", "ZIP", "Done", "Window start"]
    wall = [(*row[:5], row[5].astimezone(CHICAGO.zone).replace(tzinfo=None)) for row in rows]
    text = io.StringIO()
    csv.writer(text).writerows(
        [header, *([cell.isoformat(" ") if isinstance(cell, datetime) else cell for cell in row] for row in wall)]
    )
    ours = [dict(zip(("order_ref", "service_date", "pkgs", "zip", "done"), row[:5], strict=True)) for row in rows]
    for content, name in ((text.getvalue().encode(), "a.csv"), (xlsx([header, *map(list, wall)]), "a.xlsx")):
        parsed = parse(read_bytes(content, name)[0], GENERIC, DROPS, CHICAGO)
        assert parsed.problems == []
        assert [{k: v for k, v in row.values.items() if k != "window_start"} for row in parsed.rows] == ours
        for row, (*_, moment) in zip(parsed.rows, rows, strict=True):
            assert abs(row.values["window_start"] - moment) in (timedelta(0), timedelta(hours=1))  # the doubled hour


def survives(content: bytes, name: str) -> None:
    """Reading, parsing and giving back either work or refuse in one sentence."""
    try:
        grids = read_bytes(content, name)
    except Refused as refused:
        assert "\n" not in str(refused)
        assert name in str(refused)
        return
    for grid in grids:
        parsed = parse(grid, GENERIC, DROPS, CHICAGO)
        assert len(parsed.rows) <= len(parsed.grid.rows)
        assert returned_workbook(grid, parsed)[:2] == b"PK"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.xlsx", "a"]))
def test_random_bytes(content: bytes, name: str) -> None:
    survives(content, name)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from([b"Order,Recipient,ZIP,Pkgs,Window start\n", b"Order\tRecipient\n", b"\xff\xfe", b"\xef\xbb\xbf"]),
)
def test_random_bytes_after_a_good_beginning(content: bytes, head: bytes) -> None:
    survives(head + content, "a.csv")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_random_text(text: str) -> None:
    survives(("Order,Service date,Pkgs,Window start\n" + text).encode("utf-8", "replace"), "a.csv")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=4))
def test_a_workbook_with_changed_bytes(at: int, change: bytes) -> None:
    survives(PLAIN[:at] + change + PLAIN[at + len(change) :], "a.xlsx")


PARTS = [name for name in zipfile.ZipFile(io.BytesIO(PLAIN)).namelist() if name.startswith("xl/")]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PARTS), st.floats(0, 1), st.one_of(st.binary(max_size=8), st.sampled_from(
    [b'"', b"<", b">", b"&#1;", b"<c/>", b'<row r="0">', b'r="A0"', b"-1", b"9e99", b"NaN", b"1e9", b' t="d"', b' t="b"', b"99999999999999999999"])))  # fmt: skip
def test_a_workbook_with_changed_parts(part: str, where: float, change: bytes) -> None:
    def edit(xml: bytes) -> bytes:
        at = int(len(xml) * where)
        return xml[:at] + change + xml[at + len(change) // 2 :]

    survives(patched(PLAIN, edit, part), "a.xlsx")


@pytest.mark.parametrize("value", [b"NaN", b"inf", b"-1e308", b"1e308", b"-5", b"2958466", b"1e15", b"60"])
@pytest.mark.parametrize("style", [b"", b' s="1"'])
def test_numbers_no_calendar_knows(value: bytes, style: bytes) -> None:
    content = xlsx(
        [
            ["Order", "Service date", "Window start", "Pkgs", "ZIP", "Recipient"],
            ["SO-1", datetime(2026, 3, 10), 1, 1, 1, 1],
        ]
    )
    cells = b"".join(b'<c r="%c2"%s><v>%s</v></c>' % (letter, style, value) for letter in b"ABCDEF")
    survives(
        patched(content, lambda xml: xml[: xml.index(b'<c r="A2"')] + cells + b"</row></sheetData></worksheet>"),
        "a.xlsx",
    )
