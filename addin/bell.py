"""What the agent waits at: a click wakes it at once, and so does an answer of the hub.

Who has something for the agent leaves it where the agent looks, and rings: one byte to a port of this machine. What
arrives there is not read, so ringing without a reason costs one look. A ring that is lost costs the rest of a wait.
"""

import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from addin import client

PORT = "agent.port"
_HERE = "127.0.0.1"
Submit = Callable[[Callable[[], Any]], "Future[Any]"]
"""who does what may take a while, and when: at once, or in a thread"""


def at_once(do: Callable[[], Any]) -> "Future[Any]":
    """Do it here and now."""
    done: Future[Any] = Future()
    try:
        done.set_result(do())
    except Exception as error:
        done.set_exception(error)
    return done


class Bell:
    """The agent's own end: it waits here. There is one of a user, so who has it keeps `addin.resident.alone`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((_HERE, 0))
        self._socket.setblocking(False)
        self._pools: list[ThreadPoolExecutor] = []

    def __enter__(self) -> "Bell":
        _file().parent.mkdir(parents=True, exist_ok=True)
        fresh = _file().with_suffix(".new")
        fresh.write_text(str(self._socket.getsockname()[1]), "ascii")
        fresh.replace(_file())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):
            _file().unlink()
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)
        self._socket.close()

    def wait(self, seconds: float, news: Callable[[], bool]) -> None:
        """Let time pass, but no longer than until there is news; it is looked for when somebody rings."""
        until = time.monotonic() + seconds
        while not news() and (left := until - time.monotonic()) > 0:
            select.select([self._socket], [], [], left)
            with suppress(OSError):  # there is no more to take, or on Windows: somebody who rang is gone
                while self._socket.recv(16):
                    pass

    def worker(self) -> Submit:
        """A thread for what may take a while; it rings when something is done."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="hub")
        self._pools.append(pool)

        def submit(do: Callable[[], Any]) -> "Future[Any]":
            done = pool.submit(do)
            done.add_done_callback(lambda _: ring())
            return done

        return submit


def ring() -> None:
    """Wake the agent of this user, where one waits."""
    with suppress(OSError, ValueError, OverflowError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(b"!", (_HERE, int(_file().read_text("ascii"))))


def _file() -> Path:
    return client.folder() / PORT
