"""The demo: a believable week in two markets through the real thing, or one day of it, then people who share it.

Nothing is precomputed.
"""

import shutil
import time
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

from stopbook import settings
from stopbook.app import opened
from stopbook.demo import closing
from stopbook.demo.company import DAY, TODAY, company
from stopbook.demo.desk import Desk
from stopbook.demo.files import write_day, write_master
from stopbook.demo.inbox import market, requests
from stopbook.demo.live import living
from stopbook.demo.story import Scene, scenes
from stopbook.demo.truth import truth
from stopbook.demo.week import Play, clock
from stopbook.settings import Settings
from workbooks.problems import Refused

NOW = clock(DAY, 20, 45)
"""the evening of the one day"""
WEEK_END = clock(TODAY, 21)
"""the evening on which the week's story ends"""
STOPS_OF_DAY, STOPS_OF_WEEK = 2_000, 400
"""a day, where nobody says how many"""
MARK = "# made by stopbook demo\n"
OURS = ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "inbox", "workbooks", "returned", "profiles", "logs", "settlements",
        "invoices", "exports", "sheets", "google", "google.json", "google-requests.sqlite", "hub.json", "hub.key")  # fmt: skip
SETTINGS = 'company = "Demo Delivery"\nperson = "you"\nspreadsheet_seconds = 2\ngoogle_requests = 10000\n'
"""a server on this machine allows as many requests as anybody likes"""


def run(
    out: Path, stops: int | None = None, seed: int = 7, *, quick: bool = False, serve: bool = False, wait: bool = False
) -> None:
    """Play the week into `out`, or with `quick` one day, and end on one screen.

    `serve`: then share it as spreadsheets, let people work in them, and, with `wait`, the newcomer too until Ctrl+C.
    """
    chosen = settings.load(_fresh(out))
    began = time.perf_counter()
    if quick:
        screen = _day(chosen, stops or STOPS_OF_DAY, seed, began)
    else:
        screen = _week(chosen, stops or STOPS_OF_WEEK, seed, began)
    if serve:
        _live(chosen, screen, *((NOW, DAY) if quick else (WEEK_END, TODAY)), wait)
    else:
        closing.show(screen)


def _day(chosen: Settings, stops: int, seed: int, began: float) -> closing.Screen:
    """The Tuesday, to its evening."""
    with closing.progress() as step, opened(chosen, NOW) as app:
        step("Making up a company and its day")
        made = company(seed)
        day = truth(made, stops, seed)
        inbox = chosen.home / "inbox"
        files = {"master": write_master(inbox / "company.xlsx", made.tabs), **write_day(inbox, day, seed)}
        desk, imports = Desk(app, NOW), []
        for name, request in requests(files).items():
            step(f"Taking in {request.path.name}")
            imports.append(desk.take(request, DAY, market(name)))
        for name, words in (("reconcile-day", "Reconciling plan and scans"), ("open-exceptions", "Opening exceptions"),
                            ("health-check", "Checking the books"), ("write-workbooks", "Writing workbooks")):  # fmt: skip
            step(words)
            desk.run(name, DAY)
        return closing.day_screen(app, day, imports, time.perf_counter() - began)


def _week(chosen: Settings, stops: int, seed: int, began: float) -> closing.Screen:
    """Monday to Sunday, paid and billed on the Monday after, to its evening."""
    with closing.progress() as step, opened(chosen, clock(TODAY, 0)) as app:
        desk = Desk(app, WEEK_END)
        week = Play(desk, company(seed), chosen.home / "inbox", stops, seed, step).play()
        desk.now = WEEK_END
        step("Writing workbooks")
        desk.run("health-check")
        desk.run("write-workbooks")
        return closing.week_screen(app, week, time.perf_counter() - began)


def _live(chosen: Settings, screen: closing.Screen, now: datetime, day: date, wait: bool) -> None:
    """The day as shared spreadsheets: what people do in them, then the newcomer, as long as they like."""
    told: list[Scene] = []
    with ExitStack() as stack:
        with closing.progress() as step:
            town = stack.enter_context(living(chosen, now, day, step))
            step("Letting people work in the spreadsheets")
            for scene in scenes(town):
                told.append(scene)
                step(scene.title)
        closing.show(screen, told)
        if wait:
            closing.invite(town)
            closing.watch(town)


def _fresh(out: Path) -> Path:
    """An empty home at `out`; what an earlier demo left there goes, what is not the demo's stays untouched."""
    home = out.expanduser().absolute()
    mark = home / settings.FILE
    if (
        home.exists()
        and any(home.iterdir())
        and not (mark.exists() and mark.read_text(encoding="utf-8").startswith(MARK))
    ):
        raise Refused(f"{home} is not empty and not from an earlier demo. Choose another folder with --out.")
    for name in OURS:
        target = home / name
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    mark.write_text(MARK + SETTINGS, encoding="utf-8")
    return home
