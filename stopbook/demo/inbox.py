"""The demo's files with the answers a person would give once: what each holds, in which zone its times are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stopbook.jobs.import_file import Request
from workbooks.cells import Reading

CHICAGO, PHOENIX = ZoneInfo("America/Chicago"), ZoneInfo("America/Phoenix")
SAID: Mapping[str, dict[str, Any]] = {
    "master": {},
    "manifest_chi": {"table": "orders", "how": Reading(CHICAGO)},
    "manifest_phx": {"table": "orders", "how": Reading(PHOENIX), "sets": {"platform": "CIRCUIT"},
                     "maps": ("Street=address", "Back at=planned_end", "Miles planned=planned_miles")},
    "changes": {"table": "plan-changes"},
    "scans_chi": {"table": "completions", "how": Reading(CHICAGO)},
    "scans_phx": {"table": "completions", "how": Reading(epoch="s")},
    "odometers": {"table": "mileage"},
}  # fmt: skip


def requests(files: Mapping[str, Path]) -> dict[str, Request]:
    """What is asked for with each file."""
    return {name: Request(path, **SAID[name]) for name, path in files.items()}


def market(name: str) -> str | None:
    """The market a file is of; None: of both."""
    return {"chi": "CHI", "phx": "PHX"}.get(name[-3:])
