"""How much the tests of this folder prove: each seeded fault in the server must make one of them fail.

The tests near the fault run first; only when they pass do the others. Faults that nobody can notice are named below.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local_sheets.mutants import MUTANTS, Mutant, planted

HERE = Path(__file__).parent
QUICK = ("test_values.py", "test_grid.py", "test_batch.py", "test_metadata.py", "test_protection.py", "test_drive.py")
QUICK += ("test_dispatcher.py", "test_wire.py")
# Whatever starts processes, waits, or is slow without noticing more.
SLOW = "killed or serve_prints or burst or loopback or googleapiclient or random_requests or random_json or every_kind"
SLOW += " or test_limits or hang_before or hang_after"
SURVIVORS: dict[str, str] = {}


def _fails(*files: str) -> bool:
    """Whether any test of these files fails."""
    options = ["-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
    found = pytest.main(
        [
            *options,
            "-o",
            "addopts=--import-mode=importlib",
            "-k",
            f"not ({SLOW})",
            *(str(HERE / file) for file in files),
        ]
    )
    assert found in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), found
    return found == pytest.ExitCode.TESTS_FAILED


def _noticed(mutant: Mutant) -> bool:
    with planted(mutant):
        return _fails(mutant.near) or _fails(*(file for file in QUICK if file != mutant.near))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_fault_is_noticed(mutant: Mutant) -> None:
    assert _noticed(mutant) != (mutant.name in SURVIVORS)


def test_there_are_enough_and_nearly_all_are_caught() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 30
    assert set(SURVIVORS) <= set(names)
    assert len(SURVIVORS) <= 0.1 * len(names)
