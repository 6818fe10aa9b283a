"""P2: a round in which nothing happened, over 4 tabs: calls, beside re-reading everything with gspread
and four libraries above the API (benchmarks/peers.py).
Run: python -m benchmarks.p2_idle
"""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from benchmarks.peers import World, counting, measured
from tests.sheets_sync.google.bench import case, desk
from workbooks.tables import TABLES

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
        titles = [TABLES[name].title for name in TABS]
        key = one.service.workspace.accounts.create_service_account(f"{one.client.server}/token")
        plain = World(one.client.server, key, one.book)
        with counting(one.service) as again:
            book = plain.gspread()
            for title in titles:
                book.worksheet(title).get_all_values()
        peers = {"gspread": again, **measured(one.service, plain, "read", titles)}
    print(f"idle round over {len(TABS)} tabs: {sum(idle.values())} call ({idle})")
    print(f"busy round over {len(TABS)} tabs, edits both ways: {sum(busy.values())} calls ({busy})")
    print("the same idle round where everything has to be read again to know that nothing happened:")
    for name, count in peers.items():
        print(
            f"  {name:20}"
            + (count if isinstance(count, str) else f"{count.calls:4} calls {count.down / 1000:8.1f} KB down")
        )
    reached = done.idle and idle == {"read": 0, "write": 0, "light": 1} and sum(busy.values()) <= 3
    print(f"goal: 1 light call idle, at most 3 busy: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
