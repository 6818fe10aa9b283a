"""P10: how long a start takes: `stopbook --help`, and a click on the ribbon until the first line of its job.

Peers, each beside ours round by round: `python -c pass` (to reach: at most 10 times its time), and an empty HTTP round
trip on a connection that is open (to reach: at most 5 times). The click is the command that the add-in's VBA hands to a
Python that stays (`import addin.handshake …`), the hub is a real one on loopback, the job is one that needs a market and
a day; Excel's own part, from the mouse to Python, is not in it. With `--live` it is measured in LibreOffice too, from
the press of a real button. Run with `python -m benchmarks.p10_click [rounds] [--live]`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import requests
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

HELP_LIMIT, CLICK_LIMIT = 10.0, 5.0


def helped(rounds: int) -> tuple[float, float]:
    """Processor seconds of `python -c pass` and of `stopbook --help`, medians; compiled code is kept, as it usually is."""
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as kept:
        env = {**os.environ, "PYTHONPYCACHEPREFIX": kept}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(rounds + 1):
            for taken, command in ((bare, ["-c", "pass"]), (ours, ["-m", "stopbook", "--help"])):
                begun = os.times()
                subprocess.run([sys.executable, *command], check=True, capture_output=True, env=env)
                ended = os.times()
                if number:  # the first compiles
                    taken.append(
                        ended.children_user + ended.children_system - begun.children_user - begun.children_system
                    )
    return statistics.median(bare), statistics.median(ours)


@contextmanager
def empty() -> Iterator[Callable[[], None]]:
    """One round trip to a server that answers nothing, on a connection that stays open."""
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=[Route("/", lambda _: Response(status_code=204))]), port=0, log_level="error")
    )
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    with requests.Session() as session:
        session.trust_env = False
        session.get(address, timeout=5)
        yield lambda: session.get(address, timeout=5).close()
    server.should_exit = True
    thread.join(10)


@contextmanager
def hub() -> Iterator[tuple[Any, list[float]]]:
    """A hub with an office and a VA, and when jobs began on it."""
    from stopbook.hub import works
    from tests.addin.conftest import house

    begun: list[float] = []
    run = works.runner.run
    works.runner.run = lambda *given: begun.append(time.perf_counter()) or run(*given)  # type: ignore[assignment,func-returns-value]

    class Folders:
        def mktemp(self, name: str) -> Path:
            return Path(tempfile.mkdtemp(prefix=f"stopbook-{name}-"))

    made = house.__wrapped__(Folders()) if hasattr(house, "__wrapped__") else house._fixture_function(Folders())
    place = next(made)
    os.environ |= {"STOPBOOK_HUB": place.address, "STOPBOOK_TOKEN": place.tokens["va"]}
    os.environ["STOPBOOK_ADDIN"] = tempfile.mkdtemp(prefix="stopbook-addin-")
    try:
        yield place, begun
    finally:
        works.runner.run = run  # type: ignore[assignment]
        next(made, None)


def main() -> int:
    """Measure and print; 1 when a limit is missed."""
    rounds = next((int(said) for said in sys.argv[1:] if said.isdigit()), 15)
    bare, ours = helped(rounds)
    print(
        f"stopbook --help {ours * 1e3:.0f} ms, python -c pass {bare * 1e3:.0f} ms: {ours / bare:.1f} times (to reach: {HELP_LIMIT:g})"
    )
    with empty() as trip, hub() as (place, begun):
        trips, clicks = clicked(place, begun, trip, rounds)
        one, other = statistics.median(trips), statistics.median(clicks)
        print(f"click to the first line of its job, in the process that Excel keeps, {other * 1e3:.1f} ms, empty round trip {one * 1e3:.1f} ms: {other / one:.1f} times "
              f"(to reach: {CLICK_LIMIT:g})")  # fmt: skip
        ordered = statistics.median(by_the_agent(place, begun, rounds))
        print(
            f"the same where the agent keeps the workbooks in step and is given the click: {ordered * 1e3:.1f} ms, {ordered / one:.1f} times"
        )
        if "--live" in sys.argv:
            live(place, begun, rounds)
    return int(ours / bare > HELP_LIMIT or other / one > CLICK_LIMIT)


def by_the_agent(place: Any, begun: list[float], rounds: int) -> list[float]:
    """Seconds from a click to its job when another process, the agent, takes it up, looks at the workbooks and asks the hub."""
    from addin import buttons, resident
    from addin.agent import Policy
    from addin.bell import Bell
    from addin.errands import Errands
    from addin.resident import Agent

    stop, taken = Event(), []
    with resident.alone(), Bell() as bell:
        agent = Agent(place.program, place.client, time.monotonic, lambda: "14:05", Policy(), bell.worker())
        given = Errands(place.program, place.client, buttons.errand, buttons.front, bell.worker())
        thread = Thread(target=resident.stay, args=(agent, given, bell, stop.is_set), daemon=True)
        thread.start()
        time.sleep(3)
        for number in range(rounds + 1):
            begun.clear()
            start = time.perf_counter()
            buttons.press("job.reconcile-day")
            until = start + 20
            while (not begun or given.busy) and time.perf_counter() < until:
                time.sleep(0.001)
            if number:
                taken.append(begun[0] - start)
        stop.set()
        thread.join(10)
    return taken


def live(place: Any, begun: list[float], rounds: int) -> None:
    """The same from the press of a button in LibreOffice, through the add-in's VBA."""
    from tests.addin.bench.live import EXC, with_the_ribbon
    from tests.addin.test_agent import case
    from tests.benches.calc.engine import registered
    from tests.benches.calc.office import running

    with running() as office, tempfile.TemporaryDirectory() as folder:
        with with_the_ribbon(registered(office), place, Path(folder)) as desk:
            desk.person.goes_to(EXC, desk.at(EXC, case(place), "Internal note"))
            taken = []
            for number in range(rounds + 1):
                begun.clear()
                start = time.perf_counter()
                desk.clicks("job.reconcile-day")
                if number:
                    taken.append(begun[0] - start)
        print(
            f"the same from the press of a button in LibreOffice {office.version}: {statistics.median(taken) * 1e3:.0f} ms"
        )


def clicked(place: Any, begun: list[float], trip: Callable[[], None], rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of empty round trips, and of clicks until their job begins, with the VA's workbook open."""
    from addin import buttons
    from tests.addin.test_agent import EXC, case

    book = place.open()
    book.cursor = (EXC, book.row_of(EXC, case(place)) + 1, 5)
    trips, clicks = [], []
    for number in range(rounds + 1):
        start = time.perf_counter()
        trip()
        middle = time.perf_counter()
        begun.clear()
        buttons.press("job.reconcile-day", place.program)
        if number:
            trips.append(middle - start)
            clicks.append(begun[0] - middle)
    return trips, clicks


if __name__ == "__main__":
    sys.exit(main())
