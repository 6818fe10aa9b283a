"""Recorded exchanges with Google, replayed: recorded requests in, exact compare of the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local_sheets import replay

# Cassettes that are allowed to differ, each with the reason.
EXCLUDED: dict[str, str] = {}


def _paths() -> list[Path]:
    found = replay.folder()
    return sorted(found.glob("*.json")) if found else []


@pytest.mark.skipif(replay.folder() is None, reason="STOPBOOK_SAMPLES names no folder with google/gspread_cassettes")
def test_recorded_exchanges_give_the_recorded_answers() -> None:
    results = [replay.play(path) for path in _paths()]
    assert len(results) >= 122
    bad = {r.name: r.wrong[0] for r in results if r.wrong and r.name not in EXCLUDED}
    right = sum(1 for r in results if not r.wrong)
    exchanges = sum(r.total for r in results)
    print(
        f"{right} of {len(results)} cassettes, {exchanges - sum(len(r.wrong) for r in results)} of {exchanges} exchanges"
    )
    assert not bad, bad
    assert right >= 0.98 * len(results)
