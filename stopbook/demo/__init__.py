"""The demo: one believable day in two markets, through the real thing. Nothing in it is precomputed."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from stopbook import runner, settings
from stopbook.app import App, opened
from stopbook.demo import closing
from stopbook.demo.company import DAY, company
from stopbook.demo.files import write_all
from stopbook.demo.truth import truth
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.jobs.import_file import Request
from stopbook.runner import Result
from workbooks.cells import Reading
from workbooks.problems import Refused

NOW = datetime(2026, 3, 11, 1, 45, tzinfo=UTC)
"""20:45 in Chicago on the evening of the demo's day"""
MARK = "# made by stopbook demo\n"
OURS = ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "inbox", "workbooks", "returned", "profiles", "logs")
CHICAGO, PHOENIX = ZoneInfo("America/Chicago"), ZoneInfo("America/Phoenix")


def run(out: Path, stops: int = 2_000, seed: int = 7) -> None:
    """Play the day into `out` and end on one screen."""
    home = _fresh(out)
    began = time.perf_counter()
    with closing.progress() as step:
        step("Making up a company and its day")
        made = company(seed)
        day = truth(made, stops, seed)
        files = write_all(home / "inbox", made, day, seed)
        chosen = settings.load(home)
        results: dict[str, Result] = {}
        with opened(chosen, NOW) as app:
            for name, request in _requests(files).items():
                step(f"Taking in {request.path.name}")
                results[name] = _run(app, "import-file", market=_market(name), request=request)
            for name, words in (("reconcile-day", "Reconciling plan and scans"), ("open-exceptions", "Opening exceptions"),
                                ("health-check", "Checking the books"), ("write-workbooks", "Writing workbooks")):  # fmt: skip
                step(words)
                results[name] = _run(app, name)
            screen = closing.screen(app, day, results, time.perf_counter() - began)
    closing.show(screen)


def _requests(files: dict[str, Path]) -> dict[str, Request]:
    """Each file with the answers a person would give once: what it holds, in which zone its times are."""
    return {
        "master": Request(files["master"]),
        "manifest_chi": Request(files["manifest_chi"], "orders", how=Reading(CHICAGO)),
        "manifest_phx": Request(files["manifest_phx"], "orders", how=Reading(PHOENIX), sets={"platform": "CIRCUIT"},
                                maps=("Street=address", "Back at=planned_end", "Miles planned=planned_miles")),
        "changes": Request(files["changes"], "plan-changes"),
        "scans_chi": Request(files["scans_chi"], "completions", how=Reading(CHICAGO)),
        "scans_phx": Request(files["scans_phx"], "completions", how=Reading(epoch="s")),
        "odometers": Request(files["odometers"], "mileage"),
    }  # fmt: skip


def _market(name: str) -> str | None:
    return {"chi": "CHI", "phx": "PHX"}.get(name[-3:])


def _run(app: App, name: str, market: str | None = None, **extra: object) -> Result:
    return runner.run(app, job(name), Params(NOW, "demo", "demo", market, DAY, extra))


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
    mark.write_text(MARK + 'company = "Demo Delivery"\nperson = "you"\n', encoding="utf-8")
    return home
