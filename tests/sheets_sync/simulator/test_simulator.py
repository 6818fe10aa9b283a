"""Histories without a violation, the same seed twice, and seeded faults that must each be noticed.

STOPBOOK_HISTORIES sets how many histories run; a million is `python -m sheets_sync.simulator --histories 1000000
--resume FILE`.
"""

import os
from unittest.mock import patch

import pytest

from sheets_sync.google.operation import Images
from sheets_sync.google.replica import Ambiguous
from sheets_sync.outgoing import RID
from sheets_sync.simulator.faults import FAULTS, seeded
from sheets_sync.simulator.grid import Line
from sheets_sync.simulator.history import History, run
from sheets_sync.simulator.hub import NAME
from workbooks.plan import Put

HISTORIES = int(os.environ.get("STOPBOOK_HISTORIES", "2000"))
PARTS = 20
"""as many tests, so that all workers share them"""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_edit_is_lost_no_row_doubled_no_value_misplaced(part: int) -> None:
    for seed in range(part, HISTORIES, PARTS):
        outcome = run(seed)
        assert outcome.violations == [], f"seed {seed}"


def test_the_same_seed_is_the_same_history() -> None:
    for seed in (3, 8):
        assert run(seed).trace == run(seed).trace != run(seed + 1).trace


def test_a_row_counts_as_deleted_once_the_hub_that_leads_missed_it_twice_on_end() -> None:
    history = History(0)
    people, line, leader = history.people, history.grid.lines[0], history.hub
    people.clipboard = line
    history._seen()
    history.at_work = history._hub()  # one that lost its lease missed the row as well, and then saw it
    history._seen()
    assert not people.memory.deleted and not line.late
    people.clipboard = None
    history._seen()
    people.clipboard = line
    history.at_work = leader
    history._seen()
    assert people.memory.deleted == {line.origin} and line.late
    people.memory.deleted.clear()
    history.hub = history.at_work = history._hub()  # one that begins anew has missed nothing yet
    history._seen()
    assert not people.memory.deleted


def test_only_a_row_that_is_put_back_too_late_may_show_what_a_write_had_left_in_it() -> None:
    for late in (False, True):
        history = History(0)
        people, line = history.people, history.grid.lines[0]
        line["Count"], line.late, people.clipboard = 37, late, line
        people.finish()
        assert (("37", line.origin, "n") in people.memory.copied) == late


def _copies_of_a_row_that_is_cut(emptied: bool = False) -> tuple[History, Line]:
    """K1 says `old`. K6 is made of it and says `new`, K7 is made of K6, and K1 is cut before anything of that was seen. So
    K7 counts as K1; but nothing of what is written about that arrives, and K1 is put back.
    """
    history = History(0)
    people, lines, network = history.people, history.grid.lines, history.network
    network.faulty = False
    row = lines[0]
    people._type(row, "a", "mine")
    people._type(row, "c", "old")
    history.hub.cycle()
    people._copy(row)
    people._type(lines[-1], "c", "new")
    people._copy(lines[-1])
    if emptied:
        people._clear(lines[-1], "c")
    people.clipboard = row
    lines[:] = [lines[-1], *(line for line in lines[:-1] if line is not row)]

    def lost(op: object) -> Images:
        raise Ambiguous("no answer")

    with patch.object(network, "send", lost), pytest.raises(Ambiguous):
        history.hub.cycle()
    return history, row


def test_a_copy_that_counts_as_its_original_takes_what_it_shows_there() -> None:
    for emptied in (False, True):
        history, row = _copies_of_a_row_that_is_cut(emptied)
        history._calm()
        assert row["Both"] == (None if emptied else "new")
        history._judge()
        assert history.violations == []


def test_only_what_such_a_copy_showed_may_stand_in_the_original_and_conflicts_says_so() -> None:
    history, row = _copies_of_a_row_that_is_cut()
    history._calm()
    history.grid.lines[1]["Both"] = "new"  # in a row of which it is no copy
    record = history.store.records[str(row[RID])]
    history.store.apply([Put(NAME, ("K1",), {"k": "K1", "a": "other"}, record.rev)], [], [], NAME)
    history._judge()
    assert f"misplaced: new in {history.grid.lines[1].origin} Both" in history.violations
    assert "lost: ('mine', 'K1', 'a') of dispatch" in history.violations
    history, row = _copies_of_a_row_that_is_cut()
    history._calm()
    history.store.conflicts.clear()
    history._judge()
    assert history.violations == ["lost: ('old', 'K1', 'c') of dispatch", "misplaced: new in K1 Both"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_is_noticed_within_400_histories(name: str) -> None:
    with seeded(name):
        found = (violation for seed in range(400) for violation in run(seed).violations)
        assert any(not violation.startswith("error:") for violation in found)
