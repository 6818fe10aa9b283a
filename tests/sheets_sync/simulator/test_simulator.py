"""Histories without a violation, the same seed twice, and seeded faults that must each be noticed.

STOPBOOK_HISTORIES sets how many histories run; a million is `python -m sheets_sync.simulator --histories 1000000
--resume FILE`.
"""

import os

import pytest

from sheets_sync.simulator.faults import FAULTS, seeded
from sheets_sync.simulator.history import run

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


@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_is_noticed_within_400_histories(name: str) -> None:
    with seeded(name):
        found = (violation for seed in range(400) for violation in run(seed).violations)
        assert any(not violation.startswith("error:") for violation in found)
