"""What wakes the agent: a click, an answer, and nothing else."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread, Timer

import pytest

from addin import bell, errands
from addin.bell import Bell, ring

LONG = 20.0


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("STOPBOOK_ADDIN", str(tmp_path))
    yield tmp_path


def waited(one: Bell, seconds: float = LONG, news=errands.waiting) -> float:
    begun = time.monotonic()
    one.wait(seconds, news)
    return time.monotonic() - begun


def test_a_click_from_another_process_ends_the_wait():
    with Bell() as one:
        Timer(0.1, errands.order, ("sync",)).start()
        assert waited(one) < LONG / 2
        assert errands.orders() == (["sync"], [])


def test_a_click_before_the_wait_is_not_missed():
    with Bell() as one:
        errands.order("sync")
        assert waited(one) < LONG / 2


def test_without_news_the_wait_lasts_as_long_as_it_should_however_often_somebody_rings():
    with Bell() as one:
        Thread(target=lambda: [(ring(), time.sleep(0.02)) for _ in range(5)]).start()
        assert waited(one, 0.3) >= 0.3


def test_an_answer_ends_the_wait():
    with Bell() as one:
        asked = one.worker()(lambda: time.sleep(0.1) or "answer")
        assert not asked.done()
        assert waited(one, news=asked.done) < LONG / 2
        assert asked.result() == "answer"


def test_what_goes_wrong_in_the_thread_comes_out_with_the_answer():
    with Bell() as one:
        asked = one.worker()(lambda: 1 / 0)
        waited(one, news=asked.done)
        with pytest.raises(ZeroDivisionError):
            asked.result()
    with pytest.raises(ZeroDivisionError):
        bell.at_once(lambda: 1 / 0).result()


def test_nobody_hears_and_nothing_breaks(folder):
    ring()
    with Bell():
        left = (folder / bell.PORT).read_text()
    assert not (folder / bell.PORT).exists()
    for text in (left, "", "not a port", "99999999"):
        (folder / bell.PORT).write_text(text)
        ring()  # an agent that was killed left this behind


def test_only_this_machine_can_ring(folder):
    with Bell() as one:
        assert one._socket.getsockname()[0] == "127.0.0.1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
            somebody.sendto(b"x" * 4_000, one._socket.getsockname())  # whatever it says is not read
        assert waited(one, 0.1) >= 0.1
