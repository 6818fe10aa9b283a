"""P2: a round in which nothing happened, over 4 tabs: calls, beside re-reading everything with plain gspread.
Run: python -m benchmarks.p2_idle
"""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.sheets_sync.google.bench import case, desk

TABS = ("exceptions", "conflicts", "redeliveries", "manifest")


def main() -> int:
    """Counts the calls of an idle round and of one in which a person typed; 1 when the goal is missed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        desk(Path(folder), [case(n) for n in range(1, 201)], tabs=TABS) as one,
    ):
        calls = one.client.calls
        one.settle()
        one.now += timedelta(seconds=5)
        one.keeper.round(one.now)  # learns Drive's version
        before = dict(calls)
        one.now += timedelta(seconds=5)
        done = one.keeper.round(one.now)
        idle = {kind: calls[kind] - before[kind] for kind in calls}
        one.type(7, "Internal note", "typed")
        one.type(8, "Recipient", "put back")
        before = dict(calls)
        one.round()
        busy = {kind: calls[kind] - before[kind] for kind in calls}
        peer = len(TABS)
    print(
        f"idle round over {len(TABS)} tabs: {sum(idle.values())} call ({idle}); re-reading each tab with gspread: {peer + 1}"
    )
    print(f"busy round over {len(TABS)} tabs, edits both ways: {sum(busy.values())} calls ({busy})")
    reached = done.idle and idle == {"read": 0, "write": 0, "light": 1} and sum(busy.values()) <= 3
    print(f"goal: 1 light call idle, at most 3 busy: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
