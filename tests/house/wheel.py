"""What travels: `python -m tests.house.wheel FILE.whl` looks whether a wheel holds all of the product and no tests."""

import sys
import zipfile
from pathlib import Path

from tests.house.source import ROOT

PACKAGES = ("stopbook", "addin", "sheets_sync", "workbooks", "local_sheets", "macros", "templates")
TYPED = ("stopbook", "addin", "sheets_sync", "workbooks", "local_sheets")
MUST = (
    "workbooks/intake/profiles/generic.toml",
    "workbooks/ledger/migrations/script.py.mako",
    "workbooks/ledger/migrations/versions/v0001_first.py",
    "templates/handbook/index.md.j2",
    *(f"{package}/py.typed" for package in TYPED),
)


def faults(wheel: Path) -> list[str]:
    """Sentences about what is missing from a wheel, or should not be in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry = next((archive.read(name).decode() for name in names if name.endswith("entry_points.txt")), "")
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found = [f"{name} is missing" for name in sorted((ours | set(MUST)) - names)]
    found += [f"{name} should not travel" for name in sorted(names - ours) if ".dist-info/" not in name]
    if "stopbook = stopbook.cli:main" not in entry:
        found.append("the command stopbook is missing")
    if not any(name.endswith("licenses/LICENSE") for name in names):
        found.append("the licence is missing")
    return found


if __name__ == "__main__":
    wrong = [sentence for name in sys.argv[1:] for sentence in faults(Path(name))]
    print("\n".join(wrong) or "The wheel holds everything and nothing else.")
    sys.exit(bool(wrong) or len(sys.argv) < 2)
