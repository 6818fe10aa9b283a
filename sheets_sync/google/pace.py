"""How many requests leave in any minute: counted for every process of a home together, so that none pays for another.

The count stands in a small file beside the ledger, and what a hub sent before it was started again still counts. A
clock that is set back neither forgets nor holds up: what seems to lie ahead counts as sent just now.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

FILE = "google-requests.sqlite"
MINUTE = 60.0
KINDS = ("read", "write", "light")
"""reads and writes of cells, and what is asked at Drive, each counted apart"""
_TABLE = "CREATE TABLE IF NOT EXISTS sent (kind TEXT NOT NULL, at REAL NOT NULL)"


class Pace:
    """At most `budget` requests of each kind in any minute of `clock`; whoever wants one more waits, by `wait`.

    Without `file`, or where that cannot be written, this process counts for itself.
    """

    def __init__(
        self, clock: Callable[[], datetime], budget: int, file: Path | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.budget = budget
        self._clock, self._file, self._wait = clock, file, wait
        self._lock = Lock()
        self._own: sqlite3.Connection | None = None

    def take(self, kind: str) -> None:
        """Returns once a request of this kind may leave; it is counted from then on."""
        while (seconds := self._count(lambda conn, now: self._taken(conn, kind, now))) > 0:
            self._wait(seconds)

    def spent(self) -> dict[str, int]:
        """Requests within the last minute, by kind."""
        return self._count(_spent)

    def _taken(self, conn: sqlite3.Connection, kind: str, now: float) -> float:
        """0 when a request was counted, else how long to wait before asking again."""
        sent: list[float] = [at for (at,) in conn.execute("SELECT at FROM sent WHERE kind = ? ORDER BY at", (kind,))]
        if len(sent) >= self.budget:
            # a clock of whole seconds is late by up to one
            return max(sent[-self.budget] + MINUTE - now, 0.0) + 0.1
        conn.execute("INSERT INTO sent VALUES (?, ?)", (kind, now))
        return 0.0

    def _count(self, do: Callable[[sqlite3.Connection, float], T]) -> T:
        with self._lock:
            if self._own is None and self._file is not None:
                try:
                    with closing(_opened(self._file)) as conn:
                        return self._done(conn, do)
                except sqlite3.OperationalError:
                    pass  # it cannot be written now
                except sqlite3.DatabaseError:
                    self._file.unlink(missing_ok=True)  # it is damaged, and whoever comes next makes a new one
            if self._own is None:
                self._own = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
                self._own.execute(_TABLE)
            return self._done(self._own, do)

    def _done(self, conn: sqlite3.Connection, do: Callable[[sqlite3.Connection, float], T]) -> T:
        conn.execute("BEGIN IMMEDIATE")
        try:
            now = self._clock().timestamp()
            conn.execute("DELETE FROM sent WHERE at < ?", (now - MINUTE,))
            conn.execute("UPDATE sent SET at = ? WHERE at > ?", (now, now))
            return do(conn, now)
        finally:
            conn.execute("COMMIT")


def _spent(conn: sqlite3.Connection, now: float) -> dict[str, int]:
    return dict.fromkeys(KINDS, 0) | dict(conn.execute("SELECT kind, count(*) FROM sent GROUP BY kind"))


def _opened(file: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(file, isolation_level=None, timeout=10)
    try:
        conn.execute("PRAGMA synchronous = OFF")  # what a power cut loses is a minute old when the machine is back
        conn.execute(_TABLE)
    except sqlite3.DatabaseError:
        conn.close()
        raise
    return conn
