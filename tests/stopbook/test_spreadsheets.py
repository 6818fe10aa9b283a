"""One spreadsheet and the ledger: what people did is judged by the books as they are when it goes in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from stopbook import spreadsheets
from tests.sheets_sync.google.bench import case, desk
from workbooks.books import Books
from workbooks.ledger import Stale

CASES = [case(n) for n in range(1, 4)]


@contextmanager
def somebody_quicker(does: Callable[[int], None]) -> Iterator[list[int]]:
    """A job writes whenever a round has worked out what people did, just before that goes in; up to which change of the
    ledger each time knew.
    """
    real, saw = spreadsheets.write_workbooks.taken_in, list[int]()

    def overtaken(books: Books, params: Any) -> Any:
        made = real(books, params)
        saw.append(books.since)
        does(len(saw))
        return made

    with patch.object(spreadsheets.write_workbooks, "taken_in", overtaken):
        yield saw


def test_a_change_between_planning_and_writing_has_it_planned_again(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        one.type(1, "Internal note", "typed")

        def once(time: int) -> None:
            if time == 1:
                one.apply("exceptions", {"exc_id": "0003", "recipient": "changed meanwhile"})

        with somebody_quicker(once) as saw:
            one.round()
        assert len(saw) == 2 and saw[0] < saw[1]
        assert one.case(1).values["internal_note"] == "typed"
        one.settle()
        assert one.shown()["0003"]["Recipient"] == "changed meanwhile" and not one.conflicts()


def test_nothing_goes_in_while_the_books_do_not_hold_still(tmp_path: Path) -> None:
    with desk(tmp_path, CASES) as one:
        one.type(1, "Internal note", "typed")
        changing = lambda time: one.apply("exceptions", {"exc_id": "0003", "recipient": f"change {time}"})  # noqa: E731
        with somebody_quicker(changing) as saw, pytest.raises(Stale, match="while this was being worked out"):
            one.round()
        assert len(saw) == spreadsheets.TRIES and one.case(1).values["internal_note"] == "note 1"
        one.settle()
        assert one.case(1).values["internal_note"] == "typed" == one.shown()["0001"]["Internal note"]
        assert one.shown()["0003"]["Recipient"] == f"change {spreadsheets.TRIES}"
