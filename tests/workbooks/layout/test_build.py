"""Workbooks built side by side, as a hub with several people does."""

import gc
from threading import Event, Thread

from workbooks.layout.build import _COLLECTION


def test_the_collector_is_on_again_after_the_last_of_several_builds():
    assert gc.isenabled()
    first_in, second_done = Event(), Event()

    def first() -> None:
        with _COLLECTION.held():
            first_in.set()
            second_done.wait(10)
            assert not gc.isenabled(), "the one that ended first must not turn it on under the other"

    thread = Thread(target=first)
    thread.start()
    first_in.wait(10)
    with _COLLECTION.held():
        assert not gc.isenabled()
    second_done.set()
    thread.join(10)
    assert gc.isenabled()
    gc.disable()
    try:
        with _COLLECTION.held():
            pass
        assert not gc.isenabled(), "whoever had it off keeps it off"
    finally:
        gc.enable()
