"""What a plan does outside the ledger once its changes are in: files to write. Each is safe to do twice."""

from collections.abc import Callable
from pathlib import Path

from stopbook.app import App
from stopbook.job import Params
from workbooks.plan import Effect

Done = Callable[[App, Effect, Params], list[str]]
"""does the effect and returns sentences for the person"""


def write_file(app: App, effect: Effect, params: Params) -> list[str]:
    """Write bytes to a file of the home, replacing it in one step."""
    target = app.settings.home / effect.target
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    fresh.write_bytes(effect.details["content"])
    fresh.replace(target)
    return [f"{effect.details['says']} {target}"]


def is_done(app: App, effect: Effect) -> bool:
    """True when the effect would change nothing."""
    target: Path = app.settings.home / effect.target
    return effect.kind == "write_file" and target.exists() and target.read_bytes() == effect.details["content"]


def carry_out(app: App, effect: Effect, params: Params) -> list[str]:
    """Do one effect; returns sentences for the person."""
    from stopbook.bookshelf import write_workbook

    handlers: dict[str, Done] = {"write_file": write_file, "write_workbook": write_workbook}
    return handlers[effect.kind](app, effect, params)
