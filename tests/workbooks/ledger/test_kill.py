"""A killed process leaves the ledger before or after its transaction, never between."""

import random
import time
from contextlib import suppress

import pytest

from tests.workbooks.ledger.support import apply, parcel, prove_whole, rid
from tests.workbooks.ledger.worker import PROCESSES, click, count_up, open_it, stay_busy
from workbooks.ledger import Ledger


def start(target, url):
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=target, args=(url, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def heard(pipe):
    """Everything the child said before it died."""
    said = []
    with suppress(EOFError, OSError):
        while pipe.poll():
            said.append(pipe.recv())
    return said


def end(process, pipe):
    process.join(20)
    assert process.exitcode == 0
    pipe.close()
    process.close()


def kill(process):
    process.kill()
    process.join()
    process.close()


def test_every_run_is_whole_or_absent_after_kill_9(url):
    chance = random.Random(7)
    interrupted = finished = 0
    for _ in range(25 if url.startswith("sqlite") else 10):
        process, pipe = start(stay_busy, url)
        assert pipe.poll(20)
        first, moment = pipe.recv(), time.monotonic()
        assert pipe.poll(20)
        took = time.monotonic() - moment  # one whole plan, as fast as this machine is just now
        time.sleep(chance.uniform(0, 1.2 * took))
        kill(process)
        begun = max(heard(pipe))
        assert begun > first
        pipe.close()
        with Ledger.open(url) as ledger:
            finished = prove_whole(ledger)
        assert begun <= finished <= begun + 1
        interrupted += finished == begun
    assert interrupted > 3, "the kills came at the wrong moments"


def test_a_killed_creation_can_be_opened_again(url):
    for number in range(6):
        process, pipe = start(open_it, url)
        assert pipe.poll(20)
        pipe.send("go")
        time.sleep(0.015 * number)
        kill(process)
        pipe.close()
    with Ledger.open(url) as ledger:
        assert ledger.load("parcels", {}) == []
        assert len(ledger.ledger_id) == 32


@pytest.mark.parametrize("target", [open_it, click])
def test_the_same_at_the_same_moment_happens_once(url, target):
    children = [start(target, url) for _ in range(3)]
    for _, pipe in children:
        assert pipe.poll(20)
        assert pipe.recv() == "ready"
    for _, pipe in children:
        pipe.send("go")
    answers = [pipe.recv() for _, pipe in children]
    for process, pipe in children:
        end(process, pipe)
    if target is open_it:
        assert len(set(answers)) == 1
        return
    assert len({run_id for run_id, _ in answers}) == 1
    assert sorted(replayed for _, replayed in answers) == [False, True, True]
    with Ledger.open(url) as ledger:
        assert len(ledger.load("runs", {})) == 1
        assert {record.rev for record in ledger.load("parcels", {})} == {1}


def test_concurrent_writers_lose_nothing(url):
    with Ledger.open(url) as ledger:
        apply(ledger, parcel("P0", count=0))
        children = [start(count_up, url) for _ in range(2)]
        for number, (_, pipe) in enumerate(children):
            assert pipe.recv() == "ready"
            pipe.send(number)
        for process, pipe in children:
            assert pipe.poll(30)
            pipe.recv()
            end(process, pipe)
        (record,) = ledger.load("parcels", {})
        assert (record.values["count"], record.rev) == (30, 31)
        assert [change.new["count"] for change in ledger.history("parcels", rid("P0"))] == list(range(31))
