"""Puts the add-in where Excel finds it, with a Python of its own, and takes away exactly what it put there.

Everything it writes stands in one list, installed.json, before it is written, so that an install that was broken off
can be run again or taken away. The add-in names its Python by its whole path; nothing is looked for at run time.
"""

import itertools
import json
import os
import plistlib
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbooks.problems import Refused

FILE, LIST = "stopbook.xlam", "installed.json"
HELD = "Excel has the add-in open. Close Excel on this computer, then run this again."
RUNS = (
    "The Python of the add-in is still at work. Sign out and in again, then run this again: it does not start any more."
)
NOT_HERE = (
    "Excel runs on Windows and on a Mac, not here. Say --dir FOLDER to have everything laid out in a folder, to look at "
    "or to carry over."
)
_AGENT, _SERVER = ("-I", "-m", "addin.resident"), ("-I", "-m", "addin.server")


@dataclass(frozen=True)
class Layout:
    """Where everything goes. `agent` None: nothing is started at sign-in. `script`: what RunPython needs on a Mac."""

    system: str
    home: Path
    start: Path
    agent: Path | None = None
    script: Path | None = None

    @property
    def env(self) -> Path:
        """The private Python, where it is now or will be."""
        return self.home / str(self.said().get("env") or "env")

    def said(self) -> dict[str, Any]:
        """What the list says; {} without one that can be read."""
        try:
            found = json.loads(self.list.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def addin(self) -> Path:
        """The add-in itself."""
        return self.start / FILE

    @property
    def list(self) -> Path:
        """What was put where."""
        return self.home / LIST


def layout(system: str, env: Mapping[str, str], user: Path, *, for_all: bool = False, agent: bool = False,
           into: Path | None = None) -> Layout:  # fmt: skip
    """Where things go on a `system` (win32, darwin or another), for this user or for all of the computer."""
    if into is not None:
        return Layout(system, into, into / "XLSTART", into / "startup" / "stopbook-agent.txt" if agent else None)
    if system == "win32":
        return _windows(env, for_all, agent)
    if system == "darwin":
        return _mac(user, for_all, agent)
    raise Refused(NOT_HERE)


def _windows(env: Mapping[str, str], for_all: bool, agent: bool) -> Layout:
    local, roaming = Path(_named(env, "LOCALAPPDATA")), Path(_named(env, "APPDATA"))
    startup = Path("Microsoft", "Windows", "Start Menu", "Programs", "Startup", "Stopbook agent.cmd")
    if not for_all:
        return Layout(
            "win32",
            local / "Stopbook",
            roaming / "Microsoft" / "Excel" / "XLSTART",
            roaming / startup if agent else None,
        )
    shared = Path(_named(env, "PROGRAMDATA"))
    offices = [
        Path(env[name], "Microsoft Office", "root", "Office16") for name in ("PROGRAMFILES", "PROGRAMFILES(X86)") if env.get(name)
    ]  # fmt: skip
    office = next((path for path in offices if path.is_dir()), None)
    if office is None:
        raise Refused("Excel's folder for all users was not found. Install without --for-all, for each user.")
    return Layout("win32", shared / "Stopbook", office / "XLSTART", shared / startup if agent else None)


def _named(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise Refused(
            f"Windows does not say where {name} is. Sign in as the person who uses Excel, and run this again."
        )
    return env[name]


def _mac(user: Path, for_all: bool, agent: bool) -> Layout:
    if for_all:
        raise Refused("On a Mac every user installs the add-in for themselves; leave --for-all out.")
    library = user / "Library"
    start = (
        library / "Group Containers" / "UBF8T346G9.Office" / "User Content.localized" / "Startup.localized" / "Excel"
    )
    return Layout("darwin", library / "Stopbook", start, library / "LaunchAgents" / "com.stopbook.agent.plist" if agent else None,
                  library / "Application Scripts" / "com.microsoft.Excel")  # fmt: skip


def agent_file(place: Layout, python: Path) -> bytes:
    """What starts the agent at sign-in, as the system wants it."""
    if place.system == "win32":
        # start gives the program its own life, so that no window stays
        lines = (f'start "" "{str(python).replace("%", "%%")}" {" ".join(what)}\r\n' for what in (_SERVER, _AGENT))
        return f"@echo off\r\nchcp 65001 >nul\r\n{''.join(lines)}".encode()
    if place.system == "darwin":
        said: dict[str, Any] = {"Label": "com.stopbook.agent", "ProgramArguments": [str(python), *_AGENT], "RunAtLoad": True,
                                "KeepAlive": {"SuccessfulExit": False}, "ProcessType": "Background"}  # fmt: skip
        return plistlib.dumps(said)
    return f"{python} {' '.join(_AGENT)}\n".encode()


@dataclass(frozen=True)
class Tools:
    """What an install does outside: make the environment (gives its interpreter), build the add-in for an interpreter."""

    make: Callable[[Path], Path]
    build: Callable[[Path], bytes]
    script: Callable[[], tuple[str, bytes]] | None = None
    """name and text of what RunPython needs on a Mac"""


def install(place: Layout, tools: Tools) -> list[str]:
    """Put everything in its place; sentences about what was done. Safe to run again, after anything."""
    _held(place)
    place.home.mkdir(parents=True, exist_ok=True)
    env, fresh = _free(place.home), place.home / "env.new"
    _away(fresh)
    files: dict[Path, bytes] = {}
    try:
        python = env / tools.make(fresh).relative_to(fresh)
        files[place.addin] = tools.build(python)
    except BaseException:
        _away(fresh)
        raise
    if place.agent is not None:
        files[place.agent] = agent_file(place, python)
    if place.script is not None and tools.script is not None:
        name, text = tools.script()
        files[place.script / name] = text
    before = _read(place)
    known = {**before["files"]}
    for path, data in files.items():
        # until it is written, what an earlier install put there may still stand there
        known[str(path)] = [*known.get(str(path), ()), sha256(data).hexdigest()]
    made = sorted({*before["folders"], *_missing(files)}, key=len, reverse=True)
    _note(place, env.name, known, made)
    _swap(env, fresh)
    for path, data in files.items():
        _put(path, data)
    gone = [path for path in known if Path(path) not in files]
    for path in gone:  # an earlier install put it there, this one does not want it
        Path(path).unlink(missing_ok=True)
    _note(place, env.name, {path: marks[-1:] for path, marks in known.items() if path not in gone}, made)
    for old in _environments(place.home):
        if old != env and _idle(old):
            _away(old)
    said = [f"The add-in is in {place.addin}.", f"Its Python is {python}."]
    said.append(f"The agent starts at sign-in: {place.agent}. Sign out and in again now." if place.agent else "Excel starts its Python itself, and a click waits for the hub; without --no-agent both are done by an agent that starts at sign-in.")  # fmt: skip
    return [*said, "Open Excel: there is a tab Stopbook. Check setup there says whether all is well."]


def uninstall(place: Layout) -> list[str]:
    """Take away what an install put there and nothing else; sentences about what was done."""
    before = _read(place)
    if not before["files"] and not _environments(place.home):
        return [f"Nothing of the add-in is installed in {place.home}."]
    _held(place)
    said = []
    for name, marks in before["files"].items():
        path = Path(name)
        if not path.exists():
            continue
        if sha256(path.read_bytes()).hexdigest() not in marks:
            said.append(f"{path} was changed since it was installed and stays; delete it by hand if it is not wanted.")
            continue
        _gone(path)
    for env in _environments(place.home):
        if not _idle(env):
            raise Refused(RUNS)
        _away(env)
    place.list.unlink(missing_ok=True)
    for folder in [*map(Path, before["folders"]), place.home]:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return [*said, "The add-in is taken away. Workbooks, settings and tokens stay where they are."]


def _environments(home: Path) -> list[Path]:
    """Every environment of ours, of this install and of those before it."""
    return sorted(
        path for path in home.glob("env*") if path.is_dir() and re.fullmatch(r"env(-\d+)?(\.\w+)?", path.name)
    )


def _free(home: Path) -> Path:
    """Where the environment goes: its usual folder, or the next one while an agent still runs from that."""
    for number in itertools.count(1):
        env = home / ("env" if number == 1 else f"env-{number}")
        if not env.exists() or _idle(env):
            return env
    raise AssertionError("numbers do not end")


def _idle(env: Path) -> bool:
    """True when nothing runs from a folder: Windows does not let it be moved then."""
    moved = env.with_name(f"{env.name}.moved")
    try:
        env.rename(moved)
        moved.rename(env)
    except OSError:
        return False
    return True


def _held(place: Layout) -> None:
    """Refused while Excel has the add-in open."""
    if (place.start / f"~${FILE}").exists():
        raise Refused(HELD)
    if place.addin.exists():
        try:
            with place.addin.open("r+b"):
                pass
        except OSError:
            raise Refused(HELD) from None


def _swap(env: Path, fresh: Path) -> None:
    """Put `fresh` in the place of the environment."""
    old = env.with_name(f"{env.name}.old")
    _away(old)
    if env.exists():
        env.rename(old)
    fresh.rename(env)
    _away(old)


def _away(folder: Path) -> None:
    if folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError:
            raise Refused(RUNS) from None


def _put(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise Refused(HELD if path.name == FILE else f"{path} cannot be written; it may be open. Close it, then run this again.") from None  # fmt: skip


def _gone(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        raise Refused(HELD if path.name == FILE else f"{path} cannot be deleted; it may be open. Close it, then run this again.") from None  # fmt: skip


def _missing(files: Mapping[Path, bytes]) -> set[str]:
    """Folders that are not there yet and will be made."""
    return {str(folder) for path in files for folder in path.parents if not folder.exists()}


def version_of(place: Layout) -> str:
    """Version of the add-in that is installed; "" when none is."""
    return str(place.said().get("version") or "")


def _read(place: Layout) -> dict[str, Any]:
    try:
        found = json.loads(place.list.read_text("utf-8"))
        return {"files": dict(found["files"]), "folders": list(found["folders"])}
    except FileNotFoundError:
        return {"files": {}, "folders": []}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{place.list} cannot be read ({type(error).__name__}). Delete it, then run: stopbook addin install.") from error  # fmt: skip


def _note(place: Layout, env: str, files: Mapping[str, list[str]], folders: list[str]) -> None:
    said = {"version": version("stopbook"), "env": env, "files": files, "folders": folders}
    text = json.dumps(said, indent=2, ensure_ascii=False)
    fresh = place.list.with_suffix(".new")
    fresh.write_text(text, "utf-8")
    fresh.replace(place.list)


def mac_script() -> tuple[str, bytes]:
    """What Excel for Mac runs Python through: xlwings' own script, under the name its module asks for."""
    spec = find_spec("xlwings")
    assert spec is not None
    assert spec.origin is not None
    name = f"xlwings-{version('xlwings')}.applescript"
    return name, next(Path(spec.origin).parent.glob("xlwings*.applescript")).read_bytes()


def here(*, for_all: bool = False, agent: bool = False, into: Path | None = None) -> Layout:
    """The layout of this computer and user."""
    return layout(sys.platform, os.environ, Path.home(), for_all=for_all, agent=agent, into=into)
