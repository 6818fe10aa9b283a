"""Histories without a violation, the same seed twice, and seeded faults that must each be noticed.

STOPBOOK_HISTORIES sets how many histories run; a million is `python -m sheets_sync.simulator --histories 1000000
--resume FILE`.
"""

import os

import pytest

from sheets_sync.simulator.faults import FAULTS, seeded
from sheets_sync.simulator.history import History, run

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


@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_is_noticed_within_400_histories(name: str) -> None:
    with seeded(name):
        found = (violation for seed in range(400) for violation in run(seed).violations)
        assert any(not violation.startswith("error:") for violation in found)
