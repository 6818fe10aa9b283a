"""One story under the open questions about Google: whatever the answers, nothing is lost, doubled or misplaced.

All answers together would be thousands of stories; here every two of them meet. STOPBOOK_SWITCHES=all tries all.
"""

import os
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from local_sheets.dispatcher import Act, Dispatcher
from local_sheets.environment import Switches
from sheets_sync.google.replica import Ambiguous
from tests.sheets_sync.google.bench import MARIA, case, desk
from tests.sheets_sync.google.test_faults import everything_stands

CHOICES = Switches.choices()
Setting = dict[str, Any]


def pairs(setting: Setting) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    named = sorted((name, repr(value)) for name, value in setting.items())
    return set(combinations(named, 2))


def settings() -> Iterator[Setting]:
    """Few settings in which every pair of answers occurs; or all of them."""
    every = [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]
    if os.environ.get("STOPBOOK_SWITCHES") == "all":
        yield from every
        return
    left = {pair for one in every for pair in pairs(one)}
    while left:
        best = max(every, key=lambda one: len(left & pairs(one)))
        left -= pairs(best)
        yield best


def short(setting: Setting) -> str:
    default = Switches()
    return (
        ", ".join(f"{name}={value}" for name, value in setting.items() if getattr(default, name) != value)
        or "as it is likely"
    )


@pytest.mark.parametrize("setting", list(settings()), ids=short)
def test_the_story(tmp_path: Path, setting: Setting) -> None:
    with desk(tmp_path, [case(n) for n in range(1, 5)], timeout=0.7) as one:
        one.switch(**setting)
        note = one.place(1, "Internal note")[1]
        one.service.workspace.dispatchers.append(
            Dispatcher(one.book, "Exceptions", MARIA, script=[Act("sort", 1, 2, descending=True), Act("insert", 2), Act("edit", 1, note, text="typed first"),
                                                              Act("sort", 1, 2), Act("edit", 2, note, text="typed second")])
        )  # fmt: skip
        one.apply("exceptions", {"exc_id": "0002", "recipient": "changed"}, case(8))
        for kind in ("drop_after", "late"):
            one.fault(kind, delay=4)
            try:
                one.round()
            except Ambiguous:
                one.restart()
        one.round()
        one.service.workspace.dispatchers.clear()
        one.service.faults.clear()
        one.service.faults.release(one.service.handle, everything=True)
        everything_stands(one)
        held = {str(r.values["internal_note"]) for r in one.app.ledger.load("exceptions", {})}
        told = " ".join(f"{row['sheet_value']} {row['ledger_value']}" for row in one.conflicts())
        history = {
            str(change.new.get("internal_note"))
            for r in one.app.ledger.load("exceptions", {})
            for change in one.app.ledger.history("exceptions", r.rid)
            if change.new
        }
        for text in ("typed first", "typed second"):
            assert text in held or text in told or text in history, f"{text} is lost"
        assert one.case(2).values["recipient"] == one.shown()["0002"]["Recipient"] == "changed"
