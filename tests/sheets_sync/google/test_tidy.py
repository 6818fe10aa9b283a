"""Rows that are no longer in use leave the spreadsheet while nobody works; what people keep there stays."""

from datetime import timedelta
from pathlib import Path

from local_sheets.dispatcher import Act
from tests.sheets_sync.google.bench import Desk, case, desk
from workbooks.plan import Plan, Void

CASES = [case(n) for n in range(1, 7)]


def gone(one: Desk, *numbers: int) -> None:
    voids = tuple(Void("exceptions", (f"{n:04}",), one.case(n).rev, "a mistake") for n in numbers)
    one.app.ledger.apply(
        Plan("t", {}, (), voids), run_key=f"gone {numbers}", inputs_hash="", by="t", via="t", at=one.now
    )
    one.settle()


def night(one: Desk) -> None:
    one.now += timedelta(hours=2)
    one.settle()


def tokens(one: Desk) -> int:
    found = one.client.get(one.keeper.sheet.url, {"fields": "developerMetadata"})
    return len(found.get("developerMetadata", []))


def test_at_night_they_are_emptied_and_nothing_else_is_touched(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        gone(one, 2, 5)
        assert one.shown()["0002"]["_state"] == "VOID"
        one.settle()
        assert "0002" in one.shown(), "not while people work"
        place = one.place(3, "Case")[0]
        night(one)
        assert sorted(one.shown()) == ["0001", "0003", "0004", "0006"]
        assert one.place(3, "Case")[0] == place, "the grid row stays, empty"
        assert tokens(one) <= 1
        assert one.case(2).void and one.case(2).values["recipient"] == "Ann 2"
        assert not one.conflicts() and not one.rounds[-1].sentences
        writes = one.client.calls["write"]
        night(one)
        assert one.client.calls["write"] <= writes + 1, "once a day"
        one.apply("exceptions", case(9), {"exc_id": "0003", "recipient": "new"})
        one.settle()
        assert one.shown()["0009"]["Recipient"] == "Ann 9" and one.shown()["0003"]["Recipient"] == "new"


def test_a_row_with_something_of_people_s_own_stays(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        width = len(one.lines()[0])
        one.act(
            Act("edit", 0, width, text="Mine"),
            Act("edit", 2, width, text="keep this"),
            Act("edit", 3, width, text="=1+1"),
        )
        gone(one, 2, 3, 4)
        night(one)
        assert sorted(one.shown()) == ["0001", "0002", "0003", "0005", "0006"]
        assert one.shown()["0002"]["Mine"] == "keep this"


def test_people_move_rows_at_that_very_moment(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        gone(one, 2)
        one.now += timedelta(hours=2)
        found = one.keeper.sheet.read

        def then_people() -> object:
            seen = found()
            one.act(Act("sort", 1, 2, descending=True))
            one.keeper.sheet.read = found  # type: ignore[method-assign]
            return seen

        one.keeper.sheet.read = then_people  # type: ignore[assignment, method-assign]
        one.settle()
        shown = one.shown()
        for number in (1, 3, 4, 5, 6):
            assert shown[f"{number:04}"]["Recipient"] == f"Ann {number}", "whatever was emptied by mistake came back"
            assert not one.case(number).void
