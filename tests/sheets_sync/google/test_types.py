"""What is written is what stands there, and what stands there is what is read: text, numbers, days and moments."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.sheets_sync.google.bench import NASTY, case, desk
from workbooks.tables import TABLES


def test_nasty_texts_survive_the_way_there_and_back(tmp_path: Path) -> None:
    cases = [case(n, internal_note=text, recipient=text, address=text) for n, text in enumerate(NASTY, 1)]
    with desk(tmp_path, cases) as one:
        shown = one.shown()
        for number, text in enumerate(NASTY, 1):
            held = one.case(number).values["internal_note"]
            assert shown[f"{number:04}"]["Internal note"] == held == text
        seq = one.app.ledger.last_seq()
        one.restart()
        assert one.round().quiet and one.app.ledger.last_seq() == seq


def test_people_type_the_same_texts_and_they_come_in(tmp_path: Path) -> None:
    texts = [text for text in NASTY if text.strip() == text and text not in ("#REF!",)]
    with desk(tmp_path, [case(n) for n in range(1, len(texts) + 1)]) as one:
        header = one.lines()[0].index("Internal note")
        for number, text in enumerate(texts, 1):
            row, _ = one.place(number, "Internal note")
            data = {"userEnteredValue": {"stringValue": text}}
            start = {"sheetId": one.sheet_id(), "rowIndex": row, "columnIndex": header}
            one.batch({"updateCells": {"start": start, "rows": [{"values": [data]}], "fields": "userEnteredValue"}})
        one.settle()
        for number, text in enumerate(texts, 1):
            assert one.case(number).values["internal_note"] == text.replace("\u00a0", " ")


def test_days_moments_numbers_and_choices_are_typed_cells(tmp_path: Path) -> None:
    second_pass = datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    values: dict[str, Any] = {"due_2h": second_pass, "tier": 7, "breached": True, "service_date": date(2026, 3, 9)}
    with desk(tmp_path, [case(1, **values)]) as one:
        row = one.shown()["0001"]
        columns = {column.name: column.title for column in TABLES["exceptions"].columns}
        assert row[columns["service_date"]] == 46090
        assert row[columns["tier"]] == 7 and row[columns["breached"]] is True
        moment = row[columns["due_2h"]]
        assert isinstance(moment, float) and abs(moment - (46327 + 1.5 / 24)) < 1e-6  # 01:30 on the wall
        one.restart()
        assert one.round().quiet
        assert one.case(1).values["due_2h"] == second_pass
