"""What may stand between Excel and Stopbook on this computer: one sentence for each thing, and one remedy.

Here this computer is looked at; what is found is judged by the probes.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from addin import client, handshake, probes
from addin.install import Layout, here, version_of
from addin.lean import interpreter
from addin.probes import Finding
from addin.probes import State as State
from workbooks.problems import Refused

FONT = "Arial"


def registry_here(key: str, name: str) -> object:
    """A value of Windows' registry; None on other systems."""
    if sys.platform != "win32":
        return None
    import winreg

    root, _, path = key.partition("\\")
    with suppress(OSError), winreg.OpenKey(getattr(winreg, {"HKCU": "HKEY_CURRENT_USER", "HKLM": "HKEY_LOCAL_MACHINE"}[root]), path) as opened:  # fmt: skip
        return winreg.QueryValueEx(opened, name)[0]
    return None


def mark_of(path: Path) -> str:
    """The mark of a download, which Windows keeps beside a file."""
    if sys.platform != "win32":
        return ""
    with suppress(OSError):
        return Path(f"{path}:Zone.Identifier").read_text("utf-8", errors="replace")
    return ""


def chosen(places: Iterable[Layout]) -> Layout | None:
    """The first of these places where the add-in is, else the first; None where Excel is not."""
    known = list(places)
    return next((place for place in known if place.addin.is_file()), known[0] if known else None)


def _places() -> Iterator[Layout]:
    """For this user, and for all of the computer."""
    for for_all in (False, True):
        with suppress(Refused):
            yield here(agent=True, for_all=for_all)


def _said(*command: str | Path) -> str:
    """What a program says; "" where it does not run."""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - our own words
        return done.stdout.strip()
    return ""


def _answer(exe: Path) -> str:
    return _said(exe, "-I", "-c", "import sys; print('Python', sys.version.split()[0])")


def _font(name: str) -> str:
    """What stands for a font here: asked of fontconfig, where there is one."""
    return _said("fc-match", "-f", "%{family[0]}", name)


@dataclass(frozen=True)
class Asked:
    """What came of asking the hub: where, who is known there, its version, what its clock says, how long it took.

    `named`: somebody has said where it is.
    """

    address: str = ""
    person: str = ""
    version: str = ""
    date: str = ""
    took: float = 0.0
    trouble: str = ""
    named: bool = False


def ask(home: Path | None = None) -> Asked:
    """Asks the hub who we are: the one that is named, else the one of `home`."""
    begun, address = time.monotonic(), ""
    try:
        named = bool(os.environ.get(client.ADDRESS) or client.settings().get("hub"))
        where = client.find(home)
        address = where.address
        one = client.Client(where, answer=10.0)
        try:
            me = one.get("/me")
        finally:
            one.close()
    except client.Unreachable as gone:
        return Asked(address, trouble=str(gone), named=bool(address))
    except Refused as refused:
        return Asked(address, trouble=str(refused), named=True)
    except Exception as error:  # a damaged setting of the system, such as a proxy that cannot be
        said = f"The hub cannot be asked ({type(error).__name__}). Check the proxy settings of this computer."
        return Asked(address, trouble=said, named=True)
    took = time.monotonic() - begun
    who = str(me.get("email") or me.get("name"))
    return Asked(address, who, str(me.get("version") or ""), one.date, took, named=named)


def findings(now: datetime | None = None, asked: Asked | None = None, home: Path | None = None) -> list[Finding]:
    """Everything about this computer, what is wrong first.

    `now`, `asked` and `home` stand in for its clock, its hub and the folder of Stopbook.
    """
    asked = ask(home) if asked is None else asked
    return ordered(finding for finding in _found(now or datetime.now(UTC), asked, home or client.home()) if finding)


def ordered(found: Iterable[Finding]) -> list[Finding]:
    """What is wrong first."""
    order = (State.WRONG, State.LOOK, State.GOOD)
    return sorted(found, key=lambda finding: order.index(finding.state))


def _found(now: datetime, asked: Asked, home: Path) -> Iterator[Finding | None]:
    place = chosen(_places())
    if place is None:
        yield probes.good("Add-in", "Excel is not on this system; workbooks and the hub need no add-in.")
    else:
        yield from excel(place, asked)
    needed = bool(place and place.addin.is_file()) or asked.named
    yield probes.hub(asked.address, asked.person, asked.trouble, asked.took, needed)
    yield probes.clock(now, asked.date)
    folders = [os.environ.get(name, "") for name in ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")]
    yield probes.cloud("Home", str(home), folders, keeps_state=True)
    yield probes.cloud("Workbooks", str(home / "workbooks"), folders, keeps_state=False)
    for path in sorted((home / "workbooks").glob("*.xlsx"))[:50]:
        yield probes.downloaded(path, mark_of(path), workbook=True)
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    yield probes.room(there, shutil.disk_usage(there).free)
    yield probes.zones()
    yield probes.fonts(FONT, _font(FONT))


def excel(place: Layout, asked: Asked) -> Iterator[Finding | None]:
    """What concerns the add-in of a place."""
    from addin import resident

    exe = interpreter(place.env, window=True)
    yield probes.addin(place.addin, place.addin.is_file())
    yield probes.python(exe, exe.is_file(), _answer(exe) if exe.is_file() else "")
    if place.system == "win32":
        yield probes.library(place.env, [path.name for path in place.env.glob("*.dll")], version("xlwings"))
        yield probes.macros(registry_here)
        yield probes.children(
            registry_here(probes.ASR_RULES, probes.NO_CHILDREN), bool(place.agent and place.agent.exists())
        )
        yield probes.downloaded(place.addin, mark_of(place.addin))
    yield probes.versions(version_of(place), handshake.own(), asked.version)
    yield probes.agent(resident.runs(), bool(place.agent and place.agent.exists()))


def self_test() -> str:
    """One line for whoever tries the add-in: version, interpreter, and whether functions and hub answer."""
    from addin.registry import functions

    call: Mapping[str, Callable[..., object]] = {function.name: function.call for function in functions()}
    works = call["SB_AGING"](46_021, 46_091) == "61-90"
    asked = ask()
    said = asked.trouble or f"the hub at {asked.address} answers {asked.person} in {asked.took * 1e3:,.0f} ms"
    answer = f"{len(call)} functions answer" if works else "the functions do NOT answer rightly; run: stopbook doctor"
    return f"Stopbook {handshake.own()}, Python {sys.version.split()[0]} in {sys.executable}: {answer}; {said.rstrip('.')}."
