"""The private Python that Excel starts: a small environment with what the add-in needs, and nothing of the hub.

It is made of the very files that run here, so it needs no network and holds the versions that were tested together.
xlwings' paid part is left behind: nothing of ours may use it.
"""

import re
import shutil
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from importlib.util import find_spec
from pathlib import Path

from workbooks.problems import Refused

LEAN = ("keyring", "narwhals", "pandas", "phonenumberslite", "platformdirs", "requests", "tzdata", "xlwings")
"""what the add-in imports; what these need themselves comes with them"""
OURS = ("addin", "workbooks")
_LEFT = re.compile(r"(^|/)(__pycache__|tests)/|^xlwings/pro/|^xlwingslib|^addin/build/")
"""files that nobody needs there: paid parts, tests, what builds the add-in"""


def parts() -> dict[str, Distribution]:
    """Every package of the environment by name, from what is installed here; Refused when one is missing."""
    found: dict[str, Distribution] = {}
    wanted = list(LEAN)
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            if name in LEAN:
                raise Refused(f"Package {name} is missing here. Install Stopbook anew, then run: stopbook addin install.") from None  # fmt: skip
            continue  # for another system, or an extra
        wanted += _needs(found[name])
    return dict(sorted(found.items()))


def _needs(one: Distribution) -> Iterator[str]:
    """Names of what a package asks for; whether this system needs it is seen by whether it is installed."""
    for line in one.requires or ():
        if "extra ==" not in line:
            yield re.split(r"[\s;\[(<>=!~]", line, maxsplit=1)[0]


def make(folder: Path) -> Path:
    """Make the environment in `folder`, which must not be there yet; returns its interpreter."""
    venv.EnvBuilder(symlinks=sys.platform != "win32", with_pip=False).create(folder)
    site = _site(folder)
    for one in parts().values():
        copy(one, site, folder)
    for name in OURS:
        _copy_ours(name, site)
    about = site / f"stopbook-{version('stopbook')}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: stopbook\nVersion: {version('stopbook')}\n", "utf-8")
    return interpreter(folder)


def interpreter(folder: Path, window: bool = False) -> Path:
    """The Python of an environment; on Windows the one without a console, unless `window`."""
    if sys.platform == "win32":
        return folder / "Scripts" / ("python.exe" if window else "pythonw.exe")
    return folder / "bin" / "python"


def _site(folder: Path) -> Path:
    if sys.platform == "win32":
        return folder / "Lib" / "site-packages"
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def copy(one: Distribution, site: Path, folder: Path) -> None:
    """The files of a package: what it imports, and the libraries that lie beside the interpreter."""
    for file in one.files or ():
        name = file.as_posix()
        if name.startswith("../"):
            # xlwings' library for Excel lies in the environment itself; scripts name another interpreter
            if re.fullmatch(r"(\.\./)+xlwings(32|64)[^/]*\.dll", name):
                shutil.copy2(Path(str(file.locate())), folder / Path(name).name)
            continue
        if _LEFT.search(name):
            continue
        target = site / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(Path(str(file.locate())), target)


def _copy_ours(name: str, site: Path) -> None:
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    source = Path(next(iter(spec.submodule_search_locations)))
    for path in sorted(source.rglob("*")):
        inside = f"{name}/{path.relative_to(source).as_posix()}"
        if path.is_file() and not _LEFT.search(inside):
            target = site / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
