"""The hostile corpus: each trap gives one sentence with file, tab, row and column, and the rest goes in."""
# ruff: noqa: DTZ001 - cells hold wall-clock times without a zone

from datetime import date, datetime

import pytest

from tests.workbooks.intake.make import CHICAGO, DROPS, from_csv, from_xlsx, patched, said, xlsx
from workbooks.cells import Reading

HEAD = ["Order", "Service date", "Recipient", "ZIP", "Pkgs", "Window start", "Window end"]
GOOD = ["SO-9", date(2026, 3, 10), "Ann", "60601", 2, datetime(2026, 3, 10, 8), datetime(2026, 3, 10, 10)]


def one_bad(column: int, value: object, number_format: str = "") -> list[str]:
    """Sentences for a workbook whose second data row has `value` in `column`; the good row must be in."""
    bad = ["SO-8", *GOOD[1:]]
    bad[column] = value
    parsed = from_xlsx(xlsx([HEAD, GOOD, bad], formats={(2, column): number_format} if number_format else None))
    assert 2 in [row.number for row in parsed.rows]
    return said(parsed)


CELLS = [
    ("broken reference", 2, ("=A1", "#REF!"), "cell C3 (Recipient): the cell holds the error #REF!. Repair the formula or type the value."),
    ("newest error", 4, ("=A1", "#SPILL!"), "cell E3 (Pkgs): the cell holds the error #SPILL!. Repair the formula or type the value."),
    ("text for a number", 4, "two", "cell E3 (Pkgs): “two” is not a number. Type a plain number."),
    ("lost zero", 3, 2134, "cell D3 (ZIP): “2134” has lost its leading zero; read as 02134."),
    ("long cell", 2, "x" * 32_767 + "y", None),
    ("id turned to a date", 0, date(2026, 3, 1), "cell A3 (Order): “2026-03-01” is a date, but an id belongs here. Format the column as text and type the id again."),
    ("id of 18 digits", 0, 123456789012345678, "cell A3 (Order): the number has lost digits (a spreadsheet keeps 15). Format the column as text and paste the id again."),
    ("window ends first", 6, datetime(2026, 3, 10, 7), "cell G3 (Window end): the window ends before it starts. Correct it."),
    ("lost letters", 2, "Jos\ufffd", "cell C3 (Recipient): “Jos\ufffd” has lost letters (\ufffd). Export the file again as UTF-8, or type the text."),
    ("seconds in a moment column", 5, 1741600000, "column F (Window start): bare numbers such as 1741600000 can be seconds or milliseconds (they look like seconds). Import again with --epoch s or --epoch ms."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "sentence"), [case[1:] for case in CELLS if case[3]], ids=[c[0] for c in CELLS if c[3]]
)
def test_a_bad_cell_gives_one_sentence(column: int, value: object, sentence: str) -> None:
    assert one_bad(column, value) == [f"day.xlsx, tab Tab1, {sentence}"]


def test_a_cell_of_50_000_characters_is_told_and_the_rest_goes_in() -> None:
    parsed = from_csv("Order,Recipient\nSO-1,Ann\nSO-2," + "x" * 50_000 + "\n")
    assert said(parsed) == [
        "day.csv, cell B3 (Recipient): 50,000 characters are more than a cell holds (32,767). Shorten it."
    ]
    assert [row.number for row in parsed.rows] == [2]


def test_a_formula_from_outside_stays_text_or_gives_its_value() -> None:
    parsed = from_xlsx(xlsx([HEAD, ["=1+1", *GOOD[1:]], ["SO-2", date(2026, 3, 10), ("=1+1", "Bob")]]))
    assert [row.values["order_ref"] for row in parsed.rows] == ["=1+1", "SO-2"]
    assert parsed.rows[1].values["recipient"] == "Bob"
    assert said(parsed) == []


def test_a_missing_required_header_refuses_the_tab_and_says_how_to_map() -> None:
    parsed = from_csv("Ordr nmber,Recipient,ZIP\nSO-1,Ann,60601\n")
    assert said(parsed) == [
        "day.csv, row 1: the required column Order (order_ref) is missing. The nearest header is “Ordr nmber” in "
        'column A: import with --map "Ordr nmber=order_ref", or choose another --profile.'
    ]
    assert parsed.rows == []
    assert parsed.blocked


def test_a_missing_required_header_with_nothing_near() -> None:
    (sentence,) = said(from_csv("Recipient,ZIP,Foo\nAnn,60601,1\n"))
    assert sentence.endswith(
        'Left over are “Foo”; name one with --map "Their header=order_ref", or choose another --profile.'
    )


def test_a_renamed_header_is_offered_and_the_rest_goes_in() -> None:
    parsed = from_csv("Order,Recipent,ZIP\nSO-1,Ann,60601\n")
    assert said(parsed) == [
        "day.csv, cell B1 (Recipent): the header “Recipent” is not known, so the column is not read; it looks like "
        'Recipient. If it is, import with --map "Recipent=recipient".'
    ]
    assert [row.values for row in parsed.rows] == [{"order_ref": "SO-1", "zip": "60601"}]


def test_duplicate_headers() -> None:
    parsed = from_csv("Order,Recipient,Recipient\nSO-1,Ann,Bob\n")
    assert said(parsed) == [
        "day.csv, cell C1 (Recipient): the columns B (“Recipient”) and C (“Recipient”) both stand for Recipient. "
        'Delete one, or say which with --map "Their header=recipient".'
    ]
    assert [row.values for row in parsed.rows] == [{"order_ref": "SO-1"}]


def test_duplicate_headers_of_the_key_refuse_the_tab() -> None:
    parsed = from_csv("Order,Order,Recipient\nSO-1,SO-2,Bob\n")
    assert len(said(parsed)) == 1
    assert parsed.rows == []


def test_merged_headers() -> None:
    parsed = from_xlsx(xlsx([["Order", "Recipient", None, "ZIP"], ["SO-1", "Ann", "Bob", "60601"]], merge="B1:C1"))
    assert said(parsed) == [
        "day.xlsx, tab Tab1, cell B1 (Recipient): the header cells B1:C1 are merged, so it is not clear which column "
        "they name. Unmerge them and write one header above each column."
    ]
    assert [row.values for row in parsed.rows] == [{"order_ref": "SO-1", "zip": "60601"}]


def test_a_merged_title_and_a_header_over_two_rows_are_fine() -> None:
    rows = [["Manifest", None], ["Order", "Recipient"], [None, "ZIP"], ["SO-1", "60601"]]
    content = patched(
        xlsx(rows),
        lambda sheet: sheet.replace(
            b"</sheetData>",
            b'</sheetData><mergeCells count="2"><mergeCell ref="A1:B1"/><mergeCell ref="A2:A3"/></mergeCells>',
        ),
    )
    parsed = from_xlsx(content)
    assert parsed.grid.header_row == 2
    assert parsed.grid.with_header(3).headers == ["Order", "ZIP"]


def test_an_empty_header_above_data() -> None:
    parsed = from_csv("Order,,ZIP\nSO-1,Ann,60601\n")
    assert said(parsed) == [
        "day.csv, cell B1: there is data below an empty header cell, so the column is not read. Write its header."
    ]
    assert len(parsed.rows) == 1


@pytest.mark.parametrize(("cells", "order", "expected"), [
    (("31/12/2026", "01/02/2026"), "day first", [date(2026, 12, 31), date(2026, 2, 1)]),
    (("12/31/2026", "01/02/2026"), "month first", [date(2026, 12, 31), date(2026, 1, 2)]),
])  # fmt: skip
def test_a_date_order_the_column_itself_tells(cells: tuple[str, str], order: str, expected: list[date]) -> None:
    parsed = from_csv(f"Order,Service date\nSO-1,{cells[0]}\nSO-2,{cells[1]}\n")
    assert said(parsed) == []
    assert parsed.notes == [
        f"day.csv, column B (Service date): dates are read {order}, because {cells[0]} cannot be anything else."
    ]
    assert [row.values["service_date"] for row in parsed.rows] == expected


def test_a_date_order_nobody_can_tell_is_asked_once() -> None:
    text = "Order,Service date\n" + "".join(f"SO-{n},0{n}/04/2026\n" for n in range(1, 8))
    parsed = from_csv(text)
    assert said(parsed) == [
        "day.csv, column B (Service date): dates such as 01/04/2026 can be read month first or day first, and no date "
        "in the column tells which. Import again with --dates MDY or --dates DMY."
    ]
    assert [row.values for row in parsed.rows][:1] == [{"order_ref": "SO-1"}]
    answered = from_csv(text, how=Reading(CHICAGO.zone, dates="DMY"))
    assert answered.rows[2].values["service_date"] == date(2026, 4, 3)


def test_contradictory_dates_are_asked_once() -> None:
    (sentence,) = said(from_csv("Order,Service date\nSO-1,31/12/2026\nSO-2,12/31/2026\n"))
    assert "31/12/2026 can only be day first and 12/31/2026 only month first" in sentence


def test_dates_that_a_spreadsheet_has_swapped() -> None:
    rows = [["Order", "Service date"], ["SO-1", date(2026, 4, 3)], ["SO-2", "31/12/2026"]]
    (sentence,) = said(from_xlsx(xlsx(rows)))
    assert "has swapped day and month of some" in sentence


def test_times_without_a_zone_are_asked_once() -> None:
    rows = [HEAD, GOOD, ["SO-2", *GOOD[1:]]]
    parsed = from_xlsx(xlsx(rows), how=Reading())
    assert said(parsed) == [
        f"day.xlsx, tab Tab1, column {place}: times such as 2026-03-10 {clock}:00:00 do not say in which time zone they "
        "are. Import again with --timezone and the zone, such as --timezone America/Chicago."
        for place, clock in (("F (Window start)", "08"), ("G (Window end)", "10"))
    ]
    assert len(parsed.rows) == 2


def test_seconds_read_as_milliseconds_are_asked_once() -> None:
    text = "Order,Window start\nSO-1,1773129600\nSO-2,1773133200\n"
    (sentence,) = said(from_csv(text, how=Reading(CHICAGO.zone, epoch="ms")))
    assert sentence == (
        "day.csv, column B (Window start): numbers such as 1773129600 are no plausible moments in milliseconds, they "
        "look like seconds. Import again with --epoch s."
    )
    good = from_csv(text, how=Reading(CHICAGO.zone, epoch="s"))
    assert good.rows[0].values["window_start"].isoformat() == "2026-03-10T08:00:00+00:00"


def test_a_question_about_a_required_column_lets_no_row_in() -> None:
    from dataclasses import replace

    required = replace(DROPS, columns=tuple(replace(c, required=c.name == "window_start") for c in DROPS.columns))
    parsed = from_csv("Window start,Order\n2026-03-10 08:00,SO-1\n", required, Reading())
    assert parsed.blocked
    assert parsed.rows == []
    assert len(parsed.questions) == 1


def test_a_repeated_key_names_the_first_row() -> None:
    parsed = from_csv("Order,Recipient\nSO-1,Ann\nSO-2,Bob\nSO-1,Cem\n")
    assert said(parsed) == ["day.csv, cell A4 (Order): “SO-1” stands in row 2 already. Delete one of the two rows."]
    assert [row.number for row in parsed.rows] == [2, 3]


def test_a_row_with_too_many_cells_says_only_that() -> None:
    parsed = from_csv("Order,Recipient,ZIP\nSO-1,Ann,60601\nSO-2,Bob, Jr.,60602\nSO-3,Cem,60603\n")
    assert said(parsed) == [
        "day.csv, row 3: the row has 4 cells below 3 headers, so its cells may stand in wrong columns. "
        "Put quotation marks around texts that hold the delimiter."
    ]
    assert [row.number for row in parsed.rows] == [2, 4]


def test_a_quotation_mark_that_is_never_closed() -> None:
    parsed = from_csv('Order,Recipient\nSO-1,Ann\nSO-2,"Bob\nSO-3,Cem\nSO-4,Dee\n')
    (sentence,) = said(parsed)
    assert sentence.startswith("day.csv, row 3: a quotation mark opened in this row is never closed")
    assert [row.number for row in parsed.rows] == [2]


def test_an_empty_required_cell() -> None:
    parsed = from_csv("Order,Recipient\n,Ann\nSO-2,Bob\n")
    assert said(parsed) == ["day.csv, cell A2 (Order): it is empty, but every row needs it. Fill it in."]


def test_text_of_another_encoding_is_read_or_refused_never_guessed() -> None:
    from workbooks.intake.reader import read_bytes
    from workbooks.problems import Refused

    text = "Order,Recipient\nSO-1,José Muñoz\nSO-2,“Café”\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        (grid,) = read_bytes(text.encode(encoding), "day.csv")
        assert grid.rows == [["SO-1", "José Muñoz"], ["SO-2", "“Café”"]], encoding
    with pytest.raises(Refused, match=r"^day\.csv, line 2: the letters cannot be told for sure"):
        read_bytes("Order,Recipient\nSO-1,José Muñoz\n".encode("mac_roman"), "day.csv")
    with pytest.raises(Refused, match="line 3"):
        read_bytes("Order,Recipient\nSO-1,Ann\nSO-2,Иванов\n".encode("cp1251"), "day.csv")


def test_a_tab_about_something_else_and_an_empty_one() -> None:
    from dataclasses import replace

    loose = replace(DROPS, key=(), columns=tuple(replace(c, required=False) for c in DROPS.columns))
    assert said(from_csv("Foo,Bar\n1,2\n", loose)) == [
        "day.csv, row 1: none of its headers belongs to Drops. Choose another --profile, or name the columns with "
        '--map "Their header=our_column".'
    ]
    empty = from_xlsx(xlsx([]), loose)
    assert empty.blocked
    assert empty.rows == []


def test_a_file_of_questions_alone_lets_no_row_in() -> None:
    parsed = from_csv("Order,Window start\n,2026-03-10 08:00\n", how=Reading())
    assert parsed.rows == []
    from dataclasses import replace

    loose = replace(DROPS, key=(), columns=tuple(replace(c, required=False) for c in DROPS.columns))
    parsed = from_csv("Window start,Window end\n2026-03-10 08:00,2026-03-10 09:00\n", loose, Reading())
    assert parsed.blocked
    assert len(parsed.questions) == 2
